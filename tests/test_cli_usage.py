"""``usage``, ``refresh`` and ``--once`` against a provider on loopback."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aic_tui.models import AccountState, Balance, Reading, Snapshot, UsageTotals, Window
from tests.cli_home import Home
from tests.loopback import Answer, Loopback

KEY = "sk-kAnarie9Vogel7Qz3xW5"
ROW = {
    *("account_id", "account_label", "account_name", "provider_id", "provider_name", "plan", "is_available", "status"),
    *(
        "description",
        "auth_source",
        "fetched_at",
        "stale",
        "next_reset_time",
        "windows",
        "balance",
        "balances",
        "usage",
    ),
    "error",
}


def balance(dollars: str) -> Answer:
    info = {"currency": "USD", "total_balance": dollars, "granted_balance": "0.00", "topped_up_balance": dollars}
    return Answer(json={"is_available": True, "balance_infos": [info]})


@pytest.fixture
def home(tmp_path: Path, server: Loopback) -> Home:
    made = Home(tmp_path / "home", {"DEEPSEEK_API_KEY": KEY})
    made.write_config(
        '[accounts.deep]\nprovider = "deepseek"\nname = "Deep"\nkey = "env:DEEPSEEK_API_KEY"\n'
        f'base_url = "{server.url}"\n'
    )
    server.on("/user/balance", balance("14.20"))
    return made


def row_of(home: Home, *arguments: str) -> dict[str, object]:
    document = home.json(*arguments)
    assert set(document) == {"version", "generated_at", "providers"}
    (row,) = document["providers"]
    assert set(row) >= ROW
    assert isinstance(row, dict)
    return row


def test_before_anything_was_asked_accounts_are_listed_as_such(home: Home, server: Loopback) -> None:
    row = row_of(home, "usage")
    assert (row["account_id"], row["account_label"], row["provider_name"]) == ("deep", "Deep", "DeepSeek")
    assert (row["status"], row["is_available"], row["fetched_at"]) == ("error", False, None)
    assert row["auth_source"] == "env:DEEPSEEK_API_KEY"
    assert "Deep" in home.run("usage").stdout
    assert server.requests == []


def test_refresh_asks_stores_and_prints(home: Home, server: Loopback) -> None:
    row = row_of(home, "refresh")
    assert (row["status"], row["balance"]) == ("ok", {"amount": "14.20", "currency": "USD"})
    assert len(server.requests) == 1
    again = row_of(home, "usage")
    assert (again["balance"], again["fetched_at"]) == (row["balance"], row["fetched_at"])
    assert len(server.requests) == 1
    people = home.run("usage")
    assert people.returncode == 0
    assert "$14.20" in people.stdout
    assert "\x1b" not in people.stdout
    assert "$14.20" in home.run("--once").stdout
    assert "$14.20" not in home.run("--once", "--privacy").stdout
    points = home.json("history")["points"]
    assert [point["balance"] for point in points] == ["14.20"]


def test_too_early_is_said_with_the_time_and_asks_nobody(home: Home, server: Loopback) -> None:
    home.run("refresh")
    for arguments in (("refresh",), ("usage", "--refresh"), ("refresh", "--due")):
        done = home.run(*arguments)
        assert done.returncode == 0
        assert "Deep: not asked" in done.stderr
        assert "not before" in done.stderr
    assert len(server.requests) == 1


def test_a_failing_provider_is_a_row_and_the_figures_stay(home: Home, server: Loopback) -> None:
    home.run("refresh")
    server.on("/user/balance", Answer(status=500))
    home.environ["DEEPSEEK_API_KEY"] = f"{KEY}Other"  # another key, so nobody is asked too early
    done = home.run("usage", "--refresh", "--json")
    assert done.returncode == 0
    (row,) = json.loads(done.stdout)["providers"]
    assert (row["status"], row["stale"], row["error"]["kind"]) == ("server_error", True, "server_error")
    assert row["balance"]["amount"] == "14.20"
    assert row["error"]["message"]


def test_doctor_tells_what_stands_against_the_next_request(home: Home, server: Loopback) -> None:
    def gates() -> list[tuple[str, str]]:
        checks = home.json("doctor")["checks"]
        return [(check["status"], check["detail"]) for check in checks if check["name"].startswith("requests deepseek")]

    home.run("refresh")
    assert gates() == [("ok", "1 requests in the last hour")]
    server.on("/user/balance", Answer(status=401, json={"error": {"message": "no"}}))
    home.environ["DEEPSEEK_API_KEY"] = f"{KEY}Other"
    home.run("refresh")
    server.on("/user/balance", Answer(status=429, headers={"Retry-After": "3600"}, json={}))
    home.environ["DEEPSEEK_API_KEY"] = f"{KEY}Third"
    home.run("refresh")
    told = " ".join(detail for _, detail in gates())
    assert "waits for a new key or login (auth_needed" in told
    assert "waits until" in told
    assert "(retry_after)" in told


def test_due_asks_whoever_was_never_asked(home: Home, server: Loopback) -> None:
    done = home.run("refresh", "--due", "--json")
    assert json.loads(done.stdout)["providers"][0]["status"] == "ok"
    assert len(server.requests) == 1


def no_more_bytes() -> None:
    """What a full disk is to a process."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.parametrize("disk", ["full", "not there"])
def test_due_asks_nobody_where_it_could_not_be_remembered(home: Home, server: Loopback, disk: str) -> None:
    server.on("/user/balance", Answer(status=429, headers={"Retry-After": "3600"}, json={}))
    options: dict[str, Any] = {"preexec_fn": no_more_bytes}
    if disk != "full":
        (home.path / "file").write_text("")
        options = {"environ": {"AIC_DATA_DIR": str(home.path / "file" / "below")}}
    else:
        home.run("usage")  # the database is there, and old
    for _ in range(3):
        done = home.run("refresh", "--due", **options)
        assert done.returncode == 0
        assert "not asked" in done.stderr
        assert "could not be remembered" in done.stderr
    assert server.requests == []
    home.run("refresh", **options)  # the user's own wish
    assert len(server.requests) == 1


def test_selection(home: Home) -> None:
    assert row_of(home, "usage", "--provider", "deepseek", "--account", "deep")["account_id"] == "deep"
    assert home.json("usage", "--provider", "openrouter")["providers"] == []
    for arguments in (("--provider", "nobody"), ("--account", "nobody")):
        done = home.run("usage", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "nobody" in done.stderr


def test_keys_of_the_environment_count_at_once(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", {"OPENROUTER_API_KEY": "sk-or-v1-kAnarie9Vogel7Qz3xW5"})
    row = row_of(home, "usage")
    assert (row["account_id"], row["auth_source"]) == ("openrouter", "env:OPENROUTER_API_KEY")
    assert "kAnarie9" not in json.dumps(row)


def test_without_accounts_the_page_teaches(tmp_path: Path) -> None:
    done = Home(tmp_path / "home").run("--once")
    assert done.returncode == 0
    assert "No accounts yet" in done.stdout
    assert "aic-tui discover --accept" in done.stdout


def test_a_broken_config_is_told_and_the_last_figures_stay(home: Home, server: Loopback) -> None:
    home.run("refresh")
    home.write_config("[accounts\n")
    done = home.run("usage", "--json")
    assert done.returncode == 0
    assert "config.toml" in done.stderr
    assert json.loads(done.stdout)["providers"][0]["balance"]["amount"] == "14.20"
    assert len(server.requests) == 1


@pytest.mark.parametrize("arguments", ["refresh", "refresh --due", "usage --refresh", "refresh --json"])
def test_a_wish_to_ask_with_a_broken_config_is_a_mistake(home: Home, server: Loopback, arguments: str) -> None:
    home.write_config("[accounts.deep\n")
    done = home.run(*arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert "config.toml is not valid TOML at line 1" in done.stderr
    assert "disabled" not in done.stderr
    assert server.requests == []
    assert home.run("refresh", "--demo").returncode == 0


def test_accounts_that_are_off_or_hidden_are_left_out_and_figures_of_another_provider_too(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    now = datetime.now(UTC)
    reading = Reading(
        windows=(Window("week", "week", ratio=0.5),), balances=(Balance(Decimal(3), "USD"),), usage=UsageTotals()
    )
    snapshot = Snapshot(reading, now, "env:X")
    home.remember(
        AccountState("a", "openrouter", "OpenRouter", "Mine", snapshot=snapshot),
        AccountState("b", "deepseek", "deepseek", "b", snapshot=snapshot),
    )
    home.write_config(
        '[accounts.a]\nprovider = "deepseek"\n[accounts.b]\nprovider = "deepseek"\n'
        '[accounts.off]\nprovider = "deepseek"\nenabled = false\n[accounts.hid]\nprovider = "deepseek"\nhidden = true\n'
    )
    rows = home.json("usage")["providers"]
    assert [(row["account_id"], row["provider_name"], row["account_label"]) for row in rows] == [
        ("a", "DeepSeek", "a"),  # as on the screen: one provider, several accounts
        ("b", "DeepSeek", "b"),
    ]
    assert [row["balance"] for row in rows] == [None, {"amount": "3", "currency": "USD"}]


@pytest.mark.parametrize("other", ['key = "env:OTHER"', 'key = "env:DEEPSEEK_API_KEY"\nbase_url = "http://[::1]:9"'])
def test_another_configuration_shows_no_figures_of_an_account_that_has_only_its_id(
    home: Home, server: Loopback, tmp_path: Path, other: str
) -> None:
    home.run("refresh")
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "config.toml").write_text(f'[accounts.deep]\nprovider = "deepseek"\n{other}\n')
    row = row_of(home, "usage", "--config-dir", str(strange))
    assert (row["balance"], row["fetched_at"], row["is_available"]) == (None, None, False)
    assert row["auth_source"] == other.split('"')[1]
    assert "14.20" not in home.run("--once", "--config-dir", str(strange)).stdout
    assert "14.20" not in home.run("refresh", "--config-dir", str(strange)).stdout  # there is no such key


def test_demo_refreshes_without_asking_anyone(tmp_path: Path) -> None:
    done = Home(tmp_path / "home").run("refresh", "--demo", "--due")
    assert done.returncode == 0
    assert "12 accounts" in done.stdout
    assert "not asked" in done.stderr
