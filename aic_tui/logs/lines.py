"""From bytes to values, one line after the other; what cannot be understood is counted, and never raises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from aic_tui.logs.batch import Batch

NOT_JSON = "not JSON"
WRONG_SHAPE = "unexpected shape"
NO_TIME = "no timestamp"
NO_MODEL = "no model"
BAD_NUMBER = "impossible number"

UNDECODABLE = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)
"""All that a decoder may raise for bytes: also text that is not UTF-8, nesting too deep, integers too long."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")

T = TypeVar("T")


def whole_lines(data: bytes) -> Iterator[bytes]:
    """The lines of ``data`` without their ends, empty ones left out; also a last one without an end."""
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    find, end = data.find, len(data)
    while start < end:
        stop = find(b"\n", start)
        if stop < 0:
            stop = end
        line = data[start:stop].strip(b" \t\r")
        if line:
            yield line
        start = stop + 1


def decoded(data: bytes, decoder: msgspec.json.Decoder[T], batch: Batch) -> Iterator[T]:
    """Each line as ``decoder`` understands it; the others are counted as skipped."""
    for line in whole_lines(data):
        value = decode(line, decoder, batch)
        if value is not None:
            yield value


def decode(data: bytes, decoder: msgspec.json.Decoder[T], batch: Batch) -> T | None:
    """One JSON document, None where it is none or of another shape, which is counted as skipped.

    Half a character, which JavaScript leaves where it cuts a text (``\\ud83d``), does not make it unreadable.
    """
    try:
        return decoder.decode(data)
    except msgspec.ValidationError:
        batch.skip(WRONG_SHAPE)
    except UNDECODABLE:
        mended = _SURROGATE.sub(rb"\\ufffd", data)
        if mended != data:
            return decode(mended, decoder, batch)
        batch.skip(NOT_JSON)
    return None


def tokens(value: object) -> int | None:
    """``value`` where it is a count of tokens: an integer from 0 on. None for true, 1.0, "1" and the rest."""
    return value if type(value) is int and value >= 0 else None
