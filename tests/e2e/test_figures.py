"""From socket to script and screen with the real program: six accounts against a loopback server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.e2e.world import World
from tests.loopback import Loopback
from tests.pty_program import PtyProgram

pytestmark = pytest.mark.slow


def test_refresh_then_usage_tells_every_figure(world: World) -> None:
    done = world.run("refresh")
    assert done.returncode == 0, done.stderr
    rows = world.usage()
    assert list(rows) == ["claude", "codex", "openai", "anthropic", "openrouter", "deepseek"]
    assert {row["status"] for row in rows.values()} == {"ok"}
    assert all(row["error"] is None and row["stale"] is False and row["fetched_at"] for row in rows.values())

    claude = {window["id"]: window for window in rows["claude"]["windows"]}
    assert rows["claude"]["plan"] == "Max 20x"
    assert rows["claude"]["auth_source"] == "discovered:claude-code"
    assert claude["five_hour"]["percent_used"] == 37.0
    assert claude["five_hour"]["window_seconds"] == 18000
    assert claude["seven_day"]["percent_used"] == 12.0
    assert (claude["extra_usage"]["used"], claude["extra_usage"]["limit"]) == ("6.15", "40")
    assert rows["claude"]["next_reset_time"] == claude["five_hour"]["resets_at"]

    codex = {window["window_seconds"]: window for window in rows["codex"]["windows"]}
    assert (codex[18000]["percent_used"], codex[604800]["percent_used"]) == (41.0, 9.0)
    assert rows["codex"]["account_name"] == "dev@example.test"
    assert rows["codex"]["balance"] == {"amount": "12.50", "currency": "credits"}

    assert rows["openai"]["usage"]["tokens_input"] == 182340
    assert rows["openai"]["usage"]["requests_count"] == 214
    assert rows["openai"]["usage"]["cost_usd"] == "4.125"
    assert rows["openai"]["windows"] == []
    assert rows["openai"]["balance"] is None

    assert rows["anthropic"]["account_name"] == "Example Labs"
    assert rows["anthropic"]["usage"]["cost_usd"] == "18.342075"
    assert rows["anthropic"]["usage"]["tokens_input"] == 40210 + 8120 + 301244

    (credits_window,) = rows["openrouter"]["windows"]
    assert credits_window == {
        "id": "credits",
        "label": credits_window["label"],
        "unit": "usd",
        "used": "12.5",
        "limit": "20",
        "percent_used": 62.5,
        "resets_at": None,
        "window_seconds": None,
        "unlimited": False,
    } | {key: value for key, value in credits_window.items() if key not in CONTRACT_WINDOW}
    assert [(b["currency"], b["amount"]) for b in rows["deepseek"]["balances"]] == [("USD", "14.20"), ("CNY", "88.10")]
    assert rows["deepseek"]["balance"] == {"amount": "14.20", "currency": "USD"}


CONTRACT_WINDOW = {
    *("id", "label", "unit", "used", "limit"),
    *("percent_used", "resets_at", "window_seconds", "unlimited"),
}


def test_the_dashboard_shows_the_figures_and_follows_them(world: World, server: Loopback) -> None:
    argv = [sys.executable, "-m", "aic_tui", "--no-mouse"]
    with PtyProgram(argv, columns=150, rows=45, environ=world.environ) as program:
        for figure in ("37", "41", "$4.12", "$18.34", "62", "$14.20"):
            program.wait_for(figure, 40)
        world.claude_percent, world.deepseek_usd = 53.0, "3.33"
        world.tell()
        program.pump(16)  # a manual refresh is allowed 15 seconds after the last request
        program.send("R")
        program.wait_for("53", 20)
        program.wait_for("$3.33", 20)
        server.close()
        program.pump(16)
        program.send("R")
        told = program.pump(40, lambda: program.text.count("no connection") >= 12)  # six cards, six ranked lines
        assert told, program.text
        assert "53" in program.text
        assert "$3.33" in program.text
        program.send("q")
        assert program.wait(5) == 0
    rows = world.usage()
    assert rows["deepseek"]["stale"] is True
    assert rows["deepseek"]["balance"]["amount"] == "3.33"
    assert rows["deepseek"]["error"]["kind"] == "offline"


def test_other_tools_files_are_left_exactly_as_they_were(world: World, server: Loopback) -> None:
    def trace(path: Path) -> tuple[bytes, int, int, int]:
        stat = path.stat()
        return path.read_bytes(), stat.st_mtime_ns, stat.st_ino, stat.st_mode

    before = [trace(path) for path in (world.claude_file, world.codex_file)]
    for verb in (["refresh"], ["usage", "--refresh"], ["discover"], ["doctor"], ["--once"]):
        assert world.run(*verb).returncode == 0
    assert [trace(path) for path in (world.claude_file, world.codex_file)] == before
    assert {entry.name for entry in world.claude_file.parent.iterdir()} == {".credentials.json"}
    assert not [seen.path for seen in server.requests if "token" in seen.path]
    assert {seen.method for seen in server.requests} == {"GET"}


def test_keys_are_found_nowhere_but_where_they_were(world: World) -> None:
    streams = [world.run(*verb, "--log-level", "trace") for verb in (["refresh"], ["usage", "--json"], ["doctor"])]
    streams.append(world.run("discover", "--json"))
    streams.append(world.run("config", "show"))
    argv = [sys.executable, "-m", "aic_tui", "--log-level", "trace"]
    with PtyProgram(argv, environ=world.environ) as program:
        program.wait_for("$14.20", 40)
        command_line = Path(f"/proc/{program.pid}/cmdline")
        assert not command_line.exists() or not world.leaks(command_line.read_bytes())
        for keys in ("\r", "w"):
            program.send(keys)
            program.pump(0.6)
        program.send("\x10")
        program.wait_for("Search for commands")
        program.send("Save picture")
        only_this = ("Write what is on screen", "Pick a theme by name")
        assert program.pump(20, lambda: [words in program.text for words in only_this] == [True, False])
        program.send("\r")
        assert program.pump(20, lambda: bool(list(world.home.rglob("*.svg"))))
        for keys in ("\x1b", "5", "v", "e", "\x1b", "1", ",", "\x1b", "?", "\x1b", "p", "u", "q"):
            program.send(keys)
            program.pump(0.6)
        program.wait(20)
        assert not world.leaks(bytes(program.raw))
    for done in streams:
        assert not world.leaks(done.stdout.encode() + done.stderr.encode())
    searched = [path for path in world.home.rglob("*") if path.is_file()]
    foreign = {world.claude_file, world.codex_file}
    assert any(path.suffix == ".db" for path in searched)
    assert any(path.suffix == ".log" for path in searched)
    assert any(path.suffix == ".svg" for path in searched)
    assert {path: world.leaks(path.read_bytes()) for path in searched if path not in foreign} == {
        path: [] for path in searched if path not in foreign
    }


def test_privacy_masks_names_and_money_in_the_document(world: World) -> None:
    world.run("refresh")
    document = json.loads(world.run("usage", "--json", "--privacy").stdout)
    text = json.dumps(document)
    assert "dev@example.test" not in text
    assert "Example Labs" not in text
    rows = {row["account_id"]: row for row in document["providers"]}
    assert rows["codex"]["account_name"] == "***"
    assert rows["deepseek"]["balance"]["amount"] is None
    assert rows["openai"]["usage"]["cost_usd"] is None
