"""The contribution graph: days, their intensity, streaks, and what stands out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from aic_tui.reports.sums import Line, Pricer, Sum, gather, total_of
from aic_tui.usage_records import NamedRow

_LEVELS = ((3, 4, 4), (1, 2, 3), (1, 4, 2))  # of the dearest day: three quarters, a half, a quarter


class Day(NamedTuple):
    """One day with requests. ``lines`` are its models by tool; ``level`` is its intensity, 0 to 4."""

    day: date
    sum: Sum
    lines: Sequence[Line]
    level: int


class Activity(NamedTuple):
    """Days in order of time. ``active_days`` have a cost. ``best`` is the dearest day, ``longest_ms`` the session
    with the longest time between its first and last request, ``peak_hour`` the local hour with the most requests.
    ``favourite`` is the model with the highest cost.
    """

    days: Sequence[Day]
    total: Line
    active_days: int
    current_streak: int
    longest_streak: int
    best: Day | None
    favourite: str | None
    peak_hour: int | None
    longest_ms: int | None


def activity(
    rows: Sequence[NamedRow], pricer: Pricer, *, today: date, hours: Mapping[int, int] | None = None
) -> Activity:
    """``rows`` with their sessions by day; ``hours`` are requests by local hour, where they were counted."""
    cells = gather(rows, pricer, lambda row: (f"{row.day.isoformat()} {pricer.name(row)}", row.source, ""))
    by_day: dict[str, list[Line]] = {}
    for cell in cells:
        by_day.setdefault(cell.key[:10], []).append(cell._replace(key=cell.key[11:]))
    sums = {day: total_of(lines).sum for day, lines in by_day.items()}
    most = max((found.cost or 0 for found in sums.values()), default=0)
    days = [
        Day(date.fromisoformat(day), sums[day], sorted(by_day[day], key=_dearest_first), level(sums[day].cost, most))
        for day in sorted(by_day)
    ]
    total = total_of(cells)
    dates = [day.day for day in days]
    return Activity(
        days,
        total,
        sum(1 for day in days if day.sum.cost),
        current_streak(dates, today),
        longest_streak(dates),
        max(days, key=lambda day: (day.sum.cost or 0, day.sum.total, day.day), default=None),
        max(total.models, key=lambda name: (total.models[name].cost or 0, total.models[name].total), default=None),
        min(hours, key=lambda hour: (-hours[hour], hour)) if hours else None,
        longest_session(rows),
    )


def level(cost: int | None, most: int) -> int:
    """0 to 4 by the share of the dearest day (tokscale 1.4.3)."""
    if not cost or most <= 0:
        return 0
    return next((step for part, whole, step in _LEVELS if cost * whole >= most * part), 1)


def longest_streak(days: Iterable[date]) -> int:
    """The longest run of days without a break."""
    longest = run = 0
    before = None
    for day in sorted(set(days)):
        run = run + 1 if before is not None and (day - before).days == 1 else 1
        longest, before = max(longest, run), day
    return longest


def current_streak(days: Collection[date], today: date) -> int:
    """The run of days that ends today or, while today has nothing yet, yesterday."""
    known = {day for day in days if day <= today}
    day = max(known, default=None)
    if day is None or (today - day).days > 1:
        return 0
    run = 0
    while day in known:
        run += 1
        if day == date.min:
            break
        day -= timedelta(days=1)
    return run


def longest_session(rows: Iterable[NamedRow]) -> int | None:
    """From the first to the last request of the session where that is longest, in ms; two requests at least."""
    spans: dict[tuple[str, str, str], tuple[int, int, int]] = {}
    for row in rows:
        key = (row.source, row.project, row.session)
        count, first, last = spans.get(key, (0, row.first, row.last))
        spans[key] = (count + row.messages, min(first, row.first), max(last, row.last))
    return max((last - first for count, first, last in spans.values() if count > 1), default=None)


def by_year(days: Iterable[Day]) -> list[tuple[str, Sum, date, date]]:
    """Year, its sum, its first and its last day with requests."""
    years: dict[str, list[Day]] = {}
    for day in days:
        years.setdefault(f"{day.day.year:04}", []).append(day)
    found = []
    for year, mine in sorted(years.items()):
        total = Sum()
        for day in mine:
            total.add(day.sum)
        found.append((year, total, mine[0].day, mine[-1].day))
    return found


def _dearest_first(line: Line) -> tuple[int, int, str, str]:
    return -(line.sum.cost or 0), -line.sum.total, line.source, line.key
