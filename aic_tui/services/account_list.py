"""Which accounts are on show before anything was loaded, and how that list is remembered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from aic_tui.config.settings import Config
from aic_tui.models import AccountState
from aic_tui.services.first_state import own
from aic_tui.store.store import Store

_LIST = "accounts"  # the note that remembers the list where config.toml has none
Face = tuple[str, str, str, str]


def first_states(config: Config, store: Store) -> dict[str, AccountState]:
    """What the first frame shows: the list of config.toml, or the last one, with the figures of the database."""
    known = {state.account_id: state for state in store.states.load()}
    if config.broken:
        return known
    if not config.has_accounts:
        last = _last_list(store)
        return known if last is None else {name: known[name] for name in last if name in known}
    states = {}
    for account in config.accounts:
        if not account.enabled or account.hidden:
            continue
        state = own(account, known.get(account.id))
        if state is None:
            # The provider's own name comes later: its file is not read for the first frame.
            state = AccountState(account.id, account.provider_id, account.provider_id, account.id)
        states[account.id] = replace(state, label=account.name or state.label, pinned=account.pinned)
    return states


def save_list(store: Store, states: Sequence[AccountState], *, from_config: bool) -> None:
    """Remember names and order of ``states`` for the next first frame. Figures in the database stay as they are.

    Accounts that are not in the list keep their figures: a run with other variables may have them in its own.
    """
    saved = {state.account_id: (position, state) for position, state in enumerate(store.states.load())}
    for position, state in enumerate(states):
        was_at, was = saved.get(state.account_id, (None, None))
        if was is None or was.provider_id != state.provider_id:
            store.states.save(state, position)
        elif was_at != position or face(was) != face(state):
            store.states.save(replace(was, provider_name=state.provider_name, label=state.label), position)
    if not from_config:
        names = json.dumps([state.account_id for state in states])
        store.notes.set(_LIST, names)


def face(state: AccountState) -> Face:
    """What names an account: when it changes, the list has changed."""
    return state.account_id, state.provider_id, state.provider_name, state.label


def _last_list(store: Store) -> list[str] | None:
    with suppress(ValueError):
        names = json.loads(store.notes.get(_LIST) or "")
        if isinstance(names, list):
            return [str(name) for name in names]
    return None
