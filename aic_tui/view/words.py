"""Names, glyphs, ages and verdicts of an account as lines: what card, row, strip and ranking share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from aic_tui import format as fmt
from aic_tui.errors import Reason
from aic_tui.models import AccountState, MoneyKind, Spend, Status, Window
from aic_tui.outlook import Outlook, Verdict, is_stale, is_waiting, status_of
from aic_tui.text import cell_width
from aic_tui.view.spans import Line, Span, Tone, ViewOptions, crop_text, line

_TONES = {
    Status.OK: Tone.OK,
    Status.WARN: Tone.WARN,
    Status.EXHAUSTED: Tone.BAD,
    Status.AUTH_NEEDED: Tone.NEED,
    Status.FORBIDDEN: Tone.NEED,
    Status.NOT_CONFIGURED: Tone.DIM,
}
_PERIODS = {
    "today": "today",
    "7d": "in 7 days",
    "week": "this week",
    "30d": "in 30 days",
    "month": "this month",
    "total": "in total",
}
_KINDS = {
    MoneyKind.BILLED: ("billed", "billed"),
    MoneyKind.ESTIMATE: ("estimate", "API-equivalent estimate"),
    MoneyKind.INCLUDED: ("included", "included in plan"),
    MoneyKind.UNKNOWN: ("spent", "billed or not: unknown"),
}


def say(text: str, options: ViewOptions) -> str:
    """Our own words for this terminal: ``text``, or its ASCII form."""
    return fmt.plain_ascii(text) if options.ascii else text


def dot(options: ViewOptions) -> Span:
    """The separator between two thoughts."""
    return Span(" - " if options.ascii else " · ", Tone.DIM)


def status(state: AccountState, options: ViewOptions) -> Status | None:
    """The account's status, or None while it waits for its first answer."""
    return None if is_waiting(state) else status_of(state, options.warn_percent, options.now)


def tone_of(word: Status | None) -> Tone:
    """The tone of a status: everything that passes by itself waits, only what needs the user calls for him."""
    return _TONES.get(word, Tone.WAIT) if word else Tone.WAIT


def glyph(state: AccountState, options: ViewOptions) -> Span:
    """The status glyph in its tone."""
    word = status(state, options)
    return Span(fmt.status_glyph(word, ascii_only=options.ascii), tone_of(word))


def name(state: AccountState, options: ViewOptions) -> str:
    """The user's name for the account; under privacy the provider's, with stars in place of what differs."""
    label = state.label or state.provider_name
    if not options.privacy or label == state.provider_name:
        return label
    return f"{state.provider_name} {fmt.MASK}"


def titles(state: AccountState, options: ViewOptions) -> list[str]:
    """What a panel of the account is called, the longest form first: the name, with who it is where that is told."""
    reading, short = state.reading, name(state, options)
    if reading is None or not reading.named or not reading.account_name:
        return [short]
    label = state.provider_name if options.privacy else short
    return [f"{label} [{fmt.masked(reading.account_name, options.privacy)}]", short]


def byline(state: AccountState, options: ViewOptions) -> str:
    """What stands beside the name: the plan, else who the provider says this is; "" when neither is known."""
    reading = state.reading
    if reading is None:
        return ""
    return reading.plan or fmt.masked(reading.account_name, options.privacy) or ""


def fit_name(text: str, cells: int) -> str:
    """``text`` in at most ``cells``: whole words while a word fits, then letters. Never an ellipsis."""
    if cell_width(text) <= cells:
        return text
    words = text.split(" ")
    for count in range(len(words) - 1, 0, -1):
        shorter = " ".join(words[:count])
        if shorter and cell_width(shorter) <= cells:
            return shorter
    return crop_text(text, max(cells, 0)).rstrip()


def fit_labels(texts: Iterable[str], cells: int) -> dict[str, str]:
    """Each of ``texts`` in at most ``cells``; where two would read the same, the last word goes in place of the first:
    "week" and "week Opus" are "week" and "Opus"."""
    fitted = {text: fit_name(text, cells) for text in texts}
    shared = [text for text, short in fitted.items() if list(fitted.values()).count(short) > 1]
    for text in shared:
        if fitted[text] != text:
            fitted[text] = fit_name(text.split(" ")[-1], cells)
    return fitted


def is_whole(shorter: str, text: str) -> bool:
    """True where ``shorter`` is ``text`` or ends at the end of one of its words."""
    return bool(shorter) and f"{text} ".startswith(f"{shorter} ")


def age(state: AccountState, options: ViewOptions) -> str:
    """How old the figures are ("2m", "now"); "" when there are none."""
    return fmt.age(state.fetched_at, options.now) if state.fetched_at else ""


def is_dim(state: AccountState, options: ViewOptions) -> bool:
    """True when the account's figures are to be drawn as the past: after a failure, and when they are too old."""
    return state.failure is not None or is_stale(state, options.cache_ttl_seconds, options.now)


def short_label(window: Window) -> str:
    """A window's name for narrow places: "5 hours" is "5h", "5 hours Spark" "5h Spark", other names stay."""
    words = window.label.split(" ")
    if len(words) >= 2 and words[0].isdigit() and words[1] in ("hour", "hours", "day", "days"):
        return " ".join([words[0] + words[1][0], *words[2:]])
    return window.label


def percent_used(ratio: float | None, options: ViewOptions) -> str:
    """ "53% used" or "47% left"; a dash alone when it is not known."""
    text = fmt.percent(ratio, options.show)
    return say(text, options) if ratio is None else f"{text} {options.show}"


def clock(at: datetime, options: ViewOptions, *, full: bool = False) -> str:
    """Clock time in the user's zone, with the day once it is not today."""
    return fmt.clock(at, options.now, options.zone, full=full)


def money(amount: Decimal | None, currency: str, options: ViewOptions) -> str:
    """An amount, or stars under privacy."""
    return fmt.MASK if options.privacy and amount is not None else say(fmt.money(amount, currency), options)


def amounts(window: Window, options: ViewOptions) -> list[str]:
    """ "1,380 of 1,500 requests used" and its shorter form, where the window tells amounts; no money under privacy."""
    if options.privacy and fmt.is_money(window.unit):
        return []
    forms = fmt.used_of_limit(window.used, window.limit, window.unit, options.show)
    return [say(form, options) for form in forms]


def spend_amount(spend: Spend, options: ViewOptions) -> str:
    """A sum with the sign of its kind: "≈ $14.20" for estimates, else "$14.20"."""
    text = money(spend.amount, spend.currency, options)
    return say(f"≈ {text}", options) if spend.kind is MoneyKind.ESTIMATE else text


def spend_kind(spend: Spend) -> str:
    """What kind of money it is, in full."""
    return _KINDS[spend.kind][1]


def kind_label(spend: Spend) -> str:
    """What kind of money it is, in one word that can stand before the amount."""
    return _KINDS[spend.kind][0]


def period(spend: Spend, state: AccountState, options: ViewOptions) -> str:
    """The period of a spend as it follows an amount: "today", "this month", "in total"; once it is over, its dates:
    "on Fri 20 Nov", "in Oct 2026", "in the week of 16 Nov", "in 7 days to 20 Nov"."""
    usual = _PERIODS.get(spend.period, spend.period)
    if not is_over(spend, state, options):
        return usual
    first, last = _days_of(spend, state, options)
    if spend.period == "today":
        return f"on {fmt.date(last, weekday=True)}"
    if spend.period == "month":
        return f"in {fmt.month(last)}"
    if spend.period == "week":
        return f"in the week of {fmt.date(first)}"
    return f"{usual} to {fmt.date(last)}"


def is_over(spend: Spend, state: AccountState, options: ViewOptions) -> bool:
    """True once the period of ``spend`` has ended, so that "today" or "this month" would be another one.

    Where the provider does not tell the end, it is that of the day, week or month of the user's zone in which the
    figures were fetched.
    """
    if spend.period == "total" or state.fetched_at is None:
        return False
    if spend.period_end is not None:
        return spend.period_end <= options.now
    fetched, today = (at.astimezone(options.zone).date() for at in (state.fetched_at, options.now))
    if spend.period == "month":
        return (fetched.year, fetched.month) != (today.year, today.month)
    if spend.period == "week":
        return fetched.isocalendar()[:2] != today.isocalendar()[:2]
    return fetched != today


def _days_of(spend: Spend, state: AccountState, options: ViewOptions) -> tuple[date, date]:
    """First and last day of a period: those of the provider, which counts in UTC, else those of the user's zone."""
    fetched = (state.fetched_at or options.now).astimezone(options.zone).date()
    first = spend.period_start.astimezone(UTC).date() if spend.period_start else None
    last = (spend.period_end.astimezone(UTC) - timedelta(seconds=1)).date() if spend.period_end else fetched
    return first or last - timedelta(days=last.weekday()), last


def verdict_tone(seen: Outlook, warn_percent: int) -> Tone:
    """The tone of one window's bar: its own severity, whether shown as used or as left."""
    if seen.ratio is None:
        return Tone.DIM
    if seen.ratio >= 1:
        return Tone.BAD
    risky = seen.ratio * 100 >= warn_percent or seen.verdict is Verdict.RUNS_OUT
    return Tone.WARN if risky else Tone.OK


def verdict_lines(seen: Outlook, options: ViewOptions) -> list[Line]:
    """The verdict on a window in words, the longest form first: "lasts · 71% used at reset in 2 h 12 m"."""
    lead, forms = _verdict_forms(seen, options)
    tails = [line((say(form, options), Tone.DIM)) for form in forms]
    head = line(lead)
    long_forms = [(*head, dot(options), *tail) for tail in tails] if head else tails
    return [*long_forms, head] if head else long_forms


def _verdict_forms(seen: Outlook, options: ViewOptions) -> tuple[Span, list[str]]:
    """The verdict's word in its tone, and what may follow it, the longest first."""
    within = fmt.countdown(seen.resets_at, options.now) if seen.resets_at else None
    at = clock(seen.resets_at, options) if seen.resets_at else ""
    if seen.verdict is Verdict.LASTS:
        share = fmt.percent(seen.pace, options.show)
        in_time = [f"{share} {options.show} at reset in {within}"] if within else []
        return Span("lasts", Tone.OK), [*in_time, f"{share} {options.show} at reset", f"{share} at reset"]
    if seen.verdict is Verdict.RUNS_OUT:
        return _runs_out(seen, options), [f"{seen.pace:.1f}× the even pace", f"{seen.pace:.1f}×"]
    if seen.verdict is Verdict.EXHAUSTED:
        back = f"back {at}" if at else "no reset known"
        return Span("exhausted", Tone.BAD), [*([f"{back} · in {within}"] if within else []), back]
    if seen.verdict is Verdict.RESET_DUE:
        return Span("reset due", Tone.WAIT), [f"since {at}"]
    return Span(""), {
        Verdict.NOT_STARTED: ["starts with the next request", "not started"],
        Verdict.TOO_EARLY: [f"too early to tell · resets in {within}", "too early to tell"],
        Verdict.UNLIMITED: ["no limit"],
    }.get(seen.verdict, [f"resets in {within}"] if within else [])


def _runs_out(seen: Outlook, options: ViewOptions) -> Span:
    at = seen.runs_out_at
    return Span(f"runs out {clock(at, options)}" if at else "runs out", Tone.WARN)


def failure_lines(state: AccountState, options: ViewOptions) -> list[Line]:
    """The parts of the failure's sentence: what happened, what to do, the next try. Empty without a failure."""
    if state.failure is None:
        return []
    failure, told = state.failure, not options.privacy
    what, advice, next_try = fmt.failure_text(failure, options.zone, options.now, told=told, keys=options.keys)
    tone = tone_of(status(state, options))
    plain = tone if failure.reason is Reason.TOKEN_INVALID else Tone.PLAIN
    parts = [(what, tone), (advice or "", plain), (next_try or "", Tone.DIM)]
    return [line((say(text, options), part_tone)) for text, part_tone in parts if text]


def wrap(text: str, cells: int, most: int) -> list[str] | None:
    """``text`` broken between words into at most ``most`` lines of ``cells``; None when it does not fit whole."""
    rows: list[str] = []
    for word in text.split():
        if cell_width(word) > cells:
            return None
        if rows and cell_width(rows[-1]) + 1 + cell_width(word) <= cells:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows if len(rows) <= most else None


def wrap_parts(parts: Sequence[Line], options: ViewOptions, cells: int, most: int) -> list[Line]:
    """As many thoughts as fit whole into ``most`` lines, each in its tone; later ones are dropped first."""
    rows: list[list[Span]] = []
    for part in parts:
        text, tone = part[0]
        if rows and sum(cell_width(s.text) for s in rows[-1]) + 3 + cell_width(text) <= cells:
            rows[-1] += [dot(options), Span(text, tone)]
            continue
        broken = wrap(text, cells, most - len(rows))
        if broken is None:
            if rows:
                continue
            broken = [fit_name(text, cells)] if most > 0 else []
        rows += [[Span(row, tone)] for row in broken]
    return [tuple(row) for row in rows]
