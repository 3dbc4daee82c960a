"""Whether this machine has a network at all, known to every instance, and whether it has just woken from sleep."""

from __future__ import annotations

from functools import partial

from aic_tui.environment import Environment
from aic_tui.services.asking import online
from aic_tui.services.backoff import after_offline
from aic_tui.services.schedule import RESUME_GAP_SECONDS
from aic_tui.store.gate import OFFLINE, Gate
from aic_tui.store.store import Store

_ENOUGH = 2  # accounts that cannot be reached, where there are as many


class Network:
    """The machine is offline when every account asked since the last answer could not be reached."""

    def __init__(self, env: Environment, store: Store) -> None:
        self._env = env
        self._store = store
        self._unreachable: set[str] = set()
        self._asleep_seconds = self._suspended()
        self._wall_ahead = self._ahead()
        self.offline = False

    def blames(self, account_id: str) -> bool:
        """True for an account that could not be reached lately: another one tells more as a probe."""
        return account_id in self._unreachable

    def hear(self, gate: Gate) -> bool:
        """Learn from the network's gate what the other instances know by now. True when an outage has ended."""
        was, self.offline = self.offline, gate.level > 0
        return was and not self.offline

    async def learn(self, account_id: str, *, reached: bool, others: bool, accounts: int) -> bool:
        """One more request has ended. ``others`` are still under way; ``accounts`` is how many there are.

        True when an outage has ended.
        """
        if reached:
            self._unreachable.clear()
            if not self.offline:
                return False
            await self._store.call(self._store.gates.change, OFFLINE, online)
            return self.hear(Gate(OFFLINE))
        self._unreachable.add(account_id)
        if not (self.offline or others or len(self._unreachable) < min(_ENOUGH, accounts)):
            now = self._env.now().timestamp()
            change = partial(after_offline, now=now, rng=self._env.rng)
            self.hear(await self._store.call(self._store.gates.change, OFFLINE, change))
        return False

    def clocks_moved(self) -> tuple[bool, bool]:
        """Whether the machine has slept, and whether the wall clock moved on its own, since the last look.

        Timers stand still in suspend on Linux, and only the difference between two clocks tells of it. Half a
        minute is the least that counts.
        """
        asleep, ahead = self._suspended(), self._ahead()
        slept = abs(asleep - self._asleep_seconds) > RESUME_GAP_SECONDS
        stepped = abs(ahead - self._wall_ahead) > RESUME_GAP_SECONDS
        self._asleep_seconds, self._wall_ahead = asleep, ahead
        return slept, stepped

    def _suspended(self) -> float:
        return self._env.boottime() - self._env.monotonic()

    def _ahead(self) -> float:
        return self._env.now().timestamp() - self._env.monotonic()
