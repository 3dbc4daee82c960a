"""Which of several tellings of one request counts, whatever the order in which they came. Pure."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import starmap
from typing import NamedTuple

from aic_tui.usage_records import PACKED, Flag, Record, Row, is_same, parts_of, rank, records_of, rows_of

SIZE = PACKED.size
_FLAGS_AT = 30
_LOST = int(Flag.LOST)
_CONTINUED = int(Flag.CONTINUED)
# For every upper byte of the flags, 1 where it is that of a request that does not count.
_IS_LOST = bytes(int(byte & (_LOST >> 8) and not byte & (_CONTINUED >> 8)) for byte in range(256))


class Telling(NamedTuple):
    """One record that tells of a request; ``position`` is its place in the file's records."""

    file: int
    path: bytes
    position: int
    record: Record


def keys_of(packed: bytes | bytearray) -> Sequence[int]:
    """The key of every record."""
    words = array("q", packed)
    if sys.byteorder == "big":
        words.byteswap()
    return words[1::8]


def fragments_of(packed: bytes | bytearray) -> Sequence[int]:
    """The lower 32 bits of every key: enough to find where a key may be."""
    words = array("I", packed)
    if sys.byteorder == "big":
        words.byteswap()
    return words[2::16]


def joined(packed: bytes | bytearray) -> list[Record]:
    """The records, with the rest of a record too large for one added to it again."""
    found: list[Record] = []
    for record in records_of(bytes(packed)):
        if record.flags & _CONTINUED and found:
            found[-1] = _sum(found[-1], record)
        else:
            found.append(record)
    return found


def joined_at(packed: bytes | bytearray, position: int) -> Record:
    """The record at ``position`` with the rest of it."""
    record = Record._make(PACKED.unpack_from(packed, position * SIZE))
    for rest in range(position + 1, len(packed) // SIZE):
        more = Record._make(PACKED.unpack_from(packed, rest * SIZE))
        if not more.flags & _CONTINUED:
            break
        record = _sum(record, more)
    return record


def _sum(record: Record, more: Record) -> Record:
    return Record._make((*record[:7], *(a + b for a, b in zip(record[7:13], more[7:13], strict=True)), record.cost))


def fold(old: bytes, new: bytes) -> tuple[bytes, int]:
    """One file's records with those that were added to the file, and how many of these told of a known one.

    The result is that of reading the file in one go.
    """
    records = joined(old)
    places: dict[int, list[int]] = {}
    for place, record in enumerate(records):
        if record.key:
            places.setdefault(record.key, []).append(place)
    repeated = 0
    for record in joined(new):
        known = places.get(record.key, []) if record.key else []
        same = next((place for place in known if is_same(records[place], record)), None)
        if same is None:
            if record.key:
                places.setdefault(record.key, []).append(len(records))
            records.append(record)
            continue
        repeated += 1
        if rank(record) > rank(records[same]):
            records[same] = record
    return b"".join(starmap(PACKED.pack, (part for record in records for part in parts_of(record)))), repeated


def losers(tellings: Iterable[Telling]) -> set[tuple[int, int]]:
    """File and position of every telling that is not the one that counts, among tellings with one key.

    From the highest rank down, each counts unless it is the same request as one that counts already. Of equals the
    one with the smaller path comes first.
    """
    lost: set[tuple[int, int]] = set()
    winners: list[Record] = []
    for telling in sorted(tellings, key=_order):
        if any(is_same(winner, telling.record) for winner in winners):
            lost.add((telling.file, telling.position))
        else:
            winners.append(telling.record)
    return lost


def _order(telling: Telling) -> tuple[bool, int, int, int, bytes, int, int]:
    main, total, cost, earliness = rank(telling.record)
    return (not main, -total, -cost, -earliness, telling.path, telling.file, telling.position)


def is_lost(body: bytes | bytearray, position: int) -> bool:
    """Whether the record at ``position`` is marked as one that does not count."""
    return bool(body[position * SIZE + _FLAGS_AT + 1] & (_LOST >> 8))


def mark(body: bytearray, position: int, *, lost: bool) -> None:
    """Mark the record at ``position``, and the rest of it, as one that does or does not count."""
    while True:
        at = position * SIZE + _FLAGS_AT + 1
        body[at] = body[at] | (_LOST >> 8) if lost else body[at] & ~(_LOST >> 8)
        position += 1
        if position * SIZE >= len(body) or not body[position * SIZE + _FLAGS_AT + 1] & (_CONTINUED >> 8):
            return


def count_lost(body: bytes | bytearray) -> int:
    """How many requests of a file do not count because another telling does."""
    return body[_FLAGS_AT + 1 :: SIZE].translate(_IS_LOST).count(1)


def rows_from(body: bytes | bytearray, day_of: Callable[[int], int]) -> list[Row]:
    """The rows of a file's records."""
    return rows_of(joined(body), day_of)
