"""The program as a process: streams, exit codes, signals, and the places it may find itself in."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aic_tui import __version__
from tests.cli_home import Home

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="written for POSIX processes")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(home: Home, flag: str) -> None:
    done = home.run(flag)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"aic-tui {__version__}\n", "")
    assert home.run("usage", "--privacy", "--help").returncode == 0
    assert home.run("--privacy", flag).stdout == f"aic-tui {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("--nonsense",),
        ("config",),
        ("providers",),
        ("usage", "--prov", "x"),
        ("--profile", "../x", "usage"),
        ("--log-level", "shout", "usage"),
        ("--demo", "usage", "--account", "nobody"),
        ("--demo", "usage", "--provider", "nobody"),
    ],
    ids=" ".join,
)
def test_mistakes_are_exit_code_2_and_said_aside(home: Home, arguments: tuple[str, ...]) -> None:
    done = home.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "environ", [{"TERM": "xterm-256color"}, {"TERM": "dumb"}, {"TERM": None}, {"NO_COLOR": "1", "LANG": "C"}], ids=str
)
def test_without_a_terminal_the_dashboard_is_printed(home: Home, environ: dict[str, str | None]) -> None:
    done = home.run("--demo", environ=environ)
    assert done.returncode == 0
    assert "12 accounts" in done.stdout
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize("columns", [20, 42, 60, 120, 200])
def test_the_printed_dashboard_fits(home: Home, columns: int) -> None:
    done = home.run("--demo", "--once", environ={"COLUMNS": str(columns)})
    assert max(map(len, done.stdout.splitlines())) <= columns
    assert "Claude" in done.stdout or columns < 42


def test_options_stand_before_or_after_the_verb(home: Home) -> None:
    for arguments in (("--demo", "--privacy", "usage", "--json"), ("usage", "--json", "--privacy", "--demo")):
        document = json.loads(home.run(*arguments).stdout)
        assert len(document["providers"]) == 12
        assert "$" not in json.dumps(document)
        assert {row["account_name"] for row in document["providers"]} <= {None, "***"}


def test_data_goes_to_standard_output_and_narration_to_standard_error(home: Home) -> None:
    done = home.run("--demo", "usage", "--json")
    json.loads(done.stdout)
    assert "invented" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("--demo", "--once"), ("--demo", "history", "--json"), ("doctor",)], ids=" ".join
)
def test_a_reader_that_leaves_early_is_no_error_worth_words(home: Home, arguments: tuple[str, ...]) -> None:
    argv = [sys.executable, "-m", "aic_tui", *arguments]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        argv,
        env=home.variables,
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"Broken" not in done.stderr
    assert b"Exception" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [("--demo", "--once"), ("--version",), ("config", "path")], ids=" ".join)
def test_a_full_disk_is_a_failure(home: Home, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = home.run(*arguments, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_closed_streams_are_survived(home: Home) -> None:
    command = f"{sys.executable} -m aic_tui --demo --once >&- 2>&- <&-"
    assert subprocess.run(["/bin/sh", "-c", command], env=home.variables, check=False, timeout=60).returncode == 0


def test_letters_that_the_output_cannot_show_are_replaced(home: Home) -> None:
    done = home.run("--demo", "--once", environ={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_home_unset_falls_back_to_the_user_table_and_no_home_is_told(home: Home) -> None:
    assert home.run("config", "path", environ={"HOME": None}).returncode == 0
    nowhere = {"HOME": "/nowhere/at/all"}
    assert home.run("config", "path", environ=nowhere).returncode in (0, 2)
    folders = {f"AIC_{kind}_DIR": str(home.path / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    done = home.run("config", "path", environ={**nowhere, **folders})
    assert done.stdout == f"{home.path / 'config' / 'config.toml'}\n"


@pytest.mark.parametrize("blocked", ["AIC_STATE_DIR", "AIC_DATA_DIR", "AIC_CONFIG_DIR", "AIC_CACHE_DIR"])
def test_a_directory_that_cannot_be_made_stops_no_verb(home: Home, blocked: str) -> None:
    file = home.path / "file"
    file.write_text("")
    home.environ |= {blocked: str(file / "below"), "AIC_LOG_LEVEL": "trace"}
    for arguments in (("usage", "--json"), ("--once",), ("doctor", "--json"), ("config", "show")):
        done = home.run(*arguments)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr


def test_everything_made_is_private(home: Home) -> None:
    home.environ["OPENROUTER_API_KEY"] = "sk-or-v1-kAnarie9Vogel7Qz3xW5"
    home.run("discover", "--accept", preexec_fn=lambda: os.umask(0))
    home.run("usage", preexec_fn=lambda: os.umask(0))
    made = [path for path in home.path.rglob("*") if ".config" in str(path) or ".local" in str(path)]
    assert home.paths.config_file in made
    for path in made:
        if path.name == "aic" or path.is_file():
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)], ids=["TERM", "HUP", "INT"]
)
def test_signals_end_a_verb_with_their_code(home: Home, tmp_path: Path, number: int, code: int) -> None:
    library = tmp_path / "lib"
    library.mkdir()
    (library / "hanging.py").write_text("import time\ntime.sleep(60)\n")
    home.environ |= {"PYTHONPATH": str(library), "PYTHON_KEYRING_BACKEND": "hanging.Keyring"}
    process = subprocess.Popen(
        [sys.executable, "-m", "aic_tui", "doctor"],
        env=home.variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    with process:
        assert process.stdout is not None
        while b"credential" not in process.stdout.readline():  # it is at work: the keyring comes next
            pass
        before = time.monotonic()
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
        assert process.returncode == code
        assert time.monotonic() - before < 2.5
        assert b"Traceback" not in said


def test_nohup_stays_in_force(home: Home) -> None:
    command = f"trap '' HUP; exec {sys.executable} -c \"{NOHUP}\""
    done = subprocess.run(["/bin/sh", "-c", command], env=home.variables, check=False, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


NOHUP = (
    "import os, signal; from aic_tui.__main__ import main; main(['config', 'path']); "
    "assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN; "
    "assert os.umask(0) == 0o077; "
    "import resource; assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0"
)


def test_a_thread_that_hangs_does_not_hold_up_the_end(home: Home) -> None:
    held = (
        "import sys, threading, time; from aic_tui.__main__ import main; "
        "threading.Thread(target=time.sleep, args=(30,)).start(); sys.argv[1:] = ['config', 'path']; sys.exit(main())"
    )
    before = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", held], env=home.variables, check=False, capture_output=True, text=True, timeout=60
    )
    assert time.monotonic() - before < 15
    assert (done.returncode, done.stdout) == (0, f"{home.paths.config_file}\n")


def test_a_defect_in_a_verb_is_one_sentence_and_a_private_report(home: Home, tmp_path: Path) -> None:
    broken = (
        "import sys; from aic_tui.__main__ import main; from aic_tui.cli import dispatch; "
        "dispatch._VERBS['doctor'] = 'nowhere:doctor'; secret = 'canary-4711'; sys.exit(main(['doctor']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", broken], env=home.variables, check=False, capture_output=True, text=True, timeout=60
    )
    (report,) = home.paths.state.glob("crash-*.txt")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"aic-tui met an error of its own (ModuleNotFoundError) and stopped. Report: {report}\n"
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert "canary" not in report.read_text()
