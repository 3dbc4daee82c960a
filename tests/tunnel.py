"""A proxy on 127.0.0.1 that takes CONNECT, records it, and leads every tunnel to one place whatever was asked for."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from types import TracebackType
from typing import Self


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        line = self.rfile.readline(65536).decode("latin-1").split()
        headers = {}
        while (header := self.rfile.readline(65536).strip()) != b"":
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        owner = self.server.owner
        owner.asked.append((line[0], line[1], headers))
        if owner.refusal is not None:
            self.wfile.write(f"HTTP/1.1 {owner.refusal}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        with socket.create_connection(("127.0.0.1", owner.leads_to), 5) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(upstream, self.connection), daemon=True)
            back.start()
            _copy(self.connection, upstream)
            back.join(5)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, owner: Tunnel) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Broken tunnels are expected."""


class Tunnel:
    """``leads_to`` is the port on 127.0.0.1; ``refusal`` a status such as ``407 Proxy Authentication Required``."""

    def __init__(self, leads_to: int, refusal: str | None = None) -> None:
        self.leads_to = leads_to
        self.refusal = refusal
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self._server = _Server(self)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
