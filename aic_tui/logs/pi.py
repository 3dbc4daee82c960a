"""Pi: a session is a file of lines, and each answer has its usage and its cost.

As in ccusage 20.0.24 (measured 2026-11), a recorded cost counts also when it is 0. Unlike there, an answer is one
wherever it is told: a session that was forked or branched begins with a copy of the other's lines (ccusage leaves
those out only where each line names its parent), and the copy counts only when the original is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_TIME, NOT_JSON, decode, whole_lines
from aic_tui.logs.money import pico_dollars
from aic_tui.logs.places import distinct, extra, from_variable, is_folder
from aic_tui.logs.times import milliseconds
from aic_tui.logs.totals import with_rest
from aic_tui.usage_records import Flag, key_of

_ARTIFACTS = "subagent-artifacts"
_SIDECHAIN = Flag.SIDECHAIN.value
_COPIED, _MODEL = "copied", "model"


class _Usage(msgspec.Struct, gc=False):
    input: int | None = 0
    output: int | None = 0
    cacheRead: int | None = 0  # noqa: N815  # the log's names
    cacheWrite: int | None = 0  # noqa: N815
    totalTokens: int | None = None  # noqa: N815
    cost: Any = None


class _Message(msgspec.Struct, gc=False):
    role: Any = None
    model: Any = None
    modelId: Any = None  # noqa: N815
    timestamp: Any = None
    usage: _Usage | None = None


class _Line(msgspec.Struct, gc=False):
    type: Any = None
    customType: Any = None  # noqa: N815
    timestamp: Any = None
    parentSession: Any = None  # noqa: N815
    data: Any = None
    model: Any = None
    modelId: Any = None  # noqa: N815
    message: _Message | None = None


_LINE = msgspec.json.Decoder(_Line)
_TOLD = (b'"usage"', b'"parentSession"', b'"model_change"', b'"model-snapshot"')


class Rules(NamedTuple):
    """Where Pi and what is built on it differ. ``tool`` is also the label before the names of models."""

    tool: str
    message_time_first: bool


class Session:
    """Some lines of one session. ``state`` is what later lines need of earlier ones, as a reader's state."""

    def __init__(self, rules: Rules, batch: Batch, names: tuple[str, str], state: dict[str, Any]) -> None:
        self._rules = rules
        self._batch = batch
        self._names = names
        self._state = state

    def lines(self, texts: Iterable[bytes]) -> None:
        """Add the answers among the lines."""
        for text in texts:
            if any(mark in text for mark in _TOLD):
                self.line(text)
            elif not text.endswith(b"}"):
                self._batch.skip(NOT_JSON)

    def line(self, text: bytes, written: object = None) -> None:
        """One line, an answer or what it says for those after it. ``written`` dates an answer that has no time."""
        line = decode(text, _LINE, self._batch)
        if line is None:
            return
        if line.type == "session":
            if line.parentSession:
                self._state[_COPIED] = milliseconds(line.timestamp)
        elif line.type == "model_change" or (line.type == "custom" and line.customType == "model-snapshot"):
            told = line.data if isinstance(line.data, dict) else {"modelId": line.modelId, "model": line.model}
            self._state[_MODEL] = _name(told.get("modelId"), told.get("model"), self._state.get(_MODEL))
        elif line.type in (None, "message") and line.message and line.message.role == "assistant":
            self._answer(line, line.message, written)

    def _answer(self, line: _Line, message: _Message, written: object) -> None:
        batch, usage = self._batch, message.usage
        if usage is None:
            return None
        batch.seen += 1
        times = (line.timestamp, message.timestamp)
        first, second = reversed(times) if self._rules.message_time_first else times
        ts = milliseconds(first) or milliseconds(second) or milliseconds(written)
        if ts is None:
            return batch.skip(NO_TIME)
        given, output, read, write, rest = split = _split(usage)
        if not any(split):
            return None
        model = f"[{self._rules.tool}] {_name(message.modelId, message.model, self._state.get(_MODEL)) or 'unknown'}"
        copied = self._state.get(_COPIED)
        batch.add(
            ts=ts,
            session=batch.session(*self._names),
            model=batch.model(model),
            input=given,
            output=output,
            cache_read=read,
            write_5m=write,
            extra=rest,
            cost=pico_dollars(usage.cost.get("total")) if isinstance(usage.cost, dict) else None,
            flags=_SIDECHAIN if copied and ts <= copied else 0,
            # Neither ids, which old sessions were given later, nor the session, which a copy is not in.
            key=key_of(self._rules.tool, str(ts), model, *map(str, split)),
        )
        return None


def _split(usage: _Usage) -> tuple[int, int, int, int, int]:
    """Input, output, read from the cache, written to it, and what the total has besides."""
    given, output = usage.input or 0, usage.output or 0
    read, write = usage.cacheRead or 0, usage.cacheWrite or 0
    if min(given, output, read, write) < 0:
        return given, output, read, write, 0
    output, rest = with_rest(usage.totalTokens, given + output + read + write, output, 0)
    return given, output, read, write, rest


def _name(*values: object) -> str:
    return next((value.strip() for value in values if isinstance(value, str) and value.strip()), "")


def read(view: View, batch: Batch) -> None:
    """Add every answer in some lines of a session, which is called what its file is after the first ``_``."""
    folder, slash, _ = view.relative.partition("/")
    stem = view.relative.rpartition("/")[2].removesuffix(".jsonl")
    name = stem.partition("_")[2] or stem
    session = Session(Rules("pi", message_time_first=False), batch, (name, folder if slash else ""), view.state)
    session.lines(whole_lines(view.data))


def places(machine: Machine) -> list[Place]:
    """``~/.pi/agent/sessions``, or the directories that ``PI_AGENT_DIR`` or Pi's own variables name instead."""
    found = [Place(machine.home / ".pi" / "agent" / "sessions")]
    for variable in ("PI_AGENT_DIR", "PI_CODING_AGENT_SESSION_DIR", "PI_CODING_AGENT_DIR"):
        named = from_variable(machine, variable)
        if named is not None:
            found = [Place(_sessions(path), variable) for path in named]
            break
    return distinct([*found, *(Place(_sessions(place.path), place.origin) for place in extra(machine, "pi"))])


def _sessions(path: Path) -> Path:
    inner = (path / ".pi" / "agent" / "sessions", path / "agent" / "sessions", path / "sessions")
    return next((folder for folder in inner if is_folder(folder)), path)


def _wants(relative: str) -> bool:
    return relative.endswith(".jsonl") and _ARTIFACTS not in relative.split("/")[:-1]


PI = Reader(
    id="pi",
    name="Pi",
    kind="lines",
    places=places,
    wants=_wants,
    read=read,
    counts="Answers of the model, each once, also where a forked session repeats them; recorded costs count, 0 too.",
)
