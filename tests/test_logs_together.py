"""Logs of several tools through the whole engine: walk, reading, index, rows."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.services.usage import UsageService
from tests.log_cases import FIXTURES, figures, run_reader
from tests.log_files import NOON, put
from tests.test_logs_cursor import HEAD, ROW

UTC = ZoneInfo("UTC")
TOOLS = ("opencode", "gemini", "cursor", "copilot", "amp", "kilo", "qwen")


def totals_of(env: Environment) -> dict[str, int]:
    """All tokens by tool after a scan."""
    with UsageService(env, Config()) as usage:
        usage.scan(UTC)
        found: Counter[str] = Counter()
        for row in usage.rows(UTC):
            found[row.source] += row.total
        return dict(found)


@pytest.fixture
def home(env: Environment) -> Path:
    """One fixture of every tool."""
    for tool in TOOLS:
        name = sorted(path.name for path in (FIXTURES / tool).iterdir())[-1]
        shutil.copytree(FIXTURES / tool / name / "home", env.home, dirs_exist_ok=True)
    return env.home


def test_the_index_has_what_the_readers_tell_now_and_after_every_change(env: Environment, home: Path) -> None:
    told = {tool: figures(run_reader(tool, home)).total for tool in TOOLS}
    assert all(told.values())
    assert totals_of(env) == told
    assert totals_of(env) == told
    message = {"id": "new", "sessionID": "ses_9", "modelID": "m", "providerID": "p", "time": {"created": NOON}}
    put(home, ".local/share/opencode/storage/message/ses_9/new.json", {**message, "tokens": {"input": 3, "output": 4}})
    line = {"type": "assistant", "timestamp": "2026-05-01T10:00:05.000Z", "model": "m"}
    with (home / ".qwen/projects/-home-u-app/chats/c1.jsonl").open("a") as chat:
        chat.write(json.dumps({**line, "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5}}) + "\n")
    assert totals_of(env) == {**told, "opencode": told["opencode"] + 7, "qwen": told["qwen"] + 5}
    shutil.rmtree(home / ".local")
    assert totals_of(env) == {**told, "opencode": told["opencode"] + 7, "qwen": told["qwen"] + 5}


def test_an_export_that_was_put_into_our_data_directory_counts(env: Environment) -> None:
    assert totals_of(env) == {}
    put(env.paths.data, "imports/cursor/usage-events-2026-05-01.csv", f"{HEAD}\n{ROW}\n".encode())
    put(env.paths.data, "imports/unknown/x.csv", f"{HEAD}\n{ROW}\n".encode())
    assert totals_of(env) == {"cursor": 650}
