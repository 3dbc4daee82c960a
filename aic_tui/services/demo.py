"""A monitor whose twelve accounts are invented: nothing is read and nothing is sent.

Every figure is a smooth function of the clock, so the screen moves, and looks the same whenever the clock is the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.models import AccountState, Point, RequestEntry, Snapshot, Window
from aic_tui.outlook import ratio_of
from aic_tui.services.demo_accounts import DEMO_ACCOUNTS, DemoAccount
from aic_tui.services.monitor import Found, Outcome

if TYPE_CHECKING:
    from aic_tui.services.editing import Editor
    from aic_tui.services.signing_in import SignIn

_RECENT = timedelta(seconds=15)
_MOST_POINTS = 400


class DemoMonitor:
    """Implements :class:`aic_tui.services.monitor.Monitor` without any outside world but the clock."""

    def __init__(self, env: Environment, config: Config | None = None) -> None:
        self._env = env
        self._config = config or Config()
        self._callbacks: list[Callable[[AccountState | None], None]] = []
        self._asked_at: dict[str, datetime] = {}
        self._choices: dict[str, str] = {}

    @property
    def config(self) -> Config:
        """The configuration given, or the defaults."""
        return self._config

    @property
    def is_demo(self) -> bool:
        """Always True."""
        return True

    @property
    def notices(self) -> Sequence[str]:
        """One sentence that says that nothing here is real."""
        return ("Demo: these accounts are invented, nothing is read or sent.",)

    @property
    def can_edit(self) -> bool:
        """False: there is nothing to change."""
        return False

    @property
    def editor(self) -> Editor | None:
        """None: nothing here can be edited."""
        return None

    @property
    def sign_in(self) -> SignIn | None:
        """None: nobody signs in to a demonstration."""
        return None

    def states(self) -> Sequence[AccountState]:
        """The twelve accounts as they stand at this instant."""
        return [self._state(account) for account in DEMO_ACCOUNTS]

    def _state(self, account: DemoAccount) -> AccountState:
        now = self._env.now()
        fetched_at = account.fetched_at(now)
        asked_at = self._asked_at.get(account.id)
        if asked_at is not None and account.failure is None:
            fetched_at = max(fetched_at, asked_at)
        snapshot = None
        if account.reading is not None:
            snapshot = Snapshot(account.reading(fetched_at, now), fetched_at, account.auth_source)
        return AccountState(
            account_id=account.id,
            provider_id=account.provider_id,
            provider_name=account.provider_name,
            label=account.label,
            auth_source=account.auth_source,
            snapshot=snapshot,
            failure=account.failure(now) if account.failure else None,
            next_at=fetched_at + timedelta(seconds=account.interval_seconds) if account.failure is None else None,
            interval_seconds=account.interval_seconds,
        )

    def subscribe(self, callback: Callable[[AccountState | None], None]) -> None:
        """Call ``callback`` with each state whose figures moved."""
        self._callbacks.append(callback)

    @property
    def reading_share(self) -> float | None:
        """None: a demonstration reads no logs."""
        return None

    def subscribe_reading(self, callback: Callable[[], None]) -> None:
        """Never calls ``callback``."""

    async def run(self) -> None:
        """Publish what moved, once per tick, until cancelled."""
        seen = {state.account_id: state for state in self.states()}
        while True:
            await self._env.sleep(self._config.settings.refresh_interval_seconds)
            for state in self.states():
                if state != seen.get(state.account_id):
                    seen[state.account_id] = state
                    self._publish(state)

    def _publish(self, state: AccountState) -> None:
        for callback in self._callbacks:
            callback(state)

    async def refresh(self, account_ids: Sequence[str] | None = None) -> Sequence[Outcome]:
        """Move the asked accounts to this instant; the ones that fail answer as their failure demands."""
        chosen = [account for account in DEMO_ACCOUNTS if account_ids is None or account.id in account_ids]
        return [self._refresh(account) for account in chosen]

    def _refresh(self, account: DemoAccount) -> Outcome:
        now = self._env.now()
        if account.failure is not None:
            failure = account.failure(now)
            return Outcome(account.id, asked=False, until=failure.retry_at, why=account.refusal)
        last = self._asked_at.get(account.id)
        if last is not None and now - last < _RECENT:
            return Outcome(account.id, asked=False, until=last + _RECENT, why="recent")
        self._asked_at[account.id] = now
        self._publish(self._state(account))
        return Outcome(account.id, asked=True)

    async def points(self, account_id: str, since: datetime) -> Sequence[Point]:
        """Every window and balance of the account since then, at most 400 instants of each, oldest first."""
        account = _find(account_id)
        if account is None or account.reading is None:
            return []
        end = self._state(account).fetched_at or self._env.now()
        span = (end - since).total_seconds()
        if span <= 0:
            return []
        step = max(span / _MOST_POINTS, 900.0)
        instants = [end - timedelta(seconds=step * back) for back in range(int(span // step), -1, -1)]
        return [point for at in instants for point in _points_at(account, at)]

    async def requests(self, account_id: str, limit: int = 20) -> Sequence[RequestEntry]:
        """The account's last requests, newest first, one per interval."""
        account = _find(account_id)
        if account is None or account.url is None:
            return []
        now = self._env.now()
        newest = now if account.failure else account.fetched_at(now)
        failure = account.failure(now) if account.failure else None
        entries = []
        for number in range(limit):
            at = newest - timedelta(seconds=account.interval_seconds * number)
            failed = failure is not None and at > account.fetched_at(now)
            entries.append(
                RequestEntry(
                    account_id=account.id,
                    at=at,
                    method="GET",
                    url=account.url,
                    outcome=failure.kind.value if failed and failure else "ok",
                    http_status=(failure.http_status if failure else None) if failed else 200,
                    duration_ms=180 + (number * 73 + len(account.id) * 31) % 240,
                    size_bytes=None if failed else 640 + len(account.label) * 17,
                )
            )
        return entries

    def raw_reply(self, account_id: str) -> str | None:
        """An invented reply that agrees with the figures; None where there are none."""
        account = _find(account_id)
        reading = self._state(account).reading if account else None
        if reading is None:
            return None
        reply = {
            "plan": reading.plan,
            "access_token": "***",
            "windows": [_raw_window(window) for window in reading.windows],
            "balances": [{"currency": item.currency, "total": str(item.amount)} for item in reading.balances],
        }
        return json.dumps({key: value for key, value in reply.items() if value}, indent=2, ensure_ascii=False)

    async def findings(self) -> Sequence[Found]:
        """Two invented credentials, one of them a login that wants the user's yes."""
        return (
            Found("claude", "Claude", "discovered:claude-code", "~/.claude/.credentials.json", "…f3Qa", "claude", True),
            Found("openai", "OpenAI", "env:OPENAI_ADMIN_KEY", "OPENAI_ADMIN_KEY", "…9xYz", "openai", accepted=True),
        )

    async def accept(self, findings: Sequence[Found]) -> None:
        """Nothing: the demo writes no accounts."""

    def recall(self, name: str) -> str | None:
        """A choice remembered in this run."""
        return self._choices.get(name)

    def remember(self, name: str, value: str) -> None:
        """Remember a choice until the end of this run."""
        self._choices[name] = value

    async def aclose(self) -> None:
        """Nothing is open."""


def _find(account_id: str) -> DemoAccount | None:
    return next((account for account in DEMO_ACCOUNTS if account.id == account_id), None)


def _points_at(account: DemoAccount, at: datetime) -> list[Point]:
    if account.reading is None:
        return []
    reading = account.reading(at, at)
    points = [
        Point(account.id, window.id, at, ratio_of(window), window.used, window.limit)
        for window in reading.windows
        if not window.unlimited
    ]
    points += [Point(account.id, f"balance:{item.currency}", at, balance=item.amount) for item in reading.balances]
    points += [
        Point(account.id, f"cost:{spend.period}", at, cost_usd=spend.amount)
        for spend in reading.spends
        if spend.currency == "USD"
    ]
    return points


def _raw_window(window: Window) -> dict[str, object]:
    ratio = ratio_of(window)
    return {
        "kind": window.id,
        "used_percent": None if ratio is None else round(ratio * 100, 1),
        "resets_at": window.resets_at.isoformat() if window.resets_at else None,
    }
