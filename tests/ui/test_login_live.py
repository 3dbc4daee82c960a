"""The login screen over the real services: from the key ``g`` to the first figures, with a GitHub on loopback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest
from textual.pilot import Pilot

from aic_tui.app import AicApp
from aic_tui.environment import Environment
from aic_tui.services.live import LiveMonitor
from aic_tui.ui.screens.login import LoginScreen
from tests.clock import FakeClock
from tests.editing_world import Ring
from tests.github import GitHub
from tests.login_world import files_with, with_account, with_ring
from tests.loopback import Loopback
from tests.ui.fakes import screen_text


@pytest.fixture
def github(server: Loopback, clock: FakeClock) -> GitHub:
    clock.auto = False
    return GitHub(server, monotonic=clock.monotonic)


@pytest.fixture
def ringed(env: Environment, github: GitHub) -> tuple[Environment, Ring]:
    with_account(env, github)
    return with_ring(env)


async def until(pilot: Pilot[int], clock: FakeClock, holds: Callable[[], bool]) -> None:
    """Let the program run, its clock with it, until something holds."""
    for _ in range(400):
        if holds():
            return
        await clock.advance(0.5)
        await pilot.pause(0.01)
    raise AssertionError(screen_text(pilot.app))  # type: ignore[arg-type]


async def test_from_the_key_to_the_first_figures(
    ringed: tuple[Environment, Ring], github: GitHub, clock: FakeClock, tmp_path: Path
) -> None:
    env, ring = ringed
    monitor = LiveMonitor.open(env)
    app = AicApp(env, monitor, zone=UTC)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("g")
        await until(pilot, clock, lambda: isinstance(app.screen, LoginScreen))
        assert github.code_requests == []
        await pilot.press("enter")
        await until(pilot, clock, lambda: github.user_code in screen_text(app))
        github.approve()
        await until(pilot, clock, lambda: "Signed in as octo-fake" in screen_text(app))
        await until(pilot, clock, lambda: "% used" in screen_text(app))
        assert github.token not in app.export_screenshot()
    await monitor.aclose()
    assert github.early == []
    assert github.token in ring.keys.values()
    assert files_with(tmp_path, github.token) == files_with(tmp_path, github.device_code) == []


async def test_leaving_the_screen_ends_the_questions(
    ringed: tuple[Environment, Ring], github: GitHub, clock: FakeClock
) -> None:
    env, ring = ringed
    monitor = LiveMonitor.open(env)
    app = AicApp(env, monitor, zone=UTC)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press("g")
        await until(pilot, clock, lambda: isinstance(app.screen, LoginScreen))
        await pilot.press("enter")
        await until(pilot, clock, lambda: len(github.polls) == 1)
        assert github.user_code in screen_text(app)
        await pilot.press("escape")
        await until(pilot, clock, lambda: not isinstance(app.screen, LoginScreen))
        for _ in range(60):
            await clock.advance(30)
        assert len(github.polls) == 1
    await monitor.aclose()
    assert not ring.keys
