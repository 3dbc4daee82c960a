"""One connection: opened with our settings, brought to the newest schema, checked, copied into memory."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from aic_tui.store.faults import MigrationFailed, NewerSchema, is_damage, passing_reason
from aic_tui.store.files import beside, header_version, make_private, on_network
from aic_tui.store.schema import TABLES, Step

MOUNTS = Path("/proc/self/mounts")
# Small enough that the WAL stays a few MB; the file is cut back to it after a checkpoint.
_WAL_BYTES = 4 * 1024 * 1024


def _text(raw: bytes) -> str:
    # A damaged byte in one cell must not make a whole table unreadable.
    return raw.decode("utf-8", "replace")


def _open(target: str, timeout: float) -> sqlite3.Connection:
    # Autocommit: transactions are begun by us, so that no read ever leaves one open.
    connection = sqlite3.connect(target, timeout, isolation_level=None, check_same_thread=False, uri=True)
    connection.text_factory = _text
    return connection


def _uri(path: Path, query: str) -> str:
    return f"file:{quote(path.absolute().as_posix())}?{query}"


def connect(path: Path, timeout: float, *, writing: bool) -> sqlite3.Connection:
    """A connection to the existing file ``path``; ``timeout`` in seconds for locks. Raises ``sqlite3.Error``."""
    connection = _open(_uri(path, "mode=rw"), timeout)
    try:
        connection.execute("PRAGMA mmap_size=0")
        if writing:
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(f"PRAGMA journal_size_limit={_WAL_BYTES}")
        else:
            connection.execute("PRAGMA query_only=ON")
        # The first access to the content: what is no database shows here.
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def connect_damaged(path: Path) -> sqlite3.Connection:
    """A connection that can write nothing to ``path``, for what is left to read."""
    return _open(_uri(path, "mode=ro"), 0)


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version of the open file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def refuse_newer(path: Path, known: int) -> None:
    """Raise :class:`NewerSchema` from the header alone: opening would already write beside the file."""
    if (found := header_version(path)) > known:
        raise NewerSchema(found, known)


def migrate(path: Path, migrations: Sequence[Step], timeout: float, mounts: Path = MOUNTS) -> None:
    """Create the file or bring it to the newest version. The caller holds the file lock.

    Before the first step an existing file is copied to ``aic.db.bak-v<N>`` (0600). Raises :class:`NewerSchema`,
    :class:`MigrationFailed` or ``sqlite3.Error``; the file is then as the last complete step left it.
    """
    make_private(path)
    connection = connect(path, timeout, writing=True)
    try:
        found = version_of(connection)
        if found > len(migrations):
            raise NewerSchema(found, len(migrations))
        if found < len(migrations):
            _lay_out(connection, path, mounts)
            if found:
                _back_up(connection, beside(path, f".bak-v{found}"))
            for number in range(found, len(migrations)):
                _step(connection, migrations[number], number)
    finally:
        connection.close()


def _lay_out(connection: sqlite3.Connection, path: Path, mounts: Path) -> None:
    if connection.execute("PRAGMA page_count").fetchone()[0] == 0:
        # Only possible before the first page is written; without it a file never shrinks.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    mode = "DELETE" if on_network(path, mounts) else "WAL"
    connection.execute(f"PRAGMA journal_mode={mode}")


def _back_up(connection: sqlite3.Connection, target: Path) -> None:
    partial = beside(target, ".partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection.execute("VACUUM INTO ?", (str(partial),))
    partial.replace(target)


def _step(connection: sqlite3.Connection, step: Step, number: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in step:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={number + 1}")
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if is_damage(error) or passing_reason(error):
            raise
        raise MigrationFailed(f"step {number}: {error}") from error


def is_sound(path: Path, migrations: Sequence[Step], timeout: float) -> bool:
    """Whether :func:`verdict` has no complaint. Raises ``sqlite3.Error`` when the file is locked or the like."""
    try:
        with contextlib.closing(connect(path, timeout, writing=False)) as connection:
            return verdict(migrations, connection) is None
    except sqlite3.Error as error:
        if passing_reason(error):
            raise
        return False


def verdict(migrations: Sequence[Step], connection: sqlite3.Connection) -> str | None:
    """The first complaint of ``quick_check`` or of a missing table or column; None when all is well."""
    try:
        answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        if answer != "ok":
            return answer
        with contextlib.closing(_empty(migrations)) as model:
            missing = _columns(model) - _columns(connection)
    except sqlite3.Error as error:
        if passing_reason(error):
            raise
        return str(error)
    return f"missing: {min(missing)}" if missing else None


def _columns(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    # quick_check says nothing about a name that a flipped bit has changed.
    return {
        (table, str(row[1])) for table in TABLES for row in connection.execute(f"PRAGMA table_info({table})").fetchall()
    }


def in_memory(path: Path, migrations: Sequence[Step]) -> sqlite3.Connection:
    """A database in memory, with the content of ``path`` where that is readable and of our version."""
    for query in ("mode=ro", "immutable=1"):
        memory = _open(":memory:", 0)
        try:
            # Without shared memory beside it (read-only directory) a WAL file opens as immutable only.
            with contextlib.closing(_open(_uri(path, query), 0)) as source:
                if version_of(source) != len(migrations):
                    raise sqlite3.DatabaseError
                source.backup(memory)
            if verdict(migrations, memory) is None:
                return memory
        except sqlite3.Error:
            pass
        memory.close()
    return _empty(migrations)


def _empty(migrations: Sequence[Step]) -> sqlite3.Connection:
    memory = _open(":memory:", 0)
    with contextlib.suppress(MigrationFailed):
        for number, step in enumerate(migrations):
            _step(memory, step, number)
    return memory
