"""From one file and its reader to what the index is told of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from aic_tui.logs import read_file, registry
from aic_tui.logs.base import Machine, Reader, Unreadable, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.quick import stamp_of, stamp_with_log
from aic_tui.logs.walk import Walker, why
from aic_tui.usage_files import HEAD_BYTES, TAIL_BYTES, UNSETTLED, FileFacts, KnownFile, Memory, Stamp
from aic_tui.usage_records import Days, pack_rows, rows_of

TOO_LONG = "line too long"
TOO_LARGE = "file too large"
_LARGEST_BESIDE = 1 << 30
_TRIES = 3
_PLAIN = b".json"  # what tools that have a database had before
_DECODE = msgspec.json.decode
_ENCODE = msgspec.json.encode


class Job(NamedTuple):
    """One file to read. ``known`` is what it, or one that has become it, was when it was last read.

    ``stamp`` is how it was found now, and ``version`` its reader's. ``is_link`` tells that the last part of its path
    is a symbolic link. ``anew`` forbids to go on where the last reading stopped.
    """

    source: str
    root: bytes
    path: bytes
    relative: bytes
    stamp: Stamp
    version: int
    is_link: bool = False
    known: KnownFile | None = None
    anew: bool = False
    memory: Memory = Memory()


class _Reached(NamedTuple):
    """How far a file was read."""

    stamp: Stamp
    offset: int
    head: int
    tail: int
    read_bytes: int
    append: bool = False
    skipping: bool = False


class Reading:
    """Reads files one after the other. ``tick`` is told of every chunk, in bytes; it may raise to end all."""

    def __init__(self, machine: Machine, zone: tzinfo, tick: Callable[[int], None] = lambda _: None) -> None:
        self._machine = machine
        self._days = Days(zone)
        self._tick = tick
        self._names: dict[tuple[str, str], tuple[str, ...]] = {}
        self._find_reader = registry.reader

    def read(self, job: Job) -> FileFacts:
        """What is in the file, or that it could not be read; raises nothing but what ``tick`` raises."""
        try:
            return self._read(job, self._find_reader(job.source))
        except FileNotFoundError:
            problem = None
        except Unreadable as error:
            problem = str(error.args[0] if error.args else "cannot be read")
        except (OSError, ValueError) as error:
            problem = why(error)
        return nothing_of(job)._replace(failed=True, problem=problem)

    def _read(self, job: Job, reader: Reader) -> FileFacts:
        descriptor = read_file.open_regular(os.fsdecode(job.path), is_link=job.is_link)
        try:
            if reader.kind == "lines":
                return self._lines(descriptor, job, reader)
            return self._whole(descriptor, job, reader)
        finally:
            os.close(descriptor)

    def _lines(self, descriptor: int, job: Job, reader: Reader) -> FileFacts:
        known = job.known if self._goes_on(descriptor, job, reader) else None
        for attempt in range(_TRIES):
            stamp = stamp_of(os.fstat(descriptor))
            batch, lines = Batch(), read_file.Lines(descriptor, known)
            view = self._view(job, reader, stamp)
            if known:
                batch.resume(job.memory.sessions, job.memory.models)
                view.state = _state(job.memory.state)
            trouble = self._feed(reader, view, batch, lines)
            if os.fstat(descriptor).st_size >= lines.offset or attempt == _TRIES - 1:
                break
            known = None  # it was cut off while it was read
        if lines.too_long:
            batch.skipped[TOO_LONG] += lines.too_long
        reached = _Reached(
            read_file.settled(stamp, time.time_ns()),
            lines.offset,
            lines.head,
            lines.tail,
            lines.read_bytes,
            append=known is not None,
            skipping=lines.skipping,
        )
        return self._finished(job, view, batch, reached, trouble)

    def _feed(self, reader: Reader, view: View, batch: Batch, lines: read_file.Lines) -> str | None:
        """Have all that is new understood. Returns what went wrong with the reader, which then gets no more."""
        trouble = None
        for data in lines:
            view.data = data
            trouble = trouble or _understood(reader, view, batch)
            self._tick(len(data))
        rest = lines.last()
        if rest is not None and _is_object(rest):
            lines.take(rest)
            view.data = rest.rstrip() + b"\n"
            trouble = trouble or _understood(reader, view, batch)
        return trouble

    def _goes_on(self, descriptor: int, job: Job, reader: Reader) -> bool:
        known = job.known
        if known is None or job.anew or known.version != reader.version:
            return False
        size = os.fstat(descriptor).st_size
        # Of the same size, and changed all the same: it was written over, and its middle may be another.
        return size > known.stamp.size and read_file.continues(descriptor, known)

    def _whole(self, descriptor: int, job: Job, reader: Reader) -> FileFacts:
        is_database = reader.kind == "database" and not job.path.endswith(_PLAIN)
        after = stamp_with_log(job.path, stamp_of(os.fstat(descriptor)), is_database=is_database)
        for _ in range(_TRIES):
            stamp = after
            batch, view, trouble, data = Batch(), self._view(job, reader, stamp), None, b""
            try:
                if not is_database:
                    view.data = data = read_file.read_whole(descriptor)
                trouble = _understood(reader, view, batch)
            except read_file.TooLarge:
                batch = Batch()
                batch.skip(TOO_LARGE)
            self._tick(len(data))
            after = stamp_with_log(job.path, stamp_of(os.fstat(descriptor)), is_database=is_database)
            if after == stamp or is_database:
                break
        start = max(0, stamp.size - TAIL_BYTES)
        reached = _Reached(
            read_file.settled(stamp, time.time_ns()) if after == stamp else stamp._replace(mtime_ns=UNSETTLED),
            stamp.size,
            read_file.fingerprint(data[:HEAD_BYTES] or read_file.read_at(descriptor, 0, HEAD_BYTES)),
            read_file.fingerprint(data[start:] or read_file.read_at(descriptor, start, TAIL_BYTES)),
            stamp.size,
        )
        return self._finished(job, view, batch, reached, trouble)

    def _finished(self, job: Job, view: View, batch: Batch, reached: _Reached, trouble: str | None) -> FileFacts:
        if trouble:
            # Half of a file is worse than what was known before; it is tried again when it changes.
            return nothing_of(job)._replace(stamp=reached.stamp, problem=trouble)
        batch.drop_impossible_times()
        return FileFacts(
            *(job.source, job.root, job.path),
            *((job.known.id, job.known.generation) if job.known else (0, 0)),
            append=reached.append,
            stamp=reached.stamp,
            offset=reached.offset,
            head=reached.head,
            tail=reached.tail,
            skipping=reached.skipping,
            version=job.version,
            state=_ENCODE(view.state) if view.state else b"{}",
            records=batch.packed(),
            rows=pack_rows(rows_of(batch.records, self._days.ordinal)),
            sessions=tuple(batch.sessions),
            models=tuple(batch.models),
            skipped=dict(batch.skipped),
            repeated=batch.repeated,
            forks=batch.forks,
            seen=batch.seen,
            read_bytes=reached.read_bytes,
        )

    def _view(self, job: Job, reader: Reader, stamp: Stamp) -> View:
        modified = min(stamp.mtime_ns, time.time_ns()) // 1_000_000
        return View(
            path=Path(os.fsdecode(job.path)),
            relative=os.fsdecode(job.relative),
            data=b"",
            state={},
            modified_ms=max(0, modified),
            machine=self._machine,
            beside=lambda relative: _beside(os.fsdecode(job.root), relative),
            others=lambda: self._others(reader, os.fsdecode(job.root)),
        )

    def _others(self, reader: Reader, root: str) -> Sequence[str]:
        key = (reader.id, root)
        if key not in self._names:
            self._names[key] = tuple(found.relative for found in Walker().files(root, reader.wants))
        return self._names[key]


def nothing_of(job: Job) -> FileFacts:
    """What is told of a file that nothing could be found out about."""
    known = (job.known.id, job.known.generation) if job.known else (0, 0)
    return FileFacts(job.source, job.root, job.path, *known, keep=True, stamp=job.stamp, version=job.version)


def _understood(reader: Reader, view: View, batch: Batch) -> str | None:
    """Give ``view`` to the reader. A defect of it costs this file and no other: returns words for it."""
    try:
        reader.read(view, batch)
    except (Unreadable, OSError, read_file.TooLarge):
        raise
    except Exception as error:  # noqa: BLE001  # see above
        return f"not understood ({type(error).__name__})"
    return None


def _is_object(data: bytes) -> bool:
    try:
        return isinstance(_DECODE(data), dict)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def _state(text: bytes) -> dict[str, Any]:
    value = _DECODE(text)
    return value if isinstance(value, dict) else {}


def _beside(root: str, relative: str) -> bytes | None:
    if os.path.isabs(relative) or ".." in relative.split("/") or not relative:  # noqa: PTH117
        return None
    try:
        descriptor = read_file.open_regular(os.path.join(root, relative), is_link=True)  # noqa: PTH118
    except (OSError, ValueError):
        return None
    try:
        return read_file.read_whole(descriptor, _LARGEST_BESIDE)
    except (OSError, read_file.TooLarge):
        return None
    finally:
        os.close(descriptor)
