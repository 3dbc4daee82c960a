"""Anthropic API platform: billed money and tokens of an organisation, read with an Admin key.

Sources: platform.claude.com/docs/en/api/admin, cost_report, usage_report/messages and organizations/me (2026-11).
Amounts are cents as decimal strings ("1834.2075" is USD 18.342075), days are UTC, ``group_by[]`` keeps its brackets.
The cost report leaves out priority-tier use. The Admin API does not exist for individual accounts, and there is no
balance endpoint. What an ordinary key gets on admin paths is not documented (401 and 403 are both plausible), so a
refused key that is not plainly an Admin key is tried once on /v1/models, which is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.models import ModelUsage, Reading
from aic_tui.providers.base import Ask, Login, Provider, Reply, Request, reply_named
from aic_tui.providers.reports import (
    DAYS,
    Amount,
    Page,
    by_model,
    cost_days,
    day_usage,
    distinct,
    first_day,
    is_complete,
    midnight,
    next_cursor,
    readable,
    report_note,
    spends,
)
from aic_tui.providers.wire import (
    Count,
    Currency,
    Instant,
    Listed,
    Many,
    Maybe,
    Number,
    Text,
    Wire,
    count_total,
    read,
    shape_changed,
)

_ADMIN_SHAPE = "sk-ant-admin"
_PLAIN_SHAPE = "sk-ant-api"
_ADMIN_HINT = "The key is valid, but only an Admin key (sk-ant-admin…) of the organisation can read usage."
_INDIVIDUAL_HINT = "The Admin API exists for organisations only, not for individual accounts."
_HEADERS = (("anthropic-version", "2023-06-01"),)
_REFUSED = frozenset({401, 403, 404})


class _Cost(Wire):
    amount: Number = None
    currency: Currency = "USD"


class _CostDay(Wire):
    starting_at: Instant = None
    results: Many[_Cost] = ()


class _CostPage(Page):
    data: Listed[_CostDay]


class _CacheWrites(Wire):
    ephemeral_1h_input_tokens: Count = None
    ephemeral_5m_input_tokens: Count = None


class _Tokens(Wire):
    model: Text = None
    uncached_input_tokens: Count = None
    cache_creation: Maybe[_CacheWrites] = None
    cache_read_input_tokens: Count = None
    output_tokens: Count = None


class _TokenDay(Wire):
    starting_at: Instant = None
    results: Many[_Tokens] = ()


class _TokenPage(Page):
    data: Listed[_TokenDay]


class _Organization(Wire):
    name: Text = None


def _plan(ask: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
    """Pages of costs, pages of today's tokens, then the name; or the one request that tells a valid plain key."""
    if not replies:
        return (_models() if ask.key_shape.startswith(_PLAIN_SHAPE) else _request(ask, "costs", None),)
    last = replies[-1]
    if last.request.name == "costs":
        if last.status in _REFUSED:
            return (_models(),)
        cursor = next_cursor(_cost_pages(replies))
        return (_request(ask, "costs" if cursor else "tokens", cursor),)
    if last.request.name == "tokens":
        pages = _token_pages(replies)
        cursor = next_cursor(pages) if pages and last.status < 300 else None
        return (_request(ask, "tokens", cursor) if cursor else _organization(),)
    return ()


def _request(ask: Ask, name: str, cursor: str | None) -> Request:
    costs = name == "costs"
    start = first_day(ask.now) if costs else midnight(ask.now)
    params = [
        ("starting_at", start.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("bucket_width", "1d"),
        ("limit", str(DAYS if costs else 1)),
    ]
    if not costs:
        params.append(("group_by[]", "model"))
    if cursor:
        params.append(("page", cursor))
    doubtful = not ask.key_shape.startswith(_ADMIN_SHAPE) and not cursor
    return Request(
        name,
        "/v1/organizations/cost_report" if costs else "/v1/organizations/usage_report/messages",
        params=tuple(params),
        headers=_HEADERS,
        accept=_REFUSED if doubtful or not costs else frozenset(),
    )


def _models() -> Request:
    return Request("models", "/v1/models", params=(("limit", "1"),), headers=_HEADERS)


def _organization() -> Request:
    return Request("me", "/v1/organizations/me", headers=_HEADERS, accept=_REFUSED)


def _cost_pages(replies: Sequence[Reply]) -> tuple[_CostPage, ...]:
    return tuple(read(_CostPage, reply.data) for reply in replies if reply.request.name == "costs")


def _token_pages(replies: Sequence[Reply]) -> tuple[_TokenPage, ...]:
    return readable(_TokenPage, (reply for reply in replies if reply.request.name == "tokens"))


def _parse(ask: Ask, replies: Sequence[Reply]) -> Reading:
    if reply_named(replies, "models"):
        raise ProviderError(FailureKind.FORBIDDEN, Reason.SCOPE_MISSING, hint=_ADMIN_HINT)
    pages, tokens = _cost_pages(replies), _token_pages(replies)
    days = [day for page in distinct(pages) for day in page.data]
    results = [result for day in days for result in day.results]
    understood = all(day.says("results") for day in days) and (
        not results or any(result.amount is not None for result in results)
    )
    if not understood:
        raise shape_changed(replies[0].data)
    costs = spends(cost_days((day.starting_at, _amounts(day)) for day in days), ask.now, complete=is_complete(pages))
    rows = _rows(tokens, midnight(ask.now))
    return Reading(
        account_name=_name(reply_named(replies, "me")),
        plan="Admin API",
        spends=costs,
        usage=day_usage(rows, ask.now, costs),
        models=by_model(rows or ()),
        note=report_note(pages, tokens, has_days=bool(days)),
    )


def _amounts(day: _CostDay) -> list[Amount]:
    return [(None if cost.amount is None else cost.amount / 100, cost.currency) for cost in day.results]


def _rows(pages: Sequence[_TokenPage], today: datetime) -> list[ModelUsage] | None:
    """Today's counters by model; None when the report did not tell them or did not end."""
    days = [day for page in distinct(pages) for day in page.data if day.starting_at and day.starting_at >= today]
    if not days or not is_complete(pages) or not all(day.says("results") for day in days):
        return None
    return [_row(result) for day in days for result in day.results]


def _row(result: _Tokens) -> ModelUsage:
    writes = result.cache_creation or _CacheWrites()
    return ModelUsage(
        model=result.model or "",
        tokens_input=count_total(
            (
                result.uncached_input_tokens,
                writes.ephemeral_1h_input_tokens,
                writes.ephemeral_5m_input_tokens,
                result.cache_read_input_tokens,
            )
        ),
        tokens_output=result.output_tokens,
        tokens_cached=result.cache_read_input_tokens,
    )


def _name(reply: Reply | None) -> str | None:
    if reply is None or reply.status >= 300 or not isinstance(reply.data, dict):
        return None
    return read(_Organization, reply.data).name


def _refuse(_ask: Ask, reply: Reply) -> ProviderError | None:
    if reply.status == 404 and not reply.is_html:
        return ProviderError(FailureKind.UNSUPPORTED, Reason.NOT_FOUND, hint=_INDIVIDUAL_HINT, http_status=404)
    return None


ANTHROPIC = Provider(
    id="anthropic",
    name="Anthropic API",
    docs_url="https://platform.claude.com/docs/en/build-with-claude/usage-cost-api",
    base_url="https://api.anthropic.com",
    plan=_plan,
    parse=_parse,
    refuse=_refuse,
    env=("ANTHROPIC_ADMIN_KEY", "ANTHROPIC_ADMIN_API_KEY", "ANTHROPIC_API_KEY"),
    logins=(Login("opencode", entries=("anthropic",), types=("api",)),),
    key_header="x-api-key",
    key_format="{key}",
    key_shapes=("sk-ant-admin01-", "sk-ant-api03-"),
    floor_seconds=300,
    interval_seconds=600,
    max_per_hour=12,
    setup_hint="As an organisation admin, create an Admin key at platform.claude.com/settings/admin-keys"
    " and set ANTHROPIC_ADMIN_KEY.",
    shows="spend, tokens by model",
)
