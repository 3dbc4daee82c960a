"""What happens to files happens to the store: kills, damage, locks, full disks, foreign versions."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.store.database import QUEUE_LIMIT, Database
from aic_tui.store.faults import NotSaved
from aic_tui.store.schema import MIGRATIONS
from aic_tui.store.store import Store
from tests.clock import FakeClock
from tests.conftest import build_env
from tests.store_cases import NOW, full_state, quota
from tests.store_worker import SLOW_STEP

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")


def worker(mode: str, root: Path, name: str = "a", prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [*prefix, sys.executable, "-m", "tests.store_worker", mode, str(root), name]
    repository = Path(__file__).parent.parent
    environ = {**os.environ, "PYTHONPATH": str(repository)}
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


# -- kills


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
    assert seen <= {1, 2}


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


# -- damage


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


# -- locks


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


# -- disk, rights, replacement


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


# -- versions


def test_a_newer_file_is_refused_and_left_alone(env: Environment) -> None:
    seeded(env, 0)
    with raw(env) as connection:
        connection.execute("PRAGMA user_version=99")
    before = {path.name: path.read_bytes() for path in env.paths.data.iterdir()}
    with pytest.raises(UserError, match="newer version of aic-tui") as refused:
        Store.open(env)
    assert refused.value.exit_code == 2
    assert {path.name: path.read_bytes() for path in env.paths.data.iterdir()} == before


def test_a_newer_file_whose_version_is_still_in_the_wal_is_refused(env: Environment) -> None:
    seeded(env, 0)
    with raw(env) as connection:
        connection.execute("PRAGMA user_version=99")
        with pytest.raises(UserError, match="schema 99"):
            Store.open(env)
        assert connection.execute("SELECT count(*) FROM states").fetchone() == (3,)


def test_a_newer_program_that_takes_over_while_we_run_is_left_alone(env: Environment) -> None:
    with Store.open(env) as store:
        store.states.save(full_state())
        with raw(env) as connection:
            connection.execute("PRAGMA user_version=99")
        assert not store.states.save(full_state("b"))
        assert [state.account_id for state in store.states.load()] == ["b"]
        assert "newer version" in store.notices[0]
    with raw(env) as connection:
        assert connection.execute("SELECT count(*) FROM states").fetchone() == (1,)


def test_an_older_file_is_copied_before_it_is_changed(env: Environment) -> None:
    seeded(env)
    step = ("ALTER TABLE notes ADD COLUMN colour TEXT",)
    with Store.open(env, (*MIGRATIONS, step)) as store:
        assert store.notes.get("sort") == "name"
        assert len(store.history.points()) == 600
    backup = env.paths.data / "aic.db.bak-v1"
    assert backup.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM points").fetchone() == (600,)
    assert names(env) == ["aic.db", "aic.db.bak-v1", "aic.db.lock"]


def test_a_migration_that_fails_leaves_the_last_complete_version(env: Environment) -> None:
    seeded(env)
    good, bad = ("CREATE TABLE extra (x)",), ("DELETE FROM points", "INSERT INTO nowhere VALUES (1)")
    with Store.open(env, (*MIGRATIONS, good, bad)) as store:
        assert store.notices == [
            (
                "Not saving: the database could not be brought to the newest version."
                " New figures are kept in memory until you quit."
            )
        ]
        assert not store.states.save(full_state("z"))
        assert [state.account_id for state in store.states.load()] == ["z"]
    with raw(env) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM points").fetchone() == (600,)
        assert connection.execute("SELECT count(*) FROM extra").fetchone() == (0,)
    assert "aic.db.bak-v1" in names(env)


def test_on_a_network_file_system_no_shared_memory_is_used(env: Environment, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nbroken\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    database = Database(env, mounts=mounts)
    database.open()
    with raw(env) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert database.save(lambda db: db.execute("INSERT INTO notes VALUES ('a', 'b')"))
    database.checkpoint()
    database.close()
    local = build_env(tmp_path / "local", FakeClock())
    database = Database(local, mounts=tmp_path / "nowhere")
    database.open()
    with raw(local) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()
