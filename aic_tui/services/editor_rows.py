"""What the accounts and settings screens list. Pure but for looking at the logins of other tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aic_tui.config.settings import NOT_A_REFERENCE, SETTINGS, Account, Config
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.models import AccountState
from aic_tui.providers.base import Provider
from aic_tui.providers.registry import all_providers, get_provider, provider_ids
from aic_tui.services.accounts import account_problems, environment_accounts
from aic_tui.services.editing import AccountRow, KeyStore, SettingRow, Trial
from aic_tui.text import clean


def account_rows(
    env: Environment, config: Config, states: Sequence[AccountState], trials: Mapping[str, Trial]
) -> list[AccountRow]:
    """Every account of the configuration, in its order. May block for seconds on macOS: call it off the event loop."""
    known = {state.account_id: state for state in states}
    problems = {problem.setting: problem.sentence for problem in account_problems(config)}
    rows = []
    for account in _accounts(config, env):
        provider = get_provider(account.provider_id) if account.provider_id in provider_ids() else None
        store, origin = _whereabouts(account, provider, env)
        state = known.get(account.id)
        problem = problems.get(f"accounts.{account.id}.provider")
        if account.key == NOT_A_REFERENCE:
            problem = "Its key in config.toml is no reference such as env:NAME."
        rows.append(
            AccountRow(
                account=account,
                provider_name=provider.name if provider else account.provider_id,
                store=store,
                origin=origin,
                state=state if state and state.provider_id == account.provider_id else None,
                trial=trials.get(account.id),
                problem=problem,
            )
        )
    return rows


def setting_rows(config: Config) -> list[SettingRow]:
    """Every setting with its value in force; ``fixed_by`` names the flag or variable that stands above the file."""
    rows = []
    for setting in SETTINGS:
        origin = config.origins.get(setting.name, "default")
        fixed_by = setting.flag or "the command line" if origin == "flag" else None
        if origin.startswith("env:"):
            fixed_by = origin.removeprefix("env:")
        rows.append(SettingRow(setting, getattr(config.settings, setting.name), origin, fixed_by))
    return rows


def guess_provider(secret: str) -> str | None:
    """The provider whose keys begin as ``secret`` does, by the longest public prefix; None for none or several."""
    from aic_tui.providers.auth import key_shape

    providers = all_providers()
    shape = key_shape(secret.strip(), [shape for provider in providers for shape in provider.key_shapes])
    found = [provider.id for provider in providers if shape and shape in provider.key_shapes]
    return found[0] if len(found) == 1 else None


def suggest_id(provider_id: str, env: Environment, config: Config) -> str:
    """The provider's own id, else the first free one with a number behind it."""
    taken = {account.id for account in _accounts(config, env)}
    wanted, number = provider_id, 1
    while wanted in taken:
        number += 1
        wanted = f"{provider_id}-{number}"
    return wanted


def store_of(account: Account) -> KeyStore:
    """Where the account's key is kept by its reference; NONE without one."""
    scheme = (account.key or "").partition(":")[0]
    stores = {
        "env": KeyStore.ENVIRONMENT,
        "keyring": KeyStore.KEYRING,
        "file": KeyStore.FILE,
        "discovered": KeyStore.OTHER_TOOL,
    }
    return stores.get(scheme, KeyStore.NONE)


def _accounts(config: Config, env: Environment) -> Sequence[Account]:
    if config.has_accounts or config.broken:
        return config.accounts
    return environment_accounts(env)


def _whereabouts(account: Account, provider: Provider | None, env: Environment) -> tuple[KeyStore, str]:
    store = store_of(account)
    match store:
        case KeyStore.ENVIRONMENT:
            return store, (account.key or "").removeprefix("env:")
        case KeyStore.KEYRING:
            return store, f"aic-tui/{account.id}"
        case KeyStore.FILE:
            return store, str(env.paths.secrets_file)
        case _ if provider is None or account.key == NOT_A_REFERENCE:
            return store, ""
        case _:
            return _of_tool_or_default(account, provider, env)


def _of_tool_or_default(account: Account, provider: Provider, env: Environment) -> tuple[KeyStore, str]:
    from aic_tui.providers.auth import best_login, environment_keys, find_logins, outranks_variables

    tool = (account.key or "").partition(":")[2] or None
    try:
        best = best_login(find_logins(provider, env, tool, login_url=account.login_url), env.now())
    except UserError:
        best = None
    keys = environment_keys(provider, env)
    if tool is None and keys and not outranks_variables(best, env.now()):
        return KeyStore.ENVIRONMENT, keys[0][0]
    if best is not None:
        return KeyStore.OTHER_TOOL, clean(best.origin, 500)
    return (KeyStore.OTHER_TOOL, tool) if tool else (KeyStore.NONE, "")
