"""One file: opened without harm, known again or not, and read in whole lines however it is written."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aic_tui.logs import read_file
from aic_tui.logs.read_file import CHUNK, LONGEST_LINE, Lines, NotRegular, TooLarge, continues, open_regular
from aic_tui.usage_files import UNSETTLED, KnownFile, Stamp
from tests.store_files import POSIX


class Log:
    """A file that is read again and again, as scans do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: KnownFile | None = None
        self.path.touch()

    def add(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def read(self) -> tuple[list[bytes], bool]:
        """The lines that are new, and whether reading went on where it stopped."""
        descriptor = open_regular(str(self.path))
        try:
            known = self.known if self.known and continues(descriptor, self.known) else None
            lines = Lines(descriptor, known)
            found = b"".join(lines).splitlines(keepends=True)
            stamp = Stamp(0, 0, os.fstat(descriptor).st_size, 0)
        finally:
            os.close(descriptor)
        self.known = KnownFile(
            1, 1, "", b"", b"", stamp, lines.offset, lines.head, lines.tail, lines.skipping, 1, False
        )
        self.too_long = lines.too_long
        return found, known is not None


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "x.jsonl")


def test_half_a_line_waits_for_its_end(log: Log) -> None:
    log.add(b"one\ntw")
    assert log.read() == ([b"one\n"], False)
    assert log.read() == ([], True)
    log.add(b"o\nthree\n")
    assert log.read() == ([b"two\n", b"three\n"], True)


def test_an_object_without_a_newline_is_whole(log: Log) -> None:
    log.add(b'{"a": 1}\n{"b": {"c": 2}')
    for rest, complete in ((b"", False), (b"}", True)):
        log.add(rest)
        descriptor = open_regular(str(log.path))
        lines = Lines(descriptor)
        assert list(lines) == [b'{"a": 1}\n']
        assert (lines.last() is not None) == bool(complete or rest == b"")
        os.close(descriptor)


@pytest.mark.parametrize("size", [10, 100, 2000])
def test_a_file_that_was_cut_or_replaced_is_read_anew(log: Log, size: int) -> None:
    lines = [b"%06d %s\n" % (number, b"x" * size) for number in range(5)]
    log.add(b"".join(lines))
    assert log.read() == (lines, False)
    log.path.write_bytes(b"".join(lines[:2]))
    assert log.read() == (lines[:2], False)
    log.path.write_bytes(b"".join([b"another" + lines[0], *lines[1:]]))
    assert log.read()[1] is False
    log.add(lines[0])
    assert log.read() == ([lines[0]], True)
    changed = bytearray(log.path.read_bytes())
    changed[-3] ^= 1
    log.path.write_bytes(bytes(changed) + b"more\n")
    assert log.read()[1] is False


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=8))
def test_however_it_is_written_every_line_is_read_once(parts: list[bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        log = Log(Path(folder) / "x")
        found: list[bytes] = []
        for part in parts:
            log.add(part)
            lines, _ = log.read()
            found += lines
        everything = b"".join(parts)
        assert b"".join(found) == everything[: everything.rfind(b"\n") + 1]


def test_lines_longer_than_a_chunk_are_read_whole(log: Log) -> None:
    long = b"x" * (CHUNK + 5) + b"\n"
    log.add(b"a\n" + long + b"b\n" + long[: CHUNK + 2])
    assert log.read() == ([b"a\n", long, b"b\n"], False)
    log.add(b"\nc\n")
    assert [len(line) for line in log.read()[0]] == [CHUNK + 3, 2]


def test_a_line_that_is_too_long_is_passed_over(log: Log) -> None:
    log.add(b"a\n")
    with log.path.open("r+b") as file:
        file.seek(LONGEST_LINE + 10)
        file.write(b"\nb\n")
    assert log.read() == ([b"a\n", b"b\n"], False)
    assert log.too_long == 1


def test_a_line_that_is_too_long_is_passed_over_while_it_is_written(log: Log) -> None:
    log.add(b"a\n")
    os.truncate(log.path, LONGEST_LINE + 100)
    assert log.read() == ([b"a\n"], False)
    assert log.too_long == 1
    os.truncate(log.path, LONGEST_LINE + 200)
    assert log.read() == ([], True)
    assert log.too_long == 0
    log.add(b"end\nb\n")
    assert log.read() == ([b"b\n"], True)


@POSIX
def test_a_gigabyte_without_a_newline_takes_no_memory(log: Log) -> None:
    log.add(b"a\n")
    os.truncate(log.path, 1 << 30)
    log.add(b"\nb\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert log.read() == ([b"a\n", b"b\n"], False)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024


@POSIX
def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "file").write_text("x")
    for name, is_link in (("fifo", False), ("folder", False), ("zero", True)):
        with pytest.raises(NotRegular):
            open_regular(str(tmp_path / name), is_link=is_link)
    with pytest.raises(OSError, match=r"."):
        open_regular(str(tmp_path / "link"))
    for name, is_link in (("link", True), ("file", False)):
        os.close(open_regular(str(tmp_path / name), is_link=is_link))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    descriptor = open_regular(str(tmp_path / "x"))
    try:
        assert read_file.read_whole(descriptor, 5) == b"12345"
        with pytest.raises(TooLarge):
            read_file.read_whole(descriptor, 4)
    finally:
        os.close(descriptor)


def test_what_was_changed_only_just_now_is_looked_at_again() -> None:
    now = time.time_ns()
    assert read_file.settled(Stamp(1, 1, 1, now - 10**9), now).mtime_ns == now - 10**9
    assert read_file.settled(Stamp(1, 1, 1, now - 10**6), now).mtime_ns == UNSETTLED
