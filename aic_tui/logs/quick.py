"""Has anything changed since the last scan? Answered by ``stat`` alone, without loading a single reader."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from aic_tui import __version__
from aic_tui.logs.registry import TOOLS

if TYPE_CHECKING:
    from aic_tui.logs.base import Machine
    from aic_tui.usage_files import Stamp

_HERE = Path(__file__).parent
_NO_DATABASE = (b".json", b".jsonl", b".csv")


class Site(NamedTuple):
    """What :class:`~aic_tui.logs.base.Machine` is, for those who need not load it."""

    home: Path
    environ: Mapping[str, str]
    platform: str
    extra: Mapping[str, Sequence[str]]


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


def machine_of(machine: Machine | Site, source: str, names: Iterable[str]) -> dict[str, Any]:
    """What the roots of a tool were found by, as JSON values."""
    return {
        "program": program_of(source),
        "home": os.fsencode(machine.home).hex(),
        "platform": machine.platform,
        "extra": list(machine.extra.get(source, ())),
        "environ": {name: _value(machine, name) for name in sorted(names)},
    }


def is_same_machine(machine: Machine | Site, source: str, noted: Mapping[str, Any]) -> bool:
    """Whether the roots of a tool would be found as they were, as far as that can be told without its reader."""
    found = noted.get("machine")
    if not isinstance(found, dict) or found != machine_of(machine, source, found.get("environ", ())):
        return False
    places, problems = noted.get("places", ()), noted.get("problems", ())
    # A folder that could not be listed may be open now, without any change to itself.
    return all(os.path.lexists(bytes.fromhex(place["path"])) == place["exists"] for place in places) and not any(
        os.access(bytes.fromhex(path), os.R_OK | os.X_OK) for path, _ in problems
    )


class Noted(NamedTuple):
    """What the last scan left in the index of one tool; see ``store/log_reading.py``.

    ``folders`` are paths and modification times (ns); ``stamps`` are path, device, inode, size, modification time (ns)
    and whether reading failed.
    """

    body: Mapping[str, Any]
    folders: Sequence[tuple[bytes, int]]
    stamps: Sequence[Sequence[Any]]


def changes(
    noted: Mapping[str, Noted], machine: Machine | Site, wanted: Iterable[str], newest: int | None = None
) -> dict[str, list[bytes] | None]:
    """The tools among ``wanted`` whose logs have changed: with the files that were changed, or with None where all of
    its roots must be walked, because files are new, gone or somewhere else. Empty where nothing changed.

    ``newest`` looks at the newest files alone (and at all folders).
    """
    found: dict[str, list[bytes] | None] = {}
    for source in wanted:
        note = noted.get(source)
        if (
            note is None
            or not is_same_machine(machine, source, note.body)
            or not all(_folder_is_same(path, mtime_ns) for path, mtime_ns in note.folders)
        ):
            found[source] = None
            continue
        stamps = note.stamps if newest is None else heapq.nlargest(newest, note.stamps, key=_time)
        changed = _changed_files(stamps, is_database=note.body.get("kind") == "database")
        if changed or changed is None:
            found[source] = changed
    return found


def _time(stamp: Sequence[Any]) -> float:
    """What changed as it was read has no time, and is the newest."""
    return float("inf") if stamp[4] < 0 else float(stamp[4])


def _folder_is_same(path: bytes, mtime_ns: int) -> bool:
    try:
        return os.stat(path).st_mtime_ns == mtime_ns  # noqa: PTH116  # thousands of them
    except OSError:
        return False


def _changed_files(stamps: Iterable[Sequence[Any]], *, is_database: bool) -> list[bytes] | None:
    """None where one is gone."""
    stat, changed = os.stat, []
    try:
        for path, dev, ino, size, mtime_ns, failed in stamps:
            found = stat(path)
            if found.st_mtime_ns == mtime_ns and found.st_size == size and found.st_ino == ino and not failed:
                continue
            now = stamp_with_log(path, stamp_of(found), is_database=is_database)
            if now != (dev, ino, size, mtime_ns) or (failed and os.access(path, os.R_OK)):
                changed.append(path)
    except OSError:
        return None
    return changed


def stamp_of(found: os.stat_result) -> Stamp:
    """What the index keeps of a ``stat``."""
    from aic_tui.usage_files import Stamp, signed

    return Stamp(signed(found.st_dev), signed(found.st_ino), found.st_size, found.st_mtime_ns)


def stamp_with_log(path: bytes, stamp: Stamp, *, is_database: bool) -> Stamp:
    """``stamp``; of a database together with its write-ahead log, where the newest changes are."""
    if not is_database or path.endswith(_NO_DATABASE):
        return stamp
    try:
        log = os.stat(path + b"-wal")  # noqa: PTH116
    except OSError:
        return stamp
    return stamp._replace(size=stamp.size + log.st_size, mtime_ns=max(stamp.mtime_ns, log.st_mtime_ns))


def _value(machine: Machine | Site, name: str) -> str | None:
    value = machine.environ.get(name)
    # JSON has no place for the surrogates of a name that is not UTF-8.
    return None if value is None else os.fsencode(value).hex()
