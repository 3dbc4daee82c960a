"""Any state at any size: nothing is wider than asked, no number is cut, and number, bar and word agree."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from aic_tui.models import (
    AccountState,
    Balance,
    Point,
    Reading,
    RequestEntry,
    Spend,
)
from aic_tui.view import words
from aic_tui.view.card import card
from aic_tui.view.detail import detail
from aic_tui.view.frame import frame
from aic_tui.view.gauge import gauge
from aic_tui.view.header import header
from aic_tui.view.plain import plain_dashboard
from aic_tui.view.ranking import ranking
from aic_tui.view.row import row
from aic_tui.view.spans import Tone, ViewOptions, text_of
from aic_tui.view.strip import strip
from tests.view_cases import (
    CLAUDE,
    LEFT,
    NOW,
    OPTIONS,
    OPTS,
    POINTS,
    REJECTED,
    REQUESTS,
    STATES,
    WAITING,
    WORK,
    card_text,
    exhausted_week,
    limited,
    texts,
    with_reading,
)

WIDTHS = st.integers(1, 300)
thorough = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(STATES, POINTS, OPTIONS, WIDTHS, st.integers(1, 8))
def test_cards_fit_any_width(
    state: AccountState, points: list[Point], options: ViewOptions, cells: int, rows: int
) -> None:
    made = card(state, points, options, cells, rows)
    assert len(made.body) == rows
    assert {cell_len(text) for text in texts(made.body)} == {cells}
    for text in texts(frame(made, cells + 4, ascii_only=options.ascii)):
        assert cell_len(text) == cells + 4


@thorough
@given(STATES, OPTIONS, WIDTHS)
def test_rows_fit_any_width(state: AccountState, options: ViewOptions, cells: int) -> None:
    assert [cell_len(text) for text in texts(row(state, options, cells))] == [cells, cells]


@thorough
@given(st.lists(STATES, max_size=14), OPTIONS, WIDTHS, st.integers(0, 300))
def test_lists_fit_any_size(states: list[AccountState], options: ViewOptions, cells: int, rows: int) -> None:
    for made in (strip(states, options, cells, rows), ranking(states, options, cells, rows)):
        assert len(made) <= rows
        assert {cell_len(text) for text in texts(made)} <= {cells}
    assert cell_len(text_of(header(states, options, cells, ["demo", "filter: cl"]))) == cells


@thorough
@given(st.lists(STATES, max_size=4), POINTS, OPTIONS, WIDTHS)
def test_plain_text_fits_any_width(
    states: list[AccountState], points: list[Point], options: ViewOptions, cells: int
) -> None:
    text = plain_dashboard(states, options, cells, {"claude": points})
    assert "\x1b" not in text
    assert all(cell_len(item) <= cells for item in text.splitlines())


@thorough
@given(STATES, POINTS, REQUESTS, OPTIONS, WIDTHS, st.sampled_from([None, timedelta(days=7), timedelta(days=90)]))
def test_detail_fits_any_width(
    state: AccountState,
    points: list[Point],
    requests: list[RequestEntry],
    options: ViewOptions,
    cells: int,
    span: timedelta | None,
) -> None:
    since = NOW - span if span else None
    for section in detail(state, points, requests, options, cells, since):
        assert section.lines
        assert all(cell_len(text_of(item)) <= cells for item in section.lines)


def tokens(text: str) -> set[str]:
    """Everything in a text that has a digit, with its unit and sign: what must never be shown cut."""
    return {word.strip("()") for word in re.split(r"[\s·─━╾]+", text) if re.search(r"\d", word)}


MONEY = with_reading(WORK, Reading(balances=(Balance(Decimal("88.1"), "CNY"), Balance(Decimal("1234.56"), "USD"))))
SPENT = with_reading(WORK, Reading(spends=(Spend(Decimal("4127.35"), "USD", "month"),)))
PLAIN_STATES = [CLAUDE, WORK, REJECTED, exhausted_week(), limited(CLAUDE), limited(WORK), WAITING, MONEY, SPENT]


@pytest.mark.parametrize("state", PLAIN_STATES)
@pytest.mark.parametrize("show", ["used", "left"])
def test_no_number_is_ever_cut(state: AccountState, show: str) -> None:
    """Every figure in a narrow card or row stands in a wide one too, whole."""
    options = LEFT if show == "left" else OPTS
    wide = " ".join(card_text(state, cells, options) for cells in (44, 60, 100))
    wide += " ".join(" ".join(texts(row(state, options, cells))) for cells in (42, 60, 120))
    whole = tokens(wide) | {"5h"}
    for cells in range(8, 300):
        assert tokens("\n".join(card_text(state, cells, options).splitlines()[2:])) <= whole
        assert tokens("\n".join(texts(row(state, options, cells)))) <= whole


@pytest.mark.parametrize("cells", range(20, 301, 7))
def test_percent_and_its_word_stay_in_every_card(cells: int) -> None:
    assert "53% used" in card_text(CLAUDE, cells)
    assert "47% left" in card_text(CLAUDE, cells, LEFT)


@thorough
@given(st.floats(0, 1.5), st.integers(4, 80), st.sampled_from(["used", "left"]), st.booleans())
def test_bar_and_percent_agree(ratio: float, cells: int, show: str, ascii_only: bool) -> None:
    shown = "left" if show == "left" else "used"
    options = LEFT if shown == "left" else OPTS
    text = text_of(gauge(ratio, cells, Tone.OK, options.show, ascii_only=ascii_only))
    filled = text.count("━") + text.count("=") + text.count("╾") / 2
    assert cell_len(text) == cells
    percent = words.percent_used(ratio, options)
    assert percent.endswith(shown)
    number = 0.5 if percent.startswith("<") else float(percent.split("%")[0])
    assert abs(filled / cells - min(number, 100) / 100) <= 1 / cells + 0.011
    assert (filled == 0) == (number == 0)
    assert (filled == cells) == (number >= 100)
