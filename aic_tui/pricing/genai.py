"""genai-prices' data as prices by day. Used at build time only, and read without running it.

The package (MIT, 0.2.3, 2026-11) keeps what LiteLLM forgets: retired models and the days on which prices changed. Its
``data.py`` is one list of constructor calls; they are read from the syntax tree, so that neither the package nor what
it depends on is needed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from aic_tui.pricing.litellm import NoPriceError, derived, is_text_model
from aic_tui.pricing.table import CLASS_OF, Band, Period

# genai-prices' name for a maker, ours for the cache defaults, and which of its models are its own.
MAKERS = (
    ("anthropic", "claude-"),
    ("openai", ""),
    ("google", "gemini-"),
    ("x-ai", "grok-"),
    ("moonshotai", "kimi-"),
    ("zai", "glm-"),
    ("deepseek", "deepseek-"),
    ("minimax", "minimax-"),
    ("mistral", ""),
    ("cursor", "composer-"),
)
_CACHE = ("cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok")


def models(source: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Maker and model of everything that ``data.py`` lists for the makers that are wanted, in their order."""
    providers: Sequence[Mapping[str, Any]] = next(
        _value(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.AnnAssign) and node.value is not None and ast.unparse(node.target) == "providers"
    )
    by_id = {provider["id"]: provider for provider in providers}
    for maker, _ in MAKERS:
        yield from ((maker, model) for model in by_id[maker]["models"])


def peak_prices(model: Mapping[str, Any]) -> set[tuple[int, int]]:
    """Input and output price for certain hours of the day."""
    listed = model.get("prices", ())
    hours = [] if isinstance(listed, Mapping) else [c for c in listed if "start_time" in (c.get("constraint") or ())]
    return {(band.input, band.output) for c in hours for band in _bands(c["prices"], "")}


def names(model: Mapping[str, Any], begins: str) -> list[str]:
    """The names that are surely this model: its id, and what a clause calls equal or the beginning of its names."""
    found = [str(model["id"]).lower()]
    clauses = [model["match"]]
    while clauses:
        clause = clauses.pop(0)
        clauses += clause.get("or_", ())
        found += [str(clause[key]).lower() for key in ("equals", "starts_with") if key in clause]
    cut = ("@", "-", ".", "-2025")  # the beginning of a version or a date
    kept = (name for name in dict.fromkeys(found) if name.startswith(begins) and not name.endswith(cut))
    return [name for name in kept if is_text_model(name)]


def periods(model: Mapping[str, Any], maker: str, source: int) -> tuple[Period, ...]:
    """The prices of a model, earliest first. Raises :class:`NoPriceError`.

    Prices for a time of the day (DeepSeek's off-peak hours) are left out: what is added up is a day.
    """
    listed = model.get("prices", ())
    if isinstance(listed, Mapping):
        return (_period("", listed, model, maker, source),)
    found = {}
    for conditional in listed:
        constraint = conditional.get("constraint")
        if constraint is None or "start_date" in constraint:
            since = constraint["start_date"].isoformat() if constraint else ""
            found[since] = _period(since, conditional["prices"], model, maker, source)
    if not found:
        raise NoPriceError("no prices")
    return tuple(found[since] for since in sorted(found))


def _period(since: str, prices: Mapping[str, Any], model: Mapping[str, Any], maker: str, source: int) -> Period:
    standard = _bands(prices, maker)
    tiers: dict[str, tuple[Band, ...]] = {}
    fast = 0
    for variant in model.get("price_variants") or ():
        constraint = variant.get("constraint")
        if constraint and constraint.get("start_date", date.min).isoformat() > max(since, "0"):
            continue
        when = variant["when"]
        if when == {"speed": "fast"} and "input_mtok" in variant["prices"]:
            fast = round(_bands({**prices, **variant["prices"]}, maker)[0].input * 100 / standard[0].input)
        elif set(when) == {"service_tier"} and "input_mtok" in variant["prices"]:
            tiers[when["service_tier"]] = _bands({**prices, **variant["prices"]}, maker)
    return Period(since, source, standard, tiers.get("priority", ()), tiers.get("flex", ()), fast)


def _bands(prices: Mapping[str, Any], maker: str) -> tuple[Band, ...]:
    if "input_mtok" not in prices or "output_mtok" not in prices:
        raise NoPriceError("no input or output price")
    starts = {0}
    for name in ("input_mtok", "output_mtok"):
        starts |= {_begins(tier["start"]) for tier in _tiers(prices[name])}
    if not CLASS_OF.keys() >= starts:
        raise NoPriceError("a prompt size that is not counted")
    found = []
    for begins in sorted(starts):
        input_, output = (_at(prices[name], begins) for name in ("input_mtok", "output_mtok"))
        cache = (_at(prices[name], begins) if name in prices else None for name in _CACHE)
        found.append(Band(begins, input_, output, *derived(maker, input_, *cache)))
    return tuple(found)


def _tiers(price: Any) -> Sequence[Mapping[str, Any]]:
    tiers: Sequence[Mapping[str, Any]] = price.get("tiers", ()) if isinstance(price, Mapping) else ()
    return tiers


def _begins(start: int) -> int:
    """genai-prices charges a tier above its start; xAI's “from 200,000 on” is written as 199,999."""
    return start + 1


def _at(price: Any, begins: int) -> int:
    value = price["base"] if isinstance(price, Mapping) else price
    for tier in _tiers(price):
        if _begins(tier["start"]) <= begins:
            value = tier["price"]
    whole = value * 10**6
    if not isinstance(value, Decimal) or not whole.is_finite() or whole < 0 or whole != whole.to_integral_value():
        raise NoPriceError("finer than a pico-dollar")
    return int(whole)


def _value(node: ast.expr) -> Any:  # noqa: PLR0911  # a line for each kind of node
    """Constants, lists, dictionaries and calls by keyword as plain values; a call becomes a dictionary."""
    match node:
        case ast.Constant():
            return node.value
        case ast.List():
            return [_value(part) for part in node.elts]
        case ast.Dict():
            return {_value(k): _value(v) for k, v in zip(node.keys, node.values, strict=True) if k is not None}
        case ast.Call(args=[ast.Constant(value=str(text))]) if ast.unparse(node.func) == "Decimal":
            return Decimal(text)
        case ast.Call() if ast.unparse(node.func) == "datetime.date":
            return date(*(_value(part) for part in node.args))
        case ast.Call():
            return {part.arg: _value(part.value) for part in node.keywords if part.arg}
        case _:
            return None
