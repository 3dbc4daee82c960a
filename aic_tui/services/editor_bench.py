"""What the editor works with: the running accounts, and the tools beside config.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from aic_tui.config.settings import Config
from aic_tui.models import AccountState
from aic_tui.services.monitor import Found

if TYPE_CHECKING:
    from aic_tui.config.secrets import Vault
    from aic_tui.providers.client import Client
    from aic_tui.services.key_origins import KeyOrigins
    from aic_tui.services.refresh import RefreshService
    from aic_tui.store.store import Store


class Tools(NamedTuple):
    """What can be asked and changed besides config.toml."""

    service: RefreshService
    vault: Vault
    origins: KeyOrigins
    client: Client
    store: Store


class Bench(Protocol):
    """What the editor works with: the running accounts."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    @property
    def flags(self) -> Mapping[str, str]:
        """What was said on the command line for settings."""

    async def known_states(self) -> Sequence[AccountState]:
        """The states of all accounts ever asked, those on show as they stand."""

    async def findings(self) -> Sequence[Found]:
        """Credentials on this machine."""

    async def tools(self) -> Tools:
        """Who asks, who keeps keys, and where these may go."""

    async def take_over(self, config: Config) -> None:
        """Put a saved configuration into force."""

    def ask_soon(self, account_ids: Sequence[str]) -> None:
        """Refresh these accounts by the user's wish, in the background."""
