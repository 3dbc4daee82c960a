"""The screens that are read: detail, help and the question of the first run, by keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC

import pytest
from textual.pilot import Pilot

from aic_tui.app import AicApp
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.services.demo import DemoMonitor
from aic_tui.services.monitor import Found
from aic_tui.ui.screens.page import PageScreen
from aic_tui.ui.screens.welcome import WelcomeScreen
from tests.clock import FakeClock

HOSTILE = "[/red][b]x[/]\x1b]52;c;S0FOQVJJ\x07"


class Monitor(DemoMonitor):
    """The demo, which remembers what was accepted and may refuse it."""

    accepted: tuple[Found, ...] = ()
    refuses: str | None = None

    async def accept(self, findings: Sequence[Found]) -> None:
        if self.refuses:
            raise UserError(self.refuses)
        self.accepted = tuple(findings)


@pytest.fixture
def monitor(env: Environment, clock: FakeClock) -> Monitor:
    clock.auto = False
    clock.move(2.8 * 3600)  # an hour at which the demo's 5-hour window binds
    return Monitor(env)


@asynccontextmanager
async def running(env: Environment, monitor: Monitor, size: tuple[int, int] = (120, 50)) -> AsyncIterator[Pilot[int]]:
    app = AicApp(env, monitor, zone=UTC)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause(0.1)
        yield pilot


async def press(pilot: Pilot[int], *keys: str) -> str:
    """Press keys one by one; the page's text after the last."""
    for key in keys:
        await pilot.press(key)
        busy = [worker for worker in pilot.app.workers if worker.group in ("detail", "accept", "ask")]
        if busy:  # an empty list would wait for the monitor, which never ends
            await pilot.app.workers.wait_for_complete(busy)
        await pilot.pause(0.1)
    screen = pilot.app.screen
    return screen.page.text if isinstance(screen, PageScreen) else ""


async def test_detail_shows_windows_history_money_and_requests(env: Environment, monitor: Monitor) -> None:
    async with running(env, monitor) as pilot:
        text = await press(pilot, "enter")
        for words in (
            "Windows",
            "5 hours",
            "used",
            "resets",
            "5 hours, 24 h",
            "100%",
            "History, 24 h",
            "Last requests",
        ):
            assert words in text
        assert "Raw reply" not in text


async def test_the_range_of_history_is_changed_by_brackets_and_stops_at_its_ends(
    env: Environment, monitor: Monitor
) -> None:
    async with running(env, monitor) as pilot:
        await press(pilot, "enter")
        assert "History, 7 d" in await press(pilot, "right_square_bracket")
        assert "History, 30 d" in await press(pilot, "right_square_bracket")
        assert "History, 365 d" in await press(pilot, *["right_square_bracket"] * 5)
        assert "History, 24 h" in await press(pilot, *["left_square_bracket"] * 6)


async def test_tab_plots_the_next_window_and_u_flips_the_axis_with_the_words(
    env: Environment, monitor: Monitor
) -> None:
    async with running(env, monitor) as pilot:
        await press(pilot, "enter")
        assert "week, 24 h" in await press(pilot, "tab")
        text = await press(pilot, "u")
        assert "% left" in text
        assert "% used" not in text


async def test_the_raw_reply_comes_and_goes_and_is_hidden_under_privacy(env: Environment, monitor: Monitor) -> None:
    async with running(env, monitor) as pilot:
        await press(pilot, "enter")
        text = await press(pilot, "w")
        assert "Raw reply, redacted" in text
        assert '"used_percent"' in text
        text = await press(pilot, "p")
        assert '"used_percent"' not in text
        assert "privacy is on" in text
        assert "Raw reply" not in await press(pilot, "p", "w")


async def test_neighbours_are_one_key_away_and_escape_never_quits(env: Environment, monitor: Monitor) -> None:
    async with running(env, monitor) as pilot:
        first = await press(pilot, "enter")
        second = await press(pilot, "l")
        assert second != first
        assert await press(pilot, "h") == first
        await press(pilot, "escape", "escape", "escape")
        assert pilot.app.is_running
        assert not isinstance(pilot.app.screen, PageScreen)


async def test_the_page_scrolls_by_keys_and_stays_where_it_is_when_the_minute_changes(
    env: Environment, monitor: Monitor, clock: FakeClock
) -> None:
    async with running(env, monitor, (80, 24)) as pilot:
        await press(pilot, "enter", "pagedown", "j")
        screen = pilot.app.screen
        assert isinstance(screen, PageScreen)
        place = screen.page.scroll_y
        assert place > 10
        clock.move(120)
        screen.draw()
        await pilot.pause()
        assert screen.page.scroll_y == place
        await press(pilot, "home")
        assert screen.page.scroll_y == 0
        await press(pilot, "end")
        assert screen.page.scroll_y > place


async def test_refresh_says_what_came_of_it(env: Environment, monitor: Monitor) -> None:
    async with running(env, monitor) as pilot:
        await press(pilot, "enter", "r")
        assert any("Claude" in notice.message for notice in pilot.app._notifications)


@pytest.mark.parametrize("size", [(120, 40), (42, 50), (30, 10), (20, 4), (1, 1)])
@pytest.mark.parametrize("key", ["enter", "question_mark"])
async def test_pages_fit_every_size(env: Environment, monitor: Monitor, size: tuple[int, int], key: str) -> None:
    async with running(env, monitor, size) as pilot:
        await press(pilot, key)
        screen = pilot.app.screen
        assert isinstance(screen, PageScreen)
        assert screen.page.virtual_size.width <= max(size[0] - 4, 1)


async def test_help_lists_the_live_keys_remapped_ones_included(env: Environment, clock: FakeClock) -> None:
    clock.auto = False
    from aic_tui.config.settings import Config

    monitor = Monitor(env, Config(keys={"refresh_all": "f5"}))
    async with running(env, monitor) as pilot:
        text = await press(pilot, "question_mark")
        row = next(line for line in text.splitlines() if "every provider that may be asked" in line)
        assert row.split()[0].lower() == "f5"
        assert "Glyphs" in text


def found(number: int, **changes: object) -> Found:
    base = Found(
        "codex",
        f"Tool {number}",
        f"discovered:tool{number}",
        f"~/.tool{number}/auth.json",
        "…abcd",
        f"tool{number}",
        True,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


async def ask(pilot: Pilot[int], findings: Sequence[Found]) -> str:
    pilot.app.push_screen(WelcomeScreen(findings))
    await pilot.pause(0.1)
    return await press(pilot)


async def test_the_first_run_asks_once_and_enter_accepts_what_is_usable(env: Environment, monitor: Monitor) -> None:
    asked = [found(1, consent="It is your choice."), found(2, problem="expired: run it once"), found(3, accepted=True)]
    async with running(env, monitor) as pilot:
        text = await ask(pilot, [*asked, found(4, needs_confirmation=False, origin="SOME_KEY")])
        for words in ("Tool 1", "~/.tool1/auth.json", "It is your choice.", "expired: run it once", "SOME_KEY"):
            assert words in text
        assert "Tool 3" not in text
        assert text.count("[x]") == 1
        await press(pilot, "enter")
        assert [item.account_id for item in monitor.accepted] == ["tool1"]
        assert not isinstance(pilot.app.screen, PageScreen)


async def test_logins_are_marked_one_by_one_and_escape_takes_none(env: Environment, monitor: Monitor) -> None:
    async with running(env, monitor) as pilot:
        await ask(pilot, [found(1), found(2)])
        text = await press(pilot, "j", "space")
        assert text.count("[x]") == 1
        await press(pilot, "escape")
        assert not monitor.accepted
        await ask(pilot, [found(1), found(2)])
        await press(pilot, "j", "space", "enter")
        assert [item.account_id for item in monitor.accepted] == ["tool1"]


async def test_a_refused_write_is_told_in_one_sentence(env: Environment, monitor: Monitor) -> None:
    monitor.refuses = "config.toml cannot be written: [/] the folder is read-only."
    async with running(env, monitor) as pilot:
        await ask(pilot, [found(1)])
        await press(pilot, "enter")
        assert [notice.message for notice in pilot.app._notifications] == [monitor.refuses]


@pytest.mark.parametrize("size", [(120, 40), (42, 50), (20, 6)])
async def test_hostile_origins_are_only_text(env: Environment, monitor: Monitor, size: tuple[int, int]) -> None:
    async with running(env, monitor, size) as pilot:
        await ask(pilot, [found(1, origin="[/red][b]x[/] [@click=app.quit]y[/]", problem="[/]")])
        await pilot.click("#page", offset=(3, 3))
        assert pilot.app.is_running
