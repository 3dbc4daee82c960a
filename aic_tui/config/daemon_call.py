"""Calls that may never come back, kept away from the event loop and from the end of the program."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def daemon_call(function: Callable[[], T], timeout_seconds: float, name: str) -> T:
    """``function()`` on a daemon thread of its own. Raises what it raises, or :class:`TimeoutError`.

    After a timeout the thread is abandoned. An executor would not do: the interpreter waits for its threads at exit.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(value)  # type: ignore[arg-type]  # None is a T here whenever there is no error

    def work() -> None:
        value: T | None = None
        failure: BaseException | None = None
        try:
            value = function()
        except BaseException as error:  # noqa: BLE001  # it is raised again where it is awaited
            failure = RuntimeError("stopped") if isinstance(error, StopIteration) else error
        if not loop.is_closed():
            try:
                loop.call_soon_threadsafe(settle, value, failure)
            except RuntimeError:  # the loop closed in between: nobody waits any more
                return

    threading.Thread(target=work, daemon=True, name=name).start()
    return await asyncio.wait_for(answer, timeout_seconds)
