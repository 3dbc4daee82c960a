"""The first start on a machine with a key in the environment and logins of other tools, with the real services."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable
from datetime import UTC
from typing import Any

import httpx
import pytest
from textual.app import App
from textual.pilot import Pilot

from aic_tui.app import AicApp
from aic_tui.environment import Environment
from aic_tui.services.live import LiveMonitor
from aic_tui.ui.screens.dashboard import Dashboard
from aic_tui.ui.screens.welcome import WelcomeScreen
from tests.clock import FakeClock
from tests.conftest import MakeEnv

KEY = "sk-kanarienDeepSeek5566778899vogelH4uT"
TOKEN = "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDAwMDAwMDB9.kanarienSignature"


class Vendors:
    """What the providers answer, and which hosts were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.host)
        if request.url.host == "api.deepseek.com":
            infos = [{"currency": "USD", "total_balance": "14.20"}]
            return httpx.Response(200, json={"is_available": True, "balance_infos": infos})
        window = {"used_percent": 41, "limit_window_seconds": 18000, "reset_after_seconds": 6000}
        return httpx.Response(200, json={"plan_type": "plus", "rate_limit": {"primary_window": window}})


@pytest.fixture
def vendors() -> Vendors:
    return Vendors()


@pytest.fixture
def env(make_env: MakeEnv, clock: FakeClock, vendors: Vendors) -> Environment:
    clock.auto = False
    made = make_env({"DEEPSEEK_API_KEY": KEY}, transport=httpx.MockTransport(vendors))
    login = {"tokens": {"access_token": TOKEN, "refresh_token": "rt_kanarien", "account_id": "acc-7"}}
    (made.home / ".codex").mkdir()
    (made.home / ".codex" / "auth.json").write_text(json.dumps(login))
    return made


async def until(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    """Let the program run until something holds."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, shown(pilot.app)
        await pilot.pause(0.01)


def shown(app: App[Any]) -> str:
    return app.export_screenshot().replace("&#160;", " ")


async def test_enter_uses_the_login_and_keeps_the_environments_key(
    env: Environment, clock: FakeClock, vendors: Vendors
) -> None:
    monitor = LiveMonitor.open(env)
    app = AicApp(env, monitor, zone=UTC)
    async with app.run_test(size=(200, 30)) as pilot:  # wide enough for the path of a home among temporary files
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        assert "chatgpt.com" not in vendors.asked
        await until(pilot, lambda: ".codex/auth.json" in shown(app))
        assert KEY[:12] not in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Dashboard) and len(monitor.states()) == 2)
        for _ in range(20):
            await clock.advance(30)
            await pilot.pause(0.02)
        await until(pilot, lambda: "41%" in shown(app) and "$14.20" in shown(app))
        config = tomllib.loads(env.paths.config_file.read_text())
        assert config["accounts"]["codex"]["key"] == "discovered:codex"
        assert config["accounts"]["deepseek"]["key"] == "env:DEEPSEEK_API_KEY"
        assert KEY not in env.paths.config_file.read_text()
    await monitor.aclose()


async def test_not_now_asks_no_login_and_writes_nothing(env: Environment, clock: FakeClock, vendors: Vendors) -> None:
    monitor = LiveMonitor.open(env)
    app = AicApp(env, monitor, zone=UTC)
    async with app.run_test(size=(42, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Dashboard))
        for _ in range(20):
            await clock.advance(30)
            await pilot.pause(0.02)
        await until(pilot, lambda: "api.deepseek.com" in vendors.asked)
        assert "chatgpt.com" not in vendors.asked
        assert not env.paths.config_file.exists()
    await monitor.aclose()


async def test_the_second_start_does_not_ask_again(env: Environment) -> None:
    first = LiveMonitor.open(env)
    await first.accept([found for found in await first.findings() if found.needs_confirmation])
    await first.aclose()
    monitor = LiveMonitor.open(env)
    app = AicApp(env, monitor, zone=UTC)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.5)
        assert isinstance(app.screen, Dashboard)
        assert {state.account_id for state in monitor.states()} == {"codex", "deepseek"}
    await monitor.aclose()


async def test_an_empty_home_names_the_key_that_adds_an_account(make_env: MakeEnv, clock: FakeClock) -> None:
    clock.auto = False
    env = make_env()
    monitor = LiveMonitor.open(env)
    app = AicApp(env, monitor, zone=UTC)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "adds one: paste a key" in shown(app))
    await monitor.aclose()
