"""Outside text after ``clean`` is one harmless line, and ``cell_width`` measures it as Textual does."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from aic_tui.text import cell_width, clean, clean_or_none

PARTS = """
    \x1b \x1b[ \x1b] \x1bP \x9b \x9d \x90 \x07 \x1b\\ \x9c 31m 0;title \u202e \u2066 \u200b \ufeff \ud800 \ue000 \u200d
    \ufe0f [/red] [ 8;;
"""
HOSTILE = st.sampled_from([*PARTS.split(), "\n", "\t", "\u2028", "\x85"])
ANY_TEXT = st.lists(st.one_of(HOSTILE, st.text(max_size=8))).map("".join)


@given(ANY_TEXT)
@example("\x1b]0;owned\x07name")
def test_nothing_that_a_terminal_acts_on_survives(text: str) -> None:
    for char in clean(text):
        assert char == "\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@given(ANY_TEXT, st.integers(0, 60))
def test_cleaning_twice_changes_nothing_and_the_limit_holds(text: str, limit: int) -> None:
    once = clean(text, limit)
    assert len(once) <= limit
    assert clean(once, limit) == once


@given(ANY_TEXT)
@example("31m\u200d\u200d31m")
def test_width_is_what_the_screen_will_take(text: str) -> None:
    assert cell_width(clean(text)) == cell_len(clean(text))


def test_width_agrees_for_every_character_that_can_be_shown() -> None:
    wrong = [
        hex(code)
        for code in range(0x20, 0x110000)
        if (char := clean(chr(code))) and cell_width(f"{char}x") != cell_len(f"{char}x")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("outside", "inside"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;https://evil.test\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title", ""),
        ("\x1bPdevice\x1b\\ok", "ok"),
        ("\x9b2Jgone", "gone"),
        ("a\x1b", "a"),
        ("abc\u202edef", "abcdef"),
        ("two\nlines\tand tab", "two lines and tab"),
        ("[/red] [bold]", "[/red] [bold]"),
        ("日本語 モデル", "日本語 モデル"),
        ("👨\u200d👩\u200d👧 family", "👨\u200d👩\u200d👧 family"),
        ("e\u0301", "é"),
        ("❤\ufe0f", "❤"),
        ("joiner at the end\u200d", "joiner at the end"),
        (42, "42"),
    ],
)
def test_what_is_kept_and_what_goes(outside: object, inside: str) -> None:
    assert clean(outside) == inside


@pytest.mark.parametrize(("value", "kept"), [(None, None), (3, None), ("  ", None), ("\x1b[0m", None), (" a ", "a")])
def test_optional_text_is_a_string_or_nothing(value: object, kept: str | None) -> None:
    assert clean_or_none(value) == kept


@pytest.mark.parametrize(
    ("text", "cells"),
    [("abc", 3), ("日本", 4), ("👍", 2), ("👨\u200d👩\u200d👧", 2), ("n\u0303x", 2), ("●━╾", 3), ("👍🏽", 2), ("", 0)],
)
def test_cells(text: str, cells: int) -> None:
    assert cell_width(text) == cells


def test_names_of_models_are_never_taken_for_escape_codes() -> None:
    assert not re.search(r"\x1b|\x9b", clean("gpt-5 \x1b[2J\x9b2J [31m"))
    assert clean("gpt-5 [31m") == "gpt-5 [31m"
