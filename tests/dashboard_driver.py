"""The real dashboard with one thing changed, for tests on a terminal: ``python -m tests.dashboard_driver WHAT FILE``.

``demo-modules`` and ``live-modules`` write the names of all loaded modules to FILE when the first frame stands;
``crash`` lets the next look at the accounts fail after the first frame, with keys in variables and in the message.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from aic_tui.__main__ import build_environment, show_dashboard
from aic_tui.diagnostics import Diagnostics
from aic_tui.environment import Environment
from aic_tui.models import AccountState
from aic_tui.services.demo import DemoMonitor
from aic_tui.services.monitor import Monitor

CANARY = "canary-of-no-known-shape-4711"


def telling_modules(monitor: Monitor, file: Path) -> Monitor:
    """``monitor`` that writes down what is loaded at the moment at which the app lets it begin to work."""

    async def run() -> None:
        part = file.with_suffix(".part")
        part.write_text("\n".join(sorted(sys.modules)))
        part.replace(file)
        await asyncio.Event().wait()

    object.__setattr__(monitor, "run", run)
    return monitor


class CrashingMonitor(DemoMonitor):
    """Good for the first frame only."""

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self._broken = False

    def states(self) -> Sequence[AccountState]:
        """The accounts, or a defect with secrets all around it."""
        if self._broken:
            secret, shaped = CANARY, "sk-or-v1-kAnarie9Vogel7Qz3xW5"
            raise ValueError(f"nothing to do with {shaped}, {len(secret)}")
        return super().states()

    async def run(self) -> None:
        """Break, and tell everybody that the list has changed."""
        self._broken = True
        for callback in self._callbacks:
            callback(None)
        await asyncio.Event().wait()


def monitor_for(what: str, file: Path, env: Environment) -> Callable[[], Monitor]:
    """What opens the monitor of this kind of run."""
    if what == "crash":
        return lambda: CrashingMonitor(env)
    if what == "demo-modules":
        return lambda: telling_modules(DemoMonitor(env), file)

    def live() -> Monitor:
        from aic_tui.services.live import LiveMonitor

        return telling_modules(LiveMonitor.open(env, {}), file)

    return live


if __name__ == "__main__":
    os.umask(0o077)
    world = build_environment(argparse.Namespace())
    sys.exit(show_dashboard(world, Diagnostics.install(world), monitor_for(sys.argv[1], Path(sys.argv[2]), world)))
