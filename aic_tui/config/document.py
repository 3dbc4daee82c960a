"""The bytes of a TOML file as a table, or one sentence that says where it is broken."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from aic_tui.config.settings import CONFIG_VERSION, Problem
from aic_tui.redact import redact
from aic_tui.text import clean

_SIZE_CAP = 1 << 20
_DEEPEST = 64  # what reads it and what writes it goes down level by level, and Python ends at some hundreds
_LONGEST_BITS = 1024  # Python refuses to write a whole number of many thousand digits as text
# Compiled when they are needed, which is not where there is no config.toml.
_PLACE = r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$"
_TABLE_LINE = r"\s*\[\s*([^\[\]#]+?)\s*\]"
_KEY_LINE = r"\s*((?:[A-Za-z0-9_.-]+|\"[^\"]*\"|'[^']*')+)\s*="
_PART = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')"
_DEEP_KEY = rf"(?m)^[ \t\[]*{_PART}(?:[ \t]*\.[ \t]*{_PART}){{{_DEEPEST}}}"
_LONG_NUMBER = r"[0-9][0-9_]{4000}"


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
        keys, tables = self._lines
        return keys.get(path) or max(tables.get(path[:-1], 0), tables.get(path, 0)) or None

    @cached_property
    def _lines(self) -> tuple[dict[tuple[str, ...], int], dict[tuple[str, ...], int]]:
        """The first line of each key and the last line of each table header."""
        keys: dict[tuple[str, ...], int] = {}
        tables: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        # not splitlines(): TOML ends a line at a line feed only, and U+2028 may stand in a comment
        for number, line in enumerate(self.data.decode("utf-8-sig").split("\n"), 1):
            if header := re.match(_TABLE_LINE, line):
                table = _parts(header[1])
                tables[table] = number
            elif key := re.match(_KEY_LINE, line):
                keys.setdefault(table + _parts(key[1]), number)
        return keys, tables


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
    return _parsed(path.name, data)


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


def _parsed(name: str, data: bytes) -> Document:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        return _broken(f"{name} is not UTF-8 text: line {line}, column {column}.", line, column)
    if deep := re.search(_DEEP_KEY, text):
        return _broken(f"{name} nests too deeply.", text.count("\n", 0, deep.end()) + 1)
    import tomllib  # not for a run without any config.toml

    try:
        document = Document(table=tomllib.loads(text), exists=True, data=data)
    except (ValueError, RecursionError) as error:
        return _not_toml(name, text, error)
    return _too_much(name, document) or document


def _broken(sentence: str, line: int | None = None, column: int | None = None) -> Document:
    return Document(problem=Problem(clean(sentence, 500), line, column), exists=True)


def _not_toml(name: str, text: str, error: ValueError | RecursionError) -> Document:
    if isinstance(error, RecursionError):
        return _broken(f"{name} nests too deeply.")
    if number := re.search(_LONG_NUMBER, text):
        return _long_number(name, text.count("\n", 0, number.start()) + 1)
    words = redact(str(error))
    place = re.search(_PLACE, words)
    line: int | None = None
    column: int | None = None
    if place:
        words = words[: place.start()]
        line, column = (int(place[1]), int(place[2])) if place[1] else (text.count("\n") + 1, None)
    where = f" at line {line}" + (f", column {column}" if column else "") if line else ""
    return _broken(f"{name} is not valid TOML{where}: {words}.", line, column)


def _too_much(name: str, document: Document) -> Document | None:
    """Valid TOML that cannot be written back: it nests too deeply, or a number has thousands of digits."""
    left: list[tuple[Any, tuple[str, ...], int]] = [(document.table, (), 0)]
    while left:
        value, path, depth = left.pop()
        if depth > _DEEPEST:
            return _broken(f"{name} nests too deeply.", document.line_of(*path))
        if isinstance(value, dict):
            left += [(part, (*path, key), depth + 1) for key, part in value.items()]
        elif isinstance(value, list):
            left += [(part, path, depth + 1) for part in value]
        elif isinstance(value, int) and value.bit_length() > _LONGEST_BITS:
            return _long_number(name, document.line_of(*path))
    return None


def _long_number(name: str, line: int | None) -> Document:
    return _broken(f"{name} is not valid TOML{f' at line {line}' if line else ''}: a number is too long.", line)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
