"""From an exception of the network to the right :class:`ProviderError`, by the causes chained behind it.

Works on exceptions by their causes and names, so that httpx need not be imported here.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.decode import harmless, too_large
from aic_tui.providers.tls import tls_error

_BEFORE_ANSWER = frozenset({Reason.DNS, Reason.CONNECT})
_RETRY_STATUSES = frozenset({502, 503, 504})


_BY_NAME = {
    "ProxyError": (FailureKind.OFFLINE, Reason.PROXY),
    "TimeoutException": (FailureKind.TIMEOUT, None),
    "TimeoutError": (FailureKind.TIMEOUT, None),
    "LocalProtocolError": (FailureKind.ERROR, Reason.CRASHED),
    "UnsupportedProtocol": (FailureKind.ERROR, Reason.CRASHED),
    "InvalidURL": (FailureKind.ERROR, Reason.CRASHED),
}


def network_error(error: Exception, *, answered: bool, proxied: bool) -> ProviderError:
    """What ``error`` means. ``answered`` is True once the head of the answer was there."""
    causes = list(_causes(error))
    names = {name.__name__ for cause in causes for name in type(cause).__mro__}
    handshake = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if handshake is not None and not answered:
        return tls_error(handshake)
    if "RemoteProtocolError" in names and not answered:
        return _no_http(str(error))
    for name, (kind, reason) in _BY_NAME.items():
        if name in names:
            return ProviderError(kind, reason, detail=harmless(error))
    if answered:
        return ProviderError(FailureKind.OFFLINE, Reason.CUT_OFF)
    return _no_connection(error, causes, proxied=proxied)


def worth_a_retry(error: ProviderError) -> bool:
    """True where one more try of a GET within the same fetch is harmless and may help: nothing was answered, or a
    gateway had no server at hand and did not say how long to wait."""
    if error.http_status is not None:
        return error.http_status in _RETRY_STATUSES and error.retry_after_seconds is None
    return error.kind is FailureKind.OFFLINE and error.reason in _BEFORE_ANSWER


def _no_connection(error: Exception, causes: list[BaseException], *, proxied: bool) -> ProviderError:
    system = next((cause for cause in causes if isinstance(cause, OSError) and cause.errno is not None), None)
    detail = harmless(os.strerror(system.errno) if system is not None and system.errno and system.errno > 0 else error)
    if proxied and "ConnectError" in {type(cause).__name__ for cause in causes}:
        return ProviderError(FailureKind.OFFLINE, Reason.PROXY, detail=detail)
    unknown_name = any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes)
    return ProviderError(FailureKind.OFFLINE, Reason.DNS if unknown_name else Reason.CONNECT, detail=detail)


def _no_http(words: str) -> ProviderError:
    """Something came, or nothing did, but no head of an HTTP answer. ``words`` are h11's and httpcore's own."""
    if "disconnected" in words:
        return ProviderError(FailureKind.OFFLINE, Reason.CONNECT, detail="the connection was closed without an answer")
    if "too long" in words or "too large" in words:
        return too_large()
    return ProviderError(FailureKind.FORMAT_CHANGED, Reason.NOT_JSON, detail="not an HTTP answer")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and everything chained behind it, groups opened."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting += [current.__cause__, current.__context__]
