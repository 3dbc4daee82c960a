"""``config``: values with their origin, changes that are checked, and no secret let in."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from aic_tui.config.settings import SETTINGS
from tests.cli_home import Home

ACCOUNT = """
version = 1
[general]
theme = "nord"
[accounts.work]
provider = "openrouter"
key = "env:OPENROUTER_API_KEY"
hosts = { "a.test" = "https://b.test" }
[accounts."dotted.id"]
provider = "deepseek"
[keys]
refresh = "f5"
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def table_of(home: Home) -> dict[str, object]:
    return tomllib.loads(home.paths.config_file.read_text(encoding="utf-8"))


def test_path(home: Home) -> None:
    assert home.run("config", "path").stdout == f"{home.paths.config_file}\n"
    assert home.json("config", "path") == {"path": str(home.paths.config_file), "exists": False}
    elsewhere = home.run("--config-dir", "/tmp/x y", "config", "path").stdout
    assert elsewhere == "/tmp/x y/config.toml\n"
    profile = home.run("config", "path", "--profile", "work").stdout
    assert profile == f"{home.paths.config}/profiles/work/config.toml\n"
    assert home.run("config", "path", environ={"AIC_CONFIG_DIR": "/tmp/z"}).stdout == "/tmp/z/config.toml\n"


def test_show_names_the_origin_of_each_value(home: Home) -> None:
    home.write_config(ACCOUNT)
    shown = home.json("config", "show", "--privacy", environ={"AIC_WARN_PERCENT": "70"})
    assert set(shown["settings"]) == {f"general.{setting.name}" for setting in SETTINGS}
    expected = {
        "theme": ("nord", "file"),
        "warn_percent": (70, "env:AIC_WARN_PERCENT"),
        "privacy": (True, "flag"),
        "retention_days": (180, "default"),
    }
    for name, (value, origin) in expected.items():
        assert shown["settings"][f"general.{name}"] == {"value": value, "origin": origin}
    work = {account["id"]: account for account in shown["accounts"]}["work"]
    assert work == {
        "id": "work",
        "origin": "file",
        "provider": "openrouter",
        "key": "env:OPENROUTER_API_KEY",
        "enabled": True,
        "hosts": {"a.test": "https://b.test"},
    }
    lines = home.run("config", "show").stdout.splitlines()
    assert ["general.theme", "nord", "file"] in [line.split() for line in lines]
    assert ["keys.refresh", "f5", "file"] in [line.split() for line in lines]


def test_get(home: Home) -> None:
    home.write_config(ACCOUNT)
    assert home.run("config", "get", "theme").stdout == "nord\n"
    assert home.run("config", "get", "general.mouse").stdout == "true\n"
    assert home.run("config", "get", "accounts.work.key").stdout == "env:OPENROUTER_API_KEY\n"
    assert home.run("config", "get", "accounts.work.hosts").stdout == "a.test = https://b.test\n"
    assert home.json("config", "get", "theme") == {"name": "general.theme", "value": "nord", "origin": "file"}
    for name in ("nonsense", "accounts.work.nonsense", "accounts.none.key"):
        done = home.run("config", "get", name)
        assert (done.returncode, done.stdout) == (2, "")
        assert "There is no" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "where", "value"),
    [
        ("theme", "dracula", ("general", "theme"), "dracula"),
        ("general.warn_percent", "75", ("general", "warn_percent"), 75),
        ("privacy", "yes", ("general", "privacy"), True),
        ("accounts.work.enabled", "false", ("accounts", "work", "enabled"), False),
        ("accounts.work.interval_seconds", "600", ("accounts", "work", "interval_seconds"), 600),
        ("accounts.work.key", "keyring", ("accounts", "work", "key"), "keyring"),
        ("accounts.work.base_url", "http://127.0.0.1:8080", ("accounts", "work", "base_url"), "http://127.0.0.1:8080"),
        ("accounts.dotted.id.name", "Home", ("accounts", "dotted.id", "name"), "Home"),
        ("accounts.new.provider", "deepseek", ("accounts", "new", "provider"), "deepseek"),
        ("keys.refresh", "f6", ("keys", "refresh"), "f6"),
    ],
)
def test_set_changes_one_value_and_keeps_the_rest(
    home: Home, name: str, text: str, where: tuple[str, ...], value: object
) -> None:
    home.write_config(ACCOUNT)
    before = table_of(home)
    done = home.run("config", "set", name, text)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    place: object = table_of(home)
    for part in where:
        assert isinstance(place, dict)
        place = place[part]
    assert place == value
    home.run("config", "set", "theme", "nord")
    after = table_of(home)
    assert before.keys() == after.keys()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("theme", "sk-or-v1-kAnarie9Vogel7Qz3xW5"),
        ("openai.api_key", "sk-proj-kAnarie9Vogel7Qz3xW5"),
        ("openai.api_key", "no-shape-at-all"),
        ("accounts.work.key", "no-shape-at-all"),
        ("accounts.work.api_key", "no-shape-at-all"),
        ("accounts.work.session_token", "no-shape-at-all"),
        ("accounts.work.password", "no-shape-at-all"),
        ("accounts.work.name", "ghp_kAnarie9Vogel7Qz3xW5"),
        ("sk-proj-kAnarie9Vogel7Qz3xW5", "sk-proj-kAnarie9Vogel7Qz3xW5"),
    ],
)
def test_set_refuses_secrets_by_name_and_by_shape(home: Home, name: str, text: str) -> None:
    home.write_config(ACCOUNT)
    before = home.paths.config_file.read_bytes()
    done = home.run("config", "set", name, text)
    assert (done.returncode, done.stdout) == (2, "")
    assert "never holds a key" in done.stderr
    assert text not in done.stderr
    assert home.paths.config_file.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nonsense", "1"),
        ("warn_percent", "500"),
        ("mouse", "perhaps"),
        ("accounts.work.enabled", "perhaps"),
        ("accounts.work.interval_seconds", "often"),
        ("accounts.work.base_url", "http://example.com"),
        ("accounts.none.name", "x"),
        ("accounts.work", "x"),
        ("accounts.", "x"),
        ("accounts.new.provider", "nonsense"),
    ],
)
def test_set_refuses_what_is_not_allowed(home: Home, name: str, text: str) -> None:
    home.write_config(ACCOUNT)
    before = home.paths.config_file.read_bytes()
    done = home.run("config", "set", name, text)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert home.paths.config_file.read_bytes() == before


def test_set_says_when_a_variable_stays_in_force(home: Home) -> None:
    done = home.run("config", "set", "theme", "nord", environ={"AIC_THEME": "dracula"})
    assert done.returncode == 0
    assert "AIC_THEME is set and stays in force" in done.stderr


def test_a_key_pasted_into_the_file_is_never_shown(home: Home) -> None:
    home.write_config(
        '[accounts.a]\nprovider = "deepseek"\nkey = "sk-kAnarie9Vogel7Qz3xW5"\napi_key = "plain-secret-9876543210"\n'
        'name = "gho_kAnarie9Vogel7Qz3xW5"\n'
    )
    for verb in (("config", "show"), ("config", "show", "--json"), ("config", "validate"), ("doctor", "--json")):
        done = home.run(*verb)
        assert "kAnarie9" not in done.stdout + done.stderr, verb
        assert "plain-secret" not in done.stdout + done.stderr, verb
    assert home.run("config", "get", "accounts.a.key").stdout == "(not a reference)\n"


def test_validate(home: Home) -> None:
    home.write_config(ACCOUNT)
    good = home.run("config", "validate")
    assert (good.returncode, good.stdout) == (0, "")
    assert "nothing wrong" in good.stderr
    home.write_config("[general]\nwarn_percent = 500\nfuture = 1\n")
    bad = home.run("config", "validate")
    assert bad.returncode == 2
    assert "2: [general] warn_percent must be" in bad.stdout
    assert "“general.future” means nothing" in bad.stdout
    document = home.run("config", "validate", "--json")
    assert document.returncode == 2
    told = json.loads(document.stdout)
    assert (told["valid"], told["unknown"]) == (False, ["general.future"])
    assert told["problems"][0]["line"] == 2
    home.write_config("[general\n")
    broken = home.run("config", "validate")
    assert broken.returncode == 2
    assert "line 1" in broken.stdout


def test_validate_tells_what_of_the_keys_cannot_be_in_force(home: Home) -> None:
    keys = '[keys]\nbogus = "q"\nrefresh = "zzz"\nquit = "r"\nsort = "f6"\nhelp = "escape"\n'
    home.write_config(f"version = 1\n{keys}")
    first = 3
    done = home.run("config", "validate")
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        f"{first}: [keys] there is nothing called “bogus”.",
        f"{first + 1}: [keys] refresh: “zzz” is no key that can be used.",
        f"{first + 4}: [keys] help: “escape” is no key that can be used.",
        f"{first + 2}: [keys] quit: r is “refresh” already.",
    ]
    told = json.loads(home.run("config", "validate", "--json").stdout)
    assert (told["valid"], [problem["setting"] for problem in told["problems"]]) == (
        False,
        ["keys.bogus", "keys.refresh", "keys.help", "keys.quit"],
    )
    home.write_config('version = 1\n[keys]\nrefresh = "f5"\nquit = "r"\n')
    assert home.run("config", "validate").returncode == 2  # the detail screen still has r
    home.write_config('version = 1\n[keys]\nrefresh = "f5,ctrl+r"\nmove_key = "W"\n')
    assert home.run("config", "validate").returncode == 0


def test_a_key_in_place_of_a_key_name_is_not_repeated(home: Home) -> None:
    home.write_config('version = 1\n[keys]\nrefresh = "sk-or-v1-kAnarie9Vogel7Qz3xW5"\n')
    done = home.run("config", "validate")
    assert done.returncode == 2
    assert "kAnarie9" not in done.stdout + done.stderr


def test_a_key_that_cannot_be_in_force_is_not_set(home: Home) -> None:
    home.write_config('version = 1\n[keys]\nrefresh = "f5"\n')
    before = home.paths.config_file.read_text(encoding="utf-8")
    for name, key in (("bogus", "x"), ("sort", "zzz"), ("sort", "f5"), ("sort", "u")):
        done = home.run("config", "set", f"keys.{name}", key)
        assert done.returncode == 2
        assert "Nothing was changed" in done.stderr
    assert home.paths.config_file.read_text(encoding="utf-8") == before
    assert home.run("config", "set", "keys.sort", "f6").returncode == 0
    assert home.run("config", "get", "keys.sort").stdout == "f6\n"


def test_a_broken_file_is_told_but_stops_no_verb(home: Home) -> None:
    home.write_config("[general\n")
    done = home.run("config", "show")
    assert done.returncode == 0
    assert "config.toml" in done.stderr
    assert home.run("config", "set", "theme", "nord").returncode == 2
    assert home.paths.config_file.read_text(encoding="utf-8") == "[general\n"
