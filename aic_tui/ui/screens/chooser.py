"""What the pages with a pointed row have in common: moving it, and words about it at the foot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from aic_tui.ui.bindings import CHOOSER_BINDINGS
from aic_tui.ui.screens.page import PageScreen
from aic_tui.ui.widgets.key_line import key_line, live_hints
from aic_tui.ui.widgets.lines import LinesView
from aic_tui.view.spans import EMPTY, Line, Span, Tone, crop, line

_MEASURE = 60  # the rule is as wide as the rows
_LOWEST_WITH_FOOT = 14
_MOST_FOOT_SHARE = 3  # the foot never takes more than this part of the screen


class ChooserScreen(PageScreen):
    """Subclasses fill ``row_places`` (row number of each pointed thing) in ``body`` and tell ``foot``."""

    BINDINGS: ClassVar[list[BindingType]] = [*CHOOSER_BINDINGS]

    def __init__(self) -> None:
        super().__init__()
        self.place = 0
        self.row_places: list[int] = []

    def foot(self, cells: int) -> Sequence[Line]:
        """What there is to say about the pointed row, lines of at most ``cells``."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The words about the row stand between the page and the footer."""
        top, page, footer = super().compose()
        self.words = LinesView(id="words")
        yield from (top, page, self.words, footer)

    def draw(self) -> None:
        """The page, and what is said about the pointed row."""
        super().draw()
        if not self.is_attached or not self.is_mounted:
            return
        cells, rows = self.app.size
        # Which keys work depends on the pointed row, which is known only now.
        self._footer.show([key_line(live_hints(self, self.app), max(cells - 2, 1))])
        room = max(cells - 6, 1)
        said = list(self.foot(room))[: max(rows // _MOST_FOOT_SHARE, 1)] if rows >= _LOWEST_WITH_FOOT else []
        if said:
            rule = ("-" if self.aic.options.ascii else "─") * min(room, _MEASURE)
            said = [line((rule, Tone.TRACK)), *said, EMPTY]
        indented = [(Span("    "), *crop(spans, room)) for spans in said]
        self.words.display = bool(said)
        self.words.styles.height = len(said) or 1
        self.words.show(indented)

    @property
    def count(self) -> int:
        """How many rows can be pointed at."""
        return len(self.row_places)

    def point(self, place: int) -> None:
        """Point at that row, or at the nearest there is, and bring it into view."""
        self.place = max(0, min(place, self.count - 1))
        self.draw()
        self.show_pointed()

    def show_pointed(self) -> None:
        """Scroll to the pointed row; the first one brings what stands above it into view too."""
        if self.row_places:
            self.page.reveal(0 if self.place == 0 else self.row_places[min(self.place, self.count - 1)])

    def action_point(self, step: int) -> None:
        """Another row."""
        self.point(self.place + step)

    def action_point_page(self, way: int) -> None:
        """One page further."""
        self.point(self.place + way * max(self.page.size.height - 2, 1))

    def action_point_end(self, way: int) -> None:
        """The first or the last row."""
        self.point(0 if way < 0 else self.count - 1)
