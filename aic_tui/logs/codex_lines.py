"""The lines of a Codex rollout that matter: found among the many that do not, and typed.

Seen in Codex 0.30 to 0.145 and in the tools that read it (ccusage 20.0.24), 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NOT_JSON

_STAMP = b'{"timestamp":"'
_TYPE = b'","type":"'
# A line begins with a timestamp of 24 characters; its type begins here.
_AT_TYPE = len(_STAMP) + 24
_COUNT = _TYPE + b'event_msg","payload":{"type":"token_count"'
_ITEM = _TYPE + b'response_item"'
_WANTED = (
    _TYPE + b'event_msg","payload":{"type":"thread_settings_applied"',
    _TYPE + b'turn_context"',
    _TYPE + b'session_meta"',
)
_OTHER = _TYPE + b'event_msg","payload":{"type":"'
# In a text of a user the quotes would be escaped.
_MARKS = (b'"token_count"', b'"turn_context"', b'"session_meta"', b'"thread_settings_applied"', b'"usage"')

Vector = tuple[int, int, int, int, int, int]
"""Input, cached, written to the cache, output, reasoning, total; the second and third are part of the first."""


class Counts(msgspec.Struct, gc=False):
    """One of the two usages of an event."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_output_tokens: int = 0
    total_tokens: int | None = None

    def vector(self) -> Vector:
        """The figures; without a total that of input and output."""
        given, output, total = self.input_tokens, self.output_tokens, self.total_tokens
        return (
            given,
            self.cached_input_tokens,
            self.cache_write_input_tokens,
            output,
            self.reasoning_output_tokens,
            given + output if total is None else total,
        )


class Info(msgspec.Struct, gc=False):
    """The usage of an event: of the last request, and of the session so far."""

    total_token_usage: Counts | None = None
    last_token_usage: Counts | None = None
    model: Any = None
    model_name: Any = None
    metadata: Any = None


class Payload(msgspec.Struct, gc=False):
    """What is in a line; each type of line has some of it."""

    type: Any = None
    info: Info | None = None
    model: Any = None
    model_name: Any = None
    metadata: Any = None
    cwd: Any = None
    forked_from_id: Any = None
    parent_thread_id: Any = None
    source: Any = None
    thread_settings: Any = None


class Line(msgspec.Struct, gc=False):
    """A line of a rollout, or of what ``codex exec --json`` printed."""

    type: Any = None
    timestamp: Any = None
    payload: Payload | None = None
    created_at: Any = None
    createdAt: Any = None  # noqa: N815  # the log's name
    model: Any = None
    usage: Any = None
    data: Any = None
    result: Any = None
    response: Any = None


LINE = msgspec.json.Decoder(Line)


class Event(NamedTuple):
    """The two usages of a ``token_count``, of which there is at least one."""

    last: Vector | None
    total: Vector | None


def wanted_lines(data: bytes, batch: Batch | None = None) -> Iterator[bytes]:
    """The lines that may matter; those of the others that are cut off are counted as skipped."""
    find, starts = data.find, data.startswith
    start, end = (3 if data.startswith(b"\xef\xbb\xbf") else 0), len(data)
    while start < end:
        stop = find(b"\n", start)
        if stop < 0:
            stop = end
        kind = start + _AT_TYPE
        if not starts(_STAMP, start):
            matters = any(find(mark, start, stop) >= 0 for mark in _MARKS)
        elif starts(_ITEM, kind):
            matters = False
        elif starts(_COUNT, kind) or starts(_WANTED, kind):
            matters = True
        else:
            matters = not starts(_OTHER, kind) and any(find(mark, start, stop) >= 0 for mark in _MARKS)
        if matters:
            yield data[start:stop]
        elif (data[start] != 123 or data[stop - 1] != 125) and batch is not None:
            line = data[start:stop].strip()
            if line and not (line.startswith(b"{") and line.endswith(b"}")):
                batch.skip(NOT_JSON)
        start = stop + 1


def event_of(line: Line) -> Event | None:
    """The usages that a line tells of; None where it is no ``token_count`` or has none (a mere rate limit)."""
    payload = line.payload
    if line.type != "event_msg" or payload is None or payload.type != "token_count" or payload.info is None:
        return None
    last, total = payload.info.last_token_usage, payload.info.total_token_usage
    if last is None and total is None:
        return None
    return Event(None if last is None else last.vector(), None if total is None else total.vector())


def has_name(payload: Payload) -> bool:
    """Whether :func:`name_in` could find something in an event; nearly always not."""
    info = payload.info
    return bool(
        payload.model
        or payload.metadata
        or payload.model_name
        or (info is not None and (info.model or info.metadata or info.model_name))
    )


def name_in(*holders: object) -> str | None:
    """The model that the first of ``holders`` (payloads, infos, dictionaries) names; None where none does."""
    for holder in holders:
        for name in ("model", "model_name"):
            found = _field(holder, name)
            if isinstance(found, str) and found:
                return found
        found = _field(_field(holder, "metadata"), "model")
        if isinstance(found, str) and found:
            return found
    return None


def parent_of(payload: Payload) -> str | None:
    """The session that this one was forked from or started by."""
    spawned: object = payload.source
    for name in ("subagent", "thread_spawn", "parent_thread_id"):
        spawned = _field(spawned, name)
    for found in (payload.forked_from_id, spawned, payload.parent_thread_id):
        if isinstance(found, str) and found:
            return found
    return None


def _field(holder: object, name: str) -> object:
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)
