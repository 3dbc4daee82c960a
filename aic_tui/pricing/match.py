"""From the name of a model in a log to a row of the price table: by spelling, never by likeness.

The same model is called ``claude-sonnet-4-5-20250929``, ``us.anthropic.claude-sonnet-4-5-20250929-v1:0``,
``anthropic/claude-sonnet-4.5``, ``claude-4.5-sonnet-thinking`` … What such a name has besides the model's own is
taken off piece by piece, and each rest is looked up as it stands. ccusage 20.0.24 and tokscale 1.4.3 look for
contained names and so give ``auto`` and ``totally-unknown-model`` some price (seen 2026-11); here they have none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_LABEL = re.compile(r"^\[[a-z0-9 -]+\]\s*")  # ccusage's “[pi] claude-…”
_DECORATION = (
    re.compile(r"^.*/(?=.)", re.DOTALL),
    re.compile(r"\[\d+[km]\]$"),
    re.compile(r"@(?:20\d{6}|20\d\d-\d\d-\d\d|default|latest)$"),
    re.compile(r"-v\d+:\d+$"),
    re.compile(r"^(?:us|eu|apac|au|jp|global|us-gov)\."),
    re.compile(r"(?<=\d)-build$"),  # Grok Build's grok-4.5-build costs what grok-4.5 does (ccusage 20.0.24, 2026-11)
)
_VENDOR = re.compile(r"^[a-z][a-z-]*\.(?=[a-z])")
_VERSION = re.compile(r"-v\d+$")
_MODE = re.compile(r"-(?:fast|thinking(?:-\d+)?)$")
_DATE = re.compile(r"-(?:20\d{6}|20\d\d-\d\d-\d\d)$")
_TURNED = re.compile(r"^(claude)-(\d+(?:[.-]\d+)?)-(opus|sonnet|haiku)$")
_LONGEST = 200


class Match(NamedTuple):
    """What a model is priced as.

    ``name`` is the row's; ``how`` is ``exact``, ``rewritten`` (the name without date, path, region …), ``alias`` or
    ``override``. ``source`` and ``date`` tell where the price comes from and when it was taken. ``fast`` is True
    where the name itself says that the fast mode was used.
    """

    name: str
    how: str
    source: str
    date: str
    fast: bool = False


class Spelling(NamedTuple):
    """A way to write a model. ``fast`` where “-fast” was taken off."""

    name: str
    fast: bool = False


def spellings(model: str) -> Iterator[Spelling]:
    """``model`` in lower case, and then with ever more taken off; each once."""
    text = _LABEL.sub("", model[:_LONGEST].strip().lower())
    fast = False
    yield Spelling(text)
    for step in (*_DECORATION, _without_vendor, _MODE, _DATE, _MODE):
        rest = step(text) if callable(step) else step.sub("", text)
        if rest and rest != text:
            fast = fast or (step is _MODE and text.endswith("-fast"))
            text = rest
            yield Spelling(text, fast)


def find(model: str, known: Callable[[str], bool], other: Callable[[str], str | None]) -> tuple[Spelling, str] | None:
    """The first spelling that is ``known``, else the first with an ``other`` name, and that name."""
    ways = list(spellings(model))
    for way in ways:
        if known(way.name):
            return way, way.name
    for way in ways:
        for name in (way.name, turned(way.name)):
            target = name if name != way.name and known(name) else other(name)
            if target is not None:
                return way, target
    return None


def folded(name: str) -> str:
    """``name`` with ``-`` for ``.``: Copilot and OpenRouter write claude-sonnet-4.5, Droid writes gpt-5-2-codex."""
    return name.replace(".", "-")


def turned(name: str) -> str:
    """Cursor's claude-4.5-sonnet as claude-sonnet-4.5; any other name as it is."""
    return _TURNED.sub(r"\1-\3-\2", name)


def _without_vendor(text: str) -> str:
    rest = _VENDOR.sub("", text)
    return _VERSION.sub("", rest) if rest != text else text
