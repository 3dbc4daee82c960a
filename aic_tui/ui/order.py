"""Which accounts are on show and in which order: filter and sort, as pure functions of the states."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from aic_tui.format import status_word
from aic_tui.models import AccountState, Status
from aic_tui.outlook import binding, is_waiting, outlook, ratio_of, status_of
from aic_tui.view.spans import ViewOptions

COLUMNS = ("your order", "name", "status", "used", "reset", "provider")
_NEVER = datetime.max.replace(tzinfo=UTC)
_WORST_FIRST = {Status.EXHAUSTED: 1, Status.WARN: 2, Status.OK: 4}
# Prefixes that keys have, and long runs without a blank that are no word: neither belongs into a search.
_LOOKS_LIKE_KEY = re.compile(
    r"^(?:sk-|sk_|pk_|gh[opusr]_|github_pat_|AIza|eyJ|xai-|gsk_|hf_|Bearer\s)|^(?=\S*\d)(?=\S*[a-zA-Z])\S{24,}$"
)


class Order(NamedTuple):
    """A column of :data:`COLUMNS` and a direction. ``your order`` is that of the configuration."""

    column: str = COLUMNS[0]
    reverse: bool = False

    def next(self) -> Order:
        """The next column, in its natural direction."""
        return Order(COLUMNS[(COLUMNS.index(self.column) + 1) % len(COLUMNS)])

    def turned(self) -> Order:
        """The same column the other way round."""
        return self._replace(reverse=not self.reverse)

    def word(self, *, ascii_only: bool = False) -> str | None:
        """For the header: "used ↓"; None for the plain order of the configuration."""
        if self == Order():
            return None
        down, up = ("v", "^") if ascii_only else ("↓", "↑")
        return f"by {self.column} {up if self.reverse else down}"

    def saved(self) -> str:
        """As text to remember."""
        return f"{self.column}:{'reverse' if self.reverse else 'natural'}"

    @classmethod
    def read(cls, text: str | None) -> Order:
        """What :meth:`saved` wrote; the default order for anything else."""
        column, _, direction = (text or "").partition(":")
        return cls(column, direction == "reverse") if column in COLUMNS else cls()


def looks_like_key(text: str) -> bool:
    """True for what is more likely a pasted key than a word to look for."""
    return _LOOKS_LIKE_KEY.search(text.strip()) is not None


def matching(states: Sequence[AccountState], wanted: str, options: ViewOptions) -> list[AccountState]:
    """The states in which every word of ``wanted`` is found. Under privacy only what is visible is searched."""
    words = wanted.casefold().split()
    return [state for state in states if all(word in _searched(state, options) for word in words)]


def _searched(state: AccountState, options: ViewOptions) -> str:
    status = None if is_waiting(state) else status_of(state, options.warn_percent, options.now)
    parts: list[str | None] = [state.provider_name, status_word(status), state.reading.plan if state.reading else None]
    if not options.privacy:
        parts += [state.label, state.account_id, state.reading.account_name if state.reading else None]
    return " ".join(part for part in parts if part).casefold()


def ordered(states: Sequence[AccountState], order: Order, options: ViewOptions) -> list[AccountState]:
    """``states`` sorted, pinned ones first; equal ones keep the order of the configuration, unknown come last."""
    listed = list(states)
    if order.column == "name":
        listed.sort(key=lambda state: (_name(state, options), state.account_id), reverse=order.reverse)
    elif order.column == "provider":
        listed.sort(key=lambda state: state.provider_name.casefold(), reverse=order.reverse)
    elif order.column == "status":
        listed.sort(key=lambda state: _status_rank(state, options), reverse=order.reverse)
    elif order.column == "used":
        known = [state for state in listed if _used(state, options) is not None]
        known.sort(key=lambda state: _used(state, options) or 0.0, reverse=not order.reverse)
        listed = known + [state for state in listed if _used(state, options) is None]
    elif order.column == "reset":
        known = [state for state in listed if _reset(state, options) != _NEVER]
        known.sort(key=lambda state: _reset(state, options), reverse=order.reverse)
        listed = known + [state for state in listed if _reset(state, options) == _NEVER]
    elif order.reverse:
        listed.reverse()
    return sorted(listed, key=lambda state: not state.pinned)


def _name(state: AccountState, options: ViewOptions) -> str:
    return (state.provider_name if options.privacy else state.label).casefold()


def _status_rank(state: AccountState, options: ViewOptions) -> int:
    """What needs the user first, then what is used up, at risk, waiting, and last what is well."""
    if is_waiting(state):
        return 3
    status = status_of(state, options.warn_percent, options.now)
    if status in (Status.AUTH_NEEDED, Status.FORBIDDEN, Status.NOT_CONFIGURED):
        return 0
    return _WORST_FIRST.get(status, 3)


def _used(state: AccountState, options: ViewOptions) -> float | None:
    window = binding(state.reading, options.now) if state.reading else None
    return ratio_of(window) if window else None


def _reset(state: AccountState, options: ViewOptions) -> datetime:
    window = binding(state.reading, options.now) if state.reading else None
    return (outlook(window, options.now).resets_at if window else None) or _NEVER
