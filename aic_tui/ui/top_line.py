"""The first line: what all accounts come to, and what the user has switched on."""

from __future__ import annotations

from aic_tui.services.monitor import Monitor
from aic_tui.ui.board import Board
from aic_tui.view.header import header
from aic_tui.view.spans import Line, ViewOptions

_LONGEST_FILTER = 20


def badges(board: Board, monitor: Monitor, options: ViewOptions, *, not_saving: bool = False) -> list[str]:
    """What is not as usual, the most important first."""
    found = []
    if board.wanted:
        found.append("filter ***" if options.privacy else f"filter {board.wanted.strip()[:_LONGEST_FILTER]}")
    if monitor.config.broken:
        found.append("config broken")
    elif monitor.config.read_only:
        found.append("config read-only")
    elif not_saving:
        found.append("not saving")
    if monitor.is_demo:
        found.append("demo")
    if options.privacy:
        found.append("privacy")
    if monitor.notices and not monitor.is_demo:
        found.append("see doctor")
    if word := board.order.word(ascii_only=options.ascii):
        found.append(word)
    return found


def top_line(board: Board, monitor: Monitor, options: ViewOptions, cells: int, *, not_saving: bool = False) -> Line:
    """One line of ``cells``."""
    shown = len(board.shown) if board.wanted else None
    marks = badges(board, monitor, options, not_saving=not_saving)
    return header(board.states, options, cells, marks, shown, monitor.reading_share)
