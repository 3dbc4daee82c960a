"""What the readers of other tools' logins have in common: places, entries, and how a file becomes plain values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from aic_tui.environment import Environment
from aic_tui.providers.base import Login, LoginFacts

if TYPE_CHECKING:
    from pydantic import SecretStr

_REFRESH_TOKENS = frozenset({"refresh", "refresh_token", "refreshToken"})


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
class Entry:
    """One login in a file. ``kind`` is ``oauth``, ``api`` or another; ``problem`` says why it cannot be used."""

    token: str
    kind: str
    facts: LoginFacts = field(default_factory=LoginFacts)
    problem: str | None = None

    def __repr__(self) -> str:
        return f"Entry({self.kind})"


class KeychainItem(NamedTuple):
    """A generic password of the macOS Keychain. ``user`` is its account; None for the person at this machine, "" for
    whichever comes first."""

    service: str
    user: str | None = None


def read_json(data: bytes) -> Any:
    """``data`` as JSON without refresh tokens, which no object of ours ever holds. Raises ValueError."""
    try:
        return json.loads(data, object_pairs_hook=_without_refresh_tokens)
    except RecursionError:
        raise ValueError("nested too deep") from None


@dataclass(frozen=True)
class Tool:
    """How one tool keeps its logins.

    ``host`` is where an account logs in ("github.com"), "" for providers with one place: ``entries`` gives the logins
    of that host only. ``decode`` makes plain values of a file (ValueError: it is not whole), ``unwrap`` of a Keychain
    item.
    """

    files: Callable[[Environment], list[Path]]
    entries: Callable[[dict[str, Any], Login, str], list[Entry]]
    keychain: Callable[[Environment, str], list[KeychainItem]] = lambda _env, _host: []
    decode: Callable[[bytes], Any] = read_json
    unwrap: Callable[[str, str], Any] = lambda text, _host: read_json(text.encode())


def path_of(text: str, env: Environment) -> Path:
    """A path that a variable holds, with the home directory for ``~``."""
    return env.home / text[2:] if text.startswith("~/") else Path(text)


def text_of(table: object, name: str) -> str | None:
    """The text under ``name``, or None where there is none but blanks."""
    value = table.get(name) if isinstance(table, dict) else None
    return value if isinstance(value, str) and value.strip() else None


def instant_of(value: object) -> datetime | None:
    """Epoch seconds or milliseconds; 0 and what makes no sense mean "not told"."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        return None
    return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)


def _without_refresh_tokens(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if name not in _REFRESH_TOKENS}
