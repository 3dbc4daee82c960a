"""How long a server asks us to wait, from whichever of its headers or fields says so. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_SECONDS = 400 * 86_400.0
"""A longer wish is taken as this. How much of a wish is granted is not decided here."""

# A bare number in a reset header is a moment when it is this large, else a span; epoch milliseconds are larger still.
_EPOCH_FROM = 100_000_000
_MILLISECONDS_FROM = 100_000_000_000
_NUMBER = re.compile(r"\s*\+?\d{1,18}(?:\.\d{0,18})?(?:[eE]\+?\d{1,2})?\s*")
_DURATION = re.compile(
    r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,12}(?:\.\d{1,9})?)ms)?"
)
_DURATION_SECONDS = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)
_RESET = re.compile(r"(?:^|[-_])reset(?:[-_]|$)")
_BODY_FIELDS = ("resets_in_seconds", "retry_after_seconds", "retry_after")


def retry_after_seconds(
    headers: Mapping[str, str], data: Any = None, *, date: datetime | None = None, now: datetime
) -> float | None:
    """Seconds to wait, whole, above 0 and at most :data:`LONGEST_SECONDS`; None where the server gives no usable hint.

    ``headers`` have lower-case names. Looked at in this order: ``Retry-After`` (seconds or a date), rate-limit reset
    headers (epoch, RFC 3339, spans such as ``6m0s``), fields of the body. Moments are counted from ``date``, the
    server's own clock, so that a wrong clock here shortens nothing; ``now`` stands in only where it sent none.
    0, negative, past and unreadable values are no hint.
    """
    clock = date or now
    for seconds in _hints(headers, data, clock):
        if seconds is not None and math.isfinite(seconds) and seconds > 0:
            return min(float(math.ceil(seconds)), LONGEST_SECONDS)
    return None


def explicit_retry_after(headers: Mapping[str, str], *, date: datetime | None = None, now: datetime) -> float | None:
    """:func:`retry_after_seconds` by the ``Retry-After`` header alone, for answers that are not about rate limits."""
    value = headers.get("retry-after")
    return None if value is None else retry_after_seconds({"retry-after": value}, date=date, now=now)


def _hints(headers: Mapping[str, str], data: Any, clock: datetime) -> Iterator[float | None]:
    retry_after = headers.get("retry-after", "")
    yield _largest_number(retry_after)
    yield _until_http_date(retry_after, clock)
    resets = [(name, _reset_span(value, clock)) for name, value in headers.items() if _is_reset(name)]
    yield _longest_exhausted(headers, [(name, span) for name, span in resets if span is not None])
    yield _body_hint(data)


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _largest_number(text: str) -> float | None:
    """The number in ``text``; a header that was sent twice arrives joined with a comma, and the longer wish counts."""
    numbers = [_number(part) for part in text.split(",")]
    known = [number for number in numbers if number is not None]
    return max(known) if known and len(known) == len(numbers) else None


def _until_http_date(text: str, clock: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return _until(moment, clock)


def _until(moment: datetime, clock: datetime) -> float | None:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return (moment - clock).total_seconds()
    except OverflowError:
        return None


def _is_reset(name: str) -> bool:
    return "ratelimit" in name.replace("rate-limit", "ratelimit") and _RESET.search(name) is not None


def _reset_span(text: str, clock: datetime) -> float | None:
    number = _largest_number(text)
    if number is not None:
        if number < _EPOCH_FROM:
            return number
        epoch = number / 1000 if number >= _MILLISECONDS_FROM else number
        return epoch - clock.timestamp()
    duration = _DURATION.fullmatch(text.strip())
    if duration is not None and any(duration.groups()):
        spans = zip(duration.groups(), _DURATION_SECONDS, strict=True)
        return sum(float(part) * unit for part, unit in spans if part)
    try:
        return _until(datetime.fromisoformat(text.strip()), clock)
    except ValueError:
        return None


def _longest_exhausted(headers: Mapping[str, str], resets: list[tuple[str, float]]) -> float | None:
    """The longest span among the limits with nothing left; among all where no limit tells what is left."""
    left = {name: _number(headers.get(name.replace("reset", "remaining"), "")) for name, _ in resets}
    exhausted = [span for name, span in resets if left[name] == 0]
    unknown = [span for name, span in resets if left[name] is None]
    return max(exhausted or unknown, default=None)


def _body_hint(data: Any) -> float | None:
    if not isinstance(data, Mapping):
        return None
    for part in (data, data.get("error"), data.get("detail")):
        if not isinstance(part, Mapping):
            continue
        for field in _BODY_FIELDS:
            value = part.get(field)
            if isinstance(value, str):
                value = _number(value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(min(value, LONGEST_SECONDS))
    return None
