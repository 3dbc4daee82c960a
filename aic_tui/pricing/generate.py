"""Makes the embedded price table: ``python -m aic_tui.pricing.generate --litellm PATH --genai PATH --date DAY``.

``PATH`` is the wheel or the installed package (``pip download --no-deps litellm==1.109.1 genai-prices==0.2.3``). The
same input gives the same bytes. LiteLLM's price is the current one; genai-prices adds the models that LiteLLM has
forgotten, earlier and coming prices, and tiers that LiteLLM has dropped. Where the two disagree, LiteLLM's stands
alone, because other tools are compared on it.
"""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from aic_tui.pricing import genai, litellm
from aic_tui.pricing.litellm import NoPriceError
from aic_tui.pricing.match import folded, spellings, turned
from aic_tui.pricing.table import EMBEDDED, FORMAT, Period, Table, in_force, to_json

LITELLM_FILE = "litellm/model_prices_and_context_window_backup.json"
GENAI_FILE = "genai_prices/data.py"

FAST = {"claude-opus-4-6": 600, "claude-opus-4-7": 600}
"""Factors of the fast mode, in hundredths, that neither list has: ccusage 20.0.24 (2026-11)."""

PRIORITY = {"gpt-5.3-codex": 200, "gpt-5.4": 200, "gpt-5.5": 250}
"""Factors of Codex' fast mode in ccusage 20.0.24 (2026-11), which LiteLLM's priority prices must agree with."""

ALIASES = {
    "gemini-3-pro": "gemini-3-pro-preview",
    "gemini-3-pro-high": "gemini-3-pro-preview",  # OpenCode's and Antigravity's, as in ccusage 20.0.24
    "gemini-3-pro-low": "gemini-3-pro-preview",
    "gemini-3-flash": "gemini-3-flash-preview",
    "gemini-3.1-pro": "gemini-3.1-pro-preview",
    "k2p5": "kimi-k2.5",  # Fireworks' spelling in OpenCode, as in ccusage 20.0.24
    "k2p6": "kimi-k2.6",
}

SUCCESSIONS = {"kimi-for-coding": (("", "kimi-k2.5"), ("2026-04-20", "kimi-k2.6"))}
"""Names that mean another model from a day on: Kimi's, as in ccusage 20.0.24 (2026-04-20T15:28:10Z)."""


def build(litellm_data: Mapping[str, Any], genai_source: str, table: Table) -> Table:
    """The table of both lists. ``table`` has date and sources: LiteLLM's first, then genai-prices', then ccusage's."""
    current = _current(litellm_data)
    models: dict[str, tuple[Period, ...]] = {name: (period,) for name, period in current.items()}
    aliases = dict(ALIASES)
    begins = dict(genai.MAKERS)
    for maker, model in genai.models(genai_source):
        try:
            periods = genai.periods(model, maker, 1)
        except NoPriceError:
            continue
        names = genai.names(model, begins[maker])
        peaks = genai.peak_prices(model)
        for name in names:
            if name in current:
                models[name] = _with_history(current[name], periods, peaks, table.date)
        if not peaks:  # a model that is dearer at some hours has no one price but LiteLLM's
            _add_unknown(names, periods, models, aliases)
    for name, factor in FAST.items():
        models[name] = tuple(period._replace(fast=factor) for period in models[name])
    for name, factor in PRIORITY.items():
        band, base = models[name][-1].priority[0], models[name][-1].standard[0]
        if band.input * 100 != base.input * factor or band.output * 100 != base.output * factor:
            raise NoPriceError(f"the priority price of {name} is not {factor} % any more: look at PRIORITY")
    for name, steps in SUCCESSIONS.items():
        models[name] = tuple(models[target][-1]._replace(since=since) for since, target in steps)
    kept = {name: to_json(models[name]) for name in sorted(models) if not _is_told(name, models, aliases)}
    spelled = {folded(name) for name in kept}
    return table._replace(
        models=kept, aliases={name: aliases[name] for name in sorted(aliases) if not _is_spelled(name, spelled)}
    )


def text_of(table: Table) -> str:
    """The table as the text of its file: one model a line, so that a change can be read."""
    rows = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(raw, separators=(',', ':'))}" for name, raw in table.models.items()
    )
    head = {"format": FORMAT, "date": table.date, "sources": table.sources, "aliases": table.aliases}
    return f'{json.dumps(head, indent=0)[:-2]},\n"models": {{\n{rows}\n}}\n}}\n'


def _current(data: Mapping[str, Any]) -> dict[str, Period]:
    found: dict[str, Period] = {}
    for name, maker, entry in litellm.entries(data):
        if name in found:
            continue
        try:
            found[name] = litellm.period_of(entry, maker)
        except NoPriceError as error:
            if str(error) == "a prompt size that is not counted":
                raise NoPriceError(f"{name}: add it to BOUNDARIES in usage_records.py") from error
    return found


def _with_history(
    current: Period, known: Sequence[Period], peaks: Collection[tuple[int, int]], today: str
) -> tuple[Period, ...]:
    """LiteLLM's price, and genai-prices' for other days where the two agree about today's, or that of busy hours."""
    now = in_force(known, date.fromisoformat(today))
    if now is None or current.standard[0][1:3] not in (now.standard[0][1:3], *peaks):
        return (current,)
    standard = current.standard if len(current.standard) > 1 else (current.standard[0], *now.standard[1:])
    merged = current._replace(since=now.since, standard=standard, fast=current.fast or now.fast)
    return tuple(merged if period is now else period for period in known)


def _add_unknown(
    names: Sequence[str], periods: tuple[Period, ...], models: dict[str, tuple[Period, ...]], aliases: dict[str, str]
) -> None:
    """Names that LiteLLM does not have: one row, and aliases for the others. A name with a row keeps it."""
    agreeing = (name for name in names if name in models and _ends_like(models[name], periods))
    missing = sorted((name for name in names if name not in models), key=lambda name: name.endswith("-latest"))
    target = next(agreeing, missing[0] if missing else "")
    for name in missing:
        if name == target:
            models[name] = periods
        else:
            aliases.setdefault(name, target)


def _ends_like(row: Sequence[Period], periods: Sequence[Period]) -> bool:
    return len(row) == len(periods) and row[-1].standard[0][1:3] == periods[-1].standard[0][1:3]


def _is_spelled(alias: str, rows: Collection[str]) -> bool:
    """Whether an alias is found without being listed."""
    return any(folded(turned(way.name)) in rows for way in spellings(alias) if not way.fast)


def _is_told(name: str, models: Mapping[str, Sequence[Period]], aliases: Mapping[str, str]) -> bool:
    """Whether another row says the same of this name once date, region and the like are taken off."""
    own = [period._replace(source=0) for period in models[name]]
    for rest in list(spellings(name))[1:]:
        target = aliases.get(rest.name, rest.name)
        if target in models and not rest.fast:
            base = [period._replace(source=0) for period in models[target]]
            return own == base or own == base[-1:] or _differs_in_extras_only(own, base)
    return False


def _differs_in_extras_only(own: Sequence[Period], base: Sequence[Period]) -> bool:
    """A dated name with today's standard price, of which the list tells less (no flex, no history) than of the bare."""
    same = len(own) == 1 and own[0].standard in (base[-1].standard, base[-1].standard[:1])
    return same and own[0].priority in ((), base[-1].priority) and own[0].flex in ((), base[-1].flex)


def _read(path: Path, name: str) -> str:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(name).decode()
    return (path / name.partition("/")[2]).read_text(encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table and tell its size."""
    parser = argparse.ArgumentParser(prog="python -m aic_tui.pricing.generate")
    parser.add_argument("--litellm", type=Path, required=True, help="wheel or package folder")
    parser.add_argument("--litellm-version", default="1.109.1")
    parser.add_argument("--genai", type=Path, required=True, help="wheel or package folder")
    parser.add_argument("--genai-version", default="0.2.3")
    parser.add_argument("--date", required=True, help="the day on which the two were taken, YYYY-MM-DD")
    parser.add_argument("--output", type=Path, default=EMBEDDED)
    given = parser.parse_args(arguments)
    sources = (f"LiteLLM {given.litellm_version}", f"genai-prices {given.genai_version}")
    frame = Table(date.fromisoformat(given.date).isoformat(), sources)
    table = build(json.loads(_read(given.litellm, LITELLM_FILE)), _read(given.genai, GENAI_FILE), frame)
    text = text_of(table)
    given.output.write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{given.output}: {len(table.models)} models, {len(text.encode())} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
