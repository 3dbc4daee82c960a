"""Worker processes. They can be started before it is known what they will do: starting takes as long as planning."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence

from aic_tui.logs.command import command

MODULE = "aic_tui.logs.worker"
_MOST = 8


def cores() -> int:
    """How many processes can run at once, as far as they are of use here."""
    affinity = getattr(os, "sched_getaffinity", None)
    return min(_MOST, len(affinity(0)) if affinity else os.cpu_count() or 1)


class Hands:
    """The workers of one scan, that of ``module`` each. All methods may be called from any thread."""

    def __init__(self, module: str = MODULE) -> None:
        self._line: Sequence[str] = command(module)
        self._lock = threading.Lock()
        self._idle: list[subprocess.Popen[bytes]] = []
        self._all: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    def prepare(self, count: int) -> None:
        """Start ``count`` workers for later; where that is impossible there are none."""
        with contextlib.suppress(OSError):
            for _ in range(count if sys.executable else 0):
                self._idle.append(self._start())

    def take(self) -> subprocess.Popen[bytes]:
        """A worker that has done nothing yet. Raises ``OSError`` where none can be started, or after :meth:`end`."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._start()

    def dismiss(self, process: subprocess.Popen[bytes]) -> None:
        """End one worker."""
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with self._lock:
            self._all.discard(process)

    def end(self) -> None:
        """End every worker now, and start none any more."""
        with self._lock:
            self._ended = True
            processes, idle = list(self._all), self._idle
            self._idle = []
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
        for process in idle:
            self.dismiss(process)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._ended:
                raise OSError
            process = subprocess.Popen(  # noqa: S603  # ourselves
                self._line,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._all.add(process)
        return process
