"""Gemini CLI: chats as one JSON document or as lines of JSON, and the statistics of headless runs.

The rules are those of ccusage 20.0.24 (measured 2026-11), but for one: a message counts once over all files, by its
session and id. A chat that is resumed is copied from ``session-….json`` to ``session-….jsonl`` (seen in gemini-cli's
source of 2026), and a rewound message was paid for all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_MODEL, NO_TIME, WRONG_SHAPE, decode, decoded, tokens
from aic_tui.logs.places import distinct, extra, from_variable, is_folder
from aic_tui.logs.times import milliseconds
from aic_tui.logs.totals import Twins, with_rest
from aic_tui.usage_records import key_of

_VARIABLE = "GEMINI_DATA_DIR"
_INPUT = ("prompt", "prompt_tokens", "input_tokens", "input")
_OUTPUT = ("candidates", "candidates_tokens", "output_tokens", "output")
_CACHED = ("cached", "cached_tokens")
_THOUGHTS = ("thoughts", "thoughts_tokens")
_TOOL = ("tool", "tool_tokens")
_TOTAL = ("total", "total_tokens")
_LARGEST_LIST = 1 << 20

Raw = msgspec.Raw
_EMPTY = Raw(b"")


class _Set(msgspec.Struct, gc=False):
    messages: list[Raw] = []


class _Part(msgspec.Struct, gc=False):
    """A document, a line of one, or a message: whatever of it is there."""

    id: Any = None
    type: Any = None
    timestamp: Any = None
    startTime: Any = None  # noqa: N815  # the log's name
    model: Any = None
    sessionId: Any = None  # noqa: N815
    session_id: Any = None
    tokens: Raw = _EMPTY
    stats: Raw = _EMPTY
    messages: list[Raw] = []
    update: _Set | None = msgspec.field(default=None, name="$set")


_PART = msgspec.json.Decoder(_Part)
_COUNTS = msgspec.json.Decoder(dict[str, Any])


class _Chat:
    """One file. A message that is told of again replaces what was told before."""

    def __init__(self, view: View, batch: Batch) -> None:
        self._batch = batch
        self._name = view.relative.rpartition("/")[2].rpartition(".")[0]
        self._project = _project(view)
        self._session = ""
        self._model = ""
        self._time: int | None = None
        self._modified = view.modified_ms
        self._messages: dict[str, _Part] = {}
        self._twins = Twins()

    def part(self, part: _Part) -> None:
        """A document or a line of one."""
        session = part.sessionId or part.session_id
        if isinstance(session, str):
            self._session = session
        if isinstance(part.model, str):
            self._model = part.model
        self._time = milliseconds(part.timestamp) or milliseconds(part.startTime) or self._time
        for raw in (*part.messages, *(part.update.messages if part.update else ())):
            message = decode(bytes(raw), _PART, self._batch)
            if message is not None:
                self._message(message)
        self._message(part)
        if bytes(part.stats)[:1] == b"{":
            self._stats(bytes(part.stats))

    def _message(self, part: _Part) -> None:
        if part.type != "gemini" or bytes(part.tokens)[:1] != b"{":
            return
        # The time of the moment, for a message that has none itself.
        part.startTime = milliseconds(part.timestamp) or self._time or self._modified
        name = part.id if isinstance(part.id, str) and part.id else f"\0{len(self._messages)}"
        self._messages[name] = part

    def finish(self) -> None:
        """Add every message as it was told last."""
        for name, part in self._messages.items():
            self._batch.seen += 1
            if not isinstance(part.model, str) or not part.model:
                self._batch.skip(NO_MODEL)
                continue
            found = decode(bytes(part.tokens), _COUNTS, self._batch)
            if found is None:
                continue
            given, output, cached, thoughts, tool, total = counts = _counts(found)
            if None in counts[:5]:
                self._batch.skip(WRONG_SHAPE)
                continue
            is_inclusive = cached and total == given + output + thoughts + tool
            self._add(part.model, part.startTime, name, _split(counts, is_inclusive=bool(is_inclusive)))

    def _stats(self, data: bytes) -> None:
        """The sums of a headless run, by model; here what was sent always includes what was cached."""
        stats = decode(data, _COUNTS, self._batch) or {}
        models = stats.get("models")
        if not isinstance(models, dict) or not models:
            models = {self._model: stats}
        for model, told in models.items():
            found = told.get("tokens", told) if isinstance(told, dict) else None
            if not isinstance(found, dict):
                continue
            self._batch.seen += 1
            counts = _counts(found)
            if None in counts[:5]:
                self._batch.skip(WRONG_SHAPE)
            elif not model:
                self._batch.skip(NO_MODEL)
            else:
                self._add(model, self._time or self._modified, "", _split(counts, is_inclusive=True))

    def _add(self, model: str, ts: int | None, name: str, split: tuple[int, int, int, int]) -> None:
        if ts is None:
            return self._batch.skip(NO_TIME)
        session = self._session or self._name
        given, output, cached, thoughts = split
        if not any(split):
            return None
        if name and name[0] != "\0":
            key = key_of("gemini", session, name)
        else:
            key = self._twins.key("gemini", session, ts, model, *split)
        self._batch.add(
            ts=ts,
            session=self._batch.session(session, self._project),
            model=self._batch.model(model),
            input=given,
            output=output,
            cache_read=cached,
            extra=thoughts,
            key=key,
        )
        return None


def _counts(found: dict[str, Any]) -> tuple[Any, ...]:
    """Input, output, cached, thoughts, tool and total; None for what is no count, and for a total that is not told."""
    values = [_first(found, names, 0) for names in (_INPUT, _OUTPUT, _CACHED, _THOUGHTS, _TOOL)]
    return (*map(tokens, values), tokens(_first(found, _TOTAL, None)))


def _first(found: dict[str, Any], names: tuple[str, ...], default: int | None) -> Any:
    return next((found[name] for name in names if found.get(name) is not None), default)


def _split(counts: tuple[Any, ...], *, is_inclusive: bool) -> tuple[int, int, int, int]:
    """Disjoint input, output, cached and reasoning."""
    given, output, cached, thoughts, tool, total = counts
    if is_inclusive:
        cached = min(cached, given)
        given -= cached
    output, thoughts = with_rest(total, given + output + cached + thoughts + tool, output, thoughts)
    return given + tool, output, cached, thoughts


def read(view: View, batch: Batch) -> None:
    """Add the messages of one file."""
    data = view.data
    if b'"tokens"' not in data and b'"stats"' not in data:
        return
    chat = _Chat(view, batch)
    for part in _parts(view, batch):
        chat.part(part)
    chat.finish()


def _parts(view: View, batch: Batch) -> Iterator[_Part]:
    if view.relative.endswith(".jsonl"):
        yield from decoded(view.data, _PART, batch)
    elif view.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        part = decode(view.data.removeprefix(b"\xef\xbb\xbf"), _PART, batch)
        if part is not None:
            yield part


def _project(view: View) -> str:
    """The directory that was worked in, where it is known; else the name or hash that stands for it."""
    name, slash, _ = view.relative.partition("/")
    if not slash:
        return ""
    root = view.beside(f"{name}/.project_root")
    if root and len(root) < 4096:
        return root.decode("utf-8", "replace").strip()
    return _known(str(view.machine.home)).get(name, name)


@lru_cache(maxsize=2)
def _known(home: str) -> dict[str, str]:
    """Directories by the short names of ``~/.gemini/projects.json`` and by their hashes."""
    try:
        with Path(home, ".gemini", "projects.json").open("rb") as file:
            listed = msgspec.json.decode(file.read(_LARGEST_LIST), type=dict[str, dict[str, str]])
    except (OSError, ValueError, RecursionError):
        return {}
    projects = listed.get("projects", {})
    hashes = {sha256(path.encode("utf-8", "surrogatepass")).hexdigest(): path for path in projects}
    return hashes | {name: path for path, name in projects.items()}


def places(machine: Machine) -> list[Place]:
    """``~/.gemini/tmp``, which ``GEMINI_DATA_DIR`` replaces."""
    named = from_variable(machine, _VARIABLE)
    found = [Place(machine.home / ".gemini" / "tmp")]
    if named is not None:
        found = [Place(_tmp(path), _VARIABLE) for path in named]
    return distinct([*found, *(Place(_tmp(place.path), place.origin) for place in extra(machine, "gemini"))])


def _tmp(path: Path) -> Path:
    return next((path / inner for inner in (".gemini/tmp", "tmp") if is_folder(path / inner)), path)


GEMINI = Reader(
    id="gemini",
    name="Gemini CLI",
    kind="whole",
    places=places,
    wants=lambda relative: relative.endswith((".json", ".jsonl")),
    read=read,
    counts="Answers in chats, each once by session and message, and the sums of headless runs.",
)
