"""GitHub Copilot CLI: ccusage's figures, ended and open sessions, telemetry, and hostile lines."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from aic_tui.logs.copilot import COPILOT
from aic_tui.logs.plan import plan
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
from tests.log_files import NOON, put

STATE = ".copilot/session-state/aaaa/events.jsonl"
OTEL = ".copilot/otel/run.jsonl"
START = {
    "type": "session.start",
    "timestamp": "2026-05-01T10:00:00.000Z",
    "data": {"sessionId": "aaaa", "selectedModel": "claude-sonnet-4.5", "context": {"cwd": "/home/u/app"}},
}
ENDED = Figures(1500, 120, 500, 7000, 9120)


def answer(name: str = "m1", output: int = 120, **data: Any) -> dict[str, Any]:
    told = {"messageId": name, "outputTokens": output, **data}
    return {"type": "assistant.message", "timestamp": "2026-05-01T10:00:05.000Z", "data": told}


def end(minute: int = 10, model: str = "claude-sonnet-4.5", **usage: Any) -> dict[str, Any]:
    told = {"inputTokens": 9000, "outputTokens": 120, "cacheReadTokens": 7000, "cacheWriteTokens": 500, **usage}
    return {
        "type": "session.shutdown",
        "timestamp": f"2026-05-01T10:{minute:02d}:00.000Z",
        "data": {"modelMetrics": {model: {"requests": {"count": 3}, "usage": told}}},
    }


def span(name: str = "s1", trace: str = "t1", **attributes: Any) -> dict[str, Any]:
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.response.model": "gpt-5",
        "gen_ai.conversation.id": "conv",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 100,
    }
    kept = {name: value for name, value in {**told, **attributes}.items() if value is not None}
    return {"type": "span", "traceId": trace, "spanId": name, "endTime": [NOON // 1000, 0], "attributes": kept}


def log(event: str, trace: str = "t1", **attributes: Any) -> dict[str, Any]:
    told = {"event.name": event, "gen_ai.request.model": "gpt-5", **attributes}
    usage = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5}
    return {"traceId": trace, "hrTime": [NOON // 1000, 0], "attributes": {**usage, **told}}


INFERENCE, TURN = "gen_ai.client.inference.operation.details", "copilot_chat.agent.turn"
ONE = Figures(1000, 100, 0, 0, 1100)


def told_of(home: Path, *lines: object, path: str = STATE) -> Told:
    put(home, path, *lines)
    return read_all(COPILOT, machine(home))


def test_an_ended_session_has_the_figures_of_ccusage() -> None:
    records = run_reader("copilot", case("copilot", "p02_session_state"))
    theirs = expected("copilot", "p02_session_state", "copilot session")
    assert by_day(records) == said(expected("copilot", "p02_session_state", "copilot daily")["daily"], "date")
    assert by_session(records) == said(theirs["sessions"], "sessionId")
    assert {named.project for named in records} == {"/home/u/app"}


def test_telemetry_has_the_figures_of_ccusage_but_for_a_span_that_is_written_twice() -> None:
    records = run_reader("copilot", case("copilot", "p01_otel"))
    theirs = said(expected("copilot", "p01_otel", "copilot session")["sessions"], "sessionId")
    span_again = Figures(600, 100, 50, 400, 1150)
    theirs["conv-1"] = Figures(*(there - again for there, again in zip(theirs["conv-1"], span_again, strict=True)))
    assert by_session(records) == theirs


def test_figures_that_all_grew_are_a_running_sum_and_others_are_added(tmp_path: Path) -> None:
    grown = end(20, inputTokens=10_000, outputTokens=200)
    assert figures(told_of(tmp_path, START, end(), grown).requests) == Figures(2500, 200, 500, 7000, 10_200)
    assert figures(told_of(tmp_path, START, end(), end(20)).requests) == ENDED
    fresh = end(20, inputTokens=100, outputTokens=10, cacheReadTokens=0, cacheWriteTokens=0)
    assert figures(told_of(tmp_path, START, end(), fresh).requests) == Figures(1600, 130, 500, 7000, 9230)


def test_every_model_has_its_own_running_sum(tmp_path: Path) -> None:
    found = told_of(tmp_path, START, end(), end(20, model="gpt-5", inputTokens=7500))
    assert by_model(found.requests) == {"claude-sonnet-4.5": ENDED, "gpt-5": Figures(0, 120, 500, 7000, 7620)}


def test_a_session_that_did_not_end_has_the_output_of_its_answers_marked_as_partial(tmp_path: Path) -> None:
    change = {"type": "session.model_change", "timestamp": "2026-05-01T10:00:06Z", "data": {"newModel": "gpt-5"}}
    found = told_of(tmp_path, START, answer(), answer(), change, answer("m2", 30))
    assert {named.model: named.record.output for named in found.requests} == {"claude-sonnet-4.5": 120, "gpt-5": 30}
    assert all(named.record.flags == Flag.PARTIAL for named in found.requests)
    assert {named.session for named in found.requests} == {"aaaa"}
    ended = told_of(tmp_path, START, answer(), change, answer("m2", 30), end())
    assert figures(ended.requests) == ENDED
    assert not any(named.record.flags for named in ended.requests)


def test_answers_after_the_last_end_are_partial(tmp_path: Path) -> None:
    found = told_of(tmp_path, START, answer(), end(), answer("m2", 30))
    assert figures(found.requests) == Figures(1500, 150, 500, 7000, 9150)


def test_an_end_that_tells_nothing_ends_nothing(tmp_path: Path) -> None:
    nothing = {**end(), "data": {"modelMetrics": {}}}
    assert figures(told_of(tmp_path, START, answer(), nothing).requests) == Figures(0, 120, 0, 0, 120)


def test_a_copy_of_a_session_in_the_older_directory_counts_once(tmp_path: Path) -> None:
    put(tmp_path, ".copilot/history-session-state/aaaa/events.jsonl", START, end())
    assert figures(told_of(tmp_path, START, end()).requests) == ENDED


@pytest.mark.parametrize("lines", itertools.permutations(["chat", "log", "turn", "agent"]))
def test_of_what_tells_of_one_trace_the_finest_counts_in_any_order(tmp_path: Path, lines: tuple[str, ...]) -> None:
    agent: dict[str, Any] = {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 5}
    told = {
        "chat": span(),
        "log": log(INFERENCE),
        "turn": log(TURN),
        "agent": span("s0", **agent),
    }
    assert figures(told_of(tmp_path, *(told[line] for line in lines), path=OTEL).requests) == ONE
    for number, line in enumerate(("chat", "log", "turn"), 1):
        del told[line]
        found = told_of(tmp_path, *(told[line] for line in lines if line in told), path=OTEL)
        assert len(found.requests) == 1, number


def test_a_response_covers_what_other_traces_tell_of_it(tmp_path: Path) -> None:
    response: dict[str, Any] = {"gen_ai.response.id": "r1"}
    found = told_of(tmp_path, span(**response), log(INFERENCE, "t2", **response), path=OTEL)
    assert figures(found.requests) == ONE
    alone = told_of(tmp_path, log(INFERENCE, "t2"), log(INFERENCE, "t2"), path=OTEL)
    assert by_session(alone.requests) == {"t2": Figures(20, 10, 0, 0, 30)}


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"gen_ai.usage.cache_read.input_tokens": 400}, Figures(600, 100, 0, 400, 1100)),
        ({"gen_ai.usage.cache_read.input_tokens": 5000}, Figures(0, 100, 0, 5000, 5100)),
        ({"gen_ai.usage.cache_creation.input_tokens": 50}, Figures(1000, 100, 50, 0, 1150)),
        ({"gen_ai.usage.reasoning.output_tokens": 30}, ONE),
        ({"gen_ai.usage.total_tokens": 2000}, Figures(1000, 100, 0, 0, 2000)),
        ({"gen_ai.usage.input_tokens": "77"}, Figures(77, 100, 0, 0, 177)),
    ],
)
def test_the_figures_of_a_span_are_made_disjoint(tmp_path: Path, attributes: dict[str, Any], told: Figures) -> None:
    assert figures(told_of(tmp_path, span(**attributes), path=OTEL).requests) == told


@pytest.mark.parametrize(
    "time",
    [
        {"endTime": [NOON // 1000, 5_000_000]},
        {"hrTime": [NOON // 1000, 5_000_000]},
        {"_hrTime": [NOON // 1000, 5_000_000]},
        {"timeUnixNano": f"{NOON}000000"},
        {"timestamp": "2026-05-01T12:00:00Z"},
    ],
)
def test_a_span_may_tell_its_time_in_many_ways(tmp_path: Path, time: dict[str, Any]) -> None:
    untimed = {name: value for name, value in span().items() if name != "endTime"}
    found = told_of(tmp_path, {**untimed, **time}, path=OTEL)
    assert [named.record.ts // 1000 for named in found.requests] == [NOON // 1000]


def test_a_session_that_tells_what_it_used_is_not_counted_from_telemetry_again(tmp_path: Path) -> None:
    put(tmp_path, OTEL, span(**{"gen_ai.conversation.id": "aaaa"}), span("s2", "t2"))
    assert by_session(told_of(tmp_path, START, end()).requests) == {"aaaa": ENDED, "conv": ONE}


def test_telemetry_is_better_than_the_output_of_a_session_that_did_not_end(tmp_path: Path) -> None:
    put(tmp_path, OTEL, span(**{"gen_ai.conversation.id": "aaaa"}))
    assert by_session(told_of(tmp_path, START, answer()).requests) == {"aaaa": ONE}


def test_the_file_that_telemetry_is_sent_to_is_read_and_nothing_beside_it(tmp_path: Path) -> None:
    put(tmp_path, "work/telemetry.json", span())
    put(tmp_path, "work/other.jsonl", span("s2", "t2"))
    there = machine(tmp_path, {"COPILOT_OTEL_FILE_EXPORTER_PATH": str(tmp_path / "work" / "telemetry.json")})
    assert figures(read_all(COPILOT, there).requests) == ONE
    planned = plan(COPILOT, there, [], [])
    assert [todo.job.relative for todo in planned.todo] == [b"telemetry.json"]


def test_the_home_of_copilot_can_be_elsewhere(tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/session-state/bbbb/events.jsonl", {**START, "data": {}}, end())
    records = run_reader("copilot", tmp_path, {"COPILOT_HOME": "~/elsewhere"})
    assert by_session(records) == {"bbbb": ENDED}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"type":"session.shutdown","data":{"modelMet', "not JSON"),
        (b"\0" * 999, "not JSON"),
        (b'{"type":"session.shutdown","data":' + b"[" * 100_000, "unexpected shape"),
        ({**end(), "timestamp": "x"}, "no timestamp"),
        ({**end(), "data": {"modelMetrics": [1]}}, "unexpected shape"),
        (end(5, outputTokens="9"), "unexpected shape"),
        (end(5, model="other", outputTokens=2**53), "impossible number"),
        (end(5, model="other", inputTokens=-9), "impossible number"),
    ],
)
def test_an_event_that_cannot_be_counted_costs_only_itself(tmp_path: Path, bad: object, reason: str) -> None:
    found = told_of(tmp_path, START, bad, end())
    assert figures(found.requests) == ENDED
    assert found.skipped == {reason: 1}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (span("x", "x", **{"gen_ai.usage.output_tokens": -1}), "unexpected shape"),
        (span("x", "x", **{"gen_ai.usage.output_tokens": 1.5}), "unexpected shape"),
        (span("x", "x", **{"gen_ai.usage.input_tokens": "9" * 99}), "unexpected shape"),
        ({**span(), "attributes": [{"key": "gen_ai.usage.input_tokens", "gen_ai.usage.": 1}]}, "unexpected shape"),
        (b'{"attributes":{"gen_ai.usage.input_tokens":1', "not JSON"),
        (b"rubbish", "not JSON"),
    ],
)
def test_a_span_that_cannot_be_counted_costs_only_itself(tmp_path: Path, bad: object, reason: str) -> None:
    found = told_of(tmp_path, bad, span(), path=OTEL)
    assert figures(found.requests) == ONE
    assert found.skipped == {reason: 1}


def test_names_cannot_write_to_the_terminal_nor_lead_to_other_files(tmp_path: Path) -> None:
    hostile = {"gen_ai.conversation.id": "../../x\x1b[2J", "gen_ai.response.model": "m\x1b]0;x\x07"}
    found = told_of(tmp_path, span(**hostile), path=OTEL)
    assert figures(found.requests) == ONE
    assert not any(char < " " for named in found.requests for char in named.model + named.session)
