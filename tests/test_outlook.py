"""Which window binds, whether it lasts, and the status of an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.errors import FailureKind
from aic_tui.models import AccountState, Balance, Failure, Point, Reading, Snapshot, Status, Window
from aic_tui.outlook import (
    Outlook,
    Verdict,
    binding,
    blocker_of,
    days_left,
    is_waiting,
    needs_user,
    outlook,
    reading_status,
    status_of,
    usable_at,
)

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
HOUR = 3600
WEEK = 7 * 24 * HOUR


def window(used: float | None, left: float, length: int = 5 * HOUR, name: str = "session") -> Window:
    """A window of ``length`` seconds that resets in ``left`` hours and is ``used`` full."""
    return Window(name, name, ratio=used, resets_at=NOW + timedelta(hours=left), window_seconds=length)


def state(reading: Reading | None, failure: Failure | None = None) -> AccountState:
    snapshot = Snapshot(reading, NOW) if reading else None
    return AccountState("a", "p", "Provider", "Mine", snapshot=snapshot, failure=failure)


def test_even_pace_is_drawn_out_to_the_reset() -> None:
    seen = outlook(window(0.4, left=2), NOW)  # 3 of 5 hours passed
    assert seen.verdict is Verdict.LASTS
    assert seen.elapsed == pytest.approx(0.6)
    assert seen.pace == pytest.approx(0.667, abs=0.001)
    assert seen.runs_out_at is None


def test_a_fast_pace_says_when_it_runs_out_rounded_down_to_five_minutes() -> None:
    seen = outlook(window(0.9, left=2), NOW)  # full after 3 h 20 m, which is in 20 m
    assert seen.verdict is Verdict.RUNS_OUT
    assert seen.pace == pytest.approx(1.5)
    assert seen.runs_out_at == NOW + timedelta(minutes=20)


def test_a_guess_about_a_week_has_no_minutes() -> None:
    seen = outlook(window(0.5, left=96, length=WEEK), NOW)
    assert seen.runs_out_at is not None
    assert (seen.runs_out_at.minute, seen.runs_out_at > NOW) == (0, True)


def test_running_out_within_the_rounding_is_still_in_the_future() -> None:
    seen = outlook(window(0.999, left=96, length=WEEK), NOW + timedelta(minutes=1))
    assert seen.runs_out_at is not None
    assert seen.runs_out_at > NOW


@pytest.mark.parametrize(
    ("lane", "verdict", "ratio"),
    [
        (window(0.02, left=4.9), Verdict.TOO_EARLY, 0.02),
        (window(1.0, left=4.9), Verdict.EXHAUSTED, 1.0),
        (window(1.15, left=1), Verdict.EXHAUSTED, 1.15),
        (window(None, left=1), Verdict.UNKNOWN, None),
        (window(float("nan"), left=1), Verdict.UNKNOWN, None),
        (window(0.5, left=-0.1), Verdict.RESET_DUE, None),
        (window(1.0, left=0), Verdict.RESET_DUE, None),
        (window(0.5, left=9), Verdict.UNKNOWN, 0.5),  # resets later than its own length: the anchor moved
        (Window("m", "month", ratio=0.4), Verdict.UNKNOWN, 0.4),
        (Window("m", "month", unlimited=True, ratio=0.4), Verdict.UNLIMITED, None),
        (Window("s", "session", ratio=0.0, started=False), Verdict.NOT_STARTED, 0.0),
        (Window("c", "credits", "usd", used=Decimal(5), limit=Decimal(20)), Verdict.UNKNOWN, 0.25),
        (Window("c", "credits", "usd", used=Decimal(5), limit=Decimal(0)), Verdict.UNKNOWN, None),
        (Window("c", "credits", ratio=-0.3), Verdict.UNKNOWN, 0.0),
    ],
)
def test_verdicts(lane: Window, verdict: Verdict, ratio: float | None) -> None:
    seen = outlook(lane, NOW)
    assert (seen.verdict, seen.ratio) == (verdict, ratio)


@given(st.floats(0, 2), st.floats(-10, 200), st.sampled_from([HOUR, 5 * HOUR, WEEK, 30 * 24 * HOUR]))
def test_a_verdict_never_speaks_of_the_past(used: float, left: float, length: int) -> None:
    lane = window(used, left, length)
    seen = outlook(lane, NOW)
    if seen.runs_out_at is not None:
        assert lane.resets_at is not None
        assert NOW <= seen.runs_out_at <= lane.resets_at
    if seen.pace is not None:
        assert (seen.pace > 1) == (seen.verdict is Verdict.RUNS_OUT)


class TestBinding:
    def test_exhausted_goes_before_what_runs_out(self) -> None:
        fast, week = window(0.9, 2), window(1.0, 50, WEEK, "week")
        assert binding(Reading(windows=(fast, week)), NOW) is week

    def test_of_two_exhausted_the_one_that_stays_longer(self) -> None:
        short, week = window(1.0, 2), window(1.0, 50, WEEK, "week")
        assert binding(Reading(windows=(short, week)), NOW) is week

    def test_an_exhausted_window_without_reset_stays_longest(self) -> None:
        credit = Window("c", "credits", ratio=1.0)
        assert binding(Reading(windows=(window(1.0, 2), credit)), NOW) is credit

    def test_what_runs_out_first_goes_before_what_is_fullest(self) -> None:
        fast, full = window(0.6, 3), window(0.8, 20, WEEK, "week")  # the week lasts
        assert binding(Reading(windows=(full, fast)), NOW) is fast

    def test_else_the_fullest(self) -> None:
        low, high = window(0.1, 1), window(0.3, 20, WEEK, "week")
        assert binding(Reading(windows=(low, high)), NOW) is high

    def test_lanes_that_never_stop_work_do_not_bind(self) -> None:
        extra = replace(window(1.0, 50, name="extra"), blocking=False)
        free = Window("chat", "chat", unlimited=True)
        five = window(0.1, 1)
        assert binding(Reading(windows=(extra, free, five)), NOW) is five
        assert binding(Reading(windows=(extra, free)), NOW) is None

    def test_a_known_figure_goes_before_an_unknown_one(self) -> None:
        due, known = window(1.0, -1), window(0.0, 1)
        assert binding(Reading(windows=(due, known)), NOW) is known
        assert binding(Reading(windows=(due,)), NOW) is due


class TestBlocker:
    def test_an_exhausted_week_blocks_the_five_hours(self) -> None:
        five, week = window(0.1, 1), window(1.0, 50, WEEK, "week")
        reading = Reading(windows=(five, week))
        assert blocker_of(reading, five, NOW) is week
        assert blocker_of(reading, week, NOW) is None
        assert usable_at(reading, NOW) == week.resets_at

    def test_lanes_of_equal_length_stand_beside_each_other(self) -> None:
        pro, flash = window(1.0, 2, name="pro"), window(0.1, 2, name="flash")
        assert blocker_of(Reading(windows=(pro, flash)), flash, NOW) is None

    def test_a_week_that_reset_blocks_no_more(self) -> None:
        five, week = window(0.1, 1), window(1.0, -1, WEEK, "week")
        assert blocker_of(Reading(windows=(five, week)), five, NOW) is None

    def test_nothing_blocks_a_lane_without_length(self) -> None:
        credit, week = Window("c", "credits", ratio=0.1), window(1.0, 50, WEEK, "week")
        assert blocker_of(Reading(windows=(credit, week)), credit, NOW) is None

    def test_no_return_is_promised_when_one_window_never_tells(self) -> None:
        reading = Reading(windows=(window(1.0, 2), Window("c", "credits", ratio=1.0)))
        assert usable_at(reading, NOW) is None
        assert usable_at(Reading(windows=(window(0.5, 2),)), NOW) is None


class TestStatus:
    @pytest.mark.parametrize("kind", list(FailureKind))
    def test_a_failure_names_itself_though_figures_stay(self, kind: FailureKind) -> None:
        failed = state(Reading(windows=(window(0.1, 1),)), Failure(kind, NOW))
        assert status_of(failed, 80, NOW).value == kind.value
        assert failed.stale

    def test_never_asked_is_waiting(self) -> None:
        assert is_waiting(state(None))
        assert status_of(state(None), 80, NOW) is Status.ERROR
        assert not is_waiting(state(None, Failure(FailureKind.OFFLINE, NOW)))

    @pytest.mark.parametrize(
        ("reading", "status"),
        [
            (Reading(windows=(window(0.5, 1),)), Status.OK),
            (Reading(windows=(window(0.81, 0.5),)), Status.WARN),
            (Reading(windows=(window(0.79, 0.5),)), Status.OK),
            (Reading(windows=(window(0.6, 3),)), Status.WARN),  # runs out
            (Reading(windows=(window(0.15, 4.4),)), Status.OK),  # runs out, but a tenth of the time says little
            (Reading(windows=(window(1.0, 1),)), Status.EXHAUSTED),
            (Reading(windows=(window(1.0, -1),)), Status.OK),  # it reset since
            (Reading(windows=(replace(window(1.0, 1), blocking=False),)), Status.OK),
            (Reading(balances=(Balance(Decimal(5), "USD"),)), Status.OK),
            (Reading(balances=(Balance(Decimal(0), "USD"),)), Status.EXHAUSTED),
            (Reading(balances=(Balance(Decimal(0), "USD"), Balance(Decimal(1), "CNY"))), Status.OK),
            (Reading(balances=(Balance(Decimal(0), "USD"),), available=True), Status.OK),
            (Reading(balances=(Balance(Decimal(4), "USD"),), available=False), Status.WARN),
            (Reading(windows=(window(0.1, 1),), balances=(Balance(Decimal(0), "credits"),)), Status.OK),
            (Reading(), Status.OK),
        ],
    )
    def test_figures(self, reading: Reading, status: Status) -> None:
        assert reading_status(reading, 80, NOW) is status
        assert status_of(state(reading), 80, NOW) is status

    @pytest.mark.parametrize("kind", list(FailureKind))
    def test_only_keys_and_rights_call_for_the_user(self, kind: FailureKind) -> None:
        called = kind in (FailureKind.AUTH_NEEDED, FailureKind.FORBIDDEN)
        assert needs_user(state(None, Failure(kind, NOW))) is called


class TestDaysLeft:
    @staticmethod
    def points(*amounts: str, hours: int = 24) -> list[Point]:
        return [
            Point(
                "a", "balance:USD", NOW - timedelta(hours=hours * (len(amounts) - 1 - place)), balance=Decimal(amount)
            )
            for place, amount in enumerate(amounts)
        ]

    def test_a_steady_fall(self) -> None:
        assert days_left(self.points("13", "12", "11", "10"), Decimal(10), NOW) == pytest.approx(10)

    def test_a_top_up_is_no_negative_spending(self) -> None:
        assert days_left(self.points("11", "10", "30", "29"), Decimal(29), NOW) == pytest.approx(43.5)

    @pytest.mark.parametrize("amounts", [(), ("5",), ("5", "5", "5"), ("5", "6")])
    def test_no_fall_no_estimate(self, amounts: tuple[str, ...]) -> None:
        assert days_left(self.points(*amounts), Decimal(5), NOW) is None

    def test_an_hour_is_too_short(self) -> None:
        assert days_left(self.points("6", "5", hours=1), Decimal(5), NOW) is None

    def test_nothing_left_has_no_days(self) -> None:
        assert days_left(self.points("6", "0"), Decimal(0), NOW) is None


def test_an_outlook_without_facts_says_nothing() -> None:
    assert Outlook(Verdict.UNKNOWN).ratio is None
