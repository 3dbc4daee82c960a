"""The connections to the file that is at the path now, and what becomes of them when that file is in trouble."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from aic_tui.environment import Environment
from aic_tui.store import connect
from aic_tui.store.faults import MigrationFailed, NewerSchema, NotSaved
from aic_tui.store.files import FileLock, Identity, beside, identity, move_aside
from aic_tui.store.salvage import salvage
from aic_tui.store.schema import MIGRATIONS, Step

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

# What any step between us and the file may raise for reasons that are not a defect of the caller.
# (UnicodeDecodeError: the sqlite3 module's word for a damaged column name.)
TROUBLE = (sqlite3.Error, OSError, NotSaved, MigrationFailed, NewerSchema, UnicodeDecodeError)

_READ_PATIENCE_SECONDS = 0.25
_CLOSE_PATIENCE_SECONDS = 0.2
_CHECKPOINT_PATIENCE_SECONDS = 0.1


class Link:
    """A reader that never waits for a writer, and a writer that is opened at the first write.

    ``tell`` gets sentences for the user. ``in_memory`` is True once the file has been given up for this run.
    """

    def __init__(
        self,
        env: Environment,
        tell: Callable[[str], None],
        migrations: Sequence[Step] = MIGRATIONS,
        patience_seconds: float = 5.0,
        mounts: Path = connect.MOUNTS,
    ) -> None:
        self.path = env.paths.database
        self.in_memory = False
        self.patience_seconds = patience_seconds
        # Always taken in this order: write, read, file.
        self.write_lock = threading.RLock()
        self._read_lock = threading.RLock()
        self._file_lock = FileLock(beside(self.path, ".lock"))
        self._env = env
        self._tell = tell
        self._migrations = migrations
        self._mounts = mounts
        self._reader: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None
        self._identity: Identity | None = None
        self._companions: dict[Path, Identity | None] = {}
        self._strikes = 0

    def refuse_newer(self) -> None:
        """Raise :class:`NewerSchema` before anything is opened."""
        connect.refuse_newer(self.path, len(self._migrations))

    def attach(self, deadline: float | None = None) -> None:
        """Have a reader on the file at the path, at the newest version. Raises any of :data:`TROUBLE`."""
        if self._is_attached():
            return
        with self.write_lock, self._read_lock:
            if self._is_attached():
                return
            if self._reader is not None:
                self.detach()
                self._drop_orphans()
                self._tell("The database was deleted or replaced while in use. A new one is in use now.")
            self.refuse_newer()
            self._reader = self._current_reader()
            if self._reader is None:
                until = deadline or time.monotonic() + self.patience_seconds
                with self._file_lock.held(until):
                    left = max(0.0, until - time.monotonic())
                    connect.migrate(self.path, self._migrations, left, self._mounts)
                self._reader = connect.connect(self.path, _READ_PATIENCE_SECONDS, writing=False)
            self._identity = identity(self.path)
            # They stay the same files for as long as we are attached.
            self._companions = {path: identity(path) for path in (beside(self.path, "-wal"), beside(self.path, "-shm"))}

    def _drop_orphans(self) -> None:
        """Remove the WAL of a database that is gone: SQLite would apply it to the one that took its place."""
        for path, ours in self._companions.items():
            if ours is not None and identity(path) == ours:
                path.unlink(missing_ok=True)

    def _is_attached(self) -> bool:
        if self.in_memory and self._reader is None:
            raise NotSaved("the database is closed")
        return self._reader is not None and (self.in_memory or identity(self.path) == self._identity)

    def _current_reader(self) -> sqlite3.Connection | None:
        if not self.path.exists():
            return None
        reader = connect.connect(self.path, _READ_PATIENCE_SECONDS, writing=False)
        try:
            if connect.version_of(reader) == len(self._migrations):
                return reader
        except sqlite3.Error:
            reader.close()
            raise
        reader.close()
        return None

    def read(self, work: Work[T]) -> T:
        """The result of ``work`` on the reader. Raises any of :data:`TROUBLE`."""
        while True:
            self.attach()
            with self._read_lock:
                # None when another thread has just closed it, to open it anew.
                if self._reader is not None:
                    return work(self._reader)

    def write(self, work: Work[T], patience_seconds: float) -> T:
        """Run ``work`` in one transaction under the file lock. Raises any of :data:`TROUBLE`, then without effect."""
        deadline = time.monotonic() + patience_seconds
        with self.write_lock:
            self.attach(deadline)
            if self.in_memory and self._reader is not None:
                with self._read_lock:
                    return self._commit(self._reader, work)
            with self._file_lock.held(deadline):
                if self._writer is None:
                    self._writer = connect.connect(self.path, 0, writing=True)
                left = max(0.0, deadline - time.monotonic())
                self._writer.execute(f"PRAGMA busy_timeout={int(left * 1000)}")
                return self._commit(self._writer, work)

    def _commit(self, connection: sqlite3.Connection, work: Work[T]) -> T:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # A newer program may have changed the tables since they were opened.
            if (found := connect.version_of(connection)) > len(self._migrations):
                raise NewerSchema(found, len(self._migrations))
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._strikes = 0
        return result

    def checkpoint(self) -> None:
        """Bring the WAL into the file and cut it to nothing, unless someone reads or writes just now."""
        with self.write_lock:
            if self.in_memory or self._writer is None:
                return
            held = self._file_lock.held(time.monotonic() + _CHECKPOINT_PATIENCE_SECONDS)
            with contextlib.suppress(sqlite3.Error, NotSaved, OSError), held:
                self._writer.execute(f"PRAGMA busy_timeout={int(_CHECKPOINT_PATIENCE_SECONDS * 1000)}")
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def detach(self) -> None:
        """Close both connections."""
        with self.write_lock, self._read_lock:
            if self._reader is None and self._writer is None:
                return
            # The last connection to close makes a checkpoint, so this is a write like any other; when another
            # process holds the lock all the same, then ours is not the last one.
            held = contextlib.nullcontext() if self.in_memory else self._held_to_close()
            with contextlib.suppress(NotSaved, OSError), held:
                self._close_both()
            self._close_both()

    def _held_to_close(self) -> contextlib.AbstractContextManager[None]:
        return self._file_lock.held(time.monotonic() + _CLOSE_PATIENCE_SECONDS)

    def _close_both(self) -> None:
        for connection in (self._writer, self._reader):
            if connection is not None:
                connection.close()
        self._writer = self._reader = None

    def give_up(self) -> None:
        """Go on in memory, with what can be read of the file, which is not touched any more in this run."""
        with self.write_lock, self._read_lock:
            self.detach()
            self._reader = connect.in_memory(self.path, self._migrations)
            self.in_memory = True

    def rescue(self, *, accused: bool) -> bool:
        """Move a damaged file aside and begin a new one with its readable rows.

        ``accused`` means that SQLite itself called it damaged; then a check that finds nothing is believed once.
        Returns whether it is worth to try again; raises any of :data:`TROUBLE`.
        """
        with self.write_lock, self._read_lock:
            self.detach()
            with self._file_lock.held(time.monotonic() + self.patience_seconds):
                if not self.path.exists():
                    return True
                if connect.is_sound(self.path, self._migrations, self.patience_seconds):
                    # Another instance has replaced it already, or one read went wrong.
                    self._strikes += 1
                    if not accused or self._strikes < 2:
                        return accused
                self._replace_damaged()
                return True

    def _replace_damaged(self) -> None:
        self._strikes = 0
        aside = move_aside(self.path, self._env.now())
        connect.migrate(self.path, self._migrations, self.patience_seconds, self._mounts)
        rows = salvage(aside, self.path)
        self._tell(f"The database was damaged. It is kept as {aside.name}; {rows} rows of it could be saved.")
