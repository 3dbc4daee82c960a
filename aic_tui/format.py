"""Every number, amount, time and failure to text. Nothing else in the program words a failure.

ASCII digits only, no locale. A value that is not known is an en dash, never a zero.
"""

from __future__ import annotations

import datetime as dt
from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from math import floor, isfinite
from typing import Literal, NamedTuple

from aic_tui.errors import FailureKind, Reason
from aic_tui.models import Failure, Status

UNKNOWN = "–"
MASK = "***"

Show = Literal["used", "left"]

_DETAIL_LETTERS = 80
_HAIR = 1e-8  # 0.29 * 100 is a hair below 29
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥ ", "INR": "₹", "KRW": "₩"}
_WITHOUT_CENTS = frozenset({"JPY", "KRW"})
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIZES = ((10**6, "M"), (10**9, "B"), (10**12, "T"))
_ASCII = str.maketrans({"–": "-", "·": "-", "…": ".", "→": ">", "≈": "~", "×": "x", "“": '"', "”": '"', "’": "'"})
_CURRENCY_WORDS = (("CN¥ ", "CNY "), ("€", "EUR "), ("£", "GBP "), ("¥", "JPY "), ("₹", "INR "), ("₩", "KRW "))


def plain_ascii(text: str) -> str:
    """Our own typography in ASCII, for terminals without more. Outside text keeps its letters."""
    if text.isascii():
        return text
    for symbol, word in _CURRENCY_WORDS:
        text = text.replace(symbol, word)
    return text.translate(_ASCII)


def percent(ratio: float | None, show: Show = "used") -> str:
    """``ratio`` (1.0 = all used) as whole percent, used or left.

    Rounded so that a limit is never reached early: 99.6 % used is "99%", a trace of use is "<1%" and never "0%",
    and "0%" left means that nothing is left.
    """
    if ratio is None or not isfinite(ratio):
        return UNKNOWN
    used = max(ratio, 0.0) * 100
    whole = floor(used + 100 * _HAIR)
    if show == "used":
        return "<1%" if whole == 0 and used > 0 else f"{whole}%"
    if whole >= 100:
        return "0%"
    if whole == 99:
        return "<1%" if used > 99 + 100 * _HAIR else "1%"
    return "99%" if whole == 0 and used > 0 else f"{100 - whole}%"


def shown_ratio(ratio: float, show: Show) -> float:
    """The part of a bar to fill so that it agrees with :func:`percent`: 0..1, flipped for "left"."""
    used = min(max(ratio, 0.0), 1.0)
    used = 1.0 if used > 1 - _HAIR else used
    return used if show == "used" else min(1.0 - used, 1.0 - _HAIR if used > 0 else 1.0)


def count(value: Decimal | int | None) -> str:
    """A counter: "1,380" up to 99,999, then "182k", "48.2M", "1.2B". Fractions only below 100."""
    number = Decimal("NaN") if value is None else Decimal(value)
    if not number.is_finite():
        return UNKNOWN
    sign, size = ("-" if number < 0 else ""), abs(number)
    if size < 100 and size != size.to_integral_value():
        return sign + f"{size:.1f}".removesuffix(".0")
    if size < 100_000:
        return f"{sign}{size.to_integral_value(ROUND_DOWN):,}"
    if size < 999_500:
        return f"{sign}{size / 1000:.0f}k"
    unit, letter = next((pair for pair in _SIZES if size < pair[0] * Decimal("999.95")), _SIZES[-1])
    return sign + f"{size / unit:,.1f}".removesuffix(".0") + letter


def money(amount: Decimal | None, currency: str = "USD") -> str:
    """An amount with its currency: "$12.50", "CN¥ 88.10", "CHF 3.20", "12.50 credits".

    More than nothing but less than a cent is "<$0.01". From a million on it is shortened.
    """
    if amount is None or not amount.is_finite():
        return UNKNOWN
    if currency.casefold() == "credits":
        return f"{_amount(amount, 2)} credits"
    code = currency.upper()
    symbol = _SYMBOLS.get(code, f"{code} ")
    places = 0 if code in _WITHOUT_CENTS else 2
    sign = "-" if amount < 0 else ""
    size = abs(amount)
    smallest = Decimal(1).scaleb(-places)
    if 0 < size < smallest / 2:
        return f"{sign}<{symbol}{smallest}"
    return f"{sign}{symbol}{_amount(size, places)}"


def _amount(amount: Decimal, places: int) -> str:
    if abs(amount) >= 1_000_000:
        return count(amount)
    return f"{amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN):,}"


def quantity(value: Decimal | None, unit: str) -> str:
    """``value`` in a window's unit: money for currency codes, else a counter; the unit's word is not added."""
    if unit.casefold() == "credits" or not _is_currency(unit):
        return count(value)
    return money(value, unit.upper())


def used_of_limit(used: Decimal | None, limit: Decimal | None, unit: str, show: Show = "used") -> tuple[str, ...]:
    """ "1,380 of 1,500 requests used", then without the unit's word; with ``show`` "left" what is left of the limit.

    Empty for lanes that tell a ratio only, and for "left" without a limit.
    """
    if used is None or unit == "percent" or (limit is None and show == "left"):
        return ()
    word = "" if _is_currency(unit) else f" {unit}"
    if limit is None:
        return (f"{quantity(used, unit)}{word} used",)
    amount = used if show == "used" else max(limit - used, Decimal(0))
    share = f"{quantity(amount, unit)} of {quantity(limit, unit)}"
    return (f"{share}{word} {show}", f"{share} {show}") if word else (f"{share} {show}",)


def _is_currency(unit: str) -> bool:
    return len(unit) == 3 and unit.isalpha() and unit.isascii()


def is_money(unit: str) -> bool:
    """True for units that privacy hides: currencies, and credits, which are bought with them."""
    return _is_currency(unit) or unit.casefold() == "credits"


def duration(span: timedelta) -> str:
    """The two leading parts of a length of time: "2 h 12 m", "3 d 4 h", "12 m", "<1 m". Negative counts as zero."""
    minutes = max(floor(span.total_seconds() / 60 + 0.5), 0)
    if minutes == 0:
        return "<1 m"
    if minutes < 60:
        return f"{minutes} m"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def countdown(at: datetime, now: datetime) -> str | None:
    """Time until ``at``, or None once it has passed: a countdown is never negative."""
    return duration(at - now) if at > now else None


def clock(at: datetime, now: datetime, zone: tzinfo, *, full: bool = False) -> str:
    """Clock time in ``zone``: "14:00" today, "Thu 10:00" within the next six days, else "1 Dec".

    ``full`` adds date and time wherever it is not today: "Thu 26 Nov 10:00". Rounded to the minute, because servers
    say 13:59:59.9 for two o'clock.
    """
    local, today = _minute(at).astimezone(zone), now.astimezone(zone).date()
    time = f"{local:%H:%M}"
    days = (local.date() - today).days
    if days == 0:
        return time
    day = f"{local.day} {_MONTHS[local.month - 1]}"
    if local.year != today.year and abs(days) > 180:
        day = f"{day} {local.year}"
    if full:
        return f"{_DAYS[local.weekday()]} {day} {time}"
    if 0 < days <= 6:
        return f"{_DAYS[local.weekday()]} {time}"
    return day


def day(at: datetime, now: datetime, zone: tzinfo) -> str:
    """The day alone where it is not today ("Wed 26 Nov"), else the clock time."""
    local = _minute(at).astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return f"{local:%H:%M}"
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"


def date(on: dt.date, *, weekday: bool = False) -> str:
    """A calendar day: "20 Nov", with ``weekday`` "Fri 20 Nov"."""
    text = f"{on.day} {_MONTHS[on.month - 1]}"
    return f"{_DAYS[on.weekday()]} {text}" if weekday else text


def month(on: dt.date) -> str:
    """A calendar month: "Oct 2026"."""
    return f"{_MONTHS[on.month - 1]} {on.year}"


def _minute(at: datetime) -> datetime:
    return (at + timedelta(seconds=30)).replace(second=0, microsecond=0)


def age(at: datetime, now: datetime) -> str:
    """How old something is, in one word that changes once a minute at most: "now", "2m", "3h", "1d"."""
    minutes = floor((now - at).total_seconds() / 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes}m"
    if minutes < 60 * 24:
        return f"{minutes // 60}h"
    return f"{minutes // (60 * 24)}d"


def ago(at: datetime, now: datetime) -> str:
    """:func:`age` as a phrase: "2m ago", or "now"."""
    word = age(at, now)
    return word if word == "now" else f"{word} ago"


def masked(text: str | None, privacy: bool) -> str | None:
    """``text``, or three stars under privacy. None stays None, so that nothing appears that was not there."""
    return MASK if privacy and text else text


_GLYPHS = {
    Status.OK: ("●", "o"),
    Status.WARN: ("▲", "!"),
    Status.EXHAUSTED: ("■", "#"),
    Status.AUTH_NEEDED: ("×", "x"),
    Status.FORBIDDEN: ("×", "x"),
    Status.FORMAT_CHANGED: ("?", "?"),
    Status.UNSUPPORTED: ("?", "?"),
    Status.ERROR: ("?", "?"),
}
_WORDS = {
    Status.OK: "ok",
    Status.WARN: "at risk",
    Status.EXHAUSTED: "exhausted",
    Status.NOT_CONFIGURED: "not configured",
    Status.AUTH_NEEDED: "needs you",
    Status.FORBIDDEN: "no access",
    Status.RATE_LIMITED: "rate limited",
    Status.OFFLINE: "offline",
    Status.TIMEOUT: "timeout",
    Status.SERVER_ERROR: "provider trouble",
    Status.BLOCKED_BY_GATEWAY: "blocked",
    Status.FORMAT_CHANGED: "not understood",
    Status.UNSUPPORTED: "unsupported",
    Status.ERROR: "error",
}


def status_glyph(status: Status | None, *, ascii_only: bool = False) -> str:
    """One cell for a status: ● ok, ▲ at risk, ■ exhausted, × needs you, ◌ waiting or offline, ? unknown.

    None is an account that was never asked, which waits.
    """
    glyphs = _GLYPHS.get(status, ("◌", ".")) if status else ("◌", ".")
    return glyphs[ascii_only]


def status_word(status: Status | None) -> str:
    """The word that goes with :func:`status_glyph`."""
    return _WORDS[status] if status else "waiting"


class FailureText(NamedTuple):
    """A failure in up to three parts that can be dropped from the end: what happened, what to do, the next try."""

    what: str
    advice: str | None = None
    next_try: str | None = None


_SIGN_IN = "press g to sign in again"
_DOCTOR = "`aic-tui doctor` says more"
_BETWEEN = "a proxy or login page?"  # most accounts have no base_url that could be wrong
# (kind, reason) -> what happened, what to do. A provider's own hint takes the place of the advice.
_FAILURES: dict[tuple[FailureKind, Reason | None], tuple[str, str | None]] = {
    (FailureKind.NOT_CONFIGURED, None): ("not configured", _DOCTOR),
    (FailureKind.NOT_CONFIGURED, Reason.KEY_MISSING): ("no key found", _DOCTOR),
    (FailureKind.NOT_CONFIGURED, Reason.SIGNED_OUT): ("signed out", "sign in: `aic-tui auth login github`"),
    (FailureKind.NOT_CONFIGURED, Reason.KEYRING_LOCKED): ("keyring locked", "unlock it, then refresh"),
    (FailureKind.NOT_CONFIGURED, Reason.KEYRING_TIMEOUT): ("keyring does not answer", "unlock it, then start again"),
    (FailureKind.NOT_CONFIGURED, Reason.KEYRING_MISSING): ("no keyring here", "put the key into a variable"),
    (FailureKind.NOT_CONFIGURED, Reason.KEYRING_DENIED): ("keyring access denied", "allow it, then refresh"),
    (FailureKind.NOT_CONFIGURED, Reason.KEYRING_NULL): ("keyring switched off", "its backend keeps nothing"),
    (FailureKind.NOT_CONFIGURED, Reason.KEYRING_UNSAFE): ("no safe keyring here", "the one found does not encrypt"),
    (FailureKind.NOT_CONFIGURED, Reason.KEYRING_REFUSED): ("keyring did not obey", "nothing was changed"),
    (FailureKind.NOT_CONFIGURED, Reason.FILE_CONSENT): ("key file needs your yes", None),
    (FailureKind.NOT_CONFIGURED, Reason.FILE_FORBIDDEN): ("key file forbidden", "storage is keyring-only"),
    (FailureKind.NOT_CONFIGURED, Reason.FILE_NOT_SAVED): ("key file not saved", None),
    (FailureKind.NOT_CONFIGURED, Reason.BAD_ADDRESS): ("base_url not allowed", "use https, or http for loopback"),
    (FailureKind.AUTH_NEEDED, None): ("login needed", "log in again"),
    (FailureKind.AUTH_NEEDED, Reason.KEY_REJECTED): ("key rejected", "set a new one"),
    (FailureKind.AUTH_NEEDED, Reason.TOKEN_INVALID): ("Token invalid", "sign in: `aic-tui auth login github`"),
    (FailureKind.AUTH_NEEDED, Reason.KEY_MALFORMED): ("key malformed", "set it again, without blanks"),
    (FailureKind.AUTH_NEEDED, Reason.LOGIN_EXPIRED): ("login expired", "start the tool it belongs to once"),
    (FailureKind.AUTH_NEEDED, Reason.HOST_NOT_TRUSTED): ("host not trusted", "trust_base_url allows it"),
    (FailureKind.FORBIDDEN, None): ("access refused", "check plan and role at the provider"),
    (FailureKind.FORBIDDEN, Reason.SCOPE_MISSING): ("may not read usage", "use a key with that right"),
    (FailureKind.FORBIDDEN, Reason.SSO_NEEDED): ("single sign-on needed", "authorise the token for the organisation"),
    (FailureKind.FORBIDDEN, Reason.NO_SEAT): ("no subscription found", "ask whoever assigns the seats"),
    (FailureKind.FORBIDDEN, Reason.PAYMENT_NEEDED): ("payment needed", "add credit at the provider"),
    (FailureKind.RATE_LIMITED, None): ("rate limited", None),
    (FailureKind.OFFLINE, None): ("offline", None),
    (FailureKind.OFFLINE, Reason.DNS): ("host not found", None),
    (FailureKind.OFFLINE, Reason.CONNECT): ("no connection", None),
    (FailureKind.OFFLINE, Reason.PROXY): ("proxy does not answer", "check the proxy variables"),
    (FailureKind.OFFLINE, Reason.TLS): ("certificate not trusted", "set SSL_CERT_FILE to your CA"),
    (FailureKind.OFFLINE, Reason.CUT_OFF): ("answer cut off", None),
    (FailureKind.TIMEOUT, None): ("no answer in time", None),
    (FailureKind.SERVER_ERROR, None): ("provider trouble", None),
    (FailureKind.BLOCKED_BY_GATEWAY, None): ("blocked on the way", None),
    (FailureKind.BLOCKED_BY_GATEWAY, Reason.REDIRECT): ("redirected elsewhere", _BETWEEN),
    (FailureKind.BLOCKED_BY_GATEWAY, Reason.HTML): ("web page in place of data", "a gateway blocks this network"),
    (FailureKind.FORMAT_CHANGED, None): ("format not understood", "an update may help"),
    (FailureKind.FORMAT_CHANGED, Reason.SHAPE): ("format not understood", "an update may help"),
    (FailureKind.FORMAT_CHANGED, Reason.NOT_JSON): ("answer was not JSON", _BETWEEN),
    (FailureKind.FORMAT_CHANGED, Reason.TOO_LARGE): ("answer too large", _BETWEEN),
    (FailureKind.UNSUPPORTED, None): ("usage cannot be read", None),
    (FailureKind.UNSUPPORTED, Reason.NOT_FOUND): ("no usage for this account", None),
    (FailureKind.ERROR, None): ("error", "the log says more"),
    (FailureKind.ERROR, Reason.CRASHED): ("internal error", "the log says more"),
}


_BY_KEY = frozenset({Reason.TOKEN_INVALID, Reason.SIGNED_OUT})


def failure_text(
    failure: Failure, zone: tzinfo, now: datetime, *, told: bool = False, keys: bool = False
) -> FailureText:
    """What happened, what to do about it, and when the next try is ("next try 14:20"), each where there is one.

    ``told`` puts the server's own words in place of advice where the status alone explains nothing. They may name the
    account: never under privacy. ``keys`` lets the advice be a key to press.
    """
    known = _FAILURES.get((failure.kind, failure.reason)) or _FAILURES[failure.kind, None]
    what, advice = known[0], failure.hint or (_SIGN_IN if keys and failure.reason in _BY_KEY else known[1])
    if failure.kind is FailureKind.SERVER_ERROR and failure.http_status:
        what = f"{what} ({failure.http_status})"
    if failure.kind is FailureKind.ERROR and failure.reason is None and 400 <= (failure.http_status or 0) < 500:
        what = f"refused with {failure.http_status}"
        if told and failure.detail and not failure.hint:
            advice = _brief(failure.detail)
    if advice and advice.casefold().startswith(what.casefold()):
        advice = advice[len(what) :].lstrip(" :;,.·") or None
    return FailureText(what, advice, _next_try(failure.retry_at, zone, now))


def _brief(text: str) -> str:
    """Outside words, ended between two of them where they are long."""
    if len(text) <= _DETAIL_LETTERS:
        return text
    whole = text[: _DETAIL_LETTERS + 1].rpartition(" ")[0] or text[:_DETAIL_LETTERS]
    return f"{whole} …"


def _next_try(at: datetime | None, zone: tzinfo, now: datetime) -> str | None:
    if at is None:
        return None
    return f"next try {clock(at, now, zone)}" if at > now else "next try due"


def failure_sentence(failure: Failure, zone: tzinfo, now: datetime, *, short: bool = False, keys: bool = False) -> str:
    """One sentence: "rate limited · next try 14:20", "login expired · run `claude` once".

    ``short`` (up to about 40 columns) leaves out the advice where there is a next try.
    """
    what, advice, next_try = failure_text(failure, zone, now, keys=keys)
    parts = [what, next_try or advice] if short else [what, advice, next_try]
    return " · ".join(part.removesuffix(".") for part in parts if part)
