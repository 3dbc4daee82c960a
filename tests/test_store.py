"""States, notes and the requests log through the store, as a start after a stop sees them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from aic_tui import models
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind
from aic_tui.models import AccountState, Failure, RequestEntry
from aic_tui.store.codec import decode, encode
from aic_tui.store.requests import KEPT_PER_ACCOUNT
from aic_tui.store.store import Store
from tests.store_cases import NOW, full_state, quota


@pytest.fixture
def store(env: Environment) -> Iterator[Store]:
    with Store.open(env) as opened:
        yield opened


def reopened(env: Environment) -> list[AccountState]:
    with Store.open(env) as store:
        return store.states.load()


def rewrite(env: Environment, statement: str, *values: object) -> None:
    """Change the file as another version of the program would."""
    with closing(sqlite3.connect(env.paths.database)) as connection, connection:
        connection.execute(statement, values)


def rewrite_body(env: Environment, change: dict[str, Any], account_id: str = "claude") -> None:
    with closing(sqlite3.connect(env.paths.database)) as connection, connection:
        (body,) = connection.execute("SELECT body FROM states WHERE account_id = ?", (account_id,)).fetchone()
        text = json.dumps({**json.loads(body), **change})
        connection.execute("UPDATE states SET body = ? WHERE account_id = ?", (text, account_id))


def test_a_state_comes_back_exactly(env: Environment, store: Store) -> None:
    state = full_state()
    assert store.states.save(state)
    store.close()
    assert reopened(env) == [state]


def test_no_field_of_a_model_is_forgotten() -> None:
    """Fails for a new field until ``full_state`` has a value for it, and then unless that value comes back."""
    written: dict[type, set[str]] = {}

    def walk(value: Any) -> None:
        for element in value if isinstance(value, tuple) else ():
            walk(element)
        if is_dataclass(value) and not isinstance(value, type):
            written.setdefault(type(value), set()).update(encode(value))
            for field in fields(value):
                walk(getattr(value, field.name))

    state = replace(full_state(), fetching=True)
    walk(state)
    assert written == {model: {field.name for field in fields(model)} for model in written}
    assert len(written) == 9
    assert decode(AccountState, json.loads(json.dumps(encode(state)))) == state


def test_states_come_in_the_order_of_the_account_list(env: Environment, store: Store) -> None:
    store.states.save(full_state("b"))
    store.states.save(full_state("a"))
    assert [state.account_id for state in store.states.load()] == ["b", "a"]
    store.states.save(full_state("z"), position=0)
    store.states.save(full_state("b"), position=3)
    assert [state.account_id for state in store.states.load()] == ["z", "a", "b"]


def test_nothing_is_fetching_after_a_start(env: Environment, store: Store) -> None:
    store.states.save(replace(full_state(), fetching=True))
    assert not store.states.load()[0].fetching


@pytest.mark.parametrize("body", ["", "[]", "{", '{"snapshot": 1}' * 2, "[" * 100_000, '"x"', "null"])
def test_an_unreadable_row_is_left_out(env: Environment, store: Store, body: str) -> None:
    store.states.save(full_state("good"))
    store.states.save(full_state("bad"))
    rewrite(env, "UPDATE states SET body = ? WHERE account_id = 'bad'", body)
    assert [state.account_id for state in store.states.load()] == ["good"]


def test_what_a_newer_program_wrote_is_read_as_far_as_it_is_known(env: Environment, store: Store) -> None:
    store.states.save(full_state())
    body: dict[str, Any] = encode(full_state())
    body["failure"] |= {"kind": "eaten_by_bears", "reason": "bears"}
    body["snapshot"]["reading"]["spends"][0]["kind"] = "bartered"
    body["snapshot"]["reading"]["windows"] += [{"id": 5}, "?", {"id": "w", "label": "Week", "ratio": float("nan")}]
    body["snapshot"]["reading"]["plan"] = ["x"]
    body["snapshot"]["reading"]["balances"][0]["amount"] = "Infinity"
    rewrite_body(env, {**body, "colour": "red", "next_at": "2026-11-21", "interval_seconds": True})
    (state,) = store.states.load()
    assert isinstance(state.failure, Failure)
    assert state.reading is not None
    assert (state.failure.kind, state.failure.reason) == (FailureKind.ERROR, None)
    assert state.reading.spends[0].kind is models.MoneyKind.UNKNOWN
    assert [(window.id, window.ratio) for window in state.reading.windows] == [("5h", 0.53), ("x", None), ("w", None)]
    assert (state.reading.plan, state.reading.balances) == (None, ())
    assert (state.next_at, state.interval_seconds) == (None, 300)


def test_control_bytes_in_the_file_do_not_reach_the_screen(env: Environment, store: Store) -> None:
    store.states.save(full_state())
    rewrite_body(env, {"auth_source": "env:\x1b]0;owned\x07X"})
    assert store.states.load()[0].auth_source == "env:X"


def test_notes_are_remembered(env: Environment, store: Store) -> None:
    assert store.notes.get("sort") is None
    store.notes.set("sort", "name")
    store.notes.set("sort", "status")
    store.close()
    with Store.open(env) as again:
        assert again.notes.get("sort") == "status"


def entry(number: int, account_id: str = "a") -> RequestEntry:
    at = NOW + timedelta(seconds=number)
    return RequestEntry(account_id, at, "GET", "https://x.test/v1", "ok", 200, number, None)


def test_the_requests_log_is_newest_first_and_bounded(env: Environment, store: Store) -> None:
    store.requests.add(entry(0, "other"))
    for number in range(KEPT_PER_ACCOUNT + 30):
        store.requests.add(entry(number))
    assert store.requests.last("a", 2) == [entry(KEPT_PER_ACCOUNT + 29), entry(KEPT_PER_ACCOUNT + 28)]
    assert len(store.requests.last("a", 1000)) == KEPT_PER_ACCOUNT
    assert store.requests.last("other") == [entry(0, "other")]
    rewrite(env, "UPDATE requests SET at = 'soon' WHERE account_id = 'other'")
    assert store.requests.last("other") == []


def test_requests_older_than_thirty_days_go(store: Store) -> None:
    store.requests.add(replace(entry(0), at=NOW - timedelta(days=31)))
    store.requests.add(replace(entry(1), at=NOW - timedelta(days=29)))
    store.requests.add(replace(entry(2), at=NOW + timedelta(days=900)))
    store.maintain(NOW, 180)
    assert [found.duration_ms for found in store.requests.last("a")] == [2, 1]


def test_only_the_user_may_read_the_file(env: Environment, store: Store) -> None:
    store.notes.set("a", "b")
    modes = {path.name: path.stat().st_mode & 0o777 for path in env.paths.data.iterdir()}
    assert modes.pop("aic.db") == 0o600
    assert set(modes.values()) == {0o600}
    assert env.paths.data.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(env: Environment) -> None:
    env.paths.data.mkdir(parents=True)
    env.paths.database.touch(0o644)
    env.paths.database.chmod(0o644)
    with Store.open(env):
        assert env.paths.database.stat().st_mode & 0o777 == 0o600


def test_the_file_is_laid_out_to_be_safe_and_to_shrink(env: Environment, store: Store) -> None:
    with closing(sqlite3.connect(env.paths.database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert store.check() is None
    facts = store.facts()
    assert facts.path == env.paths.database
    assert facts.size_bytes > 0
    assert (facts.why, facts.pending, facts.sqlite_version) == (None, 0, sqlite3.sqlite_version)


async def test_calls_run_in_turn_on_one_other_thread(store: Store) -> None:
    threads = await asyncio.gather(*(store.call(threading.current_thread) for _ in range(5)))
    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()
    assert threads[0].daemon
    assert await store.call(store.states.save, full_state())


async def test_an_exception_of_a_call_reaches_the_caller(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        await store.call(lambda: 1 // 0)
    assert await store.call(lambda: 7) == 7


async def test_a_write_nobody_waits_for_is_made_and_its_failure_is_logged(
    env: Environment, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.post(lambda: 1 // 0)
    store.post(store.notes.set, "theme", "dark")
    store.close()
    assert "ZeroDivisionError" in caplog.text
    with Store.open(env) as again:
        assert again.notes.get("theme") == "dark"


async def test_a_cancelled_call_is_still_made(store: Store) -> None:
    release = threading.Event()
    first = asyncio.create_task(store.call(release.wait, 5))
    second = asyncio.create_task(store.call(store.notes.set, "k", "v"))
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    release.set()
    assert await store.call(store.notes.get, "k") == "v"
    assert first.cancelled() or first.cancelling()


def test_a_call_whose_loop_has_ended_harms_nobody(store: Store) -> None:
    release = threading.Event()

    async def leave() -> None:
        task = asyncio.create_task(store.call(release.wait, 5))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(leave())
    release.set()
    assert asyncio.run(store.call(lambda: 3)) == 3


async def test_closing_does_not_wait_for_a_stuck_call(store: Store) -> None:
    release = threading.Event()
    stuck = asyncio.create_task(store.call(release.wait, 30))
    await asyncio.sleep(0)
    started = time.monotonic()
    store.close()
    assert time.monotonic() - started < 1
    store.close()
    with pytest.raises(RuntimeError):
        await store.call(lambda: 1)
    release.set()
    assert await stuck


def test_the_store_is_cheap_to_import() -> None:
    heavy = "{'httpx', 'keyring', 'pydantic', 'textual'} & set(sys.modules)"
    code = f"import sys, aic_tui.store.store; print({heavy} or 'light')"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.strip() == "light"


def test_a_first_read_does_not_wait_for_a_writer(env: Environment, store: Store) -> None:
    store.states.save(full_state())
    store.history.record("claude", quota(0.5))
    store.close()
    with closing(sqlite3.connect(env.paths.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE states SET label = 'later'")
        started = time.monotonic()
        with Store.open(env) as again:
            assert again.states.load() == [full_state()]
            assert len(again.history.points("claude")) == 1
        assert time.monotonic() - started < 0.5
