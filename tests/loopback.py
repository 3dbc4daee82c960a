"""A web server on 127.0.0.1 that answers what a test tells it to, faults included, and records what it was asked.

In a test::

    with Loopback() as server:
        server.on("/v1/key", Answer(json={"data": 1}), Answer(status=429, headers={"Retry-After": "120"}))
        ...
        assert [seen.path for seen in server.requests] == ["/v1/key"]

As a process, with a routes file that is read again whenever it changes::

    python -m tests.loopback --port-file F --routes routes.json [--requests-file R]

where routes.json maps ``"GET /path"`` to a list of answers (:func:`answer_from_json`).
"""

from __future__ import annotations

import argparse
import json as jsonlib
import socket
import ssl
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Headers = Mapping[str, str] | Sequence[tuple[str, str]]
Write = Callable[[bytes], None]


@dataclass(frozen=True)
class Seen:
    """One request as it arrived. ``target`` is the request line's own, ``at`` is ``time.monotonic()``."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = b""
    at: float = 0.0
    target: str = ""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return jsonlib.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """One answer. The body is ``json``, ``text`` or ``body``; none of them gives an empty one.

    ``raw`` replaces the whole answer, status line included; the connection is closed after it. ``chunked`` sends
    the body in chunks. ``before`` runs first and may block (to hold an answer back). ``script`` replaces
    everything: it gets a function that writes bytes and raises OSError once the client is gone.
    """

    status: int = 200
    json: Any = None
    text: str | None = None
    headers: Headers = ()
    raw: bytes | None = None
    body: bytes | None = None
    chunked: bool = False
    before: Callable[[], object] | None = None
    script: Callable[[Handler], None] | None = None

    def header_list(self) -> list[tuple[str, str]]:
        return list(self.headers.items() if isinstance(self.headers, Mapping) else self.headers)

    def content(self) -> tuple[bytes, str]:
        """The body and its content type."""
        if self.body is not None:
            return self.body, "application/json"
        if self.text is not None:
            return self.text.encode("utf-8", "surrogatepass"), "application/json"
        if self.json is not None:
            return jsonlib.dumps(self.json).encode(), "application/json"
        return b"", "text/plain"


NOT_FOUND = Answer(status=404, json={"error": {"message": "no such route", "type": "loopback"}})


@dataclass
class _Route:
    answers: list[Answer | Callable[[Seen], Answer]]
    served: int = 0

    def next(self) -> Answer | Callable[[Seen], Answer]:
        answer = self.answers[min(self.served, len(self.answers) - 1)]
        self.served += 1
        return answer


class Handler(BaseHTTPRequestHandler):
    """Reads one request after another from a connection and plays the answers."""

    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = None
    disable_nagle_algorithm = True  # head and body are written apart; together with delayed ACKs that costs 40 ms

    def handle_one_request(self) -> None:
        try:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            seen = self._read()
            answer = self.server.owner.answer(seen)
            self.play(answer)
            self.wfile.flush()
        except (OSError, ValueError):
            self.close_connection = True

    def _read(self) -> Seen:
        length = int(self.headers.get("content-length") or 0)
        parts = urlsplit(self.path)
        return Seen(
            method=self.command,
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length) if length else b"",
            at=time.monotonic(),
            target=self.path,
        )

    def play(self, answer: Answer) -> None:
        """Send one answer."""
        if answer.before is not None:
            answer.before()
        if answer.script is not None:
            self.close_connection = True
            answer.script(self)
            return
        if answer.raw is not None:
            self.close_connection = True
            self.write(answer.raw)
            return
        body, kind = answer.content()
        headers = answer.header_list()
        names = {name.lower() for name, _ in headers}
        if "content-type" not in names:
            headers.append(("Content-Type", kind))
        if answer.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        elif "content-length" not in names:
            headers.append(("Content-Length", str(len(body))))
        self.write(self.head(answer.status, headers))
        if answer.chunked:
            for start in range(0, len(body), 1000):
                piece = body[start : start + 1000]
                self.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.write(b"0\r\n\r\n")
        elif self.command != "HEAD":
            self.write(body)

    def head(self, status: int, headers: Iterable[tuple[str, str]]) -> bytes:
        """Status line and headers as bytes, with a Date unless one is given."""
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('Status',))[0]}"]
        pairs = list(headers)
        if not any(name.lower() == "date" for name, _ in pairs):
            pairs.append(("Date", format_datetime(self.server.owner.now().astimezone(UTC), usegmt=True)))
        lines += [f"{name}: {value}" for name, value in pairs]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def write(self, data: bytes) -> None:
        """Send bytes now. Raises OSError once the client is gone or the server stops."""
        if self.server.stopping.is_set():
            raise ConnectionAbortedError
        self.wfile.write(data)
        self.wfile.flush()

    def wait(self, seconds: float | None = None) -> None:
        """Do nothing for a while (None: until the server stops). Raises OSError when it stops."""
        if self.server.stopping.wait(seconds):
            raise ConnectionAbortedError

    def reset(self) -> None:
        """End the connection with a reset instead of an orderly close."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.wfile.flush()
        self.server.shutdown_quietly(self.connection)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, owner: Loopback, host: str, port: int) -> None:
        self.owner = owner
        self.stopping = threading.Event()
        self.open_sockets: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.connections = 0
        super().__init__((host, port), Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self.owner.tls is not None:
            connection = self.owner.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self.lock:
            self.open_sockets.add(connection)
            self.connections += 1
        return connection, address

    def close_request(self, request: Any) -> None:
        with self.lock:
            self.open_sockets.discard(request)
        super().close_request(request)

    def shutdown_quietly(self, connection: socket.socket) -> None:
        """Close a socket at once, whatever else refers to it."""
        with self.lock:
            self.open_sockets.discard(connection)
        socket.close(connection.detach())

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Broken connections are the point of this server."""


@dataclass
class Loopback:
    """The server. Use it as a context manager; every method may be called while it runs, from any thread.

    ``tls`` is a server context for https (``host_name`` is then the name in ``url``). ``now`` gives the Date header.
    """

    tls: ssl.SSLContext | None = None
    host_name: str = "127.0.0.1"
    port: int = 0
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    on_seen: Callable[[Seen], object] | None = None
    bind: str = "127.0.0.1"

    def __post_init__(self) -> None:
        self._routes: dict[tuple[str, str], _Route] = {}
        self._requests: list[Seen] = []
        self._lock = threading.Lock()
        self._fallback: Answer | Callable[[Seen], Answer] = NOT_FOUND
        self._server = _Server(self, self.bind, self.port)
        self.port = self._server.server_port
        self.url = f"{'https' if self.tls else 'http'}://{self.host_name}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop: new connections are refused, open ones are cut, hanging answers end."""
        self._server.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(5)
        self._server.server_close()
        for connection in list(self._server.open_sockets):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    @property
    def requests(self) -> list[Seen]:
        """Every request so far, in order of arrival."""
        with self._lock:
            return list(self._requests)

    @property
    def connections(self) -> int:
        """How many connections were opened so far."""
        return self._server.connections

    def forget(self) -> None:
        """Empty the record of requests."""
        with self._lock:
            self._requests.clear()

    def on(self, path: str, *answers: Answer | Callable[[Seen], Answer], method: str = "GET") -> None:
        """Serve ``answers`` in turn for ``path``; the last one repeats. Replaces what was there."""
        with self._lock:
            self._routes[method, path] = _Route(list(answers))

    def otherwise(self, answer: Answer | Callable[[Seen], Answer]) -> None:
        """The answer for every request without a route (at first 404)."""
        with self._lock:
            self._fallback = answer

    def answer(self, seen: Seen) -> Answer:
        """Record a request and choose its answer."""
        with self._lock:
            self._requests.append(seen)
            route = self._routes.get((seen.method, seen.path))
            chosen = route.next() if route is not None else self._fallback
        if self.on_seen is not None:
            self.on_seen(seen)
        return chosen if isinstance(chosen, Answer) else chosen(seen)

    # Faults. Each makes ``path`` misbehave for good; the functions of the same name below give the answer itself.

    def hang(self, path: str) -> None:
        """Take the request and never answer."""
        self.on(path, hang())

    def drip(self, path: str, every_seconds: float = 0.1, body: bytes = b'{"slow": true}') -> None:
        """One byte of the body per ``every_seconds``."""
        self.on(path, drip(every_seconds, body))

    def reset(self, path: str, after: bytes | None = None) -> None:
        """Reset the connection, before the first byte or after a head and ``after`` of the body."""
        self.on(path, reset(after))

    def cut_off(self, path: str, body: bytes = b'{"half": ') -> None:
        """Promise more bytes than come, then close."""
        self.on(path, cut_off(body))

    def bomb(self, path: str, size: int = 100_000_000) -> None:
        """A gzip body of some kilobytes that unpacks to ``size`` bytes."""
        self.on(path, bomb(size))

    def endless(self, path: str) -> None:
        """A chunked body that never ends."""
        self.on(path, endless())

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        """Send the client elsewhere."""
        self.on(path, redirect(to, status))

    def html(self, path: str, status: int = 200) -> None:
        """A web page in place of data."""
        self.on(path, html(status))


def hang() -> Answer:
    """Never answers."""
    return Answer(script=lambda handler: handler.wait())


def drip(every_seconds: float = 0.1, body: bytes = b'{"slow": true}') -> Answer:
    """Answers one byte per ``every_seconds``."""

    def play(handler: Handler) -> None:
        head = (("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Connection", "close"))
        handler.write(handler.head(200, head))
        for byte in body:
            handler.write(bytes([byte]))
            handler.wait(every_seconds)

    return Answer(script=play)


def reset(after: bytes | None = None) -> Answer:
    """Resets the connection before the first byte, or in the body after the bytes of ``after``."""

    def play(handler: Handler) -> None:
        if after is not None:
            head = (("Content-Type", "application/json"), ("Content-Length", str(len(after) + 1000)))
            handler.write(handler.head(200, head) + after)
            handler.wait(0.05)  # a reset overtakes bytes that the client has not read yet
        handler.reset()

    return Answer(script=play)


def cut_off(body: bytes = b'{"half": ') -> Answer:
    """Promises 1000 bytes more than it sends, then closes in good order."""

    def play(handler: Handler) -> None:
        head = (("Content-Type", "application/json"), ("Content-Length", str(len(body) + 1000)))
        handler.write(handler.head(200, head) + body)

    return Answer(script=play)


def bomb(size: int = 100_000_000) -> Answer:
    """A gzip body that unpacks to about ``size`` bytes of JSON string."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    piece = b"a" * 1_000_000  # piece by piece, so that making it does not need the memory that unpacking it would
    parts = [packer.compress(b'"')] + [packer.compress(piece) for _ in range(size // len(piece))]
    parts += [packer.compress(b'"'), packer.flush()]
    return Answer(body=b"".join(parts), headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


def endless(piece: bytes = b"[" + b"1," * 8000) -> Answer:
    """A chunked body without an end."""

    def play(handler: Handler) -> None:
        head = (("Content-Type", "application/json"), ("Transfer-Encoding", "chunked"))
        handler.write(handler.head(200, head))
        while True:
            handler.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")

    return Answer(script=play)


def redirect(to: str, status: int = 302) -> Answer:
    """A redirect."""
    return Answer(status=status, headers={"Location": to}, text="")


def html(status: int = 200) -> Answer:
    """A web page, as captive portals and bot walls send it."""
    page = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Please sign in</body></html>"
    return Answer(status=status, text=page, headers={"Content-Type": "text/html; charset=utf-8"})


_FAULTS: Mapping[str, Callable[..., Answer]] = {
    "hang": hang,
    "drip": lambda every_seconds=0.1, text='{"slow": true}': drip(every_seconds, text.encode()),
    "reset": lambda after=None: reset(None if after is None else after.encode()),
    "cut_off": lambda text='{"half": ': cut_off(text.encode()),
    "bomb": bomb,
    "endless": endless,
    "redirect": redirect,
    "html": html,
}


def answer_from_json(value: Mapping[str, Any]) -> Answer:
    """An answer of a routes file: ``{"status", "json", "text", "headers"}`` or ``{"fault": "hang", …options}``."""
    if "fault" in value:
        options = {name: option for name, option in value.items() if name != "fault"}
        return _FAULTS[value["fault"]](**options)
    return Answer(
        status=value.get("status", 200),
        json=value.get("json"),
        text=value.get("text"),
        headers=value.get("headers", ()),
        chunked=value.get("chunked", False),
    )


class RoutesFile:
    """Keeps a server's routes equal to a JSON file, which may change while it runs."""

    def __init__(self, server: Loopback, path: Path) -> None:
        self.server = server
        self.path = path
        self._content: str | None = None
        self._known: set[tuple[str, str]] = set()

    def load(self) -> None:
        """Read the file if its content changed; half-written JSON is ignored until it is whole."""
        try:
            content = self.path.read_text("utf-8")
            routes = jsonlib.loads(content)
        except (OSError, ValueError):
            return
        if content == self._content:
            return
        self._content = content
        known = set()
        for route, answers in routes.items():
            method, path = route.split(" ", 1)
            listed = answers if isinstance(answers, list) else [answers]
            self.server.on(path, *map(answer_from_json, listed), method=method)
            known.add((method, path))
        for method, path in self._known - known:
            self.server.on(path, NOT_FOUND, method=method)
        self._known = known


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="tests.loopback")
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--routes", type=Path, required=True)
    parser.add_argument("--requests-file", type=Path)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args(argv)

    def record(seen: Seen) -> None:
        if arguments.requests_file is not None:
            entry = {
                "method": seen.method,
                "path": seen.path,
                "query": dict(seen.query),
                "headers": dict(seen.headers),
                "body": seen.body.decode("utf-8", "replace"),
                "at": seen.at,
            }
            with lock, arguments.requests_file.open("a", encoding="utf-8") as file:
                file.write(jsonlib.dumps(entry) + "\n")

    lock = threading.Lock()
    server = Loopback(port=arguments.port, on_seen=record)
    routes = RoutesFile(server, arguments.routes)
    routes.load()
    with server:
        half = arguments.port_file.with_suffix(".half")
        half.write_text(str(server.port))
        half.replace(arguments.port_file)
        while True:
            time.sleep(0.05)
            routes.load()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
