"""Files of older and newer programs, and file systems without shared memory."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.store.database import Database
from aic_tui.store.schema import MIGRATIONS
from aic_tui.store.store import Store
from tests.clock import FakeClock
from tests.conftest import build_env
from tests.store_cases import full_state
from tests.store_files import names, raw, seeded

KNOWN = len(MIGRATIONS)


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
    backup = env.paths.data / f"aic.db.bak-v{KNOWN}"
    assert backup.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (KNOWN,)
        assert connection.execute("SELECT count(*) FROM points").fetchone() == (600,)
    assert names(env) == ["aic.db", f"aic.db.bak-v{KNOWN}", "aic.db.lock"]


def test_a_file_from_before_session_logs_gets_their_tables(env: Environment) -> None:
    with Store.open(env, MIGRATIONS[:1]) as store:
        store.states.save(full_state())
    with Store.open(env) as store:
        assert store.check() is None
        assert store.notices == []
        assert store.states.load() == [full_state()]
    with raw(env) as connection:
        assert connection.execute("SELECT count(*) FROM log_files").fetchone() == (0,)
    assert "aic.db.bak-v1" in names(env)


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
        assert connection.execute("PRAGMA user_version").fetchone() == (KNOWN + 1,)
        assert connection.execute("SELECT count(*) FROM points").fetchone() == (600,)
        assert connection.execute("SELECT count(*) FROM extra").fetchone() == (0,)
    assert f"aic.db.bak-v{KNOWN}" in names(env)


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
