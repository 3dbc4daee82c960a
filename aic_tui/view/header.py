"""The one line at the top: how many accounts, how many need the user, and what time it is where."""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui.format import status_glyph
from aic_tui.models import AccountState, Status
from aic_tui.outlook import needs_user
from aic_tui.view import words
from aic_tui.view.spans import EMPTY, Line, Span, Tone, ViewOptions, first_fitting, join, line, pad, width

TITLE = "aic-tui"


def header(states: Sequence[AccountState], options: ViewOptions, cells: int, badges: Sequence[str] = ()) -> Line:
    """The header in exactly ``cells``. ``badges`` (demo, an active filter, the sort order) stay longer than counts
    that are calm; what needs the user stays longest."""
    calls, brief = _calls(states, options), _brief_calls(states, options)
    marks = [line((badge, Tone.ACCENT)) for badge in badges]
    calm = line((f"{len(states)} account{'' if len(states) == 1 else 's'}", Tone.DIM))
    dot = words.dot(options)
    lead = line((TITLE, Tone.STRONG), "  ")
    parts = [[*marks, calm, *calls], [*marks, *calls], [*marks, *brief], [*brief, *marks[:1]], brief, marks[:1]]
    candidates = [(*front, *join(part, dot)) for part in parts for front in (lead, EMPTY) if part]
    candidates.append(line((TITLE, Tone.STRONG)))
    left = first_fitting(candidates, cells)
    end = first_fitting(_clocks(states, options), cells - width(left) - 3)
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


def _calls(states: Sequence[AccountState], options: ViewOptions) -> list[Line]:
    return [line((f"{number} {text}", tone)) for number, _, text, tone in _counts(states, options) if number]


def _brief_calls(states: Sequence[AccountState], options: ViewOptions) -> list[Line]:
    return [
        line((f"{status_glyph(status, ascii_only=options.ascii)} {number}", tone))
        for number, status, _, tone in _counts(states, options)
        if number
    ]


def _clocks(states: Sequence[AccountState], options: ViewOptions) -> list[Line]:
    here = options.now.astimezone(options.zone)
    zone = getattr(options.zone, "key", None) or here.tzname() or ""
    now = f"{here:%H:%M}"
    nexts = [state.next_at for state in states if state.next_at and state.next_at > options.now]
    forms = [f"{zone} {now}".strip(), now]
    if nexts:
        following = words.clock(min(nexts), options)
        if following != now:
            forms.insert(0, words.say(f"next refresh {following} · {forms[0]}", options))
    return [line((form, Tone.DIM)) for form in forms]
