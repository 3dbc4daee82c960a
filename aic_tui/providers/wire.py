"""Tolerant types for what vendors send. A wire class describes the part of a reply that is used and nothing else.

Vendors send numbers as strings, instants in four spellings, placeholders, and now and then rubbish. Every type here
turns what it cannot believe into None, "unknown", so that one bad field never costs the rest of a reading and never
becomes a zero. Only an answer in which nothing at all was understood is an error (:func:`shape_changed`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.text import clean, clean_or_none

_LARGEST = 10**15  # tokens of a large organisation in a year stay far below; anything above is not a measurement
_DECIMALS = 12
_NUMERIC = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d(?::\d\d)?)(?:[.,](?P<fraction>\d{1,9}))? ?(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_MILLISECONDS_FROM = 10**11  # as seconds that would be the year 5138
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
_NEWEST = datetime(2100, 1, 1, tzinfo=UTC)
_LONGEST_WINDOW = timedelta(days=400)


def number_or_none(value: object) -> Decimal | None:
    """An int, float, Decimal or numeric string as Decimal of plain notation; None for everything else.

    NaN, infinity, booleans and magnitudes above 10^15 are not numbers here. At most 12 decimals are kept.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if len(text) > 60 or not _NUMERIC.fullmatch(text):
            return None
        number = Decimal(text)
    elif isinstance(value, int):
        if abs(value) > _LARGEST:  # before any conversion: the digits of a huge int are slow to make
            return None
        number = Decimal(value)
    elif isinstance(value, float):
        number = Decimal(repr(value))
    elif isinstance(value, Decimal):
        number = value
    else:
        return None
    if not number.is_finite() or abs(number) > _LARGEST:
        return None
    return _plain(number)


def _plain(number: Decimal) -> Decimal:
    if _exponent(number) < -_DECIMALS:
        number = round(number, _DECIMALS).normalize()
    if _exponent(number) > 0:
        number = number.quantize(Decimal(1))
    return number if number else abs(number)


def _exponent(number: Decimal) -> int:
    return int(number.as_tuple().exponent)


def count_or_none(value: object) -> int | None:
    """A whole number of things that is not negative, or None."""
    number = number_or_none(value)
    return int(number) if number is not None and number >= 0 and number == int(number) else None


def percent_or_none(value: object) -> float | None:
    """A percentage between 0 and 1000, or None. 100 may be exceeded: overage is real."""
    number = number_or_none(value)
    return float(number) if number is not None and 0 <= number <= 1000 else None


def instant_or_none(value: object) -> datetime | None:
    """An aware UTC instant of ISO 8601 text, a plain date, or epoch seconds or milliseconds; None for the rest.

    Text without a zone is UTC. Years before 2000 and from 2100 are not believed.
    """
    if isinstance(value, str) and (match := _ISO.fullmatch(value.strip())):
        at = _from_iso(match)
    else:
        at = _from_epoch(number_or_none(value))
    return at if at is not None and _OLDEST <= at < _NEWEST else None


def _from_iso(match: re.Match[str]) -> datetime | None:
    time, zone = match["time"] or "00:00", (match["zone"] or "Z").upper()
    micros = (match["fraction"] or "")[:6].ljust(6, "0")
    time = time if len(time) > 5 else f"{time}:00"
    try:
        return datetime.fromisoformat(f"{match['day']}T{time}.{micros}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _from_epoch(number: Decimal | None) -> datetime | None:
    if number is None:
        return None
    seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _currency(value: object) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text.upper() if len(text) == 3 and text.isascii() and text.isalpha() else None


def _or_none(value: object, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


def _each(value: object, handler: ValidatorFunctionWrapHandler) -> Any:
    if not isinstance(value, list | tuple):
        return ()
    kept: list[Any] = []
    for entry in value:
        try:
            kept.extend(handler([entry]))
        except ValidationError:
            continue
    return tuple(kept)


def _each_of_list(value: object, handler: ValidatorFunctionWrapHandler) -> Any:
    kept = _each(value, handler)
    if not kept and value != []:
        raise ValueError("no list, or none of its entries was understood")
    return kept


T = TypeVar("T")
W = TypeVar("W", bound="Wire")

Number = Annotated[Decimal | None, PlainValidator(number_or_none)]
Count = Annotated[int | None, PlainValidator(count_or_none)]
Percent = Annotated[float | None, PlainValidator(percent_or_none)]
Instant = Annotated[datetime | None, PlainValidator(instant_or_none)]
Flag = Annotated[bool | None, PlainValidator(_flag)]
Text = Annotated[str | None, PlainValidator(clean_or_none)]
IsNull = Annotated[bool, PlainValidator(lambda value: value is None)]
"""True where the answer says null. An unreadable value is not null: "no limit" must be said, never guessed."""
Currency = Annotated[str | None, PlainValidator(_currency)]
"""Three letters, upper case."""
Maybe = Annotated[T | None, WrapValidator(_or_none)]
"""One nested object; None when it is malformed."""
Many = Annotated[tuple[T, ...], WrapValidator(_each)]
"""A list whose malformed entries are dropped one by one; empty when it is no list."""
Listed = Annotated[tuple[T, ...], WrapValidator(_each_of_list)]
"""The same where the list is the answer: no list, or a list of rubbish only, is an error. Give it no default."""


class Wire(BaseModel):
    """Base of all wire classes. Fields are optional with the default None; unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True)

    def says(self, *names: str) -> bool:
        """True when the answer had at least one of these fields, be it null."""
        return not self.model_fields_set.isdisjoint(names)


def read(model: type[W], data: object) -> W:
    """``data`` as ``model``. Raises FORMAT_CHANGED when it is no object or lacks what the class requires."""
    if isinstance(data, dict):
        try:
            return model.model_validate(data)
        except ValidationError:
            pass
    raise shape_changed(data)


def shape_changed(data: object) -> ProviderError:
    """The error for JSON in which nothing was understood. Its detail has names of fields, never a value."""
    found = ", ".join(clean(key, 40) for key in list(data)[:12]) if isinstance(data, dict) else type(data).__name__
    return ProviderError(FailureKind.FORMAT_CHANGED, Reason.SHAPE, detail=f"fields: {found}")


def error_text(data: object) -> str:
    """What an error body says, in lower case and for comparing only: message, type and code of the usual shapes."""
    if not isinstance(data, dict):
        return ""
    inner = data.get("error", data.get("detail"))
    parts = (
        [data.get("message"), *(inner.get(k) for k in ("message", "type", "code"))]
        if isinstance(inner, dict)
        else [
            data.get("message"),
            inner,
        ]
    )
    return " ".join(part for part in parts if isinstance(part, str))[:2000].lower()


def total(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of the known values; None when none is known."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def count_total(values: Iterable[int | None]) -> int | None:
    """The sum of the known counters; None when none is known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def ratio_of(used: Decimal | None, limit: Decimal | None) -> float | None:
    """used/limit with 1.0 = all used; None when either is unknown or the limit is no limit."""
    if used is None or limit is None or limit <= 0:
        return None
    ratio = float(used / limit)
    return ratio if math.isfinite(ratio) and 0 <= ratio <= 10 else None


def believable_reset(at: datetime | None, now: datetime) -> datetime | None:
    """``at`` unless it is more than 400 days away in either direction: no quota window is that long."""
    return at if at is not None and abs(at - now) <= _LONGEST_WINDOW else None


def slug(name: str) -> str:
    """A stable id made of an outside name: lower-case ASCII letters, digits and single underscores."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
