"""The field for a key: bullets only, no way out by copy or cut, and its value leaves as a ``SecretStr`` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from aic_tui.redact import holds_key
from aic_tui.text import clean
from aic_tui.ui.bindings import FIELD_BINDINGS
from aic_tui.ui.widgets.still_input import StillInput

if TYPE_CHECKING:
    from pydantic import SecretStr

_LONGEST = 8000  # signed tokens are a few thousand characters long


class SecretInput(StillInput):
    """One line of bullets. A paste takes the place of what was there, because nobody can see what that was.

    ctrl+c quits, as everywhere; ctrl+x does nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*FIELD_BINDINGS]
    ALLOW_SELECT = False

    class Typed(Message):
        """Something was typed or pasted. What it is stays in the field."""

    def __init__(self, *, id: str, placeholder: str = "paste it here") -> None:  # noqa: A002 (Textual's own name)
        super().__init__(
            placeholder=placeholder, password=True, id=id, compact=True, max_length=_LONGEST, select_on_focus=False
        )

    @property
    def secret(self) -> SecretStr | None:
        """What is in the field, without blanks around it; None when that is nothing."""
        text = clean(self.value, _LONGEST).strip()
        if not text:
            return None
        from pydantic import SecretStr

        return SecretStr(text)

    def wipe(self) -> None:
        """Forget what is in the field."""
        self.set_reactive(Input.value, "")
        self.refresh()

    def action_copy(self) -> None:
        """A key is never copied."""

    def action_cut(self) -> None:
        """A key is never cut out either."""

    def action_paste(self) -> None:
        """As if the terminal had pasted it."""
        self._take(self.app.clipboard)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the form that there is news, and nothing more."""
        event.stop()
        self.post_message(self.Typed())

    def on_input_blurred(self, event: Input.Blurred) -> None:
        """The message holds what is in the field, so it ends here."""
        event.stop()

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self._take(event.text)

    def _take(self, text: str) -> None:
        lines = [found for row in text.splitlines() if (found := clean(row, _LONGEST).strip())]
        if not lines:
            return
        self.value = next((row for row in lines if holds_key(row)), lines[0])
        self.cursor_position = len(self.value)
        if len(lines) > 1:
            self.app.notify(f"There were {len(lines)} lines; one was taken as the key.", severity="warning", timeout=6)

    def _on_unmount(self) -> None:
        self.wipe()
        super()._on_unmount()
