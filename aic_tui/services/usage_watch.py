"""The screen's end of a scanner process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import tzinfo

from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.logs.command import command
from aic_tui.services.usage import Progress, ScanReport
from aic_tui.services.usage_scanner import TICK_SECONDS, begin_line, told

_MODULE = "aic_tui.services.usage_scanner"
_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 300.0
_END_SECONDS = 0.15


async def watch(
    env: Environment, config: Config, zone: tzinfo, tick_seconds: float = TICK_SECONDS
) -> AsyncGenerator[Progress | ScanReport]:
    """What a scanner tells. One that dies is started again, after longer and longer pauses."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            process = await asyncio.create_subprocess_exec(
                *command(_MODULE),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            yield ScanReport(notices=(f"Session logs are not read: {error.strerror}.",))
        else:
            try:
                async for value in _told_by(process, begin_line(env, config, zone, tick_seconds)):
                    pause = _FIRST_PAUSE_SECONDS
                    yield value
            finally:
                await _end(process)
        await env.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def _told_by(process: asyncio.subprocess.Process, begin: str) -> AsyncGenerator[Progress | ScanReport]:
    assert process.stdin is not None  # noqa: S101  # by PIPE
    assert process.stdout is not None  # noqa: S101
    with contextlib.suppress(OSError):
        process.stdin.write(begin.encode() + b"\n")
        await process.stdin.drain()
    while line := await process.stdout.readline():
        value = told(line)
        if value is not None:
            yield value


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let it end by itself for a moment, because that finishes a commit, and kill it then."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _END_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
