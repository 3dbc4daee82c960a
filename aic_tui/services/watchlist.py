"""The accounts under watch: what is known about each, and when it is due. Nothing is asked here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from aic_tui.config.settings import Account, Settings
from aic_tui.environment import Environment
from aic_tui.errors import Reason
from aic_tui.models import AccountState, Failure
from aic_tui.providers.base import Provider
from aic_tui.providers.registry import get_provider
from aic_tui.services import schedule
from aic_tui.services.first_state import belongs, first_state
from aic_tui.services.monitor import Outcome

_log = logging.getLogger(__name__)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Watched:
    """One account. ``due`` is in monotonic seconds; ``key`` is the gate it was last seen with."""

    account: Account
    provider: Provider
    interval: int
    due: float
    task: asyncio.Task[Outcome] | None = None
    key: str | None = None

    @property
    def id(self) -> str:
        """The account id."""
        return self.account.id

    def cancel(self) -> None:
        """Stop what is under way for this account."""
        if self.task is not None:
            self.task.cancel()


class WatchList:
    """Accounts in the user's order, with their states. ``publish`` gets every state that changed.

    Plans are kept on the monotonic clock, so that a wall clock which is set does not move them.
    """

    def __init__(self, env: Environment, publish: Callable[[AccountState], None]) -> None:
        self._env = env
        self._publish = publish
        self._watched: dict[str, Watched] = {}
        self._states: dict[str, AccountState] = {}
        self._lifted: dict[str, Failure | None] = {}
        self.settings = Settings()
        self.notices: list[str] = []

    @property
    def watched(self) -> list[Watched]:
        """Every account."""
        return list(self._watched.values())

    @property
    def states(self) -> list[AccountState]:
        """The state of every account."""
        return [self._states[account_id] for account_id in self._watched]

    def get(self, account_id: str) -> Watched | None:
        """The account with that id, None when it is not under watch."""
        return self._watched.get(account_id)

    def state(self, account_id: str) -> AccountState:
        """What is known about an account that is or was under watch."""
        return self._states[account_id]

    def due(self) -> list[Watched]:
        """Everyone whose time has come and who is not being asked, those with the oldest news first.

        Where accounts stand in each other's way, because one provider has many, each then gets its turn.
        """
        now = self._env.monotonic()
        found = [item for item in self._watched.values() if item.due <= now and item.task is None]
        return sorted(found, key=lambda item: _changed_at(self._states[item.id]))

    def seconds_to_next(self) -> float:
        """Seconds until the next one is due; infinite when nobody will be."""
        waiting = [item.due for item in self._watched.values() if item.task is None]
        return min(waiting, default=float("inf")) - self._env.monotonic()

    def replace_all(
        self, accounts: Sequence[Account], settings: Settings, known: Iterable[AccountState]
    ) -> list[Watched]:
        """Watch exactly the enabled ones of ``accounts``. ``known`` are states of earlier runs; loads the providers.

        Gives those as they were whose key or server may have become another: the user has acted.
        """
        self.settings = settings
        earlier = {state.account_id: state for state in known} | self._states
        before, self._watched = self._watched, {}
        changed = []
        shown = [account for account in accounts if account.enabled and not account.hidden]
        for account in shown:
            old = before.pop(account.id, None)
            provider = get_provider(account.provider_id)
            interval = schedule.interval_seconds(account, provider, settings.refresh_interval_seconds)
            state = first_state(account, provider.name, earlier.get(account.id), shown)
            self._states[account.id] = replace(state, interval_seconds=interval)
            self._notice(schedule.raised_notice(account, provider))
            if old is not None and _what_matters(old.account) == _what_matters(account):
                sooner = interval < old.interval
                old.account, old.interval = account, interval
                self._watched[account.id] = old
                if sooner and state.failure is None:
                    self._plan_sooner(old)
                continue
            if old is not None:
                old.cancel()
                changed.append(old)
            delay = schedule.fraction(account.id) if old else self._first_delay(state, interval)
            self._watched[account.id] = Watched(account, provider, interval, self._env.monotonic() + delay)
        for gone in before.values():
            gone.cancel()
        return changed

    def plan(self, item: Watched, delay_seconds: float) -> None:
        """``item`` is due that long from now."""
        item.due = self._env.monotonic() + delay_seconds

    def planned_at(self, item: Watched) -> datetime:
        """When ``item`` is due, by the wall clock as it stands."""
        return self._env.now() + timedelta(seconds=max(0.0, item.due - self._env.monotonic()))

    def after_sleep(self) -> None:
        """Plans stood still while the machine slept: one question each, spread, no burst."""
        now, monotonic = self._env.now(), self._env.monotonic()
        for item in self._watched.values():
            next_at = self._states[item.id].next_at
            left = (next_at - now).total_seconds() if next_at else 0.0
            self.plan(item, max(min(left, item.due - monotonic), schedule.resume_delay(item.id)))
        self.show_plans()

    def show_plans(self) -> None:
        """The plans stand, but what they are called by the wall clock has changed."""
        for item in self._watched.values():
            state = self._states[item.id]
            if state.next_at is not None:
                self.show(replace(state, next_at=self.planned_at(item)))

    def adopt(self, theirs: AccountState) -> None:
        """Take over what another instance found out, where that is newer."""
        item = self._watched.get(theirs.account_id)
        if item is None or item.task is not None or not belongs(item.account, theirs):
            return
        ours = self._states[item.id]
        if _changed_at(theirs) <= _changed_at(ours):
            return
        if theirs.next_at is not None:
            left = (theirs.next_at - self._env.now()).total_seconds()
            self.plan(item, min(max(left, 1.0), 2.0 * item.interval))
        news = {name: getattr(theirs, name) for name in ("snapshot", "failure", "auth_source", "next_at", "whose")}
        self.show(replace(ours, **news))

    def show(self, state: AccountState) -> None:
        """Publish ``state`` if it is new. What kind of state it is goes to the log once per change."""
        before = self._states.get(state.account_id)
        if state.account_id in self._lifted:
            state = self._without_refusal(state, before)
        if state.account_id not in self._watched or state == before:
            return
        self._states[state.account_id] = state
        if before is None or _mood(before) != _mood(state):
            _log.info("%s: %s", state.account_id, _mood(state))
        self._publish(state)

    def lift(self, account_id: str) -> None:
        """A login for this account has begun: that its token was refused is not shown meanwhile."""
        self._lifted.setdefault(account_id, None)
        if account_id in self._watched:
            self.show(self._states[account_id])

    def unlift(self, account_id: str, *, restore: bool) -> None:
        """The login is over. ``restore`` shows again that the token was refused."""
        failure = self._lifted.pop(account_id, None)
        state = self._states.get(account_id)
        if restore and failure is not None and state is not None and state.failure is None:
            self.show(state.failed(failure))

    def _without_refusal(self, state: AccountState, before: AccountState | None) -> AccountState:
        if state.failure is not None and state.failure.reason is Reason.TOKEN_INVALID:
            self._lifted[state.account_id] = self._lifted[state.account_id] or state.failure
            return replace(state, failure=None)
        if state.failure is not None or before is None or state.snapshot != before.snapshot:
            self._lifted[state.account_id] = None  # another token was asked with meanwhile
        return state

    def _plan_sooner(self, item: Watched) -> None:
        """A shorter interval counts from now on, not only after the next request."""
        item.due = min(item.due, self._env.monotonic() + item.interval)
        state = self._states[item.id]
        if state.next_at is not None:
            self._states[item.id] = replace(state, next_at=self.planned_at(item))

    def _first_delay(self, state: AccountState, interval: int) -> float:
        age = None if state.fetched_at is None else (self._env.now() - state.fetched_at).total_seconds()
        return schedule.first_delay(state.account_id, age, interval, self.settings.cache_ttl_seconds)

    def _notice(self, sentence: str | None) -> None:
        if sentence is not None and sentence not in self.notices:
            self.notices.append(sentence)


def _what_matters(account: Account) -> Account:
    """What decides about key, server and question; the rest may change without another question."""
    return replace(account, name=None, pinned=False, interval_seconds=None)


def _changed_at(state: AccountState) -> datetime:
    return max(state.fetched_at or _NEVER, state.failure.at if state.failure else _NEVER)


def _mood(state: AccountState) -> str:
    failure = state.failure
    if failure is None:
        return "ok" if state.snapshot else "new"
    return f"{failure.kind}/{failure.reason}" if failure.reason else str(failure.kind)
