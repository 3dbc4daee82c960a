"""Claude Code's lines for tests: made up, as the tool writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aic_tui.logs.claude import CLAUDE
from aic_tui.usage_records import Record
from tests.log_cases import Told, machine, read_all


def line(**changed: Any) -> dict[str, Any]:
    """One answer as Claude Code tells it; ``usage`` and ``message`` are changed inside."""
    usage = {"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1}
    message = {"id": "msg_1", "model": "claude-sonnet-4-5", **changed.pop("message", {})}
    message["usage"] = {**usage, **changed.pop("usage", {})}
    return {
        "type": "assistant",
        "timestamp": "2026-05-01T10:00:00.000Z",
        "sessionId": "s1",
        "requestId": "req_1",
        "version": "2.1.0",
        "cwd": "/home/u/app",
        "message": message,
        **changed,
    }


def without(told: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in names}


def told_of(home: Path, *lines: object, name: str = "s1.jsonl") -> Told:
    """What is read of a transcript of these lines: dictionaries or bytes."""
    path = home / ".claude" / "projects" / "-p" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = [one if isinstance(one, bytes) else json.dumps(one, separators=(",", ":")).encode() for one in lines]
    path.write_bytes(b"".join(one + b"\n" for one in whole))
    return read_all(CLAUDE, machine(home))


def one(home: Path, *lines: object) -> Record:
    (named,) = told_of(home, *lines).records
    return named.record
