"""OpenRouter: limit and spend of an API key; the balance of the wallet with a management key.

Source: openrouter.ai/docs/api-reference, get-current-key and get-credits (2026-11). ``usage`` is the key's lifetime
spend and says nothing about its limit; what is used of the limit is ``limit - limit_remaining``. Limits reset at UTC
midnight, on Monday, or on the first. ``/credits`` belongs to management keys: others get 403, and have been seen to
get 200 with zeros while the wallet held money (openchamber#3411), so they are not asked and 0/0 is no balance.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import Field as WireField

from aic_tui.models import Balance, Reading, Spend, UsageTotals, Window
from aic_tui.providers.base import Ask, Login, Provider, Reply, Request, reply_named
from aic_tui.providers.wire import Flag, IsNull, Maybe, Number, Text, Wire, ratio_of, read, shape_changed


class _Key(Wire):
    label: Text = None
    limit: Number = None
    has_no_limit: IsNull = WireField(default=False, validation_alias="limit")
    limit_remaining: Number = None
    limit_reset: Text = None
    usage: Number = None
    usage_daily: Number = None
    usage_weekly: Number = None
    usage_monthly: Number = None
    is_free_tier: Flag = None
    is_management_key: Flag = None
    is_provisioning_key: Flag = None


class _KeyAnswer(Wire):
    data: _Key


class _Credits(Wire):
    total_credits: Number = None
    total_usage: Number = None


class _CreditsAnswer(Wire):
    data: Maybe[_Credits] = None


def _plan(_ask: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
    if not replies:
        return (Request("key", "/api/v1/key"),)
    if len(replies) > 1:
        return ()
    key = read(_KeyAnswer, replies[0].data).data
    if not (key.is_management_key or key.is_provisioning_key):
        return ()
    return (Request("credits", "/api/v1/credits", accept=frozenset({401, 403, 404})),)


def _parse(ask: Ask, replies: Sequence[Reply]) -> Reading:
    key = read(_KeyAnswer, replies[0].data).data
    if key.usage is None and key.limit is None and not key.has_no_limit:
        raise shape_changed(replies[0].data)
    windows, balances = _windows(key, ask.now), _balances(reply_named(replies, "credits"))
    return Reading(
        account_name=key.label if key.label and not key.label.startswith("sk-or-") else None,
        plan="Free tier" if key.is_free_tier else None,
        windows=windows,
        balances=balances,
        spends=_spends(key, ask.now),
        usage=UsageTotals(cost_usd=key.usage) if key.usage is not None else None,
        note=None if balances or any(window.limit for window in windows) else _WALLET_NOTE,
    )


_WALLET_NOTE = "The wallet's balance needs a management key; this key tells its own spend only."


def _windows(key: _Key, now: datetime) -> tuple[Window, ...]:
    """The key's own limit. A limit of null is "no limit", one that is absent or unreadable is unknown."""
    if key.limit is None:
        no_limit = Window("credits", "Credits", unit="usd", unlimited=True, blocking=False)
        return (no_limit,) if key.has_no_limit and key.limit_remaining is None else ()
    used = None if key.limit_remaining is None else key.limit - key.limit_remaining
    starts_at, resets_at = _period(key.limit_reset, now)
    return (
        Window(
            "credits",
            "Credits",
            unit="usd",
            ratio=ratio_of(used, key.limit),
            used=used,
            limit=key.limit,
            resets_at=resets_at,
            window_seconds=int((resets_at - starts_at).total_seconds()) if starts_at and resets_at else None,
        ),
    )


def _period(reset: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Begin and end of the present period of a limit, in UTC; (None, None) for a limit that never resets."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if reset == "daily":
        return today, today + timedelta(days=1)
    if reset == "weekly":
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=7)
    if reset == "monthly":
        first = today.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1)
    return None, None


def _spends(key: _Key, now: datetime) -> tuple[Spend, ...]:
    amounts = (
        ("today", key.usage_daily, "daily"),
        ("week", key.usage_weekly, "weekly"),
        ("month", key.usage_monthly, "monthly"),
        ("total", key.usage, None),
    )
    return tuple(_spend(period, amount, _period(reset, now)) for period, amount, reset in amounts if amount is not None)


def _spend(period: str, amount: Decimal, span: tuple[datetime | None, datetime | None]) -> Spend:
    return Spend(amount, "USD", period, period_start=span[0], period_end=span[1])


def _balances(reply: Reply | None) -> tuple[Balance, ...]:
    """What is left in the wallet; slightly below zero is real. Refused, unreadable and 0/0 are unknown."""
    if reply is None or reply.status >= 300 or not isinstance(reply.data, dict):
        return ()
    credit = read(_CreditsAnswer, reply.data).data
    if credit is None or credit.total_credits is None or credit.total_usage is None:
        return ()
    if not credit.total_credits and not credit.total_usage:
        return ()
    return (Balance(credit.total_credits - credit.total_usage, "USD"),)


OPENROUTER = Provider(
    id="openrouter",
    name="OpenRouter",
    docs_url="https://openrouter.ai/docs/api-reference/limits",
    base_url="https://openrouter.ai",
    plan=_plan,
    parse=_parse,
    env=("OPENROUTER_API_KEY", "OPENROUTER_MANAGEMENT_API_KEY", "OPENROUTER_PROVISIONING_KEY"),
    logins=(Login("opencode", entries=("openrouter",), types=("api",)),),
    key_shapes=("sk-or-v1-",),
    floor_seconds=60,
    interval_seconds=60,
    max_per_hour=60,
    setup_hint="Create a key at openrouter.ai/settings/keys and set OPENROUTER_API_KEY;"
    " a management key also tells the balance.",
    shows="key limit, spend, balance",
)
