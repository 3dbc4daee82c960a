"""The list of accounts as lines: where each key comes from, where it is kept, and how the last test went. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aic_tui import format as fmt
from aic_tui.models import Failure, Status
from aic_tui.services.editing import AccountRow, KeyStore
from aic_tui.text import cell_width
from aic_tui.view import words
from aic_tui.view.spans import Line, Span, Tone, ViewOptions, join_fitting, line, pad, right, spread, width

_ORIGIN = 24  # cells; with fewer for where keys come from, accounts are two lines each
_LEAD = 4  # the mark of the selected one, the glyph, and a blank behind each
_GAP = 2


@dataclass(frozen=True, slots=True)
class RowView:
    """What every line of the list needs. ``home`` is shown as ``~``; ``public`` are variables that tell nobody's
    name."""

    options: ViewOptions
    home: str
    public: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Columns:
    name: int
    provider: int
    origin: int
    test: int
    marks: int


def list_lines(rows: Sequence[AccountRow], chosen: int, view: RowView, cells: int) -> tuple[list[Line], list[int]]:
    """Every account with its problem below it, and the line on which each begins."""
    columns = _columns(rows, view, cells)
    lines: list[Line] = []
    places = []
    for number, row in enumerate(rows):
        places.append(len(lines))
        pointer = Span((">" if view.options.ascii else "▌") if number == chosen else " ", Tone.ACCENT)
        found = [_one_line(row, view, columns)] if columns else _two_lines(row, view, cells - _LEAD)
        lead = line(pointer, " ", _glyph(row, view.options), " ")
        lines.append((*lead, *found[0]))
        lines += [(pointer, Span(" " * (_LEAD - 1)), *spans) for spans in found[1:]]
        lines += problem_lines(row, view, cells, _LEAD)
    return lines, places


def problem_lines(row: AccountRow, view: RowView, cells: int, indent: int) -> list[Line]:
    """What is wrong with this account, in whole words."""
    if not row.problem:
        return []
    text = words.say(fmt.MASK if view.options.privacy and "/" in row.problem else row.problem, view.options)
    rows = words.wrap(text, cells - indent, 6) or [text]
    return [line(" " * indent, (piece, Tone.WARN)) for piece in rows]


def name_of(row: AccountRow, options: ViewOptions) -> str:
    """The user's name for the account, or the provider's; under privacy only the provider's."""
    label = row.account.name or (row.state.label if row.state else None) or row.provider_name
    if not options.privacy or label == row.provider_name:
        return label
    return f"{row.provider_name} {fmt.MASK}"


def selected_lines(row: AccountRow, view: RowView, cells: int) -> list[Line]:
    """The selected account in full: where its key comes from, where it is asked, and what the last test said."""
    options, account = view.options, row.account
    known = fmt.MASK if options.privacy and account.id != account.provider_id else account.id
    lines = [line((words.fit_name(name_of(row, options), cells), Tone.STRONG))]
    told: list[tuple[str, str, Tone]] = [("id", known, Tone.PLAIN), ("key", _whole_origin(row, view), Tone.PLAIN)]
    if account.base_url:
        told.append(("address", fmt.MASK if options.privacy else account.base_url, Tone.PLAIN))
    told.append(("last test", _test_sentence(row, options), test_words(row, options)[1]))
    for label, text, tone in told:
        pieces = words.wrap(text, max(cells - 11, 8), 3) or _broken(text, max(cells - 11, 8))
        for number, piece in enumerate(pieces):
            lines.append(line((f"{'' if number else label:11}", Tone.DIM), (piece, tone)))
    return lines


def lock(store: KeyStore, options: ViewOptions) -> str:
    """The mark of a place that keeps keys: locked for the keyring, open for the file; two cells wide.

    No lock from the emoji: many terminals on servers have no such font, and disagree about its width.
    """
    marks = {KeyStore.KEYRING: ("▣ ", "# "), KeyStore.FILE: ("▢ ", "! ")}
    return marks.get(store, ("  ", "  "))[options.ascii]


def store_words(store: KeyStore) -> str:
    """Where a key is kept, in words."""
    return {
        KeyStore.ENVIRONMENT: "an environment variable",
        KeyStore.KEYRING: "the system keyring",
        KeyStore.FILE: "a file, not encrypted",
        KeyStore.OTHER_TOOL: "another tool's login, read in place",
        KeyStore.NONE: "no key",
    }[store]


def shown_origin(origin: str, view: RowView) -> str:
    """A path or variable as it may be shown."""
    if "/" in origin or "\\" in origin:
        if view.options.privacy:
            return f"{fmt.MASK}/{origin.replace(chr(92), '/').rpartition('/')[2]}"
        return f"~{origin[len(view.home) :]}" if view.home and origin.startswith(f"{view.home}/") else origin
    if view.options.privacy and origin and origin not in view.public:
        return fmt.MASK
    return origin


def test_words(row: AccountRow, options: ViewOptions) -> tuple[str, Tone]:
    """How the last question to the provider went, with its age: ("works · 2m ago", …)."""
    at, failure = _last_test(row)
    if not row.account.enabled and row.trial is None:
        return "never asked", Tone.DIM
    if at is None:
        return "not tested", Tone.DIM
    when = fmt.ago(at, options.now)
    if failure is None:
        return words.say(f"works · {when}", options), Tone.DIM
    what = fmt.failure_text(failure, options.zone, options.now).what
    return words.say(f"{what} · {when}", options), Tone.NEED


def _last_test(row: AccountRow) -> tuple[datetime | None, Failure | None]:
    state, trial = row.state, row.trial
    at = failure = None
    if state is not None:
        at, failure = (state.failure.at, state.failure) if state.failure else (state.fetched_at, None)
    if trial is not None and (at is None or trial.at >= at):
        return trial.at, trial.failure
    return at, failure


def _test_sentence(row: AccountRow, options: ViewOptions) -> str:
    _, failure = _last_test(row)
    if failure is None:
        return test_words(row, options)[0]
    return words.say(fmt.failure_sentence(failure, options.zone, options.now, keys=options.keys), options)


def _glyph(row: AccountRow, options: ViewOptions) -> Span:
    if not row.account.enabled:
        return Span(words.say("–", options), Tone.DIM)
    _, failure = _last_test(row)
    if row.state is not None and failure is row.state.failure:
        return words.glyph(row.state, options)
    if failure is None and row.trial is not None:
        return Span(fmt.status_glyph(Status.OK, ascii_only=options.ascii), Tone.OK)
    if failure is not None:
        return Span(fmt.status_glyph(Status(failure.kind), ascii_only=options.ascii), Tone.NEED)
    return Span(fmt.status_glyph(None, ascii_only=options.ascii), Tone.WAIT)


def _marks(row: AccountRow, options: ViewOptions) -> str:
    account = row.account
    found = [
        *([] if account.enabled else ["off"]),
        *(["pinned"] if account.pinned else []),
        *(["hidden"] if account.hidden else []),
    ]
    return words.say(" · ".join(found), options)


def _origins(row: AccountRow, view: RowView) -> list[str]:
    """Where the key comes from, the longest form first."""
    origin = shown_origin(row.origin, view)
    if row.store is KeyStore.KEYRING:
        return ["system keyring", "keyring"]
    if row.store is KeyStore.ENVIRONMENT:
        return [f"env:{origin}"]
    if row.store is KeyStore.FILE:
        return [origin, origin.replace("\\", "/").rpartition("/")[2], "file"]
    if row.store is KeyStore.OTHER_TOOL:
        tool = (row.account.key or "").partition(":")[2] or "another tool"
        return [origin, f"login of {tool}", tool]
    return [origin, "no key"] if origin else ["no key"]


def _whole_origin(row: AccountRow, view: RowView) -> str:
    mark = lock(row.store, view.options).strip()
    told = [shown_origin(row.origin, view)] if row.origin else []
    if row.store is KeyStore.ENVIRONMENT:
        told = [f"variable {told[0]}"] if told else told
    elif row.store is not KeyStore.KEYRING or not told:
        told.append(store_words(row.store))
    return f"{mark} {', '.join(told)}".strip()


def _provider(row: AccountRow, options: ViewOptions) -> str:
    """The provider's name where the account's own name does not say it already."""
    return "" if name_of(row, options) == row.provider_name else row.provider_name


def _fit_origin(row: AccountRow, view: RowView, cells: int) -> str:
    forms = _origins(row, view)
    return next((form for form in forms if cell_width(form) <= cells), words.fit_name(forms[-1], cells))


def _columns(rows: Sequence[AccountRow], view: RowView, cells: int) -> _Columns | None:
    """The widths of the columns; None where two lines for each account tell more."""
    options = view.options
    name = min(max((cell_width(name_of(row, options)) for row in rows), default=0), 26 if cells >= 100 else 18)
    provider = min(max((cell_width(_provider(row, options)) for row in rows), default=0), 14)
    test = min(max((cell_width(test_words(row, options)[0]) for row in rows), default=0), 24)
    marks = max((cell_width(_marks(row, options)) for row in rows), default=0)
    taken = _LEAD + name + _GAP + provider + _GAP + 3 + _GAP + test + (_GAP + marks if marks else 0)
    longest = max((cell_width(_origins(row, view)[0]) for row in rows), default=0)
    room = cells - taken
    return _Columns(name, provider, min(longest, room), test, marks) if room >= min(longest, _ORIGIN) else None


def _one_line(row: AccountRow, view: RowView, columns: _Columns) -> Line:
    options = view.options
    tone = Tone.STRONG if row.account.enabled else Tone.DIM
    tested, test_tone = test_words(row, options)
    gap = Span(" " * _GAP)
    parts = [
        *pad(line((words.fit_name(name_of(row, options), columns.name), tone)), columns.name),
        gap,
        *pad(line((words.fit_name(_provider(row, options), columns.provider), Tone.DIM)), columns.provider),
        gap,
        *line((lock(row.store, options), Tone.WARN), " "),
        *pad(line((_fit_origin(row, view, columns.origin), Tone.PLAIN)), columns.origin),
        gap,
        *pad(line((words.fit_name(tested, columns.test), test_tone)), columns.test),
    ]
    marks = _marks(row, options)
    return (*parts, gap, Span(marks, Tone.ACCENT)) if marks else tuple(parts)


def _two_lines(row: AccountRow, view: RowView, cells: int) -> list[Line]:
    options = view.options
    tested, test_tone = test_words(row, options)
    name = name_of(row, options)
    tone = Tone.STRONG if row.account.enabled else Tone.DIM
    shorter = tested.partition(words.dot(options).text)[0]
    ends = [line((text, test_tone)) for text in (tested, shorter)]
    end = next((one for one in ends if width(one) + _GAP + cell_width(name) <= cells), ends[-1])
    room = cells - width(end) - _GAP
    first = spread(line((words.fit_name(name, room), tone)), end, cells)
    marks = line((_marks(row, options), Tone.ACCENT))
    mark = lock(row.store, options).strip()
    lead = line((f"{mark} ", Tone.WARN)) if mark else ()
    left = cells - width(marks) - (_GAP if marks else 0) - width(lead)
    origin = line((_fit_origin(row, view, left), Tone.DIM))
    named = line((_provider(row, options), Tone.DIM))
    told = join_fitting([origin, named], words.dot(options), left) or origin
    return [first, spread((*lead, *told), marks, cells) if marks else (*lead, *told)]


def _broken(text: str, cells: int) -> list[str]:
    """A path is broken anywhere."""
    return [text[start : start + cells] for start in range(0, len(text), cells)] or [""]


def header_line(rows: Sequence[AccountRow], options: ViewOptions, cells: int) -> Line:
    """The title of the screen with how many accounts there are and how many are off."""
    off = sum(not row.account.enabled for row in rows)
    counted = f"{len(rows)} account{'' if len(rows) == 1 else 's'}" + (f" · {off} off" if off else "")
    left = line(("Accounts", Tone.STRONG), (f"  {words.say(counted, options)}", Tone.DIM))
    badge = line(("privacy", Tone.ACCENT)) if options.privacy else ()
    return (*left, *right(badge, cells - width(left))) if badge and width(left) + 9 <= cells else left
