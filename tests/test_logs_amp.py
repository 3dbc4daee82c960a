"""Amp's threads: ccusage's figures, credits, threads without a ledger, and hostile content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aic_tui.logs.amp import AMP
from aic_tui.usage_records import Flag
from tests.log_cases import (
    Figures,
    Told,
    by_day,
    by_session,
    case,
    expected,
    figures,
    machine,
    read_all,
    run_reader,
    said,
)
from tests.log_files import put

THREADS = ".local/share/amp/threads"
USAGE = {
    "model": "claude-sonnet-4-5",
    "inputTokens": 100,
    "outputTokens": 50,
    "cacheCreationInputTokens": 300,
    "cacheReadInputTokens": 900,
    "credits": 0.4,
}
ONE = Figures(100, 50, 300, 900, 1350)
BARE = Figures(100, 50, 0, 0, 150)


def event(name: str = "e1", **changed: Any) -> dict[str, Any]:
    told = {"id": name, "timestamp": "2026-05-01T10:00:00.000Z", "model": "claude-sonnet-4-5", "credits": 0.4}
    return {**told, "tokens": {"input": 100, "output": 50}, **changed}


def answer(**changed: Any) -> dict[str, Any]:
    return {"role": "assistant", "messageId": 1, "usage": {**USAGE, **changed}}


def told_of(home: Path, *events: object, messages: list[Any] | None = None, name: str = "T-1") -> Told:
    ledger = {"usageLedger": {"events": list(events)}} if events else {}
    put(home, f"{THREADS}/{name}.json", {"id": name, "messages": messages or [], **ledger})
    return read_all(AMP, machine(home))


def credits_of(told: Told) -> int:
    return sum(named.record.cost for named in told.records if named.record.flags & Flag.CREDITS)


def test_the_figures_are_those_of_ccusage() -> None:
    told = read_all(AMP, machine(case("amp", "a01_ledger")))
    theirs = expected("amp", "a01_ledger", "amp daily")
    assert by_day(told.requests) == said(theirs["daily"], "date")
    assert by_session(told.requests) == said(expected("amp", "a01_ledger", "amp session")["sessions"], "sessionId")
    assert credits_of(told) == round(theirs["totals"]["credits"] * 10**6)


def test_what_the_cache_held_comes_from_the_message(tmp_path: Path) -> None:
    assert figures(told_of(tmp_path, event(toMessageId=1), messages=[answer()]).requests) == ONE
    assert figures(told_of(tmp_path, event(toMessageId=2), messages=[answer()]).requests) == BARE


def test_a_thread_without_a_ledger_has_its_figures_in_the_messages(tmp_path: Path) -> None:
    timed = {**answer(), "messageId": 2, "timestamp": "2026-05-01T10:00:00.000Z"}
    told = told_of(tmp_path, messages=[answer(timestamp="2026-05-01T10:00:00.000Z"), timed, answer()])
    assert figures(told.requests) == Figures(*(2 * count for count in ONE))
    assert told.skipped == {"no timestamp": 1}
    assert credits_of(told) == 800_000


def test_an_entry_told_again_counts_once_with_its_credits(tmp_path: Path) -> None:
    told = told_of(tmp_path, event(), event(), event("e2"))
    assert figures(told.requests) == Figures(200, 100, 0, 0, 300)
    assert credits_of(told) == 800_000


def test_entries_without_an_id_are_told_apart(tmp_path: Path) -> None:
    assert figures(told_of(tmp_path, event(id=None), event(id=None)).requests) == Figures(200, 100, 0, 0, 300)


def test_credits_count_without_tokens(tmp_path: Path) -> None:
    told = told_of(tmp_path, event(tokens=None))
    assert (told.requests, credits_of(told)) == ([], 400_000)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"tokens": {"input": -1, "output": 1}}, "unexpected shape"),
        ({"tokens": {"input": "1", "output": 1}}, "unexpected shape"),
        ({"tokens": {"input": True, "output": 1}}, "unexpected shape"),
        ({"tokens": {"input": 2**53, "output": 1}}, "impossible number"),
        ({"tokens": 5}, "unexpected shape"),
        ({"timestamp": "never"}, "no timestamp"),
        ({"model": None}, "no model"),
    ],
)
def test_an_entry_that_cannot_be_counted_costs_only_itself(
    tmp_path: Path, changed: dict[str, Any], reason: str
) -> None:
    told = told_of(tmp_path, event("bad", **{"credits": None, **changed}), event("good"))
    assert figures(told.requests) == BARE
    assert told.skipped == {reason: 1}


@pytest.mark.parametrize("spent", [-1, "x", float(10**9), True, [1]])
def test_what_are_no_credits_leaves_the_tokens(tmp_path: Path, spent: object) -> None:
    told = told_of(tmp_path, event(credits=spent))
    assert (figures(told.requests), credits_of(told)) == (BARE, 0)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 99, b"[]", b'{"usageLedger":' + b"[" * 100_000, json.dumps({"usageLedger": {"events": []}}).encode()],
)
def test_a_file_that_is_no_thread_is_no_crash(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, f"{THREADS}/T-9.json", content)
    assert figures(told_of(tmp_path, event()).requests) == BARE


def test_half_a_thread_is_said_to_be_skipped(tmp_path: Path) -> None:
    put(tmp_path, f"{THREADS}/T-1.json", json.dumps({"id": "T-1", "usageLedger": {"events": [event()]}})[:-3].encode())
    assert read_all(AMP, machine(tmp_path)).skipped == {"not JSON": 1}


def test_the_variable_names_other_directories(tmp_path: Path) -> None:
    told_of(tmp_path, event())
    put(tmp_path, "a/threads/T-2.json", {"id": "T-2", "usageLedger": {"events": [event()]}})
    put(tmp_path, "b/threads/T-3.json", {"id": "T-3", "usageLedger": {"events": [event()]}})
    records = run_reader("amp", tmp_path, {"AMP_DATA_DIR": f"{tmp_path}/a,{tmp_path}/b/threads"})
    assert by_session(records) == {"T-2": BARE, "T-3": BARE}


def test_names_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    told = told_of(tmp_path, event(model="cl\x1b]0;x\x07"))
    assert not any(char < " " for named in told.records for char in named.model + named.session)
