"""The logins that other tools keep, looked at and never touched: no write, no lock, no renewal.

Refresh tokens are dropped while the JSON is decoded, so that no object of ours ever holds one. Shapes as of 2026-11.
Those of GitHub's tools are in ``logins_github``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from aic_tui.config.document import read_regular_file, reason_of
from aic_tui.environment import Environment
from aic_tui.providers.base import Login, LoginFacts, Provider
from aic_tui.providers.keychain import keychain_item
from aic_tui.providers.login_file import Entry, KeychainItem, LoginFile, Outcome, Tool, instant_of, path_of, text_of
from aic_tui.providers.logins_github import GITHUB_TOOLS, login_host, opencode_entries
from aic_tui.text import clean, clean_or_none

__all__ = ["LoginFile", "Outcome", "find_logins"]

_SIZE_CAP = 1 << 20
_OPENAI_AUTH = "https://api.openai.com/auth"
_OPENAI_PROFILE = "https://api.openai.com/profile"


def find_logins(
    provider: Provider, env: Environment, tool: str | None = None, *, login_url: str | None = None
) -> list[LoginFile]:
    """Every place where the logins that ``provider`` accepts may be (``tool`` limits it to one), as it is now.

    Where logins belong to hosts, those of ``login_url``'s host count and no others. Opens each file read-only, once;
    blocks up to three seconds for each item of the macOS Keychain.
    """
    host = login_host(provider, login_url)
    return [
        found
        for login in provider.logins
        if login.tool in _TOOLS and tool in (None, login.tool)
        for found in _look(login, _TOOLS[login.tool], env, host)
    ]


def _look(login: Login, tool: Tool, env: Environment, host: str) -> Iterable[LoginFile]:
    if env.platform == "darwin":
        for item in tool.keychain(env, host):
            secret = keychain_item(item.service, env, item.user)
            origin = f"Keychain: {item.service}"
            read = partial(tool.unwrap, secret or "", host)
            yield _judge(login, origin, read, host) if secret else LoginFile(login.tool, origin, Outcome.ABSENT)
    for path in tool.files(env):
        try:
            data = read_regular_file(path, _SIZE_CAP)
        except (FileNotFoundError, NotADirectoryError):
            yield LoginFile(login.tool, str(path), Outcome.ABSENT)
        except OSError as error:
            yield LoginFile(login.tool, str(path), Outcome.UNREADABLE, problem=reason_of(error))
        else:
            if data is None:
                yield LoginFile(login.tool, str(path), Outcome.UNREADABLE, problem="larger than 1 MiB")
            else:
                yield _judge(login, str(path), partial(tool.decode, data), host)


def _judge(login: Login, origin: str, read: Callable[[], Any], host: str) -> LoginFile:
    try:
        content = read()
    except ValueError as error:
        problem = str(error) if type(error) is ValueError else "not valid JSON"
        return LoginFile(login.tool, origin, Outcome.HALF_WRITTEN, problem=problem)
    entries = _TOOLS[login.tool].entries(content, login, host) if isinstance(content, dict) else []
    types = login.types or ("oauth",)
    for entry in entries:
        if entry.kind in types and entry.problem is None:
            from pydantic import SecretStr

            secret = SecretStr(entry.token.strip())
            return LoginFile(login.tool, origin, Outcome.FOUND, secret, entry.facts, renew=login.renew)
    trouble = next((entry.problem for entry in entries if entry.problem), None)
    if any(entry.kind == "api" for entry in entries):
        trouble = "an API key only, which cannot read the subscription"
    elif "oauth" not in types:
        trouble = "no API key in it"
    elif host and trouble is None:
        trouble = f"none for {host}"
    return LoginFile(login.tool, origin, Outcome.NO_LOGIN, problem=trouble, renew=login.renew)


# Claude Code


def _claude_directories(env: Environment) -> list[Path]:
    listed = [part.strip() for part in env.environ.get("CLAUDE_CONFIG_DIR", "").split(",") if part.strip()]
    return [path_of(part, env) for part in listed] or [env.home / ".claude"]


def _claude_files(env: Environment) -> list[Path]:
    return [directory / ".credentials.json" for directory in _claude_directories(env)]


def _claude_keychain(env: Environment, _host: str) -> list[KeychainItem]:
    service = "Claude Code-credentials"
    if not env.environ.get("CLAUDE_CONFIG_DIR", "").strip():
        return [KeychainItem(service)]
    digests = (hashlib.sha256(str(directory).encode()).hexdigest()[:8] for directory in _claude_directories(env))
    return [*(KeychainItem(f"{service}-{digest}") for digest in digests), KeychainItem(service)]


def _claude_entries(content: dict[str, Any], _login: Login, _host: str) -> list[Entry]:
    login = content.get("claudeAiOauth")  # an item with mcpOAuth alone is no login
    token = text_of(login, "accessToken")
    if not isinstance(login, dict) or token is None:  # logging out leaves empty strings behind
        return []
    facts = LoginFacts(
        plan=_claude_plan(login.get("subscriptionType"), login.get("rateLimitTier")),
        scopes=_scopes(login.get("scopes")),
        expires_at=instant_of(login.get("expiresAt")),
    )
    return [Entry(token, "oauth", facts)]


def _claude_plan(subscription: object, tier: object) -> str | None:
    name = clean_or_none(subscription, 60)
    if name is None:
        return None
    size = next((size for size in ("5x", "20x") if isinstance(tier, str) and tier.endswith(f"_{size}")), None)
    return f"{name.title()} {size}" if size else name.title()


# Codex


def _codex_files(env: Environment) -> list[Path]:
    home = env.environ.get("CODEX_HOME", "").strip()
    if home:
        return [path_of(home, env) / "auth.json"]
    places = [env.home / ".codex", env.home / ".config" / "codex"]
    if env.platform == "win32" and env.environ.get("APPDATA"):
        places.append(Path(env.environ["APPDATA"]) / "codex")
    return [place / "auth.json" for place in places]


def _codex_entries(content: dict[str, Any], _login: Login, _host: str) -> list[Entry]:
    entries = []
    tokens = content.get("tokens")
    token = text_of(tokens, "access_token")
    if isinstance(tokens, dict) and token is not None:
        entries.append(Entry(token, "oauth", _openai_facts(token, tokens.get("id_token"), tokens.get("account_id"))))
    key = text_of(content, "OPENAI_API_KEY")
    return [*entries, Entry(key, "api")] if key else entries


def _openai_facts(access_token: str, id_token: object, account_id: object, expires_at: object = None) -> LoginFacts:
    """Expiry from the access token: the identity token ends days earlier and says nothing about requests."""
    access, identity = _claims(access_token), _claims(id_token)
    auth = _table(access, _OPENAI_AUTH) | _table(identity, _OPENAI_AUTH)
    profile = _table(access, _OPENAI_PROFILE) | _table(identity, _OPENAI_PROFILE)
    listed = clean_or_none(account_id, 100)
    if listed is None or listed.startswith("org-"):  # some plug-ins write the organisation there
        listed = clean_or_none(auth.get("chatgpt_account_id"), 100)
    return LoginFacts(
        account_id=listed,
        account_name=clean_or_none(identity.get("email"), 200) or clean_or_none(profile.get("email"), 200),
        plan=clean_or_none(auth.get("chatgpt_plan_type"), 60),
        expires_at=instant_of(access.get("exp")) or instant_of(expires_at),
    )


# OpenCode


def _opencode_files(env: Environment) -> list[Path]:
    override = env.environ.get("OPENCODE_DATA_DIR", "").strip()
    xdg = env.environ.get("XDG_DATA_HOME", "").strip()
    if override:
        places = [path_of(override, env)]
    elif Path(xdg).is_absolute():
        places = [Path(xdg) / "opencode"]
    else:
        places = [env.home / ".local/share/opencode"]
        if env.platform == "darwin":
            places.append(env.home / "Library/Application Support/opencode")
        if env.platform == "win32":
            known = (env.environ.get(name) for name in ("LOCALAPPDATA", "APPDATA"))
            places += [Path(folder) / "opencode" for folder in known if folder]
            places.append(env.home / ".opencode")
    return [place / "auth.json" for place in places]


def _opencode_entries(content: dict[str, Any], login: Login, host: str) -> list[Entry]:
    if host:
        return opencode_entries(content, login, host)
    found = (_opencode_entry(content.get(name)) for name in login.entries)
    return [entry for entry in found if entry is not None]


def _opencode_entry(entry: object) -> Entry | None:
    if not isinstance(entry, dict):
        return None
    kind = entry.get("type")
    if kind == "oauth" and (token := text_of(entry, "access")):
        facts = _openai_facts(token, None, entry.get("accountId"), entry.get("expires"))
        return Entry(token, "oauth", facts)
    if kind in ("api", "apiKey") and (key := text_of(entry, "key")):
        return Entry(key, "api")
    if kind == "wellknown" and (token := text_of(entry, "token")):
        return Entry(token, "wellknown")
    return None


_TOOLS: Mapping[str, Tool] = {
    "claude-code": Tool(_claude_files, _claude_entries, _claude_keychain),
    "codex": Tool(_codex_files, _codex_entries, lambda _env, _host: [KeychainItem("Codex Auth")]),
    "opencode": Tool(_opencode_files, _opencode_entries),
    **GITHUB_TOOLS,
}


def _table(claims: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _scopes(value: object) -> tuple[str, ...]:
    listed = value.split() if isinstance(value, str) else value
    return tuple(clean(scope, 100) for scope in listed if isinstance(scope, str)) if isinstance(listed, list) else ()


def _claims(token: object) -> dict[str, Any]:
    """What a JWT says, unverified: only ever used to show and to leave requests out. Empty when it is none."""
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) != 3:
        return {}
    try:
        content = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
