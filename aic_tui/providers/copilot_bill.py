"""What GitHub billed for Copilot in this month: personal access tokens with the right to read the plan may ask.

Source: docs.github.com, "Billing usage" of the REST API (2026-11). Use is billed in premium requests until May 2026
and in AI credits since; each family of endpoints answers for its own time only. Rows of seats are no use. Tokens of the
device flow are always refused here and are not sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import Field as WireField

from aic_tui.models import ModelUsage, MoneyKind, Spend, UsageTotals
from aic_tui.providers.base import Ask, Reply, Request
from aic_tui.providers.github import API_HEADERS
from aic_tui.providers.wire import Many, Number, Text, Wire, total

_PERSONAL_TOKENS = ("github_pat_", "ghp_")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_CREDITS_SINCE = (2026, 6)
_CREDIT_UNITS = frozenset({"ai-credits", "ai-units"})
_REQUEST_UNITS = frozenset({"requests"})
# Whatever happens here, the quota stays on show.
_ANYTHING = frozenset({200, 400, 401, 403, 404, 408, 409, 410, 422, 429, 500, 502, 503, 504})


class _Item(Wire):
    model: Text = None
    unit: Text = WireField(default=None, validation_alias="unitType")
    gross_quantity: Number = WireField(default=None, validation_alias="grossQuantity")
    discount_amount: Number = WireField(default=None, validation_alias="discountAmount")
    net_amount: Number = WireField(default=None, validation_alias="netAmount")


class _Usage(Wire):
    items: Many[_Item] = WireField(default=(), validation_alias="usageItems")


@dataclass(frozen=True, slots=True)
class Bill:
    """One month's bill. ``quantity`` is what was used, in ``unit`` (``credits`` or ``requests``)."""

    unit: str
    quantity: Decimal | None
    since: datetime
    until: datetime
    spends: tuple[Spend, ...]
    usage: UsageTotals
    models: tuple[ModelUsage, ...]

    @property
    def seconds(self) -> int:
        """The month's length."""
        return int((self.until - self.since).total_seconds())


def may_ask_bill(ask: Ask) -> bool:
    """True for tokens that may have the right to read what was billed."""
    return ask.key_shape in _PERSONAL_TOKENS


def bill_request(ask: Ask, login: str | None) -> Request | None:
    """The question for this month's bill, of the account's organisation where it names one; None where it is idle."""
    organization = ask.fields.get("organization", "").strip()
    if (
        not may_ask_bill(ask)
        or not _NAME.fullmatch(login or "")
        or (organization and not _NAME.fullmatch(organization))
    ):
        return None
    family = "ai_credit" if _is_credits(ask.now) else "premium_request"
    owner = f"organizations/{organization}" if organization else f"users/{login}"
    params = [("year", str(ask.now.year)), ("month", str(ask.now.month))]
    if organization:
        params.append(("user", login or ""))
    return Request(
        "bill",
        f"/{owner}/settings/billing/{family}/usage",
        params=tuple(params),
        headers=API_HEADERS,
        accept=_ANYTHING,
        accept_html=True,
    )


def bill_of(ask: Ask, reply: Reply | None) -> Bill | None:
    """The bill in an answer; None where there is none: a refusal, an unknown shape, or not one row of use."""
    if reply is None or reply.status != 200 or not isinstance(reply.data, dict):
        return None
    credit = _is_credits(ask.now)
    units = _CREDIT_UNITS if credit else _REQUEST_UNITS
    items = [item for item in _Usage.model_validate(reply.data).items if (item.unit or "").lower() in units]
    net = total(item.net_amount for item in items)
    quantity = total(item.gross_quantity for item in items)
    if net is None and quantity is None:
        return None
    since = ask.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    until = (since + timedelta(days=32)).replace(day=1)
    included = total(item.discount_amount for item in items)
    amounts = ((net, MoneyKind.BILLED), (included or None, MoneyKind.INCLUDED))
    return Bill(
        unit="credits" if credit else "requests",
        quantity=quantity,
        since=since,
        until=until,
        spends=tuple(
            Spend(amount, "USD", "month", kind, period_start=since, period_end=until)
            for amount, kind in amounts
            if amount is not None
        ),
        usage=UsageTotals(
            requests_count=None if credit else _whole(quantity), cost_usd=net, period_start=since, period_end=until
        ),
        models=tuple(_models(items, credit=credit)),
    )


def _models(items: Sequence[_Item], *, credit: bool) -> Iterable[ModelUsage]:
    for name in dict.fromkeys(item.model for item in items if item.model):
        own = [item for item in items if item.model == name]
        requests = None if credit else _whole(total(item.gross_quantity for item in own))
        yield ModelUsage(name, requests_count=requests, cost=total(item.net_amount for item in own))


def _is_credits(at: datetime) -> bool:
    return (at.year, at.month) >= _CREDITS_SINCE


def _whole(quantity: Decimal | None) -> int | None:
    return int(quantity) if quantity is not None and quantity >= 0 else None
