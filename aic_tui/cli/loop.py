"""Coroutines of verbs and of the dashboard on a loop that nothing can hold up at its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_LEAVE_SECONDS = 0.5


def run(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of ``make()`` on a new event loop.

    Unlike ``asyncio.run`` it does not wait for the loop's threads: a name server that does not answer holds one for
    half a minute, and quitting takes a second at most.
    """
    loop = asyncio.new_event_loop()
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(make())
    finally:
        with contextlib.suppress(Exception):
            _cancel_all(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=_LEAVE_SECONDS))
    loop.run_until_complete(loop.shutdown_asyncgens())
