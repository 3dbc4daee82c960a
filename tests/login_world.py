"""Logging in to a GitHub on loopback through the real services: a keyring in memory, a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from aic_tui.environment import Environment
from aic_tui.models import AccountState
from aic_tui.services.live import LiveMonitor
from aic_tui.services.login_run import GitHubLogin
from aic_tui.services.signing_in import AuthStatus, LoginState, LoginTarget, Stage
from tests.editing_world import Ring, write
from tests.github import GitHub

ACCOUNT = "copilot"


def with_account(env: Environment, github: GitHub, key: str | None = "keyring", general: str = "") -> None:
    """config.toml with one account at that GitHub."""
    reference = f'key = "{key}"\n' if key else ""
    places = f'login_url = "{github.url}"\nbase_url = "{github.url}"\n'
    write(env, f'version = 1\n[general]\n{general}\n[accounts.{ACCOUNT}]\nprovider = "copilot"\n{reference}{places}')


def with_ring(env: Environment) -> tuple[Environment, Ring]:
    """``env`` with a keyring that works."""
    ring = Ring()
    return replace(env, keyring=lambda: ring), ring


def without_keyring(env: Environment) -> Environment:
    """``env`` as on a machine without D-Bus."""
    env, ring = with_ring(env)
    ring.trouble = RuntimeError("no backend")
    return env


@asynccontextmanager
async def live(env: Environment) -> AsyncIterator[LiveMonitor]:
    """One running instance, closed at the end."""
    monitor = LiveMonitor.open(env)
    try:
        yield monitor
    finally:
        await monitor.aclose()


async def target_of(monitor: LiveMonitor, account_id: str = ACCOUNT) -> LoginTarget:
    """The target with that id."""
    return next(target for target in await monitor.sign_in.targets() if target.account_id == account_id)


async def sign_in(monitor: LiveMonitor, github: GitHub, target: LoginTarget | None = None) -> LoginState:
    """A whole login; the user agrees as soon as there is a code."""
    login = monitor.sign_in.begin(target or await target_of(monitor))
    login.subscribe(lambda state: github.approve() if state.stage is Stage.WAITING else None)
    return await login.run()


async def reaches(login: GitHubLogin, stage: Stage) -> asyncio.Task[LoginState]:
    """``login`` under way, once it has come to ``stage``. The clock must not run by itself."""
    there = asyncio.Event()
    login.subscribe(lambda state: there.set() if state.stage is stage else None)
    task = asyncio.create_task(login.run())
    async with asyncio.timeout(10):
        await there.wait()
    return task


async def status_of(monitor: LiveMonitor, account_id: str = ACCOUNT) -> AuthStatus:
    """What is known of that account."""
    return next(status for status in await monitor.sign_in.status() if status.account_id == account_id)


def state_of(monitor: LiveMonitor, account_id: str = ACCOUNT) -> AccountState:
    """The account as a screen shows it."""
    return next(state for state in monitor.states() if state.account_id == account_id)


def files_with(root: Path, secret: str, *, but: Callable[[Path], bool] = lambda _path: False) -> list[Path]:
    """Every file under ``root`` that holds ``secret``."""
    return [
        path for path in root.rglob("*") if path.is_file() and not but(path) and secret.encode() in path.read_bytes()
    ]
