"""Running dashboards and what happens to config.toml under them."""

from __future__ import annotations

import re
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli_home import Home
from tests.pty_program import PtyProgram

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals")]

APP = [sys.executable, "-m", "aic_tui"]
SECONDS = 2.0
SLACK_SECONDS = 1.0  # for a machine that does other things as well


def config(*names: str) -> str:
    """Accounts without keys, so that nobody is asked."""
    tables = [
        f"[accounts.a{number}]\nprovider = 'deepseek'\nname = '{name}'\nkey = 'env:NO_KEY_{number}'\n"
        for number, name in enumerate(names)
    ]
    return "\n".join(["version = 1", "[general]", "theme = 'textual-dark'", *tables])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.write_config(config("Albatross"))
    return home


def replaced(home: Home, text: str) -> None:
    draft = home.paths.config / "draft"
    draft.write_text(text, encoding="utf-8")
    draft.replace(home.paths.config_file)


def started(stack: ExitStack, home: Home) -> PtyProgram:
    """One after the other: a terminal that nobody reads does not answer the program's questions."""
    program = stack.enter_context(PtyProgram(APP, environ=home.variables))
    program.wait_for("no key")
    return program


def soon(program: PtyProgram, text: str) -> None:
    """The screen shows ``text`` as early as promised."""
    before = time.monotonic()
    program.wait_for(text)
    assert time.monotonic() - before < SECONDS + SLACK_SECONDS


def test_a_change_of_any_kind_is_on_show_within_two_seconds(home: Home) -> None:
    with PtyProgram(APP, environ=home.variables) as program:
        program.wait_for("Albatross")
        program.wait_for("no key")
        replaced(home, config("Buzzard"))
        soon(program, "Buzzard")
        home.paths.config_file.write_text(config("Buzzard", "Condor"), encoding="utf-8")
        soon(program, "Condor")
        for broken in ("[general\n", "\0", "version = 1\nx = 'a\n"):
            home.paths.config_file.write_text(broken, encoding="utf-8")
            soon(program, "config.toml")
            assert program.wait(0.05) is None
            assert home.paths.config_file.read_text(encoding="utf-8") == broken
            replaced(home, config(f"Egret{len(broken)}"))
            soon(program, f"Egret{len(broken)}")
        home.paths.config_file.unlink()
        program.pump(SECONDS)
        replaced(home, config("Falcon"))
        soon(program, "Falcon")
        home.paths.config_file.unlink()
        home.paths.config_file.mkdir()
        program.pump(SECONDS)
        home.paths.config_file.rmdir()
        replaced(home, config("Goshawk"))
        soon(program, "Goshawk")
        program.send("q")
        assert program.wait(5) == 0
        assert b"Traceback" not in program.raw


def test_two_dashboards_and_a_verb_agree(home: Home) -> None:
    with ExitStack() as stack:
        left, right = (started(stack, home) for _ in range(2))
        for name in ("Heron", "Ibis", "Jackdaw"):
            done = home.run("config", "set", "accounts.a0.name", name)
            assert done.returncode == 0, done.stderr
            soon(left, name)
            soon(right, name)
        left.send(",")
        left.wait_for("Settings")
        home.run("config", "set", "warn_percent", "55")
        assert left.pump(SECONDS + SLACK_SECONDS, lambda: re.search(r"\b55\b", left.text) is not None), left.text
        for program in (left, right):
            program.send("q")
            assert program.wait(5) == 0
            assert b"Traceback" not in program.raw
    assert home.run("config", "get", "accounts.a0.name").stdout == "Jackdaw\n"
