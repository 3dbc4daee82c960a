"""Keeps every account fresh: who is due, who may be asked, and what becomes of the answers.

This is the only place with a broad ``except``: whatever one provider does, the others go on.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from aic_tui.config.settings import Account, Settings
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, Reason
from aic_tui.models import AccountState, Failure, RequestEntry, Snapshot
from aic_tui.services import schedule
from aic_tui.services.asking import Asked, Asker, moment, waiting_failure
from aic_tui.services.first_state import whose
from aic_tui.services.monitor import Outcome
from aic_tui.services.network import Network
from aic_tui.services.watchlist import Watched, WatchList
from aic_tui.store.gate import OFFLINE, Gate, Terms, Wait
from aic_tui.store.store import Store

if TYPE_CHECKING:
    from aic_tui.config.secrets import Vault
    from aic_tui.providers.auth import Credential
    from aic_tui.providers.base import Provider
    from aic_tui.providers.client import Client

_LOOKS_PER_TICK = 4  # how often a tick looks at what other instances have saved
_SHORTEST_NAP_SECONDS = 1.0

_log = logging.getLogger(__name__)


class RefreshService:
    """Asks the providers of all accounts, each in its time. ``publish`` gets every state that changed.

    ``client`` should hand its requests to :meth:`note_request`. All methods are called on the event loop.
    """

    def __init__(
        self, env: Environment, store: Store, client: Client, vault: Vault, publish: Callable[[AccountState], None]
    ) -> None:
        self._env = env
        self._store = store
        self._client = client
        self._vault = vault
        self._list = WatchList(env, publish)
        self._asker = Asker(env, store, client, vault, self._started)
        self._network = Network(env, store)
        self._raw: dict[str, str] = {}
        self._saved: dict[str, float] = {}
        self._woken = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None

    @property
    def states(self) -> list[AccountState]:
        """Every account under watch, in the user's order."""
        return self._list.states

    @property
    def notices(self) -> list[str]:
        """Sentences about accounts that cannot be asked as often as wished."""
        return self._list.notices

    def raw(self, account_id: str) -> str | None:
        """The last reply of this run, redacted; None before the first."""
        return self._raw.get(account_id)

    def note_request(self, entry: RequestEntry) -> None:
        """Write one request of the client to the log."""
        self._asker.note_request(entry)

    def set_accounts(
        self, accounts: Sequence[Account], settings: Settings | None = None, known: Iterable[AccountState] = ()
    ) -> None:
        """Watch exactly the enabled ones of ``accounts``, in this order. ``known`` are states of earlier runs.

        Loads the providers. An account that was changed in what matters for its key is asked anew, even if parked.
        """
        for old in self._list.replace_all(accounts, settings or self._list.settings, known):
            if old.key is not None:
                self._store.post(self._store.gates.release, old.key)
        self._woken.set()

    async def run(self) -> None:
        """Ask whoever is due, until cancelled."""
        while True:
            try:
                self._look_at_clocks()
                await self._follow()
                self._launch_due()
            except Exception as error:  # noqa: BLE001 - the database may be in trouble; the next round looks again
                _log.error("refresh: internal error: %s", _whereabouts(error))
            await self._nap()

    async def refresh(self, account_ids: Sequence[str], *, manual: bool) -> list[Outcome]:
        """Ask these accounts now, as far as that is allowed, and wait for the answers.

        ``manual`` is the user's own wish: it passes floors and back-off. Without it accounts whose floor has not
        passed are left out, and accounts of one provider are asked ten seconds apart.
        """
        if manual:
            self._vault.wake()
        delays: dict[str, float] = {}
        wishes: list[Awaitable[Outcome]] = []
        for account_id in dict.fromkeys(account_ids):
            item = self._list.get(account_id)
            if item is None:
                wishes.append(_said(Outcome(account_id, asked=False, why="disabled")))
            elif manual:
                wishes.append(self._wish(item, schedule.manual_terms(item.provider)))
            else:
                delay = delays.get(item.provider.id, 0.0)
                delays[item.provider.id] = delay + schedule.APART_SECONDS
                wishes.append(self._wish(item, schedule.due_terms(item.provider), delay))
        outcomes = await asyncio.gather(*wishes)
        await self._follow()
        return list(outcomes)

    async def try_out(self, account: Account, provider: Provider, credential: Credential) -> Asked:
        """Ask once with ``credential`` on the terms of the user's own wish; nobody's state changes."""
        try:
            return await self._asker.for_trial(credential).ask(account, provider, schedule.manual_terms(provider))
        except Exception as error:  # noqa: BLE001 - a provider's defect is an answer too
            _log.error("%s: internal error: %s", account.id, _whereabouts(error))
            failure = Failure(FailureKind.ERROR, self._env.now(), Reason.CRASHED, detail=type(error).__name__)
            return Asked(sent=True, failure=failure)

    async def take(self, account_id: str, asked: Asked) -> bool:
        """Let the account have what a trial with its own key told; False when it is not under watch."""
        item = self._list.get(account_id)
        if item is None:
            return False
        if item.task is not None:
            # Begun when the account was saved, a moment ago: the trial was this question already.
            item.cancel()
            await asyncio.gather(item.task, return_exceptions=True)
        await self._conclude(item, asked)
        return True

    def login_begins(self, account_id: str) -> None:
        """That the account's token was refused is not shown while the user signs in again. Nothing of it is saved."""
        self._list.lift(account_id)

    def login_ends(self, account_id: str, *, refused_again: bool = False) -> None:
        """The login is over; ``refused_again`` shows what its begin took off the screen."""
        self._list.unlift(account_id, restore=refused_again)

    async def forget_refusal(self, account_id: str) -> None:
        """A new token is there: what was said of the old one, or for want of one, is over. Nothing is asked."""
        state = self._list.state(account_id) if self._list.get(account_id) is not None else None
        if state is None or state.failure is None:
            return
        if state.failure.kind in (FailureKind.AUTH_NEEDED, FailureKind.NOT_CONFIGURED):
            bare = replace(state, failure=None)
            await self._store.call(self._store.states.save, bare)
            self._list.show(bare)

    async def drop_figures(self, account_id: str, *, unless_of: str | None = None) -> None:
        """Forget the last figures, and whose they were; those of the user ``unless_of`` stay. Nothing is asked."""
        item = self._list.get(account_id)
        if item is None:
            return
        if unless_of is None and item.task is not None:
            item.cancel()
            await asyncio.gather(item.task, return_exceptions=True)
        state = self._list.state(account_id)
        if state.snapshot is None or (unless_of and state.snapshot.reading.account_name in (None, unless_of)):
            return
        self._raw.pop(account_id, None)
        bare = replace(state, snapshot=None)
        await self._store.call(self._store.states.save, bare)
        self._list.show(bare)

    async def aclose(self) -> None:
        """Stop asking. Claims are given back, the requests behind them count."""
        tasks = [item.task for item in self._list.watched if item.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- the loop

    def _look_at_clocks(self) -> None:
        slept, stepped = self._network.clocks_moved()
        if slept:
            self._list.after_sleep()
            if all(item.task is None for item in self._list.watched):
                # Connections from before the sleep are dead. A wish of the user's may open new ones meanwhile.
                self._closing = asyncio.create_task(self._forget_connections())
        elif stepped:
            self._list.show_plans()

    async def _forget_connections(self) -> None:
        with suppress(Exception):
            await self._client.aclose()

    def _launch_due(self) -> None:
        due = self._list.due()
        if not self._network.offline:
            for item in due:
                self._launch(item, schedule.automatic_terms(item.provider, item.interval))
        elif due and all(item.task is None for item in self._list.watched):
            probe = min(due, key=lambda item: (self._network.blames(item.id), item.due))
            self._launch(probe, schedule.automatic_terms(probe.provider, probe.interval), probe=True)

    def _launch(self, item: Watched, terms: Terms, *, probe: bool = False) -> asyncio.Task[Outcome]:
        item.task = asyncio.create_task(self._question(item, terms, probe=probe), name=f"ask {item.id}")
        return item.task

    async def _nap(self) -> None:
        """Until someone is due, or others may have saved something, or the accounts changed."""
        longest = max(self._list.settings.refresh_interval_seconds / _LOOKS_PER_TICK, _SHORTEST_NAP_SECONDS)
        seconds = min(longest, max(self._list.seconds_to_next(), _SHORTEST_NAP_SECONDS))
        sleeping = asyncio.ensure_future(self._env.sleep(seconds))
        waking = asyncio.ensure_future(self._woken.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()
            self._woken.clear()

    async def _follow(self) -> None:
        """Take over what other instances have saved since the last look."""
        saved, network = await self._store.call(self._look)
        if self._network.hear(network):
            self._after_outage()
        if saved != self._saved:
            self._saved = saved
            for state in await self._store.call(self._store.states.load):
                self._list.adopt(state)

    def _look(self) -> tuple[dict[str, float], Gate]:
        return self._store.gates.saved(), self._store.gates.get(OFFLINE)

    async def _wish(self, item: Watched, terms: Terms, delay_seconds: float = 0.0) -> Outcome:
        if delay_seconds:
            await self._env.sleep(delay_seconds)
        joined = item.task is not None  # single flight: a wish joins what is under way
        outcome = await self._outcome(item, terms)
        if joined and terms.manual and not outcome.asked and self._list.get(item.id) is item:
            # What was under way was turned away by a wait that a user's wish may pass.
            outcome = await self._outcome(item, terms)
        return outcome

    async def _outcome(self, item: Watched, terms: Terms) -> Outcome:
        """What comes of the question under way, or of a new one."""
        task = item.task or self._launch(item, terms)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled() or self._list.get(item.id) is item:
                raise
            # The account was edited or removed meanwhile; the other wishes go on.
            return Outcome(item.id, asked=False)

    # -- one question

    async def _question(self, item: Watched, terms: Terms, *, probe: bool) -> Outcome:
        try:
            return await self._conclude(item, await self._asker.ask(item.account, item.provider, terms, probe=probe))
        except Exception as error:  # noqa: BLE001 - one provider's defect must not stop the others
            return self._crashed(item, error)
        finally:
            item.task = None
            self._list.show(replace(self._list.state(item.id), fetching=False))

    def _crashed(self, item: Watched, error: Exception) -> Outcome:
        _log.error("%s: internal error: %s", item.id, _whereabouts(error))
        self._list.plan(item, schedule.next_delay(item.interval, item.provider.floor_seconds, self._env.rng))
        next_at = self._list.planned_at(item)
        detail = type(error).__name__
        failure = Failure(FailureKind.ERROR, self._env.now(), Reason.CRASHED, detail=detail, retry_at=next_at)
        self._list.show(replace(self._list.state(item.id).failed(failure), next_at=next_at))
        return Outcome(item.id, asked=True)

    async def _conclude(self, item: Watched, asked: Asked) -> Outcome:
        item.key = asked.key or item.key
        if asked.wait is not None and not asked.sent:
            return self._turned_away(item, asked.wait)
        self._plan_next(item, asked)
        await self._keep(item, asked)
        if asked.reached is not None:
            await self._judge_network(item, reached=asked.reached)
        return Outcome(item.id, asked=asked.sent, why=None if asked.sent else "parked")

    def _plan_next(self, item: Watched, asked: Asked) -> None:
        if asked.again:
            delay = schedule.MANUAL_GAP_SECONDS
        elif not asked.sent or asked.wait is not None:
            delay = schedule.recheck_seconds(item.account)
        else:
            delay = schedule.next_delay(item.interval, item.provider.floor_seconds, self._env.rng)
        if asked.until is not None:
            delay = max(delay, (asked.until - self._env.now()).total_seconds())
        self._list.plan(item, delay)

    async def _keep(self, item: Watched, asked: Asked) -> None:
        """Save what came of it, then show it: whoever is told finds it in the file."""
        before = self._list.state(item.id)
        state = replace(before, fetching=False)
        next_at = self._list.planned_at(item) if asked.sent and asked.wait is None else None
        if asked.snapshot is not None:
            state = state.succeeded(asked.snapshot)
            self._raw[item.id] = asked.raw or ""
        elif asked.failure is not None:
            failure = asked.failure
            if next_at is not None and failure.retry_at is None:
                failure = replace(failure, retry_at=next_at)
            if not asked.sent and before.failure is not None and replace(before.failure, at=failure.at) == failure:
                failure = before.failure  # still the same: nothing new to save or show
            state = replace(state.failed(failure), auth_source=asked.source or state.auth_source)
        state = replace(state, next_at=next_at, whose=whose(item.account))
        if replace(state, next_at=None) != replace(before, next_at=None, fetching=False):
            await self._store.call(self._save, state, asked.snapshot, asked.key if asked.sent else None)
        self._list.show(state)

    def _save(self, state: AccountState, snapshot: Snapshot | None, key: str | None) -> None:
        """On the store thread. The mark comes last: it makes the other instances look."""
        if snapshot is not None:
            self._store.history.record(state.account_id, snapshot)
        if self._store.states.save(state) and key is not None:
            self._store.gates.mark(key, self._env.now().timestamp())

    def _turned_away(self, item: Watched, wait: Wait) -> Outcome:
        """The gate is shut: come back when it opens."""
        now, until = self._env.now(), moment(wait.until)
        delay = schedule.recheck_seconds(item.account) if until is None else (until - now).total_seconds()
        self._list.plan(item, max(delay, _SHORTEST_NAP_SECONDS))
        state = self._list.state(item.id)
        if state.failure is None:
            failure = waiting_failure(wait, now)
            state = state if failure is None else state.failed(failure)
        elif wait.why in ("retry_after", "backoff", "offline"):
            state = state.failed(replace(state.failure, retry_at=until))
        self._list.show(replace(state, next_at=until))
        return Outcome(item.id, asked=False, until=until, why=wait.why)

    async def _judge_network(self, item: Watched, *, reached: bool) -> None:
        others = any(other.task is not None for other in self._list.watched if other is not item)
        accounts = len(self._list.watched)
        if await self._network.learn(item.id, reached=reached, others=others, accounts=accounts):
            self._after_outage()

    def _after_outage(self) -> None:
        """The network is back: those that missed it are asked soon, and not all at once."""
        for item in self._list.watched:
            failure = self._list.state(item.id).failure
            if failure is None or failure.kind is FailureKind.OFFLINE:
                item.due = min(item.due, self._env.monotonic() + schedule.resume_delay(item.id))
        self._woken.set()

    def _started(self, account_id: str) -> None:
        self._list.show(replace(self._list.state(account_id), fetching=True))


async def _said(outcome: Outcome) -> Outcome:
    return outcome


def _whereabouts(error: Exception) -> str:
    """Kind and place of a defect. Not its words and no variables: either may hold a key."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
