"""Cursor's exports: every column of the fixture, older forms, copies, and damaged rows."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aic_tui.logs.cursor import CURSOR
from aic_tui.logs.plan import plan
from tests.log_cases import (
    FIXTURES,
    Figures,
    Told,
    by_day,
    by_model,
    case,
    figures,
    machine,
    read_all,
    run_reader,
)
from tests.log_files import put

FOLDER = ".config/tokscale/cursor-cache"
HEAD = (
    "Date,Kind,Model,Max Mode,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost"
)
ROW = '"2026-05-01T10:00:00.000Z","Included","gpt-5","No","0","500","100","50","650","0.25"'
ONE = Figures(500, 50, 0, 100, 650)


def told_of(home: Path, *lines: str, name: str = "usage.csv", head: str = HEAD) -> Told:
    put(home, f"{FOLDER}/{name}", "\n".join((head, *lines, "")).encode())
    return read_all(CURSOR, machine(home))


def test_the_tokens_are_those_of_tokscale() -> None:
    document = json.loads((FIXTURES / "cursor" / "u01_csv" / "expected.json").read_text(encoding="utf-8"))
    entries = document["results"]["tokscale models --json --no-spinner --cursor"]["entries"]
    theirs = {
        entry["model"]: Figures(
            entry["input"],
            entry["output"],
            entry["cacheWrite"],
            entry["cacheRead"],
            sum(entry[name] for name in ("input", "output", "cacheWrite", "cacheRead")),
        )
        for entry in entries
    }
    records = run_reader("cursor", case("cursor", "u01_csv"))
    assert by_model(records) == theirs


def test_the_cost_of_the_export_counts_where_it_is_a_number_and_errors_are_left_out() -> None:
    records = run_reader("cursor", case("cursor", "u01_csv"))
    assert [(named.model, named.record.cost) for named in records] == [
        ("claude-4.5-sonnet", 20_000_000_000),
        ("gpt-5", 10_000_000_000),
        ("auto", -1),
    ]


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Auckland"])
def test_a_date_alone_is_that_date_everywhere(zone: str) -> None:
    records = [named for named in run_reader("cursor", case("cursor", "u01_csv")) if named.model == "auto"]
    assert list(by_day(records, ZoneInfo(zone))) == ["2026-05-02"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("1500,1000,200,100,1800", Figures(1000, 100, 500, 200, 1800)),
        ("1500,1000,200,100,2800", Figures(1000, 100, 1500, 200, 2800)),
        ("0,1000,200,100,1300", Figures(1000, 100, 0, 200, 1300)),
        ("800,1000,200,100,0", Figures(1000, 100, 0, 200, 1300)),
    ],
)
def test_the_total_of_a_row_tells_whether_its_columns_are_disjoint(tmp_path: Path, row: str, told: Figures) -> None:
    found = told_of(tmp_path, f"2026-05-01T10:00:00.000Z,Included,gpt-5,No,{row},Included")
    assert figures(found.requests) == told


def test_an_older_export_has_fewer_columns_and_others_may_be_added_anywhere(tmp_path: Path) -> None:
    head = "Cost to you,Date,Model,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,New"
    found = told_of(tmp_path, '"$1,000.50",2026-05-01,gpt-5,0,"1,500",100,50,x', head="\ufeff" + head)
    assert figures(found.requests) == Figures(1500, 50, 0, 100, 1650)
    assert found.requests[0].record.cost == 1_000_500_000_000_000


def test_a_row_in_several_exports_counts_once_and_twins_in_one_twice(tmp_path: Path) -> None:
    told_of(tmp_path, ROW, ROW)
    found = told_of(tmp_path, ROW.replace("0.25", "Included"), ROW, name="usage.work.csv")
    assert figures(found.requests) == Figures(1000, 100, 0, 200, 1300)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ROW.replace('"500"', '"-5"'), "unexpected shape"),
        (ROW.replace('"500"', '"1e3"'), "unexpected shape"),
        (ROW.replace('"500"', '"٣"'), "unexpected shape"),
        (ROW.replace('"500"', f'"{"9" * 5000}"'), "unexpected shape"),
        (ROW.replace("2026-05-01T10", "soon"), "no timestamp"),
        (ROW.replace("gpt-5", ""), "no model"),
        ("half", "unexpected shape"),
        (f'"{"x" * 200_000}",,', "not CSV"),
    ],
)
def test_a_row_that_cannot_be_counted_costs_only_itself(tmp_path: Path, row: str, reason: str) -> None:
    found = told_of(tmp_path, row, ROW)
    assert figures(found.requests) == ONE
    assert found.skipped == {reason: 1}


@pytest.mark.parametrize("cost", ["NaN", "-1", "inf", "", "1e99", "Included"])
def test_what_is_no_cost_leaves_it_to_be_computed(tmp_path: Path, cost: str) -> None:
    assert [named.record.cost for named in told_of(tmp_path, ROW.replace("0.25", cost)).requests] == [-1]


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"\xff\xfeD\0a\0", b"a,b\n1,2\n", b"\xff" * 100 + b"\n"])
def test_a_file_of_something_else_is_no_crash(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, f"{FOLDER}/usage.csv", content)
    found = read_all(CURSOR, machine(tmp_path))
    assert found.requests == []
    assert sum(found.skipped.values()) == (1 if content else 0)


def test_files_and_folders_of_the_user_count_too_and_only_the_file_that_was_named(tmp_path: Path) -> None:
    second = ROW.replace("T10", "T11")
    put(tmp_path, "Downloads/usage-events.csv", f"{HEAD}\n{second}\n".encode())
    put(tmp_path, "Downloads/bank.csv", f"{HEAD}\n{second.replace('T11', 'T12')}\n".encode())
    put(tmp_path, "imports/cursor/a.csv", f"{HEAD}\n{second.replace('T11', 'T13')}\n".encode())
    told_of(tmp_path, ROW)
    there = machine(tmp_path, extra={"cursor": ["~/Downloads/usage-events.csv", str(tmp_path / "imports" / "cursor")]})
    assert figures(read_all(CURSOR, there).requests) == Figures(*(3 * count for count in ONE))
    planned = [todo.job.path.rpartition(b"/")[2] for todo in plan(CURSOR, there, [], []).todo]
    assert sorted(planned) == [b"a.csv", b"usage-events.csv", b"usage.csv"]


def test_names_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    found = told_of(tmp_path, ROW.replace("gpt-5", "gpt\x1b[31m"))
    assert not any(char < " " for named in found.requests for char in named.model)
