"""Days, weeks and months. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from aic_tui.reports.sums import Group, Line, Pricer, Sum, gather, total_of
from aic_tui.usage_records import NamedRow

Kind = Literal["daily", "weekly", "monthly"]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Change(NamedTuple):
    """How a month compares with the one before: 0.25 is a quarter more, None where there is nothing to compare with.

    ``days`` is how many days of each were compared: all of a finished month (None), as many as have passed of the
    running one.
    """

    cost: float | None
    tokens: float | None
    days: int | None = None


class PeriodReport(NamedTuple):
    """``lines`` in order of time; with ``--instances`` one for each project and period."""

    kind: Kind
    lines: Sequence[Line]
    total: Line
    changes: Mapping[str, Change]


def period_report(  # each is a flag of its own
    kind: Kind,
    rows: Sequence[NamedRow],
    pricer: Pricer,
    *,
    today: date,
    week_start: int = 0,
    by_project: bool = False,
    newest_first: bool = False,
) -> PeriodReport:
    """Rows by period. ``week_start`` is 0 for Monday; months are compared with the one before."""
    key_of = key_function(kind, week_start)
    known: dict[date, str] = {}

    def group(row: NamedRow) -> Group:
        key = known.get(row.day)
        if key is None:
            key = known[row.day] = key_of(row.day)
        return key, "", row.project if by_project else ""

    lines = gather(rows, pricer, group)
    lines.sort(key=lambda line: line.key, reverse=newest_first)
    if by_project:
        lines.sort(key=lambda line: line.project)
    changes = changes_of(lines, rows, pricer, today) if kind == "monthly" and not by_project else {}
    return PeriodReport(kind, lines, total_of(lines), changes)


def key_function(kind: Kind, week_start: int = 0) -> Callable[[date], str]:
    """From a day to its period: ``2026-05-01``, the first day of its week, or ``2026-05``."""
    if kind == "monthly":
        return lambda day: day.isoformat()[:7]
    if kind == "weekly":
        return lambda day: week_of(day, week_start).isoformat()
    return date.isoformat


def week_of(day: date, week_start: int = 0) -> date:
    """The first day of the week of ``day``; that of the calendar's first days is its very first day."""
    back = (day.weekday() - week_start) % 7
    return day - timedelta(days=min(back, day.toordinal() - 1))


def last_periods(kind: Kind, today: date, count: int, week_start: int = 0) -> date:
    """The first day of the ``count`` newest periods, the running one included."""
    try:
        if kind == "daily":
            return today - timedelta(days=count - 1)
        if kind == "weekly":
            return week_of(today, week_start) - timedelta(weeks=count - 1)
        months = today.year * 12 + today.month - count
        return date(months // 12, months % 12 + 1, 1)
    except (ValueError, OverflowError):
        return date.min


def changes_of(lines: Iterable[Line], rows: Sequence[NamedRow], pricer: Pricer, today: date) -> dict[str, Change]:
    """By month, the change from the calendar month before; of the running month by as many days as have passed."""
    sums = {line.key: line.sum for line in lines}
    changes = {}
    for key, now in sums.items():
        year, month = int(key[:4]), int(key[5:])
        before = f"{year - (month == 1):04}-{month - 1 or 12:02}"
        if key != today.isoformat()[:7]:
            then = sums.get(before)
            changes[key] = _change(now, then)
            continue
        days = today.day
        then = Sum()
        for row in rows:
            if row.day.day <= days and row.day.isoformat()[:7] == before:
                pricer.add(then, row)
        changes[key] = _change(now, then)._replace(days=days)
    return changes


def _change(now: Sum, then: Sum | None) -> Change:
    if then is None:
        return Change(None, None)
    return Change(_ratio(now.cost, then.cost), _ratio(now.total, then.total))


def _ratio(now: int | None, then: int | None) -> float | None:
    return None if now is None or not then else (now - then) / then
