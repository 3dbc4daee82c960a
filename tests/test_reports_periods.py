"""Days, weeks, months, sessions, models and the calendar: one set of sums, whichever way it is cut."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.reports.activity import activity, current_streak, level, longest_streak
from aic_tui.reports.models import model_report
from aic_tui.reports.periods import Kind, key_function, last_periods, period_report, week_of
from aic_tui.reports.sessions import SORTS, session_report
from aic_tui.reports.shapes import Shape, period_document, totals_of
from aic_tui.reports.sums import Line, Sum
from aic_tui.usage_records import Flag, NamedRow
from tests.report_cases import ROWS, SONNET, UNKNOWN, pricer, row

KINDS: tuple[Kind, ...] = ("daily", "weekly", "monthly")
TODAY = date(2026, 5, 20)


def facts(line: Line) -> tuple[object, ...]:
    found = line.sum
    return (
        found.messages,
        found.total,
        found.estimated,
        found.recorded,
        sorted(found.unpriced),
        sorted((name, cell.total) for name, cell in line.agents.items()),
        sorted((name, cell.total, cell.cost or 0) for name, cell in line.models.items()),
    )


@given(ROWS)
def test_every_report_has_the_same_totals(rows: list[NamedRow]) -> None:
    totals = [period_report(kind, rows, pricer(), today=TODAY).total for kind in KINDS]
    totals.append(period_report("daily", rows, pricer(), today=TODAY, by_project=True).total)
    totals.append(session_report(rows, pricer()).total)
    totals.append(model_report(rows, pricer()).total)
    totals.append(activity(rows, pricer(), today=TODAY).total)
    assert len({repr(facts(total)) for total in totals}) == 1
    assert totals[0].sum.total == sum(r.total for r in rows)
    assert totals[0].sum.messages == sum(r.messages for r in rows)


@given(ROWS, st.sampled_from(["auto", "calculate", "display"]))
def test_costs_are_finite_and_not_negative(rows: list[NamedRow], mode: str) -> None:
    report = period_report("daily", rows, pricer(mode), today=TODAY)
    for line in (*report.lines, report.total):
        cost = Shape().money(line.sum.cost)
        assert cost is None or (math.isfinite(cost) and cost >= 0)
        assert (line.sum.cost is None) <= bool(line.sum.unpriced)
        assert (line.sum.cost or 0) == sum(cell.cost or 0 for cell in line.agents.values())


@given(ROWS, st.integers(0, 6))
def test_weeks_and_months_part_the_days(rows: list[NamedRow], start: int) -> None:
    days = {line.key: line.sum.total for line in period_report("daily", rows, pricer(), today=TODAY).lines}
    for kind in ("weekly", "monthly"):
        key = key_function(kind, start)
        whole: Counter[str] = Counter()
        for day, tokens in days.items():
            whole[key(date.fromisoformat(day))] += tokens
        report = period_report(kind, rows, pricer(), today=TODAY, week_start=start)
        assert {line.key: line.sum.total for line in report.lines} == dict(whole)
        assert [line.key for line in report.lines] == sorted(whole)


@given(st.dates(date(2, 1, 1), date(9998, 1, 1)), st.integers(0, 6))
def test_a_week_begins_on_its_day_and_has_seven(day: date, start: int) -> None:
    first = week_of(day, start)
    assert first.weekday() == start
    assert timedelta(0) <= day - first < timedelta(7)


def test_the_first_week_of_the_calendar_is_short() -> None:
    assert week_of(date.min, 6) == date.min


@pytest.mark.parametrize(
    ("kind", "count", "first"),
    [
        ("daily", 1, "2026-05-20"),
        ("daily", 7, "2026-05-14"),
        ("weekly", 2, "2026-05-11"),
        ("monthly", 1, "2026-05-01"),
        ("monthly", 6, "2025-12-01"),
        ("daily", 999_999, "0001-01-01"),
        ("monthly", 999_999, "0001-01-01"),
    ],
)
def test_the_newest_periods_include_the_running_one(kind: Kind, count: int, first: str) -> None:
    assert last_periods(kind, TODAY, count).isoformat() == first


def test_a_month_is_compared_with_the_one_before() -> None:
    rows = [row("2026-02-10"), row("2026-03-10", input=2000, output=200), row("2026-01-05", model=UNKNOWN)]
    changes = period_report("monthly", rows, pricer(), today=TODAY).changes
    assert changes["2026-03"] == (1.0, 1.0, None)
    assert changes["2026-02"] == (None, 0.0, None)  # January has tokens, but no known cost
    assert changes["2026-01"] == (None, None, None)


def test_the_running_month_is_compared_by_as_many_days() -> None:
    rows = [row("2026-04-19"), row("2026-04-21", input=10**6), row("2026-05-02", input=2000, output=200)]
    assert period_report("monthly", rows, pricer(), today=TODAY).changes["2026-05"] == (1.0, 1.0, 20)


def test_without_any_price_a_cost_is_unknown_and_left_out_of_sums() -> None:
    rows = [row("2026-05-01", model=UNKNOWN), row("2026-05-02")]
    document = period_document(period_report("daily", rows, pricer(), today=TODAY), Shape())
    first, second = document["daily"]
    assert (first["totalCost"], second["totalCost"]) == (None, 0.0045)
    assert first["modelBreakdowns"][0] == {
        "modelName": UNKNOWN,
        "inputTokens": 1000,
        "outputTokens": 100,
        "cacheCreationTokens": 0,
        "cacheReadTokens": 0,
        "cost": None,
        "costKind": None,
        "missingPricing": True,
    }
    assert document["totals"]["totalCost"] == 0.0045
    assert document["totals"]["unpricedModels"] == [UNKNOWN]


def test_recorded_and_estimated_costs_are_told_apart() -> None:
    rows = [row(), row(flags=Flag.HAS_COST.value, cost=2 * 10**12)]
    totals = totals_of(period_report("daily", rows, pricer(), today=TODAY).total, Shape())
    assert (totals["estimatedCost"], totals["recordedCost"], totals["costKind"]) == (0.0045, 2.0, "mixed")
    assert totals["totalCost"] == 2.0045
    assert totals_of(period_report("daily", rows[1:], pricer(), today=TODAY).total, Shape())["costKind"] == "recorded"


def test_modes_choose_between_the_recorded_cost_and_list_prices() -> None:
    rows = [row(), row(flags=Flag.HAS_COST.value, cost=2 * 10**12)]
    costs = {}
    for mode in ("auto", "calculate", "display"):
        costs[mode] = period_report("daily", rows, pricer(mode), today=TODAY).total.sum.cost
    assert costs == {"auto": 2_004_500_000_000, "calculate": 9_000_000_000, "display": 2_000_000_000_000}


def test_what_no_model_made_counts_and_costs_nothing() -> None:
    line = period_report("daily", [row(flags=Flag.SYNTHETIC.value)], pricer(), today=TODAY).total
    assert (line.sum.total, line.sum.cost, dict(line.models), line.sum.unpriced) == (1100, 0, {}, frozenset())


def test_fast_answers_of_tools_that_say_so_have_a_name_of_their_own() -> None:
    rows = [row(flags=Flag.FAST.value), row(source="codex", flags=Flag.FAST.value), row()]
    assert set(period_report("daily", rows, pricer(), today=TODAY).total.models) == {SONNET, f"{SONNET}-fast"}


def test_credits_stand_beside_the_cost() -> None:
    rows = [row(source="amp"), row(source="amp", flags=Flag.CREDITS.value, messages=0, input=0, output=0, cost=410_000)]
    totals = totals_of(period_report("daily", rows, pricer(), today=TODAY).total, Shape())
    assert (totals["credits"], totals["totalCost"], totals["messageCount"]) == (0.41, 0.0045, 1)


def test_sessions_stand_dearest_first_or_as_asked() -> None:
    rows = [row(session="cheap"), row(session="dear", input=9000), row(session="long", first=0, input=10)]
    rows.append(row("2026-06-01", session="new", input=20))
    keys = {sort: [line.key for line in session_report(rows, pricer(), sort=sort).lines] for sort in SORTS}
    assert keys["cost"][:2] == keys["tokens"][:2] == ["dear", "cheap"]
    assert (keys["duration"][0], keys["time"][0]) == ("long", "new")
    assert [line.key for line in session_report(rows, pricer(), ascending=True).lines] == keys["cost"][::-1]


@given(st.sets(st.dates(date(2026, 4, 1), date(2026, 5, 20))))
def test_streaks_are_runs_of_days(days: set[date]) -> None:
    runs = [0]
    day = date(2026, 3, 31)
    while day <= TODAY:
        runs.append(runs[-1] + 1 if day in days else 0)
        day += timedelta(1)
    assert longest_streak(days) == max(runs)
    assert current_streak(days, TODAY) == (runs[-1] or runs[-2])


def test_the_intensity_is_a_share_of_the_dearest_day() -> None:
    assert [level(cost, 100) for cost in (None, 0, 1, 24, 25, 49, 50, 74, 75, 100)] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_what_stands_out() -> None:
    rows = [row("2026-05-18"), row("2026-05-19", input=9000), row("2026-05-19", model=UNKNOWN, input=10**6)]
    rows.append(row("2026-05-19", session="long", messages=2, first=row("2026-05-18").first))
    found = activity(rows, pricer(), today=TODAY, hours={9: 2, 14: 5, 15: 5})
    assert found.best is not None
    assert (found.best.day, found.favourite, found.peak_hour) == (date(2026, 5, 19), SONNET, 14)
    assert (found.current_streak, found.longest_ms) == (2, 86_400_000)
    assert [day.level for day in found.days] == [1, 4]
    assert Sum().cost == 0
