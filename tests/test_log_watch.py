"""The scanner of a screen: another process, which tells what it finds and never outlives whom it tells."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.services.usage import Progress, ScanReport
from aic_tui.services.usage_scanner import told
from aic_tui.services.usage_watch import watch
from tests.log_scan_cases import UTC, Machine, answer
from tests.store_files import POSIX, raw

pytestmark = [pytest.mark.slow, POSIX]

Told = AsyncGenerator[Progress | ScanReport]


async def report(watching: Told) -> ScanReport:
    async with asyncio.timeout(20):
        async for value in watching:
            if isinstance(value, ScanReport):
                return value
    raise AssertionError("it ended")


async def test_what_is_added_is_told(env: Environment) -> None:
    machine = Machine(env)
    machine.log("a.jsonl", answer(1))
    watching = watch(env, Config(), UTC, tick_seconds=0.02)
    first = await report(watching)
    assert (first.read_files, first.first_run) == (1, True)
    assert machine.totals() == (1, 10)
    machine.add("a.jsonl", answer(2))
    assert (await report(watching)).read_files == 1
    machine.log("b.jsonl", answer(3))
    assert (await report(watching)).read_files == 1
    assert machine.totals() == (3, 30)
    await watching.aclose()
    assert children() == []


async def test_a_scanner_that_dies_is_started_again(env: Environment) -> None:
    watching = watch(env, Config(), UTC, tick_seconds=0.02)
    await report(watching)
    (child,) = children()
    os.kill(child, signal.SIGKILL)
    assert (await report(watching)).read_files == 0
    assert children() != [child]
    await watching.aclose()
    assert children() == []


async def test_what_cannot_be_saved_is_told_and_tried_again(env: Environment) -> None:
    machine = Machine(env)
    machine.log("a.jsonl", answer(1))
    machine.scan()
    machine.add("a.jsonl", answer(2))
    with raw(env) as db:
        db.execute("BEGIN IMMEDIATE")
        watching = watch(env, Config(), UTC, tick_seconds=0.02)
        assert (await report(watching)).notices == (
            "Session logs are not read: another program has locked the database.",
        )
        db.execute("ROLLBACK")
    assert (await report(watching)).read_files == 1
    assert machine.totals() == (2, 20)
    await watching.aclose()


def test_lines_that_say_nothing_are_passed_over() -> None:
    for line in (
        b"",
        b"{",
        b"[]",
        b'{"type":"report"}',
        b'{"type":"report","values":[1]}',
        b'{"type":"progress","values":3}',
    ):
        assert told(line) is None


def children() -> list[int]:
    """Processes that this one has started and that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found
