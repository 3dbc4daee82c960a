"""What an answer does to the gate of its key: pure policy, in seconds of wall time.

Measured and read from working clients in 2026-11: five requests may bring a subscription's usage endpoint to refuse
for hours, with ``Retry-After: 0``; a web page with 403 says nothing about the key; providers count a failing client
that hurries as an attack.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.store.gate import Gate

MINUTE = 60.0
HOUR = 3600.0
LONGEST_HINT_SECONDS = 24 * HOUR
# The leap after 40 minutes keeps a provider that refuses without a word at eight requests a day from a cold start.
UNHINTED_SECONDS = (5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 5 * HOUR, 6 * HOUR)
PARK_SECONDS = 6 * HOUR
BREAKER_FAILURES = 3
BREAKER_FIRST_SECONDS = 2 * MINUTE
BREAKER_CAP_SECONDS = 30 * MINUTE
_BREAKER_LEVELS = 5  # 2, 4, 8, 16, 30 minutes
_JITTER = 0.2
_HINT_JITTER_CAP_SECONDS = 10 * MINUTE

# Failures found before anything was sent; they say nothing about the provider.
_UNSENT = frozenset({Reason.KEY_MALFORMED, Reason.LOGIN_EXPIRED, Reason.HOST_NOT_TRUSTED, Reason.BAD_ADDRESS})


@dataclass(frozen=True, slots=True)
class Trouble:
    """The facts of a failed request that count here. ``hint_seconds`` is the server's usable wish, above 0."""

    kind: FailureKind
    reason: Reason | None = None
    hint_seconds: float | None = None

    @classmethod
    def of(cls, error: ProviderError, now: float) -> Trouble:
        """The trouble that ``error`` tells of, at ``now``."""
        hint = error.retry_after_seconds
        if hint is None and error.retry_at is not None and error.retry_at.timestamp() > now:
            hint = error.retry_at.timestamp() - now
        return cls(error.kind, error.reason, hint)


def is_unsent(error: ProviderError) -> bool:
    """True where no request was made at all, so that none counts."""
    return error.kind is FailureKind.NOT_CONFIGURED or error.reason in _UNSENT


def is_unreachable(error: ProviderError) -> bool:
    """True where this machine may have no network. Certificates, proxies and cut-off answers are other troubles."""
    return error.kind is FailureKind.OFFLINE and error.reason in (Reason.DNS, Reason.CONNECT)


def after_success(gate: Gate) -> Gate:
    """A good answer closes the breaker, halves its level, and ends every wait."""
    return replace(
        gate,
        not_before=None,
        not_before_span=0.0,
        why=None,
        failures=0,
        level=gate.level // 2,
        limited=gate.limited // 2,
        parked=None,
    )


def after_failure(gate: Gate, trouble: Trouble, now: float, rng: random.Random) -> Gate:
    """The gate after ``trouble`` at ``now``. A wait that is set already is never shortened."""
    match trouble.kind:
        case FailureKind.RATE_LIMITED if trouble.hint_seconds is None:
            wait = UNHINTED_SECONDS[min(gate.limited, len(UNHINTED_SECONDS) - 1)]
            wait += wait * rng.uniform(0, _JITTER)
            return _closed(replace(gate, limited=gate.limited + 1), "retry_after", wait, now)
        case FailureKind.RATE_LIMITED:
            return _closed(gate, "retry_after", _hinted(trouble, rng), now)
        case FailureKind.AUTH_NEEDED:
            return replace(gate, parked=_name(trouble), why="parked")
        case FailureKind.FORBIDDEN if gate.why == "parked" and trouble.reason is not Reason.PAYMENT_NEEDED:
            # Refused again after the pause: only another key or the user can change that.
            return replace(gate, parked=_name(trouble))
        case FailureKind.FORBIDDEN | FailureKind.UNSUPPORTED:
            return _closed(gate, "parked", PARK_SECONDS, now)
        case _:
            return _broken(gate, trouble, now, rng)


def _broken(gate: Gate, trouble: Trouble, now: float, rng: random.Random) -> Gate:
    gate = replace(gate, failures=gate.failures + 1)
    if gate.failures >= BREAKER_FAILURES:
        gate = replace(gate, level=min(gate.level + 1, _BREAKER_LEVELS))
        gate = _closed(gate, "backoff", breaker_seconds(gate.level, rng), now)
    if trouble.hint_seconds is not None:
        gate = _closed(gate, "retry_after", _hinted(trouble, rng), now)
    return gate


def after_offline(gate: Gate, now: float, rng: random.Random) -> Gate:
    """The gate of the whole network after nothing could be reached: it opens for one probe at a time."""
    gate = replace(gate, level=min(gate.level + 1, _BREAKER_LEVELS))
    return _closed(gate, "backoff", breaker_seconds(gate.level, rng), now)


def breaker_seconds(level: int, rng: random.Random) -> float:
    """How long the breaker stays open at ``level`` (1 and up): 2 minutes, doubled up to 30, give or take a fifth."""
    wait = min(BREAKER_FIRST_SECONDS * 2 ** (level - 1), BREAKER_CAP_SECONDS)
    return float(min(wait * rng.uniform(1 - _JITTER, 1 + _JITTER), BREAKER_CAP_SECONDS))


def parked_failure(parked: str) -> tuple[FailureKind, Reason | None]:
    """Kind and reason of what a gate says it is parked for."""
    kind, _, reason = parked.partition("/")
    try:
        return FailureKind(kind), Reason(reason) if reason else None
    except ValueError:
        return FailureKind.AUTH_NEEDED, None


def cut_hint(trouble: Trouble) -> str | None:
    """The sentence for a wish that is longer than what is granted; None for all others."""
    if trouble.hint_seconds is None or trouble.hint_seconds <= LONGEST_HINT_SECONDS:
        return None
    days = round(trouble.hint_seconds / LONGEST_HINT_SECONDS)
    wish = f"{days} days" if days > 1 else "more than 24 hours"
    return f"a pause of {wish} was asked for; it is cut to 24 hours"


def _name(trouble: Trouble) -> str:
    return f"{trouble.kind}/{trouble.reason}" if trouble.reason else str(trouble.kind)


def _hinted(trouble: Trouble, rng: random.Random) -> float:
    hint = min(trouble.hint_seconds or 0.0, LONGEST_HINT_SECONDS)
    return hint + min(hint * rng.uniform(0, _JITTER), _HINT_JITTER_CAP_SECONDS)


def _closed(gate: Gate, why: str, wait: float, now: float) -> Gate:
    """``gate`` shut for ``wait`` seconds, unless it is shut for longer. ``why`` becomes the stricter of both."""
    until = now + wait
    if gate.not_before is not None and gate.not_before >= until:
        stricter = gate.why if gate.why != "backoff" else why
        return replace(gate, why=stricter)
    kept = gate.not_before is not None and gate.not_before > now and gate.why == "retry_after"
    return replace(gate, not_before=until, not_before_span=wait, why="retry_after" if kept else why)
