"""The JSON of ``blocks`` (ccusage's), ``models`` and ``graph`` (tokscale's), with more keys. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from aic_tui.reports.activity import Activity, Day, by_year
from aic_tui.reports.blocks import Block, BlockReport, burn_rate, limit_status, projection
from aic_tui.reports.models import ModelReport
from aic_tui.reports.shapes import Document, Shape, breakdowns, instant
from aic_tui.reports.sums import Line, Sum, by_cost

MakerOf = Callable[[str, str], str]


def block_document(report: BlockReport, shape: Shape) -> Document:
    """``{"blocks": […]}``. ``estimated`` says that where blocks begin is not documented by anybody."""
    return {"blocks": [_block(block, report, shape) for block in report.blocks]}


def model_document(report: ModelReport, shape: Shape, maker_of: MakerOf, milliseconds: int) -> Document:
    """tokscale's ``models --json``."""
    total = report.total.sum
    return {
        "entries": [
            {
                "source": line.source,
                "model": line.key or "<synthetic>",
                "provider": maker_of(line.key, line.source),
                **_tokens(line.sum),
                "messageCount": line.sum.messages,
                **_cost("cost", line.sum, shape),
            }
            for line in report.lines
        ],
        "totalInput": total.input,
        "totalOutput": total.output,
        "totalCacheRead": total.cache_read,
        "totalCacheWrite": total.write,
        "totalReasoning": total.extra,
        "totalMessages": total.messages,
        **_cost("totalCost", total, shape),
        "processingTimeMs": milliseconds,
    }


def graph_document(  # one for each part that is told from outside
    graph: Activity,
    shape: Shape,
    maker_of: MakerOf,
    *,
    meta: Mapping[str, object],
    asked: tuple[date, date] | None = None,
) -> Document:
    """tokscale's ``graph``. ``asked`` is the range where it has no day in it; ``meta`` has version and time."""
    days = graph.days
    first, last = (days[0].day, days[-1].day) if days else asked or (None, None)
    total = graph.total.sum
    summary: Document = {
        "totalTokens": total.total,
        **_cost("totalCost", total, shape),
        "totalDays": len(days),
        "activeDays": graph.active_days,
        "currentStreak": graph.current_streak,
        "longestStreak": graph.longest_streak,
        "bestDay": graph.best.day.isoformat() if graph.best else None,
        "favoriteModel": graph.favourite,
        "peakHour": graph.peak_hour,
        "longestSessionSeconds": None if graph.longest_ms is None else graph.longest_ms / 1000,
        "totalMessages": total.messages,
        "sources": sorted(graph.total.agents),
        "models": [name for name, _ in by_cost(graph.total.models)],
    }
    if shape.costs:
        most = max((day.sum.cost or 0 for day in days), default=0)
        summary["averagePerDay"] = shape.money(round((total.cost or 0) / graph.active_days) if graph.active_days else 0)
        summary["maxCostInSingleDay"] = shape.money(most)
    return {
        "meta": {**meta, "dateRange": {"start": _iso(first), "end": _iso(last)}},
        "summary": summary,
        "years": [
            {
                "year": year,
                "totalTokens": found.total,
                **_cost("totalCost", found, shape),
                "range": {"start": _iso(start), "end": _iso(end)},
            }
            for year, found, start, end in by_year(days)
        ],
        "contributions": [_day(day, shape, maker_of) for day in days],
    }


def _day(day: Day, shape: Shape, maker_of: MakerOf) -> Document:
    return {
        "date": day.day.isoformat(),
        "timestampMs": day.sum.first,
        "totals": {"tokens": day.sum.total, **_cost("cost", day.sum, shape), "messages": day.sum.messages},
        "intensity": day.level,
        "tokenBreakdown": _tokens(day.sum),
        "sources": [_model_of_day(line, shape, maker_of) for line in day.lines],
    }


def _model_of_day(line: Line, shape: Shape, maker_of: MakerOf) -> Document:
    return {
        "source": line.source,
        "modelId": line.key or "<synthetic>",
        "providerId": maker_of(line.key, line.source),
        "tokens": _tokens(line.sum),
        **_cost("cost", line.sum, shape),
        "messages": line.sum.messages,
    }


def _block(block: Block, report: BlockReport, shape: Shape) -> Document:
    found, start = block.sum, instant(block.start)
    row: Document = {
        "id": f"gap-{start}" if block.is_gap else start,
        "startTime": start,
        "endTime": instant(block.end),
        "actualEndTime": None if block.is_gap else instant(block.last),
        "isActive": block.is_active,
        "isGap": block.is_gap,
        "entries": block.entries,
        "tokenCounts": {
            "inputTokens": found.input,
            "outputTokens": found.output,
            "cacheCreationInputTokens": found.write,
            "cacheReadInputTokens": found.cache_read,
        },
        "totalTokens": found.total,
        **_cost("costUSD", found, shape),
        "models": list(block.models),
        "burnRate": _burn_rate(block, shape),
        "projection": _projection(block, report.now, shape),
        "modelBreakdowns": breakdowns(block.models, shape),
        "estimated": True,
    }
    status = limit_status(block, report)
    if status is not None:
        row["tokenLimitStatus"] = {
            "limit": status.limit,
            "projectedUsage": status.projected,
            "percentUsed": status.share * 100,
            "status": status.state,
        }
    if block.limited_until is not None:
        row["usageLimitResetTime"] = instant(block.limited_until)
    return row


def _burn_rate(block: Block, shape: Shape) -> Document | None:
    rate = burn_rate(block)
    if rate is None:
        return None
    cost = None if rate.cost_per_hour is None or shape.privacy else rate.cost_per_hour / 10**12
    return {
        "tokensPerMinute": rate.tokens_per_minute,
        "tokensPerMinuteForIndicator": rate.plain_tokens_per_minute,
        **({"costPerHour": cost} if shape.costs else {}),
    }


def _projection(block: Block, now: int, shape: Shape) -> Document | None:
    ahead = projection(block, now)
    if ahead is None:
        return None
    return {
        "totalTokens": ahead.tokens,
        "remainingMinutes": ahead.minutes_left,
        **({"totalCost": shape.money(ahead.cost)} if shape.costs else {}),
    }


def _tokens(found: Sum) -> Document:
    return {
        "input": found.input,
        "output": found.output,
        "cacheRead": found.cache_read,
        "cacheWrite": found.write,
        "reasoning": found.extra,
    }


def _cost(name: str, found: Sum, shape: Shape) -> Document:
    if not shape.costs:
        return {}
    costs: Document = {name: shape.money(found.cost), "costKind": found.kind}
    if found.unpriced:
        costs["missingPricing"] = True
        costs["unpricedModels"] = sorted(found.unpriced)
    return costs


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
