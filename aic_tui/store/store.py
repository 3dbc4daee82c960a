"""The facade: one file, its tables, and the one daemon thread on which the event loop's calls run."""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.store.database import Database
from aic_tui.store.faults import NewerSchema
from aic_tui.store.gates import Gates
from aic_tui.store.history import History
from aic_tui.store.notes import Notes
from aic_tui.store.requests import RequestLog
from aic_tui.store.schema import MIGRATIONS, Step
from aic_tui.store.states import States

if TYPE_CHECKING:
    from aic_tui.store.retention import Upkeep

T = TypeVar("T")
Job = Callable[[], None]

_log = logging.getLogger(__name__)
_PATIENCE_SECONDS = 0.5


class StoreFacts(NamedTuple):
    """For ``doctor``. ``size_bytes`` includes the WAL; ``why`` is the reason nothing is saved, None when it is."""

    path: Path
    size_bytes: int
    sqlite_version: str
    why: str | None
    pending: int


class Store:
    """States, history, requests, gates and notes of one profile.

    The parts may be called from any thread; on the event loop use :meth:`call` (or :meth:`post` where nobody waits),
    except for the short reads before the first frame. ``notices`` are sentences the user should see once.
    """

    def __init__(self, database: Database, env: Environment) -> None:
        self._database = database
        self._env = env
        self.states = States(database)
        self.history = History(database, env)
        self.requests = RequestLog(database)
        self.gates = Gates(database)
        self.notes = Notes(database)
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    @classmethod
    def open(cls, env: Environment, migrations: Sequence[Step] = MIGRATIONS, *, patience_seconds: float = 5.0) -> Self:
        """Open or create the file. Raises UserError when a newer program wrote it; every other trouble is a notice.

        ``patience_seconds`` is how long a write waits for another program's lock before it is kept in memory.
        """
        database = Database(env, migrations, patience_seconds)
        try:
            database.open()
        except NewerSchema as newer:
            raise UserError(
                f"{database.path} was written by a newer version of aic-tui (schema {newer.found}; this one knows"
                f" {newer.known}). It was left untouched: update aic-tui, or use another AIC_DATA_DIR."
            ) from newer
        return cls(database, env)

    @property
    def notices(self) -> list[str]:
        """Sentences about the file, oldest first, each once."""
        return self._database.notices

    def facts(self) -> StoreFacts:
        """Where the file is, how large, and whether it is being saved to."""
        path = self._database.path
        files = [path, path.with_name(path.name + "-wal")]
        size = sum(file.stat().st_size for file in files if file.exists())
        return StoreFacts(path, size, sqlite3.sqlite_version, self._database.why, self._database.pending)

    def check(self) -> str | None:
        """``quick_check``: None when sound, else the complaint; a damaged file has then been replaced."""
        return self._database.check()

    def maintain(self, now: datetime, retention_days: int) -> Upkeep:
        """Thin and delete old points, trim the requests log, give free space back. Safe to call at any time."""
        from aic_tui.store.retention import upkeep  # not needed for the first frame

        return upkeep(self._database, now, retention_days)

    async def call(self, fn: Callable[..., T], *args: Any) -> T:
        """``fn(*args)`` on the store thread; its result or its exception. Cancelling does not stop a begun call."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def job() -> None:
            try:
                result = fn(*args)
            except BaseException as error:  # noqa: BLE001 - handed to the caller
                _hand_over(loop, future, None, error)
            else:
                _hand_over(loop, future, result, None)

        self._put(job)
        return await future

    def post(self, fn: Callable[..., object], *args: Any) -> None:
        """``fn(*args)`` on the store thread, without waiting; an exception is logged."""

        def job() -> None:
            try:
                fn(*args)
            except Exception:  # noqa: BLE001 - nobody waits for it, and the thread must live on
                _log.exception("a write that nobody waits for failed")

        self._put(job)

    def close(self) -> None:
        """Finish what was begun and close; returns within about a second even when the file is locked."""
        if self._closed:
            return
        self._closed = True
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(_PATIENCE_SECONDS)
        self._database.close(_PATIENCE_SECONDS / 2)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _put(self, job: Job) -> None:
        if self._closed:
            raise RuntimeError("the store is closed")
        if self._thread is None:
            # Daemon: a thread that waits for a lock must never keep the process from ending.
            self._thread = threading.Thread(target=self._work, name="store", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def _hand_over(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], result: Any, error: BaseException | None
) -> None:
    def settle() -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:
        # The loop has ended in the meantime: nobody waits any more.
        return
