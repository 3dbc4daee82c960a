"""The last replies as a person may look at them: indented JSON, cleaned, redacted, of bounded size. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aic_tui.providers.base import Reply
from aic_tui.providers.decode import UNREADABLE
from aic_tui.redact import mask, redact
from aic_tui.text import clean

RAW_CAP = 64 * 1024
"""Most characters of :func:`raw_text`."""

_VALUE_CAP = 500
_EMAIL = re.compile(r"([^\s@\"'<>,;:()]{1,64})@([A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,24})")
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.I)
# A run without any word in it: identifiers of accounts and organisations, and tokens of unknown makers.
_OPAQUE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z_]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{16,}(?![A-Za-z0-9])")
_SECRET_NAME = re.compile(
    r"(?:^|_|-)(?:key|token|secret|password|passwd|credential|cookie|session|jwt|authorization|signature)s?$", re.I
)


def raw_text(replies: Sequence[Reply], secret: str = "") -> str:
    """All replies as one JSON list of ``{"request", "status", "reply"}``, at most :data:`RAW_CAP` characters.

    Keys and tokens (``secret`` itself in any place), e-mail addresses and identifiers that look like secrets are
    masked. What does not fit is left out from the end and marked with ``…``.
    """
    room = _Room(RAW_CAP // 2)
    shown = [
        {"request": f"{reply.request.method} {reply.request.path}", "status": reply.status, "reply": reply.data}
        for reply in replies
    ]
    text = json.dumps(_harmless(shown, secret, room), indent=2, ensure_ascii=False)
    return text if len(text) <= RAW_CAP else text[: RAW_CAP - 2] + "\n…"


def shape_text(data: Any, limit: int = 400) -> str:
    """The names in ``data`` without any value, for the log when a format has changed."""
    return redact(clean(",".join(_names(data, 0)), limit))


class _Room:
    """How many characters of values may still be shown."""

    def __init__(self, characters: int) -> None:
        self.left = characters

    def take(self, text: str) -> str:
        self.left -= len(text) + 8
        return text


def _harmless(value: Any, secret: str, room: _Room, name: str = "") -> Any:
    if room.left <= 0:
        return "…"
    if isinstance(value, Mapping):
        return dict(_entries(value, secret, room))
    if isinstance(value, list):
        return list(_items(value, secret, room, name))
    if isinstance(value, str):
        if value and _SECRET_NAME.search(name):
            return room.take(mask(clean(value)))
        return room.take(_line(value, secret))
    room.take("number")
    return "(not a number)" if value is UNREADABLE else value


def _entries(value: Mapping[Any, Any], secret: str, room: _Room) -> Iterator[tuple[str, Any]]:
    for key, child in value.items():
        if room.left <= 0:
            yield "…", "…"
            return
        yield room.take(_line(str(key), secret)), _harmless(child, secret, room, str(key))


def _items(value: Sequence[Any], secret: str, room: _Room, name: str) -> Iterator[Any]:
    for child in value:
        yield _harmless(child, secret, room, name)
        if room.left <= 0:
            yield "…"
            return


def _line(text: str, secret: str) -> str:
    line = clean(text, _VALUE_CAP)
    if len(secret) >= 8:
        line = line.replace(secret, "…")
    line = _EMAIL.sub(lambda match: f"{match[1][:1]}…@{match[2]}", redact(line))
    line = _UUID.sub(lambda match: mask(match[0]), line)
    return _OPAQUE.sub(lambda match: mask(match[0]), line)


def _names(data: Any, depth: int) -> Iterator[str]:
    if isinstance(data, Mapping) and depth < 4:
        for key, child in list(data.items())[:40]:
            inner = ",".join(_names(child, depth + 1))
            yield f"{key}{{{inner}}}" if inner else str(key)
    elif isinstance(data, list) and data and depth < 4:
        yield from _names(data[0], depth + 1)
