"""The price table: which models are priced, from which day on, at what, and who says so.

Prices are whole pico-dollars per token ($1 per million tokens is 1,000,000 of them), so that sums are exact. The
embedded ``prices.json`` is made by ``generate.py``; ``live.py`` lays newer rows over it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from aic_tui.usage_records import BOUNDARIES

FORMAT = 1
EMBEDDED = Path(__file__).with_name("prices.json")
CLASS_OF = {0: 0, **{boundary: number for number, boundary in enumerate(BOUNDARIES, 1)}}
"""The size class (see :class:`~aic_tui.usage_records.Row`) from which on a price that begins at a prompt size holds."""

MOST = 10**9
"""The dearest price believed: $1,000 for a million tokens. The dearest known is o1-pro's 600 (2025-03)."""


class Band(NamedTuple):
    """Prices of a whole request whose prompt has ``begins`` tokens or more; pico-dollars per token."""

    begins: int
    input: int
    output: int
    cache_read: int
    write_5m: int
    write_1h: int


class Period(NamedTuple):
    """What a model costs from the day ``since`` (ISO, UTC; empty for always) on.

    ``standard``, ``priority`` and ``flex`` are bands in ascending order; empty where the vendor publishes none.
    ``fast`` is the factor of the fast mode in hundredths, 0 where there is none. ``source`` is an index.
    """

    since: str
    source: int
    standard: tuple[Band, ...]
    priority: tuple[Band, ...] = ()
    flex: tuple[Band, ...] = ()
    fast: int = 0


class Table(NamedTuple):
    """``models`` are periods by lower-case name, still as JSON values: only those that are asked for are read.

    ``sources`` say where a row comes from, ``date`` when it was taken.
    """

    date: str = ""
    sources: Sequence[str] = ()
    models: Mapping[str, Any] = MappingProxyType({})
    aliases: Mapping[str, str] = MappingProxyType({})

    def periods(self, name: str) -> tuple[Period, ...]:
        """The periods of a model, earliest first; none where it is not priced. Raises :class:`ValueError`."""
        raw = self.models.get(name)
        return periods_of(raw, len(self.sources)) if raw is not None else ()


def load_table() -> Table:
    """The embedded table."""
    raw = json.loads(EMBEDDED.read_bytes())
    return Table(raw["date"], raw["sources"], raw["models"], raw["aliases"])


def in_force(periods: Sequence[Period], day: date) -> Period | None:
    """The last period that has begun on ``day``; None where the first begins later."""
    today = day.isoformat()
    return next((period for period in reversed(periods) if period.since <= today), None)


def periods_of(raw: Any, sources: int) -> tuple[Period, ...]:
    """Periods from JSON values. Raises :class:`ValueError` for anything that cannot be a price."""
    if not isinstance(raw, list) or not raw:
        raise ValueError("no periods")
    periods = tuple(_period(part, sources) for part in raw)
    if [period.since for period in periods] != sorted({period.since for period in periods}):
        raise ValueError("the days are not in order")
    return periods


def to_json(periods: Sequence[Period]) -> list[list[Any]]:
    """Periods as JSON values; what is empty at the end is left out."""
    found = []
    for period in periods:
        parts: list[Any] = [period.since, period.source, *([list(band) for band in bands] for bands in period[2:5])]
        parts.append(period.fast)
        while not parts[-1]:
            parts.pop()
        found.append(parts)
    return found


def _period(raw: Any, sources: int) -> Period:
    if not isinstance(raw, list) or not 3 <= len(raw) <= 6:
        raise ValueError("not a period")
    since, source, *bands = raw[:5]
    fast = raw[5] if len(raw) == 6 else 0
    if not isinstance(since, str) or (since and date.fromisoformat(since).isoformat() != since):
        raise ValueError("not a day")
    if not _is_count(source, sources - 1) or not _is_count(fast, 10_000):
        raise ValueError("not a number")
    standard, priority, flex = [*map(_bands, bands), (), ()][:3]
    if not standard:
        raise ValueError("no prices")
    return Period(since, source, standard, priority, flex, fast)


def _bands(raw: Any) -> tuple[Band, ...]:
    if not isinstance(raw, list) or not all(isinstance(part, list) and len(part) == 6 for part in raw):
        raise ValueError("not a list of prices")
    bands = tuple(Band(*part) for part in raw)
    begins = [band.begins for band in bands]
    if not all(_is_count(number, MOST) for band in bands for number in band):
        raise ValueError("a price is out of bounds")
    if bands and (begins[0] != 0 or begins != sorted(set(begins)) or not CLASS_OF.keys() >= set(begins)):
        raise ValueError("a prompt size that is not counted")
    return bands


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
