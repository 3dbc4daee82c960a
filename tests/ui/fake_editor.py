"""An editor of accounts that lives in memory and does what a test tells it: plans, diffs, conflicts, consent, undo."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from aic_tui.config.file import account_table
from aic_tui.config.settings import Account, Config, Settings
from aic_tui.errors import UserError
from aic_tui.models import AccountState, Failure, Reading
from aic_tui.providers.registry import all_providers, get_provider
from aic_tui.services.editing import (
    AccountRow,
    ConflictError,
    ConsentNeededError,
    DiffLine,
    Draft,
    KeyStore,
    Plan,
    SettingRow,
    Trial,
)
from aic_tui.services.monitor import Found

SECRETS_FILE = "/home/alice/.local/share/aic/secrets.toml"
_STORES = {"keyring": KeyStore.KEYRING, "file": KeyStore.FILE}


@dataclass
class Told:
    """What the editor was asked to do, in order, and how it answers."""

    tried: list[Draft] = field(default_factory=list)
    saved: list[tuple[Plan, Draft | None, bool]] = field(default_factory=list)
    reading: Reading | None = None
    failure: Failure | None = None
    hold: asyncio.Event | None = None
    no_keyring: bool = False
    conflict: bool = False
    refuses: str | None = None


class FakeEditor:
    """Accounts by id, in order. Every account's key is ``secrets[id]`` where it is stored."""

    def __init__(self, now: datetime, accounts: Sequence[Account] = (), settings: Settings | None = None) -> None:
        self.now = now
        self.accounts = {account.id: account for account in accounts}
        self.general = settings or Settings(theme="aic-dark")
        self.secrets: dict[str, str] = {}
        self.states: dict[str, AccountState] = {}
        self.trials: dict[str, Trial] = {}
        self.problems: dict[str, str] = {}
        self.found: list[Found] = []
        self.told = Told(reading=Reading(plan="Free tier"))
        self.comments = 0
        self._undo: list[tuple[str, dict[str, Account]]] = []

    @property
    def config(self) -> Config:
        return Config(settings=self.general, accounts=tuple(self.accounts.values()), has_accounts=True)

    async def rows(self) -> Sequence[AccountRow]:
        return [self._row(account) for account in self.accounts.values()]

    def _row(self, account: Account) -> AccountRow:
        key = account.key or ""
        store, origin = _STORES.get(key, KeyStore.NONE), ""
        if key == "keyring":
            origin = "system keyring"
        elif key == "file":
            origin = SECRETS_FILE
        elif key.startswith("env:"):
            store, origin = KeyStore.ENVIRONMENT, key[4:]
        elif key.startswith("discovered:"):
            store, origin = KeyStore.OTHER_TOOL, "/home/alice/.codex/auth.json"
        name = next((one.name for one in all_providers() if one.id == account.provider_id), account.provider_id)
        problem = self.problems.get(account.id)
        state, trial = self.states.get(account.id), self.trials.get(account.id)
        return AccountRow(account, name, store, origin, state, trial, problem)

    def settings(self) -> Sequence[SettingRow]:
        return []

    async def findings(self) -> Sequence[Found]:
        return self.found

    def guess_provider(self, secret: str) -> str | None:
        shapes = [(shape, one.id) for one in all_providers() for shape in one.key_shapes if secret.startswith(shape)]
        longest = max((len(shape) for shape, _ in shapes), default=0)
        best = {name for shape, name in shapes if len(shape) == longest}
        return best.pop() if len(best) == 1 else None

    def suggest_id(self, provider_id: str) -> str:
        wanted, number = provider_id, 1
        while wanted in self.accounts:
            number += 1
            wanted = f"{provider_id}-{number}"
        return wanted

    # -- planning

    def _plan(self, title: str, changed: dict[str, Account]) -> Plan:
        if self.told.refuses:
            raise UserError(self.told.refuses)
        before, after = _text(self.accounts), _text(changed)
        lines = [row for row in difflib.ndiff(before, after) if row[0] in "+- "]
        diff = tuple(DiffLine(row[0], row[2:]) for row in lines if row[0] != " ")
        changes: dict[tuple[str, ...], Any] = {("accounts",): {k: account_table(v) for k, v in changed.items()}}
        return Plan(title, changes, diff, self.comments)

    def plan_add(self, draft: Draft) -> Plan:
        account = draft.account
        if account.id in self.accounts:
            raise UserError(f"There is an account “{account.id}” already.")
        return self._plan(f"added {account.id}", {**self.accounts, account.id: account})

    def plan_edit(self, account_id: str, draft: Draft) -> Plan:
        return self._plan(f"changed {account_id}", {**self.accounts, account_id: draft.account})

    def plan_enable(self, account_id: str, *, enabled: bool) -> Plan:
        account = replace(self.accounts[account_id], enabled=enabled)
        word = "on" if enabled else "off"
        return self._plan(f"switched {account_id} {word}", {**self.accounts, account_id: account})

    def plan_flag(self, account_id: str, flag: str, *, value: bool) -> Plan:
        change: dict[str, Any] = {flag: value}
        account = replace(self.accounts[account_id], **change)
        return self._plan(f"{flag} {account_id}", {**self.accounts, account_id: account})

    def plan_move(self, account_id: str, step: int) -> Plan:
        order = list(self.accounts)
        place = order.index(account_id)
        target = max(0, min(place + step, len(order) - 1))
        order.insert(target, order.pop(place))
        return self._plan(f"moved {account_id}", {name: self.accounts[name] for name in order})

    def plan_move_key(self, account_id: str, store: KeyStore) -> Plan:
        account = replace(self.accounts[account_id], key={two: one for one, two in _STORES.items()}[store])
        return self._plan(f"moved the key of {account_id}", {**self.accounts, account_id: account})

    def plan_remove(self, account_id: str) -> Plan:
        left = {name: account for name, account in self.accounts.items() if name != account_id}
        return self._plan(f"deleted {account_id}", left)

    def plan_setting(self, name: str, value: object | None) -> Plan:
        raise UserError(f"{name} cannot be changed here.")

    # -- doing

    async def save(self, plan: Plan, draft: Draft | None = None, *, file_consent: bool = False) -> Config:
        if self.told.refuses:
            raise UserError(self.told.refuses)
        if self.told.conflict:
            self.told.conflict = False
            theirs = DiffLine("+", 'name = "changed by someone else"')
            raise ConflictError(replace(plan, diff=(*plan.diff, theirs)))
        stored = draft is not None and draft.secret is not None
        if stored and draft is not None and not file_consent and (draft.store is KeyStore.FILE or self.told.no_keyring):
            raise ConsentNeededError(SECRETS_FILE, "There is no keyring here.")
        self.told.saved.append((plan, draft, file_consent))
        self._undo.append((plan.title, dict(self.accounts)))
        tables: Any = plan.changes[("accounts",)]
        self.accounts = {name: _account(name, table) for name, table in tables.items()}
        if draft is not None and draft.secret is not None:
            self.secrets[draft.account.id] = draft.secret.get_secret_value()
        return self.config

    async def try_out(self, draft: Draft) -> Trial:
        self.told.tried.append(draft)
        if self.told.hold is not None:
            await self.told.hold.wait()
        origin = draft.account.base_url or get_provider(draft.account.provider_id).base_url
        failure = self.told.failure
        trial = Trial(self.now, None if failure else self.told.reading, failure, origin)
        self.trials[draft.account.id] = trial
        return trial

    async def move_secret(
        self, account_id: str, store: KeyStore, *, plan: Plan | None = None, file_consent: bool = False
    ) -> None:
        await self.save(plan or self.plan_move_key(account_id, store), file_consent=file_consent)

    @property
    def can_undo(self) -> str | None:
        return self._undo[-1][0] if self._undo else None

    async def undo(self) -> str:
        title, self.accounts = self._undo.pop()
        return title

    async def repair(self) -> str:
        raise UserError("There is nothing to repair.")

    async def forget_removed(self) -> None:
        self.secrets = {name: secret for name, secret in self.secrets.items() if name in self.accounts}


def _text(accounts: dict[str, Account]) -> list[str]:
    import tomli_w

    tables = {name: account_table(account) for name, account in accounts.items()}
    return tomli_w.dumps({"version": 1, "accounts": tables}).splitlines()


def _account(account_id: str, table: dict[str, Any]) -> Account:
    known = {"name", "enabled", "key", "base_url", "hosts", "login_url", "interval_seconds", "trust_base_url"}
    known |= {"pinned", "hidden"}
    parts = {name: value for name, value in table.items() if name in known}
    fields = {name: value for name, value in table.items() if name not in known and name != "provider"}
    return Account(id=account_id, provider_id=table["provider"], fields=fields, **parts)
