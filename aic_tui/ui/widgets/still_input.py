"""The base of every text field: Textual's, with a cursor that does not blink."""

from __future__ import annotations

from textual.reactive import var
from textual.widgets import Input


class StillInput(Input):
    """A blinking cursor is an animation: bytes twice a second over a slow link, and pictures that differ."""

    cursor_blink = var(False, init=False)
