"""Models: what each tool used of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aic_tui.reports.sums import Line, Pricer, gather, total_of
from aic_tui.usage_records import NamedRow


class ModelReport(NamedTuple):
    """``lines`` have the model as ``key`` (empty for what no model made) and the tool as ``source``."""

    lines: Sequence[Line]
    total: Line


def model_report(rows: Iterable[NamedRow], pricer: Pricer, *, ascending: bool = False) -> ModelReport:
    """Rows by tool and model, the dearest first, then the most tokens."""
    lines = gather(rows, pricer, lambda row: (pricer.name(row), row.source, ""))
    lines.sort(key=lambda line: (line.source, line.key))
    lines.sort(key=lambda line: (line.sum.cost or 0, line.sum.total), reverse=not ascending)
    return ModelReport(lines, total_of(lines))
