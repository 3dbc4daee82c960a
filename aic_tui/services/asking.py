"""One question to one provider about one account: credential, claim, fetch, and what that does to the gate."""

from __future__ import annotations

import asyncio
import copy
import hashlib
from collections import Counter
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError
from aic_tui.models import Failure, RequestEntry, Snapshot
from aic_tui.providers.address import base_url_of, parse_origin
from aic_tui.providers.base import Provider
from aic_tui.services.backoff import (
    Trouble,
    after_failure,
    after_offline,
    after_success,
    cut_hint,
    is_unreachable,
    is_unsent,
    parked_failure,
)
from aic_tui.store.gate import OFFLINE, Change, Claim, Gate, Terms, Wait
from aic_tui.store.store import Store

if TYPE_CHECKING:
    from aic_tui.config.secrets import Vault
    from aic_tui.providers.auth import Credential
    from aic_tui.providers.client import Client

# So many that a server which drips holds up only those who ask the same one.
_MOST_AT_ONCE = 8
# Nothing of these can change while a request is under way, and the keyring is not to be asked needlessly.
_STEADY_SOURCES = ("env:", "keyring")


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one question.

    ``sent`` is True when the provider was asked. Without that there is a ``wait``, or a ``failure`` found before
    (no credential). ``again`` means that the credential was exchanged meanwhile: the answer is thrown away.
    ``until`` is the end of the wait that the answer imposes. ``reached`` is None where nothing was learned about
    the network.
    """

    sent: bool
    key: str | None = None
    snapshot: Snapshot | None = None
    failure: Failure | None = None
    wait: Wait | None = None
    again: bool = False
    until: datetime | None = None
    source: str | None = None
    raw: str | None = None
    reached: bool | None = None


def moment(seconds: float | None) -> datetime | None:
    """Seconds since 1970 as an instant."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def gate_key(account: Account, provider: Provider, fingerprint: str) -> str:
    """Who shares a gate: every account with this token at this provider, per server where that is not its own."""
    address = account.base_url or _own_address(account, provider)
    places = [address, *(f"{name}={url}" for name, url in sorted(account.hosts.items()))]
    server = "".join(places) and "@" + hashlib.sha256("\n".join(places).encode()).hexdigest()[:8]
    return f"{provider.id}:{fingerprint}{server}"


def _own_address(account: Account, provider: Provider) -> str:
    """The address that the account's login host leads to; "" for the provider's usual one, however it is written."""
    try:
        own = base_url_of(provider, account)
    except ProviderError:
        return account.login_url or ""
    return "" if own == provider.base_url else own


def _server_of(account: Account, provider: Provider) -> Hashable:
    """What two accounts have in common that ask one server, whatever the paths."""
    try:
        return parse_origin(account.base_url or base_url_of(provider, account)).server
    except ProviderError:
        return account.base_url, account.login_url  # nothing will be sent there


def waiting_failure(wait: Wait, now: datetime) -> Failure | None:
    """What to show for a wait whose cause this instance has not seen itself; None for the ordinary ones."""
    if wait.parked is not None:
        kind, reason = parked_failure(wait.parked)
        return Failure(kind, now, reason)
    shown = {"retry_after": FailureKind.RATE_LIMITED, "offline": FailureKind.OFFLINE}.get(wait.why)
    return None if shown is None else Failure(shown, now, retry_at=moment(wait.until))


class Asker:
    """At most eight questions at once and one per server; ``started`` is called when one is really sent."""

    def __init__(
        self, env: Environment, store: Store, client: Client, vault: Vault, started: Callable[[str], None]
    ) -> None:
        self._env = env
        self._store = store
        self._client = client
        self._vault = vault
        self._started = started
        self._owner = f"{env.pid}-{env.rng.getrandbits(32):08x}"
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)
        self._origins: dict[Hashable, asyncio.Lock] = {}
        self._failed: Counter[str] = Counter()
        self._fixed: Credential | None = None

    def note_request(self, entry: RequestEntry) -> None:
        """Write one request of the client to the log."""
        if entry.outcome != "ok":
            self._failed[entry.account_id] += 1
        # Closed: a request that was cut off by the end of the program.
        with suppress(RuntimeError):
            self._store.post(self._store.requests.add, entry)

    def for_trial(self, credential: Credential) -> Asker:
        """One that asks with ``credential``, whatever the account's own may be."""
        trial = copy.copy(self)
        trial._fixed = credential
        trial._started = lambda _account_id: None
        return trial

    async def ask(self, account: Account, provider: Provider, terms: Terms, *, probe: bool = False) -> Asked:
        """Ask now if ``terms`` and the gate allow. ``probe`` asks for the whole offline machine.

        Raises only what is a defect.
        """
        async with self._origins.setdefault(_server_of(account, provider), asyncio.Lock()), self._slots:
            try:
                credential = await self._permitted(account, provider)
            except ProviderError as error:
                return Asked(sent=False, failure=self._failure(error))
            key = gate_key(account, provider, credential.fingerprint)
            claim = await self._claim(key, terms)
            if isinstance(claim, Wait):
                return Asked(sent=False, key=key, wait=claim, source=credential.source)
            if not probe:
                return await self._fetch(account, provider, credential, claim, None)
            ticket = await self._claim(OFFLINE, Terms(0.0, 0))
            if isinstance(ticket, Wait):
                await self._store.call(self._store.gates.refund, claim)
                wait = Wait(ticket.until, "offline")
                return Asked(sent=False, key=key, wait=wait, source=credential.source)
            return await self._fetch(account, provider, credential, claim, ticket)

    async def _fetch(
        self, account: Account, provider: Provider, credential: Credential, claim: Claim, ticket: Claim | None
    ) -> Asked:
        self._started(account.id)
        self._failed.pop(account.id, None)
        try:
            try:
                fetched = await self._client.fetch(provider, account, credential)
            except ProviderError as error:
                return await self._conclude_failure(error, (account, provider, credential), claim, ticket)
            snapshot = Snapshot(fetched.reading, self._env.now(), credential.source)
            again = await self._exchanged(account, provider, credential)
            gate = await self._settle(claim, after_success, self._failed[account.id])
            await self._settle_ticket(ticket, reached=True)
            asked = Asked(sent=True, key=claim.key, source=credential.source, reached=True, again=again)
            return asked if again else replace(asked, snapshot=snapshot, raw=fetched.raw, until=moment(gate.not_before))
        except BaseException:
            # Quitting, or a defect: the request counts, but nobody has to wait for the lease to end.
            for held in (claim, ticket):
                if held is not None:
                    with suppress(RuntimeError):
                        self._store.post(self._store.gates.settle, held, _unchanged)
            raise

    async def _conclude_failure(
        self,
        error: ProviderError,
        subject: tuple[Account, Provider, Credential],
        claim: Claim,
        ticket: Claim | None,
    ) -> Asked:
        account, provider, credential = subject
        asked = Asked(sent=True, key=claim.key, source=credential.source, failure=self._failure(error))
        if is_unsent(error):
            await self._store.call(self._store.gates.refund, claim)
            if ticket is not None:
                await self._store.call(self._store.gates.refund, ticket)
            return replace(asked, sent=False)
        reached = not is_unreachable(error)
        now = self._env.now().timestamp()
        trouble = Trouble.of(error, now)
        rejected = error.kind is FailureKind.AUTH_NEEDED
        again = await self._exchanged(account, provider, credential) if reached else False

        def change(gate: Gate) -> Gate:
            # As the probe of a machine that is offline, an account learns nothing about its provider.
            return gate if ticket is not None and not reached else after_failure(gate, trouble, now, self._env.rng)

        gate = await self._settle(claim, change, self._failed[account.id] - 1)
        await self._settle_ticket(ticket, reached=reached)
        if again and rejected:
            return replace(asked, failure=None, again=True, reached=True)
        until = None if gate.parked else moment(gate.not_before)
        failure = replace(self._failure(error), retry_at=until, hint=cut_hint(trouble) or error.hint)
        wait = Wait(None, "parked", gate.parked) if gate.parked else None
        return replace(asked, failure=failure, until=until, wait=wait, reached=reached)

    async def _settle(self, claim: Claim, change: Change, repeats: int) -> Gate:
        """End a claim; ``repeats`` are requests beyond the one that was claimed, because the way there was bad."""
        at = self._env.now().timestamp()

        def counted(gate: Gate) -> Gate:
            return replace(change(gate), recent=(*gate.recent, *([at] * max(0, repeats))))

        return await self._store.call(self._store.gates.settle, claim, counted)

    async def _settle_ticket(self, ticket: Claim | None, *, reached: bool) -> None:
        if ticket is None:
            return
        now = self._env.now().timestamp()
        change = online if reached else lambda gate: after_offline(gate, now, self._env.rng)
        await self._store.call(self._store.gates.settle, ticket, change)

    async def _claim(self, key: str, terms: Terms) -> Claim | Wait:
        now = self._env.now().timestamp()
        return await self._store.call(self._store.gates.try_claim, key, now, self._owner, terms)

    async def _resolve(self, account: Account, provider: Provider) -> Credential:
        from aic_tui.providers.auth import resolve

        if self._fixed is not None:
            return self._fixed
        return await resolve(account, provider, self._env, self._vault)

    async def _permitted(self, account: Account, provider: Provider) -> Credential:
        """The account's credential, once it is known that it may go to the account's servers."""
        from aic_tui.services.key_origins import KeyOrigins

        credential = await self._resolve(account, provider)
        await KeyOrigins(self._store).check(account, provider, credential)
        return credential

    async def _exchanged(self, account: Account, provider: Provider, credential: Credential) -> bool:
        """Whether the account's source has another token, or none, than the one that was just used."""
        if credential.source.startswith(_STEADY_SOURCES):
            return False
        try:
            return (await self._resolve(account, provider)).fingerprint != credential.fingerprint
        except ProviderError:
            return True

    def _failure(self, error: ProviderError) -> Failure:
        return Failure(
            kind=error.kind,
            at=self._env.now(),
            reason=error.reason,
            hint=error.hint,
            detail=error.detail,
            http_status=error.http_status,
        )


def online(gate: Gate) -> Gate:
    """The gate of the whole network when it works."""
    return replace(gate, level=0, not_before=None, why=None, failures=0)


def _unchanged(gate: Gate) -> Gate:
    return gate
