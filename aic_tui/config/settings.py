"""What config.toml can say, as frozen values. Reading and writing the file is ``file.py``.

Plain dataclasses and a table of settings, not pydantic: this is on the way to the first frame, where pydantic's
import alone would cost a sixth of it, and the table is also what the settings editor and ``config show`` list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """One ``[accounts.<id>]`` table, or an account that discovery found (``origin`` tells which).

    ``key`` is a reference, never a key: ``env:NAME``, ``keyring``, ``file`` or ``discovered:<tool>``.
    ``fields`` holds the provider-specific settings.
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


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with config.toml: one sentence, and where (1-based; None when it has no place)."""

    sentence: str
    line: int | None = None
    column: int | None = None
    setting: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """One reading of config.toml. With ``broken`` the defaults are in force and the file is never written.

    ``origins`` tells for each setting name ``flag``, ``env:NAME``, ``file`` or ``default``. ``keys`` is the
    ``[keys]`` table (binding id to key). ``has_accounts`` is False when the file has no accounts table at all, which
    lets discovery supply them.
    """

    settings: Settings = Settings()
    accounts: tuple[Account, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    broken: bool = False
    has_accounts: bool = False
