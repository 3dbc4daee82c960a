"""The line in which a number or a name is typed. It is imported when it is first wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input

from aic_tui.text import clean
from aic_tui.ui.widgets.still_input import StillInput

_LONGEST = 64


class ValueTyped(Message):
    """Enter was pressed on ``text``; it is not checked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class ValueLeft(Message):
    """The line was left without a value."""


class ValueLine(StillInput):
    """One line in place of the footer. ``known`` are whole values that the right arrow completes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave it", id="leave_value", show=False)]

    def __init__(self, text: str, known: Sequence[str] = ()) -> None:
        super().__init__(
            text,
            id="value",
            compact=True,
            max_length=_LONGEST,
            select_on_focus=True,
            suggester=SuggestFromList(known, case_sensitive=False) if known else None,
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tell the screen what was typed."""
        event.stop()
        self.post_message(ValueTyped(self.value.strip()))

    def action_leave(self) -> None:
        """Change nothing."""
        self.post_message(ValueLeft())

    def _on_paste(self, event: events.Paste) -> None:
        """Take one line of harmless text only."""
        event.text = clean(event.text, 200)
        super()._on_paste(event)
