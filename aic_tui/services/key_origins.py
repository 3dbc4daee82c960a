"""A stored key goes to the servers it was stored for, or first used with, and to no other one without a yes.

Whoever can edit config.toml could otherwise have a key sent to a server of theirs. Remembered are fingerprints of keys
(which do not tell the key) and the servers of each, as notes in the database. Keys from variables are not bound, and
logins of other tools have their own, stricter rule.
"""

from __future__ import annotations

import json

from aic_tui.config.secrets import STORES
from aic_tui.config.settings import Account
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.address import Origin, base_url_of, parse_origin
from aic_tui.providers.auth import Credential, key_fingerprint
from aic_tui.providers.base import Provider
from aic_tui.store.store import Store
from aic_tui.text import clean

_MOST_SERVERS = 50


def servers_of(account: Account, provider: Provider) -> tuple[str, ...]:
    """Scheme, host and port of every server that this account names, its main one first.

    Raises :class:`ProviderError` NOT_CONFIGURED/BAD_ADDRESS for an address that may not be used.
    """
    addresses = (account.base_url or base_url_of(provider, account), *account.hosts.values())
    return tuple(dict.fromkeys(_server(parse_origin(address)) for address in addresses))


class KeyOrigins:
    """The servers each stored key may be sent to."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def check(self, account: Account, provider: Provider, credential: Credential) -> None:
        """Let the credential pass to the account's servers; a key that is new here is bound to them.

        Raises :class:`ProviderError`: AUTH_NEEDED/HOST_NOT_TRUSTED for a key that belongs to another server, unless
        the account has ``trust_base_url``; NOT_CONFIGURED/BAD_ADDRESS.
        """
        if credential.source not in STORES:
            return
        wanted = servers_of(account, provider)
        if account.trust_base_url:
            return
        bound = await self._store.call(self._bound, credential.fingerprint)
        if not bound:
            await self._store.call(self._save, credential.fingerprint, wanted)
            return
        strange = [server for server in wanted if server not in bound]
        if strange:
            hint = clean(
                f"its key was stored for {bound[-1]}; set it again for {strange[0]}, or set trust_base_url", 300
            )
            raise ProviderError(
                FailureKind.AUTH_NEEDED, Reason.HOST_NOT_TRUSTED, hint=hint, detail=clean(strange[0], 200)
            )

    async def rebind(self, account: Account, provider: Provider, key: str) -> tuple[str, ...]:
        """The user said yes: ``key`` may be sent to the account's servers, which are given back.

        Servers that were confirmed before stay confirmed: two accounts may share a key. Raises
        :class:`ProviderError` NOT_CONFIGURED/BAD_ADDRESS.
        """
        wanted = servers_of(account, provider)
        await self._store.call(self._add, key_fingerprint(key), wanted)
        return wanted

    def _bound(self, fingerprint: str) -> tuple[str, ...]:
        try:
            servers = json.loads(self._store.notes.get(_note(fingerprint)) or "[]")
        except ValueError:
            return ()
        return tuple(server for server in servers if isinstance(server, str)) if isinstance(servers, list) else ()

    def _add(self, fingerprint: str, servers: tuple[str, ...]) -> None:
        known = [server for server in self._bound(fingerprint) if server not in servers]
        self._save(fingerprint, (*known, *servers)[-_MOST_SERVERS:])

    def _save(self, fingerprint: str, servers: tuple[str, ...]) -> None:
        self._store.notes.set(_note(fingerprint), json.dumps(servers))


def _note(fingerprint: str) -> str:
    return f"key-servers:{fingerprint}"


def _server(origin: Origin) -> str:
    return str(Origin(*origin.server))
