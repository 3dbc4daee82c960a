"""One scan from the walk to the last commit. Loaded only when there is something to read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import tzinfo
from functools import partial

from aic_tui.environment import Environment
from aic_tui.logs import registry
from aic_tui.logs.base import Machine
from aic_tui.logs.crew import Todo
from aic_tui.logs.hands import Hands
from aic_tui.logs.plan import Plan, plan, plan_changed
from aic_tui.logs.quick import Site
from aic_tui.logs.scan import read_all
from aic_tui.services.usage import Progress, ScanReport
from aic_tui.services.usage_store import open_database
from aic_tui.store import log_reading
from aic_tui.store.database import Database
from aic_tui.store.faults import NotSaved
from aic_tui.store.files import FileLock, beside
from aic_tui.store.log_index import LogIndex
from aic_tui.usage_files import FileFacts, KnownFile

_WAIT_SECONDS = 60.0
_POLL_SECONDS = 0.05
_TELL_SECONDS = 0.1
# A batch: what is committed together. Small enough for other writers of the database, large enough to be quick.
BATCH_BYTES = 2 << 20
BATCH_FILES = 1000
BATCH_SECONDS = 0.5

Tell = Callable[[Progress], None]
Ask = Callable[[], bool]


class Scanning:
    """One scan. ``database`` is the one it used, to be used again or closed by the caller."""

    def __init__(
        self,
        env: Environment,
        site: Site,
        zone: tzinfo,
        *,
        may_forget: bool = True,
        database: Database | None = None,
        hands: Hands | None = None,
    ) -> None:
        self.database = database
        self._hands = hands
        self._env = env
        self._machine = Machine(*site)
        self._zone = zone
        self._may_forget = may_forget
        self._notices: list[str] = []

    def run(self, changes: Mapping[str, Sequence[bytes] | None], tell: Tell, is_cancelled: Ask) -> ScanReport:
        """Bring the index up to date; ``changes`` are those of ``logs/quick.py``.

        Raises UserError where a newer program wrote the database, and :class:`NotSaved` where nothing can be saved
        and forgetting is not allowed.
        """
        database = self._open()
        with ExitStack() as stack:
            if not database.is_in_memory and not self._claim(stack, is_cancelled):
                return ScanReport(cancelled=is_cancelled(), notices=tuple(self._notices))
            index = LogIndex(database, self._zone)
            self._saving(index.prepare)
            first_run = database.read(log_reading.is_empty, otherwise=True)
            plans = [
                self._plan(database, source, changes[source]) for source in registry.source_ids() if source in changes
            ]
            report = self._read(index, plans, tell, is_cancelled)
            for made in plans if not report.cancelled else ():
                if made.is_whole:
                    self._saving(partial(index.set_source, made.source, made.noted, made.folders))
            self._saving(index.finish)
        notices = (*self._notices, *database.notices)
        return report._replace(first_run=first_run, notices=notices)

    def _open(self) -> Database:
        if self.database is None:
            self.database = open_database(self._env)
        return self.database

    def _claim(self, stack: ExitStack, is_cancelled: Ask) -> bool:
        """Be the only one that scans. The kernel ends a claim together with its process."""
        lock = FileLock(beside(self._env.paths.database, ".scan"))
        deadline = time.monotonic() + _WAIT_SECONDS
        while not is_cancelled():
            try:
                stack.enter_context(lock.held(0.0))
            except NotSaved:
                if time.monotonic() > deadline:
                    self._notices.append("Another aic-tui is still reading the logs; what it has read so far is shown.")
                    return False
                time.sleep(_POLL_SECONDS)
            except OSError:
                return True
            else:
                return True
        return False

    def _plan(self, database: Database, source: str, paths: Sequence[bytes] | None) -> Plan:
        reader, nothing = registry.reader(source), list[KnownFile]()
        if paths is not None:
            return plan_changed(
                reader, database.read(partial(log_reading.known_at, source=source, paths=paths), nothing)
            )
        known = database.read(partial(log_reading.known_files, source=source, gone=False), nothing)
        gone = database.read(partial(log_reading.known_files, source=source, gone=True), nothing)
        return plan(reader, self._machine, known, gone)

    def _read(self, index: LogIndex, plans: Sequence[Plan], tell: Tell, is_cancelled: Ask) -> ScanReport:
        self._saving(
            lambda: index.set_gone(
                [number for made in plans for number in made.gone], [number for made in plans for number in made.back]
            )
        )
        todo = self._remembering(index, sorted((entry for made in plans for entry in made.todo), key=_newest_first))
        if not todo:
            return ScanReport()
        batch = _Batch(index, self._saving)
        count = _Count(todo, tell)
        with closing(read_all(todo, self._machine, self._zone, hands=self._hands)) as deliveries:
            for delivery in deliveries:
                count.add(len(delivery.facts), delivery.read_bytes)
                batch.add(delivery.facts)
                if is_cancelled():
                    break
            else:
                batch.commit()
                count.tell()
                return ScanReport(count.files, batch.read_bytes)
        batch.commit()
        return ScanReport(count.files, batch.read_bytes, cancelled=True)

    def _remembering(self, index: LogIndex, todo: list[Todo]) -> list[Todo]:
        """Give each file that may be gone on with what its reader needs for that."""
        known = [entry.job.known.id for entry in todo if entry.job.known is not None and not entry.job.anew]
        memories = index.memories(known) if known else {}
        if not memories:
            return todo
        return [
            entry._replace(job=entry.job._replace(memory=memories[entry.job.known.id]))
            if entry.job.known is not None and entry.job.known.id in memories
            else entry
            for entry in todo
        ]

    def _saving(self, work: Callable[[], object]) -> None:
        try:
            work()
        except NotSaved as error:
            if not self._may_forget or self.database is None:
                raise
            self.database.keep_in_memory(error.why)
            work()


class _Batch:
    """Facts on their way into the index."""

    def __init__(self, index: LogIndex, saving: Callable[[Callable[[], object]], None]) -> None:
        self._index = index
        self._saving = saving
        self._facts: list[FileFacts] = []
        self._size = 0
        self._since = time.monotonic()
        self.read_bytes = 0

    def add(self, facts: Sequence[FileFacts]) -> None:
        for one in facts:
            self._facts.append(one)
            self._size += len(one.records)
            self.read_bytes += one.read_bytes
            if self._size > BATCH_BYTES:
                self.commit()
        if len(self._facts) > BATCH_FILES or time.monotonic() - self._since > BATCH_SECONDS:
            self.commit()

    def commit(self) -> None:
        if self._facts:
            facts = self._facts
            self._facts, self._size = [], 0
            self._saving(lambda: self._index.apply(facts))
        self._since = time.monotonic()


class _Count:
    """Progress, told a few times a second."""

    def __init__(self, todo: Sequence[Todo], tell: Tell) -> None:
        self._tell = tell
        self._total = len(todo)
        self._total_bytes = sum(entry.size for entry in todo)
        self._bytes = 0
        self._told_at = 0.0
        self.files = 0

    def add(self, files: int, read_bytes: int) -> None:
        self.files += files
        self._bytes = min(self._bytes + read_bytes, self._total_bytes)
        if time.monotonic() - self._told_at > _TELL_SECONDS:
            self.tell()

    def tell(self) -> None:
        self._told_at = time.monotonic()
        share = self._bytes / self._total_bytes if self._total_bytes else self.files / self._total
        if self.files >= self._total:
            share = 1.0
        self._tell(Progress(self.files, self._total, self._bytes, self._total_bytes, share))


def _newest_first(todo: Todo) -> tuple[int, bytes]:
    return -todo.job.stamp.mtime_ns, todo.job.path
