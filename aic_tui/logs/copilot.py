"""GitHub Copilot CLI: what a session used is told when it ends; OpenTelemetry files, where switched on, tell all.

As in ccusage 20.0.24 (measured 2026-11), with three deviations. A session that was resumed tells either a running sum
or a fresh one: figures that all grew are the former, others are added (field reports). A session that never ended has
at least the output of its answers, which is marked as partial. A span that is written twice counts once.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.copilot_otel import is_otel, read_otel
from aic_tui.logs.lines import NO_TIME, NOT_JSON, decode, whole_lines
from aic_tui.logs.places import distinct, expanded, extra, from_variable, is_folder
from aic_tui.logs.times import milliseconds
from aic_tui.usage_records import Flag, key_of

_EXPORTER = "COPILOT_OTEL_FILE_EXPORTER_PATH"
_STATES = ("session-state", "history-session-state")
_EVENTS = "events.jsonl"
_TYPES = re.compile(rb'"type"\s*:\s*"(?:session\.(?:start|resume|model_change|shutdown)|assistant\.message)"')
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LARGEST = 1 << 28
_PARTIAL = Flag.PARTIAL.value


class _Usage(msgspec.Struct, gc=False):
    inputTokens: int | None = 0  # noqa: N815  # the log's names
    outputTokens: int | None = 0  # noqa: N815
    cacheReadTokens: int | None = 0  # noqa: N815
    cacheWriteTokens: int | None = 0  # noqa: N815

    def counts(self) -> tuple[int, int, int, int]:
        return self.inputTokens or 0, self.outputTokens or 0, self.cacheReadTokens or 0, self.cacheWriteTokens or 0


class _Metrics(msgspec.Struct, gc=False):
    usage: _Usage | None = None


class _Context(msgspec.Struct, gc=False):
    cwd: str | None = None


class _Data(msgspec.Struct, gc=False):
    sessionId: str | None = None  # noqa: N815
    selectedModel: str | None = None  # noqa: N815
    newModel: str | None = None  # noqa: N815
    model: str | None = None
    context: _Context | None = None
    messageId: str | None = None  # noqa: N815
    outputTokens: int | None = None  # noqa: N815
    modelMetrics: dict[str, msgspec.Raw] | None = None  # noqa: N815


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    timestamp: Any = None
    data: _Data | None = None


_EVENT = msgspec.json.Decoder(_Event)
_METRICS = msgspec.json.Decoder(_Metrics)


class _Session:
    """The events of one session."""

    def __init__(self, view: View, batch: Batch) -> None:
        self._batch = batch
        self._name = view.relative.partition("/")[0].removesuffix(".jsonl")
        self._project = ""
        self._model = "unknown"
        self._told: dict[str, tuple[int, int, int, int]] = {}
        self._open: list[tuple[int, str, str, int]] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def is_open(self) -> bool:
        """Whether there are answers that no end has told of."""
        return bool(self._open)

    def event(self, event: _Event) -> None:
        data = event.data
        if data is None:
            return
        self._model = data.newModel or data.selectedModel or self._model
        if event.type in ("session.start", "session.resume"):
            self._name = data.sessionId or self._name
            self._project = (data.context.cwd if data.context else None) or self._project
        elif event.type == "assistant.message" and data.outputTokens:
            self._answer(event, data, data.outputTokens)
        elif event.type == "session.shutdown" and data.modelMetrics:
            self._end(event, data.modelMetrics)

    def _answer(self, event: _Event, data: _Data, output: int) -> None:
        self._batch.seen += 1
        ts = milliseconds(event.timestamp)
        if ts is None:
            self._batch.skip(NO_TIME)
        else:
            self._open.append((ts, data.messageId or "", data.model or self._model, output))

    def _end(self, event: _Event, metrics: dict[str, msgspec.Raw]) -> None:
        ts = milliseconds(event.timestamp)
        self._batch.seen += 1
        if ts is None:
            return self._batch.skip(NO_TIME)
        for model, raw in metrics.items():
            told = decode(bytes(raw), _METRICS, self._batch)
            if told is None or told.usage is None or not any(told.usage.counts()):
                continue
            counts = told.usage.counts()
            before = self._told.get(model, (0, 0, 0, 0))
            self._told[model] = counts
            self._open.clear()
            if all(now >= then for now, then in zip(counts, before, strict=True)):
                counts = (counts[0] - before[0], counts[1] - before[1], counts[2] - before[2], counts[3] - before[3])
            self._segment(ts, model, counts)
        return None

    def _segment(self, ts: int, model: str, counts: tuple[int, int, int, int]) -> None:
        sent, output, cached, written = counts
        if not any(counts):
            return
        batch = self._batch
        batch.add(
            ts=ts,
            session=batch.session(self._name, self._project),
            model=batch.model(model),
            input=max(0, sent - cached - written) if sent >= 0 else sent,
            output=output,
            cache_read=cached,
            write_5m=written,
            key=key_of("copilot", self._name, str(ts), model, *map(str, counts)),
        )

    def add_open(self) -> None:
        """Answers of a session that did not end."""
        batch = self._batch
        for ts, name, model, output in self._open:
            key = key_of("copilot", self._name, name) if name else key_of("copilot", self._name, str(ts), str(output))
            session = batch.session(self._name, self._project)
            batch.add(ts=ts, session=session, model=batch.model(model), output=output, flags=_PARTIAL, key=key)


def read(view: View, batch: Batch) -> None:
    """Add what one session, or one file of OpenTelemetry, tells."""
    if "/" not in view.relative and is_otel(view.data):
        return read_otel(view, batch, lambda name: _has_ended(view.machine, name))
    session = _Session(view, batch)
    for line in whole_lines(view.data):
        if _TYPES.search(line) is None:
            if not line.endswith(b"}"):
                batch.skip(NOT_JSON)
            continue
        event = decode(line, _EVENT, batch)
        if event is not None:
            session.event(event)
    if session.is_open and not _is_in_otel(view.machine, session.name):
        session.add_open()
    return None


def _has_ended(machine: Machine, name: str) -> bool:
    """Whether a session's own events tell what it used: then OpenTelemetry tells it a second time."""
    if not _NAME.fullmatch(name):
        return False
    files = (home / state / name / _EVENTS for home in _homes(machine) for state in _STATES)
    return any(b'"session.shutdown"' in (data := _content(file)) and b'"modelMetrics"' in data for file in files)


def _is_in_otel(machine: Machine, name: str) -> bool:
    """Whether OpenTelemetry tells of a session that did not end: then nothing about it is partial."""
    files = [file for home in _homes(machine) for file in _listed(home / "otel")]
    files += from_variable(machine, _EXPORTER) or ()
    return any(f'"{name}"'.encode("utf-8", "surrogatepass") in _content(file) for file in files)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.jsonl"))
    except OSError:
        return []


def _content(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size <= _LARGEST:
            return path.read_bytes()
    except (OSError, ValueError):
        pass
    return b""


def _homes(machine: Machine) -> list[Path]:
    named = from_variable(machine, "COPILOT_HOME")
    homes = [machine.home / ".copilot"] if named is None else named
    for place in extra(machine, "copilot"):
        inner = place.path / ".copilot"
        homes.append(inner if is_folder(inner) else place.path)
    return homes


def places(machine: Machine) -> list[Place]:
    """Sessions and telemetry below ``COPILOT_HOME``, else ``~/.copilot``, and the file that telemetry is sent to."""
    origin = "COPILOT_HOME" if from_variable(machine, "COPILOT_HOME") is not None else "default"
    own = len(extra(machine, "copilot"))
    homes = _homes(machine)
    found = []
    for number, home in enumerate(homes):
        where = "config" if number >= len(homes) - own else origin
        found += [Place(home / state, where, depth=1) for state in _STATES]
        found.append(Place(home / "otel", where, depth=0))
    given = machine.environ.get(_EXPORTER, "").strip()
    if given:
        path = expanded(machine, given)
        is_whole = is_folder(path)
        found.append(Place(path, _EXPORTER, depth=0) if is_whole else Place(path.parent, _EXPORTER, only=path.name))
    return distinct(found)


def _wants(relative: str) -> bool:
    folder, _, name = relative.rpartition("/")
    return name == _EVENTS if folder else name.endswith(".jsonl")


COPILOT = Reader(
    id="copilot",
    name="GitHub Copilot CLI",
    kind="whole",
    places=places,
    wants=_wants,
    read=read,
    counts="What ended sessions used, else what OpenTelemetry told of them, else the output of their answers.",
)
