"""Words in rows of a width, whatever their length: the one way to show text that may hold a path or an address."""

from __future__ import annotations

from aic_tui.text import cell_width
from aic_tui.view.words import wrap


def broken(text: str, cells: int) -> list[str]:
    """``text`` in rows of at most ``cells``, between words where that is possible."""
    cells = max(cells, 1)
    rows = wrap(text, cells, 50)
    if rows is not None:
        return rows
    pieces: list[str] = []
    for word in text.split():
        parts = _pieces(word, cells)
        if pieces and cell_width(pieces[-1]) + 1 + cell_width(parts[0]) <= cells:
            pieces[-1] += f" {parts.pop(0)}"
        pieces += parts
    return pieces


def _pieces(word: str, cells: int) -> list[str]:
    """A word that is too long, broken behind its last slash that fits, else anywhere."""
    pieces = []
    while cell_width(word) > cells:
        cut = word.rfind("/", 1, cells) + 1 or cells
        pieces.append(word[:cut])
        word = word[cut:]
    return [*pieces, word]
