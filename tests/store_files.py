"""The store's file as the tests look at it from outside, and other processes that use it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aic_tui.environment import Environment
from aic_tui.store.store import Store
from tests.store_cases import NOW, full_state, quota
from tests.unmeasured import unmeasured

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")


def worker(mode: str, root: Path, name: str = "a", prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [*prefix, sys.executable, "-m", "tests.store_worker", mode, str(root), name]
    repository = Path(__file__).parent.parent
    kept = unmeasured() if mode in ("write", "migrate") else os.environ  # they are killed
    environ = {**kept, "PYTHONPATH": str(repository)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/", env=environ)


def output_of(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.splitlines()


@contextlib.contextmanager
def raw(env: Environment, **options: object) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(env.paths.database, isolation_level=None, **options)) as connection:  # type: ignore[call-overload]
        yield connection


def names(env: Environment) -> list[str]:
    return sorted(path.name for path in env.paths.data.iterdir())


def seeded(env: Environment, points: int = 300) -> None:
    with Store.open(env) as store:
        for account in "abc":
            store.states.save(full_state(account))
        for number in range(points):
            store.history.record("a", quota(number / 1e6, NOW - timedelta(minutes=number), "5h", "week"))
        store.notes.set("sort", "name")
