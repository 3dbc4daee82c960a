"""Values that the store tests write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from aic_tui.errors import FailureKind, Reason
from aic_tui.models import (
    AccountState,
    Balance,
    Failure,
    ModelUsage,
    MoneyKind,
    Reading,
    Snapshot,
    Spend,
    UsageTotals,
    Window,
)

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def quota(ratio: float, at: datetime = NOW, *names: str) -> Snapshot:
    """A snapshot with one window per name (``5h`` when none is given), all used up to ``ratio``."""
    return Snapshot(Reading(windows=tuple(Window(name, name, ratio=ratio) for name in names or ("5h",))), at)


def full_state(account_id: str = "claude", at: datetime = NOW) -> AccountState:
    """A state in which no field has its default."""
    later = at + timedelta(hours=2, microseconds=123_456)
    reading = Reading(
        account_name="Zoë [/red] 東京",
        plan="Max 20x",
        windows=(
            Window("5h", "5 hours", "tokens", 0.53, Decimal("53.10"), Decimal("100"), later, 18000),
            Window("x", "Extra", "usd", None, Decimal("1E-7"), None, None, None, True, False, False),
        ),
        balances=(Balance(Decimal("7.50"), "USD", Decimal("1.00"), Decimal("6.50")),),
        spends=(Spend(Decimal("12.50"), "USD", "today", MoneyKind.ESTIMATE, at, later),),
        usage=UsageTotals(3, 10**15, 2, 1, Decimal("0.10"), at, later),
        models=(ModelUsage("opus", 1, 2, 3, 4, Decimal("0.30"), "EUR"),),
        available=False,
        note="spend needs an admin key",
        named=True,
    )
    failure = Failure(FailureKind.RATE_LIMITED, at, Reason.DNS, "wait", "slow down", later, 429)
    return AccountState(
        account_id=account_id,
        provider_id="claude",
        provider_name="Claude",
        label="Work",
        auth_source="discovered:claude-code",
        enabled=False,
        pinned=True,
        snapshot=Snapshot(reading, at, "discovered:claude-code"),
        failure=failure,
        next_at=later,
        interval_seconds=900,
        whose="0123456789abcdef",
    )
