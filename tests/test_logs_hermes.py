"""Hermes's database: ccusage's figures, which cost counts, and hostile rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aic_tui.logs.hermes import HERMES
from tests.log_cases import (
    Figures,
    Told,
    by_day,
    by_session,
    case,
    expected,
    figures,
    machine,
    read_all,
    run_reader,
    said,
)
from tests.log_files import NOON, database

TABLE = (
    "CREATE TABLE sessions(id text, model text, started_at, input_tokens, output_tokens, cache_read_tokens,"
    " cache_write_tokens, reasoning_tokens, estimated_cost_usd, actual_cost_usd)"
)
ONE = Figures(10, 5, 3, 4, 24)


def row(name: object = "s1", started: object = NOON / 1000, given: object = 10, **changed: Any) -> tuple[Any, ...]:
    counts = (given, 5, 4, 3, 2)
    return (name, changed.get("model", "m1"), started, *counts, changed.get("guess"), changed.get("cost"))


def told_of(home: Path, *rows: tuple[Any, ...], path: str = ".hermes/state.db") -> Told:
    database(home, path, TABLE, rows={"sessions": list(rows)})
    return read_all(HERMES, machine(home))


def test_the_figures_are_those_of_ccusage() -> None:
    records = run_reader("hermes", case("hermes", "h01_sessions"))
    daily, session = (expected("hermes", "h01_sessions", f"hermes {report}") for report in ("daily", "session"))
    assert by_day(records) == said(daily["daily"], "date")
    assert by_session(records) == said(session["sessions"], "sessionId")
    costs = {named.session: named.record.cost for named in records}
    assert costs == {"estimated": -1, "nothing": -1, "actual": 500_000_000_000, "bought": 700_000_000_000}


@pytest.mark.parametrize(("cost", "pico"), [(0.1, 10**11), (-1.0, -1), ("?", -1), (float("inf"), -1), (2, 2 * 10**12)])
def test_the_actual_cost_is_exact_or_none(tmp_path: Path, cost: object, pico: int) -> None:
    assert [named.record.cost for named in told_of(tmp_path, row(cost=cost, guess=9.0)).requests] == [pico]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row("x", None), "no timestamp"),
        (row("x", "soon"), "no timestamp"),
        (row("x", given=-1), "impossible number"),
        (row("x", given=2**60), "impossible number"),
        (row("x", given=0.5), "unexpected shape"),
        (row("x", given=b"1"), "unexpected shape"),
        (row(""), "unexpected shape"),
        (row("x", model=" "), "no model"),
        (row("x", model=None), "no model"),
    ],
)
def test_a_row_that_cannot_be_counted_costs_only_itself(tmp_path: Path, bad: tuple[Any, ...], reason: str) -> None:
    found = told_of(tmp_path, bad, row(), ("new", "m1", NOON, 0, None, 0, 0, 0, 3.0, 0))
    assert figures(found.requests) == ONE
    assert (found.skipped, found.seen) == ({reason: 1}, 2)


def test_profiles_count_and_a_session_only_once(tmp_path: Path) -> None:
    told_of(tmp_path, row(), row("\x1b[2Js2", NOON))
    told_of(tmp_path, row("s4"), path=".hermes/profiles/work/backup/state.db")
    found = told_of(tmp_path, row(given=11), row("s3"), path=".hermes/profiles/work/state.db")
    assert by_session(found.requests) == {"s1": ONE._replace(input=11, total=25), "s2": ONE, "s3": ONE}


def test_an_old_table_has_fewer_columns(tmp_path: Path) -> None:
    table = "CREATE TABLE sessions(id text, model text, started_at real, input_tokens int, output_tokens int)"
    database(tmp_path, ".hermes/state.db", table, rows={"sessions": [("s1", "m1", NOON / 1000, 10, 5)]})
    assert figures(run_reader("hermes", tmp_path)) == Figures(10, 5, 0, 0, 15)


def test_databases_that_cannot_be_read(tmp_path: Path) -> None:
    told_of(tmp_path, row())
    path = tmp_path / ".hermes/state.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as owner:
        owner.execute("BEGIN EXCLUSIVE")
        assert read_all(HERMES, machine(tmp_path)).problems == ["the database is locked"]
    path.write_bytes(path.read_bytes()[:-2000] + b"\xff" * 2000)
    assert read_all(HERMES, machine(tmp_path)).problems == ["not a readable database"]
    path.unlink()
    database(tmp_path, ".hermes/state.db", "CREATE TABLE conversations(id)", rows={})
    assert read_all(HERMES, machine(tmp_path)).skipped == {"unexpected shape": 1}
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_variable_names_other_directories(tmp_path: Path) -> None:
    told_of(tmp_path, row())
    for name in ("a", "b"):
        database(tmp_path, f"{name}/state.db", TABLE, rows={"sessions": [row(name)]})
        database(tmp_path, f"{name}/logs/state.db", TABLE, rows={"sessions": [row("other")]})
    assert set(by_session(run_reader("hermes", tmp_path, {"HERMES_HOME": f"~/a,{tmp_path}/b"}))) == {"a", "b"}
