"""From reference to credential: where a key comes from, which login is taken, and that nothing of others is touched."""

from __future__ import annotations

import base64
import copy
import gc
import json
import os
import pickle
import sys
import types
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aic_tui.config.secrets import Vault
from aic_tui.config.settings import NOT_A_REFERENCE, Account
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.auth import Credential, account_fields, find_logins, resolve
from aic_tui.providers.base import Provider
from aic_tui.providers.logins import LoginFile, Outcome
from aic_tui.providers.registry import get_provider
from tests.clock import START, FakeClock

MakeEnv = Callable[..., Environment]
TOKEN = "sk-ant-oat01-KANARIEaccess0123456789"
REFRESH = "sk-ant-ort01-KANARIErefresh0123456789"
DAY = timedelta(days=1)


def jwt(claims: Mapping[str, Any]) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{body}.KANARIEsig"


def ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def claude_login(**changes: Any) -> dict[str, Any]:
    login = {
        "accessToken": TOKEN,
        "refreshToken": REFRESH,
        "expiresAt": ms(START + DAY),
        "scopes": ["user:profile", "user:inference"],
        "subscriptionType": "max",
        "rateLimitTier": "default_claude_max_20x",
    }
    return {"claudeAiOauth": {**login, **changes}, "mcpOAuth": {"x": {"accessToken": "other"}}}


def codex_login(expires: datetime = START + DAY, **tokens: Any) -> dict[str, Any]:
    identity = {
        "exp": (START - DAY).timestamp(),
        "email": "dev@example.test\x1b[2J",
        "https://api.openai.com/auth": {"chatgpt_account_id": "acc-claim", "chatgpt_plan_type": "plus"},
    }
    return {
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": None,
        "tokens": {
            "id_token": jwt(identity),
            "access_token": jwt({"exp": int(expires.timestamp())}),
            "refresh_token": REFRESH,
            "account_id": "acc-file",
            **tokens,
        },
    }


def put(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def claude_file(env: Environment, content: Any) -> Path:
    return put(env.home / ".claude/.credentials.json", content)


def account(provider_id: str, key: str | None = None, **changes: Any) -> Account:
    return Account(id="a", provider_id=provider_id, key=key, **changes)


async def credential(env: Environment, wanted: Account) -> Credential:
    return await resolve(wanted, get_provider(wanted.provider_id), env, Vault(env))


async def refusal(env: Environment, wanted: Account) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await credential(env, wanted)
    return caught.value


async def test_a_variable(make_env: MakeEnv) -> None:
    env = make_env({"WORK_KEY": " sk-proj-KANARIE0123456789 \n"})
    found = await credential(env, account("openai", "env:WORK_KEY"))
    assert found.secret.get_secret_value() == "sk-proj-KANARIE0123456789"
    assert (found.source, found.origin, found.key_shape) == ("env:WORK_KEY", "WORK_KEY", "sk-proj-")
    assert not found.home_bound


async def test_an_empty_variable_is_not_configured_and_named(make_env: MakeEnv) -> None:
    error = await refusal(make_env({"WORK_KEY": "  "}), account("openai", "env:WORK_KEY"))
    assert (error.kind, error.reason) == (FailureKind.NOT_CONFIGURED, Reason.KEY_MISSING)
    assert "WORK_KEY" in str(error.hint)


async def test_the_fingerprint_tells_keys_apart_and_not_what_they_are(make_env: MakeEnv) -> None:
    env = make_env({"A": "sk-KANARIE0123456789", "B": "sk-KANARIE0123456789", "C": "sk-KANARIE0123456780"})
    one, two, three = [(await credential(env, account("openai", f"env:{name}"))).fingerprint for name in "ABC"]
    assert one == two != three
    assert len(one) == 16
    assert "KANARIE" not in one


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("sk-admin-x", "sk-admin-"),
        ("sk-ant-oat01-x", "sk-ant-oat01-"),
        ("sk-or-v1-x", "sk-or-v1-"),
        ("eyJx.y.z", "eyJ"),
        ("sk-x", "sk-"),
        ("plain", ""),
    ],
)
async def test_key_shapes(make_env: MakeEnv, key: str, shape: str) -> None:
    assert (await credential(make_env({"K": key}), account("openai", "env:K"))).key_shape == shape


@pytest.mark.parametrize("key", ["a b", "a\r\nX: y", "schlüssel", "a\x00b", "x" * 20_000])
async def test_a_key_that_cannot_be_a_header_is_malformed(make_env: MakeEnv, key: str) -> None:
    error = await refusal(make_env({"K": key}), account("openai", "env:K"))
    assert (error.kind, error.reason) == (FailureKind.AUTH_NEEDED, Reason.KEY_MALFORMED)
    assert key not in f"{error.hint}{error.detail}"


async def test_ten_kilobytes_are_still_a_key(make_env: MakeEnv) -> None:
    assert await credential(make_env({"K": "x" * 10_000}), account("openai", "env:K"))


async def test_kept_keys(env: Environment) -> None:
    put(env.paths.secrets_file, f'[accounts.a]\nkey = "{TOKEN}"\n').chmod(0o600)
    found = await credential(env, account("openai", "file"))
    assert (found.source, found.origin) == ("file", str(env.paths.secrets_file))
    missing = await refusal(env, Account(id="b", provider_id="openai", key="file"))
    assert (missing.reason, "for b" in str(missing.hint)) == (Reason.KEY_MISSING, True)


@pytest.mark.parametrize("key", [NOT_A_REFERENCE, "env:", "discovered:", "vault:x"])
async def test_what_is_no_reference_is_not_configured(env: Environment, key: str) -> None:
    error = await refusal(env, account("openai", key))
    assert (error.kind, error.reason) == (FailureKind.NOT_CONFIGURED, Reason.KEY_MISSING)


async def test_without_a_reference_the_preferred_variable_counts(make_env: MakeEnv) -> None:
    env = make_env({"OPENAI_API_KEY": "sk-proj-1", "OPENAI_ADMIN_KEY": "sk-admin-1"})
    assert (await credential(env, account("openai"))).source == "env:OPENAI_ADMIN_KEY"
    assert (await credential(make_env({"OPENAI_API_KEY": "sk-proj-1"}), account("openai"))).source == (
        "env:OPENAI_API_KEY"
    )


async def test_with_nothing_anywhere_the_provider_tells_how_to_get_a_key(env: Environment) -> None:
    error = await refusal(env, account("deepseek"))
    assert error.hint == get_provider("deepseek").setup_hint


async def test_claude_code(env: Environment) -> None:
    file = claude_file(env, claude_login())
    found = await credential(env, account("claude", "discovered:claude-code"))
    assert found.secret.get_secret_value() == TOKEN
    assert (found.source, found.origin, found.home_bound) == ("discovered:claude-code", str(file), True)
    assert found.facts.plan == "Max 20x"
    assert found.facts.scopes == ("user:profile", "user:inference")
    assert found.facts.expires_at == START + DAY


async def test_trust_lifts_the_bond_to_the_providers_own_hosts(env: Environment) -> None:
    claude_file(env, claude_login())
    trusted = account("claude", "discovered:claude-code", trust_base_url=True)
    assert not (await credential(env, trusted)).home_bound


@pytest.mark.parametrize(
    ("subscription", "tier", "plan"),
    [
        ("max", "default_claude_max_5x", "Max 5x"),
        ("pro", "default_claude_ai", "Pro"),
        ("team", None, "Team"),
        (None, "default_claude_max_5x", None),
        (7, 7, None),
        ("ma\x1b[31mx", None, "Max"),
    ],
)
async def test_claude_plans(env: Environment, subscription: object, tier: object, plan: str | None) -> None:
    claude_file(env, claude_login(subscriptionType=subscription, rateLimitTier=tier))
    assert (await credential(env, account("claude", "discovered:claude-code"))).facts.plan == plan


@pytest.mark.parametrize(
    "content",
    [
        {"mcpOAuth": {"x": {"accessToken": "other"}}},
        claude_login(accessToken="", refreshToken="", expiresAt=0),
        {"claudeAiOauth": None},
        {"claudeAiOauth": {"accessToken": 7}},
        [],
        "7",
    ],
)
async def test_what_is_left_after_logging_out_is_no_login(env: Environment, content: Any) -> None:
    claude_file(env, content)
    error = await refusal(env, account("claude", "discovered:claude-code"))
    assert (error.reason, error.hint) == (Reason.KEY_MISSING, get_provider("claude").setup_hint)
    assert find_logins(get_provider("claude"), env)[0].outcome is Outcome.NO_LOGIN


@pytest.mark.parametrize("ends_in", [-DAY, timedelta(0), timedelta(minutes=4)])
async def test_an_expired_login_says_how_its_owner_renews_it(env: Environment, ends_in: timedelta) -> None:
    claude_file(env, claude_login(expiresAt=ms(START + ends_in)))
    error = await refusal(env, account("claude", "discovered:claude-code"))
    assert (error.kind, error.reason) == (FailureKind.AUTH_NEEDED, Reason.LOGIN_EXPIRED)
    assert error.hint == "run `claude` once"


@pytest.mark.parametrize("expires", [None, "soon", True, -5, 1e300])
async def test_an_expiry_that_makes_no_sense_is_unknown(env: Environment, expires: Any) -> None:
    claude_file(env, claude_login(expiresAt=expires))
    found = await credential(env, account("claude", "discovered:claude-code"))
    assert found.facts.expires_at is None


async def test_a_renewed_login_counts_at_the_next_resolve(env: Environment) -> None:
    claude_file(env, claude_login(expiresAt=ms(START - DAY)))
    await refusal(env, account("claude"))
    claude_file(env, claude_login(accessToken="sk-ant-oat01-new"))
    assert (await credential(env, account("claude"))).secret.get_secret_value() == "sk-ant-oat01-new"


async def test_several_claude_directories_and_the_best_login_of_them(make_env: MakeEnv, tmp_path: Path) -> None:
    env = make_env({"CLAUDE_CONFIG_DIR": f"{tmp_path}/one, ~/two ,{tmp_path}/three"})
    claude_file(env, claude_login(accessToken="not-looked-at"))
    put(tmp_path / "one/.credentials.json", claude_login(expiresAt=ms(START - DAY)))
    put(env.home / "two/.credentials.json", claude_login(accessToken="bare", scopes=["user:inference"]))
    third = put(tmp_path / "three/.credentials.json", claude_login())
    assert (await credential(env, account("claude", "discovered:claude-code"))).origin == str(third)
    third.unlink()
    found = await credential(env, account("claude", "discovered:claude-code"))
    assert found.secret.get_secret_value() == "bare"


async def test_a_stored_login_that_may_read_usage_is_better_than_a_bare_token(make_env: MakeEnv) -> None:
    env = make_env({"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-bare"})
    claude_file(env, claude_login())
    assert (await credential(env, account("claude"))).source == "discovered:claude-code"
    claude_file(env, claude_login(expiresAt=ms(START - DAY)))
    assert (await credential(env, account("claude"))).source == "env:CLAUDE_CODE_OAUTH_TOKEN"
    unconfirmed = account("claude", origin="env:CLAUDE_CODE_OAUTH_TOKEN")
    claude_file(env, claude_login())
    assert (await credential(env, unconfirmed)).source == "env:CLAUDE_CODE_OAUTH_TOKEN"


async def test_codex(env: Environment) -> None:
    put(env.home / ".codex/auth.json", codex_login())
    found = await credential(env, account("codex", "discovered:codex"))
    assert found.facts.expires_at == START + DAY  # of the access token: the identity token is expired already
    assert (found.facts.account_id, found.facts.plan) == ("acc-file", "plus")
    assert found.facts.account_name == "dev@example.test"
    assert found.key_shape == "eyJ"


@pytest.mark.parametrize("listed", ["org-123", None, 7])
async def test_the_codex_account_comes_from_the_claims_when_the_file_has_none(env: Environment, listed: object) -> None:
    put(env.home / ".codex/auth.json", codex_login(account_id=listed))
    assert (await credential(env, account("codex"))).facts.account_id == "acc-claim"


@pytest.mark.parametrize("token", ["eyJ.not-base64!.x", "one.two", jwt({}) + ".four", "a.W10.c", 7, None])
async def test_identity_tokens_that_are_none(env: Environment, token: object) -> None:
    put(env.home / ".codex/auth.json", codex_login(id_token=token))
    assert (await credential(env, account("codex"))).facts.plan is None


async def test_codex_elsewhere(make_env: MakeEnv, tmp_path: Path) -> None:
    env = make_env()
    second = put(env.home / ".config/codex/auth.json", codex_login())
    assert (await credential(env, account("codex"))).origin == str(second)
    moved = put(tmp_path / "moved/auth.json", codex_login())
    env = make_env({"CODEX_HOME": str(tmp_path / "moved")})
    assert (await credential(env, account("codex"))).origin == str(moved)
    windows = make_env({"APPDATA": str(tmp_path / "roaming")}, platform="win32")
    assert f"{tmp_path}/roaming/codex/auth.json" in [f.origin for f in find_logins(get_provider("codex"), windows)]


async def test_a_codex_file_with_an_api_key_only(env: Environment) -> None:
    put(env.home / ".codex/auth.json", {"OPENAI_API_KEY": "sk-proj-KANARIE0123456789"})
    error = await refusal(env, account("codex", "discovered:codex"))
    assert "cannot read the subscription" in str(error.hint)
    found = await credential(env, account("openai", "discovered:codex"))
    assert found.secret.get_secret_value() == "sk-proj-KANARIE0123456789"
    put(env.home / ".codex/auth.json", codex_login())
    assert "no API key in it" in str((await refusal(env, account("openai", "discovered:codex"))).hint)


OPENCODE = {
    "anthropic": {"type": "oauth", "access": TOKEN, "refresh": REFRESH, "expires": ms(START + DAY)},
    "openai": {"type": "oauth", "access": "opaque", "refresh": REFRESH, "expires": 0, "accountId": "acc-oc"},
    "openrouter": {"type": "api", "key": "sk-or-v1-KANARIE"},
    "deepseek": {"type": "apiKey", "key": "sk-KANARIE"},
    "broken": 7,
}


async def test_opencode_entries_one_by_one(env: Environment) -> None:
    put(env.home / ".local/share/opencode/auth.json", {**OPENCODE, "google": "rubbish"})
    claude = await credential(env, account("claude", "discovered:opencode"))
    assert (claude.secret.get_secret_value(), claude.facts.expires_at) == (TOKEN, START + DAY)
    codex = await credential(env, account("codex", "discovered:opencode"))
    assert (codex.facts.expires_at, codex.facts.account_id) == (None, "acc-oc")
    assert (await credential(env, account("openrouter"))).source == "discovered:opencode"
    assert (await credential(env, account("deepseek"))).secret.get_secret_value() == "sk-KANARIE"


@pytest.mark.parametrize("entry", [7, None, {}, {"type": "api"}, {"type": "oauth", "access": ""}, {"type": "odd"}])
async def test_one_malformed_opencode_entry_does_not_lose_the_others(env: Environment, entry: Any) -> None:
    put(env.home / ".local/share/opencode/auth.json", {**OPENCODE, "anthropic": entry})
    assert (await refusal(env, account("claude", "discovered:opencode"))).reason is Reason.KEY_MISSING
    assert await credential(env, account("openrouter", "discovered:opencode"))


async def test_opencode_elsewhere(make_env: MakeEnv, tmp_path: Path) -> None:
    put(tmp_path / "xdg/opencode/auth.json", OPENCODE)
    put(tmp_path / "own/auth.json", OPENCODE)
    for environ, place in (
        ({"XDG_DATA_HOME": f"{tmp_path}/xdg"}, "xdg/opencode/auth.json"),
        ({"XDG_DATA_HOME": f"{tmp_path}/xdg", "OPENCODE_DATA_DIR": f"{tmp_path}/own"}, "own/auth.json"),
    ):
        assert (await credential(make_env(environ), account("openrouter"))).origin == str(tmp_path / place)
    openrouter = get_provider("openrouter")
    macos = make_env({"XDG_DATA_HOME": "relative"}, platform="darwin")
    assert [Path(found.origin).relative_to(macos.home).parts[0] for found in find_logins(openrouter, macos)] == [
        ".local",
        "Library",
    ]
    windows = make_env({"LOCALAPPDATA": "/l", "APPDATA": "/r"}, platform="win32")
    assert [found.origin for found in find_logins(openrouter, windows)][1:] == [
        "/l/opencode/auth.json",
        "/r/opencode/auth.json",
        f"{windows.home}/.opencode/auth.json",
    ]


async def test_a_tool_that_the_provider_does_not_know(env: Environment) -> None:
    claude_file(env, claude_login())
    assert (await refusal(env, account("openai", "discovered:claude-code"))).reason is Reason.KEY_MISSING
    assert (await refusal(env, account("openai", "discovered:cursor"))).reason is Reason.KEY_MISSING


class OwnerWrites:
    """A clock whose sleep lets the owner go on writing its file."""

    def __init__(self, clock: FakeClock, steps: list[Callable[[], object]]) -> None:
        self.clock, self.steps = clock, steps

    async def sleep(self, seconds: float) -> None:
        assert seconds == 0.05
        self.steps.pop(0)()
        await self.clock.sleep(seconds)


async def test_a_half_written_file_is_read_again(make_env: MakeEnv, clock: FakeClock) -> None:
    whole = json.dumps(claude_login())
    owner = OwnerWrites(clock, [])
    env = make_env(sleep=owner.sleep)
    owner.steps = [lambda: claude_file(env, whole[:120]), lambda: claude_file(env, whole)]
    claude_file(env, "")
    assert await credential(env, account("claude"))
    assert clock.slept == [0.05, 0.05]


async def test_after_three_tries_it_is_said_what_is_wrong(env: Environment, clock: FakeClock) -> None:
    file = claude_file(env, '{"claudeAiOauth": ')
    error = await refusal(env, account("claude"))
    assert (error.reason, error.hint) == (Reason.KEY_MISSING, f"{file}: not valid JSON")
    assert clock.slept == [0.05, 0.05]


@pytest.mark.parametrize("kind", ["fifo", "directory", "huge", "deep", "loop"])
async def test_what_is_no_plain_file_is_not_read(env: Environment, kind: str) -> None:
    file = env.home / ".claude/.credentials.json"
    file.parent.mkdir()
    match kind:
        case "fifo":
            os.mkfifo(file)
        case "directory":
            file.mkdir()
        case "huge":
            file.write_bytes(b" " * ((1 << 20) + 1))
        case "deep":
            file.write_text("[" * 200_000)
        case _:
            file.symlink_to(file)
    assert (await refusal(env, account("claude"))).reason is Reason.KEY_MISSING


async def test_linked_dotfiles_are_followed(env: Environment, tmp_path: Path) -> None:
    real = put(tmp_path / "dotfiles/claude.json", claude_login())
    (env.home / ".claude").mkdir()
    (env.home / ".claude/.credentials.json").symlink_to(real)
    assert await credential(env, account("claude"))


async def test_files_of_other_tools_stay_as_they_are(env: Environment) -> None:
    files = [
        claude_file(env, claude_login(expiresAt=ms(START - DAY))),
        put(env.home / ".codex/auth.json", codex_login()),
        put(env.home / ".local/share/opencode/auth.json", OPENCODE),
    ]
    for file in files:
        os.utime(file, ns=(10**18, 10**18))
        file.chmod(0o644)

    def facts() -> list[tuple[object, ...]]:
        return [
            (file.read_bytes(), (s := file.stat()).st_mtime_ns, s.st_ino, s.st_mode, s.st_ctime_ns) for file in files
        ]

    before = facts()
    folders = [sorted(path.name for path in file.parent.iterdir()) for file in files]
    for provider_id in ("claude", "codex", "openrouter"):
        for _ in range(3):
            try:
                await credential(env, account(provider_id))
            except ProviderError:
                continue
    assert facts() == before
    assert folders == [sorted(path.name for path in file.parent.iterdir()) for file in files]


async def test_no_object_holds_a_refresh_token(env: Environment) -> None:
    claude_file(env, claude_login())
    put(env.home / ".codex/auth.json", codex_login())
    put(env.home / ".local/share/opencode/auth.json", OPENCODE)
    held = [await credential(env, account(name)) for name in ("claude", "codex", "openrouter")]
    held_logins = [found for name in ("claude", "codex") for found in find_logins(get_provider(name), env)]
    seen: set[int] = set()
    todo: list[Any] = [*held, *held_logins]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, type):
            continue
        seen.add(id(thing))
        assert thing != REFRESH
        if type(thing).__module__.startswith(("aic_tui", "pydantic", "builtins", "datetime")) and not callable(thing):
            todo.extend(gc.get_referents(thing))
    assert len(seen) > 20


def test_no_decoded_table_holds_a_refresh_token(env: Environment) -> None:
    claude_file(env, claude_login())
    put(env.home / ".codex/auth.json", codex_login())
    put(env.home / ".local/share/opencode/auth.json", OPENCODE)
    tables: list[str] = []

    def watch(frame: types.FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name.endswith("_entries"):
            tables.append(repr(frame.f_locals))

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        find_logins(get_provider("claude"), env)
        find_logins(get_provider("codex"), env)
    finally:
        sys.setprofile(before)
    assert len(tables) == 4
    assert TOKEN in "".join(tables)
    assert REFRESH not in "".join(tables)


async def test_nothing_shows_a_secret(env: Environment) -> None:
    claude_file(env, claude_login())
    found = await credential(env, account("claude"))
    login = next(f for f in find_logins(get_provider("claude"), env) if f.outcome is Outcome.FOUND)
    for thing in (found, login, [found], {"x": login}):
        for text in (repr(thing), str(thing), f"{thing}", f"{thing!r}"):
            assert "KANARIE" not in text
    with pytest.raises(TypeError):
        json.dumps(found)
    assert found == pickle.loads(pickle.dumps(found))


class Security:
    """Stands for /usr/bin/security."""

    def __init__(self, items: Mapping[str, str]) -> None:
        self.items = items
        self.commands: list[list[str]] = []

    def __call__(self, command: Any) -> str | None:
        self.commands.append(list(command))
        return self.items.get(command[command.index("-s") + 1])


async def test_the_keychain_of_macos(make_env: MakeEnv) -> None:
    security = Security({"Claude Code-credentials": json.dumps(claude_login()).encode().hex() + "\n"})
    env = make_env({"USER": "ada"}, platform="darwin", run=security)
    found = await credential(env, account("claude"))
    assert (found.origin, found.secret.get_secret_value()) == ("Keychain: Claude Code-credentials", TOKEN)
    assert security.commands[0] == [
        *("/usr/bin/security", "find-generic-password", "-s", "Claude Code-credentials", "-a", "ada", "-w")
    ]
    assert not any("add" in part or "delete" in part for command in security.commands for part in command)


async def test_a_dead_keychain_item_gives_way_to_the_file(make_env: MakeEnv) -> None:
    dead = json.dumps(claude_login(accessToken="", expiresAt=0))
    env = make_env(platform="darwin", run=Security({"Claude Code-credentials": dead}))
    file = claude_file(env, claude_login())
    assert (await credential(env, account("claude"))).origin == str(file)


async def test_keychain_items_of_a_moved_claude_directory(make_env: MakeEnv) -> None:
    security = Security({})
    env = make_env({"CLAUDE_CONFIG_DIR": "/moved"}, platform="darwin", run=security)
    await refusal(env, account("claude", "discovered:claude-code"))
    services = [command[3] for command in security.commands]
    assert services == ["Claude Code-credentials-71909130", "Claude Code-credentials"]


async def test_without_the_security_program_the_files_count(make_env: MakeEnv) -> None:
    env = make_env(platform="darwin")
    put(env.home / ".codex/auth.json", codex_login())
    assert (await credential(env, account("codex"))).source == "discovered:codex"


def test_provider_fields_come_from_variables_where_the_account_has_none(make_env: MakeEnv) -> None:
    env = make_env({"OPENAI_PROJECT_ID": " proj_env ", "OPENAI_ORG_ID": ""})
    provider: Provider = get_provider("openai")
    assert account_fields(account("openai"), provider, env) == {"project_id": "proj_env"}
    own = account("openai", fields={"project_id": "proj_own"})
    assert account_fields(own, provider, env) == {"project_id": "proj_own"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.data(), value=JSON)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_anywhere_in_a_login_file_is_taken_or_passed_over(
    env: Environment, data: st.DataObject, value: Any
) -> None:
    for path, content, provider_id in (
        (env.home / ".claude/.credentials.json", claude_login(), "claude"),
        (env.home / ".codex/auth.json", codex_login(), "codex"),
        (env.home / ".local/share/opencode/auth.json", copy.deepcopy(OPENCODE), "codex"),
    ):
        table: Any = content
        while True:
            name = data.draw(st.sampled_from(sorted(table)))
            if not isinstance(table[name], dict) or not table[name] or data.draw(st.booleans()):
                break
            table = table[name]
        table[name] = value
        put(path, content)
        found = find_logins(get_provider(provider_id), env)
        assert all(isinstance(login, LoginFile) for login in found)
        assert all(login.facts.expires_at is None or login.facts.expires_at.tzinfo is UTC for login in found)
