"""``config set-key`` and ``config forget-key``: a key from standard input to its store, and out of it again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aic_tui.cli.context import Context
from aic_tui.cli.loop import run
from aic_tui.config.file import save_changes
from aic_tui.config.secrets import PROMPT_SECONDS, STORES, Vault
from aic_tui.config.settings import Account
from aic_tui.config.tables import ACCOUNT_ID
from aic_tui.errors import ProviderError, Reason, UserError
from aic_tui.format import failure_sentence
from aic_tui.models import Failure
from aic_tui.redact import mask

if TYPE_CHECKING:
    from pydantic import SecretStr

    from aic_tui.providers.base import Provider

_MOST_BYTES = 1 << 16
_PLACES = {"keyring": "the system keyring", "file": "secrets.toml"}


def set_key(context: Context) -> int:
    """``config set-key ACCOUNT``: the key comes from standard input and goes to the keyring, or by consent a file."""
    from aic_tui.providers.registry import get_provider
    from aic_tui.services.key_text import foreign_owner, read_key

    account = _account(context)
    provider = get_provider(account.provider_id)
    where = _wanted_store(context, account)
    text = read_key(typed_or_piped(context, f"Key of {account.id} ({provider.name}): "))
    for notice in text.notices:
        context.say(notice)
    owner = foreign_owner(text.secret.get_secret_value(), provider)
    if owner is not None:
        context.say(f"This looks like a key of {owner.name}, not of {provider.name}. It is stored all the same.")
    _keep(context, (account, provider), text.secret, where)
    return 0


def forget_key(context: Context) -> int:
    """``config forget-key ID``: delete stored keys that no account uses."""
    account_id = context.args.account
    if not ACCOUNT_ID.fullmatch(account_id):
        raise UserError("An account id has 1 to 64 letters, digits, “.”, “_” and “-”.")
    if context.config.broken:
        raise UserError("config.toml cannot be read, so nobody knows which keys are in use; nothing was deleted.")
    used = {account.key for account in context.config.accounts if account.id == account_id}
    stores = [context.args.store] if context.args.store else [store for store in STORES if store not in used]
    if context.args.store in used:
        raise UserError(f"This key is in use: {account_id} has key = “{context.args.store}”. Nothing was deleted.")
    vault = Vault(context.env, storage=context.config.settings.storage)

    async def erase() -> list[str]:
        troubles = []
        for store in stores:
            try:
                await vault.erase(account_id, store, patience_seconds=_patience())
            except ProviderError as error:
                if context.args.store or error.reason not in _NO_KEYRING:
                    troubles.append(f"{_PLACES[store]}: {_sentence(context, error)}")
        return troubles

    troubles = run(erase)
    for trouble in troubles:
        context.say(trouble)
    if not troubles:
        context.say(f"No key of {account_id} is left in {' and '.join(_PLACES[store] for store in stores)}.")
    return int(bool(troubles))


_NO_KEYRING = (Reason.KEYRING_MISSING, Reason.KEYRING_NULL, Reason.KEYRING_UNSAFE)


def _account(context: Context) -> Account:
    """The account of the file. What was typed is not repeated: it may be a key that was meant for standard input."""
    from aic_tui.services.accounts import effective_accounts

    if context.is_demo:
        raise UserError("The demonstration has no keys.")
    if context.config.read_only:
        problem = context.config.problems[0].sentence if context.config.problems else ""
        raise UserError(f"config.toml cannot be changed, so no key was stored. {problem}".strip())
    accounts = context.config.accounts
    found = next((account for account in accounts if account.id == context.args.account), None)
    if found is not None:
        return found
    if any(account.id == context.args.account for account in effective_accounts(context.config, context.env)):
        raise UserError("This account comes from the environment; `aic-tui discover --accept` writes it down first.")
    known = ", ".join(sorted(account.id for account in accounts)) or "none"
    raise UserError(f"There is no such account. Known: {known}.")


def _wanted_store(context: Context, account: Account) -> str:
    chosen: str | None = context.args.store
    storage = context.config.settings.storage
    if chosen is None:
        stays = account.key == "file" and storage != "keyring-only"
        chosen = "file" if storage == "file" or stays else "keyring"
    if chosen == "file" and storage == "keyring-only":
        raise UserError("storage = “keyring-only” forbids the key file; nothing was stored.")
    return chosen


def typed_or_piped(context: Context, prompt: str) -> str:
    """What is piped in; on a terminal it is asked for and not shown. Raises UserError when it is too long."""
    if sys.stdin.isatty():
        import getpass

        try:
            return getpass.getpass(prompt, stream=context.err)
        except EOFError:
            return ""
    data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UserError("That is too long for a key; nothing was stored.")
    return data.decode("utf-8", "replace")


def _keep(context: Context, target: tuple[Account, Provider], secret: SecretStr, where: str) -> None:
    try:
        _store(context, target, secret, where)
    except ProviderError as error:
        sentence = f"The key was not stored: {_sentence(context, error)}."
        file = context.env.paths.secrets_file
        may_fall_back = where == "keyring" and context.args.store is None
        if not may_fall_back or context.config.settings.storage == "keyring-only":
            raise UserError(sentence, exit_code=1) from None
        if not sys.stdin.isatty():
            raise UserError(f"{sentence} `--store file` keeps it in {file}, mode 0600.") from None
        context.say(sentence)
        if not _says_yes(context, f"Keep it in {file} (mode 0600, not encrypted)? [y/N] "):
            raise UserError("Nothing was stored.", exit_code=1) from None
        _store_in_file(context, target, secret)


def _store_in_file(context: Context, target: tuple[Account, Provider], secret: SecretStr) -> None:
    try:
        _store(context, target, secret, "file")
    except ProviderError as error:
        raise UserError(f"The key was not stored: {_sentence(context, error)}.", exit_code=1) from None


def _store(context: Context, target: tuple[Account, Provider], secret: SecretStr, where: str) -> None:
    from aic_tui.services.key_keeping import set_key as keep
    from aic_tui.services.key_origins import KeyOrigins
    from aic_tui.store.store import Store

    account = target[0]
    vault = Vault(context.env, storage=context.config.settings.storage)

    async def refer() -> None:
        save_changes(context.env, {("accounts", account.id, "key"): where}, context.flags)

    with Store.open(context.env) as store:
        origins = KeyOrigins(store)
        servers = run(
            lambda: keep(
                vault,
                origins,
                target,
                secret,
                where,
                refer=refer,
                patience_seconds=_patience() if where == "keyring" else None,
            )
        )
    for notice in vault.notices:
        context.say(notice)
    shown = mask(secret.get_secret_value())
    context.say(f"{account.id}: {shown} is in {_PLACES[where]}; it is sent to {', '.join(servers)} only.")


def _patience() -> float | None:
    """A person at a terminal may have to answer the keyring's prompt; a script waits the usual three seconds."""
    return PROMPT_SECONDS if sys.stdin.isatty() else None


def _says_yes(context: Context, question: str) -> bool:
    context.err.write(question)
    context.err.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _sentence(context: Context, error: ProviderError) -> str:
    now = context.env.now()
    failure = Failure(error.kind, now, error.reason, hint=error.hint, detail=error.detail)
    return failure_sentence(failure, context.zone, now)
