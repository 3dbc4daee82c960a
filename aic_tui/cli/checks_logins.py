"""Checks of ``doctor`` on the accounts that sign in at GitHub: whose token, from where. Nobody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aic_tui.cli.checks import Check
from aic_tui.errors import UserError
from aic_tui.format import masked

if TYPE_CHECKING:
    from aic_tui.cli.context import Context
    from aic_tui.config.secrets import Vault
    from aic_tui.services.signing_in import AuthStatus


async def login_checks(context: Context, vault: Vault) -> list[Check]:
    """One line for each account that signs in at GitHub."""
    from aic_tui.services.accounts import effective_accounts
    from aic_tui.services.login_accounts import login_accounts
    from aic_tui.store.store import Store

    env, accounts = context.env, effective_accounts(context.config, context.env)
    store = None
    if env.paths.database.exists():
        try:
            store = Store.open(env)
        except UserError:
            store = None  # told by the check of the database
    try:
        states = [] if store is None else await store.call(store.states.load)
        found = await login_accounts(env, accounts, vault, store, states)
    finally:
        if store is not None:
            store.close()
    return [_check(context, known.status) for known in found]


def _check(context: Context, status: AuthStatus) -> Check:
    from aic_tui.view.login_words import host_words, source_words

    who = masked(status.username, context.terms.privacy)
    word = "signed in" if status.is_authenticated else "not signed in"
    facts = [host_words(status.host, context.view), f"{word} as {who}" if who else word]
    facts += [f"token: {source_words(status.source)}"] if status.source else []
    facts += [status.problem] if status.problem else []
    return Check(f"sign-in of {status.account_id}", "ok" if status.is_authenticated else "warn", ", ".join(facts))
