"""Outside text comes in here, once. After :func:`clean` a string is safe for any terminal and any log line."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Whole escape sequences first (so that their parameters go too), then every other control, bidirectional and
# zero-width character. Terminals act on all of them, and Textual passes them through unchanged.
_SEQUENCE = re.compile(
    r"\x1b\][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x9d[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)
_SPACE = re.compile(r"[\t\n\v\f\r\u0085\u2028\u2029]+")
_KEPT_FORMAT = "\u200d"  # the joiner inside emoji families
_JOINERS = re.compile("\u200d{2,}")

# Terminals disagree about the width of variation selectors, and the Hangul fillers are letters that nobody can see.
_INVISIBLE = dict.fromkeys((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x115F, 0x1160, 0x3164, 0xFFA0))

# Where the terminal's table (Unicode 17, as Rich and Textual measure) differs from this Python's unicodedata.
_ZERO_WIDTH = ((0x1160, 0x11FF), (0xD7B0, 0xD7C6), (0xD7CB, 0xD7FB), (0x1F3FB, 0x1F3FF))
_DOUBLE_WIDTH = ((0x2630, 0x2637), (0x268A, 0x268F), (0x4DC0, 0x4DFF), (0x1D300, 0x1D356), (0x1D360, 0x1D376))


def clean(value: object, limit: int = 200) -> str:
    """``value`` as one line of harmless text of at most ``limit`` characters, in Unicode normal form C.

    Escape sequences, C0/C1 controls, bidirectional and zero-width controls, variation selectors, private-use and
    unpaired surrogate characters are removed; line breaks and tabs become one space. Markup is left alone: it is
    only text, and is never parsed.
    """
    text = str(value)[: limit * 8]
    if text.isascii() and text.isprintable():
        return text[:limit]
    text = _SPACE.sub(" ", _SEQUENCE.sub("", text)).translate(_INVISIBLE)
    kept = (c for c in text if c == _KEPT_FORMAT or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return unicodedata.normalize("NFC", _JOINERS.sub(_KEPT_FORMAT, "".join(kept)))[:limit].strip(_KEPT_FORMAT)


def clean_or_none(value: object, limit: int = 200) -> str | None:
    """:func:`clean` for optional outside text: None, not-a-string and nothing-left become None."""
    if not isinstance(value, str):
        return None
    return clean(value, limit).strip() or None


@lru_cache(maxsize=2048)
def _cells(character: str) -> int:
    code = ord(character)
    if any(low <= code <= high for low, high in _ZERO_WIDTH) or unicodedata.category(character) in ("Mn", "Me", "Mc"):
        return 0
    if any(low <= code <= high for low, high in _DOUBLE_WIDTH) or unicodedata.east_asian_width(character) in "WF":
        return 2
    return 1


def cell_width(text: str) -> int:
    """How many terminal cells ``text`` takes: 2 for wide letters and emoji, 0 for combining marks.

    An emoji family (letters held together by U+200D) counts as its first member. For cleaned text this agrees with
    ``rich.cells.cell_len``, which is what Textual lays out with.
    """
    if text.isascii():
        return len(text)
    if "\u200d" not in text:
        return sum(map(_cells, text))
    first, *rest = text.split("\u200d")
    return sum(map(_cells, first + "".join(part[1:] for part in rest)))
