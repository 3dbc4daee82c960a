"""How well the logs of each tool were understood."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aic_tui.logs.registry import source_ids, source_name
from aic_tui.store import log_reading
from aic_tui.text import clean

if TYPE_CHECKING:
    import sqlite3

_MOST_PROBLEMS = 20
_LONGEST_PATH = 500


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """One root that was looked at. ``origin`` is ``default``, a variable's name or ``config``."""

    path: str
    origin: str
    exists: bool
    files: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How well the logs of one tool were understood, over all of its files.

    ``files`` counts those that are there, ``gone`` those that were deleted since and still count. ``records`` are the
    requests that count, ``repeated`` tellings of the same ones, ``forks`` copied beginnings that were left out,
    ``seen`` what looked like usage at all. ``problems`` are sentences about single files and folders, each with its
    path, at most 20.
    """

    source: str
    name: str
    places: Sequence[PlaceFound] = ()
    files: int = 0
    gone: int = 0
    bytes: int = 0
    records: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0
    forks: int = 0
    seen: int = 0
    problems: Sequence[str] = ()

    @property
    def is_understood(self) -> bool:
        """False where there is something in the files, and nothing in it looks like usage."""
        return bool(self.records or self.seen or not self.bytes)


def nothing_known() -> list[SourceHealth]:
    """Empty figures, where there is no index yet."""
    return [SourceHealth(source, source_name(source)) for source in source_ids()]


def health_of(db: sqlite3.Connection) -> list[SourceHealth]:
    """What the index says of every tool."""
    noted = log_reading.sources(db)
    counts = log_reading.counters(db)
    messages = log_reading.messages(db)
    skipped: dict[str, Counter[str]] = {}
    for source, reasons in log_reading.skipped(db):
        skipped.setdefault(source, Counter()).update(reasons)
    problems: dict[str, list[str]] = {}
    for source, path, words in log_reading.problems(db):
        problems.setdefault(source, []).append(_sentence(path, words))
    return [
        _of_source(source, noted.get(source, {}), counts, messages, skipped.get(source, Counter()), problems)
        for source in source_ids()
    ]


def _of_source(  # one for each query
    source: str,
    noted: Mapping[str, Any],
    counts: Sequence[tuple[Any, ...]],
    messages: Mapping[str, int],
    skipped: Mapping[str, int],
    problems: Mapping[str, Sequence[str]],
) -> SourceHealth:
    mine = [row[2:] for row in counts if row[0] == source]
    folders = [_sentence(bytes.fromhex(path), words) for path, words in noted.get("problems", ())]
    return SourceHealth(
        source,
        source_name(source),
        places=[
            PlaceFound(
                _shown(bytes.fromhex(place["path"])),
                place["origin"],
                place["exists"],
                place["files"],
                place["problem"],
            )
            for place in noted.get("places", ())
        ],
        files=sum(row[1] for row in mine if not row[0]),
        gone=sum(row[1] for row in mine if row[0]),
        bytes=sum(row[2] for row in mine if not row[0]),
        records=messages.get(source, 0),
        skipped=dict(skipped),
        repeated=sum(row[3] for row in mine),
        forks=sum(row[4] for row in mine),
        seen=sum(row[5] for row in mine),
        problems=[*folders, *problems.get(source, ())][:_MOST_PROBLEMS],
    )


def _sentence(path: bytes, words: str) -> str:
    return f"{_shown(path)}: {words}"


def _shown(path: bytes) -> str:
    return clean(os.fsdecode(path), _LONGEST_PATH)
