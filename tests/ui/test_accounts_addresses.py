"""How often an account is asked and where its users sign in, on the form of a known account: real files and keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC

import pytest

from aic_tui.app import AicApp
from aic_tui.environment import Environment
from aic_tui.services.live import LiveMonitor
from aic_tui.ui.screens.accounts import AccountsScreen
from aic_tui.ui.screens.edit_account import AccountForm
from aic_tui.ui.screens.try_account import TryScreen
from aic_tui.ui.widgets.fields import FormRow
from tests.clock import FakeClock
from tests.conftest import MakeEnv
from tests.editing_world import Ring
from tests.ui.test_accounts_walk import Hand

ACCOUNTS = """version = 1

[accounts.purse]
provider = "anthropic"
key = "env:NO_PURSE"
enabled = false
interval_seconds = 20

[accounts.pilot]
provider = "copilot"
key = "{key}"
enabled = false
"""


@pytest.fixture
def env(make_env: MakeEnv, clock: FakeClock) -> Environment:
    clock.auto = False
    ring = Ring()
    ring.keys["pilot"] = "gho_kanarienPilot5566778899vogel"
    env = make_env({"AIC_THEME": "aic-dark"}, keyring=lambda: ring)
    env.paths.config.mkdir(parents=True)
    return env


@asynccontextmanager
async def form_of(env: Environment, clock: FakeClock, *keys: str, key: str = "env:NO_PILOT") -> AsyncIterator[Hand]:
    """The form that ``keys`` lead to from the list of accounts."""
    env.paths.config_file.write_text(ACCOUNTS.format(key=key))
    monitor = LiveMonitor.open(env)
    app = AicApp(env, monitor, zone=UTC)
    try:
        async with app.run_test(size=(80, 40), notifications=True) as pilot:
            hand = Hand(pilot, env, clock)
            await hand.press("5")
            await hand.until_screen(AccountsScreen)
            await hand.until_text("Anthropic", "Copilot")
            await hand.press(*keys)
            await hand.until_screen(AccountForm)
            yield hand
    finally:
        await monitor.aclose()


def fields(hand: Hand) -> list[str]:
    """The fields on show, in their order."""
    return [row.field.id or "" for row in hand.app.screen.query(FormRow) if row.display]


async def go_to(hand: Hand, field: str) -> None:
    assert field in fields(hand)
    while getattr(hand.app.focused, "id", None) != field:
        await hand.press("tab")


async def fill(hand: Hand, field: str, text: str) -> None:
    await go_to(hand, field)
    await hand.press("end", *["backspace"] * 40)
    await hand.write(text)


async def test_the_interval_is_changed_no_lower_than_the_floor_and_nobody_is_asked_for_it(
    env: Environment, clock: FakeClock
) -> None:
    async with form_of(env, clock, "home", "enter") as hand:
        await go_to(hand, "interval")
        await hand.until_text("600 where nothing stands here", "Anthropic API allows no less than 300.")
        for wrong in ("299", "86401", "often", "-600", "1e3"):
            await fill(hand, "interval", wrong)
            await hand.press("enter")
            await hand.until_text("The interval is a whole number of seconds from 300")
            assert getattr(hand.app.focused, "id", None) == "interval"
        await fill(hand, "interval", "900")
        await hand.press("enter")
        await hand.until_screen(TryScreen)
        await hand.until_text("- interval_seconds = 20", "+ interval_seconds = 900", "Enter saves")
        assert "Asking" not in hand.page
        await hand.save()
        await hand.until_screen(AccountsScreen)
        assert hand.config["accounts"]["purse"]["interval_seconds"] == 900

        await hand.press("enter")
        await hand.until_screen(AccountForm)
        await fill(hand, "interval", "")
        await hand.press("enter")
        await hand.until_text("- interval_seconds = 900")
        await hand.save()
        assert "interval_seconds" not in hand.config["accounts"]["purse"]


async def test_an_interval_that_stands_in_the_file_does_not_stand_in_the_way(
    env: Environment, clock: FakeClock
) -> None:
    async with form_of(env, clock, "home", "enter") as hand:
        await fill(hand, "name", "Purse")
        await hand.press("enter")
        await hand.until_text('+ name = "Purse"')
        await hand.save()
        assert hand.config["accounts"]["purse"]["interval_seconds"] == 20


async def test_where_users_sign_in_is_changed_and_checked(env: Environment, clock: FakeClock) -> None:
    async with form_of(env, clock, "end", "enter") as hand:
        await fill(hand, "login-url", "ftp://octocorp.ghe.com")
        await hand.until_text("Only for GitHub Enterprise")
        await hand.press("enter")
        await hand.until_text("login_url is not allowed")
        await fill(hand, "login-url", "https://octocorp.ghe.com")
        await hand.press("enter")
        await hand.until_screen(TryScreen)
        await hand.until_text("another host from now on", '+ login_url = "https://octocorp.ghe.com"')
        await hand.save()
        await hand.until_screen(AccountsScreen)
        assert hand.config["accounts"]["pilot"]["login_url"] == "https://octocorp.ghe.com"


async def test_a_stored_token_is_not_sent_to_another_site_unasked(env: Environment, clock: FakeClock) -> None:
    async with form_of(env, clock, "end", "enter", key="keyring") as hand:
        await fill(hand, "login-url", "https://octocorp.ghe.com")
        await hand.press("enter")
        await hand.until_text("given for api.github.com", "paste it again")
        assert isinstance(hand.app.screen, AccountForm)
        assert getattr(hand.app.focused, "id", None) == "secret"
    assert env.paths.config_file.read_text() == ACCOUNTS.format(key="keyring")


async def test_only_what_makes_sense_is_on_the_form(env: Environment, clock: FakeClock) -> None:
    async with form_of(env, clock, "home", "enter") as hand:
        assert fields(hand) == ["name", "from", "place", "interval"]
        await hand.press("escape", "end", "enter")
        await hand.until_screen(AccountForm)
        assert fields(hand)[-2:] == ["login-url", "interval"]
        await go_to(hand, "from")
        await hand.press("right")
        await hand.until_text("sign in again with GitHub")
        assert "login-url" not in fields(hand)
        await hand.press("escape", "a")
        await hand.write("copil")
        await hand.press("enter")
        await hand.until_screen(AccountForm)
        assert "interval" not in fields(hand)
