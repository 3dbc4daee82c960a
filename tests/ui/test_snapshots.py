"""Pictures of the dashboard at every density and theme, with the demo's accounts and a clock that stands.

After an intended change: ``pytest tests/ui/test_snapshots.py --snapshot-update``, then look at the pictures.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aic_tui.app import AicApp
from aic_tui.config.settings import Config, Settings
from aic_tui.environment import Environment, Paths
from aic_tui.errors import FailureKind, Reason
from aic_tui.models import Failure
from aic_tui.services.demo import DemoMonitor
from tests.ui.fakes import FakeMonitor, account, build_app, settle

NOW = datetime(2026, 11, 21, 10, 48, tzinfo=UTC)
SIZES = [(200, 60), (120, 40), (80, 24), (60, 20), (42, 50), (30, 10), (20, 4)]


@pytest.fixture
def still(tmp_path: Path) -> Environment:
    """Nothing of this machine, and a clock that stands."""
    paths = Paths(tmp_path, tmp_path, tmp_path, tmp_path)
    return Environment(paths=paths, home=tmp_path, environ={}, now=lambda: NOW, sleep=_never)


async def _never(_seconds: float) -> None:
    import asyncio

    await asyncio.Event().wait()


def demo(env: Environment, **settings: Any) -> AicApp:
    config = Config(settings=Settings(**{"theme": "aic-dark", **settings}))
    return build_app(env, DemoMonitor(env, config))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("theme", ["aic-dark", "aic-light", "ansi-dark"])
def test_every_density_in_every_kind_of_theme(
    snap_compare: Any, still: Environment, size: tuple[int, int], theme: str
) -> None:
    assert snap_compare(demo(still, theme=theme), terminal_size=size, run_before=settle)


def test_safe_colours(snap_compare: Any, still: Environment) -> None:
    assert snap_compare(demo(still, theme="aic-safe"), terminal_size=(120, 40), run_before=settle)


@pytest.mark.parametrize("size", [(120, 40), (42, 50), (20, 4)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_privacy(snap_compare: Any, still: Environment, size: tuple[int, int]) -> None:
    assert snap_compare(demo(still, privacy=True), terminal_size=size, run_before=settle)


@pytest.mark.parametrize("size", [(120, 40), (42, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_left_instead_of_used(snap_compare: Any, still: Environment, size: tuple[int, int]) -> None:
    assert snap_compare(demo(still, show="left"), terminal_size=size, run_before=settle)


@pytest.mark.parametrize("size", [(120, 40), (42, 50), (30, 10)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_ascii(snap_compare: Any, still: Environment, size: tuple[int, int]) -> None:
    monitor = DemoMonitor(still, Config(settings=Settings(theme="ansi-dark")))
    app = build_app(still, monitor, ascii_only=True)
    assert snap_compare(app, terminal_size=size, run_before=settle)


@pytest.mark.parametrize("size", [(80, 24), (42, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_kind_of_failure(snap_compare: Any, still: Environment, size: tuple[int, int]) -> None:
    failures = [
        Failure(FailureKind.AUTH_NEEDED, NOW, Reason.LOGIN_EXPIRED),
        Failure(FailureKind.RATE_LIMITED, NOW, retry_at=NOW + timedelta(minutes=20)),
        Failure(FailureKind.OFFLINE, NOW, Reason.TLS),
        Failure(FailureKind.FORMAT_CHANGED, NOW, Reason.SHAPE),
        Failure(FailureKind.SERVER_ERROR, NOW, http_status=503, retry_at=NOW + timedelta(minutes=5)),
    ]
    states = [account(number, NOW, 0.4).failed(failure) for number, failure in enumerate(failures)]
    states += [replace(states[0], account_id="new", label="Never answered", snapshot=None)]
    assert snap_compare(build_app(still, FakeMonitor(states)), terminal_size=size, run_before=settle)


@pytest.mark.parametrize("size", [(80, 24), (42, 50), (20, 4)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_accounts(snap_compare: Any, still: Environment, size: tuple[int, int]) -> None:
    assert snap_compare(build_app(still, FakeMonitor([])), terminal_size=size, run_before=settle)


def test_nothing_matches_the_filter(snap_compare: Any, still: Environment) -> None:
    app = build_app(still, FakeMonitor([account(1, NOW)]))
    assert snap_compare(app, terminal_size=(80, 24), press=["slash", *"zz", "enter"], run_before=settle)


def test_the_filter_line(snap_compare: Any, still: Environment) -> None:
    async def type_filter(pilot: Any) -> None:
        await pilot.press("slash", *"cod")
        await settle(pilot)
        pilot.app.screen.query_one("#filter").cursor_blink = False

    assert snap_compare(demo(still), terminal_size=(80, 24), run_before=type_filter)


def test_every_picture_belongs_to_a_test(request: pytest.FixtureRequest) -> None:
    """The plugin tells unused pictures only where all tests run in one process."""
    config = request.config
    if config.option.keyword or config.option.lf or any("::" in argument for argument in config.args):
        pytest.skip("only some tests of a file were asked for")
    collected: dict[str, set[str]] = {}
    for item in request.session.items:
        collected.setdefault(item.path.stem, set()).add(re.sub(r'[\\/?*:|"<>]', "", item.name))
    folder = Path(__file__).parent
    for picture in (folder / "__snapshots__").rglob("*.svg"):
        assert (folder / f"{picture.parent.name}.py").exists(), picture
        assert picture.stem in collected.get(picture.parent.name, {picture.stem}), picture
