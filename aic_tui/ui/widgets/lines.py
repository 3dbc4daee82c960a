"""From view lines to what Textual draws. Text goes into segments as it is: no markup is ever parsed on this way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from aic_tui.view.spans import Line, Tone, text_of, width


class Toned(Protocol):
    """An app that knows what tones look like in its theme."""

    @property
    def tones(self) -> Mapping[Tone, Style]:
        """A style without background for every tone."""


def strip_of(spans: Line, widget: Widget, cells: int) -> Strip:
    """``spans`` as one row of exactly ``cells`` cells on the background of ``widget``."""
    base = widget.rich_style
    tones = cast("Toned", widget.app).tones
    strip = Strip([Segment(text, base + tones[tone]) for text, tone in spans])
    return strip.adjust_cell_length(cells, base)


def changed_cells(old: Line, new: Line) -> tuple[int, int]:
    """The first cell in which two lines differ, and how many cells from there on must be drawn again."""
    ahead = 0
    for before, after in zip(old, new, strict=False):
        if before != after:
            break
        ahead += 1
    start = width(new[:ahead])
    return start, max(width(old), width(new)) - start


class LinesView(Widget):
    """A widget that shows view lines, and repaints no more than what changed in them."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's own name for it)
        super().__init__(id=id)
        self.lines: tuple[Line, ...] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines from now on."""
        old, self.lines = self.lines, tuple(lines)
        if not self.is_attached or old == self.lines:
            return
        for y in range(max(len(old), len(self.lines))):
            before = old[y] if y < len(old) else ()
            after = self.lines[y] if y < len(self.lines) else ()
            if before != after:
                start, count = changed_cells(before, after)
                self.refresh(Region(start, y, count, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines."""
        return len(self.lines)

    def render_line(self, y: int) -> Strip:
        """One row of the widget."""
        return strip_of(self.lines[y] if y < len(self.lines) else (), self, self.size.width)

    @property
    def text(self) -> str:
        """All that is shown, without tones."""
        return "\n".join(text_of(spans) for spans in self.lines)
