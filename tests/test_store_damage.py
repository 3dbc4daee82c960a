"""Damaged files: found, kept aside, and as much saved as can be read."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.store.database import Database
from aic_tui.store.store import Store
from tests.clock import FakeClock
from tests.conftest import build_env
from tests.store_cases import NOW, full_state, quota
from tests.store_files import POSIX, names, raw, seeded


def test_a_file_that_is_no_database_is_kept_aside(env: Environment) -> None:
    env.paths.data.mkdir(parents=True)
    env.paths.database.write_bytes(b"This is a letter to my aunt.\n" * 400)
    with Store.open(env) as store:
        assert store.notices == [
            "The database was damaged. It is kept as aic.db.corrupt-20261121T080000Z; 0 rows of it could be saved."
        ]
        assert store.states.save(full_state())
    kept = env.paths.data / "aic.db.corrupt-20261121T080000Z"
    assert kept.read_bytes().startswith(b"This is a letter")
    with Store.open(env) as store:
        assert (store.notices, len(store.states.load())) == ([], 1)
    env.paths.database.write_bytes(b"Dear aunt" * 1000)
    with Store.open(env):
        assert "aic.db.corrupt-20261121T080000Z-2" in names(env)


def test_readable_rows_of_a_damaged_file_are_saved(env: Environment) -> None:
    seeded(env, 3000)
    with raw(env) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'points'").fetchone()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    with env.paths.database.open("r+b") as file:
        file.seek(4096 * (max(root, pages // 2) - 1))
        file.write(bytes(4096))
    with Store.open(env) as store:
        store.check()
        assert len(store.notices) == 1
        assert "could be saved" in store.notices[0]
        assert [state.account_id for state in store.states.load()] == ["a", "b", "c"]
        assert store.notes.get("sort") == "name"
        assert 1000 < len(store.history.points()) < 6000
        assert store.check() is None


def test_damage_that_shows_in_the_middle_of_a_run_is_mended(env: Environment) -> None:
    seeded(env)
    with Store.open(env) as store:
        assert len(store.states.load()) == 3
        damaged = env.paths.database.read_bytes()
        with raw(env) as connection:
            (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'notes'").fetchone()
        with env.paths.database.open("r+b") as file:
            file.seek(4096 * (root - 1))
            file.write(b"\xff" * 4096)
        assert damaged != env.paths.database.read_bytes()
        store.notes.set("theme", "dark")
        assert store.notes.get("theme") == "dark"
        assert len(store.states.load()) == 3
        assert len(store.notices) == 1


def test_a_lost_table_is_damage_too(env: Environment) -> None:
    seeded(env)
    with raw(env) as connection:
        connection.execute("DROP TABLE requests")
    with Store.open(env) as store:
        assert store.requests.last("a") == []
        assert len(store.states.load()) == 3
        assert "damaged" in store.notices[0]


def test_a_version_field_that_was_lost_heals(env: Environment) -> None:
    seeded(env)
    with raw(env) as connection:
        connection.execute("PRAGMA user_version=0")
    with Store.open(env) as store:
        assert len(store.states.load()) == 3
        assert store.notices == []


def test_a_defect_of_ours_is_not_called_damage(env: Environment) -> None:
    seeded(env)
    database = Database(env)
    database.open()
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        database.save(lambda db: db.execute("UPDATE states SET colour = 'red'"))
    with pytest.raises(sqlite3.OperationalError, match="syntax"):
        database.read(lambda db: db.execute("SELEKT"), None)
    assert (database.pending, database.notices) == (0, [])
    database.close()
    assert names(env) == ["aic.db", "aic.db.lock"]


class Accuser:
    """A read that SQLite calls damaged ``times`` times before it works."""

    def __init__(self, times: int) -> None:
        self.times = times

    def __call__(self, db: sqlite3.Connection) -> int:
        if self.times:
            self.times -= 1
            error = sqlite3.DatabaseError("database disk image is malformed")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        return int(db.execute("SELECT count(*) FROM states").fetchone()[0])


@pytest.mark.parametrize(("times", "kept_aside"), [(1, False), (2, True)])
def test_one_bad_read_of_a_sound_file_moves_nothing(env: Environment, times: int, kept_aside: bool) -> None:
    seeded(env, 0)
    database = Database(env)
    database.open()
    assert database.read(Accuser(times), -1) == 3
    assert any("corrupt" in name for name in names(env)) is kept_aside
    database.close()


@POSIX
def test_a_damaged_file_that_another_instance_holds_is_not_moved(env: Environment, clock: FakeClock) -> None:
    import fcntl

    seeded(env, 0)
    env.paths.database.write_bytes(b"\0" * 8192)
    with (env.paths.data / "aic.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with Store.open(env, patience_seconds=0.05) as store:
            assert "locked" in store.notices[0]
            assert names(env) == ["aic.db", "aic.db.lock"]
            fcntl.flock(lock, fcntl.LOCK_UN)
            clock.move(5)
            assert store.states.save(full_state())
            assert "damaged" in store.notices[1]


def test_a_data_directory_that_is_a_file_is_told_and_mended(env: Environment, clock: FakeClock) -> None:
    env.paths.data.write_text("")
    env.paths.data.chmod(0o755)
    with Store.open(env) as store:
        assert store.notices == [
            "Not saving: the data directory cannot be written. New figures are kept in memory for now."
        ]
        assert store.states.load() == []
        assert not store.states.save(full_state())
        env.paths.data.unlink()
        clock.move(60)
        assert store.states.save(full_state("b"))
        assert len(store.states.load()) == 2


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.soak)])
def test_any_mutation_of_the_file_is_survived(tmp_path: Path, count: int) -> None:
    clock = FakeClock()
    original = build_env(tmp_path / "original", clock)
    seeded(original)
    sound = original.paths.database.read_bytes()
    rng = random.Random(count)
    for number in range(count):
        env = build_env(tmp_path / str(number), clock)
        env.paths.data.mkdir(parents=True)
        mutated = mutate(sound, rng)
        env.paths.database.write_bytes(mutated)
        try:
            store = Store.open(env)
        except UserError:
            assert env.paths.database.read_bytes() == mutated
            continue
        with store:
            store.states.load()
            store.history.points()
            store.requests.last("a")
            store.maintain(NOW, 180)
            store.check()
            store.notes.set("sort", "status")
            written = store.states.save(full_state("new"))
            store.history.record("new", quota(0.5, NOW))
            assert "new" in {state.account_id for state in store.states.load()}
            assert len(store.history.points("new")) == 1
            assert store.notes.get("sort") == "status"
            assert written or store.notices
        kept = [path for path in env.paths.data.iterdir() if ".corrupt-" in path.name and path.suffix != "-wal"]
        assert bool(kept) == any("was damaged" in notice for notice in store.notices)
        shutil.rmtree(tmp_path / str(number))


def mutate(sound: bytes, rng: random.Random) -> bytes:
    kind = rng.randrange(5)
    data = bytearray(sound)
    page = rng.randrange(len(sound) // 4096) * 4096
    if kind == 0:
        return bytes(data[: rng.randrange(1, len(data))])
    if kind == 1:
        data[page : page + 4096] = bytes(4096)
    elif kind == 2:
        data[page : page + 4096] = rng.randbytes(4096)
    else:
        limit = 100 if kind == 3 else len(data)
        for _ in range(rng.randrange(1, 9)):
            data[rng.randrange(limit)] ^= 1 << rng.randrange(8)
    return bytes(data)
