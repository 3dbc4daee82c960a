"""What the screens that are read have in common: a title line, lines that scroll, and the footer of live keys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from aic_tui.models import AccountState
from aic_tui.ui.bindings import PAGE_BINDINGS
from aic_tui.ui.widgets.key_line import key_line, live_hints
from aic_tui.ui.widgets.lines import LinesView
from aic_tui.ui.widgets.page import Page
from aic_tui.view.spans import Line, crop

if TYPE_CHECKING:
    from aic_tui.app import AicApp

CssPath = str | PurePath | list[str | PurePath]
_LOWEST_WITH_HEADER = 8


class PageScreen(Screen[bool | None]):
    """Subclasses say what is on the page; this draws it again when the size, the options or the minute change.

    A page that changes something ends with True when it did.
    """

    CSS_PATH: ClassVar[CssPath | None] = "page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*PAGE_BINDINGS]
    AUTO_FOCUS = ""

    @property
    def aic(self) -> AicApp:
        """The app, by its own type."""
        return cast("AicApp", self.app)

    def title_line(self, cells: int) -> Line:
        """The first line of the screen, at most ``cells`` wide."""
        raise NotImplementedError

    def body(self, cells: int) -> Sequence[Line]:
        """The page itself, lines of at most ``cells``."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """A title, the page, the footer."""
        self.page = Page(id="page")
        self._top, self._footer = LinesView(id="header"), LinesView(id="footer")
        yield from (self._top, self.page, self._footer)

    def on_mount(self) -> None:
        """Draw, and draw again whenever something that every screen shows has changed."""
        self.aic.options_changed.subscribe(self, lambda _: self.draw())
        self.aic.ticked.subscribe(self, lambda _: self.draw())
        self.aic.states_changed.subscribe(self, self.state_changed)
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.refresh())
        self.draw()

    def on_resize(self, event: events.Resize) -> None:
        """Lines are made for a width."""
        self.draw()

    def state_changed(self, state: AccountState | None) -> None:
        """An account has news; None means that the list of accounts changed."""

    def draw(self) -> None:
        """Everything again; the widgets find out what of it is new."""
        if not self.is_attached or not self.is_mounted:
            return
        cells, rows = self.app.size
        inner = max(cells - 2, 1)
        self._top.display = rows >= _LOWEST_WITH_HEADER
        self._top.show([self.title_line(inner)])
        self._footer.show([key_line(live_hints(self, self.app), inner)])
        room = max(cells - 4, 1)  # a margin on the left, and room for the scroll bar
        self.page.show([crop(spans, room) for spans in self.body(room)])

    def action_scroll(self, way: str) -> None:
        """Scroll the page by a line, a page or to an end."""
        height = max(self.page.size.height - 1, 1)
        top = round(self.page.scroll_y)
        target = {
            "up": top - 1,
            "down": top + 1,
            "pageup": top - height,
            "pagedown": top + height,
            "home": 0,
            "end": len(self.page.lines),
        }[way]
        self.page.scroll_to(y=target, animate=False, immediate=True)

    def action_back(self) -> None:
        """Return to the screen below."""
        self.dismiss()
