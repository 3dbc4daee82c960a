"""Codex's lines for tests: made up, as the tool writes them, on the day of the fixtures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aic_tui.logs.codex import CODEX
from tests.log_cases import Told, figures, machine, read_all

DAY = "2026-05-01"
A, B = (f"01970000-0000-7000-8000-00000000000{end}" for end in "ab")
NAMES = {end: f"2026/05/01/rollout-2026-05-01T10-00-00-{name}" for end, name in (("a", A), ("b", B))}

Usage = dict[str, int]


def usage(given: int, cached: int = 0, output: int = 0, **more: int) -> Usage:
    return {"input_tokens": given, "cached_input_tokens": cached, "output_tokens": output, **more}


def event(at: str, total: Usage | None = None, last: Usage | None = None, **info: Any) -> dict[str, Any]:
    """A ``token_count`` at a time of the day of the fixtures."""
    told = {"total_token_usage": total, "last_token_usage": last}
    kept = {name: value for name, value in told.items() if value is not None}
    return message(at, type="token_count", info={**kept, **info}, rate_limits=None)


def message(at: str, **payload: Any) -> dict[str, Any]:
    return {"timestamp": f"{DAY}T{at}.000Z", "type": "event_msg", "payload": payload}


def meta(name: str, at: str = "10:00:00", **more: Any) -> dict[str, Any]:
    payload = {"id": name, "cwd": "/home/u/app", **more}
    return {"timestamp": f"{DAY}T{at}.000Z", "type": "session_meta", "payload": payload}


def turn(model: str | None = "gpt-5.4", at: str = "10:00:00", **more: Any) -> dict[str, Any]:
    payload = {"cwd": "/home/u/app", "model": model, **more}
    return {"timestamp": f"{DAY}T{at}.000Z", "type": "turn_context", "payload": payload}


def write(home: Path, lines: Sequence[object], name: str = NAMES["a"], folder: str = "sessions") -> Path:
    path = home / ".codex" / folder / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = [one if isinstance(one, bytes) else json.dumps(one, separators=(",", ":")).encode() for one in lines]
    path.write_bytes(b"".join(one + b"\n" for one in whole))
    return path


def told_of(home: Path, *lines: object) -> Told:
    write(home, lines)
    return read_all(CODEX, machine(home))


def total_of(told: Told) -> int:
    return figures(told.requests).total


def settings(at: str, tier: str | None) -> dict[str, Any]:
    return message(at, type="thread_settings_applied", thread_settings={"service_tier": tier})


HEADLESS: list[dict[str, Any]] = [
    {"type": "turn.completed", "timestamp": f"{DAY}T10:00:00Z", "model": "gpt-5.4", "usage": usage(1000, 300, 50)},
    {"created_at": 1777629600, "data": {"model": "gpt-5.4", "usage": {"prompt_tokens": 10, "completion_tokens": 5}}},
    {"response": {"createdAt": "2026-05-01T10:00:00Z", "usage": {"input_tokens": 10, "cached_tokens": 4}}},
    {"result": {"usage": {"input_tokens": 10, "cache_read_input_tokens": 4, "reasoning_tokens": 2}}},
]
