"""Cursor: nothing on this machine counts tokens, so what counts is the CSV export of cursor.com's usage page.

It is found where tokscale keeps the one that it downloads (``usage.csv``, ``usage.<account>.csv``) and wherever the
user puts one. Columns are known by their names, as in tokscale 1.4.3 (measured 2026-11). Unlike there, the export's
own cost is taken where it is a number, rows without tokens (errors) are left out, and a row's total tells whether the
column with cache writes includes the one without.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_MODEL, NO_TIME, WRONG_SHAPE
from aic_tui.logs.money import pico_dollars
from aic_tui.logs.places import config_home, distinct, extra
from aic_tui.logs.times import milliseconds
from aic_tui.logs.totals import Twins

NOT_CSV = "not CSV"
_WITH, _WITHOUT = "input (w/ cache write)", "input (w/o cache write)"
_READ, _OUTPUT, _TOTAL = "cache read", "output tokens", "total tokens"
_NEEDED = ("date", "model", _WITHOUT, _OUTPUT)
_COSTS = ("cost", "cost to you")
_DATE = len("2026-05-01")
_MOST_DIGITS = 15


class _Columns(NamedTuple):
    """Names in lower case, and where they are."""

    places: dict[str, int]

    def text(self, row: Sequence[str], name: str) -> str:
        place = self.places.get(name, -1)
        return row[place].strip() if 0 <= place < len(row) else ""

    def number(self, row: Sequence[str], name: str) -> int | None:
        """0 for an empty field, None for what is no count."""
        text = self.text(row, name).replace(",", "")
        if not text or text == "-":
            return 0
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def read(view: View, batch: Batch) -> None:
    """Add the rows of one export."""
    text = view.data.decode("utf-8-sig", "replace")
    rows = csv.reader(io.StringIO(text, newline=""))
    columns: _Columns | None = None
    twins = Twins()
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return None
        except csv.Error:
            batch.skip(NOT_CSV)
            continue
        if columns is None:
            columns = _Columns({name.strip().lower(): place for place, name in enumerate(row)})
            if any(name not in columns.places for name in _NEEDED):
                return batch.skip(WRONG_SHAPE)
        elif any(row):
            _add(columns, row, batch, twins)


def _add(columns: _Columns, row: Sequence[str], batch: Batch, twins: Twins) -> None:
    batch.seen += 1
    counts = [columns.number(row, name) for name in (_WITH, _WITHOUT, _READ, _OUTPUT, _TOTAL)]
    if None in counts or len(row) < len(columns.places) // 2:
        return batch.skip(WRONG_SHAPE)
    with_writes, given, cached, output, total = (count or 0 for count in counts)
    is_disjoint = with_writes + given + cached + output == total
    written = with_writes if is_disjoint else max(0, with_writes - given)
    if not (given or cached or output or written):
        batch.seen -= 1  # an error, which used nothing
        return None
    date, model = columns.text(row, "date"), columns.text(row, "model")
    # Older exports have dates alone: this instant is of the same date in nearly every zone, from -11 to +12 hours.
    ts = milliseconds(f"{date}T11:00:00.000Z" if len(date) == _DATE else date)
    if ts is None:
        return batch.skip(NO_TIME)
    if not model:
        return batch.skip(NO_MODEL)
    batch.add(
        ts=ts,
        session=batch.session("cursor"),
        model=batch.model(model),
        input=given,
        output=output,
        cache_read=cached,
        write_5m=written,
        cost=_cost(columns, row),
        key=twins.key("cursor", ts, model, given, output, cached, written),
    )
    return None


def _cost(columns: _Columns, row: Sequence[str]) -> int | None:
    for name in _COSTS:
        cost = pico_dollars(columns.text(row, name).removeprefix("$").replace(",", ""))
        if cost is not None:
            return cost
    return None


def places(machine: Machine) -> list[Place]:
    """tokscale's folder, and files or folders that the user named."""
    found = [Place(config_home(machine) / "tokscale" / "cursor-cache", depth=0)]
    for place in extra(machine, "cursor"):
        if place.path.suffix.lower() == ".csv":
            found.append(Place(place.path.parent, place.origin, only=place.path.name))
        else:
            found.append(Place(place.path, place.origin, depth=0))
    return distinct(found)


CURSOR = Reader(
    id="cursor",
    name="Cursor",
    kind="whole",
    places=places,
    wants=lambda relative: relative.lower().endswith(".csv"),
    read=read,
    counts="Rows of exported usage (cursor.com, CSV), each once, at the cost that it states.",
)
