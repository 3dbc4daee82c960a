"""A grid as CSV for programs and as Markdown for documents. Pure."""

from __future__ import annotations

import re

from aic_tui.reports.grid import Grid, Look, Row, raw_of, text_of

_FORMULA = re.compile(r"^(?:[=+@]|-.*[=|(!])")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~])")


def csv_of(grid: Grid, look: Look) -> str:
    """Comma-separated values (RFC 4180, but with line feeds): one row for each line of the report, no totals.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    lines = [",".join(column.name for column in grid.columns)]
    for row in grid.rows:
        if row.level == 0:
            cells = zip(row.cells, grid.columns, strict=True)
            lines.append(",".join(_quoted(raw_of(cell, column.kind, look)) for cell, column in cells))
    return "".join(f"{line}\n" for line in lines)


def markdown_of(grid: Grid, look: Look) -> str:
    """A GitHub table with the totals as its last row, and the notes below."""
    lines = [_cells([column.heading for column in grid.columns])]
    lines.append("|" + "|".join("---:" if column.is_right else "---" for column in grid.columns) + "|")
    lines += [_markdown_row(row, grid, look) for row in grid.rows]
    if grid.total:
        lines.append(_markdown_row(grid.total, grid, look, strong=True))
    if grid.notes:
        lines += ["", *(_escaped(note) for note in grid.notes)]
    return "".join(f"{line}\n" for line in lines)


def _markdown_row(row: Row, grid: Grid, look: Look, *, strong: bool = False) -> str:
    kinds = [column.kind for column in grid.columns]
    texts = [_escaped(text_of(cell, kind, look)) for cell, kind in zip(row.cells, kinds, strict=True)]
    if row.level > 0:
        texts[0] = f"&nbsp;&nbsp;{texts[0]}"
    return _cells([f"**{text}**" if strong and text else text for text in texts])


def _cells(texts: list[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _quoted(text: str) -> str:
    if _FORMULA.match(text) and not re.fullmatch(r"[-+]?[\d.]+(?:[eE]-?\d+)?", text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\r\n]', text) else text
