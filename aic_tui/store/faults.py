"""What an error of SQLite means: the file is damaged, or it can only not be used right now."""

from __future__ import annotations

import sqlite3

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

# Every one of these passes, or is mended by the user; none of them says anything about the file's content.
_PASSING = {
    sqlite3.SQLITE_BUSY: "another program has locked the database",
    sqlite3.SQLITE_LOCKED: "another program has locked the database",
    sqlite3.SQLITE_PROTOCOL: "another program has locked the database",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reported an error",
    sqlite3.SQLITE_READONLY: "the database is read-only",
    sqlite3.SQLITE_PERM: "the database may not be written",
    sqlite3.SQLITE_AUTH: "the database may not be written",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened",
    sqlite3.SQLITE_NOMEM: "there is not enough memory",
}


class NotSaved(Exception):  # noqa: N818 - a state of affairs, not a defect
    """A write that cannot reach the file now. ``why`` is a clause ("the disk is full") for "not saving: …"."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class MigrationFailed(Exception):  # noqa: N818
    """A step of the schema could not be made. The file is as the last complete step left it."""


class NewerSchema(Exception):  # noqa: N818
    """The file was written by a newer version of the program and was left alone."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"schema {found}, this program knows {known}")
        self.found = found
        self.known = known


def _code(error: sqlite3.Error) -> int:
    # Absent on errors that the sqlite3 module itself raises.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_damage(error: BaseException) -> bool:
    """True when SQLite itself says that the content is broken. Locks, full disks and I/O errors never are."""
    return isinstance(error, sqlite3.Error) and _code(error) in _DAMAGED


def passing_reason(error: BaseException) -> str | None:
    """Why the file cannot be used right now, as a clause; None when ``error`` is of another kind."""
    if isinstance(error, NotSaved):
        return error.why
    if isinstance(error, sqlite3.Error):
        return _PASSING.get(_code(error))
    if isinstance(error, OSError):
        return "the data directory cannot be written"
    return None


def is_lock(why: str) -> bool:
    """True for the one reason that may pass within a second."""
    return why == _PASSING[sqlite3.SQLITE_BUSY]
