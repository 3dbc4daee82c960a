"""The bytes of a TOML file as a table, or one sentence that says where it is broken."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aic_tui.config.settings import CONFIG_VERSION, Problem
from aic_tui.text import clean

_SIZE_CAP = 1 << 20
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_TABLE_LINE = re.compile(r"\s*\[\s*([^\[\]#]+?)\s*\]")
_KEY_LINE = re.compile(r"\s*((?:[A-Za-z0-9_.-]+|\"[^\"]*\"|'[^']*')+)\s*=")


@dataclass(frozen=True)
class Document:
    """One reading of a TOML file. ``table`` is empty when ``problem`` says that it is broken.

    ``data`` is the file as read (empty when absent or broken).
    """

    table: dict[str, Any] = field(default_factory=dict)
    problem: Problem | None = None
    exists: bool = False
    data: bytes = b""

    @property
    def newer(self) -> bool:
        """True for a version above ours."""
        version = self.table.get("version")
        return isinstance(version, int) and not isinstance(version, bool) and version > CONFIG_VERSION

    def line_of(self, *path: str) -> int | None:
        """The line on which this key, or else its table, is written (1-based); None when it is not plain to see."""
        table: tuple[str, ...] = ()
        of_table = None
        for number, line in enumerate(self.data.decode("utf-8-sig").splitlines(), 1):
            if header := _TABLE_LINE.match(line):
                table = _parts(header[1])
                of_table = number if table == path[:-1] or table == path else of_table
            elif (key := _KEY_LINE.match(line)) and table + _parts(key[1]) == path:
                return number
        return of_table


def read_document(path: Path) -> Document:
    """Read and parse. Never raises for content; a file that is not there is an empty document."""
    try:
        data = read_regular_file(path, _SIZE_CAP)
    except FileNotFoundError:
        return Document()
    except OSError as error:
        return _broken(f"{path} cannot be read: {reason_of(error)}.")
    if data is None:
        return _broken(f"{path} is larger than {_SIZE_CAP // 1024} KiB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        return _broken(f"{path.name} is not UTF-8 text: line {line}, column {column}.", line, column)
    try:
        return Document(table=tomllib.loads(text), exists=True, data=data)
    except (ValueError, RecursionError) as error:
        return _not_toml(path.name, text, error)


def read_regular_file(path: Path, cap: int, extra_flags: int = 0) -> bytes | None:
    """The bytes of a regular file, None when there are more than ``cap``. Never waits for a pipe or a device.

    Raises :class:`OSError`, also for anything that is not a regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | extra_flags)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is not a regular file")
        data = file.read(cap + 1)
    return None if len(data) > cap else data


def reason_of(error: OSError) -> str:
    """The system's words for an error, lower case, without path and number."""
    words = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
    return words[:1].lower() + words[1:]


def _broken(sentence: str, line: int | None = None, column: int | None = None) -> Document:
    return Document(problem=Problem(clean(sentence, 500), line, column), exists=True)


def _not_toml(name: str, text: str, error: ValueError | RecursionError) -> Document:
    if isinstance(error, RecursionError):
        return _broken(f"{name} nests too deeply.")
    words = str(error)
    place = _PLACE.search(words)
    line: int | None = None
    column: int | None = None
    if place:
        words = words[: place.start()]
        line, column = (int(place[1]), int(place[2])) if place[1] else (text.count("\n") + 1, None)
    where = f" at line {line}" + (f", column {column}" if column else "") if line else ""
    return _broken(f"{name} is not valid TOML{where}: {words}.", line, column)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
