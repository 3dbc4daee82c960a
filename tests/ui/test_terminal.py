"""What the dashboard sends to a real terminal when nobody asks it for anything, and who has the mouse."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.pty_program import PtyProgram

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")]

DEMO = [sys.executable, "-m", "aic_tui", "--demo"]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {"PATH": os.environ["PATH"], "PYTHONPATH": root, "LANG": "C.UTF-8", "HOME": str(tmp_path)}


def test_without_a_mouse_none_is_captured_until_m_is_pressed(environ: dict[str, str]) -> None:
    with PtyProgram([*DEMO, "--no-mouse"], environ=environ) as running:
        running.wait_for("q quit")
        running.pump(0.5)
        assert b"\x1b[?1000h" not in running.raw
        running.send(b"m")
        running.wait_for("The mouse works here")
        assert b"\x1b[?1000h" in running.raw
        before = len(running.raw)
        running.send(b"m")
        running.pump(5, lambda: b"\x1b[?1000l" in running.raw[before:])
        assert b"\x1b[?1000l" in running.raw[before:]


def test_an_idle_dashboard_writes_next_to_nothing(environ: dict[str, str]) -> None:
    with PtyProgram(DEMO, environ=environ, emulate=False) as running:
        running.wait_for_bytes(b" quit")
        running.pump(4)
        before, used = len(running.raw), running.cpu_seconds()
        running.pump(20)
        assert (len(running.raw) - before) / 20 < 600
        assert running.cpu_seconds() - used < 0.4


def test_a_colour_safe_start_over_ssh_uses_the_terminals_own_palette(environ: dict[str, str]) -> None:
    with PtyProgram(DEMO, environ={**environ, "SSH_CONNECTION": "a 1 b 2"}, emulate=False) as running:
        running.wait_for_bytes(b" quit")
        assert b"\x1b]11;?" not in running.raw
        assert b"38;2;" not in running.raw


def test_a_light_terminal_gets_the_light_theme(environ: dict[str, str]) -> None:
    with PtyProgram(DEMO, environ={**environ, "COLORFGBG": "0;15"}, emulate=False) as running:
        running.wait_for_bytes(b" quit")
        assert b"48;2;250;250;247" in running.raw
