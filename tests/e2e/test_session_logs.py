"""Session logs beside the dashboard: keys are answered while they are read, and what is said in them stays there."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench.first_frame import cached_home
from tests.bench.processes import family
from tests.cli_home import Home
from tests.pty_program import PtyProgram

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]

CANARY = "kanarienvogel-im-gespraech-4711"
DASHBOARD = [sys.executable, "-m", "aic_tui"]


def test_keys_are_answered_while_logs_are_read(tmp_path: Path) -> None:
    environ = {**cached_home(tmp_path), "PYTHONPATH": str(Path.cwd())}
    log = tmp_path / ".claude" / "projects" / "-p" / "s.jsonl"
    log.parent.mkdir(parents=True)
    with log.open("wb") as file:
        file.truncate(64 << 30)  # nothing, without an end of line: long to look through, and no room on the disk
    with PtyProgram(DASHBOARD, environ=environ) as program:
        program.wait_for("quit")
        program.wait_for("reading logs")  # for more than a second already
        children = family(program.pid)[1:]
        program.send("\x1b[H")
        program.pump(0.3)
        for key in "jkjkjk":
            written = len(program.raw)
            program.send(key)
            assert program.pump(5, lambda written=written: len(program.raw) > written), program.text  # type: ignore[misc]
        assert "reading logs" in program.text
        assert set(family(program.pid)[1:]) == set(children)
        program.send("q")
        assert program.wait(5) == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


def claude(number: int, **more: Any) -> bytes:
    usage = {"input_tokens": 3, "output_tokens": 5, "service_tier": "standard"}
    content = [{"type": "text", "text": CANARY}, {"type": "tool_use", "name": CANARY, "input": {CANARY: CANARY}}]
    message = {"id": f"msg_{number}", "model": "claude-sonnet-4-5", "content": content, "usage": usage}
    line = {"sessionId": "s", "timestamp": "2026-11-20T10:00:00.000Z", "requestId": f"req_{number}", "message": message}
    return json.dumps({**line, "type": "assistant", **more}).encode() + b"\n"


def talk(home: Path) -> list[Path]:
    """Transcripts in which every text is the canary, whole ones and damaged ones."""
    transcript = home / ".claude" / "projects" / "-p" / "s.jsonl"
    said = {"type": "user", "message": {"role": "user", "content": CANARY}, "toolUseResult": {"stdout": CANARY}}
    lines = [
        json.dumps({"type": "summary", "summary": CANARY}).encode() + b"\n",
        json.dumps(said).encode() + b"\n",
        *(claude(number) for number in range(3)),
        claude(4, timestamp=CANARY),
        claude(5, costUSD=CANARY),
        claude(6, isApiErrorMessage=True, error=CANARY),
        claude(7)[:-40] + b"\n",
        f'{{"usage": {CANARY}\n'.encode(),
    ]
    rollout = home / ".codex" / "sessions" / "2026" / "11" / "20" / "rollout-2026-11-20T10-00-00-abc.jsonl"
    at = "2026-11-20T10:00:00.000Z"
    usage = {"input_tokens": 9, "cached_input_tokens": 0, "output_tokens": 2, "total_tokens": 11}
    text = [{"type": "input_text", "text": CANARY}]
    events = [
        ("session_meta", {"id": "abc", "cwd": "/p", "instructions": CANARY}),
        ("turn_context", {"cwd": "/p", "model": "gpt-5", "summary": CANARY}),
        ("response_item", {"type": "message", "role": "user", "content": text}),
        ("event_msg", {"type": "user_message", "message": CANARY}),
        ("event_msg", {"type": "token_count", "info": {"last_token_usage": usage, "total_token_usage": usage}}),
    ]
    told = [json.dumps({"timestamp": at, "type": kind, "payload": payload}) for kind, payload in events]
    chat = home / ".gemini" / "tmp" / ("0" * 64) / "chats" / "session-1.json"
    tokens = {"input": 5, "output": 1, "cached": 0, "thoughts": 0, "tool": 0, "total": 6}
    answer = {"id": "1", "timestamp": at, "type": "gemini", "model": "gemini-2.5-pro", "content": CANARY}
    messages = [{"id": "0", "timestamp": at, "type": "user", "content": CANARY}, {**answer, "tokens": tokens}]
    files = {
        transcript: b"".join(lines),
        rollout: "\n".join([*told, CANARY, ""]).encode(),
        chat: json.dumps({"sessionId": "g", "messages": messages}).encode(),
        chat.with_name("session-2.json"): f'{{"messages": [{CANARY}'.encode(),
    }
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return list(files)


def test_what_is_said_is_found_nowhere_else(tmp_path: Path) -> None:
    home = Home(tmp_path, {"AIC_LOG_LEVEL": "trace", "PYTHONPATH": str(Path.cwd())})
    logs = talk(tmp_path)
    shown = bytearray()
    with PtyProgram(DASHBOARD, environ=home.variables) as program:
        program.wait_for("quit")
        assert program.pump(20, lambda: home.paths.database.with_name("aic.db.scan").exists())
        program.pump(1)
        with logs[0].open("ab") as file:
            file.write(claude(8))
        program.send("q")
        assert program.wait(5) == 0
        shown += program.raw
    for verb in ("daily", "weekly", "monthly", "session", "blocks", "models", "graph", "doctor"):
        done = home.run(verb, "--json")
        assert done.returncode == 0, done.stderr
        shown += f"{done.stdout}{done.stderr}".encode()
    assert json.loads(home.run("daily", "--json").stdout)["totals"]["inputTokens"] > 20
    assert CANARY.encode() not in shown
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path not in logs]
    assert home.paths.database in kept
    assert [path for path in kept if CANARY.encode() in path.read_bytes()] == []
