"""What a machine has, which accounts that makes, and what is written after the user's yes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aic_tui.config.file import load_config
from aic_tui.config.settings import Account, Config
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.providers.registry import all_providers
from aic_tui.services.accounts import accept, account_problems, effective_accounts
from aic_tui.services.discovery import Place, discover, places_looked
from aic_tui.services.monitor import Found
from tests.clock import START

MakeEnv = Callable[..., Environment]
OPENROUTER_KEY = "sk-or-v1-KANARIE0123456789abcd"


def put(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def claude_login(env: Environment, hours_left: float = 5, scopes: Sequence[str] = ("user:profile",)) -> Path:
    expires = int((START + timedelta(hours=hours_left)).timestamp() * 1000)
    login = {"accessToken": "sk-ant-oat01-KANARIE0123456789wxyz", "expiresAt": expires, "scopes": list(scopes)}
    return put(env.home / ".claude/.credentials.json", {"claudeAiOauth": login})


def opencode(env: Environment, **entries: Any) -> Path:
    return put(env.home / ".local/share/opencode/auth.json", entries)


def config_says(env: Environment, text: str) -> Config:
    put(env.paths.config_file, text)
    return load_config(env)


def found_now(env: Environment) -> list[Found]:
    return discover(env, effective_accounts(load_config(env), env))


def of(found: Sequence[Found], provider_id: str) -> list[Found]:
    return [item for item in found if item.provider_id == provider_id]


def test_an_empty_machine_has_nothing_and_says_where_it_looked(env: Environment) -> None:
    assert found_now(env) == []
    assert effective_accounts(load_config(env), env) == ()
    places = places_looked(env)
    assert {place.outcome for place in places} == {"not found"}
    origins = {place.origin for place in places}
    assert {"OPENAI_ADMIN_KEY", "DEEPSEEK_API_KEY", f"{env.home}/.claude/.credentials.json"} <= origins
    assert {place.provider_id for place in places} == {provider.id for provider in all_providers()}


def test_a_key_in_a_variable_is_an_account_at_once(make_env: MakeEnv) -> None:
    env = make_env({"OPENROUTER_API_KEY": OPENROUTER_KEY, "DEEPSEEK_API_KEY": " "})
    [account] = effective_accounts(load_config(env), env)
    assert (account.id, account.key, account.origin) == (
        "openrouter",
        "env:OPENROUTER_API_KEY",
        "env:OPENROUTER_API_KEY",
    )
    [found] = found_now(env)
    assert (found.source, found.origin, found.account_id) == (
        "env:OPENROUTER_API_KEY",
        "OPENROUTER_API_KEY",
        "openrouter",
    )
    assert (found.accepted, found.needs_confirmation) == (True, False)
    assert found.masked == "…abcd"
    assert not env.paths.config.exists()


@pytest.mark.parametrize("key", ["sk-1", "abcdefghijk"])
def test_of_a_short_key_nothing_is_shown(make_env: MakeEnv, key: str) -> None:
    [found] = found_now(make_env({"OPENROUTER_API_KEY": key}))
    assert found.masked == "…"


def test_a_login_of_another_tool_waits_for_the_users_yes(env: Environment) -> None:
    file = claude_login(env)
    [found] = found_now(env)
    assert (found.source, found.origin) == ("discovered:claude-code", str(file))
    assert (found.needs_confirmation, found.accepted, found.problem) == (True, False, None)
    assert found.consent
    assert "KANARIE" not in repr(found)
    assert effective_accounts(load_config(env), env) == ()


def test_a_login_token_in_a_variable_waits_for_the_same_yes(make_env: MakeEnv) -> None:
    env = make_env({"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-KANARIE0123456789"})
    assert effective_accounts(load_config(env), env) == ()
    [found] = found_now(env)
    assert (found.needs_confirmation, found.accepted) == (True, False)
    claude_login(env)
    assert [item.source for item in found_now(env)] == ["discovered:claude-code", "env:CLAUDE_CODE_OAUTH_TOKEN"]
    claude_login(env, scopes=["user:inference"])
    assert [item.source for item in found_now(env)] == ["env:CLAUDE_CODE_OAUTH_TOKEN", "discovered:claude-code"]


def test_an_expired_login_is_listed_with_what_to_do(env: Environment) -> None:
    file = claude_login(env, hours_left=-1)
    assert found_now(env)[0].problem == "expired: run `claude` once"
    [place] = [place for place in places_looked(env) if place.origin == str(file)]
    assert (place.outcome, place.detail) == ("found", "expired: run `claude` once")


def test_an_unreadable_file_is_no_finding_but_a_place(env: Environment) -> None:
    file = opencode(env)
    file.write_text("{")
    other = put(env.home / ".claude/.credentials.json", {"mcpOAuth": {}})
    assert found_now(env) == []
    places: dict[str, Place] = {place.origin: place for place in places_looked(env)}
    assert (places[str(file)].outcome, places[str(file)].detail) == ("not whole", "not valid JSON")
    assert places[str(other)].outcome == "no login in it"


def test_two_variables_make_one_account_with_the_preferred_one(make_env: MakeEnv) -> None:
    env = make_env({"OPENAI_API_KEY": "sk-proj-KANARIE0123456789", "OPENAI_ADMIN_KEY": "sk-admin-KANARIE0123456789"})
    found = found_now(env)
    assert [(item.source, item.account_id, item.accepted) for item in found] == [
        ("env:OPENAI_ADMIN_KEY", "openai", True),
        ("env:OPENAI_API_KEY", "openai", False),
    ]
    accept(env, found)
    assert [(account.id, account.key) for account in load_config(env).accounts] == [("openai", "env:OPENAI_ADMIN_KEY")]
    before = env.paths.config_file.stat()
    accept(env, found_now(env))
    accept(env, found_now(env)[1:])
    assert env.paths.config_file.stat().st_ino == before.st_ino


def test_the_same_key_in_two_variables_is_in_use_under_both(make_env: MakeEnv) -> None:
    env = make_env({"DEEPSEEK_API_KEY": "sk-KANARIE0123456789", "DEEPSEEK_KEY": "sk-KANARIE0123456789"})
    assert [item.accepted for item in found_now(env)] == [True, True]
    assert len(effective_accounts(load_config(env), env)) == 1


def test_what_counts_already_is_not_replaced_by_a_second_finding(make_env: MakeEnv) -> None:
    env = make_env({"OPENROUTER_API_KEY": OPENROUTER_KEY})
    opencode(env, openrouter={"type": "api", "key": "sk-or-v1-another0123456789"})
    fresh = [item for item in found_now(env) if not item.accepted]
    assert [item.source for item in fresh] == ["discovered:opencode"]
    assert [account.key for account in accept(env, fresh).accounts] == ["env:OPENROUTER_API_KEY"]


def test_accepting_a_login_keeps_the_accounts_of_variables(make_env: MakeEnv) -> None:
    env = make_env({"OPENROUTER_API_KEY": OPENROUTER_KEY})
    claude_login(env)
    config = accept(env, of(found_now(env), "claude"), {"theme": "nord"})
    assert config.settings.theme == "nord"
    assert [(account.id, account.key) for account in config.accounts] == [
        ("claude", "discovered:claude-code"),
        ("openrouter", "env:OPENROUTER_API_KEY"),
    ]
    assert effective_accounts(config, env) == config.accounts
    assert all(item.accepted for item in found_now(env))
    written = env.paths.config_file.read_text()
    assert tomllib.loads(written)["accounts"]["claude"] == {"provider": "claude", "key": "discovered:claude-code"}
    assert "KANARIE" not in written


def test_accepting_into_a_file_with_accounts_adds_only_what_was_said(make_env: MakeEnv) -> None:
    env = make_env({"OPENROUTER_API_KEY": OPENROUTER_KEY, "DEEPSEEK_API_KEY": "sk-KANARIE0123456789"})
    config_says(env, "[accounts.work]\nprovider = 'openrouter'\nkey = 'env:OPENROUTER_API_KEY'\nenabled = false\n")
    claude_login(env)
    found = found_now(env)
    assert [item.accepted for item in of(found, "openrouter")] == [True]
    config = accept(env, of(found, "openrouter") + of(found, "claude"))
    assert [(account.id, account.enabled) for account in config.accounts] == [("work", False), ("claude", True)]


def test_an_account_that_the_file_has_is_never_changed(make_env: MakeEnv) -> None:
    env = make_env({"OPENROUTER_API_KEY": OPENROUTER_KEY})
    config_says(env, "[accounts.openrouter]\nprovider = 'openrouter'\nkey = 'keyring'\n")
    [found] = found_now(env)
    assert not found.accepted
    assert accept(env, [found]).accounts[0].key == "keyring"


def test_an_id_that_another_provider_took_gets_a_number(make_env: MakeEnv) -> None:
    env = make_env({"OPENROUTER_API_KEY": OPENROUTER_KEY})
    text = "[accounts.openrouter]\nprovider = 'openai'\n[accounts.openrouter-2]\nprovider = 'deepseek'\n"
    config_says(env, text)
    config = accept(env, of(found_now(env), "openrouter"))
    assert [account.id for account in config.accounts] == ["openrouter", "openrouter-2", "openrouter-3"]


def test_an_account_without_a_reference_uses_what_resolve_would(make_env: MakeEnv) -> None:
    env = make_env({"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-KANARIE0123456789"})
    config_says(env, "[accounts.c]\nprovider = 'claude'\n[accounts.d]\nprovider = 'deepseek'\n")
    assert [(item.source, item.accepted) for item in found_now(env)] == [("env:CLAUDE_CODE_OAUTH_TOKEN", True)]
    claude_login(env)
    assert [(item.source, item.accepted) for item in found_now(env)] == [
        ("discovered:claude-code", True),
        ("env:CLAUDE_CODE_OAUTH_TOKEN", False),
    ]


def test_entries_of_opencode_belong_to_their_providers(env: Environment) -> None:
    opencode(
        env,
        openrouter={"type": "api", "key": OPENROUTER_KEY},
        openai={"type": "oauth", "access": "KANARIE0123456789", "expires": 0},
        anthropic="rubbish",
    )
    assert [(item.provider_id, item.source) for item in found_now(env)] == [
        ("codex", "discovered:opencode"),
        ("openrouter", "discovered:opencode"),
    ]


def test_two_logins_of_one_provider_make_one_account_with_the_live_one(env: Environment) -> None:
    claude_login(env, hours_left=-1)
    opencode(env, anthropic={"type": "oauth", "access": "sk-ant-oat01-KANARIE0123456789", "expires": 0})
    found = found_now(env)
    assert [item.source for item in found] == ["discovered:opencode", "discovered:claude-code"]
    assert [account.key for account in accept(env, found).accounts] == ["discovered:opencode"]


def test_an_empty_accounts_table_means_no_accounts(make_env: MakeEnv) -> None:
    env = make_env({"OPENROUTER_API_KEY": OPENROUTER_KEY})
    assert effective_accounts(config_says(env, "[accounts]\n"), env) == ()


def test_a_broken_file_asks_nobody_and_takes_no_finding(make_env: MakeEnv) -> None:
    env = make_env({"OPENROUTER_API_KEY": OPENROUTER_KEY})
    assert effective_accounts(config_says(env, "[accounts"), env) == ()
    with pytest.raises(UserError, match="line 1"):
        accept(env, found_now(env))
    assert env.paths.config_file.read_text() == "[accounts"


def test_a_provider_that_does_not_exist_is_told_and_left_out(env: Environment) -> None:
    config = config_says(env, "[accounts.a]\nprovider = 'nosuch'\n[accounts.b]\nprovider = 'openai'\n")
    assert [account.id for account in effective_accounts(config, env)] == ["b"]
    [problem] = account_problems(config)
    assert "“nosuch”" in problem.sentence
    assert "openrouter" in problem.sentence


def test_accounts_of_the_file_load_no_provider(env: Environment) -> None:
    import subprocess
    import sys

    config_says(env, "[accounts.b]\nprovider = 'openai'\n")
    script = f"""
import sys
from pathlib import Path
from aic_tui.config.file import load_config
from aic_tui.environment import Environment, Paths
from aic_tui.services.accounts import effective_accounts
env = Environment(Paths(*[Path({str(env.paths.config)!r})] * 4), Path("/"), {{}})
assert [account.id for account in effective_accounts(load_config(env), env)] == ["b"]
print([name for name in sys.modules if name in ("pydantic", "httpx", "keyring", "aic_tui.providers.openai")])
"""
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_an_account_with_every_setting_survives_being_written(env: Environment) -> None:
    from aic_tui.config.file import account_table, save_changes

    account = Account(
        id="x",
        provider_id="openai",
        name="Work",
        enabled=False,
        key="env:X",
        base_url="http://127.0.0.1:1",
        hosts={"a.example": "https://b.example"},
        login_url="https://c.example",
        interval_seconds=60,
        user_agent="me/1",
        trust_base_url=True,
        pinned=True,
        hidden=True,
        fields={"project_id": "p"},
    )
    assert save_changes(env, {("accounts", "x"): account_table(account)}).accounts == (account,)
