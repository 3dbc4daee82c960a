"""Grok Build: a line at the end of every turn, with what each model used and what it cost.

As in ccusage 20.0.24 (measured 2026-11): what came from the cache is inside the input, reasoning inside the output,
and a tick of the recorded cost is 10^-10 dollars. Unlike there, a turn of a sub-agent is left out, because the turn
of its parent has it, too (rimio-ai/rimz#397, pingdotgg/t3code#5830, seen 2026-11), and one without a time is skipped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_TIME, NOT_JSON, UNDECODABLE, decode, whole_lines
from aic_tui.logs.places import distinct, extra, from_variable, is_folder
from aic_tui.logs.times import milliseconds
from aic_tui.usage_records import PICO, Flag, key_of

_VARIABLE = "GROK_HOME"
_NAME = "updates.jsonl"
_TICK = PICO // 10**10
_MOST_TICKS = 10**16
_PARTIAL = Flag.PARTIAL.value


class _Counts(msgspec.Struct, gc=False):
    inputTokens: int | None = 0  # noqa: N815  # the log's names
    outputTokens: int | None = 0  # noqa: N815
    cachedReadTokens: int | None = 0  # noqa: N815
    cacheCreationTokens: int | None = 0  # noqa: N815
    costUsdTicks: Any = None  # noqa: N815


class _Usage(_Counts, gc=False):
    modelUsage: dict[str, _Counts] | None = None  # noqa: N815
    usageIsIncomplete: Any = None  # noqa: N815


class _Update(msgspec.Struct, gc=False):
    sessionUpdate: Any = None  # noqa: N815
    usage: _Usage | None = None


class _Meta(msgspec.Struct, gc=False):
    eventId: Any = None  # noqa: N815
    agentTimestampMs: Any = None  # noqa: N815


class _Params(msgspec.Struct, gc=False):
    sessionId: Any = None  # noqa: N815
    update: _Update | None = None
    meta: _Meta | None = msgspec.field(default=None, name="_meta")


class _Line(msgspec.Struct, gc=False):
    timestamp: Any = None
    params: _Params | None = None
    meta: _Meta | None = msgspec.field(default=None, name="_meta")


class _Info(msgspec.Struct, gc=False):
    id: str | None = None
    cwd: str | None = None


class _Summary(msgspec.Struct, gc=False):
    info: _Info | None = None
    git_root_dir: str | None = None
    current_model_id: str | None = None
    session_kind: str | None = None


_LINE = msgspec.json.Decoder(_Line)
_SUMMARY = msgspec.json.Decoder(_Summary)


class _Session:
    """Some lines of one session, and what its summary says of it."""

    def __init__(self, view: View, batch: Batch) -> None:
        self._batch = batch
        folder, name, _ = view.relative.split("/")
        try:
            summary = _SUMMARY.decode(view.beside(f"{folder}/{name}/summary.json") or b"{}")
        except UNDECODABLE:
            summary = _Summary()
        info = summary.info or _Info()
        self._name = info.id or name
        self._project = info.cwd or summary.git_root_dir or unquote(folder)
        self._model = summary.current_model_id or "unknown"
        self._is_inside = (summary.session_kind or "").startswith("subagent")

    def line(self, line: _Line) -> None:
        """Add what a turn used."""
        params = line.params
        update = params.update if params else None
        if params is None or update is None or update.sessionUpdate != "turn_completed" or update.usage is None:
            return None
        self._batch.seen += 1
        if self._is_inside:
            self._batch.forks += 1
            return None
        meta = params.meta or line.meta or _Meta()
        # The other time is that of the copying in a session that was forked.
        ts = milliseconds(meta.agentTimestampMs) or milliseconds(line.timestamp)
        if ts is None:
            return self._batch.skip(NO_TIME)
        event = meta.eventId if isinstance(meta.eventId, str) else ""
        session = params.sessionId if isinstance(params.sessionId, str) and params.sessionId else self._name
        flags = _PARTIAL if update.usage.usageIsIncomplete is True else 0
        for model, counts in (update.usage.modelUsage or {self._model: update.usage}).items():
            self._add(ts, session, event, model, counts, flags)
        return None

    def _add(self, ts: int, session: str, event: str, model: str, counts: _Counts, flags: int) -> None:
        given, output, read, write = split = _split(counts)
        if not any(split):
            return
        batch = self._batch
        told = (event,) if event else (session, str(ts), *map(str, split))
        batch.add(
            ts=ts,
            session=batch.session(session, self._project),
            model=batch.model(model),
            input=given,
            output=output,
            cache_read=read,
            write_5m=write,
            cost=_pico(counts.costUsdTicks),
            flags=flags,
            key=key_of("grok", model, *told),
        )


def _split(counts: _Counts) -> tuple[int, int, int, int]:
    """Disjoint input, output, read from the cache and written to it."""
    given, output = counts.inputTokens or 0, counts.outputTokens or 0
    read, write = counts.cachedReadTokens or 0, counts.cacheCreationTokens or 0
    if min(given, output, read, write) >= 0:
        read = min(read, given)
        write = min(write, given - read)
        given -= read + write
    return given, output, read, write


def _pico(ticks: object) -> int | None:
    """The recorded cost; 0 is told where it is not known."""
    return ticks * _TICK if type(ticks) is int and 0 < ticks <= _MOST_TICKS else None


def read(view: View, batch: Batch) -> None:
    """Add every turn in some lines of a session."""
    session: _Session | None = None
    for text in whole_lines(view.data):
        if b'"turn_completed"' in text:
            line = decode(text, _LINE, batch)
            if line is not None:
                session = session or _Session(view, batch)
                session.line(line)
        elif not text.endswith(b"}"):
            batch.skip(NOT_JSON)


def places(machine: Machine) -> list[Place]:
    """``~/.grok/sessions``; ``GROK_HOME`` names other ``.grok`` directories instead."""
    named = from_variable(machine, _VARIABLE)
    found = [Place(machine.home / ".grok" / "sessions", depth=2)]
    if named is not None:
        found = [Place(_sessions(path), _VARIABLE, depth=2) for path in named]
    more = (Place(_sessions(place.path), place.origin, depth=2) for place in extra(machine, "grok"))
    return distinct([*found, *more])


def _sessions(path: Path) -> Path:
    inner = path / ".grok" / "sessions"
    return inner if is_folder(inner) else path if path.name == "sessions" else path / "sessions"


def _wants(relative: str) -> bool:
    return relative.count("/") == 2 and relative.endswith(f"/{_NAME}")


GROK = Reader(
    id="grok",
    name="Grok Build",
    kind="lines",
    places=places,
    wants=_wants,
    read=read,
    counts="Turns by model, each once, with the cost that Grok recorded; sub-agents are part of their parent's turns.",
)
