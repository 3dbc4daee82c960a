"""Many files read at once: dealt to worker processes, newest first, whatever becomes of the workers.

Workers are started as programs of their own, never forked: the process that scans may have threads.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from aic_tui.logs import wire
from aic_tui.logs.base import Machine
from aic_tui.logs.command import command
from aic_tui.logs.reading import Job, Reading, nothing_of
from aic_tui.usage_files import FileFacts
from aic_tui.zones import name_of

SMALL_BYTES = 8 << 20
"""Less than this is read in this process: sooner done than a worker is started."""
_FILE_BYTES = 24 * 1024  # what opening a file costs, in bytes read
_DEAL_BYTES = 4 << 20
_DEAL_FILES = 64
_MOST_WORKERS = 8
_WAIT_SECONDS = 0.05


class Delivery(NamedTuple):
    """What has been read since the last one. Often nothing, so that whoever waits can look about."""

    facts: Sequence[FileFacts] = ()
    read_bytes: int = 0


class Todo(NamedTuple):
    """A file to read, how much of it is expected to be new, and how many workers have died of it."""

    job: Job
    size: int
    deaths: int = 0


def workers_for(todo: Sequence[Todo]) -> int:
    """How many processes are worth their start; 0 for none."""
    work = sum(min(entry.size, 1 << 40) + _FILE_BYTES for entry in todo)
    if work < SMALL_BYTES or not sys.executable:
        return 0
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(cores, _MOST_WORKERS, work // SMALL_BYTES, len(todo)))


def read_all(
    todo: Sequence[Todo],
    machine: Machine,
    zone: tzinfo,
    *,
    workers: int | None = None,
    nice: int = 0,
    module: str = "aic_tui.logs.worker",
) -> Generator[Delivery]:
    """Read files in about their order; a delivery comes at least every 50 ms or after every file.

    Closing the iterator kills the workers at once. ``workers`` is how many; None lets :func:`workers_for` decide.
    ``module`` is what they run.
    """
    count = workers_for(todo) if workers is None else workers
    left: deque[Todo] = deque(todo)
    if count:
        crew = _Crew(left, _begin(machine, zone, nice), command(module))
        try:
            yield from crew.deliveries(count)
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


def _begin(machine: Machine, zone: tzinfo, nice: int) -> wire.Begin:
    environ = {os.fsencode(name): os.fsencode(value) for name, value in machine.environ.items()}
    extra = {source: list(paths) for source, paths in machine.extra.items()}
    return wire.Begin(os.fsencode(machine.home), environ, machine.platform, extra, name_of(zone), nice)


class _Crew:
    """Workers, and one thread each that deals to it and listens to it."""

    def __init__(self, left: deque[Todo], begin: wire.Begin, line: Sequence[str]) -> None:
        self._left = left
        self._begin = begin
        self._line = line
        self._lock = threading.Lock()
        self._alone: deque[Todo] = deque()  # one of these may have killed its worker
        self._answers: queue.Queue[Delivery | None] = queue.Queue(maxsize=64)
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def deliveries(self, count: int) -> Iterator[Delivery]:
        threads = [threading.Thread(target=self._serve, name="logs", daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        while count:
            try:
                delivery = self._answers.get(timeout=_WAIT_SECONDS)
            except queue.Empty:
                yield Delivery()
                continue
            if delivery is None:
                count -= 1
            else:
                yield delivery
        self._left.extend(self._alone)

    def stop(self) -> None:
        """End every worker now."""
        with self._lock:
            self._stopped = True
            processes = list(self._processes)
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()

    def _serve(self) -> None:
        try:
            while (deal := self._deal()) and self._employ(deal):
                pass
        finally:
            self._put(None)

    def _deal(self) -> list[Todo]:
        """The next files for one worker: some of about the same work, or one that is under suspicion."""
        with self._lock:
            if self._stopped:
                return []
            if self._alone:
                return [self._alone.popleft()]
            deal: list[Todo] = []
            size = 0
            while self._left and len(deal) < _DEAL_FILES and size < _DEAL_BYTES:
                deal.append(self._left.popleft())
                size += deal[-1].size
            return deal

    def _employ(self, deal: list[Todo]) -> bool:
        """Start a worker and keep it busy until nothing is left or it dies. False when none can be started."""
        try:
            process = self._start()
        except OSError:
            with self._lock:
                self._left.extendleft(reversed(deal))
            return False
        answered: set[bytes] = set()
        try:
            while deal and self._ask(process, deal, answered):
                deal = self._deal()
                answered.clear()
        finally:
            self._dismiss(process)
        if deal and not self._stopped:
            self._suspect(deal, answered)
        return not self._stopped

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise OSError
            process = subprocess.Popen(  # noqa: S603  # ourselves
                self._line,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                close_fds=True,
            )
            self._processes.add(process)
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                wire.send(process.stdin, self._begin)
        return process

    def _ask(self, process: subprocess.Popen[bytes], deal: list[Todo], answered: set[bytes]) -> bool:
        """Have one deal read. False when the worker died of it."""
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None  # noqa: S101  # by PIPE
        assert stdout is not None  # noqa: S101
        try:
            wire.send(stdin, wire.Work([entry.job for entry in deal]))
            while (message := wire.receive(stdout)) is not None:
                answer = wire.decode_answer(message)
                answered.update(facts.path for facts in answer.facts)
                self._put(Delivery(answer.facts, answer.read_bytes))
                if answer.is_last:
                    return True
        except (OSError, ValueError):
            pass
        return False

    def _dismiss(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with self._lock:
            self._processes.discard(process)

    def _suspect(self, deal: list[Todo], answered: set[bytes]) -> None:
        """A worker died: each file it has not answered for is tried alone, and one that kills alone is given up."""
        unread = [entry._replace(deaths=entry.deaths + 1) for entry in deal if entry.job.path not in answered]
        if len(deal) == 1 and unread and unread[0].deaths > 1:
            self._put(Delivery((nothing_of(unread[0].job)._replace(problem="reading it fails"),)))
            return
        with self._lock:
            self._alone.extend(unread)

    def _put(self, delivery: Delivery | None) -> None:
        while not self._stopped:
            try:
                return self._answers.put(delivery, timeout=_WAIT_SECONDS)
            except queue.Full:
                continue
        return None
