"""The ``[logs]`` table: more folders in which a tool's session logs are looked for (WSL, another disk)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aic_tui.config.tables import Complain
from aic_tui.text import clean

_MOST = 32


def read_log_roots(logs: Mapping[str, Any], complain: Complain) -> dict[str, tuple[str, ...]]:
    """Folders by tool (``claude = ["/mnt/c/Users/me/.claude"]``). What is no list of texts is complained about."""
    found = {}
    for tool, value in logs.items():
        paths = [value] if isinstance(value, str) else value
        if not isinstance(paths, list) or not all(_is_path(path) for path in paths) or len(paths) > _MOST:
            shown = clean(tool, 60)
            complain(f"[logs] {shown} must be a list of folders ({_MOST} at most). It is left out.", ("logs", tool))
            continue
        found[tool] = tuple(paths)
    return found


def _is_path(path: object) -> bool:
    return isinstance(path, str) and bool(path.strip()) and "\0" not in path
