"""``providers list``, ``discover`` and ``doctor``: what is here, said without a secret."""

from __future__ import annotations

import argparse
import io
import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aic_tui.cli.checks import keyring_check
from aic_tui.cli.context import Context
from aic_tui.errors import FailureKind
from aic_tui.models import AccountState, Balance, Failure, Reading, Snapshot
from aic_tui.providers.registry import all_providers
from tests.cli_home import Home

KEY = "sk-or-v1-kAnarie9Vogel7Qz3xW5"
TOKEN = "sk-ant-oat01-kAnarie9Vogel7Login"
REFRESH = "sk-ant-ort01-kAnarie9Vogel7Refresh"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def log_in_claude(home: Home, valid_for: timedelta = timedelta(days=1)) -> Path:
    file = home.path / ".claude" / ".credentials.json"
    file.parent.mkdir()
    expires_at = int((datetime.now(UTC) + valid_for).timestamp() * 1000)
    login = {
        "accessToken": TOKEN,
        "refreshToken": REFRESH,
        "expiresAt": expires_at,
        "scopes": ["user:profile", "user:inference"],
        "subscriptionType": "max",
    }
    file.write_text(json.dumps({"claudeAiOauth": login}))
    return file


def checks(home: Home, *arguments: str, **options: Any) -> dict[str, list[tuple[str, str]]]:
    """``doctor``'s lines by name: (status, detail)."""
    document = home.json("doctor", *arguments, **options)
    assert list(document) == ["checks"]
    found: dict[str, list[tuple[str, str]]] = {}
    for check in document["checks"]:
        assert set(check) == {"name", "status", "detail"}
        assert check["status"] in ("ok", "info", "warn", "fail")
        found.setdefault(check["name"], []).append((check["status"], check["detail"]))
    return found


def test_providers_are_listed_with_what_each_needs(home: Home) -> None:
    document = home.json("providers", "list", environ={"OPENROUTER_API_KEY": KEY})
    rows = {row["id"]: row for row in document["providers"]}
    assert list(rows) == [provider.id for provider in all_providers()]
    assert set(rows["openrouter"]) >= {"id", "name", "auth", "env", "configured"}
    assert rows["openrouter"]["configured"] is True
    assert rows["deepseek"]["configured"] is False
    assert "OPENROUTER_API_KEY" in rows["openrouter"]["env"]
    assert rows["codex"]["auth"] == "login"
    table = home.run("providers", "list").stdout
    assert all(provider.name in table for provider in all_providers())
    narrow = home.run("providers", "list", environ={"COLUMNS": "40"}).stdout
    assert max(map(len, narrow.splitlines())) <= 40


def test_nothing_found(home: Home) -> None:
    assert home.json("discover") == {"credentials": []}
    done = home.run("discover")
    assert (done.returncode, done.stdout) == (0, "")
    assert "doctor" in done.stderr
    accepted = home.run("discover", "--accept")
    assert accepted.returncode == 0
    assert not home.paths.config_file.exists()


def test_credentials_are_shown_masked_with_their_exact_origin(home: Home) -> None:
    file = log_in_claude(home)
    home.environ["OPENROUTER_API_KEY"] = KEY
    done = home.run("discover", "--json")
    rows = {row["source"]: row for row in json.loads(done.stdout)["credentials"]}
    wanted = {"provider_id", "source", "origin", "masked", "accepted"}
    assert all(set(row) >= wanted for row in rows.values())
    key = rows["env:OPENROUTER_API_KEY"]
    assert (key["provider_id"], key["origin"], key["masked"], key["accepted"]) == (
        "openrouter",
        "OPENROUTER_API_KEY",
        "…3xW5",
        True,
    )
    login = rows["discovered:claude-code"]
    assert (login["origin"], login["masked"], login["accepted"]) == (str(file), "…ogin", False)
    assert login["needs_confirmation"] is True
    people = home.run("discover")
    assert str(file) in people.stdout
    assert "--accept" in people.stderr
    for text in (done.stdout, people.stdout):
        assert "kAnarie9" not in text
    private = home.run("discover", "--privacy").stdout
    assert str(home.path) not in private
    assert "~/.claude/.credentials.json" in private


def test_accepting_writes_accounts_and_tells_the_consent(home: Home) -> None:
    file = log_in_claude(home)
    before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino)
    home.environ["OPENROUTER_API_KEY"] = KEY
    done = home.run("discover", "--accept", "--json")
    assert done.returncode == 0
    assert all(row["accepted"] for row in json.loads(done.stdout)["credentials"])
    assert "Added: claude (discovered:claude-code)" in done.stderr
    consent = next(provider.needs_consent for provider in all_providers() if provider.id == "claude")
    assert consent is not None
    assert consent.split()[0] in done.stderr
    text = home.paths.config_file.read_text(encoding="utf-8")
    assert 'key = "discovered:claude-code"' in text
    assert 'key = "env:OPENROUTER_API_KEY"' in text
    assert "kAnarie9" not in text
    assert "Nothing new" in home.run("discover", "--accept").stderr
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) == before


def test_an_expired_login_is_listed_with_what_renews_it(home: Home) -> None:
    log_in_claude(home, valid_for=timedelta(days=-1))
    (row,) = home.json("discover")["credentials"]
    assert "expired" in row["problem"]


def test_demo_credentials_are_invented_and_accepting_them_writes_nothing(home: Home) -> None:
    home.environ["OPENROUTER_API_KEY"] = KEY
    rows = home.json("discover", "--accept", "--demo")["credentials"]
    assert not [row for row in rows if "OPENROUTER" in row["origin"]]
    assert not home.paths.config_file.exists()
    assert home.json("--demo", "providers", "list")["providers"]


def test_doctor_in_an_empty_home_tells_the_places_and_makes_nothing(home: Home) -> None:
    found = checks(home)
    for name in ("version", "python", "platform", "packages", "terminal", "keyring", "config"):
        assert len(found[name]) == 1
    assert found["config file"] == [("info", f"{home.paths.config_file}, not there yet")]
    assert found["accounts"][0][0] == "warn"
    origins = " ".join(detail for _, detail in found["credential of Claude"])
    assert str(home.path / ".claude" / ".credentials.json") in origins
    assert "CLAUDE_CODE_OAUTH_TOKEN" in origins
    assert list(home.path.iterdir()) == []


def test_doctor_prints_no_secret(home: Home) -> None:
    log_in_claude(home)
    home.environ |= {"OPENROUTER_API_KEY": KEY, "https_proxy": "http://ada:hunter2hunter2@proxy.test:3128"}
    for arguments in (("doctor",), ("doctor", "--json")):
        done = home.run(*arguments)
        assert done.returncode == 0
        assert "kAnarie9" not in done.stdout + done.stderr
        assert "hunter2" not in done.stdout
    found = checks(home)
    assert found["proxy https_proxy"] == [("info", "http://…@proxy.test:3128")]
    assert any("found" in detail and status == "ok" for status, detail in found["credential of OpenRouter"])
    private = home.run("doctor", "--privacy").stdout
    assert str(home.path) not in private


def test_doctor_tells_states_troubles_and_sizes(home: Home) -> None:
    now = datetime.now(UTC)
    reading = Reading(balances=(Balance(Decimal("7.50"), "USD"),))
    failure = Failure(
        FailureKind.RATE_LIMITED, now, detail="slow down please", retry_at=now + timedelta(hours=1), http_status=429
    )
    home.remember(
        AccountState("one", "openrouter", "OpenRouter", "One", "env:X", snapshot=Snapshot(reading, now)),
        AccountState("two", "deepseek", "DeepSeek", "Two", "env:Y", failure=failure, next_at=now + timedelta(hours=1)),
    )
    home.write_config(
        '[accounts.one]\nprovider = "openrouter"\nkey = "env:X"\n[accounts.two]\nprovider = "deepseek"\n'
        '[accounts.three]\nprovider = "deepseek"\nenabled = false\n[accounts.four]\nprovider = "nonsense"\n'
        '[general]\nwarn_percent = 500\ntheme = "nord"\nfuture = 1\n'
    )
    home.paths.state.mkdir(parents=True)
    home.paths.log_file.write_text("2026-11-21T08:00:00.000Z 1 ERROR x: it broke\n    a traceback line with ERROR \n")
    (home.paths.state / "crash-20261121T080000000000-1.txt").write_text("")
    found = checks(home)
    assert found["account one"][0][0] == "ok"
    assert "env:X" in found["account one"][0][1]
    status, detail = found["account two"][0]
    assert status == "warn"
    assert "rate limited" in detail
    assert "slow down please" in detail
    assert "disabled" in found["account three"][0][1]
    assert any("nonsense" in text for _, text in found["config"])
    assert any(status == "warn" and "warn_percent" in text for status, text in found["config"])
    assert any("general.future" in text for _, text in found["config"])
    assert "theme=nord (file)" in found["settings"][0][1]
    assert "schema" in found["database content"][0][1]
    assert found["log entry"] == [("info", "2026-11-21T08:00:00.000Z 1 ERROR x: it broke")]
    assert "crash-2026" in found["crash report"][0][1]
    assert "slow down please" not in json.dumps(checks(home, "--privacy"))


def test_doctor_sees_files_that_others_may_read_and_variables_that_point_nowhere(home: Home) -> None:
    home.write_config("")
    home.paths.config_file.chmod(0o644)
    home.environ |= {"SSL_CERT_FILE": "/nowhere/ca.pem", "TERM": "xterm", "TMUX": "/tmp/x", "NO_COLOR": "1"}
    found = checks(home)
    assert found["config file"][0][0] == "warn"
    assert "chmod 600" in found["config file"][0][1]
    assert found["SSL_CERT_FILE"] == [("fail", "/nowhere/ca.pem does not exist")]
    assert "NO_COLOR=1, LANG=C.UTF-8, tmux" in found["terminal"][0][1]


def test_doctor_survives_a_database_of_the_future_and_a_broken_config(home: Home) -> None:
    home.remember()
    import sqlite3

    with sqlite3.connect(home.paths.database) as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    home.write_config("[[[")
    found = checks(home)
    assert found["database"][-1][0] == "fail"
    assert "newer version" in found["database"][-1][1]
    assert found["config"][0][0] == "fail"


def test_doctor_of_the_demo_reads_nothing(home: Home) -> None:
    home.environ["OPENROUTER_API_KEY"] = KEY
    found = checks(home, "--demo")
    assert not [name for name in found if name.startswith("credential") or name == "keyring"]
    assert "account claude" in found


def test_a_keyring_that_hangs_costs_three_seconds(home: Home, tmp_path: Path) -> None:
    module = tmp_path / "lib" / "hanging.py"
    module.parent.mkdir()
    module.write_text("import time\ntime.sleep(60)\n")
    home.environ |= {"PYTHONPATH": str(module.parent), "PYTHON_KEYRING_BACKEND": "hanging.Keyring"}
    found = checks(home, timeout=20)
    assert found["keyring"] == [("warn", "does not answer within 3 seconds")]


class Ring:
    """A keyring that answers, or raises what it was given."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[tuple[str, str]] = []

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append((service, username))
        if self.error:
            raise self.error
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError

    def delete_password(self, service: str, username: str) -> None:
        raise AssertionError


class KeyringLocked(Exception):  # noqa: N818 - told apart by this name
    pass


@pytest.mark.parametrize(
    ("ring", "expected"),
    [
        (Ring(), ("ok", "answers (given by the caller)")),
        (Ring(KeyringLocked()), ("warn", "locked (KeyringLocked)")),
        (Ring(OSError("no bus")), ("info", "there is none that keeps keys safely (OSError)")),
    ],
    ids=["good", "locked", "none"],
)
async def test_the_keyring_is_asked_for_an_entry_that_is_never_there(
    make_env: Any, ring: Ring, expected: tuple[str, str]
) -> None:
    env = make_env(keyring=lambda: ring)
    check = await keyring_check(Context(env, argparse.Namespace(), {}, io.StringIO(), io.StringIO()))
    assert check[1:] == expected
    assert len(ring.asked) == 1


def test_doctor_tells_what_is_in_the_way_of_a_directory(home: Home) -> None:
    file = home.path / "file"
    file.write_text("")
    found = checks(home, environ={"AIC_STATE_DIR": str(file / "below")})
    assert found["state directory"] == [("fail", f"{file / 'below'}: Not a directory")]
    assert found["log"][0][0] == "fail"


@pytest.mark.skipif(os.name != "posix", reason="encodings of a terminal")
def test_doctor_in_ascii(home: Home) -> None:
    done = home.run("doctor", environ={"PYTHONIOENCODING": "ascii"}, encoding="ascii")
    assert done.returncode == 0
    assert done.stdout.startswith("ok version: aic-tui")
