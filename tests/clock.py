"""A clock that moves only when a test says so."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)


class FakeClock:
    """Wall, monotonic and boot time for an Environment, and a ``sleep`` on them.

    With ``auto`` a sleep ends at once and moves all clocks by its length: right for code with one sleeper. Without
    it sleepers wait until :meth:`advance` comes past their time: right for schedulers.
    """

    def __init__(self, start: datetime = START, *, auto: bool = True) -> None:
        self._now = start
        self._monotonic = 1000.0
        self._boottime = 1000.0
        self.auto = auto
        self.slept: list[float] = []
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def boottime(self) -> float:
        return self._boottime

    async def sleep(self, seconds: float) -> None:
        """Wait on this clock."""
        self.slept.append(seconds)
        if self.auto or seconds <= 0:
            self.move(max(0.0, seconds))
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), future))
        await future

    def move(self, seconds: float) -> None:
        """All clocks go on; nobody is woken."""
        self._monotonic += seconds
        self._boottime += seconds
        self._now += timedelta(seconds=seconds)

    def step_wall(self, seconds: float) -> None:
        """The wall clock alone is set forward or back."""
        self._now += timedelta(seconds=seconds)

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: wall and boot time go on, monotonic time stands."""
        self._boottime += seconds
        self._now += timedelta(seconds=seconds)

    @property
    def next_due(self) -> float | None:
        """Seconds until the first sleeper is due, or None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] - self._monotonic if self._sleepers else None

    async def advance(self, seconds: float, *, busy: Callable[[], bool] | None = None) -> None:
        """Move on by ``seconds`` and wake every sleeper at its own instant, in order.

        After each wake-up the event loop runs until tasks had time to react; ``busy`` holds the clock still (in real
        time, at most 10 s) while it is true, for work that goes through real sockets or threads.
        """
        end = self._monotonic + seconds
        await self.settle(busy)
        while (due := self.next_due) is not None and self._monotonic + due <= end + 1e-9:
            self.move(max(0.0, due))
            _, _, future = heapq.heappop(self._sleepers)
            future.set_result(None)
            await self.settle(busy)
        self.move(max(0.0, end - self._monotonic))
        await self.settle(busy)

    async def settle(self, busy: Callable[[], bool] | None = None) -> None:
        """Let the other tasks run."""
        for _ in range(20):
            await asyncio.sleep(0)
        if busy is None:
            return
        async with asyncio.timeout(10):
            while busy():
                await asyncio.sleep(0.001)
        for _ in range(20):
            await asyncio.sleep(0)
