"""The JSON of ``session``: ccusage's unified shape, and that of one session request by request. Pure."""

from __future__ import annotations

from aic_tui.reports.sessions import OneSession, SessionReport, duration_ms
from aic_tui.reports.shapes import (
    MILLION,
    Document,
    Shape,
    breakdowns,
    costs_of,
    counts,
    instant,
    sum_row,
    totals_of,
)
from aic_tui.reports.sums import Line


def session_document(report: SessionReport, shape: Shape) -> Document:
    """``{"session": rows, "totals": …}``."""
    return {
        "session": [_session_row(line, shape) for line in report.lines],
        "totals": totals_of(report.total, shape),
    }


def one_session_document(session: OneSession | None, shape: Shape) -> Document | None:
    """``session --id``: null for an id that is not known, as in ccusage."""
    if session is None:
        return None
    document: Document = {
        "sessionId": session.id,
        "projectPath": shape.text(session.project),
        "totalTokens": session.total.total,
        **costs_of("totalCost", session.total, shape),
        "entries": [
            {
                "timestamp": instant(entry.ts),
                **counts(entry.sum),
                "model": entry.model,
                **({"costUSD": shape.money(entry.sum.cost), "costKind": entry.sum.kind} if shape.costs else {}),
            }
            for entry in session.entries
        ],
    }
    return document


def _session_row(line: Line, shape: Shape) -> Document:
    metadata: Document = {
        "firstActivity": instant(line.sum.first),
        "lastActivity": instant(line.sum.last),
        "durationSeconds": duration_ms(line.sum) / 1000,
        "projectPath": shape.text(line.project),
    }
    if line.sum.credits is not None:
        metadata["credits"] = None if shape.privacy else line.sum.credits / MILLION
    return {
        "period": line.key,
        "agent": line.source,
        **sum_row(line.sum, shape),
        "messageCount": line.sum.messages,
        "modelsUsed": sorted(line.models, key=lambda name: (line.models[name].first, name)),
        "modelBreakdowns": breakdowns(line.models, shape),
        "metadata": metadata,
    }
