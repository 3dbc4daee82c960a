"""What is known of one log file from one scan to the next, and what a reading of it found. Pure."""

from __future__ import annotations

from typing import NamedTuple

HEAD_BYTES = 1024
TAIL_BYTES = 256
UNSETTLED = -1
"""In place of a modification time: look again next time, whatever the size says."""


class Stamp(NamedTuple):
    """What ``stat`` tells of a file. Of a database it includes the size and time of its write-ahead log."""

    dev: int
    ino: int
    size: int
    mtime_ns: int


class KnownFile(NamedTuple):
    """A file as the last reading left it.

    ``offset`` is up to where it was read; ``head`` and ``tail`` are hashes of its first :data:`HEAD_BYTES` and of the
    :data:`TAIL_BYTES` before ``offset``. ``skipping`` is True in the middle of a line that is too long.
    ``generation`` changes with every reading. ``gone`` files are no longer there, and still count. ``failed`` ones
    could not be opened or read the last time, which may pass without a change of the file.
    """

    id: int
    generation: int
    source: str
    root: bytes
    path: bytes
    stamp: Stamp
    offset: int
    head: int
    tail: int
    skipping: bool
    version: int
    gone: bool = False
    failed: bool = False


class Memory(NamedTuple):
    """What a reader needs besides, to go on where it stopped: its own state (JSON), and the texts of its indexes."""

    state: bytes = b"{}"
    sessions: tuple[tuple[str, str], ...] = ()
    models: tuple[str, ...] = ()


class FileFacts(NamedTuple):
    """What one reading of one file found: everything (``append`` False), or what was added to it.

    ``known_id`` and ``generation`` say which file of the index this replaces or continues; 0 for a new one.
    ``records`` are packed by ``PACKED`` and ``rows`` by ``ROW``; ``sessions`` and ``models`` are the whole lists that
    they refer to. With ``keep`` nothing was found out and what is known stays: the file could not be read
    (``failed``: it may be tried again), or not understood. ``problem`` is a few words of ours.
    """

    source: str
    root: bytes
    path: bytes
    known_id: int = 0
    generation: int = 0
    append: bool = False
    keep: bool = False
    failed: bool = False
    stamp: Stamp = Stamp(0, 0, 0, UNSETTLED)
    offset: int = 0
    head: int = 0
    tail: int = 0
    skipping: bool = False
    version: int = 0
    state: bytes = b"{}"
    records: bytes = b""
    rows: bytes = b""
    sessions: tuple[tuple[str, str], ...] = ()
    models: tuple[str, ...] = ()
    skipped: dict[str, int] = {}  # noqa: RUF012  # never changed
    repeated: int = 0
    forks: int = 0
    seen: int = 0
    read_bytes: int = 0
    problem: str | None = None


def signed(number: int) -> int:
    """An unsigned 64-bit number (an inode of ZFS, a device) as SQLite can keep it."""
    number &= 0xFFFF_FFFF_FFFF_FFFF
    return number - (1 << 64) if number >> 63 else number
