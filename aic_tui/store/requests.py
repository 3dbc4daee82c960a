"""The requests log: what was asked, when, and how that ended. Never a header, a query or a body."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from aic_tui.models import RequestEntry
from aic_tui.store.database import Database
from aic_tui.text import clean

KEPT_PER_ACCOUNT = 200
KEPT_DAYS = 30


class RequestLog:
    """The last :data:`KEPT_PER_ACCOUNT` requests of every account, for :data:`KEPT_DAYS` days.

    The order is that of writing, not of the clock, which may have jumped.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entry: RequestEntry) -> None:
        """Write one entry and drop the account's oldest beyond the limit."""
        self._database.save(lambda db: _add(db, entry))

    def last(self, account_id: str, limit: int = 20) -> list[RequestEntry]:
        """The account's last entries, newest first."""
        rows: list[Any] = self._database.read(
            lambda db: db.execute(
                "SELECT account_id, at, method, url, outcome, http_status, duration_ms, size_bytes FROM requests"
                " WHERE account_id = ? ORDER BY id DESC LIMIT ?",
                (account_id, limit),
            ).fetchall(),
            [],
        )
        entries = []
        for row in rows:
            with suppress(TypeError, ValueError, OverflowError, OSError):
                entries.append(_entry(row))
        return entries


def _add(db: sqlite3.Connection, entry: RequestEntry) -> None:
    db.execute(
        "INSERT INTO requests (account_id, at, method, url, outcome, http_status, duration_ms, size_bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entry.account_id,
            entry.at.timestamp(),
            entry.method,
            entry.url,
            entry.outcome,
            entry.http_status,
            entry.duration_ms,
            entry.size_bytes,
        ),
    )
    db.execute(
        "DELETE FROM requests WHERE account_id = ? AND id <= "
        "(SELECT id FROM requests WHERE account_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (entry.account_id, entry.account_id, KEPT_PER_ACCOUNT),
    )


def _entry(row: Any) -> RequestEntry:
    account_id, at, method, url, outcome, *numbers = row
    status, duration, size = (None if number is None else int(number) for number in numbers)
    return RequestEntry(
        account_id=str(account_id),
        at=datetime.fromtimestamp(at, UTC),
        method=clean(method),
        url=clean(url, 500),
        outcome=clean(outcome),
        http_status=status,
        duration_ms=duration,
        size_bytes=size,
    )
