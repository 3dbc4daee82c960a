"""Newer prices than the embedded ones, as they lie in the cache, and how they are laid over the table.

What is kept (``prices.json``) is not a list of prices but its differences from the embedded table, each from the day
on which it was first seen, so that what a past day cost does not change overnight. A row is never taken away, and the
user's own prices are never touched. Where it comes from: ``live.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from aic_tui.config.atomic import write_atomically
from aic_tui.config.document import read_regular_file
from aic_tui.config.paths import private_directory
from aic_tui.pricing.table import Table, periods_of

FILE = "prices.json"
_FILE_CAP = 2 << 20
_FORMAT = 1
_SOURCE = "LiteLLM, live"
MOST_ROWS = 2_000


class Overlay(NamedTuple):
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
    models: Mapping[str, Any] = MappingProxyType({})

    @property
    def date(self) -> str:
        """The day (ISO, UTC) of the last answer; empty before the first."""
        return datetime.fromtimestamp(self.taken, UTC).date().isoformat() if self.taken else ""


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
        if not isinstance(overlay.models, dict) or len(overlay.models) > MOST_ROWS:
            return None
        for rows in overlay.models.values():
            periods_of(rows, 1)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return overlay


def write_overlay(cache: Path, overlay: Overlay) -> None:
    """Keep the overlay: whole or not at all. Raises :class:`OSError`."""
    private_directory(cache)
    raw = {"format": _FORMAT, **overlay._replace(models=dict(overlay.models))._asdict()}
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
    return table._replace(models=models, sources=(*table.sources, _SOURCE))


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise ValueError("not a time")
    return float(value)


def _etag(value: object) -> str:
    """An ETag that may be sent back; empty for anything else."""
    good = isinstance(value, str) and len(value) <= 200 and value.isascii() and value.isprintable()
    return str(value) if good else ""
