"""The scanner of a screen: a process of its own that keeps the index up to date and tells of it line by line.

``python -m aic_tui.services.usage_scanner`` reads one JSON object from standard input (see :func:`begin_line`), writes
JSON lines to standard output (see :func:`told`), and ends when its input does.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from datetime import tzinfo
from pathlib import Path

from aic_tui.config.settings import Config
from aic_tui.environment import Environment, Paths
from aic_tui.errors import UserError
from aic_tui.services.usage import Progress, ScanReport, UsageService
from aic_tui.store.faults import NotSaved
from aic_tui.zones import name_of, zone_named

NICE = 10
TICK_SECONDS = 2.0
_SWEEP_SECONDS = 30.0
# A sweep costs a stat for every file; looking is never more than a twentieth of the time.
_SHARE = 20
_LATEST_SECONDS = 60.0


def begin_line(env: Environment, config: Config, zone: tzinfo, tick_seconds: float) -> str:
    """What a scanner is told first: whose logs, whose database, which zone, how often to look."""
    paths = {name: str(getattr(env.paths, name)) for name in ("config", "data", "cache", "state")}
    return json.dumps(
        {
            "paths": paths,
            "home": str(env.home),
            "environ": dict(env.environ),
            "platform": env.platform,
            "zone": name_of(zone),
            "tick_seconds": tick_seconds,
            "log_roots": {source: list(found) for source, found in config.log_roots.items()},
        }
    )


def told(line: str | bytes) -> Progress | ScanReport | None:
    """What a line of a scanner's output says; None where it says nothing."""
    try:
        message = json.loads(line)
        if message["type"] == "progress":
            return Progress(*message["values"])
        report = ScanReport._make(message["values"])
        return report._replace(notices=tuple(report.notices))
    except (ValueError, TypeError, KeyError):
        return None


def _say(value: Progress | ScanReport) -> None:
    kind = "progress" if isinstance(value, Progress) else "report"
    sys.stdout.write(json.dumps({"type": kind, "values": value}) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Scan until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c is the screen's; it ends us by closing the pipe
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(NICE)  # the workers', too: they inherit it
    begin = json.loads(sys.stdin.readline() or "null")
    if not isinstance(begin, dict):
        return 2
    ended = threading.Event()
    threading.Thread(target=_wait_for_end, args=(ended,), name="input", daemon=True).start()
    paths = {name: Path(path) for name, path in begin["paths"].items()}
    env = Environment(Paths(**paths), Path(begin["home"]), begin["environ"], begin["platform"])
    zone = zone_named(begin["zone"])
    roots = {source: tuple(found) for source, found in begin["log_roots"].items()}
    with UsageService(env, Config(log_roots=roots), may_forget=False) as service:
        try:
            _scan_on(service, zone, ended, begin["tick_seconds"])
        except UserError as error:
            _say(ScanReport(notices=(str(error),)))
            return 1
    return 0


def _scan_on(service: UsageService, zone: tzinfo, ended: threading.Event, tick_seconds: float) -> None:
    last: ScanReport | None = None
    next_sweep = 0.0
    while not ended.is_set():
        started = time.monotonic()
        is_sweep, took = started >= next_sweep, 0.0
        try:
            report = service.scan(zone, progress=_say, cancelled=ended.is_set, glance=not is_sweep)
            took = time.monotonic() - started
        except NotSaved as error:
            report = ScanReport(notices=(f"Session logs are not read: {error.why}.",))
        if last is None or report.read_files or report.notices != last.notices:
            _say(report)
        last = report
        if is_sweep:
            next_sweep = started + max(_SWEEP_SECONDS, took * _SHARE)
        ended.wait(min(_LATEST_SECONDS, max(tick_seconds, took * _SHARE)))


def _wait_for_end(ended: threading.Event) -> None:
    while sys.stdin.readline():
        pass
    ended.set()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
    os._exit(0)
