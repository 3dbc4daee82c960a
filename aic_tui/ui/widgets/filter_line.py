"""The line in which a filter is typed. It is imported when it is first wanted."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from aic_tui.text import clean
from aic_tui.ui.messages import FilterLeft, FilterTyped
from aic_tui.ui.order import looks_like_key
from aic_tui.ui.widgets.still_input import StillInput

_LONGEST = 60


class FilterLine(StillInput):
    """One line at the foot of the screen; tells the screen each change and how it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "clear", id="leave_filter", show=False)]

    def __init__(self, text: str) -> None:
        super().__init__(
            text, id="filter", placeholder="filter", compact=True, max_length=_LONGEST, select_on_focus=False
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter by what is typed, unless it is a key that was pasted into the wrong place."""
        event.stop()
        if looks_like_key(event.value):
            self.value = ""
            self.app.notify("That looks like a key, so it was not used. Keys do not belong here.", severity="warning")
            return
        self.post_message(FilterTyped(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter and go back to the accounts."""
        event.stop()
        self.post_message(FilterLeft(kept=bool(self.value.strip())))

    def action_leave(self) -> None:
        """Drop the filter."""
        self.post_message(FilterLeft(kept=False))

    def _on_paste(self, event: events.Paste) -> None:
        """Take one line of harmless text only."""
        event.text = clean(event.text, 500)
        super()._on_paste(event)
