"""Kilo CLI's database: ccusage's figures, and where it differs from OpenCode's."""

from __future__ import annotations

import json
from pathlib import Path

from tests.log_cases import Figures, by_day, by_session, case, expected, figures, run_reader, said
from tests.log_files import MESSAGE, NOON, database


def test_the_figures_are_those_of_ccusage() -> None:
    records = run_reader("kilo", case("kilo", "k01_sqlite"))
    assert by_day(records) == said(expected("kilo", "k01_sqlite", "kilo daily")["daily"], "date")
    assert by_session(records) == said(expected("kilo", "k01_sqlite", "kilo session")["sessions"], "sessionId")


def test_a_recorded_cost_counts_also_when_it_is_zero() -> None:
    records = run_reader("kilo", case("kilo", "k01_sqlite"))
    assert sorted(named.record.cost for named in records) == [0, 250_000_000_000]


def test_only_answers_count_with_or_without_a_provider(tmp_path: Path) -> None:
    told = [
        {"role": role, "modelID": "m", "time": {"created": NOON + number}, "tokens": {"input": 1 + number, "output": 1}}
        for number, role in enumerate(("assistant", "user"))
    ]
    rows = [(str(number), "s", NOON, NOON, json.dumps(one)) for number, one in enumerate(told)]
    database(tmp_path, "kilo/kilo-dev.db", MESSAGE, rows={"message": rows})
    records = run_reader("kilo", tmp_path, {"KILO_DATA_DIR": str(tmp_path / "kilo")})
    assert figures(records) == Figures(1, 1, 0, 0, 2)
    assert records[0].record.cost == -1
