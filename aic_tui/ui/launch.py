"""From the command line to the dashboard. The terminal is asked for its background while Textual is imported."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable

from aic_tui.environment import Environment
from aic_tui.services.monitor import Monitor
from aic_tui.ui.background import BackgroundProbe
from aic_tui.zones import zone_of


def run_dashboard(
    env: Environment,
    monitor: Monitor,
    *,
    report_crash: Callable[[BaseException], str] | None = None,
    ascii_only: bool | None = None,
) -> int:
    """Show the dashboard until the user leaves it; the exit code (0, 1 after a crash, 129 or 143 after a signal).

    The monitor is closed at the end, after the terminal has been restored. ``report_crash`` stores a report of an
    unexpected exception and returns the sentence to print. There must be a terminal.
    """
    gc.disable()  # until the first frame stands: nothing made on the way there is garbage
    probe = BackgroundProbe(env.environ)
    try:
        from aic_tui.app import AicApp
    finally:
        light = probe.answer()
    app = AicApp(
        env,
        monitor,
        zone=zone_of(monitor.config.settings.timezone, env.environ),
        light=light,
        ascii_only=needs_ascii(env) if ascii_only is None else ascii_only,
        report_crash=report_crash,
    )

    async def session() -> None:
        try:
            await app.run_async(mouse=monitor.config.settings.mouse)
        finally:
            await monitor.aclose()

    asyncio.run(session())
    _drop_unwritable()
    return app.return_code or 0


def _drop_unwritable() -> None:
    """Where the terminal is gone, let what is still buffered go nowhere: it would turn our exit code into Python's."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def needs_ascii(env: Environment) -> bool:
    """Whether the terminal can hardly show more than ASCII: the first locale variable that is set names no UTF-8."""
    if env.platform == "win32":
        return False
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := env.environ.get(name))), "utf-8")
    if locale in ("C", "POSIX"):
        return False  # said by containers and cron about terminals that show everything
    return "utf" not in locale.lower()
