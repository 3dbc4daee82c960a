"""A grid as a table that fits: columns are dropped, numbers shortened, the list of models broken over lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aic_tui.reports.grid import Column, Grid, Look, Money, Row, text_of
from aic_tui.text import cell_width

_GAP = "  "
_LEAST_LIST = 16
_STEPS = 6
_INDENT = "  "


def fitted(grid: Grid, width: int | None, look: Look, *, compact: bool = False) -> str:
    """The table in at most ``width`` cells (None: as wide as needed), each line with its line break.

    ``compact`` begins with the columns that no narrow table has. Where even the fewest columns do not fit, every row
    becomes a block of lines.
    """
    stages = [(step, look.short) for step in range(3)] + [(step, True) for step in range(2, _STEPS)]
    for step, short in stages[2:] if compact else stages:
        lines = _laid_out(_without(grid, step), width, look._replace(short=short, short_ids=step > 0))
        if lines is not None:
            return "".join(f"{line.rstrip()}\n" for line in lines)
    few = _without(grid, _STEPS)
    return "".join(f"{line}\n" for row in _all_rows(few) for line in _block(few, row, look, width or 0))


def wrapped(text: str, width: int | None) -> Iterator[str]:
    """``text`` over lines of at most ``width`` cells, its own indent kept on each."""
    indent = " " * (len(text) - len(text.lstrip(" ")))
    if width is None or cell_width(text) <= width:
        yield text
        return
    yield from (indent + part for part in _broken(text[len(indent) :], max(width - len(indent), 8)))


def _without(grid: Grid, step: int) -> Grid:
    kept = [place for place, column in enumerate(grid.columns) if not 0 < column.drop <= step]
    if len(kept) == len(grid.columns):
        return grid

    def cut(row: Row) -> Row:
        return row._replace(cells=tuple(row.cells[place] for place in kept))

    return grid._replace(
        columns=tuple(grid.columns[place] for place in kept),
        rows=[cut(row) for row in grid.rows],
        total=cut(grid.total) if grid.total else None,
    )


def _laid_out(grid: Grid, width: int | None, look: Look) -> list[str] | None:
    """The lines, or None where they do not fit."""
    columns = grid.columns
    rows = _all_rows(grid)
    starred = any(isinstance(cell, Money) and cell.has_more for row in rows for cell in row.cells)
    texts = [(row, _texts(row, columns, look, starred=starred and not look.privacy)) for row in rows]
    sizes = [
        max([cell_width(column.heading), *(cell_width(cells[place]) for _, cells in texts)])
        for place, column in enumerate(columns)
    ]
    room = None if width is None else width - sum(sizes[:-1]) - len(_GAP) * (len(columns) - 1)
    last = columns[-1]
    if room is not None and sizes[-1] > room:
        if last.kind != "list" or room < _LEAST_LIST:
            return None
        sizes[-1] = room
    lines = list(_line([column.heading for column in columns], columns, sizes))
    rule = "─" * min(sum(sizes) + len(_GAP) * (len(columns) - 1), width or 10**6)
    lines.append(rule)
    for row, cells in texts:
        if row is grid.total:
            lines.append(rule)
        lines += _line(cells, columns, sizes)
    return lines


def _texts(row: Row, columns: Sequence[Column], look: Look, *, starred: bool = False) -> list[str]:
    kinds = [column.kind for column in columns]
    texts = [text_of(cell, kind, look) for cell, kind in zip(row.cells, kinds, strict=True)]
    if starred:  # figures stand below figures, with the star beside them
        texts = [
            text if not text or kind != "money" or text.endswith("*") else f"{text} "
            for text, kind in zip(texts, kinds, strict=False)
        ]
    if row.level > 0:
        texts[0] = _INDENT * row.level + texts[0]
    return texts


def _line(cells: Sequence[str], columns: Sequence[Column], sizes: Sequence[int]) -> Iterator[str]:
    """One row; what is too long for the last column goes on below it."""
    *front, last = cells
    parts = list(_broken(last, sizes[-1])) if not columns[-1].is_right else [last]
    head = [_set(text, size, column) for text, size, column in zip(front, sizes, columns, strict=False)]
    yield _GAP.join([*head, _set(parts[0], sizes[-1], columns[-1])])
    indent = sum(sizes[:-1]) + len(_GAP) * (len(columns) - 1)
    for part in parts[1:]:
        yield " " * indent + part


def _set(text: str, size: int, column: Column) -> str:
    blank = " " * (size - cell_width(text))
    return blank + text if column.is_right else text + blank


def _broken(text: str, room: int) -> Iterator[str]:
    """``text`` at its blanks, or where a word is longer than the room."""
    line = ""
    for word in text.split(" "):
        rest = word
        if line and cell_width(f"{line} {rest}") <= room:
            line = f"{line} {rest}"
            continue
        if line:
            yield line
        while cell_width(rest) > room:
            size = _fitting(rest, room)
            yield rest[:size]
            rest = rest[size:]
        line = rest
    yield line


def _fitting(text: str, room: int) -> int:
    used = 0
    for place, letter in enumerate(text):
        used += cell_width(letter)
        if used > room:
            return max(place, 1)
    return len(text)


def _block(grid: Grid, row: Row, look: Look, width: int) -> Iterator[str]:
    texts = _texts(row, grid.columns, look._replace(short=True))
    room = max(width, 8)
    yield from _broken(texts[0].strip(), room)
    for column, text in zip(grid.columns[1:], texts[1:], strict=False):
        if text:
            yield from (f"  {part}" for part in _broken(f"{column.heading}: {text}", room - 2))


def _all_rows(grid: Grid) -> list[Row]:
    return [*grid.rows, grid.total] if grid.total else list(grid.rows)
