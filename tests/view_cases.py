"""Strategies for any state an account can be in, for the tests of the views."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from aic_tui.errors import FailureKind, Reason
from aic_tui.models import (
    AccountState,
    Balance,
    Failure,
    ModelUsage,
    MoneyKind,
    Point,
    Reading,
    RequestEntry,
    Snapshot,
    Spend,
    UsageTotals,
    Window,
)
from aic_tui.text import clean
from aic_tui.view.card import card
from aic_tui.view.spans import Line, ViewOptions, text_of

NOW = datetime(2026, 11, 21, 10, 48, tzinfo=UTC)

NAMES = st.one_of(
    st.sampled_from(
        ["Claude", "GitHub Copilot", "OpenRouter work", "[/red] [bold]", "日本語アカウント", "👨‍👩‍👧 team", "x"]
    ),
    st.text(min_size=1, max_size=40).map(clean).filter(bool),
)
WINDOW_NAMES = st.one_of(
    st.sampled_from(["5 hours", "week", "week Sonnet", "month", "credits", "GPT-5.3-Codex-Spark week"]), NAMES
)
INSTANTS = st.floats(-40 * 86400, 400 * 86400).map(lambda seconds: NOW + timedelta(seconds=seconds))
PAST = st.floats(0, 90 * 86400).map(lambda seconds: NOW - timedelta(seconds=seconds))
AMOUNTS = st.decimals(Decimal("-1e6"), Decimal("1e13"), places=4, allow_nan=False)
CURRENCIES = st.sampled_from(["USD", "EUR", "CNY", "JPY", "CHF", "credits"])
UNITS = st.sampled_from(["percent", "requests", "tokens", "credits", "usd", "eur", "messages"])
RATIOS = st.one_of(st.sampled_from([0.0, 0.003, 0.5, 0.92, 0.996, 1.0, 1.147]), st.floats(0, 3))


def optional(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """The strategy's values, or None."""
    return st.one_of(st.none(), strategy)


WINDOWS = st.builds(
    Window,
    id=st.sampled_from(["session", "week", "month", "credits"]),
    label=WINDOW_NAMES,
    unit=UNITS,
    ratio=optional(RATIOS),
    used=optional(AMOUNTS),
    limit=optional(AMOUNTS),
    resets_at=optional(INSTANTS),
    window_seconds=optional(st.sampled_from([0, 18000, 86400, 604800, 2592000])),
    unlimited=st.sampled_from([False, False, False, True]),
    started=st.sampled_from([True, True, True, False]),
    blocking=st.sampled_from([True, True, True, False]),
)
BALANCES = st.builds(
    Balance, amount=AMOUNTS, currency=CURRENCIES, granted=optional(AMOUNTS), topped_up=optional(AMOUNTS)
)
SPENDS = st.builds(
    Spend,
    amount=AMOUNTS,
    currency=CURRENCIES,
    period=st.sampled_from(["today", "7d", "week", "30d", "month", "total"]),
    kind=st.sampled_from(list(MoneyKind)),
)
COUNTS = optional(st.integers(0, 10**13))
MODELS = st.builds(
    ModelUsage, model=NAMES, tokens_input=COUNTS, tokens_output=COUNTS, requests_count=COUNTS, cost=optional(AMOUNTS)
)
USAGE = st.builds(UsageTotals, requests_count=COUNTS, tokens_input=COUNTS, tokens_cached=COUNTS, period_start=PAST)
READINGS = st.builds(
    Reading,
    account_name=optional(NAMES),
    plan=optional(NAMES),
    windows=st.lists(WINDOWS, max_size=4).map(tuple),
    balances=st.lists(BALANCES, max_size=3).map(tuple),
    spends=st.lists(SPENDS, max_size=3).map(tuple),
    usage=optional(USAGE),
    models=st.lists(MODELS, max_size=3).map(tuple),
    available=st.sampled_from([None, True, False]),
    note=optional(st.sampled_from(["key valid; spend needs an admin key", "付与クレジットのみ"])),
)
FAILURES = st.builds(
    Failure,
    kind=st.sampled_from(list(FailureKind)),
    at=PAST,
    reason=optional(st.sampled_from(list(Reason))),
    hint=optional(st.sampled_from(["run `claude` once", "set MISTRAL_API_KEY"])),
    detail=optional(NAMES),
    retry_at=optional(INSTANTS),
    http_status=optional(st.sampled_from([401, 403, 429, 503])),
)
STATES = st.builds(
    AccountState,
    account_id=st.sampled_from(["claude", "openai", "work"]),
    provider_id=st.just("claude"),
    provider_name=NAMES,
    label=NAMES,
    auth_source=st.sampled_from([None, "env:OPENAI_ADMIN_KEY"]),
    snapshot=optional(st.builds(Snapshot, reading=READINGS, fetched_at=PAST)),
    failure=optional(FAILURES),
    next_at=optional(INSTANTS),
)
POINTS = st.lists(
    st.builds(
        Point,
        account_id=st.just("claude"),
        window_id=st.sampled_from(["session", "week", "balance:USD", "cost:today"]),
        at=PAST,
        ratio=optional(RATIOS),
        balance=optional(AMOUNTS),
        cost_usd=optional(AMOUNTS),
    ),
    max_size=12,
).map(lambda points: sorted(points, key=lambda point: point.at))
REQUESTS = st.lists(
    st.builds(
        RequestEntry,
        account_id=st.just("claude"),
        at=PAST,
        method=st.just("GET"),
        url=st.just("https://api.example.test/v1/usage"),
        outcome=st.sampled_from(["ok", "rate_limited"]),
        http_status=optional(st.sampled_from([200, 429])),
        duration_ms=optional(st.integers(1, 20000)),
    ),
    max_size=3,
)
OPTIONS = st.builds(
    ViewOptions,
    now=st.just(NOW),
    zone=st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Auckland")]),
    show=st.sampled_from(["used", "left"]),
    privacy=st.booleans(),
    ascii=st.booleans(),
    warn_percent=st.sampled_from([50, 80]),
)


# A few accounts with known figures, for tests that read words.

OPTS = ViewOptions(NOW, UTC)
LEFT = ViewOptions(NOW, UTC, show="left")
HOUR, WEEK = 3600, 7 * 24 * 3600

CLAUDE = AccountState(
    "claude",
    "claude",
    "Claude",
    "Claude",
    snapshot=Snapshot(
        Reading(
            account_name="ada@example.test",
            plan="Max 20x",
            windows=(
                Window(
                    "session", "5 hours", ratio=0.53, resets_at=NOW + timedelta(minutes=132), window_seconds=5 * HOUR
                ),
                Window("week", "week", ratio=0.21, resets_at=NOW + timedelta(days=5), window_seconds=WEEK),
            ),
            spends=(Spend(Decimal("14.20"), "USD", "today", MoneyKind.ESTIMATE),),
        ),
        NOW - timedelta(minutes=2),
    ),
)
WORK = AccountState(
    "work",
    "openrouter",
    "OpenRouter",
    "OpenRouter work",
    snapshot=Snapshot(
        Reading(
            windows=(Window("credits", "credits", "usd", used=Decimal("12.50"), limit=Decimal(20)),),
            balances=(Balance(Decimal("7.50"), "USD"),),
        ),
        NOW,
    ),
)
REJECTED = AccountState(
    "anthropic",
    "anthropic",
    "Anthropic API",
    "Anthropic API",
    failure=Failure(FailureKind.AUTH_NEEDED, NOW, Reason.KEY_REJECTED),
)
UNSET = replace(REJECTED, account_id="mistral", label="Mistral", failure=Failure(FailureKind.NOT_CONFIGURED, NOW))
WAITING = AccountState("kimi", "moonshot", "Kimi", "Kimi")


def reading_of(state: AccountState) -> Reading:
    assert state.reading is not None
    return state.reading


def with_reading(state: AccountState, reading: Reading) -> AccountState:
    assert state.snapshot is not None
    return replace(state, snapshot=replace(state.snapshot, reading=reading))


def exhausted_week() -> AccountState:
    five, week = reading_of(CLAUDE).windows
    return with_reading(CLAUDE, replace(reading_of(CLAUDE), windows=(five, replace(week, ratio=1.0))))


def limited(state: AccountState) -> AccountState:
    return state.failed(Failure(FailureKind.RATE_LIMITED, NOW, retry_at=NOW + timedelta(minutes=32)))


def texts(lines: tuple[Line, ...]) -> list[str]:
    return [text_of(item) for item in lines]


def card_text(state: AccountState, cells: int = 44, options: ViewOptions = OPTS, points: tuple[Point, ...] = ()) -> str:
    made = card(state, points, options, cells)
    return "\n".join([text_of(made.title), text_of(made.age), *texts(made.body)])
