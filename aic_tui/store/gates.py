"""When each key may be asked again: one row per key, claimed in one transaction, shared by every running instance."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aic_tui.store.database import Database
from aic_tui.store.faults import NotSaved
from aic_tui.store.gate import Change, Claim, Gate, Terms, Wait, clamped, decide


class Gates:
    """The rows. All methods may be called from any thread.

    While the file cannot be written, what happens is kept in memory and governs this instance alone; it goes into
    the row with the next claim that can be written. The row may then be older than the last request of an instance
    that could not write either, so nothing is asked unbidden before this instance has waited a floor of its own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unsaved: dict[str, Gate] = {}
        self._numbers = itertools.count()
        self._claimed: set[str] = set()
        self._doubted: dict[str, float] = {}  # since when a claim of each key would be in memory alone

    def try_claim(self, key: str, now: float, owner: str, terms: Terms) -> Claim | Wait:
        """Take the right to make one request with ``key``, or learn how long to wait. Exactly one of several wins.

        The request counts from here on, whatever becomes of the process. ``owner`` names the instance. Where the
        claim cannot be written, an automatic one waits first (``not_saving``); the user's own wish does not.
        """
        name = f"{owner}-{next(self._numbers)}"

        def claim(gate: Gate, neighbour_at: float | None, *, on_file: bool) -> tuple[Gate, Claim | Wait]:
            gate = clamped(gate, now, terms.lease_seconds)
            doubt = None if on_file else self._doubt(key, now, terms)
            wait = decide(gate, now, terms, neighbour_at) or doubt
            if wait is not None:
                return gate, wait
            taken = replace(
                gate,
                last_request_at=now,
                recent=(*gate.recent, now),
                claimed_by=name,
                claimed_until=now + terms.lease_seconds,
            )
            return taken, Claim(key, name, now, gate.last_request_at)

        def work(db: sqlite3.Connection) -> Claim | Wait:
            before = self._latest(key, _load(db, key))
            neighbour_at = _neighbour_at(db, key) if terms.apart_seconds else None
            after, result = claim(before, neighbour_at, on_file=_is_file(db))
            if after != before:
                _save(db, after)
            return result

        try:
            result = self._database.write(work)
        except NotSaved:
            self._unsaved[key], result = claim(self._latest(key, self._read(key)), None, on_file=False)
        else:
            self._unsaved.pop(key, None)
        if isinstance(result, Claim):
            self._claimed.add(key)
            self._doubted.pop(key, None)
        return result

    def _doubt(self, key: str, now: float, terms: Terms) -> Wait | None:
        """What stands against a claim that nobody else will know of, and that nobody may have known of before."""
        if terms.manual or key in self._claimed:
            return None
        since = self._doubted[key] = min(self._doubted.get(key, now), now)
        until = since + terms.floor_seconds
        return Wait(until, "not_saving") if until > now else None

    def settle(self, claim: Claim, change: Change) -> Gate:
        """End ``claim`` and change its row as the answer demands; returns the row as it is then."""

        def settled(gate: Gate) -> Gate:
            after = change(gate)
            ours = gate.claimed_by == claim.owner
            return replace(after, claimed_by=None, claimed_until=None) if ours else after

        return self.change(claim.key, settled)

    def refund(self, claim: Claim) -> Gate:
        """End ``claim`` as if it had never been: nothing was sent."""

        def undone(gate: Gate) -> Gate:
            recent = list(gate.recent)
            with suppress(ValueError):
                recent.remove(claim.at)
            last = claim.before if gate.last_request_at == claim.at else gate.last_request_at
            return replace(gate, recent=tuple(recent), last_request_at=last)

        return self.settle(claim, undone)

    def mark(self, key: str, now: float) -> None:
        """Tell the other instances that the account states of ``key`` were saved at ``now``."""
        self.change(key, lambda gate: replace(gate, saved_at=now))

    def release(self, key: str) -> Gate:
        """Lift parking and back-off from ``key``, because the user has acted. A wish of the server's stands."""

        def released(gate: Gate) -> Gate:
            if gate.why == "retry_after":
                return replace(gate, parked=None)
            return replace(gate, parked=None, not_before=None, why=None, failures=0, level=0)

        return self.change(key, released)

    def get(self, key: str) -> Gate:
        """The row of ``key`` as it is, unclamped; a blank one where there is none."""
        return self._latest(key, self._read(key))

    def saved(self) -> dict[str, float]:
        """When the states of each key were last saved: what tells that another instance has new figures."""
        rows: Sequence[Any] = self._database.read(
            lambda db: db.execute("SELECT key, saved_at FROM gates WHERE saved_at IS NOT NULL").fetchall(), []
        )
        return {str(key): at for key, at in rows if isinstance(at, float)}

    def forget(self, before: float) -> None:
        """Delete rows that nothing has happened with since ``before``: keys that are long gone."""
        self._database.save(
            lambda db: db.execute(
                "DELETE FROM gates WHERE max(coalesce(saved_at, 0), coalesce(last_request_at, 0)) < ?", (before,)
            ),
            key=("gates", "forget"),
        )

    def change(self, key: str, change: Change) -> Gate:
        """Change a row outside of any claim; returns the row as it is then."""

        def work(db: sqlite3.Connection) -> Gate:
            gate = change(self._latest(key, _load(db, key)))
            _save(db, gate)
            return gate

        try:
            result = self._database.write(work)
        except NotSaved:
            result = self._unsaved[key] = change(self.get(key))
        else:
            self._unsaved.pop(key, None)
        return result

    def _latest(self, key: str, stored: Gate) -> Gate:
        """What is in memory alone, where it is newer than the row."""
        ours = self._unsaved.get(key)
        if ours is None or (stored.last_request_at or 0) > (ours.last_request_at or 0):
            return stored
        return ours

    def _read(self, key: str) -> Gate:
        return self._database.read(lambda db: _load(db, key), Gate(key))


_FIELDS = (
    *("last_request_at", "recent", "not_before", "not_before_span", "why", "level", "failures", "limited"),
    *("parked", "claimed_by", "claimed_until", "saved_at"),
)


def _load(db: sqlite3.Connection, key: str) -> Gate:
    row = db.execute(f"SELECT {', '.join(_FIELDS)} FROM gates WHERE key = ?", (key,)).fetchone()  # noqa: S608
    if row is None:
        return Gate(key)
    last, recent, not_before, span, why, level, failures, limited, parked, owner, until, saved_at = row
    return Gate(
        key=key,
        last_request_at=_number(last),
        recent=_instants(recent),
        not_before=_number(not_before),
        not_before_span=_number(span) or 0.0,
        why=_text(why),
        level=int(_number(level) or 0),
        failures=int(_number(failures) or 0),
        limited=int(_number(limited) or 0),
        parked=_text(parked),
        claimed_by=_text(owner),
        claimed_until=_number(until),
        saved_at=_number(saved_at),
    )


def _save(db: sqlite3.Connection, gate: Gate) -> None:
    values = [getattr(gate, name) for name in _FIELDS]
    values[_FIELDS.index("recent")] = json.dumps(gate.recent)
    marks = ", ".join("?" * (len(_FIELDS) + 1))
    db.execute(
        f"INSERT OR REPLACE INTO gates (key, {', '.join(_FIELDS)}) VALUES ({marks})",  # noqa: S608 - our own names
        (gate.key, *values),
    )


def _is_file(db: sqlite3.Connection) -> bool:
    """False for the database in memory that stands in where there is no usable file."""
    return bool(db.execute("PRAGMA database_list").fetchone()[2])


def _neighbour_at(db: sqlite3.Connection, key: str) -> float | None:
    provider = key.partition(":")[0]
    row = db.execute(
        "SELECT max(last_request_at) FROM gates WHERE key > ? AND key < ? AND key != ?",
        (f"{provider}:", f"{provider};", key),
    ).fetchone()
    return _number(row[0])


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _instants(text: object) -> tuple[float, ...]:
    with suppress(ValueError, TypeError, RecursionError):
        found = json.loads(str(text))
        return tuple(sorted(float(at) for at in found if isinstance(at, int | float)))
    return ()
