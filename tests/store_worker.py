"""A process that writes to the store until it is killed, or under a limit, and says what is safely written.

``python -m tests.store_worker MODE ROOT [NAME]``; one line on standard output per acknowledged write.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from aic_tui.environment import Environment
from aic_tui.models import RequestEntry
from aic_tui.store.schema import MIGRATIONS, Step
from aic_tui.store.store import Store
from tests.clock import FakeClock
from tests.conftest import build_env
from tests.store_cases import NOW, full_state, quota

# Slow enough to be killed in the middle: every row of 20 000 is rewritten twice.
SLOW_STEP: Step = (
    "ALTER TABLE points ADD COLUMN mark INTEGER",
    "UPDATE points SET mark = 1",
    "CREATE INDEX points_mark ON points (mark, at)",
    "UPDATE points SET mark = 2",
)
FULL_AT_BYTES = 300_000


def open_store(root: Path, migrations: Sequence[Step] = MIGRATIONS) -> tuple[Store, Environment, FakeClock]:
    clock = FakeClock()
    env = build_env(root, clock)
    return Store.open(env, migrations), env, clock


def say(line: object) -> None:
    os.write(1, f"{line}\n".encode())


def write_for_ever(root: Path, name: str) -> None:
    """States, requests and points; upkeep and checkpoints in between."""
    store, _, _ = open_store(root)
    for number in itertools.count():
        at = NOW + timedelta(seconds=number)
        store.states.save(full_state(name, at))
        store.requests.add(RequestEntry(name, at, "GET", "https://x.test", "ok"))
        if store.history.record(name, quota(number / 1e6, at, "5h", "week")):
            say(number)
        if number % 10 == 9:
            store.history.record(f"{name}-old", quota(number / 1e6, NOW - timedelta(days=300) + (at - NOW)))
            store.maintain(NOW, 180)


def migrate(root: Path, _name: str) -> None:
    say("begin")
    store, _, _ = open_store(root, (*MIGRATIONS, SLOW_STEP))
    say("done")
    store.close()


def write_some(root: Path, name: str) -> None:
    store, _, _ = open_store(root)
    for number in range(200):
        assert store.history.record(name, quota(number / 1e6, NOW + timedelta(seconds=number)))
        if number % 20 == 0:
            store.maintain(NOW, 180)
    say(store.notices)
    store.close()


def fill_the_disk(root: Path, _name: str) -> None:
    """Write past a file size limit, then without it."""
    import resource

    store, _, clock = open_store(root)
    store.states.save(full_state())
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_AT_BYTES, hard))
    numbers = itertools.count()
    while record(store, next(numbers)):
        pass
    for _ in range(20):
        assert not record(store, next(numbers))
    clock.move(60)
    assert not record(store, next(numbers))
    say(store.facts().why)
    say(store.notices)
    say(store.facts().pending)
    say(store.states.load() == [full_state()])
    say(store.maintain(NOW, 180).done)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    clock.move(60)
    say(record(store, next(numbers)))
    say((store.facts().why, store.facts().pending))
    total = len(store.history.points(until=NOW + timedelta(days=1)))
    say(total == next(numbers))
    store.close()


def record(store: Store, number: int) -> bool:
    return store.history.record("a", quota(number / 1e6, NOW + timedelta(seconds=number)))


def read_only(root: Path, _name: str) -> None:
    """Use a file that this user may read and not write."""
    store, env, _ = open_store(root)
    say(store.notices)
    say(store.states.load() == [full_state()])
    say(store.history.record("claude", quota(0.7, NOW)))
    store.states.save(full_state("second"))
    say(len(store.history.points("claude")))
    say([state.account_id for state in store.states.load()])
    say(store.maintain(NOW, 180).done)
    say(store.check())
    store.close()
    say(sorted(path.name for path in env.paths.data.iterdir()) if os.access(env.paths.data, os.R_OK) else "none")


MODES = {
    "write": write_for_ever,
    "some": write_some,
    "migrate": migrate,
    "full": fill_the_disk,
    "readonly": read_only,
}

if __name__ == "__main__":
    MODES[sys.argv[1]](Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "a")
