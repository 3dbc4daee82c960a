"""The database as files: private creation, the lock beside it, identity, moving aside."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from aic_tui.store.faults import NotSaved

if sys.platform == "win32":  # pragma: no cover
    import msvcrt
else:
    import fcntl

Identity = tuple[int, int]

_HEADER_BYTES = 100
_MAGIC = b"SQLite format 3\0"
_VERSION_AT = slice(60, 64)
_NETWORK_TYPES = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"})


def beside(path: Path, suffix: str) -> Path:
    """The file next to ``path`` whose name is that of ``path`` plus ``suffix``."""
    return path.with_name(path.name + suffix)


def identity(path: Path) -> Identity | None:
    """Device and inode of ``path``; None when there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def make_private(path: Path) -> None:
    """Make the directory (0700) and an empty file (0600) where they are missing; close an open-handed file mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if path.stat().st_mode & 0o077:
        # A file of another user cannot be changed, and is no reason to stop.
        with contextlib.suppress(OSError):
            path.chmod(0o600)


def is_writable(path: Path) -> bool:
    """Whether file and directory (or, before they exist, the nearest parent) can be written by this process."""
    # Unlike a Path's own question, this one has an answer below directories that may not be searched.
    if os.path.exists(path):  # noqa: PTH110
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)
    parent = next((p for p in path.parents if os.path.exists(p)), path.parent)  # noqa: PTH110
    return os.access(parent, os.W_OK | os.X_OK)


def header_version(path: Path) -> int:
    """``user_version`` as the file's header has it, read without SQLite, which might write; 0 when unknown."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError:
        return 0
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        return 0
    return int.from_bytes(header[_VERSION_AT], "big", signed=True)


def on_network(path: Path, mounts: Path) -> bool:
    """True when ``path`` lies on a network file system, where WAL's shared memory does not work between hosts."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    place = path.resolve()
    best, kind = 0, ""
    for fields in (line.split() for line in lines):
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        if len(point.parts) >= best and place.is_relative_to(point):
            best, kind = len(point.parts), fields[2]
    return kind in _NETWORK_TYPES


def move_aside(path: Path, now: datetime) -> Path:
    """Rename the database with its -wal and -shm to ``<name>.corrupt-<UTC time>``; returns the new path."""
    stem = f".corrupt-{now:%Y%m%dT%H%M%SZ}"
    target, number = beside(path, stem), 1
    while target.exists():
        number += 1
        target = beside(path, f"{stem}-{number}")
    path.rename(target)
    for suffix in ("-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            beside(path, suffix).rename(beside(target, suffix))
    return target


class FileLock:
    """An advisory lock on ``aic.db.lock``, held around every write transaction, checkpoint, migration and rescue.

    SQLite 3.7.0 to 3.51.2 can damage a WAL file when two connections write or checkpoint at the very same instant
    (the "WAL-reset bug"); with this lock no two of our processes ever do. It is taken with every version of SQLite,
    because it also keeps two instances from rescuing or creating the file together. The kernel drops it with its
    process, however that ends. File systems that know no locks are used without.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def held(self, deadline: float) -> Iterator[None]:
        """Hold the lock. ``deadline`` is in ``time.monotonic`` seconds; past it raises :class:`NotSaved`."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._wait(file, deadline)
            yield
        finally:
            os.close(file)

    def _wait(self, file: int, deadline: float) -> None:
        while True:
            try:
                _try_lock(file)
            except (BlockingIOError, PermissionError):
                if time.monotonic() >= deadline:
                    raise NotSaved("another program has locked the database") from None
                time.sleep(0.005)
            except OSError:
                return
            else:
                return


def _try_lock(file: int) -> None:
    if sys.platform == "win32":  # pragma: no cover
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
