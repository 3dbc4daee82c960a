"""What the dashboard knows: the last states, which of them are on show in which order, and which one is selected.

A changed state never moves anything: the order is renewed only when the user sorts, filters or returns after a pause.
"""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui.models import AccountState, Point
from aic_tui.ui.order import Order, matching, ordered
from aic_tui.view.spans import ViewOptions


class Board:
    """The accounts of one dashboard. ``selected_id`` is always one of ``shown``, or None when nothing is shown."""

    def __init__(self, states: Sequence[AccountState], order: Order, options: ViewOptions) -> None:
        self.order = order
        self.wanted = ""
        self.points: dict[str, Sequence[Point]] = {}
        self.selected_id: str | None = None
        self._states: dict[str, AccountState] = {}
        self._shown: list[str] = []
        self.replace(states, options)

    def replace(self, states: Sequence[AccountState], options: ViewOptions) -> None:
        """The list of accounts itself has changed."""
        self._states = {state.account_id: state for state in states}
        self.points = {name: points for name, points in self.points.items() if name in self._states}
        self.arrange(options)

    def update(self, state: AccountState) -> bool:
        """Take a changed state; False when it is of no account on this board."""
        if state.account_id not in self._states:
            return False
        self._states[state.account_id] = state
        return True

    def arrange(self, options: ViewOptions) -> None:
        """Filter and sort again. The selection stays where it is, or goes to the nearest account still on show."""
        before = self._shown
        chosen = ordered(matching(list(self._states.values()), self.wanted, options), self.order, options)
        self._shown = [state.account_id for state in chosen]
        if self.selected_id in self._shown:
            return
        place = before.index(self.selected_id) if self.selected_id in before else 0
        self.selected_id = self._shown[min(place, len(self._shown) - 1)] if self._shown else None

    def state(self, account_id: str) -> AccountState | None:
        """The last known state of that account."""
        return self._states.get(account_id)

    @property
    def states(self) -> list[AccountState]:
        """Every account, in the order of the configuration."""
        return list(self._states.values())

    @property
    def shown(self) -> list[AccountState]:
        """The accounts on show, in their order."""
        return [self._states[name] for name in self._shown]

    @property
    def selected(self) -> AccountState | None:
        """The selected account."""
        return self._states.get(self.selected_id) if self.selected_id else None

    @property
    def index(self) -> int:
        """The place of the selected account among those on show; 0 when there is none."""
        return self._shown.index(self.selected_id) if self.selected_id in self._shown else 0

    def select_index(self, index: int) -> None:
        """Select the account at that place."""
        if 0 <= index < len(self._shown):
            self.selected_id = self._shown[index]

    def select(self, account_id: str) -> None:
        """Select that account if it is on show."""
        if account_id in self._shown:
            self.selected_id = account_id
