"""Pictures of the settings, the keys and the repair at three sizes.

After an intended change: ``pytest tests/ui/test_settings_pictures.py --snapshot-update``, then look at them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aic_tui.app import AicApp
from aic_tui.config.file import load_config
from aic_tui.environment import Environment, Paths
from aic_tui.services.editor import LiveEditor
from tests.ui.fakes import FakeMonitor, build_app, settle

NOW = datetime(2026, 11, 21, 10, 48, tzinfo=UTC)
SIZES = [(120, 40), (80, 24), (42, 50)]
WHOLE = """version = 1
[general]
theme = "aic-dark"
show = "left"
warn_percent = 70
timezone = "Europe/Berlin"
[keys]
refresh = "f5"
"""
BROKEN = """version = 1
[general]
theme = "aic-dark"
[accounts.work]
provider = "openrouter"
name = Work of "me"
enabled = true
"""


@pytest.fixture
def still(tmp_path: Path) -> Environment:
    """A clock that stands, and a home of its own."""
    paths = Paths(tmp_path / "aic", tmp_path / "d", tmp_path / "c", tmp_path / "s")
    environ = {"AIC_LOG_LEVEL": "debug", "AIC_THEME": "aic-dark"}
    return Environment(paths=paths, home=tmp_path, environ=environ, now=lambda: NOW)


def app_with(env: Environment, text: str, **options: Any) -> AicApp:
    """The app on that file, without services."""
    env.paths.config.mkdir()
    env.paths.config_file.write_text(text)
    config = load_config(env)
    monitor = FakeMonitor([], config)
    monitor.can_edit = True
    monitor.editor = LiveEditor(env, monitor)  # type: ignore[arg-type]  # only to list the settings
    return build_app(env, monitor, **options)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_settings(snap_compare: Any, still: Environment, size: tuple[int, int]) -> None:
    app = app_with(still, WHOLE)
    assert snap_compare(app, terminal_size=size, press=["comma", "down", "down"], run_before=settle)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_an_open_list(snap_compare: Any, still: Environment, size: tuple[int, int]) -> None:
    keys = ["comma", *["down"] * 9, "enter", "down"]
    assert snap_compare(app_with(still, WHOLE), terminal_size=size, press=keys, run_before=settle)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_value_that_is_not_allowed(snap_compare: Any, still: Environment, size: tuple[int, int]) -> None:
    async def type_it(pilot: Any) -> None:
        await pilot.press("comma", "down", "enter", *"Mars", "enter")
        await settle(pilot)
        pilot.app.screen.query_one("#value").cursor_blink = False

    assert snap_compare(app_with(still, WHOLE), terminal_size=size, run_before=type_it)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_keys(snap_compare: Any, still: Environment, size: tuple[int, int]) -> None:
    keys = ["comma", "end", "enter", "down", "down", "enter", "u"]
    assert snap_compare(app_with(still, WHOLE), terminal_size=size, press=keys, run_before=settle)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_repair(snap_compare: Any, still: Environment, size: tuple[int, int]) -> None:
    async def open_it(pilot: Any) -> None:
        await pilot.press("comma", "R")
        await settle(pilot)
        pilot.app.clear_notifications()
        await settle(pilot)

    assert snap_compare(app_with(still, BROKEN), terminal_size=size, run_before=open_it)


def test_ascii(snap_compare: Any, still: Environment) -> None:
    app = app_with(still, WHOLE, ascii_only=True)
    assert snap_compare(app, terminal_size=(80, 24), press=["comma"], run_before=settle)
