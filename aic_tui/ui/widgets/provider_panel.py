"""One account as a block of lines: a framed card, or two lines with a mark. Every block of a screen is equally large.

The selected block is told by the shape of its frame and by a mark, not by colour alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aic_tui.view.spans import EMPTY, Line, Span, Tone, crop, pad, width

if TYPE_CHECKING:
    from aic_tui.view.card import Card


class Frame(NamedTuple):
    """The characters of a frame: four corners, the two edges, and the mark before the title."""

    top_left: str
    top_right: str
    bottom_left: str
    bottom_right: str
    across: str
    down: str
    mark: str


_ROUND = Frame("╭", "╮", "╰", "╯", "─", "│", " ")
_HEAVY = Frame("┏", "┓", "┗", "┛", "━", "┃", "▸")
_ROUND_ASCII = Frame("+", "+", "+", "+", "-", "|", " ")
_HEAVY_ASCII = Frame("#", "#", "#", "#", "=", "#", ">")
_FRAMES = {(False, False): _ROUND, (True, False): _HEAVY, (False, True): _ROUND_ASCII, (True, True): _HEAVY_ASCII}

LIST_GAP = 2  # the mark before a list row and the blank behind it
INNER_GAP = 4  # cells that the frame and its padding take from a card's width


def panel(card: Card, cells: int, rows: int, *, selected: bool, ascii_only: bool) -> tuple[Line, ...]:
    """``card`` framed, ``cells`` wide and ``rows`` high. The age is dropped before the title is cropped."""
    frame = _FRAMES[selected, ascii_only]
    tone = Tone.ACCENT if selected else Tone.TRACK
    side_left, side_right = Span(f"{frame.down} ", tone), Span(f" {frame.down}", tone)
    body = [card.body[y] if y < len(card.body) else EMPTY for y in range(rows - 2)]
    bottom = Span(frame.bottom_left + frame.across * (cells - 2) + frame.bottom_right, tone)
    inner = cells - INNER_GAP
    return (_top(card, cells, frame, tone), *((side_left, *pad(row, inner), side_right) for row in body), (bottom,))


def _top(card: Card, cells: int, frame: Frame, tone: Tone) -> Line:
    room = cells - 4
    age = card.age if width(card.title) + width(card.age) + 2 <= room else EMPTY
    end: Line = (Span(" ", tone), *age, Span(" ", tone)) if age else (Span(frame.across, tone),)
    left: Line = (Span(f"{frame.top_left}{frame.mark}", tone), *crop(card.title, room), Span(" ", tone))
    filler = cells - width(left) - width(end) - 1
    return (*left, Span(frame.across * filler, tone), *end, Span(frame.top_right, tone))


def list_rows(row: tuple[Line, Line], cells: int, *, selected: bool, ascii_only: bool) -> tuple[Line, ...]:
    """The two lines of an account with a mark in the first column when it is the selected one."""
    mark = Span((">" if ascii_only else "▌") if selected else " ", Tone.ACCENT)
    return tuple((mark, *pad(spans, cells - LIST_GAP), Span(" ")) for spans in row)
