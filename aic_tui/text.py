"""Outside text comes in here, once. After :func:`clean` a string is safe for any terminal and any log line."""

from __future__ import annotations

import re
import unicodedata

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


def clean(value: object, limit: int = 200) -> str:
    """``value`` as one line of harmless text of at most ``limit`` characters, in Unicode normal form C.

    Escape sequences, C0/C1 controls, bidirectional and zero-width controls, private-use and unpaired surrogate
    characters are removed; line breaks and tabs become one space. Markup is left alone: it is only text, and is
    never parsed.
    """
    text = str(value)[: limit * 8]
    if text.isascii() and text.isprintable():
        return text[:limit]
    text = _SPACE.sub(" ", _SEQUENCE.sub("", text))
    kept = (c for c in text if c == _KEPT_FORMAT or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return unicodedata.normalize("NFC", "".join(kept))[:limit]


def clean_or_none(value: object, limit: int = 200) -> str | None:
    """:func:`clean` for optional outside text: None, not-a-string and nothing-left become None."""
    if not isinstance(value, str):
        return None
    return clean(value, limit).strip() or None
