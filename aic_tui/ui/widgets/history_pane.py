"""The selected account's history, below the cards: each window from start to reset, the last week, and balances."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from aic_tui.format import clock, money, percent
from aic_tui.models import AccountState, Balance, Point, Reading, Window
from aic_tui.outlook import Outlook, Verdict, binding, outlook
from aic_tui.text import cell_width
from aic_tui.view.spans import EMPTY, Line, Span, Tone, ViewOptions, first_fitting, line, pad, spread, width
from aic_tui.view.sparkline import area, resample, series_of
from aic_tui.view.words import fit_name, say

_LABELS = 6  # cells for "100% "
_TWO_GRAPHS = 90  # from this width on two graphs stand side by side
_GAP = 4
_LEAST_ROWS, _MOST_ROWS = 9, 15  # of one graph, with its title, its time axis and a blank line
_WEEK = timedelta(days=7)
_DAY_SECONDS = 86_400
_NOTHING = ("No history to draw yet: it grows with every refresh.", "No history to draw yet.")

Values = list[float | None]


class Graph(NamedTuple):
    """One filled graph: titles (the longest first), its span of time, one value 0..1 per column, words at its corners.

    ``expected`` is where the present pace leads; ``even`` draws the line of an even pace.
    """

    titles: tuple[str, ...]
    since: datetime
    until: datetime
    values: Values
    top: str
    bottom: str
    expected: Values | None = None
    even: bool = False


class Rows(NamedTuple):
    """The rows of a graph as text, top first: what was measured, and what is expected (empty when nothing is)."""

    solid: list[str]
    ahead: list[str]


def history_pane(
    title: Line, state: AccountState, points: Sequence[Point], options: ViewOptions, cells: int, rows: int
) -> tuple[Line, ...]:
    """At most ``rows`` lines of ``cells`` cells; a sentence where there is nothing to draw."""
    columns = 2 if cells >= _TWO_GRAPHS else 1
    each = (cells - _GAP * (columns - 1)) // columns
    graphs = []
    if state.reading is not None and each >= 3 * _LABELS and rows - 2 >= _LEAST_ROWS:
        graphs = _graphs(state.reading, points, options, each - _LABELS)
    if not graphs:
        said = first_fitting([line((text, Tone.DIM)) for text in _NOTHING], cells)
        return (EMPTY, pad(title, cells), EMPTY, said)
    layers = min(-(-len(graphs) // columns), (rows - 2) // _LEAST_ROWS)
    height = min((rows - 2) // layers, _MOST_ROWS)
    lines = [EMPTY, pad(title, cells)]
    for layer in range(layers):
        drawn = [_draw(graph, options, each, height - 1) for graph in graphs[layer * columns : (layer + 1) * columns]]
        lines += [EMPTY, *(_beside([one[y] for one in drawn], each) for y in range(height - 1))]
    return tuple(lines)


def _beside(parts: Sequence[Line], cells: int) -> Line:
    joined: list[Span] = []
    for place, part in enumerate(parts):
        if place:
            joined.append(Span(" " * _GAP))
        joined.extend(pad(part, cells))
    return tuple(joined)


def _graphs(reading: Reading, points: Sequence[Point], options: ViewOptions, columns: int) -> list[Graph]:
    """The binding window first, then the week of the longest one, the other windows, and balances."""
    head = binding(reading, options.now)
    lanes = sorted((lane for lane in reading.windows if not lane.unlimited), key=lambda lane: lane is not head)
    graphs = [_window_graph(lane, points, options, columns) for lane in lanes]
    longest = max(lanes, key=lambda lane: lane.window_seconds or 0, default=None)
    if longest is not None and (longest.window_seconds or 0) >= _DAY_SECONDS:
        graphs.insert(1, _week_graph(longest, points, options, columns))
    graphs += [_balance_graph(balance, points, options, columns) for balance in reading.balances]
    return [graph for graph in graphs if graph is not None]


def _window_graph(window: Window, points: Sequence[Point], options: ViewOptions, columns: int) -> Graph | None:
    """The window from its start to its reset, with an even pace and where the present one leads."""
    if window.resets_at is None or not window.window_seconds or window.resets_at <= options.now:
        return None
    since, until = window.resets_at - timedelta(seconds=window.window_seconds), window.resets_at
    series = [(at, value) for at, value in series_of(points, window.id) if at >= since]
    seen = outlook(window, options.now)
    if seen.ratio is not None:
        series.append((options.now, seen.ratio))
    values = _filled(resample(series, since, until, columns))
    if all(value is None for value in values):
        return None
    return Graph(
        titles=tuple(say(f"{window.label}{form}", options) for form in (*_verdicts(seen, options), "")),
        since=since,
        until=until,
        values=_shown(values, options),
        top="100%",
        bottom="0%",
        expected=_shown(_expected(seen, columns), options),
        even=True,
    )


def _verdicts(seen: Outlook, options: ViewOptions) -> list[str]:
    if seen.verdict is Verdict.RUNS_OUT and seen.runs_out_at is not None:
        return [f" · runs out {clock(seen.runs_out_at, options.now, options.zone)}", " · runs out"]
    if seen.verdict is Verdict.LASTS and seen.pace is not None:
        share = f" · lasts, {percent(seen.pace, options.show)} {options.show}"
        return [f"{share} at reset", share, " · lasts"]
    return [" · exhausted"] if seen.verdict is Verdict.EXHAUSTED else []


def _expected(seen: Outlook, columns: int) -> Values:
    if seen.pace is None or seen.elapsed is None:
        return [None] * columns
    now = seen.elapsed * columns
    return [None if column < now else min(seen.pace * (column + 0.5) / columns, 1.0) for column in range(columns)]


def _week_graph(window: Window, points: Sequence[Point], options: ViewOptions, columns: int) -> Graph | None:
    series = series_of(points, window.id)
    values = _filled(resample(series, options.now - _WEEK, options.now, columns))
    if sum(value is not None for value in values) < 2:
        return None
    titles = (say(f"{window.label} · last 7 days", options), "7 days")
    return Graph(titles, options.now - _WEEK, options.now, _shown(values, options), "100%", "0%")


def _balance_graph(balance: Balance, points: Sequence[Point], options: ViewOptions, columns: int) -> Graph | None:
    """A balance from nothing to its highest amount of the week. Privacy hides it: its shape would tell."""
    series = series_of(points, f"balance:{balance.currency}")
    values = _filled(resample(series, options.now - _WEEK, options.now, columns))
    most = max((value for value in values if value is not None), default=0.0)
    if options.privacy or len(series) < 2 or most <= 0:
        return None
    scaled: Values = [None if value is None else max(value, 0.0) / most for value in values]
    top = money(Decimal(str(round(most, 2))), balance.currency)
    titles = tuple(say(form, options) for form in (f"balance · last 7 days · up to {top}", "balance · 7 days"))
    return Graph(titles, options.now - _WEEK, options.now, scaled, "", "0")


def _filled(values: Values) -> Values:
    """Gaps between two values take the earlier one: a graph of many columns has more of them than measurements."""
    last = max((index for index, value in enumerate(values) if value is not None), default=-1)
    filled: Values = []
    previous: float | None = None
    for index, value in enumerate(values):
        previous = value if value is not None else previous
        filled.append(previous if index <= last else None)
    return filled


def _shown(values: Values, options: ViewOptions) -> Values:
    if options.show == "used":
        return values
    return [None if value is None else 1.0 - min(value, 1.0) for value in values]


def _draw(graph: Graph, options: ViewOptions, cells: int, rows: int) -> list[Line]:
    """Title, the graph with its labels, and the ends of its time: exactly ``rows`` lines."""
    height = rows - 2
    art = Rows(
        area(graph.values, height, 0.0, 1.0, ascii_only=options.ascii),
        area(graph.expected, height, 0.0, 1.0, ascii_only=options.ascii) if graph.expected else [],
    )
    room = cells - _LABELS
    title = next((form for form in graph.titles if cell_width(form) <= room), fit_name(graph.titles[-1], room))
    drawn: list[Line] = [(Span(" " * _LABELS), Span(title, Tone.DIM))]
    drawn += [_graph_row(graph, options, art, y) for y in range(height)]
    return [*drawn, (Span(" " * _LABELS), *_time_axis(graph, options, room))]


def _time_axis(graph: Graph, options: ViewOptions, cells: int) -> Line:
    for full in (True, False):
        since, until = (line((_at(at, options, full=full), Tone.DIM)) for at in (graph.since, graph.until))
        if width(since) + width(until) + 2 <= cells:
            break
    return spread(since, until, cells)


def _graph_row(graph: Graph, options: ViewOptions, art: Rows, y: int) -> Line:
    """One row: the edge of what was used stands out, what lies under it and ahead of now is quiet."""
    height, columns = len(art.solid), len(graph.values)
    label = graph.top if y == 0 else graph.bottom if y == height - 1 else ""
    parts: list[tuple[str, Tone]] = [(f"{label[: _LABELS - 1]:>{_LABELS - 1}} ", Tone.DIM)]
    light, dot = (":", ".") if options.ascii else ("░", "·")
    for column in range(columns):
        letter = art.solid[y][column]
        share = (column + 0.5) / columns
        pace = share if options.show == "used" else 1 - share
        if letter != " ":
            is_edge = y == 0 or art.solid[y - 1][column] == " "
            parts.append((letter, Tone.ACCENT if is_edge else Tone.TRACK))
        elif graph.even and min(int(pace * height), height - 1) == height - 1 - y:
            parts.append((dot, Tone.DIM))
        elif art.ahead and art.ahead[y][column] != " ":
            parts.append((light, Tone.TRACK))
        else:
            parts.append((" ", Tone.PLAIN))
    return _merged(parts)


def _merged(parts: Sequence[tuple[str, Tone]]) -> Line:
    merged: list[Span] = []
    for text, tone in parts:
        if merged and merged[-1].tone is tone:
            merged[-1] = Span(merged[-1].text + text, tone)
        else:
            merged.append(Span(text, tone))
    return tuple(merged)


def _at(at: datetime, options: ViewOptions, *, full: bool) -> str:
    if abs(at - options.now) < timedelta(minutes=1):
        return "now"
    return clock(at, options.now, options.zone, full=full)
