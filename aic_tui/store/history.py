"""Recorded points of every window, balance and spend."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from aic_tui.environment import Environment
from aic_tui.models import MoneyKind, Point, Snapshot
from aic_tui.store.database import Database

# Longer without a figure than this, and the next one begins a new run even when it is the same.
RUN_GAP = timedelta(hours=1)
# Two machines' or two processes' clocks may differ by so much; a point beyond it is in the future.
_CLOCK_SLACK = timedelta(minutes=1)

_VALUES = "ratio, used, quota, balance, cost_usd"
Values = tuple[float | None, str | None, str | None, str | None, str | None]


class History:
    """Points by account and window id.

    A run of equal values keeps its first and its last point: the last one moves along while the value stays the same
    and no hour passes without it. So ``points`` tells when a value was first and last seen, and gaps stay visible.
    Points beyond the present (the clock was wrong) are kept, and shown only when asked for with ``until``.
    """

    def __init__(self, database: Database, env: Environment) -> None:
        self._database = database
        self._env = env

    def record(self, account_id: str, snapshot: Snapshot) -> bool:
        """Write the points of one good fetch. True when they are in the file, False while they wait in memory."""
        rows = measurements(snapshot)
        at = snapshot.fetched_at.timestamp()
        return self._database.save(lambda db: _record_all(db, account_id, at, rows))

    def points(
        self,
        account_id: str | None = None,
        window_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[Point]:
        """Points with ``since`` <= at <= ``until``, oldest first; with ``limit`` the newest so many."""
        start = since.timestamp() if since else float("-inf")
        end = (until or self._env.now() + _CLOCK_SLACK).timestamp()
        newest = -1 if limit is None else max(0, limit)
        return self._database.read(lambda db: _points(db, (account_id, window_id), (start, end), newest), [])


def measurements(snapshot: Snapshot) -> list[tuple[str, Values]]:
    """What a snapshot records, by window id: quota lanes, ``balance:USD``, ``cost:today``.

    Money that was not billed has its kind in the id (``cost:today:estimate``), and other currencies than USD theirs
    (``cost:today:EUR``, in ``used``): what must not be summed is not one series either.
    """
    found: dict[str, Values] = {}
    for window in snapshot.reading.windows:
        if window.ratio is not None or window.used is not None:
            found.setdefault(window.id, (window.ratio, _str(window.used), _str(window.limit), None, None))
    for balance in snapshot.reading.balances:
        found.setdefault(f"balance:{balance.currency}", (None, None, None, str(balance.amount), None))
    for spend in snapshot.reading.spends:
        name, amount = f"cost:{spend.period}", str(spend.amount)
        if spend.kind is not MoneyKind.BILLED:
            name += f":{spend.kind}"
        if spend.currency == "USD":
            found.setdefault(name, (None, None, None, None, amount))
        else:
            found.setdefault(f"{name}:{spend.currency}", (None, amount, None, None, None))
    return list(found.items())


def _str(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _record_all(db: sqlite3.Connection, account_id: str, at: float, rows: Sequence[tuple[str, Values]]) -> None:
    for window_id, values in rows:
        _record(db, account_id, window_id, at, values)


def _record(db: sqlite3.Connection, account_id: str, window_id: str, at: float, values: Values) -> None:
    db.execute("INSERT OR IGNORE INTO lanes (account_id, window_id) VALUES (?, ?)", (account_id, window_id))
    (lane,) = db.execute(
        "SELECT id FROM lanes WHERE account_id = ? AND window_id = ?", (account_id, window_id)
    ).fetchone()
    last = db.execute(
        f"SELECT moves, at, {_VALUES} FROM points WHERE lane = ? AND at <= ? ORDER BY at DESC LIMIT 1",  # noqa: S608
        (lane, at),
    ).fetchone()
    goes_on = last is not None and tuple(last[2:]) == values and _follows(last[1], at)
    if goes_on and (last[0] or last[1] == at):
        db.execute("UPDATE points SET at = ? WHERE lane = ? AND at = ?", (at, lane, last[1]))
        return
    db.execute(
        f"INSERT OR REPLACE INTO points (lane, at, {_VALUES}, moves) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (lane, at, *values, int(goes_on)),
    )


def _follows(before: object, at: float) -> bool:
    return isinstance(before, float) and at - before <= RUN_GAP.total_seconds()


def _points(
    db: sqlite3.Connection, names: tuple[str | None, str | None], between: tuple[float, float], newest: int
) -> list[Point]:
    lanes = db.execute(
        "SELECT id, account_id, window_id FROM lanes WHERE account_id = coalesce(?, account_id)"
        " AND window_id = coalesce(?, window_id)",
        names,
    ).fetchall()
    found: list[Point] = []
    for lane, account_id, window_id in lanes:
        rows = db.execute(
            f"SELECT at, {_VALUES} FROM points WHERE lane = ? AND at BETWEEN ? AND ? ORDER BY at DESC LIMIT ?",  # noqa: S608
            (lane, *between, newest),
        )
        for row in rows.fetchall():
            with suppress(TypeError, ValueError, ArithmeticError, OSError):
                found.append(_point(str(account_id), str(window_id), row))
    found.sort(key=lambda point: point.at)
    return found if newest < 0 else found[len(found) - min(newest, len(found)) :]


def _point(account_id: str, window_id: str, row: Any) -> Point:
    at, ratio, used, quota, balance, cost_usd = row
    return Point(
        account_id=account_id,
        window_id=window_id,
        at=datetime.fromtimestamp(at, UTC),
        ratio=None if ratio is None else float(ratio),
        used=_amount(used),
        limit=_amount(quota),
        balance=_amount(balance),
        cost_usd=_amount(cost_usd),
    )


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
