"""The way in and the composition root: argv to a verb, to the plain dashboard, or to the app.

Nothing heavy is imported at module level: ``--version`` and the verbs must not pay for the dashboard.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from aic_tui import __version__

if TYPE_CHECKING:
    import argparse
    from types import FrameType

    from aic_tui.app import AicApp
    from aic_tui.diagnostics import Diagnostics
    from aic_tui.environment import Environment
    from aic_tui.services.monitor import Monitor

_CLOSE_SECONDS = 1.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with ``argv`` (default: the process's own) and give its exit code.

    0 done, 1 failure, 2 usage or configuration, 129/130/143 ended by SIGHUP/ctrl+c/SIGTERM. Never raises.
    """
    os.umask(0o077)
    gc.disable()  # while the program is being loaded, there is nothing to collect
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in (["--version"], ["-V"]):
        print(f"aic-tui {__version__}")
        return 0
    _forbid_core_dumps()
    _open_missing_streams()
    try:
        code = _run(arguments)
    except BrokenPipeError:  # ``aic-tui usage | head -1``: no complaint
        code = 1
    except KeyboardInterrupt:
        code = 130
    except SystemExit as leaving:  # argparse, and the signals of _end_on_signals
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    if not _flush():
        code = code or 1
    gc.enable()
    if argv is None:
        _leave_now_if_held_up(code, arguments)
    return code


def _run(arguments: list[str]) -> int:
    from aic_tui.cli.parser import flags_of, parse
    from aic_tui.errors import UserError

    args = parse(arguments)
    flags = flags_of(args)
    _end_on_signals()
    try:
        env = build_environment(args)
    except UserError as error:
        return _tell(error)
    from aic_tui.cli.report_parser import VERBS as REPORTS

    if args.verb in REPORTS:
        return _report(env, flags, args)
    gc.enable()
    from aic_tui.diagnostics import Diagnostics, crash_sentence, write_crash_report

    # Its hooks stay to the end of the process: what goes wrong while it ends must not reach the terminal either.
    diagnostics = Diagnostics.install(env, flags.get("log_level") or env.environ.get("AIC_LOG_LEVEL", "info"))
    try:
        if args.verb is None and not args.once and has_terminal(env.environ):
            return _open_dashboard(env, flags, diagnostics, demo=bool(vars(args).get("demo")))
        return _verb(env, flags, diagnostics, args)
    except UserError as error:
        return _tell(error)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last line: a report in place of a traceback
        sys.stderr.write(crash_sentence(error, write_crash_report(env, error)) + "\n")
        return 1


def _report(env: Environment, flags: Mapping[str, str], args: argparse.Namespace) -> int:
    """A verb over session logs. It writes no log, and loads nothing for one: scripts wait for it."""
    from aic_tui.cli.context import Context
    from aic_tui.cli.dispatch import run_verb
    from aic_tui.errors import UserError

    try:
        return run_verb(Context(env, args, flags, sys.stdout, sys.stderr))
    except UserError as error:
        return _tell(error)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last line: a report in place of a traceback
        from aic_tui.diagnostics import crash_sentence, write_crash_report

        sys.stderr.write(crash_sentence(error, write_crash_report(env, error)) + "\n")
        return 1


def build_environment(args: argparse.Namespace) -> Environment:
    """The outside world of a real run. Raises UserError without a home or for a profile name that is none."""
    from aic_tui.config.paths import home_directory, resolve_paths
    from aic_tui.environment import Environment

    environ, given = dict(os.environ), vars(args)
    home = home_directory(environ, sys.platform)
    paths = resolve_paths(environ, sys.platform, home, given.get("config_dir"), given.get("profile"))
    return Environment(paths=paths, home=home, environ=environ, platform=sys.platform)


def has_terminal(environ: Mapping[str, str]) -> bool:
    """True where a screen can be drawn: standard input and output are a terminal that understands movements."""
    if not (os.isatty(0) and os.isatty(1)):
        return False
    return sys.platform == "win32" or environ.get("TERM", "") not in ("", "dumb")


def _verb(env: Environment, flags: Mapping[str, str], diagnostics: Diagnostics, args: argparse.Namespace) -> int:
    from aic_tui.cli.context import Context
    from aic_tui.cli.dispatch import run_verb

    context = Context(env, args, flags, sys.stdout, sys.stderr)
    diagnostics.set_level(context.config.settings.log_level)
    return run_verb(context, None if args.verb else "once")


def _open_dashboard(env: Environment, flags: Mapping[str, str], diagnostics: Diagnostics, *, demo: bool) -> int:
    from aic_tui.cli.context import open_monitor

    return show_dashboard(env, diagnostics, lambda: open_monitor(env, flags, demo=demo))


def show_dashboard(env: Environment, diagnostics: Diagnostics, open_monitor: Callable[[], Monitor]) -> int:
    """The dashboard on this terminal until the user leaves it: 0, 1 after a crash, 129 or 143 after a signal.

    Raises UserError where the accounts cannot be opened.
    """
    import gc

    gc.disable()  # the app freezes and enables it after its first frame
    from aic_tui.ui.background import BackgroundProbe

    probe = BackgroundProbe(env.environ)
    try:  # the terminal answers while the app is being imported
        from aic_tui.app import AicApp
        from aic_tui.cli.loop import run
        from aic_tui.diagnostics import crash_sentence, write_crash_report
        from aic_tui.zones import zone_of

        monitor = open_monitor()
    finally:
        light = probe.answer()
    settings = monitor.config.settings
    diagnostics.set_level(settings.log_level)
    app = AicApp(
        env,
        monitor,
        zone=zone_of(settings.timezone, env.environ),
        light=light,
        ascii_only=not (sys.stdout.encoding or "").lower().startswith("utf"),
        report_crash=lambda error: crash_sentence(error, write_crash_report(env, error)),
        set_log_level=diagnostics.set_level,
    )
    return run(lambda: _show(app, monitor, diagnostics, mouse=settings.mouse))


async def _show(app: AicApp, monitor: Monitor, diagnostics: Diagnostics, *, mouse: bool) -> int:
    import asyncio
    import contextlib

    asyncio.get_running_loop().set_exception_handler(diagnostics.on_loop_exception)
    try:
        await app.run_async(mouse=mouse)
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(monitor.aclose(), _CLOSE_SECONDS)
    return app.return_code or 0


def _tell(error: Exception) -> int:
    from aic_tui.errors import UserError
    from aic_tui.redact import redact

    sys.stderr.write(f"aic-tui: {redact(str(error))}\n")
    return error.exit_code if isinstance(error, UserError) else 1


def _forbid_core_dumps() -> None:
    """Keys are in memory, so memory must not become a file."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):  # Windows, or a limit that may not be changed
        return


def _end_on_signals() -> None:
    """Let SIGTERM and SIGHUP end a verb in order, with its files closed. ``nohup`` stays in force."""
    import signal

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


def _open_missing_streams() -> None:
    """A closed standard stream (``>&-``) swallows what is written; letters the terminal has not are replaced."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _flush() -> bool:
    """Write what is left; False when standard output does not take it.

    A stream that is gone (a closed pipe, a lost terminal, a full disk) is turned to nowhere, or the interpreter would
    fail on it once more while it ends.
    """
    written = True
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            written = written and stream is not sys.stdout
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
    return written


def _leave_now_if_held_up(code: int, arguments: Sequence[str]) -> None:
    """A thread that waits for a name server would hold up the interpreter's end for half a minute.

    A report has closed what it opened; taking its modules apart would be a twentieth of its time.
    """
    from aic_tui.cli.report_parser import VERBS

    if arguments[:1] and arguments[0] in VERBS:
        os._exit(code)
    import threading

    if any(not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
