"""What the coding agents on this machine have used: scans their session logs, and gives reports their figures.

Reports read what the index has. Everything heavy (readers, workers, the writing side of the database) is imported
only when a scan has something to read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import Literal, Self

from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.usage_records import NamedRecord, NamedRow

Detail = Literal["day", "project", "session"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan has come. ``share`` is 0 to 1, by bytes."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    share: float


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """One root that was looked at. ``origin`` is ``default``, a variable's name or ``config``."""

    path: str
    origin: str
    exists: bool
    files: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How well the logs of one tool were understood, over all of its files.

    ``files`` counts those that are there, ``gone`` those that were deleted since and still count. ``records`` are the
    requests that count, ``repeated`` tellings of the same ones, ``forks`` copied beginnings that were left out,
    ``seen`` what looked like usage at all: files with neither ``records`` nor ``seen`` may be of an unknown format.
    ``problems`` are sentences about single files and folders, each with its path, at most 20.
    """

    source: str
    name: str
    places: Sequence[PlaceFound] = ()
    files: int = 0
    gone: int = 0
    bytes: int = 0
    records: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    forks: int = 0
    seen: int = 0
    problems: Sequence[str] = ()

    @property
    def is_understood(self) -> bool:
        """False where there is text in the files, and nothing in it looks like usage."""
        return bool(self.records or self.seen or not self.bytes)


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What one scan did. ``read_files`` and ``read_bytes`` are what had to be read this time.

    ``first_run`` is True where nothing was known before. ``cancelled`` scans keep what they had read. ``notices`` are
    sentences for the user: figures that cannot be saved, another instance that scans. ``seconds`` is the time taken.
    """

    sources: Sequence[SourceHealth] = ()
    read_files: int = 0
    read_bytes: int = 0
    first_run: bool = False
    cancelled: bool = False
    notices: Sequence[str] = ()
    seconds: float = 0.0


def _never() -> bool:
    return False


class UsageService:
    """Scans and reads for one profile. Blocking; a screen uses :meth:`watch` and calls the rest on a thread.

    The database is opened at the first need. Use it as a context manager, or call :meth:`close`.
    """

    def __init__(self, env: Environment, config: Config) -> None:
        self._env = env
        self._config = config

    def scan(
        self,
        zone: tzinfo,
        *,
        sources: Collection[str] | None = None,
        progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] = _never,
    ) -> ScanReport:
        """Bring the index up to date with the logs of ``sources`` (None: all). Days are those of ``zone``.

        ``progress`` is called a few times a second and ``cancelled`` asked about every 50 ms, both on this thread.
        Raises UserError where a newer program wrote the database.
        """
        raise NotImplementedError

    def watch(self) -> AsyncIterator[Progress | ScanReport]:
        """Scan in another process, again and again, until the iterator is closed: what a screen shows.

        A :class:`Progress` now and then while there is much to read, and a :class:`ScanReport` whenever figures have
        changed; after that :meth:`rows` has them.
        """
        raise NotImplementedError

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

        Without the ``detail`` of sessions (or even projects) there are far fewer of them.
        """
        raise NotImplementedError

    def records(
        self,
        *,
        since_ts: int | None = None,
        until_ts: int | None = None,
        sources: Collection[str] | None = None,
        session: str | None = None,
    ) -> Iterator[NamedRecord]:
        """Every record from ``since_ts`` to before ``until_ts`` (ms since 1970), file by file, not sorted."""
        raise NotImplementedError

    def health(self) -> Sequence[SourceHealth]:
        """How well each tool's logs were understood when they were last scanned, in the order of the registry."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the database."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
