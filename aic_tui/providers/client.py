"""The only sender of requests: provider and account in, reading out, every fault of the network as a ProviderError.

Nothing here trusts the server: one deadline for all rounds of a fetch, no redirects, no cookies, no netrc, bounded
headers and bodies, JSON only, TLS always verified. httpx is imported on first use, off the event loop, because the
first frame must not wait for it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from aic_tui.config.daemon_call import daemon_call
from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.models import Reading, RequestEntry
from aic_tui.providers.address import Origin, Target, proxy_variable, target_of
from aic_tui.providers.auth import account_fields
from aic_tui.providers.base import Ask, Provider, Reply, Request
from aic_tui.providers.decode import Body, error_text, is_web_page, parse_json
from aic_tui.providers.faults import network_error, worth_a_retry
from aic_tui.providers.headers import http_date, request_headers
from aic_tui.providers.provider_code import planned, understood
from aic_tui.providers.raw_reply import raw_text
from aic_tui.providers.refusals import refusal
from aic_tui.providers.tls import build_context, verifying_context
from aic_tui.redact import redact
from aic_tui.text import clean

if TYPE_CHECKING:
    import ssl

    import httpx

    from aic_tui.providers.auth import Credential

T = TypeVar("T")

DEADLINE_SECONDS = 20.0
_TIMEOUTS = {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 5.0}
_MOST_ROUNDS = 20

_log = logging.getLogger("aic_tui.http")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A good fetch. ``raw`` is all replies as redacted, indented JSON of bounded size, for a person to look at."""

    reading: Reading
    raw: str


@dataclass(slots=True)
class _Fetch:
    """What one fetch carries from request to request."""

    provider: Provider
    account: Account
    credential: Credential
    ask: Ask
    deadline: asyncio.Timeout
    replies: list[Reply] = field(default_factory=list)
    retried: bool = False


@dataclass(slots=True)
class _Record:
    """What becomes known about one request while it runs. ``size`` counts the bytes of the body on the wire."""

    started: float
    at: datetime
    status: int | None = None
    size: int | None = None
    outcome: str = "cancelled"


class Client:
    """Sends the requests of providers. One per process; connections and certificates are shared and made lazily.

    ``on_request`` gets one entry per request sent. ``deadline_seconds`` bounds a whole fetch with all its rounds.
    """

    def __init__(
        self,
        env: Environment,
        *,
        on_request: Callable[[RequestEntry], None] | None = None,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._env = env
        self._on_request = on_request
        self._deadline_seconds = deadline_seconds
        self._context: ssl.SSLContext | None = None
        self._ways: dict[tuple[str, str | None], httpx.AsyncBaseTransport] = {}
        self._opening = asyncio.Lock()

    async def fetch(self, provider: Provider, account: Account, credential: Credential) -> Fetched:
        """Ask the provider about one account and understand its replies.

        Raises :class:`ProviderError` for every failure, and nothing else (but CancelledError).
        """
        key = credential.secret.get_secret_value()
        fields = account_fields(account, provider, self._env)
        ask = Ask(self._env.now(), credential.key_shape, fields, credential.facts)
        try:
            async with asyncio.timeout(self._deadline_seconds) as deadline:
                fetch = _Fetch(provider, account, credential, ask, deadline)
                await self._ask_all(fetch)
            reading = understood(provider, ask, fetch.replies)
            return Fetched(reading, raw_text(fetch.replies, key))
        except TimeoutError:
            raise ProviderError(FailureKind.TIMEOUT) from None
        except ProviderError as error:
            if error.detail and len(key) >= 8:
                error.detail = error.detail.replace(key, "…")
            if error.kind is FailureKind.ERROR:
                _log.warning("%s: unexpected HTTP %s: %s", account.id, error.http_status or "-", error.detail or "-")
            raise

    async def aclose(self) -> None:
        """Close every connection. A later fetch opens new ones, so this also serves after a suspend."""
        ways, self._ways = self._ways, {}
        for way in ways.values():
            await way.aclose()

    async def _ask_all(self, fetch: _Fetch) -> None:
        for _ in range(_MOST_ROUNDS):
            requests = planned(fetch.provider, fetch.ask, fetch.replies)
            if not requests:
                return
            for request in requests:
                fetch.replies.append(await self._ask_one(fetch, request))
        if planned(fetch.provider, fetch.ask, fetch.replies):
            raise ProviderError(FailureKind.FORMAT_CHANGED, Reason.SHAPE, detail="the pages do not end")

    async def _ask_one(self, fetch: _Fetch, request: Request) -> Reply:
        """One request with its answer, and one more try where only the way there was bad."""
        try:
            return await self._send(fetch, request)
        except ProviderError as error:
            if fetch.retried or request.method != "GET" or not worth_a_retry(error):
                raise
        fetch.retried = True
        await self._env.sleep(self._env.rng.uniform(0.5, 1.5))
        return await self._send(fetch, request)

    async def _send(self, fetch: _Fetch, request: Request) -> Reply:
        target = target_of(fetch.provider, fetch.account, request, home_bound=fetch.credential.home_bound)
        key = fetch.credential.secret.get_secret_value()
        headers = request_headers(fetch.provider, fetch.account, request, key)
        way = await self._way(target.origin)
        record = _Record(self._env.monotonic(), self._env.now())
        try:
            reply = await self._exchange(fetch, request, target, headers, way, record)
        except ProviderError as error:
            record.outcome = f"{error.kind}/{error.reason}" if error.reason else str(error.kind)
            raise
        except asyncio.CancelledError:
            if fetch.deadline.expired():
                record.outcome = str(FailureKind.TIMEOUT)
            raise
        else:
            record.outcome = "ok"
            return reply
        finally:
            self._note(fetch.account.id, request.method, target, record)

    async def _exchange(
        self,
        fetch: _Fetch,
        request: Request,
        target: Target,
        headers: Mapping[str, str],
        way: httpx.AsyncBaseTransport,
        record: _Record,
    ) -> Reply:
        import httpx

        proxied = proxy_variable(target.origin, self._env.environ) is not None
        content = None if request.body is None else json.dumps(request.body).encode()
        try:
            message = httpx.Request(
                request.method, target.url, headers=headers, content=content, extensions={"timeout": _TIMEOUTS}
            )
            response = await way.handle_async_request(message)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise network_error(error, answered=False, proxied=proxied) from None
        record.status = response.status_code
        try:
            text = await _read(response, record, proxied=proxied)
        except ProviderError:
            if response.is_success:
                raise
            text = ""  # a status that refuses is clear without its body
        return self._judge(fetch, request, response, text)

    def _judge(self, fetch: _Fetch, request: Request, response: httpx.Response, text: str) -> Reply:
        """The reply, decoded; raises what it means where it is no answer to the question."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        is_page = is_web_page(text, headers.get("content-type", ""))
        data, readable = None, is_page
        if not is_page:
            try:
                data, readable = parse_json(text), True
            except ValueError:
                readable = False
        reply = Reply(request, response.status_code, data, headers, http_date(headers.get("date")), is_page)
        words = "" if readable else text
        error = refusal(fetch.provider, fetch.ask, reply, words, self._env.now())
        if error is not None:
            raise error
        if not readable and response.status_code not in request.accept:
            detail = error_text(None, words)
            raise ProviderError(FailureKind.FORMAT_CHANGED, Reason.NOT_JSON, detail=detail, http_status=reply.status)
        return reply

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

    def _note(self, account_id: str, method: str, target: Target, record: _Record) -> None:
        duration_ms = max(0, round((self._env.monotonic() - record.started) * 1000))
        url = redact(clean(target.shown))
        size = "-" if record.size is None else record.size
        _log.info("%s %s %s %d ms %s bytes %s", method, url, record.status or "-", duration_ms, size, record.outcome)
        if self._on_request is not None:
            entry = RequestEntry(
                account_id, record.at, method, url, record.outcome, record.status, duration_ms, record.size
            )
            self._on_request(entry)


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
