"""Tables for people: aligned where they fit, blocks where they do not, nothing cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.cli.table import table
from aic_tui.text import cell_width, clean

ROWS = [("claude", "Claude", "/home/user/.claude/.credentials.json"), ("日本語", "x", "")]


def test_columns_stand_below_each_other() -> None:
    lines = table(("id", "name", "origin"), ROWS, 80).splitlines()
    assert lines[0] == "id      name    origin"
    assert lines[1] == "claude  Claude  /home/user/.claude/.credentials.json"
    assert lines[2] == "日本語  x"


def test_without_a_terminal_nothing_is_broken() -> None:
    assert table(("id", "text"), [("a", "x" * 500)], None).splitlines()[1].endswith("x" * 500)


def test_a_narrow_terminal_gets_one_block_per_row() -> None:
    assert table(("id", "name", "origin"), ROWS, 30).splitlines() == [
        "claude",
        "  name: Claude",
        "  origin: /home/user/.claude/.",
        "    credentials.json",
        "日本語",
        "  name: x",
    ]


def test_a_first_cell_that_is_too_long_is_broken_too() -> None:
    lines = table(("id", "x"), [("word " * 9 + "y" * 45, "")], 20).splitlines()
    assert max(map(len, lines)) <= 20
    assert "".join("".join(lines).split()) == "word" * 9 + "y" * 45


@pytest.mark.parametrize("width", [20, 24, 30])
def test_words_are_kept_whole_where_they_fit(width: int) -> None:
    words = "all of these words are short"
    assert " ".join(table(("a", "b"), [("k", words)], width).split()) == f"k b: {words}"


@given(
    st.lists(st.tuples(st.text(max_size=30), st.text(max_size=60), st.text(max_size=200)), min_size=1, max_size=4),
    st.integers(1, 120),
)
def test_every_width_holds_and_loses_nothing(rows: list[tuple[str, str, str]], width: int) -> None:
    cleaned = [tuple(clean(cell).replace(" ", "") for cell in row) for row in rows]
    text = table(("id", "name", "origin"), cleaned, width)
    room = max(width, 20)
    assert all(cell_width(line) <= room for line in text.splitlines())
    shown = "".join(text.split())
    assert all("".join(cell.split()) in shown for row in cleaned for cell in row)
