"""One-key changes of an account that another program changed at the same moment: asked again, never simply on top."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC

import pytest

from aic_tui.app import AicApp
from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.services.editing import Draft, Plan
from aic_tui.services.editor import LiveEditor
from aic_tui.services.live import LiveMonitor
from aic_tui.ui.screens.accounts import AccountsScreen
from aic_tui.ui.screens.confirm import ConfirmScreen
from tests.clock import FakeClock
from tests.ui.test_accounts_walk import Hand

PURSE = '[accounts.purse]\nprovider = "openrouter"\nname = "Purse"\nkey = "env:NO_PURSE"\n'
OTHER = '[accounts.other]\nprovider = "deepseek"\nkey = "env:NO_OTHER"\n'
THIRD = '[accounts.third]\nprovider = "deepseek"\nkey = "env:NO_THIRD"\n'
FILE = f"version = 1\n\n{PURSE}\n{OTHER}\n{THIRD}"


class CrossedEditor(LiveEditor):
    """Just before its first save another program writes ``theirs``."""

    theirs: str | None = None

    async def save(self, plan: Plan, draft: Draft | None = None, *, file_consent: bool = False) -> Config:
        if self.theirs is not None:
            self._env.paths.config_file.write_text(self.theirs)
            self.theirs = None
        return await super().save(plan, draft, file_consent=file_consent)


class CrossedMonitor(LiveMonitor):
    @property
    def editor(self) -> CrossedEditor:
        if not isinstance(self._editor, CrossedEditor):
            self._editor = CrossedEditor(self._env, self)
        return self._editor


@pytest.fixture
def env(env: Environment, clock: FakeClock) -> Environment:
    clock.auto = False
    env.paths.config.mkdir(parents=True)
    env.paths.config_file.write_text(FILE)
    return env


def said(hand: Hand) -> str:
    return "\n".join(notice.message for notice in hand.app._notifications)


@asynccontextmanager
async def crossed(env: Environment, clock: FakeClock, theirs: str) -> AsyncIterator[Hand]:
    monitor = CrossedMonitor.open(env)
    monitor.editor.theirs = theirs
    app = AicApp(env, monitor, zone=UTC)
    try:
        async with app.run_test(size=(100, 40), notifications=True) as pilot:
            hand = Hand(pilot, env, clock)
            await hand.press("5")
            await hand.until_screen(AccountsScreen)
            await hand.until_text("Purse", "DeepSeek")
            await hand.press("home")
            yield hand
    finally:
        await monitor.aclose()


@pytest.mark.parametrize(
    ("keys", "theirs", "shown", "toast"),
    [
        (("space",), f"{PURSE}enabled = true\n{OTHER}{THIRD}", ("- enabled = true", "+ enabled = false"), "is off"),
        (("b",), f"{PURSE}pinned = false\n{OTHER}{THIRD}", ("- pinned = false", "+ pinned = true"), "is pinned"),
        (("h",), f"{PURSE}hidden = false\n{OTHER}{THIRD}", ("- hidden = false", "+ hidden = true"), "is hidden"),
        (
            ("n", "end", "x", "enter"),
            f"{PURSE.replace('Purse', 'Theirs')}{OTHER}{THIRD}",
            ('- name = "Theirs"', '+ name = "Pursex"'),
            "Now called Pursex",
        ),
        (("J",), f"{PURSE}{THIRD}{OTHER}", ("[accounts.purse]", "[accounts.third]"), ""),
        (("end", "K"), f"{OTHER}{PURSE}{THIRD}", ("[accounts.purse]", "[accounts.third]"), ""),
    ],
    ids=["space", "b", "h", "n", "J", "K"],
)
async def test_a_change_of_the_same_is_shown_and_asked(
    env: Environment, clock: FakeClock, keys: tuple[str, ...], theirs: str, shown: tuple[str, ...], toast: str
) -> None:
    async with crossed(env, clock, f"version = 1\n\n{theirs}") as hand:
        await hand.press(*keys)
        await hand.until_screen(ConfirmScreen)
        await hand.until_text("changed meanwhile by another program", *shown)
        assert env.paths.config_file.read_text() == f"version = 1\n\n{theirs}"
        assert said(hand) == ""
        await hand.save()
        await hand.until_screen(AccountsScreen)
        assert toast in said(hand)


async def test_escape_leaves_what_the_other_program_wrote(env: Environment, clock: FakeClock) -> None:
    theirs = f"version = 1\n\n{PURSE.replace('Purse', 'Theirs')}{OTHER}{THIRD}"
    async with crossed(env, clock, theirs) as hand:
        await hand.press("n", "x", "enter")
        await hand.until_screen(ConfirmScreen)
        await hand.press("escape")
        await hand.until_screen(AccountsScreen)
    assert env.paths.config_file.read_text() == theirs


async def test_who_wants_the_same_is_not_asked(env: Environment, clock: FakeClock) -> None:
    theirs = f"version = 1\n\n{PURSE}enabled = false\n{OTHER}{THIRD}"
    async with crossed(env, clock, theirs) as hand:
        await hand.press("space")
        await hand.until(lambda: "has made this change already" in said(hand))
        assert isinstance(hand.app.screen, AccountsScreen)
    assert env.paths.config_file.read_text() == theirs


async def test_an_account_that_is_gone_meanwhile_is_told(env: Environment, clock: FakeClock) -> None:
    async with crossed(env, clock, f"version = 1\n\n{OTHER}") as hand:
        await hand.press("b")
        await hand.until(lambda: "There is no account “purse”" in said(hand))
        assert isinstance(hand.app.screen, AccountsScreen)
