"""The dashboard on a real terminal: how it begins, and that it always ends in order."""

from __future__ import annotations

import os
import re
import signal
import stat
import sys
import time
from pathlib import Path

import pytest

from tests.cli_home import Home
from tests.dashboard_driver import CANARY
from tests.pty_program import PtyProgram

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals")]

DEMO = [sys.executable, "-m", "aic_tui", "--demo"]
STANDS = "12 accounts"
# What a program has to take back: name, what switches it on, what switches it off.
MODES = (
    ("alternate screen", b"\x1b[?1049h", b"\x1b[?1049l"),
    ("hidden cursor", b"\x1b[?25l", b"\x1b[?25h"),
    ("mouse", b"\x1b[?1000h", b"\x1b[?1000l"),
    ("mouse movement", b"\x1b[?1003h", b"\x1b[?1003l"),
    ("bracketed paste", b"\x1b[?2004h", b"\x1b[?2004l"),
    ("focus", b"\x1b[?1004h", b"\x1b[?1004l"),
    ("kitty keys", b"\x1b[>1u", b"\x1b[<u"),
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def assert_restored(raw: bytes) -> None:
    """Whatever was switched on has been switched off after it."""
    assert b"\x1b[?1049h" in raw, "no full screen was ever drawn"
    left = [name for name, on, off in MODES if raw.rfind(on) > raw.rfind(off)]
    assert not left, f"still on: {left}"


def started(home: Home, *more: str, argv: list[str] | None = None) -> PtyProgram:
    return PtyProgram([*(argv or DEMO), *more], environ=home.variables)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["SIGTERM", "SIGHUP"])
def test_a_signal_restores_the_terminal(home: Home, number: int, code: int) -> None:
    with started(home) as program:
        program.wait_for(STANDS)
        before = time.monotonic()
        program.signal(number)
        assert program.wait(5) == code
        assert time.monotonic() - before < 2
        assert_restored(bytes(program.raw))
        assert "Traceback" not in program.text


@pytest.mark.parametrize("key", ["q", "\x03"], ids=["q", "ctrl+c"])
def test_leaving_by_key(home: Home, key: str) -> None:
    with started(home) as program:
        program.wait_for(STANDS)
        program.send(key)
        assert program.wait(5) == 0
        assert_restored(bytes(program.raw))


def test_escape_never_leaves(home: Home) -> None:
    with started(home) as program:
        program.wait_for(STANDS)
        program.send("\x1b")
        program.pump(1)
        assert program.wait(0.2) is None


def test_a_terminal_that_is_gone_ends_the_program(home: Home) -> None:
    with started(home) as program:
        program.wait_for(STANDS)
        program.close_terminal()
        assert program.wait(3) == 129


def test_a_terminal_that_is_gone_is_noticed_where_signals_are_ignored(home: Home) -> None:
    # as under nohup or some wrappers: the program never gets its SIGHUP
    argv = ["/bin/sh", "-c", "trap '' HUP; exec \"$0\" -m aic_tui --demo", sys.executable]
    with started(home, argv=argv) as program:
        program.wait_for(STANDS)
        program.close_terminal()
        assert program.wait(9) == 129


def test_the_first_screen_fits_and_names_the_way_out(home: Home) -> None:
    with PtyProgram(DEMO, columns=80, rows=24, environ=home.variables) as program:
        program.wait_for(STANDS)
        program.wait_for("quit")
        assert "Claude" in program.text
        program.resize(30, 10)
        program.pump(1)
        assert program.wait(0.1) is None
        program.send("q")
        assert program.wait(5) == 0


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_understands_nothing_gets_plain_text(home: Home, term: str) -> None:
    with PtyProgram(DEMO, columns=80, rows=24, environ={**home.variables, "TERM": term}) as program:
        assert program.wait(10) == 0
        program.pump(0.5)
        assert STANDS.encode() in program.raw
        assert b"\x1b" not in program.raw


def test_no_mouse(home: Home) -> None:
    with started(home, "--no-mouse") as program:
        program.wait_for(STANDS)
        program.send("q")
        program.wait(5)
        assert b"\x1b[?1000h" not in program.raw


def test_privacy_and_theme_are_taken_from_the_command_line(home: Home) -> None:
    with started(home, "--privacy", "--theme", "nord") as program:
        program.wait_for(STANDS)
        program.pump(1)
        assert "$" not in program.text
        program.send("q")
        assert program.wait(5) == 0


def test_a_crash_says_one_sentence_and_leaves_a_private_report(home: Home, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "tests.dashboard_driver", "crash", str(tmp_path / "unused")]
    with PtyProgram(argv, environ={**home.variables, "PYTHONPATH": os.getcwd()}) as program:  # noqa: PTH109
        assert program.wait(20) == 1
        raw = bytes(program.raw)
        assert_restored(raw)
        assert "aic-tui met an error of its own (ValueError)" in re.sub(r"\s+", " ", program.text)
    assert "Traceback" not in program.text
    (report,) = home.paths.state.glob("crash-*.txt")
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text(encoding="utf-8")
    assert "ValueError: nothing to do with …" in text
    for secret in (CANARY, "kAnarie9"):
        assert secret.encode() not in raw
        assert secret not in text


@pytest.mark.parametrize("stop", [signal.SIGSTOP, signal.SIGTSTP])
def test_stopping_and_going_on(home: Home, stop: signal.Signals) -> None:
    with started(home) as program:
        program.wait_for(STANDS)
        assert "% left" not in program.text
        program.signal(stop)
        program.wait_until_stopped()
        program.signal(signal.SIGCONT)
        program.send("u")
        program.wait_for("% left")
        program.send("q")
        assert program.wait(5) == 0
