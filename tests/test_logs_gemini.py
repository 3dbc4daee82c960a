"""Gemini CLI's chats and statistics: ccusage's figures, repetitions, and hostile content."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from aic_tui.logs.gemini import GEMINI
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
from tests.log_files import encoded, put

CHATS = ".gemini/tmp/abc123/chats"
META = {"sessionId": "g1", "projectHash": "abc123", "startTime": "2026-05-01T10:00:00.000Z"}
TOKENS = {"input": 1000, "output": 100, "cached": 400, "thoughts": 50, "tool": 7, "total": 1157}
ONE = Figures(607, 100, 0, 400, 1157)
STATS = {"gemini-2.5-pro": {"tokens": {"prompt": 1000, "candidates": 100, "cached": 400, "thoughts": 50, "tool": 7}}}


def message(name: str = "m1", **changed: Any) -> dict[str, Any]:
    told = {"id": name, "timestamp": "2026-05-01T10:00:00.000Z", "type": "gemini", "model": "gemini-2.5-pro"}
    return {**told, "tokens": TOKENS, **changed}


def chat(*messages: object, **changed: Any) -> dict[str, Any]:
    return {**META, "messages": list(messages), **changed}


def told_of(home: Path, *content: object, name: str = "session-1.json", **rest: Any) -> Told:
    put(home, f"{CHATS}/{name}", *content)
    return read_all(GEMINI, machine(home), **rest)


@pytest.mark.parametrize("name", sorted(path.name for path in (FIXTURES / "gemini").iterdir()))
def test_the_figures_are_those_of_ccusage(name: str) -> None:
    records = run_reader("gemini", case("gemini", name))
    assert by_day(records) == said(expected("gemini", name, "gemini daily")["daily"], "date")
    assert by_session(records) == said(expected("gemini", name, "gemini session")["sessions"], "sessionId")


def test_of_a_message_told_twice_in_lines_the_last_telling_counts(tmp_path: Path) -> None:
    less = message(tokens={"input": 500, "output": 1})
    untold = {"id": "m1", "type": "gemini", "timestamp": "2026-05-01T10:00:09.000Z"}
    assert figures(told_of(tmp_path, META, message(), less, name="a.jsonl").requests) == Figures(500, 1, 0, 0, 501)
    assert figures(told_of(tmp_path, META, message(), untold, name="a.jsonl").requests) == ONE


@pytest.mark.parametrize("backwards", [False, True])
def test_a_message_counts_once_over_all_files_of_its_session(tmp_path: Path, backwards: bool) -> None:
    told_of(tmp_path, chat(message("m1"), message("m2")), name="session-1.json")
    told_of(tmp_path, META, message("m1"), message("m2"), message("m3"), name="session-1.jsonl")
    found = told_of(tmp_path, chat(message("m1"), sessionId="g2"), name="session-2.json", backwards=backwards)
    assert by_session(found.requests) == {"g1": Figures(1821, 300, 0, 1200, 3471), "g2": ONE}


def test_messages_without_an_id_are_told_apart_in_a_file_and_known_again_in_a_copy(tmp_path: Path) -> None:
    nameless = {name: value for name, value in message().items() if name != "id"}
    told_of(tmp_path, META, nameless, nameless, name="session-1.jsonl")
    found = told_of(tmp_path, chat(nameless, nameless), name="session-1.json")
    assert figures(found.requests) == Figures(1214, 200, 0, 800, 2314)


def test_a_rewritten_history_repeats_nothing(tmp_path: Path) -> None:
    lines = [META, message("m1"), {"$rewindTo": "m1"}, {"$set": {"messages": [message("m1"), message("m2")]}}]
    assert figures(told_of(tmp_path, *lines, name="a.jsonl").requests) == Figures(1214, 200, 0, 800, 2314)


def test_sums_of_headless_runs_always_include_what_was_cached(tmp_path: Path) -> None:
    assert figures(told_of(tmp_path, {"session_id": "s9", "stats": {"models": STATS}}).requests) == ONE
    lines = [
        {"type": "init", "session_id": "s8", "timestamp": "2026-05-01T10:00:00.000Z", "model": "gemini-2.5-pro"},
        {
            "type": "result",
            "timestamp": "2026-05-01T10:01:00.000Z",
            "stats": {"total_tokens": 1150, "input_tokens": 1000, "output_tokens": 100, "cached": 400},
        },
    ]
    found = told_of(tmp_path / "lines", *lines, name="out.jsonl")
    assert by_session(found.requests) == {"s8": Figures(600, 100, 0, 400, 1150)}
    assert [named.model for named in found.requests] == ["gemini-2.5-pro"]


def test_a_total_beyond_its_parts_is_output_or_else_reasoning(tmp_path: Path) -> None:
    found = told_of(
        tmp_path,
        chat(
            message("m1", tokens={"input": 10, "output": 0, "total": 50}),
            message("m2", tokens={"input": 10, "output": 1, "total": 50}),
        ),
    )
    assert figures(found.requests) == Figures(20, 41, 0, 0, 100)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"tokens": {**TOKENS, "input": -1}}, "unexpected shape"),
        ({"tokens": {**TOKENS, "input": "9"}}, "unexpected shape"),
        ({"tokens": {**TOKENS, "output": True}}, "unexpected shape"),
        ({"tokens": {**TOKENS, "output": 1.5}}, "unexpected shape"),
        ({"tokens": {**TOKENS, "output": 2**53}}, "impossible number"),
        ({"model": None}, "no model"),
        ({"model": 5}, "no model"),
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_message_that_cannot_be_counted_costs_only_itself(
    tmp_path: Path, changed: dict[str, Any], reason: str, name: str
) -> None:
    both = message("bad", **changed), message("good")
    found = told_of(tmp_path, *([META, *both] if name == "a.jsonl" else [chat(*both)]), name=name)
    assert figures(found.requests) == ONE
    assert found.skipped == {reason: 1}


@pytest.mark.parametrize("content", [b"", b"{", b'{"messages":[{"tokens":', b"\xff\xfe\x00", b"\0" * 4096, b"[1]"])
def test_a_file_that_is_none_is_no_crash(tmp_path: Path, content: bytes) -> None:
    assert told_of(tmp_path, content).requests == []
    assert told_of(tmp_path, content, name="b.jsonl").requests == []


def test_half_a_chat_is_said_to_be_skipped(tmp_path: Path) -> None:
    assert told_of(tmp_path, json.dumps(chat(message()))[:-30].encode()).skipped == {"not JSON": 1}


def test_depth_and_digits_without_end_are_skipped(tmp_path: Path) -> None:
    deep = b'{"tokens":' + b"[" * 100_000
    digits = b'{"type":"gemini","tokens":{"input":' + b"9" * 100_000 + b"}}"
    found = told_of(tmp_path, META, deep, digits, message(), name="a.jsonl")
    assert figures(found.requests) == ONE


def test_names_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    found = told_of(tmp_path, chat(message(model="gem\x1b]8;;x\x07ini"), sessionId="a\x1b[2Jb"))
    assert not any(char < " " for named in found.requests for char in named.model + named.session)


def test_other_files_beside_the_chats_are_passed_over_in_silence(tmp_path: Path) -> None:
    put(tmp_path, ".gemini/tmp/abc123/logs.json", [{"sessionId": "g1", "message": 'say "tokens"'}])
    found = told_of(tmp_path, chat(message()))
    assert (figures(found.requests), found.skipped) == (ONE, {})


def test_the_project_is_the_directory_where_it_is_known(tmp_path: Path) -> None:
    path = "/home/u/app"
    hashed = sha256(path.encode()).hexdigest()
    put(tmp_path, ".gemini/projects.json", {"projects": {path: "app"}})
    put(tmp_path, ".gemini/tmp/other/.project_root", b"/home/u/other\n")
    for number, folder in enumerate((hashed, "app", "other", "unknown")):
        put(tmp_path, f".gemini/tmp/{folder}/chats/session-1.json", chat(message(str(number))))
    projects = sorted(named.project for named in read_all(GEMINI, machine(tmp_path)).requests)
    assert projects == [path, path, "/home/u/other", "unknown"]


def test_the_variable_replaces_the_usual_root_and_config_adds_to_it(tmp_path: Path) -> None:
    put(tmp_path, ".gemini/tmp/p/chats/a.json", chat(message()))
    put(tmp_path, "named/p/chats/a.json", chat(message(), sessionId="g2"))
    put(tmp_path, "win/.gemini/tmp/p/chats/a.json", chat(message(), sessionId="g3"))
    there = machine(tmp_path, {"GEMINI_DATA_DIR": "~/named"}, extra={"gemini": [str(tmp_path / "win")]})
    assert sorted(by_session(read_all(GEMINI, there).requests)) == ["g2", "g3"]


def test_bytes_before_and_ends_of_lines_of_windows_do_no_harm(tmp_path: Path) -> None:
    windows = b"\xef\xbb\xbf" + encoded(META, message()).replace(b"\n", b"\r\n")
    assert figures(told_of(tmp_path, windows, name="a.jsonl").requests) == ONE
