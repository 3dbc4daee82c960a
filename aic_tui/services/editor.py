"""The editor of one profile: plans, saves and takes back changes of config.toml, keys included.

The keys are stored before the file refers to them and erased after it no longer does, so that whatever is killed in
between leaves at most a key that nothing refers to; `doctor` lists those, and adding the account again replaces it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from aic_tui.config import changes as changing
from aic_tui.config.changes import Changes
from aic_tui.config.daemon_call import daemon_call
from aic_tui.config.document import Document
from aic_tui.config.file import load_config, repair, write_changes
from aic_tui.config.settings import Account, Config
from aic_tui.environment import Environment
from aic_tui.errors import ProviderError, UserError
from aic_tui.models import AccountState
from aic_tui.providers.registry import get_provider
from aic_tui.services import editor_plans as plans
from aic_tui.services.editing import (
    AccountRow,
    ConflictError,
    ConsentNeededError,
    Draft,
    KeyStore,
    Plan,
    SettingRow,
    Trial,
)
from aic_tui.services.editor_keys import Kept, KeyCare
from aic_tui.services.editor_plans import KEPT, Ground, MadePlan, Maker
from aic_tui.services.editor_rows import account_rows, guess_provider, setting_rows, suggest_id
from aic_tui.services.editor_trial import Trials
from aic_tui.services.monitor import Found

if TYPE_CHECKING:
    from aic_tui.config.secrets import Vault
    from aic_tui.services.key_origins import KeyOrigins
    from aic_tui.services.refresh import RefreshService

T = TypeVar("T")

_FILE_SECONDS = 30.0
_FORGET_SECONDS = 0.5


class Tools(NamedTuple):
    """What can be asked and changed besides config.toml."""

    service: RefreshService
    vault: Vault
    origins: KeyOrigins


class Bench(Protocol):
    """What the editor works with: the running accounts."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    @property
    def flags(self) -> Mapping[str, str]:
        """What was said on the command line for settings."""

    async def known_states(self) -> Sequence[AccountState]:
        """The states of all accounts ever asked, those on show as they stand."""

    async def findings(self) -> Sequence[Found]:
        """Credentials on this machine."""

    async def tools(self) -> Tools:
        """Who asks, who keeps keys, and where these may go."""

    async def take_over(self, config: Config) -> None:
        """Put a saved configuration into force."""

    def ask_soon(self, account_ids: Sequence[str]) -> None:
        """Refresh these accounts by the user's wish, in the background."""


@dataclass(frozen=True)
class _Done:
    """One saved edit: what it was made on, what it changed, and the keys as they were before."""

    title: str
    before: Mapping[str, Any]
    changes: Changes
    keys: tuple[Kept, ...] = field(default=(), repr=False)


class _MeanwhileError(Exception):
    """The same keys were changed on disk since the plan was made."""


class LiveEditor:
    """Implements :class:`aic_tui.services.editing.Editor` on the real files."""

    def __init__(self, env: Environment, bench: Bench) -> None:
        self._env = env
        self._bench = bench
        self._turn = asyncio.Lock()
        self._keys = KeyCare(env)
        self._trials = Trials(env)
        self._done: list[_Done] = []

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._bench.config

    def hurry(self) -> None:
        """Nobody is there who could answer a keyring's prompt: wait for it as shortly as a refresh does."""
        self._keys.patience_seconds = None

    # -- looking

    async def rows(self) -> Sequence[AccountRow]:
        """Every account in its order, disabled and hidden ones included."""
        states = await self._bench.known_states()
        config, trials = self._bench.config, self._trials.last
        work: Callable[[], Sequence[AccountRow]] = lambda: account_rows(self._env, config, states, trials)  # noqa: E731
        return await daemon_call(work, _FILE_SECONDS, "accounts")

    def settings(self) -> Sequence[SettingRow]:
        """Every setting."""
        return setting_rows(self._bench.config)

    async def findings(self) -> Sequence[Found]:
        """Credentials on this machine."""
        return await self._bench.findings()

    def guess_provider(self, secret: str) -> str | None:
        """The provider whose keys look like this one; None when no or several do."""
        return guess_provider(secret)

    def suggest_id(self, provider_id: str) -> str:
        """A free account id."""
        return suggest_id(provider_id, self._env, self._bench.config)

    # -- planning

    def plan_add(self, draft: Draft) -> Plan:
        """Add the draft's account."""
        return self._plan(f"Added {draft.account.id}", lambda ground: plans.adding(ground, draft))

    def plan_edit(self, account_id: str, draft: Draft) -> Plan:
        """Change an account into the draft's."""
        return self._plan(f"Changed {account_id}", lambda ground: plans.changing_account(ground, account_id, draft))

    def plan_enable(self, account_id: str, *, enabled: bool) -> Plan:
        """Ask it again, or never."""
        title = f"{'Enabled' if enabled else 'Disabled'} {account_id}"
        return self._plan(title, lambda ground: plans.enabling(ground, account_id, enabled=enabled))

    def plan_flag(self, account_id: str, flag: str, *, value: bool) -> Plan:
        """Pin or hide, or no longer."""
        words = {"pinned": ("Unpinned", "Pinned"), "hidden": ("Unhid", "Hid")}.get(flag, ("Changed", "Changed"))
        return self._plan(
            f"{words[value]} {account_id}", lambda ground: plans.flagging(ground, account_id, flag, value=value)
        )

    def plan_move(self, account_id: str, step: int) -> Plan:
        """Move an account up or down."""
        return self._plan(f"Moved {account_id}", lambda ground: plans.moving(ground, account_id, step))

    def plan_remove(self, account_id: str) -> Plan:
        """Remove an account."""
        return self._plan(f"Removed {account_id}", lambda ground: plans.removing(ground, account_id))

    def plan_setting(self, name: str, value: object | None) -> Plan:
        """Change a setting (or ``keys.<binding id>``); None returns to the default."""
        bare = name.removeprefix("general.")
        title = f"Set {bare}" if value is not None else f"Reset {bare}"
        return self._plan(title, lambda ground: plans.setting(ground, name, value))

    def _plan(self, title: str, maker: Maker) -> MadePlan:
        return plans.made(title, Ground.look(self._env, self._bench.flags), maker)

    # -- doing

    async def save(self, plan: Plan, draft: Draft | None = None, *, file_consent: bool = False) -> Config:
        """Store the draft's secret, write the file, refresh the account. Once begun it is finished."""
        return await self._finish(self._save(plan, draft, file_consent=file_consent))

    async def try_out(self, draft: Draft) -> Trial:
        """Ask the draft's provider now with its key."""
        draft = plans.settled(draft, self._bench.config.settings.storage)
        return await self._trials.run(draft, self._accounts(), await self._bench.tools())

    async def move_secret(self, account_id: str, store: KeyStore, *, file_consent: bool = False) -> None:
        """Move a stored key between keyring and file."""
        await self._finish(self._move_secret(account_id, store, file_consent=file_consent))

    @property
    def can_undo(self) -> str | None:
        """The title of the last edit, or None."""
        return self._done[-1].title if self._done else None

    async def undo(self) -> str:
        """Take the last edit back; its title. Raises UserError when another program changed the same meanwhile."""
        return await self._finish(self._undo())

    async def repair(self) -> str:
        """Put a broken config.toml aside; where it was put."""
        kept = await daemon_call(lambda: repair(self._env), _FILE_SECONDS, "repair")
        config = await daemon_call(lambda: load_config(self._env, self._bench.flags), _FILE_SECONDS, "config")
        await self._bench.take_over(config)
        return str(kept)

    async def forget_removed(self, seconds: float = _FORGET_SECONDS) -> None:
        """Erase the keys that this session's edits left without an account; gives up after ``seconds``."""
        self._done.clear()
        if not self._keys.has_touched:
            return
        with suppress(Exception):
            async with asyncio.timeout(seconds):
                config = await daemon_call(lambda: load_config(self._env, {}), seconds, "config")
                if not config.broken:
                    await self._keys.forget((await self._bench.tools()).vault, config.accounts)

    async def _finish(self, work: Awaitable[T]) -> T:
        """``work`` alone and to its end, also when whoever waits for it is cancelled."""

        async def alone() -> T:
            async with self._turn:
                return await work

        return await asyncio.shield(asyncio.ensure_future(alone()))

    async def _save(self, plan: Plan, draft: Draft | None, *, file_consent: bool) -> Config:
        changes = dict(plan.changes)
        kept: tuple[Kept, ...] = ()
        if draft is not None:
            draft = plans.settled(draft, self._bench.config.settings.storage)
        if draft is not None and draft.secret is not None:
            kept = (await self._keep_secret(draft, file_consent=file_consent),)
            changes = _with_store(changes, draft.account, kept[0].store)
        self._keys.note(self._accounts())
        before = await self._write(plan, changes, kept)
        if plan.diff or kept:
            self._done.append(_Done(plan.title, before.table, changes, kept))
        return await self._take_over(changes, draft)

    async def _keep_secret(self, draft: Draft, *, file_consent: bool) -> Kept:
        tools = await self._bench.tools()
        secret, wanted, account = draft.secret, KEPT[draft.store], draft.account
        assert secret is not None  # noqa: S101  # the caller looked
        provider = get_provider(account.provider_id)

        async def keep(store: str) -> Kept:
            return await self._keys.keep(tools.vault, account.id, store, secret, consent=file_consent)

        try:
            kept = await keep(wanted)
        except ConsentNeededError:
            if not file_consent or wanted == "file":
                raise
            kept = await keep("file")  # the yes to the file was given because the keyring had failed
        await tools.origins.rebind(account, provider, secret.get_secret_value())
        return kept

    async def _write(self, plan: Plan, changes: Changes, kept: Sequence[Kept]) -> Document:
        """The file as it was before. When it cannot be written, the keys are as they were, too."""

        def guard(document: Document) -> Changes:
            if isinstance(plan, MadePlan) and plans.digest(document) != plan.based_on:
                first = "accounts" in document.table and "accounts" not in plan.base
                about_accounts = any(path[0] == "accounts" for path in changes)
                if (first and about_accounts) or changing.touched_by_others(plan.base, document.table, changes):
                    raise _MeanwhileError
            return changes

        try:
            return await daemon_call(lambda: write_changes(self._env, changes, guard), _FILE_SECONDS, "save")
        except BaseException as error:
            if kept:
                vault = (await self._bench.tools()).vault
                with suppress(UserError):
                    await self._keys.put_back(vault, kept)
            if isinstance(error, _MeanwhileError) and isinstance(plan, MadePlan):
                raise ConflictError(self._plan(plan.title, plan.maker)) from None
            raise

    async def _move_secret(self, account_id: str, store: KeyStore, *, file_consent: bool) -> None:
        account = Ground.look(self._env, self._bench.flags).account(account_id)
        if store not in KEPT or account.key not in KEPT.values():
            raise UserError("Only a key in the keyring or the key file can be moved, and only between these.")
        old = account.key or ""
        if old == KEPT[store]:
            return
        vault = (await self._bench.tools()).vault
        plan = self._plan(f"Moved the key of {account_id}", lambda _: {("accounts", account_id, "key"): KEPT[store]})
        written: list[Document] = []

        async def refer() -> None:
            written.append(await self._write(plan, plan.changes, ()))

        try:
            secret = await vault.read(account_id, old)
            await vault.move(
                account_id,
                KEPT[store],
                file_consent=file_consent,
                patience_seconds=self._keys.patience_seconds,
                refer=refer,
            )
        except ProviderError as error:
            self._keys.refuse(error, vault)
        keys = (Kept(account_id, old, secret), Kept(account_id, KEPT[store], None))
        self._done.append(_Done(plan.title, written[0].table, plan.changes, keys))
        await self._take_over(plan.changes, None)

    async def _undo(self) -> str:
        if not self._done:
            raise UserError("There is nothing to undo.")
        last = self._done.pop()
        undone = changing.inverse(last.before, last.changes)

        def guard(document: Document) -> Changes:
            if not changing.holds(document.table, last.changes):
                raise _MeanwhileError
            return changing.without_empty(document.table, last.before, undone)

        try:
            guard(Ground.look(self._env, self._bench.flags).document)  # before any key is touched
            await self._put_back_and_write(last, undone, guard)
        except _MeanwhileError:
            raise UserError(f"“{last.title}” cannot be undone: config.toml was changed there meanwhile.") from None
        except UserError:
            self._done.append(last)
            raise
        await self._take_over(undone, None)
        return last.title

    async def _put_back_and_write(self, last: _Done, undone: Changes, guard: Callable[[Document], Changes]) -> None:
        """Keys first where the file will refer to them again, last where it no longer does."""
        needed = [kept for kept in last.keys if kept.secret is not None]
        vault = (await self._bench.tools()).vault if last.keys else None
        now = [await self._keys.as_it_is(vault, kept) for kept in needed] if vault else []
        try:
            if vault:
                await self._keys.put_back(vault, needed)
            await daemon_call(lambda: write_changes(self._env, undone, guard), _FILE_SECONDS, "undo")
        except BaseException:
            if vault:
                with suppress(UserError):
                    await self._keys.put_back(vault, now)
            raise
        if vault:
            with suppress(UserError):
                await self._keys.put_back(vault, [kept for kept in last.keys if kept.secret is None])

    async def _take_over(self, changes: Changes, draft: Draft | None) -> Config:
        config = await daemon_call(lambda: load_config(self._env, self._bench.flags), _FILE_SECONDS, "config")
        await self._bench.take_over(config)
        named = dict.fromkeys(path[1] for path in changes if path[0] == "accounts" and len(path) > 1)
        if draft is not None:
            named[draft.account.id] = None
            if await self._trials.hand_over(draft, (await self._bench.tools()).service):
                del named[draft.account.id]
        enabled = {account.id for account in config.accounts if account.enabled and not account.hidden}
        self._bench.ask_soon([account_id for account_id in named if account_id in enabled])
        return config

    def _accounts(self) -> tuple[Account, ...]:
        from aic_tui.services.accounts import effective_accounts

        return effective_accounts(self._bench.config, self._env)


def _with_store(changes: Changes, account: Account, store: str) -> dict[tuple[str, ...], object | None]:
    """``changes`` in which the account's key is in ``store``, where they say where it is."""
    made = dict(changes)
    whole, part = ("accounts", account.id), ("accounts", account.id, "key")
    if isinstance(table := made.get(whole), Mapping):
        made[whole] = {**table, "key": store}
    elif part in made or account.key != store:
        made[part] = store
    return made
