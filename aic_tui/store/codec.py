"""Frozen models to JSON-ready values and back, driven by their field declarations.

Reading is tolerant, because a file may be older, newer or damaged: unknown fields are ignored, an unreadable optional
value is left out, an unreadable element of a tuple is dropped, an unknown enum value becomes its neutral member.
Money stays exact (``Decimal`` as text), instants are ISO text in UTC.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, TypeVar

from aic_tui import models
from aic_tui.errors import FailureKind, Reason
from aic_tui.text import clean

M = TypeVar("M")

# Longer than any note or hint; only a bound for a damaged file.
_TEXT_LIMIT = 2000


def encode(value: Any) -> Any:
    """``value`` as JSON-ready data. Fields that have their default are left out."""
    if is_dataclass(value):
        pairs = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: encode(held) for field, held in pairs if not _is_default(field, held)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal | Enum):
        return str(value)
    if isinstance(value, tuple):
        return [encode(element) for element in value]
    return value


def decode(model: type[M], data: object) -> M:
    """A ``model`` from what :func:`encode` made. Raises ValueError when a required field is missing or unreadable."""
    if not isinstance(data, dict):
        raise ValueError(f"no {model.__name__}")
    values: dict[str, Any] = {}
    for field in fields(model):  # type: ignore[arg-type]
        if field.name not in data:
            continue
        try:
            values[field.name] = _reader(str(field.type))(data[field.name])
        except (ValueError, ArithmeticError):
            if not _has_default(field):
                raise
    try:
        return model(**values)
    except TypeError as error:
        raise ValueError(str(error)) from error


def _is_default(field: Field[Any], value: object) -> bool:
    return field.default is not MISSING and bool(value == field.default) and type(value) is type(field.default)


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING


def _of(kind: type, value: object) -> Any:
    if type(value) is not kind:
        raise ValueError(f"no {kind.__name__}")
    return value


def _text(value: object) -> str:
    return clean(_of(str, value), _TEXT_LIMIT)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("no number")
    return float(value)


def _decimal(value: object) -> Decimal:
    number = Decimal(_of(str, value))
    if not number.is_finite():
        raise ValueError("no amount")
    return number


def _instant(value: object) -> datetime:
    found = datetime.fromisoformat(_of(str, value))
    if found.tzinfo is None:
        raise ValueError("no instant")
    return found.astimezone(UTC)


def _member(kind: type[Enum], neutral: Enum | None, value: object) -> Enum | None:
    try:
        return kind(value)
    except ValueError:
        return neutral


def _tuple_of(reader: Callable[[object], Any], value: object) -> tuple[Any, ...]:
    found = []
    for element in _of(list, value):
        try:
            found.append(reader(element))
        except (ValueError, ArithmeticError):
            continue
    return tuple(found)


_READERS: dict[str, Callable[[object], Any]] = {
    "str": _text,
    "bool": partial(_of, bool),
    "int": partial(_of, int),
    "float": _number,
    "Decimal": _decimal,
    "datetime": _instant,
    "FailureKind": partial(_member, FailureKind, FailureKind.ERROR),
    "Reason": partial(_member, Reason, None),
    "MoneyKind": partial(_member, models.MoneyKind, models.MoneyKind.UNKNOWN),
    **{
        model.__name__: partial(decode, model)
        for model in (
            models.Window,
            models.Balance,
            models.Spend,
            models.UsageTotals,
            models.ModelUsage,
            models.Reading,
            models.Snapshot,
            models.Failure,
        )
    },
}


def _reader(annotation: str) -> Callable[[object], Any]:
    """How to read a field, from its declaration as text (``tuple[Window, ...]``, ``Decimal | None``)."""
    name, optional, _ = annotation.partition(" | None")
    if name.startswith("tuple["):
        return partial(_tuple_of, _READERS[name[6:].removesuffix("]").removesuffix(", ...")])
    reader = _READERS[name]
    return partial(_none_or, reader) if optional else reader


def _none_or(reader: Callable[[object], Any], value: object) -> Any:
    return None if value is None else reader(value)
