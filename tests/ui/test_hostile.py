"""Names that look like markup or carry escape codes are only text, at every size; and no size breaks the layout."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aic_tui.environment import Environment
from aic_tui.errors import FailureKind
from aic_tui.models import AccountState, Balance, Failure, Reading, Snapshot, Window
from aic_tui.services.monitor import Found, Outcome
from aic_tui.text import clean
from aic_tui.ui.arrangement import room_in
from aic_tui.ui.board import Board
from aic_tui.ui.order import Order
from aic_tui.ui.picture import picture
from aic_tui.view.density import Density
from aic_tui.view.spans import ViewOptions, width
from tests.ui.fakes import BERLIN, FakeMonitor, account, build_app, part_text, screen_text, settle, until

SIZES = [(200, 60), (120, 40), (80, 24), (60, 20), (42, 50), (30, 10), (20, 4)]
HOSTILE = [
    "[/]",
    "[/red]x",
    "[@click=app.quit]go[/]",
    "[link=http://x]y[/link]",
    "[type=x, v={'a[0]'}]",
    "\x1b]52;c;aGk=\x07clip",
    "\x1b[31mred",
    "\x9b31mc1",
    "\u202egpj.exe",
    "名前の長い口座",
    "🏴‍☠️ crew",
    "a" * 300,
    "$name \\[ \\",
]


def hostile_accounts(env: Environment) -> list[AccountState]:
    """One account per hostile string, with the string wherever outside text can stand."""
    now = env.now()
    states = []
    for number, text in enumerate(HOSTILE):
        safe = clean(text)
        window = Window("w", safe, ratio=0.3, resets_at=now, window_seconds=60)
        reading = Reading(account_name=safe, plan=safe, windows=(window,), note=safe)
        if number % 3 == 0:
            reading = Reading(plan=safe, note=safe, balances=(Balance(Decimal(5), safe[:8].upper() or "USD"),))
        state = replace(account(number, now), label=safe, provider_name=safe, snapshot=Snapshot(reading, now))
        if number % 4 == 1:
            state = state.failed(Failure(FailureKind.ERROR, now, hint=safe, detail=safe))
        states.append(state)
    return states


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_names_are_drawn_literally(env: Environment, size: tuple[int, int]) -> None:
    monitor = FakeMonitor(hostile_accounts(env))
    monitor.outcomes = [Outcome("a1", asked=True)]
    app = build_app(env, monitor)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("down", "r", "R", "u", "p", "p", "s")
        await settle(pilot)
        text = screen_text(app)
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text)
        if size[1] > 12:
            assert "[/]" in text
        await pilot.press("slash", *"[/]", "enter")
        await settle(pilot)
        if size[1] > 12:
            assert "filter [/]" in part_text(app, "header")
        assert app.is_running


async def test_the_palette_shows_what_is_typed_literally(env: Environment) -> None:
    app = build_app(env, FakeMonitor(hostile_accounts(env)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await settle(pilot)
        await pilot.press(*"[/]")
        await until(pilot, lambda: "[/]" in screen_text(app))
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("ctrl+p", *"privacy")
        await until(pilot, lambda: "Mask names and money" in screen_text(app) and "Leave" not in screen_text(app))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: app.privacy)


async def test_found_logins_are_text_too(env: Environment) -> None:
    monitor = FakeMonitor([])
    monitor.found = [Found("p", clean(t), "env:X", clean(t), "…[/]", f"f{n}") for n, t in enumerate(HOSTILE)]
    app = build_app(env, monitor)
    async with app.run_test(size=(80, 60)) as pilot:
        await until(pilot, lambda: "[/]" in screen_text(app))


async def test_any_resize_is_survived(env: Environment) -> None:
    monitor = FakeMonitor([account(number, env.now(), number / 10) for number in range(12)])
    app = build_app(env, monitor)
    async with app.run_test(size=(80, 24)) as pilot:
        sizes = [(1, 1), (2, 1), (1, 40), (300, 1), (20, 4), (27, 60), (28, 12), (59, 12), (60, 12), (119, 11)]
        for across, down in [*sizes, (120, 12), (300, 100), (3, 3), (5, 2), (120, 40)]:
            await pilot.resize_terminal(across, down)
            await pilot.pause(0.08)
            await pilot.press("down")
        assert "Account" in screen_text(app)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(across=st.integers(1, 300), down=st.integers(1, 100), count=st.integers(1, 13), ascii_only=st.booleans())
def test_every_block_has_exactly_the_size_of_its_place(
    env: Environment, across: int, down: int, count: int, ascii_only: bool
) -> None:
    options = ViewOptions(now=env.now(), zone=BERLIN, ascii=ascii_only)
    board = Board(hostile_accounts(env)[:count], Order(), options)
    board.points = {state.account_id: () for state in board.states}
    room = room_in(across, down)
    drawn = picture(board, room, options, None)
    for block in drawn.blocks:
        assert len(block.lines) <= drawn.shape.rows
        assert all(width(spans) == drawn.shape.cells for spans in block.lines)
    assert drawn.shape.place(drawn.shape.columns - 1).right <= room.main_cells
    assert all(width(spans) <= room.main_cells for spans in drawn.below)
    assert all(width(spans) <= max(room.ranking_cells, 1) for spans in drawn.ranking)
    if drawn.below:
        assert drawn.accounts_rows + len(drawn.below) <= room.main_rows
    if room.density is not Density.STRIP:
        assert len(drawn.blocks) == count
