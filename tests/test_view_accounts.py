"""What cards and rows say about an account, and how stale, private and unknown figures look."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from aic_tui.errors import FailureKind
from aic_tui.models import (
    AccountState,
    Balance,
    Failure,
    Point,
    Reading,
    Spend,
    Window,
)
from aic_tui.view.card import card
from aic_tui.view.detail import detail
from aic_tui.view.plain import plain_dashboard
from aic_tui.view.row import row
from aic_tui.view.spans import Tone, text_of
from aic_tui.view.strip import strip
from tests.view_cases import (
    CLAUDE,
    LEFT,
    NOW,
    OPTS,
    REJECTED,
    UNSET,
    WAITING,
    WORK,
    card_text,
    exhausted_week,
    limited,
    reading_of,
    texts,
    with_reading,
)


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


def test_a_name_stands_in_for_a_missing_plan_and_is_masked_under_privacy() -> None:
    unplanned = with_reading(CLAUDE, replace(reading_of(CLAUDE), plan=None))
    assert "● Claude  ada@example.test" in card_text(unplanned)
    assert "● Claude  ***" in card_text(unplanned, options=replace(OPTS, privacy=True))
    assert "ada" not in text_of(row(unplanned, replace(OPTS, privacy=True), 60)[0])


def test_todays_money_stands_beside_the_graph_once() -> None:
    spent = Spend(Decimal("0.84"), "USD", "today")
    prepaid = with_reading(WORK, Reading(balances=(Balance(Decimal("7.50"), "USD"),), spends=(spent,)))
    points = tuple(Point("work", "balance:USD", NOW - timedelta(hours=h), balance=Decimal(h)) for h in (20, 10, 1))
    lines = card_text(prepaid, points=points).splitlines()
    assert lines[-1].startswith("24 h")
    assert lines[-1].endswith("$0.84 today")
    assert "\n".join(lines).count("$0.84") == 1


def _with_models(*lanes: tuple[str, float, bool]) -> AccountState:
    windows = tuple(
        Window(label, label, ratio=ratio, resets_at=NOW + timedelta(days=3), window_seconds=604800, blocking=blocking)
        for label, ratio, blocking in lanes
    )
    return with_reading(CLAUDE, Reading(windows=windows))


@pytest.mark.parametrize("cells", range(28, 60))
def test_two_windows_never_have_the_same_label(cells: int) -> None:
    state = _with_models(("week", 0.4, True), ("week Opus", 0.5, False), ("week Fable", 0.5, False))
    labels = [text.split(" ━")[0].strip() for text in texts(card(state, (), OPTS, cells, 6).body[:3])]
    assert labels[0] == "week"
    assert labels[1].endswith("Opus")
    assert labels[2].endswith("Fable")


def test_words_apart_only_at_their_end_get_a_wider_column() -> None:
    state = _with_models(
        ("month", 0.4, True), ("month premium requests", 0.3, True), ("month chat requests", 0.2, True)
    )
    labels = [text.split(" ━")[0].strip() for text in texts(card(state, (), OPTS, 44, 6).body[:3])]
    assert len(set(labels)) == 3


def test_a_full_lane_that_does_not_block_is_seen_on_card_and_list() -> None:
    state = _with_models(("5 hours", 0.2, True), ("week", 0.4, True), ("week Opus", 0.99, False))
    second = card(state, (), OPTS, 34).body[1]
    assert re.match(r"Opus +━+╾ +99% used", text_of(second))
    assert Tone.WARN in {span.tone for span in second}
    assert "week lasts · 70% used at reset" in card_text(state, 44)
    for cells in (28, 42, 58):
        assert "Opus 99%" in text_of(row(state, OPTS, cells)[1])
    calm = _with_models(("5 hours", 0.2, True), ("week", 0.4, True), ("week Opus", 0.6, False))
    assert "Opus" not in card_text(calm, 34)
    assert "Opus" not in text_of(row(calm, OPTS, 58)[1])


def test_beside_an_exhausted_window_stands_what_it_blocks() -> None:
    state = _with_models(("week", 1.0, True), ("week Opus", 0.99, False))
    five = replace(reading_of(CLAUDE).windows[0], ratio=0.1)
    both = with_reading(state, replace(reading_of(state), windows=(five, *reading_of(state).windows)))
    assert "blocked by week" in text_of(card(both, (), OPTS, 44).body[1])


def test_a_refusal_shows_status_and_the_servers_words_but_for_privacy() -> None:
    state = WAITING.failed(Failure(FailureKind.ERROR, NOW, detail="ada may not", http_status=400))
    assert "refused with 400 · ada may not" in card_text(state)
    assert "ada may not" in " ".join(texts(row(state, OPTS, 42)))
    private = replace(OPTS, privacy=True)
    assert "ada" not in card_text(state, options=private) + " ".join(texts(row(state, private, 42)))
