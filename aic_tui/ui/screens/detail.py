"""One account in full: every window, its history by range, money, models, the last requests and the raw reply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from textual.binding import BindingType

from aic_tui.models import AccountState, Point, RequestEntry
from aic_tui.text import cell_width
from aic_tui.ui.bindings import DETAIL_BINDINGS
from aic_tui.ui.lane_plot import Lane, lane_plot, lanes_of
from aic_tui.ui.outcomes import outcomes_sentence, tell_outcome
from aic_tui.ui.screens.page import PageScreen
from aic_tui.view import words
from aic_tui.view.detail import Section, detail, span_word
from aic_tui.view.spans import EMPTY, Line, Span, Tone, line

_RANGES = tuple(timedelta(days=days) for days in (1, 7, 30, 90, 365))
_PLOT_ROWS = 14
_MEASURE = 100  # wider lines are hard to follow from label to figure
_LONGEST_REPLY = 400  # lines; the log of a reply is for reading, not for archives


class DetailScreen(PageScreen):
    """The account with that id; ``h`` and ``l`` go to its neighbours in the order of the configuration."""

    BINDINGS: ClassVar[list[BindingType]] = [*DETAIL_BINDINGS]

    def __init__(self, account_id: str) -> None:
        super().__init__()
        self._account_id = account_id
        self._range = 0
        self._lane = 0
        self._raw_shown = False
        self._points: Sequence[Point] = ()
        self._requests: Sequence[RequestEntry] = ()

    def on_mount(self) -> None:
        """Draw what is known, then read points and requests."""
        self._load()

    # -- drawing

    @property
    def _state(self) -> AccountState | None:
        return next((state for state in self.aic.monitor.states() if state.account_id == self._account_id), None)

    def title_line(self, cells: int) -> Line:
        """The account's name and status; the range at the right end where there is room."""
        state, options = self._state, self.aic.options
        if state is None:
            return line(("This account is gone.", Tone.DIM))
        titles, room = words.titles(state, options), max(cells - 4, 1)
        name = next((title for title in titles if cell_width(title) <= room), words.fit_name(titles[-1], room))
        return line(words.glyph(state, options), " ", (name, Tone.STRONG))

    def body(self, cells: int) -> Sequence[Line]:
        """The sections one below the other, the plot behind the windows."""
        state, options = self._state, self.aic.options
        if state is None:
            return [EMPTY, line(("It is no longer configured. Escape leads back.", Tone.DIM))]
        since = options.now - _RANGES[self._range]
        sections = list(detail(state, self._points, self._requests, options, min(cells, _MEASURE), since))
        if drawn := self._plot(cells):
            place = next((i for i, section in enumerate(sections) if section.title.startswith("History")), 1)
            sections.insert(place, drawn)
        if self._raw_shown:
            sections.append(self._raw_reply(cells))
        lines: list[Line] = []
        for section in sections:
            lines += [EMPTY, line((words.fit_name(section.title, cells), Tone.STRONG)), *section.lines]
        return [*lines, EMPTY]

    def _plot(self, cells: int) -> Section | None:
        lane = self._current_lane()
        if lane is None:
            return None
        options = self.aic.options
        drawn = lane_plot(lane, self._points, _RANGES[self._range], options, min(cells, 130), _PLOT_ROWS)
        if drawn is None:
            return None
        title = f"{lane.label}, {span_word(_RANGES[self._range])}"
        return Section(title, tuple(_plot_row(row) for row in drawn))

    def _current_lane(self) -> Lane | None:
        state = self._state
        lanes = lanes_of(state, self._points, self.aic.options) if state else []
        return lanes[self._lane % len(lanes)] if lanes else None

    def _raw_reply(self, cells: int) -> Section:
        reply = self.aic.monitor.raw_reply(self._account_id)
        if self.aic.options.privacy:
            told_lines: list[Line] = [line(("Hidden: privacy is on.", Tone.DIM))]
        elif reply is None:
            told_lines = [line(("There is none yet: replies are kept in memory only, since the start.", Tone.DIM))]
        else:
            rows = reply.splitlines()[:_LONGEST_REPLY]
            told_lines = [(Span(piece, Tone.DIM),) for row in rows for piece in _pieces(row, cells)]
        return Section("Raw reply, redacted", tuple(told_lines))

    # -- figures

    def state_changed(self, state: AccountState | None) -> None:
        """Read history and requests again when this account has news."""
        if state is None or state.account_id == self._account_id:
            self._load()

    def _load(self) -> None:
        self.app.run_worker(self._read(), name="detail", group="detail", exclusive=True, exit_on_error=False)

    async def _read(self) -> None:
        monitor, account_id = self.aic.monitor, self._account_id
        points = await monitor.points(account_id, self.aic.options.now - _RANGES[self._range])
        requests = await monitor.requests(account_id)
        if account_id == self._account_id:
            self._points, self._requests = points, requests
            self.draw()

    # -- keys

    def action_range(self, step: int) -> None:
        """A longer or shorter range of history."""
        self._range = max(0, min(self._range + step, len(_RANGES) - 1))
        self._load()

    def action_lane(self, step: int) -> None:
        """Plot the next window, balance or spend."""
        self._lane += step
        self.draw()

    def action_raw(self) -> None:
        """Show or hide the last reply; it is at the end of the page."""
        self._raw_shown = not self._raw_shown
        self.draw()
        if self._raw_shown:
            self.call_after_refresh(self.action_scroll, "end")

    def action_sibling(self, step: int) -> None:
        """The account before or after this one."""
        order = [state.account_id for state in self.aic.monitor.states()]
        if self._account_id not in order:
            return
        self._account_id = order[(order.index(self._account_id) + step) % len(order)]
        self._points, self._requests, self._lane, self._raw_shown = (), (), 0, False
        self.page.scroll_to(y=0, animate=False, immediate=True)
        self.draw()
        self._load()

    def action_refresh(self) -> None:
        """Ask the provider now; the answer comes as a changed state."""
        self.app.run_worker(self._ask(), name="ask", group="ask", exit_on_error=False)

    async def _ask(self) -> None:
        state = self._state
        outcomes = await self.aic.monitor.refresh([self._account_id])
        if state is not None:
            sentence = outcomes_sentence(outcomes, words.name(state, self.aic.options), self.aic.options)
            tell_outcome(self.app, sentence)


def _plot_row(row: str) -> Line:
    """The curve stands out, its axes do not."""
    start = next((i for i, letter in enumerate(row) if "\u2800" < letter <= "\u28ff"), len(row))
    return line((row[:start], Tone.DIM), (row[start:], Tone.ACCENT))


def _pieces(row: str, cells: int) -> list[str]:
    """A row of a reply broken anywhere: it is data, not prose."""
    return [row[start : start + cells] for start in range(0, len(row), cells)] or [""]
