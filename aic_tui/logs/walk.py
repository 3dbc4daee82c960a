"""Which regular files lie below a root, whatever else lies there."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from aic_tui.logs.base import DEEPEST
from aic_tui.logs.quick import stamp_of
from aic_tui.usage_files import Stamp


class Found(NamedTuple):
    """A regular file. ``relative`` is its path below the root with ``/``; names that are not UTF-8 have surrogates.

    ``is_link`` tells that the name is a symbolic link to it.
    """

    path: str
    relative: str
    stamp: Stamp
    is_link: bool


class Walker:
    """Walks roots one after the other; folders and files that several of them reach are met once.

    ``folders`` has every folder that was listed, with its modification time in ns as it was before. ``problems`` are
    ``(path, words)`` of folders that cannot be listed, each once.
    """

    def __init__(self) -> None:
        self.folders: dict[str, int] = {}
        self.problems: dict[str, str] = {}
        self._met: set[tuple[int, int]] = set()

    def files(
        self, root: str, wants: Callable[[str], bool], *, deepest: int = DEEPEST, only: str = ""
    ) -> Iterator[Found]:
        """The files below ``root`` whose relative path is wanted, by name. Nothing is opened, and nothing raises.

        ``deepest`` and ``only`` are those of a :class:`~aic_tui.logs.base.Place`.

        FIFOs, sockets, devices and folders with a wanted name are passed over. Links are followed unless they lead
        to where the walk has been. A root that is itself a wanted file is not one.
        """
        yield from self._one(root, only) if only else self._below(root, "", wants, deepest)

    def _one(self, folder: str, name: str) -> Iterator[Found]:
        """The file ``name``, whatever else is in the folder and whether or not that can be listed."""
        path = os.path.join(folder, name)  # noqa: PTH118  # as the paths of entries are made
        try:
            self.folders.setdefault(folder, os.stat(folder).st_mtime_ns)  # noqa: PTH116
            found = os.stat(path)  # noqa: PTH116
            if stat.S_ISREG(found.st_mode) and self._is_new(found):
                yield Found(path, name, stamp_of(found), os.path.islink(path))  # noqa: PTH114
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            self.problems[path] = why(error)

    def _below(self, folder: str, prefix: str, wants: Callable[[str], bool], depth: int) -> Iterator[Found]:
        entries = self._entries(folder)
        for entry in entries:
            relative = prefix + entry.name
            try:
                is_link = entry.is_symlink()
                is_folder = entry.is_dir()
                if not is_folder and (wants(relative) and (found := self._file(entry, relative, is_link))):
                    yield found
            except OSError:
                # It vanished, or is a link that leads nowhere or round in a circle.
                continue
            if is_folder and depth > 0:
                yield from self._below(entry.path, relative + "/", wants, depth - 1)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            found = os.stat(folder)  # noqa: PTH116  # ten times as fast as a Path
            if not stat.S_ISDIR(found.st_mode) or not self._is_new(found):
                return []
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=_name)
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            self.problems[folder] = why(error)
            return []
        self.folders[folder] = found.st_mtime_ns
        return listed

    def _file(self, entry: os.DirEntry[str], relative: str, is_link: bool) -> Found | None:
        found = entry.stat()
        if not found.st_ino:  # Windows tells it only of an opened file
            found = os.stat(entry.path)  # noqa: PTH116
        if not stat.S_ISREG(found.st_mode) or not self._is_new(found):
            return None
        return Found(entry.path, relative, stamp_of(found), is_link)

    def _is_new(self, found: os.stat_result) -> bool:
        identity = (found.st_dev, found.st_ino)
        if identity in self._met:
            return False
        self._met.add(identity)
        return True


def why(error: Exception) -> str:
    """A few words of ours for what the system said."""
    if isinstance(error, PermissionError):
        return "no permission"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return "cannot be read"


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
