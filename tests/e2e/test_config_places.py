"""The real program, as an ordinary user, where files have wrong permissions or owners and homes are odd."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli_home import Home
from tests.pty_program import PtyProgram
from tests.unmeasured import unmeasured

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="POSIX users")]

NOBODY = 65534
KEY = "sk-or-v1-4badcafe4kanarien5678vogelD9wV"
CONFIG = "version = 1\n[general]\ntheme = 'nord'\n[accounts.a]\nprovider = 'openrouter'\nname = 'Ada'\nkey = 'file'\n"
SECRETS = f"version = 1\n[accounts.a]\nkey = '{KEY}'\n"
VERBS = (("config", "validate"), ("config", "show"), ("usage", "--json"), ("accounts", "list"), ("doctor",))


class NobodysHome(Home):
    """A home whose programs run without root's rights."""

    prefix = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        give_away(self.path)
        return self.run_as_is(*arguments, **options)

    def run_as_is(
        self, *arguments: str, environ: dict[str, str | None] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """With the owners that the test has set."""
        wanted = {**self.variables, **(environ or {})}
        usual = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 60, "cwd": self.path}
        return subprocess.run(
            [*self.prefix, sys.executable, "-m", "aic_tui", *arguments],
            # Nobody may not write coverage data into this checkout, and says so on standard error.
            env=unmeasured({name: value for name, value in wanted.items() if value is not None}),
            check=False,
            **{**usual, **options},
        )


def give_away(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


@pytest.fixture
def home() -> Iterator[NobodysHome]:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to become somebody else")
    root = Path(tempfile.mkdtemp(prefix="aic-home-"))
    root.chmod(0o755)
    try:
        home = NobodysHome(root / "nobody")
        probe = home.run("--version")
        if probe.returncode:
            pytest.skip(f"another user cannot run this installation: {probe.stderr[-200:]}")
        yield home
    finally:
        shutil.rmtree(root)


def with_key(home: Home) -> Path:
    home.write_config(CONFIG)
    home.paths.data.mkdir(parents=True)
    home.paths.secrets_file.write_text(SECRETS)
    home.paths.secrets_file.chmod(0o600)
    return home.paths.secrets_file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def in_order(done: subprocess.CompletedProcess[str], *codes: int) -> None:
    assert done.returncode in codes, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize("open_mode", [0o644, 0o666])
def test_a_key_file_that_others_could_read_is_closed_and_told(home: NobodysHome, open_mode: int) -> None:
    secrets = with_key(home)
    secrets.chmod(open_mode)
    secrets.parent.chmod(0o755)
    done = home.run("accounts", "test", "a", environ={"https_proxy": "http://127.0.0.1:9"})
    in_order(done, 1)
    assert "may have been seen by others" in done.stdout + done.stderr
    assert (mode(secrets), mode(secrets.parent)) == (0o600, 0o700)
    again = home.run("accounts", "test", "a", environ={"https_proxy": "http://127.0.0.1:9"})
    assert "may have been seen" not in again.stdout + again.stderr


def test_a_key_file_of_somebody_else_is_not_used(home: NobodysHome) -> None:
    secrets = with_key(home)
    give_away(home.path)
    os.chown(secrets, 0, 0)
    secrets.chmod(0o644)
    done = home.run_as_is("accounts", "test", "a", environ={"https_proxy": "http://127.0.0.1:9"})
    in_order(done, 1)
    assert "belongs to another user" in done.stdout + done.stderr
    assert secrets.read_text() == SECRETS
    kept = home.run_as_is("config", "set-key", "a", "--store", "file", input=f"{KEY}\n", stdin=None)
    assert kept.returncode != 0
    assert "Traceback" not in kept.stderr
    assert secrets.read_text() == SECRETS


def test_a_config_that_others_can_read_is_told_by_doctor_and_closed_by_the_next_save(home: NobodysHome) -> None:
    home.write_config(CONFIG)
    home.paths.config_file.chmod(0o644)
    home.paths.config.chmod(0o777)
    told = home.run("doctor")
    in_order(told, 0, 1)
    assert "others may read it" in told.stdout
    in_order(home.run("config", "set", "theme", "dracula"), 0)
    assert (mode(home.paths.config_file), mode(home.paths.config)) == (0o600, 0o700)


def test_a_config_that_may_not_be_read_stops_nothing(home: NobodysHome) -> None:
    home.write_config(CONFIG)
    give_away(home.path)
    os.chown(home.paths.config_file, 0, 0)
    home.paths.config_file.chmod(0o600)
    for verb in VERBS:
        done = home.run_as_is(*verb)
        in_order(done, 0, 1, 2)
        assert "permission denied" in (done.stdout + done.stderr).lower(), verb
    refused = home.run_as_is("config", "set", "theme", "dracula")
    in_order(refused, 2)
    assert refused.stderr.count("\n") == 1
    assert home.paths.config_file.read_text() == CONFIG


@pytest.fixture
def locked_home(home: NobodysHome) -> NobodysHome:
    """A home in which its user may read everything and write nothing."""
    home.write_config(CONFIG.replace("'file'", "'env:NO_SUCH_KEY'"))
    give_away(home.path)
    for path in (home.path, *home.path.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
        os.chown(path, 0, 0)
    return home


def test_verbs_in_a_read_only_home(locked_home: NobodysHome) -> None:
    before = locked_home.paths.config_file.read_bytes()
    for verb in VERBS:
        in_order(locked_home.run_as_is(*verb), 0, 1)
    for change in ("config set theme dracula", "accounts disable a", "accounts remove a --yes"):
        refused = locked_home.run_as_is(*change.split())
        in_order(refused, 1)
        assert refused.stderr.count("\n") == 1, refused.stderr
        assert "permission denied" in refused.stderr
        assert str(locked_home.paths.config_file) in refused.stderr
    assert locked_home.paths.config_file.read_bytes() == before


def test_the_dashboard_in_a_read_only_home_says_that_it_saves_nothing(locked_home: NobodysHome) -> None:
    command = [*locked_home.prefix, sys.executable, "-m", "aic_tui"]
    with PtyProgram(command, environ=locked_home.variables) as program:
        program.wait_for("not saving")
        program.wait_for("Ada")
        program.pump(3)  # the first complaints come and go
        quiet_since = len(program.raw)
        program.pump(3)
        assert len(program.raw) - quiet_since < 20_000, "it draws without end"
        assert program.wait(0.1) is None
        assert "Traceback" not in program.text
        program.send("q")
        assert program.wait(5) == 0
        assert b"Traceback" not in program.raw


@pytest.mark.parametrize(
    "variable", [None, "", "/nonexistent", "relative"], ids=["unset", "empty", "absent", "relative"]
)
def test_no_home_at_all_is_one_sentence(home: NobodysHome, variable: str | None) -> None:
    for verb in VERBS[:3]:
        done = home.run(*verb, environ={"HOME": variable})  # the user table says /nonexistent for nobody
        in_order(done, 2)
        assert done.stderr.startswith("aic-tui: No home directory: set HOME")
        assert done.stderr.count("\n") == 1
    for harmless in (("--version",), ("--help",)):
        in_order(home.run(*harmless, environ={"HOME": variable}), 0)


def test_without_home_our_own_variables_are_enough(home: NobodysHome) -> None:
    folders = {f"AIC_{kind}_DIR": str(home.path / kind) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    in_order(home.run("config", "set", "theme", "nord", environ={"HOME": None, **folders}), 0)
    assert home.run("config", "get", "theme", environ={"HOME": None, **folders}).stdout == "nord\n"
    assert (home.path / "CONFIG/config.toml").exists()


def test_relative_xdg_paths_are_ignored(home: NobodysHome) -> None:
    relative = {f"XDG_{kind}_HOME": "here" for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    in_order(home.run("config", "set", "theme", "nord", environ={**relative}), 0)
    assert home.paths.config_file.exists()
    assert not (home.path / "here").exists()


@pytest.mark.parametrize("name", ["with spaces in it", "new\nline", "quote'\"$(x) 東京", "a\x1b[31mred"])
def test_odd_paths(home: NobodysHome, name: str) -> None:
    odd = NobodysHome(home.path.parent / name)
    in_order(odd.run("config", "set", "theme", "nord"), 0)
    assert odd.run("config", "get", "theme").stdout == "nord\n"
    for verb in VERBS[-2:]:
        done = odd.run(*verb)
        in_order(done, 0, 1)
        assert "\x1b" not in done.stdout + done.stderr
    odd.paths.config_file.write_text("[general\n")
    broken = odd.run("config", "set", "theme", "x")
    in_order(broken, 2)
    assert broken.stderr.count("\n") == 1
    assert odd.paths.config_file.read_text() == "[general\n"
