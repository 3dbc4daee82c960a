"""Is the terminal's background light? Asked before Textual runs, answered while it is being imported.

Textual asks no terminal. The question (OSC 11) is followed by one that every terminal answers (DA1), so a terminal
that does not know the first still ends the wait. The limit counts from the question; as the import of Textual lies
between question and answer, the wait costs nothing in practice.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

_LIMIT_SECONDS = 0.15
_QUESTION = b"\x1b]11;?\x1b\\\x1b[c"
_COLOUR = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_FENCE = re.compile(rb"\x1b\[\?[0-9;]*c")


def light_by_variable(environ: Mapping[str, str]) -> bool | None:
    """What ``COLORFGBG`` says: True for a light background, None when it says nothing."""
    last = environ.get("COLORFGBG", "").rsplit(";", 1)[-1]
    return int(last) in (7, 15) if last.isdecimal() else None


def light_in_answer(answer: bytes) -> bool | None:
    """Whether the colour in the terminal's ``answer`` is light; None when there is no colour in it."""
    found = _COLOUR.search(answer)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    return bool(0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5)


class BackgroundProbe:
    """One question to the terminal on ``fd``. :meth:`answer` must be called before anything else reads from it."""

    def __init__(
        self,
        environ: Mapping[str, str],
        fd: int | None = None,
        is_foreground: Callable[[int], bool] = lambda fd: os.tcgetpgrp(fd) == os.getpgrp(),
    ) -> None:
        self._known = light_by_variable(environ)
        self._fd = sys.stdin.fileno() if fd is None else fd
        self._is_foreground = is_foreground
        self._saved: list[Any] | None = None
        self._deadline = 0.0
        # A late answer over a slow line would arrive as key presses, so nothing is asked over SSH.
        if self._known is None and not environ.get("SSH_CONNECTION") and not environ.get("SSH_TTY"):
            self._ask()

    def _ask(self) -> None:
        if sys.platform == "win32":
            return
        import termios
        import tty

        try:
            if not self._is_foreground(self._fd):
                return  # in the background: touching the terminal would stop us
            self._saved = termios.tcgetattr(self._fd)
            tty.setcbreak(self._fd, termios.TCSANOW)
            os.write(self._fd, _QUESTION)
        except (OSError, termios.error):
            self._restore()
            return
        self._deadline = time.monotonic() + _LIMIT_SECONDS

    def answer(self) -> bool:
        """True when the background is light, False when it is dark or not known. Restores the terminal's mode."""
        if self._known is not None or self._saved is None:
            return bool(self._known)
        received = b""
        try:
            while not _FENCE.search(received):
                left = max(0.0, self._deadline - time.monotonic())
                if not select.select([self._fd], [], [], left)[0]:
                    break
                part = os.read(self._fd, 1024)
                if not part or len(received) > 8192:
                    break
                received += part
        except OSError:
            pass
        finally:
            self._restore()
        return bool(light_in_answer(received))

    def _restore(self) -> None:
        if self._saved is None or sys.platform == "win32":
            return
        import termios

        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(self._fd, termios.TCSANOW, self._saved)
        self._saved = None
