"""A process that scans, with workers and small commits, to be killed: ``python -m tests.log_scanner ROOT [tell]``."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

from aic_tui.config.settings import Config
from aic_tui.logs import scan
from aic_tui.services import usage_scan
from aic_tui.services.usage import Progress, UsageService
from tests.clock import FakeClock
from tests.conftest import build_env
from tests.log_scan_cases import UTC


def end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    signal.signal(signal.SIGTERM, end)
    # So that a small corpus is scanned as a large one is.
    scan.SMALL_BYTES = 1
    usage_scan.BATCH_FILES = 2

    def tell(_: Progress) -> None:
        if "tell" in sys.argv:
            print("reading", flush=True)

    with UsageService(build_env(Path(sys.argv[1]), FakeClock()), Config()) as service:
        service.scan(UTC, progress=tell)


if __name__ == "__main__":
    main()
