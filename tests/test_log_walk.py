"""What lies below a root: regular files and nothing else, each once, whatever links and oddities are around them."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from aic_tui.logs.base import DEEPEST
from aic_tui.logs.walk import Walker
from tests.store_files import POSIX

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def is_log(relative: str) -> bool:
    return relative.endswith(".jsonl")


def below(root: Path, walker: Walker | None = None) -> list[str]:
    return [found.relative for found in (walker or Walker()).files(str(root), is_log)]


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_wanted_files_are_found_by_name(tmp_path: Path) -> None:
    make(tmp_path, "b/2.jsonl", "a/1.jsonl", "a/deep/er/3.jsonl", "a/notes.txt", "0.jsonl")
    assert below(tmp_path) == ["0.jsonl", "a/1.jsonl", "a/deep/er/3.jsonl", "b/2.jsonl"]
    (found,) = [found for found in Walker().files(str(tmp_path), is_log) if found.relative == "0.jsonl"]
    status = (tmp_path / "0.jsonl").stat()
    assert found.stamp == (status.st_dev, status.st_ino, 7, status.st_mtime_ns)
    assert not found.is_link


def test_a_root_that_is_not_there_or_is_a_file_has_no_files_and_no_problem(tmp_path: Path) -> None:
    make(tmp_path, "x.jsonl")
    walker = Walker()
    assert below(tmp_path / "nowhere", walker) == below(tmp_path / "x.jsonl", walker) == []
    assert walker.problems == {}


@POSIX
def test_links_are_followed_once_and_never_in_a_circle(tmp_path: Path) -> None:
    make(tmp_path, "real/a/1.jsonl", "elsewhere/2.jsonl")
    real = tmp_path / "real"
    (real / "a" / "up").symlink_to(real)
    (real / "b").symlink_to(tmp_path / "elsewhere")
    (real / "c").symlink_to(tmp_path / "elsewhere")
    (real / "loop.jsonl").symlink_to(real / "loop.jsonl")
    (real / "broken.jsonl").symlink_to(tmp_path / "gone")
    (real / "again.jsonl").symlink_to(real / "a" / "1.jsonl")
    (tmp_path / "root").symlink_to(real)
    walker = Walker()
    assert below(tmp_path / "root", walker) == ["a/1.jsonl", "b/2.jsonl"]
    assert below(real, walker) == []
    assert below(tmp_path / "elsewhere", walker) == []
    assert below(tmp_path / "elsewhere") == ["2.jsonl"]


@POSIX
def test_a_file_with_two_names_counts_once(tmp_path: Path) -> None:
    make(tmp_path, "one/1.jsonl")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "1.jsonl").hardlink_to(tmp_path / "one" / "1.jsonl")
    assert below(tmp_path) == ["one/1.jsonl"]


@POSIX
def test_what_only_looks_like_a_log_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    make(tmp_path, "folder.jsonl/inner.jsonl")
    os.mkfifo(tmp_path / "fifo.jsonl")
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    os.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.jsonl")
        assert below(tmp_path) == ["folder.jsonl/inner.jsonl"]


def test_folders_are_followed_to_a_depth(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(DEEPEST + 2):
        make(folder, "x.jsonl")
        folder = folder / "d"
    assert len(below(tmp_path)) == DEEPEST + 1


@POSIX
@pytest.mark.skipif(IS_ROOT, reason="root may read everything")
def test_a_folder_that_may_not_be_listed_is_told_once(tmp_path: Path) -> None:
    make(tmp_path, "shut/1.jsonl", "open/2.jsonl")
    (tmp_path / "shut").chmod(0)
    try:
        walker = Walker()
        assert below(tmp_path, walker) == ["open/2.jsonl"]
        assert walker.problems == {str(tmp_path / "shut"): "no permission"}
        assert str(tmp_path / "shut") not in walker.folders
    finally:
        (tmp_path / "shut").chmod(0o700)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are Unicode")
def test_names_that_are_not_utf8_are_found(tmp_path: Path) -> None:
    name = b"caf\xe9\x1b[31m.jsonl"
    (tmp_path / os.fsdecode(name)).write_text("x")
    (found,) = Walker().files(str(tmp_path), is_log)
    assert os.fsencode(found.path) == os.fsencode(tmp_path) + b"/" + name
    assert os.fsencode(found.relative) == name


def test_listed_folders_are_told_with_their_time(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jsonl")
    walker = Walker()
    below(tmp_path, walker)
    assert walker.folders == {str(path): path.stat().st_mtime_ns for path in (tmp_path, tmp_path / "a")}
