"""Which files may tell of a request: four bytes of each record's key and the file's number, in the database.

What a scan adds is kept as it came (``part`` -1) until there is enough of it to be spread over 256 parts, so that a
small change needs only the parts that its keys fall into. A scan that adds much has all of it in memory: about 80
bytes a record.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Set

_RECENT = -1
_PARTS = 256
_MUCH = 4096
_SPREAD_AT_BYTES = 32 * 1024
_PAIR = 8

Files = int | tuple[int, ...]


class Keys:
    """The directory of one database, as of the last commit. Only for use inside write transactions."""

    def __init__(self) -> None:
        self._all: dict[int, Files] | None = None
        self._recent: dict[int, Files] | None = None
        self._parts: dict[int, bytes] = {}

    def forget(self) -> None:
        """Another process has written, or this one could not: read everything again when it is needed."""
        self._all = self._recent = None
        self._parts = {}

    def find(self, db: sqlite3.Connection, fragments: Set[int]) -> dict[int, Files]:
        """The files in which each of ``fragments`` occurs; those that occur nowhere are left out."""
        if self._all is None and len(fragments) > _MUCH:
            self._all = {}
            for (body,) in db.execute("SELECT body FROM log_keys WHERE part >= 0"):
                pairs = _numbers(body)
                for file, fragment in zip(pairs[0::2], pairs[1::2], strict=True):
                    _add(self._all, fragment, file)
            self._load_recent(db, self._all)
            self._recent, self._parts = None, {}
        if self._all is not None:
            known = self._all
            return {fragment: known[fragment] for fragment in known.keys() & fragments}
        if self._recent is None:
            self._recent = {}
            self._load_recent(db, self._recent)
        found: dict[int, Files] = {}
        for fragment in fragments:
            files = (*self._in_part(db, fragment), *listed(self._recent.get(fragment, ())))
            if files:
                found[fragment] = files
        return found

    def write(self, db: sqlite3.Connection, added: Mapping[int, Iterable[int]]) -> None:
        """Add the fragments of each file. They are found after :meth:`committed`."""
        runs = array("I")
        for file, fragments in added.items():
            run = array("I", fragments)
            if run:
                runs.extend((file, len(run)))
                runs.extend(run)
        if runs:
            number = db.execute("SELECT coalesce(max(number), 0) + 1 FROM log_keys WHERE part = ?", (_RECENT,))
            db.execute("INSERT INTO log_keys VALUES (?, ?, ?)", (_RECENT, number.fetchone()[0], _bytes(runs)))

    def committed(self, added: Mapping[int, Set[int]]) -> None:
        """What was written is in the file now."""
        for known in (self._all, self._recent):
            if known is None:
                continue
            for file, fragments in added.items():
                both = known.keys() & fragments
                known.update(dict.fromkeys(fragments - both if both else fragments, file))
                for fragment in both:
                    _add(known, fragment, file)

    def spread(self, db: sqlite3.Connection) -> None:
        """Spread what is recent over the parts, where there is enough of it to be worth it."""
        (size,) = db.execute(
            "SELECT coalesce(sum(length(body)), 0) FROM log_keys WHERE part = ?", (_RECENT,)
        ).fetchone()
        if size < _SPREAD_AT_BYTES:
            return
        self.forget()
        parts = [array("I") for _ in range(_PARTS)]
        for file, fragments in self._runs(db):
            for fragment in fragments:
                part = parts[fragment >> 24]
                part.append(file)
                part.append(fragment)
        for number, pairs in enumerate(parts):
            if pairs:
                body = self._part(db, number) + _bytes(pairs)
                db.execute("INSERT OR REPLACE INTO log_keys VALUES (?, 0, ?)", (number, body))
        db.execute("DELETE FROM log_keys WHERE part = ?", (_RECENT,))
        self.forget()

    def _load_recent(self, db: sqlite3.Connection, known: dict[int, Files]) -> None:
        for file, fragments in self._runs(db):
            for fragment in fragments:
                _add(known, fragment, file)

    def _runs(self, db: sqlite3.Connection) -> Iterator[tuple[int, array[int]]]:
        for (body,) in db.execute("SELECT body FROM log_keys WHERE part = ? ORDER BY number", (_RECENT,)):
            runs, at = _numbers(body), 0
            while at + 1 < len(runs):
                file, count = runs[at], runs[at + 1]
                yield file, runs[at + 2 : at + 2 + count]
                at += 2 + count

    def _in_part(self, db: sqlite3.Connection, fragment: int) -> list[int]:
        body, wanted = self._part(db, fragment >> 24), fragment.to_bytes(4, "little")
        found = []
        at = body.find(wanted)
        while at >= 0:
            if at % _PAIR == _PAIR // 2:
                found.append(int.from_bytes(body[at - 4 : at], "little"))
            at = body.find(wanted, at + 1)
        return found

    def _part(self, db: sqlite3.Connection, part: int) -> bytes:
        if part not in self._parts:
            row = db.execute("SELECT body FROM log_keys WHERE part = ? AND number = 0", (part,)).fetchone()
            self._parts[part] = bytes(row[0][: len(row[0]) // _PAIR * _PAIR]) if row else b""
        return self._parts[part]


def listed(files: Files) -> tuple[int, ...]:
    """One file or several, as several."""
    return files if isinstance(files, tuple) else (files,)


def _add(known: dict[int, Files], fragment: int, file: int) -> None:
    held = known.setdefault(fragment, file)
    if held != file and file not in listed(held):
        known[fragment] = (*listed(held), file)


def _numbers(body: bytes) -> array[int]:
    numbers = array("I", body[: len(body) // 4 * 4])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _bytes(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()
