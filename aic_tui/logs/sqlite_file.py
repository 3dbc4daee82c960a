"""Another program's SQLite database, read without leaving a trace beside it and without making its owner wait."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from aic_tui.logs.base import Unreadable

LOCKED = "the database is locked"
DAMAGED = "not a readable database"
_BUSY_SECONDS = 0.25
_TRIES = 3
_HEADER = 100


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to ``path`` that cannot write. Raises :class:`Unreadable`, also for errors while it is used.

    SQLite makes ``-wal`` and ``-shm`` files beside a database in WAL mode where they are missing, even for a reader,
    and can repair a database that a killed program left only by writing to it. Both happen to a copy, in a private
    temporary directory. Bytes that are not UTF-8 are replaced.
    """
    try:
        with contextlib.ExitStack() as stack:
            connection = _connect(path, stack)
            stack.callback(connection.close)
            yield connection
    except sqlite3.DatabaseError as error:
        raise Unreadable(_reason(error)) from error
    except OSError as error:
        raise Unreadable("cannot be opened") from error


def columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """The columns of a table of this version of the tool; empty where there is no such table."""
    return {str(name) for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _connect(path: Path, stack: contextlib.ExitStack) -> sqlite3.Connection:
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if not header.startswith(b"SQLite format 3\0"):
        raise sqlite3.DatabaseError(DAMAGED)
    log, shared = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
    if header[18] != 2:
        return _rollback_mode(path, stack)
    if log.exists() and shared.exists():
        return _open(path, "mode=ro")
    if log.exists() and log.stat().st_size:
        return _open(_copied(path, ("-wal",), stack), "mode=rw")
    # Nobody has it open, and it is complete: no lock is needed, and no file beside it.
    return _open(path, "immutable=1")


def _rollback_mode(path: Path, stack: contextlib.ExitStack) -> sqlite3.Connection:
    try:
        return _open(path, "mode=ro")
    except sqlite3.OperationalError as error:
        if _is_busy(error) or not path.with_name(path.name + "-journal").exists():
            raise
    return _open(_copied(path, ("-journal",), stack), "mode=rw")


def _open(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()).replace(chr(92), '/'), errors='surrogateescape')}?{mode}"
    connection = sqlite3.connect(uri, _BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True)
    try:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA query_only=ON")
        # The first access to the content: locks and damage show here. One transaction, so that all of the reader's
        # queries see one state.
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _copied(path: Path, ends: tuple[str, ...], stack: contextlib.ExitStack) -> Path:
    """A copy of the database with the files of the ``ends`` beside it, taken while none of them changed."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aic-", ignore_cleanup_errors=True)))
    sources = [path, *(path.with_name(path.name + end) for end in ends)]
    for _ in range(_TRIES):
        before = [_state(source) for source in sources]
        for source in sources:
            if source.exists():
                shutil.copyfile(source, folder / source.name)
        if before == [_state(source) for source in sources]:
            return folder / path.name
        time.sleep(_BUSY_SECONDS / _TRIES)
    raise sqlite3.OperationalError(LOCKED)


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _reason(error: sqlite3.Error) -> str:
    return LOCKED if _is_busy(error) or str(error) == LOCKED else DAMAGED
