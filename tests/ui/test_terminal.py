"""What a real terminal gets: restored after every way out, nothing but our own bytes, and no locals after a crash."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.pty_program import PtyProgram

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")]

PROGRAM = """
import contextlib, os, sys
from pathlib import Path
from aic_tui.environment import Environment, Paths
from aic_tui.services.demo import DemoMonitor
from aic_tui.ui.launch import run_dashboard

here = Path(sys.argv[1])
env = Environment(paths=Paths(here, here, here, here), home=here, environ=dict(os.environ))

class Monitor(DemoMonitor):
    async def run(self):
        if "worker" in sys.argv:
            canary = "sk-canary-" + "0123456789"
            raise RuntimeError(canary)
        await super().run()

    async def aclose(self):
        with contextlib.suppress(OSError):
            os.write(1, b"closed")

    def states(self):
        if "crash" in sys.argv and getattr(self, "asked", False):
            canary = "sk-canary-" + "0123456789"
            raise RuntimeError(canary)
        self.asked = True
        return super().states()

monitor = Monitor(env)
if "crash" in sys.argv:
    import threading
    threading.Timer(1.0, lambda: [callback(None) for callback in monitor._callbacks]).start()
sys.exit(run_dashboard(env, monitor, report_crash=lambda error: f"report of {type(error).__name__}"))
"""
LEFT = (b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?2004l", b"\x1b[?25h")


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    return [sys.executable, str(script), str(tmp_path)]


@pytest.fixture
def environ() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {"PATH": os.environ["PATH"], "PYTHONPATH": root, "LANG": "C.UTF-8", "HOME": "/nonexistent"}


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)], ids=["TERM", "HUP", "INT"]
)
def test_signals_restore_the_terminal(program: list[str], environ: dict[str, str], number: int, code: int) -> None:
    with PtyProgram(program, environ=environ) as running:
        running.wait_for("q quit")
        running.pump(0.5)
        before, started = len(running.raw), time.monotonic()
        os.kill(running.pid, number)
        running.pump(5, lambda: b"closed" in running.raw[before:])
        assert running.wait(5) == code
        assert time.monotonic() - started < 3
        assert all(sequence in running.raw[before:] for sequence in LEFT)


def test_a_lost_terminal_ends_the_program(program: list[str], environ: dict[str, str]) -> None:
    with PtyProgram(program, environ=environ) as running:
        running.wait_for("q quit")
        running.pump(0.5)
        running.close_terminal()
        assert running.wait(8) == 129


def test_q_leaves_with_0_and_closes_the_monitor(program: list[str], environ: dict[str, str]) -> None:
    with PtyProgram(program, environ=environ) as running:
        running.wait_for("q quit")
        running.send(b"q")
        running.pump(5, lambda: b"closed" in running.raw)
        assert running.wait(5) == 0
        assert running.raw.rfind(b"closed") > running.raw.rfind(b"\x1b[?1049l")


def test_a_crash_prints_one_sentence_and_no_values(program: list[str], environ: dict[str, str]) -> None:
    with PtyProgram([*program, "crash"], environ=environ) as running:
        running.pump(15, lambda: b"report of RuntimeError" in running.raw)
        running.pump(1)
        assert running.wait(5) == 1
        assert b"report of RuntimeError" in running.raw
        assert b"Traceback" not in running.raw
        assert b"canary" not in running.raw
        assert all(sequence in running.raw for sequence in LEFT)


def test_a_broken_worker_prints_no_values(program: list[str], environ: dict[str, str]) -> None:
    with PtyProgram([*program, "worker"], environ=environ) as running:
        running.wait_for("report of RuntimeError")
        assert "Claude" in running.text
        assert b"canary" not in running.raw


def test_without_a_mouse_nothing_is_switched_on(program: list[str], environ: dict[str, str]) -> None:
    script = Path(program[1])
    script.write_text(
        script.read_text().replace(
            "Monitor(env)",
            "Monitor(env, __import__('aic_tui.config.settings', fromlist=['x']).Config(settings="
            "__import__('aic_tui.config.settings', fromlist=['x']).Settings(mouse=False)))",
            1,
        )
    )
    with PtyProgram(program, environ=environ) as running:
        running.wait_for("q quit")
        assert b"\x1b[?1000h" not in running.raw
        running.send(b"m")
        running.wait_for("The mouse works here")
        assert b"\x1b[?1000h" in running.raw


def test_an_idle_dashboard_writes_next_to_nothing(program: list[str], environ: dict[str, str]) -> None:
    with PtyProgram(program, environ=environ, emulate=False) as running:
        running.wait_for_bytes(b" quit")
        running.pump(4)
        before = len(running.raw)
        running.pump(20)
        assert (len(running.raw) - before) / 20 < 600


def test_nothing_heavy_is_loaded_before_the_first_frame(environ: dict[str, str]) -> None:
    code = """
import sys
from aic_tui.ui import launch
assert not [name for name in sys.modules if name.startswith(("textual", "rich"))]
import aic_tui.app
heavy = ("httpx", "keyring", "plotext", "pydantic", "msgspec", "sqlite3", "aic_tui.view.detail")
print([name for name in heavy if name in sys.modules])
"""
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
