"""The editor of one profile: plans, saves and takes back changes of config.toml, keys included."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from aic_tui.config.daemon_call import daemon_call
from aic_tui.config.file import load_config, repair
from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.services import editor_plans as plans
from aic_tui.services.editing import (
    AccountRow,
    Draft,
    KeyStore,
    Plan,
    SettingRow,
    Trial,
)
from aic_tui.services.editor_bench import Bench
from aic_tui.services.editor_keys import KeyCare
from aic_tui.services.editor_plans import Ground, MadePlan, Maker
from aic_tui.services.editor_rows import account_rows, guess_provider, setting_rows, suggest_id
from aic_tui.services.editor_saves import FILE_SECONDS, Saves
from aic_tui.services.editor_trial import Trials
from aic_tui.services.monitor import Found

T = TypeVar("T")

_FORGET_SECONDS = 0.5


class LiveEditor:
    """Implements :class:`aic_tui.services.editing.Editor` on the real files."""

    def __init__(self, env: Environment, bench: Bench) -> None:
        self._env = env
        self._bench = bench
        self._turn = asyncio.Lock()
        self._keys = KeyCare(env)
        self._trials = Trials(env)
        self._saves = Saves(env, bench, self._keys, self._trials)

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
        return await daemon_call(work, FILE_SECONDS, "accounts")

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

    def plan_move_key(self, account_id: str, store: KeyStore) -> Plan:
        """Refer to the account's stored key in its new place."""
        return self._plan(f"Moved the key of {account_id}", lambda ground: plans.moving_key(ground, account_id, store))

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
        return await self._finish(self._saves.save(plan, draft, file_consent=file_consent))

    async def try_out(self, draft: Draft) -> Trial:
        """Ask the draft's provider now with its key."""
        draft = plans.settled(draft, self._bench.config.settings.storage)
        return await self._trials.run(draft, self._saves.accounts(), await self._bench.tools())

    async def move_secret(
        self, account_id: str, store: KeyStore, *, plan: Plan | None = None, file_consent: bool = False
    ) -> None:
        """Move a stored key between keyring and file."""
        wanted = plan or self.plan_move_key(account_id, store)
        await self._finish(self._saves.move_secret(account_id, store, wanted, file_consent=file_consent))

    @property
    def can_undo(self) -> str | None:
        """The title of the last edit, or None."""
        return self._saves.last

    async def undo(self) -> str:
        """Take the last edit back; its title. Raises UserError when another program changed the same meanwhile."""
        return await self._finish(self._saves.undo())

    def forget_undo(self, account_id: str) -> None:
        """A key of the account was erased for good: no undo brings one back."""
        self._saves.forget(account_id)

    async def repair(self) -> str:
        """Put a broken config.toml aside; where it was put."""
        kept = await daemon_call(lambda: repair(self._env), FILE_SECONDS, "repair")
        config = await daemon_call(lambda: load_config(self._env, self._bench.flags), FILE_SECONDS, "config")
        await self._bench.take_over(config)
        return str(kept)

    async def forget_removed(self, seconds: float = _FORGET_SECONDS) -> None:
        """Erase the keys that this session's edits left without an account; gives up after ``seconds``."""
        self._saves.settle()
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
