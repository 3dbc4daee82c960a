"""The embedded price table: what it says, and that it is as it must be."""

from __future__ import annotations

import gzip
import json
from datetime import date
from typing import Any

import pytest

from aic_tui.pricing.generate import text_of
from aic_tui.pricing.match import spellings
from aic_tui.pricing.table import EMBEDDED, MOST, load_table, periods_of
from aic_tui.usage_records import BOUNDARIES, Flag
from tests.pricing_cases import DAY, MILLION, REFERENCE, cost, embedded, per_million, tokens

IN, OUT, READ, WRITE_5M, WRITE_1H, EXTRA = range(6)
TABLE = load_table()


@pytest.mark.parametrize("row", REFERENCE["dollars_per_million"], ids=lambda row: str(row[0]))
def test_a_model_costs_what_its_vendor_publishes(row: list[Any]) -> None:
    model, *prices = row
    for place, price in zip((IN, OUT, WRITE_5M, READ), prices, strict=True):
        if price is not None:
            assert per_million(model, place) == pytest.approx(price, rel=1e-12)
    assert per_million(model, EXTRA) == per_million(model, OUT)


@pytest.mark.parametrize(
    "model", ["claude-opus-4-1", "claude-sonnet-4-5", "claude-haiku-4-5", "claude-3-5-haiku-20241022"]
)
def test_a_write_for_an_hour_costs_twice_the_input(model: str) -> None:
    price = per_million(model, IN)
    assert price is not None
    assert per_million(model, WRITE_1H) == 2 * price


@pytest.mark.parametrize("row", REFERENCE["tiers"], ids=lambda row: f"{row[0]} {row[2]}")
def test_from_a_prompt_size_on_the_whole_request_is_dearer(row: list[Any]) -> None:
    model, last, first, *prices = row
    for place, price in zip((IN, OUT, READ), prices, strict=True):
        assert per_million(model, place, prompt=first) == pytest.approx(price, rel=1e-12)
        below = per_million(model, place, prompt=last)
        assert below is not None
        assert below < price


def test_the_price_of_the_day_is_taken() -> None:
    assert per_million("o3", IN, day=date(2025, 6, 9)) == 10
    assert per_million("o3", IN, day=date(2025, 6, 10)) == 2
    assert per_million("claude-sonnet-4-6", IN, day=date(2026, 3, 12), prompt=200_001) == 6
    assert per_million("claude-sonnet-4-6", IN, day=date(2026, 3, 13), prompt=200_001) == 3
    assert per_million("kimi-for-coding", IN, day=date(2026, 4, 19)) == 0.6
    assert per_million("kimi-for-coding", IN, day=date(2026, 4, 20)) == 0.95
    assert per_million("gemini-3.6-flash", OUT, day=date(2027, 1, 1)) == 7.5


@pytest.mark.parametrize(
    ("model", "flag", "factor"),
    [
        ("claude-opus-4-6", Flag.FAST, 6),
        ("claude-opus-4-7", Flag.FAST, 6),
        ("claude-opus-4-8", Flag.FAST, 2),
        ("claude-opus-5", Flag.FAST, 2),
        ("claude-opus-4-8-fast", 0, 2),
        ("claude-sonnet-4-5", Flag.FAST, 1),
        ("gpt-5.3-codex", Flag.PRIORITY, 2),
        ("gpt-5.4", Flag.PRIORITY, 2),
        ("gpt-5.4", Flag.FAST, 2),
        ("gpt-5.5", Flag.PRIORITY, 2.5),
        ("gpt-5.2-codex", Flag.PRIORITY, 1),
        ("gpt-5.2-codex", Flag.FAST, 1),
        ("gpt-5.5", Flag.FLEX, 0.5),
        ("claude-opus-4-8", Flag.PRIORITY, 1),
        ("glm-4.7", Flag.FLEX, 1),
    ],
)
def test_faster_and_slower_processing_have_their_factor(model: str, flag: int, factor: float) -> None:
    counts = tokens(MILLION, MILLION, MILLION)
    slow = embedded().cost(model.removesuffix("-fast"), "", DAY, 0, 0, counts)
    assert slow
    assert embedded().cost(model, "", DAY, flag, 0, counts) == slow * factor


def test_a_region_of_bedrock_costs_a_tenth_more() -> None:
    for kind in range(6):
        plain = per_million("claude-opus-4-8", kind)
        assert plain is not None
        assert per_million("eu.anthropic.claude-opus-4-8", kind) == pytest.approx(plain * 1.1)
    assert per_million("global.anthropic.claude-opus-4-8", IN) == per_million("claude-opus-4-8", IN)


@pytest.mark.parametrize("row", REFERENCE["ccusage"], ids=lambda row: f"{row[0]} {row[1]}")
def test_logs_cost_what_ccusage_says(row: list[Any]) -> None:
    _case, model, *counts, expected = row
    found = cost(model, tokens(*counts), day=date(2026, 5, 1))
    assert found is not None
    assert found / 1e12 == pytest.approx(expected, rel=1e-9)


def test_every_row_is_a_price() -> None:
    for name, raw in TABLE.models.items():
        periods = periods_of(raw, len(TABLE.sources))
        assert periods[0].since == "", f"{name} has no price before {periods[0].since}"
        for period in periods:
            for bands in period[2:5]:
                assert all(0 <= price <= MOST for band in bands for price in band[1:])
                assert {band.begins for band in bands} <= {0, *BOUNDARIES}
            assert period.fast in (0, 200, 600)


def test_every_name_can_be_found() -> None:
    for name in TABLE.models:
        assert name == next(spellings(name)).name, f"{name} is not lower case"
        match = embedded().match(name)
        assert match is not None
        assert (match.name, match.how, match.date) == (name, "exact", TABLE.date)
        assert match.source in TABLE.sources
    for alias, target in TABLE.aliases.items():
        match = embedded().match(alias)
        assert match is not None
        assert (match.name, match.how) == (target, "alias")


def test_the_file_is_what_the_generator_writes_and_small() -> None:
    data = EMBEDDED.read_bytes()
    assert text_of(TABLE).encode() == data
    assert len(gzip.compress(data)) < 20_000
    assert json.loads(data)["format"] == 1
