"""Qwen Code's chats: the documented deviation from ccusage, repetitions, and hostile lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.logs.qwen import QWEN
from tests.log_cases import Figures, Told, by_day, by_session, case, expected, figures, machine, read_all, run_reader
from tests.log_files import encoded, put

CHATS = ".qwen/projects/-home-u-app/chats"
USAGE = {"promptTokenCount": 1000, "candidatesTokenCount": 100, "cachedContentTokenCount": 400}


def line(session: str | None = "q1", usage: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    told = {"type": "assistant", "timestamp": "2026-05-01T10:00:05.000Z", "sessionId": session, "model": "qwen3"}
    return {**told, "usageMetadata": {**USAGE, "totalTokenCount": 1100, **(usage or {})}, **changed}


def told_of(home: Path, *lines: object, name: str = "c1.jsonl", **rest: Any) -> Told:
    put(home, f"{CHATS}/{name}", *lines)
    return read_all(QWEN, machine(home), **rest)


ONE = Figures(600, 100, 0, 400, 1100)


def test_what_was_cached_is_not_counted_twice() -> None:
    records = run_reader("qwen", case("qwen", "q01_chats"))
    ours = Figures(600, 100, 0, 400, 1130)
    assert by_day(records) == {"2026-05-01": ours}
    assert by_session(records) == {"qs1": ours}
    theirs = expected("qwen", "q01_chats", "qwen session")["sessions"][0]
    assert theirs["inputTokens"] == ours.input + ours.cache_read
    assert {named.project for named in records} == {theirs["projectPath"]}


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        ({"thoughtsTokenCount": 30, "totalTokenCount": 1130}, Figures(600, 100, 0, 400, 1130)),
        ({"thoughtsTokenCount": 30}, Figures(600, 100, 0, 400, 1100)),
        ({"totalTokenCount": 1500}, Figures(1000, 100, 0, 400, 1500)),
        ({"totalTokenCount": None}, Figures(1000, 100, 0, 400, 1500)),
        ({"totalTokenCount": 2000}, Figures(1000, 100, 0, 400, 2000)),
    ],
)
def test_the_total_tells_what_is_inside_what(tmp_path: Path, usage: dict[str, Any], told: Figures) -> None:
    assert figures(told_of(tmp_path, line(usage=usage)).requests) == told


def test_an_answer_told_again_is_one(tmp_path: Path) -> None:
    told_of(tmp_path, line(), line())
    later = line(timestamp="2026-05-01T10:00:06.000Z")
    found = told_of(tmp_path, line(), later, name="copy.jsonl")
    assert figures(found.requests) == Figures(1200, 200, 0, 800, 2200)
    assert found.repeated == 2


def test_what_has_no_session_or_model_counts_under_the_name_of_its_file(tmp_path: Path) -> None:
    found = told_of(tmp_path, line(None, model=None))
    assert by_session(found.requests) == {"-home-u-app-c1": ONE}
    assert [named.model for named in found.requests] == ["unknown"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(usage={"promptTokenCount": -1}), "impossible number"),
        (line(usage={"promptTokenCount": "7"}), "unexpected shape"),
        (line(usage={"promptTokenCount": False}), "unexpected shape"),
        (line(timestamp="soon"), "no timestamp"),
        (b'{"type":"assistant","usageMetadata":{"promptTok', "not JSON"),
        (b'{"type":"ass', "not JSON"),
        (b'{"usageMetadata":' + b"[" * 100_000, "unexpected shape"),
        (b"\0" * 4096, "not JSON"),
    ],
)
def test_a_line_that_cannot_be_counted_costs_only_itself(tmp_path: Path, bad: object, reason: str) -> None:
    found = told_of(tmp_path, bad, line())
    assert figures(found.requests) == ONE
    assert found.skipped == {reason: 1}


def test_other_files_and_other_kinds_of_lines_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, ".qwen/projects/-p/sub/chats/c.jsonl", line("other"))
    put(tmp_path, ".qwen/tmp/x/chats/c.jsonl", line("other"))
    assert by_session(told_of(tmp_path, line(type="user"), line(type="system"), line()).requests) == {"q1": ONE}


def test_the_variable_names_another_directory(tmp_path: Path) -> None:
    put(tmp_path, "named/projects/-p/chats/c.jsonl", line("q2"))
    records = run_reader("qwen", tmp_path, {"QWEN_DATA_DIR": str(tmp_path / "named")})
    assert by_session(records) == {"q2": ONE}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 59)), min_size=1, max_size=12), st.integers(0, 2000))
def test_neither_cuts_nor_repetitions_change_a_total(told: list[tuple[int, int]], cut: int) -> None:
    lines = [line(f"q{session}", timestamp=f"2026-05-01T10:00:{second:02d}.000Z") for session, second in told]
    home = Path(case("qwen", "q01_chats"))
    whole = encoded(*lines)
    there = machine(home)
    plain = _figures_of(there, whole, None)
    assert plain == _figures_of(there, whole + whole, cut)
    assert plain == _figures_of(there, encoded(*reversed(lines)), cut)
    assert plain == Figures(*(count * len(set(told)) for count in ONE))


def _figures_of(there: Any, content: bytes, cut: int | None) -> Figures:
    """The content in place of a fixture's, in two parts."""
    parts = (lambda _: [content]) if cut is None else (lambda _: [content[:cut], content[cut:]])
    return figures(read_all(QWEN, there, split=parts).requests)


def test_names_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    found = told_of(tmp_path, json.dumps(line("a\x1b[2Jb", model="q\x1b]0;x\x07")).encode())
    assert not any(char < " " for named in found.requests for char in named.model + named.session)
