"""The views: nothing is wider than asked, nothing that counts is cut, and number, bar and word agree."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from aic_tui.errors import FailureKind, Reason
from aic_tui.models import (
    AccountState,
    Balance,
    Failure,
    MoneyKind,
    Point,
    Reading,
    RequestEntry,
    Snapshot,
    Spend,
    Window,
)
from aic_tui.text import clean
from aic_tui.view import words
from aic_tui.view.card import CARD_ROWS, card
from aic_tui.view.density import Density, card_columns, density
from aic_tui.view.detail import detail, span_word
from aic_tui.view.frame import frame
from aic_tui.view.gauge import gauge, level, micro_gauge
from aic_tui.view.header import header
from aic_tui.view.order import usable_first, worst_first
from aic_tui.view.plain import plain_dashboard
from aic_tui.view.ranking import ranking
from aic_tui.view.row import row
from aic_tui.view.spans import Line, Span, Tone, ViewOptions, crop, line, pad, spread, text_of
from aic_tui.view.sparkline import area, flipped, resample, series_of, sparkline
from aic_tui.view.strip import strip
from tests.view_cases import NOW, OPTIONS, POINTS, REQUESTS, STATES

OPTS = ViewOptions(NOW, UTC)
LEFT = ViewOptions(NOW, UTC, show="left")
HOUR, WEEK = 3600, 7 * 24 * 3600
WIDTHS = st.integers(1, 300)
thorough = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])

CLAUDE = AccountState(
    "claude",
    "claude",
    "Claude",
    "Claude",
    snapshot=Snapshot(
        Reading(
            account_name="ada@example.test",
            plan="Max 20x",
            windows=(
                Window(
                    "session", "5 hours", ratio=0.53, resets_at=NOW + timedelta(minutes=132), window_seconds=5 * HOUR
                ),
                Window("week", "week", ratio=0.21, resets_at=NOW + timedelta(days=5), window_seconds=WEEK),
            ),
            spends=(Spend(Decimal("14.20"), "USD", "today", MoneyKind.ESTIMATE),),
        ),
        NOW - timedelta(minutes=2),
    ),
)
WORK = AccountState(
    "work",
    "openrouter",
    "OpenRouter",
    "OpenRouter work",
    snapshot=Snapshot(
        Reading(
            windows=(Window("credits", "credits", "usd", used=Decimal("12.50"), limit=Decimal(20)),),
            balances=(Balance(Decimal("7.50"), "USD"),),
        ),
        NOW,
    ),
)
REJECTED = AccountState(
    "anthropic",
    "anthropic",
    "Anthropic API",
    "Anthropic API",
    failure=Failure(FailureKind.AUTH_NEEDED, NOW, Reason.KEY_REJECTED),
)
UNSET = replace(REJECTED, account_id="mistral", label="Mistral", failure=Failure(FailureKind.NOT_CONFIGURED, NOW))
WAITING = AccountState("kimi", "moonshot", "Kimi", "Kimi")


def reading_of(state: AccountState) -> Reading:
    assert state.reading is not None
    return state.reading


def with_reading(state: AccountState, reading: Reading) -> AccountState:
    assert state.snapshot is not None
    return replace(state, snapshot=replace(state.snapshot, reading=reading))


def exhausted_week() -> AccountState:
    five, week = reading_of(CLAUDE).windows
    return with_reading(CLAUDE, replace(reading_of(CLAUDE), windows=(five, replace(week, ratio=1.0))))


def limited(state: AccountState) -> AccountState:
    return state.failed(Failure(FailureKind.RATE_LIMITED, NOW, retry_at=NOW + timedelta(minutes=32)))


def texts(lines: tuple[Line, ...]) -> list[str]:
    return [text_of(item) for item in lines]


def card_text(state: AccountState, cells: int = 44, options: ViewOptions = OPTS, points: tuple[Point, ...] = ()) -> str:
    made = card(state, points, options, cells)
    return "\n".join([text_of(made.title), text_of(made.age), *texts(made.body)])


# Any state, any size -------------------------------------------------------------------------------------------------


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


PLAIN_STATES = [CLAUDE, WORK, REJECTED, exhausted_week(), limited(CLAUDE), limited(WORK), WAITING]


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


# What is said --------------------------------------------------------------------------------------------------------


def test_a_card_at_48_columns_says_it_all() -> None:
    points = tuple(Point("claude", "session", NOW - timedelta(hours=h), ratio=h / 24) for h in range(24, -1, -1))
    text = card_text(CLAUDE, points=points)
    assert text.splitlines()[0] == "● Claude  Max 20x"
    assert text.splitlines()[1] == "ok · 2m"
    assert re.search(r"5 hours ━+─+ +53% used +13:00", text)
    assert re.search(r"week +━+╾?─+ +21% used +Thu 10:48", text)
    assert "lasts · 94% used at reset in 2 h 12 m" in text
    assert re.search(r"24 h +▇▇.*▁ +≈ \$14\.20 today", text)


def test_the_binding_window_comes_first_and_the_rest_is_dim() -> None:
    first, second = card(exhausted_week(), (), OPTS, 60).body[:2]
    assert text_of(first).startswith("week")
    assert "blocked by week until Thu 10:48" in text_of(second)
    assert {span.tone for span in second if span.text.strip()} == {Tone.DIM}


def test_the_bar_of_a_safe_second_window_is_dim_and_a_full_one_is_not() -> None:
    tones = [span.tone for span in card(CLAUDE, (), OPTS, 60).body[1] if "━" in span.text]
    assert tones == [Tone.DIM]
    bars = [span.tone for span in card(exhausted_week(), (), OPTS, 60).body[0] if "━" in span.text]
    assert bars == [Tone.BAD]


def test_stale_figures_stay_dim_with_age_and_sentence() -> None:
    made = card(limited(CLAUDE), (), OPTS, 44)
    assert text_of(made.age) == "2m"
    assert "53% used" in text_of(made.body[0])
    assert {span.tone for span in made.body[0]} == {Tone.DIM}
    assert "rate limited · next try 11:20" in card_text(limited(CLAUDE))
    first, second = texts(row(limited(CLAUDE), OPTS, 42))
    assert first.startswith("◌ Claude")
    assert first.endswith("53% used")
    assert second.strip().startswith("rate limited · next try 11:20")
    assert second.endswith("2m")


def test_a_card_without_figures_tells_what_to_do() -> None:
    assert "key rejected · set a new one" in card_text(REJECTED)
    assert "waiting for the first answer" in card_text(WAITING)
    assert text_of(card(WAITING, (), OPTS, 44).age) == "waiting"


def test_not_configured_is_calm() -> None:
    assert card(UNSET, (), OPTS, 44).tone is Tone.DIM
    assert card(REJECTED, (), OPTS, 44).tone is Tone.NEED


def test_the_list_density_reads_like_a_sentence() -> None:
    first, second = texts(row(CLAUDE, OPTS, 42))
    assert re.fullmatch(r"● Claude Max 20x +━+╾?─+  53% used", first)
    assert re.fullmatch(r"  5h → 13:00 · week 21% · lasts +2m", second)
    narrow = texts(row(CLAUDE, OPTS, 30))
    assert narrow[1].split() == ["5h", "→", "13:00", "·", "lasts", "2m"]


def test_rows_of_all_accounts_align() -> None:
    firsts = [text_of(row(state, OPTS, 42)[0]) for state in (CLAUDE, WORK, exhausted_week())]
    assert len({re.search("[━─]", first).start() for first in firsts if re.search("[━─]", first)}) == 1  # type: ignore[union-attr]


def test_money_without_a_window_is_the_headline() -> None:
    paid = with_reading(
        WORK, Reading(spends=(Spend(Decimal("41.27"), "USD", "month"), Spend(Decimal(6), "USD", "today")))
    )
    first, second = texts(row(paid, OPTS, 42))
    assert first.endswith("$41.27 this month")
    assert second.split("  ")[1] == "$6.00 today · billed"
    only_today = with_reading(WORK, Reading(spends=(Spend(Decimal(6), "USD", "today"),)))
    assert text_of(row(only_today, OPTS, 42)[0]).endswith("$6.00 today")
    two = with_reading(WORK, Reading(balances=(Balance(Decimal("88.1"), "CNY"), Balance(Decimal("4.02"), "USD"))))
    assert text_of(row(two, OPTS, 42)[0]).endswith("CN¥ 88.10  $4.02")
    assert text_of(row(two, OPTS, 28)[0]).endswith("● OpenRouter  CN¥ 88.10 left")


@pytest.mark.parametrize(
    ("reading", "headline"),
    [
        (Reading(), "–"),
        (Reading(windows=(Window("c", "chat", unlimited=True),)), "no limit"),
        (Reading(windows=(Window("c", "credits", ratio=None),)), "–"),
    ],
)
def test_unknown_is_a_dash_and_never_zero(reading: Reading, headline: str) -> None:
    first = text_of(row(with_reading(WORK, reading), OPTS, 42)[0])
    assert first.endswith(headline)
    assert "0" not in first


def test_an_answer_without_figures_says_so_and_a_note_is_shown() -> None:
    assert "no figures in the answer" in card_text(with_reading(WORK, Reading()))
    noted = Reading(note="key valid; spend needs an admin key", available=False)
    assert "spend needs an admin key" in card_text(with_reading(WORK, noted), 80)
    assert "the provider refuses calls now" in card_text(with_reading(WORK, noted))


def test_a_reset_in_the_past_is_due_and_never_negative() -> None:
    late = replace(OPTS, now=NOW + timedelta(hours=3))
    text = card_text(CLAUDE, 60, late)
    assert "reset due" in text
    assert re.search(r"5 hours ─+ +– +reset due", text)
    assert "-" not in text
    first, second = texts(row(with_reading(CLAUDE, Reading(windows=reading_of(CLAUDE).windows[:1])), late, 60))
    assert first.endswith("–")
    assert "reset due" in second


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (Window("s", "5 hours", ratio=0.0, started=False), "starts with the next request"),
        (
            Window("s", "5 hours", ratio=0.01, resets_at=NOW + timedelta(hours=4, minutes=55), window_seconds=18000),
            "too early to tell",
        ),
        (
            Window("s", "5 hours", ratio=0.9, resets_at=NOW + timedelta(hours=2), window_seconds=18000),
            "runs out 11:05 · 1.5× the even pace",
        ),
        (Window("s", "5 hours", ratio=1.0), "exhausted · no reset known"),
        (Window("s", "month", ratio=0.3, resets_at=NOW + timedelta(days=9)), "resets in 9 d"),
    ],
)
def test_verdicts_in_words(window: Window, said: str) -> None:
    assert said in card_text(with_reading(CLAUDE, Reading(windows=(window,))), 60)


def test_amounts_flip_with_the_percent() -> None:
    assert "$12.50 of $20.00 used" in text_of(row(WORK, OPTS, 42)[1])
    left = LEFT
    assert "$7.50 of $20.00 left" in text_of(row(WORK, left, 42)[1])
    assert "38% left" in text_of(row(WORK, left, 42)[0])


def test_a_balance_tells_the_days_it_lasts_as_an_estimate() -> None:
    points = tuple(
        Point("work", "balance:USD", NOW - timedelta(days=day), balance=Decimal("7.50") + day) for day in (3, 2, 1, 0)
    )
    assert "≈ 7 days left" in card_text(WORK, 60, points=points)
    sections = detail(WORK, points, (), OPTS, 80)
    money = next(section for section in sections if section.title == "Money")
    assert "≈ 7 days left, an estimate" in text_of(money.lines[0])
    soon = tuple(replace(point, balance=(point.balance or Decimal(0)) * 10) for point in points)
    assert "less than a day left" in card_text(WORK, 60, points=soon)


def test_granted_money_is_named() -> None:
    granted = Reading(balances=(Balance(Decimal(9), "USD", granted=Decimal(2), topped_up=Decimal(7)),))
    assert "$2.00 of it granted" in card_text(with_reading(WORK, granted))
    sections = detail(with_reading(WORK, granted), (), (), OPTS, 80)
    assert "$9.00 · $2.00 granted · $7.00 topped up" in text_of(sections[1].lines[0])


SECRET = re.compile(r"ada|example\.test|\$|12\.50|7\.50|14\.20|work")


def test_privacy_masks_names_and_money_in_every_view() -> None:
    private = replace(OPTS, privacy=True)
    points = [Point("work", "balance:USD", NOW - timedelta(hours=h), balance=Decimal(h)) for h in range(20, 0, -1)]
    states = [CLAUDE, WORK, limited(WORK)]
    said = [plain_dashboard(states, private, cells, {"work": points}) for cells in (24, 42, 80, 160)]
    said += texts(strip(states, private, 60, 3))
    said += [text_of(item) for s in states for section in detail(s, points, (), private, 80) for item in section.lines]
    for text in said:
        assert not SECRET.search(text)
    assert "OpenRouter ***" in said[1]
    assert "62% used" in said[1]


def test_ascii_terminals_get_ascii() -> None:
    plain = replace(OPTS, ascii=True)
    points = [Point("claude", "session", NOW - timedelta(hours=h), ratio=h / 24) for h in range(24, -1, -1)]
    states = [CLAUDE, WORK, REJECTED, exhausted_week(), limited(CLAUDE), WAITING]
    for cells in (24, 42, 80, 160):
        assert plain_dashboard(states, plain, cells, {"claude": points}).isascii()
    for state in states:
        for section in detail(state, points, (), plain, 80):
            assert all(text_of(item).isascii() for item in section.lines)


def test_markup_in_names_is_only_text() -> None:
    odd = replace(CLAUDE, label="[/red] [bold]x")
    assert "[/red] [bold]x" in card_text(odd)


# Orders, header, ranking, strip ---------------------------------------------------------------------------------------


def test_worst_first_and_usable_first() -> None:
    risky = with_reading(WORK, Reading(windows=(Window("c", "c", ratio=0.9),)))
    states = [UNSET, CLAUDE, WAITING, risky, exhausted_week(), REJECTED]
    assert worst_first(states, OPTS) == [REJECTED, states[4], risky, CLAUDE, WAITING, UNSET]
    assert usable_first([*states, limited(CLAUDE)], OPTS) == [
        CLAUDE,
        risky,
        limited(CLAUDE),
        WAITING,
        states[4],
        REJECTED,
        UNSET,
    ]


def test_header_counts_what_calls_for_the_user() -> None:
    risky = with_reading(WORK, Reading(windows=(Window("c", "c", ratio=0.9),)))
    states = [REJECTED, UNSET, risky, exhausted_week()]
    text = text_of(header(states, OPTS, 100, ["demo"]))
    assert text.startswith("aic-tui  demo · 4 accounts · 1 needs you · 1 exhausted · 1 at risk")
    assert text.endswith("10:48")
    assert text_of(header([CLAUDE], OPTS, 40)).startswith("aic-tui  1 account ")
    assert text_of(header(states, OPTS, 24)).startswith("aic-tui  × 1 · ■ 1 · ▲ 1")
    due = replace(CLAUDE, next_at=NOW + timedelta(minutes=4))
    assert "next refresh 10:52" in text_of(header([due], OPTS, 80))


def test_ranking_answers_what_can_be_used_now() -> None:
    said = texts(ranking([REJECTED, exhausted_week(), WORK, CLAUDE, WAITING], OPTS, 36, 40))
    assert said[0].strip() == "What can I use now"
    assert [item.split()[1] for item in said[1:6]] == ["Claude", "OpenRouter", "Kimi", "Claude", "Anthropic"]
    assert said[4].endswith("back Thu 10:48")
    assert said[5].endswith("key rejected")


def test_todays_money_is_never_summed_over_kinds_or_currencies() -> None:
    spends = (Spend(Decimal(6), "USD", "today"), Spend(Decimal(2), "EUR", "today"), Spend(Decimal(99), "USD", "month"))
    paid = with_reading(WORK, Reading(spends=spends))
    said = " ".join(" ".join(texts(ranking([CLAUDE, paid, paid], OPTS, 40, 40))).split())
    assert "billed €4.00 billed $12.00 API-equivalent ≈ $14.20" in said
    yesterday = replace(OPTS, now=NOW + timedelta(days=1))
    assert "Today" not in " ".join(texts(ranking([CLAUDE, paid], yesterday, 40, 40)))


def test_next_resets_are_in_order() -> None:
    said = texts(ranking([CLAUDE], OPTS, 40, 40))
    start = next(number for number, text in enumerate(said) if text.startswith("Next resets"))
    assert [item.split() for item in said[start + 1 :]] == [
        ["13:00", "Claude", "5h"],
        ["Thu", "10:48", "Claude", "week"],
    ]


def test_strip_shows_every_account_while_names_keep_two_letters() -> None:
    states = [
        replace(CLAUDE, account_id=str(number), label=f"{name}laude") for number, name in enumerate("ABCDEFGHIJKL")
    ]
    made = texts(strip(states, OPTS, 20, 4))
    assert all(re.search(rf"\b{name}l\w* 53%", " ".join(made)) for name in "ABCDEFGHIJKL")
    few = texts(strip(states, OPTS, 20, 2))
    assert few[-1].strip().endswith("+7")
    assert "53% used" in " ".join(texts(strip(states[:2], OPTS, 40, 4)))


def test_strip_goes_worst_first() -> None:
    made = texts(strip([CLAUDE, exhausted_week(), REJECTED], OPTS, 60, 3))
    assert [item.split()[0] for item in made] == ["Anthropic", "Claude", "Claude"]
    assert "100% used" in made[1]


# Parts ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        ((20, 4), "strip"),
        ((300, 11), "strip"),
        ((27, 50), "strip"),
        ((28, 12), "list"),
        ((42, 50), "list"),
        ((59, 20), "list"),
        ((60, 20), "cards"),
        ((119, 40), "cards"),
        ((120, 40), "wide"),
        ((300, 100), "wide"),
    ],
)
def test_densities(size: tuple[int, int], kind: str) -> None:
    assert density(*size) is Density(kind)


def test_card_columns() -> None:
    assert [card_columns(cells) for cells in (20, 75, 76, 114, 300)] == [1, 1, 2, 3, 3]


def test_plain_dashboard_has_one_layout_per_width() -> None:
    states = [CLAUDE, WORK]
    assert "╭" not in plain_dashboard(states, OPTS, 42)
    assert plain_dashboard(states, OPTS, 80).count("╭") == 2
    assert "What can I use now" in plain_dashboard(states, OPTS, 120)
    assert "What can I use now" not in plain_dashboard(states, OPTS, 100)
    assert len(plain_dashboard(states, OPTS, 42).splitlines()) == 5


def test_sparkline_scales_leaves_gaps_and_keeps_calm() -> None:
    assert sparkline([0.0, 0.5, 1.0], 0.0, 1.0) == "▁▅█"
    assert sparkline([5.0, 5.0, 5.0]) == "▁▁▁"
    assert sparkline([1.0, None, 3.0]) == "▁ █"
    assert sparkline([None, None]) == ""
    assert sparkline([0.0, 9.9, 1.0], 0.0, 1.0, ascii_only=True) == "_##"
    assert flipped([0.25, None, 1.4], "left") == [0.75, None, 0.0]


def test_resampling_keeps_the_last_value_and_bridges_single_gaps() -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    series = [(start + timedelta(hours=hour), float(hour)) for hour in (0, 1, 2, 4, 9)]
    assert resample(series, start, start + timedelta(hours=10), 10) == [0, 1, 2, 2, 4, None, None, None, None, 9]
    assert resample(series, start, start, 10) == []
    assert resample(series, start, start + timedelta(hours=10), 0) == []


def test_series_take_the_right_figure() -> None:
    points = [
        Point("a", "week", NOW, ratio=0.5),
        Point("a", "week", NOW),
        Point("a", "balance:USD", NOW, balance=Decimal("7.5")),
        Point("a", "cost:today", NOW, cost_usd=Decimal(2)),
    ]
    assert series_of(points, "week") == [(NOW, 0.5)]
    assert series_of(points, "balance:USD") == [(NOW, 7.5)]
    assert series_of(points, "cost:today") == [(NOW, 2.0)]


def test_area_fills_from_below() -> None:
    assert area([0.0, 0.5, 1.0, None], 2, 0.0, 1.0) == ["  █ ", " ██ "]
    assert area([0.25, 0.75], 1, 0.0, 1.0, ascii_only=True) == [".#"] or area([0.25], 1, 0.0, 1.0, ascii_only=True)


def test_micro_gauges() -> None:
    assert [level(ratio) for ratio in (0.0, 0.5, 0.99, 1.0)] == ["▁", "▅", "▇", "█"]
    assert micro_gauge(None, Tone.OK, "used").text == " "
    assert micro_gauge(0.0, Tone.OK, "left").text == "█"
    assert gauge(0.5, 0, Tone.OK, "used") == ()


@pytest.mark.parametrize(
    ("text", "cells", "fitted"),
    [
        ("OpenRouter work", 20, "OpenRouter work"),
        ("OpenRouter work", 14, "OpenRouter"),
        ("OpenRouter work", 6, "OpenRo"),
        ("日本語 テスト", 8, "日本語"),
        ("日本語", 3, "日"),
        ("anything", 0, ""),
    ],
)
def test_names_shorten_by_words_then_by_letters(text: str, cells: int, fitted: str) -> None:
    assert words.fit_name(text, cells) == fitted


@given(st.text(max_size=30).map(clean), st.integers(0, 40))
def test_crop_and_pad_hit_the_width(text: str, cells: int) -> None:
    assert cell_len(text_of(crop(line(text), cells))) <= cells
    assert cell_len(text_of(pad(line(text), cells))) == cells
    assert cell_len(text_of(spread(line(text), line("end"), cells))) == cells


def test_sentences_break_between_words() -> None:
    assert words.wrap("one two three", 7, 2) == ["one two", "three"]
    assert words.wrap("one two three", 7, 1) is None
    assert words.wrap("onetwothree", 7, 3) is None
    parts = [line(("format not understood", Tone.WAIT)), line("an update may help"), line(("next try 12:00", Tone.DIM))]
    broken = [text_of(item) for item in words.wrap_parts(parts, OPTS, 24, 3)]
    assert broken == ["format not understood", "an update may help", "next try 12:00"]
    assert [text_of(item) for item in words.wrap_parts(parts, OPTS, 24, 1)] == ["format not understood"]
    assert [text_of(item) for item in words.wrap_parts(parts, OPTS, 6, 2)] == ["format"]


def test_detail_tells_everything() -> None:
    entry = RequestEntry("claude", NOW, "GET", "https://api.example.test/usage", "rate_limited", 429, 180)
    sections = {section.title: texts(section.lines) for section in detail(limited(CLAUDE), (), (entry,), OPTS, 80)}
    said = "\n".join(item for said_there in sections.values() for item in said_there)
    assert "lasts · 94% used at reset in 2 h 12 m" in said
    assert "56% of the time passed · pace 0.9×, an estimate" in said
    assert "resets Thu 26 Nov 10:48 · in 5 d" in said
    assert "≈ $14.20 · API-equivalent estimate" in said
    assert "rate limited · next try 11:20" in said
    assert "rate limited  429  180 ms  GET https://api.example.test/usage" in said
    assert "Models" not in sections
    assert [span_word(timedelta(hours=hours)) for hours in (24, 168, 720)] == ["24 h", "7 d", "30 d"]


def test_every_size_from_tmux_pane_to_wall() -> None:
    states = [CLAUDE, WORK, REJECTED, limited(CLAUDE)]
    for cells, rows in product((20, 28, 42, 60, 80, 120, 300), (1, 3, 12, 40)):
        assert len(strip(states, OPTS, cells, rows)) <= rows
        assert all(cell_len(item) <= cells for item in plain_dashboard(states, OPTS, cells).splitlines())
    assert CARD_ROWS == 4
    assert Span("x").tone is Tone.PLAIN
