"""Droid's settings: ccusage's figures, the names of models, and hostile documents."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from aic_tui.logs.droid import DROID, model_name
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

SESSIONS = ".factory/sessions"
USAGE = {"inputTokens": 10, "outputTokens": 5, "cacheCreationTokens": 3, "cacheReadTokens": 2, "thinkingTokens": 1}
ONE = Figures(10, 5, 3, 2, 21)


def settings(usage: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    told = {"model": "gpt-5", "providerLock": "openai", "providerLockTimestamp": "2026-05-01T10:00:00.000Z"}
    return {**told, "tokenUsage": {**USAGE, **(usage or {})}, **changed}


def told_of(home: Path, document: object, name: str = "s1") -> Told:
    put(home, f"{SESSIONS}/{name}.settings.json", document)
    return read_all(DROID, machine(home))


def test_the_figures_are_those_of_ccusage() -> None:
    records = run_reader("droid", case("droid", "d01_settings"))
    daily, session = (expected("droid", "d01_settings", f"droid {report}") for report in ("daily", "session"))
    assert by_day(records) == said(daily["daily"], "date")
    assert by_session(records) == said(session["sessions"], "sessionId")
    assert {named.model for named in records} == set(daily["daily"][0]["modelsUsed"])


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("custom:Claude-Opus-4.5-Thinking-[Anthropic]-0", "claude-opus-4-5-thinking-0"),
        ("Claude-Sonnet-4-[Anthropic]", "claude-sonnet-4"),
        ("gemini-2.5-pro", "gemini-2-5-pro"),
        (" GPT-5.2  Codex [a [b] c] ", "gpt-5-2-codex"),
        ("x [never closed", "x"),
        ("[all]", ""),
    ],
)
def test_names_of_models_are_written_as_others_write_them(told: str, name: str) -> None:
    assert model_name(told) == name


@pytest.mark.parametrize(
    ("beside", "provider", "name"),
    [
        (
            b'{"type":"text","text":"no"}\n{"text":"Model: \\"Opus [x]"}\nModel: GPT-5.2 Codex [OpenAI]\n',
            "x",
            "gpt-5-2-codex",
        ),
        (b"\xff\0" * 10 + b"\n" * 500 + b"Model: late\n", "Vertex-AI", "gemini-unknown"),
        (None, "anthropic", "claude-unknown"),
        (None, 7, "unknown"),
    ],
)
def test_settings_without_a_model(tmp_path: Path, beside: bytes | None, provider: object, name: str) -> None:
    if beside is not None:
        (tmp_path / SESSIONS).mkdir(parents=True)
        (tmp_path / SESSIONS / "s1.jsonl").write_bytes(beside)
    found = told_of(tmp_path, settings(model=None, providerLock=provider))
    assert [named.model for named in found.requests] == [name]


def test_a_pipe_beside_the_settings_does_not_block(tmp_path: Path) -> None:
    (tmp_path / SESSIONS).mkdir(parents=True)
    os.mkfifo(tmp_path / SESSIONS / "s1.jsonl")
    assert [named.model for named in told_of(tmp_path, settings(model="")).requests] == ["gpt-unknown"]


def test_the_file_dates_what_has_no_date_and_the_total_has_the_rest(tmp_path: Path) -> None:
    file = put(tmp_path, f"{SESSIONS}/p/s1.settings.json", settings({"totalTokens": 30}, providerLockTimestamp="?"))
    os.utime(file, (1_777_723_200, 1_777_723_200))
    told = read_all(DROID, machine(tmp_path))
    assert by_day(told.requests) == {"2026-05-02": ONE._replace(total=30)}
    assert [named.project for named in told.requests] == ["p"]


def test_the_greatest_telling_of_a_session_counts(tmp_path: Path) -> None:
    put(tmp_path, f"{SESSIONS}/archive/s1.settings.json", settings(providerLockTimestamp="2026-05-02T10:00:00Z"))
    found = told_of(tmp_path, settings({"outputTokens": 50}))
    assert by_day(found.requests) == {"2026-05-01": ONE._replace(output=50, total=66)}
    assert found.repeated == 1


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (settings({"inputTokens": -1}), "impossible number"),
        (settings({"inputTokens": 2**60}), "impossible number"),
        (settings({"inputTokens": 1.0}), "unexpected shape"),
        (settings({"inputTokens": "7"}), "unexpected shape"),
        (settings(tokenUsage=[]), "unexpected shape"),
        (json.dumps(settings()).encode()[:-9], "not JSON"),
        pytest.param(b'{"tokenUsage":' + b"[" * 100_000, "unexpected shape", id="deep"),
    ],
)
def test_a_document_that_cannot_be_counted_costs_only_itself(tmp_path: Path, document: object, reason: str) -> None:
    told_of(tmp_path, document, "bad")
    found = told_of(tmp_path, settings())
    assert figures(found.requests) == ONE
    assert found.skipped == {reason: 1}


def test_the_variable_names_other_directories(tmp_path: Path) -> None:
    told_of(tmp_path, settings())
    put(tmp_path, "a/x.settings.json", settings(model="m\x1b[2J"))
    put(tmp_path, "b/sessions/y.settings.json", settings())
    records = run_reader("droid", tmp_path, {"DROID_SESSIONS_DIR": f"{tmp_path}/a, ~/b,"})
    assert set(by_session(records)) == {"x", "y"}
    assert {named.model for named in records} == {"m", "gpt-5"}
