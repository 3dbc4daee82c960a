"""OpenAI API platform: billed money and tokens of an organisation, read with an Admin key.

Sources: platform.openai.com/docs/api-reference/usage (costs, completions; 2026-11). Times are epoch seconds, amounts
are dollars (sometimes as strings), days are UTC; today's bucket is open and lags behind. Cached tokens are a subset
of the input tokens. No API key can read the prepaid balance, so none is offered. A project, service-account or
restricted key is refused with 403, in a few reports with 401: the text decides, not the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field as WireField

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.models import ModelUsage, Reading
from aic_tui.providers.base import Ask, Field, Login, Provider, Reply, Request
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
    IsNull,
    Listed,
    Many,
    Maybe,
    Number,
    Text,
    Wire,
    error_text,
    read,
    shape_changed,
)

_ADMIN_HINT = "This key cannot read usage; an Admin key (sk-admin-…) created by an organisation owner can."
_SCOPE_TEXTS = ("missing scopes", "insufficient permissions")


class _Amount(Wire):
    value: Number = None
    currency: Currency = "USD"


class _Cost(Wire):
    amount: Maybe[_Amount] = None
    has_no_amount: IsNull = WireField(default=True, validation_alias="amount")
    organization_id: Text = None


class _CostDay(Wire):
    start_time: Instant = None
    results: Many[_Cost] = ()


class _CostPage(Page):
    data: Listed[_CostDay]


class _Tokens(Wire):
    model: Text = None
    input_tokens: Count = None
    input_cached_tokens: Count = None
    output_tokens: Count = None
    num_model_requests: Count = None


class _TokenDay(Wire):
    start_time: Instant = None
    results: Many[_Tokens] = ()


class _TokenPage(Page):
    data: Listed[_TokenDay]


def _plan(ask: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
    """Pages of costs, then pages of today's tokens. Costs come first: they also tell whether the key may read."""
    if not replies:
        return (_request(ask, "costs", None),)
    cursor = next_cursor(_cost_pages(replies))
    tokens = _token_pages(replies)
    if not tokens and replies[-1].request.name == "costs":
        return (_request(ask, "costs", cursor),) if cursor else (_request(ask, "tokens", None),)
    cursor = next_cursor(tokens) if tokens else None
    return (_request(ask, "tokens", cursor),) if cursor else ()


def _request(ask: Ask, name: str, cursor: str | None) -> Request:
    costs = name == "costs"
    params = [
        ("start_time", str(int((first_day(ask.now) if costs else midnight(ask.now)).timestamp()))),
        ("bucket_width", "1d"),
        ("limit", str(DAYS if costs else 1)),
    ]
    if not costs:
        params.append(("group_by", "model"))
    if project := ask.fields.get("project_id"):
        params.append(("project_ids", project))
    if cursor:
        params.append(("page", cursor))
    organization = ask.fields.get("organization")
    return Request(
        name,
        "/v1/organization/costs" if costs else "/v1/organization/usage/completions",
        params=tuple(params),
        headers=(("OpenAI-Organization", organization),) if organization else (),
        # A key limited to costs still has something to tell.
        accept=frozenset() if costs else frozenset({401, 403, 404}),
    )


def _cost_pages(replies: Sequence[Reply]) -> tuple[_CostPage, ...]:
    return tuple(read(_CostPage, reply.data) for reply in replies if reply.request.name == "costs")


def _token_pages(replies: Sequence[Reply]) -> tuple[_TokenPage, ...]:
    return readable(_TokenPage, (reply for reply in replies if reply.request.name == "tokens"))


def _parse(ask: Ask, replies: Sequence[Reply]) -> Reading:
    pages, tokens = _cost_pages(replies), _token_pages(replies)
    days = [day for page in distinct(pages) for day in page.data]
    results = [result for day in days for result in day.results]
    if days and (not all(day.says("results") for day in days) or (results and not any(r.amount for r in results))):
        raise shape_changed(replies[0].data)
    costs = spends(cost_days((day.start_time, _amounts(day)) for day in days), ask.now, complete=is_complete(pages))
    rows = _rows(tokens, midnight(ask.now))
    return Reading(
        account_name=next((result.organization_id for result in results if result.organization_id), None),
        plan="Admin API",
        spends=costs,
        usage=day_usage(rows, ask.now, costs),
        models=by_model(rows or ()),
        note=report_note(pages, tokens, has_days=bool(days)),
    )


def _amounts(day: _CostDay) -> list[Amount]:
    # The amount is optional: without one nothing was billed.
    amounts = [result.amount or _Amount(currency=None) for result in day.results if not result.has_no_amount]
    return [(amount.value, amount.currency) for amount in amounts]


def _rows(pages: Sequence[_TokenPage], today: datetime) -> list[ModelUsage] | None:
    """Today's counters by model; None when the report did not tell them or did not end."""
    days = [day for page in distinct(pages) for day in page.data if day.start_time and day.start_time >= today]
    if not days or not is_complete(pages) or not all(day.says("results") for day in days):
        return None
    return [
        ModelUsage(
            model=row.model or "",
            tokens_input=row.input_tokens,
            tokens_output=row.output_tokens,
            tokens_cached=row.input_cached_tokens,
            requests_count=row.num_model_requests,
        )
        for day in days
        for row in day.results
    ]


def _refuse(_ask: Ask, reply: Reply) -> ProviderError | None:
    text = error_text(reply.data)
    if reply.status in (401, 403) and any(known in text for known in _SCOPE_TEXTS):
        return ProviderError(FailureKind.FORBIDDEN, Reason.SCOPE_MISSING, hint=_ADMIN_HINT, http_status=reply.status)
    return None


OPENAI = Provider(
    id="openai",
    name="OpenAI",
    docs_url="https://platform.openai.com/docs/api-reference/usage",
    base_url="https://api.openai.com",
    plan=_plan,
    parse=_parse,
    refuse=_refuse,
    env=("OPENAI_ADMIN_KEY", "OPENAI_API_KEY"),
    logins=(Login("opencode", entries=("openai",), types=("api",)), Login("codex", types=("api",))),
    fields=(
        Field("project_id", "Project", "Count this project only (proj_…).", env=("OPENAI_PROJECT_ID",)),
        Field(
            "organization",
            "Organisation",
            "The organisation to read where the key has several (org-…).",
            env=("OPENAI_ORG_ID", "OPENAI_ORGANIZATION"),
        ),
    ),
    key_shapes=("sk-admin-", "sk-proj-", "sk-svcacct-", "sk-"),
    floor_seconds=300,
    interval_seconds=600,
    max_per_hour=12,
    setup_hint="As an organisation owner, create an Admin key at platform.openai.com/settings/organization/admin-keys"
    " and set OPENAI_ADMIN_KEY.",
    shows="spend, tokens by model",
)
