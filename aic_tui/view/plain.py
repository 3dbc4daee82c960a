"""The dashboard printed once: the same views without a terminal to draw on, no escape codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from aic_tui.models import AccountState, Point
from aic_tui.view.card import card
from aic_tui.view.density import CARD_MIN, LEFT_COLUMN, Density, density
from aic_tui.view.frame import PADDING, frame
from aic_tui.view.header import header
from aic_tui.view.ranking import ranking
from aic_tui.view.row import row
from aic_tui.view.spans import EMPTY, Line, Span, ViewOptions, pad, text_of
from aic_tui.view.strip import strip

_GAP = 1
_MOST_COLUMNS = 3
_UNLIMITED_ROWS = 10_000


def plain_dashboard(
    states: Sequence[AccountState],
    options: ViewOptions,
    cells: int,
    points: Mapping[str, Sequence[Point]] | None = None,
    badges: Sequence[str] = (),
) -> str:
    """Every account once, in the layout that fits ``cells``; lines have no blanks at their end.

    ``points`` by account id add the 24 hour graphs. Nothing is cut at the bottom: a pipe has no height.
    """
    cells = max(cells, 1)
    lines = [header(states, options, cells, badges), *_body(states, options, cells, points or {})]
    return "\n".join(text_of(item).rstrip() for item in lines) + "\n"


def _body(
    states: Sequence[AccountState], options: ViewOptions, cells: int, points: Mapping[str, Sequence[Point]]
) -> list[Line]:
    kind = density(cells, _UNLIMITED_ROWS)
    if kind is Density.STRIP:
        return list(strip(states, options, cells, len(states)))
    if kind is Density.LIST:
        return [item for state in states for item in row(state, options, cells)]
    if kind is Density.CARDS:
        return _cards(states, options, cells, points)
    right = _cards(states, options, cells - LEFT_COLUMN - 2, points)
    left = ranking(states, options, LEFT_COLUMN, max(len(right), len(states) + 1))
    return [
        (*pad(ranked, LEFT_COLUMN), Span("  "), *cards) for ranked, cards in zip_longest(left, right, fillvalue=EMPTY)
    ]


def _cards(
    states: Sequence[AccountState], options: ViewOptions, cells: int, points: Mapping[str, Sequence[Point]]
) -> list[Line]:
    columns = min(max((cells + _GAP) // (CARD_MIN + _GAP), 1), _MOST_COLUMNS)
    each = (cells - _GAP * (columns - 1)) // columns
    framed = [
        frame(card(state, points.get(state.account_id, ()), options, each - PADDING), each, ascii_only=options.ascii)
        for state in states
    ]
    lines: list[Line] = []
    for start in range(0, len(framed), columns):
        lines += [_beside(parts, each) for parts in zip(*framed[start : start + columns], strict=True)]
    return lines


def _beside(parts: Sequence[Line], each: int) -> Line:
    joined: list[Span] = []
    for number, part in enumerate(parts):
        joined += [Span(" " * _GAP)] if number else []
        joined += pad(part, each)
    return tuple(joined)
