"""The headers of a request, and the server's clock out of those of an answer. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from aic_tui import __version__
from aic_tui.config.settings import Account
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.base import Provider, Request
from aic_tui.text import clean

_LONGEST_KEY = 16_384
_KEY = re.compile(r"[!-~]+")
_VALUE = re.compile(r"[!-~](?:[ -~]{0,4000}[!-~])?")
_USER_AGENT = re.compile(r"[!-~](?:[ -~]{0,198}[!-~])?")


def request_headers(provider: Provider, account: Account, request: Request, key: str) -> dict[str, str]:
    """All headers of a request; the key goes into the provider's own header and nowhere else.

    A ``user_agent`` of the account that cannot be a header is passed over. Raises :class:`ProviderError`
    AUTH_NEEDED/KEY_MALFORMED for a key, or a value from a login file, that cannot travel in a header.
    """
    if not _KEY.fullmatch(key) or len(key) > _LONGEST_KEY:
        raise ProviderError(FailureKind.AUTH_NEEDED, Reason.KEY_MALFORMED)
    headers = {"accept": "application/json"}
    for name, value in request.headers:
        if not _VALUE.fullmatch(value):
            raise ProviderError(FailureKind.AUTH_NEEDED, Reason.KEY_MALFORMED, detail=f"header {clean(name)}")
        headers[name.lower()] = value
    agent = account.user_agent or ""
    headers["user-agent"] = agent if _USER_AGENT.fullmatch(agent) else f"aic-tui/{__version__}"
    headers["accept-encoding"] = "identity"
    if request.body is not None:
        headers["content-type"] = "application/json"
    headers[provider.key_header.lower()] = provider.key_format.format(key=key)
    return headers


def http_date(value: str | None) -> datetime | None:
    """The instant of a ``Date`` header, or None where there is none that can be read."""
    try:
        moment = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
