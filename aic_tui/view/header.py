"""The one line at the top: how many accounts, how many need the user, and what time it is where."""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui.models import AccountState, Status
from aic_tui.outlook import needs_user
from aic_tui.view import words
from aic_tui.view.spans import Line, Span, Tone, ViewOptions, first_fitting, join, join_fitting, line, pad, width

TITLE = "aic-tui"


def header(states: Sequence[AccountState], options: ViewOptions, cells: int, badges: Sequence[str] = ()) -> Line:
    """The header in exactly ``cells``. ``badges`` (demo, an active filter, the sort order) stay longer than counts
    that are calm; what needs the user stays longest."""
    calls = _calls(states, options)
    marks = [line((badge, Tone.ACCENT)) for badge in badges]
    count = f"{len(states)} account{'' if len(states) == 1 else 's'}"
    calm = line((count, Tone.DIM))
    dot = words.dot(options)
    lead = line((TITLE, Tone.STRONG), "  ")
    candidates = [
        (*lead, *join([calm, *calls, *marks], dot)),
        (*lead, *join([*calls, *marks], dot)),
        join([*calls, *marks], dot),
        (*lead, *join_fitting([*calls, *marks], dot, cells - width(lead))),
        join_fitting(calls, dot, cells),
        line((TITLE, Tone.STRONG)),
    ]
    left = first_fitting([candidate for candidate in candidates if candidate], cells)
    end = first_fitting(_clocks(states, options), cells - width(left) - 3)
    room = cells - width(left) - width(end)
    return pad((*left, Span(" " * room), *end), cells) if end else pad(left, cells)


def _calls(states: Sequence[AccountState], options: ViewOptions) -> list[Line]:
    need = sum(needs_user(state) for state in states)
    found = [words.status(state, options) for state in states]
    risk, spent = found.count(Status.WARN), found.count(Status.EXHAUSTED)
    parts = [
        (need, "needs you" if need == 1 else "need you", Tone.NEED),
        (spent, "exhausted", Tone.BAD),
        (risk, "at risk", Tone.WARN),
    ]
    return [line((f"{number} {text}", tone)) for number, text, tone in parts if number]


def _clocks(states: Sequence[AccountState], options: ViewOptions) -> list[Line]:
    here = options.now.astimezone(options.zone)
    zone = getattr(options.zone, "key", None) or here.tzname() or ""
    now = f"{here:%H:%M}"
    nexts = [state.next_at for state in states if state.next_at and state.next_at > options.now]
    forms = [f"{zone} {now}".strip(), now]
    if nexts:
        following = words.clock(min(nexts), options)
        forms.insert(0, words.say(f"next refresh {following} · {forms[0]}", options))
    return [line((form, Tone.DIM)) for form in forms]
