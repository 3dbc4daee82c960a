"""A machine with session logs, scanned as a verb does it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.services.usage import ScanReport, UsageService
from aic_tui.services.usage_health import SourceHealth
from aic_tui.usage_records import NamedRow
from tests.log_corpus import Totals

UTC = ZoneInfo("UTC")
Sums = Counter[tuple[str, str, str]]


def answer(number: int, *, output: int = 10, at: str = "2026-05-01T10:00:00.000Z", session: str = "s") -> bytes:
    """A line of Claude Code; the same ``number`` is the same answer."""
    usage = {"input_tokens": 100, "output_tokens": output, "service_tier": "standard"}
    message = {"id": f"msg_{number}", "model": "claude-opus-4-5", "usage": usage}
    line: dict[str, Any] = {
        "type": "assistant",
        "timestamp": at,
        "sessionId": session,
        "requestId": f"req_{number}",
        "message": message,
    }
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


class Machine:
    """One home, one database."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.projects = env.home / ".claude" / "projects" / "-p"

    def log(self, name: str, *lines: bytes) -> Path:
        path = self.projects / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(lines))
        return path

    def add(self, name: str, *lines: bytes) -> None:
        with (self.projects / name).open("ab") as file:
            file.write(b"".join(lines))

    def scan(self, zone: tzinfo = UTC, **options: Any) -> ScanReport:
        with UsageService(self.env, Config()) as service:
            return service.scan(zone, **options)

    def ask(self, question: Callable[[UsageService], Any]) -> Any:
        with UsageService(self.env, Config()) as service:
            return question(service)

    def rows(self, zone: tzinfo = UTC, **options: Any) -> Sequence[NamedRow]:
        with UsageService(self.env, Config()) as service:
            return service.rows(zone, **options)

    def sums(self) -> Sums:
        """Messages, input and output by tool and session."""
        found: Sums = Counter()
        for row in self.rows():
            for what in ("messages", "input", "output"):
                found[row.source, row.session, what] += getattr(row, what)
        return +found

    def totals(self) -> tuple[int, int]:
        """Messages and output of everything."""
        sums = self.sums()
        return tuple(sum(n for (_, _, what), n in sums.items() if what == name) for name in ("messages", "output"))  # type: ignore[return-value]

    def health(self, source: str = "claude") -> SourceHealth:
        (found,) = [health for health in self.ask(lambda service: service.health()) if health.source == source]
        assert isinstance(found, SourceHealth)
        return found

    def by_day(self) -> Totals:
        """What ``totals.json`` of a corpus says."""
        found: Totals = {}
        for row in self.rows(detail="day"):
            sums = found.setdefault(row.source, {}).setdefault(row.model, {}).setdefault(str(row.day), [0] * 6)
            tokens = (row.input, row.output, row.cache_read, row.write_5m + row.write_1h, row.extra, row.messages)
            for place, count in enumerate(tokens):
                sums[place] += count
        return found


def truth(home: Path) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads((home / "totals.json").read_text(encoding="utf-8"))
    return document
