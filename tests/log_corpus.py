"""A made-up home full of session logs, and exactly what is in it.

``python -m tests.log_corpus --out DIR --size small|seed|large`` writes ``DIR/.claude``, ``.codex``, ``.gemini`` and
``.local/share/opencode`` as the tools do, with what makes counting hard: answers told of again while they stream,
sessions copied by a resumed one, repeated counters, cut and half-written lines. ``DIR/totals.json`` has the truth:
``{tool: {model: {UTC day: [input, output, cache read, cache write, extra, messages]}}}``, in our disjoint fields.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

Totals = dict[str, dict[str, dict[str, list[int]]]]

END = datetime(2026, 11, 20, 23, 59, tzinfo=UTC).timestamp()
_MODELS = {
    "claude": ("claude-sonnet-4-5-20250929", "claude-opus-4-1-20250805", "claude-haiku-4-5-20251001"),
    "codex": ("gpt-5-codex", "gpt-5"),
    "gemini": ("gemini-2.5-pro", "gemini-2.5-flash"),
    "opencode": ("claude-sonnet-4-5", "gpt-5"),
}
_WORDS = ["def", "return", "import", "self", "value", '"usage":', '{"input_tokens":', "7}", "café", "✓", "<b>[red]"]


class Size(NamedTuple):
    """How many files and messages; ``words`` is the mean length of a text."""

    claude_files: int
    codex_files: int
    gemini_files: int
    opencode_messages: int
    messages: int
    days: int
    words: int


SIZES = {
    "tiny": Size(4, 2, 1, 6, 60, 3, 5),
    "small": Size(20, 6, 3, 60, 2_000, 14, 60),
    "seed": Size(750, 200, 50, 2_000, 100_000, 90, 100),
    "large": Size(7_500, 2_000, 500, 10_000, 1_050_000, 365, 60),
}


class Corpus:
    """Writes everything. Two with the same seed and size are the same, byte for byte."""

    def __init__(self, home: Path, size: Size, seed: int = 1) -> None:
        self.home = home
        self.size = size
        self.totals: Totals = {}
        self._rng = random.Random(seed)

    def write(self) -> None:
        """All tools, and ``totals.json``."""
        size, rest = self.size, self.size.messages - self.size.opencode_messages
        gemini, codex = rest // 50, rest // 5
        self._claude(size.claude_files, rest - gemini - codex)
        self._codex(size.codex_files, codex)
        self._gemini(size.gemini_files, gemini)
        self._opencode(size.opencode_messages)
        self._save("totals.json", json.dumps(self.totals, sort_keys=True), END)

    def _claude(self, files: int, messages: int) -> None:
        tail: list[str] = []
        for number, count in enumerate(self._shares(messages, files)):
            session, project = self._id(), f"-home-dev-p{number // 10}"
            lines = [json.dumps({"type": "summary", "summary": self._text(), "leafUuid": self._id()})]
            if tail and self._rng.random() < 0.1:
                lines += tail  # a resumed session begins with a copy of the one before
            fresh: list[str] = []
            for at in self._times(count):
                fresh += self._answer(session, at)
                lines += [*fresh[-1:], self._tool_result(session, at)]
            tail = fresh[-12:]
            self._save(f".claude/projects/{project}/{session}.jsonl", self._damaged(lines), at)

    def _answer(self, session: str, at: float) -> list[str]:
        """One to three lines that tell of one answer; the last is the largest."""
        rng = self._rng
        model = self._model("claude")
        sizes = [rng.randrange(12), rng.randrange(160_000), rng.randrange(9_000)]
        output, told = 0, []
        ids = {"requestId": f"req_{self._id()}"}
        message_id, side = f"msg_{self._id()}", rng.random() < 0.06
        for _ in range(rng.choice((1, 1, 2, 3))):
            output += rng.randrange(1, 400)
            usage = {
                "input_tokens": sizes[0],
                "cache_creation_input_tokens": sizes[2],
                "cache_read_input_tokens": sizes[1],
                "cache_creation": {"ephemeral_5m_input_tokens": sizes[2], "ephemeral_1h_input_tokens": 0},
                "output_tokens": output,
                "service_tier": "standard",
            }
            message = {"model": model, "id": message_id, "role": "assistant", "content": self._text(), "usage": usage}
            told.append(self._claude_line(session, at, {"message": message, **ids, "type": "assistant"}, side=side))
        self._count("claude", model, at, (sizes[0], output, sizes[1], sizes[2], 0))
        return told

    def _tool_result(self, session: str, at: float) -> str:
        body: dict[str, Any] = {
            "type": "user",
            "message": {"role": "user", "content": [{"type": "tool_result", "content": self._text()}]},
        }
        if self._rng.random() < 0.02:
            body["toolUseResult"] = {"usage": {"input_tokens": 7, "output_tokens": 314}}
        return self._claude_line(session, at, body)

    def _claude_line(self, session: str, at: float, body: dict[str, Any], *, side: bool = False) -> str:
        head = {"parentUuid": self._id(), "isSidechain": side, "cwd": "/home/dev", "sessionId": session}
        return _compact({**head, "version": "2.1.0", **body, "uuid": self._id(), "timestamp": _iso(at)})

    def _damaged(self, lines: list[str]) -> str:
        """Now and then a line that is cut, and at the end one that is still being written."""
        if self._rng.random() < 0.2:
            lines.insert(self._rng.randrange(1, len(lines) + 1), lines[-1][: len(lines[-1]) // 2])
        unfinished = '{"type":"assistant","message":{"usage":{"input_tokens":9' if self._rng.random() < 0.1 else ""
        return "\n".join(lines) + "\n" + unfinished

    def _codex(self, files: int, messages: int) -> None:
        for count in self._shares(messages, files):
            session, sums = self._id(), [0, 0, 0, 0]
            model = self._model("codex")
            lines: list[str] = []
            for at in self._times(count):
                if not lines:
                    lines += [_event(at, "session_meta", {"id": session, "cwd": "/home/dev"})]
                    lines += [_event(at, "turn_context", {"cwd": "/home/dev", "model": model})]
                    lines += [_event(at, "event_msg", {"type": "token_count", "info": None})]
                lines.append(_event(at, "response_item", {"type": "reasoning", "summary": self._text()}))
                given = self._rng.randrange(2_000, 120_000)
                one = [given, self._rng.randrange(given), self._rng.randrange(20, 900), self._rng.randrange(20)]
                sums = [a + b for a, b in zip(sums, one, strict=True)]
                info = {"total_token_usage": _codex_usage(sums), "last_token_usage": _codex_usage(one)}
                times = (at, at + 0.4) if self._rng.random() < 0.1 else (at,)  # told again when a limit changes
                lines += [_event(moment, "event_msg", {"type": "token_count", "info": info}) for moment in times]
                self._count("codex", model, at, (one[0] - one[1], one[2], one[1], 0, 0))
            day = _iso(at)[:10].replace("-", "/")
            self._save(
                f".codex/sessions/{day}/rollout-{_iso(at)[:19]}-{session}.jsonl".replace(":", "-"),
                "\n".join(lines) + "\n",
                at,
            )

    def _gemini(self, files: int, messages: int) -> None:
        for count in self._shares(messages, files):
            session, at = self._id(), END
            told: list[dict[str, Any]] = []
            model = self._model("gemini")
            for at in self._times(count):
                given, output, thoughts = (self._rng.randrange(1, most) for most in (90_000, 1_500, 800))
                cached = self._rng.randrange(given)
                tokens = {"input": given, "output": output, "cached": cached, "thoughts": thoughts, "tool": 0}
                tokens["total"] = given + output + thoughts
                told.append({"id": self._id(), "timestamp": _iso(at), "type": "user", "content": self._text()})
                message: dict[str, Any] = {"id": self._id(), "timestamp": _iso(at), "type": "gemini", "model": model}
                told.append({**message, "tokens": tokens})
                self._count("gemini", model, at, (given - cached, output, cached, 0, thoughts))
            body = {"sessionId": session, "projectHash": "0" * 64, "startTime": _iso(at), "messages": told}
            self._save(f".gemini/tmp/{'0' * 64}/chats/session-{session[:8]}.json", json.dumps(body, indent=2), at)

    def _opencode(self, messages: int) -> None:
        session = f"ses_{self._id()}"
        for number, at in enumerate(self._times(messages)):
            if number % 40 == 0:
                session = f"ses_{self._id()}"
            message_id, model = f"msg_{self._id()}", self._model("opencode")
            given, output, read, written, extra = (
                self._rng.randrange(1, most) for most in (9_000, 1_200, 90_000, 4_000, 300)
            )
            body = {
                "id": message_id,
                "sessionID": session,
                "role": "assistant",
                "modelID": model,
                "providerID": "x",
                "time": {"created": round(at * 1000), "completed": round(at * 1000) + 900},
                "path": {"cwd": "/home/dev", "root": "/home/dev"},
                "cost": 0,
                "tokens": {
                    "input": given,
                    "output": output,
                    "reasoning": extra,
                    "cache": {"read": read, "write": written},
                },
            }
            self._count("opencode", model, at, (given, output, read, written, extra))
            self._save(
                f".local/share/opencode/storage/message/{session}/{message_id}.json", json.dumps(body, indent=2), at
            )

    def _count(self, tool: str, model: str, at: float, tokens: tuple[int, int, int, int, int]) -> None:
        found = self.totals.setdefault(tool, {}).setdefault(model, {}).setdefault(_iso(at)[:10], [0] * 6)
        for place, count in enumerate((*tokens, 1)):
            found[place] += count

    def _shares(self, messages: int, files: int) -> list[int]:
        """So many messages dealt to so many files: a few long ones, many short ones."""
        weights = [self._rng.lognormvariate(0, 1) for _ in range(files)]
        counts = [max(1, int(messages * weight / sum(weights))) for weight in weights]
        counts[0] += max(0, messages - sum(counts))
        return counts

    def _times(self, count: int) -> Iterator[float]:
        at = END - self._rng.random() * self.size.days * 86_400
        for _ in range(count):
            at = min(at + 5 + self._rng.random() * 60, END)
            yield at

    def _model(self, tool: str) -> str:
        return self._rng.choice(_MODELS[tool])

    def _id(self) -> str:
        return f"{self._rng.getrandbits(96):024x}"

    def _text(self) -> str:
        return " ".join(self._rng.choices(_WORDS, k=1 + int(self._rng.random() * 2 * self.size.words)))

    def _save(self, name: str, text: str, at: float) -> None:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        os.utime(path, (at, at))


def _event(at: float, kind: str, payload: dict[str, Any]) -> str:
    return _compact({"timestamp": _iso(at), "type": kind, "payload": payload})


def _codex_usage(counts: list[int]) -> dict[str, int]:
    names = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
    return {**dict(zip(names, counts, strict=True)), "total_tokens": counts[0] + counts[2]}


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _iso(at: float) -> str:
    seconds, ms = divmod(round(at * 1000), 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    Corpus(arguments.out, SIZES[arguments.size], arguments.seed).write()


if __name__ == "__main__":
    main()
