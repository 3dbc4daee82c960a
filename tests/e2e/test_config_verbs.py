"""A tenth of the damaged config files through the real program, and saves of the real program that do not fit."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aic_tui.config.file import load_config
from aic_tui.environment import Environment
from tests.cli_home import Home
from tests.config_mutations import CANARY_BODY, WHOLE, Mutant, mutants

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")]

VERBS = (("config", "validate"), ("usage", "--json"), ("doctor",))


def check(folder: Path, mutant: Mutant, verbs: tuple[tuple[str, ...], ...]) -> None:
    home = Home(folder / str(mutant))
    home.write_config("")
    file = home.paths.config_file
    file.write_bytes(mutant.data)
    config = load_config(Environment(paths=home.paths, home=home.path, environ={}))
    allowed = {
        "config": (2,) if config.problems else (0,),
        "usage": (0,),
        "doctor": (0,),
    }
    for verb in verbs:
        done = home.run(*verb)
        told = done.stdout + done.stderr
        why = f"{mutant} {verb}: {told[-500:]}"
        assert done.returncode in allowed[verb[0]], why
        assert "Traceback" not in told, why
        assert CANARY_BODY not in told, why
        assert "\x1b" not in told, why
        assert file.read_bytes() == mutant.data, why
        if config.broken and verb[0] == "doctor":
            assert "config.toml" in done.stdout, why
        if config.broken and verb[0] == "config":
            assert done.stdout.count("\n") == 1, why
        if verb[-1] == "--json":
            assert isinstance(json.loads(done.stdout)["providers"], list), why
    assert sorted(path.name for path in file.parent.iterdir()) == ["config.toml"]


def test_damaged_files_stop_no_verb(tmp_path: Path) -> None:
    """Every kind of damage once, each with one of the verbs."""
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda mutant: check(tmp_path, mutant, (VERBS[mutant.number % 3],)), mutants(18)))


@pytest.mark.soak
def test_a_hundred_damaged_files_stop_no_verb(tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda mutant: check(tmp_path, mutant, VERBS), mutants(100)))


def within(size: int, home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run that may write no file beyond ``size`` bytes, as a quota would have it."""
    import resource

    return home.run(*arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))


@pytest.mark.parametrize("size", [0, 100, 400])
def test_a_verb_that_has_no_room_says_so_and_changes_nothing(tmp_path: Path, size: int) -> None:
    home = Home(tmp_path / "home")
    home.write_config(WHOLE)
    before = home.paths.config_file.read_bytes()
    done = within(size, home, "config", "set", "theme", "dracula")
    assert done.returncode == 1
    assert done.stderr == f"aic-tui: {home.paths.config_file} was not saved: file too large. The file is as it was.\n"
    assert home.paths.config_file.read_bytes() == before
    assert not [path for path in home.paths.config.iterdir() if path.name.endswith("tmp")]
    assert home.run("config", "set", "theme", "dracula").returncode == 0
