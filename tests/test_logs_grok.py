"""Grok Build's turns: ccusage's figures, exact costs, sub-agents, and hostile lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.logs.grok import GROK
from aic_tui.usage_records import Flag
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
from tests.log_files import NOON, encoded, put

FOLDER = ".grok/sessions/%2Fhome%2Fu"
ONE = Figures(600, 50, 0, 400, 1050)
COUNTS = {"inputTokens": 1000, "outputTokens": 50, "cachedReadTokens": 400, "reasoningTokens": 20}


def turn(event: object = "e1", counts: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    usage = {"modelUsage": {"grok-4.5-build": {**COUNTS, **(counts or {})}}, **changed.pop("usage", {})}
    meta = {"eventId": event, "agentTimestampMs": changed.pop("time", NOON)}
    update = {"sessionUpdate": "turn_completed", "usage": usage}
    params = {"sessionId": "s1", "update": update, "_meta": meta, **changed}
    return {"timestamp": NOON // 1000 + 86_400, "params": params}


def told_of(home: Path, *lines: object, name: str = "s1", **rest: Any) -> Told:
    put(home, f"{FOLDER}/{name}/updates.jsonl", *lines)
    return read_all(GROK, machine(home), **rest)


def test_the_figures_are_those_of_ccusage() -> None:
    records = run_reader("grok", case("grok", "r01_turns"))
    daily, session = (expected("grok", "r01_turns", f"grok {report}") for report in ("daily", "session"))
    assert by_day(records) == said(daily["daily"], "date")
    assert by_session(records) == said(session["sessions"], "sessionId")
    assert {named.project for named in records} == {session["sessions"][0]["projectPath"]}
    assert sorted(named.record.cost for named in records) == [-1, 100_000, 12_345_678_900, 10**12]


@pytest.mark.parametrize(
    ("ticks", "pico"),
    [(1, 100), (43_898_600_000, 4_389_860_000_000), (0, -1), (-5, -1), (1.5, -1), ("7", -1), (True, -1), (10**19, -1)],
)
def test_a_tick_is_a_ten_thousand_millionth_of_a_dollar(tmp_path: Path, ticks: object, pico: int) -> None:
    found = told_of(tmp_path, turn(counts={"costUsdTicks": ticks}))
    assert [named.record.cost for named in found.requests] == [pico]


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"cacheCreationTokens": 100}, Figures(500, 50, 100, 400, 1050)),
        ({"cachedReadTokens": 9000, "cacheCreationTokens": 9}, Figures(0, 50, 0, 1000, 1050)),
        ({"reasoningTokens": 999, "cachedReadTokens": None}, Figures(1000, 50, 0, 0, 1050)),
    ],
)
def test_the_parts_of_the_input_add_up_to_it(tmp_path: Path, counts: dict[str, Any], told: Figures) -> None:
    assert figures(told_of(tmp_path, turn(counts=counts)).requests) == told


def test_a_turn_is_one_in_every_copy_and_dated_as_it_was(tmp_path: Path) -> None:
    copy = turn(sessionId="fork")
    found = told_of(tmp_path, turn(), turn("e2", sessionId=None), {**copy, "params": {**copy["params"], "_meta": None}})
    put(tmp_path, f"{FOLDER}/fork/updates.jsonl", copy, turn(None), turn(None))
    found = read_all(GROK, machine(tmp_path))
    # Without an event, its session, time and figures are what it is known by.
    assert by_day(found.requests) == {"2026-05-01": Figures(*(3 * n for n in ONE)), "2026-05-02": ONE}
    assert found.repeated == 2


def test_a_subagent_is_part_of_its_parent_s_turns(tmp_path: Path) -> None:
    put(tmp_path, f"{FOLDER}/child/summary.json", {"session_kind": "subagent_fork"})
    told_of(tmp_path, turn("e2"), name="child")
    put(tmp_path, f"{FOLDER}/child/subagents/x/updates.jsonl", turn("e3"))
    found = told_of(tmp_path, turn())
    assert (figures(found.requests), found.forks) == (ONE, 1)


def test_what_the_summary_tells(tmp_path: Path) -> None:
    flat = turn(sessionId=None, usage={**COUNTS, "modelUsage": {}, "usageIsIncomplete": True})
    (named,) = told_of(tmp_path, flat).requests
    assert (named.session, named.project, named.model) == ("s1", "/home/u", "unknown")
    assert named.record.flags & Flag.PARTIAL
    put(tmp_path, f"{FOLDER}/s1/summary.json", {"info": {"id": "i"}, "git_root_dir": "/g", "current_model_id": "m"})
    (named,) = run_reader("grok", tmp_path)
    assert (named.session, named.project, named.model) == ("i", "/g", "m")
    put(tmp_path, f"{FOLDER}/s1/summary.json", b'{"info":7')
    assert len(run_reader("grok", tmp_path)) == 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (turn(counts={"outputTokens": -1}), "impossible number"),
        (turn(counts={"outputTokens": 1.5}), "unexpected shape"),
        (turn(usage={"modelUsage": {"m": 7}}), "unexpected shape"),
        ({**turn(time=None), "timestamp": None}, "no timestamp"),
        (b'{"params":{"update":{"sessionUpdate":"turn_completed","us', "not JSON"),
        (b'{"params":{"upd', "not JSON"),
        pytest.param(b"\0" * 4096, "not JSON", id="pages"),
    ],
)
def test_a_line_that_cannot_be_counted_costs_only_itself(tmp_path: Path, bad: object, reason: str) -> None:
    found = told_of(tmp_path, bad, turn("e2"), {"params": {"update": {"sessionUpdate": "turn_completed"}}})
    assert figures(found.requests) == ONE
    assert found.skipped == {reason: 1}


def test_roots(tmp_path: Path) -> None:
    told_of(tmp_path, turn(usage={"modelUsage": {"g\x1b]0;x\x07m": COUNTS}}))
    put(tmp_path, "named/sessions/p/s2/updates.jsonl", turn("e2", sessionId="s2"))
    put(tmp_path, "named/sessions/p/s2/deeper/updates.jsonl", turn("e3", sessionId="s3"))
    assert by_model(run_reader("grok", tmp_path)) == {"gm": ONE}
    assert set(by_session(run_reader("grok", tmp_path, {"GROK_HOME": "~/named"}))) == {"s2"}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), min_size=1, max_size=12), st.integers(0, 3000))
def test_neither_cuts_nor_repetitions_change_a_total(told: list[tuple[int, int]], cut: int) -> None:
    lines = [turn(f"e{event}-{output}", {"outputTokens": output}) for event, output in told]
    there = machine(Path(case("grok", "r01_turns")))

    def total(content: bytes, cut: int) -> Figures:
        return figures(read_all(GROK, there, split=lambda _: [content[:cut], content[cut:]]).requests)

    plain = total(encoded(*lines), 0)
    assert plain == total(encoded(*lines, *lines), cut) == total(encoded(*reversed(lines)), cut)
    assert plain.output == sum(output for _, output in set(told))
