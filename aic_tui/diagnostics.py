"""What the program writes about itself: the log and the crash reports. Both are redacted, 0600, and never needed.

A state directory that cannot be written costs the log, never the run. Nothing here writes to the terminal.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from aic_tui import __version__
from aic_tui.redact import redact
from aic_tui.text import clean

if TYPE_CHECKING:
    import asyncio

    from aic_tui.environment import Environment

TRACE = 5
LEVELS: Mapping[str, int] = {
    "trace": TRACE,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
_LOG_BYTES = 1_000_000
_LOG_FILES = 3
_REPORTS_KEPT = 10
_LINE_CHARACTERS = 4000
# httpx logs whole URLs at INFO and httpcore whole headers at DEBUG; asyncio's DEBUG quotes locals of callbacks.
_TALKATIVE = ("httpx", "httpcore", "asyncio", "keyring")
_PRIVATE = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class LogFile(logging.Handler):
    """Appends each record to ``aic.log`` and moves a full file aside (1 MB, three files).

    The file is opened for every record: several instances may then share and rotate it, and no descriptor is kept.
    A record is one line of harmless, redacted text; a traceback follows indented and without locals.
    """

    def __init__(self, path: Path, home: Path) -> None:
        super().__init__()
        self._path = path
        self._home = home

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        # Redacted before it is cut, or the half of a key at the cut would no longer look like one.
        message = clean(redact(record.getMessage()), _LINE_CHARACTERS)
        lines = [f"{at}Z {record.process} {record.levelname} {clean(record.name)}: {message}"]
        if record.exc_info and record.exc_info[1] is not None:
            lines += _indented(_traceback_lines(record.exc_info[1], self._home))
        if record.stack_info:
            lines += _indented(record.stack_info.splitlines())
        return "\n".join(lines) + "\n"

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Exception):  # neither a full disk nor a record that cannot be formatted is a reason to stop
            data = self.format(record).encode("utf-8", "replace")
            descriptor = self._open()
            try:
                os.write(descriptor, data)
            finally:
                os.close(descriptor)

    def _open(self) -> int:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, _PRIVATE | os.O_APPEND, 0o600)
        if os.fstat(descriptor).st_size < _LOG_BYTES:
            return descriptor
        try:
            self._rotate(descriptor)
        finally:
            os.close(descriptor)
        return os.open(self._path, _PRIVATE | os.O_APPEND, 0o600)

    def _rotate(self, descriptor: int) -> None:
        """Move the full file aside, unless another instance is doing it or has done it."""
        if not _lock(descriptor) or os.fstat(descriptor).st_ino != self._path.stat().st_ino:
            return
        for number in range(_LOG_FILES - 1, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            newer = self._path if number == 1 else self._path.with_name(f"{self._path.name}.{number - 1}")
            with suppress(FileNotFoundError):
                newer.replace(older)


class Diagnostics:
    """Log and hooks of one run. ``install`` is called once by ``__main__``; ``uninstall`` puts everything back."""

    def __init__(self, env: Environment, level: str) -> None:
        self._env = env
        self._handler = LogFile(env.paths.log_file, env.home)
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook, logging.raiseExceptions)
        self._levels = {name: logging.getLogger(name).level for name in ("", *_TALKATIVE)}
        self.set_level(level)

    @classmethod
    def install(cls, env: Environment, level: str = "info") -> Diagnostics:
        """Send every log record and warning to the log file, and every unexpected exception to a crash report."""
        self = cls(env, level)
        logging.addLevelName(TRACE, "TRACE")
        logging.getLogger().addHandler(self._handler)
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        logging.captureWarnings(True)
        logging.raiseExceptions = False
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        sys.unraisablehook = self._on_unraisable
        return self

    def uninstall(self) -> None:
        """Undo :meth:`install`."""
        sys.excepthook, threading.excepthook, sys.unraisablehook, logging.raiseExceptions = self._before
        logging.captureWarnings(False)
        logging.getLogger().removeHandler(self._handler)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)

    def set_level(self, level: str) -> None:
        """Log from ``level`` (a name of :data:`LEVELS`) on; an unknown name means ``info``."""
        logging.getLogger().setLevel(LEVELS.get(level.lower(), logging.INFO))

    def on_loop_exception(self, _loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        """The exception handler for an event loop: logs, without the repr of tasks and futures (they hold values)."""
        error = context.get("exception")
        logging.getLogger("aic_tui.loop").error("%s", context.get("message"), exc_info=error)

    def _on_exception(self, kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        path = write_crash_report(self._env, error)
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(crash_sentence(error, path) + "\n")

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            logging.getLogger("aic_tui.thread").error("a thread ended", exc_info=args.exc_value)

    def _on_unraisable(self, args: Any) -> None:
        logging.getLogger("aic_tui.unraisable").error("%s", args.err_msg or "ignored", exc_info=args.exc_value)


def write_crash_report(env: Environment, error: BaseException) -> Path | None:
    """Write what is needed to mend a defect, and nothing personal: version, platform and a traceback without locals.

    The path of the new 0600 file in the state directory is returned, None when it could not be written. Only the
    newest ten reports are kept. Never raises.
    """
    try:
        text = _report_text(env, error)
        folder = env.paths.state
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"crash-{env.now():%Y%m%dT%H%M%S%f}-{env.pid}.txt"
        with os.fdopen(os.open(path, _PRIVATE | os.O_EXCL, 0o600), "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        for old in sorted(folder.glob("crash-*.txt"))[:-_REPORTS_KEPT]:
            old.unlink(missing_ok=True)
    except Exception:  # noqa: BLE001 - the report of an error must not become a second one
        return None
    return path


def crash_sentence(error: BaseException, path: Path | None) -> str:
    """One sentence for the terminal. It names the class of the error only: messages may quote anything."""
    where = f"Report: {path}" if path else "No report could be written."
    return f"aic-tui met an error of its own ({type(error).__name__}) and stopped. {where}"


def _report_text(env: Environment, error: BaseException) -> str:
    import platform

    textual = sys.modules.get("textual")
    facts = {
        "aic-tui": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "textual": getattr(textual, "__version__", "-") if textual else "not loaded",
        "term": clean(env.environ.get("TERM", "-")),
        "at": f"{env.now():%Y-%m-%dT%H:%M:%SZ}",
    }
    return "\n".join(
        [*(f"{name}: {value}" for name, value in facts.items()), "", *_traceback_lines(error, env.home), ""]
    )


def _traceback_lines(error: BaseException, home: Path) -> list[str]:
    """The traceback with its causes, redacted and cleaned; values of variables are never in it."""
    text = redact("".join(traceback.TracebackException.from_exception(error, capture_locals=False).format()))
    if len(str(home)) > 1:  # the user's name is in it
        text = re.sub(re.escape(str(home)) + r"(?=[/\\])", "~", text)
    return [_clean_keeping_indent(line) for line in text.splitlines()]


def _clean_keeping_indent(line: str) -> str:
    body = line.lstrip(" ")
    return " " * (len(line) - len(body)) + clean(body, _LINE_CHARACTERS)


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {_clean_keeping_indent(redact(line))}" for line in lines]


def _lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: renaming an open file fails there, so the loser of a race does no harm
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
