"""A column of lines that scrolls: the body of every screen that is read rather than watched."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aic_tui.ui.widgets.lines import strip_of
from aic_tui.view.spans import Line, text_of, width


class Page(ScrollView, can_focus=False):
    """Shows lines; keys belong to the screen, the mouse scrolls here."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's own name for it)
        super().__init__(id=id)
        self.lines: tuple[Line, ...] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines from now on; what is in view stays in view, and only changed rows are repainted."""
        old, self.lines = self.lines, tuple(lines)
        size = Size(max(map(width, self.lines), default=0), len(self.lines))
        if size != self.virtual_size:
            self.virtual_size = size
            self.refresh()
        elif self.is_attached and old != self.lines:
            top = round(self.scroll_y)
            for y, (before, after) in enumerate(zip(old, self.lines, strict=True)):
                if before != after:
                    self.refresh(Region(0, y - top, self.size.width, 1))

    def reveal(self, row: int) -> None:
        """Scroll as little as needed to have ``row`` in view."""
        top, height = round(self.scroll_y), self.scrollable_content_region.height
        if not top <= row < top + height:
            self.scroll_to(y=row if row < top else row - height + 1, animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """One row of what is in view."""
        place = round(self.scroll_y) + y
        return strip_of(self.lines[place] if place < len(self.lines) else (), self, self.size.width)

    @property
    def text(self) -> str:
        """All lines, without tones."""
        return "\n".join(text_of(spans) for spans in self.lines)
