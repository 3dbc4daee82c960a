"""Claude Code's transcripts: ccusage's figures, our few deviations from them, and hostile lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.logs.claude import CLAUDE
from aic_tui.logs.claude_places import session_of
from aic_tui.usage_records import Flag, Record
from tests.log_cases import (
    FIXTURES,
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


def line(**changed: Any) -> dict[str, Any]:
    """One answer as Claude Code tells it; ``usage`` and ``message`` are changed inside."""
    usage = {"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1}
    message = {"id": "msg_1", "model": "claude-sonnet-4-5", **changed.pop("message", {})}
    message["usage"] = {**usage, **changed.pop("usage", {})}
    return {
        "type": "assistant",
        "timestamp": "2026-05-01T10:00:00.000Z",
        "sessionId": "s1",
        "requestId": "req_1",
        "version": "2.1.0",
        "cwd": "/home/u/app",
        "message": message,
        **changed,
    }


def without(told: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in names}


def told_of(home: Path, *lines: object, name: str = "s1.jsonl") -> Told:
    """What is read of a transcript of these lines: dictionaries or bytes."""
    path = home / ".claude" / "projects" / "-p" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = [one if isinstance(one, bytes) else json.dumps(one, separators=(",", ":")).encode() for one in lines]
    path.write_bytes(b"".join(one + b"\n" for one in whole))
    return read_all(CLAUDE, machine(home))


def one(home: Path, *lines: object) -> Record:
    (named,) = told_of(home, *lines).records
    return named.record


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


def test_without_a_message_id_nothing_is_a_repetition(tmp_path: Path) -> None:
    bare = line()
    del bare["message"]["id"]
    assert len(told_of(tmp_path, bare, bare).requests) == 2


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


@pytest.mark.parametrize("where", ["cwd", "version", "sessionId", "requestId", "costUSD", "isApiErrorMessage"])
def test_a_null_in_a_field_of_the_line_drops_it(tmp_path: Path, where: str) -> None:
    assert told_of(tmp_path, line(**{where: None})).skipped == {"unexpected shape": 1}


@pytest.mark.parametrize("where", ["stop_reason", "container"])
def test_a_null_elsewhere_does_not(tmp_path: Path, where: str) -> None:
    assert len(told_of(tmp_path, line(message={where: None})).requests) == 1


NO_COUNTS: list[object] = [-1, 1.0, 1.5, True, "1", None, 2**41, 10**30, [], {}]


@pytest.mark.parametrize(
    "usage",
    [
        *({"input_tokens": value} for value in NO_COUNTS),
        {"cache_read_input_tokens": -(2**63)},
        {"output_tokens": None},
        {"cache_creation": [1]},
        {"speed": 7},
    ],
    ids=str,
)
def test_what_is_no_count_of_tokens_is_skipped(tmp_path: Path, usage: dict[str, Any]) -> None:
    told = told_of(tmp_path, line(usage=usage), line(requestId="req_2"))
    assert len(told.requests) == 1
    assert sum(told.skipped.values()) == 1


@pytest.mark.parametrize("cost", ["-1", "1e7", "1" * 10_000, "-0.01", "1e400"], ids=lambda cost: cost[:8])
def test_what_is_no_price_is_skipped(tmp_path: Path, cost: str) -> None:
    text = json.dumps(line(costUSD=1)).replace('"costUSD": 1', f'"costUSD": {cost}').encode()
    assert told_of(tmp_path, text).skipped == {"impossible number": 1}


@pytest.mark.parametrize(("cost", "pico"), [(0, 0), (0.1, 10**11), (1.268, 1_268 * 10**9), (1e-12, 1)])
def test_a_price_is_exact(tmp_path: Path, cost: float, pico: int) -> None:
    record = one(tmp_path, line(costUSD=cost))
    assert record.cost == pico
    assert record.flags == Flag.HAS_COST


HOSTILE = {
    "deep": b'{"usage":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "long integer": b'{"message":{"usage":{"input_tokens":' + b"9" * 10**7 + b',"output_tokens":1}}}',
    "utf-16": json.dumps(line()).encode("utf-16"),
    "nul page": b"\0" * 4096 + json.dumps(line()).encode(),
    "not utf-8": b'{"sessionId":"\xff","message":{"usage":{"input_tokens":1,"output_tokens":1}}}',
    "cut": json.dumps(line()).encode()[:-9],
    "two in one": json.dumps(line()).encode() * 2,
    "array": b'["usage"]',
    "text for an object": b'{"message":"usage","x":"usage"}',
    "no time": json.dumps(line(timestamp={})).encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_line_costs_only_itself(tmp_path: Path, name: str) -> None:
    good = [json.dumps(line(requestId=f"req_{number}")).encode() for number in range(2)]
    told = told_of(tmp_path, good[0], HOSTILE[name], good[1])
    assert len(told.requests) == 2
    # The bytes of UTF-16 have line ends inside.
    assert 1 <= told.skipped.total() <= 2


def test_ends_of_lines_marks_of_order_and_half_characters_are_read_over(tmp_path: Path) -> None:
    half = json.dumps(line(requestId="req_3", note="\ud83d")).encode()
    first, second = (json.dumps(line(requestId=f"req_{number}")).encode() for number in (1, 2))
    told = told_of(tmp_path, b"\xef\xbb\xbf" + first + b"\r", b"", second + b" \r", half, b"\r")
    assert len(told.requests) == 3
    assert not told.skipped


def test_of_the_same_key_twice_the_last_counts(tmp_path: Path) -> None:
    text = json.dumps(line()).replace('"input_tokens": 10', '"input_tokens": 1, "input_tokens": 10').encode()
    assert one(tmp_path, text).input == 10


@pytest.mark.parametrize("stamp", [1777629600, 1777629600000, "1777629600", "2026-05-01T12:00:00.000000001+02:00"])
def test_any_usual_time_is_one(tmp_path: Path, stamp: object) -> None:
    assert one(tmp_path, line(timestamp=stamp)).ts == 1777629600000


ANSWERS = st.lists(
    st.builds(
        lambda name, request, side, output, minute, gap: without(
            line(
                message={"id": name},
                requestId=request,
                # One session an answer: tellings in two sessions, on the side in one of them, are alike in chains.
                sessionId=f"s{name}",
                isSidechain=side,
                usage={"output_tokens": output},
                timestamp=f"2026-05-01T10:{minute:02d}:00.000Z",
            ),
            *gap,
        ),
        st.sampled_from(["m1", "m2"]),
        st.sampled_from(["r1", "r2"]),
        st.booleans(),
        st.integers(0, 2),
        st.integers(0, 59),
        st.sampled_from([(), (), ("requestId",), ("timestamp",)]),
    ),
    max_size=8,
)


@given(lines=ANSWERS, cuts=st.lists(st.integers(0, 4000), max_size=4))
def test_how_a_file_grows_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Any], cuts: list[int]
) -> None:
    home = tmp_path_factory.mktemp("home")
    whole = told_of(home, *lines)

    def split(content: bytes) -> Iterator[bytes]:
        last = 0
        for cut in [*sorted(cuts), len(content)]:
            yield content[last:cut]
            last = max(last, cut)

    grown = read_all(CLAUDE, machine(home), split=split)
    assert sorted(named.record for named in grown.records) == sorted(named.record for named in whole.records)


@given(lines=ANSWERS.filter(bool), data=st.data())
def test_a_line_told_again_changes_no_total(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Any], data: st.DataObject
) -> None:
    named = [told for told in lines if not told.get("isSidechain")]
    home = tmp_path_factory.mktemp("home")
    before = figures(told_of(home, *named).requests)
    more = data.draw(st.lists(st.sampled_from(named), max_size=3)) if named else []
    assert figures(told_of(home, *named, *more).requests) == before


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
