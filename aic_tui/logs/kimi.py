"""Kimi CLI and its successor Kimi Code: a line for every request of the model.

As in ccusage 20.0.24 (measured 2026-11), but that in Kimi Code the model is the one that was asked, not the name that
the user's configuration has for it, and that a line without a time is skipped instead of dated by its file. Kimi Code
tells of a turn's requests (``turn``) and of sums of a session, which are passed over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_TIME, NOT_JSON, UNDECODABLE, decode, whole_lines
from aic_tui.logs.places import distinct, extra, from_variable, is_folder
from aic_tui.logs.read_file import open_regular, read_at
from aic_tui.logs.times import milliseconds
from aic_tui.logs.totals import with_rest
from aic_tui.usage_records import key_of

_DEFAULT = "kimi-for-coding"
_PREFIX = "kimi-code/"
_MOST_NAMES = 100
_LARGEST_CONFIG = 1 << 20
_DEEPEST = 4


class _Old(msgspec.Struct, gc=False):
    input_other: int | None = 0
    output: int | None = 0
    input_cache_read: int | None = 0
    input_cache_creation: int | None = 0
    total: int | None = None


class _Payload(msgspec.Struct, gc=False):
    message_id: Any = None
    token_usage: _Old | None = None


class _Message(msgspec.Struct, gc=False):
    type: Any = None
    payload: _Payload | None = None


class _New(msgspec.Struct, gc=False):
    inputOther: int | None = 0  # noqa: N815  # the log's names
    output: int | None = 0
    inputCacheRead: int | None = 0  # noqa: N815
    inputCacheCreation: int | None = 0  # noqa: N815


class _Line(msgspec.Struct, gc=False):
    type: Any = None
    timestamp: Any = None
    time: Any = None
    message: _Message | None = None
    model: Any = None
    modelAlias: Any = None  # noqa: N815
    usage: _New | None = None
    usageScope: Any = None  # noqa: N815


class _Config(msgspec.Struct, gc=False):
    model: str = ""


class _State(msgspec.Struct, gc=False):
    workDir: str = ""  # noqa: N815


_LINE = msgspec.json.Decoder(_Line)
_CONFIG = msgspec.json.Decoder(_Config)
_STATE = msgspec.json.Decoder(_State)
_TOLD = (b'"token_usage"', b'"usage.record"', b'"llm.request"')


class _Wire:
    """Some lines of one ``wire.jsonl``."""

    def __init__(self, view: View, batch: Batch) -> None:
        self._view = view
        self._batch = batch
        parts = view.relative.split("/")
        self._session = parts[1]
        self._project = _project(view) if len(parts) > 3 else ""
        self._configured = ""

    def line(self, line: _Line) -> None:
        """One line, whatever it tells."""
        if line.type == "llm.request":
            self._asked(line)
        elif line.type == "usage.record":
            if line.usageScope == "turn" and line.usage:
                told = line.usage
                counts = (told.inputOther, told.output, told.inputCacheRead, told.inputCacheCreation)
                self._add(line.time, self._model(line.model), "", counts, None)
        elif line.message and line.message.type == "StatusUpdate" and line.message.payload:
            self._status(line, line.message.payload)

    def _status(self, line: _Line, payload: _Payload) -> None:
        told = payload.token_usage
        if told is None or line.type == "metadata":
            return
        counts = (told.input_other, told.output, told.input_cache_read, told.input_cache_creation)
        name = payload.message_id if isinstance(payload.message_id, str) else ""
        self._configured = self._configured or _configured(self._view.path)
        self._add(line.timestamp, self._configured, name, counts, told.total)

    def _asked(self, line: _Line) -> None:
        if isinstance(line.model, str) and line.model:
            state = self._view.state
            state["asked"] = line.model.removeprefix(_PREFIX)
            names = state.setdefault("names", {})
            if isinstance(line.modelAlias, str) and len(names) < _MOST_NAMES:
                names[line.modelAlias] = state["asked"]

    def _model(self, alias: object) -> str:
        name = alias if isinstance(alias, str) else ""
        state = self._view.state
        asked = state.get("names", {}).get(name) or state.get("asked")
        return asked or name.removeprefix(_PREFIX) or _DEFAULT

    def _add(self, time: object, model: str, name: str, counts: tuple[int | None, ...], total: int | None) -> None:
        batch = self._batch
        batch.seen += 1
        ts = milliseconds(time)
        if ts is None:
            return batch.skip(NO_TIME)
        given, output, read, write = split = [count or 0 for count in counts]
        rest = 0
        if min(split) >= 0:
            output, rest = with_rest(total, sum(split), output, 0)
        if not any((*split, output, rest)):
            return None
        batch.add(
            ts=ts,
            session=batch.session(self._session, self._project),
            model=batch.model(model),
            input=given,
            output=output,
            cache_read=read,
            write_5m=write,
            extra=rest,
            key=key_of("kimi", self._session, name, str(ts), *map(str, (*split, output, rest))),
        )
        return None


def read(view: View, batch: Batch) -> None:
    """Add every request in some lines."""
    wire = _Wire(view, batch)
    for text in whole_lines(view.data):
        if any(mark in text for mark in _TOLD):
            line = decode(text, _LINE, batch)
            if line is not None:
                wire.line(line)
        elif not text.endswith(b"}"):
            batch.skip(NOT_JSON)


def _configured(path: Path) -> str:
    """The model of Kimi CLI's configuration, three folders above the session; its log names none."""
    try:
        descriptor = open_regular(str(path.parents[3] / "config.json"), is_link=True)
        with open(descriptor, "rb") as file:  # noqa: PTH123  # a descriptor
            return _CONFIG.decode(read_at(file.fileno(), 0, _LARGEST_CONFIG)).model.strip() or _DEFAULT
    except (OSError, IndexError, *UNDECODABLE):
        return _DEFAULT


def _project(view: View) -> str:
    """The directory that a session of Kimi Code works in, else the folder that is called after it."""
    group, session, *_ = view.relative.split("/")
    try:
        return _STATE.decode(view.beside(f"{group}/{session}/state.json") or b"{}").workDir or group
    except UNDECODABLE:
        return group


def places(machine: Machine) -> list[Place]:
    """The ``sessions`` of both tools. ``KIMI_DATA_DIR`` replaces them, the tools' own variables one each."""
    named = from_variable(machine, "KIMI_DATA_DIR")
    if named is not None:
        found = [_sessions(path, "KIMI_DATA_DIR") for path in named]
    else:
        found = []
        for variable, usual in (("KIMI_SHARE_DIR", ".kimi"), ("KIMI_CODE_HOME", ".kimi-code")):
            own = from_variable(machine, variable)
            found += [_sessions(path, variable) for path in own] if own else [_sessions(machine.home / usual)]
    for place in extra(machine, "kimi"):
        inner = [place.path / name for name in (".kimi", ".kimi-code") if is_folder(place.path / name)]
        found += [_sessions(path, place.origin) for path in inner or [place.path]]
    return distinct(found)


def _sessions(path: Path, origin: str = "default") -> Place:
    return Place(path if path.name == "sessions" else path / "sessions", origin, depth=_DEEPEST)


def _wants(relative: str) -> bool:
    parts = relative.split("/")
    return parts[-1] == "wire.jsonl" and (len(parts) == 3 or (len(parts) == 5 and parts[2] == "agents"))


KIMI = Reader(
    id="kimi",
    name="Kimi",
    kind="lines",
    places=places,
    wants=_wants,
    read=read,
    counts="Requests of Kimi CLI and of Kimi Code's agents, each once; sums of sessions are passed over.",
)
