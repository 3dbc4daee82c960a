"""GitHub tokens of other tools: found, bound to their host, and never given out for another one."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from aic_tui.config.secrets import Vault
from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.address import target_of
from aic_tui.providers.auth import Credential, resolve
from aic_tui.providers.base import Request
from aic_tui.providers.login_file import LoginFile, Outcome
from aic_tui.providers.logins import find_logins
from aic_tui.providers.logins_github import read_yaml
from aic_tui.providers.registry import get_provider
from aic_tui.services.discovery import discover, places_looked
from tests.conftest import MakeEnv

COPILOT = get_provider("copilot")
TOKEN = "gho_CANARY00000000000000000000000000aaaa"
WORK = "gho_CANARY00000000000000000000000000bbbb"
PLUG_IN = "ghu_CANARY00000000000000000000000000cccc"
ACME = "gho_CANARY00000000000000000000000000dddd"
ALL = (TOKEN, WORK, PLUG_IN, ACME)

HOSTS = f"""\
# written by gh
github.com:
    git_protocol: https
    users:
        octo-work:
            oauth_token: {WORK}
        octo-fake:
            oauth_token: {TOKEN}
    user: octo-fake
    oauth_token: {TOKEN}
acme.ghe.com:
    user: octo-acme
    oauth_token: "{ACME}"
"""


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def gh(env: Environment, text: str = HOSTS) -> Path:
    return write(env.home / ".config/gh/hosts.yml", text)


def found(env: Environment, tool: str | None = None, login_url: str | None = None) -> list[tuple[str, str]]:
    """Tool and token of each login, in order."""
    logins = find_logins(COPILOT, env, tool, login_url=login_url)
    return [(login.tool, login.secret.get_secret_value()) for login in logins if login.secret is not None]


def judged(env: Environment, tool: str, login_url: str | None = None) -> LoginFile:
    """The only place of ``tool`` where something is."""
    logins = find_logins(COPILOT, env, tool, login_url=login_url)
    (only,) = [login for login in logins if login.outcome is not Outcome.ABSENT]
    return only


async def credential(env: Environment, **account: Any) -> Credential:
    return await resolve(Account("mine", "copilot", **account), COPILOT, env, Vault(env))


# gh


def test_gh_gives_the_active_user(env: Environment) -> None:
    path = gh(env)
    login = judged(env, "gh")
    assert login.secret is not None
    assert (login.secret.get_secret_value(), login.facts.account_name) == (TOKEN, "octo-fake")
    assert login.origin == str(path)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (f"github.com:\n  oauth_token: {TOKEN}\n", TOKEN),
        (f"'github.com':\n  oauth_token: '{TOKEN}'\n  user: octo\n", TOKEN),
        (f"github.com:\r\n    user: octo\r\n    oauth_token: {TOKEN}\r\n", TOKEN),
        (f"GitHub.com:\n    oauth_token: {TOKEN}   # mine\n", TOKEN),
        (f"\ufeffgithub.com:\n    oauth_token: {TOKEN}\n", TOKEN),
        (f"github.com:\n    users:\n        octo:\n            oauth_token: {TOKEN}\n", TOKEN),
        (f"github.com:\n    user: b\n    users:\n        a:\n            oauth_token: {WORK}\n        b:\n", None),
        (f"github.com:\n    users:\n        a:\n            oauth_token: {WORK}\n        b:\n", None),
        (f"acme.ghe.com:\n    users:\n        github.com:\n            oauth_token: {WORK}\n", None),
        (f"oauth_token: {WORK}\n", None),
        ("github.com: &x\n    oauth_token: *x\n", None),
        (f"github.com:\n    oauth_token: {TOKEN}\n    note: >-\n        oauth_token: x\n", TOKEN),
        ("github.com:\n    oauth_token: ''\n", None),
        ("github.com:\n    oauth_token: null\n", None),
        ("github.com:\n- oauth_token\n", None),
        (f"github.com:\n    note: |\n        oauth_token: x\n    oauth_token: {TOKEN}\n", TOKEN),
        ("", None),
        ("\n\n", None),
        ("[1, 2\n", None),
    ],
)
def test_a_hosts_file_in_other_shapes(env: Environment, text: str, token: str | None) -> None:
    gh(env, text)
    assert found(env) == ([("gh", token)] if token else [])


def test_a_hosts_file_that_is_just_being_written_is_not_believed(env: Environment) -> None:
    gh(env, HOSTS[: HOSTS.index(TOKEN) + 12])
    assert (judged(env, "gh").outcome, found(env)) == (Outcome.HALF_WRITTEN, [])


@pytest.mark.parametrize("data", [b"\xff\xfe\x00g", b"\x00" * 100, b"a" * (2 << 20), b"{" * 5000 + b"\n"])
def test_a_hosts_file_that_is_no_text_gives_nothing(env: Environment, data: bytes) -> None:
    path = gh(env)
    path.write_bytes(data)
    assert found(env) == []
    assert judged(env, "gh").outcome is not Outcome.FOUND


def test_deep_and_long_yaml_ends() -> None:
    deep = "".join(f"{' ' * depth}k{depth}:\n" for depth in range(2000))
    assert list(read_yaml(deep.encode())) == ["k0"]
    assert len(read_yaml(b"".join(b"k%d: v\n" % n for n in range(20_000)))) <= 5000


def test_a_token_in_ghs_keyring_is_told(env: Environment) -> None:
    gh(env, "github.com:\n    git_protocol: https\n    users:\n        octo-fake:\n    user: octo-fake\n")
    assert judged(env, "gh").problem == "gh keeps its token in the system keyring"


@pytest.mark.parametrize(
    ("environ", "platform", "place"),
    [
        ({}, "linux", "home/.config/gh"),
        ({"XDG_CONFIG_HOME": "{root}/xdg"}, "linux", "xdg/gh"),
        ({"XDG_CONFIG_HOME": "relative"}, "linux", "home/.config/gh"),
        ({"GH_CONFIG_DIR": "{root}/own", "XDG_CONFIG_HOME": "{root}/xdg"}, "linux", "own"),
        ({"GH_CONFIG_DIR": "~/own"}, "linux", "home/own"),
        ({"APPDATA": "{root}/roaming"}, "win32", "roaming/GitHub CLI"),
        ({"APPDATA": "{root}/roaming"}, "linux", "home/.config/gh"),
    ],
)
def test_where_gh_keeps_its_hosts(
    make_env: MakeEnv, tmp_path: Path, environ: Mapping[str, str], platform: str, place: str
) -> None:
    env = make_env({name: value.format(root=tmp_path) for name, value in environ.items()}, platform=platform)
    write(tmp_path / place / "hosts.yml", HOSTS)
    assert found(env) == [("gh", TOKEN)]


@pytest.mark.parametrize(
    "kept",
    [
        TOKEN,
        "go-keyring-base64:" + base64.b64encode(TOKEN.encode()).decode(),
        "go-keyring-encoded:" + TOKEN.encode().hex(),
    ],
)
def test_ghs_item_in_the_keychain_is_that_of_the_host(make_env: MakeEnv, kept: str) -> None:
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> str | None:
        asked.append(command)
        return f"{kept}\n" if "gh:github.com" in command else None

    env = make_env({"USER": "me"}, platform="darwin", run=run)
    assert found(env, "gh") == [("gh", TOKEN)]
    assert asked == [["/usr/bin/security", "find-generic-password", "-s", "gh:github.com", "-w"]]
    assert found(env, "gh", "https://acme.ghe.com") == []


def test_a_strange_item_in_the_keychain_is_no_token(make_env: MakeEnv) -> None:
    env = make_env(platform="darwin", run=lambda _command: "go-keyring-base64:%%%")
    assert found(env) == []


# The Copilot plug-ins and the Copilot CLI


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            ".config/github-copilot/apps.json",
            {"github.com:Iv1.b507a08c87ecfe98": {"user": "octo", "oauth_token": PLUG_IN, "githubAppId": "Iv1.x"}},
        ),
        (".config/github-copilot/hosts.json", {"github.com": {"user": "octo", "oauth_token": PLUG_IN}}),
        (".copilot/config.json", f'// by the CLI\n{{"copilotTokens": {{"github.com:octo": "{PLUG_IN}"}}}}\n'),
        (
            ".copilot/config.json",
            {"copilotTokens": {"https://github.com:octo": {"token": PLUG_IN, "expiresAt": 1795900000}}},
        ),
        (
            ".copilot/config.json",
            {
                "copilotTokens": {"github.com:other": WORK, "github.com:octo": PLUG_IN},
                "lastLoggedInUser": {"host": "https://github.com", "login": "octo"},
            },
        ),
        (
            ".config/github-copilot/apps.json",
            {
                "a": 1,
                "github.com:x": "text",
                "github.com:y": {"oauth_token": ""},
                "github.com:z": {"oauth_token": PLUG_IN},
            },
        ),
    ],
)
def test_the_login_of_a_copilot_program(env: Environment, name: str, content: object) -> None:
    path = write(env.home / name, content)
    assert found(env) == [("copilot", PLUG_IN)]
    assert judged(env, "copilot").origin == str(path)


@pytest.mark.parametrize(
    "content",
    [
        {"github.com.evil.example:Iv1": {"oauth_token": PLUG_IN}},
        {"evil.example": {"oauth_token": PLUG_IN}},
        {"github.com:8443": {"oauth_token": PLUG_IN}},
        {"github.com:8443:Iv1": {"oauth_token": PLUG_IN}},
        {"http://github.com:octo": {"oauth_token": PLUG_IN}},
        {"copilotTokens": {"acme.ghe.com:octo": PLUG_IN}},
        {"copilotTokens": {"github.com:octo": 5, "github.com": {"token": None}}},
        {"copilotTokens": []},
        {},
        [PLUG_IN],
        "{",
        "[" * 5000,
        '{"github.com": {"oauth_token": "' + PLUG_IN,
    ],
)
@pytest.mark.parametrize("name", [".config/github-copilot/apps.json", ".copilot/config.json"])
def test_what_is_no_login_of_the_host_gives_nothing(env: Environment, name: str, content: object) -> None:
    write(env.home / name, content)
    assert found(env) == []


def test_the_plug_ins_folder_on_windows(make_env: MakeEnv, tmp_path: Path) -> None:
    env = make_env({"LOCALAPPDATA": str(tmp_path / "local")}, platform="win32")
    write(tmp_path / "local/github-copilot/apps.json", {"github.com:x": {"oauth_token": PLUG_IN}})
    assert found(env) == [("copilot", PLUG_IN)]


# OpenCode


def opencode(env: Environment, **entries: object) -> None:
    named = {name.replace("_", "-"): entry for name, entry in entries.items()}
    write(env.home / ".local/share/opencode/auth.json", named)


def entry(token: str, **more: object) -> dict[str, object]:
    return {"type": "oauth", "access": token, "refresh": token, "expires": 0, **more}


def test_opencodes_logins_belong_to_their_hosts(env: Environment) -> None:
    opencode(env, github_copilot=entry(TOKEN), github_copilot_enterprise=entry(ACME, enterpriseUrl="acme.ghe.com"))
    assert found(env) == [("opencode", TOKEN)]
    assert found(env, login_url="https://acme.ghe.com") == [("opencode", ACME)]
    assert found(env, login_url="https://git.acme.io") == []


@pytest.mark.parametrize("address", ["https://acme.ghe.com/", "ACME.ghe.com", "https://api.acme.ghe.com"])
def test_opencodes_enterprise_address_is_read_as_people_write_it(env: Environment, address: str) -> None:
    opencode(env, github_copilot=entry(ACME, enterpriseUrl=address))
    assert (found(env), found(env, login_url="https://acme.ghe.com")) == ([], [("opencode", ACME)])


@pytest.mark.parametrize(
    "entries",
    [
        {"github_copilot_enterprise": entry(ACME)},
        {"github_copilot": entry(ACME, enterpriseUrl="https://user:pass@github.com")},
        {"github_copilot": entry("tid=abc;exp=1;sku=x")},
        {"github_copilot": {"type": "api", "key": TOKEN}},
        {"github_copilot": {"type": "oauth", "refresh": TOKEN}},
        {"github_copilot": TOKEN},
    ],
)
def test_what_opencode_keeps_besides_gives_nothing(env: Environment, entries: Mapping[str, object]) -> None:
    opencode(env, **entries)
    assert found(env) == []


def test_a_short_lived_token_is_told(env: Environment) -> None:
    opencode(env, github_copilot=entry("tid=abc;exp=1;sku=x"))
    assert "short-lived" in (judged(env, "opencode").problem or "")


# Hosts, order, and what an account gets


def everything(env: Environment) -> None:
    gh(env)
    apps = {"github.com:Iv1.x": {"oauth_token": PLUG_IN}, "acme.ghe.com:Iv1.x": {"oauth_token": WORK}}
    write(env.home / ".config/github-copilot/apps.json", apps)
    opencode(env, github_copilot=entry(WORK))


def test_the_order_of_the_tools(env: Environment) -> None:
    everything(env)
    assert found(env) == [("gh", TOKEN), ("copilot", PLUG_IN), ("opencode", WORK)]
    assert found(env, login_url="https://acme.ghe.com") == [("gh", ACME), ("copilot", WORK)]


async def test_an_account_gets_the_first_source_that_there_is(make_env: MakeEnv) -> None:
    env = make_env()
    everything(env)
    got = await credential(env)
    assert (got.source, got.secret.get_secret_value(), got.key_shape) == ("discovered:gh", TOKEN, "gho_")
    assert got.facts.account_name == "octo-fake"
    assert got.home_bound
    (env.home / ".config/gh/hosts.yml").unlink()
    assert (await credential(env)).source == "discovered:copilot"
    for last in ("GITHUB_TOKEN", "GH_TOKEN", "COPILOT_GITHUB_TOKEN"):
        names = ("COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN")
        set_now = {name: f"gho_{name}" for name in names[names.index(last) :]}
        assert (await credential(make_env(set_now))).source == f"env:{last}"


async def test_a_token_of_another_host_is_none_of_this_accounts(env: Environment) -> None:
    gh(env)
    with pytest.raises(ProviderError) as caught:
        await credential(env, login_url="https://git.acme.io")
    error = caught.value
    assert (error.kind, error.reason) == (FailureKind.NOT_CONFIGURED, Reason.KEY_MISSING)
    assert "none for git.acme.io" in (error.hint or "")
    assert not [token for token in ALL if token in f"{error} {error.hint} {error.detail}"]


@pytest.mark.parametrize(
    ("login_url", "token", "server"),
    [(None, TOKEN, "api.github.com"), ("https://acme.ghe.com", ACME, "api.acme.ghe.com")],
)
async def test_a_tools_token_goes_to_the_api_of_its_host(
    env: Environment, login_url: str | None, token: str, server: str
) -> None:
    gh(env)
    account = Account("mine", "copilot", login_url=login_url)
    got = await credential(env, login_url=login_url)
    assert got.secret.get_secret_value() == token
    request = Request("quota", "/copilot_internal/user")
    assert target_of(COPILOT, account, request, home_bound=got.home_bound).origin.host == server
    elsewhere = Account("mine", "copilot", login_url=login_url, base_url="https://proxy.example")
    with pytest.raises(ProviderError) as caught:
        target_of(COPILOT, elsewhere, request, home_bound=got.home_bound)
    assert caught.value.reason is Reason.HOST_NOT_TRUSTED


async def test_a_login_address_that_may_not_be_used_is_said(env: Environment) -> None:
    gh(env)
    with pytest.raises(ProviderError) as caught:
        await credential(env, login_url="http://github.com")
    assert caught.value.reason is Reason.BAD_ADDRESS
    assert found(env, login_url="http://github.com") == []


def test_discovery_lists_every_source_with_its_origin(make_env: MakeEnv) -> None:
    env = make_env({"GH_TOKEN": "gho_VARIABLE000000000000000000000000000"})
    everything(env)
    listed = [item for item in discover(env, []) if item.provider_id == "copilot"]
    assert [item.source for item in listed] == [
        "env:GH_TOKEN",
        "discovered:gh",
        "discovered:copilot",
        "discovered:opencode",
    ]
    assert listed[1].origin.endswith("gh/hosts.yml")
    assert [item.needs_confirmation for item in listed] == [False, True, True, True]
    shown = f"{listed} {places_looked(env)} {find_logins(COPILOT, env)}"
    assert not [token for token in ALL if token in shown]


def test_an_account_of_another_host_uses_its_own_login(env: Environment) -> None:
    gh(env)
    account = Account("work", "copilot", login_url="https://acme.ghe.com")
    (listed,) = [item for item in discover(env, [account]) if item.provider_id == "copilot"]
    assert (listed.source, listed.accepted) == ("discovered:gh", False)
