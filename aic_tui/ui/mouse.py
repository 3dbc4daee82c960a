"""The mouse of the terminal: ours, or the terminal's own for selecting text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aic_tui.app import AicApp


def capture_mouse(app: AicApp, wanted: bool) -> bool:
    """Take the mouse, or leave it to the terminal; False where this terminal cannot be told."""
    driver = app._driver
    switch = getattr(driver, "_enable_mouse_support" if wanted else "_disable_mouse_support", None)
    if driver is None or switch is None:
        return False
    app.mouse_captured_by_us = wanted
    if wanted:
        driver.__dict__["_mouse"] = True  # else the driver ignores the wish after --no-mouse
    switch()
    return True
