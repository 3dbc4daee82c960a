"""The progress line: late, on a terminal only, and gone at the end."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator

import pytest

from aic_tui.cli.progress import ProgressLine, size, words
from aic_tui.services.usage import Progress

HALF = Progress(600, 1200, 1 << 30, 2 << 30, 0.5)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")


@pytest.fixture
def terminal() -> Iterator[tuple[io.TextIOWrapper, Callable[[], str]]]:
    above, below = os.openpty()
    os.set_blocking(above, False)

    def shown() -> str:
        try:
            return os.read(above, 10_000).decode()
        except BlockingIOError:
            return ""

    with os.fdopen(below, "w", encoding="utf-8") as stream:
        yield stream, shown
    os.close(above)


def drawn(stream: io.TextIOWrapper, at: float, *, plain: bool = False) -> ProgressLine:
    times = iter([0.0, at])
    line = ProgressLine(stream, width=80, plain=plain, monotonic=lambda: next(times))
    line(HALF)
    return line


def test_a_short_scan_draws_nothing(terminal: tuple[io.TextIOWrapper, Callable[[], str]]) -> None:
    stream, shown = terminal
    with drawn(stream, 0.49):
        pass
    assert shown() == ""


def test_a_long_scan_draws_a_line_and_removes_it(terminal: tuple[io.TextIOWrapper, Callable[[], str]]) -> None:
    stream, shown = terminal
    with drawn(stream, 0.5):
        assert shown() == "\rReading session logs: 50% · 600 of 1,200 files · 1.0 GB of 2.0 GB\x1b[K"
    assert shown() == "\r\x1b[K"


def test_a_terminal_that_understands_no_movements_is_left_alone(
    terminal: tuple[io.TextIOWrapper, Callable[[], str]],
) -> None:
    stream, shown = terminal
    with drawn(stream, 9.0, plain=True):
        pass
    assert shown() == ""


def test_a_file_is_left_alone() -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    with drawn(stream, 9.0):
        pass
    assert stream.tell() == 0


def test_the_line_is_as_long_as_there_is_room() -> None:
    assert [words(HALF, room) for room in (200, 50, 20, 5, 2)] == [
        "Reading session logs: 50% · 600 of 1,200 files · 1.0 GB of 2.0 GB",
        "Reading session logs: 50% · 600 of 1,200 files",
        "Reading logs: 50%",
        "50%",
        "",
    ]
    assert words(HALF._replace(share=1.0), 5) == "99%"


def test_sizes() -> None:
    assert [size(count) for count in (0, 1023, 1536, 1 << 20, 3 << 30)] == [
        "0 bytes",
        "1023 bytes",
        "1.5 kB",
        "1.0 MB",
        "3.0 GB",
    ]
