"""A picture of what is on screen, as an SVG file in the user's own folder."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aic_tui.app import AicApp


def save_picture(app: AicApp) -> None:
    """Write it to Downloads, else to the home directory, readable by the user alone; a toast says where."""
    folder = app.env.home / "Downloads"
    try:
        path = app.save_screenshot(path=str(folder if folder.is_dir() else app.env.home))
        with contextlib.suppress(OSError):
            os.chmod(path, 0o600)  # noqa: PTH101 (a path as text comes back)
    except OSError as error:
        app.notify(f"Not saved: {error.strerror}.", severity="error")
    else:
        app.notify("Saved." if app.privacy else f"Saved as {path}")
