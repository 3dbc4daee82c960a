"""Codex and ChatGPT subscription: the windows of the plan, credits and workspace limits, asked with a login.

Undocumented endpoint; shapes as in openai/codex and open-source clients (steipete/CodexBar, robinebers/openusage),
issues openai/codex#27752 and LeenHawk/gproxy#175 (2026-11). Windows are known by their length, never by their place:
plans drop the short one, and the weekly one then moves up. Cloudflare answers some networks with a 403 web page on
one of two equal paths; only when both do is the network blocked, and the login is good all the same. A 403 in JSON
is a rejected token.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import AliasChoices
from pydantic import Field as WireField

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.models import Balance, Reading, Window
from aic_tui.providers.base import Ask, Field, Login, Provider, Reply, Request
from aic_tui.providers.wire import (
    Count,
    Flag,
    Instant,
    Many,
    Maybe,
    Number,
    Percent,
    Text,
    Wire,
    believable_reset,
    ratio_of,
    read,
    shape_changed,
    slug,
)

_PATHS = ("/backend-api/wham/usage", "/backend-api/codex/usage")
_BLOCKED_HINT = "Cloudflare blocks this network or program; the login is still good."
_REJECTED_HINT = "Start the tool that keeps this login once, such as `codex`, and log in there if it asks."
_NO_LIMITS_NOTE = "Codex reports no limits for this login."
_WINDOW_NAMES = ("primary_window", "secondary_window", "primary", "secondary")
_HOUR, _DAY = 3600, 86400
_FIVE_HOURS, _WEEK, _MONTH = 5 * _HOUR, 7 * _DAY, 30 * _DAY


class _Window(Wire):
    used_percent: Percent = None
    remaining_percent: Percent = None
    limit_window_seconds: Count = None
    window_minutes: Count = None
    reset_after_seconds: Count = None
    reset_at: Instant = WireField(default=None, validation_alias=AliasChoices("reset_at", "resets_at", "resetsAt"))

    @property
    def ratio(self) -> float | None:
        if self.used_percent is not None:
            return self.used_percent / 100
        return None if self.remaining_percent is None else max(100 - self.remaining_percent, 0.0) / 100

    @property
    def seconds(self) -> int | None:
        return self.limit_window_seconds or (self.window_minutes or 0) * 60 or None


class _Individual(_Window):
    limit: Number = None
    used: Number = None


_INDIVIDUAL = WireField(default=None, validation_alias=AliasChoices("individual_limit", "individualLimit"))


class _Limits(Wire):
    allowed: Flag = None
    limit_reached: Flag = None
    primary: Maybe[_Window] = WireField(default=None, validation_alias=AliasChoices("primary_window", "primary"))
    secondary: Maybe[_Window] = WireField(default=None, validation_alias=AliasChoices("secondary_window", "secondary"))
    individual: Maybe[_Individual] = _INDIVIDUAL


class _Additional(Wire):
    limit_name: Text = None
    metered_feature: Text = None
    rate_limit: Maybe[_Limits] = None


class _Credits(Wire):
    has_credits: Flag = None
    unlimited: Flag = None
    balance: Number = None


class _SpendControl(Wire):
    individual: Maybe[_Individual] = _INDIVIDUAL


class _Resets(Wire):
    available_count: Count = None


class _Usage(Wire):
    email: Text = None
    plan_type: Text = None
    rate_limit: Maybe[_Limits] = None
    code_review_rate_limit: Maybe[_Limits] = None
    additional_rate_limits: Many[_Additional] = ()
    credits: Maybe[_Credits] = None
    spend_control: Maybe[_SpendControl] = None
    individual: Maybe[_Individual] = _INDIVIDUAL
    rate_limit_reset_credits: Maybe[_Resets] = None


def _plan(ask: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
    """The first path; the second after 404 or a 403 web page."""
    if replies and replies[-1].status == 403 and replies[-1].data is not None:
        raise _rejected(403)
    if len(replies) == len(_PATHS) or (replies and replies[-1].status < 300):
        return ()
    account = ask.fields.get("account_id") or ask.login.account_id
    # Some plug-ins store an organisation id here, with which the endpoint refuses.
    headers = (("ChatGPT-Account-Id", account),) if account and not account.startswith("org-") else ()
    path = _PATHS[len(replies)]
    return (Request("usage", path, headers=headers, accept=frozenset({403, 404}), accept_html=True),)


def _parse(ask: Ask, replies: Sequence[Reply]) -> Reading:
    data = replies[-1].data
    if replies[-1].status >= 300 or replies[-1].is_html:
        raise _unanswered(replies)
    if isinstance(data, dict) and isinstance(wrapped := data.get("rate_limit_status"), dict):
        data = {**data, **wrapped}
    usage = read(_Usage, data)
    windows = tuple(_windows(ask, usage))
    balances = _balances(usage.credits)
    if not balances and not any(w.ratio is not None or w.unlimited for w in windows) and not _says_nothing(data):
        raise shape_changed(data)
    return Reading(
        account_name=usage.email or ask.login.account_name,
        plan=_plan_name(usage.plan_type or ask.login.plan),
        windows=windows,
        balances=balances,
        available=_available(usage.rate_limit),
        note=_note(usage.rate_limit_reset_credits) if windows or balances else _NO_LIMITS_NOTE,
    )


def _unanswered(replies: Sequence[Reply]) -> ProviderError:
    status = next((reply.status for reply in replies if reply.status != 404), None)
    if status is None:
        return ProviderError(FailureKind.UNSUPPORTED, Reason.NOT_FOUND, http_status=404)
    hint = _BLOCKED_HINT if status == 403 else None
    return ProviderError(FailureKind.BLOCKED_BY_GATEWAY, Reason.HTML, hint=hint, http_status=status)


def _says_nothing(data: dict[str, Any]) -> bool:
    """True for a login without limits: they are null, or an object whose windows are null."""
    limits = data.get("rate_limit")
    if not isinstance(limits, dict) or not limits:
        return "rate_limit" in data and not limits
    told = [limits[name] for name in _WINDOW_NAMES if name in limits]
    return bool(told) and not any(told)


def _refuse(_ask: Ask, reply: Reply) -> ProviderError | None:
    return _rejected(401) if reply.status == 401 else None


def _rejected(status: int) -> ProviderError:
    return ProviderError(FailureKind.AUTH_NEEDED, Reason.KEY_REJECTED, hint=_REJECTED_HINT, http_status=status)


def _windows(ask: Ask, usage: _Usage) -> Iterable[Window]:
    """All lanes with ids of their own. Lanes of one model or feature do not stop the rest of the work."""
    lanes = _lanes(ask, usage.rate_limit)
    lanes += _lanes(ask, usage.code_review_rate_limit, ("code_review", "review"))
    for extra in usage.additional_rate_limits:
        name = extra.limit_name or extra.metered_feature or ""
        lanes += _lanes(ask, extra.rate_limit, (slug(extra.metered_feature or name) or "other", _short(name)))
    if (individual := _individual(usage)) is not None:
        lanes.append(_workspace_window(ask, individual))
    if usage.credits and usage.credits.unlimited:
        lanes.append(Window("credits", "credits", unit="credits", unlimited=True, blocking=False))
    found: dict[str, Window] = {}
    for lane in lanes:
        found.setdefault(lane.id, lane)
    return found.values()


def _lanes(ask: Ask, limits: _Limits | None, feature: tuple[str, str] | None = None) -> list[Window]:
    found: list[Window] = []
    for lane, usual in ((limits.primary, _FIVE_HOURS), (limits.secondary, _WEEK)) if limits else ():
        if lane is None:
            continue
        resets_at = _resets_at(ask, lane)
        seconds = lane.seconds or _guess(usual, resets_at - ask.now if resets_at else timedelta())
        name, label = _naming(seconds)
        if any(other.id.endswith(name) for other in found):
            name = f"{name}_2"
        found.append(
            Window(
                id=f"{feature[0]}_{name}" if feature else name,
                label=f"{label} {feature[1]}".strip() if feature else label,
                ratio=lane.ratio,
                resets_at=resets_at,
                window_seconds=seconds,
                blocking=feature is None,
            )
        )
    return sorted(found, key=lambda window: window.window_seconds or 0)


def _guess(usual: int, remaining: timedelta) -> int:
    """The length of a window that does not tell it: its place, unless its reset is farther away than that allows."""
    return next((length for length in (usual, _WEEK) if remaining <= timedelta(seconds=length)), _MONTH)


def _naming(seconds: int) -> tuple[str, str]:
    if seconds <= _FIVE_HOURS:
        return "five_hour", "5 hours" if seconds == _FIVE_HOURS else f"{max(round(seconds / _HOUR), 1)} h"
    if abs(seconds - _WEEK) <= _DAY:
        return "seven_day", "week"
    if 28 * _DAY <= seconds <= 31 * _DAY:
        return "month", "month"
    if seconds == _DAY:
        return "day", "day"
    hours, days = round(seconds / _HOUR), round(seconds / _DAY)
    return (f"hours_{hours}", f"{hours} h") if seconds < 2 * _DAY else (f"days_{days}", f"{days} days")


def _resets_at(ask: Ask, lane: _Window) -> datetime | None:
    after = lane.reset_after_seconds
    if lane.reset_at is None and after is not None and after <= 400 * _DAY:
        return ask.now + timedelta(seconds=after)
    return believable_reset(lane.reset_at, ask.now)


def _individual(usage: _Usage) -> _Individual | None:
    """The member's monthly limit in a workspace, in whichever of its three places it is."""
    places = (usage.spend_control, usage, usage.rate_limit)
    return next((place.individual for place in places if place and place.individual), None)


def _workspace_window(ask: Ask, limit: _Individual) -> Window:
    return Window(
        id="workspace_credits",
        label="month",
        unit="credits",
        ratio=ratio_of(limit.used, limit.limit) if limit.ratio is None else limit.ratio,
        used=limit.used,
        limit=limit.limit,
        resets_at=_resets_at(ask, limit),
    )


def _balances(credit: _Credits | None) -> tuple[Balance, ...]:
    """Credits left. Plans without credits send a zero that means "none of that kind" and is not shown."""
    if credit is None or credit.balance is None or (not credit.has_credits and not credit.balance):
        return ()
    return (Balance(credit.balance, "credits"),)


def _available(limits: _Limits | None) -> bool | None:
    if limits is None or limits.allowed is not None:
        return limits.allowed if limits else None
    return False if limits.limit_reached else None


def _note(resets: _Resets | None) -> str | None:
    count = resets.available_count if resets else None
    return f"{count} {'reset' if count == 1 else 'resets'} of the limits can be redeemed in Codex." if count else None


def _plan_name(plan: str | None) -> str | None:
    words = plan.replace("_", " ") if plan else ""
    return words[:1].upper() + words[1:] or None


def _short(name: str) -> str:
    """The telling end of a limit's name: "GPT-5.3-Codex-Spark" is "Spark"."""
    last = name.rsplit("-", 1)[-1]
    return (last if len(last) > 2 else name)[:20].strip()


CODEX = Provider(
    id="codex",
    name="Codex",
    docs_url="https://developers.openai.com/codex/pricing",
    base_url="https://chatgpt.com",
    plan=_plan,
    parse=_parse,
    refuse=_refuse,
    logins=(
        Login("codex", types=("oauth",), renew="codex"),
        Login("opencode", entries=("openai",), types=("oauth",), renew="opencode"),
    ),
    fields=(Field("account_id", "ChatGPT account", "The workspace to read; the login's own when empty."),),
    key_shapes=("eyJ",),
    floor_seconds=180,
    interval_seconds=300,
    max_per_hour=12,
    setup_hint="Log in once with the Codex CLI (codex login); its login is read, never changed.",
    shows="5 hours, week, credits",
)
