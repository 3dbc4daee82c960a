"""All accounts in the least room: a name, a one-cell gauge and a percent each, worst first."""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui import format as fmt
from aic_tui.models import AccountState
from aic_tui.text import cell_width
from aic_tui.view import facts, words
from aic_tui.view.gauge import micro_gauge
from aic_tui.view.order import worst_first
from aic_tui.view.spans import Line, Span, Tone, ViewOptions, first_fitting, line, pad, width

_NAME_MIN = 2


def strip(states: Sequence[AccountState], options: ViewOptions, cells: int, rows: int) -> tuple[Line, ...]:
    """At most ``rows`` lines of exactly ``cells``, with every account where they fit ("+3" for those that do not)."""
    if rows <= 0 or cells <= 0:
        return ()
    ordered = worst_first(states, options)
    columns, shown = _grid(ordered, options, cells, rows)
    room = (cells - (columns - 1)) // columns
    items = [_item(state, options, room) for state in ordered[:shown]]
    if shown < len(ordered):
        items.append(first_fitting([line((f"+{len(ordered) - shown}", Tone.DIM))], room))
    lines = [items[start : start + columns] for start in range(0, len(items), columns)]
    return tuple(pad(_row(row, room), cells) for row in lines)


def _row(items: Sequence[Line], room: int) -> Line:
    joined: list[Span] = []
    for number, item in enumerate(items):
        joined += [Span(" ")] if number else []
        joined += pad(item, room)
    return tuple(joined)


def _grid(ordered: Sequence[AccountState], options: ViewOptions, cells: int, rows: int) -> tuple[int, int]:
    """The fewest columns that show all accounts, and how many accounts are shown in them."""
    most = 1
    for columns in range(1, max(len(ordered), 1) + 1):
        room = (cells - (columns - 1)) // columns
        if any(width(_shortest(state, options)) > room for state in ordered):
            break
        most = columns
        if columns * rows >= len(ordered):
            return columns, len(ordered)
    fitting = most * rows
    return most, len(ordered) if fitting >= len(ordered) else max(fitting - 1, 0)


def _shortest(state: AccountState, options: ViewOptions) -> Line:
    name = words.fit_name(words.name(state, options), _NAME_MIN)
    return line(name, *_figure(state, options)[-1])


def _item(state: AccountState, options: ViewOptions, room: int) -> Line:
    full = words.name(state, options)
    forms = _figure(state, options)
    for figure in forms:
        gap = " " if figure is not forms[-1] else ""
        left = room - width(figure) - len(gap)
        wanted = min(cell_width(full), 8 if figure is not forms[-1] else _NAME_MIN)
        if left >= wanted:
            name = words.fit_name(full, left)
            blank = room - cell_width(name) - width(figure) if figure is not forms[-1] else 0
            return line((name, Tone.STRONG), " " * blank, *figure)
    return pad(line((words.fit_name(full, max(room - width(forms[-1]), 0)), Tone.STRONG), *forms[-1]), room)


def _figure(state: AccountState, options: ViewOptions) -> list[Line]:
    """What stands after the name, the longest form first; the last one is shown at any price."""
    mark = words.glyph(state, options)
    lane = facts.head_lane(state, options)
    if lane is None:
        return [*_words(state, options, mark), line(mark)]
    stale = state.failure is not None
    bar = mark if stale or lane.seen.ratio is None else micro_gauge(lane.seen.ratio, lane.bar_tone, options.show)
    if options.ascii:
        bar = mark
    tone = Tone.DIM if stale else Tone.PLAIN
    bare = words.say(fmt.percent(lane.seen.ratio, options.show), options)
    return [
        line(bar, " ", (lane.percent, tone)),
        line(bar, " ", (bare, tone)),
        line(bar, (bare, tone)),
    ]


def _words(state: AccountState, options: ViewOptions, mark: Span) -> list[Line]:
    reading = state.reading
    if reading is None:
        said = words.failure_lines(state, options)[:1]
        return [line(mark, " ", *part) for part in said]
    tone = Tone.DIM if state.failure else Tone.PLAIN
    money = [words.money(item.amount, item.currency, options) for item in reading.balances[:1]]
    money += [words.spend_amount(spend, options) for spend in reading.spends[:1]]
    return [line(mark, " ", (text, tone)) for text in money[:1]]
