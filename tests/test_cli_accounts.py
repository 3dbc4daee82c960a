"""``accounts``: the real program, its files, and a provider on loopback."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli_home import Home
from tests.editing_world import KEY, OTHER_KEY
from tests.loopback import Answer, Loopback, Seen

CREDITS = {"data": {"total_credits": 20, "total_usage": 5}}
KEY_INFO = {"data": {"label": "x", "usage": 5, "limit": 20, "limit_remaining": 15, "is_free_tier": False}}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def provider(server: Loopback) -> Loopback:
    def answer(document: object) -> Any:
        def reply(seen: Seen) -> Answer:
            known = seen.headers.get("authorization") == f"Bearer {KEY}"
            return Answer(json=document) if known else Answer(status=401, json={"error": {"message": "no"}})

        return reply

    server.on("/api/v1/key", answer(KEY_INFO))
    server.on("/api/v1/credits", answer(CREDITS))
    return server


def accounts(home: Home) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(home.paths.config_file.read_text())["accounts"]
    return table


def keys(home: Home) -> dict[str, str]:
    table = tomllib.loads(home.paths.secrets_file.read_text()).get("accounts", {})
    return {name: entry["key"] for name, entry in table.items()}


def piped(home: Home, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return home.run(*arguments, stdin=None, input=text)


def on_terminal(home: Home, typed: str, *arguments: str) -> tuple[int, str]:
    """One run with a terminal for standard input; exit code and standard error."""
    outer, inner = pty.openpty()
    try:
        os.write(outer, typed.encode())
        done = home.run(*arguments, stdin=inner)
        return done.returncode, done.stderr
    finally:
        os.close(outer)
        os.close(inner)


def test_accounts_are_added_switched_tested_and_removed(home: Home, provider: Loopback) -> None:
    done = home.run("accounts", "list")
    assert (done.returncode, done.stdout) == (0, "")
    done = home.run("accounts", "add", "openrouter", "--key", "env:RIGHT", "--base-url", provider.url)
    assert (done.returncode, done.stderr) == (0, "Added openrouter.\n")
    done = piped(
        home,
        f"{OTHER_KEY}\n",
        "accounts",
        "add",
        "openrouter",
        "--key",
        "file",
        "--name",
        "Zwei",
        "--base-url",
        provider.url,
    )
    assert (done.returncode, done.stderr) == (0, "Added openrouter-2.\n")
    assert accounts(home) == {
        "openrouter": {"provider": "openrouter", "key": "env:RIGHT", "base_url": provider.url},
        "openrouter-2": {"provider": "openrouter", "name": "Zwei", "key": "file", "base_url": provider.url},
    }
    assert keys(home) == {"openrouter-2": OTHER_KEY}
    document = home.json("accounts", "list")
    assert list(document) == ["accounts"]
    wanted = ("id", "provider_id", "name", "enabled", "key", "origin")
    assert [[row[name] for name in wanted] for row in document["accounts"]] == [
        ["openrouter", "openrouter", None, True, "env:RIGHT", "RIGHT"],
        ["openrouter-2", "openrouter", "Zwei", True, "file", str(home.paths.secrets_file)],
    ]

    done = home.run("accounts", "test", "openrouter", environ={"RIGHT": KEY})
    assert (done.returncode, done.stdout) == (0, "openrouter: the key works\n")
    done = home.run("accounts", "test", "openrouter-2")
    assert done.returncode == 1
    assert done.stdout.startswith("openrouter-2: key rejected")
    usage = {row["account_id"]: row["status"] for row in home.json("usage")["providers"]}
    assert usage == {"openrouter": "ok", "openrouter-2": "auth_needed"}

    assert home.run("accounts", "disable", "openrouter").stderr == "Disabled openrouter.\n"
    assert home.run("accounts", "disable", "openrouter").stderr == "openrouter: nothing to change.\n"
    asked = len(provider.requests)
    done = home.run("accounts", "test", "openrouter", environ={"RIGHT": KEY})
    assert (done.returncode, len(provider.requests)) == (1, asked)
    assert [row["enabled"] for row in home.json("accounts", "list")["accounts"]] == [False, True]
    assert home.run("accounts", "enable", "openrouter").returncode == 0
    assert "enabled" not in accounts(home)["openrouter"]

    done = home.run("accounts", "remove", "openrouter-2")
    assert (done.returncode, list(accounts(home))) == (2, ["openrouter", "openrouter-2"])
    assert "--yes" in done.stderr
    assert home.run("accounts", "remove", "openrouter-2", "--yes").returncode == 0
    assert list(accounts(home)) == ["openrouter"]
    assert keys(home) == {}


def test_a_test_as_a_document(home: Home, provider: Loopback) -> None:
    home.run("accounts", "add", "openrouter", "--key", "env:RIGHT", "--base-url", provider.url)
    assert home.json("accounts", "test", "openrouter", environ={"RIGHT": KEY})["works"] is True
    done = home.run("accounts", "test", "openrouter", "--json")
    assert done.returncode == 1
    assert '"kind": "not_configured"' in done.stdout
    assert '"message": "no key found' in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("openrouter", "--key", KEY),
        ("openrouter", "--name", KEY, "--key", "env:X"),
        ("openrouter", "--key", "env:X", "--set", f"project={KEY}"),
        ("openrouter", KEY),
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(home: Home, arguments: tuple[str, ...]) -> None:
    done = home.run("accounts", "add", *arguments)
    assert done.returncode == 2
    assert KEY not in done.stdout + done.stderr
    assert not home.paths.config_file.exists()


def test_what_is_wrong_is_told_before_a_key_is_asked_for(home: Home) -> None:
    for arguments, words in (
        (("nobody",), "There is no provider “nobody”"),
        (("openrouter", "--id", "a b"), "1 to 64 letters"),
        (("openrouter", "--base-url", "http://example.org", "--key", "file"), "base_url is not allowed"),
        (("openrouter", "--set", "colour=red"), "Fields of openrouter"),
    ):
        done = home.run("accounts", "add", *arguments)
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    done = piped(home, "\n", "accounts", "add", "openrouter", "--key", "file")
    assert (done.returncode, done.stderr) == (2, "aic-tui: No key was given; nothing was stored.\n")
    for verb in ("enable", "test"):
        assert home.run("accounts", verb, "nobody").returncode == 2
    assert home.run("--demo", "accounts", "enable", "x").returncode == 2
    assert home.json("--demo", "accounts", "list") == {"accounts": []}


def test_without_a_keyring_a_script_is_told_what_to_say(home: Home) -> None:
    null = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    done = home.run("accounts", "add", "openrouter", "--key", "keyring", environ=null, stdin=None, input=KEY)
    assert done.returncode == 2
    assert "`--key file` keeps it in" in done.stderr
    assert not home.paths.config_file.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
def test_on_a_terminal_it_asks(home: Home) -> None:
    null = "keyring.backends.null.Keyring"
    home.environ["PYTHON_KEYRING_BACKEND"] = null
    piped(home, KEY, "accounts", "add", "openrouter", "--key", "file")
    code, told = on_terminal(home, "n\n", "accounts", "remove", "openrouter")
    assert (code, list(accounts(home))) == (1, ["openrouter"])
    assert "Remove openrouter and its stored key? [y/N]" in told
    code, _ = on_terminal(home, "y\n", "accounts", "remove", "openrouter")
    assert (code, accounts(home), keys(home)) == (0, {}, {})


def test_accounts_of_the_environment_are_listed_and_none_vanishes(home: Home) -> None:
    home.environ |= {"OPENROUTER_API_KEY": KEY, "DEEPSEEK_API_KEY": "sk-" + "d" * 20}
    assert [row["id"] for row in home.json("accounts", "list")["accounts"]] == ["openrouter", "deepseek"]
    assert home.run("accounts", "disable", "deepseek").returncode == 0
    assert {name: table.get("enabled", True) for name, table in accounts(home).items()} == {
        "openrouter": True,
        "deepseek": False,
    }


def test_privacy_masks_names_and_the_home(home: Home) -> None:
    piped(home, KEY, "accounts", "add", "openrouter", "--key", "file", "--name", "Doctor Vogel")
    done = home.run("accounts", "list", "--privacy")
    assert "Vogel" not in done.stdout
    assert str(home.path) not in done.stdout
    assert "***" in done.stdout
    assert KEY not in done.stdout


def test_a_broken_file_is_never_written(home: Home) -> None:
    home.write_config("theme = [\n")
    for arguments in (("add", "openrouter", "--key", "env:X"), ("remove", "x", "--yes"), ("enable", "x")):
        assert home.run("accounts", *arguments).returncode == 2
    assert home.paths.config_file.read_text() == "theme = [\n"
