"""One account as a card: its binding window first, then the rest, a verdict in words and the last 24 hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from aic_tui import format as fmt
from aic_tui.models import AccountState, Point
from aic_tui.outlook import Verdict
from aic_tui.text import cell_width
from aic_tui.view import facts, words
from aic_tui.view.facts import Lane, Sum
from aic_tui.view.gauge import gauge
from aic_tui.view.spans import (
    EMPTY,
    Line,
    Span,
    Tone,
    ViewOptions,
    first_fitting,
    join,
    line,
    pad,
    right,
    spread,
    toned,
    width,
)
from aic_tui.view.sparkline import flipped, resample, series_of, sparkline

CARD_ROWS = 4
_GAUGE_MIN = 4
_HISTORY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Card:
    """A card without its border. ``title`` and ``age`` go into the top border, left and right.

    ``body`` has the same number of lines on every card, each exactly as wide as was asked. ``tone`` is that of the
    status glyph.
    """

    title: Line
    age: Line
    body: tuple[Line, ...]
    tone: Tone


def card(state: AccountState, points: Sequence[Point], options: ViewOptions, cells: int, rows: int = CARD_ROWS) -> Card:
    """The card of ``state`` with a body of ``rows`` lines of ``cells`` (inside border and padding).

    ``points`` are the account's recorded points of the last 24 hours, oldest first; more do no harm.
    """
    title, aged = _heading(state, options, cells)
    body = tuple(pad(row, cells) for row in _body(state, points, options, cells, rows))
    return Card(title, aged, body, words.glyph(state, options).tone)


def _heading(state: AccountState, options: ViewOptions, cells: int) -> tuple[Line, Line]:
    """Title and age with room for the border's line between them: the plan goes first, the status word, then who."""
    mark = words.glyph(state, options)
    full, extra = words.name(state, options), words.byline(state, options)
    named = [line(mark, " ", (title, Tone.STRONG)) for title in words.titles(state, options)]
    if len(named) > 1:  # the title says who it is
        extra = state.reading.plan or "" if state.reading else ""
    ages = _ages(state, options)
    for title in [line(*named[0], "  ", (extra, Tone.DIM)), *named] if extra else named:
        for aged in ages if title in named else ages[:1]:
            if width(title) + (width(aged) + 3 if aged else 1) <= cells:
                return title, aged
    room = cells - 2 - (width(ages[-1]) + 3 if ages[-1] else 1)
    if room >= 8:
        return line(mark, " ", (words.fit_name(full, room), Tone.STRONG)), ages[-1]
    return line(mark, " ", (words.fit_name(full, max(cells - 3, 0)), Tone.STRONG)), EMPTY


def _ages(state: AccountState, options: ViewOptions) -> list[Line]:
    """The age of the figures, with the status word before it where nothing else says that word."""
    word, old = words.status(state, options), line((words.age(state, options), Tone.DIM))
    if state.failure is not None:
        return [old]
    said = line((fmt.status_word(word), words.tone_of(word)))
    if words.is_dim(state, options):
        late = line((f"stale {words.say('·', options)} {words.age(state, options)}", Tone.WARN))
        return [join([said, late], words.dot(options)), late, line((words.age(state, options), Tone.WARN))]
    return [join([said, old], words.dot(options)), old]


def _body(state: AccountState, points: Sequence[Point], options: ViewOptions, cells: int, rows: int) -> list[Line]:
    lanes, sums = facts.lanes(state, options), facts.sums(state, points, options)
    sentence = _sentence(state, lanes, points, options, cells, rows)
    has_figures = bool(lanes or sums)
    history_rows = 1 if has_figures and rows > 2 else 0
    room = max(rows - min(len(sentence), 1 if has_figures else rows) - history_rows, 1 if has_figures else 0)
    shown_lanes, shown_sums = lanes[:room], sums[: max(room - len(lanes), 0)]
    columns = _Columns.of(shown_lanes, shown_sums, options, cells)
    body = [_lane_row(lane, columns, options) for lane in shown_lanes]
    body += [_sum_row(item, columns) for item in shown_sums]
    if words.is_dim(state, options):
        body = [toned(row, Tone.DIM) for row in body]
    left = rows - len(body) - history_rows
    body += sentence[:left]
    body += [EMPTY] * (rows - len(body) - history_rows)
    if history_rows:
        tail = facts.tail(state, shown_sums, options)
        body.append(_history_row(facts.history_id(state, options), points, tail, columns, options))
    return body[:rows]


def _sentence(
    state: AccountState,
    lanes: Sequence[Lane],
    points: Sequence[Point],
    options: ViewOptions,
    cells: int,
    rows: int,
) -> list[Line]:
    if state.failure is not None:
        most = rows if state.snapshot is None else max(rows - 1 - max(len(lanes), 1), 1)
        return words.wrap_parts(words.failure_lines(state, options), options, cells, most)
    if state.reading is None:
        return [line(("waiting for the first answer" if cells >= 28 else "waiting", Tone.WAIT))]
    if lanes:
        said = words.verdict_lines(lanes[0].seen, options)
        if lanes[0].binds and any(lane.tight for lane in lanes):  # it is not the tight one that lasts
            said = [*((Span(f"{lanes[0].short} "), *form) for form in said), *said]
        return [first_fitting(said, cells)]
    said = facts.remarks(state, points, options)
    return words.wrap_parts(said, options, cells, max(rows - 2, 1))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the columns of one card stand: label, gauge, percent (right-aligned), reset (right-aligned).

    ``names`` are the labels as they fit, no two of them alike where that can be helped.
    """

    cells: int
    label: int
    gauge: int
    percent: int
    reset: int
    short: bool
    names: Mapping[str, str]

    @classmethod
    def of(cls, lanes: Sequence[Lane], sums: Sequence[Sum], options: ViewOptions, cells: int) -> _Columns:
        percent = max([len("100% used"), *(cell_width(lane.percent) for lane in lanes)]) if lanes else 0
        for short in (False, True):
            names = [lane.short if short else lane.window.label for lane in lanes] + [item.label for item in sums]
            label, fitted = _label_column(names, cells)
            reset = max((cell_width(facts.reset_word(lane, options, cells)) for lane in lanes), default=0)
            room = cells - label - 1 - percent - 1
            if room >= _GAUGE_MIN + reset + 2:
                return cls(cells, label, room - (reset + 2 if reset else 0), percent, reset, short, fitted)
        if room >= _GAUGE_MIN:
            return cls(cells, label, room, percent, 0, True, fitted)
        label = max(min(label, cells - percent - 1), 0)
        return cls(cells, label, 0, percent, 0, True, words.fit_labels(names, label))


def _label_column(names: Sequence[str], cells: int) -> tuple[int, Mapping[str, str]]:
    """The width of the labels and how they read in it: a quarter of the card, more where two would be alike."""
    longest = max([len("24 h"), *map(cell_width, names)])
    label = min(longest, max(8, cells // 4))
    fitted = words.fit_labels(names, label)
    while len(set(fitted.values())) < len(fitted) and label < min(longest, cells // 2):
        label += 1
        fitted = words.fit_labels(names, label)
    return label, fitted


def _label(text: str, columns: _Columns, tone: Tone) -> Line:
    if not columns.label:
        return EMPTY
    return (*pad(line((columns.names.get(text, text), tone)), columns.label), Span(" "))


def _lane_row(lane: Lane, columns: _Columns, options: ViewOptions) -> Line:
    label = _label(lane.short if columns.short else lane.window.label, columns, lane.text_tone)
    room = columns.cells - width(label)
    if lane.blocker is not None:
        blocked = first_fitting(facts.blocked_lines(lane, options), room)
        return (*label, *blocked)
    if lane.seen.verdict is Verdict.UNLIMITED:
        return (*label, *line(("no limit", Tone.DIM)))
    bar = gauge(lane.seen.ratio, columns.gauge, lane.bar_tone, options.show, ascii_only=options.ascii)
    number = right(line((lane.percent, lane.text_tone)), columns.percent)
    row = (*label, *bar, *(line(" ") if bar else ()), *number)
    if not columns.reset:
        return row if width(row) <= columns.cells else number
    reset = line((facts.reset_word(lane, options, columns.cells), Tone.DIM))
    return (*row, Span("  "), *right(reset, columns.reset))


def _sum_row(item: Sum, columns: _Columns) -> Line:
    label = _label(item.label, columns, Tone.PLAIN)
    room = columns.cells - width(label)
    if cell_width(item.value) > room:
        return line((item.value, Tone.STRONG)) if cell_width(item.value) <= columns.cells else EMPTY
    value = line((item.value, Tone.STRONG))
    extra = first_fitting([line((text, Tone.DIM)) for text in item.extras], room - width(value) - 2)
    return (*label, *spread(value, extra, room, gap=2))


def _history_row(
    window_id: str | None, points: Sequence[Point], tail: Sequence[str], columns: _Columns, options: ViewOptions
) -> Line:
    label = _label("24 h", columns, Tone.DIM)
    room = columns.cells - width(label)
    end = first_fitting([line((text, Tone.DIM)) for text in tail], min(room - 2, room * 2 // 3))
    graph_cells = room - (width(end) + 2 if end else 0)
    series = series_of(points, window_id) if window_id else []
    slots = resample(series, options.now - _HISTORY, options.now, graph_cells)
    is_ratio = window_id is not None and ":" not in window_id
    slots = flipped(slots, options.show) if is_ratio else slots
    graph = sparkline(slots, 0.0 if is_ratio else None, 1.0 if is_ratio else None, ascii_only=options.ascii)
    if options.privacy and not is_ratio:
        graph = ""
    if not graph:
        return (*_label("", columns, Tone.DIM), *end)
    return (*label, *spread(line((graph, Tone.TRACK)), end, room, gap=2))
