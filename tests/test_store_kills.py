"""kill -9 while the store writes, cleans up and migrates; several processes at once."""

from __future__ import annotations

import contextlib
import random
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from aic_tui.store.schema import MIGRATIONS
from aic_tui.store.store import Store
from tests.clock import FakeClock
from tests.conftest import build_env
from tests.store_cases import NOW
from tests.store_files import names, output_of, raw, worker
from tests.store_worker import SLOW_STEP


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_a_kill_while_writing_loses_nothing_acknowledged(tmp_path: Path, clock: FakeClock, rounds: int) -> None:
    env = build_env(tmp_path, clock)
    rng = random.Random(rounds)
    for number in range(rounds):
        name = f"run{number}"
        acknowledged = killed_after(worker("write", tmp_path, name), rng.randrange(1, 120))
        with Store.open(env) as store:
            assert store.check() is None
            assert store.notices == []
            found = {(p.window_id, p.at): p.ratio for p in store.history.points(name, until=NOW + timedelta(days=1))}
            for done in acknowledged:
                at = NOW + timedelta(seconds=done)
                assert found["5h", at] == found["week", at] == done / 1e6
            assert name in {state.account_id for state in store.states.load()}
            assert store.requests.last(name)
    assert names(env) == ["aic.db", "aic.db.lock"]


def killed_after(process: subprocess.Popen[str], lines: int) -> list[int]:
    assert process.stdout is not None
    read = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    rest, err = process.communicate(timeout=60)
    assert read[-1], err
    return [int(line) for line in ("".join(read) + rest).split("\n")[:-1]]


@pytest.mark.parametrize("rounds", [4, pytest.param(40, marks=pytest.mark.soak)])
def test_a_kill_while_migrating_leaves_the_old_or_the_new(tmp_path: Path, rounds: int) -> None:
    rng = random.Random(rounds)
    seen = set()
    for number in range(rounds):
        env = build_env(tmp_path / str(number), FakeClock())
        with Store.open(env), raw(env) as connection:
            connection.execute("BEGIN")
            connection.execute("INSERT INTO lanes VALUES (1, 'a', '5h')")
            rows = [(number, number / 1e6) for number in range(20_000)]
            connection.executemany("INSERT INTO points (lane, at, ratio) VALUES (1, ?, ?)", rows)
            connection.execute("COMMIT")
        process = worker("migrate", tmp_path / str(number))
        assert process.stdout is not None
        process.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(rng.random() * 0.25)
        process.kill()
        process.communicate(timeout=60)
        with raw(env) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            seen.add(version)
            assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
            assert connection.execute("SELECT count(*) FROM points").fetchone() == (20_000,)
        with Store.open(env, (*MIGRATIONS, SLOW_STEP)) as store:
            assert store.notices == []
            assert len(store.history.points("a")) == 20_000
    assert seen <= {len(MIGRATIONS), len(MIGRATIONS) + 1}


@pytest.mark.parametrize("writers", [2, pytest.param(4, marks=pytest.mark.soak)])
def test_several_processes_write_and_no_row_is_lost(tmp_path: Path, clock: FakeClock, writers: int) -> None:
    env = build_env(tmp_path, clock)
    processes = [worker("some", tmp_path, f"p{number}") for number in range(writers)]
    for process in processes:
        assert output_of(process) == ["[]"]
    with Store.open(env) as store:
        assert store.check() is None
        for number in range(writers):
            points = store.history.points(f"p{number}", until=NOW + timedelta(days=1))
            assert [point.ratio for point in points] == [count / 1e6 for count in range(200)]
