"""One request of a coding agent as 64 bytes, and the two rules for requests that are told of more than once. Pure.

A record has what was counted and when, in UTC; prices and local days are computed when it is read. The token fields
are disjoint: ``input`` excludes what came from or went to the cache, ``extra`` is reasoning that is not inside
``output``. Their sum is the total.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, tzinfo
from enum import IntFlag
from typing import NamedTuple

try:
    from _blake2 import blake2b  # where hashlib has it from, which would load OpenSSL, too; a warm report cannot wait
except ImportError:
    from hashlib import blake2b

PACKED = struct.Struct("<qqIIIHHIIIIIIq")
"""ts, key, sub, scope, session, model, flags, input, output, cache_read, write_5m, write_1h, extra, cost."""

ROW = struct.Struct("<15q")
"""The fields of a :class:`Row`."""

NO_COST = -1
PICO = 10**12
"""Pico-dollars in a dollar: the finest price published, $0.000001 for a million tokens, is a whole number of them."""

_SIZES = (32_000, 100_000, 128_000, 200_000, 256_000, 272_000, 512_000)
BOUNDARIES = tuple(size + above for size in _SIZES for above in (0, 1))
"""Prompt sizes at which some price begins: at ("from 200,000 on") or above ("more than 200,000"). The price table is
tested against them."""

_WORD = 0xFFFF_FFFF
_MOST_SUM = 2**56
_DAY_MS = 86_400_000
_QUARTER_MS = 900_000
_EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


class Flag(IntFlag):
    """What else is known of a record. ``PRICED_BY`` are those that change its price or whether it has one."""

    SIDECHAIN = 1
    HAS_COST = 2  # ``cost`` was recorded by the tool, also when it is 0
    FAST = 4
    PRIORITY = 8
    FLEX = 16
    SYNTHETIC = 32  # made up by the tool: tokens count, but there is no model and no price
    FALLBACK = 64  # the log names no model; this one was assumed
    PARTIAL = 128  # a lower bound: the tool ended before it told the rest
    LOST = 256  # the same request as another record, which counts
    CONTINUED = 512  # the rest of a record too large for one; no message of its own
    CREDITS = 1024  # no tokens: ``cost`` is millionths of a credit of the tool's own
    LIMIT = 2048  # no tokens: the tool said that a limit was reached; ``key`` is when it ends, in ms
    BATCH = 4096  # answered within a day, at the price of that
    PRICED_BY = HAS_COST | FAST | PRIORITY | FLEX | SYNTHETIC | BATCH


class Record(NamedTuple):
    """``ts`` in ms since 1970 UTC. ``key`` 0 is never a repetition of anything; ``session`` and ``model`` are indexes
    into the file's lists; ``cost`` is in pico-dollars, :data:`NO_COST` where the tool recorded none.
    """

    ts: int
    key: int
    sub: int
    scope: int
    session: int
    model: int
    flags: int
    input: int
    output: int
    cache_read: int
    write_5m: int
    write_1h: int
    extra: int
    cost: int

    @property
    def total(self) -> int:
        """All tokens."""
        return self.input + self.output + self.cache_read + self.write_5m + self.write_1h + self.extra

    @property
    def is_request(self) -> bool:
        """True for what counts: no repetition, and no note about something else."""
        return not self.flags & _NO_REQUEST


class Row(NamedTuple):
    """Records added up that have day, session, model and price in common.

    ``day`` is the ordinal of the local date, ``size`` the number of :data:`BOUNDARIES` that each prompt reaches,
    ``flags`` those of ``PRICED_BY``, FALLBACK and PARTIAL. ``cost`` is the recorded cost (pico-dollars; 0 without
    HAS_COST). ``first`` and ``last`` are ms since 1970.
    """

    day: int
    session: int
    model: int
    flags: int
    size: int
    messages: int
    input: int
    output: int
    cache_read: int
    write_5m: int
    write_1h: int
    extra: int
    cost: int
    first: int
    last: int


class NamedRow(NamedTuple):
    """A :class:`Row` for reports: the tool's id, and texts in place of indexes. ``session`` and ``project`` are empty
    where they were not asked for.
    """

    day: date
    source: str
    session: str
    project: str
    model: str
    flags: int
    size: int
    messages: int
    input: int
    output: int
    cache_read: int
    write_5m: int
    write_1h: int
    extra: int
    cost: int
    first: int
    last: int

    @property
    def total(self) -> int:
        """All tokens."""
        return self.input + self.output + self.cache_read + self.write_5m + self.write_1h + self.extra


class NamedRecord(NamedTuple):
    """A :class:`Record` for reports; never one that is LOST. ``key`` is kept for LIMIT alone, else 0."""

    ts: int
    source: str
    session: str
    project: str
    model: str
    flags: int
    key: int
    input: int
    output: int
    cache_read: int
    write_5m: int
    write_1h: int
    extra: int
    cost: int

    @property
    def total(self) -> int:
        """All tokens."""
        return self.input + self.output + self.cache_read + self.write_5m + self.write_1h + self.extra


# As plain numbers: those of an enumeration are looked up and combined ten times as slowly.
_KEPT = int(Flag.PRICED_BY | Flag.FALLBACK | Flag.PARTIAL)
_NO_REQUEST = int(Flag.LOST | Flag.CREDITS | Flag.LIMIT)
_CONTINUED, _HAS_COST, _SIDECHAIN = int(Flag.CONTINUED), int(Flag.HAS_COST), int(Flag.SIDECHAIN)


def records_of(packed: bytes | memoryview) -> Iterator[Record]:
    """The records packed one after the other, by :data:`PACKED`."""
    return map(Record._make, PACKED.iter_unpack(packed))


def parts_of(record: Record) -> list[Record]:
    """``record``, or records of 32-bit figures that add up to it; the first has its key and cost."""
    if max(record[7:13]) <= _WORD:
        return [record]
    tokens = list(record[7:13])
    parts: list[Record] = []
    while not parts or any(tokens):
        taken = [min(count, _WORD) for count in tokens]
        tokens = [count - part for count, part in zip(tokens, taken, strict=True)]
        rest = (record.flags | Flag.CONTINUED) & ~Flag.HAS_COST
        head = (record.ts, record.key, record.sub, record.scope) if not parts else (record.ts, 0, 0, 0)
        flags, cost = (record.flags, record.cost) if not parts else (rest, NO_COST)
        parts.append(Record._make((*head, record.session, record.model, flags, *taken, cost)))
    return parts


def pack_rows(rows: Sequence[Row]) -> bytes:
    """Rows by :data:`ROW`. Sums that no log can honestly come to are cut to what a database can hold."""
    pack = ROW.pack
    try:
        return b"".join([pack(*row) for row in rows])
    except struct.error:
        return b"".join([pack(*(min(value, _MOST_SUM) for value in row)) for row in rows])


def key_of(*parts: str) -> int:
    """64 bits that are the same for the same texts in every process; never 0."""
    digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) or 1


def short_key(*parts: str) -> int:
    """32 bits of the same kind."""
    return key_of(*parts) & 0xFFFF_FFFF or 1


def is_same(one: Record, other: Record) -> bool:
    """Whether two records tell of one request. ``key`` must be equal, and then ``sub``, or, where either is of a
    sidechain (a replay under another request id), ``scope``.
    """
    if not one.key or one.key != other.key:
        return False
    return one.sub == other.sub or (one.scope == other.scope and bool((one.flags | other.flags) & _SIDECHAIN))


def rank(record: Record) -> tuple[int, int, int, int]:
    """Which of several tellings counts: the greatest. A main chain before a sidechain, then the most tokens, because
    a stream is told of again and again while it grows; then a recorded cost, then the earliest.
    """
    return (not record.flags & _SIDECHAIN, record.total, record.cost, -record.ts)


class Days:
    """From an instant to the local date, remembered by quarter of an hour: no zone shifts inside one."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._known: dict[int, int] = {}

    def ordinal(self, ts: int) -> int:
        """``date.toordinal()`` of the local date at ``ts`` (ms since 1970)."""
        quarter = ts // _QUARTER_MS
        day = self._known.get(quarter)
        if day is None:
            day = datetime.fromtimestamp(quarter * 900, self._zone).toordinal()
            self._known[quarter] = day
        return day


def utc_ordinal(ts: int) -> int:
    """``date.toordinal()`` of the UTC date at ``ts`` (ms since 1970)."""
    return ts // _DAY_MS + _EPOCH_DAY


def rows_of(records: Iterable[Record], day_of: Callable[[int], int]) -> list[Row]:
    """The records that count, added up; in no particular order."""
    sums: dict[tuple[int, int, int, int, int], list[int]] = {}
    get, reached, day, quarter = sums.get, bisect_right, 0, -1
    for ts, _, _, _, session, model, flags, new, output, cached, short, long, extra, cost in records:
        if flags & _NO_REQUEST:
            continue
        if ts // _QUARTER_MS != quarter:
            quarter, day = ts // _QUARTER_MS, day_of(ts)
        key = (day, session, model, flags & _KEPT, reached(BOUNDARIES, new + cached + short + long))
        found = get(key)
        if found is None:
            message = 0 if flags & _CONTINUED else 1
            recorded = cost if flags & _HAS_COST else 0
            sums[key] = [message, new, output, cached, short, long, extra, recorded, ts, ts]
            continue
        found[1] += new
        found[2] += output
        found[3] += cached
        found[4] += short
        found[5] += long
        found[6] += extra
        if not flags & _CONTINUED:
            found[0] += 1
        if flags & _HAS_COST:
            found[7] += cost
        if ts < found[8]:
            found[8] = ts
        elif ts > found[9]:
            found[9] = ts
    return [Row(*key, *found) for key, found in sums.items()]
