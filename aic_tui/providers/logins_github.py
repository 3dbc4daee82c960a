"""The GitHub tokens that gh, the Copilot plug-ins and CLI, and OpenCode keep. Looked at and never touched.

Every token belongs to one host, under whose name its tool keeps it, and is given out for that host only. Shapes as of
2026-11: cli/cli (hosts.yml, go-keyring), copilot.vim and the JetBrains plug-in (apps.json, hosts.json), Copilot CLI
(config.json), OpenCode (auth.json), as read by steipete/CodexBar and robinebers/openusage.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aic_tui.environment import Environment
from aic_tui.errors import ProviderError
from aic_tui.providers.base import Login, LoginFacts, Provider
from aic_tui.providers.github import GITHUB_URL, site_of
from aic_tui.providers.login_file import Entry, KeychainItem, Tool, instant_of, path_of, read_json, text_of
from aic_tui.text import clean_or_none

_NO_HOST = "-"
_IN_KEYRING = "gh keeps its token in the system keyring"
_SHORT_LIVED = "a short-lived token only, which cannot read quotas"
_GITHUB_TOKEN = re.compile(r"(?:gh[a-z]_|github_pat_)\w+|[0-9a-f]{40}", re.ASCII)
_NOT_PLAIN = frozenset("&*!|>[{%@`")
_MOST_LINES, _DEEPEST = 5000, 8


def login_host(provider: Provider, login_url: str | None) -> str:
    """The host whose logins an account may use; "" where logins have no host, one that none has for a bad address."""
    if provider.login != "github":
        return ""
    try:
        return site_of(login_url, None).host
    except ProviderError:
        return _NO_HOST


# gh


def _gh_files(env: Environment) -> list[Path]:
    override, xdg = (env.environ.get(name, "").strip() for name in ("GH_CONFIG_DIR", "XDG_CONFIG_HOME"))
    appdata = env.environ.get("APPDATA", "").strip()
    if override:
        place = path_of(override, env)
    elif Path(xdg).is_absolute():
        place = Path(xdg) / "gh"
    elif env.platform == "win32" and appdata:
        place = Path(appdata) / "GitHub CLI"
    else:
        place = env.home / ".config" / "gh"
    return [place / "hosts.yml"]


def _gh_keychain(_env: Environment, host: str) -> list[KeychainItem]:
    return [KeychainItem(f"gh:{host}", "")] if host != _NO_HOST else []


def _gh_unwrap(text: str, host: str) -> dict[str, Any]:
    """A Keychain item as gh's file would say it: go-keyring packs what it stores."""
    kind, _, packed = text.partition(":")
    try:
        if kind == "go-keyring-base64":
            text = base64.b64decode(packed, validate=True).decode("ascii")
        elif kind == "go-keyring-encoded":
            text = bytes.fromhex(packed).decode("ascii")
    except (ValueError, binascii.Error):
        raise ValueError("not a token as gh stores it") from None
    return {host: {"oauth_token": text}}


def _gh_entries(content: dict[str, Any], _login: Login, host: str) -> list[Entry]:
    """The active user's token; gh repeats it beside the map of users."""
    table = next((table for name, table in content.items() if name.lower() == host), None)
    if not isinstance(table, dict):
        return []
    users = table.get("users")
    users = users if isinstance(users, dict) else {}
    user = text_of(table, "user") or (next(iter(users)) if len(users) == 1 else None)
    token = text_of(users.get(user or ""), "oauth_token") or text_of(table, "oauth_token")
    if token is None:
        return [Entry("", "oauth", problem=_IN_KEYRING)] if user else []
    return [Entry(token, "oauth", LoginFacts(account_name=clean_or_none(user, 100)))]


def read_yaml(data: bytes) -> dict[str, Any]:
    """The maps and plain or quoted scalars of a YAML file, by indentation; lines of any other kind are passed over.

    Raises ValueError for a file that is not text or ends within a line: it is just being written.
    """
    text = data.decode("utf-8-sig")
    if text.strip() and not text.endswith("\n"):
        raise ValueError("its last line has no end")
    root: dict[str, Any] = {}
    open_maps: list[tuple[int, dict[str, Any]]] = [(-1, root)]
    for line in text.splitlines()[:_MOST_LINES]:
        found = _pair(line)
        if found is None:
            continue
        depth, name, value = found
        while open_maps[-1][0] >= depth:
            open_maps.pop()
        parent = open_maps[-1][1]
        if value is None:
            child: dict[str, Any] = {}
            parent[name] = child
            if len(open_maps) <= _DEEPEST:
                open_maps.append((depth, child))
        else:
            parent[name] = value
    return root


def _pair(line: str) -> tuple[int, str, str | None] | None:
    """Indentation, name and scalar (None: a map follows) of a line; None where it holds no pair."""
    body = line.lstrip(" ")
    if not body.strip() or body[0] in "#-\t%[]{}&*!|>?" or body.startswith("..."):
        return None
    depth = len(line) - len(body)
    body = re.sub(r"\s#.*$", "", body).rstrip()
    if body.endswith(":"):
        return depth, _scalar(body[:-1]), None
    name, colon, value = body.partition(": ")
    value = value.strip()
    if value[:1] in ("|", ">"):  # lines of text: kept away from the map around them
        return depth, _scalar(name), None
    return (depth, _scalar(name), _scalar(value)) if colon else None


def _scalar(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return "" if text in ("null", "~") or text[:1] in _NOT_PLAIN else text


# The Copilot plug-ins and the Copilot CLI


def _copilot_files(env: Environment) -> list[Path]:
    xdg, local = (env.environ.get(name, "").strip() for name in ("XDG_CONFIG_HOME", "LOCALAPPDATA"))
    folders = [Path(xdg) if Path(xdg).is_absolute() else env.home / ".config"]
    if env.platform == "darwin":
        folders.append(env.home / "Library/Application Support")
    if env.platform == "win32" and local:
        folders.insert(0, Path(local))
    plug_ins = [folder / "github-copilot" / name for folder in folders for name in ("apps.json", "hosts.json")]
    return [*plug_ins, env.home / ".copilot" / "config.json"]


def _read_commented_json(data: bytes) -> Any:
    """JSON, with the whole-line comments that the Copilot CLI writes."""
    lines = data.decode("utf-8-sig", "replace").splitlines()
    return read_json("\n".join(line for line in lines if not line.lstrip().startswith("//")).encode())


def _copilot_entries(content: dict[str, Any], _login: Login, host: str) -> list[Entry]:
    tokens = content.get("copilotTokens")
    if isinstance(tokens, dict):
        return list(_cli_entries(tokens, content.get("lastLoggedInUser"), host))
    found = ((table, text_of(table, "oauth_token")) for name, table in content.items() if _is_of(host, name))
    return [
        Entry(token, "oauth", LoginFacts(account_name=clean_or_none(table.get("user"), 100)))
        for table, token in found
        if token is not None
    ]


def _cli_entries(tokens: Mapping[str, Any], last: object, host: str) -> Iterator[Entry]:
    """The logins of the Copilot CLI, the one that was used last first."""
    recent = text_of(last, "login")
    names = sorted((name for name in tokens if _is_of(host, name)), key=lambda name: _user(name, host) != recent)
    for name in names:
        value = tokens[name]
        table = value if isinstance(value, dict) else {"token": value}
        token = text_of(table, "token")
        if token is not None:
            user = clean_or_none(_user(name, host), 100)
            facts = LoginFacts(account_name=user, expires_at=instant_of(table.get("expiresAt")))
            yield Entry(token, "oauth", facts)


def _is_of(host: str, name: str) -> bool:
    """Whether an entry is of ``host``: ``github.com``, or ``github.com:`` and a client id or a user, but no port."""
    given = name.lower().removeprefix("https://").rstrip("/")
    rest = given.removeprefix(f"{host}:")
    return given == host or (rest != given and not rest.partition(":")[0].isdigit())


def _user(name: str, host: str) -> str | None:
    return name.removeprefix("https://")[len(host) + 1 :] or None


# OpenCode


def opencode_entries(content: dict[str, Any], login: Login, host: str) -> list[Entry]:
    """OpenCode's GitHub logins of ``host``: that of github.com, or the one whose ``enterpriseUrl`` it is."""
    tables = ((name, content.get(name)) for name in login.entries)
    return [
        _opencode_entry(entry)
        for name, entry in tables
        if isinstance(entry, dict) and text_of(entry, "access") and _opencode_host(name, entry) == host
    ]


def _opencode_entry(entry: dict[str, Any]) -> Entry:
    token = (text_of(entry, "access") or "").strip()
    # Older versions keep the plug-in's own token for some minutes here, and GitHub's as the refresh token.
    problem = None if _GITHUB_TOKEN.fullmatch(token) else _SHORT_LIVED
    kind = clean_or_none(entry.get("type"), 20) or ""
    return Entry(token, kind, LoginFacts(expires_at=instant_of(entry.get("expires"))), problem)


def _opencode_host(name: str, entry: dict[str, Any]) -> str | None:
    address = (text_of(entry, "enterpriseUrl") or "").strip()
    if not address and "enterprise" in name:
        return None
    try:
        return site_of(address if "://" in address else f"https://{address}" if address else GITHUB_URL, None).host
    except ProviderError:
        return None


GITHUB_TOOLS: Mapping[str, Tool] = {
    "gh": Tool(_gh_files, _gh_entries, _gh_keychain, read_yaml, _gh_unwrap),
    "copilot": Tool(_copilot_files, _copilot_entries, decode=_read_commented_json),
}
