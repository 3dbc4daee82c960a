"""The vocabulary of a log reader: where a tool keeps its logs, which files count, and how one is understood.

A reader never walks, seeks, follows a link or keeps an offset; ``scan.py`` and its workers do. It is given whole
lines, a whole file or the path of a database, and adds records to a :class:`~aic_tui.logs.batch.Batch`. What it
cannot understand it counts as skipped, with a reason, and goes on. Texts of prompts and answers are never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from aic_tui.logs.batch import Batch


DEEPEST = 16
"""Folders below a root; no tool nests its logs half as deep."""


class Unreadable(Exception):  # noqa: N818  # said like the others of errors.py
    """A file that should have been readable is not now (locked, damaged): it is its problem until the next scan.

    The argument is a few words of ours. Only readers of databases let it out of ``read``.
    """


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides where logs are. ``extra`` are more roots per tool, from config.toml (WSL, other disks)."""

    home: Path
    environ: Mapping[str, str]
    platform: str
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """One root to look below. ``origin`` says why: ``default``, the name of a variable, or ``config``.

    ``problem`` is a few words where a place that the user named cannot be one. ``depth`` is how many levels of folders
    below it are looked into; 0 for the files in it alone. ``only`` is the name of the one file of it that is meant.
    """

    path: Path
    origin: str = "default"
    problem: str | None = None
    depth: int = DEEPEST
    only: str = ""


@dataclass(slots=True)
class View:
    """One file as a reader sees it.

    ``data`` is, for ``lines``, some whole lines (each ends with a newline; the next call has the next ones), for
    ``whole`` and for a ``.json`` among databases the file, for a ``database`` empty. ``relative`` is the path below
    the place with ``/``. ``state`` is the reader's own, kept from one call and one scan to the next; JSON values only.
    ``modified_ms`` is the file's time. ``beside`` reads another regular file of the same place, None where there is
    none (1 GiB at most).
    """

    path: Path
    relative: str
    data: bytes
    state: dict[str, Any]
    modified_ms: int
    machine: Machine
    beside: Callable[[str], bytes | None]
    others: Callable[[], Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Everything the program knows about the logs of one tool.

    ``id`` is the ``--source``. ``places`` are the roots, existing or not, preferred first. ``wants`` judges a path
    below a place. ``kind`` is ``lines`` (append-only; only what is new is read), ``whole`` (read again when it
    changed) or ``database`` (as ``whole``, opened by the reader). ``version`` is raised when the reading changes, so
    that known files are read anew. ``counts`` tells in a sentence what is counted.
    """

    id: str
    name: str
    kind: Literal["lines", "whole", "database"]
    places: Callable[[Machine], Sequence[Place]]
    wants: Callable[[str], bool]
    read: Callable[[View, Batch], None]
    version: int = 1
    counts: str = ""
