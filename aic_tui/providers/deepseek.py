"""DeepSeek: prepaid balance of an API key, in one or two currencies.

Source: api-docs.deepseek.com, "Get User Balance" (2026-11). One request; all money comes as strings.
The shortest provider file, and the one to copy for a new provider.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from aic_tui.models import Balance, Reading
from aic_tui.providers.base import Ask, Login, Provider, Reply, Request
from aic_tui.providers.wire import Currency, Flag, Listed, Number, Wire, read, shape_changed


class _Balance(Wire):
    currency: Currency = None
    total_balance: Number = None
    granted_balance: Number = None
    topped_up_balance: Number = None


class _Answer(Wire):
    is_available: Flag = None
    balance_infos: Listed[_Balance]


def _plan(_ask: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
    return () if replies else (Request("balance", "/user/balance"),)


def _parse(_ask: Ask, replies: Sequence[Reply]) -> Reading:
    """Every balance that is not zero, the main one first; a zero is shown only when there is nothing else."""
    data = replies[-1].data
    answer = read(_Answer, data)
    balances = [
        Balance(info.total_balance, info.currency, granted=info.granted_balance, topped_up=info.topped_up_balance)
        for info in answer.balance_infos
        if info.currency is not None and info.total_balance is not None
    ]
    if answer.balance_infos and not balances:
        raise shape_changed(data)
    balances.sort(key=_main_first, reverse=True)
    return Reading(
        balances=tuple(balance for balance in balances if balance.amount) or tuple(balances[:1]),
        available=answer.is_available,
        note=_note(balances) if answer.is_available is False else None,
    )


def _main_first(balance: Balance) -> tuple[bool, bool, Decimal]:
    return balance.amount != 0, balance.currency == "USD", balance.amount


def _note(balances: Sequence[Balance]) -> str:
    if any(balance.amount > 0 for balance in balances):
        return "DeepSeek does not accept calls on this balance now; see platform.deepseek.com."
    return "No balance is left; add credit at platform.deepseek.com."


DEEPSEEK = Provider(
    id="deepseek",
    name="DeepSeek",
    docs_url="https://api-docs.deepseek.com/api/get-user-balance",
    base_url="https://api.deepseek.com",
    plan=_plan,
    parse=_parse,
    env=("DEEPSEEK_API_KEY", "DEEPSEEK_KEY"),
    logins=(Login("opencode", entries=("deepseek",), types=("api",)),),
    key_shapes=("sk-",),
    floor_seconds=60,
    interval_seconds=60,
    max_per_hour=60,
    setup_hint="Create an API key at platform.deepseek.com/api_keys and set DEEPSEEK_API_KEY.",
    shows="balance",
)
