"""Several instances of the refresh service over one database, on one virtual clock, with a made-up network."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from aic_tui.config.secrets import Vault
from aic_tui.config.settings import Account, Settings
from aic_tui.environment import Environment
from aic_tui.models import AccountState, RequestEntry
from aic_tui.providers.client import Client
from aic_tui.services.refresh import RefreshService
from aic_tui.store.store import Store
from tests.clock import FakeClock
from tests.conftest import build_env

T = TypeVar("T")
Respond = Callable[[httpx.Request], httpx.Response]

KEY = "sk-test-kanarien0123456789"
BALANCE = {
    "is_available": True,
    "balance_infos": [{"currency": "USD", "total_balance": "14.20", "granted_balance": "2.00"}],
}
WINDOWS = {"five_hour": {"utilization": 37.0, "resets_at": "2026-11-21T10:00:00Z"}, "seven_day": None}


class InlineStore(Store):
    """Real tables in a real file, without the thread: virtual hours are then quick and always the same."""

    async def call(self, fn: Callable[..., T], *args: Any) -> T:
        return fn(*args)

    def post(self, fn: Callable[..., object], *args: Any) -> None:
        fn(*args)


@dataclass(frozen=True)
class Sent:
    """One request: virtual wall time, host, path, and the token it carried."""

    at: datetime
    host: str
    path: str
    token: str


def balance(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=BALANCE)


def windows(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=WINDOWS)


def status(code: int, headers: dict[str, str] | None = None) -> Respond:
    return lambda _request: httpx.Response(code, json={"error": {"message": "no"}}, headers=headers)


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


@dataclass
class Pane:
    """One instance."""

    env: Environment
    store: Store
    service: RefreshService
    published: list[AccountState]

    def state(self, account_id: str) -> AccountState:
        return next(state for state in self.service.states if state.account_id == account_id)


@dataclass
class Street:
    """The network and everyone on it. ``respond`` answers all requests and may be exchanged at any time."""

    root: Path
    clock: FakeClock
    respond: Respond = balance
    environ: dict[str, str] = field(default_factory=lambda: {"KEY": KEY})
    settings: Settings = field(default_factory=Settings)
    sent: list[Sent] = field(default_factory=list)
    panes: list[Pane] = field(default_factory=list)
    store_type: type[Store] = InlineStore

    def __post_init__(self) -> None:
        self.clock.auto = False

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.sent.append(Sent(self.clock.now(), request.url.host, request.url.path, token))
        return self.respond(request)

    def open(self, accounts: Sequence[Account]) -> Pane:
        """Start one more instance, as a process of its own would be."""
        number = len(self.panes)
        transport = httpx.MockTransport(self._handle)
        env = build_env(
            self.root, self.clock, self.environ, transport=transport, rng=random.Random(number), pid=100 + number
        )
        store = self.store_type.open(env)
        published: list[AccountState] = []
        panes: list[Pane] = []

        def note(entry: RequestEntry) -> None:
            panes[0].service.note_request(entry)

        client = Client(env, on_request=note)
        service = RefreshService(env, store, client, Vault(env), published.append)
        service.set_accounts(accounts, self.settings, store.states.load())
        pane = Pane(env, store, service, published)
        panes.append(pane)
        self.panes.append(pane)
        return pane

    def most_in_an_hour(self, path: str | None = None) -> int:
        """The most requests that fall into any span of one hour."""
        times = [seen.at.timestamp() for seen in self.sent if path in (None, seen.path)]
        return max((sum(start <= at < start + 3600 for at in times) for start in times), default=0)

    def gaps(self) -> list[float]:
        """Seconds between one request and the next."""
        times = [seen.at.timestamp() for seen in self.sent]
        return [b - a for a, b in itertools.pairwise(times)]
