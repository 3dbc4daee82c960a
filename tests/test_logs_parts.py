"""What all log readers share: times, lines, places, and other programs' databases."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.logs.base import Place, Unreadable
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import decode, decoded, tokens, whole_lines
from aic_tui.logs.places import application_data, config_home, data_home, distinct, expanded, from_variable
from aic_tui.logs.registry import TOOLS, reader, source_ids, source_name
from aic_tui.logs.sqlite_file import columns, opened
from aic_tui.logs.times import milliseconds
from tests.log_cases import machine

AT = 1777629600_123


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        ("2026-05-01T10:00:00.123Z", AT),
        ("2026-05-01T10:00:00.123456789Z", AT),
        ("2026-05-01T12:00:00.123+02:00", AT),
        ("2026-05-01 10:00:00.123", AT),
        ("2026-05-01t10:00:00.123z", AT),
        ("2026-05-01T09:59:60.123Z", AT - 1000),
        (1777629600.123, AT),
        (1777629600_123, AT),
        (1777629600_123456, AT),
        (1777629600_123456789, AT),
        ("1777629600123", AT),
        ("1777629600.123", AT),
        (0, None),
        (-5, None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ("9" * 50, None),
        ("2026-05-01", None),
        ("2026-02-30T10:00:00.123Z", None),
        ("2026-05-01T10:00:00.1٣3Z", None),
        ("9999-12-31T23:59:59.999Z", None),
        ("1970-01-01T00:00:00.000Z", None),
        (None, None),
        ({}, None),
        (["x"] * 24, None),
        (b"2026-05-01T10:00:00.123Z", None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_time_is_one_however_it_is_told(value: object, ms: int | None) -> None:
    assert milliseconds(value) == ms


@given(st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1)))  # noqa: DTZ001  # a zone is added
def test_the_fast_way_to_a_time_is_exact(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z".rjust(24, "0")
    exact = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // (moment.resolution * 1000)
    assert milliseconds(text) == exact
    assert milliseconds(text.replace("Z", "000+00:00")) == exact


@given(st.one_of(st.text(max_size=30), st.integers(), st.floats(), st.binary()))
def test_nothing_that_claims_to_be_a_time_raises(value: object) -> None:
    found = milliseconds(value)
    assert found is None or found > 0


def test_lines_are_whole_and_not_empty() -> None:
    assert list(whole_lines(b"\xef\xbb\xbfa\r\n\n  \r\nb\nc")) == [b"a", b"b", b"c"]
    assert list(whole_lines(b"")) == []


def test_what_is_not_understood_is_counted_by_reason() -> None:
    batch = Batch()
    decoder = msgspec.json.Decoder(dict[str, int])
    lines = b'{"a":1}\n{"a":"x"}\n{"a":\n{"\\ud83d":2}\n\xff'
    assert [list(value.values()) for value in decoded(lines, decoder, batch)] == [[1], [2]]
    assert batch.skipped == {"unexpected shape": 1, "not JSON": 2}
    assert decode(b"[" * 100_000, msgspec.json.Decoder(), batch) is None
    assert batch.skipped["not JSON"] == 3


def test_a_count_is_an_integer_from_0_on() -> None:
    assert [tokens(value) for value in (0, 7, -1, True, 1.0, "1", None)] == [0, 7, None, None, None, None, None]


def test_paths_as_users_write_them(tmp_path: Path) -> None:
    there = machine(tmp_path, {"X": " ~/a , /b,, c ", "E": " , ", "XDG_DATA_HOME": "relative"})
    assert from_variable(there, "X") == [tmp_path / "a", Path("/b"), tmp_path / "c"]
    assert from_variable(there, "E") is None
    assert expanded(there, "~") == tmp_path
    assert config_home(there) == tmp_path / ".config"
    assert data_home(there) == tmp_path / ".local/share"
    assert data_home(machine(tmp_path, {"XDG_DATA_HOME": str(tmp_path)})) == tmp_path


def test_where_applications_keep_their_data(tmp_path: Path) -> None:
    assert application_data(machine(tmp_path, platform="darwin")) == tmp_path / "Library/Application Support"
    assert application_data(machine(tmp_path, platform="win32")) == tmp_path / "AppData/Roaming"
    assert application_data(machine(tmp_path, {"APPDATA": "/r"}, platform="win32")) == Path("/r")
    assert application_data(machine(tmp_path)) == tmp_path / ".config"


def test_a_place_named_twice_is_one() -> None:
    assert distinct([Place(Path("/a")), Place(Path("/b")), Place(Path("/a"), "config")]) == [
        Place(Path("/a")),
        Place(Path("/b")),
    ]


def test_every_tool_has_its_reader() -> None:
    for tool in TOOLS:
        assert (reader(tool.id).id, reader(tool.id).name) == (tool.id, tool.name)
    assert source_ids() == tuple(tool.id for tool in TOOLS)
    assert source_name("claude") == "Claude Code"
    assert source_name("nothing known") == "nothing known"
    with pytest.raises(KeyError):
        reader("nothing known")


WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("INSERT INTO t VALUES (2)")
if sys.argv[2] == "exclusive":
    connection.execute("BEGIN EXCLUSIVE")
if sys.argv[2] == "half":
    connection.execute("PRAGMA cache_size=1")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO t VALUES (?)", [("x" * 5000,)] * 500)
print("ready", flush=True)
sys.stdin.read()
"""


def database(folder: Path, mode: str) -> Path:
    path = folder / "own #1.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.commit()
    connection.close()
    return path


def rows(path: Path) -> int | str:
    """How many rows are seen; nothing beside the database may come or go, and nothing in it may change."""
    before = {file.name: file.stat().st_size for file in path.parent.iterdir()}
    content = path.read_bytes()
    try:
        with opened(path) as connection:
            (count,) = connection.execute("SELECT count(*) FROM t").fetchone()
            found: int | str = count
    except Unreadable as problem:
        found = str(problem)
    assert {file.name: file.stat().st_size for file in path.parent.iterdir()} == before
    assert path.read_bytes() == content
    return found


@pytest.mark.parametrize(
    ("mode", "writing", "while_open", "after"),
    [
        ("wal", "idle", 2, 2),
        ("wal", "exclusive", 2, 2),
        ("wal", "half", 2, 2),
        ("delete", "idle", 2, 2),
        ("delete", "exclusive", "the database is locked", 2),
        ("delete", "half", "the database is locked", 2),
    ],
)
def test_a_database_in_use_or_left_by_a_crash_is_read(
    tmp_path: Path, mode: str, writing: str, while_open: int | str, after: int
) -> None:
    path = database(tmp_path, mode)
    assert rows(path) == 1
    command = [sys.executable, "-c", WRITER, str(path), writing]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        seen = rows(path)
        program.kill()
    assert seen == while_open
    assert rows(path) == after
    if mode == "wal":
        path.with_name(path.name + "-shm").unlink()
        assert rows(path) == after


@pytest.mark.parametrize("content", [b"", b"x" * 5000, b"SQLite format 3\0" + b"z" * 9000], ids=len)
def test_what_is_no_database_is_a_problem_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)
    assert rows(path) == "not a readable database"
    os.unlink(path)  # noqa: PTH108
    with pytest.raises(Unreadable, match="cannot be opened"), opened(path):
        pass


def test_a_database_cannot_be_written_through_the_door(tmp_path: Path) -> None:
    path = database(tmp_path, "wal")
    with pytest.raises(Unreadable), opened(path) as connection:
        connection.execute("INSERT INTO t VALUES (3)")
    with opened(path) as connection:
        assert columns(connection, "t") == {"a"}
        assert columns(connection, "nothing") == set()
