"""Forms sent without a key: their headers, and which answers to them are none. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aic_tui import __version__
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.decode import is_web_page
from aic_tui.providers.headers import http_date
from aic_tui.providers.retry_after import explicit_retry_after


def form_headers() -> dict[str, str]:
    """All headers of a form that asks for JSON."""
    return {
        "accept": "application/json",
        "user-agent": f"aic-tui/{__version__}",
        "accept-encoding": "identity",
        "content-type": "application/x-www-form-urlencoded",
    }


def no_form_answer(status: int, text: str, headers: Mapping[str, str], now: datetime) -> ProviderError | None:
    """What an answer means that the server asked did not give: a redirect, a web page, trouble of the server.

    None for every other one, whatever its status: refusals of forms are told in the body. ``headers`` have lower-case
    names.
    """
    if 300 <= status < 400:
        return ProviderError(FailureKind.BLOCKED_BY_GATEWAY, Reason.REDIRECT, http_status=status)
    if status >= 500:
        wait = explicit_retry_after(headers, date=http_date(headers.get("date")), now=now)
        return ProviderError(FailureKind.SERVER_ERROR, http_status=status, retry_after_seconds=wait)
    if status == 407:
        return ProviderError(FailureKind.OFFLINE, Reason.PROXY, http_status=status)
    if status == 408:
        return ProviderError(FailureKind.TIMEOUT, http_status=status)
    if is_web_page(text, headers.get("content-type", "")):
        return ProviderError(FailureKind.BLOCKED_BY_GATEWAY, Reason.HTML, http_status=status)
    return None
