"""Which files may tell of a request: four bytes of each record's key and the file's number, in the database.

What a scan adds is kept as it came (``part`` -1) until it is sorted into 256 parts, so that a small change needs only
the parts that its keys fall into. A scan that adds much has all of it in memory: about 80 bytes a record.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Set
from itertools import groupby

_RECENT = -1
_MUCH = 4096
_SORT_AT = 8192
_LOW = 0xFFFF_FFFF

Files = int | tuple[int, ...]


class Keys:
    """The directory of one database, as of the last commit. Only for use inside write transactions."""

    def __init__(self) -> None:
        self._all: dict[int, Files] | None = None
        self._recent: dict[int, Files] | None = None
        self._parts: dict[int, array[int]] = {}

    def forget(self) -> None:
        """Another process has written, or this one could not: read everything again when it is needed."""
        self._all = self._recent = None
        self._parts = {}

    def find(self, db: sqlite3.Connection, fragments: Set[int]) -> dict[int, Files]:
        """The files in which each of ``fragments`` occurs; those that occur nowhere are left out."""
        if self._all is None and len(fragments) > _MUCH:
            self._all = _load(db, "SELECT body FROM log_keys")
            self._recent, self._parts = None, {}
        if self._all is not None:
            known = self._all
            return {fragment: known[fragment] for fragment in known.keys() & fragments}
        if self._recent is None:
            self._recent = _load(db, f"SELECT body FROM log_keys WHERE part = {_RECENT}")  # noqa: S608
        found: dict[int, Files] = {}
        for fragment in fragments:
            files = (*self._in_part(db, fragment), *_listed(self._recent.get(fragment, ())))
            if files:
                found[fragment] = files
        return found

    def write(self, db: sqlite3.Connection, added: Mapping[int, Iterable[int]]) -> None:
        """Add the fragments of each file. They are found after :meth:`committed`."""
        entries = array("Q", [fragment << 32 | file for file, found in added.items() for fragment in found])
        if entries:
            number = db.execute("SELECT coalesce(max(number), 0) + 1 FROM log_keys WHERE part = ?", (_RECENT,))
            db.execute("INSERT INTO log_keys VALUES (?, ?, ?)", (_RECENT, number.fetchone()[0], _bytes(entries)))

    def committed(self, added: Mapping[int, Set[int]]) -> None:
        """What was written is in the file now."""
        for known in (self._all, self._recent):
            if known is None:
                continue
            for file, fragments in added.items():
                both = known.keys() & fragments
                known.update(dict.fromkeys(fragments - both if both else fragments, file))
                for fragment in both:
                    known[fragment] = (*_listed(known[fragment]), file)

    def sort(self, db: sqlite3.Connection) -> None:
        """Sort what is recent into its parts, where there is enough of it to be worth it."""
        (size,) = db.execute(
            "SELECT coalesce(sum(length(body)), 0) FROM log_keys WHERE part = ?", (_RECENT,)
        ).fetchone()
        if size < _SORT_AT * 8:
            return
        self.forget()
        recent = array("Q")
        for (body,) in db.execute("SELECT body FROM log_keys WHERE part = ?", (_RECENT,)):
            recent.extend(_array(body))
        for part, entries in groupby(sorted(recent), _part_of):
            merged = array("Q", sorted({*entries, *self._part(db, part)}))
            db.execute("INSERT OR REPLACE INTO log_keys VALUES (?, 0, ?)", (part, _bytes(merged)))
        db.execute("DELETE FROM log_keys WHERE part = ?", (_RECENT,))
        self.forget()

    def _in_part(self, db: sqlite3.Connection, fragment: int) -> list[int]:
        entries = self._part(db, _part_of(fragment << 32))
        at = bisect_left(entries, fragment << 32)
        found = []
        while at < len(entries) and entries[at] >> 32 == fragment:
            found.append(entries[at] & _LOW)
            at += 1
        return found

    def _part(self, db: sqlite3.Connection, part: int) -> array[int]:
        if part not in self._parts:
            row = db.execute("SELECT body FROM log_keys WHERE part = ? AND number = 0", (part,)).fetchone()
            self._parts[part] = _array(row[0]) if row else array("Q")
        return self._parts[part]


def _part_of(entry: int) -> int:
    return entry >> 56


def _listed(files: Files) -> tuple[int, ...]:
    return files if isinstance(files, tuple) else (files,)


def _array(body: bytes) -> array[int]:
    entries = array("Q", body[: len(body) // 8 * 8])
    if sys.byteorder == "big":
        entries.byteswap()
    return entries


def _bytes(entries: array[int]) -> bytes:
    if sys.byteorder == "big":
        entries = entries[:]
        entries.byteswap()
    return entries.tobytes()


def _load(db: sqlite3.Connection, query: str) -> dict[int, Files]:
    known: dict[int, Files] = {}
    for (body,) in db.execute(query):
        for entry in _array(body):
            fragment, file = entry >> 32, entry & _LOW
            held = known.setdefault(fragment, file)
            if held != file:
                known[fragment] = tuple({*_listed(held), file})
    return known
