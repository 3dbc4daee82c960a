"""One request over the network: connections, proxies, certificates, caps, and the line in the log.

The client decides what is asked and what an answer means; here it only travels. httpx is imported on first use, off
the event loop, because the first frame must not wait for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from aic_tui.config.daemon_call import daemon_call
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.models import RequestEntry
from aic_tui.providers.address import Origin, Target, proxy_variable
from aic_tui.providers.decode import Body
from aic_tui.providers.faults import network_error
from aic_tui.providers.tls import build_context, verifying_context
from aic_tui.redact import redact
from aic_tui.text import clean

if TYPE_CHECKING:
    import ssl

    import httpx

T = TypeVar("T")

DEADLINE_SECONDS = 20.0
_TIMEOUTS = {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 5.0}

_log = logging.getLogger("aic_tui.http")


@dataclass(frozen=True, slots=True)
class Message:
    """One request as it travels. ``account_id`` is for the log alone; ``content`` may hold secrets."""

    account_id: str
    method: str
    target: Target
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One answer of any status. ``headers`` has lower-case names; ``text`` is "" where a refusal could not be read."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)


@dataclass(slots=True)
class _Record:
    """What becomes known about one request while it runs. ``size`` counts the bytes of the body on the wire."""

    started: float
    at: datetime
    status: int | None = None
    size: int | None = None
    outcome: str = "cancelled"


class Sender:
    """Owns the connections, which are shared and made lazily. ``on_request`` gets one entry per request sent."""

    def __init__(self, env: Environment, on_request: Callable[[RequestEntry], None] | None) -> None:
        self._env = env
        self._on_request = on_request
        self._context: ssl.SSLContext | None = None
        self._ways: dict[tuple[str, str | None], httpx.AsyncBaseTransport] = {}
        self._opening = asyncio.Lock()

    async def send(self, message: Message, deadline: asyncio.Timeout, judge: Callable[[RawAnswer], T]) -> T:
        """Send once, and give what ``judge`` makes of the answer; its errors are the outcome that is logged.

        ``deadline`` is the running one of the caller, which tells a timeout from a wish to stop. Raises
        :class:`ProviderError` for every fault on the way.
        """
        way = await self._way(message.target.origin)
        record = _Record(self._env.monotonic(), self._env.now())
        try:
            result = judge(await self._exchange(message, way, record))
        except ProviderError as error:
            record.outcome = f"{error.kind}/{error.reason}" if error.reason else str(error.kind)
            raise
        except asyncio.CancelledError:
            if deadline.expired():
                record.outcome = str(FailureKind.TIMEOUT)
            raise
        else:
            record.outcome = "ok"
            return result
        finally:
            self._note(message, record)

    async def aclose(self) -> None:
        """Close every connection. A later request opens new ones, so this also serves after a suspend."""
        ways, self._ways = self._ways, {}
        for way in ways.values():
            await way.aclose()

    async def _exchange(self, message: Message, way: httpx.AsyncBaseTransport, record: _Record) -> RawAnswer:
        import httpx

        proxied = proxy_variable(message.target.origin, self._env.environ) is not None
        try:
            request = httpx.Request(
                message.method,
                message.target.url,
                headers=message.headers,
                content=message.content,
                extensions={"timeout": _TIMEOUTS},
            )
            response = await way.handle_async_request(request)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise network_error(error, answered=False, proxied=proxied) from None
        record.status = response.status_code
        try:
            text = await _read(response, record, proxied=proxied)
        except ProviderError:
            if response.is_success:
                raise
            text = ""  # a status that refuses is clear without its body
        headers = {name.lower(): value for name, value in response.headers.items()}
        return RawAnswer(response.status_code, headers, text)

    async def _way(self, origin: Origin) -> httpx.AsyncBaseTransport:
        """The connection pool for ``origin``: the given transport, direct, or through the environment's proxy."""
        if self._env.transport is not None:
            return self._env.transport
        variable = proxy_variable(origin, self._env.environ)
        slot = (origin.scheme, variable)
        async with self._opening:
            if slot not in self._ways:
                context = await self._context_for(origin)
                proxy = self._env.environ[variable].strip() if variable else None
                self._ways[slot] = await _aside(lambda: open_way(context, proxy, variable))
            return self._ways[slot]

    async def _context_for(self, origin: Origin) -> ssl.SSLContext:
        if origin.scheme == "http":  # this machine: no certificate is looked at, so a broken SSL_CERT_FILE is no matter
            return verifying_context()
        if self._context is None:
            self._context = await _aside(lambda: build_context(self._env.environ))
        return self._context

    def _note(self, message: Message, record: _Record) -> None:
        duration_ms = max(0, round((self._env.monotonic() - record.started) * 1000))
        url = redact(clean(message.target.shown))
        size = "-" if record.size is None else record.size
        status, outcome = record.status, record.outcome
        _log.info("%s %s %s %d ms %s bytes %s", message.method, url, status or "-", duration_ms, size, outcome)
        if self._on_request is not None:
            who, at, method = message.account_id, record.at, message.method
            self._on_request(RequestEntry(who, at, method, url, outcome, status, duration_ms, record.size))


async def _read(response: httpx.Response, record: _Record, *, proxied: bool) -> str:
    """The body as text, within its caps."""
    import httpx

    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - what an async transport gives
    try:
        body = Body(response.headers.get("content-encoding", ""), response.headers.get("content-length", ""))
        async for chunk in stream:
            record.size = (record.size or 0) + len(chunk)
            body.feed(chunk)
    except (httpx.HTTPError, OSError) as error:
        raise network_error(error, answered=True, proxied=proxied) from None
    finally:
        await stream.aclose()
    return body.text()


async def _aside(build: Callable[[], T]) -> T:
    """``build()`` off the loop, on a thread that cannot hold up the end of the program."""
    return await daemon_call(build, DEADLINE_SECONDS, "connections")


def open_way(context: ssl.SSLContext, proxy: str | None, variable: str | None) -> httpx.AsyncBaseTransport:
    """A connection pool. Runs in a thread, because it is the first to import httpx."""
    import httpx

    limits = httpx.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=30.0)
    if proxy is None:
        return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)
    try:
        url = proxy if "://" in proxy else f"http://{proxy}"
        parts = urlsplit(url)  # stricter than httpx about hosts and ports
        if not parts.hostname or parts.port == 0:
            raise ValueError
        address = httpx.Proxy(url)
        if address.url.scheme == "https":
            address.ssl_context = context
        return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits, proxy=address)
    except ImportError:
        detail = f"{variable} names a SOCKS proxy, which needs the package socksio"
    except (ValueError, TypeError, httpx.InvalidURL):
        detail = f"{variable} holds no usable address"
    raise ProviderError(FailureKind.OFFLINE, Reason.PROXY, detail=detail)
