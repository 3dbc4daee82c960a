"""A monitor that says what a test wants, and the app around it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from textual.pilot import Pilot

from aic_tui.app import AicApp
from aic_tui.config.settings import Config, Settings
from aic_tui.environment import Environment
from aic_tui.models import AccountState, Balance, Failure, Point, Reading, RequestEntry, Snapshot, Window
from aic_tui.services.editing import Editor
from aic_tui.services.monitor import Found, Outcome
from aic_tui.services.signing_in import SignIn
from aic_tui.ui.screens.dashboard import Dashboard
from aic_tui.ui.widgets.accounts_view import AccountsView
from aic_tui.ui.widgets.lines import LinesView
from aic_tui.view.spans import text_of

BERLIN = ZoneInfo("Europe/Berlin")


class FakeMonitor:
    """Holds states; a test changes them with :meth:`publish`."""

    def __init__(self, states: Sequence[AccountState], config: Config | None = None) -> None:
        self.config = config or Config(settings=Settings(theme="aic-dark"))
        self.is_demo = False
        self.can_edit = False
        self.editor: Editor | None = None
        self.sign_in: SignIn | None = None
        self.notices: Sequence[str] = ()
        self.listed = list(states)
        self.asked: list[Sequence[str] | None] = []
        self.outcomes: list[Outcome] = []
        self.found: list[Found] = []
        self.recorded: dict[str, list[Point]] = {}
        self.choices: dict[str, str] = {}
        self.running = False
        self.run_error: Exception | None = None
        self.reading_share: float | None = None
        self._callbacks: list[Callable[[AccountState | None], None]] = []
        self._reading_callbacks: list[Callable[[], None]] = []

    def states(self) -> Sequence[AccountState]:
        return list(self.listed)

    def subscribe(self, callback: Callable[[AccountState | None], None]) -> None:
        self._callbacks.append(callback)

    def publish(self, state: AccountState) -> None:
        """``state`` replaces the one with its id."""
        self.listed = [state if one.account_id == state.account_id else one for one in self.listed]
        for callback in self._callbacks:
            callback(state)

    def replace_all(self, states: Sequence[AccountState]) -> None:
        """The list of accounts changes."""
        self.listed = list(states)
        for callback in self._callbacks:
            callback(None)

    def subscribe_reading(self, callback: Callable[[], None]) -> None:
        self._reading_callbacks.append(callback)

    def read(self, share: float | None) -> None:
        """So much of the session logs has been read."""
        self.reading_share = share
        for callback in self._reading_callbacks:
            callback()

    async def run(self) -> None:
        self.running = True
        if self.run_error is not None:
            raise self.run_error
        await asyncio.Event().wait()

    async def refresh(self, account_ids: Sequence[str] | None = None) -> Sequence[Outcome]:
        self.asked.append(account_ids)
        return self.outcomes

    async def points(self, account_id: str, since: datetime) -> Sequence[Point]:
        return [point for point in self.recorded.get(account_id, []) if point.at >= since]

    async def requests(self, account_id: str, limit: int = 20) -> Sequence[RequestEntry]:
        return []

    def raw_reply(self, account_id: str) -> str | None:
        return None

    async def findings(self) -> Sequence[Found]:
        return self.found

    async def accept(self, findings: Sequence[Found]) -> None:
        pass

    def recall(self, name: str) -> str | None:
        return self.choices.get(name)

    def remember(self, name: str, value: str) -> None:
        self.choices[name] = value

    async def aclose(self) -> None:
        pass


def account(number: int, now: datetime, ratio: float | None = 0.5, **changes: Any) -> AccountState:
    """Account ``a<number>`` of provider "Provider <number>" with one 5-hour window that is ``ratio`` used."""
    window = Window("5h", "5 hours", ratio=ratio, resets_at=now + timedelta(hours=2), window_seconds=5 * 3600)
    state = AccountState(
        account_id=f"a{number}",
        provider_id="p",
        provider_name=f"Provider {number}",
        label=f"Account {number:02}",
        snapshot=Snapshot(Reading(windows=(window,)), now - timedelta(minutes=2)),
    )
    return replace(state, **changes)


def with_balance(state: AccountState, amount: str, now: datetime) -> AccountState:
    """The same account with a balance instead of a window."""
    reading = Reading(balances=(Balance(Decimal(amount), "USD"),))
    return replace(state, snapshot=Snapshot(reading, now))


def failing(state: AccountState, failure: Failure) -> AccountState:
    """The same account, failing, with its last figures."""
    return state.failed(failure)


def build_app(env: Environment, monitor: Any, **options: Any) -> AicApp:
    """The app as ``launch`` makes it, with a fixed zone."""
    return AicApp(env, monitor, **{"zone": BERLIN, **options})


def screen_text(app: AicApp) -> str:
    """What stands on the terminal, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def board_of(app: AicApp) -> Dashboard:
    """The dashboard, whatever lies on top of it."""
    dashboard = app.screen_stack[0]
    assert isinstance(dashboard, Dashboard)
    return dashboard


def selected_id(app: AicApp) -> str | None:
    """The id of the account that is drawn as the selected one."""
    view = board_of(app).query_one(AccountsView)
    marked = [block.account_id for block in view.blocks if _is_marked(block.lines)]
    assert len(marked) <= 1
    return marked[0] if marked else None


def _is_marked(lines: Sequence[Any]) -> bool:
    return text_of(lines[0])[:1] in ("┏", "▌", "#", ">")


def names_in_order(app: AicApp) -> list[str]:
    """The ids of the accounts on show, in their order."""
    return [block.account_id for block in board_of(app).query_one(AccountsView).blocks]


def part_text(app: AicApp, name: str) -> str:
    """The text of one of the dashboard's line widgets."""
    return board_of(app).query_one(f"#{name}", LinesView).text


async def settle(pilot: Pilot[Any]) -> None:
    """Let messages, workers and the drawing that follows them come to rest."""
    await pilot.pause()
    await pilot.pause(0.05)


async def until(pilot: Pilot[Any], holds: Callable[[], object], seconds: float = 20) -> None:
    """Let the app run until something holds: a machine that does other things as well takes its time."""
    assert isinstance(pilot.app, AicApp)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, screen_text(pilot.app)
        await pilot.pause(0.01)


def environ_of(env: Environment, extra: Mapping[str, str]) -> Environment:
    """The same environment with more variables."""
    return replace(env, environ={**env.environ, **extra})
