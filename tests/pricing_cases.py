"""Prices and logs' figures that tests are held against, and prices to ask."""

from __future__ import annotations

import json
from bisect import bisect_right
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from aic_tui.pricing.prices import Prices, Tokens
from aic_tui.pricing.table import load_table
from aic_tui.usage_records import BOUNDARIES

DAY = date(2026, 11, 21)
MILLION = 1_000_000
# ``ccusage``: case of the shared log fixtures, model, tokens in the order of Row, cost (ccusage 20.0.24, --offline).
# ``dollars_per_million``: model, input, output, 5-minute write, cache read. ``tiers``: model, the last prompt at the
# lower price, the first at the upper one, and its input, output and cache read.
REFERENCE: dict[str, list[list[Any]]] = json.loads(
    (Path(__file__).parent / "fixtures/pricing/reference.json").read_text(encoding="utf-8")
)


@cache
def embedded() -> Prices:
    return Prices(load_table())


def size_of(prompt: int) -> int:
    """The size class of a request."""
    return bisect_right(BOUNDARIES, prompt)


def tokens(*counts: int) -> Tokens:
    padded = [*counts, 0, 0, 0, 0, 0, 0]
    return (padded[0], padded[1], padded[2], padded[3], padded[4], padded[5])


def cost(model: str, counts: Tokens, *, prices: Prices | None = None, day: date = DAY, flags: int = 0) -> int | None:
    """The cost of one request."""
    return (prices or embedded()).cost(model, "", day, flags, size_of(sum(counts[i] for i in (0, 2, 3, 4))), counts)


def per_million(
    model: str, place: int, *, prices: Prices | None = None, day: date = DAY, prompt: int = 0
) -> float | None:
    """$/M of one kind of token in a request with such a prompt."""
    counts = [0] * 6
    counts[place] = MILLION
    found = (prices or embedded()).cost(model, "", day, 0, size_of(prompt), tokens(*counts))
    return None if found is None else found / 1e12
