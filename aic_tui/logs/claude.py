"""Claude Code: every answer of the model is a line with its usage, told again while it streams.

The rules are those of ccusage 20.0.24 (measured 2026-11), but for these, which make every report agree and lose no
tokens: a line may have space around its colons; any RFC 3339 time is one; agents are part of the session that started
them; without a request id, an answer is known by its id, session and input figures; what agents report while they
work (``data.message``) counts in all reports, not only in the daily one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from zlib import crc32

import msgspec
from msgspec import UNSET, UnsetType

from aic_tui.logs.base import Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.claude_places import places, session_of
from aic_tui.logs.lines import BAD_NUMBER, NO_TIME, NOT_JSON, UNDECODABLE, decode
from aic_tui.logs.times import milliseconds
from aic_tui.usage_records import NO_COST, PICO, Flag, Record, key_of, short_key

EMPTY_NAME = "empty name"
VERSION = "unknown version"
_SYNTHETIC = "<synthetic>"
_USER = b'"type":"user","message":{"role":"user",'
_BEFORE = _USER.index(b"{")
_AFTER = len(_USER) - _BEFORE
_MOST_DOLLARS = 10**6
_LIMIT = re.compile(rb"usage limit reached\|(\d{9,13})\b")
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_TIERS = {"priority": Flag.PRIORITY.value, "flex": Flag.FLEX.value, "batch": Flag.BATCH.value}
# The members of an enumeration are slow to reach.
_SIDECHAIN, _HAS_COST, _FAST = Flag.SIDECHAIN.value, Flag.HAS_COST.value, Flag.FAST.value
_NOTHING = msgspec.Raw(b"")
_ADVISOR = b"advisor_message"
# What a text is that is not there: null instead makes the line unreadable, as for ccusage; nothing real has one.
_ABSENT = "\0"


class _Writes(msgspec.Struct, gc=False):
    short: int = msgspec.field(default=0, name="ephemeral_5m_input_tokens")
    long: int = msgspec.field(default=0, name="ephemeral_1h_input_tokens")


class _Usage(msgspec.Struct, gc=False):
    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation: _Writes | None = None
    speed: str = ""
    service_tier: Any = None
    iterations: msgspec.Raw = _NOTHING


class _Advice(_Usage, gc=False):
    type: Any = None
    model: str = _ABSENT


class _Message(msgspec.Struct, gc=False):
    id: str = _ABSENT
    model: str = _ABSENT
    usage: _Usage | UnsetType = UNSET


class _Inner(msgspec.Struct, gc=False):
    message: _Message | UnsetType = UNSET
    timestamp: str | int | float | None = None
    requestId: str = _ABSENT  # noqa: N815  # the log's name
    isSidechain: bool | None = None  # noqa: N815


class _Progress(msgspec.Struct, gc=False):
    message: _Inner | UnsetType = UNSET


class _Line(_Inner, gc=False):
    sessionId: str = _ABSENT  # noqa: N815
    version: str = _ABSENT
    cwd: str = ""
    costUSD: Decimal | UnsetType = UNSET  # noqa: N815
    isApiErrorMessage: bool = False  # noqa: N815
    data: _Progress | UnsetType = UNSET


_Telling = tuple[_Line, _Inner, _Message, _Usage, bytes]
_LINE = msgspec.json.Decoder(_Line)
_ADVICE = msgspec.json.Decoder(list[_Advice])


def read(view: View, batch: Batch) -> None:
    """Add every answer in some lines of a transcript.

    A line is passed over when the first object in it is the message of a user, or when nothing in it is called
    ``usage``; inside a text the quotes would be escaped. Neither needs decoding, and user lines need not even be
    looked through: that is what makes the reading fast.
    """
    data, answers = view.data, _Answers(view, batch)
    find, rfind, told = data.find, data.rfind, answers.told
    start, end = (3 if data.startswith(b"\xef\xbb\xbf") else 0), len(data)
    while start < end:
        stop = find(b"\n", start)
        if stop < 0:
            stop = end
        brace = find(b"{", start + 1, stop)
        if data[brace - _BEFORE : brace + _AFTER] != _USER and rfind(b'"usage"', start, stop) >= 0:
            told(data[start:stop])
        elif data[start] != 123 or data[stop - 1] != 125:
            line = data[start:stop].strip()
            if line and not (line.startswith(b"{") and line.endswith(b"}")):
                batch.skip(NOT_JSON)
        start = stop + 1
    answers.finish()


class _Answers:
    """One call of :func:`read`.

    An answer is told of again and again while it streams, line after line. Only the telling with the most tokens is
    looked at closely; it waits until another answer is told of.
    """

    def __init__(self, view: View, batch: Batch) -> None:
        self._batch = batch
        self._session, self._project = session_of(view.relative)
        self._index = -1
        self._version = _ABSENT
        self._model, self._model_index = "", 0
        self._scope_of, self._scope = "", 0
        self._best: _Telling | None = None
        self._others: list[_Telling] = []
        self._name, self._request = _ABSENT, _ABSENT

    def told(self, text: bytes) -> None:
        """Take a line that may tell of an answer."""
        line: _Line | None
        try:
            line = _decode(text)
        except UNDECODABLE:
            line = decode(text, _LINE, self._batch)
            if line is None:
                return
        inner: _Inner = line
        message = line.message
        if message is UNSET:
            if line.data is UNSET or line.data.message is UNSET:
                return
            inner = line.data.message
            message = inner.message
        if message is UNSET or (usage := message.usage) is UNSET:
            return
        best = self._best
        if best is not None:
            if (
                message.id == self._name != _ABSENT
                and inner.requestId == self._request
                and (self._request != _ABSENT or _asks_the_same(line, usage, best))
                and not line.isApiErrorMessage
            ):
                more = _outdoes(line, inner, usage, best)
                if more:
                    self._others.append(best)
                    self._best = (line, inner, message, usage, text)
                    return
            self.finish()
        self._name, self._request = message.id, inner.requestId
        self._best = (line, inner, message, usage, text)

    def finish(self) -> None:
        """Add what has been waiting for a better telling."""
        best, others = self._best, self._others
        if best is None:
            return
        self._best = None
        batch = self._batch
        batch.seen += 1
        if not others:
            self._put(best)
            return
        self._others = []
        batch.seen += len(others)
        if self._put(best):
            batch.repeated += len(others)
            return
        for telling in others:
            self._put(telling)

    def _put(self, telling: _Telling) -> bool:
        """Add one telling; False where that cannot be done, which is counted."""
        line, inner, message, usage, text = telling
        model = message.model
        ts = milliseconds(line.timestamp if inner.timestamp is None else inner.timestamp)
        writes = usage.cache_creation
        given, output, cached = usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens
        short, long = (usage.cache_creation_input_tokens, 0) if writes is None else (writes.short, writes.long)
        cost = NO_COST if line.costUSD is UNSET else _pico(line.costUSD)  # the tokens count whatever the cost is
        name, sub = message.id, inner.requestId
        if not (name and model and sub and line.sessionId):
            return self._skip(EMPTY_NAME)
        if line.version != self._version and not self._is_version(line.version):
            return self._skip(VERSION)
        if ts is None:
            return self._skip(NO_TIME)
        if (given | output | cached | short | long) >> 40:  # of a negative one, too, something is left
            return self._skip(BAD_NUMBER)
        flags = _SIDECHAIN if inner.isSidechain else 0
        if cost >= 0 or usage.speed or usage.service_tier != "standard" or model == _SYNTHETIC:
            flags |= _flags(usage, model, cost)
        if model != self._model:
            self._use_model(model)
        if line.sessionId != self._scope_of:
            self._use_session(line.sessionId)
        if sub == _ABSENT:
            sub = f"{self._scope}\0{given}\0{short + long}\0{cached}"
        key = key_of(name) if name != _ABSENT else 0
        sub_key, scope = crc32(sub.encode("utf-8", "surrogatepass")), self._scope
        index = self._index
        fields = (ts, key, sub_key, scope, index, self._model_index, flags, given, output, cached, short, long, 0, cost)
        self._batch.put(_new(Record, fields))
        if usage.iterations is not _NOTHING or line.isApiErrorMessage:
            error = text if line.isApiErrorMessage else b""
            self._notes((ts, key, sub_key, scope), flags, message, bytes(usage.iterations), error)
        return True

    def _skip(self, reason: str) -> bool:
        self._batch.skip(reason)
        return False

    def _is_version(self, text: str) -> bool:
        if text != _ABSENT and not _VERSION.match(text):
            return False
        self._version = text
        return True

    def _use_model(self, model: str) -> None:
        self._model, self._model_index = model, self._batch.model(model if model != _ABSENT else "")

    def _use_session(self, session: str) -> None:
        self._scope_of = session
        self._scope = short_key(self._session if session == _ABSENT else session)
        self._index = self._batch.session(self._session, self._project)

    def _notes(self, head: tuple[int, int, int, int], flags: int, message: _Message, told: bytes, error: bytes) -> None:
        """What an answer tells of besides: its advisor is another model, whose tokens are not in the outer figures."""
        ts, key, sub, scope = head
        batch = self._batch
        advices = decode(told, _ADVICE, batch) if _ADVISOR in told else None
        for number, advice in enumerate(advices or ()):
            if advice.type != "advisor_message":
                continue
            model = message.model if advice.model == _ABSENT else advice.model
            tokens = dict(zip(_NAMES, _tokens(advice), strict=True))
            batch.add(
                ts=ts,
                session=self._index,
                model=batch.model(model if model != _ABSENT else ""),
                flags=flags & _SIDECHAIN | _flags(advice, model, NO_COST),
                key=key_of(str(key), "advisor", str(number)) if key else 0,
                sub=sub,
                scope=scope,
                **tokens,
            )
        found = _LIMIT.search(error)
        until = milliseconds(found[1].decode()) if found else None
        if until is not None:
            model_index = batch.model(_SYNTHETIC)
            batch.add(ts=ts, session=self._index, model=model_index, flags=Flag.LIMIT.value, key=until)


_new = tuple.__new__
_decode = _LINE.decode
_NAMES = ("input", "output", "cache_read", "write_5m", "write_1h")


def _asks_the_same(line: _Line, usage: _Usage, before: _Telling) -> bool:
    """Without a request's id: whether session and inputs are those of the telling before."""
    given, _, cached, short, long = _tokens(usage)
    other, _, held, less, longer = _tokens(before[3])
    return line.sessionId == before[0].sessionId and (given, cached, short + long) == (other, held, less + longer)


def _outdoes(line: _Line, inner: _Inner, usage: _Usage, before: _Telling) -> bool:
    """Whether a telling has more tokens than the one before, which has nothing to tell but its tokens."""
    earlier, inside, _, less, _ = before
    if inner.isSidechain != inside.isSidechain or earlier.isApiErrorMessage:
        return False
    if less.iterations is not _NOTHING and _ADVISOR in bytes(less.iterations):
        return False
    return sum(_tokens(less)) < sum(_tokens(usage))


def _tokens(usage: _Usage) -> tuple[int, int, int, int, int]:
    """Input, output, read from the cache, written for 5 minutes and for an hour.

    The object with both kinds of writes replaces the flat figure, also where they disagree.
    """
    writes = usage.cache_creation
    if writes is None:
        flat = usage.cache_creation_input_tokens
        return usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens, flat, 0
    return usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens, writes.short, writes.long


def _pico(dollars: Decimal) -> int:
    """Pico-dollars; as if none were recorded where that is no price of an answer."""
    if not (dollars.is_finite() and 0 <= dollars < _MOST_DOLLARS):
        return NO_COST
    return int((dollars * PICO).to_integral_value())


def _flags(usage: _Usage, model: str, cost: int) -> int:
    flags = _FAST if usage.speed == "fast" else 0
    if cost >= 0:
        flags |= _HAS_COST
    if type(usage.service_tier) is str:
        flags |= _TIERS.get(usage.service_tier, 0)
    return flags | (Flag.SYNTHETIC.value if model == _SYNTHETIC else 0)


CLAUDE = Reader(
    id="claude",
    name="Claude Code",
    kind="lines",
    places=places,
    wants=lambda relative: relative.endswith(".jsonl"),
    read=read,
    counts="Answers of the model, agents included; each once, by message and request.",
)
