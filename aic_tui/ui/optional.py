"""Screens that are imported when they are first opened, and that this version may not have at all."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from textual.screen import Screen


def has_screen(module: str) -> bool:
    """Whether there is ``ui/screens/<module>.py``. It is not imported."""
    return find_spec(f"aic_tui.ui.screens.{module}") is not None


def optional_screen(module: str, name: str) -> Callable[..., Screen[None]] | None:
    """The screen class ``name`` of that module, imported now; None while there is no such module."""
    if not has_screen(module):
        return None
    found: Callable[..., Screen[None]] = getattr(import_module(f"aic_tui.ui.screens.{module}"), name)
    return found
