"""What a reader adds its findings to: records packed as they come, repetitions inside the file already settled."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import starmap

from aic_tui.text import clean
from aic_tui.usage_records import NO_COST, PACKED, Flag, Record, is_same, parts_of, rank

MOST = 2**40
"""More tokens than any one record can have; larger figures are damage."""
LATEST = 253_370_764_800_000
"""The first instant (ms since 1970) that is too late: some zone is in the year 9999 then."""
_LONGEST_NAME = 200


class Batch:
    """Records of one file in the order they were told.

    ``sessions`` are ``(id, project)`` and ``models`` names, both cleaned, in order of first use. ``skipped`` counts
    what was not understood, by reason; ``repeated`` what was told again; ``forks`` copied beginnings that were left
    out. ``seen`` counts what looked like usage at all.
    """

    def __init__(self) -> None:
        self.sessions: list[tuple[str, str]] = []
        self.models: list[str] = []
        self.skipped: Counter[str] = Counter()
        self.repeated = 0
        self.forks = 0
        self.seen = 0
        self._records: list[Record] = []
        # Where a key was first seen and, for the few that several requests have, where else.
        self._first: dict[int, int] = {}
        self._others: dict[int, list[int]] = {}
        self._session_ids: dict[tuple[str, str], int] = {}
        self._model_ids: dict[str, int] = {}

    @property
    def records(self) -> Sequence[Record]:
        """What has been added."""
        return self._records

    def resume(self, sessions: Iterable[tuple[str, str]], models: Iterable[str]) -> None:
        """Begin with the lists of an earlier batch of the same file, so that indexes go on from there."""
        self.sessions.extend(sessions)
        self.models.extend(models)
        self._session_ids = {key: index for index, key in enumerate(self.sessions)}
        self._model_ids = {name: index for index, name in enumerate(self.models)}

    def session(self, name: object, project: object = "") -> int:
        """The index of a session."""
        key = (name, project) if isinstance(name, str) and isinstance(project, str) else ("", "")
        found = self._session_ids.get(key)
        if found is None:
            found = self._session_ids[key] = len(self.sessions)
            self.sessions.append((clean(key[0], _LONGEST_NAME), clean(key[1], _LONGEST_NAME)))
        return found

    def model(self, name: str) -> int:
        """The index of a model. The 65,536th and later ones are all called ``other``."""
        found = self._model_ids.get(name)
        if found is None:
            if len(self.models) == 0xFFFF:
                return self._model_ids.setdefault(name, 0xFFFF)
            found = self._model_ids[name] = len(self.models)
            self.models.append(clean(name, _LONGEST_NAME))
        return found

    def skip(self, reason: str) -> None:
        """Count one thing that was not understood. ``reason`` is of a short fixed list, never outside text."""
        self.skipped[reason] += 1

    def add(  # noqa: PLR0913  # one line of a log
        self,
        *,
        ts: int,
        session: int,
        model: int,
        input: int = 0,  # noqa: A002  # the field's standard name
        output: int = 0,
        cache_read: int = 0,
        write_5m: int = 0,
        write_1h: int = 0,
        extra: int = 0,
        cost: int | None = None,
        flags: int = 0,
        key: int = 0,
        sub: int = 0,
        scope: int = 0,
    ) -> None:
        """Add one request. Figures that cannot be counts of tokens are skipped with a reason."""
        tokens = (input, output, cache_read, write_5m, write_1h, extra)
        if min(tokens) < 0 or max(tokens) > MOST:
            return self.skip("impossible number")
        if cost is not None:
            flags |= Flag.HAS_COST
        record = Record(ts, key, sub, scope, session, model, flags, *tokens, NO_COST if cost is None else cost)
        self.put(record)
        return None

    def put(self, record: Record) -> None:
        """Add a record whose figures were checked; of two tellings of one request the greater stays."""
        records, key = self._records, record.key
        place = len(records)
        if not key or self._first.setdefault(key, place) == place:
            records.append(record)
            return
        others = self._others.setdefault(key, [])
        for known in (self._first[key], *others):
            if is_same(records[known], record):
                self.repeated += 1
                if rank(record) > rank(records[known]):
                    records[known] = record
                return
        others.append(place)
        records.append(record)

    def drop_impossible_times(self) -> None:
        """Leave out, and count as skipped, records that are of no year from 1970 to 9998."""
        if self._records and not 0 <= min(self._records)[0] <= max(self._records)[0] < LATEST:
            kept = [record for record in self._records if 0 <= record.ts < LATEST]
            self.skipped["impossible time"] += len(self._records) - len(kept)
            self._records = kept
            self._first.clear()
            self._others.clear()

    def packed(self) -> bytes:
        """All records by :data:`PACKED`; one with a figure of more than 32 bits becomes several."""
        try:
            return b"".join(starmap(PACKED.pack, self._records))
        except struct.error:
            return b"".join(PACKED.pack(*part) for record in self._records for part in parts_of(record))
