"""Grids as tables, CSV and Markdown: nothing is cut, nothing is too wide, nothing private is shown."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aic_tui.cli.report_json import pretty
from aic_tui.reports.activity import activity
from aic_tui.reports.block_grids import block_grid, limit_warning, running_lines
from aic_tui.reports.blocks import block_report, find_blocks
from aic_tui.reports.calendar import calendar_lines, standing_out
from aic_tui.reports.fitted import fitted, wrapped
from aic_tui.reports.flat import csv_of, markdown_of
from aic_tui.reports.grid import Grid, Look, Money, short_id, short_model, span_words, text_of
from aic_tui.reports.grids import Options, model_grid, period_grid, session_grid
from aic_tui.reports.models import model_report
from aic_tui.reports.periods import period_report
from aic_tui.reports.sessions import session_report
from aic_tui.text import cell_width
from aic_tui.usage_records import Flag, NamedRow
from tests.report_cases import NOON, ROWS, SONNET, UNKNOWN, day_of, pricer, record, row

UTC = ZoneInfo("UTC")
LOOK = Look(UTC)
TODAY = date(2026, 5, 20)
PLAIN = Options(str.title)
FEW = [row(), row("2026-05-02", model=UNKNOWN, input=10**6), row("2026-06-01", source="codex", model="gpt-5.2-codex")]


def grids(rows: list[NamedRow], options: Options = PLAIN) -> list[Grid]:
    return [
        *(period_grid(period_report(kind, rows, pricer(), today=TODAY), options) for kind in ("daily", "monthly")),
        period_grid(period_report("weekly", rows, pricer(), today=TODAY, by_project=True), options),
        session_grid(session_report(rows, pricer()), options),
        model_grid(model_report(rows, pricer()), options),
    ]


@settings(max_examples=40)
@given(ROWS, st.integers(1, 200), st.booleans(), st.booleans())
def test_a_table_is_never_wider_than_the_terminal(rows: list[NamedRow], width: int, parts: bool, compact: bool) -> None:
    options = PLAIN._replace(breakdown=parts, by_agent=parts)
    for grid in grids(rows, options):
        lines = fitted(grid, width, LOOK, compact=compact).splitlines()
        assert all(cell_width(line) <= max(width, 12) for line in lines), lines


@settings(max_examples=40)
@given(ROWS)
def test_csv_has_as_many_cells_in_every_row(rows: list[NamedRow]) -> None:
    for grid in grids(rows, PLAIN._replace(breakdown=True)):
        table = list(csv.reader(io.StringIO(csv_of(grid, LOOK))))
        assert {len(line) for line in table} == {len(grid.columns)}
        assert len(table) == 1 + sum(line.level == 0 for line in grid.rows)
        assert not any(cell.startswith(("=", "+", "@")) for line in table for cell in line)


def test_a_wide_table() -> None:
    rule = "─" * 89
    assert fitted(grids(FEW)[0], 110, LOOK).splitlines() == [
        "Day             Input  Output  Cache write  Cache read      Total     Cost  Models",
        rule,
        "2026-05-01      1,000     100            0           0      1,100  <$0.01   sonnet-4-5",
        "2026-05-02  1,000,000     100            0           0  1,000,100     n/a   opus-4-99",
        "2026-06-01      1,000     100            0           0      1,100  <$0.01   gpt-5.2-codex",
        rule,
        "Total       1,002,000     300            0           0  1,002,300  ≈$0.01*",
    ]


def test_narrow_tables_do_without_cache_columns_then_models_then_long_numbers() -> None:
    grid = grids(FEW)[0]
    headings = {width: fitted(grid, width, LOOK).splitlines()[0].split() for width in (100, 70, 56, 40, 26)}
    assert headings[100] == ["Day", "Input", "Output", "Cache", "write", "Cache", "read", "Total", "Cost", "Models"]
    assert headings[70] == ["Day", "Input", "Output", "Total", "Cost", "Models"]
    assert headings[56] == ["Day", "Input", "Output", "Total", "Cost"]
    assert headings[26] == ["Day", "Total", "Cost"]
    assert "1,000,100" in fitted(grid, 56, LOOK)
    assert "1M" in fitted(grid, 40, LOOK)
    assert fitted(grid, 12, LOOK).splitlines()[:2] == ["2026-05-01", "  Total:"]


def test_compact_begins_with_what_no_narrow_table_has() -> None:
    assert fitted(grids(FEW)[0], 200, LOOK, compact=True).splitlines()[0].split()[-2:] == ["Total", "Cost"]


def test_a_long_list_of_models_goes_on_below() -> None:
    rows = [row(model=f"model-{number}") for number in range(12)]
    table = fitted(grids(rows)[0], 80, LOOK)
    assert table.count("model-") == 12
    assert len(table.splitlines()) > 5


def test_parts_of_a_row_stand_below_it() -> None:
    grid = grids([row(), row(source="codex", model="gpt-5.2-codex")], PLAIN._replace(breakdown=True, by_agent=True))[0]
    assert [line.split("  ")[1] for line in fitted(grid, None, LOOK).splitlines()[3:7]] == [
        "Claude",
        "Codex",
        "sonnet-4-5",
        "gpt-5.2-codex",
    ]


def test_two_kinds_of_cost_are_two_columns() -> None:
    rows = [row(), row("2026-05-02", flags=Flag.HAS_COST.value, cost=2 * 10**12)]
    table = fitted(grids(rows)[0], None, LOOK).splitlines()
    assert "Recorded  ≈ Cost" in table[0]
    assert "$2.00" in table[3]
    assert "$2.00" in table[-1]
    assert "2.00" not in table[-1].replace("$2.00", "")


def test_privacy_shows_neither_money_nor_projects() -> None:
    private = Look(UTC, privacy=True)
    rows = [row(), row(project="secret-plan", flags=Flag.HAS_COST.value, cost=7 * 10**12)]
    for grid in grids(rows, PLAIN._replace(privacy=True)):
        for text in (fitted(grid, None, private), csv_of(grid, private), markdown_of(grid, private)):
            assert not [word for word in ("$", "7.0", "0.0045", "secret", "home-u") if word in text]


def test_markdown_is_text_whatever_the_names_are() -> None:
    grid = grids([row(project="a|b", model="<b>*x*")])[2]
    lines = markdown_of(grid, LOOK).splitlines()
    assert r"a\|b" in lines[2]
    assert r"\<b\>\*x\*" in lines[2]
    assert lines[1].startswith("|---|---|---:|")
    assert lines[3].startswith("| **Total** |")


def test_a_name_that_a_spreadsheet_would_run_is_text() -> None:
    text = csv_of(grids([row(project='=HYPERLINK("x")')])[2], LOOK)
    assert '"\'=HYPERLINK(""x"")"' in text
    assert ",-home-u-app," in csv_of(grids([row()])[2], LOOK)


def test_blocks_for_people() -> None:
    now = NOON + 3_600_000
    stamps = (NOON - 86_400_000, NOON, NOON + 3_000_000)
    blocks = find_blocks([record(ts) for ts in stamps], pricer(), day_of, now=now)
    report = block_report(blocks, now=now, wanted=lambda _: True, limit=13_000)
    table = fitted(block_grid(report, PLAIN), None, LOOK).splitlines()
    assert table[3].strip() == "idle 19 h"
    assert "running" in table[4]
    assert "16%" in table[4]
    assert list(running_lines(report, PLAIN, LOOK)) == [
        "Running block (estimated): 12:00 to 17:00, 4 h left",
        "  so far     2,200 tokens · ≈$0.01",
        "  burn rate  44 tokens a minute, normal · ≈$0.01 an hour",
        "  projected  12,760 tokens · ≈$0.05 · at 17:00, if it goes on like this",
        "  limit      13,000 tokens: 16% used · 98% projected, close to it",
    ]
    assert limit_warning(report) == (
        "At this rate the running block comes to 12,760 tokens, close to the limit of 13,000."
    )
    assert limit_warning(report._replace(limit=10**6)) is None
    assert len(csv_of(block_grid(report, PLAIN._replace(breakdown=True)), LOOK).splitlines()) == 3


def test_the_calendar_has_a_year_where_there_is_room() -> None:
    graph = activity([row("2026-05-19"), row("2026-05-18", input=100)], pricer(), today=TODAY)
    for width, weeks, cell in ((120, 53, 2), (60, 53, 1), (40, 36, 1), (5, 1, 1)):
        lines = list(calendar_lines(graph, until=TODAY, width=width))
        assert max(len(line) for line in lines[1:8]) in range(4 + weeks * cell - 1, 4 + weeks * cell + 1)
    monday, tuesday, wednesday, thursday = list(calendar_lines(graph, until=TODAY, width=60))[1:5]
    assert (monday[-1], tuesday[-1], wednesday[-1]) == ("▒", "█", "·")
    assert len(thursday) < len(wednesday)
    assert "\n".join(calendar_lines(graph, until=TODAY, width=60, ascii_only=True)).isascii()


def test_what_stands_out_in_words() -> None:
    rows = [row("2026-05-18"), row("2026-05-19", input=9000)]
    graph = activity(rows, pricer(), today=TODAY, hours={23: 1})
    lines = list(standing_out(graph, LOOK, PLAIN))
    assert "  streak     2 days now, 2 days the longest" in lines
    assert "  peak hour  23:00 to 00:00" in lines
    assert "  best day   2026-05-19 · 9,100 tokens · ≈$0.03" in lines
    assert not any("$" in line for line in standing_out(graph, LOOK, PLAIN._replace(costs=False)))


@pytest.mark.parametrize(
    ("name", "short"),
    [
        (SONNET, "sonnet-4-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "sonnet-4-5-20250929-v1:0"),
        ("openrouter/z-ai/glm-4.7", "glm-4.7"),
        ("claude-", "claude-"),
        ("gpt-5.2-codex", "gpt-5.2-codex"),
    ],
)
def test_models_in_short(name: str, short: str) -> None:
    assert short_model(name) == short


def test_sessions_in_short() -> None:
    assert short_id("11111111-1111-4111-8111-111111111111") == "11111111"
    assert short_id("2026/05/01/rollout-2026-05-01T10-00-00-01970000-0000-7000-8000-00000000000a") == "…000000000a"
    assert short_id("T-1") == "T-1"


@pytest.mark.parametrize(
    ("ms", "words"),
    [(0, "–"), (999, "–"), (1000, "1 s"), (60_000, "1 m"), (3_600_000, "1 h"), (93_600_000, "1 d 2 h"), (-5, "–")],
)
def test_lengths_of_time(ms: int, words: str) -> None:
    assert span_words(ms) == words


def test_money_for_people() -> None:
    texts = [text_of(Money(pico, *marks), "money", LOOK) for pico, marks in _AMOUNTS]
    assert texts == ["n/a", "≈$1.50", "$1.50", "<$0.01", "≈$1.50*", "≈$0.00"]


_AMOUNTS: tuple[tuple[int | None, tuple[bool, ...]], ...] = (
    (None, ()),
    (1_500_000_000_000, (True,)),
    (1_500_000_000_000, (False,)),
    (1_000_000_000, (True,)),
    (1_500_000_000_000, (True, True)),
    (0, (True,)),
)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_documents_are_written_as_by_json_itself(value: object) -> None:
    assert pretty(value) == json.dumps(value, indent=2, ensure_ascii=False)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": b""}])
def test_what_json_has_not_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        pretty(value)


def test_wrapping_keeps_the_indent() -> None:
    assert list(wrapped("  one two three", 9)) == ["  one two", "  three"]
    assert list(wrapped("  one two three", None)) == ["  one two three"]
