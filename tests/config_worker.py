"""Processes that save config.toml until they are killed, or under a limit, and say what is safely written.

``python -m tests.config_worker MODE ROOT [NAME [COUNT]]``; one line on standard output per acknowledged save.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import tomllib
from pathlib import Path

from aic_tui.config.changes import Changes
from aic_tui.config.file import save_changes
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from tests.clock import FakeClock
from tests.conftest import build_env


def say(line: object) -> None:
    os.write(1, f"{line}\n".encode())


def save_number(env: Environment, number: int) -> None:
    """Three keys that belong together, in a file whose size changes from save to save."""
    padding = chr(97 + number % 26) * (number * 97 % 9000)
    save_changes(env, {("check", "first"): number, ("pad", "x"): padding, ("check", "last"): number})


def nursery(env: Environment) -> None:
    """For each line read, a new process that saves without end; its number and then each save are told."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            for number in itertools.count(int(line)):
                save_number(env, number)
                say(f"saved {number}")
        say(f"born {child}")
        os.waitpid(child, 0)
        say("dead")


def alternate(env: Environment, name: str, count: int) -> None:
    """``count`` saves of one setting, beside whoever saves another."""
    for number in range(1, count + 1):
        while not saved(env, {("accounts", name, "interval_seconds"): number}):
            pass
        say(number)


def saved(env: Environment, changes: Changes) -> bool:
    """False when an editor that is quicker than any human left no room; the user would press the key again."""
    try:
        save_changes(env, changes)
    except UserError as error:
        if "without a pause" not in error.sentence:
            raise
        return False
    return True


def edit_from_outside(env: Environment, _name: str, count: int) -> None:
    """An editor that knows no lock: it reads, and puts a new file in the place of the old one."""
    file = env.paths.config_file
    for number in range(1, count + 1):
        text = file.read_text(encoding="utf-8")
        assert tomllib.loads(text)["version"] == 1
        draft = file.with_name("draft")
        draft.write_text(f"{text}# {number}\n", encoding="utf-8")
        draft.replace(file)
        say(number)


def full_disk(env: Environment, _name: str, count: int) -> None:
    """Save with room for a part of the file only, then the same edit with room for all of it."""
    import resource

    chance = random.Random(11)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    folder, file = env.paths.config, env.paths.config_file
    for number in range(1, count + 1):
        before = file.read_bytes()
        resource.setrlimit(resource.RLIMIT_FSIZE, (chance.randrange(len(before)), hard))
        try:
            save_number(env, 1000 + number)
            sentence = "saved"
        except UserError as error:
            sentence = error.sentence
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        kept = file.read_bytes() == before
        temporary = [path.name for path in folder.iterdir() if path.name.endswith("tmp")]
        save_number(env, 1000 + number)
        say((kept, temporary, sentence))


def full_folder(env: Environment, _name: str, count: int) -> None:
    """The same on a real file system that is filled to its last byte each time."""
    chance = random.Random(12)
    folder, file = env.paths.config, env.paths.config_file
    for number in range(1, count + 1):
        before = file.read_bytes()
        filler = folder / "filler"
        fill(filler, leave=chance.choice((0, 0, 4096)))
        try:
            save_changes(env, {("check", "first"): number, ("pad", "x"): "y" * 12_000})
            sentence = "saved"
        except UserError as error:
            sentence = error.sentence
        kept = file.read_bytes() == before
        temporary = [path.name for path in folder.iterdir() if path.name.endswith("tmp")]
        filler.unlink()
        save_changes(env, {("check", "first"): number, ("pad", "x"): "y" * (number % 100)})
        say((kept, temporary, sentence))


def fill(filler: Path, leave: int) -> None:
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    size = 0
    try:
        while True:
            size += os.write(descriptor, b"x" * 4096)
    except OSError:
        os.ftruncate(descriptor, max(0, size - leave))
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    world = build_env(Path(sys.argv[2]), FakeClock())
    if sys.argv[1] == "nursery":
        nursery(world)
    else:
        modes = {"alternate": alternate, "outside": edit_from_outside, "limit": full_disk, "full": full_folder}
        modes[sys.argv[1]](world, sys.argv[3], int(sys.argv[4]))
