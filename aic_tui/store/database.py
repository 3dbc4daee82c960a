"""The one SQLite file, whatever happens to it: locked, full, read-only, damaged, replaced, newer, older.

Two connections. The reader serves every read and never waits for a writer (WAL). The writer is opened at the first
write; each write is one short ``BEGIN IMMEDIATE`` transaction under the file lock. What cannot be written now waits
in memory, at most :data:`QUEUE_LIMIT` writes, and goes to the file before the next write that can.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from aic_tui.environment import Environment
from aic_tui.store import connect
from aic_tui.store.faults import MigrationFailed, NewerSchema, NotSaved, is_damage, is_lock, passing_reason
from aic_tui.store.files import FileLock, Identity, beside, identity, is_writable, move_aside
from aic_tui.store.salvage import salvage
from aic_tui.store.schema import MIGRATIONS, Step

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

QUEUE_LIMIT = 10_000
_PATIENCE_SECONDS = 5.0
# While something is wrong a write only looks whether that has passed.
_SHORT_PATIENCE_SECONDS = 0.1
_READ_PATIENCE_SECONDS = 0.25
_RETRY_LOCK_SECONDS = 1.0
_RETRY_OTHER_SECONDS = 5.0
_FLUSH_SLICE = 500


class Database:
    """Reads, writes and queued writes on one file. All methods may be called from any thread.

    ``notices`` are sentences the user should see, each once. ``saving`` is False while writes stay in memory and
    ``why`` then has the reason as a clause.
    """

    def __init__(
        self, env: Environment, migrations: Sequence[Step] = MIGRATIONS, mounts: Path = connect.MOUNTS
    ) -> None:
        self._env = env
        self._migrations = migrations
        self._mounts = mounts
        self.path = env.paths.database
        self.notices: list[str] = []
        self.why: str | None = None
        self._file_lock = FileLock(beside(self.path, ".lock"))
        # Always taken in this order.
        self._write_lock = threading.RLock()
        self._read_lock = threading.RLock()
        self._reader: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None
        self._memory = False
        self._identity: Identity | None = None
        self._queue: OrderedDict[object, Work[object]] = OrderedDict()
        self._numbers = itertools.count()
        self._retry_at = 0.0
        self._strikes = 0

    @property
    def saving(self) -> bool:
        """False while nothing reaches the file."""
        return self.why is None

    @property
    def pending(self) -> int:
        """How many writes wait in memory."""
        return len(self._queue)

    def open(self) -> None:
        """Make the file usable, or fall back to memory with a notice. Raises :class:`NewerSchema` alone."""
        with contextlib.suppress(FileNotFoundError):
            connect.refuse_newer(self.path, len(self._migrations))
        if not is_writable(self.path):
            self._use_memory("the database is read-only" if self.path.exists() else "the data directory is read-only")
            return
        for _ in range(3):
            try:
                self._attach()
            except (sqlite3.Error, OSError, NotSaved, MigrationFailed) as error:
                if not self._mended(error):
                    return
            else:
                return

    def read(self, work: Work[T], otherwise: T) -> T:
        """The result of ``work``, or ``otherwise`` while the file cannot be read."""
        for _ in range(3):
            try:
                self._attach()
                with self._read_lock:
                    if self._reader is not None:
                        return work(self._reader)
            except (sqlite3.Error, OSError, NotSaved, MigrationFailed, NewerSchema) as error:
                if not self._mended(error):
                    break
        return otherwise

    def write(self, work: Work[T]) -> T:
        """Run ``work`` in one transaction after the waiting writes; returns its result once that is committed.

        Raises :class:`NotSaved` when that is impossible now; ``work`` then had no effect.
        """
        with self._write_lock:
            if self._queue:
                self._flush()
            return self._transact(work)

    def save(self, work: Work[object], key: object = None) -> bool:
        """Like :meth:`write`, but keep ``work`` in memory while it cannot be written. True when it is in the file.

        A waiting write with the same ``key`` is replaced.
        """
        with self._write_lock:
            name = ("", next(self._numbers)) if key is None else key
            self._queue.pop(name, None)
            self._queue[name] = work
            while len(self._queue) > QUEUE_LIMIT:
                self._queue.popitem(last=False)
            return self.flush()

    def flush(self) -> bool:
        """Write what waits in memory, unless the last try was only a moment ago. True when nothing waits."""
        with self._write_lock:
            if self.why and not self._memory and self._env.monotonic() < self._retry_at:
                return False
            try:
                self._flush()
            except NotSaved:
                return False
            return True

    def check(self) -> str | None:
        """Run ``quick_check``; a damaged file is replaced by its readable rows. Returns the complaint, or None."""
        found = self.read(connect.verdict, None)
        if found:
            self._rescue(force=False)
        return found

    def checkpoint(self) -> None:
        """Bring the WAL into the file and cut it to nothing, unless someone reads or writes just now."""
        if self._memory or self._writer is None:
            return
        held = self._file_lock.held(time.monotonic() + _SHORT_PATIENCE_SECONDS)
        with self._write_lock, contextlib.suppress(sqlite3.Error, NotSaved, OSError), held:
            self._writer.execute(f"PRAGMA busy_timeout={int(_SHORT_PATIENCE_SECONDS * 1000)}")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self, patience: float = 0.5) -> None:
        """Write what waits, as far as ``patience`` seconds allow, and close."""
        if not self._write_lock.acquire(timeout=patience):
            return
        try:
            if self._queue and not self._memory:
                self.why = self.why or "closing"
                with contextlib.suppress(NotSaved):
                    self._flush()
            self._detach()
        finally:
            self._write_lock.release()

    # -- one transaction

    def _flush(self) -> None:
        while self._queue:
            batch = list(itertools.islice(self._queue.items(), _FLUSH_SLICE))
            try:
                self._transact(partial(_run_all, [work for _, work in batch]))
            except NotSaved:
                raise
            except Exception:
                # A write that cannot ever succeed must not hold up the others.
                for name, _ in batch:
                    self._queue.pop(name, None)
                raise
            for name, _ in batch:
                self._queue.pop(name, None)

    def _transact(self, work: Work[T]) -> T:
        for _ in range(3):
            try:
                result = self._once(work)
            except (sqlite3.Error, OSError, NotSaved, MigrationFailed, NewerSchema) as error:
                if not self._mended(error):
                    raise NotSaved(self.why or "the database cannot be used") from error
            else:
                self._recovered()
                return result
        raise NotSaved(self.why or "the database cannot be used")

    def _once(self, work: Work[T]) -> T:
        deadline = time.monotonic() + (_SHORT_PATIENCE_SECONDS if self.why else _PATIENCE_SECONDS)
        with self._write_lock:
            self._attach(deadline)
            if self._memory:
                with self._read_lock:
                    return self._commit(self._reader, work)
            with self._file_lock.held(deadline):
                if self._writer is None:
                    self._writer = connect.connect(self.path, 0, writing=True)
                left = max(0.0, deadline - time.monotonic())
                self._writer.execute(f"PRAGMA busy_timeout={int(left * 1000)}")
                return self._commit(self._writer, work)

    def _commit(self, connection: sqlite3.Connection | None, work: Work[T]) -> T:
        if connection is None:
            raise NotSaved("the database cannot be opened")
        connection.execute("BEGIN IMMEDIATE")
        try:
            # A newer program may have changed the tables since.
            if (found := connect.version_of(connection)) > len(self._migrations):
                raise NewerSchema(found, len(self._migrations))
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    # -- connections

    def _attach(self, deadline: float | None = None) -> None:
        """Have a reader on the file that is at the path now, of the newest version."""
        if self._memory or (self._reader is not None and identity(self.path) == self._identity):
            return
        with self._write_lock, self._read_lock:
            if self._reader is not None:
                self._detach()
                self._tell("The database was deleted or replaced while in use. A new one is in use now.")
            known = len(self._migrations)
            if self.path.exists():
                connect.refuse_newer(self.path, known)
                self._reader = self._current_reader(known)
            if self._reader is None:
                until = deadline or time.monotonic() + _PATIENCE_SECONDS
                with self._file_lock.held(until):
                    left = max(0.0, until - time.monotonic())
                    connect.migrate(self.path, self._migrations, left, self._mounts)
                self._reader = connect.connect(self.path, _READ_PATIENCE_SECONDS, writing=False)
            self._identity = identity(self.path)

    def _current_reader(self, known: int) -> sqlite3.Connection | None:
        reader = connect.connect(self.path, _READ_PATIENCE_SECONDS, writing=False)
        if connect.version_of(reader) == known:
            return reader
        reader.close()
        return None

    def _detach(self) -> None:
        with self._write_lock, self._read_lock:
            # The last connection to close makes a checkpoint, so this is a write like any other.
            held = contextlib.nullcontext() if self._memory else self._file_lock.held(time.monotonic() + 0.2)
            with contextlib.suppress(NotSaved, OSError), held:
                self._close_both()
            self._close_both()

    def _close_both(self) -> None:
        for connection in (self._writer, self._reader):
            if connection is not None:
                connection.close()
        self._writer = self._reader = None

    # -- trouble

    def _mended(self, error: Exception) -> bool:
        """React to what went wrong. True when it is worth to try again at once."""
        if isinstance(error, NewerSchema):
            self._use_memory("a newer version of aic-tui uses the database now")
            return True
        if isinstance(error, MigrationFailed):
            self._use_memory("the database could not be brought to the newest version")
            return True
        if (why := passing_reason(error)) is not None:
            self._trouble(why)
            return False
        # Where SQLite itself says nothing of damage, the file is looked at before anything is moved.
        if isinstance(error, sqlite3.Error) and not self._memory and self._rescue(force=is_damage(error)):
            return True
        raise error

    def _trouble(self, why: str) -> None:
        self.why = why
        self._retry_at = self._env.monotonic() + (_RETRY_LOCK_SECONDS if is_lock(why) else _RETRY_OTHER_SECONDS)
        self._tell(f"Not saving: {why}. New figures are kept in memory for now.")

    def _recovered(self) -> None:
        if not self._memory:
            self.why = None
            self._strikes = 0

    def _use_memory(self, why: str) -> None:
        with self._write_lock, self._read_lock:
            self._detach()
            self._reader = connect.in_memory(self.path, self._migrations)
            self._memory = True
            self.why = why
            self._tell(f"Not saving: {why}. New figures are kept in memory until you quit.")

    def _rescue(self, *, force: bool) -> bool:
        """Move a damaged file aside and begin a new one with its readable rows. False when the file is sound."""
        with self._write_lock, self._read_lock:
            try:
                self._detach()
                with self._file_lock.held(time.monotonic() + _PATIENCE_SECONDS):
                    return self._replace_damaged(force=force)
            except (sqlite3.Error, OSError, NotSaved, MigrationFailed) as error:
                self._use_memory(passing_reason(error) or "the damaged database could not be replaced")
                return True

    def _replace_damaged(self, *, force: bool) -> bool:
        if not self.path.exists():
            return True
        if connect.is_sound(self.path, _PATIENCE_SECONDS):
            # Another instance has replaced it already, or one read went wrong; a second strike is believed.
            self._strikes += 1
            if not force or self._strikes < 2:
                return force
        self._strikes = 0
        aside = move_aside(self.path, self._env.now())
        connect.migrate(self.path, self._migrations, _PATIENCE_SECONDS, self._mounts)
        rows = salvage(aside, self.path)
        self._tell(f"The database was damaged. It is kept as {aside.name}; {rows} rows of it could be saved.")
        return True

    def _tell(self, sentence: str) -> None:
        if sentence not in self.notices:
            self.notices.append(sentence)


def _run_all(works: Sequence[Work[object]], connection: sqlite3.Connection) -> None:
    for work in works:
        work(connection)
