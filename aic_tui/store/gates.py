"""When each key may be asked again: one row per key, claimed in one transaction, shared by every running instance.

Instants are wall time in seconds since 1970, because they must survive restarts. Whenever a row is looked at, its
instants are held against the clock first (:func:`clamped`), so that a clock which jumps can neither lock a key out
for longer than the wait was meant to be nor, beyond one request, let it through early.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from aic_tui.store.database import Database
from aic_tui.store.faults import NotSaved

HOUR_SECONDS = 3600.0
OFFLINE = "offline"
"""The key of the one gate that stands for the whole network."""

Why = Literal["floor", "recent", "retry_after", "parked", "backoff", "claimed", "offline"]


@dataclass(frozen=True, slots=True)
class Gate:
    """What is known about one key. ``recent`` are the requests of the last hour, oldest first.

    Until ``not_before``, set ``not_before_span`` seconds ahead, nothing may be asked; ``why`` is ``retry_after``,
    ``backoff`` or ``parked``, and stays after that time as the memory of what was wrong. ``parked`` ("kind/reason")
    holds until the key changes or the user acts. ``failures`` in a row lead to a higher ``level`` of back-off;
    ``limited`` counts refusals that did not say for how long.
    """

    key: str
    last_request_at: float | None = None
    recent: tuple[float, ...] = ()
    not_before: float | None = None
    not_before_span: float = 0.0
    why: str | None = None
    level: int = 0
    failures: int = 0
    limited: int = 0
    parked: str | None = None
    claimed_by: str | None = None
    claimed_until: float | None = None
    saved_at: float | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms one request is wanted.

    ``floor_seconds`` since the last request of the key and ``apart_seconds`` since that of any other key with the
    same beginning up to the colon. ``manual`` passes back-off, and nothing else.
    """

    floor_seconds: float
    max_per_hour: int
    manual: bool = False
    apart_seconds: float = 0.0
    lease_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make one request now. ``before`` is when the one before it was made."""

    key: str
    owner: str
    at: float
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """No request before ``until``; None where only a new key or the user ends the wait."""

    until: float | None
    why: Why
    parked: str | None = None


Change = Callable[[Gate], Gate]


def clamped(gate: Gate, now: float, lease_seconds: float = 30.0) -> Gate:
    """``gate`` with no past instant in the future, and no wait that lasts longer from now than it was meant to."""

    def past(at: float | None) -> float | None:
        return None if at is None else min(at, now)

    def ahead(at: float | None, span: float) -> float | None:
        return None if at is None else min(at, now + span)

    return replace(
        gate,
        last_request_at=past(gate.last_request_at),
        recent=tuple(min(at, now) for at in gate.recent if at > now - HOUR_SECONDS),
        not_before=ahead(gate.not_before, gate.not_before_span),
        claimed_until=ahead(gate.claimed_until, lease_seconds),
    )


def decide(gate: Gate, now: float, terms: Terms, neighbour_at: float | None = None) -> Wait | None:
    """What stands against a request at ``now``: the latest of all waits, or None. ``gate`` has been clamped.

    ``neighbour_at`` is when another key of the same provider was last asked.
    """
    if gate.parked is not None:
        return Wait(None, "parked", gate.parked)
    waits: list[tuple[float, Why]] = []
    if gate.claimed_until is not None:
        waits.append((gate.claimed_until, "claimed"))
    if gate.not_before is not None and not (terms.manual and gate.why == "backoff"):
        waits.append((gate.not_before, _why_of(gate)))
    if terms.max_per_hour and len(gate.recent) >= terms.max_per_hour:
        waits.append((gate.recent[-terms.max_per_hour] + HOUR_SECONDS, "floor"))
    if gate.last_request_at is not None:
        waits.append((gate.last_request_at + terms.floor_seconds, "recent" if terms.manual else "floor"))
    if neighbour_at is not None and neighbour_at <= now:
        waits.append((neighbour_at + terms.apart_seconds, "floor"))
    until, why = max(waits, default=(now, "floor"))
    return Wait(until, why) if until > now else None


def _why_of(gate: Gate) -> Why:
    return "retry_after" if gate.why == "retry_after" else "parked" if gate.why == "parked" else "backoff"


class Gates:
    """The rows. All methods may be called from any thread.

    While the file cannot be written, what happens is kept in memory and governs this instance alone; it goes into
    the row with the next claim that can be written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unsaved: dict[str, Gate] = {}
        self._numbers = itertools.count()

    def try_claim(self, key: str, now: float, owner: str, terms: Terms) -> Claim | Wait:
        """Take the right to make one request with ``key``, or learn how long to wait. Exactly one of several wins.

        The request counts from here on, whatever becomes of the process. ``owner`` names the instance.
        """
        name = f"{owner}-{next(self._numbers)}"

        def claim(gate: Gate, neighbour_at: float | None) -> tuple[Gate, Claim | Wait]:
            gate = clamped(gate, now, terms.lease_seconds)
            wait = decide(gate, now, terms, neighbour_at)
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
            after, result = claim(before, _neighbour_at(db, key) if terms.apart_seconds else None)
            if after != before:
                _save(db, after)
            return result

        try:
            result = self._database.write(work)
        except NotSaved:
            self._unsaved[key], result = claim(self._latest(key, self._read(key)), None)
        else:
            self._unsaved.pop(key, None)
        return result

    def settle(self, claim: Claim, change: Change, now: float) -> Gate:
        """End ``claim`` and change its row as the answer demands; returns the row as it is then."""

        def settled(gate: Gate) -> Gate:
            after = replace(change(gate), saved_at=now)
            ours = gate.claimed_by == claim.owner
            return replace(after, claimed_by=None, claimed_until=None) if ours else after

        return self._change(claim.key, settled)

    def refund(self, claim: Claim, now: float) -> Gate:
        """End ``claim`` as if it had never been: nothing was sent."""

        def undone(gate: Gate) -> Gate:
            recent = list(gate.recent)
            with suppress(ValueError):
                recent.remove(claim.at)
            last = claim.before if gate.last_request_at == claim.at else gate.last_request_at
            return replace(gate, recent=tuple(recent), last_request_at=last)

        before = self.get(claim.key)
        return self.settle(claim, undone, before.saved_at or now)

    def release(self, key: str) -> Gate:
        """Lift parking and back-off from ``key``, because the user has acted. A wish of the server's stands."""

        def released(gate: Gate) -> Gate:
            if gate.why == "retry_after":
                return replace(gate, parked=None)
            return replace(gate, parked=None, not_before=None, why=None, failures=0, level=0)

        return self._change(key, released)

    def get(self, key: str) -> Gate:
        """The row of ``key`` as it is, unclamped; a blank one where there is none."""
        return self._latest(key, self._read(key))

    def saved(self) -> dict[str, float]:
        """When each key last got an answer, by key: what tells that another instance has new figures."""
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

    def _change(self, key: str, change: Change) -> Gate:
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
