"""Blocks: every request in exactly one, and ccusage's borders."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aic_tui.reports.blocks import (
    HOUR_MS,
    Block,
    BlockReport,
    block_report,
    burn_rate,
    find_blocks,
    limit_status,
    projection,
    total_of_blocks,
)
from aic_tui.usage_records import Flag
from tests.report_cases import NOON, UNKNOWN, day_of, pricer, record

MINUTE = 60_000
SPAN = 5 * HOUR_MS


def found(*stamps: int, now: int = NOON + 10**10, hours: float = 5.0, **changes: Any) -> list[Block]:
    return find_blocks([record(ts, **changes) for ts in stamps], pricer(), day_of, now=now, hours=hours)


def reported(blocks: list[Block], now: int, **changes: Any) -> BlockReport:
    return block_report(blocks, now=now, wanted=lambda _: True, **changes)


@given(st.lists(st.integers(0, 40 * HOUR_MS), max_size=40), st.sampled_from([1.0, 2.5, 5.0]), st.integers(0, 60))
def test_every_request_is_in_one_block(offsets: list[int], hours: float, later: int) -> None:
    stamps = [NOON + offset for offset in offsets]
    now = max(stamps, default=NOON) + later * 10 * MINUTE
    blocks = find_blocks([record(ts) for ts in stamps], pricer(), day_of, now=now, hours=hours)
    real = [block for block in blocks if not block.is_gap]
    span = round(hours * HOUR_MS)
    assert sum(block.entries for block in real) == len(stamps)
    assert total_of_blocks(real).total == 1100 * len(stamps)
    for block in real:
        assert block.start % HOUR_MS == 0
        assert block.end - block.start == span
        assert block.start <= block.first <= block.last <= block.end
    for before, block in pairwise(real):
        assert block.first > before.last
        assert block.first - before.start > span or block.first - before.last > span
    gaps = [block for block in blocks if block.is_gap]
    assert all(gap.end > gap.start and gap.sum.total == 0 for gap in gaps)
    assert sum(block.is_active for block in blocks[:-1]) == 0


def test_five_hours_to_the_millisecond_are_the_same_block() -> None:
    assert len(found(NOON, NOON + SPAN)) == 1
    assert [block.start for block in found(NOON, NOON + SPAN, NOON + SPAN + 1)] == [NOON, NOON + SPAN]


def test_the_hour_is_rounded_down_and_a_long_pause_is_a_gap() -> None:
    first, gap, second = found(NOON + 40 * MINUTE, NOON + 40 * MINUTE + SPAN + 1)
    assert (first.start, first.end) == (NOON, NOON + SPAN)
    assert (gap.is_gap, gap.start, gap.end) == (True, NOON + 40 * MINUTE + SPAN, NOON + 40 * MINUTE + SPAN + 1)
    assert second.start == NOON + SPAN


def test_a_block_runs_until_its_end_or_a_pause_as_long_as_it() -> None:
    last = NOON + 30 * MINUTE
    assert found(last, now=last)[0].is_active
    assert found(last, now=NOON + SPAN - 1)[0].is_active
    assert not found(last, now=NOON + SPAN)[0].is_active


def test_burn_rate_and_projection() -> None:
    now = NOON + 60 * MINUTE
    (block,) = found(NOON, NOON + 50 * MINUTE, now=now)
    rate, ahead = burn_rate(block), projection(block, now)
    assert rate is not None
    assert ahead is not None
    assert (rate.tokens_per_minute, rate.word) == (44.0, "normal")
    assert rate.cost_per_hour == 9_000_000_000 / 50 * 60
    assert ahead == (2200 + 44 * 240, 50_000_000_000, 240)  # $0.009 + $0.0432, to the cent
    assert burn_rate(found(NOON, now=now)[0]) is None
    assert burn_rate(found(NOON, NOON + MINUTE)[0]) is None


def test_the_indicator_leaves_cached_tokens_out() -> None:
    now = NOON + 2 * MINUTE
    words = []
    for count in (1999, 2000, 5000):
        (block,) = found(NOON, NOON + MINUTE, now=now, input=count // 2, output=count - count // 2 * 2, cache_read=9**9)
        block.sum.input, block.sum.output = count, 0
        rate = burn_rate(block)
        assert rate is not None
        words.append(rate.word)
    assert words == ["normal", "moderate", "high"]


def test_limits() -> None:
    now = NOON + 60 * MINUTE
    blocks = found(NOON - 10 * 24 * HOUR_MS, NOON, NOON + 50 * MINUTE, now=now)
    states = {}
    for limit in (12_760, 15_949, 15_951, 10**6):
        status = limit_status(blocks[-1], reported(blocks, now, limit=limit))
        assert status is not None
        states[limit] = status.state
    assert states == {12_760: "warning", 15_949: "warning", 15_951: "ok", 10**6: "ok"}
    status = limit_status(blocks[-1], reported(blocks, now, limit=12_759))
    assert status is not None
    assert (status.state, status.share) == ("exceeds", 12_760 / 12_759)
    assert limit_status(blocks[0], reported(blocks, now, limit=5)) is None


def test_the_largest_finished_block_of_those_left_is_the_limit() -> None:
    now = NOON + 60 * MINUTE
    blocks = found(NOON - 10 * 24 * HOUR_MS, NOON - 2 * 24 * HOUR_MS, NOON, NOON + 50 * MINUTE, now=now)
    blocks[0].sum.input = 10**6
    assert reported(blocks, now, limit="max").limit == 10**6 + 100
    assert reported(blocks, now, limit="max", recent=True).limit == 1100
    assert reported(blocks, now, limit="max", active=True).limit is None


def test_filters() -> None:
    now = NOON + 60 * MINUTE
    blocks = found(NOON - 10 * 24 * HOUR_MS, NOON - 2 * 24 * HOUR_MS, NOON, now=now)
    starts = [block.start for block in blocks]
    assert [b.start for b in reported(blocks, now, newest_first=True).blocks] == starts[::-1]
    assert [b.start for b in reported(blocks, now, active=True).blocks] == [NOON]
    assert len(reported(blocks, now, recent=True).blocks) == 3
    later = block_report(blocks, now=now, wanted=lambda start: start >= NOON)
    assert [block.start for block in later.blocks] == [NOON]


def test_a_limit_that_the_tool_tells_of_is_no_request() -> None:
    until = NOON + 3 * HOUR_MS
    note = record(NOON + MINUTE, flags=Flag.LIMIT.value, key=until, input=0, output=0)
    (block,) = find_blocks([record(NOON), note], pricer(), day_of, now=NOON)
    assert (block.entries, block.limited_until, block.last) == (1, until, NOON + MINUTE)


def test_without_a_price_there_is_no_cost_to_project() -> None:
    (block,) = found(NOON, NOON + MINUTE, now=NOON + MINUTE, model=UNKNOWN)
    rate, ahead = burn_rate(block), projection(block, NOON + MINUTE)
    assert rate is not None
    assert ahead is not None
    assert (rate.cost_per_hour, ahead.cost) == (None, None)
