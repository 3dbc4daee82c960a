"""The loop of the verbs: nothing holds it up at its end, and nothing is left running."""

from __future__ import annotations

import asyncio
import threading

import pytest

from aic_tui.cli.loop import run


def test_the_result_and_the_error_come_through() -> None:
    async def good() -> int:
        return 7

    async def bad() -> None:
        raise KeyError("x")

    assert run(good) == 7
    with pytest.raises(KeyError):
        run(bad)


def test_what_still_runs_is_cancelled_and_may_tidy_up() -> None:
    tidied: list[str] = []

    async def beside() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            tidied.append("beside")

    async def leaves() -> None:
        task = asyncio.create_task(beside())
        await asyncio.sleep(0)
        assert not task.done()
        raise SystemExit(143)

    with pytest.raises(SystemExit):
        run(leaves)
    assert tidied == ["beside"]


def test_a_thread_that_hangs_is_not_waited_for() -> None:
    release = threading.Event()

    async def asks() -> str:
        asyncio.get_running_loop().run_in_executor(None, release.wait, 30)
        await asyncio.sleep(0)
        return "done"

    try:
        assert run(asks) == "done"
        assert not release.is_set()
    finally:
        release.set()
