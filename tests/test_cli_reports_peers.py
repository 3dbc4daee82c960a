"""The reports, key by key against what ccusage 20.0.24 and tokscale 1.4.3 said of the same homes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aic_tui.logs.registry import source_ids
from tests.log_cases import FIXTURES
from tests.report_cases import COUNTS, World, said

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


def name_of(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


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
