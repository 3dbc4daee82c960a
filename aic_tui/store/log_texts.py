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
_MOST_REMEMBERED = 50_000


class Texts:
    """Numbers by name, as of the last commit."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, str, str], int] = {}
        self._models: dict[tuple[str, str], int] = {}

    def forget(self) -> None:
        """Numbers may have been given that never reached the file."""
        self._sessions.clear()
        self._models.clear()

    def session(self, db: sqlite3.Connection, source: str, name: str, project: str) -> int:
        """The number of a session; it is given one where it has none."""
        key = (source, name, project)
        found = self._sessions.get(key)
        if found is None:
            if len(self._sessions) > _MOST_REMEMBERED:
                self._sessions.clear()
            found = self._sessions[key] = _number(db, "log_sessions", "source = ? AND name = ? AND project = ?", key)
        return found

    def model(self, db: sqlite3.Connection, source: str, name: str) -> int:
        """The number of a model of a tool; it is given one where it has none."""
        key = (source, name)
        found = self._models.get(key)
        if found is None:
            found = self._models[key] = _number(db, "log_models", "source = ? AND name = ?", key)
        return found

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


def _number(db: sqlite3.Connection, table: str, where: str, key: tuple[str, ...]) -> int:
    query = f"SELECT id FROM {table} WHERE {where}"  # noqa: S608  # our own names
    row = db.execute(query, key).fetchone()
    if row is None:
        columns = where.replace(" = ?", "").replace(" AND ", ", ")
        marks = ", ".join("?" * len(key))
        db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", key)  # noqa: S608
        row = db.execute("SELECT last_insert_rowid()").fetchone()
    return int(row[0])
