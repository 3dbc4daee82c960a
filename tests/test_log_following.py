"""Session logs while the dashboard runs: read beside it, kept when they are deleted, left alone when switched off."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from aic_tui.config.file import load_config
from aic_tui.config.settings import Config, Settings
from aic_tui.environment import Environment
from aic_tui.services.live import LiveMonitor
from aic_tui.services.log_following import LogFollower
from aic_tui.services.usage import UsageService
from tests.clock import FakeClock
from tests.conftest import MakeEnv
from tests.log_corpus import SIZES, Corpus
from tests.log_scan_cases import UTC, answer

ON = {"AIC_READ_LOGS": "1", "TZ": "UTC"}


@pytest.fixture
def env(make_env: MakeEnv, clock: FakeClock) -> Environment:
    clock.auto = False
    return make_env(ON)


def log(env: Environment, *lines: bytes) -> Path:
    path = env.home / ".claude" / "projects" / "-p" / "s.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))
    return path


def counted(env: Environment) -> int:
    """How many messages the index has."""
    with UsageService(env, Config()) as service:
        return sum(row.messages for row in service.rows(UTC))


def scanners() -> set[int]:
    """Our scanner processes (Linux)."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == os.getpid() and b"usage_scanner" in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
    return found


def impatient(env: Environment) -> Environment:
    """Every look at the clock is two seconds later."""
    seconds = itertools.count(step=2)
    return replace(env, monotonic=lambda: float(next(seconds)))


async def eventually(condition: Callable[[], object], clock: FakeClock | None = None) -> None:
    """Real processes take real time; a virtual clock goes on meanwhile."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)
            if clock is not None:
                await clock.advance(0.5)


@asynccontextmanager
async def running(env: Environment) -> AsyncIterator[LiveMonitor]:
    monitor = LiveMonitor.open(env)
    task = asyncio.create_task(monitor.run())
    try:
        yield monitor
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await monitor.aclose()


async def test_what_is_read_outlives_its_log(env: Environment, clock: FakeClock) -> None:
    path = log(env, answer(1), answer(2))
    async with running(env) as monitor:
        await eventually(lambda: counted(env) == 2, clock)
        path.unlink()
        await eventually(lambda: monitor.reading_share is None, clock)  # told a moment after it was written
        assert monitor.notices == []
    assert counted(env) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_the_setting_starts_and_stops_it_at_once(env: Environment, clock: FakeClock) -> None:
    env = replace(env, environ={"AIC_LIVE_PRICES": "0"})
    log(env, answer(1))
    env.paths.config.mkdir(parents=True)
    env.paths.config_file.write_text("version = 1\n[general]\nread_logs = false\n")
    async with running(env) as monitor:
        await eventually(lambda: clock.next_due is not None)
        assert not scanners()
        assert monitor.config.settings.read_logs is False
        env.paths.config_file.write_text("version = 1\n[general]\nread_logs = true\n")
        await eventually(lambda: counted(env) == 1, clock)
        assert len(scanners()) == 1
        env.paths.config_file.write_text("version = 1\n[general]\nread_logs = false\nshow = 'left'\n")
        await eventually(lambda: not scanners(), clock)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_nothing_is_left_of_a_scan_that_was_going_on(env: Environment) -> None:
    # Gigabytes of nothing without an end of line take long to look through, and no room on the disk.
    with log(env, answer(1)).open("ab") as file:
        file.truncate(8 << 30)
    follower = LogFollower(impatient(env), load_config(env), lambda: None)
    task = asyncio.create_task(follower.run())
    await eventually(lambda: follower.share is not None)
    assert scanners()
    task.cancel()
    async with asyncio.timeout(2):
        await asyncio.gather(task, return_exceptions=True)
    assert not scanners()
    assert follower.share is None


async def test_how_far_a_long_scan_is_can_be_told(env: Environment) -> None:
    Corpus(env.home, SIZES["small"]).write()
    told: list[float | None] = []
    follower = LogFollower(impatient(env), Config(settings=Settings()), lambda: told.append(follower.share))
    task = asyncio.create_task(follower.run())
    await eventually(lambda: told[-1:] == [None])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    *shares, last = told
    assert last is None
    assert shares
    assert all(share is not None and 0 < share <= 1 for share in shares)
    assert shares == sorted(shares, key=lambda share: share or 0)
