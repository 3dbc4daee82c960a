"""A process that reads the files it is given: ``python -m aic_tui.logs.worker``, see ``scan.py``.

It ends at once when its input ends, or when nobody takes its answers.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path

from aic_tui.logs import wire
from aic_tui.logs.base import Machine
from aic_tui.logs.reading import Reading
from aic_tui.usage_files import FileFacts
from aic_tui.zones import zone_named

_ANSWER_BYTES = 256 * 1024
_ANSWER_FILES = 64
_TICK_SECONDS = 0.1


class _Answers:
    """Gathers facts, so that a thousand small files are not a thousand messages."""

    def __init__(self) -> None:
        self._out = sys.stdout.buffer
        self._facts: list[FileFacts] = []
        self._size = 0
        self._read_bytes = 0
        self._sent_at = time.monotonic()

    def tick(self, count: int) -> None:
        """Note progress inside a file, and tell of it now and then."""
        self._read_bytes += count
        if time.monotonic() - self._sent_at > _TICK_SECONDS:
            self.send()

    def add(self, facts: FileFacts) -> None:
        self._facts.append(facts)
        self._size += len(facts.records)
        if self._size > _ANSWER_BYTES or len(self._facts) >= _ANSWER_FILES:
            self.send()

    def send(self, *, is_last: bool = False) -> None:
        wire.send(self._out, wire.Answer(self._facts, self._read_bytes, is_last))
        self._facts, self._size, self._read_bytes, self._sent_at = [], 0, 0, time.monotonic()


def main(kind: type[Reading] = Reading) -> None:
    """Answer until the input ends. ``kind`` does the reading."""
    gc.disable()  # records have no cycles
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c reaches the whole group; the parent ends us
    first = wire.receive(sys.stdin.buffer)
    if first is None:
        return
    begin = wire.decode_begin(first)
    environ = {os.fsdecode(name): os.fsdecode(value) for name, value in begin.environ.items()}
    machine = Machine(Path(os.fsdecode(begin.home)), environ, begin.platform, begin.extra)
    answers = _Answers()
    answers.send()  # ready
    reading = kind(machine, zone_named(begin.zone), answers.tick)
    works: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(works,), name="input", daemon=True).start()
    while True:
        for job in wire.decode_work(works.get()).jobs:
            answers.add(reading.read(job))
        answers.send(is_last=True)


def _listen(works: queue.SimpleQueue[bytes]) -> None:
    """Take in what is to be done while something is being done, so that the other side never waits to tell it."""
    while (message := wire.receive(sys.stdin.buffer)) is not None:
        works.put(message)
    os._exit(0)  # nobody is there to take an answer


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
    # Nothing is left to be flushed, and a pipe that nobody reads would be complained about.
    os._exit(0)
