"""What a form of an account starts from, and the words it is filled with. Pure but for the list of providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aic_tui.config.settings import Account, Config
from aic_tui.errors import ProviderError, UserError
from aic_tui.providers.address import base_url_of
from aic_tui.services.editing import AccountRow, KeyStore
from aic_tui.services.monitor import Found
from aic_tui.text import clean
from aic_tui.ui.widgets.fields import Option

if TYPE_CHECKING:
    from aic_tui.providers.base import Provider

KEEP, PASTE, OTHER, SIGN_IN = "keep", "paste", "other", "sign in"


def variables_of(provider_id: str) -> tuple[str, ...]:
    """The variables that hold a key of that provider; none where there is no such provider."""
    from aic_tui.providers.registry import get_provider

    try:
        return get_provider(provider_id).env
    except UserError:
        return ()


def signs_in(provider_id: str) -> bool:
    """True where this program can get the token itself, by a login in the browser."""
    from aic_tui.providers.registry import get_provider

    try:
        return get_provider(provider_id).login is not None
    except UserError:
        return False


def key_options(
    provider: Provider, findings: Sequence[Found], environ: Mapping[str, str], row: AccountRow | None
) -> list[Option]:
    """Where the key may come from: as it is, pasted, the provider's variables, logins that were found."""
    options = [Option(KEEP, _kept(row))] if row is not None else []
    if provider.login is not None:
        options.append(Option(SIGN_IN, "sign in with GitHub" if row is None else "sign in again with GitHub"))
    options.append(Option(PASTE, "pasted here" if row is None else "a new one, pasted here"))
    now = (row.account.key or "") if row is not None else ""
    for name in provider.env:
        if now != f"env:{name}":
            told = " (set)" if environ.get(name, "").strip() else ""
            options.append(Option(f"env:{name}", f"env:{name}{told}"))
    for found in findings:
        if found.provider_id == provider.id and found.source.startswith("discovered:") and found.source != now:
            tool = found.source.partition(":")[2]
            options.append(Option(found.source, f"login of {tool}"))
    return [*options, Option(OTHER, "another variable")]


def _kept(row: AccountRow) -> str:
    words = {
        KeyStore.KEYRING: "kept in the keyring",
        KeyStore.FILE: "kept in the file",
        KeyStore.NONE: "found by itself",
    }
    return words.get(row.store) or (row.account.key or "").replace("discovered:", "login of ")


def suggested_name(provider: Provider, account_id: str) -> str:
    """A name that tells the accounts of one provider apart: "OpenRouter", then "OpenRouter 2"."""
    number = account_id.removeprefix(provider.id).strip("-")
    return f"{provider.name} {number}" if number else provider.name


def store_for(config: Config) -> KeyStore:
    """Where a pasted key goes unless the user says otherwise."""
    return KeyStore.FILE if config.settings.storage == "file" else KeyStore.KEYRING


def reference_for(store: KeyStore) -> str:
    """What config.toml says about a key that is kept there."""
    return "file" if store is KeyStore.FILE else "keyring"


def host_of(address: str) -> str:
    """The host that would be asked, as it is shown; "" for what is no address."""
    try:
        return clean(urlsplit(address).netloc.rpartition("@")[2], 100)
    except ValueError:
        return ""


def asked_host(account: Account, provider: Provider) -> str:
    """The host that this account's requests go to."""
    try:
        return host_of(account.base_url or base_url_of(provider, account))
    except ProviderError:
        return ""
