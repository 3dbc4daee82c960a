"""Fixtures for every test: an Environment over a temporary directory, its clock, and the loopback server."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from aic_tui.config.settings import Settings
from aic_tui.environment import Environment, Paths
from tests.clock import FakeClock
from tests.loopback import Loopback

MakeEnv = Callable[..., Environment]


def pytest_configure(config: pytest.Config) -> None:
    """No deadline for an example: on a busy machine any may take a second.

    The examples are the same in every run, so that a change is judged by what it changed; ``-m soak`` and
    ``--hypothesis-seed`` look for new ones.
    """
    from hypothesis import settings

    searching = "soak" in (config.option.markexpr or "") or config.getoption("--hypothesis-seed", None) is not None
    settings.register_profile("aic", deadline=None, derandomize=not searching)
    settings.load_profile("aic")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A whole run is spread over processes; a run of named tests needs none. ``-n 4`` and ``-n 0`` say otherwise.

    There are two to a core, since most tests of screens and terminals wait for a real program or a real moment.
    """
    option = config.option
    whole = config.args_source is not pytest.Config.ArgsSource.ARGS and not option.keyword and not option.maxfail
    return 2 * (os.cpu_count() or 1) if whole and not option.update_snapshots else 0


QUIET = {"AIC_READ_LOGS": "0", "AIC_LIVE_PRICES": "0"}
"""Variables for tests: no process reads logs, and nobody is asked for prices."""
DEFAULTS = Settings(read_logs=False, live_prices=False)
"""The settings of an ``env`` without flags and file."""


def build_env(root: Path, clock: FakeClock, environ: Mapping[str, str] | None = None, **changes: Any) -> Environment:
    """An Environment whose home and directories are under ``root``, with no variables but ``environ``.

    Unless it says otherwise no price list is asked for, and no process is started that reads logs.
    """
    home = root / "home"
    home.mkdir(parents=True, exist_ok=True)
    base: dict[str, Any] = {
        "paths": Paths(root / "config", root / "data", root / "cache", root / "state"),
        "home": home,
        "environ": {**QUIET, **(environ or {})},
        "now": clock.now,
        "monotonic": clock.monotonic,
        "boottime": clock.boottime,
        "sleep": clock.sleep,
        "rng": random.Random(1),
    }
    return Environment(**{**base, **changes})


@pytest.fixture
def clock() -> FakeClock:
    """The clock of ``env`` and ``make_env``: a sleep ends at once and moves it (``clock.auto = False`` to hold it)."""
    return FakeClock()


@pytest.fixture
def make_env(tmp_path: Path, clock: FakeClock) -> MakeEnv:
    """Builds Environments over ``tmp_path``: ``make_env(environ={...}, platform="darwin", rng=…)``."""

    def make(environ: Mapping[str, str] | None = None, **changes: Any) -> Environment:
        return build_env(tmp_path, clock, environ, **changes)

    return make


@pytest.fixture
def env(make_env: MakeEnv) -> Environment:
    """An Environment with no variables, an empty home and the fake clock."""
    return make_env()


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A plain http loopback server."""
    with Loopback() as running:
        yield running
