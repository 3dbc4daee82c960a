"""From an answer that is not what was asked for to the right :class:`ProviderError`. Pure."""

from __future__ import annotations

from datetime import datetime

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.base import Ask, Provider, Reply
from aic_tui.providers.decode import error_text, harmless
from aic_tui.providers.provider_code import refused
from aic_tui.providers.retry_after import explicit_retry_after, retry_after_seconds

_MEANINGS: dict[int, tuple[FailureKind, Reason | None]] = {
    401: (FailureKind.AUTH_NEEDED, Reason.KEY_REJECTED),
    402: (FailureKind.FORBIDDEN, Reason.PAYMENT_NEEDED),
    403: (FailureKind.FORBIDDEN, Reason.SCOPE_MISSING),
    404: (FailureKind.UNSUPPORTED, Reason.NOT_FOUND),
    407: (FailureKind.OFFLINE, Reason.PROXY),
    408: (FailureKind.TIMEOUT, None),
    429: (FailureKind.RATE_LIMITED, None),
}
_CAPTIVE_PORTAL = 511  # "network authentication required"
# Statuses whose meaning stands even when the body is a web page. All others are then a gateway's, above all 200 and
# 403: Cloudflare answers good tokens so, and "log in again" would be wrong advice.
_CLEAR_AS_PAGE = frozenset({401, 402, 404, 407, 408, 429})


def refusal(provider: Provider, ask: Ask, reply: Reply, text: str, now: datetime) -> ProviderError | None:
    """The error that ``reply`` means, or None when it is an answer for ``plan`` and ``parse``.

    ``text`` is the body where it was neither JSON nor a web page, else "". The provider's own ``refuse`` is asked
    before the defaults, but not about redirects and web pages of gateways.
    """
    request, status = reply.request, reply.status
    if 300 <= status < 400:
        return ProviderError(FailureKind.BLOCKED_BY_GATEWAY, Reason.REDIRECT, http_status=status)
    wanted = 200 <= status < 300 or status in request.accept
    if reply.is_html and not (wanted and request.accept_html):
        if status not in _CLEAR_AS_PAGE and (status < 500 or status == _CAPTIVE_PORTAL):
            return ProviderError(FailureKind.BLOCKED_BY_GATEWAY, Reason.HTML, http_status=status)
    elif wanted:
        return None
    kind, reason = _MEANINGS.get(status) or (FailureKind.SERVER_ERROR if status >= 500 else FailureKind.ERROR, None)
    error = refused(provider, ask, reply) or ProviderError(kind, reason)
    complete(error, reply, text, now)
    return error


def complete(error: ProviderError, reply: Reply, text: str, now: datetime) -> None:
    """Fill what ``error`` does not say yet: status, the server's words, its wish to wait. Outside words are cleaned."""
    if error.http_status is None:
        error.http_status = reply.status
    error.detail = harmless(error.detail) if error.detail else error_text(reply.data, text)
    if error.retry_after_seconds is not None:
        return
    if error.kind is FailureKind.RATE_LIMITED:
        error.retry_after_seconds = retry_after_seconds(reply.headers, reply.data, date=reply.date, now=now)
    elif reply.status >= 500:
        error.retry_after_seconds = explicit_retry_after(reply.headers, date=reply.date, now=now)
