"""Where tools keep their files: the words that their roots are made of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aic_tui.logs.base import Machine, Place


def listed(text: str) -> list[str]:
    """The parts of a comma list without the space around them; empty parts are left out."""
    return [part for part in map(str.strip, text.split(",")) if part]


def expanded(machine: Machine, text: str) -> Path:
    """A path as a user writes it: ``~`` is the home directory, a relative one is below it."""
    if text == "~" or text.startswith(("~/", "~\\")):
        return machine.home / text[2:].lstrip("/\\")
    return machine.home / text


def from_variable(machine: Machine, name: str) -> list[Path] | None:
    """The paths of the comma list in a variable; None where it is not set or empty."""
    parts = listed(machine.environ.get(name, ""))
    return [expanded(machine, part) for part in parts] or None


def config_home(machine: Machine) -> Path:
    """``XDG_CONFIG_HOME``, else ``~/.config`` (the tools that use it do so on macOS and Windows, too)."""
    return _xdg(machine, "XDG_CONFIG_HOME", ".config")


def data_home(machine: Machine) -> Path:
    """``XDG_DATA_HOME``, else ``~/.local/share``."""
    return _xdg(machine, "XDG_DATA_HOME", ".local/share")


def application_data(machine: Machine) -> Path:
    """Where desktop applications keep theirs: Roaming on Windows, Application Support on macOS, else the XDG one."""
    if machine.platform == "win32":
        given = machine.environ.get("APPDATA", "")
        return Path(given) if given else machine.home / "AppData" / "Roaming"
    if machine.platform == "darwin":
        return machine.home / "Library" / "Application Support"
    return config_home(machine)


def extra(machine: Machine, tool: str) -> list[Place]:
    """The roots that the user named in config.toml for a tool."""
    return [Place(expanded(machine, text), "config") for text in machine.extra.get(tool, ()) if text.strip()]


def distinct(places: Iterable[Place]) -> list[Place]:
    """Each path once, by its first mention; each file of it that is meant alone, too."""
    found: dict[tuple[Path, str], Place] = {}
    for place in places:
        found.setdefault((place.path, place.only), place)
    return list(found.values())


def is_folder(path: Path) -> bool:
    """Whether ``path`` is a directory that can be seen; never raises."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _xdg(machine: Machine, name: str, default: str) -> Path:
    # The specification: a relative path in these variables is to be ignored.
    given = machine.environ.get(name, "")
    return Path(given) if given and Path(given).is_absolute() else machine.home / default
