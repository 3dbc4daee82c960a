"""Where our files are, and how their directories are made."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from aic_tui.environment import Paths
from aic_tui.errors import UserError

APP_NAME = "aic"
_OVERRIDES = {"config": "AIC_CONFIG_DIR", "data": "AIC_DATA_DIR", "cache": "AIC_CACHE_DIR", "state": "AIC_STATE_DIR"}
_XDG = {"config": "XDG_CONFIG_HOME", "data": "XDG_DATA_HOME", "cache": "XDG_CACHE_HOME", "state": "XDG_STATE_HOME"}
_LINUX = {"config": ".config", "data": ".local/share", "cache": ".cache", "state": ".local/state"}
_MACOS = {
    "config": "Library/Application Support",
    "data": "Library/Application Support",
    "cache": "Library/Caches",
    "state": "Library/Application Support",
}
_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def home_directory(environ: Mapping[str, str], platform: str) -> Path:
    """The user's home: the variable when it names a directory, else what the system's user table says.

    Raises :class:`UserError` when neither exists and our own directories are not all set by variable.
    """
    candidates = [Path(text) for text in (environ.get(_home_variable(platform), ""), _home_in_user_table()) if text]
    for path in candidates:
        if path.is_absolute() and path.is_dir():
            return path
    if all(environ.get(name) for name in _OVERRIDES.values()):
        return next((path for path in candidates if path.is_absolute()), Path("/"))
    names = ", ".join(_OVERRIDES.values())
    raise UserError(f"No home directory: set {_home_variable(platform)} to a directory that exists, or set {names}.")


def resolve_paths(
    environ: Mapping[str, str],
    platform: str,
    home: Path,
    config_dir: str | None = None,
    profile: str | None = None,
) -> Paths:
    """Our four directories for this user; none is made here.

    Order for each: ``config_dir`` (``--config-dir``) or the ``AIC_…_DIR`` variable, the XDG variable where it is
    absolute (on macOS too), the system's custom. Raises :class:`UserError` for a profile name that is no plain name.
    """
    if profile is not None and not _PROFILE.fullmatch(profile):
        raise UserError(
            "A profile name has 1 to 64 letters, digits, “.”, “_” or “-” and starts with a letter or digit."
        )
    found: dict[str, Path] = {}
    for kind, variable in _OVERRIDES.items():
        override = (config_dir if kind == "config" else None) or environ.get(variable)
        base = _expanded(override, home) if override else _customary(kind, environ, platform, home)
        found[kind] = base / "profiles" / profile if profile else base
    return Paths(**found)


def private_directory(path: Path) -> None:
    """Make ``path`` and every missing parent, mode 0700 whatever the umask.

    A directory that exists is only tightened when it is our own by name and owner: one that the user chose
    (``AIC_CONFIG_DIR=$HOME``) is theirs. Raises :class:`OSError`.
    """
    try:
        path.mkdir(mode=0o700)
    except FileNotFoundError:
        private_directory(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        if not path.is_dir():
            raise
        _tighten(path)


def _tighten(path: Path) -> None:
    if path.name != APP_NAME and path.parent.name != "profiles":
        return
    facts = path.stat()
    if stat.S_IMODE(facts.st_mode) & 0o077 and facts.st_uid == own_user_id():
        path.chmod(0o700)


def own_user_id() -> int:
    """The user id that files of ours have; 0 on systems without user ids, where every file has owner 0."""
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _expanded(text: str, home: Path) -> Path:
    if text == "~" or text.startswith(("~/", "~\\")):
        return home / text[2:]
    return Path(text).absolute()


def _customary(kind: str, environ: Mapping[str, str], platform: str, home: Path) -> Path:
    # platformdirs reads the process's own variables, which Environment replaces; it is only used where the answer
    # comes from the system instead. A test holds these tables against it.
    if platform == "win32":
        return _windows(kind)
    xdg = environ.get(_XDG[kind], "")
    if xdg.startswith("/"):  # the specification: a relative path is invalid and ignored
        return Path(xdg) / APP_NAME
    return home / (_MACOS if platform == "darwin" else _LINUX)[kind] / APP_NAME


def _windows(kind: str) -> Path:
    from platformdirs.windows import Windows

    folders = Windows(APP_NAME, appauthor=False, roaming=kind == "config")
    return Path(str(getattr(folders, f"user_{kind}_dir")))


def _home_variable(platform: str) -> str:
    return "USERPROFILE" if platform == "win32" else "HOME"


def _home_in_user_table() -> str:
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_dir
    except (ImportError, KeyError):
        return ""
