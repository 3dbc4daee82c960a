"""What Copilot's quota endpoint says of a plan: its lanes as windows, in each of the shapes seen. Pure.

Paid plans have ``quota_snapshots``, the free one ``limited_user_quotas``, which is what is left and not what is used.
Shapes as in microsoft/vscode, steipete/CodexBar and onllm-dev/onWatch (2026-11). A quota of 0 with 0 left is a
placeholder of usage-billed seats and not "0 % used".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import Field as WireField

from aic_tui.models import Window
from aic_tui.providers.wire import Flag, Instant, Maybe, Number, Text, Wire, believable_reset, ratio_of, slug
from aic_tui.text import clean

_LANES = {
    "premium_interactions": ("premium", "month", "requests"),
    "chat": ("chat", "chat", "messages"),
    "chat_messages": ("chat", "chat", "messages"),
    "completions": ("completions", "completions", "requests"),
    "code": ("completions", "completions", "requests"),
}
_PLANS = {"individual": "Pro", "individual_pro": "Pro+", "individual_max": "Max"}


class _Lane(Wire):
    entitlement: Number = None
    remaining: Number = None
    quota_remaining: Number = None
    percent_remaining: Number = None
    overage_count: Number = None
    overage_permitted: Flag = None
    unlimited: Flag = None
    has_quota: Flag = None
    credits_used: Number = None
    token_based_billing: Flag = None

    @property
    def left(self) -> Decimal | None:
        return self.remaining if self.quota_remaining is None else self.quota_remaining

    @property
    def is_unlimited(self) -> bool:
        return bool(self.unlimited) or self.entitlement == -1

    @property
    def is_placeholder(self) -> bool:
        return not self.is_unlimited and self.entitlement == 0 and not self.left

    @property
    def is_part_of_the_plan(self) -> bool:
        return self.has_quota is not False or self.is_unlimited or (self.entitlement or 0) > 0

    @property
    def is_over(self) -> bool:
        return bool(self.used and self.entitlement and self.entitlement > 0 and self.used > self.entitlement)

    @property
    def says_something(self) -> bool:
        return self.is_unlimited or not all(
            value is None
            for value in (self.entitlement, self.left, self.percent_remaining, self.credits_used, self.has_quota)
        )

    @property
    def used(self) -> Decimal | None:
        """Beyond the entitlement some answers go below zero, others stay at zero and count the overage."""
        if self.entitlement is None or self.left is None:
            return None
        used = max(self.entitlement - self.left, Decimal(0))
        over = self.overage_count if self.left <= 0 else None
        return max(used, self.entitlement + (over or 0)) if over and over > 0 else used

    @property
    def ratio(self) -> float | None:
        ratio = ratio_of(self.used, self.entitlement)
        if ratio is not None or self.percent_remaining is None or self.is_placeholder:
            return ratio
        share = float(100 - self.percent_remaining) / 100
        return max(share, 0.0) if share <= 10 else None


class Quota(Wire):
    """The answer of ``/copilot_internal/user``."""

    login: Text = None
    copilot_plan: Text = None
    access_type_sku: Text = None
    can_signup_for_limited: Flag = None
    token_based_billing: Flag = None
    quota_snapshots: Maybe[dict[str, Maybe[_Lane]]] = None
    limited_user_quotas: Maybe[dict[str, Number]] = None
    monthly_quotas: Maybe[dict[str, Number]] = None
    reset_utc: Instant = WireField(default=None, validation_alias="quota_reset_date_utc")
    reset_date: Instant = WireField(default=None, validation_alias="quota_reset_date")
    limited_reset: Instant = WireField(default=None, validation_alias="limited_user_reset_date")

    @property
    def resets_at(self) -> datetime | None:
        """When the month of the plan ends."""
        return self.reset_utc or self.reset_date or self.limited_reset


def windows_of(quota: Quota, now: datetime) -> tuple[Window, ...]:
    """One window for each lane, premium first."""
    resets_at = believable_reset(quota.resets_at, now)
    seconds = int((resets_at - _month_before(resets_at)).total_seconds()) if resets_at else None
    found: dict[str, Window] = {}
    for lane in (*_snapshots(quota), *_limited(quota)):
        found.setdefault(lane.id, replace(lane, resets_at=resets_at, window_seconds=seconds))
    order = [naming[0] for naming in _LANES.values()]
    return tuple(sorted(found.values(), key=lambda lane: order.index(lane.id) if lane.id in order else len(order)))


def _snapshots(quota: Quota) -> Iterator[Window]:
    for name, lane in (quota.quota_snapshots or {}).items():
        if lane is None or not lane.says_something or not lane.is_part_of_the_plan:
            continue
        lane_id, label, unit = _naming(name)
        premium = lane_id == "premium"
        if lane.is_unlimited:
            yield Window(lane_id, label, unit, unlimited=True)
        elif lane.is_placeholder:
            if premium or lane.credits_used:
                yield Window(lane_id, label, "credits", used=lane.credits_used)
        else:
            credit = premium and (
                quota.token_based_billing or lane.token_based_billing or lane.credits_used is not None
            )
            yield Window(
                lane_id,
                label,
                ("credits" if credit else unit) if lane.entitlement is not None else "percent",
                ratio=lane.ratio,
                used=lane.used,
                limit=lane.entitlement,
                blocking=not lane.overage_permitted,
            )


def _limited(quota: Quota) -> Iterator[Window]:
    """The lanes of the free plan. What is called the quotas of a limited user is what is left of them."""
    left, limits = quota.limited_user_quotas or {}, quota.monthly_quotas or {}
    for name in dict.fromkeys((*limits, *left)):
        lane_id, label, unit = _naming(name)
        if name not in limits:
            yield Window(lane_id, label, unit, unlimited=True)
            continue
        limit, rest = limits[name], left.get(name)
        used = max(limit - rest, Decimal(0)) if limit is not None and rest is not None else None
        if limit is not None and limit > 0:
            yield Window(lane_id, label, unit, ratio=ratio_of(used, limit), used=used, limit=limit)


def _naming(name: str) -> tuple[str, str, str]:
    """Id, label and unit of a lane."""
    words = clean(name, 40).replace("_", " ")
    return _LANES.get(name) or (slug(words) or "other", words[:20].strip() or "other", "requests")


def _month_before(at: datetime) -> datetime:
    first = at.replace(day=1) - timedelta(days=1)
    return first.replace(day=min(at.day, first.day))


def says_no_quota(quota: Quota) -> bool:
    """True for a plan without lanes: their place is empty, and the plan is named."""
    told = quota.quota_snapshots or quota.limited_user_quotas or quota.monthly_quotas
    return not told and quota.says("quota_snapshots", "limited_user_quotas") and quota.copilot_plan is not None


def is_over(quota: Quota) -> bool:
    """True where more was used than a lane of the plan holds."""
    return any(lane is not None and lane.is_over for lane in (quota.quota_snapshots or {}).values())


def plan_name(quota: Quota) -> str | None:
    """The plan as GitHub sells it, None where it is not known."""
    plan = (quota.copilot_plan or "").lower()
    if quota.limited_user_quotas or (quota.access_type_sku or "").lower().startswith("free_limited"):
        return "Free"
    if plan in ("", "unknown"):
        return None
    words = plan.replace("_", " ")
    return _PLANS.get(plan) or words[:1].upper() + words[1:]
