"""Gauges, sparklines, names and line breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from aic_tui.models import (
    ModelUsage,
    Point,
    Reading,
    RequestEntry,
)
from aic_tui.text import clean
from aic_tui.view import words
from aic_tui.view.card import CARD_ROWS
from aic_tui.view.density import Density, card_columns, density
from aic_tui.view.detail import detail, span_word
from aic_tui.view.gauge import gauge, level, micro_gauge
from aic_tui.view.plain import plain_dashboard
from aic_tui.view.spans import Span, Tone, crop, line, pad, spread, text_of
from aic_tui.view.sparkline import area, flipped, resample, series_of, sparkline
from aic_tui.view.strip import strip
from tests.view_cases import (
    CLAUDE,
    NOW,
    OPTS,
    REJECTED,
    WORK,
    limited,
    texts,
    with_reading,
)


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
    assert pad(line(text), -1 - cells) == ()
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
    assert "≈ $14.20 today · API-equivalent estimate" in said
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


@pytest.mark.parametrize("cells", range(20, 60))
def test_detail_breaks_long_values_and_never_cuts_them(cells: int) -> None:
    models = (ModelUsage("claude-opus-4-5", tokens_input=38_400_000, tokens_output=412_000),)
    state = replace(with_reading(CLAUDE, Reading(models=models)), auth_source="env:ANTHROPIC_ADMIN_KEY")
    said = [text_of(item) for section in detail(state, (), (), OPTS, cells) for item in section.lines]
    assert "env:ANTHROPIC_ADMIN_KEY" in "".join(text.strip().removeprefix("key ").strip() for text in said)
    assert any("claude-opus-4-5" in text for text in said)
    assert any("38.4M in" in text for text in said)
