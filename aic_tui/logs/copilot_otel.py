"""GitHub Copilot's OpenTelemetry: one request is told of by several kinds of records, of which one counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from aic_tui.logs.base import View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NOT_JSON, WRONG_SHAPE, decode, tokens, whole_lines
from aic_tui.logs.times import milliseconds
from aic_tui.logs.totals import Twins, with_rest
from aic_tui.usage_records import key_of

_USAGE = b'"gen_ai.usage.'
_INPUT, _OUTPUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
_READ = "gen_ai.usage.cache_read.input_tokens"
_WRITE = ("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens")
_TOTAL = ("gen_ai.usage.total_tokens", "gen_ai.usage.total.token_count")
_RESPONSE = "gen_ai.response.id"
_SESSION = (
    "gen_ai.conversation.id",
    "copilot_chat.session_id",
    "copilot_chat.chat_session_id",
    "session.id",
    "github.copilot.interaction_id",
    _RESPONSE,
)
_MODEL = ("gen_ai.response.model", "gen_ai.request.model")
_INFERENCE, _TURN = "gen_ai.client.inference.operation.details", "copilot_chat.agent.turn"
_TIMES = ("endTime", "hrTime", "inner", "timeUnixNano", "timestamp", "time", "observedTimestamp", "startTime")
_MOST_DIGITS = 15


class _Context(msgspec.Struct, gc=False):
    traceId: Any = None  # noqa: N815  # the log's name
    spanId: Any = None  # noqa: N815


class _Line(_Context, gc=False):
    name: Any = None
    spanContext: _Context | None = None  # noqa: N815
    endTime: Any = None  # noqa: N815
    hrTime: Any = None  # noqa: N815
    inner: Any = msgspec.field(default=None, name="_hrTime")
    timeUnixNano: Any = None  # noqa: N815
    timestamp: Any = None
    time: Any = None
    observedTimestamp: Any = None  # noqa: N815
    startTime: Any = None  # noqa: N815
    attributes: dict[str, Any] = {}


_LINE = msgspec.json.Decoder(_Line)


class _Told(NamedTuple):
    """One record with figures. The lower ``level`` has the last word on a trace or a response."""

    level: int
    ts: int
    trace: str
    span: str
    response: str
    session: str
    model: str
    split: tuple[int, int, int, int, int]


def is_otel(data: bytes) -> bool:
    """Whether a file has any figures of this kind."""
    return _USAGE in data


def read_otel(view: View, batch: Batch, has_ended: Callable[[str], bool]) -> None:
    """Add the requests of one file, but for those of sessions that tell what they used themselves."""
    told: list[_Told] = []
    for line in whole_lines(view.data):
        if _USAGE not in line:
            if not line.endswith(b"}"):
                batch.skip(NOT_JSON)
            continue
        found = decode(line, _LINE, batch)
        level = None if found is None else _level(found)
        if found is None or level is None:
            continue
        batch.seen += 1
        record = _told(found, level, view.modified_ms)
        if record is None:
            batch.skip(WRONG_SHAPE)
        else:
            told.append(record)
    ended = {name for name in {record.session for record in told} if has_ended(name)}
    batch.repeated += sum(record.session in ended for record in told)
    _add([record for record in told if record.session not in ended], batch)


def _add(told: list[_Told], batch: Batch) -> None:
    twins = Twins()
    traces: set[str] = set()
    responses: set[str] = set()
    for level in range(4):
        here = [record for record in told if record.level == level]
        for record in here:
            if record.trace in traces or record.response in responses:
                batch.repeated += 1
                continue
            given, output, cached, written, reasoning = record.split
            batch.add(
                ts=record.ts,
                session=batch.session(record.session),
                model=batch.model(record.model),
                input=given,
                output=output,
                cache_read=cached,
                write_5m=written,
                extra=reasoning,
                key=_key(record, twins),
            )
        traces |= {record.trace for record in here if record.trace}
        responses |= {record.response for record in here if record.response}


def _key(record: _Told, twins: Twins) -> int:
    if record.span:
        return key_of("copilot span", record.trace, record.span)
    if record.response:
        return key_of("copilot response", record.response)
    return twins.key("copilot log", record.trace, record.ts, record.model, *record.split)


def _level(line: _Line) -> int | None:
    """Which kind of record it is: an answer, its log, a turn of an agent or all that an agent did."""
    operation, event = line.attributes.get("gen_ai.operation.name"), line.attributes.get("event.name")
    name = line.name if isinstance(line.name, str) else ""
    if event == _INFERENCE:
        return 1
    if _TURN in (event, name):
        return 2
    if operation == "chat" or name.startswith("chat "):
        return 0
    return 3 if operation == "invoke_agent" or name.startswith("invoke_agent") else None


def _told(line: _Line, level: int, modified_ms: int) -> _Told | None:
    attributes = line.attributes
    figures = [_count(attributes, name) for name in ((_INPUT,), (_OUTPUT,), (_READ,), _WRITE)]
    if None in figures:
        return None
    sent, output, cached, written = (figure or 0 for figure in figures)
    given = max(0, sent - cached)
    output, reasoning = with_rest(_count(attributes, _TOTAL), given + output + cached + written, output, 0)
    context = line.spanContext or line
    trace, span = _text(line.traceId) or _text(context.traceId), _text(line.spanId) or _text(context.spanId)
    response = _text(attributes.get(_RESPONSE))
    session = next((text for name in _SESSION if (text := _text(attributes.get(name)))), trace or "unknown")
    model = next((text for name in _MODEL if (text := _text(attributes.get(name)))), "unknown")
    ts = next((ts for name in _TIMES if (ts := _instant(getattr(line, name)))), modified_ms)
    model = model.removesuffix("-internal").removesuffix("-1m")
    return _Told(level, ts, trace, span, response, session, model, (given, output, cached, written, reasoning))


def _count(attributes: dict[str, Any], names: tuple[str, ...]) -> int | None:
    """A count, which may be a text as OpenTelemetry writes large ones; 0 where there is none."""
    value = next((attributes[name] for name in names if attributes.get(name) is not None), 0)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
        return int(value)
    return tokens(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _instant(value: object) -> int | None:
    """As :func:`milliseconds`; also a pair of seconds and nanoseconds."""
    if isinstance(value, list) and len(value) == 2 and all(type(part) is int for part in value):
        seconds, nanoseconds = value
        return milliseconds(seconds * 1000 + nanoseconds // 10**6) if 0 < seconds < 10**11 else None
    return milliseconds(value)
