"""The whole dashboard as lines, for a board, a size and the options: what the widgets then only have to draw.

Layouts are imported when their density is first wanted, which keeps the others off the way to the first frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aic_tui.models import AccountState
from aic_tui.services.monitor import Found
from aic_tui.ui.arrangement import RANKING_PADDING, Room, card_body_rows, card_shape, list_shape, move_in, rows_below
from aic_tui.ui.board import Board
from aic_tui.ui.empty import no_accounts, no_match, not_readable
from aic_tui.ui.widgets.accounts_view import Block, GridShape
from aic_tui.ui.widgets.provider_panel import INNER_GAP, LIST_GAP, list_rows, panel
from aic_tui.view.density import Density
from aic_tui.view.spans import Line, Span, ViewOptions, pad

_SIDE_PADDING = 2  # cells on each side of the history


class Picture(NamedTuple):
    """``accounts_rows`` is the height of the accounts; ``below`` may be empty, then they take all the room."""

    ranking: tuple[Line, ...]
    shape: GridShape
    blocks: tuple[Block, ...]
    accounts_rows: int
    below: tuple[Line, ...]


class Keys(NamedTuple):
    """The keys that an empty dashboard names, as they are shown: those that add an account and sign in ("" where that
    is not possible), and the one that leads to the repair of a configuration that cannot be read ("" while it can)."""

    add: str = ""
    login: str = ""
    repair: str = ""


NO_KEYS = Keys()


def picture(
    board: Board, room: Room, options: ViewOptions, findings: Sequence[Found] | None, keys: Keys = NO_KEYS
) -> Picture:
    """What stands in ``room``, header and footer aside. ``findings`` is for a board without accounts, and so is
    ``keys``, which lead to what helps."""
    ranked: tuple[Line, ...] = ()
    if room.ranking_cells and board.states:
        from aic_tui.view.ranking import ranking

        ranked = ranking(board.states, options, room.ranking_cells - RANKING_PADDING, room.main_rows - 1)
    if not board.shown:
        shape, blocks = _message(board, room, options, findings, keys)
        return Picture(ranked, shape, blocks, room.main_rows, ())
    shape, blocks = _blocks(board, room, options)
    needed = shape.height(len(blocks))
    below = _below(board, room, options, rows_below(room, needed))
    return Picture(ranked, shape, blocks, needed if below else room.main_rows, below)


def _message(
    board: Board, room: Room, options: ViewOptions, findings: Sequence[Found] | None, keys: Keys
) -> tuple[GridShape, tuple[Block, ...]]:
    """Words in place of accounts: there are none, or none that match."""
    indent = 2 if room.main_cells >= 28 else 0
    cells = room.main_cells - 2 * indent
    if board.states:
        lines = no_match(board.wanted, options)
    else:
        lines = (
            not_readable(keys.repair, cells)
            if keys.repair
            else no_accounts(findings, options, cells, keys.add, keys.login)
        )
    if room.main_rows < len(lines):
        lines = tuple(spans for spans in lines if spans)
    indented = tuple(pad((Span(" " * indent), *spans), room.main_cells) for spans in lines)
    return GridShape(1, room.main_cells, len(lines)), (Block("", indented),)


def _blocks(board: Board, room: Room, options: ViewOptions) -> tuple[GridShape, tuple[Block, ...]]:
    shown = board.shown
    if room.density is Density.STRIP:
        from aic_tui.view.strip import strip

        lines = strip(shown, options, room.main_cells, room.main_rows, board.selected_id)
        return GridShape(1, room.main_cells, room.main_rows), (Block("", lines),)
    if room.density is Density.LIST:
        shape = list_shape(room, len(shown))
        return shape, tuple(_row_block(state, board, shape, options) for state in shown)
    return _cards(shown, board, room, options)


def start_at_worst(board: Board, room: Room, options: ViewOptions) -> None:
    """A strip names the worst account first, so that is where its keys begin."""
    if room.density is Density.STRIP and board.shown:
        from aic_tui.view.strip import strip_order

        board.select(strip_order(board.shown, options)[0].account_id)


def account_towards(
    board: Board, room: Room, options: ViewOptions, shape: GridShape, page_rows: int, way: str
) -> str | None:
    """The id of the account that a cursor key leads to. A strip has an order and columns of its own."""
    if room.density is not Density.STRIP:
        index = move_in(shape, len(board.shown), board.index, way, page_rows)
        return board.shown[index].account_id if board.shown else None
    from aic_tui.view.strip import strip_columns, strip_order

    ids = [state.account_id for state in strip_order(board.shown, options)]
    if board.selected_id not in ids:
        return None
    columns = strip_columns(board.shown, options, room.main_cells, room.main_rows, board.selected_id)
    grid = GridShape(columns, 1, 1)
    return ids[move_in(grid, len(ids), ids.index(board.selected_id), way, room.main_rows)]


def _row_block(state: AccountState, board: Board, shape: GridShape, options: ViewOptions) -> Block:
    from aic_tui.view.row import row

    chosen = state.account_id == board.selected_id
    rows = row(state, options, shape.cells - LIST_GAP)
    return Block(state.account_id, list_rows(rows, shape.cells, selected=chosen, ascii_only=options.ascii))


def _cards(
    shown: Sequence[AccountState], board: Board, room: Room, options: ViewOptions
) -> tuple[GridShape, tuple[Block, ...]]:
    from aic_tui.view.card import card

    rows = card_body_rows(room, len(shown))
    shape = card_shape(room, len(shown), rows + 2)
    points = [board.points.get(state.account_id, ()) for state in shown]
    cells = shape.cells - INNER_GAP
    cards = [card(state, recorded, options, cells, rows) for state, recorded in zip(shown, points, strict=True)]
    blocks = tuple(
        Block(
            state.account_id,
            panel(
                one,
                shape.cells,
                shape.rows,
                selected=state.account_id == board.selected_id,
                ascii_only=options.ascii,
            ),
        )
        for state, one in zip(shown, cards, strict=True)
    )
    return shape, blocks


def _below(board: Board, room: Room, options: ViewOptions, rows: int) -> tuple[Line, ...]:
    state = board.selected
    if state is None or not rows:
        return ()
    from aic_tui.view.card import card

    cells = room.main_cells - 2 * _SIDE_PADDING
    title = card(state, (), options, cells).title
    points = board.points.get(state.account_id)
    if points is None:  # not read yet, as in the first frame; the room is kept for it
        return (title,)
    from aic_tui.ui.widgets.history_pane import history_pane

    return history_pane(title, state, points, options, cells, rows)
