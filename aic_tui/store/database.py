"""The one SQLite file, whatever happens to it: locked, full, read-only, damaged, replaced, newer, older.

Every write is one short ``BEGIN IMMEDIATE`` transaction. What cannot be written now waits in memory, at most
:data:`QUEUE_LIMIT` writes, and goes to the file before the next write that can. Reads never wait for a writer (WAL);
they do not see what waits.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from aic_tui.environment import Environment
from aic_tui.store import connect
from aic_tui.store.faults import MigrationFailed, NewerSchema, NotSaved, is_damage, is_lock, passing_reason
from aic_tui.store.files import identity, is_writable
from aic_tui.store.link import TROUBLE, Link, T, Work
from aic_tui.store.schema import MIGRATIONS, Step

QUEUE_LIMIT = 10_000
# While something is wrong a write only looks whether that has passed.
_SHORT_PATIENCE_SECONDS = 0.1
_RETRY_LOCK_SECONDS = 1.0
_RETRY_OTHER_SECONDS = 5.0
_FLUSH_SLICE = 500
_TRIES = 3


class Database:
    """Reads, writes and waiting writes on one file. All methods may be called from any thread.

    ``notices`` are sentences the user should see, each once. ``why`` is the reason why nothing reaches the file now,
    as a clause ("the disk is full"), and None while all is well.
    """

    def __init__(
        self,
        env: Environment,
        migrations: Sequence[Step] = MIGRATIONS,
        patience_seconds: float = 5.0,
        mounts: Path = connect.MOUNTS,
    ) -> None:
        self._env = env
        self._migrations = migrations
        self.path = env.paths.database
        self.notices: list[str] = []
        self.why: str | None = None
        self._link = Link(env, self._tell, migrations, patience_seconds, mounts)
        self._queue: OrderedDict[object, Work[object]] = OrderedDict()
        self._numbers = itertools.count()
        self._retry_at = 0.0

    @property
    def pending(self) -> int:
        """How many writes wait in memory."""
        return len(self._queue)

    @property
    def is_in_memory(self) -> bool:
        """True once the file has been given up for this run."""
        return self._link.in_memory

    def keep_in_memory(self, why: str) -> None:
        """Give the file up for this run, with what it has: for work that must not wait. ``why`` is a clause."""
        if not self._link.in_memory:
            self._give_up(why)

    def open(self) -> None:
        """Make the file usable, or go on in memory with a notice. Raises :class:`NewerSchema` alone."""
        self._link.refuse_newer()
        if not is_writable(self.path):
            self._give_up("the database is read-only" if identity(self.path) else "the data directory is read-only")
            return
        for _ in range(_TRIES):
            try:
                self._link.attach()
            except NewerSchema:
                raise
            except TROUBLE as error:
                if not self._mended(error):
                    return
            else:
                return

    def read(self, work: Work[T], otherwise: T) -> T:
        """The result of ``work``, or ``otherwise`` while the file cannot be read."""
        for _ in range(_TRIES):
            try:
                return self._link.read(work)
            except TROUBLE as error:
                if not self._mended(error):
                    break
        return otherwise

    def write(self, work: Work[T]) -> T:
        """Run ``work`` in one transaction after the waiting writes; returns its result once that is committed.

        Raises :class:`NotSaved` when that is impossible now; ``work`` then had no effect.
        """
        with self._link.write_lock:
            self._flush()
            return self._transact(work)

    def save(self, work: Work[object], key: object = None) -> bool:
        """Like :meth:`write`, but keep ``work`` in memory while it cannot be written. True when it is in the file.

        A waiting write with the same ``key`` is replaced.
        """
        with self._link.write_lock:
            name = ("", next(self._numbers)) if key is None else key
            self._queue.pop(name, None)
            self._queue[name] = work
            while len(self._queue) > QUEUE_LIMIT:
                self._queue.popitem(last=False)
            return self.flush() and not self._link.in_memory

    def flush(self) -> bool:
        """Write what waits in memory, unless the last try was only a moment ago. True when nothing waits."""
        with self._link.write_lock:
            if self.why and not self._link.in_memory and self._env.monotonic() < self._retry_at:
                return False
            try:
                self._flush()
            except NotSaved:
                return False
            return True

    def check(self) -> str | None:
        """Run ``quick_check``; a damaged file is replaced by its readable rows. Returns the complaint, or None."""
        found = self.read(partial(connect.verdict, self._migrations), None)
        if found:
            self._rescued(accused=False)
        return found

    def checkpoint(self) -> None:
        """Bring the WAL into the file, unless someone reads or writes just now."""
        self._link.checkpoint()

    def close(self, patience_seconds: float = 0.5) -> None:
        """Write what waits, as far as ``patience_seconds`` allow, and close."""
        if not self._link.write_lock.acquire(timeout=patience_seconds):
            return
        try:
            if self._queue:
                with contextlib.suppress(NotSaved):
                    self._flush(_SHORT_PATIENCE_SECONDS)
            self._link.detach()
        finally:
            self._link.write_lock.release()

    def _flush(self, patience_seconds: float | None = None) -> None:
        size = _FLUSH_SLICE
        while self._queue:
            batch = list(itertools.islice(self._queue.items(), size))
            try:
                self._transact(partial(_run_all, [work for _, work in batch]), patience_seconds)
            except NotSaved:
                raise
            except Exception:
                # One that can never succeed must not take the others with it.
                if len(batch) > 1:
                    size = 1
                    continue
                del self._queue[batch[0][0]]
                raise
            for name, _ in batch:
                del self._queue[name]

    def _transact(self, work: Work[T], patience_seconds: float | None = None) -> T:
        for _ in range(_TRIES):
            patience = patience_seconds or (_SHORT_PATIENCE_SECONDS if self.why else self._link.patience_seconds)
            try:
                result = self._link.write(work, patience)
            except TROUBLE as error:
                if not self._mended(error):
                    break
            else:
                if not self._link.in_memory:
                    self.why = None
                return result
        raise NotSaved(self.why or "the database cannot be used")

    def _mended(self, error: Exception) -> bool:
        """React to what went wrong. True when it is worth to try again at once; raises what is a defect of ours."""
        if isinstance(error, NewerSchema):
            self._give_up("a newer version of aic-tui uses the database now")
            return True
        if isinstance(error, MigrationFailed):
            self._give_up("the database could not be brought to the newest version")
            return True
        if (why := passing_reason(error)) is not None:
            self._trouble(why)
            return False
        if self._link.in_memory:
            raise error
        # Where SQLite itself says nothing of damage, the file is looked at before anything is moved.
        if (again := self._rescued(accused=is_damage(error))) is None:
            raise error
        return again

    def _rescued(self, *, accused: bool) -> bool | None:
        """Whether it is worth to try again now; None when the file is sound."""
        try:
            return self._link.rescue(accused=accused) or None
        except TROUBLE as error:
            if (why := passing_reason(error)) is not None:
                self._trouble(why)
                return False
            self._give_up("the damaged database could not be replaced")
            return True

    def _trouble(self, why: str) -> None:
        self.why = why
        self._retry_at = self._env.monotonic() + (_RETRY_LOCK_SECONDS if is_lock(why) else _RETRY_OTHER_SECONDS)
        self._tell(_unsaved(why, "for now"))

    def _give_up(self, why: str) -> None:
        self.why = why
        self._link.give_up()
        self.notices = [notice for notice in self.notices if notice != _unsaved(why, "for now")]
        self._tell(_unsaved(why, "until you quit"))

    def _tell(self, sentence: str) -> None:
        if sentence not in self.notices:
            self.notices.append(sentence)


def _unsaved(why: str, how_long: str) -> str:
    return f"Not saving: {why}. New figures are kept in memory {how_long}."


def _run_all(works: Sequence[Work[object]], connection: sqlite3.Connection) -> None:
    for work in works:
        work(connection)
