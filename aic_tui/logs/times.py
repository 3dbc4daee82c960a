"""Every way in which a log says when: as milliseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

LAST = 253_402_214_400_000
"""Ends the day before the last of year 9999, so that every zone has a date for it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_SECONDS = {f"{count // 60:02d}:{count % 60:02d}.": count * 1000 for count in range(3600)}
_FRACTIONS = {f"{count:03d}Z": count for count in range(1000)}
# A count of seconds reaches the first limit in the year 5138; a count of milliseconds passed it in 1973.
_UNITS = ((10**11, 1000, 1), (10**14, 1, 1), (10**17, 1, 1000), (10**20, 1, 10**6))


def milliseconds(value: object) -> int | None:
    """The instant that ``value`` names, None where it names none.

    Understood are RFC 3339 with any number of decimals (without a zone it is UTC, and a space may stand for ``T``),
    and counts since 1970 of seconds, milliseconds, microseconds or nanoseconds, told apart by their size, as a number
    or as digits in a string. Instants at or before 1970 are unset clocks, those after the year 9999 are damage.
    """
    try:
        return _hour(value[:14]) + _SECONDS[value[14:20]] + _FRACTIONS[value[20:]]  # type: ignore[index]
    except (TypeError, KeyError):
        pass  # not the form that nearly all logs have
    if type(value) is str:
        return _of_text(value.strip())
    if type(value) is int or type(value) is float:
        return _of_count(value)
    return None


@lru_cache(maxsize=1024)
def _hour(text: str) -> int:
    """The instant at which an hour (``2026-05-01T10:``) begins. Raises ``KeyError`` for anything else."""
    found = _of_text(text + "00:00Z") if len(text) == 14 and text[10] == "T" and text[13] == ":" else None
    if found is None:
        raise KeyError
    return found


def _of_text(text: str) -> int | None:
    if len(text) > 40:
        return None
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return _of_count(float(text) if "." in text else int(text))
    if len(text) < 16:
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace(":60", ":59"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return _plausible((moment - _EPOCH) // _MS)
    except (ValueError, OverflowError):
        return None


def _of_count(count: float) -> int | None:
    for limit, times, divided in _UNITS:
        if 0 < count < limit:
            return _plausible(int(count * times) // divided)
    return None


def _plausible(ms: int) -> int | None:
    return ms if 0 < ms < LAST else None
