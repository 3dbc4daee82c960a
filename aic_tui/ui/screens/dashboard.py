"""The dashboard: every account at a glance, in the density that the terminal's size allows.

The screen owns a board (what is known and selected), has it turned into lines, and hands these to five widgets that
repaint what differs. It knows the monitor as its only source of figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aic_tui.models import AccountState
from aic_tui.services.monitor import Found, Monitor
from aic_tui.ui.account_keys import EDITING_ACTIONS, AccountKeys
from aic_tui.ui.arrangement import room_in
from aic_tui.ui.bindings import DASHBOARD_BINDINGS
from aic_tui.ui.board import Board
from aic_tui.ui.messages import AccountPointed, FilterLeft, FilterTyped
from aic_tui.ui.order import Order
from aic_tui.ui.outcomes import outcome_words, outcomes_sentence, tell_outcome
from aic_tui.ui.picture import NO_KEYS, Keys, account_towards, picture, start_at_worst
from aic_tui.ui.top_line import top_line
from aic_tui.ui.widgets.accounts_view import AccountsView
from aic_tui.ui.widgets.key_line import key_line, live_hints
from aic_tui.ui.widgets.lines import LinesView
from aic_tui.view.density import Density
from aic_tui.view.words import name

if TYPE_CHECKING:
    from aic_tui.app import AicApp
    from aic_tui.ui.widgets.filter_line import FilterLine

_HISTORY = timedelta(days=7)
_UNTOUCHED_SECONDS = 60  # the order renews itself only while nobody is at the keys


class Dashboard(AccountKeys):
    """Every enabled account of ``monitor``."""

    BINDINGS: ClassVar[list[BindingType]] = [*DASHBOARD_BINDINGS]
    AUTO_FOCUS = ""

    def __init__(self, monitor: Monitor) -> None:
        super().__init__()
        self._monitor = monitor
        self._touched_at = float("-inf")
        self._findings: Sequence[Found] | None = None
        self._filter_line: FilterLine | None = None
        self._draw_wanted = False
        self._seen = False

    @property
    def aic(self) -> AicApp:
        """The app, by its own type."""
        return cast("AicApp", self.app)

    def compose(self) -> ComposeResult:
        """Five widgets for any number of accounts. They have their lines before they are laid out the first time."""
        self._board = Board(self._monitor.states(), Order.read(self._monitor.recall("sort")), self.aic.options)
        self._room = room_in(*self.app.size)
        start_at_worst(self._board, self._room, self.aic.options)
        self._header, self._footer = LinesView(id="header"), LinesView(id="footer")
        self._ranking, self._below = LinesView(id="ranking"), LinesView(id="below")
        self._accounts = AccountsView(id="accounts")
        self._draw()
        yield from (self._header, self._ranking, self._accounts, self._below, self._footer)

    def on_mount(self) -> None:
        """Listen to what changes; recorded points are read once the first frame stands."""
        self.aic.states_changed.subscribe(self, self._state_changed)
        self.aic.options_changed.subscribe(self, lambda _: self._rearrange())
        self.aic.ticked.subscribe(self, lambda _: self._ticked())
        self.app.theme_changed_signal.subscribe(self, lambda _: self._repaint())
        self.bindings_updated_signal.subscribe(self, lambda _: self._draw_footer())
        self.call_after_refresh(self._after_first_frame)

    def _after_first_frame(self) -> None:
        self._load_points([state.account_id for state in self._board.states])
        if not (self._monitor.config.has_accounts or self._monitor.config.broken or self._monitor.is_demo):
            self._look_around()

    # -- drawing

    def on_resize(self, event: events.Resize) -> None:
        """Another size may be another density."""
        room = room_in(event.size.width, event.size.height)
        if room != self._room:
            self._room = room
            self._draw()
            self.call_after_refresh(self._reveal)

    def on_screen_resume(self) -> None:
        """What changed while another screen was on top. The first time there is nothing that is not drawn yet."""
        if self._seen:
            self._draw()
        self._seen = True

    def _draw(self) -> None:
        """Everything again; the widgets find out themselves what of it is new."""
        options, room = self.aic.options, self._room
        self._header.display, self._footer.display = room.header, room.footer and self._filter_line is None
        saving = self.aic.not_saving
        top = top_line(self._board, self._monitor, options, max(room.cells - 2, 0), not_saving=saving)
        self._header.show([top])
        self._draw_footer()
        whole = picture(self._board, room, options, self._findings, self._helpful_keys())
        self._ranking.display = bool(room.ranking_cells)
        self._ranking.styles.width = room.ranking_cells or 1
        self._ranking.show(whole.ranking)
        self._below.display = bool(whole.below)
        self._accounts.styles.height = whole.accounts_rows
        self._accounts.show(whole.shape, whole.blocks, self._board.selected_id)
        self._below.show(whole.below)

    def _helpful_keys(self) -> Keys:
        """For a dashboard without accounts; remapped keys are named as they are."""
        if self._board.states or not self._monitor.can_edit:
            return NO_KEYS
        keys = self._monitor.config.keys
        add, login = keys.get("add_account") or "a", keys.get("login") or "g"
        shown = [self.app.get_key_display(Binding(key, "help")) for key in (add, login)]
        return Keys(shown[0], shown[1], self.aic.repair_key)

    def _draw_soon(self) -> None:
        """Draw once for all the changes that come in one go."""
        if not self._draw_wanted and self.is_current:
            self._draw_wanted = True
            self.call_later(self._draw_wanted_now)

    def _draw_wanted_now(self) -> None:
        self._draw_wanted = False
        self._draw()

    def _draw_footer(self) -> None:
        self._footer.show([key_line(live_hints(self, self.app), max(self._room.cells - 2, 0))])

    def _repaint(self) -> None:
        for part in (self._header, self._ranking, self._accounts, self._below, self._footer):
            part.refresh()

    def _reveal(self) -> None:
        if self._room.density is not Density.STRIP:
            self._accounts.reveal(self._board.index)

    def _rearrange(self) -> None:
        self._board.arrange(self.aic.options)
        self._draw()
        self._reveal()

    # -- news

    def _state_changed(self, state: AccountState | None) -> None:
        if state is None:
            self._board.replace(self._monitor.states(), self.aic.options)
            self._load_points([one.account_id for one in self._board.states])
        else:
            known = self._board.state(state.account_id)
            if not self._board.update(state):
                return
            if known is None or known.fetched_at != state.fetched_at:
                self._load_points([state.account_id])
        self._draw_soon()

    def _ticked(self) -> None:
        """Ages and clocks; and the order, when nobody has pressed a key for a while."""
        if self.aic.env.monotonic() - self._touched_at > _UNTOUCHED_SECONDS:
            self._board.arrange(self.aic.options)
        self._draw_soon()

    def _load_points(self, account_ids: list[str]) -> None:
        self.app.run_worker(self._read_points(account_ids), name="points", group="points", exit_on_error=False)

    async def _read_points(self, account_ids: list[str]) -> None:
        since = self.aic.options.now - _HISTORY
        for account_id in account_ids:
            self._board.points[account_id] = await self._monitor.points(account_id, since)
        self._draw_soon()

    def _look_around(self) -> None:
        self.app.run_worker(self._read_findings(), name="findings", group="findings", exit_on_error=False)

    async def _read_findings(self) -> None:
        """What this machine has; logins of other tools are used only after the user's yes."""
        self._findings = await self._monitor.findings()
        if any(found.needs_confirmation and not found.accepted for found in self._findings):
            from aic_tui.ui.screens.welcome import WelcomeScreen

            self.app.push_screen(WelcomeScreen(self._findings))
        self._draw_soon()

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing now are neither offered nor taken."""
        if action == "clear_filter":
            return bool(self._board.wanted)
        if action in EDITING_ACTIONS:
            needs_one = action not in ("accounts", "add_account", "login")
            return self._monitor.can_edit and (bool(self._board.shown) or not needs_one)
        if action in ("open", "refresh", "sort", "reverse", "move"):
            return bool(self._board.shown)
        return bool(self._board.states) if action in ("refresh_all", "filter") else True

    def on_key(self) -> None:
        """Somebody is there: the order stays as it is for a while."""
        self._touched_at = self.aic.env.monotonic()

    def action_move(self, way: str) -> None:
        """Select another account and bring it into view."""
        shape, page = self._accounts.shape, self._accounts.page_rows
        target = account_towards(self._board, self._room, self.aic.options, shape, page, way)
        if target is not None:
            self._board.select(target)
        self._draw()
        self._reveal()

    def on_account_pointed(self, message: AccountPointed) -> None:
        """A click selects, a click on what is selected opens."""
        self._touched_at = self.aic.env.monotonic()
        self._board.select(message.account_id)
        self._draw()
        if message.again:
            self.action_open()

    def action_open(self) -> None:
        """The detail screen of the selected account."""
        from aic_tui.ui.screens.detail import DetailScreen  # a screen is loaded when it is first opened

        state = self._board.selected
        if state is not None:
            self.app.push_screen(DetailScreen(state.account_id))

    def meant_account_id(self) -> str | None:
        """The account that the keys for editing are about."""
        return self._board.selected_id

    def action_refresh(self) -> None:
        """Ask the selected account's provider now."""
        state = self._board.selected
        if state is not None:
            self._ask([state.account_id], name(state, self.aic.options))

    def action_refresh_all(self) -> None:
        """Ask every provider that may be asked."""
        self._ask(None, None)

    def _ask(self, account_ids: list[str] | None, meant: str | None) -> None:
        async def ask() -> None:
            outcomes = await self._monitor.refresh(account_ids)
            say = outcome_words if self._room.density is Density.STRIP else outcomes_sentence
            tell_outcome(self.app, say(outcomes, meant, self.aic.options))

        self.app.run_worker(ask(), name="refresh", group="refresh", exit_on_error=False)

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort(self._board.order.next())

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._sort(self._board.order.turned())

    def _sort(self, order: Order) -> None:
        self._board.order = order
        self._monitor.remember("sort", order.saved())
        self._rearrange()

    async def action_filter(self) -> None:
        """Open the line in which a filter is typed."""
        from aic_tui.ui.widgets.filter_line import FilterLine

        if self._filter_line is None:
            self._filter_line = FilterLine(self._board.wanted)
            await self.mount(self._filter_line)
            self._filter_line.focus()
            self._draw()

    def on_filter_typed(self, message: FilterTyped) -> None:
        """Filter by what has been typed so far."""
        self._board.wanted = message.text
        self._rearrange()

    def on_filter_left(self, message: FilterLeft) -> None:
        """Close the line; its text stays in force or goes."""
        if self._filter_line is not None:
            self._filter_line.remove()
            self._filter_line = None
        if not message.kept:
            self._board.wanted = ""
        self._rearrange()
        self.refresh_bindings()

    def action_clear_filter(self) -> None:
        """Show all accounts again."""
        self._board.wanted = ""
        self._rearrange()
        self.refresh_bindings()
