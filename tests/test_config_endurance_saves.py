"""Saves that are killed, have no room, or meet another instance or an editor: the file is always a whole one."""

from __future__ import annotations

import ast
import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aic_tui.config.document import Document
from aic_tui.config.file import load_config, save_changes, sweep, write_changes
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from tests.clock import FakeClock
from tests.config_worker import save_number
from tests.unmeasured import unmeasured

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes and limits")

SECONDS = 60.0


def worker(env: Environment, mode: str, name: str = "-", count: int = 0, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.config_worker", mode, str(env.paths.config.parent), name, str(count)]
    repository = Path(__file__).parent.parent
    kept = unmeasured() if mode == "nursery" else os.environ  # it is killed, and its children are
    environ = {**kept, "PYTHONPATH": str(repository)}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=repository,
        env=environ,
        **options,
    )


def lines_of(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=SECONDS * 5)
    assert process.returncode == 0, err
    return out.splitlines()


def table_of(file: Path) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return table


def whole_number(file: Path) -> int:
    """The number that the file was saved with; AssertionError when it is half one save and half another."""
    check = table_of(file)["check"]
    assert check["first"] == check["last"]
    return int(check["first"])


def temporary_files(env: Environment) -> list[Path]:
    return [path for path in env.paths.config.iterdir() if path.name.endswith("tmp")]


def saved_lines(nursery: subprocess.Popen[str], started_with: int, wanted: int, pause: float) -> tuple[int, int]:
    """Start a saver, kill it ``pause`` seconds after its save number ``wanted``: its process, its last told save."""
    assert nursery.stdin
    assert nursery.stdout
    nursery.stdin.write(f"{started_with}\n")
    nursery.stdin.flush()
    child, last, told = 0, started_with - 1, 0
    while not child or told < wanted:
        word, number = nursery.stdout.readline().split()
        child, last = (int(number), last) if word == "born" else (child, int(number))
        told += word == "saved"
    select.select([], [], [], pause)
    os.kill(child, signal.SIGKILL)
    while (line := nursery.stdout.readline()) != "dead\n":
        last = int(line.split()[1])
    return child, last


@pytest.mark.slow
@pytest.mark.parametrize("kills", [50, pytest.param(500, marks=pytest.mark.soak)])
def test_kill_9_during_saves_loses_nothing_acknowledged(env: Environment, clock: FakeClock, kills: int) -> None:
    chance = random.Random(kills)
    save_number(env, 0)
    save_number(env, 1)
    file, backup = env.paths.config_file, env.paths.config / "config.toml.bak"
    with worker(env, "nursery") as nursery:
        for _ in range(kills):
            _, acknowledged = saved_lines(nursery, whole_number(file) + 1, chance.randrange(3), chance.random() * 0.01)
            # one more may have been put in place before it could be told
            assert whole_number(file) in (acknowledged, acknowledged + 1)
            assert whole_number(backup) <= whole_number(file)
            config = load_config(env)
            assert (config.broken, config.problems) == (False, ())
        nursery.kill()
        nursery.communicate()
    left = temporary_files(env)
    assert left, "no kill hit a save"
    in_two_hours = datetime.now(UTC) + timedelta(hours=2)
    clock.step_wall((in_two_hours - clock.now()).total_seconds())
    sweep(env)
    assert temporary_files(env) == []
    save_number(env, 10_000_000)
    assert whole_number(file) == 10_000_000


@pytest.mark.slow
def test_fifty_saves_beyond_the_file_size_limit(env: Environment) -> None:
    save_number(env, 999)
    for line in lines_of(worker(env, "limit", count=50)):
        kept, temporary, sentence = ast.literal_eval(line)
        assert (kept, temporary) == (True, [])
        assert sentence == f"{env.paths.config_file} was not saved: file too large. The file is as it was."
    assert whole_number(env.paths.config_file) == 1050
    assert temporary_files(env) == []


@pytest.fixture
def small_disk(env: Environment) -> Iterator[Path]:
    """A file system of 64 kB in place of the config directory."""
    folder = env.paths.config
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no mount program: {error}")
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_fifty_saves_on_a_full_disk(env: Environment, small_disk: Path) -> None:
    save_changes(env, {("check", "first"): 0})
    for line in lines_of(worker(env, "full", count=50)):
        kept, temporary, sentence = ast.literal_eval(line)
        assert (kept, temporary) == (True, [])
        assert sentence == f"{env.paths.config_file} was not saved: no space left on device. The file is as it was."
    assert table_of(small_disk / "config.toml")["check"]["first"] == 50


ACCOUNTS = (
    "version = 1\n[accounts.left]\nprovider = 'openai'\n[accounts.right]\nprovider = 'deepseek'\n[other]\nkept = 1\n"
)


@pytest.mark.slow
@pytest.mark.parametrize("saves", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_two_instances_save_different_settings(env: Environment, saves: int) -> None:
    env.paths.config.mkdir(parents=True)
    env.paths.config_file.write_text(ACCOUNTS)
    processes = [worker(env, "alternate", name, saves) for name in ("left", "right")]
    for process in processes:
        assert len(lines_of(process)) == saves
    table = table_of(env.paths.config_file)
    assert [table["accounts"][name] for name in ("left", "right")] == [
        {"provider": "openai", "interval_seconds": saves},
        {"provider": "deepseek", "interval_seconds": saves},
    ]
    assert table["other"] == {"kept": 1}
    assert temporary_files(env) == []


@pytest.mark.slow
@pytest.mark.parametrize("saves", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_an_editor_without_lock_meanwhile_breaks_nothing(env: Environment, saves: int) -> None:
    env.paths.config.mkdir(parents=True)
    env.paths.config_file.write_text(ACCOUNTS)
    processes = [worker(env, "alternate", "left", saves), worker(env, "outside", count=saves)]
    while any(process.poll() is None for process in processes):
        table = table_of(env.paths.config_file)
        assert table["other"] == {"kept": 1}
        assert set(table["accounts"]) == {"left", "right"}
    for process in processes:
        lines_of(process)
    assert save_changes(env, {("accounts", "left", "interval_seconds"): 7}).accounts[0].interval_seconds == 7


@pytest.mark.parametrize("how", ["rename", "in place"])
def test_an_edit_between_our_reading_and_writing_survives(env: Environment, how: str) -> None:
    env.paths.config.mkdir(parents=True)
    file = env.paths.config_file
    file.write_text(ACCOUNTS)
    asked: list[Document] = []

    def meanwhile(document: Document) -> dict[tuple[str, ...], object | None]:
        asked.append(document)
        if len(asked) == 1:
            draft = file.with_name("draft") if how == "rename" else file
            draft.write_text(ACCOUNTS.replace("kept = 1", "kept = 2"))
            draft.replace(file)
        return {("accounts", "left", "interval_seconds"): 77}

    write_changes(env, {}, meanwhile)
    table = table_of(file)
    assert (table["other"]["kept"], load_config(env).accounts[0].interval_seconds) == (2, 77)
    assert len(asked) == 2
    assert table_of(file.with_name("config.toml.bak"))["other"] == {"kept": 2}
    assert temporary_files(env) == []


def test_an_editor_that_never_pauses_is_a_sentence(env: Environment) -> None:
    env.paths.config.mkdir(parents=True)
    file = env.paths.config_file
    file.write_text(ACCOUNTS)
    count = 0

    def always(_document: Document) -> dict[tuple[str, ...], object | None]:
        nonlocal count
        count += 1
        file.write_text(f"{ACCOUNTS}# {count}\n")
        return {("accounts", "left", "interval_seconds"): 77}

    with pytest.raises(UserError, match="another program changes it") as refused:
        write_changes(env, {}, always)
    assert refused.value.exit_code == 1
    assert file.read_text() == f"{ACCOUNTS}# {count}\n"
    assert temporary_files(env) == []


def test_a_chain_of_links_is_followed_and_every_link_stays(env: Environment, tmp_path: Path) -> None:
    real = tmp_path / "dot files" / "aic.toml"
    real.parent.mkdir()
    real.write_text(ACCOUNTS)
    links = [tmp_path / f"hop{number}" for number in range(5)]
    for link, target in zip(links, [real, *links], strict=False):
        link.symlink_to(target)
    env.paths.config.mkdir(parents=True)
    env.paths.config_file.symlink_to(os.path.relpath(links[-1], env.paths.config))
    for number in range(10, 20):
        save_changes(env, {("accounts", "left", "interval_seconds"): number})
    assert all(link.is_symlink() for link in (*links, env.paths.config_file))
    assert not real.is_symlink()
    assert load_config(env).accounts[0].interval_seconds == 19
    assert [path.name for path in real.parent.iterdir()] == ["aic.toml"]


@pytest.mark.parametrize("kind", ["loop", "into nothing"])
def test_links_that_lead_nowhere_are_a_sentence_and_stay(env: Environment, tmp_path: Path, kind: str) -> None:
    env.paths.config.mkdir(parents=True)
    file, other = env.paths.config_file, tmp_path / "other"
    if kind == "loop":
        other.symlink_to(file)
        file.symlink_to(other)
    else:
        file.symlink_to(tmp_path / "no such folder" / "aic.toml")
    for _ in range(3):
        with pytest.raises(UserError) as refused:
            save_changes(env, {("general", "theme"): "nord"})
        assert str(file) in refused.value.sentence
    assert file.is_symlink()
    assert {path.name for path in env.paths.config.iterdir()} == {"config.toml", "config.toml.lock"}


@pytest.mark.slow
def test_a_process_killed_with_the_lock_does_not_lock_out_the_next(env: Environment) -> None:
    save_number(env, 0)
    with worker(env, "nursery") as nursery:
        saved_lines(nursery, 1, 1, 0.001)
        nursery.kill()
        with contextlib.suppress(OSError):
            nursery.communicate()
    started = time.monotonic()
    save_number(env, 5000)
    assert time.monotonic() - started < 2
