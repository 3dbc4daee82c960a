"""Themes, the terminal's background, filter and sort, and outcomes: the parts of the screen without a screen."""

from __future__ import annotations

import os
import pty
import threading
import time
from datetime import timedelta

import pytest
from textual.app import App

from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, Reason
from aic_tui.models import Failure
from aic_tui.services.monitor import Outcome
from aic_tui.ui.background import BackgroundProbe, light_by_variable, light_in_answer
from aic_tui.ui.order import COLUMNS, Order, looks_like_key, matching, ordered
from aic_tui.ui.outcomes import outcome_words, outcomes_sentence
from aic_tui.ui.themes import OWN_THEMES, _contrast, choose_theme, next_theme, tone_styles
from aic_tui.view.spans import Tone, ViewOptions
from tests.ui.fakes import BERLIN, account, failing

KNOWN = ["aic-dark", "aic-light", "aic-safe", "ansi-dark", "ansi-light", "nord"]


@pytest.mark.parametrize(
    ("setting", "remembered", "environ", "light", "expected"),
    [
        ("auto", None, {}, False, "aic-dark"),
        ("auto", None, {}, True, "aic-light"),
        ("auto", None, {"TMUX": "/tmp/x"}, False, "ansi-dark"),
        ("auto", None, {"SSH_CONNECTION": "1"}, True, "ansi-light"),
        ("auto", "nord", {"TMUX": "/tmp/x"}, False, "nord"),
        ("nord", "aic-light", {}, False, "nord"),
        ("no-such-theme", None, {}, False, "aic-dark"),
        ("auto", "no-such-theme", {}, False, "aic-dark"),
        ("nord", None, {"NO_COLOR": ""}, False, "ansi-dark"),
    ],
)
def test_the_first_theme(
    setting: str, remembered: str | None, environ: dict[str, str], light: bool, expected: str
) -> None:
    assert choose_theme(setting, remembered, KNOWN, environ, light=light) == expected


def test_next_theme_comes_round_to_all_of_them() -> None:
    seen, current = [], "aic-dark"
    for _ in KNOWN:
        seen.append(current)
        current = next_theme(current, KNOWN)
    assert sorted(seen) == sorted(KNOWN)
    assert current == "aic-dark"
    assert next_theme("gone", KNOWN) == "aic-dark"


def test_every_tone_can_be_read_in_every_theme() -> None:
    app: App[None] = App()
    for theme in OWN_THEMES:
        app.register_theme(theme)
    from textual.color import Color

    for theme in app.available_themes.values():
        variables = theme.to_color_system().generate() | theme.variables
        styles = tone_styles(theme, variables)
        assert set(styles) == set(Tone)
        if theme.ansi:
            continue
        background = Color.parse(variables["background"])
        for tone, style in styles.items():
            assert style.color is not None
            least = 1.5 if tone is Tone.TRACK else 4.5
            if _contrast(Color.parse(variables["foreground"]), background) >= 4.6:
                assert _contrast(Color.from_rich_color(style.color), background) >= least, (theme.name, tone)


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\", True),
        (b"\x1b]11;rgb:0000/0000/0000\x07", False),
        (b"\x1b]11;rgb:fd/f6/e3\x07", True),
        (b"\x1b]11;rgba:1e1e/1e1e/2e2e/ffff\x1b\\\x1b[?62c", False),
        (b"\x1b[?62;22c", None),
        (b"", None),
        (b"\x1b]11;rgb:zz/00/00\x07", None),
    ],
)
def test_the_terminals_answer(answer: bytes, light: bool | None) -> None:
    assert light_in_answer(answer) is light


@pytest.mark.parametrize(
    ("value", "light"),
    [("0;15", True), ("15;0", False), ("0;default;7", True), ("", None), ("x", None), ("0;8", False)],
)
def test_colorfgbg(value: str, light: bool | None) -> None:
    assert light_by_variable({"COLORFGBG": value}) is light


def _terminal(replies: bytes, environ: dict[str, str]) -> tuple[bool, float, bytes]:
    """What a probe makes of a terminal that answers ``replies``: the answer, the seconds, and what it was asked."""
    import termios

    main, side = pty.openpty()
    asked = b""

    def answer() -> None:
        nonlocal asked
        asked = os.read(main, 100)
        if replies:
            os.write(main, replies)

    thread = threading.Thread(target=answer, daemon=True)
    before = termios.tcgetattr(side)
    try:
        started = time.monotonic()
        probe = _foreground_probe(environ, side)
        if not environ:
            thread.start()
        light = probe.answer()
        took = time.monotonic() - started
        assert termios.tcgetattr(side) == before
        return light, took, asked
    finally:
        os.close(side)
        os.close(main)


def _foreground_probe(environ: dict[str, str], fd: int) -> BackgroundProbe:
    return BackgroundProbe(environ, fd, is_foreground=lambda _fd: True)


def test_a_light_terminal_says_so() -> None:
    light, _, asked = _terminal(b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62;22c", {})
    assert light
    assert asked.endswith(b"\x1b[c")


def test_the_fence_ends_the_wait_for_a_terminal_that_does_not_know() -> None:
    light, took, _ = _terminal(b"\x1b[?62;22c", {})
    assert not light
    assert took < 0.12


def test_a_silent_terminal_costs_a_sixth_of_a_second_at_most() -> None:
    light, took, _ = _terminal(b"", {})
    assert not light
    assert took < 0.5


def test_nothing_is_asked_over_ssh_or_when_a_variable_tells() -> None:
    for environ in ({"SSH_CONNECTION": "1 2 3 4"}, {"COLORFGBG": "0;15"}):
        light, took, asked = _terminal(b"", environ)
        assert light is ("COLORFGBG" in environ)
        assert took < 0.1
        assert asked == b""


@pytest.fixture
def options(env: Environment) -> ViewOptions:
    return ViewOptions(now=env.now(), zone=BERLIN)


def test_every_order_keeps_every_account(options: ViewOptions) -> None:
    states = [account(number, options.now, ratio) for number, ratio in enumerate((0.2, None, 0.9, 1.0))]
    states.append(failing(account(9, options.now), Failure(FailureKind.AUTH_NEEDED, options.now, Reason.KEY_REJECTED)))
    order = Order()
    for _ in COLUMNS:
        for one in (order, order.turned()):
            assert sorted(s.account_id for s in ordered(states, one, options)) == ["a0", "a1", "a2", "a3", "a9"]
            assert Order.read(one.saved()) == one
        order = order.next()
    assert order == Order()


def test_orders_say_what_they_do(options: ViewOptions) -> None:
    states = [account(number, options.now, ratio) for number, ratio in enumerate((0.2, None, 0.9, 1.0))]
    by_used = [s.account_id for s in ordered(states, Order("used"), options)]
    assert by_used == ["a3", "a2", "a0", "a1"]
    assert [s.account_id for s in ordered(states, Order("used", reverse=True), options)] == ["a0", "a2", "a3", "a1"]
    assert ordered(states, Order("status"), options)[0].account_id == "a3"
    assert Order.read("rubbish:reverse") == Order.read(None) == Order()


def test_the_filter_searches_what_is_visible(options: ViewOptions) -> None:
    from dataclasses import replace

    states = [account(1, options.now), account(2, options.now)]
    assert [s.account_id for s in matching(states, "ACCOUNT 02", options)] == ["a2"]
    hidden = replace(options, privacy=True)
    assert matching(states, "account", hidden) == []
    assert len(matching(states, "provider", hidden)) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sk-ant-oat01-abc", True),
        ("ghp_16charsofstuff", True),
        ("AIzaSyA-1", True),
        ("a1b2c3d4e5f6a7b8c9d0e1f2a3b4", True),
        ("claude", False),
        ("openrouter work account", False),
        ("sk", False),
        ("internationalisation-and-more", False),
    ],
)
def test_what_looks_like_a_key(text: str, expected: bool) -> None:
    assert looks_like_key(text) is expected


def test_what_a_toast_says_about_a_refresh(options: ViewOptions) -> None:
    later = options.now + timedelta(minutes=20)
    waits = Outcome("a", asked=False, until=later, why="floor")
    assert outcomes_sentence([Outcome("a", asked=True)], "Claude", options) == "Asking Claude."
    assert outcomes_sentence([waits], "Claude", options).startswith("Claude may be asked again at 09:20")
    assert "needs a look" in outcomes_sentence([Outcome("a", asked=False, why="parked")], "X", options)
    both = outcomes_sentence([Outcome("b", asked=True), waits], None, options)
    assert both == "Asking 1 account; 1 may not be asked now, the first again at 09:20."
    assert outcomes_sentence([waits, waits], None, options).startswith("None of 2 accounts may be asked now")
    assert outcomes_sentence([], None, options) == "There is no account to ask."


def test_the_few_words_over_a_strip(options: ViewOptions) -> None:
    waits = Outcome("a", asked=False, until=options.now + timedelta(minutes=20), why="floor")
    assert outcome_words([waits], "Claude", options) == "Claude: at 09:20"
    assert outcome_words([Outcome("a", asked=True)], "Claude", options) == "Claude: asking"
    assert outcome_words([Outcome("a", asked=False, why="parked")], "Claude", options) == "Claude: needs you"
    assert outcome_words([Outcome("a", asked=True), waits], None, options) == "Asking 1 of 2"
