"""Blocks of five hours, as Claude's plans are believed to count them. Pure.

The rules are ccusage's (20.0.24, measured 2026-11): a block begins with the UTC hour of its first request. That the
hour is rounded down is folklore, documented by nobody (ccusage#256, #316), so every block is an estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from aic_tui.reports.sums import Pricer, Sum, row_of
from aic_tui.usage_records import Flag, NamedRecord

HOUR_MS = 3_600_000
RECENT_MS = 72 * HOUR_MS
DEFAULT_HOURS = 5.0
WARN_SHARE = 0.8

_LIMIT = Flag.LIMIT.value
_CREDITS = Flag.CREDITS.value
_NORMAL, _MODERATE = 2_000, 5_000


@dataclass(slots=True)
class Block:
    """From ``start`` to before ``end``, in ms since 1970. A gap is the idle time between two blocks.

    ``entries`` are requests and limit notes. ``limited_until`` is when a limit that the tool told of ends.
    """

    start: int
    end: int
    is_gap: bool = False
    is_active: bool = False
    first: int = 0
    last: int = 0
    entries: int = 0
    sum: Sum = field(default_factory=Sum)
    models: dict[str, Sum] = field(default_factory=dict)
    limited_until: int | None = None


class BurnRate(NamedTuple):
    """How fast the running block is used. ``cost_per_hour`` is in pico-dollars, None where nothing has a price."""

    tokens_per_minute: float
    plain_tokens_per_minute: float
    cost_per_hour: float | None

    @property
    def word(self) -> str:
        """ccusage's indicator, which leaves cached tokens out."""
        plain = self.plain_tokens_per_minute
        return "normal" if plain < _NORMAL else "moderate" if plain < _MODERATE else "high"


class Projection(NamedTuple):
    """What the running block comes to if it goes on like this. ``cost`` is in pico-dollars, whole cents."""

    tokens: int
    cost: int | None
    minutes_left: int


class LimitStatus(NamedTuple):
    """The projection against a limit; ``state`` is ``ok``, ``warning`` (more than 80%) or ``exceeds``."""

    limit: int
    projected: int
    share: float
    state: str


class BlockReport(NamedTuple):
    """Blocks and gaps in the order asked for. ``limit`` is in tokens."""

    blocks: Sequence[Block]
    now: int
    limit: int | None = None


def find_blocks(
    records: Iterable[NamedRecord],
    pricer: Pricer,
    day_of: Callable[[int], date],
    *,
    now: int,
    hours: float = DEFAULT_HOURS,
) -> list[Block]:
    """All blocks and the gaps between them, oldest first. ``now`` is in ms since 1970."""
    span = round(hours * HOUR_MS)
    found: list[Block] = []
    block: Block | None = None
    for record in sorted(records, key=lambda record: record.ts):
        if record.flags & _CREDITS:
            continue
        ts = record.ts
        if block is None or ts - block.start > span or ts - block.last > span:
            if block is not None and ts - block.last > span:
                found.append(Block(block.last + span, ts, is_gap=True))
            start = ts - ts % HOUR_MS
            block = Block(start, start + span, first=ts)
            found.append(block)
        block.last = ts
        _count(block, record, pricer, day_of)
    for block in found:
        _add_up(block)
    if block is not None:
        block.is_active = now - block.last < span and now < block.end
    return found


def block_report(  # each is a flag of its own
    blocks: Iterable[Block],
    *,
    now: int,
    wanted: Callable[[int], bool],
    active: bool = False,
    recent: bool = False,
    limit: int | str | None = None,
    newest_first: bool = False,
) -> BlockReport:
    """What is left after the filters; ``wanted`` judges the start of a block. ``limit`` ``max`` is the largest
    finished block of those left.
    """
    kept = [block for block in blocks if wanted(block.start)]
    if recent:
        kept = [block for block in kept if block.is_active or block.start >= now - RECENT_MS]
    if active:
        kept = [block for block in kept if block.is_active]
    if limit == "max":
        limit = max((block.sum.total for block in kept if not block.is_gap and not block.is_active), default=0)
    kept.sort(key=lambda block: block.start, reverse=newest_first)
    return BlockReport(kept, now, limit if isinstance(limit, int) and limit > 0 else None)


def burn_rate(block: Block) -> BurnRate | None:
    """None for a block that is not running, or has one request only."""
    minutes = (block.last - block.first) / 60_000
    if not block.is_active or minutes <= 0:
        return None
    cost = block.sum.cost
    return BurnRate(
        block.sum.total / minutes,
        (block.sum.input + block.sum.output) / minutes,
        None if cost is None else cost / minutes * 60,
    )


def projection(block: Block, now: int) -> Projection | None:
    """What the block comes to at its present rate; None where :func:`burn_rate` is."""
    rate = burn_rate(block)
    if rate is None:
        return None
    left = max(_rounded((block.end - now) / 60_000), 0)
    cost = None
    if rate.cost_per_hour is not None:
        cents = ((block.sum.cost or 0) + rate.cost_per_hour / 60 * left) / 10**10
        cost = _rounded(cents) * 10**10
    return Projection(_rounded(block.sum.total + rate.tokens_per_minute * left), cost, left)


def limit_status(block: Block, report: BlockReport) -> LimitStatus | None:
    """How the projection stands to the limit; None without either."""
    ahead = projection(block, report.now)
    if ahead is None or report.limit is None:
        return None
    share = ahead.tokens / report.limit
    state = "exceeds" if share > 1 else "warning" if share > WARN_SHARE else "ok"
    return LimitStatus(report.limit, ahead.tokens, share, state)


def total_of_blocks(blocks: Iterable[Block]) -> Sum:
    """All blocks added up."""
    total = Sum()
    for block in blocks:
        total.add(block.sum)
    return total


def without_gaps(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks that have something in them."""
    return (block for block in blocks if not block.is_gap)


def _count(block: Block, record: NamedRecord, pricer: Pricer, day_of: Callable[[int], date]) -> None:
    if record.flags & _LIMIT:
        block.limited_until = record.key
        return
    row = row_of(record, day_of(record.ts))
    if row is None:
        return
    block.entries += row.messages
    name = pricer.name(row)
    found = block.models.get(name)
    if found is None:
        found = block.models[name] = Sum()
    pricer.add(found, row)


def _add_up(block: Block) -> None:
    """The sum of a whole block; what no model made is in it, but is no model."""
    for found in block.models.values():
        block.sum.add(found)
    block.models.pop("", None)


def _rounded(value: float) -> int:
    """Half up, as ccusage does it, not half to even."""
    return int(value + 0.5)
