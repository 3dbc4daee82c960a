"""The program with a real gnome-keyring on a bus of its own, and with every way in which one can fail.

The bus is private to each test; the user's own keyring is never touched.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli_home import Home
from tests.loopback import Answer, Loopback, Seen

if sys.platform != "linux":
    pytest.skip("gnome-keyring is for Linux", allow_module_level=True)

from tests.pty_program import PtyProgram

pytestmark = pytest.mark.slow

KEY = "sk-or-v1-kAnarie9Vogel7Qz3xW5mmPq"
OTHER = "sk-or-v1-ZweiterVogel4Lk8hG2nnRs"
INFO = {"data": {"label": "x", "usage": 5, "limit": 20, "limit_remaining": 15}}
WITHIN_SECONDS = 12.0  # three for the keyring; the rest for a start on a busy machine
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""
_NEVER_ANSWERS = """
import sys, time
from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection
bus = open_dbus_connection("SESSION")
bus.send_and_get_reply(new_method_call(
    DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus"),
    "RequestName", "su", ("org.freedesktop.secrets", 0)))
print("owned", flush=True)
time.sleep(600)
"""
# A stand-in for the real package: the same names, and it works, so that only trust keeps a key out of it.
_PLAINTEXT = """
import json, pathlib
from keyring.backend import KeyringBackend
FILE = pathlib.Path.home() / "plaintext.json"
class PlaintextKeyring(KeyringBackend):
    priority = 9.5
    def _all(self): return json.loads(FILE.read_text()) if FILE.exists() else {}
    def get_password(self, service, username): return self._all().get(username)
    def set_password(self, service, username, password):
        FILE.write_text(json.dumps({**self._all(), username: password}))
    def delete_password(self, service, username):
        FILE.write_text(json.dumps({k: v for k, v in self._all().items() if k != username}))
"""


def needed(*programs: str) -> None:
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        pytest.skip(f"needs {' and '.join(missing)} (Debian: gnome-keyring dbus libsecret-tools)")


class Bus:
    """A session bus without any service that could be started by itself."""

    def __init__(self, folder: Path, home: Home) -> None:
        config = folder / "bus.conf"
        config.write_text(_BUS)
        self._daemon = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._daemon.stdout is not None
        self.address = self._daemon.stdout.readline().strip()
        assert self.address
        self._home = home
        self._others: list[subprocess.Popen[str]] = []
        home.environ |= {
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "XDG_RUNTIME_DIR": str(folder),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
        }

    def start(self, *argv: str, given: str | None = None, until: Callable[[], bool] | None = None) -> None:
        process = subprocess.Popen(
            argv,
            env=self._home.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._others.append(process)
        assert process.stdin is not None
        if given is not None:
            process.stdin.write(given)
        process.stdin.close()
        if until is None:
            assert process.stdout is not None
            assert process.stdout.readline()
            return
        wait_until(until)

    def unlocked(self) -> None:
        """A keyring whose collection is open; the first time makes it."""
        self._keyring("--unlock", given="test")

    def locked(self) -> None:
        """The keyring of an earlier session, without its password."""
        self._keyring("--start")

    def hanging(self) -> None:
        """Something that has the keyring's name and never answers."""
        self.start(sys.executable, "-c", _NEVER_ANSWERS)

    def _keyring(self, how: str, given: str | None = None) -> None:
        argv = ["gnome-keyring-daemon", how, "--components=secrets", "--foreground"]
        self.start(*argv, given=given, until=lambda: self._owns("org.freedesktop.secrets"))
        if given:
            wait_until(lambda: self._tool("store", "--label=probe", "probe", "1", given="x").returncode == 0)

    def _tool(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["secret-tool", *arguments],
            env=self._home.variables,
            input=given,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    def lookup(self, account_id: str) -> str:
        """The entry as another program sees it; "" when there is none."""
        return self._tool("lookup", "service", "aic-tui", "username", account_id).stdout

    def stop_services(self) -> None:
        """End the keyring, as a logout does."""
        for process in self._others:
            end(process)
        self._others.clear()
        wait_until(lambda: not self._owns("org.freedesktop.secrets"))

    def close(self) -> None:
        for process in (*self._others, self._daemon):
            end(process)

    def _owns(self, name: str) -> bool:
        argv = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "--type=method_call"]
        done = subprocess.run(
            [*argv, "org.freedesktop.DBus.NameHasOwner", f"string:{name}"],
            env=self._home.variables,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return "boolean true" in done.stdout


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(10)
    if process.stdout is not None:
        process.stdout.close()


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        os.sched_yield()


@pytest.fixture
def provider(server: Loopback) -> Loopback:
    def on(path: str, document: object) -> None:
        def reply(seen: Seen) -> Answer:
            known = seen.headers.get("authorization") in (f"Bearer {KEY}", f"Bearer {OTHER}")
            return Answer(json=document) if known else Answer(status=401, json={"error": {"message": "no"}})

        server.on(path, reply)

    on("/api/v1/key", INFO)
    on("/api/v1/credits", {"data": {"total_credits": 20, "total_usage": 5}})
    return server


@pytest.fixture
def home(tmp_path: Path, provider: Loopback) -> Home:
    made = Home(tmp_path / "home")
    configure(made, provider)
    return made


@pytest.fixture
def bus(tmp_path: Path, home: Home) -> Iterator[Bus]:
    needed("dbus-daemon", "dbus-send")
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    opened = Bus(folder, home)
    yield opened
    opened.close()


def configure(home: Home, provider: Loopback, key: str | None = None) -> None:
    reference = f'key = "{key}"\n' if key else ""
    home.write_config(
        f'version = 1\n[accounts.work]\nprovider = "openrouter"\nbase_url = "{provider.url}"\n{reference}'
    )


def set_key(home: Home, key: str = KEY, *options: str) -> subprocess.CompletedProcess[str]:
    return home.run("config", "set-key", "work", *options, stdin=None, input=f"{key}\n")


def reference(home: Home) -> str | None:
    found = tomllib.loads(home.paths.config_file.read_text())["accounts"]["work"].get("key")
    return str(found) if found else None


def row(home: Home, *arguments: str) -> dict[str, Any]:
    (found,) = home.json("usage", *arguments)["providers"]
    assert isinstance(found, dict)
    return found


def checks(home: Home) -> dict[str, str]:
    return {check["name"]: check["detail"] for check in home.json("doctor")["checks"]}


def holders(folder: Path, secret: str) -> set[str]:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {path.name for path in files if secret.encode() in path.read_bytes()}


class Stopwatch:
    def __enter__(self) -> Stopwatch:
        self._start = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._start


def test_a_real_keyring_keeps_the_key_over_restarts(home: Home, bus: Bus, provider: Loopback, tmp_path: Path) -> None:
    needed("gnome-keyring-daemon", "secret-tool")
    bus.unlocked()
    done = set_key(home)
    assert done.returncode == 0, done.stderr
    assert f"…mmPq is in the system keyring; it is sent to {provider.url} only" in done.stderr
    assert reference(home) == "keyring"
    assert bus.lookup("work") == KEY
    assert row(home, "--refresh")["status"] == "ok"

    bus.stop_services()  # the next login
    bus.unlocked()
    assert bus.lookup("work") == KEY
    assert set_key(home, OTHER).returncode == 0
    assert bus.lookup("work") == OTHER
    assert row(home, "--refresh")["status"] == "ok"
    assert checks(home)["keyring"].startswith("answers (keyring.backends.SecretService")
    assert holders(tmp_path, KEY) == set()  # the keyring's own file is encrypted
    assert holders(tmp_path, OTHER) == set()
    assert not home.paths.secrets_file.exists()

    assert home.run("config", "forget-key", "work", "--store", "keyring").returncode == 2
    configure(home, provider, "env:NOWHERE")
    assert "no account uses the key in the system keyring" in checks(home)["key of work"]
    assert home.run("config", "forget-key", "work").returncode == 0
    assert bus.lookup("work") == ""
    assert "key of work" not in checks(home)


def test_a_key_moves_to_the_file_and_back(home: Home, bus: Bus) -> None:
    needed("gnome-keyring-daemon", "secret-tool")
    bus.unlocked()
    assert set_key(home).returncode == 0
    done = home.run("config", "move-key", "work", "--store", "file")
    assert (done.returncode, done.stderr) == (
        0,
        f"Moved the key of work: it is in {home.paths.secrets_file}, mode 0600, not encrypted.\n",
    )
    assert (reference(home), bus.lookup("work")) == ("file", "")
    assert holders(home.path, KEY) == {"secrets.toml"}
    done = home.run("config", "move-key", "work", "--store", "keyring")
    assert (done.returncode, done.stderr) == (0, "Moved the key of work: it is in the keyring.\n")
    assert (reference(home), bus.lookup("work")) == ("keyring", KEY)
    assert holders(home.path, KEY) == set()


def test_killed_between_key_and_reference_the_key_is_found_again(home: Home, bus: Bus) -> None:
    needed("gnome-keyring-daemon", "secret-tool")
    from aic_tui.config.atomic import exclusive

    bus.unlocked()
    with exclusive(home.paths.config_file.with_name("config.toml.lock")):
        process = subprocess.Popen(
            [sys.executable, "-m", "aic_tui", "config", "set-key", "work"],
            env=home.variables,
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with process:
            assert process.stdin is not None
            process.stdin.write(KEY.encode())
            process.stdin.close()
            wait_until(lambda: bus.lookup("work") == KEY)
            process.send_signal(signal.SIGKILL)
    assert reference(home) is None
    assert "`aic-tui config forget-key work --store keyring` deletes it" in checks(home)["key of work"]
    assert set_key(home, OTHER).returncode == 0
    assert bus.lookup("work") == OTHER
    assert "key of work" not in checks(home)


def test_two_different_keys_are_told_with_the_one_in_use(home: Home, bus: Bus, provider: Loopback) -> None:
    needed("gnome-keyring-daemon", "secret-tool")
    bus.unlocked()
    assert set_key(home, KEY, "--store", "file").returncode == 0
    configure(home, provider)  # by hand: the entry of the file is forgotten
    assert set_key(home, OTHER, "--store", "keyring").returncode == 0
    told = checks(home)["key of work"]
    assert told.startswith(
        "the system keyring and secrets.toml hold different ones; that of the system keyring is used."
    )
    assert home.run("config", "forget-key", "work", "--store", "file").returncode == 0
    assert "key of work" not in checks(home)


def test_a_locked_collection(home: Home, bus: Bus, provider: Loopback) -> None:
    needed("gnome-keyring-daemon", "secret-tool")
    bus.unlocked()
    assert set_key(home).returncode == 0
    bus.stop_services()
    bus.locked()
    assert "locked" in checks(home)["keyring"]
    with Stopwatch() as watch:
        done = set_key(home, OTHER)
    assert watch.seconds < WITHIN_SECONDS
    assert done.returncode == 2
    assert "The key was not stored: keyring locked · unlock it, then refresh. `--store file` keeps it in" in done.stderr
    found = row(home, "--refresh")
    assert found["error"]["kind"] == "not_configured"
    assert found["error"]["message"].startswith("keyring locked")
    assert provider.requests == []
    bus.stop_services()
    bus.unlocked()
    assert bus.lookup("work") == KEY
    assert row(home, "--refresh")["status"] == "ok"


def test_a_bus_without_a_keyring(home: Home, bus: Bus, provider: Loopback) -> None:
    configure(home, provider, "keyring")
    del home.environ["PYTHON_KEYRING_BACKEND"]
    without_a_keyring(home, "none that keeps keys safely", "no keyring here")


def test_no_bus_at_all(home: Home, provider: Loopback) -> None:
    configure(home, provider, "keyring")
    without_a_keyring(home, "none that keeps keys safely", "no keyring here")


def test_the_null_backend_is_given_nothing(home: Home, provider: Loopback) -> None:
    configure(home, provider, "keyring")
    home.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    without_a_keyring(home, "switched off", "keyring switched off")


@pytest.mark.parametrize("how", ["found", "forced"])
def test_a_plain_text_backend_is_never_used(home: Home, tmp_path: Path, provider: Loopback, how: str) -> None:
    module = tmp_path / "lib" / "keyrings" / "alt" / "file.py"
    module.parent.mkdir(parents=True)
    module.write_text(_PLAINTEXT)
    facts = tmp_path / "lib" / "keyrings_alt-5.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: keyrings.alt\nVersion: 5.0\n")
    (facts / "entry_points.txt").write_text("[keyring.backends]\nfile = keyrings.alt.file\n")
    home.environ["PYTHONPATH"] = str(tmp_path / "lib")
    if how == "forced":
        home.environ["PYTHON_KEYRING_BACKEND"] = "keyrings.alt.file.PlaintextKeyring"
    # It would work: this is what any other program here gets.
    script = "import keyring; keyring.set_password('aic-tui', 'work', 'theirs'); print(keyring.get_keyring())"
    other = subprocess.run(
        [sys.executable, "-c", script], env=home.variables, capture_output=True, text=True, check=True
    )
    assert "keyrings.alt.file" in other.stdout + other.stderr or "chainer" in other.stdout.lower()
    before = (home.path / "plaintext.json").read_text()
    assert json.loads(before) == {"work": "theirs"}
    configure(home, provider, "keyring")
    without_a_keyring(home, "does not encrypt", "no safe keyring here")
    assert (home.path / "plaintext.json").read_text() == before


def without_a_keyring(home: Home, in_doctor: str, in_sentence: str) -> None:
    assert in_doctor in checks(home)["keyring"]
    assert row(home, "--refresh")["error"]["message"].startswith(in_sentence)
    done = set_key(home)
    assert done.returncode == 2
    assert in_sentence in done.stderr
    assert "`--store file` keeps it in" in done.stderr
    assert holders(home.path, KEY) == set()
    assert reference(home) == "keyring"


def test_a_keyring_that_never_answers_holds_up_no_verb(home: Home, bus: Bus, provider: Loopback) -> None:
    bus.hanging()
    configure(home, provider, "keyring")
    with Stopwatch() as watch:
        assert checks(home)["keyring"] == "does not answer within 3 seconds"
    assert watch.seconds < WITHIN_SECONDS
    with Stopwatch() as watch:
        assert row(home, "--refresh")["error"]["message"].startswith("keyring does not answer")
    assert watch.seconds < WITHIN_SECONDS
    with Stopwatch() as watch:
        done = set_key(home)
    assert watch.seconds < WITHIN_SECONDS
    assert done.returncode == 2
    assert "keyring does not answer" in done.stderr
    assert provider.requests == []
    assert holders(home.path, KEY) == set()


def test_the_dashboard_lives_beside_a_keyring_that_never_answers(home: Home, bus: Bus, provider: Loopback) -> None:
    bus.hanging()
    configure(home, provider, "keyring")
    argv = [sys.executable, "-m", "aic_tui"]
    with PtyProgram(argv, columns=100, rows=30, environ=home.variables) as program:
        program.wait_for("OpenRouter")
        program.send("r")  # the user's wish asks the keyring, which hangs
        for _ in range(3):
            with Stopwatch() as watch:
                program.send("?")
                program.wait_for("as they are now", 5)
                program.send("\x1b")
                assert program.pump(5, lambda: "as they are now" not in program.text)
            assert watch.seconds < 2, watch.seconds
        program.wait_for("keyring does not answer", 15)
        program.send("r")
        program.pump(0.5)  # once more in the middle of a call that hangs
        with Stopwatch() as watch:
            program.send("q")
            assert program.wait(5) == 0
        assert watch.seconds < 1.0, watch.seconds
        assert not re.search(rb"Traceback", bytes(program.raw))


def test_a_keyring_that_dies_meanwhile_takes_no_key_with_it(home: Home, bus: Bus, provider: Loopback) -> None:
    needed("gnome-keyring-daemon", "secret-tool")
    bus.unlocked()
    assert set_key(home).returncode == 0
    argv = [sys.executable, "-m", "aic_tui"]
    with PtyProgram(argv, columns=100, rows=30, environ=home.variables) as program:
        program.pump(20, lambda: len(provider.requests) >= 1)
        assert provider.requests
        children = children_of(program.pid)
        for pid in (program.pid, *children):
            for name in ("cmdline", "environ"):
                assert KEY.encode() not in Path(f"/proc/{pid}/{name}").read_bytes()
        bus.stop_services()
        program.pump(1)
        program.send("q")
        assert program.wait(5) == 0
        assert KEY.encode() not in bytes(program.raw)
    assert holders(home.path, KEY) == set()


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in listed.read_text().split()] if listed.exists() else []
