"""Costs: exact, additive, never negative; whose figure counts; and the user's own prices."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.config.file import load_config
from aic_tui.environment import Environment
from aic_tui.pricing.cost import charge, dollars, exact, plain
from aic_tui.pricing.prices import Prices, Tokens, load_prices
from aic_tui.pricing.table import load_table
from aic_tui.usage_records import BOUNDARIES, Flag
from tests.pricing_cases import DAY, MILLION, cost, embedded, per_million, tokens

COUNT = st.integers(0, 2**40)
TOKENS = st.tuples(COUNT, COUNT, COUNT, COUNT, COUNT, COUNT)
MODEL = st.sampled_from(sorted(load_table().models))
FLAGS = st.sampled_from([0, Flag.FAST, Flag.PRIORITY, Flag.FLEX, Flag.HAS_COST, Flag.FAST | Flag.PARTIAL])
SIZE = st.integers(0, len(BOUNDARIES))
SOME_DAY = st.integers(0, 3000).map(lambda days: date(2023, 1, 1) + timedelta(days=days))


@given(MODEL, SOME_DAY, FLAGS, SIZE, TOKENS, TOKENS)
def test_costs_are_whole_never_negative_and_add_up(
    model: str, day: date, flags: int, size: int, one: Tokens, two: Tokens
) -> None:
    both = tokens(*(a + b for a, b in zip(one, two, strict=True)))
    costs = [embedded().cost(model, "", day, flags, size, counts) for counts in (one, two, both)]
    assert all(isinstance(found, int) and found >= 0 for found in costs)
    first, second, sum_of_both = costs
    assert first is not None
    assert second is not None
    assert first + second == sum_of_both


@given(MODEL, SOME_DAY, FLAGS, SIZE)
def test_a_larger_request_never_costs_less_a_token(model: str, day: date, flags: int, size: int) -> None:
    for place in (0, 1):
        counts = tokens(*(int(place == at) for at in range(6)))
        prices = [embedded().cost(model, "", day, flags, at, counts) for at in (0, size, len(BOUNDARIES))]
        known = [price for price in prices if price is not None]
        assert known == sorted(known)
        assert len(known) == 3


def test_an_unknown_model_has_no_cost_and_what_the_tool_made_up_costs_nothing() -> None:
    assert cost("totally-unknown-model", tokens(1)) is None
    assert cost("totally-unknown-model", tokens()) is None
    assert cost("<synthetic>", tokens(5, 5), flags=Flag.SYNTHETIC) == 0


@pytest.mark.parametrize(
    ("mode", "flags", "recorded", "computed", "expected"),
    [
        ("auto", Flag.HAS_COST, 7, 9, 7),
        ("auto", Flag.HAS_COST, 0, 9, 0),
        ("auto", 0, 0, 9, 9),
        ("auto", 0, 0, None, None),
        ("auto", Flag.HAS_COST, 7, None, 7),
        ("calculate", Flag.HAS_COST, 7, 9, 9),
        ("calculate", Flag.HAS_COST, 7, None, None),
        ("display", Flag.HAS_COST, 7, 9, 7),
        ("display", 0, 0, 9, 0),
        ("display", 0, 0, None, 0),
    ],
)
def test_the_mode_says_whose_figure_counts(
    mode: str, flags: int, recorded: int, computed: int | None, expected: int | None
) -> None:
    assert charge(mode, flags, recorded, computed) == expected  # type: ignore[arg-type]


@given(st.integers(0, 10**24))
def test_money_as_text_is_exact(pico: int) -> None:
    assert Decimal(plain(pico)) == exact(pico) == Decimal(pico) / 10**12
    assert "E" not in plain(pico)
    assert dollars(pico) == float(exact(pico))


def test_money_is_written_without_needless_zeros() -> None:
    assert [plain(pico) for pico in (0, 1, 10**12, 15 * 10**11, 100 * 10**12)] == [
        "0",
        "0.000000000001",
        "1",
        "1.5",
        "100",
    ]


def configured(env: Environment, text: str) -> tuple[Prices, list[str]]:
    env.paths.config.mkdir(parents=True, exist_ok=True)
    env.paths.config_file.write_text(f"version = 1\n{text}", encoding="utf-8")
    config = load_config(env)
    assert not config.unknown
    return load_prices(env, config), [problem.sentence for problem in config.problems]


def test_the_users_own_price_goes_before_the_list(env: Environment) -> None:
    prices, problems = configured(
        env,
        '[prices."My-Model"]\ninput = 2\noutput = 0.5\n'
        '[prices."claude-sonnet-4-5"]\ninput = 1.5\noutput = 7\n'
        "cache_read = 0\ncache_write = 2.25\ncache_write_1h = 4\n"
        '[prices."gpt-5.5"]\ninput = 0\noutput = 0\n',
    )
    assert problems == []
    assert [per_million("my-model", kind, prices=prices) for kind in range(6)] == [2, 0.5, 0.2, 2.5, 4, 0.5]
    own = [per_million("us.anthropic.claude-sonnet-4-5-20250929-v1:0", kind, prices=prices) for kind in range(6)]
    assert own == [1.5, 7, 0, 2.25, 4, 7]
    assert per_million("claude-sonnet-4-5", 0, prices=prices, prompt=300_000) == 1.5
    assert per_million("gpt-5.5", 0, prices=prices) == 0
    match = prices.match("gpt-5.5")
    assert match is not None
    assert (match.how, match.source) == ("override", "config.toml")
    assert per_million("gpt-5.4", 0, prices=prices) == 2.5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[prices."gpt-5"]\ninput = -1\noutput = 1\n', '[prices."gpt-5"] input must be dollars for a million tokens'),
        ('[prices."gpt-5"]\ninput = nan\noutput = 1\n', "a number from 0 to 10000"),
        ('[prices."gpt-5"]\ninput = inf\noutput = 1\n', "a number from 0 to 10000"),
        ('[prices."gpt-5"]\ninput = true\noutput = 1\n', "a number from 0 to 10000"),
        ('[prices."gpt-5"]\ninput = "1"\noutput = 1\n', "a number from 0 to 10000"),
        ('[prices."gpt-5"]\ninput = 1000000000\noutput = 1\n', "a number from 0 to 10000"),
        ('[prices."gpt-5"]\ninput = 0.0000001\noutput = 1\n', "with at most 6 decimals"),
        ('[prices."gpt-5"]\ninput = 1\n', "needs input and output"),
        ('[prices."gpt-5"]\ninput = 1\noutput = 1\nreasoning = 1\n', "reasoning is not a price; known: input, output"),
        ("[prices]\ngpt-5 = 3\n", 'is not a table: write [prices."gpt-5"]'),
        ("prices = 3\n", "“prices” is not a table"),
    ],
)
def test_a_price_that_is_none_is_told_and_the_list_holds(env: Environment, text: str, sentence: str) -> None:
    prices, problems = configured(env, text)
    assert len(problems) == 1
    assert sentence in problems[0]
    assert prices.cost("gpt-5", "", DAY, 0, 0, tokens(MILLION)) == 1_250_000 * MILLION


@pytest.mark.parametrize("days", [(date(2026, 8, 1), date(2026, 8, 20)), (date(2026, 8, 20), date(2026, 8, 1))])
def test_what_was_asked_of_one_day_says_nothing_of_another(days: tuple[date, date]) -> None:
    def once(prices: Prices, day: date) -> int | None:
        return prices.cost("deepseek-v4-pro", "", day, 0, 0, tokens(MILLION))

    prices = Prices(load_table())
    found = [once(prices, day) for day in days]
    assert found == [once(Prices(load_table()), day) for day in days]
    assert found[0] != found[1]
