"""Names of sessions and models: one number each in the whole index, and lists of these per file."""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Iterable, Sequence

from aic_tui.usage_files import Memory

INSERT_ROW = "INSERT INTO log_rows VALUES (" + ", ".join("?" * 16) + ")"  # noqa: S608
_SESSION = "SELECT name, project FROM log_sessions WHERE id = ?"
_MODEL = "SELECT name FROM log_models WHERE id = ?"
_MANY = 20
_MOST_REMEMBERED = 50_000


class Texts:
    """Numbers by name, as of the last commit."""

    def __init__(self) -> None:
        self._sessions = _Table("log_sessions", ("source", "name", "project"))
        self._models = _Table("log_models", ("source", "name"))

    def forget(self) -> None:
        """Numbers may have been given that never reached the file."""
        self._sessions.forget()
        self._models.forget()

    def session(self, db: sqlite3.Connection, source: str, name: str, project: str) -> int:
        """The number of a session; it is given one where it has none."""
        return self._sessions.number(db, (source, name, project))

    def model(self, db: sqlite3.Connection, source: str, name: str) -> int:
        """The number of a model of a tool; it is given one where it has none."""
        return self._models.number(db, (source, name))

    def ids_of_file(self, db: sqlite3.Connection, file: int) -> tuple[Sequence[int], Sequence[int]]:
        """The numbers of the sessions and of the models that a file's records refer to by index."""
        row = db.execute("SELECT sessions, models FROM log_files WHERE id = ?", (file,)).fetchone()
        return (unpacked(row[0]), unpacked(row[1])) if row else ((), ())

    def memories(self, db: sqlite3.Connection, files: Sequence[int]) -> dict[int, Memory]:
        """The texts and states of some files."""
        marks = ", ".join("?" * len(files))
        rows = db.execute(
            f"SELECT id, state, sessions, models FROM log_files WHERE id IN ({marks})",  # noqa: S608
            list(files),
        ).fetchall()
        return {
            file: Memory(
                bytes(state),
                tuple((row[0], row[1]) for row in _texts(db, _SESSION, unpacked(sessions))),
                tuple(row[0] for row in _texts(db, _MODEL, unpacked(models))),
            )
            for file, state, sessions, models in rows
        }


def global_rows(
    file: int, rows: Iterable[Sequence[int]], sessions: Sequence[int], models: Sequence[int]
) -> list[tuple[int, ...]]:
    """Rows of one file as they are inserted: with its number first, and with numbers in place of indexes.

    Two indexes with one name become one row.
    """
    found = [(file, row[0], _at(sessions, row[1]), _at(models, row[2]), *row[3:]) for row in rows]
    if len(set(sessions)) == len(sessions) and len(set(models)) == len(models):
        return found
    sums: dict[tuple[int, ...], tuple[int, ...]] = {}
    for row in found:
        known = sums.get(row[:6])
        sums[row[:6]] = row if known is None else added(known, row)
    return list(sums.values())


def added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """Two rows of the same file, day, session, model, flags and size as one."""
    counts = (a + b for a, b in zip(one[6:14], other[6:14], strict=True))
    return (*one[:6], *counts, min(one[14], other[14]), max(one[15], other[15]))


def packed(numbers: Iterable[int]) -> bytes:
    """Numbers as the index keeps them."""
    numbers = array("I", numbers)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpacked(body: bytes) -> Sequence[int]:
    """What :func:`packed` packed."""
    numbers = array("I", body[: len(body) // 4 * 4])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _at(numbers: Sequence[int], index: int) -> int:
    # Only damage makes an index too large.
    return numbers[index] if index < len(numbers) else 0


def _texts(db: sqlite3.Connection, query: str, numbers: Sequence[int]) -> list[tuple[str, ...]]:
    return [db.execute(query, (number,)).fetchone() or ("", "") for number in numbers]


class _Table:
    """One table of names. Where many are asked for, all are remembered, if there are not too many."""

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        where = " AND ".join(f"{column} = ?" for column in columns)
        marks = ", ".join("?" * len(columns))
        self._select = f"SELECT id FROM {name} WHERE {where}"  # noqa: S608  # our own names
        self._all = f"SELECT id, {', '.join(columns)} FROM {name} LIMIT {_MOST_REMEMBERED + 1}"  # noqa: S608
        self._insert = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
        self._known: dict[tuple[str, ...], int] = {}
        self._is_complete = False
        self._asked = 0

    def forget(self) -> None:
        self._known.clear()
        self._is_complete = False
        self._asked = 0

    def number(self, db: sqlite3.Connection, key: tuple[str, ...]) -> int:
        found = self._known.get(key)
        if found is not None:
            return found
        self._asked += 1
        if len(self._known) > _MOST_REMEMBERED:
            self.forget()
        elif self._asked == _MANY:
            self._known = {row[1:]: row[0] for row in db.execute(self._all)}
            self._is_complete = len(self._known) <= _MOST_REMEMBERED
            return self.number(db, key)
        row = None if self._is_complete else db.execute(self._select, key).fetchone()
        found = self._known[key] = int(row[0]) if row else int(db.execute(self._insert, key).lastrowid or 0)
        return found
