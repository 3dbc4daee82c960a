"""Locks, full disks, missing rights, files that disappear: the store goes on and says so."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from aic_tui.environment import Environment
from aic_tui.store.database import QUEUE_LIMIT, Database
from aic_tui.store.faults import NotSaved
from aic_tui.store.store import Store
from tests.clock import FakeClock
from tests.conftest import build_env
from tests.store_cases import NOW, full_state, quota
from tests.store_files import POSIX, names, output_of, raw, seeded, worker


def test_writes_wait_in_memory_while_another_program_holds_the_file(env: Environment, clock: FakeClock) -> None:
    seeded(env, 0)
    with Store.open(env, patience_seconds=0.05) as store, raw(env) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not store.history.record("a", quota(0.1, NOW))
        assert not store.states.save(full_state("d"))
        assert not store.states.save(full_state("d"))
        assert (store.facts().why, store.facts().pending) == ("another program has locked the database", 2)
        assert store.notices == [
            "Not saving: another program has locked the database. New figures are kept in memory for now."
        ]
        assert len(store.states.load()) == 3
        assert not store.maintain(NOW, 180).done
        other.execute("COMMIT")
        clock.move(2)
        assert store.history.record("a", quota(0.2, NOW + timedelta(seconds=1)))
        assert (store.facts().why, store.facts().pending) == (None, 0)
        assert [point.ratio for point in store.history.points("a", "5h", until=NOW + timedelta(hours=1))] == [0.1, 0.2]
        assert len(store.states.load()) == 4
        assert len(store.notices) == 1
    assert names(env) == ["aic.db", "aic.db.lock"]


def test_what_waited_is_written_on_closing(env: Environment) -> None:
    seeded(env, 0)
    with Store.open(env, patience_seconds=0.05) as store, raw(env) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not store.history.record("a", quota(0.1, NOW))
        other.execute("COMMIT")
    with Store.open(env) as store:
        assert len(store.history.points("a")) == 1


def test_closing_does_not_wait_for_a_locked_file(env: Environment) -> None:
    seeded(env, 0)
    with raw(env) as other:
        store = Store.open(env)
        other.execute("BEGIN IMMEDIATE")
        store.post(store.notes.set, "a", "b")
        store.post(store.notes.set, "c", "d")
        started = time.monotonic()
        store.close()
        assert time.monotonic() - started < 1
        other.execute("COMMIT")


@POSIX
def test_an_instance_that_writes_is_waited_for(env: Environment) -> None:
    import fcntl

    seeded(env, 0)
    with Store.open(env, patience_seconds=0.1) as store, (env.paths.data / "aic.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not store.states.save(full_state("d"))
        assert store.facts().why == "another program has locked the database"
        fcntl.flock(lock, fcntl.LOCK_UN)
        store.states.save(full_state("e"))
    with Store.open(env) as again:
        assert len(again.states.load()) == 5


def test_a_file_locked_at_the_start_is_used_as_soon_as_it_can_be(env: Environment, clock: FakeClock) -> None:
    seeded(env, 0)
    other = sqlite3.connect(env.paths.database, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with Store.open(env, patience_seconds=0.05) as store:
        assert store.states.load() == []
        assert not store.states.save(full_state("d"))
        assert "locked" in store.notices[0]
        other.execute("COMMIT")
        other.close()
        clock.move(2)
        assert store.states.save(full_state("e"))
        assert len(store.states.load()) == 5


def add_note(name: str, db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO notes VALUES (?, '')", (name,))


def test_the_oldest_go_when_too_much_waits(env: Environment) -> None:
    database = Database(env, patience_seconds=0.01)
    database.open()
    with raw(env) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(QUEUE_LIMIT + 5):
            database.save(partial(add_note, f"{number:06}"))
        assert database.pending == QUEUE_LIMIT
        with pytest.raises(NotSaved):
            database.write(lambda db: db.execute("DELETE FROM notes"))
        other.execute("COMMIT")
    database.write(lambda db: db.execute("SELECT 1"))
    assert database.read(lambda db: db.execute("SELECT min(name), count(*) FROM notes").fetchone(), None) == (
        "000005",
        QUEUE_LIMIT,
    )
    database.close()


def test_one_impossible_write_does_not_hold_up_the_others(env: Environment, clock: FakeClock) -> None:
    database = Database(env, patience_seconds=0.01)
    database.open()
    with raw(env) as other:
        other.execute("BEGIN IMMEDIATE")
        database.save(lambda db: db.execute("INSERT INTO notes VALUES ('a', '')"))
        database.save(lambda db: db.execute("INSERT INTO nowhere VALUES ('b', '')"))
        database.save(lambda db: db.execute("INSERT INTO notes VALUES ('c', '')"))
        other.execute("COMMIT")
    clock.move(60)
    with pytest.raises(sqlite3.OperationalError):
        database.flush()
    assert database.flush()
    assert database.read(lambda db: db.execute("SELECT count(*) FROM notes").fetchone(), None) == (2,)
    database.close()


def test_threads_read_and_write_together(env: Environment) -> None:
    with Store.open(env) as store:

        def write(name: str) -> None:
            for number in range(40):
                assert store.history.record(name, quota(number / 1e6, NOW - timedelta(seconds=number)))
                store.states.load()

        threads = [threading.Thread(target=write, args=(f"t{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.history.points()) == 160
        assert store.notices == []


@POSIX
def test_a_full_disk_is_lived_through(tmp_path: Path) -> None:
    why, notices, pending, readable, upkeep, recorded, after, complete = output_of(worker("full", tmp_path))
    assert why in ("the disk is full", "the disk reported an error")
    assert notices == f"['Not saving: {why}. New figures are kept in memory for now.']"
    assert pending == "22"
    assert (readable, upkeep) == ("True", "False")
    assert (recorded, after, complete) == ("True", "(None, 0)", "True")


@pytest.fixture
def shared_root() -> Iterator[Path]:
    """A directory that another user can reach."""
    root = Path(tempfile.mkdtemp(prefix="aic-store-"))
    root.chmod(0o755)
    yield root
    for path in (root, *root.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(root)


def as_someone_else() -> tuple[str, ...]:
    """How to start a process that file rights apply to."""
    if os.geteuid() != 0:
        return ()
    if (setpriv := shutil.which("setpriv")) is None:
        pytest.skip("needs setpriv")
    return (setpriv, "--reuid=65534", "--regid=65534", "--clear-groups")


@POSIX
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "in use"])
def test_a_read_only_file_is_shown_and_not_saved_to(shared_root: Path, clock: FakeClock, closed: bool) -> None:
    env = build_env(shared_root, clock)
    with Store.open(env) as store:
        store.states.save(full_state())
        if closed:
            store.close()
        for path in env.paths.data.iterdir():
            path.chmod(0o444)
        env.paths.data.chmod(0o555)
        before = names(env)
        lines = output_of(worker("readonly", shared_root, prefix=as_someone_else()))
        env.paths.data.chmod(0o755)
    assert lines == [
        "['Not saving: the database is read-only. New figures are kept in memory until you quit.']",
        "True",
        "False",
        "1",
        "['claude', 'second']",
        "True",
        "None",
        str(before),
    ]


@POSIX
def test_without_a_place_to_save_everything_still_works(shared_root: Path) -> None:
    (shared_root / "home").mkdir()
    shared_root.chmod(0o555)
    lines = output_of(worker("readonly", shared_root, prefix=as_someone_else()))
    assert lines[0] == (
        "['Not saving: the data directory is read-only. New figures are kept in memory until you quit.']"
    )
    assert lines[1:5] == ["False", "False", "1", "['second']"]
    assert lines[-1] == "none"


@POSIX
def test_a_data_directory_of_another_user_is_no_reason_to_stop(shared_root: Path) -> None:
    env = build_env(shared_root, FakeClock())
    env.paths.data.mkdir(parents=True)
    env.paths.data.chmod(0)
    lines = output_of(worker("readonly", shared_root, prefix=as_someone_else()))
    env.paths.data.chmod(0o755)
    assert lines[0] == (
        "['Not saving: the data directory is read-only. New figures are kept in memory until you quit.']"
    )
    assert lines[1:5] == ["False", "False", "1", "['second']"]


@pytest.mark.parametrize("how", ["deleted", "directory deleted", "replaced"])
def test_a_file_deleted_or_replaced_while_open_is_noticed(env: Environment, tmp_path: Path, how: str) -> None:
    other = build_env(tmp_path / "other", FakeClock())
    with Store.open(other) as store:
        store.states.save(full_state("theirs"))
    with Store.open(env) as store:
        store.states.save(full_state("mine"))
        if how == "directory deleted":
            shutil.rmtree(env.paths.data)
        elif how == "deleted":
            env.paths.database.unlink()
        else:
            other.paths.database.replace(env.paths.database)
        expected = ["theirs"] if how == "replaced" else []
        assert [state.account_id for state in store.states.load()] == expected
        assert store.states.save(full_state("new"))
        assert store.notices == ["The database was deleted or replaced while in use. A new one is in use now."]
    with Store.open(env) as store:
        assert [state.account_id for state in store.states.load()] == [*expected, "new"]
