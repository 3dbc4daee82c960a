"""Upkeep: what keeps the file small. Done in slices, so that no other writer ever waits for long."""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from aic_tui.store.database import Database
from aic_tui.store.faults import NotSaved
from aic_tui.store.link import Work
from aic_tui.store.requests import KEPT_DAYS

HOURLY_AFTER = timedelta(days=7)
DAILY_AFTER = timedelta(days=90)
_HOUR = 3600.0
_DAY = 86400.0

# After so long without upkeep the clock itself is in doubt: what it calls old is deleted a day later at the earliest.
_CLOCK_DOUBT = timedelta(days=30)
_CLOCK_PROOF = timedelta(days=1)

_READ_SLICE = 5000
_DELETE_SLICE = 400
_VACUUM_SLICE = 128


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What one run did. ``longest_seconds`` is the longest time other writers had to wait."""

    deleted: int = 0
    slices: int = 0
    longest_seconds: float = 0.0
    done: bool = True


class _Slices:
    """Runs short transactions and counts them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.deleted = 0
        self.slices = 0
        self.longest = 0.0

    def run(self, work: Work[int]) -> int:
        def timed(db: sqlite3.Connection) -> int:
            started = time.perf_counter()
            try:
                return work(db)
            finally:
                self.longest = max(self.longest, time.perf_counter() - started)

        count = self.database.write(timed)
        self.slices += 1
        return count


def upkeep(database: Database, now: datetime, retention_days: int) -> Upkeep:
    """Thin points older than 7 days to one an hour and older than 90 days to one a day, delete those older than
    ``retention_days``, trim the requests log, return free pages to the file system.

    Of each hour or day the point with the highest use stays, because the peak tells how close one came; of balances
    the last. Points of the future are left alone. While the file cannot be written nothing is done. The index of
    session logs is not touched: it has what tools have deleted long ago, and nothing brings that back.
    """
    run = _Slices(database)
    try:
        if not run.run(lambda db: _clock_is_trusted(db, now)):
            return Upkeep(0, run.slices, run.longest, done=False)
        for lane in _lanes(database):
            _thin_lane(run, lane, now, max(1, retention_days))
        before = (now - timedelta(days=KEPT_DAYS)).timestamp()
        run.deleted += run.run(lambda db: db.execute("DELETE FROM requests WHERE at < ?", (before,)).rowcount)
        run.run(lambda db: db.execute("DELETE FROM lanes WHERE id NOT IN (SELECT lane FROM points)").rowcount)
        while run.run(_give_back) > 0:
            pass
        database.checkpoint()
    except NotSaved:
        return Upkeep(run.deleted, run.slices, run.longest, done=False)
    return Upkeep(run.deleted, run.slices, run.longest)


def _clock_is_trusted(db: sqlite3.Connection, now: datetime) -> int:
    """1 when ``now`` follows on the last upkeep, or has been believable for a day; notes what it saw."""
    seen: dict[str, float] = {}
    for name, value in db.execute("SELECT name, value FROM notes WHERE name LIKE 'upkeep.%'").fetchall():
        with suppress(ValueError):
            seen[name] = float(value)
    at = now.timestamp()
    last, doubt_since = seen.get("upkeep.at", at), seen.get("upkeep.doubt")
    if abs(at - last) > _CLOCK_DOUBT.total_seconds():
        doubt_since = at
    elif doubt_since is not None and not 0 <= at - doubt_since < _CLOCK_PROOF.total_seconds():
        doubt_since = None
    db.execute("INSERT OR REPLACE INTO notes (name, value) VALUES ('upkeep.at', ?)", (repr(at),))
    if doubt_since is None:
        db.execute("DELETE FROM notes WHERE name = 'upkeep.doubt'")
        return 1
    db.execute("INSERT OR REPLACE INTO notes (name, value) VALUES ('upkeep.doubt', ?)", (repr(doubt_since),))
    return 0


def _lanes(database: Database) -> list[int]:
    return database.read(lambda db: [int(row[0]) for row in db.execute("SELECT id FROM lanes").fetchall()], [])


def _thin_lane(run: _Slices, lane: int, now: datetime, retention_days: int) -> None:
    oldest = (now - timedelta(days=retention_days)).timestamp()
    daily = (now - DAILY_AFTER).timestamp() // _DAY * _DAY
    hourly = (now - HOURLY_AFTER).timestamp() // _HOUR * _HOUR
    victims = _victims(run.database, lane, (oldest, daily, hourly))
    while batch := list(itertools.islice(victims, _DELETE_SLICE)):
        run.deleted += run.run(partial(_delete, batch))


def _victims(database: Database, lane: int, marks: tuple[float, float, float]) -> Iterator[tuple[int, float]]:
    """Keys of the points of ``lane`` that go. Reads before the deletes, so the write lock is not held for it."""
    oldest, daily, hourly = marks
    best: tuple[float, Any] | None = None
    bucket: object = None
    for at, height in _old_points(database, lane, hourly):
        if at < oldest:
            yield lane, at
            continue
        mine = ("day", at // _DAY) if at < daily else ("hour", at // _HOUR)
        if best is None or mine != bucket:
            best, bucket = (at, height), mine
        elif height >= best[1]:
            yield lane, best[0]
            best = (at, height)
        else:
            yield lane, at


def _old_points(database: Database, lane: int, before: float) -> Iterator[tuple[float, float]]:
    after = float("-inf")
    while True:
        rows: list[tuple[float, float]] = database.read(partial(_old_rows, lane, after, before), [])
        yield from rows
        if len(rows) < _READ_SLICE:
            return
        after = rows[-1][0]


def _old_rows(lane: int, after: float, before: float, db: sqlite3.Connection) -> list[tuple[float, float]]:
    return db.execute(
        "SELECT at, coalesce(ratio, CAST(used AS REAL), CAST(cost_usd AS REAL), 0.0) FROM points"
        " WHERE lane = ? AND at > ? AND at < ? ORDER BY at LIMIT ?",
        (lane, after, before, _READ_SLICE),
    ).fetchall()


def _delete(batch: list[tuple[int, float]], db: sqlite3.Connection) -> int:
    return db.executemany("DELETE FROM points WHERE lane = ? AND at = ?", batch).rowcount


def _give_back(db: sqlite3.Connection) -> int:
    """Hand some free pages back; how many. None in a file that was not made by us, which cannot shrink."""
    before = _free_pages(db)
    db.execute(f"PRAGMA incremental_vacuum({_VACUUM_SLICE})").fetchall()
    return before - _free_pages(db)


def _free_pages(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA freelist_count").fetchone()[0])
