"""Reports as grids: which columns each has, and in which order a narrow table does without them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from aic_tui.format import MASK
from aic_tui.reports.grid import Cell, Column, Grid, Row, money_cells, money_columns, short_model
from aic_tui.reports.models import ModelReport
from aic_tui.reports.periods import PeriodReport
from aic_tui.reports.sessions import OneSession, SessionReport, duration_ms
from aic_tui.reports.sums import Line, Sum, by_cost

_COUNTS = (
    Column("input_tokens", "Input", "count", 4),
    Column("output_tokens", "Output", "count", 4),
    Column("cache_write_tokens", "Cache write", "count", 1),
    Column("cache_read_tokens", "Cache read", "count", 1),
    Column("total_tokens", "Total", "count"),
)
_MODELS = Column("models", "Models", "list", 2)
_HEADINGS = {"daily": "Day", "weekly": "Week of", "monthly": "Month"}


class Options(NamedTuple):
    """What else a grid has, and what it masks. ``name_of`` is what a tool is called."""

    name_of: Callable[[str], str]
    costs: bool = True
    breakdown: bool = False
    by_agent: bool = False
    privacy: bool = False


def period_grid(report: PeriodReport, options: Options) -> Grid:
    """Days, weeks or months; months have how they changed."""
    grouped = any(line.project for line in report.lines)
    front = [Column("period", _HEADINGS[report.kind], "text")]
    if grouped:
        front.append(Column("project", "Project", "text", 5))
    compared = any(change.cost is not None for change in report.changes.values())
    trend = [Column("cost_change", "Change", "share", 3)] if compared and options.costs else []
    plan = _Plan(report.lines, report.total, options, trend)
    rows: list[Row] = []
    for line in report.lines:
        name = MASK if options.privacy and line.project else line.project or "unknown"
        change = report.changes.get(line.key)
        extra: tuple[Cell, ...] = (change.cost if change and not options.privacy else None,) if trend else ()
        key: tuple[Cell, ...] = (line.key, name) if grouped else (line.key,)
        rows += plan.rows(key, line, extra)
    return plan.grid(front, rows, ("Total", None) if grouped else ("Total",))


def period_notes(report: PeriodReport, grid: Grid) -> list[str]:
    """What is to be said of the changes, where they are shown and one is not of a whole month."""
    days = next((change.days for change in report.changes.values() if change.days), None)
    if days is None or all(column.name != "cost_change" for column in grid.columns):
        return []
    return [f"The running month is compared with the first {days} days of the one before."]


def session_grid(report: SessionReport, options: Options) -> Grid:
    """Sessions with their last request, their length and their project."""
    front = [
        Column("session", "Session", "id"),
        Column("tool", "Tool", "text", 3),
        Column("last_activity", "Last request", "time", 5),
        Column("duration_seconds", "Length", "span", 4),
        Column("project", "Project", "text", 1),
    ]
    plan = _Plan(report.lines, report.total, options._replace(by_agent=False), [])
    rows: list[Row] = []
    for line in report.lines:
        project = MASK if options.privacy and line.project else line.project
        tool = options.name_of(line.source)
        rows += plan.rows((line.key, tool, line.sum.last, duration_ms(line.sum), project), line, ())
    return plan.grid(front, rows, ("Total", None, None, None, None))


def model_grid(report: ModelReport, options: Options) -> Grid:
    """Models by tool."""
    front = [
        Column("model", "Model", "text"),
        Column("tool", "Tool", "text", 2),
        Column("messages", "Requests", "count", 3),
    ]
    plan = _Plan(report.lines, report.total, options._replace(breakdown=True, by_agent=False), [])
    rows = [
        Row((line.key or "synthetic", options.name_of(line.source), line.sum.messages, *plan.cells(line.sum)))
        for line in report.lines
    ]
    return plan.grid(front, rows, ("Total", None, report.total.sum.messages))


def one_session_grid(session: OneSession, options: Options) -> Grid:
    """The requests of a session."""
    money = money_columns(entry.sum for entry in session.entries) if options.costs else ()
    columns = (Column("time", "Time", "time"), *_COUNTS, *money, Column("model", "Model", "text", 2))
    rows = [
        Row((entry.ts, *count_cells(entry.sum), *money_cells(entry.sum, money), short_model(entry.model)))
        for entry in session.entries
    ]
    total = Row(("Total", *count_cells(session.total), *money_cells(session.total, money), None))
    return Grid(columns, rows, total)


def count_cells(found: Sum) -> tuple[int, ...]:
    """The cells of the five counters."""
    return found.input, found.output, found.write, found.cache_read, found.total


class _Plan:
    """The columns that all reports share, and their cells."""

    def __init__(self, lines: Sequence[Line], total: Line, options: Options, extra: Sequence[Column]) -> None:
        self._options = options
        self._total = total
        self._money = money_columns([total.sum, *(line.sum for line in lines)]) if options.costs else ()
        self._extra = tuple(extra)
        self._credits = any(line.sum.credits is not None for line in lines) and options.costs
        self._lists = not options.breakdown

    def cells(self, found: Sum, extra: tuple[Cell, ...] = ()) -> tuple[Cell, ...]:
        """The counters, the costs and ``extra``."""
        owed = (_credits(found, self._options.privacy),) if self._credits else ()
        return (*count_cells(found), *money_cells(found, self._money), *owed, *extra)

    def rows(self, key: tuple[Cell, ...], line: Line, extra: tuple[Cell, ...]) -> Iterator[Row]:
        """A line and, where they are wanted, its parts."""
        yield Row((*key, *self.cells(line.sum, extra), *self._list_cells(line.models)))
        if self._options.by_agent:
            for name in sorted(line.agents):
                yield self._part(self._options.name_of(name), line.agents[name], key)
        if self._options.breakdown:
            for name, found in by_cost(line.models):
                yield self._part(short_model(name), found, key)

    def grid(self, front: Sequence[Column], rows: Sequence[Row], total: tuple[Cell, ...]) -> Grid:
        """The whole."""
        owed = (Column("credits", "Credits", "figure", 3),) if self._credits else ()
        columns = (*front, *_COUNTS, *self._money, *owed, *self._extra, *((_MODELS,) if self._lists else ()))
        blank: tuple[Cell, ...] = ("",) * len(self._extra)
        last = Row((*total, *self.cells(self._total.sum, blank), *((None,) if self._lists else ())))
        return Grid(columns, rows, last)

    def _part(self, name: str, found: Sum, key: tuple[Cell, ...]) -> Row:
        blank: tuple[Cell, ...] = ("",) * len(self._extra)
        cells = (name, *(None for _ in key[1:]), *self.cells(found, blank))
        return Row((*cells, *((None,) if self._lists else ())), level=1)

    def _list_cells(self, models: Mapping[str, Sum]) -> tuple[Cell, ...]:
        if not self._lists:
            return ()
        return (tuple(name for name, _ in by_cost(models)),)


def _credits(found: Sum, privacy: bool) -> float | None:
    return None if found.credits is None or privacy else found.credits / 1_000_000
