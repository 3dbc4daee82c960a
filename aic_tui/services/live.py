"""The live monitor: configuration, database and refresh put together behind the interface that the screens know.

``open`` reads config.toml and the database and nothing else, so that the first frame never waits. Providers, keys
and the network come in with :meth:`LiveMonitor.load`, which ``run`` and every wish to refresh begin with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Self

from aic_tui.config.daemon_call import daemon_call
from aic_tui.config.file import load_config, sweep
from aic_tui.config.settings import Account, Config
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.models import AccountState, Point, RequestEntry
from aic_tui.services.account_list import face, first_states, save_list
from aic_tui.services.log_following import LogFollower
from aic_tui.services.monitor import Found, Outcome
from aic_tui.store.store import Store

if TYPE_CHECKING:
    from aic_tui.config.secrets import Vault
    from aic_tui.providers.client import Client
    from aic_tui.services.editor import LiveEditor
    from aic_tui.services.editor_bench import Tools
    from aic_tui.services.github_login import GitHubSignIn
    from aic_tui.services.refresh import RefreshService

_CONFIG_LOOK_SECONDS = 1.0  # a change is on show within two
_DAY_SECONDS = 86_400.0
_FIRST_UPKEEP_SECONDS = 60.0
_KEPT_GATES_SECONDS = 90 * _DAY_SECONDS
_LOAD_SECONDS = 30.0

_Stamp = tuple[int, int, int]


class LiveMonitor:
    """Implements :class:`aic_tui.services.monitor.Monitor` with the real accounts of this profile."""

    def __init__(self, env: Environment, flags: Mapping[str, str], config: Config, store: Store) -> None:
        self._env = env
        self._flags = dict(flags)
        self._config = config
        self._store = store
        self._stamp = _stamp_of(env)
        self._states = first_states(config, store)
        self._service: RefreshService | None = None
        self._client: Client | None = None
        self._vault: Vault | None = None
        self._editor: LiveEditor | None = None
        self._sign_in: GitHubSignIn | None = None
        self._is_running = False
        self._errands: set[asyncio.Task[object]] = set()
        self._loading = asyncio.Lock()
        self._callbacks: list[Callable[[AccountState | None], None]] = []
        self._notices: list[str] = []
        self._choices: dict[str, str] = {}
        self._reading_callbacks: list[Callable[[], None]] = []
        self._logs = LogFollower(env, config, self._tell_reading)
        self._note_problems(config)

    @classmethod
    def open(cls, env: Environment, flags: Mapping[str, str] | None = None) -> Self:
        """Configuration and last states of this profile. Raises UserError for a flag or a newer database."""
        config = load_config(env, flags)
        return cls(env, flags or {}, config, Store.open(env))

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._config

    @property
    def is_demo(self) -> bool:
        """False: everything on show is real."""
        return False

    @property
    def notices(self) -> Sequence[str]:
        """Sentences the user should see once, oldest first."""
        found = [*self._notices, *self._store.notices]
        found += [notice for notice in self._logs.notices if notice not in found]
        if self._service is not None:
            found += self._service.notices
        if self._vault is not None:
            found += self._vault.notices
        return found

    @property
    def flags(self) -> Mapping[str, str]:
        """What was said on the command line for settings."""
        return self._flags

    @property
    def can_edit(self) -> bool:
        """True: these accounts are the user's."""
        return True

    @property
    def editor(self) -> LiveEditor:
        """What edits accounts and settings."""
        if self._editor is None:
            from aic_tui.services.editor import LiveEditor

            self._editor = LiveEditor(self._env, self)
        return self._editor

    @property
    def sign_in(self) -> GitHubSignIn:
        """What logs in and out."""
        if self._sign_in is None:
            from aic_tui.services.github_login import GitHubSignIn

            self._sign_in = GitHubSignIn(self._env, self)
        return self._sign_in

    def states(self) -> Sequence[AccountState]:
        """The enabled accounts that are not hidden, in the user's order; before :meth:`load` as last saved."""
        return list(self._states.values())

    def subscribe(self, callback: Callable[[AccountState | None], None]) -> None:
        """Call ``callback`` with each changed state, and with None when the list of accounts changed."""
        self._callbacks.append(callback)

    @property
    def reading_share(self) -> float | None:
        """How far the reading of session logs has come, 0 to 1, where it takes long enough to be mentioned."""
        return self._logs.share

    def subscribe_reading(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when :attr:`reading_share` has changed, at most once a second."""
        self._reading_callbacks.append(callback)

    async def load(self) -> None:
        """Complete the list: names of providers, and where config.toml has no accounts the environment's keys.

        Costs nothing where the list is complete already. Nothing is asked.
        """
        if not self._is_complete():
            await self._start()

    async def run(self) -> None:
        """Keep every account fresh, follow config.toml and keep the database small, until cancelled."""
        service = await self._start()
        self._is_running = True
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(service.run(), name="refresh")
                group.create_task(self._follow_config(service), name="config")
                group.create_task(self._keep_small(), name="upkeep")
                group.create_task(self._logs.run(), name="logs")
                group.create_task(self._keep_prices_live(), name="prices")
        finally:
            self._is_running = False

    async def refresh(self, account_ids: Sequence[str] | None = None) -> Sequence[Outcome]:
        """Ask these accounts now (None: all), as far as they may be asked by the user's wish."""
        return await self.refresh_once(account_ids)

    async def refresh_once(
        self, account_ids: Sequence[str] | None = None, *, due_only: bool = False
    ) -> Sequence[Outcome]:
        """Also without :meth:`run`, for verbs: ask, wait for the answers, and store them.

        It counts as the user's own wish, unless ``due_only`` leaves out those whose floor has not passed.
        """
        service = await self._start()
        ids = list(self._states) if account_ids is None else account_ids
        return await service.refresh(ids, manual=not due_only)

    async def points(self, account_id: str, since: datetime) -> Sequence[Point]:
        """Recorded points of every window, balance and spend of one account, oldest first."""
        return await self._store.call(self._store.history.points, account_id, None, since)

    async def requests(self, account_id: str, limit: int = 20) -> Sequence[RequestEntry]:
        """The account's last requests, newest first."""
        return await self._store.call(self._store.requests.last, account_id, limit)

    def raw_reply(self, account_id: str) -> str | None:
        """The last reply as redacted, indented JSON; None before the first answer of this run."""
        return None if self._service is None else self._service.raw(account_id)

    async def findings(self) -> Sequence[Found]:
        """Credentials found on this machine, those in use included."""
        from aic_tui.services.discovery import discover

        accounts = await self._accounts()
        return await daemon_call(lambda: discover(self._env, accounts), _LOAD_SECONDS, "discovery")

    async def accept(self, findings: Sequence[Found]) -> None:
        """Write these findings as accounts and start to ask them. Raises UserError when that cannot be saved."""
        from aic_tui.services.accounts import accept

        config = await daemon_call(lambda: accept(self._env, findings, self._flags), _LOAD_SECONDS, "accept")
        await self.take_over(config)

    # -- for the editor

    async def take_over(self, config: Config) -> None:
        """Put a configuration that was just saved into force."""
        self._stamp = _stamp_of(self._env)
        await self._use(config, await self._start())

    async def tools(self) -> Tools:
        """Who asks, who keeps keys, and where these may go."""
        from aic_tui.services.editor_bench import Tools
        from aic_tui.services.key_origins import KeyOrigins

        service = await self._start()
        assert self._vault is not None and self._client is not None  # noqa: PT018, S101  # built together
        return Tools(service, self._vault, KeyOrigins(self._store), self._client, self._store)

    async def known_states(self) -> Sequence[AccountState]:
        """The states of all accounts ever asked, those on show as they stand."""
        known = {state.account_id: state for state in await self._store.call(self._store.states.load)}
        return list((known | self._states).values())

    def ask_soon(self, account_ids: Sequence[str]) -> None:
        """Refresh these accounts by the user's wish, in the background; nothing is asked without :meth:`run`."""
        if account_ids and self._is_running:
            task: asyncio.Task[object] = asyncio.create_task(self.refresh(account_ids), name="ask soon")
            self._errands.add(task)
            task.add_done_callback(self._errands.discard)

    def recall(self, name: str) -> str | None:
        """A remembered choice of the user interface."""
        if name not in self._choices:
            value = self._store.notes.get(f"ui:{name}")
            if value is None:
                return None
            self._choices[name] = value
        return self._choices[name]

    def remember(self, name: str, value: str) -> None:
        """Remember a choice of the user interface for the next start."""
        self._choices[name] = value
        with suppress(RuntimeError):  # closed
            self._store.post(self._store.notes.set, f"ui:{name}", value)

    async def aclose(self) -> None:
        """Finish writes and close everything; returns within a second."""
        for errand in self._errands:
            errand.cancel()
        if self._editor is not None:
            await self._editor.forget_removed()
        if self._service is not None:
            await self._service.aclose()
        if self._client is not None:
            with suppress(Exception):
                await asyncio.wait_for(self._client.aclose(), 0.2)
        self._store.close()

    # -- the list of accounts

    def _is_complete(self) -> bool:
        """True when every name in the list is the provider's own or the user's."""
        if self._service is not None or self._config.broken:
            return True
        named = (state.provider_name != state.provider_id for state in self._states.values())
        return self._config.has_accounts and all(named)

    async def _start(self) -> RefreshService:
        """The service, with providers and accounts loaded."""
        async with self._loading:
            if self._service is None:
                self._service = await daemon_call(self._build, _LOAD_SECONDS, "start")
                await self._set_accounts(self._service)
            return self._service

    def _build(self) -> RefreshService:
        """On a thread of its own: these imports would hold up the screen."""
        import aic_tui.services.prices  # noqa: F401  # for later
        from aic_tui.config.secret_file import sweep_secrets
        from aic_tui.config.secrets import Vault
        from aic_tui.providers.client import Client
        from aic_tui.providers.registry import all_providers
        from aic_tui.services.refresh import RefreshService

        all_providers()
        with suppress(OSError):
            sweep(self._env)
        sweep_secrets(self._env)
        self._vault = Vault(self._env, storage=self._config.settings.storage)
        self._client = Client(self._env, on_request=self._note_request)
        return RefreshService(self._env, self._store, self._client, self._vault, self._publish)

    def _note_request(self, entry: RequestEntry) -> None:
        if self._service is not None:
            self._service.note_request(entry)

    async def _accounts(self) -> tuple[Account, ...]:
        from aic_tui.services.accounts import effective_accounts

        config = self._config
        return await daemon_call(lambda: effective_accounts(config, self._env), _LOAD_SECONDS, "accounts")

    async def _set_accounts(self, service: RefreshService) -> None:
        """Bring the service and the list in line with the configuration."""
        if self._config.broken:
            # Nothing is asked until the file can be read again; what is known stays on show.
            service.set_accounts((), self._config.settings)
            return
        accounts = await self._accounts()
        known = await self._store.call(self._store.states.load)
        before = [face(state) for state in self._states.values()]
        service.set_accounts(accounts, self._config.settings, known)
        self._states = {state.account_id: state for state in service.states}
        states, from_config = list(self._states.values()), self._config.has_accounts
        await self._store.call(lambda: save_list(self._store, states, from_config=from_config))
        if [face(state) for state in states] != before:
            self._tell(None)

    def _publish(self, state: AccountState) -> None:
        if state.account_id in self._states:
            self._states[state.account_id] = state
        self._tell(state)

    def _tell(self, news: AccountState | None) -> None:
        for callback in self._callbacks:
            callback(news)

    # -- beside the refresh

    def _tell_reading(self) -> None:
        for callback in self._reading_callbacks:
            callback()

    async def _keep_prices_live(self) -> None:
        from aic_tui.services.prices import keep_prices_live

        await keep_prices_live(self._env, lambda: self._config.settings.live_prices and not self._config.broken)

    async def _follow_config(self, service: RefreshService) -> None:
        while True:
            await self._env.sleep(_CONFIG_LOOK_SECONDS)
            stamp = _stamp_of(self._env)
            if stamp != self._stamp:
                self._stamp = stamp
                with suppress(UserError, TimeoutError):
                    config = await daemon_call(self._read_config, _LOAD_SECONDS, "config")
                    await self._use(config, service)

    def _read_config(self) -> Config:
        return load_config(self._env, self._flags)

    async def _use(self, config: Config, service: RefreshService) -> None:
        if config.broken:
            # The settings of the last whole file are better than none.
            config = replace(config, settings=self._config.settings, keys=self._config.keys)
        fewer_days = config.settings.retention_days < self._config.settings.retention_days
        self._config = config
        self._logs.follow(config)
        if self._vault is not None:
            self._vault.storage = config.settings.storage
        self._note_problems(config)
        await self._set_accounts(service)
        if fewer_days:
            self._store.post(self._upkeep, self._env.now(), config.settings.retention_days)
        self._tell(None)

    async def _keep_small(self) -> None:
        await self._env.sleep(_FIRST_UPKEEP_SECONDS)
        await self._store.call(self._store.check)
        while True:
            self._store.post(self._upkeep, self._env.now(), self._config.settings.retention_days)
            await self._env.sleep(_DAY_SECONDS)

    def _upkeep(self, now: datetime, retention_days: int) -> None:
        self._store.gates.forget(now.timestamp() - _KEPT_GATES_SECONDS)
        self._store.maintain(now, retention_days)

    def _note_problems(self, config: Config) -> None:
        from aic_tui.services.accounts import account_problems

        for problem in (*config.problems, *account_problems(config)):
            place = f"config.toml, line {problem.line}" if problem.line else "config.toml"
            sentence = f"{place}: {problem.sentence}"
            if sentence not in self._notices:
                self._notices.append(sentence)


def _stamp_of(env: Environment) -> _Stamp | None:
    """What changes whenever someone saves config.toml; None while there is no such file."""
    try:
        found = env.paths.config_file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
