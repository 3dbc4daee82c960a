"""What there is to say about one account, in the order of its weight, before anything is fitted into columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aic_tui import format as fmt
from aic_tui.models import AccountState, Balance, Point, Spend, Window
from aic_tui.outlook import Outlook, Verdict, binding, blocker_of, days_left, outlook
from aic_tui.view import words
from aic_tui.view.spans import Line, Tone, ViewOptions, line


@dataclass(frozen=True, slots=True)
class Lane:
    """One window with everything said about it. ``blocker`` is the exhausted longer window around it.

    ``tight`` is a lane that never blocks its account but is nearly used up itself, as that of a single model.
    """

    window: Window
    seen: Outlook
    binds: bool
    tight: bool
    blocker: Window | None
    percent: str
    short: str
    bar_tone: Tone
    text_tone: Tone


@dataclass(frozen=True, slots=True)
class Sum:
    """One amount of money: its label, the amount, and words beside it, the longest first."""

    label: str
    value: str
    extras: tuple[str, ...] = ()


def lanes(state: AccountState, options: ViewOptions) -> list[Lane]:
    """The account's windows: the binding one first, then what is tight beside it, then as the provider orders them,
    unlimited ones last."""
    reading = state.reading
    if reading is None:
        return []
    head = binding(reading, options.now)
    spent = head is not None and outlook(head, options.now).verdict is Verdict.EXHAUSTED

    def weight(window: Window) -> tuple[bool, bool, bool, bool]:
        # Nothing beside an exhausted window calls for attention: there it is said what that one blocks.
        calm = spent or not _is_tight(window, options)
        return window is not head, window.unlimited, calm, not window.blocking

    ordered = sorted(reading.windows, key=weight)
    return [_lane(window, window is head, blocker_of(reading, window, options.now), options) for window in ordered]


def _is_tight(window: Window, options: ViewOptions) -> bool:
    ratio = None if window.unlimited else outlook(window, options.now).ratio
    return ratio is not None and ratio * 100 >= options.warn_percent


def _lane(window: Window, binds: bool, blocker: Window | None, options: ViewOptions) -> Lane:
    seen = outlook(window, options.now)
    tight = not window.blocking and _is_tight(window, options)
    calm = not (binds or tight) or blocker is not None
    return Lane(
        window=window,
        seen=seen,
        binds=binds,
        tight=tight,
        blocker=blocker,
        percent="no limit" if window.unlimited else words.percent_used(seen.ratio, options),
        short=words.short_label(window),
        bar_tone=_bar_tone(seen, binds or tight, options),
        text_tone=Tone.DIM if calm else Tone.PLAIN,
    )


def _bar_tone(seen: Outlook, speaks: bool, options: ViewOptions) -> Tone:
    tone = words.verdict_tone(seen, options.warn_percent)
    return tone if speaks or tone is Tone.BAD else Tone.DIM


def head_lane(state: AccountState, options: ViewOptions) -> Lane | None:
    """The binding window's lane, or None when the account has none."""
    return next((lane for lane in lanes(state, options) if lane.binds), None)


def reset_word(lane: Lane, options: ViewOptions, cells: int) -> str:
    """When the window resets: "14:00", with the countdown before it from 56 cells on; "" when it is not known."""
    at = lane.window.resets_at
    if at is None or lane.window.unlimited:
        return "" if lane.window.started else "not started"
    if lane.seen.verdict is Verdict.RESET_DUE:
        return "reset due"
    within = fmt.countdown(at, options.now)
    return words.say(
        f"{within} · {words.clock(at, options)}" if within and cells >= 56 else words.clock(at, options), options
    )


def blocked_lines(lane: Lane, options: ViewOptions) -> list[Line]:
    """ "blocked by week until Mon 08:30 · 9% used", longest first."""
    if lane.blocker is None:
        return []
    by = f"blocked by {lane.blocker.label}"
    until = f"{by} until {words.clock(lane.blocker.resets_at, options)}" if lane.blocker.resets_at else by
    forms = (f"{until} · {lane.percent}", until, f"{by} · {lane.percent}", by, f"blocked · {lane.percent}", "blocked")
    return [line((words.say(form, options), Tone.DIM)) for form in forms]


def sums(state: AccountState, points: Sequence[Point], options: ViewOptions) -> list[Sum]:
    """Balances, then spends; today's spend is left to :func:`tail` where windows or balances go before it."""
    reading = state.reading
    if reading is None:
        return []
    found = [_balance(balance, points, options) for balance in reading.balances]
    return found + [
        _spend(spend, state, options) for spend in reading.spends if spend.period != "today" or len(found) == 0
    ]


def _balance(balance: Balance, points: Sequence[Point], options: ViewOptions) -> Sum:
    extras: list[str] = []
    days = balance_days(balance, points, options)
    if days:
        extras.append(days)
    if balance.granted and balance.granted > 0 and not options.privacy:
        extras.append(words.say(f"{fmt.money(balance.granted, balance.currency)} of it granted", options))
    if len(extras) == 2:
        extras.insert(0, f"{extras[1]} · {extras[0]}" if not options.ascii else f"{extras[1]} - {extras[0]}")
    return Sum("balance", words.money(balance.amount, balance.currency, options), tuple(extras))


def balance_days(balance: Balance, points: Sequence[Point], options: ViewOptions) -> str:
    """ "≈ 9 days left", estimated from recorded points; "" where they do not tell."""
    own = [point for point in points if point.window_id == f"balance:{balance.currency}"]
    days = days_left(own, balance.amount, options.now)
    if days is None or days > 365:
        return ""
    if days < 1:
        return words.say("≈ less than a day left", options)
    return words.say(f"≈ {int(days)} {'day' if int(days) == 1 else 'days'} left", options)


def _spend(spend: Spend, state: AccountState, options: ViewOptions) -> Sum:
    return Sum(words.kind_label(spend), words.spend_amount(spend, options), (words.period(spend, state, options),))


def remarks(state: AccountState, points: Sequence[Point], options: ViewOptions) -> list[Line]:
    """Sentences for an account without windows: the provider's own note, or that calls are refused."""
    reading = state.reading
    if reading is None:
        return []
    said = []
    if reading.available is False:
        said.append(line(("the provider refuses calls now", Tone.WARN)))
    if reading.note:
        said.append(line((reading.note, Tone.DIM)))
    if not said and not reading.windows and not sums(state, points, options):
        said.append(line(("no figures in the answer", Tone.DIM)))
    return said


def tail(state: AccountState, shown: Sequence[Sum], options: ViewOptions) -> list[str]:
    """What stands beside the history graph, the longest form first: the day's spend, else amounts, else a balance."""
    reading = state.reading
    if reading is None:
        return []
    values = {item.value for item in shown}
    for spend in reading.spends:
        text = words.spend_amount(spend, options)
        if spend.period == "today" and text not in values:
            return [f"{text} {words.period(spend, state, options)}"]
    for lane in lanes(state, options)[:1]:
        if forms := words.amounts(lane.window, options):
            return forms
    for balance in reading.balances:
        text = words.money(balance.amount, balance.currency, options)
        if text not in values:
            return [f"{text} left", text]
    return []


def history_id(state: AccountState, options: ViewOptions) -> str | None:
    """Whose points make the account's small graph: the binding window, else the first balance, else today's cost."""
    reading = state.reading
    if reading is None:
        return None
    head = binding(reading, options.now)
    if head is not None:
        return head.id
    if reading.balances:
        return f"balance:{reading.balances[0].currency}"
    return f"cost:{reading.spends[0].period}" if reading.spends else None
