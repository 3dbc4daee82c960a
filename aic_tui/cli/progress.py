"""One line on standard error while session logs are being read, and nothing where that takes no time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from aic_tui.services.usage import Progress

PATIENCE_SECONDS = 0.5
_SIZES = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))


class ProgressLine:
    """Call it with every :class:`Progress`; leave it to have the line removed.

    Draws only on a terminal, unless that is ``plain`` (does not understand movements), and only where it takes longer
    than half a second.
    """

    def __init__(
        self, err: TextIO, *, width: int, plain: bool = False, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._err = err
        self._width = width
        self._monotonic = monotonic
        self._started = monotonic()
        self._is_on = not plain and _is_terminal(err)
        self._is_drawn = False

    def __call__(self, progress: Progress) -> None:
        """Draw, where it is time to."""
        if not self._is_on or self._monotonic() - self._started < PATIENCE_SECONDS:
            return
        self._write(f"\r{words(progress, self._width - 1)}\x1b[K")
        self._is_drawn = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_drawn:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        try:
            self._err.write(text)
            self._err.flush()
        except (OSError, ValueError):
            self._is_on = self._is_drawn = False


def words(progress: Progress, room: int) -> str:
    """How far it is, in at most ``room`` cells."""
    percent = f"{min(int(progress.share * 100), 99)}%"
    sizes = f"{size(progress.bytes_done)} of {size(progress.bytes_total)}"
    files = f"{progress.files_done:,} of {progress.files_total:,} files"
    for text in (
        f"Reading session logs: {percent} · {files} · {sizes}",
        f"Reading session logs: {percent} · {files}",
        f"Reading logs: {percent}",
        percent,
    ):
        if len(text) <= room:
            return text
    return ""


def size(count: int) -> str:
    """Bytes in the largest unit that gives a number from 1 on: ``1.2 GB``."""
    for unit, name in _SIZES:
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} bytes"


def _is_terminal(stream: TextIO) -> bool:
    try:
        return os.isatty(stream.fileno())
    except (OSError, ValueError):
        return False
