"""Saving and undoing, one after the other: keys and file together, or neither.

The keys are stored before the file refers to them and erased after it no longer does, so that whatever is killed in
between leaves at most a key that nothing refers to; `doctor` lists those, and adding the account again replaces it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aic_tui.config import changes as changing
from aic_tui.config.changes import Changes
from aic_tui.config.daemon_call import daemon_call
from aic_tui.config.document import Document
from aic_tui.config.file import load_config, write_changes
from aic_tui.config.settings import Account, Config
from aic_tui.environment import Environment
from aic_tui.errors import ProviderError, UserError
from aic_tui.providers.registry import get_provider
from aic_tui.services import editor_plans as plans
from aic_tui.services.editing import ConflictError, ConsentNeededError, Draft, KeyStore, Plan
from aic_tui.services.editor_bench import Bench
from aic_tui.services.editor_keys import Kept, KeyCare
from aic_tui.services.editor_plans import KEPT, Ground, MadePlan
from aic_tui.services.editor_trial import Trials

FILE_SECONDS = 30.0
"""How long a slow disk or another instance's lock may hold up a save."""


@dataclass(frozen=True)
class _Done:
    """One saved edit: what it was made on, what it changed, and the keys as they were before."""

    title: str
    before: Mapping[str, Any]
    changes: Changes
    keys: tuple[Kept, ...] = field(default=(), repr=False)


class _MeanwhileError(Exception):
    """The same keys were changed on disk since the plan was made."""


class Saves:
    """The saved edits of one session. Its methods are to be called one at a time."""

    def __init__(self, env: Environment, bench: Bench, keys: KeyCare, trials: Trials) -> None:
        self._env = env
        self._bench = bench
        self._keys = keys
        self._trials = trials
        self._done: list[_Done] = []

    @property
    def last(self) -> str | None:
        """The title of the last edit that can be undone."""
        return self._done[-1].title if self._done else None

    def settle(self) -> None:
        """Nothing can be undone any more."""
        self._done.clear()

    def forget(self, account_id: str) -> None:
        """What stored or replaced a key of the account cannot be undone any more."""
        self._done = [done for done in self._done if all(kept.account_id != account_id for kept in done.keys)]

    def accounts(self) -> tuple[Account, ...]:
        """The accounts in force."""
        from aic_tui.services.accounts import effective_accounts

        return effective_accounts(self._bench.config, self._env)

    async def save(self, plan: Plan, draft: Draft | None, *, file_consent: bool) -> Config:
        """See :meth:`aic_tui.services.editing.Editor.save`."""
        changes = dict(plan.changes)
        kept: tuple[Kept, ...] = ()
        if draft is not None:
            draft = plans.settled(draft, self._bench.config.settings.storage)
        if draft is not None and draft.secret is not None:
            kept = (await self._keep_secret(draft, file_consent=file_consent),)
            changes = _with_store(changes, draft.account, kept[0].store)
        self._keys.note(self.accounts())
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
            return await daemon_call(lambda: write_changes(self._env, changes, guard), FILE_SECONDS, "save")
        except BaseException as error:
            if kept:
                vault = (await self._bench.tools()).vault
                with suppress(UserError):
                    await self._keys.put_back(vault, kept)
            if isinstance(error, _MeanwhileError) and isinstance(plan, MadePlan):
                raise ConflictError(self._made(plan.title, plan.maker)) from None
            raise

    async def move_secret(self, account_id: str, store: KeyStore, plan: Plan, *, file_consent: bool) -> None:
        """See :meth:`aic_tui.services.editing.Editor.move_secret`."""
        old = Ground.look(self._env, self._bench.flags).account(account_id).key or ""
        if old == KEPT[store]:
            return
        vault = (await self._bench.tools()).vault
        vault.wake()
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
            self._keys.refuse_move(error)
        keys = (Kept(account_id, old, secret), Kept(account_id, KEPT[store], None))
        self._done.append(_Done(plan.title, written[0].table, plan.changes, keys))
        await self._take_over(plan.changes, None)

    async def undo(self) -> str:
        """See :meth:`aic_tui.services.editing.Editor.undo`."""
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
            await daemon_call(lambda: write_changes(self._env, undone, guard), FILE_SECONDS, "undo")
        except BaseException:
            if vault:
                with suppress(UserError):
                    await self._keys.put_back(vault, now)
            raise
        if vault:
            with suppress(UserError):
                await self._keys.put_back(vault, [kept for kept in last.keys if kept.secret is None])

    async def _take_over(self, changes: Changes, draft: Draft | None) -> Config:
        config = await daemon_call(lambda: load_config(self._env, self._bench.flags), FILE_SECONDS, "config")
        await self._bench.take_over(config)
        named = dict.fromkeys(path[1] for path in changes if path[0] == "accounts" and len(path) > 1)
        if draft is not None:
            named[draft.account.id] = None
            if await self._trials.hand_over(draft, (await self._bench.tools()).service):
                del named[draft.account.id]
        enabled = {account.id for account in config.accounts if account.enabled and not account.hidden}
        self._bench.ask_soon([account_id for account_id in named if account_id in enabled])
        return config

    def _made(self, title: str, maker: plans.Maker) -> MadePlan:
        return plans.made(title, Ground.look(self._env, self._bench.flags), maker)


def _with_store(changes: Changes, account: Account, store: str) -> dict[tuple[str, ...], object | None]:
    """``changes`` in which the account's key is in ``store``, where they say where it is."""
    made = dict(changes)
    whole, part = ("accounts", account.id), ("accounts", account.id, "key")
    if isinstance(table := made.get(whole), Mapping):
        made[whole] = {**table, "key": store}
    elif part in made or account.key != store:
        made[part] = store
    return made
