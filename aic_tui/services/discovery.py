"""Credentials on this machine: what is there, what an account uses already, and every place that was looked at.

Never asks the keyring and never the network. On macOS it may block for seconds: call it off the event loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.providers.auth import (
    LoginFile,
    Outcome,
    best_login,
    environment_keys,
    find_logins,
    is_expired,
    key_fingerprint,
    outranks_variables,
    renewal_hint,
)
from aic_tui.providers.base import Provider
from aic_tui.providers.registry import all_providers
from aic_tui.redact import mask
from aic_tui.services.monitor import Found
from aic_tui.text import clean


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a credential of a provider may be. ``origin`` is a variable, a path or a Keychain item.

    ``outcome`` is ``found``, ``not found``, ``no login in it``, ``unreadable`` or ``not whole``; ``detail`` says why.
    """

    provider_id: str
    provider_name: str
    kind: str
    origin: str
    outcome: str
    detail: str | None = None


def discover(env: Environment, accounts: Sequence[Account]) -> list[Found]:
    """Every credential found, by provider, preferred first. ``accounts`` are those in force.

    All findings of one provider carry the same ``account_id``: by default a provider gets one account.
    """
    return [found for provider in all_providers() for found in _of_provider(provider, env, accounts)]


def places_looked(env: Environment) -> list[Place]:
    """Every variable, file and Keychain item that :func:`discover` looks at, found or not."""
    places = []
    for provider in all_providers():
        with_key = {name for name, _ in environment_keys(provider, env)}
        for name in provider.env:
            outcome = Outcome.FOUND if name in with_key else Outcome.ABSENT
            places.append(Place(provider.id, provider.name, "variable", name, outcome))
        for login in find_logins(provider, env):
            expired = login.outcome is Outcome.FOUND and is_expired(login.facts, env.now())
            detail = f"expired: {renewal_hint(login)}" if expired else login.problem
            origin = clean(login.origin, 500)
            places.append(Place(provider.id, provider.name, login.tool, origin, login.outcome, detail))
    return places


def account_id_for(provider: Provider, accounts: Iterable[Account]) -> str:
    """The id a new account of ``provider`` gets: its own id unless another provider's account has taken that."""
    taken = {account.id for account in accounts if account.provider_id != provider.id}
    wanted, number = provider.id, 1
    while wanted in taken:
        number += 1
        wanted = f"{provider.id}-{number}"
    return wanted


def _of_provider(provider: Provider, env: Environment, accounts: Sequence[Account]) -> list[Found]:
    keys = environment_keys(provider, env)
    logins = _one_per_tool(find_logins(provider, env), env)
    used = _used(provider, env, accounts, logins)
    account_id = account_id_for(provider, accounts)

    def found(source: str, origin: str, secret: str, problem: str | None, from_tool: bool) -> Found:
        accepted = source in used or key_fingerprint(secret) in used
        return Found(
            provider_id=provider.id,
            provider_name=provider.name,
            source=source,
            origin=clean(origin, 500),
            masked=mask(secret),
            account_id=account_id,
            needs_confirmation=from_tool or provider.needs_consent is not None,
            consent=provider.needs_consent,
            accepted=accepted,
            problem=problem,
        )

    from_env = [found(f"env:{name}", name, key, None, from_tool=False) for name, key in keys]
    better: list[Found] = []
    other: list[Found] = []
    for login in logins:
        expired = is_expired(login.facts, env.now())
        problem = f"expired: {renewal_hint(login)}" if expired else None
        item = found(f"discovered:{login.tool}", login.origin, _text(login), problem, from_tool=True)
        (better if outranks_variables(login, env.now()) else other).append(item)
    return [*better, *from_env, *sorted(other, key=lambda item: item.problem is not None)]


def _one_per_tool(logins: Sequence[LoginFile], env: Environment) -> list[LoginFile]:
    """What ``discovered:<tool>`` stands for: of several logins of a tool, the one that a fetch would use."""
    tools = dict.fromkeys(login.tool for login in logins)
    best = (best_login([login for login in logins if login.tool == tool], env.now()) for tool in tools)
    return [login for login in best if login is not None]


def _used(
    provider: Provider, env: Environment, accounts: Sequence[Account], logins: Sequence[LoginFile]
) -> frozenset[str]:
    """References and key fingerprints that the provider's accounts use now."""
    used: set[str] = set()
    for account in accounts:
        if account.provider_id != provider.id:
            continue
        own = find_logins(provider, env, login_url=account.login_url) if account.login_url else logins
        reference = account.key or _default_reference(provider, env, own)
        if reference is None:
            continue
        if account.login_url and reference.startswith("discovered:"):  # the tool's login of another host, perhaps
            best = best_login([login for login in own if reference == f"discovered:{login.tool}"], env.now())
            used |= {key_fingerprint(_text(best))} if best else set()
            continue
        used.add(reference)
        if reference.startswith("env:") and (key := env.environ.get(reference[4:], "").strip()):
            used.add(key_fingerprint(key))
    return frozenset(used)


def _default_reference(provider: Provider, env: Environment, logins: Sequence[LoginFile]) -> str | None:
    """What an account without a key reference comes to, as ``auth.resolve`` decides it."""
    best = best_login(logins, env.now())
    keys = environment_keys(provider, env)
    if keys and not outranks_variables(best, env.now()):
        return f"env:{keys[0][0]}"
    return f"discovered:{best.tool}" if best else None


def _text(login: LoginFile) -> str:
    return login.secret.get_secret_value() if login.secret else ""
