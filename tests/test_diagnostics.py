"""The log and the crash reports: redacted, private, and never in the way."""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import stat
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aic_tui.diagnostics import Diagnostics, LogFile, crash_sentence, write_crash_report
from aic_tui.environment import Environment, Paths

KEY = "sk-or-v1-kAnarie9Vogel7Qz3xW5"


@pytest.fixture
def diagnostics(env: Environment) -> Iterator[Diagnostics]:
    root = logging.getLogger()
    level = root.level
    installed = Diagnostics.install(env, "debug")
    yield installed
    installed.uninstall()
    root.setLevel(level)


def log_of(env: Environment) -> str:
    return env.paths.log_file.read_text(encoding="utf-8")


def boom(_secret: str) -> None:
    raise ValueError(f"cannot use {KEY}")


def test_a_key_never_reaches_the_log(diagnostics: Diagnostics, env: Environment) -> None:
    log = logging.getLogger("aic_tui.child.of.child")
    log.warning("sent %s with %r", KEY, {"Authorization": f"Bearer {KEY}"})
    log.info("whole %s", f"https://user:pass@host/?key={KEY}", stack_info=True)
    try:
        boom(KEY)
    except ValueError:
        log.exception("it failed")
    text = log_of(env)
    assert "kAnarie9" not in text
    assert "user:pass" not in text
    assert "ValueError: cannot use …" in text
    assert "aic_tui.child.of.child: sent …3xW5" in text


def test_a_record_is_one_line_of_harmless_text(diagnostics: Diagnostics, env: Environment) -> None:
    logging.getLogger("x").error("a\x1b]52;c;aGk=\x07b\n2026-11-21T00:00:00.000Z 1 ERROR forged: line \u202e")
    (line,) = log_of(env).splitlines()
    assert line.isprintable()
    assert "forged" in line


def test_the_log_is_private_and_says_when_and_how_grave(diagnostics: Diagnostics, env: Environment) -> None:
    logging.getLogger("aic_tui.x").debug("hello")
    assert stat.S_IMODE(env.paths.log_file.stat().st_mode) == 0o600
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \d+ DEBUG aic_tui\.x: hello\n", log_of(env))


@pytest.mark.parametrize(
    ("level", "kept"),
    [("trace", 5), ("debug", 4), ("info", 3), ("warn", 2), ("error", 1), ("ERROR", 1), ("nonsense", 3)],
)
def test_levels(diagnostics: Diagnostics, env: Environment, level: str, kept: int) -> None:
    diagnostics.set_level(level)
    for number in (5, logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        logging.getLogger("aic_tui.y").log(number, "record")
    assert log_of(env).count("record") == kept


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "asyncio"])
def test_libraries_that_log_urls_and_headers_stay_quiet(diagnostics: Diagnostics, env: Environment, name: str) -> None:
    diagnostics.set_level("trace")
    logging.getLogger(name).info("HTTP Request: GET https://host/?key=%s", KEY)
    logging.getLogger(name).warning("trouble with %s", KEY)
    assert "HTTP Request" not in log_of(env)
    assert "trouble with …" in log_of(env)


def test_warnings_threads_loops_and_finalisers_report_to_the_log_only(
    diagnostics: Diagnostics, env: Environment, capfd: pytest.CaptureFixture[str]
) -> None:
    class Bad:
        def __del__(self) -> None:
            raise RuntimeError(f"del {KEY}")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(f"careful {KEY}", stacklevel=1)
    logging.captureWarnings(True)
    sys.unraisablehook = diagnostics._on_unraisable  # pytest puts its own in place for each phase
    Bad()
    gc.collect()
    threading.excepthook = diagnostics._on_thread_exception
    thread = threading.Thread(target=boom, args=(KEY,))
    thread.start()
    thread.join()
    loop = asyncio.new_event_loop()
    diagnostics.on_loop_exception(loop, {"message": "Task exception was never retrieved", "exception": ValueError(KEY)})
    loop.close()
    text = log_of(env)
    for words in ("careful", "RuntimeError: del", "a thread ended", "never retrieved"):
        assert words in text
    assert "kAnarie9" not in text
    assert capfd.readouterr() == ("", "")


def test_an_exception_nobody_caught_becomes_a_report_and_one_sentence(
    diagnostics: Diagnostics, env: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ValueError(KEY)
    sys.excepthook(ValueError, error, None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    (report,) = env.paths.state.glob("crash-*.txt")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"aic-tui met an error of its own (ValueError) and stopped. Report: {report}\n"


def test_a_full_log_moves_aside_and_three_files_are_kept(env: Environment) -> None:
    handler = LogFile(env.paths.log_file, env.home)
    for number in range(4):
        env.paths.state.mkdir(exist_ok=True)
        with env.paths.log_file.open("ab") as file:
            file.truncate(1_000_000 + number)
        handler.emit(logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": f"round {number}"}))
    names = sorted(path.name for path in env.paths.state.iterdir())
    assert names == ["aic.log", "aic.log.1", "aic.log.2"]
    assert "round 3" in log_of(env)
    assert env.paths.log_file.stat().st_size < 1000


def test_another_instance_that_is_moving_the_log_is_left_alone(env: Environment) -> None:
    import fcntl

    env.paths.state.mkdir()
    env.paths.log_file.write_bytes(b"x" * 1_000_001)
    with env.paths.log_file.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        LogFile(env.paths.log_file, env.home).emit(logging.makeLogRecord({"msg": "still written"}))
    assert sorted(path.name for path in env.paths.state.iterdir()) == ["aic.log"]
    assert log_of(env).endswith("still written\n")


@pytest.mark.parametrize("blocked", ["state is a file", "log is a link", "bad record"])
def test_what_cannot_be_logged_stops_nothing(env: Environment, tmp_path: Path, blocked: str) -> None:
    record = logging.makeLogRecord({"msg": "hello"})
    target = tmp_path / "elsewhere"
    match blocked:
        case "state is a file":
            env.paths.state.write_text("")
        case "log is a link":
            env.paths.state.mkdir()
            env.paths.log_file.symlink_to(target)
        case _:
            record = logging.makeLogRecord({"msg": "%d", "args": ("no number",)})
    LogFile(env.paths.log_file, env.home).emit(record)
    assert not target.exists()


def crashed(secret: str) -> BaseException:
    """An error with a key in the variables of its frames, in its message and in its cause."""
    try:
        try:
            boom(secret)
        except ValueError as cause:
            local_copy = secret
            raise KeyError(local_copy) from cause
    except KeyError as error:
        return error
    raise AssertionError


def test_a_crash_report_has_the_facts_and_no_values(env: Environment) -> None:
    canary = "unshaped-canary-value-of-a-local"
    error: BaseException
    try:
        hidden = canary
        raise crashed(KEY)
    except KeyError as caught:
        error = caught
    assert hidden
    path = write_crash_report(env, error)
    assert path is not None
    text = path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.parent == env.paths.state
    assert "aic-tui: 0.1.0" in text
    assert "python: 3." in text
    assert "test_diagnostics.py" in text
    assert "direct cause" in text
    assert "kAnarie9" not in text
    assert canary not in text
    assert crash_sentence(error, path).endswith(f"Report: {path}")


def test_the_home_directory_is_not_named_in_a_report(env: Environment) -> None:
    at_home = replace(env, home=Path(__file__).parent.parent)
    path = write_crash_report(at_home, crashed(KEY))
    assert path is not None
    assert '"~/tests/test_diagnostics.py"' in path.read_text(encoding="utf-8")


def test_only_the_newest_reports_are_kept(env: Environment) -> None:
    paths = []
    for seconds in range(13):
        at = env.now() + timedelta(seconds=seconds)
        paths.append(write_crash_report(replace(env, now=at.replace), ValueError()))
    assert sorted(env.paths.state.glob("crash-*.txt")) == paths[-10:]


def test_a_report_that_cannot_be_written_is_said(env: Environment, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    nowhere = replace(env, paths=Paths(blocked, blocked, blocked, blocked / "state"))
    assert write_crash_report(nowhere, ValueError()) is None
    assert crash_sentence(ValueError(KEY), None) == (
        "aic-tui met an error of its own (ValueError) and stopped. No report could be written."
    )


def test_uninstall_puts_every_hook_back(env: Environment) -> None:
    def hooks() -> list[object]:
        root = logging.getLogger()
        levels = [root.level, logging.getLogger("httpx").level]
        return [sys.excepthook, threading.excepthook, logging.raiseExceptions, *root.handlers, *levels]

    before = hooks()
    Diagnostics.install(env, "trace").uninstall()
    assert hooks() == before
