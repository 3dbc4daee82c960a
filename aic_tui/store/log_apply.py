"""One batch of readings taken into the index: inside one transaction, and all its consequences for other files."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from aic_tui.store import log_settle
from aic_tui.store.log_keys import Keys, listed
from aic_tui.store.log_texts import INSERT_ROW, Texts, global_rows, packed
from aic_tui.usage_files import FileFacts
from aic_tui.usage_records import ROW

_FILE_COLUMNS = 25
_INSERT_FILE = "INSERT OR REPLACE INTO log_files VALUES (" + ", ".join("?" * _FILE_COLUMNS) + ")"  # noqa: S608
_ADD_ROW = (
    f"{INSERT_ROW} ON CONFLICT DO UPDATE SET "
    + ", ".join(
        f"{name} = {name} + excluded.{name}"
        for name in ("messages", "input", "output", "cache_read", "write_5m", "write_1h", "extra", "cost")
    )
    + ", first = min(first, excluded.first), last = max(last, excluded.last)"
)


class Applied(NamedTuple):
    """What became of a batch. ``dropped`` readings were out of date."""

    files: int = 0
    dropped: int = 0


class _Before(NamedTuple):
    """The counters of a file as it was."""

    generation: int
    repeated: int
    forks: int
    seen: int
    skipped: dict[str, int]
    lost: int


@dataclass(slots=True)
class _File:
    """A file whose records are looked at or changed. ``facts`` is None for one that was not read now."""

    id: int
    path: bytes
    body: bytearray
    facts: FileFacts | None = None
    before: _Before | None = None
    sessions: Sequence[int] = ()
    models: Sequence[int] = ()
    repeated: int = 0
    writes_body: bool = False
    makes_rows: bool = False
    touched: set[int] = field(default_factory=set)


class Application:
    """One call of ``LogIndex.apply``. ``added`` are the fragments that each file has not had before."""

    def __init__(
        self,
        db: sqlite3.Connection,
        keys: Keys,
        texts: Texts,
        day_of: Callable[[int], int],
        batch: Sequence[FileFacts],
    ) -> None:
        self._db = db
        self._keys = keys
        self._texts = texts
        self._day_of = day_of
        self._batch = batch
        self._files: dict[int, _File] = {}
        self.added: dict[int, set[int]] = {}
        self.applied = Applied()

    def run(self, *, is_alone: bool) -> None:
        """Do all of it. ``is_alone`` means that nobody else has written since the files were planned."""
        accepted = self._accepted(is_alone=is_alone)
        for number, facts, before in accepted:
            self._take(number, facts, before)
        self._settle()
        self._keys.write(self._db, self.added)
        self._write()
        self.applied = Applied(len(accepted), len(self._batch) - len(accepted))

    def _accepted(self, *, is_alone: bool) -> list[tuple[int, FileFacts, _Before | None]]:
        (last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM log_files").fetchone()
        taken: set[bytes] = set()
        if not is_alone and not all(facts.known_id for facts in self._batch):
            taken = {bytes(path) for (path,) in self._db.execute("SELECT path FROM log_files WHERE gone = 0")}
        found: list[tuple[int, FileFacts, _Before | None]] = []
        for facts in self._batch:
            if facts.known_id:
                before = self._before(facts.known_id)
                if before is not None and before.generation == facts.generation:
                    found.append((facts.known_id, facts, before))
            elif facts.path not in taken and not (facts.keep and facts.problem is None):
                last += 1
                found.append((last, facts, None))
        return found

    def _before(self, number: int) -> _Before | None:
        row = self._db.execute(
            "SELECT generation, repeated, forks, seen, skipped, lost FROM log_files WHERE id = ?", (number,)
        ).fetchone()
        return _Before._make((*row[:4], json.loads(row[4]), row[5])) if row else None

    def _body(self, number: int) -> bytes:
        row = self._db.execute("SELECT body FROM log_records WHERE file = ?", (number,)).fetchone()
        return bytes(row[0]) if row else b""

    def _take(self, number: int, facts: FileFacts, before: _Before | None) -> None:
        if facts.keep:
            self._keep(number, facts, before)
            return
        source = facts.source
        sessions = [self._texts.session(self._db, source, *names) for names in facts.sessions]
        models = [self._texts.model(self._db, source, name) for name in facts.models]
        file = _File(number, facts.path, bytearray(facts.records), facts, before, sessions, models)
        new = set(log_settle.fragments_of(facts.records))
        new.discard(0)
        old: set[int] = set()
        if before is not None:
            body = self._body(number)
            old = set(log_settle.fragments_of(body))
            if facts.append:
                self._append(file, body, new)
            else:
                self._db.execute("DELETE FROM log_rows WHERE file = ?", (number,))
        self._files[number] = file
        file.writes_body = bool(facts.records) or bool(before and not facts.append)
        # Of what was replaced, too: a telling that was lost to it may count again.
        file.touched = new if facts.append else new | old
        self.added[number] = new - old if old else new

    def _append(self, file: _File, body: bytes, new: set[int]) -> None:
        assert file.facts is not None  # noqa: S101
        if not new.isdisjoint(log_settle.fragments_of(body)):
            folded, file.repeated = log_settle.fold(body, file.facts.records)
            file.body, file.makes_rows = bytearray(folded), True
        else:
            file.body = bytearray(body + file.facts.records)

    def _keep(self, number: int, facts: FileFacts, before: _Before | None) -> None:
        if before is None:
            self._files[number] = _File(number, facts.path, bytearray(), facts)
            return
        self._db.execute(
            "UPDATE log_files SET generation = generation + 1, failed = ?, problem = coalesce(?, problem) WHERE id = ?",
            (facts.failed, facts.problem, number),
        )
        if not facts.failed:
            # Not worth another try before it changes.
            self._db.execute(
                "UPDATE log_files SET dev = ?, ino = ?, size = ?, mtime_ns = ? WHERE id = ?", (*facts.stamp, number)
            )

    def _settle(self) -> None:
        contested = self._contested()
        if not contested:
            return
        wanted: dict[int, set[int]] = {}
        for fragment, numbers in contested.items():
            for number in numbers:
                wanted.setdefault(number, set()).add(fragment)
        tellings: dict[int, list[log_settle.Telling]] = {}
        for number, fragments in wanted.items():
            file = self._files.get(number) or self._other(number)
            if file is not None:
                for telling in _tellings(file, fragments):
                    tellings.setdefault(telling.record.key, []).append(telling)
        for group in tellings.values():
            lost = log_settle.losers(group)
            for telling in group:
                self._mark(telling, lost=(telling.file, telling.position) in lost)

    def _contested(self) -> dict[int, set[int]]:
        """The fragments of this batch that more than one file has, or had; with these files."""
        everywhere: set[int] = set()
        for file in self._files.values():
            everywhere |= file.touched
        found: dict[int, set[int]] = {
            fragment: {*listed(files)} for fragment, files in self._keys.find(self._db, everywhere).items()
        }
        here: dict[int, int] = {}
        for number, file in self._files.items():
            for fragment in found.keys() & file.touched:
                found[fragment].add(number)
            both = here.keys() & file.touched
            for fragment in both:
                found.setdefault(fragment, set()).update((number, here[fragment]))
            here.update(dict.fromkeys(file.touched - both, number))
        return {fragment: numbers for fragment, numbers in found.items() if len(numbers) > 1}

    def _other(self, number: int) -> _File | None:
        row = self._db.execute("SELECT path FROM log_files WHERE id = ?", (number,)).fetchone()
        if row is None:
            return None
        sessions, models = self._texts.ids_of_file(self._db, number)
        file = _File(number, bytes(row[0]), bytearray(self._body(number)), sessions=sessions, models=models)
        self._files[number] = file
        return file

    def _mark(self, telling: log_settle.Telling, *, lost: bool) -> None:
        file = self._files[telling.file]
        if log_settle.is_lost(file.body, telling.position) != lost:
            log_settle.mark(file.body, telling.position, lost=lost)
            file.writes_body = file.makes_rows = True

    def _write(self) -> None:
        entries, bodies = [], []
        rows: list[tuple[int, ...]] = []
        more: list[tuple[int, ...]] = []
        for file in self._files.values():
            if file.facts is not None:
                entries.append(_entry(file, file.facts))
            elif file.writes_body:
                self._db.execute("UPDATE log_files SET lost = ? WHERE id = ?", (_lost(file), file.id))
            if file.writes_body:
                bodies.append((file.id, bytes(file.body)))
            if file.makes_rows:
                self._db.execute("DELETE FROM log_rows WHERE file = ?", (file.id,))
                made = log_settle.rows_from(file.body, self._day_of)
                rows += global_rows(file.id, made, file.sessions, file.models)
            elif file.facts is not None and file.facts.rows:
                read = ROW.iter_unpack(file.facts.rows)
                (more if file.facts.append else rows).extend(global_rows(file.id, read, file.sessions, file.models))
        self._db.executemany(_INSERT_FILE, entries)
        self._db.executemany("INSERT OR REPLACE INTO log_records VALUES (?, ?)", bodies)
        self._db.executemany(INSERT_ROW, rows)
        self._db.executemany(_ADD_ROW, more)


def _entry(file: _File, facts: FileFacts) -> tuple[object, ...]:
    before = file.before
    skipped = dict(facts.skipped)
    repeated, forks, seen = facts.repeated + file.repeated, facts.forks, facts.seen
    if before is not None and facts.append:
        repeated, forks, seen = repeated + before.repeated, forks + before.forks, seen + before.seen
        for reason, count in before.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + count
    return (
        *(file.id, before.generation + 1 if before else 1, facts.source, facts.root, facts.path, *facts.stamp),
        *(facts.offset, facts.head, facts.tail, facts.skipping, facts.version, 0, facts.failed),
        *(_lost(file), repeated, forks, seen, json.dumps(skipped) if skipped else "{}", facts.problem),
        *(packed(file.sessions), packed(file.models), facts.state),
    )


def _lost(file: _File) -> int:
    # Nothing that was read only now is marked, unless it was settled.
    return log_settle.count_lost(file.body) if file.before is not None or file.makes_rows else 0


def _tellings(file: _File, fragments: set[int]) -> list[log_settle.Telling]:
    return [
        log_settle.Telling(file.id, file.path, position, log_settle.joined_at(file.body, position))
        for position, fragment in enumerate(log_settle.fragments_of(file.body))
        if fragment in fragments
    ]
