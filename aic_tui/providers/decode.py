"""From the bytes of a hostile server to plain JSON values, within fixed bounds of memory, depth and digits. Pure."""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.redact import redact
from aic_tui.text import clean

BODY_CAP = 2 * 1024 * 1024
"""Most bytes of one answer, after decoding."""

UNREADABLE: Final = object()
"""Stands in a JSON value for a number that is none. Not None, because null has a meaning: often "without limit"."""

_MOST_DIGITS = 60
_DEEPEST = 100
_HTML_START = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|script|meta|h1)\b", re.I | re.S
)
_MESSAGE_FIELDS = ("message", "error_description", "error_message", "detail", "msg", "title", "error")


class Body:
    """Collects one answer's body. Raises :class:`ProviderError` as soon as it would be larger than ``cap``.

    ``encoding`` is the Content-Encoding. We ask for none; gzip and deflate are unpacked within the cap for
    gateways that pack all the same, others are refused.
    """

    def __init__(self, encoding: str = "", length: str = "", cap: int = BODY_CAP) -> None:
        self._parts: list[bytes] = []
        self._cap = cap
        self._size = 0
        self._received = 0
        encoding = encoding.strip().lower()
        self._unpacker = None
        if encoding in ("gzip", "x-gzip", "deflate"):
            self._unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        elif encoding not in ("", "identity"):
            detail = f"content-encoding {clean(encoding, 40)}"
            raise ProviderError(FailureKind.FORMAT_CHANGED, Reason.NOT_JSON, detail=detail)
        if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > cap):
            raise too_large()

    def feed(self, data: bytes) -> None:
        """Take the next bytes from the wire."""
        self._received += len(data)
        if self._received > self._cap:
            raise too_large()
        if self._unpacker is not None:
            room = self._cap - self._size + 1
            try:
                data = self._unpacker.decompress(data, room)
            except zlib.error:
                raise ProviderError(FailureKind.FORMAT_CHANGED, Reason.NOT_JSON, detail="broken packing") from None
        self._size += len(data)
        if self._size > self._cap:
            raise too_large()
        self._parts.append(data)

    def text(self) -> str:
        """All of it as text. Raises :class:`ProviderError` OFFLINE/CUT_OFF where the packed data is not whole."""
        if self._unpacker is not None and self._received and not self._unpacker.eof:
            raise ProviderError(FailureKind.OFFLINE, Reason.CUT_OFF)
        return b"".join(self._parts).decode("utf-8-sig", "replace")


def too_large() -> ProviderError:
    """The error for an answer beyond the caps."""
    return ProviderError(FailureKind.FORMAT_CHANGED, Reason.TOO_LARGE)


def is_web_page(text: str, content_type: str) -> bool:
    """True for HTML, by its beginning or by the declared type of something that does not begin like JSON."""
    if _HTML_START.match(text[:4096]):
        return True
    declared = "html" in content_type.lower()
    return declared and not text.lstrip().startswith(("{", "["))


def parse_json(text: str) -> Any:
    """The JSON value in ``text``; NaN, infinities and numbers beyond all reason in it become :data:`UNREADABLE`.

    Raises :class:`ValueError` for what is not JSON, and for nesting deeper than any provider's.
    """
    try:
        value = json.loads(text, parse_constant=_unknown, parse_float=_finite, parse_int=_sane_int)
    except RecursionError:
        raise ValueError("nested too deep") from None
    _check_depth(value)
    return None if value is UNREADABLE else value


def _unknown(_name: str) -> object:
    return UNREADABLE


def _finite(digits: str) -> object:
    number = float(digits)
    return number if math.isfinite(number) else UNREADABLE


def _sane_int(digits: str) -> object:
    return int(digits) if len(digits) <= _MOST_DIGITS else UNREADABLE


def _check_depth(value: Any) -> None:
    """Refuse deep values here, so that nobody after us has to mind recursion."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise ValueError("nested too deep")


def _children(value: Any) -> Iterable[Any]:
    children: Iterable[Any] = ()
    if isinstance(value, dict):
        children = value.values()
    elif isinstance(value, list):
        children = value
    return (child for child in children if isinstance(child, dict | list))


def error_text(data: Any, text: str = "") -> str | None:
    """What the server says went wrong, as one clean redacted line; None where it says nothing readable.

    ``text`` is the body where it was not JSON and no web page.
    """
    message = _find_message(data) if data is not None else text
    return harmless(message) if message else None


def harmless(text: object, limit: int = 200) -> str | None:
    """``text`` cleaned and redacted (in this order, so that no control character can hide a key), or None."""
    line = redact(clean(text, 2000)).strip()
    return (line if len(line) <= limit else line[: limit - 1] + "…") or None


def _find_message(data: Any, depth: int = 0) -> str | None:
    if isinstance(data, str):
        return data
    if depth > 3:
        return None
    if isinstance(data, list):
        return _find_message(data[0], depth + 1) if data else None
    if isinstance(data, Mapping):
        for field in ("error", "errors", *_MESSAGE_FIELDS) if depth == 0 else _MESSAGE_FIELDS:
            if data.get(field):
                found = _find_message(data[field], depth + 1)
                if found:
                    return found
    return None
