"""The live monitor through its public door: lists, first frame, config.toml in use, findings, memory, end."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from aic_tui.environment import Environment
from aic_tui.errors import FailureKind
from aic_tui.models import AccountState
from aic_tui.services.live import LiveMonitor
from tests.clock import START, FakeClock
from tests.conftest import MakeEnv
from tests.loopback import Answer, Loopback
from tests.panes import BALANCE, KEY

TWO = """
[accounts.money]
provider = "deepseek"
name = "Purse"
key = "env:KEY"
base_url = "{url}"

[accounts.sub]
provider = "claude"
key = "env:KEY"
base_url = "{url}"
"""


@pytest.fixture
def live_env(make_env: MakeEnv, clock: FakeClock, server: Loopback) -> Environment:
    clock.auto = False
    server.on("/user/balance", Answer(json=BALANCE))
    server.on("/api/oauth/usage", Answer(json={"five_hour": {"utilization": 37.0, "resets_at": None}}))
    return make_env({"KEY": KEY})


def write_config(env: Environment, text: str) -> None:
    env.paths.config.mkdir(parents=True, exist_ok=True)
    env.paths.config_file.write_text("version = 1\n" + text)


async def eventually(clock: FakeClock, condition: Callable[[], object], step: float = 0.5) -> None:
    """Let virtual time pass, slowly enough for real sockets and threads, until ``condition`` holds."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)
            await clock.advance(step)


@asynccontextmanager
async def opened(env: Environment, *, run: bool = True) -> AsyncIterator[LiveMonitor]:
    monitor = LiveMonitor.open(env)
    task = asyncio.create_task(monitor.run()) if run else None
    try:
        yield monitor
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await monitor.aclose()


def by_id(monitor: LiveMonitor) -> dict[str, AccountState]:
    return {state.account_id: state for state in monitor.states()}


async def test_the_first_frame_comes_from_config_and_database_alone(
    live_env: Environment, clock: FakeClock, server: Loopback
) -> None:
    write_config(live_env, TWO.format(url=server.url))
    async with opened(live_env) as monitor:
        assert [state.label for state in monitor.states()] == ["Purse", "sub"]
        await eventually(clock, lambda: all(state.snapshot for state in monitor.states()))
        assert by_id(monitor)["sub"].provider_name == "Claude"
        assert by_id(monitor)["sub"].label == "Claude"
    async with opened(live_env, run=False) as again:
        assert [state.label for state in again.states()] == ["Purse", "Claude"]
        assert all(state.snapshot for state in again.states())
        assert again.notices == []
        assert not again.is_demo


def test_opening_loads_nothing_that_is_slow(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from aic_tui.environment import Environment, Paths\n"
        "from aic_tui.services.live import LiveMonitor\n"
        "root = Path(sys.argv[1])\n"
        "paths = Paths(root / 'config', root / 'data', root / 'cache', root / 'state')\n"
        "LiveMonitor.open(Environment(paths, root, {'OPENAI_ADMIN_KEY': 'sk-admin-x'}), {}).states()\n"
        "print([name for name in ('httpx', 'keyring', 'plotext', 'pydantic', 'msgspec') if name in sys.modules])\n"
        "print([name for name in sys.modules if name.startswith('aic_tui.providers.')\n"
        "       and name.rpartition('.')[2] not in ('base', 'registry')])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n[]\n"


async def test_figures_points_requests_and_raw_reply_of_an_account(
    live_env: Environment, clock: FakeClock, server: Loopback
) -> None:
    write_config(live_env, TWO.format(url=server.url))
    news: list[AccountState | None] = []
    async with opened(live_env) as monitor:
        monitor.subscribe(news.append)
        assert monitor.raw_reply("money") is None
        await eventually(clock, lambda: by_id(monitor)["money"].snapshot)
        assert (monitor.raw_reply("money") or "").count("14.20") == 1
        (point,) = await monitor.points("money", START - timedelta(days=1))
        assert str(point.balance) == "14.20"
        (entry,) = await monitor.requests("money")
        assert (entry.http_status, entry.outcome) == (200, "ok")
        assert KEY not in entry.url
        assert by_id(monitor)["money"] in news
        outcomes = await monitor.refresh(["money"])
        assert [(outcome.asked, outcome.why) for outcome in outcomes] == [(False, "recent")]


async def test_verbs_ask_without_a_running_loop(live_env: Environment, clock: FakeClock, server: Loopback) -> None:
    write_config(live_env, TWO.format(url=server.url))
    async with opened(live_env, run=False) as monitor:
        outcomes = await monitor.refresh()
        assert [(outcome.account_id, outcome.asked) for outcome in outcomes] == [("money", True), ("sub", True)]
        assert all(state.snapshot for state in monitor.states())
    clock.move(70)
    async with opened(live_env, run=False) as monitor:
        outcomes = await monitor.refresh_once(due_only=True)
        assert [(o.account_id, o.asked, o.why) for o in outcomes] == [("money", True, None), ("sub", False, "floor")]
        assert len(server.requests) == 3


async def test_keys_of_the_environment_are_accounts_where_there_is_no_list(make_env: MakeEnv, clock: FakeClock) -> None:
    clock.auto = False
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=BALANCE))
    env = make_env({"DEEPSEEK_API_KEY": KEY}, transport=transport)
    news: list[AccountState | None] = []
    async with opened(env) as monitor:
        monitor.subscribe(news.append)
        assert monitor.states() == []
        await eventually(clock, lambda: monitor.states() and monitor.states()[0].snapshot)
        assert None in news
        assert monitor.states()[0].auth_source == "env:DEEPSEEK_API_KEY"
        found = await monitor.findings()
        assert [(item.source, item.accepted) for item in found] == [("env:DEEPSEEK_API_KEY", True)]
    async with opened(env, run=False) as monitor:
        assert [state.label for state in monitor.states()] == ["DeepSeek"]
    # another run has other variables: its list is its own, the figures stay
    async with opened(replace(env, environ={}), run=False) as monitor:
        await monitor.load()
        assert monitor.states() == []
    async with opened(env, run=False) as monitor:
        assert monitor.states() == []
        await monitor.load()
        assert [state.snapshot is not None for state in monitor.states()] == [True]


async def test_findings_that_are_accepted_become_accounts_and_are_asked(make_env: MakeEnv, clock: FakeClock) -> None:
    clock.auto = False
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=BALANCE))
    env = make_env({"DEEPSEEK_API_KEY": KEY}, transport=transport)
    async with opened(env) as monitor:
        await eventually(clock, monitor.states)
        await monitor.accept(await monitor.findings())
        assert monitor.config.has_accounts
        assert [account.id for account in monitor.config.accounts] == ["deepseek"]
        await eventually(clock, lambda: monitor.states()[0].snapshot)


async def test_a_saved_config_is_in_force_within_two_seconds(
    live_env: Environment, clock: FakeClock, server: Loopback
) -> None:
    write_config(live_env, TWO.format(url=server.url))
    async with opened(live_env) as monitor:
        await eventually(clock, lambda: all(state.snapshot for state in monitor.states()))
        write_config(live_env, "[general]\nwarn_percent = 55\n" + TWO.format(url=server.url).replace("Purse", "Wallet"))
        at = clock.now()
        await eventually(clock, lambda: monitor.states()[0].label == "Wallet", step=0.05)
        assert clock.now() - at <= timedelta(seconds=2.5)
        assert monitor.config.settings.warn_percent == 55
        write_config(live_env, "this is not TOML")
        await eventually(clock, lambda: monitor.config.broken)
        assert monitor.config.settings.warn_percent == 55
        assert [state.label for state in monitor.states()] == ["Wallet", "Claude"]
        assert any("config.toml" in notice for notice in monitor.notices)
        count = len(server.requests)
        await clock.advance(600)
        assert len(server.requests) == count
        write_config(live_env, '[accounts.money]\nprovider = "deepseek"\nkey = "env:NOTHING"\n')
        await eventually(clock, lambda: len(monitor.states()) == 1 and monitor.states()[0].failure)
        failure = monitor.states()[0].failure
        assert failure is not None
        assert failure.kind is FailureKind.NOT_CONFIGURED
        assert monitor.states()[0].snapshot is None  # another key may be another account
        live_env.paths.config_file.unlink()
        await eventually(clock, lambda: monitor.states() == [])


async def test_a_broken_file_shows_what_is_known_and_asks_nobody(
    live_env: Environment, clock: FakeClock, server: Loopback
) -> None:
    write_config(live_env, TWO.format(url=server.url))
    async with opened(live_env, run=False) as monitor:
        await monitor.refresh()
    write_config(live_env, "[accounts")
    count = len(server.requests)
    async with opened(live_env) as monitor:
        assert [state.label for state in monitor.states()] == ["Purse", "Claude"]
        await eventually(clock, lambda: clock.now() - START > timedelta(seconds=900), step=20)
        assert len(server.requests) == count
        assert [outcome.why for outcome in await monitor.refresh()] == ["disabled", "disabled"]


async def test_another_provider_under_an_old_name_has_no_figures(live_env: Environment, server: Loopback) -> None:
    write_config(live_env, TWO.format(url=server.url))
    async with opened(live_env, run=False) as monitor:
        await monitor.refresh(["money"])
    write_config(live_env, '[accounts.money]\nprovider = "openrouter"\nkey = "env:KEY"\n')
    for load in (False, True):
        async with opened(live_env, run=False) as monitor:
            if load:
                await monitor.load()
            assert [(state.provider_id, state.snapshot) for state in monitor.states()] == [("openrouter", None)]


async def test_choices_are_remembered(live_env: Environment) -> None:
    async with opened(live_env, run=False) as monitor:
        assert monitor.recall("sort") is None
        monitor.remember("sort", "left")
        assert monitor.recall("sort") == "left"
    monitor.remember("sort", "late")  # after the end: no harm
    async with opened(live_env, run=False) as monitor:
        assert monitor.recall("sort") == "left"


async def test_notices_tell_of_unknown_providers_and_wishes_below_the_floor(live_env: Environment) -> None:
    write_config(
        live_env,
        '[accounts.x]\nprovider = "nobody"\n'
        '[accounts.sub]\nprovider = "claude"\nkey = "env:KEY"\ninterval_seconds = 5\n',
    )
    async with opened(live_env, run=False) as monitor:
        await monitor.load()
        await monitor.load()
        await monitor.refresh([])
        assert len([notice for notice in monitor.notices if "nobody" in notice]) == 1
        assert any("300 s" in notice for notice in monitor.notices)


async def test_upkeep_runs_by_itself(live_env: Environment, clock: FakeClock) -> None:
    import sqlite3

    async with opened(live_env) as monitor:
        await monitor.load()

        def tables() -> Any:
            with sqlite3.connect(live_env.paths.database) as db:
                return db.execute("SELECT count(*) FROM notes WHERE name LIKE 'upkeep%'").fetchone()[0]

        await eventually(clock, tables, step=5)
        assert clock.now() - START >= timedelta(seconds=60)


async def test_what_a_crash_left_behind_is_swept_at_the_start(live_env: Environment, clock: FakeClock) -> None:
    write_config(live_env, TWO.format(url="http://127.0.0.1:9"))
    orphan = live_env.paths.config / ".config.toml.999.0badcafe.aic-tmp"
    fresh = live_env.paths.config / ".config.toml.999.1badcafe.aic-tmp"
    for file, age in ((orphan, 7200), (fresh, 60)):
        file.write_text("half")
        os.utime(file, (clock.now().timestamp() - age,) * 2)
    async with opened(live_env) as monitor:
        await monitor.load()
    assert fresh.exists()
    assert not orphan.exists()


async def test_closing_takes_less_than_a_second_while_a_server_hangs(
    live_env: Environment, clock: FakeClock, server: Loopback
) -> None:
    server.hang("/user/balance")
    write_config(live_env, TWO.format(url=server.url))
    monitor = LiveMonitor.open(live_env)
    task = asyncio.create_task(monitor.run())
    await eventually(clock, lambda: server.requests)
    task.cancel()
    async with asyncio.timeout(1):
        await asyncio.gather(task, return_exceptions=True)
        await monitor.aclose()
