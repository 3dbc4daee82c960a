"""Has anything changed since the last scan? Answered by ``stat`` alone, without loading a single reader."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aic_tui import __version__
from aic_tui.logs.base import Machine
from aic_tui.logs.registry import TOOLS
from aic_tui.usage_files import signed

_HERE = Path(__file__).parent


class Asked(Mapping[str, str]):
    """Variables that remember which of them were looked at: the roots of a tool depend on these alone."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        self.names.update(self._environ)
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def program_of(source: str) -> str:
    """Changes with every release, and with the file of the reader."""
    module = next((tool.module for tool in TOOLS if tool.id == source), "")
    try:
        return f"{__version__} {os.stat(_HERE / f'{module}.py').st_mtime_ns}"  # noqa: PTH116
    except OSError:
        return __version__


def machine_of(machine: Machine, source: str, names: Iterable[str]) -> dict[str, Any]:
    """What the roots of a tool were found by, as JSON values."""
    return {
        "program": program_of(source),
        "home": os.fsencode(machine.home).hex(),
        "platform": machine.platform,
        "extra": list(machine.extra.get(source, ())),
        "environ": {name: _value(machine, name) for name in sorted(names)},
    }


def is_same_machine(machine: Machine, source: str, noted: Mapping[str, Any]) -> bool:
    """Whether the roots of a tool would be found as they were, as far as that can be told without its reader."""
    found = noted.get("machine")
    if not isinstance(found, dict) or found != machine_of(machine, source, found.get("environ", ())):
        return False
    places, problems = noted.get("places", ()), noted.get("problems", ())
    # A folder that could not be listed may be open now, without any change to itself.
    return all(os.path.lexists(bytes.fromhex(place["path"])) == place["exists"] for place in places) and not any(
        os.access(bytes.fromhex(path), os.R_OK | os.X_OK) for path, _ in problems
    )


def changed_sources(
    stamps: Iterable[Sequence[Any]],
    folders: Iterable[tuple[str, bytes, int]],
    noted: Mapping[str, Mapping[str, Any]],
    machine: Machine,
    wanted: Iterable[str],
) -> set[str]:
    """The tools among ``wanted`` whose logs must be looked at: new, changed, deleted or unreadable ones.

    ``stamps`` and ``folders`` are those of ``store/log_reading.py``. Nothing changed where the result is empty.
    """
    wanted = set(wanted)
    left = {source for source in wanted if is_same_machine(machine, source, noted.get(source, {}))}
    databases = {source for source in left if noted[source].get("kind") == "database"}
    for source, path, mtime_ns in folders:
        if source in left and not _folder_is_same(path, mtime_ns):
            left.discard(source)
    for source, path, *stamp in stamps:
        if source in left and not _file_is_same(path, stamp, with_log=source in databases):
            left.discard(source)
    return wanted - left


def _folder_is_same(path: bytes, mtime_ns: int) -> bool:
    try:
        return os.stat(path).st_mtime_ns == mtime_ns  # noqa: PTH116  # thousands of them
    except OSError:
        return False


def _file_is_same(path: bytes, stamp: Sequence[int], *, with_log: bool) -> bool:
    dev, ino, size, mtime_ns, failed = stamp
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return False
    if with_log:
        same = _database_is_same(path, found, size, mtime_ns)
    else:
        same = found.st_mtime_ns == mtime_ns and found.st_size == size
    if not same or signed(found.st_ino) != ino or signed(found.st_dev) != dev:
        return False
    return not (failed and os.access(path, os.R_OK))


def _database_is_same(path: bytes, found: os.stat_result, size: int, mtime_ns: int) -> bool:
    try:
        log = os.stat(path + b"-wal")  # noqa: PTH116
    except OSError:
        return found.st_mtime_ns == mtime_ns and found.st_size == size
    return max(found.st_mtime_ns, log.st_mtime_ns) == mtime_ns and found.st_size + log.st_size == size


def _value(machine: Machine, name: str) -> str | None:
    value = machine.environ.get(name)
    # JSON has no place for the surrogates of a name that is not UTF-8.
    return None if value is None else os.fsencode(value).hex()
