"""Checks of ``doctor`` on our own files: places, sizes, permissions, what config.toml says, and the log."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aic_tui.cli.checks import Check
from aic_tui.config.paths import own_user_id

if TYPE_CHECKING:
    from aic_tui.cli.context import Context

_TAIL_BYTES = 200_000
_ERRORS_SHOWN = 5
_REPORTS_SHOWN = 3


def file_checks(context: Context) -> Iterator[Check]:
    """Every file and directory of ours: where, how large, and who else may read it."""
    paths = context.env.paths
    for name, folder in (
        ("config", paths.config),
        ("data", paths.data),
        ("cache", paths.cache),
        ("state", paths.state),
    ):
        yield _place(f"{name} directory", folder)
    files = (("config file", paths.config_file), ("database", paths.database), ("secrets file", paths.secrets_file))
    for name, file in (*files, ("log", paths.log_file)):
        yield _place(name, file)


def config_checks(context: Context) -> Iterator[Check]:
    """What is wrong with config.toml, and which settings are not the default."""
    from aic_tui.services.accounts import account_problems

    config = context.config
    problems = (*config.problems, *account_problems(config))
    for problem in problems:
        where = f"line {problem.line}: " if problem.line else ""
        yield Check("config", "fail" if config.broken else "warn", f"{where}{problem.sentence}")
    for name in config.unknown:
        yield Check("config", "info", f"“{name}” means nothing to this version; it is kept")
    changed = {name: origin for name, origin in config.origins.items() if origin != "default"}
    text = ", ".join(f"{name}={getattr(config.settings, name)} ({origin})" for name, origin in changed.items())
    if not problems:
        yield Check("config", "ok", text or "every setting has its default")
    elif text:
        yield Check("settings", "info", text)


def log_checks(context: Context) -> Iterator[Check]:
    """The last warnings of the log and the last crash reports."""
    paths = context.env.paths
    for line in _last_troubles(paths.log_file):
        yield Check("log entry", "info", line)
    reports = sorted(paths.state.glob("crash-*.txt")) if paths.state.is_dir() else []
    for report in reports[-_REPORTS_SHOWN:]:
        yield Check("crash report", "warn", str(report))


def _last_troubles(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            lines = file.read(_TAIL_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if line[:1].isdigit() and (" ERROR " in line or " WARNING " in line)][
        -_ERRORS_SHOWN:
    ]


def _place(name: str, path: Path) -> Check:
    try:
        facts = path.stat()
    except FileNotFoundError:
        return _not_made(name, path)
    except OSError as error:
        return Check(name, "fail", f"{path}: {error.strerror}")
    is_folder = stat.S_ISDIR(facts.st_mode)
    size = "" if is_folder else f", {facts.st_size:,} bytes"
    trouble = _open_to_others(path, facts)
    if not os.access(path, os.W_OK):
        trouble = [*trouble, "not writable"]
    mode = f", mode {stat.S_IMODE(facts.st_mode):04o}" if os.name == "posix" else ""
    return Check(name, "warn" if trouble else "ok", "; ".join([f"{path}{size}{mode}", *trouble]))


def _not_made(name: str, path: Path) -> Check:
    parent = next(folder for folder in path.parents if folder.exists())
    if os.access(parent, os.W_OK):
        return Check(name, "info", f"{path}, not there yet")
    return Check(name, "warn", f"{path}, not there, and {parent} is not writable")


def _open_to_others(path: Path, facts: os.stat_result) -> list[str]:
    if os.name != "posix":
        return []
    found = []
    if facts.st_uid != own_user_id():
        found.append("belongs to another user")
    if stat.S_IMODE(facts.st_mode) & 0o077 and not path.is_dir():
        found.append("others may read it; chmod 600 ends that")
    return found
