"""OpenClaw's transcripts in files and databases: ccusage's figures, copies, and hostile content."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aic_tui.logs.openclaw import OPENCLAW
from aic_tui.logs.times import milliseconds
from tests.log_cases import Figures, by_day, by_model, by_session, case, expected, machine, read_all, run_reader, said
from tests.log_files import NOON, database, put

MAIN = ".openclaw/agents/main"
EVENTS = "CREATE TABLE transcript_events(session_id text, seq integer, event_json, created_at)"
ONE = Figures(10, 5, 0, 0, 15)


def line(time: object = NOON, **changed: Any) -> dict[str, Any]:
    usage = {"input": 10, "output": 5, **changed.pop("usage", {})}
    message = {"role": "assistant", "model": "m1", "usage": usage, "timestamp": time, **changed}
    return {"type": "message", "message": message}


def events(home: Path, *told: tuple[str, object], path: str = f"{MAIN}/agent/openclaw-agent.sqlite") -> Path:
    rows = [
        (name, place, event if isinstance(event, str | bytes) else json.dumps(event), NOON + place)
        for place, (name, event) in enumerate(told)
    ]
    return database(home, path, EVENTS, rows={"transcript_events": rows})


def test_the_figures_are_those_of_ccusage() -> None:
    told = read_all(OPENCLAW, machine(case("openclaw", "w01_sessions")))
    daily, session = (expected("openclaw", "w01_sessions", f"openclaw {report}") for report in ("daily", "session"))
    assert by_day(told.requests) == said(daily["daily"], "date")
    assert by_session(told.requests) == said(session["sessions"], "sessionId")
    assert {named.model for named in told.requests} == {name for day in daily["daily"] for name in day["modelsUsed"]}
    assert sorted(named.record.cost for named in told.requests) == [-1, -1, 0, 20_000_000_000]
    assert told.skipped == {"not JSON": 1}
    firsts = [named.record.ts for named in told.requests if named.session == "abc"]
    # When the answer began, not when its line was written.
    assert min(firsts) == milliseconds(session["sessions"][0]["firstActivity"])


@pytest.mark.parametrize("backwards", [False, True])
def test_an_answer_is_one_wherever_it_is_told(tmp_path: Path, *, backwards: bool) -> None:
    put(tmp_path, f"{MAIN}/sessions/a.jsonl", line(), line(NOON + 1))
    put(tmp_path, f"{MAIN}/sessions/a.jsonl.reset.2026-05-02T00-00-00.000Z", line())
    fork = {"type": "session", "timestamp": NOON + 5, "parentSession": "a"}
    events(tmp_path, ("a", line()), ("b", fork), ("b", line()), ("b", line(NOON + 6)))
    told = read_all(OPENCLAW, machine(tmp_path), backwards=backwards)
    assert by_session(told.requests) == {"a": Figures(*(2 * count for count in ONE)), "b": ONE}


def test_the_model_of_one_session_is_not_that_of_another(tmp_path: Path) -> None:
    change = {"type": "model_change", "modelId": "m2", "message": None, "data": "?"}
    events(tmp_path, ("a", change), ("a", line(model=None)), ("b", line(NOON + 1, model=None)))
    records = run_reader("openclaw", tmp_path)
    assert by_model(records) == {"[openclaw] m2": ONE, "[openclaw] unknown": ONE}


def test_a_line_that_is_being_written_waits(tmp_path: Path) -> None:
    file = put(tmp_path, f"{MAIN}/sessions/a.jsonl", line())
    whole = file.read_bytes()
    file.write_bytes(whole + json.dumps(line(NOON + 1)).encode()[:-9])
    told = read_all(OPENCLAW, machine(tmp_path))
    assert (by_session(told.requests), told.skipped) == ({"a": ONE}, {})
    file.write_bytes(whole + json.dumps(line(NOON + 1)).encode())
    assert len(run_reader("openclaw", tmp_path)) == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(usage={"input": -1}), "impossible number"),
        (line(usage={"input": "1"}), "unexpected shape"),
        (line("soon"), "no timestamp"),
        (b'{"usage":', "not JSON"),
    ],
)
def test_what_cannot_be_counted_costs_only_itself(tmp_path: Path, bad: object, reason: str) -> None:
    put(tmp_path, f"{MAIN}/sessions/a.jsonl", bad, line(model="m\x1b[2J1"))
    told = read_all(OPENCLAW, machine(tmp_path))
    assert by_model(told.requests) == {"[openclaw] m1": ONE}
    assert told.skipped == {reason: 1}


def test_events_that_cannot_be_counted(tmp_path: Path) -> None:
    events(tmp_path, ("a", b'{"usage"\xff'), ("a", '{"usage"'), ("a", line("soon")), ("a", line(NOON + 9)))
    told = read_all(OPENCLAW, machine(tmp_path))
    # The event without a time is dated by its row.
    assert [named.record.ts - NOON for named in told.requests] == [2, 9]
    assert told.skipped == {"unexpected shape": 1, "not JSON": 1}


def test_databases_that_cannot_be_read(tmp_path: Path) -> None:
    put(tmp_path, f"{MAIN}/sessions/a.jsonl", line())
    put(tmp_path, f"{MAIN}/agent/openclaw-agent.sqlite", b"not a database")
    newer = "CREATE TABLE transcript_events(id text, event blob)"
    database(tmp_path, ".openclaw/agents/x/agent/openclaw-agent.sqlite", newer, rows={})
    locked = events(tmp_path, ("l", line(NOON + 1)), path=".openclaw/agents/l/agent/openclaw-agent.sqlite")
    with closing(sqlite3.connect(locked, isolation_level=None)) as owner:
        owner.execute("BEGIN EXCLUSIVE")
        told = read_all(OPENCLAW, machine(tmp_path))
    assert by_session(told.requests) == {"a": ONE}
    assert sorted(told.problems) == ["not a readable database", "the database is locked"]
    assert told.skipped == {"unexpected shape": 1}


def test_roots(tmp_path: Path) -> None:
    for number, root in enumerate((".openclaw", ".clawdbot", ".moltbot", ".moldbot", "named", "state")):
        put(tmp_path, f"{root}/agents/x/sessions/{root}.jsonl", line(NOON + number))
        put(tmp_path, f"{root}/workspace/x/y.jsonl", line(NOON + 100 + number))

    def sessions(**environ: str) -> set[str]:
        return set(by_session(run_reader("openclaw", tmp_path, environ)))

    assert sessions() == {".openclaw", ".clawdbot", ".moltbot", ".moldbot"}
    assert sessions(OPENCLAW_STATE_DIR="~/state") == {"state"}
    assert sessions(OPENCLAW_DIR="~/named,~/.moltbot", OPENCLAW_STATE_DIR="~/state") == {"named", ".moltbot"}
    put(tmp_path, "flat/old.jsonl", line())
    put(tmp_path, "flat/sessions/older.jsonl.deleted.1", line(NOON + 1))
    put(tmp_path, "flat/sessions/other.jsonl.bak", line(NOON + 2))
    assert sessions(OPENCLAW_DIR=str(tmp_path / "flat")) == {"old", "older"}
