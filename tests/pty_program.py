"""A program on a pseudo terminal: what it wrote, what the screen shows, what it costs. Linux and macOS only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import pyte

_ANSWERS = (  # what a terminal would answer to the queries that Textual sends at its start
    (b"\x1b[c", b"\x1b[?62;22c"),
    (b"\x1b[0c", b"\x1b[?62;22c"),
    (b"\x1b[6n", b"\x1b[1;1R"),
    (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),
    (b"\x1b]11;?", b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
)


class PtyProgram:
    """Runs ``argv`` on a pty of ``columns`` × ``rows``; ``raw`` is every byte it wrote, ``screen`` a pyte screen.

    Use as a context manager: leaving it kills what still runs. ``emulate=False`` skips pyte where only time and
    bytes count.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 40,
        environ: Mapping[str, str] | None = None,
        emulate: bool = True,
    ) -> None:
        self.raw = bytearray()
        self.started_at = time.perf_counter()
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen) if emulate else None
        self._exit_code: int | None = None
        self.closed = False
        child = dict(os.environ if environ is None else environ)
        child = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **child}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # pragma: no cover - the child
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.execvpe(argv[0], list(argv), child)
            finally:
                os._exit(127)

    def __enter__(self) -> PtyProgram:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._exit_code is None:
                os.kill(self.pid, signal.SIGKILL)
        self.wait(5)
        self.close_terminal()

    def pump(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Read what comes for at most ``seconds``; True as soon as ``until()`` holds, False when time is up."""
        end = time.perf_counter() + seconds
        while True:
            if until is not None and until():
                return True
            left = end - time.perf_counter()
            if left <= 0 or self.closed:
                return bool(until and until())
            ready, _, _ = select.select([self.fd], [], [], min(left, 0.2))
            if ready and not self._read():
                return bool(until and until())

    def _read(self) -> bool:
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        if not data:
            return False
        self.raw += data
        for query, answer in _ANSWERS:
            if query in data:
                self.send(answer)
        if self._stream is not None:
            # pyte 0.8.2 takes the ">" and "<" of the kitty keyboard sequences for text
            self._stream.feed(re.sub(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]", b"", data))
        return True

    def wait_for(self, text: str, seconds: float = 20) -> None:
        """Read until the screen holds ``text``; AssertionError with the screen when it does not."""
        if not self.pump(seconds, lambda: text in self.text):
            raise AssertionError(f"“{text}” did not appear in {seconds} s; the screen:\n{self.text}")

    def wait_for_bytes(self, needle: bytes, seconds: float = 20) -> float:
        """Read until the raw stream holds ``needle``; the seconds since the start."""
        seen = 0

        def there() -> bool:
            nonlocal seen
            found = self.raw.find(needle, max(0, seen - len(needle))) >= 0
            seen = len(self.raw)
            return found

        if not self.pump(seconds, there):
            raise AssertionError(f"{needle!r} was not written in {seconds} s")
        return time.perf_counter() - self.started_at

    @property
    def text(self) -> str:
        """The screen as it stands, lines without trailing blanks."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def send(self, data: bytes | str) -> None:
        """Type."""
        with contextlib.suppress(OSError):
            os.write(self.fd, data.encode() if isinstance(data, str) else data)

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size, as a window manager would."""
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close_terminal(self) -> None:
        """Pull the plug: the program's terminal is gone."""
        if not self.closed:
            self.closed = True
            os.close(self.fd)

    def signal(self, number: int) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = 5) -> int | None:
        """The exit code (negative: killed by that signal), or None when it still runs after ``seconds``."""
        end = time.perf_counter() + seconds
        while self._exit_code is None and time.perf_counter() < end:
            if not self.closed:
                self.pump(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._exit_code = os.waitstatus_to_exitcode(status)
                self._read_the_rest()
            elif self.closed:
                select.select([], [], [], 0.02)
        return self._exit_code

    def _read_the_rest(self) -> None:
        """What the program wrote between the last look at its terminal and its end."""
        while not self.closed and select.select([self.fd], [], [], 0)[0] and self._read():
            pass

    def wait_until_stopped(self, seconds: float = 20) -> None:
        """Read until the program stands still by a signal: only then can another one make it go on."""

        def stopped() -> bool:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            return bool(pid) and os.WIFSTOPPED(status)

        assert self.pump(seconds, stopped), f"not stopped in {seconds} s"

    def cpu_seconds(self) -> float:
        """Processor time used so far (Linux)."""
        with open(f"/proc/{self.pid}/stat") as stat:  # noqa: PTH123
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Resident memory in MB (Linux)."""
        with open(f"/proc/{self.pid}/status") as status:  # noqa: PTH123
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))
