"""The settings by keyboard, with the real file, monitor and editor: changed here, by hand, by flag, and broken."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from textual.pilot import Pilot
from textual.worker import Worker

from aic_tui.app import AicApp
from aic_tui.config.keymap import taken_by
from aic_tui.config.settings import SETTINGS, Config, Settings
from aic_tui.config.writable import may_save
from aic_tui.environment import Environment
from aic_tui.models import Balance, Point, Reading, Snapshot
from aic_tui.services.editing import Plan
from aic_tui.services.editor import LiveEditor
from aic_tui.services.live import LiveMonitor
from aic_tui.ui.key_groups import key_rows
from aic_tui.ui.screens.keys import KeysScreen
from aic_tui.ui.screens.repair import RepairScreen
from aic_tui.ui.screens.settings import SettingsScreen
from aic_tui.zones import zone_of
from tests.clock import FakeClock
from tests.conftest import MakeEnv
from tests.ui.fakes import FakeMonitor, account, environ_of, part_text, screen_text

ACCOUNT = '[accounts.purse]\nprovider = "deepseek"\nname = "Purse"\nenabled = false\n'
ORDER = [
    *("theme", "timezone", "show", "privacy", "mouse", "warn_percent", "refresh_interval_seconds"),
    *("cache_ttl_seconds", "retention_days", "live_prices", "read_logs", "storage", "log_level", "github_client_id"),
]


@pytest.fixture
def env(env: Environment, clock: FakeClock) -> Environment:
    clock.auto = False
    write(env, ACCOUNT)
    return env


def write(env: Environment, text: str) -> None:
    env.paths.config.mkdir(parents=True, exist_ok=True)
    env.paths.config_file.write_text(f"version = 1\n{text}")


def saved(env: Environment) -> dict[str, Any]:
    return tomllib.loads(env.paths.config_file.read_text())


def general(env: Environment) -> dict[str, Any]:
    return dict(saved(env).get("general", {}))


@asynccontextmanager
async def running(
    env: Environment, flags: Mapping[str, str] | None = None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Pilot[int]]:
    monitor = LiveMonitor.open(env, flags or {})
    zone = zone_of(monitor.config.settings.timezone, env.environ)
    app = AicApp(env, monitor, zone=zone)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause(0.1)
            yield pilot
    finally:
        await monitor.aclose()


def aic(pilot: Pilot[int]) -> AicApp:
    assert isinstance(pilot.app, AicApp)
    return pilot.app


def said(pilot: Pilot[int]) -> list[str]:
    return [toast.message for toast in pilot.app._notifications]


async def press(pilot: Pilot[int], *keys: str) -> str:
    """Press keys one by one, each until what it saves is saved; what is then on screen."""
    for key in keys:
        await pilot.press(key)
        async with asyncio.timeout(20):
            while not _asks(pilot) and any(_saves(worker) for worker in pilot.app.workers):
                await pilot.pause(0.01)
        await pilot.pause(0.05)
    return screen_text(aic(pilot))


def _saves(worker: Worker[Any]) -> bool:
    return worker.group == "setting" and not worker.is_finished


def _asks(pilot: Pilot[int]) -> bool:
    return type(pilot.app.screen).__name__ == "ConfirmScreen"


async def point_at(pilot: Pilot[int], name: str) -> str:
    """Point at a setting by its place on the screen."""
    return await press(pilot, "home", *["down"] * ORDER.index(name))


async def until(clock: FakeClock, holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)
            await clock.advance(0.5)


# -- the list


async def test_every_setting_has_a_row_a_group_and_its_origin(env: Environment) -> None:
    write(env, f"[general]\nwarn_percent = 70\n{ACCOUNT}")
    told = environ_of(env, {"AIC_LOG_LEVEL": "debug"})
    async with running(told, {"theme": "nord"}) as pilot:
        text = await press(pilot, "comma")
        assert isinstance(pilot.app.screen, SettingsScreen)
        assert "Other" not in text
        assert len(pilot.app.screen.row_places) == len(SETTINGS) + 1 == len(ORDER) + 1
        rows = {line.split("  ")[2].strip(): line.split() for line in text.splitlines() if line.startswith("    ")}
        assert rows["warn from"][-3:] == ["70%", "used", "file"]
        assert rows["log"][-2:] == ["debug", "environment"]
        assert rows["privacy"][-2:] == ["off", "default"]
        assert "nord" in text
        assert "fixed by the flag --theme" in text


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (42, 50), (20, 8)])
async def test_every_row_can_be_reached_and_is_told_about(env: Environment, size: tuple[int, int]) -> None:
    async with running(env, size=size) as pilot:
        await press(pilot, "comma")
        for name in ORDER:
            text = await point_at(pilot, name)
            if size[1] >= 24:
                assert f"general.{name}" in text
            assert ("▌" in text) or size[1] < 10


async def test_the_demo_offers_no_settings(env: Environment) -> None:
    from aic_tui.services.demo import DemoMonitor

    app = AicApp(env, DemoMonitor(env), zone=zone_of("UTC", {}))
    async with app.run_test(size=(160, 40)) as pilot:
        await pilot.pause(0.1)
        assert "settings" not in part_text(app, "footer")
        await press(pilot, "comma")
        assert not isinstance(app.screen, SettingsScreen)


# -- changing


async def test_a_switch_is_saved_and_takes_effect_at_once(env: Environment) -> None:
    async with running(env) as pilot:
        await press(pilot, "comma")
        await point_at(pilot, "privacy")
        text = await press(pilot, "enter")
        assert general(env) == {"privacy": True}
        assert aic(pilot).privacy
        assert "***" in text.splitlines()[0]
        assert "privacy: on" in said(pilot)
        await press(pilot, "left")
        assert general(env) == {"privacy": False}
        assert not aic(pilot).privacy
        await press(pilot, "backspace")
        assert "general" not in saved(env) or general(env) == {}
        assert saved(env)["accounts"]["purse"]["name"] == "Purse"


async def test_used_or_left_turns_the_dashboard_below(env: Environment) -> None:
    async with running(env) as pilot:
        await press(pilot, "comma")
        await point_at(pilot, "show")
        await press(pilot, "space")
        assert general(env) == {"show": "left"}
        assert aic(pilot).options.show == "left"


async def test_a_number_is_typed_checked_and_saved(env: Environment) -> None:
    async with running(env) as pilot:
        await press(pilot, "comma")
        await point_at(pilot, "warn_percent")
        await press(pilot, "enter", "backspace")
        text = await press(pilot, *"500", "enter")
        assert "“500” is not allowed, but a whole number from 1 to 100." in text
        assert general(env) == {}
        text = await press(pilot, *["backspace"] * 3, *"65", "enter")
        assert general(env) == {"warn_percent": 65}
        assert aic(pilot).options.warn_percent == 65
        assert "65% used" in text
        await press(pilot, "enter", *"99", "escape")
        assert general(env) == {"warn_percent": 65}
        assert isinstance(pilot.app.screen, SettingsScreen)


async def test_letters_in_the_line_are_text_and_not_keys(env: Environment) -> None:
    async with running(env) as pilot:
        await press(pilot, "comma")
        await point_at(pilot, "timezone")
        await press(pilot, "enter", *"qup,")
        assert pilot.app.screen.query_one("#value").value == "qup,"  # type: ignore[attr-defined]
        assert not aic(pilot).privacy


async def test_a_zone_moves_every_time_on_show(env: Environment) -> None:
    write(env, f'[general]\ntimezone = "UTC"\n{ACCOUNT}')
    async with running(env) as pilot:
        assert "UTC 08:00" in part_text(aic(pilot), "header")
        await press(pilot, "comma")
        await point_at(pilot, "timezone")
        await press(pilot, "enter", *"Asia/Tokyo", "enter")
        assert general(env) == {"timezone": "Asia/Tokyo"}
        await press(pilot, "escape")
        assert "Asia/Tokyo 17:00" in part_text(aic(pilot), "header")


async def test_a_theme_is_chosen_from_a_list(env: Environment) -> None:
    async with running(env) as pilot:
        before = pilot.app.theme
        text = await press(pilot, "comma", "home", "enter", "down", "down")
        assert "aic-light" in text
        assert pilot.app.theme == before
        await press(pilot, "enter")
        assert pilot.app.theme == "aic-light"
        assert general(env) == {"theme": "aic-light"}
        await press(pilot, "enter", "end", "escape")
        assert pilot.app.theme == "aic-light"
        await press(pilot, "backspace")
        assert pilot.app.theme == before
        assert general(env) == {}
        assert not aic(pilot).monitor.recall("theme")


@pytest.mark.parametrize("how", ["flag", "environment"])
async def test_what_a_flag_or_a_variable_fixes_cannot_be_changed_here(env: Environment, how: str) -> None:
    told = environ_of(env, {"AIC_PRIVACY": "true"}) if how == "environment" else env
    async with running(told, {"privacy": "true"} if how == "flag" else {}) as pilot:
        await press(pilot, "comma")
        text = await point_at(pilot, "privacy")
        assert "cannot be changed here" in " ".join(text.split())
        assert ("--privacy" if how == "flag" else "AIC_PRIVACY") in text
        await press(pilot, "enter", "right", "backspace")
        assert general(env) == {}
        assert aic(pilot).privacy


async def test_a_choice_by_key_is_told_beside_the_setting(env: Environment) -> None:
    async with running(env) as pilot:
        await press(pilot, "u", "comma")
        assert "used  now left" in await point_at(pilot, "show")


async def test_comments_are_asked_about_once(env: Environment) -> None:
    write(env, f"# mine\n{ACCOUNT}")
    async with running(env) as pilot:
        await press(pilot, "comma")
        await point_at(pilot, "mouse")
        assert "# mine" in await press(pilot, "enter")
        await press(pilot, "escape")
        assert "# mine" in env.paths.config_file.read_text()
        await press(pilot, "enter")
        await press(pilot, "enter")
        await pilot.pause(0.3)
        assert general(env) == {"mouse": False}
        assert "# mine" not in env.paths.config_file.read_text()
        env.paths.config_file.write_text(env.paths.config_file.read_text() + "# again\n")
        await press(pilot, "enter")
        assert general(env) == {"mouse": True}


async def test_quick_changes_are_all_saved_in_their_order(env: Environment) -> None:
    async with running(env) as pilot:
        await press(pilot, "comma")
        await point_at(pilot, "log_level")
        for _ in range(3):
            await pilot.press("right")
        await press(pilot, "up", "right")
        assert general(env)["storage"] == "file"


# -- changed elsewhere


async def test_the_file_changed_by_hand_takes_effect_within_two_seconds(env: Environment, clock: FakeClock) -> None:
    async with running(env) as pilot:
        app = aic(pilot)
        await clock.advance(0)
        write(env, f'[general]\ntheme = "nord"\nshow = "left"\ntimezone = "Asia/Tokyo"\nprivacy = true\n{ACCOUNT}')
        start = clock.monotonic()
        await until(clock, lambda: app.theme == "nord")
        assert clock.monotonic() - start <= 3
        assert app.options.show == "left"
        assert app.options.privacy
        assert str(app.options.zone) == "Asia/Tokyo"


async def test_a_choice_by_key_outlives_an_unrelated_change(env: Environment, clock: FakeClock) -> None:
    async with running(env) as pilot:
        app = aic(pilot)
        await press(pilot, "u", "p", "t")
        theme = app.theme
        write(env, f"[general]\nwarn_percent = 55\n{ACCOUNT}")
        await until(clock, lambda: app._adopted.settings.warn_percent == 55)
        await pilot.pause(0.05)
        assert (app.showing, app.privacy, app.theme) == ("left", True, theme)


async def test_flags_stay_in_force_over_a_changed_file(env: Environment, clock: FakeClock) -> None:
    async with running(env, {"theme": "nord"}) as pilot:
        app = aic(pilot)
        write(env, f'[general]\ntheme = "dracula"\nwarn_percent = 55\n{ACCOUNT}')
        await until(clock, lambda: app._adopted.settings.warn_percent == 55)
        await pilot.pause(0.05)
        assert app.theme == "nord"


# -- keys


async def test_a_key_is_remapped_by_pressing_the_new_one(env: Environment) -> None:
    async with running(env) as pilot:
        await press(pilot, "comma", "end", "enter")
        assert isinstance(pilot.app.screen, KeysScreen)
        text = await press(pilot, "enter", "t")  # the first is used/left
        assert "t is “theme” already" in text
        await press(pilot, "f6")
        assert saved(env)["keys"] == {"show": "f6"}
        assert "1 changed" in await press(pilot, "down", "up")
        await press(pilot, "escape", "escape", "u")
        assert aic(pilot).showing == "used"
        await press(pilot, "f6")
        assert aic(pilot).showing == "left"
        await press(pilot, "comma", "end", "enter", "backspace")
        assert not saved(env).get("keys")
        await press(pilot, "escape", "escape", "u")
        assert aic(pilot).showing == "used"


async def test_escape_leaves_a_key_as_it_is_and_some_keys_cannot_be_used(env: Environment) -> None:
    async with running(env) as pilot:
        await press(pilot, "comma", "end", "enter", "enter")
        assert "leave it" in await press(pilot, "p")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, KeysScreen)
        assert "keys" not in saved(env)
        assert not aic(pilot).privacy


async def test_keys_of_a_changed_file_work_at_once(env: Environment, clock: FakeClock) -> None:
    async with running(env, size=(160, 40)) as pilot:
        write(env, f'{ACCOUNT}[keys]\nprivacy = "x"\n')
        await until(clock, lambda: aic(pilot)._adopted.keys)
        await press(pilot, "x")
        assert aic(pilot).privacy
        assert "x privacy" in part_text(aic(pilot), "footer")


def test_no_screen_has_one_key_for_two_things_that_can_be_remapped() -> None:
    free = [row for row in key_rows({}) if taken_by("f9", row.binding.id, {})]
    assert not free
    found = taken_by("r", "sort", {})
    assert found is not None
    assert found.id == "refresh"
    assert taken_by("r", "sort", {"refresh": "f5"}) is None
    assert taken_by("f5", "sort", {"refresh": "f5"}) is not None


# -- trouble


async def test_a_broken_file_is_shown_with_its_place_and_repaired(env: Environment) -> None:
    write(env, 'show = "left"\n[general]\ntheme = [/red] "kanarie"\n')
    async with running(env) as pilot:
        assert "config broken" in part_text(aic(pilot), "header")
        assert any("shows why and repairs it" in toast for toast in said(pilot))
        text = await press(pilot, "comma", "enter")
        assert "cannot be read" in text
        assert isinstance(pilot.app.screen, SettingsScreen)
        pilot.app.clear_notifications()
        text = await press(pilot, "R")
        assert isinstance(pilot.app.screen, RepairScreen)
        assert "line 4, column 10" in text
        row = next(line for line in text.splitlines() if "[/red]" in line)
        pointer = next(line for line in text.splitlines() if line.strip() == "^")
        assert row[pointer.index("^")] == "/"
        await press(pilot, "R")
        await pilot.pause(0.3)
        kept = list(env.paths.config.glob("config.toml.corrupt-*"))
        assert len(kept) == 1
        assert "[/red]" in kept[0].read_text()
        assert not aic(pilot).monitor.config.broken
        assert isinstance(pilot.app.screen, SettingsScreen)
        await press(pilot, "escape")
        assert "config broken" not in part_text(aic(pilot), "header")


async def test_a_key_in_a_broken_file_is_not_shown(env: Environment) -> None:
    write(env, 'api_key = "canary of no known shape\nsecret = "sk-or-v1-kAnarie9Vogel7Qz3xW5"\nmy name = 1\n')
    async with running(env) as pilot:
        text = await press(pilot, "comma", "R")
        assert "api_key" in text
        assert "canary" not in text
        assert "kAnarie" not in text
        assert "my name" not in await press(pilot, "p")


async def test_a_file_that_breaks_and_is_mended_meanwhile_is_followed(env: Environment, clock: FakeClock) -> None:
    async with running(env) as pilot:
        write(env, "x = \n")
        await until(clock, lambda: aic(pilot)._adopted.broken)
        await pilot.pause(0.1)
        assert "config broken" in part_text(aic(pilot), "header")
        assert any("repairs it" in toast for toast in said(pilot))
        await press(pilot, "comma", "R")
        write(env, ACCOUNT)
        await until(clock, lambda: not aic(pilot)._adopted.broken)
        await pilot.pause(0.1)
        assert "It can be read again" in screen_text(aic(pilot))


async def test_a_file_of_a_newer_version_is_left_alone(env: Environment) -> None:
    env.paths.config_file.write_text(f'version = 9\n[general]\nshow = "left"\n{ACCOUNT}')
    before = env.paths.config_file.read_bytes()
    async with running(env) as pilot:
        assert "config read-only" in part_text(aic(pilot), "header")
        text = await press(pilot, "comma")
        assert "newer version" in text
        await point_at(pilot, "privacy")
        await press(pilot, "enter", "backspace", "right")
        assert env.paths.config_file.read_bytes() == before
        assert aic(pilot).options.show == "left"


async def test_a_folder_that_cannot_be_written_is_told(env: Environment, tmp_path: Path) -> None:
    assert may_save(env.paths.config_file)
    assert may_save(tmp_path / "new" / "folder" / "config.toml")
    (tmp_path / "file").write_text("no folder")
    nowhere = tmp_path / "file" / "config.toml"
    assert not may_save(nowhere)
    async with running(env) as pilot:
        aic(pilot).not_saving = True
        assert "nothing is saved" in await press(pilot, "comma")
        await press(pilot, "escape")
        assert "not saving" in part_text(aic(pilot), "header")


class Refusing(LiveMonitor):
    """Its editor plans as ever; what happens to the file between plan and save is the test's."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    @property
    def editor(self) -> LiveEditor:
        found = super().editor
        save = LiveEditor.save

        async def after_others(plan: Plan, *rest: Any, **more: Any) -> Config:
            self.meanwhile()
            return await save(found, plan, *rest, **more)

        object.__setattr__(found, "save", after_others)
        return found


@pytest.mark.parametrize("theirs", ["warn_percent = 70", "warn_percent = = 70"])
async def test_what_another_program_wrote_in_between_is_kept_and_told(env: Environment, theirs: str) -> None:
    monitor = Refusing.open(env)
    monitor.meanwhile = lambda: write(env, f"[general]\n{theirs}\n{ACCOUNT}")
    app = AicApp(env, monitor, zone=zone_of("UTC", {}))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.pause(0.1)
        await press(pilot, "comma")
        await point_at(pilot, "warn_percent")
        await press(pilot, "enter", *"65", "enter")
        assert theirs in env.paths.config_file.read_text()
        assert any("Another program changed this" in toast or "not saved" in toast for toast in said(pilot))
    await monitor.aclose()


# -- what the monitor does with changed settings


async def test_a_shorter_interval_counts_from_now_on(make_env: MakeEnv, clock: FakeClock) -> None:
    asked: list[float] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        asked.append(clock.monotonic())
        infos = [{"currency": "USD", "total_balance": "14.20"}]
        return httpx.Response(200, json={"is_available": True, "balance_infos": infos})

    clock.auto = False
    env = make_env({"KEY": "sk-kanarienDeepSeek5566778899vogelH4uT"}, transport=httpx.MockTransport(answer))
    account = '[accounts.purse]\nprovider = "deepseek"\nkey = "env:KEY"\n'
    write(env, f"[general]\nrefresh_interval_seconds = 86400\n{account}")
    async with running(env) as pilot:
        await until(clock, lambda: asked)
        await until(clock, lambda: aic(pilot).monitor.states()[0].snapshot)
        write(env, account)
        start = clock.monotonic()
        await until(clock, lambda: len(asked) > 1)
        assert asked[1] - start < 90
        assert asked[1] - asked[0] >= 60


async def test_a_shorter_memory_forgets_at_once(env: Environment, clock: FakeClock) -> None:
    old = Point("purse", "balance:USD", clock.now() - timedelta(days=90), balance=Decimal(5))
    async with running(env) as pilot:
        monitor = aic(pilot).monitor
        assert isinstance(monitor, LiveMonitor)
        reading = Reading(balances=(Balance(Decimal(5), "USD"),))
        await monitor._store.call(monitor._store.history.record, "purse", Snapshot(reading, old.at))
        assert await monitor.points("purse", old.at - timedelta(days=1))
        await press(pilot, "comma")
        await point_at(pilot, "retention_days")
        await press(pilot, "enter", *"30", "enter")
        await pilot.pause(0.3)
        assert general(env) == {"retention_days": 30}
        assert not await monitor.points("purse", old.at - timedelta(days=1))


async def test_figures_past_the_cache_age_are_dimmed_and_say_so(env: Environment, clock: FakeClock) -> None:
    monitor = FakeMonitor([account(1, clock.now())], Config(settings=Settings(theme="aic-dark", cache_ttl_seconds=900)))
    app = AicApp(env, monitor, zone=zone_of("UTC", {}))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.1)
        clock.move(10 * 60)
        app.ticked.publish(None)
        await pilot.pause(0.05)
        assert "stale" not in screen_text(app)
        monitor.config = Config(settings=Settings(theme="aic-dark", cache_ttl_seconds=300))
        monitor.replace_all(monitor.listed)
        await pilot.pause(0.05)
        assert "stale" in screen_text(app)


@pytest.mark.parametrize("size", [(120, 40), (42, 50)])
async def test_hostile_words_in_the_file_are_only_words(env: Environment, size: tuple[int, int]) -> None:
    hostile = "[/red][b]x[/]\\u001b]52;c;S0FO\\u0007"
    write(env, f'[general]\ntheme = "{hostile}"\n{ACCOUNT}[keys]\nshow = "{hostile}"\n"{hostile}" = "f9"\n')
    async with running(env, size=size) as pilot:
        text = await press(pilot, "comma")
        assert "\x1b" not in text
        assert "2 changed" in text
        text = await press(pilot, "end", "enter", "down", "up")
        assert "[/red]" in text
        assert "\x1b" not in text
