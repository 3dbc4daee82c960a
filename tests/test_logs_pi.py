"""Pi's sessions: ccusage's figures, forks that repeat what was told, and hostile lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.logs.pi import PI
from tests.log_cases import (
    Figures,
    Told,
    by_day,
    by_model,
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

SESSIONS = ".pi/agent/sessions"
ONE = Figures(100, 50, 30, 900, 1080)


def line(second: int = 5, usage: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    told = {"input": 100, "output": 50, "cacheRead": 900, "cacheWrite": 30, "totalTokens": 1080, **(usage or {})}
    message = {"role": "assistant", "model": "m1", "usage": told, **changed.pop("message", {})}
    return {"type": "message", "timestamp": f"2026-05-01T10:00:{second:02d}.000Z", "message": message, **changed}


def header(second: int, parent: object = None) -> dict[str, Any]:
    return {"type": "session", "timestamp": f"2026-05-01T10:00:{second:02d}.000Z", "parentSession": parent}


def told_of(home: Path, *lines: object, name: str = "p/1_s1.jsonl", **rest: Any) -> Told:
    put(home, f"{SESSIONS}/{name}", *lines)
    return read_all(PI, machine(home), **rest)


def test_the_figures_are_those_of_ccusage() -> None:
    records = run_reader("pi", case("pi", "i01_session"))
    (session,) = expected("pi", "i01_session", "pi session")["sessions"]
    assert by_day(records) == said(expected("pi", "i01_session", "pi daily")["daily"], "date")
    assert by_session(records) == said([session], "sessionId")
    assert {(named.model, named.project) for named in records} == {(*session["modelsUsed"], session["projectPath"])}


@pytest.mark.parametrize(
    ("cost", "pico"),
    [
        ({"total": 0.0014325}, 1_432_500_000),
        ({"total": 0}, 0),
        ({"total": 1e-12}, 1),
        ({"total": -0.5}, -1),
        ({"total": "?"}, -1),
        ({"total": True}, -1),
        ({}, -1),
        ("free", -1),
        (None, -1),
    ],
)
def test_a_recorded_cost_is_exact_and_counts_also_when_it_is_zero(tmp_path: Path, cost: object, pico: int) -> None:
    assert [named.record.cost for named in told_of(tmp_path, line(usage={"cost": cost})).requests] == [pico]


@pytest.mark.parametrize("backwards", [False, True])
def test_what_a_fork_repeats_belongs_to_the_original(tmp_path: Path, *, backwards: bool) -> None:
    own = line(9, {"output": 51, "totalTokens": None})
    put(tmp_path, f"{SESSIONS}/p/0_fork.jsonl", header(7, "/p/1_s1.jsonl"), line(5), line(6), own)
    found = told_of(tmp_path, header(1), line(5), line(6), line(8), backwards=backwards)
    assert by_session(found.requests) == {
        "s1": Figures(*(3 * count for count in ONE)),
        "fork": ONE._replace(output=51, total=1081),
    }
    assert found.repeated == 2


def test_a_copy_counts_when_the_original_is_gone(tmp_path: Path) -> None:
    cuts = [(lambda data: [data[:300], data[300:]]), None]
    for split in cuts:
        found = told_of(tmp_path, header(7, "/gone.jsonl"), line(5), line(8), split=split)
        assert by_session(found.requests) == {"s1": Figures(*(2 * count for count in ONE))}
        assert [bool(named.record.flags & 1) for named in found.requests] == [True, False]


def test_the_model_and_the_total_where_they_are_not_told(tmp_path: Path) -> None:
    nameless = {"model": None}
    change = {"type": "model_change", "modelId": "m2"}
    rest = line(7, {"totalTokens": 1100}, message=nameless, type=None)
    found = told_of(tmp_path, line(6, message=nameless), change, rest, line(8, {"output": 0}))
    assert by_model(found.requests) == {
        "[pi] unknown": ONE,
        "[pi] m2": ONE._replace(total=1100),
        "[pi] m1": ONE,  # what the total has besides is output where none was told
    }


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(usage={"input": -5}), "impossible number"),
        (line(usage={"input": 1.5}), "unexpected shape"),
        (line(usage={"input": "5"}), "unexpected shape"),
        (line(timestamp="bad"), "no timestamp"),
        (b'{"type":"message","message":{"usage":{"in', "not JSON"),
        (b'{"type":"mes', "not JSON"),
        pytest.param(b"\0" * 4096, "not JSON", id="pages"),
    ],
)
def test_a_line_that_cannot_be_counted_costs_only_itself(tmp_path: Path, bad: object, reason: str) -> None:
    found = told_of(tmp_path, bad, line(message={"model": "m\x1b[2J1"}))
    assert by_model(found.requests) == {"[pi] m1": ONE}
    assert found.skipped == {reason: 1}


def test_roots(tmp_path: Path) -> None:
    told_of(tmp_path, line())
    put(tmp_path, f"{SESSIONS}/p/subagent-artifacts/1_copy.jsonl", line(7))
    put(tmp_path, "named/sessions/q/1_s2.jsonl", line(8))
    put(tmp_path, "flat/1_s3.jsonl", line(9))

    def sessions(**environ: str) -> set[tuple[str, str]]:
        return {(named.session, named.project) for named in run_reader("pi", tmp_path, environ)}

    assert sessions() == {("s1", "p")}
    assert sessions(PI_AGENT_DIR="~/named,~/flat") == {("s2", "q"), ("s3", "")}
    assert sessions(PI_CODING_AGENT_DIR="~/named") == {("s2", "q")}
    assert sessions(PI_CODING_AGENT_DIR="~/named", PI_CODING_AGENT_SESSION_DIR="~/flat") == {("s3", "")}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), min_size=1, max_size=12), st.integers(0, 3000))
def test_neither_cuts_nor_repetitions_change_a_total(told: list[tuple[int, int]], cut: int) -> None:
    lines = [line(second, {"output": output, "totalTokens": None}) for second, output in told]
    there = machine(Path(case("pi", "i01_session")))

    def total(content: bytes, cut: int) -> Figures:
        return figures(read_all(PI, there, split=lambda _: [content[:cut], content[cut:]]).requests)

    plain = total(encoded(*lines), 0)
    assert plain == total(encoded(*lines, *lines), cut) == total(encoded(*reversed(lines)), cut)
    assert plain.output == sum(output for _, output in set(told))
