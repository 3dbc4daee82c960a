"""GitHub's device flow: the two questions, and what every answer to them means. Pure; nothing here sends or waits.

Source: RFC 8628, and docs.github.com "Authorizing OAuth apps", "Device flow" (2026-11). GitHub gives errors with
HTTP 200; others with 400 to 404. Without an Accept header, and on some old servers with it, bodies are forms.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.address import parse_origin
from aic_tui.providers.base import Ask, Reply, Request
from aic_tui.providers.decode import error_text, harmless, parse_json
from aic_tui.providers.github import GitHubSite, github_refusal
from aic_tui.providers.headers import http_date
from aic_tui.providers.retry_after import retry_after_seconds
from aic_tui.text import clean

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import SecretStr

    from aic_tui.providers.sender import RawAnswer

CODE_PATH = "/login/device/code"
TOKEN_PATH = "/login/oauth/access_token"  # noqa: S105 - a path
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"

DEFAULT_INTERVAL_SECONDS = 5.0
LONGEST_INTERVAL_SECONDS = 300.0
DEFAULT_LIFE_SECONDS = 900.0
LONGEST_LIFE_SECONDS = 3600.0
_SHORTEST_INTERVAL_SECONDS = 1.0
_LONGEST_USER_CODE = 32
_LONGEST_DEVICE_CODE = 2000
_TOKEN = re.compile(r"[!-~]{1,16384}")
_FORM = re.compile(r"[\w.%+-]+=[^\s{}<>]*")


class Refusal(StrEnum):
    """Why a server ends, or delays, a login."""

    PENDING = "pending"
    SLOW_DOWN = "slow_down"
    EXPIRED = "expired"
    DECLINED = "declined"
    DISABLED = "disabled"
    CLIENT_REJECTED = "client_rejected"
    OTHER = "other"  # incorrect_device_code, unsupported_grant_type, and words that nobody knows


_REFUSALS = {
    "authorization_pending": Refusal.PENDING,
    "slow_down": Refusal.SLOW_DOWN,
    "expired_token": Refusal.EXPIRED,
    "access_denied": Refusal.DECLINED,
    "device_flow_disabled": Refusal.DISABLED,
    "incorrect_client_credentials": Refusal.CLIENT_REJECTED,
    "unauthorized_client": Refusal.CLIENT_REJECTED,
    "invalid_client": Refusal.CLIENT_REJECTED,
}


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A code as the server gave it, within sane bounds. ``page`` is safe to show; None where it is not on the host.

    ``interval_seconds`` is the least time between two questions; ``life_seconds`` counts from the request.
    """

    user_code: str
    page: str | None
    life_seconds: float
    interval_seconds: float
    device_code: SecretStr = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """An error that the server told. ``detail`` has its words, cleaned; ``interval_seconds`` a new interval, if any."""

    why: Refusal
    detail: str | None = None
    interval_seconds: float | None = None


def code_form(client_id: str, scope: str) -> dict[str, str]:
    """The form that asks for a code."""
    return {"client_id": client_id, "scope": scope} if scope else {"client_id": client_id}


def token_form(client_id: str, code: DeviceCode) -> dict[str, str]:
    """The form that asks for the token."""
    secret = code.device_code.get_secret_value()
    return {"client_id": client_id, "device_code": secret, "grant_type": GRANT_TYPE}


def read_code(site: GitHubSite, answer: RawAnswer, now: datetime) -> DeviceCode | Refused:
    """What the server says to :func:`code_form`.

    Raises :class:`ProviderError`: RATE_LIMITED, or FORMAT_CHANGED for an answer that is neither code nor error.
    """
    from pydantic import SecretStr

    data = _fields(answer, now)
    refused = _refused(answer.status, data)
    if refused is not None:
        return refused
    device_code, user_code = data.get("device_code"), _user_code(data.get("user_code"))
    if not isinstance(device_code, str) or not 0 < len(device_code) <= _LONGEST_DEVICE_CODE or not user_code:
        raise _shape(answer)
    address = data.get("verification_uri")
    if address in (None, ""):
        raise _shape(answer)
    life = _number(data.get("expires_in"))
    return DeviceCode(
        user_code,
        safe_page(site, address),
        min(life, LONGEST_LIFE_SECONDS) if life else DEFAULT_LIFE_SECONDS,
        _interval(data.get("interval")) or DEFAULT_INTERVAL_SECONDS,
        SecretStr(device_code),
    )


def read_token(answer: RawAnswer, now: datetime, code: DeviceCode) -> SecretStr | Refused:
    """What the server says to :func:`token_form`. Of a good answer only the token is kept, whatever its type.

    Raises :class:`ProviderError` as :func:`read_code` does: trouble, after which the question may be asked again.
    """
    from pydantic import SecretStr

    secret = code.device_code.get_secret_value()
    # Taken out before anything is cut to length, so that no part of it is left in words of the server.
    answer = replace(answer, text=answer.text.replace(secret, "…"))
    try:
        data = _fields(answer, now)
        refused = _refused(answer.status, data)
    except ProviderError as error:
        error.detail = _without(secret, error.detail)
        raise
    if refused is not None:
        return Refused(refused.why, _without(secret, refused.detail), refused.interval_seconds)
    token = data.get("access_token")
    if not isinstance(token, str) or not token:
        raise _shape(answer)
    if not _TOKEN.fullmatch(token):
        return Refused(Refusal.OTHER, "a token that cannot be sent in a header")
    return SecretStr(token)


def safe_page(site: GitHubSite, address: object) -> str | None:
    """``address`` as it may be shown: on the login host itself, by its own scheme and port; None for any other."""
    if not isinstance(address, str) or len(address) > 300:
        return None
    try:
        page = parse_origin(address)
    except ProviderError:
        return None
    return str(page) if page.server == parse_origin(site.login_url).server else None


def _fields(answer: RawAnswer, now: datetime) -> Mapping[str, Any]:
    """The body's fields. Raises :class:`ProviderError` where there are none, or where they are about a rate limit."""
    data, words = _decoded(answer.text)
    known = _word(data) in _REFUSALS if isinstance(data, Mapping) else False
    if not known:
        _raise_rate_limit(answer, data, now)
    if isinstance(data, Mapping):
        return data
    status = None if answer.status == 200 else answer.status
    if data is not None:
        raise _shape(answer)
    raise ProviderError(FailureKind.FORMAT_CHANGED, Reason.NOT_JSON, detail=error_text(None, words), http_status=status)


def _decoded(text: str) -> tuple[Any, str]:
    """JSON, or the pairs of a form, or None with the text that was neither."""
    try:
        return parse_json(text), ""
    except ValueError:
        pass
    try:
        pairs = dict(parse_qsl(text.strip(), max_num_fields=50)) if _FORM.fullmatch(text.strip()) else {}
    except ValueError:
        pairs = {}
    return (pairs, "") if pairs else (None, text)


def _raise_rate_limit(answer: RawAnswer, data: Any, now: datetime) -> None:
    if answer.status != 429:
        reply = Reply(Request("form", "/"), answer.status, data, answer.headers)
        error = github_refusal(Ask(now), reply)
        if error is None or error.kind is not FailureKind.RATE_LIMITED:
            return
    wait = retry_after_seconds(answer.headers, data, date=http_date(answer.headers.get("date")), now=now)
    raise ProviderError(
        FailureKind.RATE_LIMITED, detail=error_text(data), http_status=answer.status, retry_after_seconds=wait
    )


def _refused(status: int, data: Mapping[str, Any]) -> Refused | None:
    """The error in a body, or the one that a status means whose body names none."""
    word = _word(data)
    if word is None and status < 400:
        return None
    why = _REFUSALS.get(word or "")
    if why is None:
        why = Refusal.CLIENT_REJECTED if status == 404 else Refusal.OTHER
    said = data.get("error_description")
    detail = harmless(said) if isinstance(said, str) and said else error_text(data)
    return Refused(why, detail or (None if status < 400 else f"HTTP {status}"), _interval(data.get("interval")))


def _word(data: Mapping[str, Any]) -> str | None:
    """The error's own word; "?" for one that is no word; None for no error."""
    error = data.get("error")
    if not error:
        return None
    return error.strip().lower() if isinstance(error, str) else "?"


def _user_code(value: object) -> str | None:
    """The code to type, or None for what nobody could: too long, empty, no text."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > 4 * _LONGEST_USER_CODE:
        return None
    code = clean(value, _LONGEST_USER_CODE + 1).strip()
    return code if 0 < len(code) <= _LONGEST_USER_CODE else None


def _number(value: object) -> float | None:
    """A number above 0, also one in a string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _interval(value: object) -> float | None:
    number = _number(value)
    return None if number is None else min(max(number, _SHORTEST_INTERVAL_SECONDS), LONGEST_INTERVAL_SECONDS)


def _without(secret: str, detail: str | None) -> str | None:
    return detail.replace(secret, "…") if detail else detail


def _shape(answer: RawAnswer) -> ProviderError:
    status = None if answer.status == 200 else answer.status
    return ProviderError(FailureKind.FORMAT_CHANGED, Reason.SHAPE, http_status=status)
