"""OpenCode: a row of its database for every answer, and before version 1.2 a small JSON file.

The rules are those of ccusage 20.0.24 (measured 2026-11): databases before JSON, one answer once by its id, and a
session that has sums but no answers counts with its sums. Three deviations: answers that a forked session copied
under new ids are left out; the databases of all channels count, not only the first; a figure that is no count of
tokens makes its answer skipped, not zero.
"""

from __future__ import annotations

import fnmatch
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any, NamedTuple

import msgspec

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_MODEL, NO_TIME, NOT_JSON, decode
from aic_tui.logs.money import pico_dollars
from aic_tui.logs.places import data_home, distinct, extra, from_variable, is_folder
from aic_tui.logs.sqlite_file import columns, opened
from aic_tui.logs.times import milliseconds
from aic_tui.logs.totals import with_rest
from aic_tui.usage_records import Flag, key_of, short_key

_MESSAGES = ("storage", "message")
_TOTALS = ("tokens_input", "tokens_output", "tokens_cache_read", "tokens_cache_write")
_SIDECHAIN = Flag.SIDECHAIN.value


class _Cache(msgspec.Struct, gc=False):
    read: int | None = 0
    write: int | None = 0


class _Tokens(msgspec.Struct, gc=False):
    input: int | None = 0
    output: int | None = 0
    reasoning: int | None = 0
    total: int | None = None
    cache: _Cache | None = None


class _Time(msgspec.Struct, gc=False):
    created: Any = None


class _Model(msgspec.Struct, gc=False):
    id: str | None = None
    providerID: str | None = None  # noqa: N815  # the log's name


class _Path(msgspec.Struct, gc=False):
    cwd: str | None = None


class Message(msgspec.Struct, gc=False):
    """One answer, as a file or as the ``data`` of a row."""

    id: str | None = None
    sessionID: str | None = None  # noqa: N815
    role: str | None = None
    modelID: str | None = None  # noqa: N815
    providerID: str | None = None  # noqa: N815
    model: _Model | None = None
    cost: Any = None
    time: _Time | None = None
    path: _Path | None = None
    tokens: _Tokens | None = None


_MESSAGE = msgspec.json.Decoder(Message)
_MODEL = msgspec.json.Decoder(_Model)


class Rules(NamedTuple):
    """Where OpenCode and its forks differ: in what counts, and which recorded costs are believed."""

    tool: str
    counts: Callable[[Message], bool]
    free_is_cost: bool


class _Origin(NamedTuple):
    """Where an answer was found. ``time`` is for those that have none themselves; ``flags`` rank it."""

    id: str
    session: str
    project: str
    time: object
    flags: int = 0


class Reading:
    """One database or file."""

    def __init__(self, rules: Rules, batch: Batch) -> None:
        self._rules = rules
        self._batch = batch
        self._seen: set[int] = set()

    def file(self, data: bytes, relative: str, modified_ms: int) -> None:
        """A legacy JSON file, ``<session>/<message>.json``."""
        if not data.rstrip().endswith(b"}"):
            return self._batch.skip(NOT_JSON)
        message = self._message(data)
        if message is None:
            return None
        name = relative.rpartition("/")[2].removesuffix(".json")
        session = message.sessionID or relative.partition("/")[0]
        # A database has the last word on an answer that both tell of: it is the main chain, this the replay.
        self._add(message, _Origin(message.id or name, session, "", modified_ms, _SIDECHAIN))
        return None

    def database(self, connection: sqlite3.Connection) -> None:
        """Every layout that there has been."""
        projects = _projects(connection)
        told: set[str] = set()
        if {"id", "session_id", "data"} <= columns(connection, "message"):
            told |= self._rows(connection, "message", "", projects)
        has_messages = {"id", "session_id", "data", "type"} <= columns(connection, "session_message")
        if has_messages:
            where = "WHERE type = 'assistant' AND id NOT IN (SELECT id FROM message)"
            where = where if columns(connection, "message") else "WHERE type = 'assistant'"
            told |= self._rows(connection, "session_message", where, projects)
        for table in ("session_v2", *(("session",) if has_messages else ())):
            self._sums(connection, table, told, projects)
        self._batch.forks, self._batch.repeated = self._batch.repeated, 0

    def _rows(self, connection: sqlite3.Connection, table: str, where: str, projects: dict[str, str]) -> set[str]:
        told: set[str] = set()
        time = "time_created" if "time_created" in columns(connection, table) else "NULL"
        query = f"SELECT id, session_id, {time}, data FROM {table} {where}"  # noqa: S608  # names of ours
        with closing(connection.execute(query)) as rows:
            for name, session, created, data in rows:
                message = self._message(_bytes(data))
                if message is None:
                    continue
                owner = session if isinstance(session, str) else ""
                if self._add(message, _Origin(str(name), owner, projects.get(owner, ""), created)):
                    told.add(owner)
        return told

    def _message(self, data: bytes) -> Message | None:
        if b'"tokens"' not in data:
            return None
        message = decode(data, _MESSAGE, self._batch)
        if message is None or message.tokens is None or not self._rules.counts(message):
            return None
        return message

    def _add(self, message: Message, origin: _Origin) -> bool:
        found = message.tokens or _Tokens()
        cache = found.cache or _Cache()
        given, output, reasoning = found.input or 0, found.output or 0, found.reasoning or 0
        read, write = cache.read or 0, cache.write or 0
        if not (given or output or reasoning or read or write or found.total):
            return False
        batch = self._batch
        batch.seen += 1
        model = message.modelID or (message.model.id if message.model else "") or ""
        if not model:
            batch.skip(NO_MODEL)
            return False
        ts = milliseconds(message.time.created if message.time else None) or milliseconds(origin.time)
        if ts is None:
            batch.skip(NO_TIME)
            return False
        if min(given, output, reasoning, read, write) >= 0:
            output, reasoning = with_rest(found.total, given + output + reasoning + read + write, output, reasoning)
        project = origin.project or (message.path.cwd if message.path else "") or ""
        session = batch.session(origin.session or "unknown", project)
        key = key_of(self._rules.tool, str(ts), model)
        batch.add(
            ts=ts,
            session=session,
            model=batch.model(model),
            input=given,
            output=output,
            cache_read=read,
            write_5m=write,
            extra=reasoning,
            cost=self._cost(message.cost),
            flags=origin.flags,
            key=key,
            sub=self._sub(session, key, (given, output, read, write, reasoning)),
            scope=short_key(origin.id),
        )
        return True

    def _sub(self, session: int, key: int, tokens: Iterable[int]) -> int:
        """What makes answers of one instant and model the same: their figures, but for twins in one session."""
        sub = short_key(",".join(map(str, tokens)))
        while (mark := hash((session, key, sub))) in self._seen:
            sub = short_key(str(sub), "twin")
        self._seen.add(mark)
        return sub

    def _cost(self, value: object) -> int | None:
        cost = pico_dollars(value)
        return cost if cost or self._rules.free_is_cost else None

    def _sums(self, connection: sqlite3.Connection, table: str, told: set[str], projects: dict[str, str]) -> None:
        """Sessions of which only sums are left."""
        there = columns(connection, table)
        if not {"id", "time_created", "model", *_TOTALS} <= there:
            return
        names = ["id", "time_created", "model", *_TOTALS]
        names += [name if name in there else "NULL" for name in ("tokens_reasoning", "cost")]
        query = f"SELECT {', '.join(names)} FROM {table}"  # noqa: S608  # names of ours
        for name, created, told_model, given, output, read, write, reasoning, cost in connection.execute(query):
            if name in told:
                continue
            told.add(str(name))
            model = decode(_bytes(told_model), _MODEL, self._batch) if told_model else None
            try:
                tokens = _Tokens(
                    *msgspec.convert((given, output, reasoning), tuple[int | None, int | None, int | None])
                )
                tokens.cache = msgspec.convert({"read": read, "write": write}, _Cache)
            except msgspec.ValidationError:
                self._batch.skip("unexpected shape")
                continue
            message = Message(model=model, providerID=model.providerID if model else None, tokens=tokens, cost=cost)
            self._add(message, _Origin(f"sums {name}", str(name), projects.get(str(name), ""), created))


def _bytes(data: object) -> bytes:
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data if isinstance(data, bytes) else b""


def _projects(connection: sqlite3.Connection) -> dict[str, str]:
    found: dict[str, str] = {}
    for table in ("session", "session_v2"):
        if {"id", "directory"} <= columns(connection, table):
            query = f"SELECT id, directory FROM {table} WHERE typeof(directory) = 'text'"  # noqa: S608  # names of ours
            found.update(connection.execute(query))
    return found


def roots(machine: Machine, tool: str, variable: str, folder: str) -> list[Place]:
    """The databases' folder (itself alone: snapshots and parts below it are many) and that of the JSON files."""
    found = [Place(path, variable) for path in from_variable(machine, variable) or ()]
    places = found or [Place(data_home(machine) / folder)]
    for place in extra(machine, tool):
        inner = place.path / ".local" / "share" / folder
        places.append(Place(inner if is_folder(inner) else place.path, place.origin))
    both: list[Place] = []
    for place in places:
        both += [Place(place.path, place.origin, depth=0)]
        both += [Place(place.path.joinpath(*_MESSAGES), place.origin, depth=1)]
    return distinct(both)


def wanted(name: str) -> Callable[[str], bool]:
    """Judges paths below both kinds of roots."""

    def wants(relative: str) -> bool:
        if relative.endswith(".json"):
            return relative.count("/") == 1
        return relative == f"{name}.db" or ("/" not in relative and fnmatch.fnmatchcase(relative, f"{name}-*.db"))

    return wants


def reader(rules: Rules) -> Callable[[View, Batch], None]:
    """The ``read`` of OpenCode or of a fork."""

    def read(view: View, batch: Batch) -> None:
        reading = Reading(rules, batch)
        if view.relative.endswith(".db"):
            with opened(view.path) as connection:
                reading.database(connection)
        else:
            reading.file(view.data or view.beside(view.relative) or b"", view.relative, view.modified_ms)

    return read


def _counts(message: Message) -> bool:
    return bool(message.providerID or (message.model and message.model.providerID))


OPENCODE = Reader(
    id="opencode",
    name="OpenCode",
    kind="database",
    places=lambda machine: roots(machine, "opencode", "OPENCODE_DATA_DIR", "opencode"),
    wants=wanted("opencode"),
    read=reader(Rules("opencode", _counts, free_is_cost=False)),
    counts="Answers of the databases, then of the JSON files, each once; copies in forked sessions are left out.",
)
