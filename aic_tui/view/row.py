"""One account as two lines: name, gauge and percent; then windows, resets and the verdict."""

from __future__ import annotations

from dataclasses import dataclass

from aic_tui import format as fmt
from aic_tui.models import AccountState
from aic_tui.outlook import Verdict
from aic_tui.text import cell_width
from aic_tui.view import facts, words
from aic_tui.view.facts import Lane
from aic_tui.view.gauge import gauge
from aic_tui.view.spans import (
    EMPTY,
    Line,
    Span,
    Tone,
    ViewOptions,
    first_fitting,
    join,
    join_fitting,
    line,
    pad,
    right,
    spread,
    width,
)

_PERCENT = len("100% used")
_INDENT = 2


@dataclass(frozen=True, slots=True)
class _Columns:
    name: int
    gauge: int


def _columns(cells: int) -> _Columns:
    bar = min(max(min(cells // 4, (cells - 20) // 2), 5), 40)
    name = cells - _INDENT - 1 - bar - 1 - _PERCENT
    if name >= 8:
        return _Columns(name, bar)
    return _Columns(max(cells - _INDENT - 1 - _PERCENT, 0), 0)


def row(state: AccountState, options: ViewOptions, cells: int) -> tuple[Line, Line]:
    """The account in two lines of exactly ``cells``. Columns depend on the width alone, so rows align."""
    lane = facts.head_lane(state, options)
    first = _with_gauge(state, lane, options, cells) if lane else _with_value(state, options, cells)
    second = spread(_second(state, lane, options, cells), _age(state, options), cells, gap=2)
    return pad(first, cells), pad(second, cells)


def _named(state: AccountState, options: ViewOptions, cells: int) -> Line:
    mark = words.glyph(state, options)
    full, extra = words.name(state, options), words.byline(state, options)
    shown = words.fit_name(full, cells)
    named = line(mark, " ", (shown, Tone.STRONG))
    room = cells - cell_width(shown) - 1
    if shown != full or not extra or cell_width(extra) > room:
        return named
    return line(*named, " ", (extra, Tone.DIM))


def _with_gauge(state: AccountState, lane: Lane, options: ViewOptions, cells: int) -> Line:
    columns = _columns(cells)
    number_tone = Tone.DIM if words.is_dim(state, options) else Tone.PLAIN
    number = right(line((lane.percent, number_tone)), _PERCENT)
    if cells < _INDENT + 3 + _PERCENT:
        # Too narrow for the word: the bare percent goes on, and the name gets what is left.
        bare = line((fmt.percent(lane.seen.ratio, options.show), number_tone))
        return spread(_named(state, options, max(cells - _INDENT - 1 - width(bare), 0)), bare, cells)
    named = pad(_named(state, options, columns.name), _INDENT + columns.name)
    bar_tone = Tone.DIM if words.is_dim(state, options) else lane.bar_tone
    bar = gauge(lane.seen.ratio, columns.gauge, bar_tone, options.show, ascii_only=options.ascii)
    return join([named, bar, number] if bar else [named, number], Span(" "))


def _with_value(state: AccountState, options: ViewOptions, cells: int) -> Line:
    full = words.name(state, options)
    fitting = [value for value in _values(state, options) if width(value) <= cells - _INDENT - 5] or [EMPTY]
    rooms = [max(cells - _INDENT - (width(value) + 2 if value else 0), 0) for value in fitting]
    whole = (place for place, room in enumerate(rooms) if words.is_whole(words.fit_name(full, room), full))
    chosen = next(whole, 0)
    return spread(_named(state, options, rooms[chosen]), fitting[chosen], cells)


def _values(state: AccountState, options: ViewOptions) -> list[Line]:
    """What an account without a binding window has to show, the longest form first."""
    reading = state.reading
    if reading is None:
        if state.failure is not None:
            return words.failure_lines(state, options)[:1]
        return [line(("waiting", Tone.WAIT))]
    tone = Tone.DIM if words.is_dim(state, options) else Tone.PLAIN
    money = [words.money(item.amount, item.currency, options) for item in reading.balances]
    if money:
        every = [line(("  ".join(money), tone))] if len(money) > 1 else []
        return [*every, line((f"{money[0]} left", tone)), line((money[0], tone))]
    spends = sorted(reading.spends, key=lambda spend: spend.period == "today")
    for spend in spends[:1]:
        text = words.spend_amount(spend, options)
        return [line((f"{text} {words.period(spend, state, options)}", tone)), line((text, tone))]
    if reading.windows:
        return [line(("no limit", Tone.DIM))]
    return [line((words.say(fmt.UNKNOWN, options), Tone.DIM))]


def _age(state: AccountState, options: ViewOptions) -> Line:
    stale = state.failure is None and words.is_dim(state, options)
    return line((words.age(state, options), Tone.WARN if stale else Tone.DIM))


def _second(state: AccountState, lane: Lane | None, options: ViewOptions, cells: int) -> Line:
    room = cells - _INDENT - width(_age(state, options)) - 2
    if room <= 0:
        return EMPTY
    if state.failure is not None:
        parts = words.failure_lines(state, options)
        said = parts if state.snapshot is not None else parts[1:]
        text = _sentence(said, options, room)
    elif lane is not None:
        text = _windows(state, lane, options, room)
    else:
        text = _money_words(state, options, room)
    return (Span(" " * _INDENT), *text) if text else EMPTY


def _sentence(parts: list[Line], options: ViewOptions, room: int) -> Line:
    """What happened, what to do, the next try; the advice goes before the next try when space is short."""
    short = [parts[0], *parts[2:]] if len(parts) > 2 else parts
    candidates = [join(parts, words.dot(options)), join(short, words.dot(options))]
    return first_fitting(candidates, room) or join_fitting(parts, words.dot(options), room)


def _windows(state: AccountState, lane: Lane, options: ViewOptions, room: int) -> Line:
    """Reset, other windows, verdict; the countdown is dropped first, then other windows, then the verdict."""
    lanes = [other for other in facts.lanes(state, options) if not other.binds and not other.window.unlimited]
    others = [_other(other, options) for other in lanes if other.window.blocking or other.tight][:3]
    verdict = _verdict(lane, options)
    *longer, head = _heads(lane, options)
    dot = words.dot(options)
    candidates = [join([first, *others, verdict], dot) for first in longer]
    candidates += [join([head, *others[:count], verdict], dot) for count in range(len(others), 0, -1)]
    if tight := [_other(other, options, brief=True) for other in lanes if other.tight][:1]:
        candidates += [join([head, *tight, verdict], dot), join([*tight, verdict], dot)]
    candidates += [join([first, verdict], dot) for first in [*longer, head]]
    last = [verdict, head] if lane.seen.verdict is Verdict.RUNS_OUT else [head, verdict]
    return first_fitting([*candidates, *last], room)


def _heads(lane: Lane, options: ViewOptions) -> list[Line]:
    at = lane.window.resets_at
    arrow = words.say("→", options)
    if at is None or lane.seen.verdict is Verdict.RESET_DUE:
        return [line((f"{lane.short} {text}".strip(), Tone.DIM)) for text in [*words.amounts(lane.window, options), ""]]
    clock = words.clock(at, options)
    within = fmt.countdown(at, options.now)
    long_form = [line((f"{lane.short} {arrow} {clock} in {within}", Tone.DIM))] if within else []
    return [*long_form, line((f"{lane.short} {arrow} {clock}", Tone.DIM))]


def _other(lane: Lane, options: ViewOptions, *, brief: bool = False) -> Line:
    number = words.say(fmt.percent(lane.seen.ratio, options.show), options)
    label = lane.short.split(" ")[-1] if brief else lane.short
    return line((f"{label} {number}", lane.bar_tone if lane.tight else Tone.DIM))


def _verdict(lane: Lane, options: ViewOptions) -> Line:
    if lane.seen.verdict in (Verdict.LASTS, Verdict.RUNS_OUT, Verdict.EXHAUSTED, Verdict.RESET_DUE):
        return words.verdict_lines(lane.seen, options)[-1][:1]
    return EMPTY


def _money_words(state: AccountState, options: ViewOptions, room: int) -> Line:
    reading = state.reading
    if reading is None:
        return EMPTY
    parts = facts.remarks(state, (), options)
    today = next((spend for spend in reading.spends if spend.period == "today"), None)
    if today is not None:
        parts.append(line((f"{words.spend_amount(today, options)} {words.period(today, state, options)}", Tone.DIM)))
    if reading.spends:
        parts.append(line((words.spend_kind(reading.spends[0]), Tone.DIM)))
    elif reading.balances:
        extras = facts.sums(state, (), options)[0].extras
        parts.append(line((f"balance, {extras[-1]}" if extras else "balance", Tone.DIM)))
    return join_fitting(parts, words.dot(options), room)
