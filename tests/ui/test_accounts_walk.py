"""By keyboard alone, in a narrow pane: accounts are added, tested, renamed, switched, moved, deleted, and all that is
taken back. The services are the real ones; the provider is on loopback."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from aic_tui.app import AicApp
from aic_tui.environment import Environment
from aic_tui.services.live import LiveMonitor
from aic_tui.ui.screens.accounts import AccountsScreen
from aic_tui.ui.screens.confirm import ConfirmScreen
from aic_tui.ui.screens.dashboard import Dashboard
from aic_tui.ui.screens.edit_account import AccountForm
from aic_tui.ui.screens.page import PageScreen
from tests.clock import FakeClock
from tests.conftest import MakeEnv
from tests.loopback import Answer, Loopback, Seen
from tests.ui.fakes import names_in_order, screen_text

KEY = "sk-or-v1-kanarienErster5566778899vogelH4uT"
SECOND = "sk-or-v1-kanarienZweiter5566778899vogelQz7K"
WRONG = "sk-or-v1-kanarienFalscher5566778899vogelAbCd"
ADMIN = "sk-admin-kanarienOpenAI5566778899vogelWxYz"


class Ring:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


def answer(seen: Seen) -> Answer:
    """The key's own figures, for the two keys that are right."""
    if seen.headers["authorization"] in (f"Bearer {KEY}", f"Bearer {SECOND}"):
        return Answer(json={"data": {"limit": 20, "limit_remaining": 7.5, "usage": 12.5, "is_free_tier": False}})
    return Answer(status=401, json={"error": {"message": "No auth credentials found", "code": 401}})


@pytest.fixture
def ring() -> Ring:
    return Ring()


@pytest.fixture
def env(make_env: MakeEnv, clock: FakeClock, server: Loopback, ring: Ring) -> Environment:
    clock.auto = False
    server.on("/api/v1/key", answer)
    bucket = {"start_time": 1795219200, "end_time": 1795305600, "results": []}
    page = {"object": "page", "data": [bucket], "has_more": False, "next_page": None}
    server.on("/v1/organization/costs", Answer(json=page))
    server.on("/v1/organization/usage/completions", Answer(json=page))
    return make_env({"OPENAI_ADMIN_KEY": ADMIN, "AIC_THEME": "aic-dark"}, keyring=lambda: ring)


class Hand:
    """Presses keys and waits for what follows."""

    def __init__(self, pilot: Pilot[int], env: Environment, clock: FakeClock) -> None:
        self.pilot, self.env, self.clock = pilot, env, clock

    @property
    def app(self) -> AicApp:
        app = self.pilot.app
        assert isinstance(app, AicApp)
        return app

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.rest()

    async def write(self, text: str) -> None:
        await self.pilot.press(*text)
        await self.rest()

    async def paste(self, text: str) -> None:
        focused = self.app.screen.focused
        assert focused is not None
        focused.post_message(events.Paste(text))
        await self.rest()

    async def rest(self) -> None:
        for _ in range(4):
            await self.pilot.pause()
        await self.clock.settle()

    async def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < end, screen_text(self.app)
            await self.pilot.pause(0.01)

    async def until_screen(self, kind: type[Any]) -> None:
        await self.until(lambda: type(self.app.screen) is kind or isinstance(self.app.screen, kind))
        await self.rest()

    async def until_text(self, *words: str) -> None:
        await self.until(lambda: all(word in self.page for word in words))

    @property
    def page(self) -> str:
        screen = self.app.screen
        return (
            f"{screen.page.text}\n{screen_text(self.app)}" if isinstance(screen, PageScreen) else screen_text(self.app)
        )

    @property
    def config(self) -> dict[str, Any]:
        file = self.env.paths.config_file
        return tomllib.loads(file.read_text()) if file.exists() else {}

    @property
    def text(self) -> Sequence[str]:
        file = self.env.paths.config_file
        return file.read_text().splitlines() if file.exists() else ()

    async def fields(self, *, base_url: str) -> None:
        """From the key field: another address, as a gateway would have."""
        await self.press("tab")
        await self.until(lambda: self.app.focused is not None)
        while getattr(self.app.focused, "id", None) != "place":
            await self.press("tab")
        await self.press("right", "tab")
        await self.paste(base_url)

    async def save(self) -> None:
        """Enter on the last page; what was shown there is what is on disk then."""
        screen = self.app.screen
        assert isinstance(screen, ConfirmScreen)
        before = list(self.text)
        shown = [(row.sign, row.text) for row in screen._plan.diff if row.sign in "+-"]
        await self.press("enter")
        await self.until(lambda: self.app.screen is not screen)
        await self.rest()
        after = list(self.text)
        assert sorted(changed(before, after)) == sorted(shown)


def changed(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    """The lines that were added or taken away."""
    import difflib

    rows = difflib.ndiff(list(before), list(after))
    return [(row[0], row[2:]) for row in rows if row[0] in "+-"]


@contextmanager
def no_key_on(app: AicApp) -> Iterator[None]:
    """No key, and not half of one, is on the screen at the end."""
    yield
    assert "kanarien" not in app.export_screenshot()


async def test_the_whole_life_of_accounts_by_keyboard(  # noqa: PLR0915 (one walk, step by step)
    env: Environment, clock: FakeClock, server: Loopback, ring: Ring
) -> None:
    env.paths.config.mkdir(parents=True)
    env.paths.config_file.write_text("version = 1\n\n[accounts]\n")
    monitor = LiveMonitor.open(env)
    app = AicApp(env, monitor, zone=UTC)
    async with app.run_test(size=(42, 50), notifications=True) as pilot:
        hand = Hand(pilot, env, clock)
        await hand.rest()

        # a wrong key is told, saved all the same, and then replaced
        await hand.press("a")
        await hand.write("openr")
        await hand.press("enter")
        await hand.until_screen(AccountForm)
        await hand.paste(f"  {WRONG}\n")
        await hand.fields(base_url=server.url)
        await hand.press("enter")
        await hand.until_text("key rejected", "[accounts.openrouter]")
        await hand.save()
        await hand.until_screen(Dashboard)
        assert hand.config["accounts"]["openrouter"]["key"] == "keyring"
        assert ring.kept == {("aic-tui", "openrouter"): WRONG}
        await hand.until(lambda: names_in_order(app) == ["openrouter"])
        await hand.press("e")
        await hand.until_screen(AccountForm)
        await hand.press("down", "right", "down")
        await hand.paste(KEY)
        clock.move(60)
        await hand.press("enter")
        await hand.until_text("The key works", "62% used")
        await hand.save()
        await hand.until_screen(Dashboard)
        assert ring.kept == {("aic-tui", "openrouter"): KEY}
        await hand.until(lambda: "62%" in screen_text(app))

        # a second account of the same provider is the same few keys
        await hand.press("a")
        await hand.write("openr")
        await hand.press("enter")
        await hand.until_screen(AccountForm)
        await hand.paste(SECOND)
        await hand.fields(base_url=server.url)
        await hand.press("enter")
        await hand.until_text("The key works", "[accounts.openrouter-2]")
        await hand.save()
        await hand.until(lambda: names_in_order(app) == ["openrouter", "openrouter-2"])
        assert "OpenRouter 2" in screen_text(app)

        # one by its variable
        await hand.press("a")
        await hand.write("openai")
        await hand.until_text("OPENAI_ADMIN_KEY")
        await hand.press("down", "enter")
        await hand.until_screen(AccountForm)
        await hand.press("up", "right")
        await hand.until_text("env:OPENAI_ADMIN_KEY")
        await hand.fields(base_url=server.url)
        await hand.press("enter")
        await hand.until_text("The key works", 'key = "env:OPENAI_ADMIN_KEY"')
        await hand.save()
        await hand.until(lambda: names_in_order(app) == ["openrouter", "openrouter-2", "openai"])

        # the list: rename, switch off, reorder, delete, undo
        await hand.press("5")
        await hand.until_screen(AccountsScreen)
        await hand.until_text("env:OPENAI_ADMIN_KEY", "OpenRouter 2")
        await hand.press("home", "n")
        await hand.write("Purse")
        await hand.press("enter")
        await hand.until(lambda: hand.config["accounts"]["openrouter"].get("name") == "Purse")
        await hand.until_text("Purse")
        await hand.press("space")
        await hand.until(lambda: hand.config["accounts"]["openrouter"].get("enabled") is False)
        await hand.until_text("off")
        assert [state.account_id for state in monitor.states()] == ["openrouter-2", "openai"]
        await hand.press("J")
        await hand.until(lambda: list(hand.config["accounts"]) == ["openrouter-2", "openrouter", "openai"])
        await hand.press("home", "d")
        await hand.until_screen(ConfirmScreen)
        await hand.until_text("erased", "[accounts.openrouter-2]")
        await hand.save()
        await hand.until_screen(AccountsScreen)
        assert list(hand.config["accounts"]) == ["openrouter", "openai"]
        assert ("aic-tui", "openrouter-2") in ring.kept
        await hand.until(lambda: [state.account_id for state in monitor.states()] == ["openai"])
        for wanted in (["openrouter-2", "openrouter", "openai"], ["openrouter", "openrouter-2", "openai"]):
            await hand.press("z")
            await hand.until(lambda wanted=wanted: list(hand.config["accounts"]) == wanted)  # type: ignore[misc]
        await hand.press("z")
        await hand.until(lambda: "enabled" not in hand.config["accounts"]["openrouter"])
        await hand.press("z")
        await hand.until(lambda: "name" not in hand.config["accounts"]["openrouter"])
        await hand.press("escape")
        await hand.until_screen(Dashboard)
        await hand.until(lambda: sorted(names_in_order(app)) == ["openai", "openrouter", "openrouter-2"])
        with no_key_on(app):
            await hand.press("5")
    await monitor.aclose()
    assert set(ring.kept.values()) == {KEY, SECOND}
    assert not re.search("kanarien", env.paths.config_file.read_text())
