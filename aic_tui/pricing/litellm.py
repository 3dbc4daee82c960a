"""LiteLLM's price list, as far as it is about text models of vendors that coding agents use.

Its JSON (``model_prices_and_context_window.json``, 4,553 entries in 1.109.1, 2026-11) names a model once per vendor
and host. Only the maker's own price is taken, under the bare name, and for Claude on Bedrock the regional ones, which
are a tenth higher. Nothing in the file is trusted: what is no price makes its row void, never the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from aic_tui.pricing.table import CLASS_OF, MOST, Band, Period

# The maker, its prefix in the list, and which names are its own models; better sources first.
_MAKERS = (
    ("anthropic", "", "claude-"),
    ("openai", "", ""),
    ("deepseek", "", "deepseek-"),
    ("vertex_ai-language-models", "", "gemini-"),
    ("gemini", "gemini/", "gemini-"),
    ("vertex_ai", "vertex_ai/", "gemini-"),
    ("gemini", "", "gemini-"),
    ("deepseek", "deepseek/", "deepseek-"),
    ("xai", "xai/", "grok-"),
    ("zai", "zai/", "glm-"),
    ("moonshot", "moonshot/", "kimi-"),
    ("dashscope", "dashscope/", "qw"),
    ("minimax", "minimax/", "minimax-"),
    ("mistral", "mistral/", ""),
    ("codestral", "codestral/", "codestral-"),
    ("meta", "meta/", "muse-"),
    ("xiaomi_mimo", "xiaomi_mimo/", "mimo-"),
    ("cognition", "cognition/", "swe-"),
)
_BEDROCK = ("bedrock", "bedrock_converse")
_REGIONAL = re.compile(r"^(?:us|eu|apac|au|jp|global|us-gov)\.anthropic\.claude-[a-z0-9.:-]+$")
_NAME = re.compile(r"[a-z0-9][a-z0-9._:-]{1,79}")
_NOT_TEXT = re.compile(
    r"audio|tts|image|lyria|robotics|search|realtime|transcribe|live|voice|moderation|embed|ocr|omni|^ft:"
)
_OTHERS_MODELS = re.compile(r"glm|zai|deepseek")  # that Mistral hosts
_MODES = ("chat", "responses")
_TIER = re.compile(r"^input_cost_per_token_above_(\d{1,4})k_tokens$")
_FIELDS = ("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost")
_WRITES = ("cache_creation_input_token_cost", "cache_creation_input_token_cost_above_1hr")
_AT = ("xai",)
"""Vendors whose dearer price begins *at* the prompt size, not above it (docs.x.ai, 2026-11)."""

Rates = tuple[int, int, int, int, int]
Cache = tuple[int, int, int]


class NoPriceError(ValueError):
    """An entry that cannot be used; the text says why."""


def pico(value: object) -> int:
    """Dollars per token as pico-dollars. Raises :class:`NoPriceError` for what is no price, or not a whole number.

    A float's error of calculation (1.3200000000000002e-07) is not held against it.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NoPriceError("not a number")
    if not 0 <= value <= MOST / 1e12:  # also false for NaN
        raise NoPriceError("out of bounds")
    whole = round(value * 1e12)
    if abs(whole - value * 1e12) > 1e-9 * whole:
        raise NoPriceError("finer than a pico-dollar")
    return whole


def entries(data: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Name, maker and entry of every model that is wanted; a name may come again from a lesser source."""
    by_provider: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for key, entry in data.items():
        if (
            isinstance(entry, Mapping)
            and entry.get("mode") in _MODES
            and isinstance(entry.get("litellm_provider"), str)
        ):
            by_provider.setdefault(entry["litellm_provider"], []).append((key.lower(), entry))
    for provider, prefix, begins in _MAKERS:
        for key, entry in by_provider.get(provider, ()):
            name = key.removeprefix(prefix)
            if not key.startswith(prefix) or not name.startswith(begins) or not is_text_model(name):
                continue
            if not (provider == "mistral" and _OTHERS_MODELS.search(name)):
                yield name, provider, entry
    for provider in _BEDROCK:
        yield from ((key, provider, entry) for key, entry in by_provider.get(provider, ()) if _REGIONAL.match(key))


def is_text_model(name: str) -> bool:
    """Whether a name can be one of a model that is priced by tokens of text."""
    return _NAME.fullmatch(name) is not None and not _NOT_TEXT.search(name)


def period_of(entry: Mapping[str, Any], maker: str, source: int = 0) -> Period:
    """The prices of one entry. Raises :class:`NoPriceError`."""
    if isinstance(entry.get("tiered_pricing"), list):
        return Period("", source, _ranges(entry["tiered_pricing"], maker))
    standard = _bands(entry, maker, "")
    priority, flex = (
        _bands(entry, maker, suffix, standard) if f"input_cost_per_token{suffix}" in entry else ()
        for suffix in ("_priority", "_flex")
    )
    specific = entry.get("provider_specific_entry")
    fast = specific.get("fast", 0) if isinstance(specific, Mapping) else 0
    if isinstance(fast, bool) or not isinstance(fast, int | float) or not 0 <= fast <= 100:
        raise NoPriceError("not a factor")
    return Period("", source, standard, priority, flex, round(fast * 100))


def derived(maker: str, input_: int, read: int | None, write_5m: int | None, write_1h: int | None) -> Cache:
    """The three cache prices, those that are not published in the usual relation to the input price.

    A read costs a tenth and a write 1.25 times the input, as ccusage has it (20.0.24, 2026-11), an hour's write twice;
    OpenAI gives no discount where it publishes none. Halves of a pico-dollar are rounded up.
    """
    if read is None:
        read = input_ if maker == "openai" else (input_ + 5) // 10
    write_5m = (input_ * 5 + 2) // 4 if write_5m is None else write_5m
    return read, write_5m, input_ * 2 if write_1h is None else write_1h


def _bands(entry: Mapping[str, Any], maker: str, suffix: str, like: tuple[Band, ...] = ()) -> tuple[Band, ...]:
    """The bands of one processing tier. Where it has fewer than ``like``, the missing ones are as much dearer."""
    base = _rates(entry, maker, "", suffix, like[0] if like else None)
    bands = [Band(0, *base)]
    for thousands in sorted(int(found[1]) for field in entry if (found := _TIER.match(field))):
        begins = thousands * 1000 + (maker not in _AT)
        if begins not in CLASS_OF:
            raise NoPriceError("a prompt size that is not counted")
        above = f"_above_{thousands}k_tokens"
        if f"input_cost_per_token{above}{suffix}" in entry:
            bands.append(Band(begins, *_rates(entry, maker, above, suffix, bands[0])))
        else:
            tier = next(band for band in like if band.begins == begins)
            bands.append(Band(begins, *_scaled(tier, base[0], like[0].input)))
    return tuple(bands)


def _rates(entry: Mapping[str, Any], maker: str, above: str, suffix: str, base: Band | None) -> Rates:
    """Five prices. Cache prices that are missing stand to the input price as they do in ``base``."""
    input_, output, *cache = (
        pico(entry[name]) if entry.get(name) is not None else None
        for name in (f"{field}{above}{suffix}" for field in (*_FIELDS, *_WRITES))
    )
    if input_ is None or output is None:
        raise NoPriceError("no input or output price")
    if base is not None and base.input:
        likely = (_share(rate, input_, base.input) for rate in base[3:])
        cache = [like if own is None else own for own, like in zip(cache, likely, strict=True)]
    return (input_, output, *derived(maker, input_, *cache))


def _scaled(tier: Band, wanted: int, base: int) -> Rates:
    return tuple(_share(rate, wanted, base) for rate in tier[1:])  # type: ignore[return-value]  # five of them


def _share(rate: int, wanted: int, base: int) -> int:
    return (2 * rate * wanted + base) // (2 * base) if base else rate


def _ranges(ranges: list[Any], maker: str) -> tuple[Band, ...]:
    """DashScope's price list by prompt size: each range ends with its upper bound, the last has no end."""
    bands: list[Band] = []
    for part in ranges:
        bounds = part.get("range") if isinstance(part, Mapping) else None
        if not isinstance(bounds, list) or not bounds or isinstance(bounds[0], bool):
            raise NoPriceError("not a range")
        if not isinstance(bounds[0], int | float) or not 0 <= bounds[0] <= MOST:
            raise NoPriceError("not a range")
        begins = int(bounds[0]) + 1 if bounds[0] else 0
        if begins not in CLASS_OF:
            raise NoPriceError("a prompt size that is not counted")
        bands.append(Band(begins, *_rates(part, maker, "", "", bands[0] if bands else None)))
    if not bands or bands[0].begins or [b.begins for b in bands] != sorted({b.begins for b in bands}):
        raise NoPriceError("the ranges are not in order")
    return tuple(bands)
