"""Codex: after every request an event tells the tokens of the last request and of the session so far.

The rules are those of ccusage 20.0.24 (measured 2026-11), but for these: a bad timestamp costs its own event only; a
sub-agent that names its parent only as ``parent_thread_id`` is one; equal events are the same one in every report,
whichever files have them (a session that is archived, too, counts once).
"""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, datetime
from typing import Any

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.codex_forks import ARCHIVED, LIVE, Copied, is_of, place_of, session_name
from aic_tui.logs.codex_lines import (
    LINE,
    Event,
    Line,
    Payload,
    Vector,
    event_of,
    has_name,
    name_in,
    parent_of,
    wanted_lines,
)
from aic_tui.logs.lines import BAD_NUMBER, NO_TIME, decode
from aic_tui.logs.places import distinct, extra, from_variable, is_folder
from aic_tui.logs.read_file import TooLarge, open_regular, read_whole
from aic_tui.logs.times import milliseconds
from aic_tui.usage_records import NO_COST, Flag, Record, key_of

_VARIABLE = "CODEX_HOME"
_NO_MODEL = "gpt-5"
_REVIEW = "codex-auto-review"
# What the server answers reviews with is not in the log: OpenAI's announcements, as in ccusage#1753, 2026-09.
_REVIEWERS = (("2026-07-30", "gpt-5.6-luna"), ("2026-03-05", "gpt-5.4"), ("", "gpt-5.3-codex"))
_TIERS = {"fast": Flag.FAST.value, "priority": Flag.PRIORITY.value, "flex": Flag.FLEX.value}
_LARGEST_SETTINGS = 1 << 20
_LONGEST_NAME = 200
_INPUT = ("input_tokens", "prompt_tokens")
_CACHED = ("cached_input_tokens", "cached_tokens", "cache_read_input_tokens")
_WRITTEN = ("cache_write_input_tokens",)
_OUTPUT = ("output_tokens", "completion_tokens")
_REASONING = ("reasoning_output_tokens", "reasoning_tokens")
_ROLLOUT = ("session_meta", "turn_context", "event_msg", "response_item", "compacted")


def places(machine: Machine) -> list[Place]:
    """The sessions and the archived ones of every home; a home that has neither is itself one."""
    named = from_variable(machine, _VARIABLE)
    homes = [Place(machine.home / ".codex")] if named is None else [Place(path, _VARIABLE) for path in named]
    for place in extra(machine, "codex"):
        inner = place.path / ".codex"
        homes.append(Place(inner, place.origin) if is_folder(inner) else place)
    return distinct(found for home in homes for found in _inside(home))


def _inside(home: Place) -> list[Place]:
    found = [Place(home.path / name, home.origin) for name in (LIVE, ARCHIVED) if is_folder(home.path / name)]
    if found:
        return found
    if not is_folder(home.path):
        return [Place(home.path / LIVE, home.origin, None if home.origin == "default" else "is not there")]
    return [home]


def read(view: View, batch: Batch) -> None:
    """Add every request that some lines of a rollout tell of."""
    thread = _Thread(view, batch)
    for text in wanted_lines(view.data, batch):
        line = decode(text, LINE, batch)
        if line is not None:
            thread.take(line)
    thread.keep()


class _Thread:
    """A rollout as far as it was read. What later lines depend on is kept in the state of the file."""

    def __init__(self, view: View, batch: Batch) -> None:
        self._view = view
        self._batch = batch
        self._state = state = view.state
        self._model: str | None = state.get("model")
        self._total: Vector | None = _vector(state.get("total"))
        self._tier: str = state["tier"] if "tier" in state else _tier_of(view)
        self._project: str | None = state.get("project")
        self._begun: bool = state.get("begun", False)
        self._turns: int = state.get("turns", 0)
        self._index = -1
        self._copied: Copied | None = None
        self._fork: list[Any] | None = state.get("fork")
        if self._fork is not None:
            self._copied = Copied(view, *self._fork)

    def keep(self) -> None:
        """Put into the state what the next reading begins with."""
        if self._copied is not None and self._fork is not None:
            self._fork = None if self._copied.over else [*self._fork[:2], self._copied.matched]
        self._state.update(
            model=self._model,
            total=self._total,
            tier=self._tier,
            project=self._project,
            begun=self._begun,
            turns=self._turns,
            fork=self._fork,
        )

    def take(self, line: Line) -> None:
        """Understand one line."""
        payload = line.payload
        if line.type == "event_msg" and payload is not None:
            if payload.type == "thread_settings_applied" and isinstance(payload.thread_settings, dict):
                tier = payload.thread_settings.get("service_tier")
                self._tier = tier if tier in _TIERS else ""
            event = event_of(line)
            if event is not None:
                if has_name(payload):
                    self._model = _short(name_in(payload.info, payload)) or self._model
                self._event(event, milliseconds(line.timestamp))
        elif line.type == "turn_context" and payload is not None:
            self._model = _short(name_in(payload)) or self._model
            self._where(payload)
        elif line.type == "session_meta" and payload is not None:
            self._where(payload)
            self._meta(payload, milliseconds(line.timestamp))
        elif line.type not in _ROLLOUT:
            self._turn(line)

    def _where(self, payload: Payload) -> None:
        if self._project is None and isinstance(payload.cwd, str):
            self._project = _short(payload.cwd)

    def _meta(self, payload: Payload, ts: int | None) -> None:
        """The first one is the session's own; those after it were copied with the rest."""
        if self._begun:
            return
        self._begun = True
        parent = parent_of(payload)
        if parent is not None and not is_of(self._view.relative, parent):
            self._fork = [parent, ts, None]
            self._copied = Copied(self._view, parent, ts, None)

    def _event(self, event: Event, ts: int | None) -> None:
        batch = self._batch
        batch.seen += 1
        last, total = event
        if (last is not None and _impossible(last)) or (total is not None and _impossible(total)):
            return batch.skip(BAD_NUMBER)
        if ts is None:
            return batch.skip(NO_TIME)
        if total is not None and total == self._total:
            # Told again because a rate limit changed.
            batch.repeated += 1
            return None
        used = last
        if used is None and total is not None:
            used = total if self._total is None else _minus(total, self._total)
        self._total = total or self._total
        if self._copied is not None and not self._copied.over:
            first = self._copied.matched is None
            if self._copied.has(event, ts):
                batch.forks += first
                self._copied.matched = self._copied.matched or 0
                return None
        if used is not None:
            self._add(used, ts, str(ts), self._model)
        return None

    def _turn(self, line: Line) -> None:
        """A line of ``codex exec --json``, whose usage is that of one turn."""
        for holder in (line, line.data, line.result, line.response):
            usage = _get(holder, "usage")
            if isinstance(usage, dict):
                break
        else:
            return None
        self._batch.seen += 1
        self._turns += 1
        used = _of_usage(usage)
        if used is None or _impossible(used):
            return self._batch.skip(BAD_NUMBER)
        told = next(
            (
                stamp
                for place in (line, holder)
                for name in ("timestamp", "created_at", "createdAt")
                if (stamp := milliseconds(_get(place, name))) is not None
            ),
            None,
        )
        model = _short(name_in(line, holder)) or self._model
        # Without a time it is the file's, which changes; so its number tells it from others.
        self._add(used, told or self._view.modified_ms, str(told or f"turn {self._turns}"), model)
        return None

    def _add(self, used: Vector, ts: int, when: str, model: str | None) -> None:
        given, cached, written, output, reasoning, total = used
        if not any(used):
            return
        flags = _TIERS.get(self._tier, 0)
        if model is None or model == _REVIEW:
            flags |= Flag.FALLBACK.value
            model = _NO_MODEL if model is None else _reviewer(ts)
        missing = max(0, total - given - output)
        cached = min(cached, given)
        written = min(written, given - cached)
        if self._index < 0:
            self._project = self._project or ""
            self._index = self._batch.session(session_name(self._view.relative), self._project)
        key = key_of(f"{when} {given} {cached} {output} {reasoning} {total} {model}")
        head = (ts, key, 0, 0, self._index, self._batch.model(model), flags)
        fields = (*head, given - cached - written, output or missing, cached, written, 0, missing if output else 0)
        self._batch.put(Record._make((*fields, NO_COST)))


def _tier_of(view: View) -> str:
    """The tier of the settings file, for sessions that do not tell theirs."""
    root = place_of(view)
    home = root.parent if root.name in (LIVE, ARCHIVED) else root
    try:
        descriptor = open_regular(str(home / "config.toml"), is_link=True)
    except (OSError, ValueError):
        return ""
    try:
        tier = tomllib.loads(read_whole(descriptor, _LARGEST_SETTINGS).decode()).get("service_tier")
    except (OSError, ValueError, TooLarge, RecursionError):
        return ""
    finally:
        os.close(descriptor)
    return tier if isinstance(tier, str) and tier in _TIERS else ""


def _reviewer(ts: int) -> str:
    day = datetime.fromtimestamp(ts / 1000, UTC).strftime("%Y-%m-%d")
    return next(model for since, model in _REVIEWERS if day >= since)


def _short(text: str | None) -> str | None:
    return text[:_LONGEST_NAME] if text else None


def _vector(kept: Any) -> Vector | None:
    return None if kept is None else (kept[0], kept[1], kept[2], kept[3], kept[4], kept[5])


def _impossible(vector: Vector) -> bool:
    a, b, c, d, e, f = vector
    return bool((a | b | c | d | e | f) >> 40)  # of a negative one, too, something is left


def _minus(total: Vector, before: Vector) -> Vector:
    a, b, c, d, e, f = (max(0, now - then) for now, then in zip(total, before, strict=True))
    return a, b, c, d, e, f


def _get(holder: object, name: str) -> object:
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def _of_usage(usage: dict[str, object]) -> Vector | None:
    """The figures of a turn under any of their names; None where one is no count."""
    found = [
        next((usage[name] for name in names if name in usage), 0)
        for names in (_INPUT, _CACHED, _WRITTEN, _OUTPUT, _REASONING)
    ]
    counts = [count for count in found if type(count) is int]
    if len(counts) != len(found):
        return None
    total = usage.get("total_tokens", counts[0] + counts[3])
    return (counts[0], counts[1], counts[2], counts[3], counts[4], total) if type(total) is int else None


CODEX = Reader(
    id="codex",
    name="Codex",
    kind="lines",
    places=places,
    wants=lambda relative: relative.endswith(".jsonl"),
    read=read,
    counts="Requests of the model; what a fork copied from its parent is left out.",
)
