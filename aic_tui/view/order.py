"""The two orders of accounts: worst first, and most usable first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from aic_tui.errors import FailureKind
from aic_tui.models import AccountState, Status
from aic_tui.outlook import binding, needs_user, outlook, ratio_of, usable_at
from aic_tui.view import words
from aic_tui.view.spans import ViewOptions

_NEVER = datetime.max.replace(tzinfo=UTC)


def worst_first(states: Sequence[AccountState], options: ViewOptions) -> list[AccountState]:
    """What needs the user, then exhausted, at risk, fullest; accounts without figures near the end, not configured
    last. Equal ones keep their order."""
    return sorted(states, key=lambda state: _badness(state, options))


def _badness(state: AccountState, options: ViewOptions) -> tuple[int, float]:
    word = words.status(state, options)
    if needs_user(state):
        return 0, 0.0
    if word is Status.NOT_CONFIGURED:
        return 5, 0.0
    rank = {Status.EXHAUSTED: 1, Status.WARN: 2}.get(word, 3) if word else 4
    return rank, -_ratio(state, options)


def _ratio(state: AccountState, options: ViewOptions) -> float:
    window = binding(state.reading, options.now) if state.reading else None
    return (outlook(window, options.now).ratio or 0.0) if window else 0.0


def usable_first(states: Sequence[AccountState], options: ViewOptions) -> list[AccountState]:
    """What can be used now, most room first; then at risk, then what will be back and when, then what needs the
    user, then what is not configured."""
    return sorted(states, key=lambda state: _usability(state, options))


def _usability(state: AccountState, options: ViewOptions) -> tuple[int, float]:
    if state.failure is not None:
        return _failed_usability(state)
    word = words.status(state, options)
    if word is None or state.reading is None:
        return 4, 0.0
    if word is Status.EXHAUSTED:
        return 5, (usable_at(state.reading, options.now) or _NEVER).timestamp()
    window = binding(state.reading, options.now)
    ratio = ratio_of(window) if window else None
    if word is Status.WARN:
        return 2, ratio or 0.0
    return (0, ratio) if ratio is not None else (1, 0.0)


def _failed_usability(state: AccountState) -> tuple[int, float]:
    if state.failure is not None and state.failure.kind is FailureKind.NOT_CONFIGURED:
        return 7, 0.0
    return (6, 0.0) if needs_user(state) else (3, 0.0)
