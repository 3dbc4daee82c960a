"""Plots as text: they fit, survive every number, and say nothing when there is nothing to draw."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from aic_tui.text import cell_width
from aic_tui.ui.plot import Axis, Curve, plot

PERCENT = Axis(0, 100, ((0, "0 %"), (50, "50 %"), (100, "100 %")))
DAY = Axis(0, 24, ((0, "Thu 10:00"), (24, "Fri 10:00")))


def test_a_rising_curve_rises() -> None:
    drawn = plot([Curve([0, 24], [0.0, 100.0])], DAY, PERCENT, 60, 12)
    assert drawn is not None
    lines = drawn.splitlines()
    first_mark = [min((i for i, c in enumerate(line) if "\u2800" < c <= "\u28ff"), default=None) for line in lines]
    marks = [column for column in first_mark if column is not None]
    assert len(marks) >= 8
    assert marks == sorted(marks, reverse=True)


def test_ticks_are_written() -> None:
    drawn = plot([Curve([0, 24], [10.0, 20.0])], DAY, PERCENT, 60, 12) or ""
    for label in ("100 %", "50 %", "Thu 10:00", "Fri 10:00"):
        assert label in drawn


def test_too_small_or_too_little_is_no_plot() -> None:
    curve = Curve([0, 24], [0.0, 100.0])
    assert plot([curve], DAY, PERCENT, 10, 12) is None
    assert plot([curve], DAY, PERCENT, 60, 3) is None
    assert plot([Curve([0], [1.0])], DAY, PERCENT, 60, 12) is None
    assert plot([Curve([0, 1], [None, math.nan])], DAY, PERCENT, 60, 12) is None
    assert plot([], DAY, PERCENT, 60, 12) is None


@settings(max_examples=40, deadline=None)
@given(
    ys=st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), min_size=2, max_size=60),
    columns=st.integers(1, 200),
    rows=st.integers(1, 60),
)
def test_any_numbers_at_any_size(ys: list[float | None], columns: int, rows: int) -> None:
    drawn = plot([Curve(list(range(len(ys))), ys)], Axis(0, len(ys)), PERCENT, columns, rows)
    if drawn is not None:
        assert len(drawn.splitlines()) <= rows
        assert all(cell_width(line) <= columns for line in drawn.splitlines())
        assert "\x1b" not in drawn
