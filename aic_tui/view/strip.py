"""All accounts in the least room: a name, a one-cell gauge and a percent each, pinned ones and then the worst first."""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui import format as fmt
from aic_tui.models import AccountState, Status
from aic_tui.text import cell_width
from aic_tui.view import facts, words
from aic_tui.view.gauge import micro_gauge
from aic_tui.view.order import worst_first
from aic_tui.view.spans import Line, Span, Tone, ViewOptions, first_fitting, line, pad, width

_NAME_MIN = 2
_NAME_WISH = 5
_MARK_MIN = 6  # narrower strips have no cell to spare for a mark


def strip(
    states: Sequence[AccountState], options: ViewOptions, cells: int, rows: int, marked: str | None = None
) -> tuple[Line, ...]:
    """At most ``rows`` lines of exactly ``cells``, with every account where they fit ("+3" for those that do not).

    ``marked`` is the id of the account that has a mark before its name; it is on show whatever else does not fit.
    """
    if rows <= 0 or cells <= 0:
        return ()
    ordered = strip_order(states, options)
    lead, columns, shown = _layout(ordered, options, cells, rows, marked)
    place = next((place for place, state in enumerate(ordered) if state.account_id == marked), 0)
    if place >= shown > 0:
        ordered.insert(shown - 1, ordered.pop(place))
    room = (cells - lead - (columns - 1)) // columns
    mark = Span(">" if options.ascii else "▌", Tone.ACCENT)
    items: list[tuple[Span, Line]] = []
    for number, state in enumerate(ordered[:shown]):
        chosen = state.account_id == marked and cells >= _MARK_MIN
        if chosen and not lead and number % columns == 0:  # no cell before it: it gives one of its own
            items.append((Span(" "), (mark, *_item(state, options, room - 1, squeezed=True))))
        else:
            items.append((mark if chosen else Span(" "), _item(state, options, room)))
    if shown < len(ordered):
        items.append((Span(" "), first_fitting([line((f"+{len(ordered) - shown}", Tone.DIM))], room)))
    lines = [items[start : start + columns] for start in range(0, len(items), columns)]
    return tuple(pad(_row(row, room, lead), cells) for row in lines)


def strip_order(states: Sequence[AccountState], options: ViewOptions) -> list[AccountState]:
    """The accounts as they stand in a strip, row by row."""
    return sorted(worst_first(states, options), key=lambda state: not state.pinned)


def strip_columns(
    states: Sequence[AccountState], options: ViewOptions, cells: int, rows: int, marked: str | None = None
) -> int:
    """How many accounts stand side by side in a strip of that size."""
    return _layout(strip_order(states, options), options, cells, rows, marked)[1]


def _layout(
    ordered: Sequence[AccountState], options: ViewOptions, cells: int, rows: int, marked: str | None
) -> tuple[int, int, int]:
    """The cells before the first column for a mark, the columns, and how many accounts are shown in them.

    Other columns have their mark in the gap before them. A cell that would cost an account is not kept for a mark.
    """
    columns, shown = _grid(ordered, options, cells, rows)
    if marked is not None and cells >= _MARK_MIN:
        fewer = _grid(ordered, options, cells - 1, rows)
        if fewer[1] == shown:
            return 1, *fewer
    return 0, columns, shown


def _row(items: Sequence[tuple[Span, Line]], room: int, lead: int) -> Line:
    joined: list[Span] = []
    for number, (gap, item) in enumerate(items):
        joined += [gap] if number or lead else []
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


def _item(state: AccountState, options: ViewOptions, room: int, *, squeezed: bool = False) -> Line:
    """Name at the left, figure at the right; the figure grows only where the name keeps enough of its letters.

    ``squeezed`` drops even the glyph where the name would keep less than two letters.
    """
    full = words.name(state, options)
    forms = _figure(state, options)
    if squeezed and width(forms[-1]) + _NAME_MIN > room:
        forms.append(forms[-1][-1:])
    figure = next((form for form in forms if room - width(form) - 1 >= min(cell_width(full), _NAME_WISH)), forms[-1])
    name = words.fit_name(full, max(room - width(figure) - 1, min(_NAME_MIN, room - width(figure)), 0))
    blank = room - cell_width(name) - width(figure)
    return line((name, Tone.STRONG), " " * max(blank, 0), *figure)


def _figure(state: AccountState, options: ViewOptions) -> list[Line]:
    """What stands after the name, the longest form first; the last one is shown at any price."""
    mark = words.glyph(state, options)
    lane = facts.head_lane(state, options)
    if lane is None:
        return [*_words(state, options, mark), line(mark)]
    stale = words.is_dim(state, options)
    bare = words.say(fmt.percent(lane.seen.ratio, options.show), options)
    tone = Tone.DIM if stale else Tone.PLAIN
    if stale or options.ascii or lane.seen.ratio is None:
        return [line(mark, " ", (lane.percent, tone)), line(mark, " ", (bare, tone)), line(mark, (bare, tone))]
    bar = micro_gauge(lane.seen.ratio, lane.bar_tone, options.show)
    if words.status(state, options) is Status.EXHAUSTED:
        last = [line(mark, (bare, tone)), line(mark)]
    else:
        last = [line(bar, (bare, tone)), line((bare, mark.tone))]
    return [line(bar, " ", (lane.percent, tone)), line(bar, " ", (bare, tone)), *last]


def _words(state: AccountState, options: ViewOptions, mark: Span) -> list[Line]:
    reading = state.reading
    if reading is None:
        said = words.failure_lines(state, options)[:1]
        return [line(mark, " ", *part) for part in said]
    tone = Tone.DIM if words.is_dim(state, options) else Tone.PLAIN
    money = [words.money(item.amount, item.currency, options) for item in reading.balances[:1]]
    money += [words.spend_amount(spend, options) for spend in reading.spends[:1]]
    return [line(mark, " ", (text, tone)) for text in money[:1]]
