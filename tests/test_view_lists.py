"""What header, ranking, strip, detail and the plain dashboard say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from aic_tui.errors import FailureKind, Reason
from aic_tui.models import (
    AccountState,
    Failure,
    Reading,
    Spend,
    Window,
)
from aic_tui.view.detail import detail
from aic_tui.view.header import header
from aic_tui.view.order import usable_first, worst_first
from aic_tui.view.ranking import ranking
from aic_tui.view.row import row
from aic_tui.view.spans import Tone, text_of
from aic_tui.view.strip import strip, strip_columns
from tests.view_cases import (
    CLAUDE,
    NOW,
    OPTS,
    REJECTED,
    UNSET,
    WAITING,
    WORK,
    card_text,
    exhausted_week,
    limited,
    texts,
    with_reading,
)


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
    at_once = replace(CLAUDE, next_at=NOW + timedelta(seconds=5))
    assert "next refresh" not in text_of(header([at_once], OPTS, 80))


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


def test_money_of_a_day_that_is_over_is_not_called_today() -> None:
    midnight = NOW.replace(hour=0, minute=0)
    told = Spend(Decimal("4.12"), "USD", "today", period_start=midnight - timedelta(days=1), period_end=midnight)
    assert told.period_start is not None
    month = Spend(Decimal(9), "USD", "month", period_start=told.period_start, period_end=midnight)
    week = Spend(Decimal(8), "USD", "week")
    state = with_reading(WORK, Reading(spends=(told, month, week)))
    assert "Today" not in " ".join(texts(ranking([state], OPTS, 40, 40)))
    said = " ".join(card_text(state, 60).split())
    assert "$9.00 in Nov 2026" in said
    assert "$8.00 this week" in said
    assert "$4.12 on Fri 20 Nov" in said
    listed = " ".join(text_of(item) for item in row(state, OPTS, 58))
    assert "$4.12 on Fri 20 Nov" in listed
    assert "today" not in said + listed
    sections = detail(state, (), (), OPTS, 80)
    assert "$4.12 on Fri 20 Nov" in " ".join(text_of(item) for section in sections for item in section.lines)


def test_a_day_without_an_end_is_the_one_of_the_users_zone_in_which_it_was_fetched() -> None:
    state = with_reading(WORK, Reading(spends=(Spend(Decimal(6), "USD", "today"), Spend(Decimal(7), "USD", "week"))))
    assert "$6.00 today" in text_of(row(state, OPTS, 58)[1])
    later = replace(OPTS, now=NOW + timedelta(days=3))
    listed = " ".join(text_of(item) for item in row(state, later, 58))
    assert "$6.00 on Sat 21 Nov" in listed
    assert "$7.00 in the week of 16 Nov" in listed
    # 10:48 in UTC is close to midnight in Auckland: it is the next day there 80 minutes later, and not yet in UTC.
    soon = NOW + timedelta(minutes=80)
    assert "today" in text_of(row(state, replace(OPTS, now=soon), 58)[1])
    assert "today" not in text_of(row(state, replace(OPTS, now=soon, zone=ZoneInfo("Pacific/Auckland")), 58)[1])


def test_a_sum_with_a_stale_part_is_dim_and_says_how_old_it_is() -> None:
    paid = with_reading(WORK, Reading(spends=(Spend(Decimal(6), "USD", "today"),)))
    assert paid.snapshot is not None
    old = limited(replace(paid, snapshot=replace(paid.snapshot, fetched_at=NOW - timedelta(hours=3))))
    fresh = next(item for item in ranking([paid, paid], OPTS, 40, 40) if "billed" in text_of(item))
    assert text_of(fresh).endswith(" $12.00")
    assert fresh[-1].tone is Tone.PLAIN
    mixed = next(item for item in ranking([paid, old], OPTS, 40, 40) if "billed" in text_of(item))
    assert text_of(mixed).endswith("$12.00 · 3h")
    assert next(span.tone for span in mixed if "$12.00" in span.text) is Tone.DIM


def _offline(state: AccountState) -> AccountState:
    return state.failed(Failure(FailureKind.OFFLINE, NOW, Reason.DNS))


def test_header_says_offline_once_when_nothing_can_be_reached() -> None:
    slow = WORK.failed(Failure(FailureKind.TIMEOUT, NOW))
    gone = [_offline(CLAUDE), slow, REJECTED, UNSET, WAITING]
    for cells, most in ((100, "aic-tui  5 accounts · offline · 1 needs you "), (24, "offline · 1 needs you ")):
        assert text_of(header(gone, OPTS, cells)).startswith(most)
    assert text_of(header(gone, OPTS, 60)).count("offline") == 1
    assert "offline" not in text_of(header([_offline(CLAUDE), WORK], OPTS, 100))
    assert "offline" not in text_of(header([slow], OPTS, 100))
    assert "offline" not in text_of(header([], OPTS, 100))


def test_header_counts_what_a_filter_leaves() -> None:
    states = [CLAUDE, WORK, exhausted_week()]
    wide, narrow = (text_of(header(states, OPTS, cells, ["filter cl"], 2)) for cells in (80, 26))
    assert wide.startswith("aic-tui  filter cl · 2 of 3 accounts · 1 exhausted ")
    assert narrow.strip() == "filter cl 2 of 3 · ■ 1"


@pytest.mark.parametrize(("cells", "rows"), [(20, 4), (20, 2), (40, 3), (27, 12), (100, 3)])
def test_the_marked_account_of_a_strip_is_always_on_show(cells: int, rows: int) -> None:
    states = [replace(CLAUDE, account_id=letter, label=f"{letter}laude") for letter in "ABCDEFGHIJKL"]
    for letter in "ABCDEFGHIJKL":
        made = " ".join(texts(strip(states, OPTS, cells, rows, letter)))
        assert re.findall(r"▌(\w)l", made) == [letter]
        plain = " ".join(texts(strip(states, replace(OPTS, ascii=True), cells, rows, letter)))
        assert re.findall(r">(\w)l", plain) == [letter]
    assert "▌" not in " ".join(texts(strip(states, OPTS, cells, rows)))
    assert strip_columns(states, OPTS, 20, 4, "A") == 3
