"""The reading side of the index of session logs. Loads next to nothing: a report of a warm run waits for it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from aic_tui.store.connect import connect, version_of
from aic_tui.store.schema import MIGRATIONS
from aic_tui.usage_records import BOUNDARIES, PACKED, Flag, NamedRecord, NamedRow
from aic_tui.zones import name_of

if TYPE_CHECKING:
    from aic_tui.usage_files import KnownFile

T = TypeVar("T")
TROUBLE = sqlite3.Error
"""What reading may raise: a lock, damage, a disk that is gone."""
_PATIENCE_SECONDS = 0.25
_MANY = 100
_LOST = int(Flag.LOST)
_LIMIT = int(Flag.LIMIT)
_CONTINUED = int(Flag.CONTINUED) >> 8
_HIGH_FLAGS = 31  # where the upper byte of a packed record's flags is
_SUMS = ", ".join(
    f"sum({name})" for name in ("messages", "input", "output", "cache_read", "write_5m", "write_1h", "extra", "cost")
)


def open_reading(path: Path) -> sqlite3.Connection | None:
    """A connection for reading, None where the file is not there or not (yet) one of this version of the program."""
    try:
        db = connect(path, _PATIENCE_SECONDS, writing=False)
    except sqlite3.Error:
        return None
    try:
        if version_of(db) == len(MIGRATIONS):
            return db
    except sqlite3.Error:
        pass
    db.close()
    return None


def at_once(db: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """The result of ``work``, all of whose queries see the index as it is now, whatever others commit meanwhile."""
    if db.in_transaction:
        return work(db)
    db.execute("BEGIN")
    try:
        return work(db)
    finally:
        _end(db)


def all_at_once(db: sqlite3.Connection, items: Iterator[T]) -> Iterator[T]:
    """``items``, which query ``db``, as they are now; others may commit between two of them."""
    if db.in_transaction:
        yield from items
        return
    db.execute("BEGIN")
    try:
        yield from items
    finally:
        _end(db)


def _end(db: sqlite3.Connection) -> None:
    if db.in_transaction:  # some failures have ended it already
        db.execute("ROLLBACK")


def rows_name(zone: tzinfo) -> str:
    """What rows depend on besides the records: the zone of their days, and the sizes that are told apart."""
    return f"{name_of(zone)} {','.join(map(str, BOUNDARIES))}"


def has_rows_of(db: sqlite3.Connection, zone: tzinfo) -> bool:
    """Whether the rows in the index are those of ``zone``."""
    row = db.execute("SELECT value FROM log_meta WHERE name = 'rows'").fetchone()
    return row is not None and row[0] == rows_name(zone)


def sources(db: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """What the last scan noted of each tool."""
    return {str(source): json.loads(body) for source, body in db.execute("SELECT source, body FROM log_sources")}


def folders(db: sqlite3.Connection) -> dict[str, list[tuple[bytes, int]]]:
    """By tool: path and modification time (ns) of every folder that the last scan listed."""
    found: dict[str, list[tuple[bytes, int]]] = {}
    for source, path, mtime_ns in db.execute("SELECT source, path, mtime_ns FROM log_folders"):
        found.setdefault(source, []).append((path, mtime_ns))
    return found


def stamps(db: sqlite3.Connection) -> dict[str, list[Sequence[Any]]]:
    """By tool: path, device, inode, size, modification time (ns) and whether reading failed, of every file that is
    not gone.
    """
    found: dict[bytes, list[Sequence[Any]]] = {}
    # As bytes: thousands of equal texts need not be decoded.
    query = "SELECT CAST(source AS BLOB), path, dev, ino, size, mtime_ns, failed FROM log_files WHERE gone = 0"
    for source, *stamp in db.execute(query):
        mine = found.get(source)
        if mine is None:
            mine = found[source] = []
        mine.append(stamp)
    return {source.decode(): mine for source, mine in found.items()}


def stamps_at(db: sqlite3.Connection, source: str, paths: Sequence[bytes]) -> list[Sequence[Any]]:
    """Those of the files of a tool that are there at these paths."""
    query = "SELECT path, dev, ino, size, mtime_ns, failed FROM log_files WHERE gone = 0 AND source = ? AND path = ?"
    return [stamp for path in paths for stamp in db.execute(query, (source, path))]


def epoch(db: sqlite3.Connection) -> int:
    """How often readings were taken into the index, by whomever."""
    row = db.execute("SELECT value FROM log_meta WHERE name = 'epoch'").fetchone()
    return int(row[0]) if row else 0


def version(db: sqlite3.Connection) -> int:
    """Changes when another connection has written."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])


_KNOWN = (
    "SELECT id, generation, source, root, path, dev, ino, size, mtime_ns, offset, head, tail, skipping, version, gone,"
    " failed FROM log_files WHERE"
)


def known_files(db: sqlite3.Connection, source: str, *, gone: bool) -> list[KnownFile]:
    """Every file of a tool that is (``gone``: no longer) there, as it was last read."""
    return _known(db.execute(f"{_KNOWN} source = ? AND gone = ?", (source, gone)))


def known_at(db: sqlite3.Connection, source: str, paths: Sequence[bytes]) -> list[KnownFile]:
    """The files of a tool that are there at these paths."""
    if len(paths) > _MANY:
        wanted = set(paths)
        return [file for file in known_files(db, source, gone=False) if file.path in wanted]
    marks = ", ".join("?" * len(paths))
    return _known(db.execute(f"{_KNOWN} source = ? AND gone = 0 AND path IN ({marks})", (source, *paths)))


def is_empty(db: sqlite3.Connection) -> bool:
    """Whether no file was ever read."""
    return db.execute("SELECT 1 FROM log_files LIMIT 1").fetchone() is None


def _known(rows: Iterable[Sequence[Any]]) -> list[KnownFile]:
    from aic_tui.usage_files import KnownFile, Stamp

    return [
        KnownFile._make(
            (*row[:5], Stamp._make(row[5:9]), *row[9:12], bool(row[12]), row[13], bool(row[14]), bool(row[15]))
        )
        for row in rows
    ]


def counters(db: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """Source, root, whether gone, files, bytes, repeated (with those lost to other files), forks and seen."""
    return db.execute(
        "SELECT source, root, gone, count(*), sum(size), sum(repeated) + sum(lost), sum(forks), sum(seen)"
        " FROM log_files GROUP BY source, root, gone"
    ).fetchall()


def messages(db: sqlite3.Connection) -> dict[str, int]:
    """How many requests of each tool count."""
    return dict(
        db.execute(
            "SELECT m.source, sum(r.messages) FROM log_rows r JOIN log_models m ON m.id = r.model GROUP BY m.source"
        ).fetchall()
    )


def skipped(db: sqlite3.Connection) -> list[tuple[str, dict[str, int]]]:
    """Tool and skipped lines by reason, of every file that has some."""
    return [
        (source, json.loads(text))
        for source, text in db.execute("SELECT source, skipped FROM log_files WHERE skipped != '{}'")
    ]


def problems(db: sqlite3.Connection) -> list[tuple[str, bytes, str]]:
    """Tool, path and words of every file that could not be read, or not all of it."""
    return db.execute(
        "SELECT source, path, problem FROM log_files WHERE problem IS NOT NULL ORDER BY source, path"
    ).fetchall()


def rows(
    db: sqlite3.Connection,
    first: int,
    last: int,
    wanted: Collection[str] | None,
    detail: str,
) -> list[NamedRow]:
    """Sums of the days (ordinals) from ``first`` to ``last``; see ``services/usage.py`` for the rest."""
    models = {number: (source, name) for number, source, name in db.execute("SELECT id, source, name FROM log_models")}
    column, names, join, by = "0", {0: ("", "")}, "", ""
    if detail != "day":
        column, by = "r.session", ", r.session"
        names = {
            number: (name if detail == "session" else "", project)
            for number, name, project in db.execute("SELECT id, name, project FROM log_sessions")
        }
    if detail == "project":
        column, by = "s.number", ", s.number"
        join = (
            " JOIN (SELECT id, min(id) OVER (PARTITION BY source, project) AS number FROM log_sessions) s"
            " ON s.id = r.session"
        )
    # In the order of the table's key, so that nothing is sorted.
    query = (
        f"SELECT r.day, {column}, r.model, r.flags, r.size, {_SUMS}, min(r.first), max(r.last)"  # noqa: S608
        f" FROM log_rows r{join} WHERE r.day BETWEEN ? AND ? GROUP BY r.day, r.model, r.flags, r.size{by}"
    )
    days: dict[int, date] = {}
    found = []
    unknown = ("", "")
    for row in db.execute(query, (first, last)):
        source, model = models.get(row[2], unknown)
        if wanted is not None and source not in wanted:
            continue
        day = days.get(row[0])
        if day is None:
            day = days[row[0]] = date.fromordinal(row[0])
        found.append(NamedRow(day, source, *names.get(row[1], unknown), model, *row[3:]))
    found.sort(key=_day_and_source)
    return found


def records(
    db: sqlite3.Connection, first: int, end: int, wanted: Collection[str] | None, session: str | None
) -> Iterator[NamedRecord]:
    """Every record that is not lost, from ``first`` to before ``end`` (ms since 1970)."""
    sessions, models = dict(session_names(db)), dict(model_names(db))
    query = "SELECT f.id, f.source, f.sessions, f.models FROM log_files f ORDER BY f.id"
    for file, source, session_ids, model_ids in db.execute(query).fetchall():
        if wanted is not None and source not in wanted:
            continue
        here = [sessions.get(number, ("", "")) for number in _numbers(session_ids)]
        if session is not None and all(name != session for name, _ in here):
            continue
        row = db.execute("SELECT body FROM log_records WHERE file = ?", (file,)).fetchone()
        if row is None:
            continue
        names = [models.get(number, "") for number in _numbers(model_ids)]
        for ts, key, _, _, index, model, flags, *figures in _unpacked(row[0]):
            if flags & _LOST or not first <= ts < end:
                continue
            name, project = here[index]
            if session is None or name == session:
                yield NamedRecord(
                    ts, source, name, project, names[model], flags, key if flags & _LIMIT else 0, *figures
                )


def _unpacked(body: bytes) -> Iterable[tuple[int, ...]]:
    """The fields of every record; one too large for 64 bytes is whole again."""
    if not any(map(_CONTINUED.__and__, body[_HIGH_FLAGS :: PACKED.size])):
        return PACKED.iter_unpack(body)
    from aic_tui.store.log_settle import joined

    return joined(body)


def session_names(db: sqlite3.Connection) -> list[tuple[int, tuple[str, str]]]:
    """Name and project by number."""
    return [
        (number, (name, project)) for number, name, project in db.execute("SELECT id, name, project FROM log_sessions")
    ]


def model_names(db: sqlite3.Connection) -> list[tuple[int, str]]:
    """Name by number."""
    return db.execute("SELECT id, name FROM log_models").fetchall()


def bodies(db: sqlite3.Connection) -> Iterator[tuple[str, Sequence[int], Sequence[int], bytes]]:
    """Tool, numbers of sessions and of models, and packed records of every file."""
    query = "SELECT f.source, f.sessions, f.models, r.body FROM log_files f JOIN log_records r ON r.file = f.id"
    for source, sessions, models, body in db.execute(query):
        yield source, _numbers(sessions), _numbers(models), body


def _numbers(body: bytes) -> list[int]:
    return [int.from_bytes(body[at : at + 4], "little") for at in range(0, len(body) - 3, 4)]


def _day_and_source(row: NamedRow) -> tuple[date, str]:
    return row.day, row.source
