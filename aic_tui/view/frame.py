"""A card's border as text, with the title and the age in its upper edge."""

from __future__ import annotations

from aic_tui.view.card import Card
from aic_tui.view.spans import EMPTY, Line, Span, Tone, line, pad, width

PADDING = 4  # one line and one blank on each side

_ROUND = ("╭", "─", "╮", "│", "╰", "╯")
_ASCII = ("+", "-", "+", "|", "+", "+")


def frame(card: Card, cells: int, *, ascii_only: bool = False, tone: Tone = Tone.TRACK) -> tuple[Line, ...]:
    """``card`` (laid out for ``cells`` - 4) in a border ``cells`` wide; the border is in ``tone``."""
    left, flat, right, side, low_left, low_right = _ASCII if ascii_only else _ROUND
    title, age = card.title, card.age
    rule = cells - PADDING - width(title) - 1 - (width(age) + 1 if age else -1)
    ruled = line((f"{left} ", tone), *title, (f" {flat * rule}" if rule > 0 else "", tone))
    aged = line((" ", tone), *age, (" ", tone)) if age else EMPTY
    top = pad((*ruled, *aged), cells - 1)
    body = [(Span(f"{side} ", tone), *pad(row, cells - PADDING), Span(f" {side}", tone)) for row in card.body]
    bottom = line((low_left + flat * max(cells - 2, 0) + low_right, tone))
    return ((*top, Span(right, tone)), *body, bottom)
