"""When an account is due: pure calculation, in seconds from now."""

from __future__ import annotations

import random
import zlib

from aic_tui.config.settings import Account
from aic_tui.providers.base import Provider
from aic_tui.store.gate import Terms

MANUAL_GAP_SECONDS = 15.0
APART_SECONDS = 10.0
RECHECK_SECONDS = 60.0
# The keyring is another program, which may be asked aloud; a parked key there is looked at less often.
KEYRING_RECHECK_SECONDS = 600.0
RESUME_GAP_SECONDS = 30.0
_NETWORK_SECONDS = 5.0
_SPREAD_SECONDS = 30.0
_START_SPREAD_SECONDS = 2.0
_JITTER = 0.1


def interval_seconds(account: Account, provider: Provider, tick_seconds: float) -> int:
    """How often ``account`` is asked: its own wish or the provider's default, raised to the floor and the tick."""
    wanted = account.interval_seconds or provider.interval_seconds
    return max(wanted, provider.floor_seconds, round(tick_seconds))


def raised_notice(account: Account, provider: Provider) -> str | None:
    """The sentence for an account that wants to be asked more often than its provider allows."""
    if account.interval_seconds is None or account.interval_seconds >= provider.floor_seconds:
        return None
    return (
        f"{account.id} is asked every {provider.floor_seconds} s, not every {account.interval_seconds} s:"
        f" {provider.name} allows no less."
    )


def fraction(account_id: str) -> float:
    """A number from 0 up to 1 that is always the same for the same account and spreads accounts evenly."""
    return zlib.crc32(account_id.encode()) / 2**32


def first_delay(account_id: str, age_seconds: float | None, interval: float, ttl_seconds: float) -> float:
    """How long after the start: at once for figures older than ``ttl_seconds`` or missing, else within the interval."""
    at_once = fraction(account_id) * _START_SPREAD_SECONDS
    if age_seconds is None or not 0 <= age_seconds < ttl_seconds:
        return at_once
    return max(at_once, min(fraction(account_id) * interval, ttl_seconds - age_seconds))


def next_delay(interval: float, floor_seconds: float, rng: random.Random) -> float:
    """How long after a request the next one is due: the interval give or take a tenth, never below the floor."""
    return max(interval * rng.uniform(1 - _JITTER, 1 + _JITTER), float(floor_seconds))


def resume_delay(account_id: str) -> float:
    """How long after a suspend: the network first needs a moment, and then all accounts must not ask at once."""
    return _NETWORK_SECONDS + fraction(account_id) * _SPREAD_SECONDS


def recheck_seconds(account: Account) -> float:
    """How often the credential of an account that waits for another one is looked at."""
    return KEYRING_RECHECK_SECONDS if account.key == "keyring" else RECHECK_SECONDS


def automatic_terms(provider: Provider, interval: float) -> Terms:
    """Several instances together ask no more often than one alone would."""
    gap = max(interval * (1 - _JITTER), float(provider.floor_seconds))
    return Terms(gap, provider.max_per_hour, apart_seconds=APART_SECONDS)


def due_terms(provider: Provider) -> Terms:
    """For ``refresh --due``: everyone whose floor has passed."""
    return Terms(float(provider.floor_seconds), provider.max_per_hour)


def manual_terms(provider: Provider) -> Terms:
    """For the user's own wish."""
    return Terms(MANUAL_GAP_SECONDS, provider.max_per_hour, manual=True)
