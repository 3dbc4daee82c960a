"""Where the parts of the dashboard go in a terminal of a given size. Pure arithmetic in cells."""

from __future__ import annotations

from typing import NamedTuple

from aic_tui.ui.widgets.accounts_view import GridShape
from aic_tui.view.density import LEFT_COLUMN, Density, card_columns, density

RANKING_PADDING = 3  # two cells before the ranking and one behind it
_GAP = 1
_BELOW_ROWS = 11  # fewer are no room for a plot with its axes


class Room(NamedTuple):
    """What a terminal offers. ``main_cells`` x ``main_rows`` is the room for accounts and what stands below them."""

    density: Density
    header: bool
    footer: bool
    ranking_cells: int
    main_cells: int
    main_rows: int

    @property
    def cells(self) -> int:
        """The whole width."""
        return self.ranking_cells + self.main_cells


def room_in(width: int, height: int) -> Room:
    """The room in a terminal of ``width`` x ``height``. Very low ones give up the header, then the footer."""
    kind = density(width, height)
    header, footer = height >= 8, height >= 3
    ranking = LEFT_COLUMN + RANKING_PADDING if kind is Density.WIDE else 0
    return Room(kind, header, footer, ranking, max(width - ranking, 1), max(height - header - footer, 1))


def card_shape(room: Room, count: int, rows: int) -> GridShape:
    """The grid of ``count`` cards of ``rows`` rows: equal widths, with a column left for the scroll bar if needed."""
    columns = card_columns(room.main_cells)
    cells = room.main_cells - (-(-count // columns) * rows > room.main_rows)
    each = (cells - _GAP * (columns - 1)) // columns
    gap = (cells - each * columns) // (columns - 1) if columns > 1 else 0
    return GridShape(columns, each, rows, gap)


def card_body_rows(room: Room, count: int) -> int:
    """The rows inside a card: one more than usual when there is room for that and for history below."""
    from aic_tui.view.card import CARD_ROWS

    layers = -(-count // card_columns(room.main_cells))
    return CARD_ROWS + (room.main_rows - layers * (CARD_ROWS + 3) >= 2 * _BELOW_ROWS)


def list_shape(room: Room, count: int) -> GridShape:
    """The grid of a list: two rows an account, over the whole width."""
    return GridShape(1, max(room.main_cells - (count * 2 > room.main_rows), 1), 2)


def rows_below(room: Room, needed: int) -> int:
    """The rows for the selected account's history under accounts that need ``needed`` rows; 0 when too few are left."""
    left = room.main_rows - needed
    return left if left >= _BELOW_ROWS and room.density is not Density.STRIP else 0


def move_in(shape: GridShape, count: int, index: int, way: str, page_rows: int) -> int:
    """The index that a cursor key leads to from ``index``; it never leaves the grid and never jumps around an edge."""
    last = count - 1
    steps = {
        "left": -1 if index % shape.columns else 0,
        "right": 1 if (index + 1) % shape.columns else 0,
        "up": -shape.columns,
        "down": shape.columns,
        "pageup": -shape.columns * page_rows,
        "pagedown": shape.columns * page_rows,
        "home": -index,
        "end": last - index,
    }
    target = index + steps[way]
    if way == "up" and target < 0:
        return index
    if way == "down" and target > last:
        same_row = index // shape.columns == last // shape.columns
        return index if same_row else last
    return max(0, min(target, last))
