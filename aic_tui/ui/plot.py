"""Line plots as plain text. The only user of plotext, which is imported on the first plot and not before.

plotext draws without colour here: the widget's CSS colours the whole plot, so that it follows the theme and costs a
tenth of the bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MIN_COLUMNS = 24
MIN_ROWS = 5
MIN_POINTS = 2


@dataclass(frozen=True, slots=True)
class Axis:
    """Where ticks stand on an axis and what they say; ``low`` and ``high`` are its ends."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a plot. A point whose x or y is not a finite number is left out. ``marker`` is plotext's."""

    xs: Sequence[float]
    ys: Sequence[float | None]
    marker: str = "braille"


def plot(curves: Sequence[Curve], x: Axis, y: Axis, columns: int, rows: int) -> str | None:
    """The curves as ``rows`` lines of at most ``columns`` characters.

    None when there is too little room or no curve has two points: the caller says so in words.
    """
    drawn = [points for curve in curves if len((points := _inside(curve, x, y)).xs) >= MIN_POINTS]
    if columns < MIN_COLUMNS or rows < MIN_ROWS or not drawn or not x.low < x.high or not y.low < y.high:
        return None
    import plotext

    plotext.clear_figure()
    plotext.limit_size(False, False)  # else it is capped to what it takes for the terminal
    plotext.plot_size(columns, rows)
    plotext.theme("clear")
    plotext.frame(False)
    for curve in drawn:
        plotext.plot(curve.xs, curve.ys, marker=curve.marker)
    plotext.xlim(x.low, x.high)
    plotext.ylim(y.low, y.high)
    plotext.xticks([at for at, _ in x.ticks], [label for _, label in x.ticks])
    plotext.yticks([at for at, _ in y.ticks], [label for _, label in y.ticks])
    text: str = plotext.uncolorize(plotext.build())
    return "\n".join(line.rstrip() for line in text.splitlines()[:rows])


def _inside(curve: Curve, x: Axis, y: Axis) -> Curve:
    """The curve's points inside the axes, y values beyond them laid on the edge.

    plotext raises on infinities, and draws a line to a far point cell by cell, far outside the picture.
    """
    pairs = [
        (px, min(max(py, y.low), y.high))
        for px, py in zip(curve.xs, curve.ys, strict=True)
        if py is not None and math.isfinite(py) and x.low <= px <= x.high
    ]
    return Curve([px for px, _ in pairs], [py for _, py in pairs], curve.marker)
