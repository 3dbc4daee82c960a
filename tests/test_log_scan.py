"""Scans from the walk to the sums: whatever happens to logs and scanners, each request counts once."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.logs import registry
from aic_tui.logs.hands import Hands
from aic_tui.logs.plan import plan
from aic_tui.logs.scan import read_all
from aic_tui.services.usage import Progress, UsageService
from aic_tui.store import log_reading
from tests.clock import FakeClock
from tests.conftest import build_env
from tests.log_corpus import SIZES, Corpus
from tests.log_scan_cases import UTC, Machine, answer, truth
from tests.store_files import POSIX, names, raw

LATEST = date.max.toordinal()


@pytest.fixture
def machine(env: Environment) -> Machine:
    return Machine(env)


def test_a_machine_without_logs_has_nothing(machine: Machine) -> None:
    assert machine.ask(lambda service: service.rows(UTC)) == ()
    report = machine.scan()
    assert (report.read_files, report.first_run, report.notices) == (0, True, ())
    assert machine.sums() == {}
    assert [place.exists for place in machine.health().places] == [False, False]


def test_what_is_added_is_read_and_nothing_else(machine: Machine) -> None:
    machine.log("a.jsonl", answer(1), answer(2))
    machine.log("b.jsonl", answer(3))
    report = machine.scan()
    assert (report.read_files, report.first_run) == (2, True)
    machine.add("a.jsonl", answer(4)[:40])
    report = machine.scan()
    assert report.first_run is False
    assert machine.totals() == (3, 30)
    machine.add("a.jsonl", answer(4)[40:], answer(2, output=50))
    machine.scan()
    assert machine.totals() == (4, 80)
    assert machine.sums()["claude", "b", "messages"] == 1


def test_a_second_scan_reads_nothing(machine: Machine) -> None:
    path = machine.log("a.jsonl", answer(1))
    settle(machine)
    machine.scan()
    assert machine.scan().read_files == 0
    os.utime(path, (1, 1))
    assert machine.scan().read_files == 1
    assert machine.totals() == (1, 10)


def settle(machine: Machine) -> None:
    """Make everything an hour older: what was changed only just now is read once more."""
    before = time.time() - 3600
    for folder, _, files in os.walk(machine.env.home, topdown=False):
        for name in (*files, "."):
            os.utime(Path(folder) / name, (before, before))


def test_deleted_logs_go_on_counting(machine: Machine) -> None:
    path = machine.log("a.jsonl", answer(1))
    machine.log("b.jsonl", answer(1, output=5), answer(2))
    machine.scan()
    path.unlink()
    machine.scan()
    assert machine.totals() == (2, 20)
    assert (machine.health().files, machine.health().gone) == (1, 1)
    shutil.rmtree(machine.env.home / ".claude")
    machine.scan()
    assert machine.totals() == (2, 20)
    machine.log("a.jsonl", answer(1), answer(7))
    machine.scan()
    assert machine.totals() == (3, 30)
    assert (machine.health().files, machine.health().gone) == (1, 1)


def test_moved_logs_count_once_also_where_nothing_names_a_request(machine: Machine) -> None:
    nameless = answer(1).replace(b'"id":"msg_1",', b"")
    path = machine.log("a.jsonl", nameless, nameless)
    machine.scan()
    assert machine.totals() == (2, 20)
    path.rename(machine.projects / "b.jsonl")
    machine.add("b.jsonl", nameless)
    machine.scan()
    assert machine.totals() == (3, 30)
    assert {session for _, session, _ in machine.sums()} == {"b"}
    shutil.copy(machine.projects / "b.jsonl", machine.projects / "c.jsonl")
    (machine.projects / "b.jsonl").unlink()
    machine.scan()
    assert machine.totals() == (3, 30)
    assert machine.health().gone == 0


def test_logs_that_are_cut_or_written_over_count_as_they_are(machine: Machine) -> None:
    path = machine.log("a.jsonl", answer(1), answer(2), answer(3))
    machine.scan()
    path.write_bytes(answer(1))
    machine.scan()
    assert machine.totals() == (1, 10)
    path.write_bytes(answer(8))
    machine.scan()
    assert machine.totals() == (1, 10)
    machine.log("new", answer(4), answer(5)).replace(path)
    machine.scan()
    assert machine.totals() == (2, 20)


def test_another_zone_makes_other_days(machine: Machine) -> None:
    machine.log("a.jsonl", answer(1, at="2026-05-01T23:30:00.000Z"))
    machine.scan()
    berlin = ZoneInfo("Europe/Berlin")
    for _ in range(2):
        for zone, day in ((UTC, 1), (berlin, 2)):
            (row,) = machine.rows(zone)
            assert (row.day.day, row.session, row.model, row.output) == (day, "a", "claude-opus-4-5", 10)
        machine.scan(berlin)


def test_records_are_given_one_by_one(machine: Machine) -> None:
    machine.log("a.jsonl", answer(1), answer(2, at="2026-05-02T10:00:00.000Z"))
    machine.log("b.jsonl", answer(1))
    machine.scan()
    found = machine.ask(lambda service: list(service.records()))
    assert sorted((record.session, record.ts, record.output) for record in found) == [
        ("a", 1_777_629_600_000, 10),
        ("a", 1_777_716_000_000, 10),
    ]
    assert machine.ask(lambda service: list(service.records(session="b"))) == []
    (one,) = machine.ask(lambda service: list(service.records(since_ts=1_777_716_000_000)))
    assert one.ts == 1_777_716_000_000
    assert machine.ask(lambda service: list(service.records(sources=["codex"]))) == []


def test_details_that_are_not_wanted_are_added_up(machine: Machine) -> None:
    machine.log("a.jsonl", answer(1))
    machine.log("b.jsonl", answer(2))
    machine.scan()
    for zone in (UTC, ZoneInfo("Asia/Tokyo")):
        for detail, expected in (("day", [("", "", 2)]), ("project", [("", "-p", 2)])):
            rows = machine.rows(zone, detail=detail)
            assert [(row.session, row.project, row.messages) for row in rows] == expected


@POSIX
def test_hostile_neighbours_harm_nobody(machine: Machine) -> None:
    machine.log("a.jsonl", answer(1))
    os.mkfifo(machine.projects / "fifo.jsonl")
    (machine.projects / "zero.jsonl").symlink_to("/dev/zero")
    (machine.projects / "up").symlink_to(machine.projects)
    (machine.projects / "folder.jsonl").mkdir()
    machine.log("utf16.jsonl", answer(2).decode().encode("utf-16"))
    machine.log("nul.jsonl", bytes(8192), b"\n", answer(3))
    machine.log("deep.jsonl", b'{"usage":' * 100_000 + b"\n", answer(4))
    machine.log(
        "digits.jsonl", b'{"type":"assistant","message":{"usage":{"input_tokens":' + b"9" * 10**6 + b"}}}\n", answer(5)
    )
    hole = machine.log("hole.jsonl", answer(6))
    os.truncate(hole, 1 << 30)
    machine.add("hole.jsonl", b"\n", answer(7))
    report = machine.scan()
    assert report.notices == ()
    assert machine.totals() == (6, 60)
    assert machine.health().skipped["line too long"] == 1
    assert machine.health().problems == []


@POSIX
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_log_that_may_not_be_read_is_read_once_it_may(machine: Machine) -> None:
    path = machine.log("a.jsonl", answer(1))
    shut = machine.log("shut/b.jsonl", answer(2)).parent
    path.chmod(0)
    shut.chmod(0)
    try:
        machine.scan()
        assert machine.health().problems == [f"{shut}: no permission", f"{path}: no permission"]
    finally:
        path.chmod(0o600)
        shut.chmod(0o700)
    machine.scan()
    assert machine.totals() == (2, 20)
    assert machine.health().problems == []


def test_progress_and_cancelling(machine: Machine) -> None:
    for number in range(30):
        machine.log(f"{number}.jsonl", answer(number))
    seen: list[Progress] = []
    report = machine.scan(progress=seen.append, cancelled=lambda: len(seen) > 0)
    assert report.cancelled
    assert report.read_files < 30
    report = machine.scan(progress=seen.append)
    assert not report.cancelled
    assert machine.totals() == (30, 300)
    assert (seen[-1].share, seen[-1].files_done) == (1.0, seen[-1].files_total)


def test_a_request_counts_once_in_a_report_that_another_instance_scans_into(machine: Machine) -> None:
    machine.log("a.jsonl", answer(1))
    machine.log("b.jsonl", answer(2))
    machine.scan()
    with UsageService(machine.env, Config()) as service:
        records = service.records()
        found = [next(records)]
        machine.log("c.jsonl", answer(1, output=50))
        machine.scan()
        found += records
        assert [record.output for record in found] == [10, 10]
        assert sorted(record.output for record in service.records()) == [10, 50]


def test_all_queries_of_a_report_see_the_same_moment(machine: Machine) -> None:
    machine.log("a.jsonl", answer(1))
    machine.scan()
    db = log_reading.open_reading(machine.env.paths.database)
    assert db is not None

    def rows_before_and_after(db: sqlite3.Connection) -> list[int]:
        before = log_reading.rows(db, 0, LATEST, None, "day")
        machine.scan(ZoneInfo("Asia/Tokyo"))
        assert log_reading.has_rows_of(db, UTC)
        machine.log("b.jsonl", answer(2))
        machine.scan()
        return [len(before), sum(row.messages for row in log_reading.rows(db, 0, LATEST, None, "day"))]

    with contextlib.closing(db):
        assert log_reading.at_once(db, rows_before_and_after) == [1, 1]
        assert sum(row.messages for row in log_reading.rows(db, 0, LATEST, None, "day")) == 2


def test_a_newer_database_is_refused(machine: Machine) -> None:
    machine.log("a.jsonl", answer(1))
    machine.scan()
    with raw(machine.env) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(UserError, match="newer version"):
        machine.scan()


@POSIX
@pytest.mark.parametrize("what", ["read-only", "full"])
def test_a_report_works_from_memory_where_nothing_can_be_saved(machine: Machine, what: str) -> None:
    machine.log("a.jsonl", answer(1))
    machine.scan()
    machine.log("b.jsonl", answer(2))
    with UsageService(machine.env, Config()) as service:
        if what == "full":
            report = with_full_disk(service)
        else:
            machine.env.paths.database.chmod(0o400)
            machine.env.paths.data.chmod(0o500)
            report = service.scan(UTC)
            if os.geteuid() != 0:
                assert "read-only" in report.notices[0]
        assert sum(row.messages for row in service.rows(UTC)) == 2
    machine.env.paths.data.chmod(0o700)
    machine.env.paths.database.chmod(0o600)
    machine.scan()
    assert machine.totals() == (2, 20)


def with_full_disk(service: UsageService) -> object:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        report = service.scan(UTC)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [notice.endswith("until you quit.") for notice in report.notices] == [True]
    return report


@pytest.mark.parametrize("table", ["log_files", "log_records", "log_rows", "log_keys", "log_sessions"])
def test_what_a_damaged_database_has_lost_is_read_again(machine: Machine, table: str) -> None:
    for number in range(40):
        machine.log(f"{number}.jsonl", answer(number), answer(number + 1, output=20))
    gone = machine.log("gone.jsonl", answer(99))
    machine.scan()
    expected = machine.totals()
    gone.unlink()
    with raw(machine.env) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    with machine.env.paths.database.open("r+b") as file:
        file.seek(4096 * (page - 1))
        file.write(b"\xff" * 4096)
    with contextlib.suppress(UserError):
        machine.ask(lambda service: list(service.records()))
    machine.totals()
    machine.scan()
    machine.scan()
    # Only of the log that is gone something may be lost.
    assert machine.totals() in (expected, (expected[0] - 1, expected[1] - 10))
    assert any("corrupt" in name for name in names(machine.env))
    assert machine.scan().notices == ()


def test_two_scans_at_once_count_everything_once(machine: Machine) -> None:
    for number in range(60):
        machine.log(f"{number % 7}/{number}.jsonl", answer(number), answer(number + 1))
    threads = [threading.Thread(target=machine.scan) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert machine.totals() == (61, 610)


def test_a_generated_home_is_counted_exactly(machine: Machine) -> None:
    Corpus(machine.env.home, SIZES["small"]).write()
    machine.scan()
    assert machine.by_day() == truth(machine.env.home)
    for health in machine.ask(lambda service: service.health()):
        assert health.problems == []


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_give_what_one_process_gives(machine: Machine, workers: int) -> None:
    Corpus(machine.env.home, SIZES["tiny"]).write()
    with UsageService(machine.env, Config()) as service:
        todo = [
            entry
            for source in registry.source_ids()
            for entry in plan(registry.reader(source), service.machine, (), ()).todo
        ]
        expected = {
            facts.path: facts
            for delivery in read_all(todo, service.machine, UTC, workers=0)
            for facts in delivery.facts
        }
        found = {
            facts.path: facts
            for delivery in read_all(todo, service.machine, UTC, workers=workers)
            for facts in delivery.facts
        }
    assert found == expected
    assert len(found) > 10


@pytest.mark.parametrize("seed", range(3))
def test_a_home_that_grows_under_many_scans_is_counted_exactly(tmp_path: Path, seed: int) -> None:
    """Files appear in any order, grow by any number of bytes, are copied, moved and deleted."""
    rng = random.Random(seed)
    done = build_env(tmp_path / "done", FakeClock()).home
    Corpus(done, SIZES["tiny"], seed).write()
    machine = Machine(build_env(tmp_path / "growing", FakeClock()))
    left = {path: path.read_bytes() for path in sorted(done.rglob("*")) if path.suffix == ".jsonl"}
    for path in done.rglob("*.json"):
        target = machine.env.home / path.relative_to(done)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    grown: set[Path] = set()
    while left:
        for path in rng.sample(sorted(left), rng.randrange(1, len(left) + 1)):
            target = machine.env.home / path.relative_to(done)
            target.parent.mkdir(parents=True, exist_ok=True)
            count = rng.randrange(len(left[path]) // 3 + 2)
            with target.open("ab") as file:
                file.write(left[path][:count])
            left[path] = left[path][count:]
            if not left[path]:
                del left[path]
                grown.add(target)
        machine.scan()
        for path in rng.sample(sorted(grown), len(grown) // 3):
            if rng.random() < 0.5:
                path.unlink()
            else:
                path.rename(path.with_name("moved-" + path.name))
            grown.discard(path)
    machine.scan()
    assert machine.by_day() == truth(done)


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_kills_during_the_first_scan_change_no_sum(tmp_path: Path, rounds: int) -> None:
    """Every round kills a scan at a random moment; the next goes on from whatever was committed."""
    rng = random.Random(rounds)
    machine = Machine(build_env(tmp_path, FakeClock()))
    Corpus(machine.env.home, SIZES["tiny"], rounds).write()
    expected = truth(machine.env.home)
    for number in range(rounds):
        if number % 4 == 0:
            shutil.rmtree(machine.env.paths.data, ignore_errors=True)
        process = scanner(tmp_path)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1 + rng.random() * 0.4)
        process.kill()
        process.wait(60)
        wait_for_group(process.pid)
        if machine.env.paths.database.exists() and number % 4 == 3:
            machine.scan()
            assert machine.by_day() == expected
            with raw(machine.env) as db:
                assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)
    machine.scan()
    assert machine.by_day() == expected


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_its_scan(tmp_path: Path, number: int) -> None:
    machine = Machine(build_env(tmp_path, FakeClock()))
    Corpus(machine.env.home, SIZES["small"]).write()
    process = scanner(tmp_path, "tell")
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    process.send_signal(number)
    process.wait(10)
    wait_for_group(process.pid)


def scanner(root: Path, *words: str) -> subprocess.Popen[str]:
    """A scan in a process group of its own, with workers and with a commit for every few files."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.log_scanner", str(root), *words],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
        cwd="/",
    )


def wait_for_group(group: int) -> None:
    """Until no process of ``group`` is left. Raises TimeoutError after ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(0.005)
    raise TimeoutError


@POSIX
@pytest.mark.slow
def test_a_file_that_kills_its_worker_costs_nobody_else(machine: Machine, tmp_path: Path) -> None:
    for number in range(10):
        machine.log(f"{number}.jsonl", answer(number))
    machine.log("poison.jsonl", answer(11))
    machine.log("once.jsonl", answer(12))
    with UsageService(machine.env, Config()) as service:
        todo = plan(registry.reader("claude"), service.machine, (), ()).todo
        deliveries = read_all(todo, service.machine, UTC, hands=Hands("tests.poisoned_worker"), workers=2)
        found = {Path(os.fsdecode(facts.path)).name: facts for delivery in deliveries for facts in delivery.facts}
    assert len(found) == 12
    assert [name for name, facts in found.items() if facts.keep] == ["poison.jsonl"]
    assert found["poison.jsonl"].problem == "reading it fails"
    assert found["poison.jsonl"].stamp == next(entry.job.stamp for entry in todo if b"poison" in entry.job.path)


@pytest.mark.slow
def test_workers_that_cannot_even_begin_accuse_no_file(machine: Machine) -> None:
    machine.log("a.jsonl", answer(1))
    with UsageService(machine.env, Config()) as service:
        todo = plan(registry.reader("claude"), service.machine, (), ()).todo
        hands = Hands("tests.no_such_worker")
        hands.prepare(1)
        deliveries = list(read_all(todo, service.machine, UTC, hands=hands, workers=2))
    (facts,) = [facts for delivery in deliveries for facts in delivery.facts]
    assert (facts.problem, len(facts.records)) == (None, 64)


def test_nothing_but_the_database_is_left_behind(machine: Machine) -> None:
    machine.log("a.jsonl", answer(1))
    machine.scan()
    assert names(machine.env) == ["aic.db", "aic.db.lock", "aic.db.scan"]
