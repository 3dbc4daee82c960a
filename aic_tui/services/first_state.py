"""What is known about an account before it is asked: its own last figures, and never those of another one.

One database serves every configuration directory, so an id alone does not tell whose figures a saved state holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace

from aic_tui.config.settings import Account
from aic_tui.models import AccountState


def whose(account: Account) -> str:
    """What the figures of ``account`` depend on (provider, source of the key, servers, settings), as a short digest."""
    parts: list[object] = [account.provider_id, account.key, account.base_url, sorted(account.hosts.items())]
    parts += [account.login_url] if account.login_url else []
    text = json.dumps([*parts, sorted(account.fields.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def belongs(account: Account, state: AccountState) -> bool:
    """Whether ``state`` is about this account, and not about another one with its id."""
    return state.provider_id == account.provider_id and state.whose in (None, whose(account))


def own(account: Account, state: AccountState | None) -> AccountState | None:
    """``state`` where it is this account's; its names alone where it is another's of the same provider."""
    if state is None or state.provider_id != account.provider_id:
        return None
    if belongs(account, state):
        return state
    return AccountState(state.account_id, state.provider_id, state.provider_name, state.label)


def first_state(
    account: Account, provider_name: str, known: AccountState | None, among: Iterable[Account]
) -> AccountState:
    """The state of an account that is not asked yet. ``known`` is the one that was saved; ``among`` all on show.

    Without a name of its own an account is called by its provider, or by its id where that has several accounts.
    """
    alone = sum(other.provider_id == account.provider_id for other in among) == 1
    label = account.name or (provider_name if alone else account.id)
    state = own(account, known) or AccountState(account.id, account.provider_id, provider_name, label)
    return replace(
        state,
        provider_name=provider_name,
        label=label,
        auth_source=state.auth_source or account.key,
        pinned=account.pinned,
    )
