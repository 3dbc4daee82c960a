"""Everything about the outside world that a test replaces. Built once in ``__main__``, never looked up globally."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import random

    import httpx


class KeyringBackend(Protocol):
    """The part of a keyring backend that is used. Calls may block for ever or raise anything."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Paths:
    """Our four directories. They may not exist yet; whoever writes first makes them, mode 0700."""

    config: Path
    data: Path
    cache: Path
    state: Path

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def database(self) -> Path:
        return self.data / "aic.db"

    @property
    def secrets_file(self) -> Path:
        return self.data / "secrets.toml"

    @property
    def log_file(self) -> Path:
        return self.state / "aic.log"


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _boottime() -> float:
    """Seconds that go on during suspend where the system can tell (Linux), else monotonic seconds."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(clock) if clock is not None else time.time()


def _random() -> random.Random:
    import random  # not for reports

    return random.Random()


async def _sleep(seconds: float) -> None:
    import asyncio  # as dear as all else that a warm report loads, and no verb over logs sleeps

    await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Environment:
    """Clock, variables, places and doors to the outside.

    ``transport`` replaces httpx's network layer; None means the real one. ``keyring`` gives the backend to use
    instead of the system's; it runs on the keyring thread and may hang. ``run`` replaces the start of a helper
    program (macOS ``security``): it is given the command line and returns standard output, or None for a failure.
    """

    paths: Paths
    home: Path
    environ: Mapping[str, str]
    platform: str = "linux"
    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    boottime: Callable[[], float] = _boottime
    sleep: Callable[[float], Awaitable[None]] = _sleep
    rng: random.Random = field(default_factory=_random)
    transport: httpx.AsyncBaseTransport | None = None
    keyring: Callable[[], KeyringBackend] | None = None
    run: Callable[[Sequence[str]], str | None] | None = None
    pid: int = field(default_factory=os.getpid)
