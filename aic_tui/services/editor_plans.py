"""From a wish to the changes of config.toml that fulfil it. Nothing is written here.

Every function raises :class:`UserError` with one sentence for what is not allowed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aic_tui.config import changes as changing
from aic_tui.config.changes import Changes
from aic_tui.config.diff import comments_lost, diff
from aic_tui.config.document import Document, read_document
from aic_tui.config.file import account_table, config_of, refuse_read_only, rewritten
from aic_tui.config.settings import NOT_A_REFERENCE, Account, Config, setting_named
from aic_tui.config.tables import ACCOUNT_ID
from aic_tui.environment import Environment
from aic_tui.errors import ProviderError, UserError
from aic_tui.providers.registry import get_provider
from aic_tui.redact import redact
from aic_tui.services.accounts import environment_accounts
from aic_tui.services.editing import DiffLine, Draft, KeyStore, Plan
from aic_tui.text import clean

KEPT = {KeyStore.KEYRING: "keyring", KeyStore.FILE: "file"}
"""The stores that the program writes to, and the reference to each."""
_FLAGS = ("pinned", "hidden")


@dataclass(frozen=True)
class Ground:
    """config.toml as it is now, and the accounts in force by it: what a plan stands on."""

    env: Environment
    document: Document
    config: Config
    accounts: tuple[Account, ...]

    @classmethod
    def look(cls, env: Environment, flags: Mapping[str, str]) -> Ground:
        """Read the file. Raises :class:`UserError` for one that may not be written."""
        document = read_document(env.paths.config_file)
        refuse_read_only(env.paths.config_file, document)
        config = config_of(document, env, flags)
        return cls(env, document, config, config.accounts if config.has_accounts else environment_accounts(env))

    def account(self, account_id: str) -> Account:
        """The account with that id. Raises :class:`UserError` that lists the ids."""
        for account in self.accounts:
            if account.id == account_id:
                return account
        known = ", ".join(account.id for account in self.accounts) or "none"
        raise UserError(f"There is no account “{clean(redact(account_id), 60)}”. Known: {known}.")


Maker = Callable[[Ground], Changes]


@dataclass(frozen=True, slots=True)
class MadePlan(Plan):
    """A plan that knows the file that it was made from, and how to make it anew."""

    base: Mapping[str, Any] = field(default_factory=dict, repr=False)
    maker: Maker = field(default=lambda _ground: {}, repr=False)


def made(title: str, ground: Ground, maker: Maker) -> MadePlan:
    """The plan of what ``maker`` wants, checked, with its diff."""
    changes = _with_first_accounts(ground, maker(ground))
    changing.check(changes)
    before = ground.document.data.decode("utf-8-sig")
    after = rewritten(ground.document, changes)
    lines = [] if after is None else diff(before, after)
    return MadePlan(
        title=title,
        changes=changes,
        diff=tuple(DiffLine(sign, redact(clean(line, 2000))) for sign, line in lines),
        comments_lost=0 if after is None else comments_lost(before, after),
        based_on=digest(ground.document),
        base=ground.document.table,
        maker=maker,
    )


def digest(document: Document) -> str:
    """What identifies the bytes of the file."""
    return hashlib.sha256(document.data).hexdigest() if document.exists else "absent"


def settled(draft: Draft, storage: str) -> Draft:
    """``draft`` with the reference that its store asks for, blanks left out. ``storage`` is that setting."""
    account, store = draft.account, draft.store
    if draft.secret is not None and store not in KEPT:
        store = KeyStore.FILE if storage == "file" else KeyStore.KEYRING
    fields = {name: value.strip() for name, value in account.fields.items() if value.strip()}
    account = replace(
        account,
        name=(account.name or "").strip() or None,
        base_url=(account.base_url or "").strip() or None,
        login_url=(account.login_url or "").strip() or None,
        key=KEPT.get(store, (account.key or "").strip() or None),
        fields=fields,
    )
    return replace(draft, account=account, store=store)


def adding(ground: Ground, draft: Draft) -> Changes:
    """The draft's account as a new one at the end."""
    account = settled(draft, ground.config.settings.storage).account
    if not ACCOUNT_ID.fullmatch(account.id):
        raise UserError("An account id has 1 to 64 letters, digits, “.”, “_” and “-”.")
    taken = {other.id for other in ground.accounts} | set(_account_tables(ground))
    if account.id in taken:
        raise UserError(f"There is an account “{account.id}” already.")
    _check_account(ground, account)
    return {("accounts", account.id): account_table(account)}


def changing_account(ground: Ground, account_id: str, draft: Draft) -> Changes:
    """What turns the account into the draft's. What the program does not understand in its table stays."""
    old, new = ground.account(account_id), settled(draft, ground.config.settings.storage).account
    if new.id != old.id:
        raise UserError("An account keeps its id; its name can be changed.")
    if new.provider_id != old.provider_id:
        raise UserError("An account keeps its provider; add another account.")
    before, after = account_table(old), account_table(new)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if "key" in names or places_of(old) != places_of(new) or new.fields != old.fields:
        _check_account(ground, new)
    if places_of(old) != places_of(new) and new.key in KEPT.values() and new.key == old.key and draft.secret is None:
        raise UserError("The key was given for another host. Enter it again to send it to this one.")
    if new.key in KEPT.values() and new.key != old.key and draft.secret is None:
        raise UserError("A key is needed for its new place: enter it, or move the one that is stored.")
    return {("accounts", old.id, name): after.get(name) for name in names}


def enabling(ground: Ground, account_id: str, *, enabled: bool) -> Changes:
    """Ask it again, or never."""
    ground.account(account_id)
    return {("accounts", account_id, "enabled"): None if enabled else False}


def flagging(ground: Ground, account_id: str, flag: str, *, value: bool) -> Changes:
    """Pin or hide."""
    if flag not in _FLAGS:
        raise UserError(f"An account can be {' or '.join(_FLAGS)}.")
    ground.account(account_id)
    return {("accounts", account_id, flag): value or None}


def moving(ground: Ground, account_id: str, step: int) -> Changes:
    """``step`` places down in the list, or up when it is negative; no further than its ends."""
    listed = [account.id for account in ground.accounts]
    ground.account(account_id)
    place = max(0, min(len(listed) - 1, listed.index(account_id) + step))
    moved = [name for name in listed if name != account_id]
    moved.insert(place, account_id)
    # Tables that are no usable accounts keep their places between the others.
    turn = iter(moved)
    tables = list(_account_tables(ground)) or listed
    return {("accounts",): tuple(next(turn) if name in listed else name for name in tables)}


def moving_key(ground: Ground, account_id: str, store: KeyStore) -> Changes:
    """Refer to the stored key in its new place."""
    account = ground.account(account_id)
    if store not in KEPT or account.key not in KEPT.values():
        raise UserError("Only a key in the keyring or the key file can be moved, and only between these.")
    if store is KeyStore.FILE and ground.config.settings.storage == "keyring-only":
        raise UserError("The key file is forbidden by storage = “keyring-only”.")
    return {("accounts", account_id, "key"): KEPT[store]}


def removing(ground: Ground, account_id: str) -> Changes:
    """Without the account."""
    ground.account(account_id)
    return {("accounts", account_id): None}


def setting(_ground: Ground, name: str, value: object | None) -> Changes:
    """A setting, or with ``keys.`` before it a key binding; None returns to the default."""
    if name.startswith("keys."):
        if value is not None and not (isinstance(value, str) and 0 < len(value) <= 60 and clean(value) == value):
            raise UserError("A key binding is the name of a key.")
        return {("keys", name.removeprefix("keys.")): value}
    return {("general", setting_named(name).name): value}


def _account_tables(ground: Ground) -> Mapping[str, Any]:
    tables = ground.document.table.get("accounts", {})
    return tables if isinstance(tables, Mapping) else {}


def _with_first_accounts(ground: Ground, changes: Changes) -> Changes:
    """The first accounts table also gets the accounts that came from variables, which would vanish with it."""
    if ground.config.has_accounts or not any(path[0] == "accounts" for path in changes):
        return changes
    tables = {account.id: account_table(account) for account in ground.accounts}
    accounts = changing.merged({"accounts": tables}, changes)["accounts"]
    return {("accounts", name): table for name, table in accounts.items()} or {("accounts",): {}}


def places_of(account: Account) -> tuple[object, ...]:
    """Where the account's key may be sent."""
    return account.base_url, dict(account.hosts), account.login_url


def _check_account(ground: Ground, account: Account) -> None:
    from aic_tui.providers.address import parse_origin

    provider = get_provider(account.provider_id)
    for name, address in (("base_url", account.base_url), ("login_url", account.login_url), *account.hosts.items()):
        try:
            if address:
                parse_origin(address)
        except ProviderError as error:
            raise UserError(f"{clean(name, 60)} is not allowed: {error.detail}.") from None
    if account.key == NOT_A_REFERENCE:
        raise UserError("The key must be env:NAME, keyring, file or discovered:TOOL.")
    if account.key == "file" and ground.config.settings.storage == "keyring-only":
        raise UserError("The key file is forbidden by storage = “keyring-only”.")
    for part in provider.fields:
        from_env = any(ground.env.environ.get(name, "").strip() for name in part.env)
        if part.required and not account.fields.get(part.name) and not from_env:
            raise UserError(f"{part.label} is needed.")
