"""The parts of a form: a text field that takes no key, a choice between a few values, and a labelled row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from aic_tui.redact import holds_key
from aic_tui.text import clean
from aic_tui.ui.bindings import CHOICE_BINDINGS, FIELD_BINDINGS
from aic_tui.ui.widgets.lines import LinesView
from aic_tui.ui.widgets.still_input import StillInput
from aic_tui.view.spans import Line, Tone, line
from aic_tui.view.words import fit_name

if TYPE_CHECKING:
    from aic_tui.app import AicApp

_LONGEST = 500
KEY_REFUSED = "That looks like a key, so it was not taken: keys belong into the field for the key."


class FieldChanged(Message):
    """A field of the form has another value. ``refused`` is True where a key was kept out of it."""

    def __init__(self, *, refused: bool = False, text: str = "") -> None:
        super().__init__()
        self.refused = refused
        self.text = text


class TextField(StillInput):
    """One line of text that is no secret. A key that is pasted or typed here is refused, and the user told."""

    BINDINGS: ClassVar[list[BindingType]] = [*FIELD_BINDINGS]

    def __init__(self, value: str, *, id: str, placeholder: str = "") -> None:  # noqa: A002 (Textual's own name)
        super().__init__(
            value, placeholder, id=id, compact=True, max_length=_LONGEST, select_on_focus=False, valid_empty=True
        )
        self._good = value

    @property
    def text(self) -> str:
        """What stands in the field, cleaned; never a key."""
        return clean(self._good, _LONGEST).strip()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take what is typed, or put back what stood there before."""
        event.stop()
        if event.value == self._good:
            return
        if holds_key(event.value):
            self.value = self._good
            self.app.notify(KEY_REFUSED, severity="warning", timeout=8)
            self.post_message(FieldChanged(refused=True))
            return
        self._good = event.value
        self.post_message(FieldChanged(text=event.value))

    def on_input_blurred(self, event: Input.Blurred) -> None:
        """Nobody asks."""
        event.stop()

    def _on_paste(self, event: events.Paste) -> None:
        """Take one line of harmless text only; a key that came with a paste is not even shown for a moment."""
        event.stop()
        event.prevent_default()
        text = clean(event.text.strip().partition("\n")[0], _LONGEST)
        if holds_key(event.text):
            self.app.notify(KEY_REFUSED, severity="warning", timeout=8)
            self.post_message(FieldChanged(refused=True, text=""))
            self.refused_key(event.text)
        elif text:
            self.insert_text_at_cursor(text)

    def refused_key(self, text: str) -> None:
        """For subclasses that make use of what kind of key it was; ``text`` must not be kept."""


class Option(NamedTuple):
    """One value of a choice with its words."""

    value: str
    words: str


class Choice(LinesView, can_focus=True):
    """One value of a few, shown in words; arrows go through them."""

    BINDINGS: ClassVar[list[BindingType]] = [*CHOICE_BINDINGS]

    def __init__(self, options: Sequence[Option], value: str, *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self.options = list(options)
        self.value = value if value in {option.value for option in options} else options[0].value

    def draw(self) -> None:
        """Show the value between arrows; they stand out while the field has the focus."""
        ascii_only = cast("AicApp", self.app).options.ascii
        before, after = ("< ", " >") if ascii_only else ("‹ ", " ›")
        words = next(option.words for option in self.options if option.value == self.value)
        tone = Tone.ACCENT if self.has_focus else Tone.DIM
        if len(self.options) < 2:
            before, after = "", ""
        shown = fit_name(words, max(self.size.width - 4, 8))
        self.show([line((before, tone), (shown, Tone.STRONG if self.has_focus else Tone.PLAIN), (after, tone))])

    def on_mount(self) -> None:
        """Draw for the first time."""
        self.draw()

    def on_resize(self) -> None:
        """Words are cut for a width."""
        self.draw()

    def on_focus(self) -> None:
        """The arrows light up."""
        self.draw()

    def on_blur(self) -> None:
        """And go dim."""
        self.draw()

    def on_click(self) -> None:
        """A click goes on to the next value."""
        self.action_choose(1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There must be something to choose."""
        return len(self.options) > 1 if action == "choose" else True

    def choose(self, value: str) -> None:
        """Set the value without a message."""
        self.value = value
        self.draw()

    def action_choose(self, step: int) -> None:
        """The next value, or the one before."""
        values = [option.value for option in self.options]
        self.value = values[(values.index(self.value) + step) % len(values)]
        self.draw()
        self.post_message(FieldChanged())


class FormRow(Horizontal):
    """A label and its field on one line."""

    def __init__(self, label: str, field: Widget) -> None:
        super().__init__(classes="form-row")
        self.label, self.field = label, field

    def compose(self) -> ComposeResult:
        """The label first."""
        self._label = LinesView(id=f"label-{self.field.id}")
        yield self._label
        yield self.field

    def draw(self, cells: int, *, focused: bool) -> None:
        """The label in a column of ``cells``."""
        self._label.styles.width = cells
        tone = Tone.ACCENT if focused else Tone.DIM
        label: Line = line((fit_name(self.label, max(cells - 2, 1)), tone))
        self._label.show([label])
