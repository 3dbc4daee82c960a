"""Which row a model's name finds, and which names find none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.pricing.prices import Prices
from aic_tui.pricing.table import Table
from tests.pricing_cases import embedded


@pytest.mark.parametrize(
    ("model", "row", "how"),
    [
        ("claude-sonnet-4-5", "claude-sonnet-4-5", "exact"),
        ("CLAUDE-Sonnet-4-5", "claude-sonnet-4-5", "rewritten"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5", "rewritten"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5", "rewritten"),
        ("claude-sonnet-4-5@default", "claude-sonnet-4-5", "rewritten"),
        ("claude-sonnet-4-5-20250929[1m]", "claude-sonnet-4-5", "rewritten"),
        ("claude-sonnet-4-5-20250929-thinking", "claude-sonnet-4-5", "rewritten"),
        ("claude-opus-4-5-thinking-0", "claude-opus-4-5", "rewritten"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5", "rewritten"),
        ("global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6", "rewritten"),
        ("bedrock/us.anthropic.claude-opus-4-8", "us.anthropic.claude-opus-4-8", "rewritten"),
        ("openrouter/anthropic/claude-sonnet-4.5", "claude-sonnet-4-5", "alias"),
        ("claude-4.5-sonnet-thinking", "claude-sonnet-4-5", "alias"),
        ("claude-opus-4.8", "claude-opus-4-8", "alias"),
        ("[pi] claude-sonnet-4-5", "claude-sonnet-4-5", "rewritten"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro", "rewritten"),
        ("gemini-3-pro-high", "gemini-3-pro-preview", "alias"),
        ("gpt-5-2-codex", "gpt-5.2-codex", "alias"),
        ("gpt-5.4-2026-03-05", "gpt-5.4", "rewritten"),
        ("grok-code-fast-1", "grok-code-fast-1", "exact"),
        ("k2p6", "kimi-k2.6", "alias"),
        ("MiniMax-M2.1", "minimax-m2.1", "rewritten"),
        ("o3", "o3", "exact"),
    ],
)
def test_a_name_finds_its_row(model: str, row: str, how: str) -> None:
    match = embedded().match(model)
    assert match is not None
    assert (match.name, match.how) == (row, how)


@pytest.mark.parametrize(
    "model",
    [
        *("", " ", "/", "sonnet", "claude", "auto", "unknown", "default", "gpt", "gemini", "totally-unknown-model"),
        *("claude-opus-4-99", "claude-sonnet-4-5-2", "claude-sonnet-4-55", "claude-sonnet-4-5-preview", "my-gpt-5"),
        *("gpt-5.45", "gpt-55", "gpt-5.2-codex-ultra", "o33", "glm-4.77", "glm-4.7:free", "kimi", "kimi-for-coding-2"),
        *("claude-sonnet-4-5-2025092", "claude-sonnet-4-5-99990929", "codex-auto-review", "fast", "-fast", "thinking"),
        *("grok-4.99", "qwen3-coder-plus2", "llama3", "x" * 5_000, "claude-opus-4-5\n\x1b[31m", "\ud800"),
    ],
)
def test_a_name_that_is_only_like_one_finds_none(model: str) -> None:
    assert embedded().match(model) is None


@given(st.text(max_size=60))
def test_no_name_breaks_the_search(name: str) -> None:
    for model in (name, f"{name}/{name}", f"claude-{name}", f"us.anthropic.{name}-v1:0"):
        embedded().match(model)


def test_fast_in_the_name_is_seen() -> None:
    fast, usual = embedded().match("claude-opus-4.8-fast"), embedded().match("claude-opus-4.8")
    assert fast is not None
    assert usual is not None
    assert (fast.fast, usual.fast) == (True, False)


def test_prices_of_a_tool_of_its_own_go_first() -> None:
    row, dear = [["", 0, [[0, 1, 1, 1, 1, 1]]]], [["", 0, [[0, 2, 2, 2, 2, 2]]]]
    table = Table("2026-11-21", ("test",), {"glm-9": row, "zen/glm-9": dear})
    prices = Prices(table, prefixes={"tool": ("zen/",)})
    own, other = prices.match("glm-9", "tool"), prices.match("glm-9", "another")
    assert own is not None
    assert other is not None
    assert (own.name, other.name) == ("zen/glm-9", "glm-9")
    assert prices.match("glm-8", "tool") is None
