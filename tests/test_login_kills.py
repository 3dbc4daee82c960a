"""kill -9 between the token's arrival and its place: afterwards the account is signed in and works, or it is not."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli_home import Home
from tests.github import GitHub
from tests.login_world import files_with
from tests.loopback import Answer, Loopback

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="kill -9")]

NULL = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
LONGEST_SECONDS = 0.25  # from the token to the first figures on an idle machine
REFERENCES = ("", 'key = "file"\n')


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_a_kill_while_the_token_is_stored_leaves_no_half_login(tmp_path: Path, rounds: int) -> None:
    rng = random.Random(rounds)
    delays = [rng.random() ** 2 * LONGEST_SECONDS for _ in range(rounds)]
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda job: killed(tmp_path / str(job[0]), *job), enumerate(delays)))
    assert False in outcomes
    assert rounds < 100 or True in outcomes


def killed(folder: Path, number: int, delay: float) -> bool:
    """One login that is killed ``delay`` seconds after its token came; whether it is signed in."""
    with Loopback() as server:
        github = GitHub(server)
        github.script("token")
        came = threading.Event()
        who = {"login": github.login, "id": 1}
        github.user(Answer(json=who, before=came.set))
        home = Home(folder, {**NULL, "AIC_LOG_LEVEL": "trace"})
        places = f'login_url = "{github.url}"\nbase_url = "{github.url}"\n'
        home.write_config(f'version = 1\n[accounts.copilot]\nprovider = "copilot"\n{REFERENCES[number % 2]}{places}')
        process = subprocess.Popen(
            [sys.executable, "-m", "aic_tui", "auth", "login", "--store", "file"],
            env=home.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert came.wait(60), process.communicate()[0]
        with suppress(subprocess.TimeoutExpired):
            process.wait(delay)
        process.kill()
        said = process.communicate(timeout=60)[0]
        return judged(home, github, said)


def judged(home: Home, github: GitHub, said: bytes) -> bool:
    status = home.json("auth", "status")
    signed_in = bool(status["is_authenticated"])
    tomllib.loads(home.paths.config_file.read_text())
    kept = {}
    if home.paths.secrets_file.exists():
        kept = tomllib.loads(home.paths.secrets_file.read_text()).get("accounts", {})
    if signed_in:
        assert kept == {"copilot": {"key": github.token}}
        trial = json.loads(home.run("accounts", "test", "copilot", "--json").stdout)
        # Killed while it asked for the first figures: the next question is some seconds off.
        assert trial["works"] or trial["error"]["kind"] == "rate_limited", trial
    holders = files_with(home.path, github.token)
    assert set(holders) <= {home.paths.secrets_file}
    assert files_with(home.path, github.device_code) == []
    assert github.token.encode() not in said
    assert github.device_code.encode() not in said
    return signed_in
