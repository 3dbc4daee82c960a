"""Droid: the settings of a session have the sums of all its requests.

As in ccusage 20.0.24 (measured 2026-11): one entry for a session, dated when its provider was chosen, else when the
file was changed. Of several files of one session the one with the most tokens counts; there it is the one dated last.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_TIME, decode
from aic_tui.logs.places import distinct, extra, from_variable, is_folder
from aic_tui.logs.read_file import open_regular, read_at
from aic_tui.logs.times import milliseconds
from aic_tui.logs.totals import with_rest
from aic_tui.usage_records import key_of

_VARIABLE = "DROID_SESSIONS_DIR"
_END = ".settings.json"
_LINES, _BYTES = 500, 4 << 20
_TOLD = re.compile(r'Model:([^"\\\[\n]*)')
_ASIDE = re.compile(r"\[[^\[\]]*\]")
_DASHES = re.compile(r"[\s.-]+")
_FAMILIES = {
    "claude": "claude",
    "anthropic": "claude",
    "openai": "gpt",
    "google": "gemini",
    "google_ai": "gemini",
    "gemini": "gemini",
    "vertex": "gemini",
    "vertex_ai": "gemini",
    "xai": "grok",
    "x_ai": "grok",
    "grok": "grok",
}


class _Usage(msgspec.Struct, gc=False):
    inputTokens: int | None = 0  # noqa: N815  # the log's names
    outputTokens: int | None = 0  # noqa: N815
    cacheCreationTokens: int | None = 0  # noqa: N815
    cacheReadTokens: int | None = 0  # noqa: N815
    thinkingTokens: int | None = 0  # noqa: N815
    totalTokens: int | None = None  # noqa: N815


class _Settings(msgspec.Struct, gc=False):
    model: Any = None
    providerLock: Any = None  # noqa: N815
    providerLockTimestamp: Any = None  # noqa: N815
    tokenUsage: _Usage | None = None  # noqa: N815


_SETTINGS = msgspec.json.Decoder(_Settings)


def read(view: View, batch: Batch) -> None:
    """Add what one session used so far."""
    if b'"tokenUsage"' not in view.data:
        return
    settings = decode(view.data.removeprefix(b"\xef\xbb\xbf"), _SETTINGS, batch)
    if settings is None or settings.tokenUsage is None:
        return
    batch.seen += 1
    given, output, write, cached, thinking = split = _split(settings.tokenUsage)
    ts = milliseconds(settings.providerLockTimestamp) or milliseconds(view.modified_ms)
    if ts is None:
        batch.skip(NO_TIME)
        return
    if not any(split):
        return
    folder, _, name = view.relative.rpartition("/")
    session = name.removesuffix(_END)
    batch.add(
        ts=ts,
        session=batch.session(session, folder.partition("/")[0]),
        model=batch.model(_model(settings, view.path)),
        input=given,
        output=output,
        write_5m=write,
        cache_read=cached,
        extra=thinking,
        key=key_of("droid", session),
    )


def _split(usage: _Usage) -> tuple[int, int, int, int, int]:
    """Input, output, written to the cache, read from it, and thinking, which is not inside the output."""
    given, output = usage.inputTokens or 0, usage.outputTokens or 0
    write, cached = usage.cacheCreationTokens or 0, usage.cacheReadTokens or 0
    thinking = usage.thinkingTokens or 0
    if min(given, output, write, cached, thinking) >= 0:
        known = given + output + write + cached + thinking
        output, thinking = with_rest(usage.totalTokens, known, output, thinking)
    return given, output, write, cached, thinking


def _model(settings: _Settings, path: Path) -> str:
    if isinstance(settings.model, str) and settings.model.strip():
        name = model_name(settings.model)
    else:
        name = _told_model(path.with_name(path.name.removesuffix(_END) + ".jsonl"))
    if name:
        return name
    provider = settings.providerLock if isinstance(settings.providerLock, str) else ""
    family = _FAMILIES.get(provider.strip().lower().replace("-", "_"))
    return f"{family}-unknown" if family else "unknown"


def model_name(text: str) -> str:
    """Droid's name of a model, ``custom:Claude-Opus-4.5-[Anthropic]-0``, as others write it."""
    text = text.strip().removeprefix("custom:")
    while (shorter := _ASIDE.sub("", text)) != text:
        text = shorter
    return _DASHES.sub("-", text.partition("[")[0].strip().lower()).strip("-")


def _told_model(path: Path) -> str:
    """The first model that is named at the beginning of the transcript beside the settings."""
    try:
        descriptor = open_regular(str(path))
    except (OSError, ValueError):
        return ""
    with open(descriptor, "rb") as file:  # noqa: PTH123  # a descriptor
        beginning = read_at(file.fileno(), 0, _BYTES)
    for line in beginning.split(b"\n")[:_LINES]:
        found = _TOLD.search(line.decode("utf-8", "replace")) if b"Model:" in line else None
        name = model_name(found[1]) if found else ""
        if name:
            return name
    return ""


def places(machine: Machine) -> list[Place]:
    """``~/.factory/sessions``, which ``DROID_SESSIONS_DIR`` replaces."""
    named = from_variable(machine, _VARIABLE)
    found = [Place(machine.home / ".factory" / "sessions")]
    if named is not None:
        found = [Place(_sessions(path), _VARIABLE) for path in named]
    return distinct([*found, *(Place(_sessions(place.path), place.origin) for place in extra(machine, "droid"))])


def _sessions(path: Path) -> Path:
    return next((path / inner for inner in (".factory/sessions", "sessions") if is_folder(path / inner)), path)


DROID = Reader(
    id="droid",
    name="Droid",
    kind="whole",
    places=places,
    wants=lambda relative: relative.endswith(_END),
    read=read,
    counts="The sums of each session, all on the day on which it began.",
)
