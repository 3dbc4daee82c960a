"""The contribution graph for people: weeks as columns, days as rows, and what stands out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo

from aic_tui import format as words
from aic_tui.reports.activity import Activity
from aic_tui.reports.grid import Column, Grid, Look, Row, money_cells, money_columns, short_model, span_words, text_of
from aic_tui.reports.grids import Options, count_cells
from aic_tui.reports.periods import WEEKDAYS, week_of

MARKS = ("·", "░", "▒", "▓", "█")
ASCII_MARKS = (".", "-", "+", "*", "#")
_MOST_WEEKS = 53
_MARGIN = 4
_KINDS = {"recorded_usd": "recorded by the tools", "estimated_usd": "at list prices"}
_COUNTS = (
    Column("input_tokens", "Input", "count", 4),
    Column("output_tokens", "Output", "count", 4),
    Column("cache_write_tokens", "Cache write", "count", 1),
    Column("cache_read_tokens", "Cache read", "count", 1),
    Column("total_tokens", "Total", "count"),
)


def calendar_lines(
    graph: Activity, *, until: date, width: int, week_start: int = 0, ascii_only: bool = False
) -> Iterator[str]:
    """As many weeks as fit, the newest at the right; two cells a week where there is room for a year of them."""
    cell = 2 if width >= _MARGIN + 2 * _MOST_WEEKS else 1
    weeks = min(max((width - _MARGIN) // cell, 1), _MOST_WEEKS)
    last = week_of(until, week_start)
    try:
        starts = [last - timedelta(weeks=back) for back in range(weeks - 1, -1, -1)]
    except OverflowError:
        starts = [last]
    levels = {day.day: day.level for day in graph.days}
    used = {day.day for day in graph.days}
    marks = ASCII_MARKS if ascii_only else MARKS
    yield " " * _MARGIN + _months(starts, cell)
    for offset in range(7):
        name = WEEKDAYS[(week_start + offset) % 7][:3].capitalize() if offset % 2 == 0 else "   "
        row = ""
        for start in starts:
            day = start + timedelta(days=offset)
            level = max(levels.get(day, 0), 1) if day in used else 0
            row += (" " if day > until else marks[level]).ljust(cell)
        yield f"{name} {row}".rstrip()
    yield f"{' ' * _MARGIN}less {' '.join(marks)} more"


def standing_out(graph: Activity, look: Look, options: Options) -> Iterator[str]:
    """Streaks, best day, favourite model, peak hour, longest session."""
    total = graph.total.sum
    yield _fact("days", f"{len(graph.days):,} with requests · {total.messages:,} requests · {total.total:,} tokens")
    if options.costs:
        money = money_columns([total])
        pairs = zip(money, money_cells(total, money), strict=True)
        costs = [f"{text_of(cell, 'money', look)} {_KINDS[column.name]}" for column, cell in pairs]
        yield _fact("all", " · ".join(costs))
    yield _fact("streak", f"{_days(graph.current_streak)} now, {_days(graph.longest_streak)} the longest")
    if graph.best is not None:
        amount = ""
        if options.costs:
            cells = money_cells(graph.best.sum, money_columns([graph.best.sum]))
            amount = "".join(f" · {text_of(cell, 'money', look)}" for cell in cells)
        yield _fact("best day", f"{graph.best.day} · {graph.best.sum.total:,} tokens{amount}")
    if graph.favourite:
        yield _fact("favourite", short_model(graph.favourite))
    if graph.peak_hour is not None:
        yield _fact("peak hour", f"{graph.peak_hour:02}:00 to {(graph.peak_hour + 1) % 24:02}:00")
    if graph.longest_ms is not None:
        yield _fact("longest", f"{span_words(graph.longest_ms)} in one session")


def graph_grid(graph: Activity, options: Options) -> Grid:
    """One row a day, for CSV and Markdown."""
    money = money_columns(day.sum for day in graph.days) if options.costs else ()
    columns = (Column("date", "Day", "text"), Column("intensity", "Intensity", "count"), *_COUNTS, *money)
    rows = [
        Row((day.day.isoformat(), day.level, *count_cells(day.sum), *money_cells(day.sum, money))) for day in graph.days
    ]
    total = graph.total.sum
    return Grid(columns, rows, Row(("Total", None, *count_cells(total), *money_cells(total, money))))


def local_hours(zone: tzinfo, stamps: Iterator[int]) -> dict[int, int]:
    """Instants (ms since 1970) by hour of the day in ``zone``."""
    known: dict[int, int] = {}
    hours: dict[int, int] = {}
    for ts in stamps:
        quarter = ts // 900_000
        hour = known.get(quarter)
        if hour is None:
            hour = known[quarter] = datetime.fromtimestamp(quarter * 900, zone).hour
        hours[hour] = hours.get(hour, 0) + 1
    return hours


def _months(starts: list[date], cell: int) -> str:
    """The name of a month above the first week that begins in it, where there is room."""
    row = ""
    before = None
    for place, start in enumerate(starts):
        if start.month != before and (before is not None or start.day <= 7) and len(row) <= place * cell:
            row = row.ljust(place * cell) + f"{words.month(start)[:3]} "
        before = start.month
    return row.rstrip()


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _fact(name: str, text: str) -> str:
    return f"  {name:<10} {text}"
