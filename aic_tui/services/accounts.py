"""Which accounts are in force, and how findings become accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aic_tui.config.file import account_table, load_config, save_changes
from aic_tui.config.settings import Account, Config, Problem
from aic_tui.environment import Environment
from aic_tui.providers.registry import all_providers, provider_ids
from aic_tui.services.monitor import Found


def effective_accounts(config: Config, env: Environment) -> tuple[Account, ...]:
    """The accounts of the file; where it has no accounts table, one for each provider with a key in a variable.

    Accounts of providers that do not exist are left out (:func:`account_problems` tells). A broken file gives none:
    it may have turned accounts off or sent them to other hosts, so nothing is asked until it can be read.
    """
    if config.has_accounts:
        known = provider_ids()
        return tuple(account for account in config.accounts if account.provider_id in known)
    return () if config.broken else environment_accounts(env)


def environment_accounts(env: Environment) -> tuple[Account, ...]:
    """One account for each provider that has a key in one of its variables, with the preferred variable.

    A provider whose use needs the user's word first has none.
    """
    from aic_tui.providers.auth import environment_keys

    found = []
    for provider in all_providers():
        keys = environment_keys(provider, env) if provider.needs_consent is None else []
        if keys:
            source = f"env:{keys[0][0]}"
            found.append(Account(id=provider.id, provider_id=provider.id, key=source, origin=source))
    return tuple(found)


def account_problems(config: Config) -> tuple[Problem, ...]:
    """One problem for each account whose provider does not exist."""
    known = provider_ids()
    return tuple(
        Problem(
            f"[accounts.{account.id}] there is no provider “{account.provider_id}”. Known: {', '.join(known)}.",
            setting=f"accounts.{account.id}.provider",
        )
        for account in config.accounts
        if account.provider_id not in known
    )


def accept(env: Environment, findings: Sequence[Found], flags: Mapping[str, str] | None = None) -> Config:
    """Write ``findings`` as accounts and give the configuration then in force.

    Of several for one account id the first counts, and an account in force is never changed. The first accounts
    table also gets the accounts that came from variables, which would vanish with it. Raises :class:`UserError`
    when the file cannot be written.
    """
    config = load_config(env)
    wanted = {} if config.has_accounts or config.broken else {found.id: found for found in environment_accounts(env)}
    settled = {account.id for account in config.accounts} | set(wanted)
    for found in findings:
        if found.account_id not in settled and not found.accepted:
            wanted[found.account_id] = Account(id=found.account_id, provider_id=found.provider_id, key=found.source)
        settled.add(found.account_id)
    order = provider_ids()
    changes: dict[tuple[str, ...], object | None] = {
        ("accounts", account.id, name): value
        for account in sorted(wanted.values(), key=lambda account: order.index(account.provider_id))
        for name, value in account_table(account).items()
    }
    return save_changes(env, changes, flags)
