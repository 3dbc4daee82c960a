"""OpenCode's databases and files: ccusage's figures, every layout, forks, and databases in a bad state."""

from __future__ import annotations

import itertools
import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aic_tui.logs.opencode import OPENCODE
from aic_tui.logs.plan import plan
from aic_tui.logs.reading import Reading
from aic_tui.usage_records import records_of
from tests.log_cases import (
    FIXTURES,
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
from tests.log_files import MESSAGE, NOON, SESSION, SESSION_MESSAGE, database, put

ROOT = ".local/share/opencode"
DB = f"{ROOT}/opencode.db"
ONE = Figures(100, 10, 3, 7, 125)
V2 = (
    "CREATE TABLE session_v2(id text primary key, time_created integer, cost real, tokens_input integer,"
    " tokens_output integer, tokens_reasoning integer, tokens_cache_read integer, tokens_cache_write integer,"
    " model text)"
)
SUMS = (NOON, 0.5, 1000, 200, 50, 30, 20, json.dumps({"id": "claude-sonnet-4-5", "providerID": "anthropic"}))


def answer(**changed: Any) -> dict[str, Any]:
    return {
        "role": "assistant",
        "modelID": "claude-sonnet-4-5",
        "providerID": "anthropic",
        "cost": 0,
        "time": {"created": NOON},
        "tokens": {"input": 100, "output": 10, "reasoning": 5, "cache": {"read": 7, "write": 3}},
        **changed,
    }


def newer(**changed: Any) -> dict[str, Any]:
    told = answer(model={"id": "claude-sonnet-4-5", "providerID": "anthropic"}, **changed)
    return {name: value for name, value in told.items() if name not in ("role", "modelID", "providerID")}


def row(name: str, session: str = "ses_1", **changed: Any) -> tuple[Any, ...]:
    return name, session, NOON, NOON, json.dumps(answer(**changed))


def rows_of(home: Path, *rows: tuple[Any, ...]) -> Told:
    database(home, DB, MESSAGE, rows={"message": list(rows)})
    return told(home)


def told(home: Path, **rest: Any) -> Told:
    return read_all(OPENCODE, machine(home), **rest)


@pytest.mark.parametrize("name", sorted(path.name for path in (FIXTURES / "opencode").iterdir()))
def test_the_figures_are_those_of_ccusage(name: str) -> None:
    records = run_reader("opencode", case("opencode", name))
    assert by_day(records) == said(expected("opencode", name, "opencode daily")["daily"], "date")
    assert by_session(records) == said(expected("opencode", name, "opencode session")["sessions"], "sessionId")


def test_a_recorded_cost_counts_unless_it_is_zero(tmp_path: Path) -> None:
    found = rows_of(tmp_path, row("a", cost=0.123456), row("b", cost=0, time={"created": NOON + 1}))
    assert [named.record.cost for named in found.requests] == [123_456_000_000, -1]


@pytest.mark.parametrize(
    ("tables", "rows", "sessions"),
    [
        ([V2], {"session_v2": [("ses_1", *SUMS)]}, {"ses_1": Figures(1000, 200, 20, 30, 1300)}),
        ([V2, MESSAGE], {"session_v2": [("ses_1", *SUMS)], "message": [row("a")]}, {"ses_1": ONE}),
        (
            [V2, SESSION_MESSAGE],
            {
                "session_v2": [("ses_2", *SUMS)],
                "session_message": [
                    ("a", "ses_1", "assistant", json.dumps(newer()), NOON),
                    ("b", "ses_1", "user", json.dumps(newer(time={"created": NOON + 1})), NOON),
                ],
            },
            {"ses_1": ONE, "ses_2": Figures(1000, 200, 20, 30, 1300)},
        ),
        (
            [MESSAGE, SESSION_MESSAGE],
            {
                "message": [row("a")],
                "session_message": [("a", "ses_1", "assistant", json.dumps(newer(time={"created": NOON + 9})), NOON)],
            },
            {"ses_1": ONE},
        ),
        (
            [V2.replace("session_v2", "session"), MESSAGE],
            {"session": [("ses_1", *SUMS)]},
            {},
        ),
        (
            [V2.replace("session_v2", "session"), SESSION_MESSAGE],
            {"session": [("ses_1", *SUMS)]},
            {"ses_1": Figures(1000, 200, 20, 30, 1300)},
        ),
    ],
)
def test_every_layout_of_the_database(
    tmp_path: Path, tables: list[str], rows: dict[str, list[tuple[Any, ...]]], sessions: dict[str, Figures]
) -> None:
    database(tmp_path, DB, *tables, rows=rows)
    assert by_session(told(tmp_path).requests) == sessions


def test_the_directory_of_a_session_is_its_project(tmp_path: Path) -> None:
    database(tmp_path, DB, SESSION, MESSAGE, rows={"session": [("ses_1", "/home/u/app", NOON)], "message": [row("a")]})
    assert [named.project for named in told(tmp_path).requests] == ["/home/u/app"]


def test_databases_of_all_channels_count_and_each_answer_once(tmp_path: Path) -> None:
    database(tmp_path, f"{ROOT}/opencode-beta.db", MESSAGE, rows={"message": [row("a")]})
    other = row("b", "ses_2", time={"created": NOON + 5})
    database(tmp_path, f"{ROOT}/opencode-dev.db", MESSAGE, rows={"message": [row("a"), other]})
    assert by_session(told(tmp_path).requests) == {"ses_1": ONE, "ses_2": ONE}


@pytest.mark.parametrize("backwards", [False, True])
def test_the_database_has_the_last_word_on_an_answer(tmp_path: Path, backwards: bool) -> None:
    database(tmp_path, DB, MESSAGE, rows={"message": [row("msg_1")]})
    old = answer(id="msg_1", sessionID="ses_1", tokens={"input": 5000, "output": 1})
    put(tmp_path, f"{ROOT}/storage/message/ses_1/msg_1.json", old)
    assert by_session(told(tmp_path, backwards=backwards).requests) == {"ses_1": ONE}


def test_copies_in_a_forked_session_are_left_out(tmp_path: Path) -> None:
    later = answer(time={"created": NOON + 60_000}, tokens={"input": 1, "output": 1})
    own = ("new", "ses_fork", NOON, NOON, json.dumps(later))
    found = rows_of(tmp_path, row("a"), row("copy", "ses_fork"), own)
    assert by_session(found.requests) == {"ses_1": ONE, "ses_fork": Figures(1, 1, 0, 0, 2)}
    assert found.forks == 1


def test_copies_in_a_forked_session_are_left_out_of_files_too(tmp_path: Path) -> None:
    for name, session in (("msg_1", "ses_1"), ("msg_2", "ses_2")):
        put(tmp_path, f"{ROOT}/storage/message/{session}/{name}.json", answer(id=name, sessionID=session))
    assert figures(told(tmp_path).requests) == ONE


def test_equal_answers_of_one_session_are_two_and_their_copies_none(tmp_path: Path) -> None:
    found = rows_of(tmp_path, row("a"), row("b"), row("c", "ses_2"), row("d", "ses_2"))
    assert by_session(found.requests) == {"ses_1": Figures(200, 20, 6, 14, 250)}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"tokens": {"input": -5, "output": 1}}, "impossible number"),
        ({"tokens": {"input": 2**53, "output": 1}}, "impossible number"),
        ({"tokens": {"input": "5", "output": 1}}, "unexpected shape"),
        ({"tokens": {"input": True}}, "unexpected shape"),
        ({"tokens": {"input": 1.5}}, "unexpected shape"),
        ({"tokens": [1]}, "unexpected shape"),
        ({"modelID": ""}, "no model"),
        ({"modelID": 7}, "unexpected shape"),
    ],
)
def test_what_cannot_be_counted_is_skipped_and_said(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    found = rows_of(tmp_path, row("a"), row("b", **changed))
    assert figures(found.requests) == ONE
    assert found.skipped == {reason: 1}


def test_data_that_is_no_json_or_no_text_costs_only_its_row(tmp_path: Path) -> None:
    half = json.dumps(answer())[:-20]
    deep = '{"tokens":' + "[" * 100_000
    rest = [(str(number), "s", NOON, NOON, data) for number, data in enumerate([half, deep, None, 5, b"\xff\xfe"])]
    found = rows_of(tmp_path, *rest, row("a"))
    assert figures(found.requests) == ONE
    assert found.skipped == {"not JSON": 1, "unexpected shape": 1}


def test_a_model_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    found = rows_of(tmp_path, row("a", "ses\x1b]52;c;x\x07", modelID="gpt\x1b[31m-5\n"))
    assert not any(char < " " for named in found.requests for char in named.model + named.session)


def test_a_total_beyond_its_parts_is_counted(tmp_path: Path) -> None:
    found = rows_of(tmp_path, row("a", tokens={"input": 5, "output": 10, "total": 100}))
    assert figures(found.requests) == Figures(5, 10, 0, 0, 100)


def test_the_row_has_a_time_where_the_answer_has_none(tmp_path: Path) -> None:
    assert [named.record.ts for named in rows_of(tmp_path, row("a", time=None)).requests] == [NOON]


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_a_problem_and_not_a_crash(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, DB, content)
    assert told(tmp_path).problems == ["not a readable database"]


def test_a_truncated_database_is_a_problem(tmp_path: Path) -> None:
    path = database(
        tmp_path,
        DB,
        MESSAGE,
        rows={"message": [row(str(number), time={"created": NOON + number}) for number in range(99)]},
    )
    path.write_bytes(path.read_bytes()[:9000])
    found = told(tmp_path)
    assert found.problems == ["not a readable database"]


def test_a_locked_database_is_a_problem_after_a_moment(tmp_path: Path) -> None:
    path = database(tmp_path, DB, MESSAGE, rows={"message": [row("a")]})
    with closing(sqlite3.connect(path, isolation_level=None)) as owner:
        owner.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        assert told(tmp_path).problems == ["the database is locked"]
        assert time.monotonic() - started < 2
    assert figures(told(tmp_path).requests) == ONE


def test_what_only_the_log_of_an_open_database_has_counts_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = database(tmp_path, DB, MESSAGE, rows={})
    with closing(sqlite3.connect(path, isolation_level=None)) as owner:
        owner.execute("PRAGMA journal_mode=WAL")
        owner.execute("INSERT INTO message VALUES (?,?,?,?,?)", row("a"))
        before = sorted(file.name for file in path.parent.iterdir())
        assert figures(told(tmp_path).requests) == ONE
        assert sorted(file.name for file in path.parent.iterdir()) == before


def test_a_newer_layout_gives_what_is_still_understood(tmp_path: Path) -> None:
    wider = MESSAGE.replace("data text", "data text, more blob, flags integer not null default 1")
    path = database(tmp_path, DB, wider, "CREATE TABLE part(x)", "CREATE TABLE session(key text)", rows={})
    with closing(sqlite3.connect(path)) as owner, owner:
        owner.execute(
            "INSERT INTO message(id, session_id, time_created, data) VALUES (?,?,?,?)", (*row("a")[:3], row("a")[4])
        )
    assert figures(told(tmp_path).requests) == ONE
    path.unlink()
    database(tmp_path, DB, "CREATE TABLE message(id text, body text)", "CREATE TABLE session_message(x)", rows={})
    assert told(tmp_path).requests == []


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_half_written_file_is_skipped_until_it_is_whole(tmp_path: Path, cut: int) -> None:
    whole = json.dumps(answer(id="m", sessionID="s")).encode()
    put(tmp_path, f"{ROOT}/storage/message/s/m.json", whole[:-cut])
    assert told(tmp_path).skipped == {"not JSON": 1}
    put(tmp_path, f"{ROOT}/storage/message/s/m.json", whole)
    assert figures(told(tmp_path).requests) == ONE


def test_no_order_of_files_changes_a_total(tmp_path: Path) -> None:
    homes = []
    for number, order in enumerate(itertools.permutations(range(3))):
        home = tmp_path / str(number)
        for place in order:
            put(
                home,
                f"{ROOT}/storage/message/ses_{place}/m{place}.json",
                answer(id=f"m{place}", sessionID=f"ses_{place}"),
            )
        database(home, DB, MESSAGE, rows={"message": [row("m0", "ses_0"), row("x", time={"created": NOON + 1})]})
        homes += [figures(told(home).requests), figures(told(home, backwards=True).requests)]
    assert set(homes) == {Figures(200, 20, 6, 14, 250)}


def test_roots_from_the_variable_the_config_and_a_home_of_another_system(tmp_path: Path) -> None:
    for number, name in enumerate(("one", "two", "win/.local/share/opencode", "other")):
        changed = answer(id=str(number), time={"created": NOON + number})
        put(tmp_path, f"{name}/storage/message/ses_{number}/{number}.json", changed)
    there = machine(
        tmp_path,
        {"OPENCODE_DATA_DIR": f"{tmp_path}/one, {tmp_path}/two"},
        extra={"opencode": [f"{tmp_path}/win", f"{tmp_path}/other"]},
    )
    assert sorted(by_session(read_all(OPENCODE, there).requests)) == ["ses_0", "ses_1", "ses_2", "ses_3"]
    origins = {place.path.name: place.origin for place in OPENCODE.places(there) if place.depth == 0}
    assert origins == {"one": "OPENCODE_DATA_DIR", "two": "OPENCODE_DATA_DIR", "opencode": "config", "other": "config"}


def test_the_scan_looks_neither_into_snapshots_nor_into_parts(tmp_path: Path) -> None:
    database(tmp_path, DB, MESSAGE, rows={"message": [row("a")]})
    put(tmp_path, f"{ROOT}/storage/message/ses_2/b.json", answer(id="b", time={"created": NOON + 1}))
    put(tmp_path, f"{ROOT}/storage/part/b/p.json", answer())
    put(tmp_path, f"{ROOT}/snapshot/x/opencode.db", b"")
    planned = plan(OPENCODE, machine(tmp_path), [], [])
    assert not [folder for folder in planned.folders if b"part" in folder or b"snapshot" in folder]
    reading = Reading(machine(tmp_path), ZoneInfo("UTC"))
    facts = [reading.read(todo.job) for todo in planned.todo]
    assert sum(record.total for fact in facts for record in records_of(fact.records)) == 250
    assert [fact.problem for fact in facts] == [None, None]
