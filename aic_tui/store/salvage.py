"""Copies whatever can still be read of a damaged database into a new one."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from aic_tui.store.connect import connect, connect_damaged
from aic_tui.store.schema import TABLES

Row = tuple[Any, ...]

_CHUNK = 1000
# Of the index of session logs any part may be missing: its rows and keys are made anew of the records, and every log
# that is still there is read again.
_DOUBT = (
    "DELETE FROM log_meta",
    "DELETE FROM log_sources",
    "DELETE FROM log_records WHERE file NOT IN (SELECT id FROM log_files)",
    "UPDATE log_files SET version = -1",
)


def salvage(damaged: Path, fresh: Path) -> int:
    """Copy readable rows of every table from ``damaged`` into ``fresh``; returns how many. Never raises for damage.

    The damaged file is not written. A table is read from the front until that fails, then from the back.
    """
    try:
        source = connect_damaged(damaged)
    except sqlite3.Error:
        return 0
    with contextlib.closing(source), contextlib.closing(connect(fresh, 5, writing=True)) as target:
        copied = sum(_table(source, target, table) for table in TABLES)
        for statement in _DOUBT:
            target.execute(statement)
        return copied


def _table(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    key = ", ".join(f"{row[1]} DESC" for row in target.execute(f"PRAGMA table_info({table})") if row[5])
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
    select = f"SELECT {names} FROM {table}"  # noqa: S608
    copied, whole = _copy(source, target, select, insert)
    if not whole:
        copied += _copy(source, target, f"{select} ORDER BY {key}", insert)[0]
    return copied


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, select: str, insert: str) -> tuple[int, bool]:
    copied = 0
    try:
        cursor = source.execute(select)
    except sqlite3.Error:
        return 0, False
    while True:
        rows, whole = _fetch(cursor)
        target.execute("BEGIN IMMEDIATE")
        for row in rows:
            # A row that breaks a rule of the table is part of the damage.
            with contextlib.suppress(sqlite3.IntegrityError):
                copied += target.execute(insert, row).rowcount
        target.execute("COMMIT")
        if len(rows) < _CHUNK or not whole:
            return copied, whole


def _fetch(cursor: sqlite3.Cursor) -> tuple[list[Row], bool]:
    rows: list[Row] = []
    try:
        while len(rows) < _CHUNK and (row := cursor.fetchone()) is not None:
            rows.append(row)
    except sqlite3.Error:
        return rows, False
    return rows, True
