"""Who deals files to the workers, and listens to them: one thread for each."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aic_tui.logs import wire
from aic_tui.logs.hands import Hands
from aic_tui.logs.reading import Job, nothing_of
from aic_tui.usage_files import FileFacts

_LEAST_BYTES, _MOST_BYTES = 1 << 20, 32 << 20
_DEAL_FILES = 256
_WAIT_SECONDS = 0.05
# While a worker reads one deal, the next one is on its way: nobody waits for this process.
_AHEAD = 2


class Delivery(NamedTuple):
    """What has been read since the last one. Often nothing, so that whoever waits can look about."""

    facts: Sequence[FileFacts] = ()
    read_bytes: int = 0


class Todo(NamedTuple):
    """A file to read, how much of it is expected to be new, and how many workers have died of it."""

    job: Job
    size: int
    deaths: int = 0


class Crew:
    """Has the files in ``left`` read by ``count`` workers. What nobody could read stays in ``left``."""

    def __init__(self, left: deque[Todo], begin: wire.Begin, hands: Hands, count: int) -> None:
        self._left = left
        self._begin = begin
        self._hands = hands
        self._count = count
        self._size = sum(todo.size for todo in left)
        self._lock = threading.Lock()
        self._alone: deque[Todo] = deque()  # one of these may have killed its worker
        self._answers: queue.Queue[Delivery | None] = queue.Queue(maxsize=64)
        self._stopped = False

    def deliveries(self) -> Iterator[Delivery]:
        """What the workers tell, at least every 50 ms."""
        for _ in range(self._count):
            threading.Thread(target=self._serve, name="logs", daemon=True).start()
        serving = self._count
        while serving:
            try:
                delivery = self._answers.get(timeout=_WAIT_SECONDS)
            except queue.Empty:
                yield Delivery()
                continue
            if delivery is None:
                serving -= 1
            else:
                yield delivery
        self._left.extend(self._alone)

    def stop(self) -> None:
        """End every worker now."""
        self._stopped = True
        self._hands.end()

    def _serve(self) -> None:
        try:
            while (self._left or self._alone) and not self._stopped and self._employ():
                pass
        finally:
            self._put(None)

    def _employ(self) -> bool:
        """Keep a worker busy until nothing is left or it dies. False when none can be started."""
        worker: subprocess.Popen[bytes] | None = None
        deals: deque[list[Todo]] = deque()
        answered: set[bytes] = set()
        try:
            worker = self._hands.take()
            if not self._greet(worker):
                return False
            with contextlib.suppress(OSError, ValueError):
                self._listen(worker, deals, answered)
        except OSError:
            return False
        finally:
            if worker is not None:
                self._hands.dismiss(worker)
        if deals and not self._stopped:
            self._suspect(deals, answered)
        return True

    def _greet(self, worker: subprocess.Popen[bytes]) -> bool:
        """Whether the worker lives and understands: one that cannot even begin says nothing against any file."""
        assert worker.stdin is not None  # noqa: S101  # by PIPE
        assert worker.stdout is not None  # noqa: S101
        wire.send(worker.stdin, self._begin)
        return wire.receive(worker.stdout) is not None

    def _listen(self, worker: subprocess.Popen[bytes], deals: deque[list[Todo]], answered: set[bytes]) -> None:
        """Deal to a worker and hand on its answers, until there is nothing left to deal or it says no more."""
        assert worker.stdin is not None  # noqa: S101
        assert worker.stdout is not None  # noqa: S101
        while True:
            while len(deals) < _AHEAD and (deal := self._deal()):
                deals.append(deal)
                wire.send(worker.stdin, wire.Work([todo.job for todo in deal]))
            if not deals or (message := wire.receive(worker.stdout)) is None:
                return
            answer = wire.decode_answer(message)
            answered.update(facts.path for facts in answer.facts)
            self._put(Delivery(answer.facts, answer.read_bytes))
            if answer.is_last:
                deals.popleft()
                answered.clear()

    def _deal(self) -> list[Todo]:
        """The next files for one worker: fewer and fewer, so that all end together; or one that is suspected."""
        with self._lock:
            if self._stopped:
                return []
            if self._alone:
                return [self._alone.popleft()]
            deal: list[Todo] = []
            most = min(_MOST_BYTES, max(_LEAST_BYTES, self._size // (4 * self._count)))
            size = 0
            while self._left and len(deal) < _DEAL_FILES and size < most:
                deal.append(self._left.popleft())
                size += deal[-1].size
            self._size -= size
            return deal

    def _suspect(self, deals: deque[list[Todo]], answered: set[bytes]) -> None:
        """A worker died: each file of its deal is tried alone, and one that kills alone is given up."""
        first, *others = deals
        unread = [todo._replace(deaths=todo.deaths + 1) for todo in first if todo.job.path not in answered]
        with self._lock:
            for deal in others:
                self._left.extendleft(reversed(deal))
            given_up = unread.pop() if len(first) == 1 and unread and unread[0].deaths > 1 else None
            self._alone.extend(unread)
        if given_up is not None:
            self._put(Delivery((nothing_of(given_up.job)._replace(problem="reading it fails"),)))

    def _put(self, delivery: Delivery | None) -> None:
        while not self._stopped:
            try:
                return self._answers.put(delivery, timeout=_WAIT_SECONDS)
            except queue.Full:
                continue
        return None
