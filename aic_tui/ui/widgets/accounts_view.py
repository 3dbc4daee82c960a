"""All accounts as equal blocks in a grid that scrolls. One widget for any number of accounts.

A widget per account would cost a millisecond or two each before the first frame and on every resize; here a changed
account repaints its own rectangle and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aic_tui.ui.messages import AccountPointed
from aic_tui.ui.widgets.lines import changed_cells, strip_of
from aic_tui.view.spans import EMPTY, Line, Span


class GridShape(NamedTuple):
    """How blocks are laid out: so many columns of ``cells`` x ``rows`` each, ``gap`` cells between columns."""

    columns: int = 1
    cells: int = 1
    rows: int = 2
    gap: int = 0

    def height(self, count: int) -> int:
        """The rows that ``count`` blocks need."""
        return -(-count // self.columns) * self.rows

    def place(self, index: int) -> Region:
        """Where block ``index`` is, from the top left corner of the whole grid."""
        down, across = divmod(index, self.columns)
        return Region(across * (self.cells + self.gap), down * self.rows, self.cells, self.rows)


class Block(NamedTuple):
    """One account as it is drawn."""

    account_id: str
    lines: tuple[Line, ...]


class AccountsView(ScrollView, can_focus=False):
    """The accounts of the dashboard. Keys belong to the screen; the mouse scrolls and points here."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's own name for it)
        super().__init__(id=id)
        self.shape = GridShape()
        self.blocks: tuple[Block, ...] = ()
        self.selected_id: str | None = None

    def show(self, shape: GridShape, blocks: Sequence[Block], selected_id: str | None) -> None:
        """Show these blocks. Only those that differ are repainted; the scroll position stays."""
        old, old_shape = self.blocks, self.shape
        self.shape, self.blocks, self.selected_id = shape, tuple(blocks), selected_id
        size = Size(shape.columns * (shape.cells + shape.gap) - shape.gap, shape.height(len(blocks)))
        if size != self.virtual_size:
            self.virtual_size = size
        if not self.is_attached:
            return
        if shape != old_shape or len(old) != len(blocks):
            self.refresh()
            return
        for index, (before, after) in enumerate(zip(old, self.blocks, strict=True)):
            if before.lines != after.lines:
                self._refresh_changed(index, before.lines, after.lines)

    def _refresh_changed(self, index: int, before: tuple[Line, ...], after: tuple[Line, ...]) -> None:
        corner = self.shape.place(index).offset - self.scroll_offset
        for y, (old, new) in enumerate(zip(before, after, strict=False)):
            if old != new:
                start, count = changed_cells(old, new)
                self.refresh(Region(corner.x + start, corner.y + y, count, 1))

    def reveal(self, index: int) -> None:
        """Scroll as little as needed to have the whole block ``index`` in view."""
        place = self.shape.place(index)
        top, height = round(self.scroll_y), self.scrollable_content_region.height
        if place.y < top:
            self.scroll_to(y=place.y, animate=False, immediate=True)
        elif place.bottom > top + height:
            self.scroll_to(y=min(place.y, place.bottom - height), animate=False, immediate=True)

    @property
    def page_rows(self) -> int:
        """How many rows of blocks are in view at once, at least one."""
        return max(1, self.size.height // self.shape.rows)

    def render_line(self, y: int) -> Strip:
        """One row of what is in view."""
        down, inside = divmod(round(self.scroll_y) + y, self.shape.rows)
        first = down * self.shape.columns
        spans: list[Span] = []
        for block in self.blocks[first : first + self.shape.columns]:
            if spans and self.shape.gap:
                spans.append(Span(" " * self.shape.gap))
            spans.extend(block.lines[inside] if inside < len(block.lines) else EMPTY)
        return strip_of(tuple(spans), self, self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Point at the account under the mouse."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        x, y = offset.x, offset.y + round(self.scroll_y)
        for index, block in enumerate(self.blocks):
            if self.shape.place(index).contains(x, y):
                self.post_message(AccountPointed(block.account_id, again=block.account_id == self.selected_id))
                return
