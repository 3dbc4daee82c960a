"""Amp: a thread is one JSON document, with a ledger of what was spent.

As in ccusage 20.0.24 (measured 2026-11): the ledger tells input and output, and the message that an entry led to what
the cache held. A thread without a ledger has its figures in the messages. Unlike there, an entry that is told twice
under one id counts once, and credits of an entry without tokens count, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_MODEL, NO_TIME, WRONG_SHAPE, decode, tokens
from aic_tui.logs.money import MILLION, scaled
from aic_tui.logs.places import data_home, distinct, extra, from_variable, is_folder
from aic_tui.logs.times import milliseconds
from aic_tui.logs.totals import Twins
from aic_tui.usage_records import Flag, Record, key_of

_VARIABLE = "AMP_DATA_DIR"
_CREDITS = Flag.CREDITS.value
Raw = msgspec.Raw
_EMPTY = Raw(b"")


class _Tokens(msgspec.Struct, gc=False):
    input: Any = None
    output: Any = None


class _Event(msgspec.Struct, gc=False):
    id: Any = None
    timestamp: Any = None
    model: Any = None
    credits: Any = None
    toMessageId: Any = None  # noqa: N815  # the log's name
    tokens: _Tokens | None = None


class _Usage(msgspec.Struct, gc=False):
    model: Any = None
    timestamp: Any = None
    credits: Any = None
    inputTokens: Any = None  # noqa: N815
    outputTokens: Any = None  # noqa: N815
    cacheCreationInputTokens: Any = None  # noqa: N815
    cacheReadInputTokens: Any = None  # noqa: N815


class _Message(msgspec.Struct, gc=False):
    role: Any = None
    messageId: Any = None  # noqa: N815
    timestamp: Any = None
    usage: _Usage | None = None


class _Ledger(msgspec.Struct, gc=False):
    events: list[Raw] = []


class _Thread(msgspec.Struct, gc=False):
    id: str = ""
    messages: list[Raw] | None = None
    usageLedger: _Ledger | None = None  # noqa: N815


_THREAD = msgspec.json.Decoder(_Thread)
_EVENT = msgspec.json.Decoder(_Event)
_MESSAGE = msgspec.json.Decoder(_Message)


class _Spent:
    """The entries of one thread."""

    def __init__(self, thread: str, batch: Batch) -> None:
        self._thread = thread
        self._batch = batch
        self._twins = Twins()

    def add(self, name: object, time: object, model: object, counts: tuple[Any, ...], spent: object) -> None:
        """One entry: input, output, cache writes and cache reads, each None where it was not told;
        ``spent`` are its credits.
        """
        batch = self._batch
        batch.seen += 1
        ts = milliseconds(time)
        if ts is None:
            return batch.skip(NO_TIME)
        if not isinstance(model, str) or not model:
            return batch.skip(NO_MODEL)
        figures = [0 if count is None else tokens(count) for count in counts]
        if None in figures:
            return batch.skip(WRONG_SHAPE)
        given, output, written, cached = (figure or 0 for figure in figures)
        if isinstance(name, str) and name:
            key = key_of("amp", self._thread, name)
        else:
            key = self._twins.key("amp", self._thread, ts, model, *figures)
        session, index = batch.session(self._thread), batch.model(model)
        if any(figures):
            batch.add(
                ts=ts,
                session=session,
                model=index,
                input=given,
                output=output,
                write_5m=written,
                cache_read=cached,
                key=key,
            )
        amount = scaled(spent, MILLION)
        if amount:
            again = key_of("amp credits", str(key))
            batch.put(Record(ts, again, 0, 0, session, index, _CREDITS, 0, 0, 0, 0, 0, 0, amount))
        return None


def read(view: View, batch: Batch) -> None:
    """Add what one thread spent."""
    if b'"usage' not in view.data:
        return
    thread = decode(view.data.removeprefix(b"\xef\xbb\xbf"), _THREAD, batch)
    if thread is None:
        return
    name = thread.id or view.relative.rpartition("/")[2].removesuffix(".json")
    spent = _Spent(name, batch)
    messages = [decode(bytes(raw), _MESSAGE, batch) for raw in thread.messages or () if b'"usage"' in bytes(raw)]
    told = [message for message in messages if message and message.usage and message.role == "assistant"]
    if thread.usageLedger is None:
        for message in told:
            _of_message(message, spent)
        return
    caches = {message.messageId: message.usage for message in told if isinstance(message.messageId, int | str)}
    for raw in thread.usageLedger.events:
        event = decode(bytes(raw), _EVENT, batch)
        if event is not None:
            usage = caches.get(event.toMessageId) if isinstance(event.toMessageId, int | str) else None
            _of_event(event, usage or _Usage(), spent)


def _of_event(event: _Event, usage: _Usage, spent: _Spent) -> None:
    told = event.tokens or _Tokens()
    counts = (told.input, told.output, usage.cacheCreationInputTokens, usage.cacheReadInputTokens)
    spent.add(event.id, event.timestamp, event.model, counts, event.credits)


def _of_message(message: _Message, spent: _Spent) -> None:
    usage = message.usage or _Usage()
    counts = (usage.inputTokens, usage.outputTokens, usage.cacheCreationInputTokens, usage.cacheReadInputTokens)
    name = message.messageId
    named = f"message {name}" if isinstance(name, int | str) else None
    spent.add(named, usage.timestamp or message.timestamp, usage.model, counts, usage.credits)


def places(machine: Machine) -> list[Place]:
    """The ``threads`` directories; ``AMP_DATA_DIR`` names other data directories instead."""
    named = from_variable(machine, _VARIABLE)
    found = [Place(data_home(machine) / "amp" / "threads", depth=0)]
    if named is not None:
        found = [Place(_threads(path), _VARIABLE, depth=0) for path in named]
    more = (Place(_threads(place.path), place.origin, depth=0) for place in extra(machine, "amp"))
    return distinct([*found, *more])


def _threads(path: Path) -> Path:
    inner = path / ".local" / "share" / "amp" / "threads"
    return inner if is_folder(inner) else path if path.name == "threads" else path / "threads"


AMP = Reader(
    id="amp",
    name="Amp",
    kind="whole",
    places=places,
    wants=lambda relative: relative.endswith(".json"),
    read=read,
    counts="Entries of each thread's ledger, with what the cache held; newer threads are on Amp's servers only.",
)
