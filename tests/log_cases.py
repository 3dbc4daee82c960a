"""Log readers without the engine: the simplest walk that can be, and the figures as ccusage words them.

``run_reader("claude", case("claude", "c01_streaming_dupes"))`` gives every record that counts, with its names.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from aic_tui.logs.base import Machine, Place, Reader, Unreadable, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.registry import reader
from aic_tui.usage_records import Days, Record, is_same, rank, records_of

FIXTURES = Path(__file__).parent / "fixtures" / "logs"
UTC = ZoneInfo("UTC")
Split = Callable[[bytes], Iterable[bytes]]


class Named(NamedTuple):
    """A record and what its indexes mean."""

    record: Record
    session: str
    project: str
    model: str
    path: str


@dataclass
class Told:
    """All that reading gave: ``requests`` are those that count, ``records`` all of them, notes too."""

    records: list[Named] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    forks: int = 0
    seen: int = 0
    problems: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def requests(self) -> list[Named]:
        return [named for named in self.records if named.record.is_request]


class Figures(NamedTuple):
    """ccusage's columns; its cache creation is both kinds of writes."""

    input: int
    output: int
    cache_write: int
    cache_read: int
    total: int


def case(tool: str, name: str) -> Path:
    """The home directory of a fixture."""
    return FIXTURES / tool / name / "home"


def expected(tool: str, name: str, words: str) -> dict[str, Any]:
    """The output of ccusage's ``words`` (``claude daily``) for a fixture."""
    document = json.loads((FIXTURES / tool / name / "expected.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = document["results"][f"ccusage {words} --json --offline -z UTC"]
    return found


def machine(home: Path, environ: Mapping[str, str] | None = None, **rest: Any) -> Machine:
    """A machine with nothing but ``home``."""
    return Machine(home=home, environ=environ or {}, **{"platform": "linux", **rest})


def run_reader(tool: str, home: Path, environ: Mapping[str, str] | None = None) -> list[Named]:
    """The records below ``home`` that count."""
    return read_all(reader(tool), machine(home, environ)).requests


def read_all(tool: Reader, there: Machine, *, split: Split | None = None, backwards: bool = False) -> Told:
    """Everything that a reader makes of a machine's files; ``split`` cuts each file into what came when.

    A cut is anywhere; the reader is given what became whole lines, with the state of the last time as JSON.
    """
    told = Told()
    files = list(found_files(tool, there))
    for place, path in reversed(files) if backwards else files:
        told.files.append(path.relative_to(place.path).as_posix())
        _read_file(tool, there, place, path, told, split)
    told.records = _settled(told)
    return told


def pieces(cuts: Sequence[int]) -> Split:
    """A split of a file at some offsets."""

    def split(content: bytes) -> Iterator[bytes]:
        last = 0
        for cut in [*sorted(cuts), len(content)]:
            yield content[last:cut]
            last = max(last, cut)

    return split


def named_records(told: Told) -> list[Named]:
    """The records with their names instead of indexes, which depend on what was read together; sorted."""
    return sorted(named._replace(record=named.record._replace(session=0, model=0)) for named in told.records)


def found_files(tool: Reader, there: Machine) -> Iterator[tuple[Place, Path]]:
    """The wanted files of every place, each once, sorted by path."""
    known: set[str] = set()
    for place in tool.places(there):
        for folder, folders, names in os.walk(place.path, followlinks=True):
            folders.sort()
            if len(Path(folder).relative_to(place.path).parts) >= place.depth or place.only:
                folders.clear()
            for name in sorted({place.only} & set(names) if place.only else names):
                path = Path(folder, name)
                real = os.path.realpath(path)
                if real not in known and (place.only or tool.wants(path.relative_to(place.path).as_posix())):
                    known.add(real)
                    yield place, path


def _read_file(tool: Reader, there: Machine, place: Place, path: Path, told: Told, split: Split | None) -> None:
    view = View(
        path=path,
        relative=path.relative_to(place.path).as_posix(),
        data=b"",
        state={},
        modified_ms=path.stat().st_mtime_ns // 10**6,
        machine=there,
        beside=partial(_beside, place.path),
        others=partial(_others, tool, place.path),
    )
    content = b"" if tool.kind == "database" else path.read_bytes()
    if tool.kind == "lines":
        for data in _whole_lines(split(content) if split else [content]):
            _one_reading(tool, view, data, told)
    else:
        _one_reading(tool, view, content, told)


def _whole_lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for part in parts:
        whole, newline, rest = (rest + part).rpartition(b"\n")
        if newline:
            yield whole + newline


def _one_reading(tool: Reader, view: View, data: bytes, told: Told) -> None:
    batch = Batch()
    view.data = data
    try:
        tool.read(view, batch)
    except Unreadable as problem:
        told.problems.append(str(problem))
    view.state = json.loads(json.dumps(view.state))
    told.skipped += batch.skipped
    told.repeated += batch.repeated
    told.forks += batch.forks
    told.seen += batch.seen
    for record in records_of(batch.packed()):
        session, project = batch.sessions[record.session]
        told.records.append(Named(record, session, project, batch.models[record.model], view.relative))


def _beside(root: Path, relative: str) -> bytes | None:
    path = root / relative
    return path.read_bytes() if path.is_file() else None


def _others(tool: Reader, root: Path) -> Sequence[str]:
    names = (path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file())
    return [name for name in names if tool.wants(name)]


def _settled(told: Told) -> list[Named]:
    """Of several tellings of a request, also in several files, the one that counts."""
    kept: list[Named] = []
    by_key: dict[int, list[int]] = {}
    for named in told.records:
        places = by_key.setdefault(named.record.key, [])
        for place in places:
            if is_same(kept[place].record, named.record):
                told.repeated += 1
                if rank(named.record) > rank(kept[place].record):
                    kept[place] = named
                break
        else:
            places.append(len(kept))
            kept.append(named)
    return kept


def figures(records: Iterable[Named]) -> Figures:
    """Records added up as ccusage would show them."""
    rows = [
        (r.input, r.output, r.write_5m + r.write_1h, r.cache_read, r.total) for r in (named.record for named in records)
    ]
    return Figures(*(sum(column) for column in zip(*rows, strict=True))) if rows else Figures(0, 0, 0, 0, 0)


def by_day(records: Sequence[Named], zone: ZoneInfo = UTC) -> dict[str, Figures]:
    """Figures by local date."""
    ordinal = Days(zone).ordinal
    return _grouped(records, lambda named: date.fromordinal(ordinal(named.record.ts)).isoformat())


def by_session(records: Sequence[Named]) -> dict[str, Figures]:
    """Figures by session id."""
    return _grouped(records, lambda named: named.session)


def by_model(records: Sequence[Named]) -> dict[str, Figures]:
    """Figures by the name in the log."""
    return _grouped(records, lambda named: named.model)


def _grouped(records: Sequence[Named], key: Callable[[Named], str]) -> dict[str, Figures]:
    groups: dict[str, list[Named]] = {}
    for named in records:
        groups.setdefault(key(named), []).append(named)
    return {name: figures(group) for name, group in sorted(groups.items())}


def said(rows: Iterable[Mapping[str, Any]], name: str) -> dict[str, Figures]:
    """ccusage's rows (``daily``, ``sessions``) by their field ``name``."""
    return dict(sorted((str(row[name]), said_of(row)) for row in rows))


def said_of(row: Mapping[str, Any]) -> Figures:
    """The figures of one of ccusage's rows."""
    names = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens", "totalTokens")
    return Figures(*(row.get(name, 0) for name in names))
