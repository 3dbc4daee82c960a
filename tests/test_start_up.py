"""What is loaded when: the first frame and the quick verbs must not pay for what they do not use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aic_tui.models import AccountState
from tests.cli_home import Home
from tests.pty_program import PtyProgram

HEAVY = ("httpx", "httpcore", "keyring", "plotext", "pydantic", "msgspec", "tomli_w")
SCREEN = ("textual", "rich")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def loaded_by(home: Home, *arguments: str) -> set[str]:
    """Names of the modules that a verb has loaded at its end, by Python's own account of imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "aic_tui", *arguments],
        env=home.variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("--help",),
        ("usage", "--help"),
        ("usage", "--json"),
        ("usage",),
        ("--once",),
        ("history", "--json"),
        ("config", "show"),
        ("config", "path"),
        ("--demo", "--once"),
    ],
    ids=" ".join,
)
def test_quick_verbs_load_neither_a_screen_nor_the_network(home: Home, arguments: tuple[str, ...]) -> None:
    # a provider's own file, which brings pydantic, is needed for the name of an account that was never asked only
    home.write_config('[accounts.a]\nprovider = "deepseek"\n')
    home.remember(AccountState("a", "deepseek", "DeepSeek", "DeepSeek"))
    modules = loaded_by(home, *arguments)
    assert "aic_tui" in modules
    assert not modules & {*HEAVY, *SCREEN}


@pytest.mark.parametrize(
    "arguments",
    [
        ("usage", "--json"),
        ("--once",),
        ("refresh",),
        ("discover", "--json"),
        ("providers", "list"),
        ("doctor", "--json"),
    ],
    ids=" ".join,
)
def test_no_verb_loads_textual(home: Home, arguments: tuple[str, ...]) -> None:
    assert not loaded_by(home, *arguments) & {"textual", "plotext"}


def test_a_warm_report_loads_only_what_it_reads_with(home: Home) -> None:
    log = home.path / ".claude" / "projects" / "p" / "s.jsonl"
    log.parent.mkdir(parents=True)
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "model": "claude-sonnet-4-5", "usage": usage}
    line = {"type": "assistant", "timestamp": "2026-05-01T10:00:00.000Z", "requestId": "r", "message": message}
    log.write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert home.json("daily")["totals"]["totalTokens"] == 2
    modules = loaded_by(home, "daily", "--json")
    assert "aic_tui.reports.periods" in modules
    unwanted = {*HEAVY, *SCREEN, "asyncio", "logging", "aic_tui.logs.claude"}
    if "coverage" not in modules:  # which has its own needs
        unwanted |= {"decimal", "hashlib", "shutil"}
    assert modules & unwanted == set()


def test_the_version_needs_next_to_nothing(home: Home) -> None:
    ours = {name for name in loaded_by(home, "--version") if name.startswith("aic_tui")}
    assert ours <= {"aic_tui", "aic_tui.__main__"}
    assert "argparse" not in loaded_by(home, "--version")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals")
@pytest.mark.parametrize("what", ["demo-modules", "live-modules"])
def test_the_first_frame_waits_for_nothing_heavy(home: Home, tmp_path: Path, what: str) -> None:
    file = tmp_path / "modules"
    home.environ |= {"OPENROUTER_API_KEY": "sk-or-v1-kAnarie9Vogel7Qz3xW5", "PYTHONPATH": str(Path.cwd())}
    argv = [sys.executable, "-m", "tests.dashboard_driver", what, str(file)]
    with PtyProgram(argv, environ=home.variables) as program:
        program.wait_for("quit")
        assert program.pump(10, file.exists)
        program.send("q")
        assert program.wait(5) == 0
    modules = set(file.read_text().splitlines())
    assert "textual.app" in modules
    assert not modules & set(HEAVY)
