"""The one line at the top: how many accounts, how many need the user, and what time it is where."""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui.errors import FailureKind
from aic_tui.format import percent, status_glyph
from aic_tui.models import AccountState, Status
from aic_tui.outlook import is_waiting, needs_user
from aic_tui.view import words
from aic_tui.view.spans import EMPTY, Line, Span, Tone, ViewOptions, first_fitting, join, line, pad, width

TITLE = "aic-tui"


def header(
    states: Sequence[AccountState],
    options: ViewOptions,
    cells: int,
    badges: Sequence[str] = (),
    shown: int | None = None,
    reading: float | None = None,
) -> Line:
    """The header in exactly ``cells``. ``badges`` (an active filter, demo, the sort order) stay longer than counts
    that are calm; what needs the user stays longest. ``shown`` is how many accounts a filter leaves on show: that
    stands beside its badge, the first one. ``reading`` is how much of the session logs has been read, if it goes on."""
    calls, brief = _calls(states, options), _brief_calls(states, options)
    marks = [line((badge, Tone.ACCENT)) for badge in badges]
    whole = f"{len(states)} account{'' if len(states) == 1 else 's'}"
    calm = line((whole if shown is None else f"{shown} of {whole}", Tone.DIM))
    dot = words.dot(options)
    lead = line((TITLE, Tone.STRONG), "  ")
    parts = [[*marks, calm, *calls]]
    if shown is not None and marks:
        marks = [(*marks[0], *line((f" {shown} of {len(states)}", Tone.DIM))), *marks[1:]]
    parts += [[*marks, *calls], [*marks, *brief], [*brief, *marks[:1]], brief, marks[:1]]
    candidates = [(*front, *join(part, dot)) for part in parts for front in (lead, EMPTY) if part]
    candidates.append(line((TITLE, Tone.STRONG)))
    left = first_fitting(candidates, cells)
    end = first_fitting(_clocks(states, options, reading), cells - width(left) - 3)
    room = cells - width(left) - width(end)
    return pad((*left, Span(" " * room), *end), cells) if end else pad(left, cells)


def _counts(states: Sequence[AccountState], options: ViewOptions) -> list[tuple[int, Status, str, Tone]]:
    need = sum(needs_user(state) for state in states)
    found = [words.status(state, options) for state in states]
    risk, spent = found.count(Status.WARN), found.count(Status.EXHAUSTED)
    return [
        (need, Status.AUTH_NEEDED, "needs you" if need == 1 else "need you", Tone.NEED),
        (spent, Status.EXHAUSTED, "exhausted", Tone.BAD),
        (risk, Status.WARN, "at risk", Tone.WARN),
    ]


def _is_offline(states: Sequence[AccountState]) -> bool:
    """True when no account that is asked at all can be reached: then it is the network and none of them."""
    asked = [
        state.failure.kind if state.failure else None
        for state in states
        if not needs_user(state)
        and not is_waiting(state)
        and not (state.failure and state.failure.kind is FailureKind.NOT_CONFIGURED)
    ]
    return FailureKind.OFFLINE in asked and set(asked) <= {FailureKind.OFFLINE, FailureKind.TIMEOUT}


def _calls(states: Sequence[AccountState], options: ViewOptions) -> list[Line]:
    offline = [line(("offline", Tone.WAIT))] if _is_offline(states) else []
    return offline + [line((f"{number} {text}", tone)) for number, _, text, tone in _counts(states, options) if number]


def _brief_calls(states: Sequence[AccountState], options: ViewOptions) -> list[Line]:
    offline = [line(("offline", Tone.WAIT))] if _is_offline(states) else []
    return offline + [
        line((f"{status_glyph(status, ascii_only=options.ascii)} {number}", tone))
        for number, status, _, tone in _counts(states, options)
        if number
    ]


def _clocks(states: Sequence[AccountState], options: ViewOptions, reading: float | None) -> list[Line]:
    here = options.now.astimezone(options.zone)
    zone = getattr(options.zone, "key", None) or here.tzname() or ""
    now = f"{here:%H:%M}"
    nexts = [state.next_at for state in states if state.next_at and state.next_at > options.now]
    forms = [f"{zone} {now}".strip(), now]
    if nexts:
        following = words.clock(min(nexts), options)
        if following != now:
            forms.insert(0, words.say(f"next refresh {following} · {forms[0]}", options))
    if reading is not None:
        news = f"reading logs {percent(reading)}"
        forms = [*(words.say(f"{news} · {form}", options) for form in forms), *forms]
    return [line((form, Tone.DIM)) for form in forms]
