"""Codebuff: a chat is one JSON document, in which answers have their usage and their credits.

As in ccusage 20.0.24 (measured 2026-11), but for three: where a total proves that what was cached is inside the
prompt, it is taken out; of several tellings of a message the greatest counts, not the last; and the state that a
message keeps of its run is asked only where the message itself has no usage, for the run's last answer alone (ccusage
fills every single 0 with a figure of some earlier answer).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_TIME, WRONG_SHAPE, decode, tokens
from aic_tui.logs.money import MILLION, scaled
from aic_tui.logs.places import distinct, extra, from_variable, is_folder
from aic_tui.logs.times import milliseconds
from aic_tui.logs.totals import Twins, with_rest
from aic_tui.usage_records import Flag, Record, key_of

_VARIABLE = "CODEBUFF_DATA_DIR"
_CHANNELS = ("manicode", "manicode-dev", "manicode-staging")
_NAME = "chat-messages.json"
_UNKNOWN = "codebuff-unknown"
_ROLES = ("ai", "agent", "assistant")
_CREDITS = Flag.CREDITS.value
_INPUT = ("inputTokens", "input_tokens", "promptTokens", "prompt_tokens")
_OUTPUT = ("outputTokens", "output_tokens", "completionTokens", "completion_tokens")
_READ = ("cacheReadInputTokens", "cache_read_input_tokens")
_WRITE = (
    *("cacheCreationInputTokens", "cache_creation_input_tokens", "cacheCreationTokens", "cache_creation_tokens"),
    *("cachedTokensCreated", "cached_tokens_created"),
)
_TOTAL = ("totalTokens", "total_tokens", "total")
_INSIDE = (("promptTokensDetails", "cachedTokens"), ("prompt_tokens_details", "cached_tokens"))
_RUN = ("runState", "sessionState", "mainAgentState")

_MESSAGES = msgspec.json.Decoder(list[msgspec.Raw])
_MESSAGE = msgspec.json.Decoder(dict[str, Any])


class _Usage(NamedTuple):
    split: tuple[int, int, int, int, int]
    credits: object
    model: str


class _Chat:
    """One document."""

    def __init__(self, view: View, batch: Batch) -> None:
        self._batch = batch
        project, _, chat, _ = view.relative.split("/")
        self._project = project
        self._session = f"{view.path.parents[4].name}/{project}/{chat}"
        day, _, clock = chat.partition("T")
        self._began = milliseconds(f"{day}T{clock.replace('-', ':', 2)}") or milliseconds(view.modified_ms)
        self._twins = Twins()

    def message(self, message: dict[str, Any]) -> None:
        """Add a message where it is an answer."""
        if (_text(message, "variant") or _text(message, "role")) not in _ROLES:
            return None
        metadata = _inside(message, "metadata")
        try:
            usage = next(_usages(metadata), None)
        except ValueError:
            return self._batch.skip(WRONG_SHAPE)
        spent = scaled(usage.credits if usage else 0, MILLION) or scaled(message.get("credits"), MILLION)
        if usage is None and not spent:
            return None
        self._batch.seen += 1
        times = (message.get("timestamp"), message.get("createdAt"), metadata.get("timestamp"))
        ts = next(filter(None, map(milliseconds, times)), self._began)
        if ts is None:
            return self._batch.skip(NO_TIME)
        model = _text(metadata, "model") or (usage.model if usage else "") or _UNKNOWN
        self._add(_text(message, "id"), ts, model, usage.split if usage else (0,) * 5, spent)
        return None

    def _add(self, name: str, ts: int, model: str, split: tuple[int, ...], spent: int | None) -> None:
        batch = self._batch
        if name:
            key = key_of("codebuff", self._session, name)
        else:
            key = self._twins.key("codebuff", self._session, ts, model, *split)
        session, index = batch.session(self._session, self._project), batch.model(model)
        given, output, read, write, rest = split
        if any(split):
            batch.add(
                ts=ts,
                session=session,
                model=index,
                input=given,
                output=output,
                cache_read=read,
                write_5m=write,
                extra=rest,
                key=key,
            )
        if spent:
            again = key_of("codebuff credits", str(key))
            batch.put(Record(ts, again, 0, 0, session, index, _CREDITS, 0, 0, 0, 0, 0, 0, spent))


def _usages(metadata: Mapping[str, Any]) -> Iterator[_Usage]:
    """Every place where a message may have its usage, the best first; those without are left out."""
    yield from _usage(metadata, "")
    yield from _usage(_inside(metadata, "codebuff"), "")
    run: Mapping[str, Any] = metadata
    for name in _RUN:
        run = _inside(run, name)
    history = run.get("messageHistory")
    for entry in reversed(history) if isinstance(history, list) else ():
        if isinstance(entry, dict) and entry.get("role") == "assistant":
            options = _inside(entry, "providerOptions")
            own = _inside(options, "codebuff")
            yield from _usage(options, _text(own, "model"))
            yield from _usage(own, _text(own, "model"))


def _usage(owner: Mapping[str, Any], model: str) -> Iterator[_Usage]:
    told = _inside(owner, "usage")
    given, output, write = _first(told, _INPUT), _first(told, _OUTPUT), _first(told, _WRITE)
    read, total = _first(told, _READ), _first(told, _TOTAL)
    inside = max(_first(_inside(told, outer), (inner,)) for outer, inner in _INSIDE)
    if inside > read:
        read = inside
        if total and total == given + output:
            given -= min(read, given)
    output, rest = with_rest(total, given + output + read + write, output, 0)
    if given or output or read or write or rest or scaled(told.get("credits"), MILLION):
        yield _Usage((given, output, read, write, rest), told.get("credits"), model or _text(told, "model"))


def _first(told: Mapping[str, Any], names: tuple[str, ...]) -> int:
    """The first of these figures that is not 0. Raises ``ValueError`` for what is no count of tokens."""
    value = next((told[name] for name in names if told.get(name)), 0)
    count = tokens(value)
    if count is None:
        raise ValueError
    return count


def _inside(owner: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = owner.get(name)
    return value if isinstance(value, dict) else {}


def _text(owner: Mapping[str, Any], name: str) -> str:
    value = owner.get(name)
    return value.strip() if isinstance(value, str) else ""


def read(view: View, batch: Batch) -> None:
    """Add what one chat used."""
    messages = decode(view.data.removeprefix(b"\xef\xbb\xbf"), _MESSAGES, batch)
    chat = _Chat(view, batch)
    for raw in messages or ():
        data = bytes(raw)
        if b'"usage"' in data or b'"credits"' in data:
            message = decode(data, _MESSAGE, batch)
            if message is not None:
                chat.message(message)


def places(machine: Machine) -> list[Place]:
    """The ``projects`` of all of Codebuff's channels, which ``CODEBUFF_DATA_DIR`` replaces."""
    named = from_variable(machine, _VARIABLE)
    roots = [Place(machine.home / ".config" / channel) for channel in _CHANNELS]
    if named is not None:
        roots = [Place(path, _VARIABLE) for path in named]
    for place in extra(machine, "codebuff"):
        homes = [place.path / ".config" / channel for channel in _CHANNELS]
        roots += [Place(path, place.origin) for path in homes if is_folder(path)] or [place]
    return distinct([Place(_projects(root.path), root.origin, depth=3) for root in roots])


def _projects(path: Path) -> Path:
    return path if path.name == "projects" else path / "projects"


def _wants(relative: str) -> bool:
    parts = relative.split("/")
    return len(parts) == 4 and parts[1] == "chats" and parts[3] == _NAME


CODEBUFF = Reader(
    id="codebuff",
    name="Codebuff",
    kind="whole",
    places=places,
    wants=_wants,
    read=read,
    counts="Answers in chats, each once; credits are summed apart.",
)
