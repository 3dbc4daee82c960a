"""Rows of text for people: an aligned table where it fits, else one block per row. Nothing is ever cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aic_tui.text import cell_width

_GAP = "  "
_NARROWEST = 20


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> str:
    """``rows`` under ``headings`` in at most ``width`` cells (None: as wide as needed), ending with a line break.

    Where the columns do not fit side by side, each row becomes a block: its first cell, then the others indented
    and named, broken over lines.
    """
    widths = [max(cell_width(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
    if width is None or sum(widths) + len(_GAP) * (len(widths) - 1) <= width:
        lines = [
            _GAP.join(_padded(cell, size) for cell, size in zip(row, widths, strict=True)) for row in (headings, *rows)
        ]
        return "".join(f"{line.rstrip()}\n" for line in lines)
    room = max(width, _NARROWEST)
    return "".join(f"{line}\n" for row in rows for line in _block(headings, row, room))


def wrapped(text: str, width: int, first: str = "", later: str = "") -> Iterator[str]:
    """``text`` in lines of at most ``width`` cells, broken at blanks where possible, with what each begins with."""
    line, empty = first, True
    for word in text.split():
        rest = word
        if not empty and cell_width(f"{line} {rest}") <= width:
            line = f"{line} {rest}"
            continue
        if not empty:
            yield line
            line, empty = later, True
        while cell_width(line + rest) > width:
            size = _fitting(rest, width - cell_width(line))
            yield line + rest[:size]
            line, rest = later, rest[size:]
        line, empty = line + rest, False
    yield line


def _block(headings: Sequence[str], row: Sequence[str], width: int) -> Iterator[str]:
    yield from wrapped(row[0], width, later="  ")
    for heading, cell in zip(headings[1:], row[1:], strict=True):
        if cell:
            yield from wrapped(cell, width, f"  {heading}: ", "    ")


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_width(text))


def _fitting(text: str, width: int) -> int:
    """How many leading characters fit; at least one, so that every line makes progress."""
    used = 0
    for position, character in enumerate(text):
        used += cell_width(character)
        if used > width:
            return max(position, 1)
    return len(text)
