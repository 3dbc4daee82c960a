"""The JSON of ``daily``, ``weekly``, ``monthly`` and ``session``: ccusage's unified shapes, with more keys. Pure.

Compared with ccusage 20.0.24 (2026-11). Two values differ on purpose: a cost that nobody knows is null, not 0, and so
is every amount under privacy, which masks projects, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aic_tui.pricing.cost import dollars
from aic_tui.reports.periods import Change, PeriodReport
from aic_tui.reports.sums import Line, Sum, by_cost

Document = dict[str, Any]
MASK = "***"
MILLION = 1_000_000


class Shape(NamedTuple):
    """What the documents leave out or add: costs, what is private, and the figures of each tool."""

    costs: bool = True
    privacy: bool = False
    by_agent: bool = False

    def money(self, pico: int | None) -> float | None:
        """Dollars, None where nobody knows or nobody may see them."""
        return None if pico is None or self.privacy else dollars(pico)

    def text(self, outside: str) -> str:
        """A project, or what stands for it."""
        return MASK if self.privacy and outside else outside


def period_document(report: PeriodReport, shape: Shape) -> Document:
    """``{"daily": rows, "totals": …}``; with projects ``{"projects": {project: rows}, "totals": …}``."""
    rows = [(line, _period_row(line, report.changes.get(line.key), shape)) for line in report.lines]
    totals = totals_of(report.total, shape)
    if not any(line.project for line in report.lines):
        return {report.kind: [row for _, row in rows], "totals": totals}
    projects: dict[str, list[Document]] = {}
    for line, row in rows:
        name = shape.text(line.project) or "unknown"
        projects.setdefault(name, []).append({**row, "project": name})
    return {"projects": projects, "totals": totals}


def totals_of(line: Line, shape: Shape) -> Document:
    """The sums of a report."""
    document = {**sum_row(line.sum, shape), "messageCount": line.sum.messages}
    if shape.costs and line.sum.unpriced:
        document["unpricedModels"] = sorted(line.sum.unpriced)
    return document


def breakdowns(models: Mapping[str, Sum], shape: Shape) -> list[Document]:
    """One row for each model, the dearest first."""
    rows = []
    for name, found in by_cost(models):
        row: Document = {"modelName": name, **counts(found), **costs_of("cost", found, shape)}
        if shape.costs and found.unpriced:
            row["missingPricing"] = True
        if found.guessed:
            row["isFallback"] = True
        rows.append(row)
    return rows


def counts(found: Sum) -> Document:
    """ccusage's four kinds of tokens."""
    return {
        "inputTokens": found.input,
        "outputTokens": found.output,
        "cacheCreationTokens": found.write,
        "cacheReadTokens": found.cache_read,
    }


def instant(ms: int) -> str:
    """``2026-05-01T10:00:00.000Z``."""
    whole, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03}Z"


def _period_row(line: Line, change: Change | None, shape: Shape) -> Document:
    row: Document = {
        "period": line.key,
        "agent": "all",
        **sum_row(line.sum, shape),
        "messageCount": line.sum.messages,
        "modelsUsed": sorted(line.models),
        "modelBreakdowns": breakdowns(line.models, shape),
        "metadata": {"agents": sorted(line.agents)},
    }
    if shape.by_agent:
        row["agents"] = [
            {"agent": name, **sum_row(line.agents[name], shape), "messageCount": line.agents[name].messages}
            for name in sorted(line.agents)
        ]
    if change is not None:
        row["change"] = {
            "tokens": change.tokens,
            **({"cost": None if shape.privacy else change.cost} if shape.costs else {}),
            "comparedDays": change.days,
        }
    return row


def sum_row(found: Sum, shape: Shape) -> Document:
    """Tokens and cost of any row."""
    row: Document = {**counts(found), "totalTokens": found.total, **costs_of("totalCost", found, shape)}
    if found.extra:
        row["extraTokens"] = found.extra
    if found.credits is not None:
        row["credits"] = None if shape.privacy else found.credits / MILLION
    if found.is_partial:
        row["isLowerBound"] = True
    return row


def costs_of(name: str, found: Sum, shape: Shape) -> Document:
    """A cost under ``name``, what kind it is, and both kinds where it is made of both."""
    if not shape.costs:
        return {}
    costs: Document = {name: shape.money(found.cost), "costKind": found.kind}
    if found.kind == "mixed":
        costs["estimatedCost"] = shape.money(found.estimated)
        costs["recordedCost"] = shape.money(found.recorded)
    return costs
