"""Codebuff's chats: ccusage's figures, the many places of a usage, credits, and hostile documents."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from aic_tui.logs.codebuff import CODEBUFF
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
from tests.log_files import put

CHAT = ".config/manicode/projects/app/chats/2026-05-01T10-00-00.000Z/chat-messages.json"
ONE = Figures(100, 50, 20, 10, 180)
USAGE = {"inputTokens": 100, "outputTokens": 50, "cacheCreationInputTokens": 20, "cacheReadInputTokens": 10}


def message(name: object = "m1", usage: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    metadata = {"model": "m", "usage": {**USAGE, **(usage or {})}, **changed.pop("metadata", {})}
    return {"id": name, "role": "assistant", "metadata": metadata, **changed}


def told_of(home: Path, *messages: object, path: str = CHAT) -> Told:
    put(home, path, list(messages))
    return read_all(CODEBUFF, machine(home))


def test_the_figures_are_those_of_ccusage() -> None:
    told = read_all(CODEBUFF, machine(case("codebuff", "b01_chat")))
    daily, session = (expected("codebuff", "b01_chat", f"codebuff {report}") for report in ("daily", "session"))
    assert by_day(told.requests) == said(daily["daily"], "date")
    assert by_session(told.requests) == said(session["sessions"], "sessionId")
    spent = [named.record.cost for named in told.records if named.record.flags & Flag.CREDITS]
    assert spent == [1_250_000, 3_500_000]
    assert {named.model for named in told.records} == set(session["sessions"][0]["modelsUsed"])


def test_what_was_cached_is_not_counted_twice_where_the_total_proves_it(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 50, "prompt_tokens_details": {"cached_tokens": 10}}
    for total, told in ((150, Figures(90, 50, 0, 10, 150)), (160, Figures(100, 50, 0, 10, 160))):
        metadata = {"usage": None, "codebuff": {"usage": {**usage, "total_tokens": total}}}
        assert figures(told_of(tmp_path, message(metadata=metadata)).requests) == told


def test_the_state_of_a_run_is_asked_last_and_for_its_last_answer(tmp_path: Path) -> None:
    def answer(given: int, model: str) -> dict[str, Any]:
        options = {"codebuff": {"model": model, "usage": {"input_tokens": given, "cachedTokensCreated": given}}}
        return {"role": "assistant", "providerOptions": options}

    history = [answer(1, "a"), answer(2, "b"), answer(0, "c"), {"role": "user"}, "?"]
    run = {"runState": {"sessionState": {"mainAgentState": {"messageHistory": history}}}}
    own = message("own", metadata=run)
    other = message("other", metadata={"usage": 7, "model": None, **run})
    assert by_model(told_of(tmp_path, own, other).requests) == {"m": ONE, "b": Figures(2, 0, 2, 0, 4)}


def test_the_greatest_telling_of_a_message_counts_and_nameless_ones_are_all_different(tmp_path: Path) -> None:
    grown = message("m1", {"outputTokens": 60}, timestamp="2026-05-02T10:00:00Z")
    found = told_of(tmp_path, message("m1"), grown, message("m1"), message(None), message(""))
    assert figures(found.requests) == Figures(300, 160, 60, 30, 550)
    assert found.repeated == 2


@pytest.mark.parametrize(
    ("path", "changed", "day"),
    [
        (CHAT, {"timestamp": "10:32 PM", "createdAt": 1_777_723_200}, "2026-05-02"),
        (CHAT, {"metadata": {"timestamp": "2026-05-03T10:00:00.123456Z"}}, "2026-05-03"),
        (CHAT, {"timestamp": "10:32 PM"}, "2026-05-01"),
        (CHAT.replace("2026-05-01T10-00-00.000Z", "chat"), {}, "2026-05-04"),
    ],
)
def test_when_it_was(tmp_path: Path, path: str, changed: dict[str, Any], day: str) -> None:
    file = put(tmp_path, path, [message(**changed)])
    os.utime(file, (1_777_896_000, 1_777_896_000))
    assert list(by_day(run_reader("codebuff", tmp_path))) == [day]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (message(usage={"inputTokens": -1}), "unexpected shape"),
        (message(usage={"inputTokens": 1.5}), "unexpected shape"),
        (message(usage={"inputTokens": "9"}), "unexpected shape"),
        (message(usage={"inputTokens": 2**60}), "impossible number"),
        (["usage", "credits"], "unexpected shape"),
    ],
)
def test_a_message_that_cannot_be_counted_costs_only_itself(tmp_path: Path, bad: object, reason: str) -> None:
    found = told_of(tmp_path, bad, message("good"), {"role": "user", "metadata": {"usage": USAGE}}, 7)
    assert figures(found.requests) == ONE
    assert found.skipped == {reason: 1}


@pytest.mark.parametrize(
    ("document", "reason"), [(b'[{"role":"ass', "not JSON"), (b'{"usage":{}}', "unexpected shape"), (b"", "not JSON")]
)
def test_a_document_that_cannot_be_read(tmp_path: Path, document: bytes, reason: str) -> None:
    put(tmp_path, CHAT, document)
    found = read_all(CODEBUFF, machine(tmp_path))
    assert (found.records, found.skipped) == ([], {reason: 1})


@pytest.mark.parametrize(("spent", "told"), [(1e-7, []), (-1, []), ("2.5", [2_500_000]), (float("inf"), [])])
def test_credits_without_tokens(tmp_path: Path, spent: object, told: list[int]) -> None:
    found = told_of(tmp_path, {"variant": "ai", "credits": spent})
    assert ([named.record.cost for named in found.records], found.requests) == (told, [])


def test_roots(tmp_path: Path) -> None:
    for channel in ("manicode", "manicode-dev", "manicode-staging", "other"):
        put(tmp_path, f".config/{channel}/projects/\x1b[2Jp/chats/c/chat-messages.json", [message()])
        put(tmp_path, f".config/{channel}/projects/p/chats/c/d/chat-messages.json", [message()])
    usual = {f"{channel}/p/c" for channel in ("manicode", "manicode-dev", "manicode-staging")}
    assert set(by_session(run_reader("codebuff", tmp_path))) == usual
    environ = {"CODEBUFF_DATA_DIR": "~/.config/other,~/.config/manicode/projects"}
    assert set(by_session(run_reader("codebuff", tmp_path, environ))) == {"other/p/c", "manicode/p/c"}
