"""Blocks for people: the table, and what is to be said of the running one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from aic_tui.format import percent
from aic_tui.reports.blocks import (
    Block,
    BlockReport,
    burn_rate,
    limit_status,
    projection,
    total_of_blocks,
    without_gaps,
)
from aic_tui.reports.grid import (
    Cell,
    Column,
    Grid,
    Look,
    Money,
    Row,
    local_time,
    money_cells,
    money_columns,
    short_model,
    span_words,
    text_of,
)
from aic_tui.reports.grids import Options, count_cells
from aic_tui.reports.sums import by_cost

_STATES = {"ok": "within it", "warning": "close to it", "exceeds": "over it"}
_FRONT = (
    Column("start", "Block from", "time"),
    Column("used_seconds", "Used for", "span", 3),
    Column("state", "State", "text", 5),
    Column("input_tokens", "Input", "count", 4),
    Column("output_tokens", "Output", "count", 4),
    Column("cache_write_tokens", "Cache write", "count", 1),
    Column("cache_read_tokens", "Cache read", "count", 1),
    Column("total_tokens", "Total", "count"),
)
_MODELS = Column("models", "Models", "list", 2)


def block_grid(report: BlockReport, options: Options) -> Grid:
    """Every block, and the gaps between them."""
    money = money_columns(block.sum for block in report.blocks) if options.costs else ()
    share = (Column("percent_of_limit", "Of limit", "percent", 3),) if report.limit else ()
    models = () if options.breakdown else (_MODELS,)
    rows: list[Row] = []
    for block in report.blocks:
        if block.is_gap:
            blank: tuple[Cell, ...] = (None,) * (len(_FRONT) - 1 + len(share) + len(money) + len(models))
            rows.append(Row((f"idle {span_words(block.end - block.start)}", *blank), level=1))
            continue
        of_limit = (block.sum.total / report.limit,) if report.limit else ()
        listed = () if options.breakdown else (tuple(name for name, _ in by_cost(block.models)),)
        cells = (*count_cells(block.sum), *of_limit, *money_cells(block.sum, money), *listed)
        rows.append(Row((block.start, block.last - block.first, _state(block), *cells)))
        if options.breakdown:
            for name, found in by_cost(block.models):
                part = (*count_cells(found), *(None for _ in share), *money_cells(found, money))
                rows.append(Row((short_model(name), None, None, *part), level=1))
    total = total_of_blocks(without_gaps(report.blocks))
    last = (*count_cells(total), *(None for _ in share), *money_cells(total, money), *(None for _ in models))
    return Grid((*_FRONT, *share, *money, *models), rows, Row(("Total", None, None, *last)))


def running_lines(report: BlockReport, options: Options, look: Look) -> Iterator[str]:
    """What is to be said of the running block: time left, burn rate, projection, limit; nothing where none runs."""
    block = next((block for block in report.blocks if block.is_active), None)
    if block is None:
        return
    left = span_words(block.end - report.now)
    yield f"Running block (estimated): {_clock(block.start, look.zone)} to {_clock(block.end, look.zone)}, {left} left"
    money = money_columns([block.sum]) if options.costs else ()
    costs = [text_of(cell, "money", look) for cell in money_cells(block.sum, money)]
    yield _fact("so far", [f"{block.sum.total:,} tokens", *costs])
    rate, ahead, status = burn_rate(block), projection(block, report.now), limit_status(block, report)
    if rate is not None:
        words = [f"{rate.tokens_per_minute:,.0f} tokens a minute, {rate.word}"]
        if options.costs and rate.cost_per_hour is not None:
            words.append(f"{_money(round(rate.cost_per_hour), look)} an hour")
        yield _fact("burn rate", words)
    if ahead is not None:
        words = [f"{ahead.tokens:,} tokens"]
        if options.costs and ahead.cost is not None:
            words.append(_money(ahead.cost, look))
        yield _fact("projected", [*words, f"at {_clock(block.end, look.zone)}, if it goes on like this"])
    if report.limit is not None:
        now = percent(block.sum.total / report.limit)
        words = [f"{report.limit:,} tokens: {now} used"]
        if status is not None:
            words.append(f"{percent(status.share)} projected, {_STATES[status.state]}")
        yield _fact("limit", words)
    if block.limited_until is not None and block.limited_until > report.now:
        yield _fact("limited", [f"until {local_time(block.limited_until, look.zone)}, as the tool said"])


def limit_warning(report: BlockReport) -> str | None:
    """One sentence where the running block comes near its limit, or over it."""
    for block in report.blocks:
        status = limit_status(block, report)
        if status is None or status.state == "ok":
            continue
        how = "more than" if status.state == "exceeds" else "close to"
        ahead = f"At this rate the running block comes to {status.projected:,} tokens"
        return f"{ahead}, {how} the limit of {status.limit:,}."
    return None


def _state(block: Block) -> str:
    if block.is_active:
        return "running"
    return "limit reached" if block.limited_until is not None else ""


def _fact(name: str, parts: Sequence[str]) -> str:
    return f"  {name:<10} {' · '.join(parts)}"


def _money(pico: int, look: Look) -> str:
    return text_of(Money(pico), "money", look)


def _clock(milliseconds: int, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, zone):%H:%M}"
