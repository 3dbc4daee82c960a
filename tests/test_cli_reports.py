"""The reports as verbs over homes with logs: flags, words, tables, and what is kept and hidden."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aic_tui.errors import UserError
from tests.log_cases import FIXTURES
from tests.report_cases import COUNTS, SONNET, UNKNOWN, World, answer, said, write_log


@pytest.fixture
def world(tmp_path: Path) -> World:
    home = tmp_path / "home"
    home.mkdir()
    return World(home, tmp_path)


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
    assert len(world.json("session", "-i", "11111111", "--since", "20260502")["entries"]) == 3
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


def test_nothing_found_names_the_variable_that_said_where_to_look(tmp_path: Path) -> None:
    world = World(tmp_path / "home", tmp_path, environ={"CLAUDE_CONFIG_DIR": "/nowhere"})
    told = world.run("daily").err
    assert "Claude Code: /nowhere/projects (has no projects directory, from CLAUDE_CONFIG_DIR)" in told


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
    assert "; 1 request; skipped: " in told


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
