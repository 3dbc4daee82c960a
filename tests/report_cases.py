"""Reports in a test: made-up rows and records, and the verbs run in this process over a home with logs."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from aic_tui.cli.context import Context
from aic_tui.cli.dispatch import run_verb
from aic_tui.cli.parser import flags_of, parse
from aic_tui.environment import Environment, Paths
from aic_tui.pricing.prices import Prices
from aic_tui.pricing.table import load_table
from aic_tui.reports.sums import Pricer
from aic_tui.usage_records import NO_COST, PICO, Flag, NamedRecord, NamedRow

SONNET, OPUS, UNKNOWN = "claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101", "claude-opus-4-99"
NOON = 1_777_636_800_000  # 2026-05-01T12:00:00Z
DAY_MS = 86_400_000
COUNTS = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens", "totalTokens")
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@cache
def pricer(mode: Any = "auto") -> Pricer:
    return Pricer(Prices(load_table()), mode, ("claude",))


def row(day: str = "2026-05-01", **changes: Any) -> NamedRow:
    """One request of Claude Code: 1,000 in and 100 out, $0.0045 by list price."""
    on = date.fromisoformat(day)
    ts = int(datetime(on.year, on.month, on.day, 12, tzinfo=UTC).timestamp() * 1000)
    plain = NamedRow(on, "claude", "s1", "-home-u-app", SONNET, 0, 0, 1, 1000, 100, 0, 0, 0, 0, 0, ts, ts)
    return plain._replace(**changes)


def record(ts: int, **changes: Any) -> NamedRecord:
    """One request of Claude Code: 1,000 in and 100 out."""
    plain = NamedRecord(ts, "claude", "s1", "-home-u-app", SONNET, 0, 0, 1000, 100, 0, 0, 0, 0, NO_COST)
    return plain._replace(**changes)


def day_of(ts: int) -> date:
    return datetime.fromtimestamp(ts / 1000, UTC).date()


_COUNTS = st.integers(0, 10**9)


@st.composite
def some_row(draw: st.DrawFn) -> NamedRow:
    """Any row that an index can have."""
    on = draw(st.dates(date(2024, 1, 1), date(2027, 12, 31)))
    flags = draw(st.sampled_from([0, Flag.HAS_COST.value, Flag.FAST.value, Flag.SYNTHETIC.value, Flag.PARTIAL.value]))
    new, out, read, short, long, extra = draw(st.tuples(*[_COUNTS] * 6))
    first = int(datetime(on.year, on.month, on.day, tzinfo=UTC).timestamp() * 1000) + draw(st.integers(0, DAY_MS - 1))
    return NamedRow(
        on,
        draw(st.sampled_from(["claude", "codex", "amp"])),
        draw(st.sampled_from(["s1", "s2", "s3"])),
        draw(st.sampled_from(["", "-home-u-app", "=cmd|evil"])),
        draw(st.sampled_from([SONNET, OPUS, UNKNOWN, "gpt-5.2-codex"])),
        flags,
        draw(st.integers(0, 14)),
        draw(st.integers(0, 50)),
        new,
        out,
        read,
        short,
        long,
        extra,
        draw(st.integers(0, 10**6 * PICO)) if flags & Flag.HAS_COST else 0,
        first,
        first + draw(st.integers(0, DAY_MS)),
    )


ROWS = st.lists(some_row(), max_size=30)


@dataclass
class Told:
    """What a verb printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass
class World:
    """Verbs over the logs in ``home``; what is ours is below ``own``."""

    home: Path
    own: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    now: datetime = NOW

    @property
    def env(self) -> Environment:
        own = self.own
        paths = Paths(own / "config", own / "data", own / "cache", own / "state")
        environ = {"HOME": str(self.home), "TZ": "UTC", "COLUMNS": "100", **self.environ}
        return Environment(paths=paths, home=self.home, environ=environ, now=lambda: self.now)

    def run(self, *arguments: str, encoding: str = "utf-8") -> Told:
        args = parse(arguments)
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace") for _ in range(2))
        with closing(out), closing(err):
            code = run_verb(Context(self.env, args, flags_of(args), out, err))
            return Told(code, _text(out), _text(err))

    def json(self, *arguments: str) -> Any:
        return self.run(*arguments, "--json").json


def write_log(world: World, relative: str, lines: list[dict[str, Any]]) -> None:
    """A log file of ``lines`` in the home of ``world``."""
    path = world.home / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), encoding="utf-8")


def answer(at: datetime, number: int, *, model: str = SONNET, tokens: int = 1000) -> dict[str, Any]:
    """A line of a transcript of Claude Code."""
    usage = {"input_tokens": tokens, "output_tokens": tokens // 10}
    return {
        "type": "assistant",
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
        "sessionId": "s1",
        "requestId": f"r{number}",
        "message": {"id": f"m{number}", "model": model, "usage": usage},
    }


def said(case: Path, words: str) -> Any:
    """A peer's document; None where it was not asked or did not answer."""
    found = json.loads((case / "expected.json").read_text(encoding="utf-8"))["results"].get(words)
    return None if found is None or "_rc" in found else found


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode(stream.encoding)
