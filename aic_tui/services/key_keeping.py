"""Setting an account's key: stored and read back, bound to its servers, and only then referred to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aic_tui.config.secrets import STORES, Vault
from aic_tui.config.settings import Account
from aic_tui.errors import ProviderError
from aic_tui.services.key_origins import KeyOrigins, servers_of

if TYPE_CHECKING:
    from pydantic import SecretStr

    from aic_tui.providers.base import Provider


async def set_key(
    vault: Vault,
    origins: KeyOrigins,
    target: tuple[Account, Provider],
    secret: SecretStr,
    where: str,
    *,
    refer: Callable[[], Awaitable[object]],
    patience_seconds: float | None = None,
) -> tuple[str, ...]:
    """Keep ``secret`` in ``where`` for the account; ``refer`` saves ``key = where`` in config.toml.

    ``where`` is the user's own choice: "file" is the consent to a file. The servers the key may be sent to are given
    back. An older key in the other store is erased at the end. Raises :class:`ProviderError` where the key was not
    stored, and whatever ``refer`` raises; then a key that nothing refers to is not left behind, as far as the store
    allows.
    """
    account, provider = target
    servers = servers_of(account, provider)  # an address that may not be used is told before anything is stored
    await vault.store(account.id, secret, where, file_consent=True, patience_seconds=patience_seconds)
    try:
        await origins.rebind(account, provider, secret.get_secret_value())
        if account.key != where:
            await refer()
    except BaseException:
        if account.key != where:
            await vault.erase(account.id, where, patience_seconds=patience_seconds)
        raise
    if account.key in STORES and account.key != where:
        try:
            await vault.erase(account.id, account.key)
        except ProviderError:
            return servers  # `doctor` lists it
    return servers
