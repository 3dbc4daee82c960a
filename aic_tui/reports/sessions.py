"""Sessions: what each conversation with an agent used. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from aic_tui.reports.sums import Line, Pricer, Sum, gather, row_of, total_of
from aic_tui.usage_records import NamedRecord, NamedRow

SortKey = Literal["cost", "tokens", "time", "duration"]
SORTS: tuple[SortKey, ...] = ("cost", "tokens", "time", "duration")


class SessionReport(NamedTuple):
    """``lines`` have the session's id as ``key``, and its tool and project."""

    lines: Sequence[Line]
    total: Line


class Entry(NamedTuple):
    """One request of a session. ``cost`` is in pico-dollars, None where it has no price."""

    ts: int
    model: str
    sum: Sum


class OneSession(NamedTuple):
    """A session request by request, oldest first."""

    id: str
    project: str
    entries: Sequence[Entry]
    total: Sum


def session_report(
    rows: Iterable[NamedRow], pricer: Pricer, *, sort: SortKey = "cost", ascending: bool = False
) -> SessionReport:
    """Rows by session: the dearest first, as ccusage 20.0.24 does, or sorted otherwise."""
    lines = gather(rows, pricer, lambda row: (row.session, row.source, row.project))
    measure = _MEASURES[sort]
    lines.sort(key=lambda line: (line.source, line.key, line.project))
    lines.sort(key=lambda line: (measure(line.sum), line.sum.total), reverse=not ascending)
    return SessionReport(lines, total_of(lines))


def one_session(
    name: str, records: Iterable[NamedRecord], pricer: Pricer, day_of: Callable[[int], date]
) -> OneSession | None:
    """The requests of one session; None where there is none."""
    entries, total, project = [], Sum(), ""
    for record in sorted(records, key=lambda record: record.ts):
        row = row_of(record, day_of(record.ts))
        if row is None:
            continue
        project = project or row.project
        entry = Entry(record.ts, row.model, Sum())
        pricer.add(entry.sum, row)
        total.add(entry.sum)
        entries.append(entry)
    return OneSession(name, project, entries, total) if entries else None


def duration_ms(found: Sum) -> int:
    """From the first request to the last one."""
    return found.last - found.first


_MEASURES: dict[SortKey, Callable[[Sum], int]] = {
    "cost": lambda found: found.cost or 0,
    "tokens": lambda found: found.total,
    "time": lambda found: found.last,
    "duration": duration_ms,
}
