"""Lines of text with meaning in place of colour, and the arithmetic of fitting them into a width.

Everything in ``view`` is a pure function of values: no clock, no terminal, no widget. Textual widgets and the plain
dashboard draw the same lines. Widths are terminal cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

from aic_tui import format as fmt
from aic_tui.text import cell_width

Show = fmt.Show


class Tone(StrEnum):
    """What a piece of text means. Themes turn tones into colours; nothing here knows any colour."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    ACCENT = "accent"
    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    NEED = "need"
    WAIT = "wait"
    TRACK = "track"


class Span(NamedTuple):
    """A piece of one line in one tone."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Span, ...]
EMPTY: Line = ()


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """What every view needs to know besides the figures.

    ``show`` decides whether numbers, bars and words tell what is used or what is left. ``warn_percent`` is the
    percent used from which an account counts as at risk; figures older than ``cache_ttl_seconds`` are dimmed.
    ``keys`` is True where advice may name a key to press, and False on paper.
    """

    now: datetime
    zone: tzinfo
    show: Show = "used"
    privacy: bool = False
    ascii: bool = False
    warn_percent: int = 80
    cache_ttl_seconds: int = 300
    keys: bool = False


def line(*parts: Span | tuple[str, Tone] | str) -> Line:
    """A line of ``parts``; plain strings get the plain tone, empty ones are left out."""
    spans = (Span(part) if isinstance(part, str) else Span(*part) for part in parts)
    return tuple(span for span in spans if span.text)


def width(spans: Iterable[Span]) -> int:
    """The width of a line in cells."""
    return sum(cell_width(span.text) for span in spans)


def text_of(spans: Iterable[Span]) -> str:
    """The line without its tones."""
    return "".join(span.text for span in spans)


def toned(spans: Line, tone: Tone) -> Line:
    """The same words, all in one tone."""
    return tuple(Span(span.text, tone) for span in spans)


def crop(spans: Line, cells: int) -> Line:
    """The line's first ``cells`` cells. For names only: a number is dropped whole, never cropped."""
    kept: list[Span] = []
    room = cells
    for text, tone in spans if cells > 0 else ():  # where there is no room, there is none for a bare accent either
        used = cell_width(text)
        if used <= room:
            kept.append(Span(text, tone))
            room -= used
            continue
        if cut := crop_text(text, room):
            kept.append(Span(cut, tone))
        break
    return tuple(kept)


def crop_text(text: str, cells: int) -> str:
    """The longest beginning of ``text`` that fits into ``cells``."""
    while text and cell_width(text) > cells:
        text = text[:-1]
    return text.rstrip("\u200d")  # a joiner at the end would swallow whatever is drawn next


def pad(spans: Line, cells: int) -> Line:
    """The line filled with blanks to exactly ``cells``; cropped if it should be longer."""
    if cells <= 0:
        return ()
    room = cells - width(spans)
    if room < 0:
        return pad(crop(spans, cells), cells)
    return (*spans, Span(" " * room)) if room else spans


def right(spans: Line, cells: int) -> Line:
    """The line moved to the right edge of ``cells``."""
    room = cells - width(spans)
    return (Span(" " * room), *spans) if room > 0 else spans


def join(parts: Sequence[Line], separator: Span) -> Line:
    """The non-empty ``parts`` with ``separator`` between them."""
    joined: list[Span] = []
    for part in parts:
        if not part:
            continue
        if joined:
            joined.append(separator)
        joined.extend(part)
    return tuple(joined)


def first_fitting(candidates: Iterable[Line], cells: int) -> Line:
    """The first of ``candidates`` (best first) that fits into ``cells``; the empty line when none does."""
    return next((candidate for candidate in candidates if width(candidate) <= cells), EMPTY)


def join_fitting(parts: Sequence[Line], separator: Span, cells: int) -> Line:
    """As many of ``parts`` from the front as fit whole into ``cells``, joined; later parts are dropped first."""
    for count in range(len(parts), 0, -1):
        joined = join(parts[:count], separator)
        if width(joined) <= cells:
            return joined
    return EMPTY


def spread(left: Line, end: Line, cells: int, gap: int = 1) -> Line:
    """``left`` at the left edge and ``end`` at the right one; ``end`` is dropped when there is no room for both."""
    room = cells - width(left) - width(end)
    if not end or room < gap:
        return pad(left, cells)
    return (*left, Span(" " * room), *end) if room else (*left, *end)
