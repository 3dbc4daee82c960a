"""Where Claude Code keeps its transcripts, and what their paths say.

Seen in Claude Code 2.1 and in the tools that read it (ccusage 20.0.24, CodexBar of 2026-08), 2026-11.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from aic_tui.logs.base import Machine, Place
from aic_tui.logs.places import config_home, distinct, extra, from_variable, is_folder

_VARIABLE = "CLAUDE_CONFIG_DIR"
_PROJECTS = "projects"
_DESKTOP = ("local-agent-mode-sessions", "claude-code-sessions")
_DESKTOP_DEPTH = 5
_DESKTOP_FOLDERS = 5000


def places(machine: Machine) -> list[Place]:
    """The ``projects`` directories. ``CLAUDE_CONFIG_DIR`` replaces the usual ones, also when nothing is there."""
    named = from_variable(machine, _VARIABLE)
    if named is not None:
        found = [_named(path, _VARIABLE) for path in named]
    else:
        usual = (config_home(machine) / "claude", machine.home / ".claude")
        found = [Place(path / _PROJECTS) for path in usual]
        found += [Place(path) for path in _desktop(machine)]
    return distinct([*found, *(_extra(place) for place in extra(machine, "claude"))])


def session_of(relative: str) -> tuple[str, str]:
    """Session and project of a path below a ``projects`` directory.

    What a session starts is its own: ``<project>/<session>/subagents/…/agent-<id>.jsonl``, whatever lies between.
    Else it is the file (``<project>/<session>.jsonl``) or, in an old layout, its directory.
    """
    *folders, name = relative.split("/")
    project = folders[0] if folders else ""
    if "subagents" in folders[2:]:
        return folders[folders.index("subagents", 2) - 1], project
    return (folders[-1] if len(folders) > 1 else name.removesuffix(".jsonl")), project


def _named(path: Path, origin: str) -> Place:
    """A directory that the user named: that of the configuration or its ``projects``."""
    inner = path / _PROJECTS
    if is_folder(inner):
        return Place(inner, origin)
    if path.name == _PROJECTS and is_folder(path):
        return Place(path, origin)
    return Place(inner, origin, "has no projects directory")


def _extra(place: Place) -> Place:
    """As :func:`_named`; it may be a home directory, too."""
    for inner in (".claude", ".config/claude"):
        if is_folder(place.path / inner / _PROJECTS):
            return Place(place.path / inner / _PROJECTS, place.origin)
    return _named(place.path, place.origin)


def _desktop(machine: Machine) -> Iterator[Path]:
    """The ``projects`` directories that Claude Desktop has for its own agents, each inside that of an agent."""
    if machine.platform != "darwin":
        return
    base = machine.home / "Library" / "Application Support" / "Claude"
    level = [base / name for name in _DESKTOP]
    seen = 0
    for _ in range(_DESKTOP_DEPTH):
        below: list[Path] = []
        for folder in level:
            below += _folders(folder)
        seen += len(below)
        if seen > _DESKTOP_FOLDERS:
            return
        yield from (path for path in below if path.name == _PROJECTS)
        level = [path for path in below if path.name != _PROJECTS]


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
