"""Small graphs of block letters: cheap on the wire, and the same in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aic_tui.format import Show, shown_ratio
from aic_tui.models import Point
from aic_tui.view.gauge import level

_ASCII_LEVELS = "_.-=+*%#"
_BLOCKS = " ▁▂▃▄▅▆▇█"
_ASCII_BLOCKS = " ..::++##"

Series = Sequence[tuple[datetime, float]]


def series_of(points: Sequence[Point], window_id: str) -> list[tuple[datetime, float]]:
    """The points of one window (ratio), balance or cost as plain numbers, oldest first."""
    series = []
    for point in points:
        if point.window_id != window_id:
            continue
        value = point.ratio
        if value is None:
            amount = point.balance if point.balance is not None else point.cost_usd
            value = None if amount is None else float(amount)
        if value is not None:
            series.append((point.at, value))
    return series


def resample(series: Series, since: datetime, until: datetime, count: int) -> list[float | None]:
    """``series`` in ``count`` equal slots: the last value of each slot, None for slots without one (a gap).

    A single empty slot between two full ones is bridged: it is sampling, not silence.
    """
    if count <= 0 or until <= since:
        return []
    slots: list[float | None] = [None] * count
    step = (until - since) / count
    for at, value in series:
        if since <= at <= until:
            slots[min(int((at - since) / step), count - 1)] = value
    for index in range(1, count - 1):
        if slots[index] is None and slots[index + 1] is not None:
            slots[index] = slots[index - 1]
    return slots


def flipped(values: Sequence[float | None], show: Show) -> list[float | None]:
    """Ratios of use as they are, or as what is left."""
    return [None if value is None else shown_ratio(value, show) for value in values]


def sparkline(
    values: Sequence[float | None], low: float | None = None, high: float | None = None, *, ascii_only: bool = False
) -> str:
    """One letter per value, scaled ``low``..``high`` (default: the values' own range); gaps are blanks.

    A series that does not move is drawn low and calm, not as a wall.
    """
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low = min(known) if low is None else low
    high = max(known) if high is None else high
    return "".join(" " if value is None else _letter(_share(value, low, high), ascii_only) for value in values)


def _share(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.0


def _letter(share: float, ascii_only: bool) -> str:
    return _ASCII_LEVELS[min(int(share * 8), 7)] if ascii_only else level(share)


def area(
    values: Sequence[float | None], height: int, low: float, high: float, *, ascii_only: bool = False
) -> list[str]:
    """A filled graph of ``height`` rows, top first; every row is as long as ``values``."""
    letters = _ASCII_BLOCKS if ascii_only else _BLOCKS
    rows = []
    for row in range(height - 1, -1, -1):
        cells = []
        for value in values:
            eighths = 0 if value is None else round(_share(value, low, high) * height * 8) - row * 8
            cells.append(letters[min(max(eighths, 0), 8)])
        rows.append("".join(cells))
    return rows
