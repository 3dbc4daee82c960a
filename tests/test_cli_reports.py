"""The reports as verbs over homes with logs, key by key against what the peers said of the same homes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aic_tui.errors import UserError
from aic_tui.logs.registry import source_ids
from tests.log_cases import FIXTURES
from tests.report_cases import SONNET, UNKNOWN, World, answer, write_log

COUNTS = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens", "totalTokens")
# Where our rules differ on purpose (README, “How it counts”): our input and output of all days.
OURS = {
    "claude/c02_no_request_id": (100, 50),
    "claude/c09_malformed": (327_701, None),
    "claude/c12_unknown_models": (9000, 9000),
    "claude/c13_timezones": (63, 630),
    "codex/y08_parent_thread_id_only": None,
    "codex/y13_bad_timestamp": None,
    "copilot/p01_otel": None,
    "qwen/q01_chats": None,
}
SESSIONS_DIFFER = {*OURS, "claude/c11_subagent_layout"}


def cases() -> Iterator[Any]:
    for path in sorted(FIXTURES.glob("*/*/expected.json")):
        tool = path.parent.parent.name
        if tool in source_ids():
            yield pytest.param(path.parent, tool, id=f"{tool}/{path.parent.name}")


def said(case: Path, words: str) -> Any:
    """A peer's document; None where it was not asked or did not answer."""
    found = json.loads((case / "expected.json").read_text(encoding="utf-8"))["results"].get(words)
    return None if found is None or "_rc" in found else found


def name_of(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    home = tmp_path / "home"
    home.mkdir()
    return World(home, tmp_path)


@pytest.mark.parametrize(("case", "tool"), cases())
def test_figures_are_those_of_the_peers(case: Path, tool: str, tmp_path: Path) -> None:
    world = World(case / "home", tmp_path)
    daily, sessions = world.json("daily", "--source", tool), world.json("session", "--source", tool)
    assert {key: daily["totals"][key] for key in (*COUNTS, "totalCost", "messageCount")} == {
        key: sessions["totals"][key] for key in (*COUNTS, "totalCost", "messageCount")
    }
    told = said(case, f"ccusage {tool} daily --json --offline -z UTC")
    if name_of(case) in OURS:
        ours = OURS[name_of(case)]
        assert told is None or any(daily["totals"][key] != told["totals"].get(key) for key in (*COUNTS, "totalCost"))
        for key, figure in zip(COUNTS, ours or (), strict=False):
            assert figure is None or daily["totals"][key] == figure
        return
    if told is not None:
        assert_same_rows(daily["daily"], told["daily"], "date")
        assert_same(daily["totals"], told["totals"])
    told = said(case, f"ccusage {tool} session --json --offline -z UTC")
    if told is not None and name_of(case) not in SESSIONS_DIFFER:
        assert_same_rows(sessions["session"], told["sessions"], "sessionId")
    told = said(case, "ccusage blocks --json --offline -z UTC")
    if told is not None:
        assert_same_blocks(world.json("blocks")["blocks"], told["blocks"])


def assert_same_rows(ours: list[Any], theirs: list[Any], key: str) -> None:
    assert [row["period"] for row in ours] == [row[key] for row in sorted(theirs, key=_order(key))]
    for mine, told in zip(ours, sorted(theirs, key=_order(key)), strict=True):
        assert_same(mine, told)
        if "modelBreakdowns" in told:
            mine_by = {row["modelName"]: row for row in mine["modelBreakdowns"]}
            assert sorted(mine_by) == sorted(row["modelName"] for row in told["modelBreakdowns"])
            for row in told["modelBreakdowns"]:
                assert_same(mine_by[row["modelName"]], row)
            assert sorted(mine["modelsUsed"]) == sorted(told["modelsUsed"])
        else:
            assert sorted(mine["modelsUsed"]) == sorted(told["models"])
        if "lastActivity" in told:
            assert mine["metadata"]["lastActivity"] == told["lastActivity"]


def _order(key: str) -> Any:
    return (lambda row: row[key]) if key == "date" else lambda row: -row.get("totalCost", row.get("costUSD"))


def assert_same(mine: dict[str, Any], told: dict[str, Any]) -> None:
    for key, value in told.items():
        name = "totalCost" if key == "costUSD" else key
        if name == "cost" and told.get("missingPricing"):
            assert mine[name] is None  # theirs is 0
        elif name in ("totalCost", "cost", "credits"):
            assert mine[name] == pytest.approx(value, rel=1e-9, abs=1e-12)
        elif name in (*COUNTS, "missingPricing", "unpricedModels"):
            assert mine[name] == value, name


def assert_same_blocks(ours: list[Any], theirs: list[Any]) -> None:
    assert len(ours) == len(theirs)
    for mine, told in zip(ours, theirs, strict=True):
        for key, value in told.items():
            if key == "costUSD":
                assert mine[key] == pytest.approx(value, rel=1e-9)
            elif key == "models":
                assert mine[key] == [name for name in value if name != "<synthetic>"]
            else:
                assert mine[key] == value, key


def test_documents_have_every_key_of_tokscales(tmp_path: Path) -> None:
    for name in ("claude/c14_blocks", "cursor/u01_csv"):
        case = FIXTURES / name
        world = World(case / "home", tmp_path / case.name)
        told = said(case, f"tokscale models --json --no-spinner --{case.parent.name}")
        assert_has_keys(world.json("models"), {**told, "processingTimeMs": 0})
        assert_has_keys(world.json("graph"), said(case, "tokscale graph --no-spinner"))


def test_tokscales_figures_where_it_counts_right(tmp_path: Path) -> None:
    case = FIXTURES / "claude" / "c14_blocks"
    world = World(case / "home", tmp_path)
    assert_says(world.json("graph"), said(case, "tokscale graph --no-spinner"))
    assert_says(world.json("models"), said(case, "tokscale models --json --no-spinner --claude"))


def assert_has_keys(mine: Any, told: Any) -> None:
    if isinstance(told, dict):
        assert told.keys() <= mine.keys()
        for key, value in told.items():
            assert_has_keys(mine[key], value)
    elif isinstance(told, list) and told and isinstance(told[0], dict):
        for row in mine:
            assert_has_keys(row, told[0])


def assert_says(mine: Any, told: Any) -> None:
    """All of ``told`` is in ``mine``, but the version and the instant of a day's first request."""
    if isinstance(told, dict):
        for key, value in told.items():
            if key not in ("version", "timestampMs"):
                assert_says(mine[key], value)
    elif isinstance(told, list):
        assert len(mine) == len(told)
        for one, other in zip(mine, told, strict=True):
            assert_says(one, other)
    elif isinstance(told, float):
        assert mine == pytest.approx(told, rel=1e-9)
    else:
        assert mine == told


def test_unified_weeks_begin_on_monday_and_rows_name_their_agents(tmp_path: Path) -> None:
    case = FIXTURES / "claude" / "c13_timezones"
    told = said(case, "ccusage weekly --json --offline -z UTC")
    mine = World(case / "home", tmp_path).json("weekly")
    assert [row["period"] for row in mine["weekly"]] == [row["period"] for row in told["weekly"]]
    for one, other in zip(mine["weekly"], told["weekly"], strict=True):
        assert other.keys() <= one.keys()
        assert (one["agent"], one["metadata"]) == (other["agent"], other["metadata"])
    sunday = World(case / "home", tmp_path).json("weekly", "-w", "sunday")
    weekly = said(case, "ccusage claude weekly --json --offline -z UTC")["weekly"]
    assert {row["week"] for row in weekly} <= {row["period"] for row in sunday["weekly"]}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_days_are_those_of_the_zone(zone: str, tmp_path: Path) -> None:
    case = FIXTURES / "claude" / "c13_timezones"
    told = said(case, f"ccusage claude daily --json --offline -z {zone}")["daily"]
    mine = {row["period"]: row for row in World(case / "home", tmp_path).json("daily", "-z", zone)["daily"]}
    for row in told:  # ours has one more request, whose time ccusage does not read
        assert mine[row["date"]]["inputTokens"] >= row["inputTokens"]


@pytest.mark.parametrize("mode", ["auto", "calculate", "display"])
def test_modes(mode: str, tmp_path: Path) -> None:
    case = FIXTURES / "claude" / "c08_costusd"
    told = said(case, f"ccusage claude daily --json --offline -z UTC --mode {mode}")
    mine = World(case / "home", tmp_path).json("daily", "-m", mode)
    assert mine["totals"]["totalCost"] == pytest.approx(told["totals"]["totalCost"], rel=1e-9)
    assert mine["totals"]["costKind"] == {"auto": "mixed", "calculate": "estimated", "display": "recorded"}[mode]


def test_both_days_of_a_range_count(tmp_path: Path) -> None:
    case = FIXTURES / "claude" / "c14_blocks"
    world = World(case / "home", tmp_path)
    assert len(world.json("daily", "-s", "20260501", "-u", "2026-05-02")["daily"]) == 2
    assert [row["period"] for row in world.json("daily", "-s", "2026-05-02")["daily"]] == ["2026-05-02"]
    assert world.json("session", "--until", "20260501")["totals"]["totalTokens"] == 8100
    assert world.json("daily", "--since", "20270101") == {
        **world.json("daily", "--since", "20270101"),
        "daily": [],
    }


def test_one_session_request_by_request(tmp_path: Path) -> None:
    case = FIXTURES / "claude" / "c14_blocks"
    world = World(case / "home", tmp_path)
    found = world.json("session", "-i", "11111111")
    assert (found["sessionId"], found["totalTokens"], len(found["entries"])) == (
        "11111111-1111-4111-8111-111111111111",
        13_500,
        9,
    )
    assert found["entries"][0].keys() >= {"timestamp", *COUNTS[:4], "model", "costUSD"}
    assert world.json("session", "--id", "nobody") is None
    assert "No session is called" in world.run("session", "--id", "nobody").err


def test_projects(world: World) -> None:
    at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    write_log(world, ".claude/projects/-home-u-one/s1.jsonl", [answer(at, 1)])
    write_log(world, ".claude/projects/-home-u-two/s2.jsonl", [answer(at, 2, tokens=3000)])
    document = world.json("daily", "-i")
    assert list(document["projects"]) == ["-home-u-one", "-home-u-two"]
    assert document["projects"]["-home-u-two"][0]["project"] == "-home-u-two"
    assert document["totals"]["totalTokens"] == 4400
    assert world.json("daily", "-p", "-home-u-one")["totals"]["totalTokens"] == 1100
    assert world.json("session", "--project=-home-u-two")["session"][0]["period"] == "s2"
    for private in (world.run("daily", "-i", "--json", "--privacy"), world.run("session", "--privacy")):
        assert "home-u" not in private.out
        assert "$" not in private.out
    assert world.json("daily", "--privacy")["totals"]["totalCost"] is None


def test_without_costs_there_is_no_word_of_them(world: World) -> None:
    write_log(world, ".claude/projects/p/s.jsonl", [answer(datetime(2026, 5, 1, tzinfo=UTC), 1, model=UNKNOWN)])
    for verb in ("daily", "monthly", "session", "blocks", "models", "graph"):
        document = world.json(verb, "--no-cost")
        document.pop("mode"), document.pop("parseHealth")
        assert not [word for word in ("cost", "ricing", "price") if word in json.dumps(document).lower()], verb
        assert "$" not in world.run(verb, "--no-cost").out


def test_the_running_block(world: World) -> None:
    now = world.now
    lines = [answer(now - timedelta(minutes=60 - 10 * number), number) for number in range(6)]
    write_log(world, ".claude/projects/p/s.jsonl", lines)
    (block,) = world.json("blocks", "--active", "-t", "20000")["blocks"]
    assert block["burnRate"] == {
        "tokensPerMinute": 132.0,
        "tokensPerMinuteForIndicator": 132.0,
        "costPerHour": pytest.approx(0.0324),
    }
    assert block["projection"] == {"totalTokens": 6600 + 132 * 240, "remainingMinutes": 240, "totalCost": 0.16}
    assert block["tokenLimitStatus"]["status"] == "exceeds"
    told = world.run("blocks", "-t", "20000")
    assert "Running block (estimated): 11:00 to 16:00, 4 h left" in told.out
    assert "more than the limit of 20,000" in told.err
    world.now = now + timedelta(days=1)
    assert world.json("blocks", "-a")["blocks"] == []
    assert world.run("blocks", "-a").err == "No block is running.\n"


def test_graph_into_a_file(world: World, tmp_path: Path) -> None:
    write_log(world, ".claude/projects/p/s.jsonl", [answer(datetime(2025, 5, 1, 9, tzinfo=UTC), 1)])
    file = tmp_path / "graph.json"
    told = world.run("graph", "--year", "2025", "--output", str(file))
    document = json.loads(file.read_text(encoding="utf-8"))
    assert (told.code, told.out) == (0, "")
    assert document["summary"]["totalTokens"] == 1100
    assert document["summary"]["peakHour"] == 9
    assert world.json("graph", "--year", "2024")["contributions"] == []
    with pytest.raises(UserError, match="cannot be written"):
        world.run("graph", "--output", str(tmp_path))


def test_the_first_run_says_what_claude_code_forgets(world: World) -> None:
    write_log(world, ".claude/projects/p/s.jsonl", [answer(datetime(2026, 5, 1, tzinfo=UTC), 1)])
    first, second = world.run("daily"), world.run("daily")
    assert "cleanupPeriodDays" in first.err
    assert "after 30 days" in first.err
    assert second.err == ""
    assert first.out == second.out


def test_what_was_deleted_still_counts(world: World) -> None:
    write_log(world, ".claude/projects/p/s.jsonl", [answer(datetime(2026, 5, 1, tzinfo=UTC), 1)])
    before = world.json("daily")
    (world.home / ".claude/projects/p/s.jsonl").unlink()
    after = world.json("daily")
    assert after["totals"] == before["totals"]
    assert after["parseHealth"][0]["filesGone"] == 1


def test_nothing_found_says_where_was_looked(world: World) -> None:
    told = world.run("daily")
    assert (told.code, told.out) == (0, "")
    assert "No session logs" in told.err
    assert "Claude Code: ~/.config/claude/projects (not there), ~/.claude/projects (not there)" in told.err
    document = world.json("daily")
    assert (document["daily"], document["totals"]["totalCost"]) == ([], 0)
    write_log(world, ".claude/projects/p/s.jsonl", [answer(datetime(2026, 5, 1, tzinfo=UTC), 1)])
    world.run("daily")
    assert world.run("daily", "-s", "20300101").err == "Nothing was used from 2030-01-01.\n"


def test_parse_health_tells_what_was_skipped(world: World) -> None:
    lines = [
        answer(datetime(2026, 5, 1, tzinfo=UTC), 1),
        {**answer(datetime(2026, 5, 1, tzinfo=UTC), 2), "timestamp": "x"},
    ]
    write_log(world, ".claude/projects/p/s.jsonl", lines)
    (health,) = world.json("daily")["parseHealth"]
    assert (health["source"], health["files"], health["records"], health["understood"]) == ("claude", 1, 1, True)
    assert sum(health["skipped"].values()) == 1
    assert [place["files"] for place in health["places"]] == [1]
    private = world.run("daily", "--json", "--privacy")
    assert str(world.home) not in private.out
    told = world.run("doctor", "--privacy").out
    assert "logs claude: ~/.config/claude/projects (not there), ~/.claude/projects (1 file)" in told
    assert "1 requests; skipped: " in told


def test_bad_flags_are_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (("daily", "-z", "Nowhere/Land"), "no time zone"),
        (("daily", "--since", "2026-13-01"), "is no date"),
        (("daily", "--since", "20260502", "--until", "20260501"), "later than"),
        (("daily", "--source", "nobody"), "No tool is called"),
    ):
        with pytest.raises(UserError, match=words) as refused:
            world.run(*arguments)
        assert refused.value.exit_code == 2
    for arguments in (
        ("daily", "--json", "--csv"),
        ("blocks", "-t", "many"),
        ("blocks", "-n", "0"),
        ("daily", "-m", "x"),
    ):
        with pytest.raises(SystemExit) as left:
            world.run(*arguments)
        assert left.value.code == 2
    assert "must be a number of tokens or max" in capsys.readouterr().err


def test_tools_are_named_as_in_ccusage_and_in_tokscale(tmp_path: Path) -> None:
    world = World(FIXTURES / "claude" / "c14_blocks" / "home", tmp_path)
    assert world.json("models", "--claude")["totalMessages"] == 9
    assert world.json("models", "--codex", "--source", "amp")["totalMessages"] == 0
    assert world.json("models", "--source", "claude,codex")["totalMessages"] == 9


def test_tables_for_terminals_without_more_than_ascii(tmp_path: Path) -> None:
    world = World(FIXTURES / "claude" / "c14_blocks" / "home", tmp_path)
    for verb in ("daily", "monthly", "session", "blocks", "models", "graph"):
        told = world.run(verb, encoding="ascii")
        assert told.out.isascii()
        assert "?" not in told.out
        assert SONNET[7:17] in told.out or verb in ("session", "graph")


@pytest.mark.parametrize("width", [120, 80, 42])
def test_tables_fit(width: int, tmp_path: Path) -> None:
    world = World(FIXTURES / "claude" / "c12_unknown_models" / "home", tmp_path, {"COLUMNS": str(width)})
    for verb in ("daily", "weekly", "monthly", "session", "blocks", "models", "graph"):
        told = world.run(verb, "--breakdown", "--by-agent")
        assert max(len(line) for line in told.out.splitlines()) <= width
        assert "n/a" in told.out or "*" in told.out


def test_csv_and_markdown(tmp_path: Path) -> None:
    world = World(FIXTURES / "claude" / "c14_blocks" / "home", tmp_path)
    for verb in ("daily", "weekly", "monthly", "session", "blocks", "models", "graph"):
        table = world.run(verb, "--csv").out.splitlines()
        assert len({line.count(",") for line in table}) == 1
        assert world.run(verb, "--markdown").out.startswith("| ")
    assert world.run("daily", "--csv").out.splitlines()[1] == (f"2026-05-01,6000,2100,0,0,8100,0.0495,{SONNET}")


def test_a_demonstration_reads_nothing(world: World) -> None:
    write_log(world, ".claude/projects/p/s.jsonl", [answer(datetime(2026, 5, 1, tzinfo=UTC), 1)])
    told = world.run("daily", "--demo")
    assert (told.out, told.err) == ("", "The demonstration reads no session logs.\n")
    assert not world.env.paths.database.exists()
