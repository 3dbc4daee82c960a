"""Claude Code's transcripts: ccusage's figures, our few deviations from them, and hostile lines."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aic_tui.logs.claude import CLAUDE
from aic_tui.logs.claude_places import session_of
from aic_tui.usage_records import Flag
from tests.claude_transcripts import line, one, told_of, without
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

CASES = sorted(path.name for path in (FIXTURES / "claude").iterdir())
DAY = "2026-05-01"
# Where ours differs on purpose: tests/fixtures/logs/README.md of the shared fixtures, chapter 8 of the sheet.
DAILY = {
    "c02_no_request_id": {DAY: Figures(100, 50, 0, 0, 150)},
    "c09_malformed": {DAY: Figures(327_697 + 4, 655_394 + 8, 0, 0, 983_091 + 12)},
}
SESSION = "11111111-1111-4111-8111-111111111111"
SESSIONS = {
    "c09_malformed": {SESSION: Figures(327_701, 655_402, 0, 0, 983_103)},
    "c11_subagent_layout": {
        SESSION: Figures(7, 70, 0, 0, 77),
        "22222222-2222-4222-8222-222222222222": Figures(8, 80, 0, 0, 88),
    },
    "c13_timezones": {SESSION: Figures(63, 630, 0, 0, 693)},
}


@pytest.mark.parametrize("name", CASES)
def test_days_are_those_of_ccusage(name: str) -> None:
    rows = DAILY.get(name) or said(expected("claude", name, "claude daily")["daily"], "date")
    ours = by_day(run_reader("claude", case("claude", name)))
    if name == "c13_timezones":  # the record with microseconds, which ccusage loses
        rows["2026-05-02"] = Figures(32, 320, 0, 0, 352)
    assert ours == dict(sorted(rows.items()))


@pytest.mark.parametrize("name", CASES)
def test_sessions_are_those_of_ccusage(name: str) -> None:
    rows = SESSIONS.get(name) or said(expected("claude", name, "claude session")["sessions"], "sessionId")
    assert by_session(run_reader("claude", case("claude", name))) == rows


@pytest.mark.parametrize("name", sorted(set(CASES) - {"c02_no_request_id", "c09_malformed", "c13_timezones"}))
def test_models_are_those_of_ccusage(name: str) -> None:
    breakdowns = [row for day in expected("claude", name, "claude daily")["daily"] for row in day["modelBreakdowns"]]
    names = {row["modelName"] for row in breakdowns}
    requests = run_reader("claude", case("claude", name))
    ours = {model: kept for model, kept in by_model(requests).items() if model in names}
    for model in names:
        rows = [said_of(row) for row in breakdowns if row["modelName"] == model]
        # A breakdown has no total; a fixture's models that ccusage cannot price are in it with their tokens.
        assert ours[model][:4] == Figures(*(sum(column) for column in zip(*rows, strict=True)))[:4]


def test_the_recorded_cost_is_exact() -> None:
    costs = [named.record.cost for named in run_reader("claude", case("claude", "c08_costusd"))]
    assert costs == [1_250_000_000_000, -1]


def test_a_limit_is_a_note_beside_the_answer() -> None:
    told = read_all(CLAUDE, machine(case("claude", "c17_limit_reached")))
    (limit,) = [named.record for named in told.records if named.record.flags & Flag.LIMIT]
    assert datetime.fromtimestamp(limit.key / 1000, UTC) == datetime(2026, 5, 1, 16, tzinfo=UTC)
    assert limit.total == 0
    assert figures(told.requests) == Figures(5, 5, 0, 0, 10)
    assert len(told.requests) == 2


def test_what_cannot_be_read_is_counted() -> None:
    told = read_all(CLAUDE, machine(case("claude", "c09_malformed")))
    assert told.skipped == {
        "not JSON": 1,
        "unexpected shape": 2,
        "unknown version": 1,
        "empty name": 1,
        "no timestamp": 2,
    }


@pytest.mark.parametrize(
    ("relative", "session", "project"),
    [
        ("-p/s1.jsonl", "s1", "-p"),
        ("-p/s1/subagents/agent-a.jsonl", "s1", "-p"),
        ("-p/s1/subagents/workflows/wf_1/agent-a.jsonl", "s1", "-p"),
        ("-p/s1/part.jsonl", "s1", "-p"),
        ("-p/subagents/part.jsonl", "subagents", "-p"),
        ("s1.jsonl", "s1", ""),
    ],
)
def test_the_path_says_whose_the_answers_are(relative: str, session: str, project: str) -> None:
    assert session_of(relative) == (session, project)


def test_writes_to_the_cache_by_kind(tmp_path: Path) -> None:
    both = {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2}
    record = one(tmp_path, line(usage={"cache_creation_input_tokens": 999, "cache_creation": both}))
    assert (record.write_5m, record.write_1h) == (1, 2)
    record = one(tmp_path, line(usage={"cache_creation_input_tokens": 999}))
    assert (record.write_5m, record.write_1h) == (999, 0)
    record = one(tmp_path, line(usage={"cache_creation_input_tokens": 999, "cache_creation": None}))
    assert (record.write_5m, record.write_1h) == (999, 0)
    assert one(tmp_path, line(usage={"cache_creation_input_tokens": 9, "cache_creation": {}})).write_5m == 0


@pytest.mark.parametrize(
    ("usage", "flag"),
    [
        ({"speed": "fast"}, Flag.FAST),
        ({"speed": "standard"}, 0),
        ({"service_tier": "priority"}, Flag.PRIORITY),
        ({"service_tier": "flex"}, Flag.FLEX),
        ({"service_tier": "batch"}, Flag.BATCH),
        ({"service_tier": "standard"}, 0),
        ({"service_tier": None}, 0),
        ({"service_tier": ["odd"]}, 0),
    ],
)
def test_what_changes_the_price_is_kept(tmp_path: Path, usage: dict[str, Any], flag: int) -> None:
    assert one(tmp_path, line(usage=usage)).flags == flag


def test_tokens_without_a_model_count_and_have_no_price(tmp_path: Path) -> None:
    assert one(tmp_path, line(message={"model": "<synthetic>"})).flags == Flag.SYNTHETIC


def test_a_stream_counts_once_with_its_last_figures(tmp_path: Path) -> None:
    grown = [line(usage={"output_tokens": output}) for output in (1, 1, 159)]
    told = told_of(tmp_path, *grown)
    assert figures(told.requests).output == 159
    assert told.repeated == 2
    assert figures(told_of(tmp_path, *reversed(grown)).requests).output == 159


def test_a_stream_keeps_what_only_an_earlier_telling_says(tmp_path: Path) -> None:
    late = line(timestamp="2026-05-01T11:00:00Z")
    assert one(tmp_path, line(), late) == one(tmp_path, late, line())
    aside = line(isSidechain=True, usage={"output_tokens": 500})
    assert one(tmp_path, line(), aside) == one(tmp_path, aside, line()) == one(tmp_path, line())
    advisor = {"type": "advisor_message", "model": "claude-opus-4-7", "input_tokens": 7, "output_tokens": 70}
    grown = line(usage={"output_tokens": 500})
    told = told_of(tmp_path, line(usage={"iterations": [advisor]}), grown)
    assert figures(told.requests) == Figures(17, 570, 0, 0, 587)
    limit = line(isApiErrorMessage=True, error="Claude AI usage limit reached|1777651200")
    assert [named.record.flags for named in told_of(tmp_path, limit, grown).records] == [0, Flag.LIMIT]


def test_without_a_request_id_the_inputs_tell_answers_apart(tmp_path: Path) -> None:
    gateway = [without(line(usage={"input_tokens": given}), "requestId") for given in (100, 100, 200)]
    assert figures(told_of(tmp_path, *gateway).requests).input == 300
    other = [without(line(sessionId=session), "requestId") for session in ("s1", "s2")]
    assert len(told_of(tmp_path, *other).requests) == 2


def test_a_gateway_with_one_id_for_all_answers_loses_none(tmp_path: Path) -> None:
    usages = [{"input_tokens": count, "output_tokens": 2 * count} for count in range(1, 11)]
    lines = [without(line(message={"id": "relay"}, usage=usage), "requestId") for usage in usages]
    told = told_of(tmp_path, *lines)
    assert (len(told.requests), figures(told.requests)) == (10, Figures(55, 110, 0, 0, 165))


def test_without_a_message_id_nothing_is_a_repetition(tmp_path: Path) -> None:
    bare = [line(usage={"output_tokens": output}) for output in (1, 1, 9)]
    for answer in bare:
        del answer["message"]["id"]
    assert len(told_of(tmp_path, *bare).requests) == 3
    nameless = [without(answer, "requestId") for answer in bare]
    assert len(told_of(tmp_path, *nameless).requests) == 3


def test_a_replay_on_the_side_is_the_same_answer_and_the_main_chain_counts(tmp_path: Path) -> None:
    replay = line(requestId="req_2", isSidechain=True, timestamp="2026-05-01T11:00:00Z", usage={"output_tokens": 500})
    for lines in ([line(), replay], [replay, line()]):
        assert [named.record.output for named in told_of(tmp_path, *lines).requests] == [1]
    elsewhere = {**replay, "sessionId": "s2"}
    assert len(told_of(tmp_path, line(), elsewhere).requests) == 2


def test_an_agent_s_progress_counts_once_with_the_agent_s_own_file(tmp_path: Path) -> None:
    answer = line(isSidechain=True)
    inner = {name: answer[name] for name in ("timestamp", "requestId", "isSidechain", "message")}
    progress = {"type": "progress", "sessionId": "s1", "version": "2.1.0", "data": {"message": inner}}
    told = told_of(tmp_path, progress)
    assert [(named.session, named.record.input) for named in told.requests] == [("s1", 10)]
    told = told_of(tmp_path, answer, name="s1/subagents/agent-a.jsonl")
    assert [(named.session, named.record.input) for named in told.requests] == [("s1", 10)]
    assert told.repeated == 1


def test_an_advisor_is_another_model_besides(tmp_path: Path) -> None:
    advisor = {"type": "advisor_message", "model": "claude-opus-4-7", "input_tokens": 7, "output_tokens": 70}
    plain = {"type": "message", "input_tokens": 10, "output_tokens": 1}
    asked = line(usage={"iterations": [plain, advisor, {**advisor, "model": "claude-opus-4-8"}]})
    told = told_of(tmp_path, asked, line(), asked)
    assert by_model(told.requests) == {
        "claude-opus-4-7": Figures(7, 70, 0, 0, 77),
        "claude-opus-4-8": Figures(7, 70, 0, 0, 77),
        "claude-sonnet-4-5": Figures(10, 1, 0, 0, 11),
    }


def test_the_usage_of_a_tool_s_result_does_not_count(tmp_path: Path) -> None:
    usage = {"input_tokens": 7, "output_tokens": 314}
    user = {"sessionId": "s1", "type": "user", "message": {"role": "user", "content": "x"}}
    odd = {"message": {"content": [{"usage": usage}], "role": "user"}, "type": "user"}
    assert told_of(tmp_path, {**user, "toolUseResult": {"usage": usage}}, {**odd, "toolUseResult": usage}).seen == 0


def test_the_variable_replaces_the_usual_places(tmp_path: Path) -> None:
    for name in ("a", "b/projects", "home/.claude/projects"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a/projects").mkdir()
    there = machine(
        tmp_path / "home", {"CLAUDE_CONFIG_DIR": f" {tmp_path}/a , {tmp_path}/b/projects,,{tmp_path}/none "}
    )
    places = CLAUDE.places(there)
    assert [place.path.relative_to(tmp_path).as_posix() for place in places] == [
        "a/projects",
        "b/projects",
        "none/projects",
    ]
    assert [place.problem for place in places] == [None, None, "has no projects directory"]
    assert {place.origin for place in places} == {"CLAUDE_CONFIG_DIR"}


def test_the_usual_places_and_those_of_the_settings(tmp_path: Path) -> None:
    home = tmp_path / "home"
    other = tmp_path / "wsl"
    for folder in (other / ".claude/projects", home / "xdg/claude/projects"):
        folder.mkdir(parents=True)
    there = machine(home, {"XDG_CONFIG_HOME": str(home / "xdg")}, extra={"claude": [str(other), "~/.claude"]})
    assert [(place.path, place.origin) for place in CLAUDE.places(there)] == [
        (home / "xdg/claude/projects", "default"),
        (home / ".claude/projects", "default"),
        (other / ".claude/projects", "config"),
    ]


def test_the_desktop_s_agents_have_places_of_their_own(tmp_path: Path) -> None:
    base = tmp_path / "Library/Application Support/Claude/local-agent-mode-sessions"
    (base / "a/b/local_1/.claude/projects/-p").mkdir(parents=True)
    (base / "a/b/c/d/e/f/projects").mkdir(parents=True)
    paths = [place.path for place in CLAUDE.places(machine(tmp_path, platform="darwin"))]
    assert paths[2:] == [base / "a/b/local_1/.claude/projects"]
    assert len(CLAUDE.places(machine(tmp_path))) == 2
