"""What there is to read of one tool's logs, after what is known of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aic_tui.logs.base import Machine, Place, Reader
from aic_tui.logs.crew import Todo
from aic_tui.logs.quick import Asked, machine_of, stamp_of, stamp_with_log
from aic_tui.logs.read_file import continues, fingerprint, open_regular, read_at
from aic_tui.logs.reading import Job
from aic_tui.logs.walk import Found, Walker
from aic_tui.usage_files import HEAD_BYTES, KnownFile, Stamp

_UNSETTLED_NS = 20_000_000


@dataclass(slots=True)
class Plan:
    """Files to read, files that are gone or back, and what to note of the tool for the next quick look.

    Nothing is to be noted where it is not ``is_whole``.
    """

    source: str
    is_whole: bool = True
    todo: list[Todo] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    noted: dict[str, Any] = field(default_factory=dict)
    folders: dict[bytes, int] = field(default_factory=dict)


def plan(reader: Reader, machine: Machine, known: Iterable[KnownFile], gone: Sequence[KnownFile]) -> Plan:
    """Walk the roots of ``reader``. ``known`` and ``gone`` are its files that were there, or not, at the last scan."""
    result = Plan(reader.id)
    asked = Asked(machine.environ)
    places = list(reader.places(replace(machine, environ=asked)))
    walker = Walker()
    left = {file.path: file for file in known}
    fresh: list[tuple[Place, Found]] = []
    counts = []
    for place in places:
        count = 0
        for found in _files(walker, reader, place):
            count += 1
            path = os.fsencode(found.path)
            stamp = stamp_with_log(path, found.stamp, is_database=reader.kind == "database")
            found = found._replace(stamp=stamp)  # noqa: PLW2901
            file = left.pop(path, None)
            if file is None:
                fresh.append((place, found))
            elif _is_due(file, found.stamp, reader.version):
                result.todo.append(_todo(reader, place, found, file))
        counts.append(count)
    result.gone = [file.id for file in left.values()]
    _place_fresh(result, reader, fresh, [*left.values(), *gone])
    result.todo.sort(key=_newest_first)
    result.folders = _settled(walker.folders)
    result.noted = {
        "machine": machine_of(machine, reader.id, asked.names),
        "kind": reader.kind,
        "places": [_noted(place, count) for place, count in zip(places, counts, strict=True)],
        "problems": [[os.fsencode(path).hex(), words] for path, words in walker.problems.items()],
    }
    return result


def plan_changed(reader: Reader, known: Iterable[KnownFile]) -> Plan:
    """Only that these files, which were there at the last scan, have changed."""
    result = Plan(reader.id, is_whole=False)
    for file in known:
        try:
            found = os.stat(file.path)  # noqa: PTH116
        except OSError:
            continue
        path, root = os.fsdecode(file.path), os.fsdecode(file.root)
        stamp = stamp_with_log(file.path, stamp_of(found), is_database=reader.kind == "database")
        relative = path[len(root) :].lstrip("/" + os.sep)
        is_link = os.path.islink(path)  # noqa: PTH114
        result.todo.append(_todo(reader, Place(Path(root)), Found(path, relative, stamp, is_link), file))
    return result


def _files(walker: Walker, reader: Reader, place: Place) -> Iterable[Found]:
    if place.problem is not None:
        return ()
    return walker.files(str(place.path), reader.wants, deepest=place.depth, only=place.only)


def _is_due(file: KnownFile, stamp: Stamp, version: int) -> bool:
    if file.stamp != stamp or file.version != version:
        return True
    return file.failed and os.access(file.path, os.R_OK)


def _place_fresh(result: Plan, reader: Reader, fresh: Sequence[tuple[Place, Found]], gone: Iterable[KnownFile]) -> None:
    """Files that are new, that are back, or that are gone ones under another name."""
    by_path: dict[bytes, list[KnownFile]] = {}
    by_head: dict[tuple[int, int], list[KnownFile]] = {}
    for file in gone:
        by_path.setdefault(file.path, []).append(file)
        if file.offset:
            by_head.setdefault((min(HEAD_BYTES, file.offset), file.head), []).append(file)
    taken: set[int] = set()
    for place, found in fresh:
        same = next(
            (
                file
                for file in by_path.get(os.fsencode(found.path), ())
                if file.stamp == found.stamp and file.version == reader.version and not file.failed
            ),
            None,
        )
        if same is not None and same.id not in taken:
            taken.add(same.id)
            result.back.append(same.id)
            continue
        before = _before(found, by_head, taken) if by_head else None
        if before is not None:
            taken.add(before.id)
        result.todo.append(_todo(reader, place, found, before))
    result.gone = [file for file in result.gone if file not in taken]


def _before(found: Found, by_head: dict[tuple[int, int], list[KnownFile]], taken: set[int]) -> KnownFile | None:
    """The gone file whose content this one begins with: it was moved, or put back. The longest of several."""
    try:
        descriptor = open_regular(found.path, is_link=found.is_link)
    except (OSError, ValueError):
        return None
    try:
        head = read_at(descriptor, 0, HEAD_BYTES)
        lengths = {length for length, _ in by_head if length <= len(head)}
        candidates = [
            file
            for length in lengths
            for file in by_head.get((length, fingerprint(head[:length])), ())
            if file.id not in taken and continues(descriptor, file)
        ]
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return max(candidates, key=lambda file: (file.offset, file.id), default=None)


def _todo(reader: Reader, place: Place, found: Found, known: KnownFile | None) -> Todo:
    path = os.fsencode(found.path)
    # Session and project may come from the path, so what has moved is read from its beginning.
    anew = known is not None and known.path != path
    job = Job(
        source=reader.id,
        root=os.fsencode(place.path),
        path=path,
        relative=os.fsencode(found.relative.replace(os.sep, "/")),
        stamp=found.stamp,
        version=reader.version,
        is_link=found.is_link,
        known=known,
        anew=anew,
    )
    is_longer = known is not None and not anew and known.stamp.size < found.stamp.size
    done = known.offset if known is not None and is_longer and reader.kind == "lines" else 0
    return Todo(job, max(0, found.stamp.size - done))


def _newest_first(todo: Todo) -> tuple[int, bytes]:
    return -todo.job.stamp.mtime_ns, todo.job.path


def _settled(folders: dict[str, int]) -> dict[bytes, int]:
    """What changed only just now may change again within the same tick of its clock."""
    now = time.time_ns()
    return {os.fsencode(path): -1 if now - mtime_ns < _UNSETTLED_NS else mtime_ns for path, mtime_ns in folders.items()}


def _noted(place: Place, count: int) -> dict[str, Any]:
    path = os.fsencode(place.path)
    return {
        "path": path.hex(),
        "origin": place.origin,
        "problem": place.problem,
        "exists": os.path.lexists(path),
        "files": count,
    }
