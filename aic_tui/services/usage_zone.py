"""Rows of days of another zone than that of the index: made of the records, for one report."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, tzinfo
from typing import TYPE_CHECKING

from aic_tui.store import log_reading
from aic_tui.store.log_settle import rows_from
from aic_tui.usage_records import Days, NamedRow

if TYPE_CHECKING:
    import sqlite3


def rows_in(
    db: sqlite3.Connection, zone: tzinfo, days: tuple[int, int], sources: Collection[str] | None, detail: str
) -> Sequence[NamedRow]:
    """What ``log_reading.rows`` gives for the zone of the index, for ``zone``; ``days`` are ordinals, inclusive."""
    sessions = dict(log_reading.session_names(db))
    models = dict(log_reading.model_names(db))
    day_of = Days(zone).ordinal
    sums: dict[tuple[object, ...], list[int]] = {}
    for source, session_ids, model_ids, body in log_reading.bodies(db):
        if sources is not None and source not in sources:
            continue
        for row in rows_from(body, day_of):
            if not days[0] <= row.day <= days[1]:
                continue
            name, project = sessions.get(session_ids[row.session], ("", ""))
            key = (
                row.day,
                source,
                name if detail == "session" else "",
                project if detail != "day" else "",
                models.get(model_ids[row.model], ""),
                row.flags,
                row.size,
            )
            found = sums.get(key)
            if found is None:
                sums[key] = list(row[5:])
            else:
                found[:8] = [a + b for a, b in zip(found[:8], row[5:13], strict=True)]
                found[8:] = [min(found[8], row.first), max(found[9], row.last)]
    return sorted(
        (NamedRow._make((date.fromordinal(key[0]), *key[1:], *sums[key])) for key in sums),  # type: ignore[arg-type]
        key=lambda row: (row.day, row.source),
    )
