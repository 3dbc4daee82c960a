"""The JSON documents of the contract: pure functions from the program's values to what ``json.dumps`` takes.

What is not known is null, money is a decimal string, a percent is 0 to 100 used, a time is UTC with ``Z``. Under
privacy names are ``***`` and money is null. Keys may be added, never renamed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from aic_tui import __version__
from aic_tui.errors import FailureKind
from aic_tui.format import failure_sentence, is_money, masked
from aic_tui.models import AccountState, Balance, ModelUsage, Point, Reading, Spend, UsageTotals, Window
from aic_tui.outlook import is_stale, is_waiting, outlook, status_of

Document = dict[str, Any]

# Without these the figures cannot come back by themselves, so the account is not available.
_LOST = frozenset({FailureKind.NOT_CONFIGURED, FailureKind.AUTH_NEEDED, FailureKind.FORBIDDEN, FailureKind.UNSUPPORTED})
NOT_ASKED = "not asked yet · `aic-tui refresh` does"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a document depends on besides the figures."""

    now: datetime
    zone: tzinfo
    warn_percent: int = 80
    privacy: bool = False
    cache_ttl_seconds: int = 300


def dump(document: Document) -> str:
    """``document`` as indented JSON with a line break at its end."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def instant(at: datetime | None) -> str | None:
    """``2026-11-21T08:00:00Z``, rounded down to the second; None stays None."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def decimal(value: Decimal | None) -> str | None:
    """``value`` as plain digits, as many as the provider gave, never with an exponent; None for what is no number."""
    return None if value is None or not value.is_finite() else format(value, "f")


def percent_used(ratio: float | None) -> float | None:
    """A ratio as percent with two decimals."""
    return None if ratio is None else round(ratio * 100, 2)


def usage_document(states: Iterable[AccountState], terms: Terms) -> Document:
    """``usage --json``: every account with its last known figures."""
    return {
        "version": __version__,
        "generated_at": instant(terms.now),
        "providers": [account_row(state, terms) for state in states],
    }


def account_row(state: AccountState, terms: Terms) -> Document:
    """One account of :func:`usage_document`."""
    reading = state.reading or Reading()
    error = _error(state, terms)
    lost = state.failure is not None and state.failure.kind in _LOST
    available = state.snapshot is not None and not lost and reading.available is not False
    balances = [_balance(balance, terms) for balance in reading.balances]
    main = next((row for row in balances if row["currency"] == "USD"), balances[0] if balances else None)
    return {
        "account_id": state.account_id,
        "account_label": _label(state, terms),
        "account_name": masked(reading.account_name, terms.privacy),
        "provider_id": state.provider_id,
        "provider_name": state.provider_name,
        "plan": reading.plan,
        "is_available": available,
        "status": str(status_of(state, terms.warn_percent, terms.now)),
        "description": error["message"] if error else reading.note,
        "auth_source": state.auth_source,
        "fetched_at": instant(state.fetched_at),
        "stale": is_stale(state, terms.cache_ttl_seconds, terms.now),
        "next_reset_time": instant(next_reset(reading, terms.now)),
        "windows": [_window(window, terms) for window in reading.windows],
        "balance": main,
        "balances": balances,
        "usage": _totals(reading.usage or UsageTotals(), terms),
        "error": error,
        "spends": [_spend(spend, terms) for spend in reading.spends],
        "models": [_model(model, terms) for model in reading.models],
        "note": reading.note,
        "pinned": state.pinned,
        "interval_seconds": state.interval_seconds,
    }


def next_reset(reading: Reading, now: datetime) -> datetime | None:
    """The earliest reset that is still to come, of any window; None when none is known."""
    return min((w.resets_at for w in reading.windows if w.resets_at is not None and w.resets_at > now), default=None)


def history_document(points: Iterable[Point], states: Sequence[AccountState], terms: Terms) -> Document:
    """``history --json``: recorded points, oldest first. The states tell which windows count money."""
    counted = {
        (state.account_id, window.id)
        for state in states
        for window in (state.reading.windows if state.reading else ())
        if not is_money(window.unit)
    }
    return {"points": [_point(point, terms, (point.account_id, point.window_id) in counted) for point in points]}


def _point(point: Point, terms: Terms, no_money: bool) -> Document:
    # Under privacy an amount is shown only where it is known to be no money.
    amount: Callable[[Decimal | None], str | None] = decimal if no_money else lambda value: _money(value, terms)
    return {
        "account_id": point.account_id,
        "window_id": point.window_id,
        "at": instant(point.at),
        "percent_used": percent_used(point.ratio),
        "used": amount(point.used),
        "limit": amount(point.limit),
        "balance": _money(point.balance, terms),
        "cost_usd": _money(point.cost_usd, terms),
    }


def checks_document(checks: Iterable[Mapping[str, str]]) -> Document:
    """``doctor --json``."""
    return {"checks": [dict(check) for check in checks]}


def _money(value: Decimal | None, terms: Terms) -> str | None:
    return None if terms.privacy else decimal(value)


def _label(state: AccountState, terms: Terms) -> str:
    """The user's own name for an account may say who they are; the provider's name never does."""
    if terms.privacy and state.label not in (state.provider_name, state.account_id):
        return "***"
    return state.label


def _error(state: AccountState, terms: Terms) -> Document | None:
    if is_waiting(state):
        return {"kind": str(FailureKind.ERROR), "message": NOT_ASKED, "retry_at": instant(state.next_at)}
    failure = state.failure
    if failure is None:
        return None
    return {
        "kind": str(failure.kind),
        "message": failure_sentence(failure, terms.zone, terms.now),
        "retry_at": instant(failure.retry_at),
        "reason": str(failure.reason) if failure.reason else None,
        "at": instant(failure.at),
        "http_status": failure.http_status,
        # What the server said may name the account, so privacy leaves it out.
        "detail": None if terms.privacy else failure.detail,
    }


def _window(window: Window, terms: Terms) -> Document:
    hidden = terms.privacy and is_money(window.unit)
    return {
        "id": window.id,
        "label": window.label,
        "unit": window.unit,
        "used": None if hidden else decimal(window.used),
        "limit": None if hidden else decimal(window.limit),
        "percent_used": percent_used(outlook(window, terms.now).ratio),
        "resets_at": instant(window.resets_at),
        "window_seconds": window.window_seconds,
        "unlimited": window.unlimited,
        "started": window.started,
        "blocking": window.blocking,
    }


def _balance(balance: Balance, terms: Terms) -> Document:
    return {"amount": _money(balance.amount, terms), "currency": balance.currency}


def _totals(usage: UsageTotals, terms: Terms) -> Document:
    return {
        "requests_count": usage.requests_count,
        "tokens_input": usage.tokens_input,
        "tokens_output": usage.tokens_output,
        "cost_usd": _money(usage.cost_usd, terms),
        "period_start": instant(usage.period_start),
        "period_end": instant(usage.period_end),
        "tokens_cached": usage.tokens_cached,
    }


def _spend(spend: Spend, terms: Terms) -> Document:
    return {
        "amount": _money(spend.amount, terms),
        "currency": spend.currency,
        "period": spend.period,
        "kind": str(spend.kind),
        "period_start": instant(spend.period_start),
        "period_end": instant(spend.period_end),
    }


def _model(model: ModelUsage, terms: Terms) -> Document:
    return {
        "model": model.model,
        "requests_count": model.requests_count,
        "tokens_input": model.tokens_input,
        "tokens_output": model.tokens_output,
        "tokens_cached": model.tokens_cached,
        "cost": _money(model.cost, terms),
        "currency": model.currency,
    }
