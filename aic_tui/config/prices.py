"""The ``[prices."model"]`` tables: what a model costs the user, whatever the price list says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aic_tui.config.settings import ModelPrices
from aic_tui.config.tables import Complain
from aic_tui.text import clean

_FIELDS = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
_DEAREST = 10_000
_ALLOWED = f"dollars for a million tokens: a number from 0 to {_DEAREST}, with at most 6 decimals"


def read_prices(prices: Mapping[str, Any], complain: Complain) -> dict[str, ModelPrices]:
    """Prices by lower-case model, in pico-dollars per token. A model with a bad price is complained about and left out.

    0 is a price. Cache prices that are not given stand to ``input`` as in the price list: a read is a tenth, a write
    1.25 times, a write for an hour twice.
    """
    found = {}
    for model, table in prices.items():
        shown = clean(model, 60)
        if not isinstance(table, Mapping):
            complain(f'[prices] “{shown}” is not a table: write [prices."{shown}"]. It is left out.', ("prices", model))
            continue
        own = _read(model, shown, table, complain)
        if own is not None:
            found[model.strip().lower()] = own
    return found


def _read(model: str, shown: str, table: Mapping[str, Any], complain: Complain) -> ModelPrices | None:
    values: dict[str, int] = {}
    for name, value in table.items():
        pico = _pico(value) if name in _FIELDS else None
        if pico is None:
            what = f"must be {_ALLOWED}" if name in _FIELDS else f"is not a price; known: {', '.join(_FIELDS)}"
            where = ("prices", model, name)
            complain(f'[prices."{shown}"] {clean(name, 60)} {what}. The price list is used.', where)
            return None
        values[name] = pico
    if "input" not in values or "output" not in values:
        complain(f'[prices."{shown}"] needs input and output. The price list is used.', ("prices", model))
        return None
    input_ = values["input"]
    return (
        input_,
        values["output"],
        values.get("cache_read", (input_ + 5) // 10),
        values.get("cache_write", (input_ * 5 + 2) // 4),
        values.get("cache_write_1h", input_ * 2),
    )


def _pico(value: object) -> int | None:
    """$1 for a million tokens is 1,000,000 pico-dollars for one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _DEAREST:
        return None
    whole = round(value * 10**6)
    return whole if whole / 10**6 == value else None
