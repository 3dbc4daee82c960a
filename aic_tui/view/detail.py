"""Everything known about one account, in sections of lines that fit a width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aic_tui import format as fmt
from aic_tui.models import AccountState, ModelUsage, Point, Reading, RequestEntry, UsageTotals
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
    crop_text,
    first_fitting,
    line,
    pad,
    right,
    spread,
    text_of,
    width,
)
from aic_tui.view.sparkline import flipped, resample, series_of, sparkline

_LABEL = 12
_PERCENT = len("100% used")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines, none wider than was asked. Sections without anything to say do not exist."""

    title: str
    lines: tuple[Line, ...]


def detail(
    state: AccountState,
    points: Sequence[Point],
    requests: Sequence[RequestEntry],
    options: ViewOptions,
    cells: int,
    since: datetime | None = None,
) -> tuple[Section, ...]:
    """The sections of the detail screen, each line at most ``cells`` wide.

    ``points`` are drawn from ``since`` (default: the last 24 hours) until now; ``requests`` come newest first.
    """
    since = since or options.now - timedelta(hours=24)
    found = [
        Section("Account", tuple(_account(state, options, cells))),
        Section("Windows", tuple(_windows(state, options, cells))),
        Section(f"History, {span_word(options.now - since)}", tuple(_history(state, points, options, cells, since))),
        Section("Money", tuple(_money(state, points, options, cells))),
        Section("Tokens and requests", tuple(_usage(state.reading, options, cells))),
        Section("Models", tuple(_models(state.reading, options, cells))),
        Section("Last requests", tuple(_requests(requests, options, cells))),
    ]
    return tuple(section for section in found if section.lines)


def span_word(span: timedelta) -> str:
    """A range of time as a heading: "24 h", "7 d", "30 d"."""
    hours = round(span.total_seconds() / 3600)
    return f"{hours} h" if hours <= 48 else f"{round(hours / 24)} d"


def _pair(label: str, value: str, cells: int, tone: Tone = Tone.PLAIN) -> Iterator[Line]:
    """A label and its value beside it, broken between words; below the label where the place is narrow."""
    if not value:
        return
    indent = _LABEL if cells >= 3 * _LABEL else 0
    rows = words.wrap(value, cells - indent, 6) or _pieces(value, cells - indent)
    head = line((words.fit_name(label, max((indent or cells) - 1, 0)), Tone.DIM))
    if not indent:
        yield head
    for number, row in enumerate(rows):
        yield (*pad(EMPTY if number or not indent else head, indent), *line((row, tone)))


def _pieces(value: str, cells: int) -> list[str]:
    """A value that is longer than a line, as a variable's name can be, goes on in the next one."""
    rows: list[str] = []
    while (row := crop_text(value, cells)) and len(rows) < 6:
        rows.append(row)
        value = value[len(row) :].lstrip()
    return rows


def _account(state: AccountState, options: ViewOptions, cells: int) -> Iterator[Line]:
    word = words.status(state, options)
    mark = words.glyph(state, options)
    yield from _pair("status", f"{mark.text} {fmt.status_word(word)}", cells, mark.tone)
    if state.failure is not None:
        sentence = fmt.failure_sentence(state.failure, options.zone, options.now, keys=options.keys)
        yield from _pair("", words.say(sentence, options), cells)
        if state.failure.detail and not options.privacy:
            yield from _pair("it said", state.failure.detail, cells, Tone.DIM)
    reading = state.reading
    yield from _pair("provider", state.provider_name, cells)
    if reading is not None:
        yield from _pair("plan", reading.plan or "", cells)
        yield from _pair("account", fmt.masked(reading.account_name, options.privacy) or "", cells)
        yield from _pair("note", reading.note or "", cells)
    yield from _pair("key", state.auth_source or "", cells)
    if state.fetched_at is not None:
        at = words.clock(state.fetched_at, options, full=True)
        yield from _pair("figures", words.say(f"{fmt.ago(state.fetched_at, options.now)} · {at}", options), cells)
    if state.next_at is not None and state.next_at > options.now:
        yield from _pair("next", words.clock(state.next_at, options, full=True), cells)


def _windows(state: AccountState, options: ViewOptions, cells: int) -> Iterator[Line]:
    lanes = facts.lanes(state, options)
    label = min(max((cell_width(lane.window.label) for lane in lanes), default=0), max(cells // 3, 8))
    for lane in lanes:
        yield _bar(lane, label, options, cells)
        indent = label + 1 if cells >= 40 else 2
        for forms in _about(lane, options):
            fitting = first_fitting([line((form, Tone.DIM)) for form in forms], max(cells - indent, 0))
            if fitting:
                yield (Span(" " * indent), *fitting)


def _bar(lane: Lane, label: int, options: ViewOptions, cells: int) -> Line:
    tone = Tone.STRONG if lane.binds else Tone.PLAIN
    if lane.window.unlimited:
        return spread(line((words.fit_name(lane.window.label, cells), tone)), line(("no limit", Tone.DIM)), cells)
    number = right(line((lane.percent, tone)), _PERCENT)
    bar_cells = min(cells - label - 2 - width(number), 60)
    if bar_cells < 4:
        return spread(line((words.fit_name(lane.window.label, cells - _PERCENT - 1), tone)), line(lane.percent), cells)
    named = pad(line((words.fit_name(lane.window.label, label), tone)), label)
    bar = gauge(lane.seen.ratio, bar_cells, lane.bar_tone, options.show, ascii_only=options.ascii)
    return (*named, Span(" "), *bar, Span(" "), *number)


def _about(lane: Lane, options: ViewOptions) -> Iterator[list[str]]:
    """One thought a line, each in several forms, the longest first: verdict, pace, amounts, reset, what is special."""
    if lane.blocker is not None:
        yield [text_of(form) for form in facts.blocked_lines(lane, options)[1:]]
    elif lane.seen.verdict is not Verdict.UNKNOWN:
        yield [text_of(form) for form in words.verdict_lines(lane.seen, options)]
    if lane.seen.pace is not None and lane.seen.elapsed is not None:
        passed, pace = fmt.percent(lane.seen.elapsed), f"pace {lane.seen.pace:.1f}×"
        forms = [f"{passed} of the time passed · {pace}, an estimate", f"{passed} passed · {pace}", pace]
        yield [words.say(form, options) for form in forms]
    if amounts := words.amounts(lane.window, options):
        yield amounts
    at = lane.window.resets_at
    if at is not None and lane.seen.verdict is not Verdict.RESET_DUE:
        full, brief = words.clock(at, options, full=True), words.clock(at, options)
        forms = [f"resets {full} · in {fmt.countdown(at, options.now)}", f"resets {full}", f"resets {brief}", brief]
        yield [words.say(form, options) for form in forms]
    if not lane.window.blocking:
        yield ["does not stop work"]


def _history(
    state: AccountState, points: Sequence[Point], options: ViewOptions, cells: int, since: datetime
) -> Iterator[Line]:
    labels = {lane.window.id: lane.window.label for lane in facts.lanes(state, options)}
    for window_id in dict.fromkeys(point.window_id for point in points):
        is_ratio = window_id in labels
        if options.privacy and not is_ratio:
            continue
        series = [item for item in series_of(points, window_id) if item[0] >= since]
        if len(series) < 2:
            continue
        label = words.fit_name(labels.get(window_id, window_id.replace(":", " ")), max(cells // 3, 1))
        room = min(cells - max(_LABEL, cell_width(label)) - 1, 120)
        slots = resample(series, since, options.now, room)
        low, high = (0.0, 1.0) if is_ratio else (None, None)
        graph = sparkline(flipped(slots, options.show) if is_ratio else slots, low, high, ascii_only=options.ascii)
        if graph.strip():
            yield (*pad(line((label, Tone.DIM)), max(_LABEL, cell_width(label)) + 1), Span(graph, Tone.TRACK))


def _money(state: AccountState, points: Sequence[Point], options: ViewOptions, cells: int) -> Iterator[Line]:
    reading = state.reading
    if reading is None:
        return
    for balance in reading.balances:
        parts = [words.money(balance.amount, balance.currency, options)]
        for amount, word in ((balance.granted, "granted"), (balance.topped_up, "topped up")):
            if amount is not None:
                parts.append(f"{words.money(amount, balance.currency, options)} {word}")
        if days := facts.balance_days(balance, points, options):
            parts.append(f"{days}, an estimate")
        yield from _pair("balance", words.say(" · ".join(parts), options), cells)
    for spend in reading.spends:
        spent, period = words.spend_amount(spend, options), words.period(spend, state, options)
        text = f"{spent} {period} · {words.spend_kind(spend)}"
        yield from _pair("spent", words.say(text, options), cells)


def _usage(reading: Reading | None, options: ViewOptions, cells: int) -> Iterator[Line]:
    usage = reading.usage if reading else None
    if usage is None or usage == UsageTotals(cost_usd=usage.cost_usd):
        return
    pairs = (
        ("requests", usage.requests_count),
        ("tokens in", usage.tokens_input),
        ("cached in", usage.tokens_cached),
        ("tokens out", usage.tokens_output),
    )
    for label, value in pairs:
        if value is not None:
            yield from _pair(label, fmt.count(value), cells)
    if usage.period_start is not None:
        yield from _pair("since", words.clock(usage.period_start, options, full=True), cells)


def _models(reading: Reading | None, options: ViewOptions, cells: int) -> Iterator[Line]:
    if reading is None or not reading.models:
        return
    for model in reading.models:
        figures = _model_figures(model, options)
        beside = first_fitting(figures, cells - cell_width(model.model) - 2)
        yield spread(line(words.fit_name(model.model, cells)), beside, cells, gap=2)
        if not beside and (below := first_fitting(figures, cells - 2)):
            yield (Span("  "), *below)


def _model_figures(model: ModelUsage, options: ViewOptions) -> list[Line]:
    parts = [
        f"{fmt.count(model.tokens_input)} in" if model.tokens_input is not None else "",
        f"{fmt.count(model.tokens_output)} out" if model.tokens_output is not None else "",
        words.money(model.cost, model.currency, options) if model.cost is not None else "",
        f"{fmt.count(model.requests_count)} requests" if model.requests_count is not None else "",
    ]
    known = [part for part in parts if part]
    joined = [words.say(" · ".join(known[:count]), options) for count in range(len(known), 0, -1)]
    return [line((text, Tone.DIM)) for text in joined]


def _requests(requests: Sequence[RequestEntry], options: ViewOptions, cells: int) -> Iterator[Line]:
    for entry in requests:
        at = words.clock(entry.at, options)
        took = f"{entry.duration_ms} ms" if entry.duration_ms is not None else ""
        code = str(entry.http_status) if entry.http_status is not None else words.say(fmt.UNKNOWN, options)
        outcome = entry.outcome.replace("_", " ")
        tone = Tone.DIM if entry.outcome == "ok" else Tone.WARN
        head = line((at.rjust(9), Tone.DIM), "  ", (outcome, tone))
        full = (*head, *line(f"  {code}", (f"  {took}", Tone.DIM)))
        rest = cells - width(full) - 2
        url = line((f"  {entry.method} {entry.url}", Tone.DIM))
        candidates = [(*full, *url)] if width(url) <= rest + 2 else []
        yield first_fitting([*candidates, full, (*head, *line(f"  {code}")), head, line((outcome, tone))], cells)
