"""What the coding agents on this machine have used: scans their session logs, and gives reports their figures.

Reports read what the index has. Everything heavy (readers, workers, the writing side of the database) is imported
only when a scan has something to read.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, Self, TypeVar

from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.logs.quick import Noted, Site, changes
from aic_tui.logs.registry import source_ids
from aic_tui.store import log_reading
from aic_tui.usage_records import NamedRecord, NamedRow

if TYPE_CHECKING:
    import sqlite3

    from aic_tui.logs.base import Machine
    from aic_tui.logs.hands import Hands
    from aic_tui.services.usage_health import SourceHealth
    from aic_tui.store.database import Database

T = TypeVar("T")
Detail = Literal["day", "project", "session"]
_FIRST_DAY, _LAST_DAY = date.min.toordinal(), date.max.toordinal()
_MOST_MS = 2**62
_GLANCE = 50


class Progress(NamedTuple):
    """How far a scan has come. ``share`` is 0 to 1, by bytes."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    share: float


class ScanReport(NamedTuple):
    """What one scan did; how well the logs were understood is told by :meth:`UsageService.health`.

    ``read_files`` and ``read_bytes`` are what had to be read this time. ``first_run`` is True where nothing was known
    before. ``cancelled`` scans keep what they had read. ``notices`` are sentences for the user: figures that cannot
    be saved, another instance that scans. ``seconds`` is the time taken.
    """

    read_files: int = 0
    read_bytes: int = 0
    first_run: bool = False
    cancelled: bool = False
    notices: tuple[str, ...] = ()
    seconds: float = 0.0


def _never() -> bool:
    return False


class UsageService:
    """Scans and reads for one profile. Blocking; a screen uses :meth:`watch` and calls the rest on a thread.

    The database is opened at the first need. Use it as a context manager, or call :meth:`close`. ``may_forget``
    allows to scan in memory where nothing can be saved: right for a report, useless for a scanner of others.
    """

    def __init__(self, env: Environment, config: Config, *, may_forget: bool = True) -> None:
        self._env = env
        self._config = config
        self._may_forget = may_forget
        self._noted: _Notes | None = None
        self._reader: sqlite3.Connection | None = None
        self._database: Database | None = None

    @property
    def machine(self) -> Machine:
        """Where logs are looked for."""
        from aic_tui.logs.base import Machine

        return Machine(*self._site)

    @property
    def _site(self) -> Site:
        """Where logs are looked for: also in ``imports/<tool>`` of our data directory, where users put what they
        downloaded.
        """
        extra = {source: list(roots) for source, roots in self._config.log_roots.items()}
        imports = self._env.paths.data / "imports"
        with suppress(OSError):
            for source in sorted(set(os.listdir(imports)) & set(source_ids())):  # noqa: PTH208
                extra.setdefault(source, []).append(str(imports / source))
        return Site(self._env.home, self._env.environ, self._env.platform, extra)

    def scan(
        self,
        zone: tzinfo,
        *,
        sources: Collection[str] | None = None,
        progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] = _never,
        glance: bool = False,
    ) -> ScanReport:
        """Bring the index up to date with the logs of ``sources`` (None: all). Days are those of ``zone``.

        ``progress`` is called a few times a second and ``cancelled`` asked about every 50 ms, both on this thread.
        With ``glance`` only folders and the newest files are looked at. Raises UserError where a newer program wrote
        the database.
        """
        started = time.monotonic()
        wanted = [source for source in source_ids() if sources is None or source in sources]
        found = self._changes(wanted, zone, _GLANCE if glance else None)
        if not found:
            return ScanReport(seconds=time.monotonic() - started)
        from aic_tui.logs.hands import Hands, cores

        hands = Hands()
        try:
            if self._noted is None:
                hands.prepare(cores())  # nothing is known yet: there may be much to read
            report = self._scan(found, zone, hands, progress or (lambda _: None), cancelled)
        finally:
            hands.end()
        return report._replace(seconds=time.monotonic() - started)

    def watch(self, zone: tzinfo) -> AsyncGenerator[Progress | ScanReport]:
        """Scan in another process, again and again, until the iterator is closed (``aclose``): what a screen shows.

        A :class:`Progress` now and then while there is much to read, and a :class:`ScanReport` at first and whenever
        figures have changed; :meth:`rows` has them then. Closing ends the process within half a second.
        """
        from aic_tui.services.usage_watch import watch

        return watch(self._env, self._config, zone)

    def rows(
        self,
        zone: tzinfo,
        *,
        since: date | None = None,
        until: date | None = None,
        sources: Collection[str] | None = None,
        detail: Detail = "session",
    ) -> Sequence[NamedRow]:
        """Sums of what the index has for the local days ``since`` to ``until``, both inclusive; by day and source.

        Without the ``detail`` of sessions (or even projects) there are far fewer of them. Quick for the zone of the
        last scan; for another one all records are gone through.
        """
        first = since.toordinal() if since else _FIRST_DAY
        last = until.toordinal() if until else _LAST_DAY
        nothing: Sequence[NamedRow] = ()

        def work(db: sqlite3.Connection) -> Sequence[NamedRow]:
            if log_reading.has_rows_of(db, zone):
                return log_reading.rows(db, first, last, sources, detail)
            from aic_tui.services.usage_zone import rows_in

            return rows_in(db, zone, (first, last), sources, detail)

        return self._read(lambda db: log_reading.at_once(db, work), nothing)

    def records(
        self,
        *,
        since_ts: int | None = None,
        until_ts: int | None = None,
        sources: Collection[str] | None = None,
        session: str | None = None,
    ) -> Iterator[NamedRecord]:
        """Every record from ``since_ts`` to before ``until_ts`` (ms since 1970), file by file, not sorted.

        Raises UserError where the database turns out to be damaged on the way; it is mended then.
        """
        first = -_MOST_MS if since_ts is None else since_ts
        end = _MOST_MS if until_ts is None else until_ts
        nothing: Iterator[NamedRecord] = iter(())

        def work(db: sqlite3.Connection) -> Iterator[NamedRecord]:
            found = log_reading.records(db, first, end, sources, session)
            # A connection that also writes must not be kept from it while somebody takes their time.
            return log_reading.all_at_once(db, found) if db is self._reader else found

        try:
            yield from self._read(work, nothing)
        except log_reading.TROUBLE as error:
            from aic_tui.services.usage_store import mend, open_database

            self._close_reader()
            self._database = self._database or open_database(self._env)
            raise mend(self._database) from error

    def health(self) -> Sequence[SourceHealth]:
        """How well each tool's logs were understood when they were last scanned, in the order of the registry."""
        from aic_tui.services.usage_health import health_of, nothing_known

        return self._read(lambda db: log_reading.at_once(db, health_of), nothing_known())

    def close(self) -> None:
        """Close the database."""
        self._close_reader()
        if self._database is not None:
            self._database.close()
            self._database = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _scan(
        self,
        found: Mapping[str, Sequence[bytes] | None],
        zone: tzinfo,
        hands: Hands,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> ScanReport:
        from aic_tui.services.usage_scan import Scanning

        noted, database = self._noted, self._database
        self._close_reader()
        scanning = Scanning(self._env, self._site, zone, may_forget=self._may_forget, database=database, hands=hands)
        try:
            report = scanning.run(found, progress, cancelled)
        finally:
            self._database = scanning.database
            self._noted = None
        if noted is not None and database is not None and database is scanning.database:
            self._noted = self._read(partial(_renewed, noted, found), None)
        return report

    def _changes(
        self, wanted: Collection[str], zone: tzinfo, newest: int | None
    ) -> Mapping[str, Sequence[bytes] | None]:
        everything: Mapping[str, Sequence[bytes] | None] = dict.fromkeys(wanted)

        def work(db: sqlite3.Connection) -> Mapping[str, Sequence[bytes] | None]:
            if not log_reading.has_rows_of(db, zone):
                return everything
            return changes(self._notes(db), self._site, wanted, newest)

        try:
            return self._read(work, everything)
        except (ValueError, KeyError, TypeError):  # a note that is no longer what was noted
            return everything

    def _notes(self, db: sqlite3.Connection) -> Mapping[str, Noted]:
        """What the last scan noted, read again only when it may be another."""
        version = log_reading.version(db)
        if self._noted is None or self._noted.version != version:
            folders, stamps = log_reading.folders(db), log_reading.stamps(db)
            found = {
                source: Noted(body, folders.get(source, ()), stamps.get(source, ()))
                for source, body in log_reading.sources(db).items()
            }
            self._noted = _Notes(version, log_reading.epoch(db), found)
        return self._noted.found

    def _read(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """The result of ``work``; ``otherwise`` where there is no index yet, or none that can be read."""
        if self._database is None:
            if self._reader is None:
                self._reader = log_reading.open_reading(self._env.paths.database)
            if self._reader is None:
                return otherwise
            with suppress(log_reading.TROUBLE):
                return work(self._reader)
            # Damaged or locked: what to do about it, the writing side knows.
            from aic_tui.services.usage_store import open_database

            self._close_reader()
            self._database = open_database(self._env)
        return self._database.read(work, otherwise)

    def _close_reader(self) -> None:
        self._noted = None
        if self._reader is not None:
            with suppress(log_reading.TROUBLE):
                self._reader.close()
            self._reader = None


class _Notes(NamedTuple):
    """What the index noted when it was of this version and epoch."""

    version: int
    epoch: int
    found: Mapping[str, Noted]


def _renewed(noted: _Notes, found: Mapping[str, Sequence[bytes] | None], db: sqlite3.Connection) -> _Notes | None:
    """``noted`` with the stamps of files that were read since: the rest need not be read again for one more line.

    None where more has happened than one commit, or to more than those files.
    """
    version, epoch = log_reading.version(db), log_reading.epoch(db)
    if epoch != noted.epoch + 1:
        return None
    changed = dict(noted.found)
    for source, paths in found.items():
        if paths is None:
            return None
        stamps = {stamp[0]: stamp for stamp in log_reading.stamps_at(db, source, paths)}
        note = noted.found[source]
        changed[source] = note._replace(stamps=[stamps.get(stamp[0], stamp) for stamp in note.stamps])
    return _Notes(version, epoch, changed)
