"""The values that travel through the program. All frozen, none knows where it came from or where it goes.

Conventions: ``*_at`` is an aware UTC instant, ``*_seconds`` a duration, ``ratio`` is used/limit with 1.0 = all used
(it may exceed 1.0), money and counters are ``Decimal``. ``None`` means "the provider did not say" and never zero.
Every ``str`` that came from outside has been through :func:`aic_tui.text.clean` before it is put in here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from aic_tui.errors import FailureKind, Reason


class Status(StrEnum):
    """The one word for an account, as the contract spells it. Failures keep the name of their kind."""

    OK = "ok"
    WARN = "warn"
    EXHAUSTED = "exhausted"
    NOT_CONFIGURED = "not_configured"
    AUTH_NEEDED = "auth_needed"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    OFFLINE = "offline"
    TIMEOUT = "timeout"
    SERVER_ERROR = "server_error"
    BLOCKED_BY_GATEWAY = "blocked_by_gateway"
    FORMAT_CHANGED = "format_changed"
    UNSUPPORTED = "unsupported"
    ERROR = "error"


class MoneyKind(StrEnum):
    """What an amount of money means. Amounts of different kinds are never summed together."""

    BILLED = "billed"
    ESTIMATE = "estimate"
    INCLUDED = "included"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Window:
    """One quota lane of an account, for example "5 hours", "week" or "credits".

    ``unit`` is ``percent``, ``tokens``, ``requests``, ``credits``, ``messages`` or a lower-case currency code.
    ``used`` and ``limit`` are in that unit, and None for lanes that tell a ratio only.
    ``started`` is False where the provider says that the window opens with the next request.
    ``blocking`` is False for a lane that never stops work (for example money spent beyond the plan without a cap).
    """

    id: str
    label: str
    unit: str = "percent"
    ratio: float | None = None
    used: Decimal | None = None
    limit: Decimal | None = None
    resets_at: datetime | None = None
    window_seconds: int | None = None
    unlimited: bool = False
    started: bool = True
    blocking: bool = True


@dataclass(frozen=True, slots=True)
class Balance:
    """Prepaid money or credits that are left. ``currency`` is ISO 4217 upper case, or ``credits``."""

    amount: Decimal
    currency: str
    granted: Decimal | None = None
    topped_up: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Spend:
    """Money spent in one period. ``period`` is ``today``, ``7d``, ``week``, ``30d``, ``month`` or ``total``."""

    amount: Decimal
    currency: str
    period: str
    kind: MoneyKind = MoneyKind.BILLED
    period_start: datetime | None = None
    period_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class UsageTotals:
    """Counters of one period. ``tokens_input`` includes the cached ones; ``tokens_cached`` is a subset of it."""

    requests_count: int | None = None
    tokens_input: int | None = None
    tokens_output: int | None = None
    tokens_cached: int | None = None
    cost_usd: Decimal | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """Counters of one model in the period of the snapshot's :class:`UsageTotals`."""

    model: str
    tokens_input: int | None = None
    tokens_output: int | None = None
    tokens_cached: int | None = None
    requests_count: int | None = None
    cost: Decimal | None = None
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a provider's ``parse`` makes of its replies: all that one answer says about an account.

    ``account_name`` is who the provider says this is (login, e-mail, organisation). ``note`` is one sentence of
    the provider file for a state that is no failure ("key valid; spend needs an admin key"). ``available`` is
    False where the provider itself says that calls are refused now. ``named`` is True where the title of the account's
    panel tells ``account_name`` too.
    """

    account_name: str | None = None
    plan: str | None = None
    windows: tuple[Window, ...] = ()
    balances: tuple[Balance, ...] = ()
    spends: tuple[Spend, ...] = ()
    usage: UsageTotals | None = None
    models: tuple[ModelUsage, ...] = ()
    available: bool | None = None
    note: str | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A reading with the instant it was fetched at and the credential it was fetched with."""

    reading: Reading
    fetched_at: datetime
    auth_source: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the last fetch gave nothing. ``format.failure_sentence`` makes the words; this only holds facts.

    ``hint`` is the provider file's own advice for this case. ``detail`` is what the server said, cleaned and
    redacted. ``retry_at`` is the next instant a request may be made; None while parked or unknown.
    """

    kind: FailureKind
    at: datetime
    reason: Reason | None = None
    hint: str | None = None
    detail: str | None = None
    retry_at: datetime | None = None
    http_status: int | None = None


@dataclass(frozen=True, slots=True)
class AccountState:
    """Everything a screen may know about one account.

    ``snapshot`` is the last good one and outlives failures. ``next_at`` is the next planned request.
    ``account_name`` of the snapshot is who the provider says it is; ``label`` is the user's own name for it.
    ``whose`` tells apart accounts of one id in several configurations; None before the first question.
    """

    account_id: str
    provider_id: str
    provider_name: str
    label: str
    auth_source: str | None = None
    enabled: bool = True
    pinned: bool = False
    snapshot: Snapshot | None = None
    failure: Failure | None = None
    fetching: bool = False
    next_at: datetime | None = None
    interval_seconds: int = 300
    whose: str | None = None

    @property
    def reading(self) -> Reading | None:
        """The last good reading, or None when there never was one."""
        return self.snapshot.reading if self.snapshot else None

    @property
    def fetched_at(self) -> datetime | None:
        """When the figures on show were fetched, or None when there are none."""
        return self.snapshot.fetched_at if self.snapshot else None

    @property
    def stale(self) -> bool:
        """True when figures are on show but the last attempt to renew them failed."""
        return self.snapshot is not None and self.failure is not None

    def succeeded(self, snapshot: Snapshot) -> AccountState:
        """The state after a good fetch: new figures, no failure."""
        return replace(self, snapshot=snapshot, failure=None, fetching=False, auth_source=snapshot.auth_source)

    def failed(self, failure: Failure) -> AccountState:
        """The state after a bad fetch: the last good figures stay."""
        return replace(self, failure=failure, fetching=False)


@dataclass(frozen=True, slots=True)
class Point:
    """One recorded measurement. Quota lanes have a ``window_id``; balance and spend points use ``balance:USD`` and
    ``cost:today`` style ids and leave ``ratio`` None."""

    account_id: str
    window_id: str
    at: datetime
    ratio: float | None = None
    used: Decimal | None = None
    limit: Decimal | None = None
    balance: Decimal | None = None
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RequestEntry:
    """One line of the requests log: never a header, a query or a body."""

    account_id: str
    at: datetime
    method: str
    url: str
    outcome: str
    http_status: int | None = None
    duration_ms: int | None = None
    size_bytes: int | None = None
