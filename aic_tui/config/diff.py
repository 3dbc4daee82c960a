"""What a save will do to config.toml, line by line. Pure."""

from __future__ import annotations

import re

_CONTEXT_LINES = 2
# Strings are matched first, so that a "#" in one is no comment.
_TOKENS = re.compile(
    r"'''.*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'[^'\n]*'|\"(?:\\.|[^\"\\\n])*\"|(?P<comment>#[^\n]*)", re.DOTALL
)

GAP = "…"
"""The text of the context line that stands for the lines left out between two places."""


def diff(before: str, after: str) -> list[tuple[str, str]]:
    """``(sign, line)`` for each changed line (``+`` or ``-``) with a little context (a blank); none when equal."""
    import difflib

    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    lines: list[tuple[str, str]] = []
    for group in matcher.get_grouped_opcodes(_CONTEXT_LINES):
        if lines:
            lines.append((" ", GAP))
        for kind, i1, i2, j1, j2 in group:
            if kind == "equal":
                lines += [(" ", line) for line in old[i1:i2]]
            else:
                lines += [("-", line) for line in old[i1:i2]] + [("+", line) for line in new[j1:j2]]
    return lines


def comments_lost(before: str, after: str) -> int:
    """How many comments of ``before`` are not in ``after``, those behind a value included."""
    return max(0, len(_comments(before) - _comments(after)))


def _comments(text: str) -> set[tuple[int, str]]:
    """Each comment with its running number among equal ones, so that two equal ones count as two."""
    seen: dict[str, int] = {}
    found = set()
    for match in _TOKENS.finditer(text):
        if (comment := match["comment"]) is not None:
            seen[comment] = seen.get(comment, 0) + 1
            found.add((seen[comment], comment.rstrip()))
    return found
