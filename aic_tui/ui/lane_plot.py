"""The plot of one window, balance or spend over a range of time, with axes in the user's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from aic_tui.format import money
from aic_tui.models import AccountState, Point
from aic_tui.outlook import binding
from aic_tui.ui.plot import MIN_COLUMNS, MIN_ROWS, Axis, Curve, plot
from aic_tui.view import words
from aic_tui.view.spans import ViewOptions
from aic_tui.view.sparkline import series_of

_TICK_CELLS = 16


@dataclass(frozen=True, slots=True)
class Lane:
    """What can be plotted: the points' ``window_id``, its words, and the currency of money (None: a share)."""

    window_id: str
    label: str
    currency: str | None = None


def lanes_of(state: AccountState, points: Sequence[Point], options: ViewOptions) -> list[Lane]:
    """What the account has points of, its binding window first. Under privacy money has no plot: its shape tells."""
    reading = state.reading
    if reading is None:
        return []
    recorded = {point.window_id for point in points}
    head = binding(reading, options.now)
    windows = sorted(reading.windows, key=lambda window: window is not head)
    lanes = [Lane(window.id, window.label) for window in windows]
    if not options.privacy:
        lanes += [
            Lane(f"balance:{item.currency}", f"balance {item.currency}", item.currency) for item in reading.balances
        ]
        lanes += [
            Lane(f"cost:{spend.period}", f"spent {words.period(spend, state, options)}", spend.currency)
            for spend in reading.spends
        ]
    return [lane for lane in lanes if lane.window_id in recorded]


def lane_plot(
    lane: Lane, points: Sequence[Point], span: timedelta, options: ViewOptions, columns: int, rows: int
) -> list[str] | None:
    """The lane's values over ``span`` until now as lines of text; None where there is no room or too little to draw."""
    if columns < MIN_COLUMNS or rows < MIN_ROWS or options.ascii:
        return None
    since = options.now - span
    series = [(at, value) for at, value in series_of(points, lane.window_id) if at >= since]
    if len(series) < 2:
        return None
    first = max(since, series[0][0]) if span > timedelta(days=7) else since
    xs = [at.timestamp() for at, _ in series]
    values = [value for _, value in series]
    if lane.currency is None:
        ys = [100 * (1 - value if options.show == "left" else value) for value in values]
        y_axis = Axis(0, max(100.0, *ys), tuple((float(at), f"{at}%") for at in (0, 25, 50, 75, 100)))
    else:
        ys, y_axis = values, _money_axis(max(values), lane.currency)
    low, high = first.timestamp(), options.now.timestamp()
    count = max(2, min(columns // _TICK_CELLS, 7))
    ticks = tuple(
        (low + (high - low) * n / (count - 1), _tick(first + (options.now - first) * n / (count - 1), span, options))
        for n in range(count)
    )
    drawn = plot([Curve(xs, ys)], Axis(low, high, ticks), y_axis, columns, rows)
    return drawn.splitlines() if drawn is not None else None


def _tick(at: datetime, span: timedelta, options: ViewOptions) -> str:
    """A time on the axis: the clock for a day, the day of the week for a week, else the date."""
    local = at.astimezone(options.zone)
    if span <= timedelta(days=1):
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if span <= timedelta(days=7) else f"{local.day} {local:%b}"


def _money_axis(most: float, currency: str) -> Axis:
    top = most * 1.05 or 1.0
    amounts = [Decimal(str(round(top * share, 2))) for share in (0, 0.5, 1)]
    return Axis(0, top, tuple((float(amount), money(amount, currency)) for amount in amounts))
