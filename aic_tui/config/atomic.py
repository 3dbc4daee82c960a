"""Whole-file writes that are either done or not done, and the lock between running instances."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from aic_tui.config.paths import own_user_id

_TEMP_SUFFIX = ".aic-tmp"
_ORPHAN_SECONDS = 3600
_NOT_SUPPORTED = (errno.EINVAL, errno.ENOTSUP)


def write_atomically(path: Path, data: bytes, only_if: Callable[[], bool] | None = None) -> bool:
    """Replace the file by ``data``, mode 0600: after a crash at any point it is the old or the new one, whole.

    ``only_if`` is asked at the last moment; when it says no, nothing is replaced and False is given. A symlink is
    followed and stays a link. Raises :class:`OSError`; then the old file is untouched and no temporary file is left.
    The directory must exist.
    """
    import secrets  # loads half of what a report without any write may take

    target = final_target(path)
    temp = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}{_TEMP_SUFFIX}")
    try:
        _write_new(temp, data)
        if only_if is not None and not only_if():
            temp.unlink()
            return False
        temp.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temp.unlink()
        raise
    _sync_directory(target.parent)
    return True


def final_target(path: Path) -> Path:
    """Where a chain of symlinks ends (it may not exist yet). Raises :class:`OSError` for a loop."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return target


def sweep_orphans(directory: Path, now: float, *, of: str = "", seconds: float = _ORPHAN_SECONDS) -> None:
    """Delete temporary files of ours that a crash left behind more than ``seconds`` before ``now`` (epoch seconds).

    ``of`` names the file that they were to become; whoever holds that file's lock may pass -inf for ``seconds``.
    """
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            if not (entry.name.startswith(f".{of}") and entry.name.endswith(_TEMP_SUFFIX)):
                continue
            with contextlib.suppress(OSError):
                facts = entry.stat(follow_symlinks=False)
                ours = stat.S_ISREG(facts.st_mode) and facts.st_uid == own_user_id()
                if ours and now - facts.st_mtime > seconds:
                    Path(entry.path).unlink()


@contextlib.contextmanager
def exclusive(lock_file: Path, tries: int = 250) -> Iterator[None]:
    """Hold the lock that all instances share. Raises :class:`TimeoutError` after ``tries`` x 20 ms.

    The lock file stays: deleting it would let two instances lock two different files.
    """
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        for _ in range(tries):
            if _try_lock(descriptor):
                break
            time.sleep(0.02)
        else:
            raise TimeoutError(errno.ETIMEDOUT, "another instance is saving", str(lock_file))
        yield
    finally:
        os.close(descriptor)  # closing also unlocks


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _write_new(temp: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(temp, flags | getattr(os, "O_BINARY", 0), 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        _sync(descriptor)
    finally:
        os.close(descriptor)  # a full disk may only be told here, so the error must not be swallowed


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:  # some network and FUSE file systems know no fsync
            raise


def _sync_directory(directory: Path) -> None:
    if os.name != "posix":
        return
    # The new name is in place already; a directory that cannot be synced does not make the save a failure.
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
