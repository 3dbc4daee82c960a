"""Recorded points: what is written, what is asked for, what upkeep leaves."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from aic_tui.environment import Environment
from aic_tui.models import Balance, MoneyKind, Reading, Snapshot, Spend, Window
from aic_tui.store.store import Store
from tests.clock import FakeClock
from tests.store_cases import NOW, quota

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(env: Environment) -> Iterator[Store]:
    with Store.open(env) as opened:
        yield opened


def series(store: Store, account_id: str = "a", window_id: str = "5h") -> list[tuple[datetime, float | None]]:
    found = store.history.points(account_id, window_id, until=NOW + 4000 * DAY)
    return [(point.at, point.ratio) for point in found]


def test_a_snapshot_records_a_point_per_window_balance_and_spend(store: Store) -> None:
    reading = Reading(
        windows=(
            Window("5h", "5 hours", ratio=0.5),
            Window("credits", "Credits", "usd", used=Decimal("1.10"), limit=Decimal("20.00")),
            Window("unknown", "Unknown"),
        ),
        balances=(Balance(Decimal("7.50"), "USD"), Balance(Decimal("30"), "CNY"), Balance(Decimal(1), "USD")),
        spends=(
            Spend(Decimal("0.10"), "USD", "today"),
            Spend(Decimal("0.30"), "USD", "today", MoneyKind.ESTIMATE),
            Spend(Decimal("0.20"), "EUR", "month"),
        ),
    )
    assert store.history.record("a", Snapshot(reading, NOW))
    found = {point.window_id: point for point in store.history.points("a")}
    assert set(found) == {
        "5h",
        "credits",
        "balance:USD",
        "balance:CNY",
        "cost:today",
        "cost:today:estimate",
        "cost:month:EUR",
    }
    assert (found["5h"].ratio, found["5h"].at) == (0.5, NOW)
    assert (found["credits"].used, found["credits"].limit, found["credits"].ratio) == (
        Decimal("1.10"),
        Decimal("20.00"),
        None,
    )
    assert found["balance:USD"].balance == Decimal("7.50")
    assert str(found["cost:today"].cost_usd) == "0.10"
    assert found["cost:today:estimate"].cost_usd == Decimal("0.30")
    assert (found["cost:month:EUR"].cost_usd, found["cost:month:EUR"].used) == (None, Decimal("0.20"))


def test_points_can_be_asked_for_by_account_window_time_and_number(store: Store) -> None:
    for number in range(10):
        at = NOW - (10 - number) * MINUTE
        store.history.record("a", quota(number / 10, at, "5h", "week"))
        store.history.record("b", quota(number / 10, at))
    assert len(store.history.points()) == 30
    assert len(store.history.points("a")) == 20
    assert {point.account_id for point in store.history.points(window_id="5h")} == {"a", "b"}
    some = store.history.points("a", "5h", NOW - 8 * MINUTE, NOW - 5 * MINUTE)
    assert [point.ratio for point in some] == [0.2, 0.3, 0.4, 0.5]
    assert [point.ratio for point in store.history.points("a", "5h", limit=2)] == [0.8, 0.9]
    assert [point.ratio for point in store.history.points(limit=3)] == [0.9, 0.9, 0.9]
    assert store.history.points("a", limit=0) == []
    assert store.history.points("nobody") == []


def test_a_flat_run_keeps_its_first_and_last_sight(store: Store) -> None:
    for minute in range(0, 50, 5):
        store.history.record("a", quota(0.5, NOW + minute * MINUTE))
    store.history.record("a", quota(0.6, NOW + 50 * MINUTE))
    assert series(store) == [(NOW, 0.5), (NOW + 45 * MINUTE, 0.5), (NOW + 50 * MINUTE, 0.6)]


def test_a_gap_in_a_flat_run_stays_visible(store: Store) -> None:
    for minute in (0, 5, 10, 200, 205, 210):
        store.history.record("a", quota(0.5, NOW + minute * MINUTE))
    assert [at for at, _ in series(store)] == [NOW + minute * MINUTE for minute in (0, 10, 200, 210)]


def test_the_same_answer_twice_is_one_point(store: Store) -> None:
    for _ in range(3):
        store.history.record("a", quota(0.5))
    assert series(store) == [(NOW, 0.5)]


def test_future_points_are_kept_but_not_shown_as_newest(store: Store, clock: FakeClock) -> None:
    clock.step_wall(900 * 86400)
    store.history.record("a", quota(0.9, clock.now()))
    clock.step_wall(-900 * 86400)
    store.history.record("a", quota(0.1, NOW))
    store.maintain(NOW, 180)
    assert [point.ratio for point in store.history.points("a")] == [0.1]
    assert [point.ratio for point in store.history.points("a", limit=1)] == [0.1]
    assert series(store) == [(NOW, 0.1), (NOW + 900 * DAY, 0.9)]


def test_upkeep_thins_to_hours_then_days_and_keeps_the_peaks(store: Store) -> None:
    for start in (NOW - 100 * DAY, NOW - 20 * DAY, NOW - DAY):
        midnight = start.replace(hour=0)
        for number in range(48):
            ratio = 0.97 if number == 13 else number / 100
            store.history.record("a", quota(ratio, midnight + number * 30 * MINUTE))
    store.maintain(NOW, 180)
    found = series(store)
    days = [ratio for at, ratio in found if at < NOW - 90 * DAY]
    hours = [ratio for at, ratio in found if NOW - 90 * DAY < at < NOW - 7 * DAY]
    assert days == [0.97]
    assert hours == [0.97 if hour == 6 else (2 * hour + 1) / 100 for hour in range(24)]
    assert len(found) == 1 + 24 + 48
    again = store.maintain(NOW, 180)
    assert (again.deleted, series(store)) == (0, found)


def test_of_balances_the_last_of_an_hour_stays(store: Store) -> None:
    start = NOW - 20 * DAY
    for minute, amount in enumerate(("9.00", "7.00", "8.00")):
        reading = Reading(balances=(Balance(Decimal(amount), "USD"),))
        store.history.record("a", Snapshot(reading, start + minute * MINUTE))
    store.maintain(NOW, 180)
    assert [point.balance for point in store.history.points("a")] == [Decimal("8.00")]


def test_points_beyond_the_retention_go(store: Store) -> None:
    for days in (200, 181, 179, 1):
        store.history.record("a", quota(days / 1000, NOW - days * DAY))
    store.history.record("gone", quota(0.5, NOW - 300 * DAY))
    store.maintain(NOW, 180)
    assert [ratio for _, ratio in series(store)] == [0.179, 0.001]
    assert store.history.points("gone", until=NOW) == []
    store.maintain(NOW, 0)
    assert series(store) == [(NOW - DAY, 0.001)]


def test_a_clock_that_jumps_ahead_deletes_nothing_for_a_day(store: Store) -> None:
    store.history.record("a", quota(0.5, NOW))
    store.maintain(NOW, 180)
    wrong = NOW + 2000 * DAY
    assert not store.maintain(wrong, 180).done
    assert not store.maintain(wrong + timedelta(hours=1), 180).done
    assert series(store) == [(NOW, 0.5)]
    assert not store.maintain(NOW + timedelta(hours=2), 180).done
    assert store.maintain(NOW + DAY + timedelta(hours=3), 180).done
    assert series(store) == [(NOW, 0.5)]
    assert not store.maintain(wrong, 180).done
    assert store.maintain(wrong + DAY, 180).done
    assert series(store) == []


def test_upkeep_goes_on_when_its_own_notes_are_damaged(store: Store) -> None:
    store.notes.set("upkeep.at", "yesterday")
    assert store.maintain(NOW, 180).done


def test_an_unreadable_point_is_left_out(env: Environment, store: Store) -> None:
    store.history.record("a", quota(0.5, NOW))
    store.history.record("a", Snapshot(Reading(balances=(Balance(Decimal(1), "USD"),)), NOW))
    with closing(sqlite3.connect(env.paths.database)) as connection, connection:
        connection.execute("UPDATE points SET balance = 'plenty' WHERE balance IS NOT NULL")
    assert [point.window_id for point in store.history.points("a")] == ["5h"]


def fill(path: str, first: datetime, days: int, step: timedelta) -> None:
    """Points of 12 accounts with 5 windows, straight into the file."""
    with closing(sqlite3.connect(path)) as connection, connection:
        names = [(f"acc{account}", f"w{window}") for account in range(12) for window in range(5)]
        connection.executemany("INSERT OR IGNORE INTO lanes (account_id, window_id) VALUES (?, ?)", names)
        lanes = [lane for (lane,) in connection.execute("SELECT id FROM lanes")]
        instants = [(first + number * step).timestamp() for number in range(int(days * DAY / step))]
        connection.executemany(
            "INSERT OR REPLACE INTO points (lane, at, ratio, used) VALUES (?, ?, ?, ?)",
            [(lane, at, (at % 977) / 977, "12.50") for at in instants for lane in lanes],
        )


def test_half_a_year_of_an_account_is_read_quickly(env: Environment, store: Store) -> None:
    fill(str(env.paths.database), NOW - 180 * DAY, 180, timedelta(hours=1))
    started = time.process_time()
    found = store.history.points("acc3", since=NOW - DAY)
    assert time.process_time() - started < 0.05
    assert len(found) == 5 * 24
    started = time.process_time()
    assert len(store.history.points("acc3")) == 5 * 180 * 24
    assert time.process_time() - started < 1
    started = time.process_time()
    assert len(store.history.points(limit=100)) == 100
    assert time.process_time() - started < 0.3


@pytest.mark.parametrize("minutes", [60, pytest.param(10, marks=pytest.mark.soak)])
def test_the_file_stops_growing(env: Environment, store: Store, minutes: int) -> None:
    """400 days of polls in virtual time; the size after 200 days stays within a tenth."""
    sizes: list[int] = []
    longest: list[float] = []
    for number in range(0, 400, 10):
        first = NOW + number * DAY
        fill(str(env.paths.database), first, 10, timedelta(minutes=minutes))
        done = store.maintain(first + 10 * DAY, 180)
        assert done.done
        longest.append(done.longest_seconds)
        sizes.append(store.facts().size_bytes)
    plateau = sizes[20:]
    assert max(plateau) <= 1.1 * min(plateau)
    assert sorted(longest)[len(longest) // 2] < 0.05
    oldest = min(point.at for point in store.history.points("acc0", until=NOW + 401 * DAY))
    assert oldest >= NOW + 219 * DAY


def test_a_file_that_shrinks_gives_space_back(env: Environment, store: Store) -> None:
    fill(str(env.paths.database), NOW - 190 * DAY, 9, timedelta(minutes=30))
    store.maintain(NOW - 180 * DAY, 180)
    before = store.facts().size_bytes
    store.maintain(NOW, 180)
    store.maintain(NOW + DAY, 180)
    assert store.facts().size_bytes < before / 3
