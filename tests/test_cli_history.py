"""``history``: local days, both included, oldest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aic_tui.cli.history import day_start
from aic_tui.errors import UserError
from aic_tui.models import AccountState, Balance, MoneyKind, Reading, Snapshot, Spend, Window
from tests.cli_home import Home

DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


def reading(ratio: float) -> Reading:
    return Reading(
        windows=(
            Window("credits", "Credits", "usd", ratio, Decimal("12.50"), Decimal("20.00")),
            Window("week", "week", "requests", ratio, Decimal(30), Decimal(60)),
        ),
        balances=(Balance(Decimal("7.50"), "USD"),),
        spends=(
            Spend(Decimal("1.10"), "USD", "today"),
            Spend(Decimal("2.20"), "EUR", "month", MoneyKind.BILLED),
        ),
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    taken = [Snapshot(reading(0.1 * day), DAY + timedelta(days=day)) for day in range(-2, 1)]
    state = AccountState("work", "openrouter", "OpenRouter", "Work", snapshot=taken[-1])
    other = AccountState("home", "deepseek", "DeepSeek", "Home")
    made.remember(state, other, snapshots={"work": taken, "home": taken[:1]})
    return made


def test_points_as_a_document(home: Home) -> None:
    document = home.json("history", "--account", "work", "--since", "2026-11-20")
    assert list(document) == ["points"]
    rows = {row["window_id"]: row for row in document["points"]}
    assert rows["credits"] == {
        "account_id": "work",
        "window_id": "credits",
        "at": "2026-11-20T12:00:00Z",
        "percent_used": 0.0,
        "used": "12.50",
        "limit": "20.00",
        "balance": None,
        "cost_usd": None,
    }
    assert rows["balance:USD"]["balance"] == "7.50"
    assert rows["cost:today"]["cost_usd"] == "1.10"
    assert rows["cost:month:EUR"]["used"] == "2.20"


@pytest.mark.parametrize(
    ("arguments", "days"),
    [
        ((), ["18", "19", "20"]),
        (("--since", "20261119"), ["19", "20"]),
        (("--until", "2026-11-19"), ["18", "19"]),
        (("--since", "2026-11-19", "--until", "20261119"), ["19"]),
        (("--since", "2026-11-21"), []),
    ],
)
def test_both_days_are_included(home: Home, arguments: tuple[str, ...], days: list[str]) -> None:
    points = home.json("history", "--account", "work", *arguments)["points"]
    assert sorted({point["at"][8:10] for point in points}) == days
    assert [point["at"] for point in points] == sorted(point["at"] for point in points)


def test_a_day_is_a_local_day(home: Home) -> None:
    # Noon UTC on the 20th is already the 21st in Kiritimati (UTC+14).
    home.environ["TZ"] = "Pacific/Kiritimati"
    points = home.json("history", "--account", "work", "--since", "2026-11-21")["points"]
    assert {point["at"] for point in points} == {"2026-11-20T12:00:00Z"}
    assert "2026-11-21 02:00" in home.run("history", "--since", "2026-11-21").stdout


def test_a_limit_keeps_the_newest(home: Home) -> None:
    points = home.json("history", "--limit", "2")["points"]
    assert {point["at"] for point in points} == {"2026-11-20T12:00:00Z"}
    assert len(points) == 2


def test_the_table_is_for_people(home: Home) -> None:
    lines = [
        line.split() for line in home.run("history", "--account", "work", "--since", "2026-11-20").stdout.splitlines()
    ]
    assert lines[0] == ["at", "account", "window", "used", "amount"]
    assert ["2026-11-20", "12:00", "work", "credits", "0%", "$12.50", "of", "$20.00"] in lines
    assert ["2026-11-20", "12:00", "work", "week", "0%", "30", "of", "60"] in lines
    assert ["2026-11-20", "12:00", "work", "balance:USD", "$7.50"] in lines
    assert ["2026-11-20", "12:00", "work", "cost:month:EUR", "€2.20"] in lines
    private = home.run("history", "--privacy", "--since", "2026-11-20").stdout
    assert "***" in private
    assert not [amount for amount in ("12.50", "7.50", "1.10", "2.20") if amount in private]
    assert "30 of 60" in private


def test_nothing_recorded_is_said_aside(home: Home) -> None:
    done = home.run("history", "--since", "2026-11-21")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Nothing is recorded" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--since", "yesterday"),
        ("--since", "2026-13-01"),
        ("--since", "2026-1101"),
        ("--until", "9999-12-31"),
        ("--since", "2026-11-20", "--until", "2026-11-19"),
        ("--limit", "0"),
        ("--limit", "-3"),
        ("--limit", "many"),
        ("--account", "nobody"),
    ],
)
def test_mistakes_are_exit_code_2(home: Home, arguments: tuple[str, ...]) -> None:
    done = home.run("history", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_the_demo_has_a_history_too(home: Home) -> None:
    points = home.json("--demo", "history", "--account", "claude", "--limit", "5")["points"]
    assert len(points) == 5
    assert {point["account_id"] for point in points} == {"claude"}
    assert home.json("history", "--demo", "--until", "2020-01-01") == {"points": []}


def test_days_begin_at_local_midnight_also_when_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert day_start("2026-03-29", berlin) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert day_start("20260330", berlin) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert day_start("2026-03-29", berlin, days_later=1) == day_start("2026-03-30", berlin)
    with pytest.raises(UserError, match="no date"):
        day_start("２０２６-03-29", berlin)
