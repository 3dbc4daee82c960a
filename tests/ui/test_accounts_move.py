"""``w`` on the list of accounts: a stored key goes to the other store. Real files and services, a keyring in memory."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC

import pytest

from aic_tui.app import AicApp
from aic_tui.environment import Environment
from aic_tui.services.live import LiveMonitor
from aic_tui.ui.screens.accounts import AccountsScreen
from aic_tui.ui.screens.confirm import ConfirmScreen
from tests.clock import FakeClock
from tests.conftest import MakeEnv
from tests.editing_world import Ring
from tests.ui.test_accounts_walk import Hand

KEY = "sk-or-v1-kanarienUmzug5566778899vogelH4uT"
ACCOUNTS = """version = 1

[accounts.purse]
provider = "openrouter"
name = "Purse"
key = "keyring"
enabled = false

[accounts.shell]
provider = "openrouter"
key = "env:OPENROUTER_API_KEY"
enabled = false

[accounts.codex]
provider = "codex"
key = "discovered:codex"
enabled = false
"""


@pytest.fixture
def ring() -> Ring:
    ring = Ring()
    ring.keys["purse"] = KEY
    return ring


@pytest.fixture
def env(make_env: MakeEnv, clock: FakeClock, ring: Ring) -> Environment:
    clock.auto = False
    env = make_env({"AIC_THEME": "aic-dark"}, keyring=lambda: ring)
    env.paths.config.mkdir(parents=True)
    env.paths.config_file.write_text(ACCOUNTS)
    return env


def in_file(env: Environment) -> dict[str, str]:
    file = env.paths.secrets_file
    if not file.exists():
        return {}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return {name: entry["key"] for name, entry in tomllib.loads(file.read_text()).get("accounts", {}).items()}


def said(hand: Hand) -> str:
    return "\n".join(notice.message for notice in hand.app._notifications)


@asynccontextmanager
async def accounts_of(env: Environment, clock: FakeClock, size: tuple[int, int] = (80, 40)) -> AsyncIterator[Hand]:
    monitor = LiveMonitor.open(env)
    app = AicApp(env, monitor, zone=UTC)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            hand = Hand(pilot, env, clock)
            await hand.press("5")
            await hand.until_screen(AccountsScreen)
            await hand.until_text("Purse")
            yield hand
            assert "kanarien" not in app.export_screenshot()
    finally:
        await monitor.aclose()


async def test_w_moves_a_key_to_the_file_after_its_question_and_back_and_z_undoes_it(
    env: Environment, clock: FakeClock, ring: Ring
) -> None:
    async with accounts_of(env, clock, (42, 50)) as hand:
        assert "▣" in hand.page
        await hand.press("w")
        await hand.until_screen(ConfirmScreen)
        await hand.until_text("secrets.toml", "not encrypted", '- key = "keyring"', '+ key = "file"')
        assert (in_file(env), ring.keys) == ({}, {"purse": KEY})
        await hand.save()
        await hand.until_screen(AccountsScreen)
        assert (in_file(env), ring.keys) == ({"purse": KEY}, {})
        assert "Purse: its key is kept in the key file now, not encrypted" in said(hand)
        await hand.until(lambda: "▢" in hand.page and "▣" not in hand.page)

        await hand.press("w")
        await hand.until_screen(ConfirmScreen)
        await hand.until_text("read back there", '+ key = "keyring"')
        await hand.save()
        await hand.until_screen(AccountsScreen)
        assert (in_file(env), ring.keys) == ({}, {"purse": KEY})
        assert "Purse: its key is kept in the system keyring now" in said(hand)
        await hand.until(lambda: "▣" in hand.page and "▢" not in hand.page)

        await hand.press("z")
        await hand.until(lambda: in_file(env) == {"purse": KEY})
        await hand.until(lambda: "▢" in hand.page)
        assert hand.config["accounts"]["purse"]["key"] == "file"


async def test_escape_moves_nothing(env: Environment, clock: FakeClock, ring: Ring) -> None:
    async with accounts_of(env, clock) as hand:
        await hand.press("w")
        await hand.until_screen(ConfirmScreen)
        await hand.press("escape")
        await hand.until_screen(AccountsScreen)
    assert (in_file(env), ring.keys) == ({}, {"purse": KEY})
    assert env.paths.config_file.read_text() == ACCOUNTS


async def test_a_keyring_in_trouble_is_told_and_the_key_stays(env: Environment, clock: FakeClock, ring: Ring) -> None:
    async with accounts_of(env, clock) as hand:
        await hand.press("w")
        await hand.until_screen(ConfirmScreen)
        ring.trouble = type("KeyringLocked", (Exception,), {})()
        await hand.press("enter")
        await hand.until_text("The key was not moved: keyring locked")
        assert env.paths.config_file.read_text() == ACCOUNTS
        ring.trouble = None
        await hand.save()
        await hand.until_screen(AccountsScreen)
        assert (in_file(env), ring.keys) == ({"purse": KEY}, {})
        ring.trouble = type("KeyringLocked", (Exception,), {})()
        await hand.press("w")
        await hand.until_screen(ConfirmScreen)
        await hand.press("enter")
        await hand.until_text("The key was not moved: keyring locked")
        assert "The key would go to" not in hand.page
        assert in_file(env) == {"purse": KEY}


async def test_where_nothing_is_stored_a_sentence_says_why(env: Environment, clock: FakeClock) -> None:
    async with accounts_of(env, clock) as hand:
        for words in ("is read from a variable", "another tool's login"):
            await hand.press("j", "w")
            await hand.until(lambda words=words: words in said(hand))  # type: ignore[misc]
            assert "nothing to move" in said(hand)
            assert isinstance(hand.app.screen, AccountsScreen)


async def test_the_file_may_be_forbidden(env: Environment, clock: FakeClock, ring: Ring) -> None:
    env.paths.config_file.write_text(f'{ACCOUNTS}\n[general]\nstorage = "keyring-only"\n')
    async with accounts_of(env, clock) as hand:
        await hand.press("w")
        await hand.until(lambda: "forbidden by storage" in said(hand))
        assert isinstance(hand.app.screen, AccountsScreen)
    assert ring.keys == {"purse": KEY}


async def test_another_program_changed_the_reference_meanwhile(env: Environment, clock: FakeClock, ring: Ring) -> None:
    async with accounts_of(env, clock) as hand:
        await hand.press("w")
        await hand.until_screen(ConfirmScreen)
        env.paths.config_file.write_text(ACCOUNTS.replace('key = "keyring"', 'key = "env:MINE"'))
        await hand.press("enter")
        await hand.until_text("Only a key in the keyring or the key file")
    assert (in_file(env), ring.keys) == ({}, {"purse": KEY})
    assert 'key = "env:MINE"' in env.paths.config_file.read_text()


async def test_under_privacy_neither_name_nor_path_is_told(env: Environment, clock: FakeClock) -> None:
    async with accounts_of(env, clock, (80, 24)) as hand:
        await hand.press("p", "w")
        await hand.until_screen(ConfirmScreen)
        await hand.until_text("***/secrets.toml")
        assert "Purse" not in hand.page
        assert "purse" not in hand.page
