"""One file, read as far as it is new: what it is, whether it is the one that is known, and whole lines of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from hashlib import blake2b

from aic_tui.usage_files import HEAD_BYTES, TAIL_BYTES, UNSETTLED, KnownFile, Stamp

CHUNK = 8 << 20
_PIECE = 1 << 20
LONGEST_LINE = 32 << 20
LARGEST_WHOLE = 256 << 20
_UNSETTLED_NS = 20_000_000
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


class NotRegular(OSError):  # noqa: N818
    """What is at the path now is a FIFO, a device or a folder."""


class TooLarge(Exception):  # noqa: N818  # a state of affairs
    """The file has more bytes than one is ever read of at once."""


def open_regular(path: bytes | str, *, is_link: bool = False) -> int:
    """A descriptor for reading; never blocks. Raises ``OSError``. ``is_link`` allows that the name is a link."""
    # Opened first and looked at then: the other way round it could be replaced by a FIFO in between.
    descriptor = os.open(path, _OPEN | (0 if is_link else _NO_FOLLOW))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegular("not a regular file")
    return descriptor


def read_at(descriptor: int, offset: int, size: int) -> bytes:
    """At most ``size`` bytes from ``offset`` on; fewer only at the end of the file."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    data = os.read(descriptor, size)
    if len(data) == size or not data:
        return data
    parts = [data]
    left = size - len(data)
    while left and (data := os.read(descriptor, left)):
        parts.append(data)
        left -= len(data)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def read_whole(descriptor: int, most: int = LARGEST_WHOLE) -> bytes:
    """All of the file, as long as it is now. Raises :class:`TooLarge`."""
    size = os.fstat(descriptor).st_size
    if size > most:
        raise TooLarge
    return read_at(descriptor, 0, size)


def fingerprint(data: bytes) -> int:
    """64 bits of a hash, signed."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little", signed=True)


def settled(stamp: Stamp, now_ns: int) -> Stamp:
    """``stamp``, doubted where the file was changed only just now: its clock may not tell the next change from it."""
    return stamp._replace(mtime_ns=UNSETTLED) if now_ns - stamp.mtime_ns < _UNSETTLED_NS else stamp


def continues(descriptor: int, known: KnownFile) -> bool:
    """Whether the file begins with all that was read of the known one, as its first and last bytes show."""
    if not known.offset:
        return False
    head = read_at(descriptor, 0, min(HEAD_BYTES, known.offset))
    if len(head) < min(HEAD_BYTES, known.offset) or fingerprint(head) != known.head:
        return False
    length = min(TAIL_BYTES, known.offset)
    return fingerprint(read_at(descriptor, known.offset - length, length)) == known.tail


class Lines:
    """The whole lines of a file from ``offset`` on, in chunks.

    Iterating moves ``offset`` on, and with it ``head`` and ``tail``, the hashes that :class:`KnownFile` keeps. What
    comes after the last newline is given as well where it is a complete JSON object, and otherwise waits.
    ``too_long`` counts lines of more than :data:`LONGEST_LINE` bytes, which are passed over without being kept.
    """

    def __init__(self, descriptor: int, known: KnownFile | None = None) -> None:
        self._descriptor = descriptor
        self.offset = known.offset if known else 0
        self.skipping = known.skipping if known else False
        self.too_long = 0
        self.read_bytes = 0
        self._head = read_at(descriptor, 0, min(HEAD_BYTES, self.offset)) if known else b""
        length = min(TAIL_BYTES, self.offset)
        self._tail = read_at(descriptor, self.offset - length, length) if known else b""

    @property
    def head(self) -> int:
        """The hash of the first bytes up to ``offset``."""
        return fingerprint(self._head)

    @property
    def tail(self) -> int:
        """The hash of the last bytes before ``offset``."""
        return fingerprint(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        while True:
            data = self._next()
            if not data:
                return
            if self.skipping:
                self._skip(data)
                continue
            cut = data.rfind(b"\n") + 1
            if not cut:
                more = self._long_line(data)
                if more is None:
                    return
                data, cut = more, len(more)
                if not cut:
                    continue
            self._passed(data, cut)
            yield data if cut == len(data) else data[:cut]

    def last(self) -> bytes | None:
        """What comes after the last newline where it looks like a complete JSON object; see :meth:`take`."""
        if self.skipping:
            return None
        size = os.fstat(self._descriptor).st_size - self.offset
        if size <= 0:
            return None
        rest = read_at(self._descriptor, self.offset, min(size, LONGEST_LINE + 1))
        return rest if rest.rstrip().endswith(b"}") and b"\n" not in rest else None

    def take(self, rest: bytes) -> None:
        """Count ``rest``, from :meth:`last`, as read."""
        self._passed(rest, len(rest))

    def _next(self) -> bytes:
        if self.skipping:
            return read_at(self._descriptor, self.offset, _PIECE)
        left = os.fstat(self._descriptor).st_size - self.offset
        return read_at(self._descriptor, self.offset, min(CHUNK, left)) if left > 0 else b""

    def _skip(self, data: bytes) -> None:
        end = data.find(b"\n") + 1
        self.skipping = not end
        self._passed(data, end or len(data))

    def _long_line(self, begun: bytes) -> bytes | None:
        """A line of more than a chunk; None while it has no end yet, empty where it is too long."""
        size = len(begun)
        while size <= LONGEST_LINE:
            piece = read_at(self._descriptor, self.offset + size, _PIECE)
            if not piece:
                return None
            end = piece.find(b"\n") + 1
            if end and size + end <= LONGEST_LINE:
                return read_at(self._descriptor, self.offset, size + end)
            size += len(piece)
        self.too_long += 1
        self.skipping = True
        return b""

    def _passed(self, data: bytes, count: int) -> None:
        self.offset += count
        self.read_bytes += count
        if len(self._head) < HEAD_BYTES:
            self._head = (self._head + data[: min(count, HEAD_BYTES)])[:HEAD_BYTES]
        start = max(0, count - TAIL_BYTES)
        self._tail = data[start:count] if start else (self._tail + data[:count])[-TAIL_BYTES:]
