"""One login as lines: the code large and once as text, the address, and what it waits for, in any room. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from aic_tui import format as fmt
from aic_tui.login import LoginState, Stage
from aic_tui.models import AccountState, Status
from aic_tui.view import login_words as told
from aic_tui.view.big_code import big_code, spaced_code
from aic_tui.view.card import card
from aic_tui.view.frame import PADDING, frame
from aic_tui.view.paragraph import broken
from aic_tui.view.spans import EMPTY, Line, Span, Tone, ViewOptions, first_fitting, line, text_of
from aic_tui.view.words import fit_name, say

_MEASURE = 60  # cells; wider lines are no easier to read
_HIGH = 5  # the page begins below this part of the room, at every stage at the same height
_BIG_ROWS = 9  # with fewer, the code is plain text alone
_FIGURES = 52
_SOON = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Beside:
    """What the layout shows besides the login.

    ``opens`` is the key that opens a browser on this machine, "" where none does; ``store`` is where the token shall
    go; ``account`` is the account's state once there is one. ``unwatched`` says why no figures come: the account is
    "off" or "hidden"; "" where they do.
    """

    opens: str = ""
    store: str = "keyring"
    account: AccountState | None = None
    unwatched: str = ""


class _Part(NamedTuple):
    """Lines that belong together. ``tight`` is the place among the others where room is scarce; None for what is
    left out there. ``gap`` is False where no empty line goes before it."""

    tight: int | None
    lines: Sequence[Line]
    gap: bool = True


def title(state: LoginState, options: ViewOptions, cells: int) -> Line:
    """The first line of the screen."""
    head = line(("Sign in to GitHub", Tone.STRONG))
    whole = line(*head, (f"  {told.account_words(state.target, options)}", Tone.DIM))
    return first_fitting([whole, head, line(("Sign in", Tone.STRONG))], cells)


def login_lines(state: LoginState, beside: Beside, options: ViewOptions, cells: int, rows: int) -> list[Line]:
    """``state`` as lines of at most ``cells``: calm and in the middle where they fit into ``rows`` with room between
    them, else close together with what matters first. Paths in ``state`` are to be those that may be shown."""
    measure = min(cells, _MEASURE)
    parts = [part for part in _parts(state, beside, options, measure, rows) if part.lines]
    shown: list[Line] = []
    for part in parts:
        shown += [EMPTY, *part.lines] if shown and part.gap else part.lines
    if len(shown) <= rows:
        shown = [*[EMPTY] * min(rows // _HIGH, rows - len(shown)), *shown]
    else:
        kept = sorted((part.tight, number) for number, part in enumerate(parts) if part.tight is not None)
        shown = [spans for _, number in kept for spans in parts[number].lines]
    indent = (cells - measure) // 2
    return [(Span(" " * indent), *spans) if spans and indent else spans for spans in shown]


def _parts(state: LoginState, beside: Beside, options: ViewOptions, cells: int, rows: int) -> list[_Part]:
    """The parts of the page in the order in which they are read."""
    if state.stage is Stage.READY:
        return _ready(state, beside, options, cells)
    if state.stage is Stage.WAITING:
        return _waiting(state, beside, options, cells, rows)
    if state.stage is Stage.CONSENT:
        return _consent(state, options, cells)
    if state.stage is Stage.DONE:
        return _done(state, beside, options, cells)
    if state.is_over:
        return _ending(state, options, cells)
    return [_Part(0, _headed(None, told.waiting_words(state, options), Tone.WAIT, options, cells))]


def _ready(state: LoginState, beside: Beside, options: ViewOptions, cells: int) -> list[_Part]:
    target, host = state.target, told.host_words(state.target.host, options)
    facts = _who(state, beside, options)
    facts.insert(1, ("client", told.client_words(state.client_id)))
    standing = told.standing_words(target, options)
    if standing:
        facts.append(("has now", standing))
    if target.token_invalid:
        now = _headed(Status.AUTH_NEEDED, "The token it has was refused: sign in again.", Tone.NEED, options, cells)
    elif standing:
        now = _prose("Signed in. Enter signs in anew.", Tone.PLAIN, options, cells)
    else:
        now = []
    return [
        _Part(0, _prose(f"Enter asks {host} for a code.", Tone.STRONG, options, cells)),
        _Part(3, _prose("The code goes into a browser anywhere; nothing is sent yet.", Tone.DIM, options, cells)),
        _Part(2, _facts(facts, options, cells)),
        _Part(1, now),
    ]


def _waiting(state: LoginState, beside: Beside, options: ViewOptions, cells: int, rows: int) -> list[_Part]:
    more = f"; {beside.opens} opens it here" if beside.opens else ""
    slow = [spans for text in told.slow_words(state, options) for spans in _prose(text, Tone.WARN, options, cells)]
    trouble = told.trouble_words(state, options, short=cells < 44)
    return [
        _Part(None, _prose(f"Open this address on any machine{more}", Tone.DIM, options, cells)),
        # Whole under privacy, too: without it nobody could sign in.
        _Part(1, _prose(state.page or "", Tone.ACCENT, options, cells), gap=False),
        _Part(None, _prose("and enter this code", Tone.DIM, options, cells)),
        _Part(0, _code(state, options, cells, rows)),
        _Part(2, _headed(None, told.waiting_words(state, options), Tone.WAIT, options, cells)),
        _Part(3, _prose(trouble, Tone.WARN, options, cells) if trouble else (), gap=False),
        _Part(4, slow, gap=False),
        _Part(5, _facts(_who(state, beside, options), options, cells)),
    ]


def _code(state: LoginState, options: ViewOptions, cells: int, rows: int) -> list[Line]:
    """The code in large letters where there is room, and always once as text that can be selected."""
    code = state.user_code or ""
    large = spaced_code(code, cells) if options.ascii else big_code(code, cells)
    lines = [line((row, Tone.ACCENT)) for row in large] if rows >= _BIG_ROWS else []
    plain = line((code, Tone.STRONG))
    if state.expires_at is None:
        return [*lines, plain]
    tone = Tone.WARN if state.expires_at - options.now < _SOON else Tone.DIM
    forms = [line((text, tone)) for text in told.validity(state.expires_at, options)]
    beside = first_fitting([line(*plain, "  ", *form) for form in forms], cells)
    return [*lines, beside] if beside else [*lines, plain, first_fitting(forms, cells)]


def _consent(state: LoginState, options: ViewOptions, cells: int) -> list[_Part]:
    mark = say("▢" if not options.ascii else "!", options)
    return [
        _Part(0, _prose(state.why or "There is no keyring here.", Tone.WARN, options, cells)),
        _Part(
            1,
            [
                *_prose("The token would go to", Tone.PLAIN, options, cells),
                *_prose(state.path or "", Tone.STRONG, options, cells),
            ],
        ),
        _Part(3, _prose(told.OPEN_FILE, Tone.PLAIN, options, cells)),
        _Part(
            4, _prose(f"The list of accounts marks it with {mark} as long as it is there.", Tone.DIM, options, cells)
        ),
        _Part(
            2,
            [*_key("y", "keeps it there", cells), *_key("n", "forgets it, nothing is written", cells)],
        ),
    ]


def _done(state: LoginState, beside: Beside, options: ViewOptions, cells: int) -> list[_Part]:
    who = fmt.masked(state.username, options.privacy) or ""
    head = _headed(Status.OK, f"Signed in as {who}" if who else "Signed in", Tone.OK, options, cells)
    kept = _prose(f"Token kept in {told.store_words(state.kept_in or beside.store)}", Tone.DIM, options, cells)
    account = beside.account
    if beside.unwatched:
        return [
            _Part(0, [*head, *kept]),
            _Part(1, _prose(told.unwatched(beside.unwatched), Tone.PLAIN, options, cells)),
        ]
    if account is None or (account.snapshot is None and account.failure is None):
        return [
            _Part(0, [*head, *kept]),
            _Part(1, _prose("The first figures are on their way.", Tone.WAIT, options, cells)),
        ]
    room = min(cells, _FIGURES)
    if room < PADDING + 12:
        return [_Part(0, [*head, *kept])]
    shown = card(account, (), options, room - PADDING)
    filled = [spans for spans in shown.body if text_of(spans).strip()]
    panel = frame(replace(shown, body=tuple(filled)), room, ascii_only=options.ascii)
    return [_Part(0, [*head, *kept]), _Part(1, panel)]


def _ending(state: LoginState, options: ViewOptions, cells: int) -> list[_Part]:
    what, advice = told.ending(state, options)
    passing = state.stage in (Stage.CANCELLED, Stage.DECLINED, Stage.EXPIRED)
    head = _headed(None if passing else Status.AUTH_NEEDED, what, Tone.WAIT if passing else Tone.NEED, options, cells)
    rest = [f"{advice[0].upper()}{advice[1:]}"] if advice else []
    said = [spans for text in rest for spans in _prose(text, Tone.PLAIN, options, cells)]
    if state.stage is Stage.NOT_STORED and state.user_code:  # a token was made out
        said += _prose(
            f"The grant at GitHub stays until you revoke it: {told.grants_page(state.target.host, options)}",
            Tone.DIM,
            options,
            cells,
        )
    return [
        _Part(0, head),
        _Part(1, said),
        _Part(2, _prose("Enter asks for a new code. Escape goes back.", Tone.DIM, options, cells)),
    ]


# -- pieces


def _who(state: LoginState, beside: Beside, options: ViewOptions) -> list[tuple[str, str]]:
    return [
        ("account", told.account_words(state.target, options)),
        ("scope", told.scope_words(state.scope)),
        ("kept in", told.store_words(beside.store)),
    ]


def _prose(text: str, tone: Tone, options: ViewOptions, cells: int) -> list[Line]:
    return [line((row, tone)) for row in broken(say(text, options), cells)]


def _headed(word: Status | None, text: str, tone: Tone, options: ViewOptions, cells: int) -> list[Line]:
    """A sentence behind the glyph of a state; both in its tone."""
    glyph = fmt.status_glyph(word, ascii_only=options.ascii)
    rows = broken(say(text, options), max(cells - 2, 1))
    return [line((f"{glyph if number == 0 else ' '} {row}", tone)) for number, row in enumerate(rows)]


def _key(key: str, does: str, cells: int) -> list[Line]:
    rows = broken(does, max(cells - 2, 1))
    return [line((" " if number else key, Tone.ACCENT), f" {row}") for number, row in enumerate(rows)]


def _facts(facts: Sequence[tuple[str, str]], options: ViewOptions, cells: int) -> list[Line]:
    """Labels in one column, what they say in the next."""
    column = 10 if cells >= 48 else 8
    lines: list[Line] = []
    for label, text in facts:
        for number, row in enumerate(broken(say(text, options), max(cells - column, 8))):
            lead = fit_name("" if number else label, column)
            lines.append(line((f"{lead:{column}}", Tone.DIM), row))
    return lines
