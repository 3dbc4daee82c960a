"""What a GitHub on 127.0.0.1 says: Copilot's figures of every kind of plan, and each way to refuse a token."""

from __future__ import annotations

import time
from typing import Any

from tests.loopback import Answer, html


def lane(entitlement: float, left: float, **changes: Any) -> dict[str, Any]:
    """One entry of ``quota_snapshots``."""
    percent = 100.0 * left / entitlement if entitlement > 0 else 100.0
    base = {
        "entitlement": entitlement,
        "overage_count": 0,
        "overage_permitted": False,
        "percent_remaining": percent,
        "quota_remaining": left,
        "remaining": int(left),
        "unlimited": False,
    }
    return {**base, **changes}


def _figures(login: str, plan: str, **lanes: dict[str, Any]) -> dict[str, Any]:
    return {
        "login": login,
        "copilot_plan": plan,
        "chat_enabled": True,
        "quota_reset_date": "2026-12-01",
        "quota_reset_date_utc": "2026-12-01T00:00:00.000Z",
        "quota_snapshots": lanes,
    }


def quota_body(kind: str, login: str) -> dict[str, Any]:
    """What ``/copilot_internal/user`` tells of a plan: paid, free, unlimited, business, overage, credits."""
    endless = lane(0, 0, unlimited=True)
    if kind == "free":
        return {
            "login": login,
            "access_type_sku": "free_limited_copilot",
            "copilot_plan": "individual",
            "limited_user_quotas": {"chat": 32, "completions": 1740},
            "monthly_quotas": {"chat": 50, "completions": 2000},
            "limited_user_reset_date": "2026-12-14",
        }
    if kind == "business":
        body = _figures(login, "business", premium_interactions=lane(0, 0, credits_used=47))
        return {**body, "token_based_billing": True}
    if kind == "credits":
        body = _figures(login, "individual_max", premium_interactions=lane(20_000, 15_000), chat=endless)
        return {**body, "token_based_billing": True}
    premium = {
        "paid": lane(300, 217.2, percent_remaining=72.4),
        "unlimited": endless,
        "overage": lane(1500, -220, overage_count=220, overage_permitted=True),
    }[kind]
    return _figures(login, "individual", premium_interactions=premium, chat=endless, completions=endless)


def refusal(kind: str | int) -> Answer | None:
    """GitHub's ways to refuse a token at its API, or None where ``kind`` is none of them."""
    docs = {"documentation_url": "https://docs.github.com/rest"}
    soon = str(int(time.time()) + 600)
    gone: dict[str | int, Answer] = {
        401: Answer(401, {"message": "Bad credentials", "status": "401", **docs}),
        "rate": Answer(
            403,
            {"message": "API rate limit exceeded for user ID 1234567.", **docs},
            headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": soon},
        ),
        "secondary": Answer(
            403, {"message": "You have exceeded a secondary rate limit.", **docs}, headers={"retry-after": "120"}
        ),
        "sso": Answer(
            403,
            {"message": "Resource protected by organization SAML enforcement.", **docs},
            headers={"x-github-sso": "required; url=https://github.com/orgs/fake/sso?authorization_request=FAKE"},
        ),
        "scope": Answer(403, {"message": "Resource not accessible by integration", **docs}),
        "no_seat": Answer(404, {"message": "Not Found", "status": "404", **docs}),
        "no_seat403": Answer(403, {"message": "You do not have access to GitHub Copilot.", **docs}),
        "html403": html(403),
        "plain403": Answer(403, {"message": "Forbidden", **docs}),
    }
    if isinstance(kind, int) and kind not in gone:
        return Answer(kind, {"message": "Server trouble", **docs})
    return gone.get(kind)
