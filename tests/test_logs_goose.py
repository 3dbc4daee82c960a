"""Goose's database: ccusage's figures, every version of the table, and hostile rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aic_tui.logs.goose import GOOSE
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
from tests.log_files import NOON, database, put

PLACE = ".local/share/goose/sessions/sessions.db"
OLD = "CREATE TABLE sessions(id text, created_at, model_config_json text, total_tokens, input_tokens, output_tokens)"
MODEL = '{"model_name":"m1"}'
ONE = Figures(8, 2, 0, 0, 13)


def told_of(home: Path, *rows: tuple[Any, ...], path: str = PLACE) -> Told:
    database(home, path, OLD, rows={"sessions": list(rows)})
    return read_all(GOOSE, machine(home))


def row(name: object = "s1", created: object = "2026-05-01 10:00:00", *counts: object) -> tuple[Any, ...]:
    return (name, created, MODEL, *(counts or (13, 8, 2)))


def test_the_figures_are_those_of_ccusage() -> None:
    records = run_reader("goose", case("goose", "s01_sessions"))
    daily, session = (expected("goose", "s01_sessions", f"goose {report}") for report in ("daily", "session"))
    assert by_day(records) == said(daily["daily"], "date")
    assert by_session(records) == said(session["sessions"], "sessionId")
    assert {named.project for named in records} == {"/home/u/app"}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row("x", "soon"), "no timestamp"),
        (row("x", None), "no timestamp"),
        (row("x", NOON, 3, -1, 2), "impossible number"),
        (row("x", NOON, -3, 1, 2), "impossible number"),
        (row("x", NOON, 3, 1.5, 2), "unexpected shape"),
        (row("x", NOON, 3, "1", 2), "unexpected shape"),
        (row(None, NOON), "unexpected shape"),
        ((*row("x")[:2], "{", 3, 1, 2), "no model"),
        ((*row("x")[:2], '{"model_name":7}', 3, 1, 2), "no model"),
        ((*row("x")[:2], None, 3, 1, 2), "no model"),
    ],
)
def test_a_row_that_cannot_be_counted_costs_only_itself(tmp_path: Path, bad: tuple[Any, ...], reason: str) -> None:
    found = told_of(tmp_path, bad, row(), row("new", NOON, None, 0, None))
    assert figures(found.requests) == ONE
    assert (found.skipped, found.seen) == ({reason: 1}, 2)


def test_a_session_in_two_databases_counts_once_and_as_it_was_last(tmp_path: Path) -> None:
    told_of(tmp_path, row("s1", "2026-05-01 10:00:00", 10, 8, 2), row("s2"))
    found = told_of(
        tmp_path, row(), row("s2", "2026-05-01 10:00:01"), path=".local/share/Block/goose/sessions/sessions.db"
    )
    assert by_session(found.requests) == {"s1": ONE, "s2": Figures(16, 4, 0, 0, 26)}


def test_databases_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / PLACE
    found = told_of(tmp_path, row("\x1b[2Js1"))
    assert list(by_session(found.requests)) == ["s1"]
    with closing(sqlite3.connect(path, isolation_level=None)) as owner:
        owner.execute("BEGIN EXCLUSIVE")
        assert read_all(GOOSE, machine(tmp_path)).problems == ["the database is locked"]
    with path.open("r+b") as file:
        file.truncate(4096)
    assert read_all(GOOSE, machine(tmp_path)).problems == ["not a readable database"]
    path.unlink()
    database(tmp_path, PLACE, "CREATE TABLE sessions(id, newer)", rows={})
    found = read_all(GOOSE, machine(tmp_path))
    assert (found.requests, found.skipped) == ([], {"unexpected shape": 1})
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_roots(tmp_path: Path) -> None:
    usual = ("Library/Application Support/goose/sessions", ".local/share/Block/goose/sessions")
    for place in (*usual, "xdg/goose/sessions", "root/data/sessions", "AppData/Roaming/Block/goose/data/sessions"):
        database(tmp_path, f"{place}/sessions.db", OLD, rows={"sessions": [row(place)]})
        put(tmp_path, f"{place}/deeper/sessions.db", b"?")

    def sessions(platform: str = "linux", **environ: str) -> set[str]:
        return set(by_session(read_all(GOOSE, machine(tmp_path, environ, platform=platform)).requests))

    assert sessions() == set(usual)
    assert sessions(XDG_DATA_HOME=str(tmp_path / "xdg")) == {usual[0], "xdg/goose/sessions"}
    assert sessions("win32") == {*usual, "AppData/Roaming/Block/goose/data/sessions"}
    assert sessions(GOOSE_PATH_ROOT=" ~/root ") == {"root/data/sessions"}
    assert sessions(GOOSE_PATH_ROOT=" ") == set(usual)
