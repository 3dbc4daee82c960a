"""Text to the clipboard of whoever looks at the terminal, by OSC 52: over SSH that is the right machine.

No terminal answers, so nobody knows whether it worked: Terminal.app ignores it, tmux takes it with
``set-clipboard on`` only, and lets it through in its passthrough only with ``allow-passthrough on`` (tmux 3.3, 2022).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from textual.app import App

COPIED = "copied, if your terminal allows it (OSC 52)"


def osc52(text: str) -> str:
    """The sequence that asks a terminal to take ``text`` into its clipboard."""
    return f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"


def passed_through(sequence: str, environ: Mapping[str, str]) -> str:
    """``sequence`` for the terminal around tmux or screen; "" where there is neither.

    A multiplexer that lets nothing through drops it silently.
    """
    if environ.get("TMUX"):
        doubled = sequence.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{doubled}\x1b\\"
    return f"\x1bP{sequence}\x1b\\" if environ.get("STY") else ""


def copy(app: App[Any], text: str, environ: Mapping[str, str]) -> None:
    """Send ``text``, which must be no secret, to the clipboard: plain, and through a multiplexer where there is one."""
    app.copy_to_clipboard(text)
    around = passed_through(osc52(text), environ)
    if around and app._driver is not None:
        app._driver.write(around)
        app._driver.flush()
