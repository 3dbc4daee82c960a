"""Logging in to GitHub and out again: who may, whose token there is, forgetting it. One login: ``login_run.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Protocol

from aic_tui.config.secrets import PROMPT_SECONDS, STORES
from aic_tui.config.settings import Account, Config
from aic_tui.environment import Environment
from aic_tui.errors import ProviderError, Reason, UserError
from aic_tui.format import failure_sentence
from aic_tui.models import AccountState, Failure
from aic_tui.services.accounts import effective_accounts
from aic_tui.services.asking import gate_key
from aic_tui.services.login_accounts import LoginAccount, login_accounts, login_providers
from aic_tui.services.login_notes import LoginNotes
from aic_tui.services.login_run import GitHubLogin, Wish
from aic_tui.services.signing_in import AuthStatus, LoginTarget
from aic_tui.text import clean

if TYPE_CHECKING:
    from pydantic import SecretStr

    from aic_tui.services.editor import LiveEditor
    from aic_tui.services.editor_bench import Tools

_PROBE_ID = "doctor"  # an entry that is never there


class Bench(Protocol):
    """What a login works with: the running accounts."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    @property
    def editor(self) -> LiveEditor:
        """What stores a token and refers to it."""

    async def tools(self) -> Tools:
        """Who asks, who keeps keys, and where these may go."""

    async def known_states(self) -> Sequence[AccountState]:
        """The states of all accounts ever asked."""


class GitHubSignIn:
    """Implements :class:`aic_tui.services.signing_in.SignIn` for the real accounts."""

    def __init__(self, env: Environment, bench: Bench) -> None:
        self._env = env
        self._bench = bench
        self._patience_seconds: float | None = PROMPT_SECONDS

    def hurry(self) -> None:
        """Nobody is there who could answer a keyring's prompt."""
        self._patience_seconds = None
        self._bench.editor.hurry()

    async def targets(self) -> Sequence[LoginTarget]:
        """The accounts that a login could be for, in the user's order, and last a new one at github.com."""
        from aic_tui.providers.github import site_of

        found = [_target(known) for known in await self.look()]
        provider = login_providers()[0]
        new_id = self._bench.editor.suggest_id(provider.id)
        return [*found, LoginTarget(new_id, provider.name, site_of(None, None).host, is_new=True)]

    def begin(
        self,
        target: LoginTarget,
        *,
        store: str | None = None,
        file_consent: bool = False,
        filled_in: Account | None = None,
    ) -> GitHubLogin:
        """A login in READY. Without ``store`` the setting ``storage`` decides where the token goes."""
        return GitHubLogin(self._env, self._bench, self, target, Wish(store, file_consent, filled_in))

    async def status(self) -> Sequence[AuthStatus]:
        """One for each account that signs in at GitHub."""
        return [known.status for known in await self.look()]

    async def look(self) -> Sequence[LoginAccount]:
        """The accounts that sign in at GitHub, with what is known about their tokens."""
        tools = await self._bench.tools()
        accounts = effective_accounts(self._bench.config, self._env)
        states = await self._bench.known_states()
        return await login_accounts(self._env, accounts, tools.vault, tools.store, states)

    async def known(self, account_id: str) -> LoginAccount:
        """One of :meth:`look`. Raises UserError where there is no such account, or none that signs in at GitHub."""
        for known in await self.look():
            if known.account.id == account_id:
                return known
        raise UserError(f"There is no account “{clean(account_id, 60)}” that signs in at GitHub.")

    async def keyring_trouble(self) -> Failure | None:
        """Why the keyring would take no token, as far as a question to it can tell; None where it answers."""
        vault = (await self._bench.tools()).vault
        vault.wake()
        try:
            await vault.read(_PROBE_ID, "keyring")
        except ProviderError as error:
            return self._failure(error)
        return None

    async def held(self, account_id: str, *, store: str | None = None) -> Sequence[str]:
        """The stores of ours (or ``store`` alone) from which :meth:`logout` would erase a token, or would try to."""
        known = await self.known(account_id)
        tools = await self._bench.tools()
        tools.vault.wake()
        found = []
        for one in _stores(store):
            try:
                held = await _read(tools, account_id, one) is not None
            except ProviderError:
                held = one == known.account.key
            found += [one] if held else []
        return found

    async def logout(self, account_id: str, *, store: str | None = None) -> Sequence[str]:
        """Erase the account's token from every store of ours, or from ``store`` alone: the stores that had one.

        Raises UserError where a store could not be emptied, and for a token that is not ours to erase.
        """
        known = await self.known(account_id)
        tools = await self._bench.tools()
        tools.vault.wake()
        gates = {}
        for one in _stores(store):
            fingerprint = await self._erase(tools, known, one)
            if fingerprint is not None:
                gates[one] = gate_key(known.account, known.provider, fingerprint)
        if not gates and known.account.key not in STORES:
            raise UserError(_not_ours(known), exit_code=1)
        if gates:
            self._bench.editor.forget_undo(account_id)
        if store is None or known.account.key == store:
            await self._forget(tools, known, {*gates.values(), *([known.gate] if known.gate else [])})
        return list(gates)

    async def _forget(self, tools: Tools, known: LoginAccount, gates: set[str]) -> None:
        """What is left of the login that has lost its token: its mark, its name, its figures."""
        await tools.store.call(_forget, tools, known.account.id, gates)
        await self._forget_figures(tools, known)
        await tools.store.call(_tell_others, tools, gates, self._env.now().timestamp())

    async def _erase(self, tools: Tools, known: LoginAccount, store: str) -> str | None:
        """The fingerprint of the token that was erased in ``store``; None where there was none."""
        from aic_tui.providers.auth import key_fingerprint

        account_id = known.account.id
        try:
            secret = await _read(tools, account_id, store)
            if secret is not None or store == "file":
                await tools.vault.erase(account_id, store, patience_seconds=self._patience_seconds)
        except ProviderError as error:
            if store != known.account.key and error.reason is not Reason.FILE_NOT_SAVED:
                return None  # a keyring that cannot be asked, and that nothing refers to
            now = self._env.now()
            words = failure_sentence(self._failure(error), UTC, now)
            raise UserError(f"The token was not erased in the {store}: {words}.", exit_code=1) from None
        return None if secret is None else key_fingerprint(secret.get_secret_value())

    async def _forget_figures(self, tools: Tools, known: LoginAccount) -> None:
        if known.account.enabled and not known.account.hidden:
            await tools.service.drop_figures(known.account.id)
            await tools.service.refresh([known.account.id], manual=True)  # which says that there is no token
        elif known.state is not None:
            await tools.store.call(tools.store.states.save, replace(known.state, snapshot=None, failure=None))

    def _failure(self, error: ProviderError) -> Failure:
        return Failure(error.kind, self._env.now(), error.reason, error.hint, error.detail)


def _stores(store: str | None) -> Sequence[str]:
    return STORES if store is None else (store,)


async def _read(tools: Tools, account_id: str, store: str) -> SecretStr | None:
    """The token in that store; None for none, and for a file that may hold none. Raises ProviderError."""
    try:
        return await tools.vault.read(account_id, store)
    except ProviderError as error:
        if error.reason is not Reason.FILE_FORBIDDEN:
            raise
        return None


def _target(known: LoginAccount) -> LoginTarget:
    status, state = known.status, known.state
    return LoginTarget(
        known.account.id,
        known.account.name or (state.label if state else known.provider.name),
        status.host,
        signed_in_as=status.username,
        source=status.source if known.credential is not None else None,
        token_invalid=known.credential is not None and not status.is_authenticated,  # also while a login is under way
    )


def _not_ours(known: LoginAccount) -> str:
    status = known.status
    if known.credential is None:
        return f"{known.account.id} is not signed in."
    place = f" ({status.origin})" if status.origin and status.origin not in (status.source or "") else ""
    return f"{known.account.id} uses the token of {status.source}{place}, which is not ours to erase."


def _forget(tools: Tools, account_id: str, gates: set[str]) -> None:
    LoginNotes(tools.store).forget(account_id)
    for gate in gates:
        tools.store.gates.release(gate)


def _tell_others(tools: Tools, gates: set[str], now: float) -> None:
    """Last, because it makes the other instances look."""
    for gate in gates:
        tools.store.gates.mark(gate, now)
