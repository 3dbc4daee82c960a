"""The index of session logs: what every file held, and which of it counts. The writing side; see ``log_reading.py``.

Each batch of files is one transaction in which files, records, rows and keys change together. Whatever the order of
files and however often the program is killed, the same logs give the same sums. What a log held stays when the log
is deleted, and nothing here is thinned or cleaned away with time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from functools import partial

from aic_tui.store.database import Database
from aic_tui.store.log_apply import Application, Applied
from aic_tui.store.log_keys import Keys
from aic_tui.store.log_reading import rows_name
from aic_tui.store.log_settle import fragments_of, rows_from
from aic_tui.store.log_texts import INSERT_ROW, Texts, global_rows
from aic_tui.usage_files import FileFacts, Memory
from aic_tui.usage_records import Days, Row

_SLICE_BYTES = 4 << 20
_SOME = 500


class LogIndex:
    """One scan's hold on the index. ``zone`` is that of the days of its rows.

    Every method may raise :class:`~aic_tui.store.faults.NotSaved`, and then had no effect.
    """

    def __init__(self, database: Database, zone: tzinfo) -> None:
        self._database = database
        self._name = rows_name(zone)
        self._day_of: Callable[[int], int] = Days(zone).ordinal
        self._keys = Keys()
        self._texts = Texts()
        self._epoch = -1

    def prepare(self) -> None:
        """Make rows and keys anew where they are of another zone or not complete. Without need it only looks."""
        # What a scan writes goes into the file once, not with every batch; at most 32 MB wait for that.
        self._database.write(lambda db: db.execute("PRAGMA wal_autocheckpoint=8192"))
        nothing: dict[str, str] = {}
        meta = self._database.read(_meta, nothing)
        if meta.get("keys") != "1":
            self._all_files(self._keys_of_file, "keys", "1", ("DELETE FROM log_keys",))
        if meta.get("rows") != self._name:
            self._all_files(self._rows_of_file, "rows", self._name, ("DELETE FROM log_rows",))

    def memories(self, ids: Sequence[int]) -> dict[int, Memory]:
        """What readers need to go on with these files."""
        found: dict[int, Memory] = {}
        nothing: dict[int, Memory] = {}
        for start in range(0, len(ids), _SOME):
            found |= self._database.read(partial(self._texts.memories, files=ids[start : start + _SOME]), nothing)
        return found

    def apply(self, batch: Sequence[FileFacts]) -> Applied:
        """Take in what was read of some files. Readings of what another instance has read meanwhile are dropped."""

        def work(db: sqlite3.Connection) -> Application:
            epoch = int(_meta(db).get("epoch", "0"))
            if epoch != self._epoch:
                self._forget()
            application = Application(db, self._keys, self._texts, self._day_of, batch)
            application.run(is_alone=epoch == self._epoch)
            _set_meta(db, "epoch", str(epoch + 1))
            self._epoch = epoch + 1
            return application

        try:
            done = self._database.write(work)
        except BaseException:
            self._forget()
            raise
        self._keys.committed(done.added)
        return done.applied

    def set_gone(self, gone: Sequence[int], back: Sequence[int]) -> None:
        """Note that files are no longer there, or there again. They count all the same."""

        def work(db: sqlite3.Connection) -> None:
            db.executemany("UPDATE log_files SET gone = 1 WHERE id = ?", [(file,) for file in gone])
            db.executemany("UPDATE log_files SET gone = 0 WHERE id = ?", [(file,) for file in back])

        if gone or back:
            self._database.write(work)

    def set_source(self, source: str, body: Mapping[str, object], folders: Mapping[bytes, int]) -> None:
        """Note how the roots of a tool were found, and when their folders last changed (ns)."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO log_sources VALUES (?, ?)", (source, json.dumps(body)))
            db.execute("DELETE FROM log_folders WHERE source = ?", (source,))
            db.executemany(
                "INSERT OR REPLACE INTO log_folders VALUES (?, ?, ?)",
                [(source, path, mtime_ns) for path, mtime_ns in folders.items()],
            )

        self._database.write(work)

    def finish(self) -> None:
        """Tidy up after a scan."""
        self._forget()
        self._database.write(self._keys.spread)

    def _forget(self) -> None:
        self._keys.forget()
        self._texts.forget()
        self._epoch = -1

    def _all_files(
        self, make: Callable[[sqlite3.Connection, int, bytes], None], name: str, value: str, first: Sequence[str]
    ) -> None:
        """Have something made anew of every file's records, in short transactions. A kill begins it again."""

        def begin(db: sqlite3.Connection) -> list[tuple[int, int]]:
            for statement in first:
                db.execute(statement)
            db.execute("DELETE FROM log_meta WHERE name = ?", (name,))
            return db.execute("SELECT file, length(body) FROM log_records ORDER BY file").fetchall()

        def some(db: sqlite3.Connection, files: Sequence[int]) -> None:
            for file in files:
                row = db.execute("SELECT body FROM log_records WHERE file = ?", (file,)).fetchone()
                if row is not None:
                    make(db, file, row[0])

        self._forget()
        left = self._database.write(begin)
        while left:
            files, size = [], 0
            while left and size < _SLICE_BYTES:
                file, length = left.pop()
                files.append(file)
                size += length
            self._database.write(partial(some, files=files))
        self._database.write(lambda db: _set_meta(db, name, value))
        self._forget()

    def _keys_of_file(self, db: sqlite3.Connection, file: int, body: bytes) -> None:
        self._keys.write(db, {file: {*fragments_of(body)} - {0}})

    def _rows_of_file(self, db: sqlite3.Connection, file: int, body: bytes) -> None:
        db.execute("DELETE FROM log_rows WHERE file = ?", (file,))
        sessions, models = self._texts.ids_of_file(db, file)
        rows: list[Row] = rows_from(body, self._day_of)
        db.executemany(INSERT_ROW, global_rows(file, rows, sessions, models))


def _meta(db: sqlite3.Connection) -> dict[str, str]:
    return dict(db.execute("SELECT name, value FROM log_meta").fetchall())


def _set_meta(db: sqlite3.Connection, name: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO log_meta VALUES (?, ?)", (name, value))
