"""What header, ranking, strip, detail and the plain dashboard say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from aic_tui.models import (
    Reading,
    Spend,
    Window,
)
from aic_tui.view.header import header
from aic_tui.view.order import usable_first, worst_first
from aic_tui.view.ranking import ranking
from aic_tui.view.spans import text_of
from aic_tui.view.strip import strip
from tests.view_cases import (
    CLAUDE,
    NOW,
    OPTS,
    REJECTED,
    UNSET,
    WAITING,
    WORK,
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
