"""What the figures mean: which window binds, whether it lasts to its reset, and the one status of an account.

Pure arithmetic on the model's values and an instant; no words, no time zones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from math import isfinite

from aic_tui.errors import FailureKind
from aic_tui.models import AccountState, Point, Reading, Status, Window

# Below this share of a window its pace is noise: one burst would be drawn out over the whole week.
TOO_EARLY_SHARE = 0.05
# A pace verdict alone makes an account "at risk" only from here on, so that the glyph does not flicker each morning.
RISK_SHARE = 0.2


class Verdict(StrEnum):
    """What can be said about one window."""

    LASTS = "lasts"
    RUNS_OUT = "runs_out"
    EXHAUSTED = "exhausted"
    RESET_DUE = "reset_due"
    NOT_STARTED = "not_started"
    TOO_EARLY = "too_early"
    UNLIMITED = "unlimited"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outlook:
    """The verdict on one window at one instant.

    ``ratio`` is the share used that may be shown: None where nothing is known, also after a reset that has not been
    measured yet. ``pace`` is use relative to an even pace, and so also the ratio projected for the reset (1.4 = runs
    out early). ``elapsed`` is the share of the window that has passed. ``runs_out_at`` is set for RUNS_OUT only.
    """

    verdict: Verdict
    ratio: float | None = None
    pace: float | None = None
    elapsed: float | None = None
    runs_out_at: datetime | None = None
    resets_at: datetime | None = None


def outlook(window: Window, now: datetime) -> Outlook:
    """The verdict on ``window`` at ``now``, by even extrapolation of its use since the window began."""
    ratio = ratio_of(window)
    if window.unlimited:
        return Outlook(Verdict.UNLIMITED)
    if not window.started:
        return Outlook(Verdict.NOT_STARTED, ratio)
    if window.resets_at is not None and window.resets_at <= now:
        return Outlook(Verdict.RESET_DUE, resets_at=window.resets_at)
    return _pace(window, ratio, elapsed_share(window, now))


def _pace(window: Window, ratio: float | None, elapsed: float | None) -> Outlook:
    plain = Outlook(Verdict.UNKNOWN, ratio, elapsed=elapsed, resets_at=window.resets_at)
    if ratio is None:
        return plain
    if ratio >= 1:
        return replace(plain, verdict=Verdict.EXHAUSTED)
    if elapsed is None:
        return plain
    if elapsed < TOO_EARLY_SHARE:
        return replace(plain, verdict=Verdict.TOO_EARLY)
    pace = ratio / elapsed
    if pace <= 1:
        return replace(plain, verdict=Verdict.LASTS, pace=pace)
    return replace(plain, verdict=Verdict.RUNS_OUT, pace=pace, runs_out_at=_runs_out_at(window, elapsed, pace))


def ratio_of(window: Window) -> float | None:
    """The share used, from ``ratio`` or else from ``used`` and ``limit``; None when neither tells. Never negative."""
    if window.ratio is not None:
        return max(window.ratio, 0.0) if isfinite(window.ratio) else None
    if window.used is not None and window.limit is not None and window.limit > 0:
        return max(float(window.used / window.limit), 0.0)
    return None


def elapsed_share(window: Window, now: datetime) -> float | None:
    """How much of the window has passed, 0..1. None when its length or end is unknown or its reset moved away."""
    if window.resets_at is None or not window.window_seconds or window.window_seconds <= 0:
        return None
    share = 1 - (window.resets_at - now).total_seconds() / window.window_seconds
    # A start in the future by more than rounding means that the reset moved: then the length says nothing.
    return min(max(share, 0.0), 1.0) if -0.01 <= share <= 1 else None


def _runs_out_at(window: Window, elapsed: float, pace: float) -> datetime | None:
    """Rounded down to the hour in windows of days and to five minutes in shorter ones: a guess has no minutes."""
    if window.resets_at is None or window.window_seconds is None:
        return None
    began_at = window.resets_at - timedelta(seconds=window.window_seconds)
    exact = began_at + timedelta(seconds=window.window_seconds / pace)
    step = 3600 if window.window_seconds >= 2 * 86400 else 300
    rounded = datetime.fromtimestamp(exact.timestamp() // step * step, UTC)
    now = began_at + timedelta(seconds=window.window_seconds * elapsed)
    return rounded if rounded > now else exact


def binding(reading: Reading, now: datetime) -> Window | None:
    """The window that blocks first, which is the headline of its account; None when no window can block.

    An exhausted one (of several the one that stays longest), else the one that runs out first, else the fullest,
    else one whose use is not known. Lanes that never block and unlimited ones never bind.
    """
    lanes = [(window, outlook(window, now)) for window in reading.windows if window.blocking and not window.unlimited]
    if not lanes:
        return None
    return min(lanes, key=_bind_order)[0]


def _bind_order(lane: tuple[Window, Outlook]) -> tuple[int, float]:
    _window, seen = lane
    if seen.verdict is Verdict.EXHAUSTED:
        return 0, -seen.resets_at.timestamp() if seen.resets_at else float("-inf")
    if seen.runs_out_at is not None:
        return 1, seen.runs_out_at.timestamp()
    if seen.ratio is not None:
        return 2, -seen.ratio
    return 3, 0.0


def blocker_of(reading: Reading, window: Window, now: datetime) -> Window | None:
    """The exhausted longer window that makes the room in ``window`` worthless, or None.

    Lanes of equal length stand beside each other (two models); only a longer one encloses a shorter one.
    """
    if window.window_seconds is None or window.unlimited or not window.blocking:
        return None
    enclosing = (
        other
        for other in reading.windows
        if other.blocking
        and other.window_seconds is not None
        and other.window_seconds > window.window_seconds
        and outlook(other, now).verdict is Verdict.EXHAUSTED
    )
    return min(enclosing, key=lambda other: _bind_order((other, outlook(other, now))), default=None)


def usable_at(reading: Reading, now: datetime) -> datetime | None:
    """When the last of the exhausted windows resets; None when none is exhausted or one never tells its reset."""
    spent = [w for w in reading.windows if w.blocking and outlook(w, now).verdict is Verdict.EXHAUSTED]
    resets = [window.resets_at for window in spent if window.resets_at is not None]
    return max(resets) if spent and len(resets) == len(spent) else None


def status_of(state: AccountState, warn_percent: int, now: datetime) -> Status:
    """The one word of the contract for an account. A failure names itself, though the last figures stay.

    An account that was never asked has neither figures nor a failure and is ERROR here; ask :func:`is_waiting` first
    where that must look different.
    """
    if state.failure is not None:
        return Status(state.failure.kind.value)
    if state.reading is None:
        return Status.ERROR
    return reading_status(state.reading, warn_percent, now)


def is_waiting(state: AccountState) -> bool:
    """True while an account has never been answered: nothing is known and nothing has gone wrong."""
    return state.snapshot is None and state.failure is None


def reading_status(reading: Reading, warn_percent: int, now: datetime) -> Status:
    """OK, WARN or EXHAUSTED, from the figures alone."""
    window = binding(reading, now)
    if window is not None and outlook(window, now).verdict is Verdict.EXHAUSTED:
        return Status.EXHAUSTED
    if _out_of_money(reading):
        return Status.EXHAUSTED
    if reading.available is False or any(_at_risk(lane, warn_percent, now) for lane in reading.windows):
        return Status.WARN
    return Status.OK


def _out_of_money(reading: Reading) -> bool:
    """Prepaid accounts without a quota stop at zero; beside a quota a balance is only an extra."""
    if reading.windows or not reading.balances or reading.available:
        return False
    return all(balance.amount <= 0 for balance in reading.balances)


def _at_risk(window: Window, warn_percent: int, now: datetime) -> bool:
    if not window.blocking:
        return False
    seen = outlook(window, now)
    if seen.ratio is not None and seen.ratio * 100 >= warn_percent:
        return True
    return seen.verdict is Verdict.RUNS_OUT and (seen.elapsed or 0) >= RISK_SHARE


_LATE = 1.25  # a renewal that is a little late by its jitter, or under way, is none to worry about


def is_stale(state: AccountState, cache_ttl_seconds: int, now: datetime) -> bool:
    """True when the figures on show are not to be relied on: their renewal failed, or they are too old.

    Too old is older than ``cache_ttl_seconds`` and than the account's own interval allows: figures that are renewed
    in their time are never stale, whatever the setting says. False where there are no figures.
    """
    if state.fetched_at is None:
        return False
    oldest = max(float(cache_ttl_seconds), _LATE * state.interval_seconds)
    return state.failure is not None or (now - state.fetched_at).total_seconds() > oldest


NEEDS_USER = frozenset({FailureKind.AUTH_NEEDED, FailureKind.FORBIDDEN})


def needs_user(state: AccountState) -> bool:
    """True where only the user can go on: a rejected key, an expired login, a missing right."""
    return state.failure is not None and state.failure.kind in NEEDS_USER


def days_left(points: Sequence[Point], amount: Decimal, now: datetime) -> float | None:
    """An estimate of how many days a balance of ``amount`` lasts at the pace of its recorded points.

    Only falls of the balance count, so a top-up is no negative spending. None without at least six hours of points
    or without any fall.
    """
    series = [(point.at, point.balance) for point in points if point.balance is not None and point.at <= now]
    if len(series) < 2 or amount <= 0:
        return None
    seconds = (now - series[0][0]).total_seconds()
    spent = sum((max(before - after, Decimal(0)) for (_, before), (_, after) in pairwise(series)), Decimal(0))
    if seconds < 6 * 3600 or spent <= 0:
        return None
    return float(amount / spent) * seconds / 86400
