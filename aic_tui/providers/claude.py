"""Claude subscription (Pro, Max, Team, Enterprise): the windows of the plan, asked with a login of another tool.

Undocumented endpoint; shapes as published by anthropics/claude-code issues #30930, #31021, #31637 and by open-source
clients (steipete/CodexBar, robinebers/openusage), 2026-11. ``utilization`` is 0-100 used, though 0.5 means half a
percent; money is in cents. The endpoint answers about five requests per token and then 429 for long, hence one
request per refresh and no profile request: plan and name come from the login file. Tokens of ``claude setup-token``
lack the scope ``user:profile`` and are refused. Anthropic's terms reserve these logins for its own apps, so an
account is asked only after the user's yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import Field as WireField

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.models import Reading, Spend, Window
from aic_tui.providers.base import Ask, Login, Provider, Reply, Request
from aic_tui.providers.wire import (
    Currency,
    Flag,
    Instant,
    IsNull,
    Many,
    Maybe,
    Number,
    Percent,
    Text,
    Wire,
    believable_reset,
    error_text,
    ratio_of,
    read,
    shape_changed,
    slug,
)

_SCOPE = "user:profile"
_SCOPE_HINT = "This token cannot read usage; log in with claude itself (not with claude setup-token)."
_RENEW_HINT = "Start the tool that keeps this login once, such as `claude`, and log in there if it asks."
_API_KEY_HINT = "This is an API key, not a Claude login; add it as an account of the Anthropic API."
_FIVE_HOURS, _WEEK = 18000, 604800

# id and key of the answer, label, seconds, whether it stops all work: a lane of one model leaves the others.
_LANES = (
    ("five_hour", "5 hours", _FIVE_HOURS, True),
    ("seven_day", "week", _WEEK, True),
    ("seven_day_opus", "week Opus", _WEEK, False),
    ("seven_day_sonnet", "week Sonnet", _WEEK, False),
)
# The newer list names the two main lanes again; it serves where the named key is missing.
_LISTED_AS = {"session": "five_hour", "weekly_all": "seven_day"}
# ISO 4217 currencies without cents: what "credits" would be there is not known.
_WITHOUT_CENTS = frozenset({"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "XAF"})


class _Lane(Wire):
    utilization: Percent = None
    resets_at: Instant = None


class _Model(Wire):
    display_name: Text = None


class _Scope(Wire):
    model: Maybe[_Model] = None


class _Limit(Wire):
    kind: Text = None
    utilization: Percent = WireField(default=None, alias="percent")
    resets_at: Instant = None
    scope: Maybe[_Scope] = None

    @property
    def model(self) -> str | None:
        name = self.scope.model.display_name if self.scope and self.scope.model else None
        return name if name and name.lower() != "all models" else None


class _Extra(Wire):
    is_enabled: Flag = None
    monthly_limit: Number = None
    has_no_cap: IsNull = WireField(default=False, validation_alias="monthly_limit")
    used_credits: Number = None
    utilization: Percent = None
    currency: Currency = None


class _Usage(Wire):
    five_hour: Maybe[_Lane] = None
    seven_day: Maybe[_Lane] = None
    seven_day_opus: Maybe[_Lane] = None
    seven_day_sonnet: Maybe[_Lane] = None
    extra_usage: Maybe[_Extra] = None
    limits: Many[_Limit] = ()


def _plan(ask: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
    if replies:
        return ()
    if ask.key_shape.startswith("sk-ant-api"):
        raise ProviderError(FailureKind.FORBIDDEN, Reason.SCOPE_MISSING, hint=_API_KEY_HINT)
    if ask.login.scopes and _SCOPE not in ask.login.scopes:  # no scopes at all means unknown: try
        raise _scope_missing()
    return (Request("usage", "/api/oauth/usage", headers=(("anthropic-beta", "oauth-2025-04-20"),)),)


def _parse(ask: Ask, replies: Sequence[Reply]) -> Reading:
    data = replies[-1].data
    usage = read(_Usage, data)
    windows = _windows(ask, usage)
    extra = _extra_window(usage.extra_usage, is_only_lane=not windows)
    told = (*windows, extra) if extra else windows
    if not extra and not any(window.ratio is not None for window in windows) and not _says_nothing(usage, data):
        raise shape_changed(data)
    return Reading(
        account_name=ask.login.account_name,
        plan=ask.login.plan,
        windows=told,
        spends=_spends(extra),
        note=None if told else "Claude reports no limits for this login.",
    )


def _says_nothing(usage: _Usage, data: dict[str, Any]) -> bool:
    """True for a login without limits: the known keys are there and have nothing in them."""
    unread = [name for name in _Usage.model_fields if data.get(name) and name != "extra_usage"]
    is_extra_read = usage.extra_usage is not None or not data.get("extra_usage")
    return usage.says(*_Usage.model_fields) and not unread and is_extra_read


def _windows(ask: Ask, usage: _Usage) -> tuple[Window, ...]:
    """The named lanes, then the lanes of single models from the list; of two with one id the first counts."""
    listed = {_LISTED_AS[limit.kind]: limit for limit in usage.limits if limit.kind in _LISTED_AS}
    found: dict[str, Window] = {}
    for name, label, seconds, blocking in _LANES:
        lane: _Lane | _Limit | None = getattr(usage, name) or listed.get(name)
        if lane is not None:
            found[name] = _window(ask, lane, (name, label, seconds, blocking))
    for limit in usage.limits:
        if limit.kind == "weekly_scoped" and limit.model and slug(limit.model):
            name = f"seven_day_{slug(limit.model)}"
            found.setdefault(name, _window(ask, limit, (name, f"week {limit.model[:20]}", _WEEK, False)))
    return tuple(found.values())


def _window(ask: Ask, lane: _Lane | _Limit, naming: tuple[str, str, int, bool]) -> Window:
    name, label, seconds, blocking = naming
    return Window(
        id=name,
        label=label,
        ratio=None if lane.utilization is None else lane.utilization / 100,
        resets_at=believable_reset(lane.resets_at, ask.now),
        window_seconds=seconds,
        started=not (lane.utilization == 0 and lane.resets_at is None),
        blocking=blocking,
    )


def _extra_window(extra: _Extra | None, *, is_only_lane: bool) -> Window | None:
    """Money used beyond the plan. It stops work only as a cap on an account that has nothing else."""
    if extra is None or extra.is_enabled is False or (extra.used_credits is None and extra.utilization is None):
        return None
    currency = extra.currency or "USD"
    cents = None if currency in _WITHOUT_CENTS else Decimal(100)
    used = extra.used_credits / cents if cents and extra.used_credits is not None else None
    limit = extra.monthly_limit / cents if cents and extra.monthly_limit else None
    told = None if extra.utilization is None else extra.utilization / 100
    return Window(
        id="extra_usage",
        label="month" if is_only_lane else "extra",
        unit=currency.lower(),
        ratio=ratio_of(extra.used_credits, extra.monthly_limit) if told is None else told,
        used=used,
        limit=limit,
        unlimited=extra.has_no_cap or extra.monthly_limit == 0,
        blocking=is_only_lane and bool(extra.monthly_limit),
    )


def _spends(extra: Window | None) -> tuple[Spend, ...]:
    return (Spend(extra.used, extra.unit.upper(), "month"),) if extra and extra.used is not None else ()


def _refuse(_ask: Ask, reply: Reply) -> ProviderError | None:
    if reply.status == 401:
        return ProviderError(FailureKind.AUTH_NEEDED, Reason.KEY_REJECTED, hint=_RENEW_HINT, http_status=401)
    return _scope_missing(403) if reply.status == 403 and "scope" in error_text(reply.data) else None


def _scope_missing(status: int | None = None) -> ProviderError:
    return ProviderError(FailureKind.FORBIDDEN, Reason.SCOPE_MISSING, hint=_SCOPE_HINT, http_status=status)


CLAUDE = Provider(
    id="claude",
    name="Claude",
    docs_url="https://support.claude.com/en/articles/11647753-how-do-usage-and-length-limits-work",
    base_url="https://api.anthropic.com",
    plan=_plan,
    parse=_parse,
    refuse=_refuse,
    env=("CLAUDE_CODE_OAUTH_TOKEN",),
    logins=(
        Login("claude-code", renew="claude"),
        Login("opencode", entries=("anthropic",), types=("oauth",), renew="opencode"),
    ),
    key_shapes=("sk-ant-oat01-",),
    floor_seconds=300,
    interval_seconds=600,
    max_per_hour=12,
    setup_hint="Log in once with Claude Code (claude); its login is read, never changed.",
    shows="5 hours, week, extra spend",
    needs_consent="Anthropic reserves subscription logins for its own apps; asking its usage endpoint with this login,"
    " at most 12 times an hour, is your choice.",
)
