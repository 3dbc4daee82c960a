"""Log files made of records alone, and the index as a test looks at it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import tzinfo
from zoneinfo import ZoneInfo

from aic_tui.environment import Environment
from aic_tui.logs.batch import Batch
from aic_tui.store import log_reading
from aic_tui.store.database import Database
from aic_tui.store.log_index import LogIndex
from aic_tui.usage_files import FileFacts, KnownFile, Stamp
from aic_tui.usage_records import NO_COST, Days, NamedRow, Record, pack_rows, rows_of

UTC = ZoneInfo("UTC")
NOON = 1_777_636_800_000  # 2026-05-01T12:00:00Z
SOURCE = "claude"


def telling(
    key: int = 0, sub: int = 1, scope: int = 1, *, output: int = 1, ts: int = NOON, flags: int = 0, session: int = 0
) -> Record:
    return Record(ts, key, sub, scope, session, 0, flags, 10, output, 0, 0, 0, 0, NO_COST)


def facts(
    path: str, records: Iterable[Record], known: KnownFile | None = None, *, append: bool = False, zone: tzinfo = UTC
) -> FileFacts:
    """What reading ``records`` at ``path`` tells; with ``append`` they are what was added to ``known``."""
    batch = Batch()
    batch.resume([(f"s-{path}", "p"), ("shared", "p")], ["m"])
    for record in records:
        batch.put(record)
    return FileFacts(
        source=SOURCE,
        root=b"/logs",
        path=path.encode(),
        known_id=known.id if known else 0,
        generation=known.generation if known else 0,
        append=append,
        stamp=Stamp(1, 1, 1, 1),
        offset=1,
        version=1,
        records=batch.packed(),
        rows=pack_rows(rows_of(batch.records, Days(zone).ordinal)),
        sessions=tuple(batch.sessions),
        models=tuple(batch.models),
        repeated=batch.repeated,
    )


class Index:
    """The index of one environment, opened anew for every call: each is a scan of its own."""

    def __init__(self, env: Environment, zone: tzinfo = UTC) -> None:
        self.env = env
        self.zone = zone

    def apply(self, *batches: Sequence[FileFacts]) -> None:
        with closing(Database(self.env)) as database:
            database.open()
            index = LogIndex(database, self.zone)
            index.prepare()
            for batch in batches:
                index.apply(batch)
            index.finish()

    def known(self, path: str) -> KnownFile:
        with closing(self.reading()) as db:
            files = [file for gone in (False, True) for file in log_reading.known_files(db, SOURCE, gone=gone)]
        (found,) = [file for file in files if file.path == path.encode()]
        return found

    def reading(self) -> sqlite3.Connection:
        db = log_reading.open_reading(self.env.paths.database)
        assert db is not None
        return db

    def rows(self) -> list[NamedRow]:
        with closing(self.reading()) as db:
            assert log_reading.has_rows_of(db, self.zone)
            return log_reading.rows(db, 0, 10**6, None, "session")

    def sums(self) -> Counter[tuple[str, str]]:
        """Messages and tokens by session."""
        found: Counter[tuple[str, str]] = Counter()
        for row in self.rows():
            found[row.session, "messages"] += row.messages
            found[row.session, "tokens"] += row.total
        return +found

    def recorded(self) -> Counter[tuple[str, str]]:
        """The same by the records."""
        found: Counter[tuple[str, str]] = Counter()
        with closing(self.reading()) as db:
            for record in log_reading.records(db, 0, 2**62, None, None):
                found[record.session, "messages"] += 1
                found[record.session, "tokens"] += record.total
        return +found
