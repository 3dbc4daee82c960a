"""Codex's rollouts: ccusage's figures, our few deviations from them, forks, and hostile lines."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from aic_tui.logs.codex import CODEX
from aic_tui.usage_records import Flag
from tests.codex_rollouts import DAY, HEADLESS, NAMES, event, settings, told_of, total_of, turn, usage, write
from tests.log_cases import (
    FIXTURES,
    Figures,
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
    said_of,
)

CASES = sorted(path.name for path in (FIXTURES / "codex").iterdir())
# Where ours differs on purpose: README of the shared fixtures, chapter 8 of the sheet.
DAILY = {
    "y08_parent_thread_id_only": {DAY: Figures(2300, 230, 0, 0, 2530)},
    "y13_bad_timestamp": {DAY: Figures(1000, 100, 0, 0, 1100)},
}
SESSIONS = {
    "y08_parent_thread_id_only": {
        NAMES["a"]: Figures(2000, 200, 0, 0, 2200),
        NAMES["b"]: Figures(300, 30, 0, 0, 330),
    },
    "y13_bad_timestamp": {NAMES["a"]: Figures(1000, 100, 0, 0, 1100)},
}


@pytest.mark.parametrize("name", CASES)
def test_days_are_those_of_ccusage(name: str) -> None:
    rows = DAILY.get(name) or said(expected("codex", name, "codex daily")["daily"], "date")
    assert by_day(run_reader("codex", case("codex", name))) == rows


@pytest.mark.parametrize("name", CASES)
def test_sessions_are_those_of_ccusage(name: str) -> None:
    rows = SESSIONS.get(name) or said(expected("codex", name, "codex session")["sessions"], "sessionId")
    assert by_session(run_reader("codex", case("codex", name))) == rows


@pytest.mark.parametrize("name", sorted(set(CASES) - DAILY.keys()))
def test_models_are_those_of_ccusage(name: str) -> None:
    days = expected("codex", name, "codex daily")["daily"]
    requests = run_reader("codex", case("codex", name))
    assert by_model(requests) == {model: said_of(row) for day in days for model, row in sorted(day["models"].items())}
    assumed = {named.model for named in requests if named.record.flags & Flag.FALLBACK}
    assert assumed == {model for day in days for model, row in day["models"].items() if row["isFallback"]}


def test_what_cannot_be_read_is_counted() -> None:
    assert read_all(CODEX, machine(case("codex", "y13_bad_timestamp"))).skipped == {"no timestamp": 1}
    assert read_all(CODEX, machine(case("codex", "x10_malformed"))).skipped == {"not JSON": 1}


def test_forks_are_counted() -> None:
    assert [read_all(CODEX, machine(case("codex", name))).forks for name in ("x01_basic", "x04_fork_same_second")] == [
        0,
        1,
    ]


def test_the_project_is_the_working_directory() -> None:
    assert {named.project for named in run_reader("codex", case("codex", "x01_basic"))} == {"/home/u/app"}


def test_figures_are_disjoint_and_add_up_to_the_total_that_is_told(tmp_path: Path) -> None:
    last = usage(1000, 300, 100, cache_write_input_tokens=200, reasoning_output_tokens=50, total_tokens=1150)
    (named,) = told_of(tmp_path, turn(), event("10:00:01", last=last)).requests
    record = named.record
    assert (record.input, record.cache_read, record.write_5m, record.output, record.extra) == (500, 300, 200, 100, 50)
    odd = usage(100, 300, 0, cache_write_input_tokens=50, total_tokens=130)
    (named,) = told_of(tmp_path, turn(), event("10:00:01", last=odd)).requests
    record = named.record
    assert (record.input, record.cache_read, record.write_5m, record.output, record.extra) == (0, 100, 0, 30, 0)


def test_a_counter_that_falls_or_returns_counts_what_the_request_used(tmp_path: Path) -> None:
    steps = [(100, 100), (300, 200), (300, 999), (100, 100), (300, 200)]
    lines = [event(f"10:00:0{n}", usage(total), usage(last)) for n, (total, last) in enumerate(steps)]
    told = told_of(tmp_path, turn(), *lines)
    assert total_of(told) == 100 + 200 + 100 + 200
    assert told.repeated == 1


def test_an_event_without_a_counter_does_not_hide_that_one_is_told_again(tmp_path: Path) -> None:
    told = (event("10:00:01", usage(100), usage(100)), event("10:00:02", last=usage(5)))
    assert total_of(told_of(tmp_path, turn(), *told, event("10:00:03", usage(100), usage(100)))) == 105


def test_without_a_last_usage_the_growth_counts(tmp_path: Path) -> None:
    lines = [event(f"10:00:0{n}", usage(total, cached)) for n, (total, cached) in enumerate([(100, 50), (300, 40)])]
    assert figures(told_of(tmp_path, turn(), *lines).requests) == Figures(250, 0, 0, 50, 300)
    shrunk = [*lines, event("10:00:05", usage(200, 40))]
    assert total_of(told_of(tmp_path, turn(), *shrunk)) == 300


def test_an_event_with_a_bad_time_or_figure_costs_only_itself(tmp_path: Path) -> None:
    bad = event("x", usage(100), usage(100))
    negative = event("10:00:02", usage(-1), usage(5))
    huge = event("10:00:02", usage(10**15), usage(5))
    told = told_of(tmp_path, turn(), bad, negative, huge, event("10:00:03", usage(300), usage(200)))
    assert total_of(told) == 200
    assert told.skipped == {"no timestamp": 1, "impossible number": 2}
    # What it told of is in the next growth.
    assert total_of(told_of(tmp_path, turn(), bad, event("10:00:03", usage(300)))) == 300


@pytest.mark.parametrize(
    ("lines", "model", "flag"),
    [
        ([], "gpt-5", Flag.FALLBACK),
        ([turn("gpt-5.5")], "gpt-5.5", 0),
        ([turn("gpt-5.5"), turn(None)], "gpt-5.5", 0),
        ([turn("")], "gpt-5", Flag.FALLBACK),
        ([turn(None, metadata={"model": "gpt-5.3-codex"})], "gpt-5.3-codex", 0),
        ([turn("codex-auto-review")], "gpt-5.4", Flag.FALLBACK),
    ],
    ids=str,
)
def test_the_model_is_the_last_that_was_named(tmp_path: Path, lines: list[Any], model: str, flag: int) -> None:
    (named,) = told_of(tmp_path, *lines, event("10:00:01", last=usage(7))).requests
    assert (named.model, named.record.flags) == (model, flag)


@pytest.mark.parametrize("info", [{"model": "o3"}, {"model_name": "o3"}, {"metadata": {"model": "o3"}}], ids=str)
def test_an_event_may_name_the_model_itself(tmp_path: Path, info: dict[str, Any]) -> None:
    lines = [turn(), event("10:00:01", last=usage(7), **info), event("10:00:02", last=usage(8))]
    assert {named.model for named in told_of(tmp_path, *lines).requests} == {"o3"}


def test_what_a_review_ran_on_depends_on_the_day(tmp_path: Path) -> None:
    days = ("2026-03-04", "2026-03-05", "2026-07-29", "2026-07-30")
    lines = [
        {**event("10:00:01", last=usage(place + 1)), "timestamp": f"{day}T12:00:00Z"} for place, day in enumerate(days)
    ]
    models = [named.model for named in told_of(tmp_path, turn("codex-auto-review"), *lines).requests]
    assert models == ["gpt-5.3-codex", "gpt-5.4", "gpt-5.4", "gpt-5.6-luna"]


def test_the_tier_holds_until_the_next_settings(tmp_path: Path) -> None:
    lines = [turn()]
    for second, tier in enumerate(("fast", "priority", "flex", "default", None)):
        lines += [settings(f"10:00:0{second}", tier), event(f"10:00:0{second}", last=usage(second + 1))]
    told = [named.record.flags for named in told_of(tmp_path, *lines).requests]
    assert told == [Flag.FAST, Flag.PRIORITY, Flag.FLEX, 0, 0]


@pytest.mark.parametrize(("text", "flag"), [('service_tier = "fast"', Flag.FAST), ("service_tier = 7", 0), ("[", 0)])
def test_the_settings_file_tells_the_tier_where_the_session_does_not(tmp_path: Path, text: str, flag: int) -> None:
    write(tmp_path, [turn(), event("10:00:01", last=usage(7))])
    (tmp_path / ".codex/config.toml").write_text(text, encoding="utf-8")
    (named,) = run_reader("codex", tmp_path)
    assert named.record.flags == flag


@pytest.mark.parametrize(
    ("line", "expected_figures", "model"),
    [
        (HEADLESS[0], Figures(700, 50, 0, 300, 1050), "gpt-5.4"),
        (HEADLESS[1], Figures(10, 5, 0, 0, 15), "gpt-5.4"),
        (HEADLESS[2], Figures(6, 0, 0, 4, 10), "gpt-5"),
        (HEADLESS[3], Figures(6, 0, 0, 4, 10), "gpt-5"),
    ],
)
def test_what_exec_printed_is_read(tmp_path: Path, line: dict[str, Any], expected_figures: Figures, model: str) -> None:
    path = write(tmp_path, [{"type": "thread.started", "thread_id": "x"}, line], "out")
    stamp = 1777629600
    os.utime(path, (stamp, stamp))
    (named,) = read_all(CODEX, machine(tmp_path)).requests
    assert figures([named]) == expected_figures
    assert (named.model, named.record.ts) == (model, stamp * 1000)


def test_turns_without_a_time_are_told_apart_by_their_number(tmp_path: Path) -> None:
    same = {"type": "turn.completed", "usage": usage(10)}
    write(tmp_path, [same, same], "out")
    write(tmp_path, [same, same], "out", "archived_sessions")
    assert total_of(read_all(CODEX, machine(tmp_path))) == 20


@pytest.mark.parametrize("count", [-1, 1.5, True, "1", None, 2**41, [], 10**40], ids=str)
def test_what_is_no_count_of_tokens_is_skipped(tmp_path: Path, count: Any) -> None:
    events = [event("10:00:01", last={"input_tokens": count}), {"type": "turn.completed", "usage": usage(count)}]
    told = told_of(tmp_path, turn(), *events, event("10:00:02", last=usage(7)))
    assert total_of(told) == 7
    assert told.skipped.total() == 2


HOSTILE = {
    "deep": b'{"type":"event_msg","payload":{"type":"token_count","info":' + b"[" * 10**5 + b"]" * 10**5 + b"}}",
    "long integer": b'{"usage":{"input_tokens":' + b"9" * 10**7 + b"}}",
    "utf-16": json.dumps(event("10:00:01", last=usage(7))).encode("utf-16-be"),
    "nul page": b"\0" * 4096 + json.dumps(event("10:00:01", last=usage(7))).encode(),
    "not utf-8": b'{"type":"turn_context","payload":{"model":"\xff"}}',
    "cut": b'{"timestamp":"2026-05-01T10:00:00.000Z","type":"event_msg","payload":{"type":"token_count","info":{',
    "payload": b'{"type":"event_msg","payload":"token_count","x":"token_count"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_line_costs_only_itself(tmp_path: Path, name: str) -> None:
    told = told_of(tmp_path, turn(), HOSTILE[name], event("10:00:02", last=usage(7)))
    assert total_of(told) == 7
    assert told.skipped.total() == 1


def test_any_order_of_keys_and_any_space_is_read(tmp_path: Path) -> None:
    plain = event("10:00:01", last=usage(7))
    turned = json.dumps(dict(reversed(plain.items()))).encode()
    spaced = json.dumps(turn()).encode() + b" \r"
    (named,) = told_of(tmp_path, b"\xef\xbb\xbf" + spaced, b"", turned).requests
    assert (named.model, named.record.input) == ("gpt-5.4", 7)


def test_places(tmp_path: Path) -> None:
    for folder in ("home/.codex/sessions", "home/.codex/archived_sessions", "plain", "wsl/.codex/sessions"):
        (tmp_path / folder).mkdir(parents=True)

    def found(environ: dict[str, str], **rest: Any) -> list[tuple[str, str, str | None]]:
        there = machine(tmp_path / "home", environ, **rest)
        return [
            (place.path.relative_to(tmp_path).as_posix(), place.origin, place.problem) for place in CODEX.places(there)
        ]

    assert found({}, extra={"codex": [str(tmp_path / "wsl")]}) == [
        ("home/.codex/sessions", "default", None),
        ("home/.codex/archived_sessions", "default", None),
        ("wsl/.codex/sessions", "config", None),
    ]
    assert found({"CODEX_HOME": f"{tmp_path}/plain, {tmp_path}/none"}) == [
        ("plain", "CODEX_HOME", None),
        ("none/sessions", "CODEX_HOME", "is not there"),
    ]
