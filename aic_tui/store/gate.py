"""The gate of one key as a value: what is remembered about its requests, and what stands against the next one. Pure.

Instants are wall time in seconds since 1970, because they must survive restarts. Whenever a gate is looked at, its
instants are held against the clock first (:func:`clamped`), so that a clock which jumps can neither lock a key out
for longer than the wait was meant to be nor, beyond one request, let it through early.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

HOUR_SECONDS = 3600.0
OFFLINE = "offline"
"""The key of the one gate that stands for the whole network."""

Why = Literal["floor", "recent", "retry_after", "parked", "backoff", "claimed", "offline", "not_saving"]


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
    same beginning up to the colon. ``spare`` of the hour's requests are kept for the client's own second try.
    ``manual`` passes back-off, and nothing else.
    """

    floor_seconds: float
    max_per_hour: int
    manual: bool = False
    apart_seconds: float = 0.0
    lease_seconds: float = 30.0
    spare: int = 1


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
    most = max(1, terms.max_per_hour - terms.spare)
    if terms.max_per_hour and len(gate.recent) >= most:
        waits.append((gate.recent[-most] + HOUR_SECONDS, "floor"))
    if gate.last_request_at is not None:
        waits.append((gate.last_request_at + terms.floor_seconds, "recent" if terms.manual else "floor"))
    if neighbour_at is not None and neighbour_at <= now:
        waits.append((neighbour_at + terms.apart_seconds, "floor"))
    until, why = max(waits, default=(now, "floor"))
    return Wait(until, why) if until > now else None


def _why_of(gate: Gate) -> Why:
    return "retry_after" if gate.why == "retry_after" else "parked" if gate.why == "parked" else "backoff"
