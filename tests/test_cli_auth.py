"""``auth``: the real program against a GitHub on loopback; what goes to which stream, and the exit codes."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli_home import Home
from tests.github import CODE_PATH, GitHub
from tests.loopback import Loopback

NULL = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
SIGNED_IN = {"is_authenticated": True, "username": "octo-fake", "token_invalid": False}
NOBODY = {"is_authenticated": False, "username": None, "token_invalid": False}


@pytest.fixture
def github(server: Loopback) -> GitHub:
    made = GitHub(server)
    made.script("token")
    return made


@pytest.fixture
def home(tmp_path: Path, github: GitHub) -> Home:
    made = Home(tmp_path / "home", dict(NULL))
    made.write_config(config(github, key=""))
    return made


def config(github: GitHub, *, key: str = 'key = "file"', account: str = "copilot", general: str = "") -> str:
    places = f'login_url = "{github.url}"\nbase_url = "{github.url}"\n'
    return f'version = 1\n[general]\n{general}\n[accounts.{account}]\nprovider = "copilot"\n{key}\n{places}'


def keep(home: Home, token: str, account: str = "copilot") -> None:
    home.paths.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.paths.secrets_file.write_text(f'version = 1\n[accounts.{account}]\nkey = "{token}"\n')
    home.paths.secrets_file.chmod(0o600)


def kept(home: Home) -> dict[str, str]:
    try:
        table = tomllib.loads(home.paths.secrets_file.read_text())
    except FileNotFoundError:
        return {}
    return {name: entry["key"] for name, entry in table.get("accounts", {}).items()}


def on_terminal(home: Home, typed: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One run with a terminal for standard input."""
    outer, inner = pty.openpty()
    try:
        os.write(outer, typed.encode())
        return home.run(*arguments, stdin=inner)
    finally:
        os.close(outer)
        os.close(inner)


def among(document: dict[str, Any], expected: dict[str, Any]) -> bool:
    return expected.items() <= document.items()


def test_before_anything_nobody_is_signed_in(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", dict(NULL))
    assert home.json("auth", "status") == {**NOBODY, "accounts": []}
    done = home.run("auth", "status", "github")
    assert (done.returncode, done.stdout) == (0, "")
    assert "auth login" in done.stderr
    assert home.run("auth", "logout").returncode == 2
    assert home.json("auth", "status", "--demo") == {**NOBODY, "accounts": []}
    assert home.run("auth", "login", "--demo").returncode == 2


def test_a_login_tells_who_asks_before_the_code_and_its_result_on_standard_output(home: Home, github: GitHub) -> None:
    done = home.run("auth", "login", "github", "--store", "file")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()[:2]
    assert first.startswith("copilot: signed in as octo-fake; the token is in ")
    assert str(home.paths.secrets_file) in first
    assert "28%" in second or "27%" in second
    narration = done.stderr
    told = ["127.0.0.1", "Iv1.b507a08c87ecfe98", "read:user", f"{github.url}/login/device", github.user_code]
    places = [narration.index(words) for words in told]
    assert places == sorted(places)
    assert github.token not in done.stdout + narration
    assert kept(home) == {"copilot": github.token}
    assert among(home.json("auth", "status"), SIGNED_IN)


def test_documents(home: Home, github: GitHub) -> None:
    path = str(home.paths.secrets_file)
    document = home.json("auth", "login", "--store", "file")
    assert among(document, {**SIGNED_IN, "account_id": "copilot", "kept_in": path})
    status = home.json("auth", "status")
    assert among(status, {**SIGNED_IN, "source": "file", "origin": path, "account_id": "copilot"})
    assert [row["account_id"] for row in status["accounts"]] == ["copilot"]
    document = home.json("auth", "logout", "--yes")
    assert among(document, {**NOBODY, "account_id": "copilot", "erased": ["file"]})
    assert kept(home) == {}
    assert among(home.json("auth", "status"), NOBODY)


def test_a_refused_token_is_told_until_a_login_replaces_it(home: Home, github: GitHub) -> None:
    home.write_config(config(github))
    keep(home, github.token)
    github.revoke()
    home.run("refresh")
    invalid = {"is_authenticated": False, "username": None, "token_invalid": True}
    status = home.json("auth", "status")
    assert among(status, invalid)
    assert status["invalid_since"]
    assert "Token invalid" in home.run("auth", "status").stdout
    github.script("denied")
    assert among(json.loads(home.run("auth", "login", "--store", "file", "--json").stdout), invalid)
    assert among(home.json("auth", "status"), invalid)
    github.script("token")
    github.replace_token("ghu_kanarienErneuert0123456789abcdefghij")
    assert among(home.json("auth", "login", "--store", "file"), SIGNED_IN)
    assert among(home.json("auth", "status"), SIGNED_IN)


def test_privacy_masks_the_user(home: Home, github: GitHub) -> None:
    done = home.run("auth", "login", "--store", "file", "--privacy")
    assert "octo-fake" not in done.stdout + done.stderr
    assert "***" in done.stdout
    assert home.json("auth", "status", "--privacy")["username"] == "***"
    assert str(home.path) not in home.run("auth", "status", "--privacy").stdout
    checks = home.json("doctor", "--privacy")["checks"]
    line = next(check for check in checks if check["name"] == "sign-in of copilot")
    assert line["status"] == "ok"
    assert "***" in line["detail"]


def test_whoever_is_signed_in_is_not_asked_again(home: Home, github: GitHub, server: Loopback) -> None:
    home.write_config(config(github))
    keep(home, github.token)
    for arguments in ([], ["--json"], ["--store", "file"]):
        done = home.run("auth", "login", *arguments)
        assert done.returncode == 0
        assert "--force" in done.stderr
    assert json.loads(home.run("auth", "login", "--json").stdout)["kept_in"] == str(home.paths.secrets_file)
    assert server.requests == []
    home.environ["GH_TOKEN"] = github.token
    home.write_config(config(github, key='key = "env:GH_TOKEN"'))
    assert "GH_TOKEN" in home.run("auth", "login").stdout
    assert server.requests == []
    assert home.run("auth", "login", "--force", "--store", "file").returncode == 0
    assert server.requests[0].path == CODE_PATH


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("denied", "You said no"),
        ("expired", "expired"),
        ("disabled", "does not let this client"),
        ("bad_client", "github_client_id"),
        ("bad_code", "refused"),
    ],
)
def test_a_login_that_ends_otherwise_is_a_failure_with_a_sentence(
    home: Home, github: GitHub, answer: str, words: str
) -> None:
    github.script(answer)
    done = home.run("auth", "login", "--store", "file", "--json")
    assert done.returncode == 1
    assert among(json.loads(done.stdout), {**NOBODY, "account_id": "copilot", "kept_in": None})
    assert words in done.stderr
    assert kept(home) == {}


def test_without_keyring_terminal_and_flag_nothing_is_asked(home: Home, server: Loopback) -> None:
    done = home.run("auth", "login")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--store file" in done.stderr
    assert str(home.paths.secrets_file) in done.stderr
    assert server.requests == []


def test_keyring_only_forbids_the_file(home: Home, github: GitHub, server: Loopback) -> None:
    home.write_config(config(github, key="", general='storage = "keyring-only"'))
    for arguments in ([], ["--store", "file"]):
        done = home.run("auth", "login", *arguments)
        assert done.returncode == 2
        assert "keyring-only" in done.stderr
        done = on_terminal(home, "y\n", "auth", "login", *arguments)
        assert done.returncode == 2
    assert server.requests == []


def test_on_a_terminal_the_file_needs_a_yes(home: Home, github: GitHub) -> None:
    for typed in ("\n", "n\n", "no thanks\n"):
        done = on_terminal(home, typed, "auth", "login")
        assert done.returncode == 1
        assert "[y/N]" in done.stderr
        assert "not kept" in done.stderr
        assert not home.paths.secrets_file.exists()
        assert not list(home.paths.data.glob("keyring*"))
    done = on_terminal(home, "y\n", "auth", "login")
    assert done.returncode == 0
    assert kept(home) == {"copilot": github.token}


def test_the_account_is_the_only_one_the_named_one_or_a_new_one(home: Home, github: GitHub, server: Loopback) -> None:
    second = config(github, account="work").partition("[accounts")[2]
    home.write_config(f'{config(github)}[accounts{second}[accounts.other]\nprovider = "deepseek"\n')
    for verb in ("login", "logout"):
        done = home.run("auth", verb)
        assert done.returncode == 2
        assert "copilot, work" in done.stderr
        assert home.run("auth", verb, "--account", "other").returncode == 2
    assert home.run("auth", "login", "--account", "bad id").returncode == 2
    assert home.run("auth", "login", "--account", "work", "--host", "octo.ghe.com").returncode == 2
    assert home.run("auth", "login", "--account", "third", "--host", "http://octo.example").returncode == 2
    assert server.requests == []
    assert home.run("auth", "login", "--account", "work", "--store", "file").returncode == 0
    host = github.url.removeprefix("http://")
    done = home.run("auth", "login", "--account", "third", "--host", host, "--store", "file")
    assert done.returncode == 0, done.stderr
    assert set(kept(home)) == {"work", "third"}
    table = tomllib.loads(home.paths.config_file.read_text())["accounts"]["third"]
    assert table == {"provider": "copilot", "key": "file", "login_url": github.url}
    assert home.json("auth", "status", "--account", "third")["account_id"] == "third"
    assert home.run("auth", "status", "--account", "fourth").returncode == 2


def test_a_token_of_others_stays_and_its_place_is_told(home: Home, github: GitHub) -> None:
    home.environ["GH_TOKEN"] = github.token
    home.write_config(config(github, key='key = "env:GH_TOKEN"'))
    done = home.run("auth", "logout")
    assert done.returncode == 1
    assert "GH_TOKEN" in done.stderr


def test_logging_out_says_where_the_grant_is_revoked(home: Home, github: GitHub) -> None:
    home.run("auth", "login", "--store", "file")
    done = home.run("auth", "logout", "github", "--account", "copilot", "--yes")
    assert done.returncode == 0
    assert f"{github.url}/settings/applications" in done.stderr
    assert "signed out" in done.stdout
    assert home.run("auth", "logout").stdout == "copilot was not signed in.\n"
    assert "signed out" in home.run("usage").stdout


def test_signing_out_asks_unless_it_is_told_not_to(home: Home, github: GitHub) -> None:
    home.write_config(config(github))
    keep(home, github.token)
    done = home.run("auth", "logout")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--yes" in done.stderr
    for typed in ("\n", "n\n"):
        done = on_terminal(home, typed, "auth", "logout")
        assert (done.returncode, done.stdout) == (1, "")
        assert "Erase the token of copilot from a file? [y/N]" in done.stderr
    assert kept(home) == {"copilot": github.token}
    assert on_terminal(home, "y\n", "auth", "logout").returncode == 0
    assert kept(home) == {}


def test_a_store_narrows_who_is_told_and_what_is_erased(home: Home, github: GitHub) -> None:
    home.write_config(config(github))
    keep(home, github.token)
    assert home.json("auth", "status", "--store", "file")["is_authenticated"]
    assert home.json("auth", "status", "--store", "keyring") == {**NOBODY, "accounts": []}
    done = home.run("auth", "status", "--store", "keyring")
    assert (done.returncode, done.stdout) == (0, "")
    assert "the system keyring" in done.stderr
    done = home.run("auth", "logout", "--store", "keyring")
    assert (done.returncode, done.stdout) == (0, "copilot was not signed in with a token in the system keyring.\n")
    assert kept(home) == {"copilot": github.token}
    document = home.json("auth", "logout", "--store", "file", "--yes")
    assert among(document, {**NOBODY, "erased": ["file"]})
    assert kept(home) == {}


def test_an_account_that_is_not_asked_says_so_after_its_login(home: Home, github: GitHub) -> None:
    home.write_config(config(github, key="enabled = false"))
    done = home.run("auth", "login", "--store", "file")
    assert done.returncode == 0
    assert "This account is off" in done.stderr


def test_under_privacy_the_page_to_open_is_whole(home: Home, github: GitHub) -> None:
    told = home.run("auth", "login", "--store", "file", "--privacy").stderr
    host = github.url.removeprefix("http://")
    assert [line.split() for line in told.splitlines() if host in line] == [["Open", f"{github.url}/login/device"]]


def test_ctrl_c_ends_it_and_nothing_is_asked_any_more(home: Home, github: GitHub, server: Loopback) -> None:
    github.script("pending")
    process = subprocess.Popen(
        [sys.executable, "-m", "aic_tui", "auth", "login", "--store", "file"],
        env=home.variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "Enter" not in process.stderr.readline():
        assert process.poll() is None
    asked = len(server.requests)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")
    github.approve()
    assert len(server.requests) <= asked + 1
    assert kept(home) == {}
