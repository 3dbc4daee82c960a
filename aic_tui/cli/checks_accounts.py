"""Checks of ``doctor`` on the database, the accounts with their last trouble, and where credentials were looked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from aic_tui.cli.checks import Check
from aic_tui.errors import UserError
from aic_tui.format import MASK, ago, clock, failure_sentence, status_word
from aic_tui.outlook import is_waiting, status_of

if TYPE_CHECKING:
    from aic_tui.cli.context import Context
    from aic_tui.models import AccountState
    from aic_tui.store.store import Store

_KEY_SHOWN = 24


def database_checks(context: Context) -> Iterator[Check]:
    """Whether the database is sound, its schema and size. One that is not there yet is not made for this."""
    if context.is_demo or not context.env.paths.database.exists():
        return
    from aic_tui.store.schema import MIGRATIONS
    from aic_tui.store.store import Store

    try:
        store = Store.open(context.env)
    except UserError as error:
        yield Check("database", "fail", error.sentence)
        return
    with store:
        complaint = store.check()
        facts = store.facts()
        version = f"schema {len(MIGRATIONS)}, SQLite {facts.sqlite_version}, {facts.size_bytes:,} bytes with its log"
        yield Check("database content", "fail" if complaint else "ok", complaint or version)
        for sentence in (facts.why, *store.notices):
            if sentence:
                yield Check("database saving", "warn", sentence)
        yield from _gates(context, store)


def _gates(context: Context, store: Store) -> Iterator[Check]:
    """What stands against the next request of each key: the provider and the beginning of the key's fingerprint."""
    from aic_tui.store.gate import OFFLINE, clamped

    now = context.env.now()
    for key in (*sorted(store.gates.saved()), OFFLINE):
        gate = clamped(store.gates.get(key), now.timestamp())
        facts = [f"{len(gate.recent)} requests in the last hour"] if key != OFFLINE else []
        if gate.parked:
            facts.append(f"waits for a new key or login ({gate.parked})")
        if gate.not_before and gate.not_before > now.timestamp():
            until = datetime.fromtimestamp(gate.not_before, now.tzinfo)
            facts.append(f"waits until {clock(until, now, context.zone)} ({gate.why or 'unknown'})")
        if gate.failures:
            facts.append(f"{gate.failures} failures in a row")
        if key != OFFLINE or facts:
            troubled = bool(gate.parked or gate.failures)
            yield Check(f"requests {key[:_KEY_SHOWN]}", "warn" if troubled else "ok", ", ".join(facts))


def account_checks(context: Context) -> Iterator[Check]:
    """Every account: its key's reference, its last state, and when it may be asked next."""
    if context.is_demo:
        states = list(context.open_monitor().states())
        references = {}
    else:
        from aic_tui.services.accounts import effective_accounts

        accounts = effective_accounts(context.config, context.env)
        states = _known_states(context)
        references = {account.id: account.key or "the provider's own variables and logins" for account in accounts}
        for account in accounts:
            if account.id not in {state.account_id for state in states}:
                word = "not asked yet" if account.enabled else "disabled"
                yield Check(f"account {account.id}", "info", f"{account.provider_id}, {references[account.id]}, {word}")
    for state in states:
        yield _account(context, state, references.get(state.account_id, state.auth_source or "unknown"))
    if not states and not references:
        yield Check("accounts", "warn", "none; `aic-tui discover --accept` adds what is found on this machine")


def _known_states(context: Context) -> list[AccountState]:
    if not context.env.paths.database.exists():
        return []
    from aic_tui.store.store import Store

    try:
        with Store.open(context.env) as store:
            return store.states.load()
    except UserError:
        return []  # told by the check of the database


def _account(context: Context, state: AccountState, reference: str) -> Check:
    terms = context.terms
    status = None if is_waiting(state) else status_of(state, terms.warn_percent, terms.now)
    facts = [state.provider_id, reference, status_word(status)]
    if state.fetched_at:
        facts.append(f"figures of {ago(state.fetched_at, terms.now)}")
    if state.failure:
        facts.append(failure_sentence(state.failure, terms.zone, terms.now))
        if state.failure.detail:
            facts.append(MASK if terms.privacy else state.failure.detail)
    if state.next_at and state.next_at > terms.now:
        facts.append(f"next request {clock(state.next_at, terms.now, terms.zone)}")
    return Check(f"account {state.account_id}", "warn" if state.failure else "ok", ", ".join(facts))


def credential_checks(context: Context) -> Iterator[Check]:
    """Every place where a credential may be, found or not."""
    if context.is_demo:
        return
    from aic_tui.services.discovery import places_looked

    for place in places_looked(context.env):
        found = str(place.outcome) == "found"
        broken = str(place.outcome) in ("unreadable", "not whole")
        detail = f"{place.kind} {place.origin}: {place.outcome}" + (f", {place.detail}" if place.detail else "")
        status = "warn" if broken else "ok" if found and not place.detail else "info"
        yield Check(f"credential of {place.provider_name}", status, detail)
