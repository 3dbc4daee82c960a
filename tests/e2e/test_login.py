"""A login from the first key to the last trace of it: the real program on a real terminal, with GitHub on loopback."""

from __future__ import annotations

import base64
import json
import signal
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.cli_home import Home
from tests.github import GitHub
from tests.loopback import Loopback
from tests.pty_program import PtyProgram

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="ptys")]

ARGV = [sys.executable, "-m", "aic_tui", "auth", "login"]


@pytest.fixture
def github(server: Loopback) -> GitHub:
    return GitHub(server, interval=1)


@pytest.fixture
def home(tmp_path: Path, github: GitHub) -> Home:
    """A machine without D-Bus, and one account at that GitHub; everything is logged."""
    made = Home(tmp_path / "home", {"AIC_LOG_LEVEL": "trace"})
    places = f'login_url = "{github.url}"\nbase_url = "{github.url}"\n'
    made.write_config(f'version = 1\n[accounts.copilot]\nprovider = "copilot"\n{places}')
    return made


def forms(secret: str) -> set[bytes]:
    """The secret as it may have been written: as it is, encoded, or its two ends."""
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {form.encode() for form in (secret, encoded, quote(secret, safe=""), secret[4:20], secret[-12:])}


def holders(home: Home, secret: str) -> set[str]:
    found = {path for path in home.path.rglob("*") if path.is_file()}
    return {path.name for path in found if any(form in path.read_bytes() for form in forms(secret))}


def test_login_figures_restart_logout_and_no_trace_left(home: Home, github: GitHub) -> None:
    written = bytearray()
    with PtyProgram([*ARGV, "--store", "file"], environ=home.variables) as program:
        program.wait_for("/login/device")
        program.wait_for(github.user_code)
        assert "read:user" in program.text
        github.approve()
        program.wait_for("signed in as octo-fake")
        program.wait_for("used")
        assert program.wait(10) == 0
        written += program.raw
    assert github.early == []
    outputs = [written]
    row = json.loads(run(home, outputs, "usage", "--json"))["providers"][0]
    assert (row["account_name"], row["plan"], row["status"]) == ("octo-fake", "Pro", "ok")
    assert json.loads(run(home, outputs, "auth", "status", "--json"))["is_authenticated"]
    with PtyProgram([sys.executable, "-m", "aic_tui"], environ=home.variables) as program:
        program.wait_for("Copilot")
        program.send("q")
        assert program.wait(10) == 0
        outputs.append(program.raw)
    assert holders(home, github.token) == {"secrets.toml"}
    run(home, outputs, "doctor")
    assert "signed out" in run(home, outputs, "auth", "logout", "--yes")
    row = json.loads(run(home, outputs, "usage", "--json"))["providers"][0]
    assert (row["account_name"], row["windows"], row["status"]) == (None, [], "not_configured")
    assert not json.loads(run(home, outputs, "auth", "status", "--json"))["is_authenticated"]
    assert holders(home, github.token) == holders(home, github.device_code) == set()
    for output in outputs:
        assert not any(form in output for secret in (github.token, github.device_code) for form in forms(secret))


def run(home: Home, outputs: list[bytearray], *arguments: str) -> str:
    """One verb that must succeed; what it wrote is swept later."""
    done = home.run(*arguments)
    assert done.returncode == 0, done.stderr
    outputs.append(bytearray((done.stdout + done.stderr).encode()))
    return done.stdout


def test_without_a_keyring_a_no_leaves_nothing_and_a_yes_keeps_it(home: Home, github: GitHub) -> None:
    config = home.paths.config_file.read_bytes()
    for answer in ("n", "y"):
        with PtyProgram(ARGV, environ=home.variables) as program:
            program.wait_for("/login/device")
            github.approve()
            program.wait_for("[y/N]")
            assert holders(home, github.token) == set()
            program.send(f"{answer}\r")
            assert program.wait(10) == (0 if answer == "y" else 1)
            assert "Traceback" not in program.text
        if answer == "n":
            assert holders(home, github.token) == set()
            assert not list(home.paths.data.glob("secrets*"))
            assert home.paths.config_file.read_bytes() == config
            assert not home.json("auth", "status")["is_authenticated"]
    assert holders(home, github.token) == {"secrets.toml"}
    assert home.json("auth", "status")["username"] == "octo-fake"


def test_leaving_at_the_question_keeps_nothing(home: Home, github: GitHub) -> None:
    with PtyProgram(ARGV, environ=home.variables) as program:
        program.wait_for("/login/device")
        github.approve()
        program.wait_for("[y/N]")
        program.send("\x03")
        assert program.wait(5) == 130
        assert "Traceback" not in program.text
    assert holders(home, github.token) == set()
    assert not list(home.paths.data.glob("secrets*"))


@pytest.mark.parametrize("how", ["key", "signal"])
def test_leaving_while_it_waits_asks_nothing_more(home: Home, github: GitHub, how: str) -> None:
    with PtyProgram([*ARGV, "--store", "file"], environ=home.variables) as program:
        program.wait_for("/login/device")
        if how == "key":
            program.send("\x03")
        else:
            program.signal(signal.SIGTERM)
        assert program.wait(5) == (130 if how == "key" else 143)
        asked = len(github.polls)
        github.approve()
        program.pump(2.0)
        assert len(github.polls) == asked
    assert holders(home, github.token) == set()
    assert not home.json("auth", "status")["token_invalid"]
