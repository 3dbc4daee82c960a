"""Qwen Code: a line for every answer, with the figures of Gemini's API.

As in ccusage 20.0.24 (measured 2026-11), but that what came from the cache is taken out of the prompt where the total
shows that it is inside, and reasoning out of the answer likewise; ccusage counts both twice.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_TIME, NOT_JSON, decode, whole_lines
from aic_tui.logs.places import distinct, extra, from_variable, is_folder
from aic_tui.logs.times import milliseconds
from aic_tui.logs.totals import with_rest
from aic_tui.usage_records import key_of

_VARIABLE = "QWEN_DATA_DIR"


class _Usage(msgspec.Struct, gc=False):
    promptTokenCount: int | None = 0  # noqa: N815  # the log's names
    candidatesTokenCount: int | None = 0  # noqa: N815
    thoughtsTokenCount: int | None = 0  # noqa: N815
    cachedContentTokenCount: int | None = 0  # noqa: N815
    totalTokenCount: int | None = None  # noqa: N815


class _Line(msgspec.Struct, gc=False):
    type: Any = None
    timestamp: Any = None
    sessionId: Any = None  # noqa: N815
    model: Any = None
    usageMetadata: _Usage | None = None  # noqa: N815


_LINE = msgspec.json.Decoder(_Line)


def read(view: View, batch: Batch) -> None:
    """Add every answer in some lines of a chat."""
    project, _, name = view.relative.split("/")
    for text in whole_lines(view.data):
        if b'"usageMetadata"' not in text:
            if not text.endswith(b"}"):
                batch.skip(NOT_JSON)
            continue
        line = decode(text, _LINE, batch)
        if line is not None and line.usageMetadata is not None and line.type == "assistant":
            session = line.sessionId if isinstance(line.sessionId, str) and line.sessionId else ""
            _add(line, line.usageMetadata, session or f"{project}-{name.removesuffix('.jsonl')}", project, batch)


def _add(line: _Line, usage: _Usage, session: str, project: str, batch: Batch) -> None:
    batch.seen += 1
    ts = milliseconds(line.timestamp)
    if ts is None:
        return batch.skip(NO_TIME)
    model = line.model if isinstance(line.model, str) and line.model else "unknown"
    given, output, thoughts, cached = split = _split(usage)
    if not any(split):
        return None
    batch.add(
        ts=ts,
        session=batch.session(session, project),
        model=batch.model(model),
        input=given,
        output=output,
        cache_read=cached,
        extra=thoughts,
        key=key_of("qwen", session, str(ts), model, *map(str, split)),
    )
    return None


def _split(usage: _Usage) -> tuple[int, int, int, int]:
    """Disjoint input, output, reasoning and cached."""
    given, output = usage.promptTokenCount or 0, usage.candidatesTokenCount or 0
    thoughts, cached = usage.thoughtsTokenCount or 0, usage.cachedContentTokenCount or 0
    total = usage.totalTokenCount
    if min(given, output, thoughts, cached) < 0:
        return given, output, thoughts, cached
    if total == given + output:
        thoughts = 0  # inside the answer
    if cached and total == given + output + thoughts:
        cached = min(cached, given)
        given -= cached
    output, thoughts = with_rest(total, given + output + thoughts + cached, output, thoughts)
    return given, output, thoughts, cached


def places(machine: Machine) -> list[Place]:
    """``~/.qwen/projects``; ``QWEN_DATA_DIR`` names other ``.qwen`` directories instead."""
    named = from_variable(machine, _VARIABLE)
    found = [Place(machine.home / ".qwen" / "projects", depth=2)]
    if named is not None:
        found = [Place(_projects(path), _VARIABLE, depth=2) for path in named]
    more = (Place(_projects(place.path), place.origin, depth=2) for place in extra(machine, "qwen"))
    return distinct([*found, *more])


def _projects(path: Path) -> Path:
    inner = path / ".qwen" / "projects"
    return inner if is_folder(inner) else path if path.name == "projects" else path / "projects"


def _wants(relative: str) -> bool:
    parts = relative.split("/")
    return len(parts) == 3 and parts[1] == "chats" and parts[2].endswith(".jsonl")


QWEN = Reader(
    id="qwen",
    name="Qwen Code",
    kind="lines",
    places=places,
    wants=_wants,
    read=read,
    counts="Answers of the model, each once; what came from the cache is not counted as input as well.",
)
