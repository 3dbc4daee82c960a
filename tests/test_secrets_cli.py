"""``config set-key``, ``move-key``, ``forget-key`` and what ``doctor`` says of keys: the real program and its files."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from aic_tui.config.atomic import exclusive
from tests.cli_home import Home
from tests.loopback import Answer, Loopback
from tests.pty_program import PtyProgram

KEY = "sk-or-v1-kAnarie9Vogel7Qz3xW5mmPq"
OTHER = "sk-or-v1-ZweiterVogel4Lk8hG2nnRs"
PLAIN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"  # a key of no known shape
CONFIG = 'version = 1\n[accounts.work]\nprovider = "openrouter"\n'
NULL = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home", dict(NULL))
    made.write_config(CONFIG)
    return made


def piped(home: Home, text: str | bytes, *arguments: str) -> subprocess.CompletedProcess[Any]:
    data = text.encode() if isinstance(text, str) else text
    done: subprocess.CompletedProcess[Any] = home.run(*arguments, stdin=None, input=data, text=False)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout, done.stderr.decode())


def set_key(home: Home, text: str | bytes, *options: str) -> subprocess.CompletedProcess[Any]:
    return piped(home, text, "config", "set-key", "work", *options)


def kept(home: Home) -> dict[str, str]:
    try:
        table = tomllib.loads(home.paths.secrets_file.read_text())
    except FileNotFoundError:
        return {}
    return {name: entry["key"] for name, entry in table.get("accounts", {}).items()}


def account(home: Home) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(home.paths.config_file.read_text())["accounts"]["work"]
    return table


def holders(home: Home, secret: str) -> set[str]:
    files = [path for path in home.path.rglob("*") if path.is_file()]
    return {path.name for path in files if secret.encode() in path.read_bytes()}


def key_checks(home: Home) -> dict[str, str]:
    found = home.json("doctor")["checks"]
    return {check["name"]: check["detail"] for check in found if check["name"].startswith("key of ")}


def test_a_key_goes_to_the_file_when_told_so(home: Home) -> None:
    done = set_key(home, f"{KEY}\n", "--store", "file")
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    assert done.stderr == "work: …mmPq is in secrets.toml; it is sent to https://openrouter.ai only.\n"
    assert kept(home) == {"work": KEY}
    assert account(home) == {"provider": "openrouter", "key": "file"}
    assert stat.S_IMODE(home.paths.secrets_file.stat().st_mode) == 0o600
    assert holders(home, KEY) == {"secrets.toml"}
    assert set_key(home, OTHER).returncode == 0  # it stays where it is
    assert kept(home) == {"work": OTHER}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"  {KEY}  \n", "Blanks around the key were taken away."),
        (f"{KEY}\nrm -rf ~\n", "More than one line was given; only the first was taken."),
        (f"\ufeff{KEY}\r\n", ""),
        ("sk-ant-api03-kAnarie9Vogel7Qz3xW5", "This looks like a key of Anthropic API, not of OpenRouter."),
    ],
)
def test_what_was_changed_or_strange_is_said(home: Home, text: str, said: str) -> None:
    done = set_key(home, text, "--store", "file")
    assert done.returncode == 0
    assert said in done.stderr
    assert kept(home) == {"work": text.strip("\ufeff \r\n").splitlines()[0].strip()}


@pytest.mark.parametrize("text", ["", "\n \n", "sk-or-é", b"sk-\xff\xfe", "a b", "a\x1b[31m", "x" * 70_000])
def test_what_is_no_key_is_refused(home: Home, text: str | bytes) -> None:
    done = set_key(home, text, "--store", "file")
    assert done.returncode == 2
    assert "nothing was stored" in done.stderr
    assert kept(home) == {}
    assert account(home) == {"provider": "openrouter"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("set-key", "work", "SECRET"),
        ("set-key", "SECRET"),
        ("set-key", "work", "--key", "SECRET"),
        ("set-key", "work", "--store", "SECRET"),
        ("set-key", "work", "--store=SECRET"),
        ("set-key", "--store", "file", "work", "SECRET"),
        ("set-key", "SECRET", "work"),
    ],
)
@pytest.mark.parametrize("secret", [KEY, PLAIN])
def test_a_key_on_the_command_line_is_refused_and_not_repeated(
    home: Home, arguments: tuple[str, ...], secret: str
) -> None:
    done = piped(home, KEY, "config", *(part.replace("SECRET", secret) for part in arguments))
    assert done.returncode == 2
    assert done.stderr
    assert secret not in done.stderr
    assert kept(home) == {}
    assert holders(home, secret) == set()


def test_a_key_in_place_of_a_verb_is_not_repeated(home: Home) -> None:
    for arguments in ((KEY,), ("config", KEY), ("usage", KEY), ("usage", "--account", KEY, "extra")):
        done = home.run(*arguments)
        assert done.returncode == 2
        assert KEY not in done.stderr


def test_without_keyring_flag_and_terminal_nothing_is_stored(home: Home) -> None:
    done = set_key(home, KEY)
    assert done.returncode == 2
    assert done.stderr == (
        "aic-tui: The key was not stored: keyring switched off · its backend keeps nothing. `--store file` keeps it in "
        f"{home.paths.secrets_file}, mode 0600.\n"
    )
    assert kept(home) == {}
    assert account(home) == {"provider": "openrouter"}


def test_who_asked_for_the_keyring_is_not_sent_elsewhere(home: Home) -> None:
    done = set_key(home, KEY, "--store", "keyring")
    assert done.returncode == 1
    assert "keyring switched off" in done.stderr
    assert "secrets.toml" not in done.stderr


def test_the_setting_decides_and_may_forbid(home: Home) -> None:
    home.write_config(f'[general]\nstorage = "file"\n{CONFIG.partition("1")[2]}')
    assert set_key(home, KEY).returncode == 0
    assert kept(home) == {"work": KEY}
    home.write_config(f'[general]\nstorage = "keyring-only"\n{CONFIG.partition("1")[2]}')
    done = set_key(home, OTHER, "--store", "file")
    assert done.returncode == 2
    assert "keyring-only" in done.stderr
    assert set_key(home, OTHER).returncode == 1
    assert kept(home) == {"work": KEY}


def test_accounts_that_are_not_in_the_file(home: Home) -> None:
    done = piped(home, KEY, "config", "set-key", "nobody", "--store", "file")
    assert done.returncode == 2
    assert done.stderr == "aic-tui: There is no such account. Known: work.\n"
    home.paths.config_file.unlink()
    home.environ["OPENROUTER_API_KEY"] = OTHER
    done = piped(home, KEY, "config", "set-key", "openrouter", "--store", "file")
    assert done.returncode == 2
    assert "discover --accept" in done.stderr
    assert piped(home, KEY, "--demo", "config", "set-key", "claude").returncode == 2
    home.write_config("[[[")
    done = set_key(home, KEY, "--store", "file")
    assert done.returncode == 2
    assert "no key was stored" in done.stderr
    assert kept(home) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")
@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("\r", 1), ("no", 1)])
def test_on_a_terminal_nothing_is_echoed_and_the_file_is_asked_for(home: Home, answer: str, code: int) -> None:
    argv = [sys.executable, "-m", "aic_tui", "config", "set-key", "work"]
    with PtyProgram(argv, environ=home.variables) as program:
        program.wait_for("Key of work (OpenRouter):")
        program.send(f"{KEY}\r")
        program.wait_for("not encrypted)? [y/N]")
        assert kept(home) == {}
        program.send(f"{answer}\r")
        assert program.wait(20) == code
        assert KEY.encode() not in bytes(program.raw)
    assert kept(home) == ({} if code else {"work": KEY})


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")
def test_leaving_the_prompt_stores_nothing(home: Home) -> None:
    argv = [sys.executable, "-m", "aic_tui", "config", "set-key", "work", "--store", "file"]
    for typed, code in (("\x03", 130), ("\x04", 2)):
        with PtyProgram(argv, environ=home.variables) as program:
            program.wait_for("Key of work")
            program.send(typed)
            assert program.wait(20) == code
    assert kept(home) == {}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_the_key_is_in_no_command_line_and_no_environment(home: Home) -> None:
    """Seen from outside while the program holds it: it waits for the lock on config.toml."""
    with exclusive(home.paths.config_file.with_name("config.toml.lock")), started(home, KEY) as process:
        wait_until(lambda: kept(home) == {"work": KEY})
        for seen in (Path(f"/proc/{process.pid}/cmdline"), Path(f"/proc/{process.pid}/environ")):
            assert KEY.encode() not in seen.read_bytes()
        process.kill()


def started(home: Home, key: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "aic_tui", "config", "set-key", "work", "--store", "file"],
        env=home.variables,
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    process.stdin.write(key.encode())
    process.stdin.close()
    return process


def wait_until(holds: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        os.sched_yield() if hasattr(os, "sched_yield") else None


def test_killed_between_key_and_reference_doctor_tells_and_adding_again_works(home: Home) -> None:
    with exclusive(home.paths.config_file.with_name("config.toml.lock")), started(home, KEY) as process:
        wait_until(lambda: kept(home) == {"work": KEY})
        process.kill()
    assert account(home) == {"provider": "openrouter"}
    told = key_checks(home)["key of work"]
    assert told.startswith("no account uses the key in secrets.toml. `aic-tui config forget-key work --store file`")
    assert set_key(home, OTHER, "--store", "file").returncode == 0
    assert kept(home) == {"work": OTHER}
    assert key_checks(home) == {}


def test_forgetting_a_key(home: Home) -> None:
    set_key(home, KEY, "--store", "file")
    done = home.run("config", "forget-key", "work", "--store", "file")
    assert done.returncode == 2
    assert "is in use" in done.stderr
    assert home.run("config", "forget-key", "work").returncode == 0
    assert kept(home) == {"work": KEY}
    home.write_config("version = 1\n[accounts]\n")
    assert "key of work" in key_checks(home)
    for _ in range(2):
        done = home.run("config", "forget-key", "work")
        assert done.returncode == 0, done.stderr
        assert "No key of work is left" in done.stderr
    assert kept(home) == {}
    assert key_checks(home) == {}
    assert holders(home, KEY) == set()
    done = home.run("config", "forget-key", "work", "--store", "keyring")
    assert done.returncode == 1
    assert "keyring switched off" in done.stderr
    home.write_config("[[[")
    assert home.run("config", "forget-key", "work").returncode == 2
    assert home.run("config", "forget-key", "a/b").returncode == 2


def test_moving_a_key_is_refused_where_it_cannot_go_or_there_is_none(home: Home) -> None:
    def moved(*arguments: str) -> tuple[int, str]:
        done = home.run("config", "move-key", *arguments)
        return done.returncode, done.stderr

    assert moved("work", "--store", "file") == (
        2,
        "aic-tui: Only a key in the keyring or the key file can be moved, and only between these.\n",
    )
    assert set_key(home, KEY, "--store", "file").returncode == 0
    assert moved("work", "--store", "file") == (0, "work: its key is in the file already.\n")
    code, told = moved("work", "--store", "keyring")
    assert code == 1
    assert told.startswith("aic-tui: The key was not moved: keyring switched off")
    assert moved("nobody", "--store", "file")[0] == 2
    assert moved("work")[0] == 2
    assert moved("--demo", "work", "--store", "file")[0] == 2
    assert KEY not in moved(KEY, "--store", "file")[1]
    assert (kept(home), account(home)["key"]) == ({"work": KEY}, "file")


def test_a_changed_base_url_is_not_given_the_key(home: Home, server: Loopback) -> None:
    info = {"data": {"label": "x", "usage": 5, "limit": 20, "limit_remaining": 15}}
    with Loopback() as evil:
        for one in (server, evil):
            one.on("/api/v1/key", Answer(json=info))
            one.on("/api/v1/credits", Answer(json={"data": {"total_credits": 20, "total_usage": 5}}))
        home.write_config(f'{CONFIG}base_url = "{server.url}"\n')
        assert set_key(home, KEY, "--store", "file").returncode == 0

        def status() -> str:
            (row,) = home.json("usage", "--refresh")["providers"]
            return str(row["error"]["message"] if row["error"] else row["status"])

        assert status() == "ok"
        asked = len(server.requests)
        assert asked
        home.write_config(f'{CONFIG}base_url = "{evil.url}"\nkey = "file"\n')
        assert status().startswith("host not trusted · its key was stored for http://127.0.0.1:")
        assert evil.requests == []
        home.write_config(f'{CONFIG}base_url = "{evil.url}"\nkey = "file"\ntrust_base_url = true\n')
        assert status() == "ok"
        assert evil.requests
        home.write_config(f'{CONFIG}base_url = "{evil.url}"\nkey = "file"\n')
        assert "host not trusted" in status()
        done = set_key(home, KEY)
        assert f"is sent to {evil.url} only" in done.stderr


def test_keys_are_in_no_log_even_at_debug(home: Home) -> None:
    home.environ["AIC_LOG_LEVEL"] = "trace"
    set_key(home, KEY, "--store", "file")
    home.run("usage", "--refresh")
    home.run("doctor")
    assert home.paths.log_file.exists()
    assert holders(home, KEY) == {"secrets.toml"}
