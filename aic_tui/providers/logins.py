"""The logins that other tools keep, looked at and never touched: no write, no lock, no renewal.

Refresh tokens are dropped while the JSON is decoded, so that no object of ours ever holds one. Shapes as of 2026-11.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aic_tui.config.document import read_regular_file, reason_of
from aic_tui.environment import Environment
from aic_tui.providers.base import Login, LoginFacts, Provider
from aic_tui.providers.keychain import keychain_item
from aic_tui.text import clean, clean_or_none

if TYPE_CHECKING:
    from pydantic import SecretStr

_SIZE_CAP = 1 << 20
_REFRESH_TOKENS = frozenset({"refresh", "refresh_token", "refreshToken"})
_OPENAI_AUTH = "https://api.openai.com/auth"
_OPENAI_PROFILE = "https://api.openai.com/profile"


class Outcome(StrEnum):
    """What was seen at one place."""

    FOUND = "found"
    ABSENT = "not found"
    NO_LOGIN = "no login in it"
    UNREADABLE = "unreadable"
    HALF_WRITTEN = "not whole"


@dataclass(frozen=True, repr=False)
class LoginFile:
    """One place where a tool keeps logins, and the login in it. ``origin`` is the path or the Keychain item.

    ``problem`` says in a few words why there is no usable login, where the outcome alone does not. ``renew`` is the
    program that renews it.
    """

    tool: str
    origin: str
    outcome: Outcome
    secret: SecretStr | None = None
    facts: LoginFacts = field(default_factory=LoginFacts)
    problem: str | None = None
    renew: str | None = None

    def __repr__(self) -> str:
        return f"LoginFile({self.tool}, {self.origin}, {self.outcome})"


@dataclass(frozen=True, repr=False)
class _Entry:
    token: str
    kind: str
    facts: LoginFacts = field(default_factory=LoginFacts)


def find_logins(provider: Provider, env: Environment, tool: str | None = None) -> list[LoginFile]:
    """Every place where the logins that ``provider`` accepts may be (``tool`` limits it to one), as it is now.

    Opens each file read-only, once; blocks up to three seconds for each item of the macOS Keychain.
    """
    return [
        found
        for login in provider.logins
        if login.tool in _TOOLS and tool in (None, login.tool)
        for found in _look(login, _TOOLS[login.tool], env)
    ]


def _look(login: Login, tool: _Tool, env: Environment) -> Iterable[LoginFile]:
    if env.platform == "darwin":
        for service in tool.keychain(env):
            text = keychain_item(service, env)
            origin = f"Keychain: {service}"
            yield _judge(login, origin, text.encode()) if text else LoginFile(login.tool, origin, Outcome.ABSENT)
    for path in tool.files(env):
        try:
            data = read_regular_file(path, _SIZE_CAP)
        except (FileNotFoundError, NotADirectoryError):
            yield LoginFile(login.tool, str(path), Outcome.ABSENT)
        except OSError as error:
            yield LoginFile(login.tool, str(path), Outcome.UNREADABLE, problem=reason_of(error))
        else:
            yield _judge(login, str(path), data)


def _judge(login: Login, origin: str, data: bytes | None) -> LoginFile:
    if data is None:
        return LoginFile(login.tool, origin, Outcome.UNREADABLE, problem="larger than 1 MiB")
    try:
        content = json.loads(data, object_pairs_hook=_without_refresh_tokens)
    except (ValueError, RecursionError):
        return LoginFile(login.tool, origin, Outcome.HALF_WRITTEN, problem="not valid JSON")
    entries = _TOOLS[login.tool].entries(content, login) if isinstance(content, dict) else []
    types = login.types or ("oauth",)
    for entry in entries:
        if entry.kind in types:
            from pydantic import SecretStr

            secret = SecretStr(entry.token.strip())
            return LoginFile(login.tool, origin, Outcome.FOUND, secret, entry.facts, renew=login.renew)
    problem = None
    if any(entry.kind == "api" for entry in entries):
        problem = "an API key only, which cannot read the subscription"
    elif "oauth" not in types:
        problem = "no API key in it"
    return LoginFile(login.tool, origin, Outcome.NO_LOGIN, problem=problem, renew=login.renew)


def _without_refresh_tokens(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if name not in _REFRESH_TOKENS}


# Claude Code


def _claude_directories(env: Environment) -> list[Path]:
    listed = [part.strip() for part in env.environ.get("CLAUDE_CONFIG_DIR", "").split(",") if part.strip()]
    return [_path(part, env) for part in listed] or [env.home / ".claude"]


def _claude_files(env: Environment) -> list[Path]:
    return [directory / ".credentials.json" for directory in _claude_directories(env)]


def _claude_keychain(env: Environment) -> list[str]:
    service = "Claude Code-credentials"
    if not env.environ.get("CLAUDE_CONFIG_DIR", "").strip():
        return [service]
    digests = (hashlib.sha256(str(directory).encode()).hexdigest()[:8] for directory in _claude_directories(env))
    return [*(f"{service}-{digest}" for digest in digests), service]


def _claude_entries(content: dict[str, Any], _login: Login) -> list[_Entry]:
    login = content.get("claudeAiOauth")  # an item with mcpOAuth alone is no login
    token = _text(login, "accessToken")
    if not isinstance(login, dict) or token is None:  # logging out leaves empty strings behind
        return []
    facts = LoginFacts(
        plan=_claude_plan(login.get("subscriptionType"), login.get("rateLimitTier")),
        scopes=_scopes(login.get("scopes")),
        expires_at=_instant(login.get("expiresAt")),
    )
    return [_Entry(token, "oauth", facts)]


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
        return [_path(home, env) / "auth.json"]
    places = [env.home / ".codex", env.home / ".config" / "codex"]
    if env.platform == "win32" and env.environ.get("APPDATA"):
        places.append(Path(env.environ["APPDATA"]) / "codex")
    return [place / "auth.json" for place in places]


def _codex_entries(content: dict[str, Any], _login: Login) -> list[_Entry]:
    entries = []
    tokens = content.get("tokens")
    token = _text(tokens, "access_token")
    if isinstance(tokens, dict) and token is not None:
        entries.append(_Entry(token, "oauth", _openai_facts(token, tokens.get("id_token"), tokens.get("account_id"))))
    key = _text(content, "OPENAI_API_KEY")
    return [*entries, _Entry(key, "api")] if key else entries


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
        expires_at=_instant(access.get("exp")) or _instant(expires_at),
    )


# OpenCode


def _opencode_files(env: Environment) -> list[Path]:
    override = env.environ.get("OPENCODE_DATA_DIR", "").strip()
    xdg = env.environ.get("XDG_DATA_HOME", "").strip()
    if override:
        places = [_path(override, env)]
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


def _opencode_entries(content: dict[str, Any], login: Login) -> list[_Entry]:
    found = (_opencode_entry(content.get(name)) for name in login.entries)
    return [entry for entry in found if entry is not None]


def _opencode_entry(entry: object) -> _Entry | None:
    if not isinstance(entry, dict):
        return None
    kind = entry.get("type")
    if kind == "oauth" and (token := _text(entry, "access")):
        facts = _openai_facts(token, None, entry.get("accountId"), entry.get("expires"))
        return _Entry(token, "oauth", facts)
    if kind in ("api", "apiKey") and (key := _text(entry, "key")):
        return _Entry(key, "api")
    if kind == "wellknown" and (token := _text(entry, "token")):
        return _Entry(token, "wellknown")
    return None


@dataclass(frozen=True)
class _Tool:
    files: Callable[[Environment], list[Path]]
    entries: Callable[[dict[str, Any], Login], list[_Entry]]
    keychain: Callable[[Environment], list[str]] = lambda _env: []


_TOOLS: Mapping[str, _Tool] = {
    "claude-code": _Tool(_claude_files, _claude_entries, _claude_keychain),
    "codex": _Tool(_codex_files, _codex_entries, lambda _env: ["Codex Auth"]),
    "opencode": _Tool(_opencode_files, _opencode_entries),
}


def _path(text: str, env: Environment) -> Path:
    return env.home / text[2:] if text.startswith("~/") else Path(text)


def _text(table: object, name: str) -> str | None:
    value = table.get(name) if isinstance(table, dict) else None
    return value if isinstance(value, str) and value.strip() else None


def _table(claims: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _scopes(value: object) -> tuple[str, ...]:
    listed = value.split() if isinstance(value, str) else value
    return tuple(clean(scope, 100) for scope in listed if isinstance(scope, str)) if isinstance(listed, list) else ()


def _instant(value: object) -> datetime | None:
    """Epoch seconds or milliseconds; 0 and what makes no sense mean "not told"."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        return None
    return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)


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
