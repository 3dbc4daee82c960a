"""Many files read at once: dealt to worker processes, newest first, whatever becomes of the workers.

Workers are started as programs of their own, never forked: the process that scans may have threads.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from datetime import tzinfo

from aic_tui.logs import wire
from aic_tui.logs.base import Machine
from aic_tui.logs.crew import Crew, Delivery, Todo
from aic_tui.logs.hands import Hands, cores
from aic_tui.logs.reading import Reading
from aic_tui.zones import name_of

SMALL_BYTES = 8 << 20
"""Less than this is read in this process: sooner done than a worker is started."""
_FILE_BYTES = 24 * 1024  # what opening a file costs, in bytes read


def workers_for(todo: Sequence[Todo]) -> int:
    """How many processes are worth their start; 0 for none."""
    work = sum(min(entry.size, 1 << 40) + _FILE_BYTES for entry in todo)
    return 0 if work < SMALL_BYTES else max(1, min(cores(), work // SMALL_BYTES, len(todo)))


def read_all(
    todo: Sequence[Todo],
    machine: Machine,
    zone: tzinfo,
    *,
    hands: Hands | None = None,
    workers: int | None = None,
) -> Generator[Delivery]:
    """Read files in about their order; a delivery comes at least every 50 ms or after every file.

    Closing the iterator kills the workers at once. ``hands`` may have some already; ``workers`` is how many read,
    None lets :func:`workers_for` decide.
    """
    count = workers_for(todo) if workers is None else workers
    left: deque[Todo] = deque(todo)
    if count:
        crew = Crew(left, _begin(machine, zone), hands or Hands(), count)
        try:
            yield from crew.deliveries()
        finally:
            crew.stop()
    yield from _read_here(left, machine, zone)


def _read_here(left: deque[Todo], machine: Machine, zone: tzinfo) -> Iterator[Delivery]:
    reading = Reading(machine, zone)
    was_enabled = gc.isenabled()
    gc.disable()  # records have no cycles, and there are many of them
    try:
        while left:
            facts = reading.read(left.popleft().job)
            yield Delivery((facts,), facts.read_bytes)
    finally:
        if was_enabled:
            gc.enable()


def _begin(machine: Machine, zone: tzinfo) -> wire.Begin:
    environ = {os.fsencode(name): os.fsencode(value) for name, value in machine.environ.items()}
    extra = {source: list(paths) for source, paths in machine.extra.items()}
    return wire.Begin(os.fsencode(machine.home), environ, machine.platform, extra, name_of(zone))
