"""The left column of the wide density: what can be used now, what today cost, and what resets next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from aic_tui import format as fmt
from aic_tui.models import AccountState, MoneyKind, Status
from aic_tui.outlook import outlook, usable_at
from aic_tui.text import cell_width
from aic_tui.view import facts, words
from aic_tui.view.gauge import gauge
from aic_tui.view.order import usable_first
from aic_tui.view.spans import EMPTY, Line, Span, Tone, ViewOptions, line, pad, right, spread, width

_PERCENT = len("100% used")
_KINDS = {
    MoneyKind.BILLED: "billed",
    MoneyKind.ESTIMATE: "API-equivalent",
    MoneyKind.INCLUDED: "plan-included",
    MoneyKind.UNKNOWN: "kind unknown",
}


def ranking(states: Sequence[AccountState], options: ViewOptions, cells: int, rows: int) -> tuple[Line, ...]:
    """At most ``rows`` lines of exactly ``cells``. The list goes first, then today's money, then the resets; a
    section that has no room for its heading and one line is left out."""
    ordered = usable_first(states, options)
    bar = _bar_cells(states, options, cells)
    sections = [
        ("What can I use now", [_usable(state, options, cells, bar) for state in ordered]),
        ("Today", _today(states, options, cells)),
        ("Next resets", _resets(states, options, cells)),
    ]
    lines: list[Line] = []
    for heading, body in sections:
        lead = [EMPTY] if lines else []
        room = rows - len(lines) - len(lead) - 1
        if not body or room < 1:
            continue
        lines += [*lead, line((words.fit_name(heading, cells), Tone.STRONG)), *body[:room]]
    return tuple(pad(item, cells) for item in lines[: max(rows, 0)])


def _bar_cells(states: Sequence[AccountState], options: ViewOptions, cells: int) -> int:
    """The gauges get what the longest name leaves, 5 to 16 cells; none where that leaves no room for names."""
    room = cells - 4 - _PERCENT
    longest = max((cell_width(words.name(state, options)) for state in states), default=0)
    bar = min(max(room - longest, 5), 16)
    return bar if room - bar >= 6 else 0


def _usable(state: AccountState, options: ViewOptions, cells: int, bar_cells: int) -> Line:
    mark = words.glyph(state, options)
    word = words.status(state, options)
    lane = facts.head_lane(state, options)
    calm = words.is_dim(state, options) or word is Status.EXHAUSTED
    tone = Tone.DIM if calm else Tone.PLAIN
    if state.failure is not None or lane is None or word is Status.EXHAUSTED:
        full = words.name(state, options)
        ends = [end for end in _answers(state, options, tone) if width(end) <= cells - 9] or [EMPTY]
        end = next((end for end in ends if cell_width(full) + width(end) + 3 <= cells), ends[0])
        name = words.fit_name(full, max(cells - 3 - width(end), 0))
        return spread(line(mark, " ", (name, tone)), end, cells)
    number = right(line((lane.percent, tone)), _PERCENT)
    name_cells = cells - 3 - _PERCENT - (bar_cells + 1 if bar_cells else 0)
    name = words.fit_name(words.name(state, options), max(name_cells, 0))
    named = line(mark, " ", (name, tone), " " * max(name_cells - cell_width(name), 0))
    bar = gauge(lane.seen.ratio, bar_cells, Tone.DIM if calm else lane.bar_tone, options.show, ascii_only=options.ascii)
    row = (*named, Span(" "), *bar, *(line(" ") if bar else ()), *number)
    return row if width(row) <= cells else spread(line(mark, " "), line(lane.percent), cells)


def _answers(state: AccountState, options: ViewOptions, tone: Tone) -> list[Line]:
    """Why not, or how much money: the right-hand side where there is no percent to show."""
    reading = state.reading
    if state.failure is not None:
        what = words.failure_lines(state, options)[0]
        return [what, line((fmt.status_word(words.status(state, options)), tone))]
    if reading is None:
        return [line(("waiting", Tone.WAIT))]
    if words.status(state, options) is Status.EXHAUSTED:
        at = usable_at(reading, options.now)
        return [*([line((f"back {words.clock(at, options)}", tone))] if at else []), line(("exhausted", Tone.BAD))]
    if reading.balances:
        amount = words.money(reading.balances[0].amount, reading.balances[0].currency, options)
        return [line((f"{amount} left", tone)), line((amount, tone))]
    return [line(("no limit", Tone.DIM))]


def _today(states: Sequence[AccountState], options: ViewOptions, cells: int) -> list[Line]:
    """Today's money per kind and currency. Kinds are never summed, and a day that is over is not today.

    A sum with a part that is not fresh is dim and has the age of its oldest part.
    """
    parts: dict[tuple[MoneyKind, str], list[tuple[Decimal, AccountState]]] = {}
    for state in states:
        for spend in state.reading.spends if state.reading else ():
            if spend.period == "today" and not words.is_over(spend, state, options):
                parts.setdefault((spend.kind, spend.currency), []).append((spend.amount, state))
    order = list(MoneyKind)
    return [
        _pair(_KINDS[kind], _sum(parts[kind, currency], kind, currency, options), cells)
        for kind, currency in sorted(parts, key=lambda key: (order.index(key[0]), key[1]))
    ]


def _sum(parts: Sequence[tuple[Decimal, AccountState]], kind: MoneyKind, currency: str, options: ViewOptions) -> Line:
    text = words.money(sum((amount for amount, _ in parts), Decimal(0)), currency, options)
    text = words.say(f"≈ {text}", options) if kind is MoneyKind.ESTIMATE else text
    late = [state for _, state in parts if words.is_dim(state, options)]
    if not late:
        return line(text)
    oldest = min(late, key=lambda state: state.fetched_at or options.now)
    return line((text, Tone.DIM), words.dot(options), (words.age(oldest, options), Tone.WARN))


def _pair(label: str, value: Line, cells: int) -> Line:
    if width(value) > cells:
        return EMPTY
    return spread(line((words.fit_name(label, max(cells - width(value) - 1, 0)), Tone.DIM)), value, cells)


def _resets(states: Sequence[AccountState], options: ViewOptions, cells: int) -> list[Line]:
    found: list[tuple[datetime, str]] = []
    for state in states:
        if state.reading is None:
            continue
        for window in state.reading.windows:
            seen = outlook(window, options.now)
            if seen.resets_at is not None and seen.resets_at > options.now and window.blocking:
                found.append((seen.resets_at, f"{words.name(state, options)} {words.short_label(window)}"))
    found.sort(key=lambda item: item[0])
    clocks = [words.clock(at, options) for at, _ in found]
    column = max(map(len, clocks), default=0)
    if column > cells:
        return []
    return [
        line((clock.ljust(column), Tone.DIM), "  ", words.fit_name(text, max(cells - column - 2, 0)))
        for clock, (_, text) in zip(clocks, found, strict=True)
    ]
