"""The accounts that sign in at GitHub: whose token each has, from where, and whether it still counts. Nothing is sent.

That a token was refused is known to its gate, which all instances share and a restart keeps; a different token has a
different gate, so it is not held to account for the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.format import failure_sentence
from aic_tui.models import AccountState, Failure
from aic_tui.providers.registry import all_providers
from aic_tui.services.asking import gate_key
from aic_tui.services.backoff import parked_failure
from aic_tui.services.first_state import own
from aic_tui.services.login_notes import LoginNotes
from aic_tui.services.signing_in import AuthStatus
from aic_tui.store.gate import Gate
from aic_tui.text import clean

if TYPE_CHECKING:
    from aic_tui.config.secrets import Vault
    from aic_tui.providers.auth import Credential
    from aic_tui.providers.base import Provider
    from aic_tui.store.store import Store

LOGIN = "github"
"""``Provider.login`` of the providers whose accounts sign in here."""


@dataclass(frozen=True, slots=True)
class LoginAccount:
    """One account with what is known about its token. ``gate`` is the key of that token's gate, None without one."""

    account: Account
    provider: Provider
    status: AuthStatus
    state: AccountState | None = None
    credential: Credential | None = field(default=None, repr=False)
    gate: str | None = None


@dataclass(frozen=True, slots=True)
class _Mark:
    """What the database says about one token."""

    gate: Gate
    under_way: bool = False
    username: str | None = None

    @property
    def refused(self) -> bool:
        """True after the server refused the token."""
        parked = self.gate.parked
        return parked is not None and parked_failure(parked) == (FailureKind.AUTH_NEEDED, Reason.TOKEN_INVALID)


def login_providers() -> tuple[Provider, ...]:
    """The providers whose accounts sign in at GitHub, in registry order."""
    return tuple(provider for provider in all_providers() if provider.login == LOGIN)


async def login_accounts(
    env: Environment, accounts: Iterable[Account], vault: Vault, store: Store | None, states: Sequence[AccountState]
) -> list[LoginAccount]:
    """Those of ``accounts`` that sign in at GitHub, in their order. Without a ``store`` no token counts as refused.

    Keys are read from where they are, the keyring included; nothing is sent and nothing is written.
    """
    providers = {provider.id: provider for provider in login_providers()}
    known = {state.account_id: state for state in states}
    return [
        await _looked_at(env, account, providers[account.provider_id], vault, store, known.get(account.id))
        for account in accounts
        if account.provider_id in providers
    ]


async def _looked_at(
    env: Environment,
    account: Account,
    provider: Provider,
    vault: Vault,
    store: Store | None,
    known: AccountState | None,
) -> LoginAccount:
    from aic_tui.providers.auth import resolve
    from aic_tui.providers.github import site_of

    now, state = env.now(), own(account, known)
    host = clean(account.login_url or "", 200)
    try:
        host = site_of(account.login_url, account.base_url).host
        credential = await resolve(account, provider, env, vault)
    except ProviderError as error:
        problem = failure_sentence(Failure(error.kind, now, error.reason, error.hint, error.detail), UTC, now)
        status = AuthStatus(account.id, host, is_authenticated=False, source=account.key, problem=problem)
        return LoginAccount(account, provider, status, state)
    key = gate_key(account, provider, credential.fingerprint)
    mark = _Mark(Gate(key))
    if store is not None:
        mark = await store.call(_mark, store, account.id, key, credential.fingerprint, now.timestamp())
    status = _status(account, host, credential, mark, state, now)
    return LoginAccount(account, provider, status, state, credential, key)


def _mark(store: Store, account_id: str, key: str, fingerprint: str, now: float) -> _Mark:
    notes = LoginNotes(store)
    return _Mark(
        store.gates.get(key), notes.is_under_way(account_id, key, now), notes.username(account_id, fingerprint)
    )


def _status(
    account: Account, host: str, credential: Credential, mark: _Mark, state: AccountState | None, now: datetime
) -> AuthStatus:
    name, since = mark.username, None
    if state is not None and state.auth_source == credential.source:
        name = name or (state.reading.account_name if state.reading else None)
        since = state.failure.at if state.failure and state.failure.reason is Reason.TOKEN_INVALID else None
    if since is None and mark.gate.last_request_at is not None:
        since = datetime.fromtimestamp(mark.gate.last_request_at, UTC)
    told = mark.refused and not mark.under_way
    refusal = Failure(FailureKind.AUTH_NEEDED, since or now, Reason.TOKEN_INVALID)
    problem = "a login is under way" if mark.refused else None
    return AuthStatus(
        account_id=account.id,
        host=host,
        is_authenticated=not mark.refused,
        username=None if mark.refused else name,
        token_invalid=told,
        source=credential.source,
        origin=clean(credential.origin, 500),
        invalid_since=since if told else None,
        problem=failure_sentence(refusal, UTC, now) if told else problem,
    )
