"""What config.toml can say, as frozen values. Reading and writing the file is ``file.py``.

Plain dataclasses and a table of settings, not pydantic: this is on the way to the first frame, where pydantic's
import alone would cost a sixth of it, and the table is also what the settings editor and ``config show`` list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from aic_tui.errors import UserError
from aic_tui.text import clean

CONFIG_VERSION = 1
_WORD = re.compile(r"[A-Za-z0-9._-]{1,60}")


@dataclass(frozen=True, slots=True)
class Account:
    """One ``[accounts.<id>]`` table, or an account that discovery found (``origin`` tells which).

    ``key`` is a reference, never a key: ``env:NAME``, ``keyring``, ``file`` or ``discovered:<tool>``; None lets the
    provider's own variables decide; :data:`NOT_A_REFERENCE` stands for anything else that was written there.
    ``fields`` holds the provider-specific settings. ``origin`` is ``file`` or, for a discovered account, its source.
    """

    id: str
    provider_id: str
    name: str | None = None
    enabled: bool = True
    key: str | None = None
    base_url: str | None = None
    hosts: Mapping[str, str] = field(default_factory=dict)
    login_url: str | None = None
    interval_seconds: int | None = None
    user_agent: str | None = None
    trust_base_url: bool = False
    pinned: bool = False
    hidden: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    origin: str = "file"


NOT_A_REFERENCE = "invalid"
"""The ``key`` of an account whose key in config.toml is no reference. What was written may be a pasted secret."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The ``[general]`` table with every default filled in, after flags and environment."""

    refresh_interval_seconds: int = 60
    cache_ttl_seconds: int = 300
    theme: str = "auto"
    timezone: str = "local"
    privacy: bool = False
    retention_days: int = 180
    show: str = "used"
    warn_percent: int = 80
    mouse: bool = True
    storage: str = "keyring"
    log_level: str = "info"
    # The public client of GitHub's own editor plug-ins (2026-11): Copilot's figures are closed to self-made ones.
    github_client_id: str = "Iv1.b507a08c87ecfe98"
    live_prices: bool = True
    read_logs: bool = True


class Kind(StrEnum):
    """How a setting is edited and checked."""

    TEXT = "text"
    ZONE = "zone"
    CHOICE = "choice"
    INTEGER = "integer"
    SWITCH = "switch"


Value = str | int | bool
SWITCH_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the settings table. ``minimum`` and ``maximum`` are inclusive; ``flag`` is the command-line form."""

    name: str
    kind: Kind
    help: str
    choices: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 0
    flag: str | None = None

    @property
    def env(self) -> str:
        """The environment variable that overrides the file."""
        return f"AIC_{self.name.upper()}"

    @property
    def default(self) -> Value:
        """The value in force where nothing else says one."""
        value: Value = getattr(DEFAULTS, self.name)
        return value

    @property
    def allowed(self) -> str:
        """What may be written, in words: ``used or left``, ``a whole number from 1 to 100``, …"""
        match self.kind:
            case Kind.CHOICE:
                return " or ".join((", ".join(self.choices[:-1]), self.choices[-1]))
            case Kind.INTEGER:
                return f"a whole number from {self.minimum} to {self.maximum}"
            case Kind.SWITCH:
                return "true or false"
            case Kind.ZONE:
                return "local or a time zone such as Europe/Berlin"
            case Kind.TEXT:
                return "1 to 60 letters, digits, “.”, “_” and “-”"

    def check(self, value: object) -> Value:
        """``value`` (a TOML value) when it is allowed here. Raises :class:`UserError` that tells what is allowed."""
        match self.kind, value:
            case Kind.SWITCH, bool():
                return value
            case Kind.INTEGER, int() if not isinstance(value, bool) and self.minimum <= value <= self.maximum:
                return value
            case Kind.CHOICE, str() if value in self.choices:
                return value
            case Kind.ZONE, str() if _is_zone(value):
                return value
            case Kind.TEXT, str() if _WORD.fullmatch(value):
                return value
        raise UserError(f"{self.name} must be {self.allowed}.")

    def read(self, text: str) -> Value:
        """``text`` from a flag, a variable or the command line as a value. Raises :class:`UserError`."""
        text = text.strip()
        match self.kind:
            case Kind.SWITCH:
                return self.check(SWITCH_WORDS.get(text.lower()))
            case Kind.INTEGER:
                digits = text.removeprefix("-")
                return self.check(int(text) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None)
            case Kind.CHOICE:
                return self.check(text.lower())
            case _:
                return self.check(text)


def _is_zone(name: str) -> bool:
    if name in ("local", "UTC"):
        return True
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


DEFAULTS = Settings()

# Ours first, then those of Textual 8.2. Named here because verbs check the name without loading Textual.
THEMES = (
    *("aic-dark", "aic-light", "aic-safe", "ansi-dark", "ansi-light", "atom-one-dark", "atom-one-light"),
    *("catppuccin-frappe", "catppuccin-latte", "catppuccin-macchiato", "catppuccin-mocha", "dracula", "flexoki"),
    *("gruvbox", "monokai", "nord", "rose-pine", "rose-pine-dawn", "rose-pine-moon", "solarized-dark"),
    *("solarized-light", "textual-dark", "textual-light", "tokyo-night"),
)

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "refresh_interval_seconds",
        Kind.INTEGER,
        "How often due accounts are looked for; every provider has its own shortest time above this.",
        minimum=10,
        maximum=86_400,
    ),
    Setting(
        "cache_ttl_seconds",
        Kind.INTEGER,
        "Older figures are dimmed as stale, unless the account is asked less often, and asked for again at the start.",
        minimum=0,
        maximum=604_800,
    ),
    Setting("theme", Kind.CHOICE, "Colours; auto follows the terminal.", choices=("auto", *THEMES), flag="--theme"),
    Setting("timezone", Kind.ZONE, "The zone of every time on screen; over SSH the server's is often not yours."),
    Setting("privacy", Kind.SWITCH, "Masks names, e-mails, projects and money everywhere.", flag="--privacy"),
    Setting("retention_days", Kind.INTEGER, "How long recorded figures are kept.", minimum=1, maximum=3_650),
    Setting("show", Kind.CHOICE, "Whether gauges show what is used or what is left.", choices=("used", "left")),
    Setting("warn_percent", Kind.INTEGER, "From this share used on, an account is marked.", minimum=1, maximum=100),
    Setting("mouse", Kind.SWITCH, "Mouse support; off leaves selecting text to the terminal.", flag="--no-mouse"),
    Setting(
        "storage",
        Kind.CHOICE,
        "Where new keys go; keyring-only forbids the file store.",
        choices=("keyring", "file", "keyring-only"),
    ),
    Setting(
        "log_level",
        Kind.CHOICE,
        "How much goes to the log file.",
        choices=("trace", "debug", "info", "warn", "error"),
        flag="--log-level",
    ),
    Setting("github_client_id", Kind.TEXT, "The public OAuth client that asks when you sign in to GitHub."),
    Setting(
        "live_prices",
        Kind.SWITCH,
        "Asks once a day for the public list of model prices, while the dashboard runs; off leaves the built-in list.",
    ),
    Setting(
        "read_logs",
        Kind.SWITCH,
        "Reads the session logs of coding agents while the dashboard runs, so that their figures outlive them.",
    ),
)


def setting_named(name: str) -> Setting:
    """The setting with that name, with or without ``general.``. Raises :class:`UserError` that lists the names."""
    bare = name.removeprefix("general.")
    for setting in SETTINGS:
        if setting.name == bare:
            return setting
    raise UserError(f"There is no setting “{clean(bare, 60)}”. Known: {', '.join(s.name for s in SETTINGS)}.")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with config.toml: one sentence, and where (1-based; None when it has no place)."""

    sentence: str
    line: int | None = None
    column: int | None = None
    setting: str | None = None


ModelPrices = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Config:
    """One reading of config.toml. With ``broken`` the defaults are in force and the file is never written.

    ``origins`` tells for each setting name ``flag``, ``env:NAME``, ``file`` or ``default``. ``keys`` is the
    ``[keys]`` table (binding id to key). ``has_accounts`` is False when the file has no accounts table at all, which
    lets discovery supply them. ``read_only`` is True for a broken file and for one of a newer version, whose values
    are in force as far as they are understood. ``unknown`` names keys that mean nothing here; they survive a save.
    ``prices`` are the ``[prices]`` tables by lower-case model: input, output, cache read, 5-minute and 1-hour cache
    write in pico-dollars per token. ``log_roots`` are the ``[logs]`` folders by tool.
    """

    settings: Settings = Settings()
    accounts: tuple[Account, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    broken: bool = False
    has_accounts: bool = False
    read_only: bool = False
    unknown: tuple[str, ...] = ()
    prices: Mapping[str, ModelPrices] = field(default_factory=dict)
    log_roots: Mapping[str, Sequence[str]] = field(default_factory=dict)
