"""A pasted key looks like another provider's: before it is sent anywhere, the user says whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from aic_tui.ui.bindings import CONFIRM_BINDINGS
from aic_tui.ui.screens.confirm import Told, sentences
from aic_tui.ui.screens.page import PageScreen
from aic_tui.view.spans import EMPTY, Line, Tone, line


class WhichProvider(PageScreen):
    """Ends with True to switch to ``other``, False to go on with ``chosen``, None to look at the key again.

    The account of a ``known`` one cannot become another provider's.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*CONFIRM_BINDINGS]

    def __init__(self, chosen: str, other: str, *, known: bool) -> None:
        super().__init__()
        self._chosen, self._other, self._known = chosen, other, known

    def title_line(self, cells: int) -> Line:
        """The question."""
        return line(("Whose key is it?", Tone.STRONG))

    def body(self, cells: int) -> Sequence[Line]:
        """What it looks like, and what the keys do."""
        told: list[Told] = [(f"This looks like a key of {self._other}, not of {self._chosen}.", Tone.WARN)]
        if self._known:
            told.append(("Escape goes back to the form.", Tone.PLAIN))
        else:
            told.append((f"Enter adds an account of {self._other} with it.", Tone.PLAIN))
        told.append((f"o sends it to {self._chosen} all the same.", Tone.PLAIN))
        told.append(("It has not been sent anywhere.", Tone.DIM))
        return [EMPTY, *sentences(told, cells, self.aic.options)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Two answers, and the way back."""
        if action == "confirm":
            return not self._known
        return action not in ("store", "test")

    def action_confirm(self) -> None:
        """It is the other provider's."""
        self.dismiss(True)

    def action_other(self) -> None:
        """It is right as it is."""
        self.dismiss(False)
