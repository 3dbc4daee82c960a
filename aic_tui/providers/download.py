"""One public document from the network: no key, no account, no provider; the same distrust as ``sender.py``.

No redirects, no cookies, no netrc, one deadline, a bounded body, TLS always verified.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aic_tui import __version__
from aic_tui.config.daemon_call import daemon_call
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError
from aic_tui.providers.address import Origin, parse_origin, proxy_variable
from aic_tui.providers.decode import Body
from aic_tui.providers.faults import network_error
from aic_tui.providers.sender import open_way
from aic_tui.providers.tls import build_context, verifying_context

if TYPE_CHECKING:
    import httpx

_OK, _NOT_MODIFIED = 200, 304


@dataclass(frozen=True, slots=True)
class Document:
    """``text`` is None where the server says that the document with the given ETag is still the newest."""

    text: str | None
    etag: str = ""


async def download(env: Environment, url: str, *, etag: str = "", cap: int, deadline_seconds: float) -> Document:
    """The document at ``url``, at most ``cap`` bytes once unpacked.

    Raises :class:`ProviderError` for every failure, a redirect and any status but 200 and 304 included.
    """
    origin = parse_origin(url)
    headers = {"accept": "application/json", "accept-encoding": "gzip", "user-agent": f"aic-tui/{__version__}"}
    if etag:
        headers["if-none-match"] = etag
    try:
        async with asyncio.timeout(deadline_seconds):
            way = env.transport or await _open(env, origin, deadline_seconds)
            try:
                return await _get(env, way, origin, headers, cap)
            finally:
                if way is not env.transport:
                    await way.aclose()
    except TimeoutError:
        raise ProviderError(FailureKind.TIMEOUT) from None


async def _open(env: Environment, origin: Origin, deadline_seconds: float) -> httpx.AsyncBaseTransport:
    variable = proxy_variable(origin, env.environ)

    def build() -> httpx.AsyncBaseTransport:
        context = verifying_context() if origin.scheme == "http" else build_context(env.environ)
        return open_way(context, env.environ[variable].strip() if variable else None, variable)

    return await daemon_call(build, deadline_seconds, "download")


async def _get(
    env: Environment, way: httpx.AsyncBaseTransport, origin: Origin, headers: dict[str, str], cap: int
) -> Document:
    import httpx

    answered = False
    try:
        timeouts = {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 5.0}
        request = httpx.Request("GET", str(origin), headers=headers, extensions={"timeout": timeouts})
        response = await way.handle_async_request(request)
        answered = True
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - what an async transport gives
        try:
            if response.status_code not in (_OK, _NOT_MODIFIED):
                raise ProviderError(FailureKind.ERROR, http_status=response.status_code)
            if response.status_code == _NOT_MODIFIED:
                return Document(None, headers.get("if-none-match", ""))
            body = Body(response.headers.get("content-encoding", ""), response.headers.get("content-length", ""), cap)
            async for chunk in stream:
                body.feed(chunk)
        finally:
            await stream.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        proxied = proxy_variable(origin, env.environ) is not None
        raise network_error(error, answered=answered, proxied=proxied) from None
    return Document(body.text(), response.headers.get("etag", ""))
