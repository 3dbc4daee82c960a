"""From an account's key reference to the credential of one fetch. Read afresh each time, kept nowhere.

A reference is ``env:NAME``, ``keyring``, ``file`` or ``discovered:<tool>``; without one, the provider's variables
count in their order, then the logins of other tools.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.address import base_url_of
from aic_tui.providers.base import LoginFacts, Provider
from aic_tui.providers.login_file import LoginFile, Outcome
from aic_tui.providers.logins import find_logins

if TYPE_CHECKING:
    from pydantic import SecretStr

    from aic_tui.config.secrets import Vault

__all__ = ["Credential", "LoginFile", "Outcome", "find_logins", "resolve"]

_EXPIRY_MARGIN = timedelta(minutes=5)
_LONGEST_KEY = 16_384
_TRIES, _BETWEEN_TRIES_SECONDS = 3, 0.05
_KEYCHAIN_SECONDS = 10.0
_USAGE_SCOPE = "user:profile"
# Public beginnings of keys, longest first where one begins like another (2026-11).
_SHAPES = (
    *("sk-svcacct-", "sk-admin-", "sk-proj-", "sk-ant-admin01-", "sk-ant-api03-", "sk-ant-oat01-", "sk-ant-ort01-"),
    *("sk-or-v1-", "sk-cp-", "sk-api-", "sk-kimi-", "sk-", "github_pat_", "gho_", "ghu_", "ghp_", "AIza", "ya29."),
    *("gsk_", "xai-", "cpk_", "wk-", "fk-", "fw_", "pplx-", "eyJ"),
)


@dataclass(frozen=True, repr=False)
class Credential:
    """A key that may be sent, and where it came from.

    ``source`` is a reference (``env:X``, ``keyring``, ``file``, ``discovered:codex``), ``origin`` the exact variable
    or path. ``fingerprint`` tells keys apart without telling them. ``home_bound`` keys go to the provider's own
    hosts only.
    """

    secret: SecretStr
    source: str
    origin: str
    fingerprint: str
    key_shape: str
    facts: LoginFacts = field(default_factory=LoginFacts)
    home_bound: bool = False

    def __repr__(self) -> str:
        return f"Credential({self.source}, {self.fingerprint})"


async def resolve(account: Account, provider: Provider, env: Environment, vault: Vault) -> Credential:
    """The credential of ``account`` as its source says now.

    Raises :class:`ProviderError`: NOT_CONFIGURED when there is none, AUTH_NEEDED when a login is expired or a key
    could not be sent. No request is made.
    """
    reference = account.key
    if reference is None:
        return await _by_default(account, provider, env)
    scheme, _, name = reference.partition(":")
    if scheme == "env" and name:
        return _from_variable(name, provider, env)
    if reference in ("keyring", "file"):
        secret = await vault.read(account.id, reference)
        if secret is None and provider.login is not None:
            raise ProviderError(FailureKind.NOT_CONFIGURED, Reason.SIGNED_OUT)
        if secret is None:
            raise _missing(f"no key is kept in the {reference} for {account.id}")
        origin = str(env.paths.secrets_file) if reference == "file" else f"aic-tui/{account.id}"
        return _credential(secret, reference, origin, provider)
    if scheme == "discovered" and name:
        return _from_login(await _logins(account, provider, env, name), account, provider, env.now())
    raise _missing("its key in config.toml is no reference such as env:NAME")


def typed_credential(secret: SecretStr, provider: Provider) -> Credential:
    """A key that the user has just given, for wherever the account sends it.

    Raises :class:`ProviderError` AUTH_NEEDED/KEY_MALFORMED for what could not be sent.
    """
    return _credential(secret, "typed", "typed", provider)


def key_shape(key: str, shapes: Iterable[str] = ()) -> str:
    """The longest public beginning that ``key`` has, of the well-known ones and ``shapes``; "" for none."""
    known = sorted({*shapes, *_SHAPES}, key=len, reverse=True)
    return next((shape for shape in known if key.startswith(shape)), "")


def account_fields(account: Account, provider: Provider, env: Environment) -> dict[str, str]:
    """The account's provider-specific settings; where it has none, those that the provider's variables hold."""
    from_env = {
        field.name: value
        for field in provider.fields
        if (value := next((env.environ[name].strip() for name in field.env if env.environ.get(name, "").strip()), ""))
    }
    return {**from_env, **account.fields}


def environment_keys(provider: Provider, env: Environment) -> list[tuple[str, str]]:
    """``(variable, key)`` for each of the provider's variables that has one, preferred first."""
    found = ((name, env.environ.get(name, "").strip()) for name in provider.env)
    return [(name, key) for name, key in found if key]


def best_login(logins: Sequence[LoginFile], now: datetime) -> LoginFile | None:
    """The login to use: not expired before expired, allowed to read usage before not, else the first."""
    found = [login for login in logins if login.outcome is Outcome.FOUND]
    return min(found, key=lambda login: (is_expired(login.facts, now), _lacks_scope(login.facts)), default=None)


def is_expired(facts: LoginFacts, now: datetime) -> bool:
    """True from five minutes before the expiry on, when the owner would renew it too. Unknown is not expired."""
    return facts.expires_at is not None and facts.expires_at - _EXPIRY_MARGIN <= now


def may_read_usage(facts: LoginFacts) -> bool:
    """True where a login says itself that it may read usage (an OAuth scope that bare tokens lack)."""
    return _USAGE_SCOPE in facts.scopes


def outranks_variables(login: LoginFile | None, now: datetime) -> bool:
    """True for a live login that says it may read usage: a bare token in a variable mostly may not."""
    return login is not None and may_read_usage(login.facts) and not is_expired(login.facts, now)


def key_fingerprint(key: str) -> str:
    """16 hex digits that are the same for the same key and do not tell it."""
    return hashlib.sha256(f"aic-tui{key}".encode()).hexdigest()[:16]


def renewal_hint(login: LoginFile) -> str:
    """What to do about an expired login: it is the owner's to renew."""
    return f"run `{login.renew}` once" if login.renew else f"log in again with {login.tool}"


async def _by_default(account: Account, provider: Provider, env: Environment) -> Credential:
    keys = environment_keys(provider, env)
    # Only an account the user wrote or confirmed may look into other tools' files.
    logins = await _logins(account, provider, env) if account.origin == "file" else []
    best = best_login(logins, env.now())
    if keys and not outranks_variables(best, env.now()):
        return _from_variable(keys[0][0], provider, env)
    return _from_login(logins, account, provider, env.now())


def _from_variable(name: str, provider: Provider, env: Environment) -> Credential:
    from pydantic import SecretStr

    key = env.environ.get(name, "").strip()
    if not key:
        raise _missing(f"set {name}, which is empty here")
    return _credential(SecretStr(key), f"env:{name}", name, provider)


def _from_login(logins: Sequence[LoginFile], account: Account, provider: Provider, now: datetime) -> Credential:
    login = best_login(logins, now)
    if login is None or login.secret is None:
        trouble = next((login for login in logins if login.problem), None)
        raise _missing(f"{trouble.origin}: {trouble.problem}" if trouble else provider.setup_hint or None)
    if is_expired(login.facts, now):
        raise ProviderError(FailureKind.AUTH_NEEDED, Reason.LOGIN_EXPIRED, hint=renewal_hint(login))
    source = f"discovered:{login.tool}"
    return _credential(
        login.secret, source, login.origin, provider, facts=login.facts, home_bound=not account.trust_base_url
    )


async def _logins(account: Account, provider: Provider, env: Environment, tool: str | None = None) -> list[LoginFile]:
    """The logins as they are now. A file that its owner is just writing is read again, twice at most."""
    base_url_of(provider, account)  # an address that may not be used has no logins, and is the thing to say
    look = partial(find_logins, provider, env, tool, login_url=account.login_url)
    found = await _aside(look, env)
    for _ in range(_TRIES - 1):
        if all(login.outcome is not Outcome.HALF_WRITTEN for login in found):
            break
        await env.sleep(_BETWEEN_TRIES_SECONDS)
        found = await _aside(look, env)
    return found


async def _aside(look: Callable[[], list[LoginFile]], env: Environment) -> list[LoginFile]:
    if env.platform != "darwin":
        return look()
    from aic_tui.config.daemon_call import daemon_call

    try:
        return await daemon_call(look, _KEYCHAIN_SECONDS, "keychain")
    except TimeoutError:
        raise _missing("the Keychain does not answer") from None


def _credential(
    secret: SecretStr,
    source: str,
    origin: str,
    provider: Provider,
    *,
    facts: LoginFacts = LoginFacts(),  # noqa: B008  # frozen
    home_bound: bool = False,
) -> Credential:
    key = secret.get_secret_value()
    if not (key.isascii() and key.isprintable()) or " " in key or len(key) > _LONGEST_KEY:
        hint = "the key has spaces, line breaks or letters that no key has; set it again"
        raise ProviderError(FailureKind.AUTH_NEEDED, Reason.KEY_MALFORMED, hint=hint)
    shape = key_shape(key, provider.key_shapes)
    return Credential(secret, source, origin, key_fingerprint(key), shape, facts, home_bound)


def _lacks_scope(facts: LoginFacts) -> bool:
    return bool(facts.scopes) and not may_read_usage(facts)


def _missing(hint: str | None) -> ProviderError:
    return ProviderError(FailureKind.NOT_CONFIGURED, Reason.KEY_MISSING, hint=hint)
