"""Thin line gauges and the one-cell gauge of the strip."""

from __future__ import annotations

from aic_tui.format import shown_ratio
from aic_tui.view.spans import Line, Show, Span, Tone, line

_LEVELS = "▁▂▃▄▅▆▇█"


def gauge(ratio: float | None, cells: int, tone: Tone, show: Show, *, ascii_only: bool = False) -> Line:
    """A line of ``cells`` filled to ``ratio`` (of use; flipped for "left"): ``━━━━╾─────``.

    Filled and empty differ in shape, so the bar reads without colour. It is never full or empty unless the percent
    beside it says 100 or 0. An unknown ratio is an empty track.
    """
    if cells <= 0:
        return ()
    steps = 0 if ratio is None else _steps(shown_ratio(ratio, show), cells if ascii_only else 2 * cells)
    if ascii_only:
        return line(("=" * steps, tone), ("-" * (cells - steps), Tone.TRACK))
    full, half = divmod(steps, 2)
    return line(("━" * full + "╾" * half, tone), ("─" * (cells - full - half), Tone.TRACK))


def _steps(ratio: float, most: int) -> int:
    if ratio <= 0:
        return 0
    if ratio >= 1:
        return most
    return min(max(round(ratio * most), 1), max(most - 1, 1))


def micro_gauge(ratio: float | None, tone: Tone, show: Show, *, ascii_only: bool = False) -> Span:
    """One cell whose height tells the ratio; ASCII has no such letter and gets a blank."""
    if ratio is None or ascii_only:
        return Span(" ")
    return Span(level(shown_ratio(ratio, show)), tone)


def level(ratio: float) -> str:
    """``ratio`` 0..1 as one of eight block letters; full height for 1 alone."""
    return _LEVELS[-1] if ratio >= 1 else _LEVELS[min(max(int(ratio * 8), 0), 6)]
