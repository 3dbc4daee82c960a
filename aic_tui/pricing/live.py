"""Newer prices than the embedded ones: LiteLLM's list of today, as rows laid over the table. No network here.

What is kept in the cache (``prices.json``) is not the list but its differences from the embedded table, each from the
day on which it was first seen, so that what a past day cost does not change overnight. A row is never taken away, and
the user's own prices are never touched. The list is somebody else's file on the network: a row that is no price, or
an unlikely one, is passed over, and the embedded price holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from aic_tui.config.atomic import write_atomically
from aic_tui.config.document import read_regular_file
from aic_tui.config.paths import private_directory
from aic_tui.pricing.litellm import NoPriceError, entries, period_of
from aic_tui.pricing.table import Period, Table, in_force, periods_of, to_json

LIST_URL = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"
"""The list that other tools read, too (ccusage 20.0.24, tokscale 1.4.3; 2026-11): 3.2 MB, 0.2 MB packed."""

LIST_CAP = 16 << 20
FILE = "prices.json"
_FILE_CAP = 2 << 20
_FORMAT = 1
_SOURCE = "LiteLLM, live"
_MOST_ROWS = 2_000
_LIKELY = 10
"""A known model does not become ten times dearer or cheaper; such a row is an error, or an attack."""


@dataclass(frozen=True)
class Overlay:
    """Rows from the live list.

    ``asked`` is when it was last asked for, ``taken`` when it last answered (epoch seconds; 0 for never). ``base`` is
    the date of the embedded table from which ``models`` differ (JSON values as there; the source is always 0).
    ``refused`` counts the rows of the last list that were not believed.
    """

    base: str
    asked: float = 0.0
    taken: float = 0.0
    etag: str = ""
    refused: int = 0
    models: Mapping[str, Any] = field(default_factory=dict)

    @property
    def date(self) -> str:
        """The day (ISO, UTC) of the last answer; empty before the first."""
        return (
            date.fromordinal(date(1970, 1, 1).toordinal() + int(self.taken // 86_400)).isoformat() if self.taken else ""
        )


def read_overlay(cache: Path, table: Table) -> Overlay | None:
    """The overlay in the cache directory; None where there is none that can be read, or it belongs to another table.

    Never raises: a cache may hold anything.
    """
    try:
        data = read_regular_file(cache / FILE, _FILE_CAP)
        raw = json.loads(data) if data else None
        if not isinstance(raw, dict) or raw.get("format") != _FORMAT or raw.get("base") != table.date:
            return None
        overlay = Overlay(
            base=table.date,
            asked=_seconds(raw["asked"]),
            taken=_seconds(raw["taken"]),
            etag=_etag(raw["etag"]),
            refused=int(raw["refused"]),
            models=raw["models"],
        )
        if not isinstance(overlay.models, dict) or len(overlay.models) > _MOST_ROWS:
            return None
        for rows in overlay.models.values():
            periods_of(rows, 1)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return overlay


def write_overlay(cache: Path, overlay: Overlay) -> None:
    """Keep the overlay: whole or not at all. Raises :class:`OSError`."""
    private_directory(cache)
    raw = {"format": _FORMAT, **{name: getattr(overlay, name) for name in overlay.__dataclass_fields__}}
    write_atomically(cache / FILE, json.dumps(raw, separators=(",", ":"), sort_keys=True).encode())


def laid_over(table: Table, overlay: Overlay) -> Table:
    """The table with the overlay's rows: from its day on each holds, before it what the table says."""
    source = len(table.sources)
    models = dict(table.models)
    for name, rows in overlay.models.items():
        newer = [[row[0], source, *row[2:]] for row in rows]
        days = {row[0] for row in newer}
        older = [row for row in models.get(name, ()) if row[0] not in days]
        models[name] = sorted([*older, *newer], key=lambda row: str(row[0]))
    return replace(table, models=models, sources=(*table.sources, _SOURCE))


def updated(table: Table, overlay: Overlay, text: str, today: date) -> Overlay:
    """``overlay`` after a look at LiteLLM's list. Raises :class:`ValueError` where the text is not such a list.

    Takes some 60 ms; keep it off the event loop.
    """
    try:
        data = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(data, dict):
        raise ValueError("not a list of models")
    known = laid_over(table, overlay)
    models = dict(overlay.models)
    seen: set[str] = set()
    refused = 0
    for name, maker, entry in entries(data):
        if name in seen or len(models) >= _MOST_ROWS:
            continue
        seen.add(name)
        old = in_force(known.periods(name), today)
        try:
            new = _checked(period_of(entry, maker), old)
        except NoPriceError:
            refused += 1
            continue
        if old is None or new[2:] != old[2:]:
            new = new._replace(since=today.isoformat() if known.periods(name) else "")
            models[name] = [row for row in models.get(name, ()) if row[0] != new.since] + to_json([new])
    if not seen:
        raise ValueError("not a list of models")
    return replace(overlay, models=models, refused=refused)


def _checked(new: Period, old: Period | None) -> Period:
    """``new`` with what only ``old`` knows: tiers and factors do not vanish. Raises :class:`NoPriceError`."""
    if old is None:
        if not new.standard[0].input and not new.standard[0].output:
            raise NoPriceError("a new model for nothing")
        return new
    for before, now in zip(old.standard[0][1:3], new.standard[0][1:3], strict=True):
        if not before <= now * _LIKELY or not now <= before * _LIKELY:
            raise NoPriceError("not likely")
    if new.standard[0] == old.standard[0]:
        standard = new.standard if len(new.standard) >= len(old.standard) else old.standard
        new = new._replace(standard=standard, priority=new.priority or old.priority, flex=new.flex or old.flex)
    return new._replace(fast=new.fast or old.fast)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise ValueError("not a time")
    return float(value)


def _etag(value: object) -> str:
    """An ETag that may be sent back; empty for anything else."""
    good = isinstance(value, str) and len(value) <= 200 and value.isascii() and value.isprintable()
    return str(value) if good else ""
