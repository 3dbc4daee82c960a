"""Checks of ``doctor`` on stored keys: those that no account uses, and accounts with two different ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aic_tui.cli.checks import Check

if TYPE_CHECKING:
    from aic_tui.cli.context import Context
    from aic_tui.config.secrets import Vault

_PLACES = {"keyring": "the system keyring", "file": "secrets.toml"}


def stored_keys(context: Context) -> Vault:
    """The stores, for all checks of one run: a keyring that hangs is waited for once."""
    from aic_tui.config.secrets import Vault

    return Vault(context.env, storage=context.config.settings.storage)


async def key_checks(context: Context, vault: Vault) -> list[Check]:
    """Keys of ours without an account, and accounts whose two stores hold different keys. No key is told."""
    found = []
    orphans = await vault.orphans(context.config)
    doubled = set()
    for account in context.config.accounts:
        if account.key in _PLACES and await vault.differs(account.id):
            other = "file" if account.key == "keyring" else "keyring"
            doubled.add((account.id, other))
            detail = (
                f"{_PLACES[account.key]} and {_PLACES[other]} hold different ones; that of {_PLACES[account.key]} is"
                f" used. `aic-tui config forget-key {account.id} --store {other}` deletes the other"
            )
            found.append(Check(f"key of {account.id}", "warn", detail))
    for account_id, store in orphans:
        if (account_id, store) not in doubled:
            detail = (
                f"no account uses the key in {_PLACES[store]}. `aic-tui config forget-key {account_id} --store {store}`"
                " deletes it; adding the account again replaces it"
            )
            found.append(Check(f"key of {account_id}", "warn", detail))
    return found
