"""How a scan and its workers talk: messages of msgpack, each after its length, over a pair of pipes."""

from __future__ import annotations

from typing import IO, NamedTuple

import msgspec

from aic_tui.logs.reading import Job
from aic_tui.usage_files import FileFacts

_LENGTH = 8
_encode = msgspec.msgpack.Encoder().encode


class Begin(NamedTuple):
    """The first message to a worker: the machine it reads for, and the zone of the days of its rows."""

    home: bytes
    environ: dict[bytes, bytes]
    platform: str
    extra: dict[str, list[str]]
    zone: str


class Work(NamedTuple):
    """Files for a worker, to be read in this order."""

    jobs: list[Job]


class Answer(NamedTuple):
    """From a worker: files that it has read, bytes read since its last answer, and whether the work is done."""

    facts: list[FileFacts]
    read_bytes: int
    is_last: bool


decode_begin = msgspec.msgpack.Decoder(Begin).decode
decode_work = msgspec.msgpack.Decoder(Work).decode
decode_answer = msgspec.msgpack.Decoder(Answer).decode


def send(pipe: IO[bytes], message: Begin | Work | Answer) -> None:
    """Write one message. Raises ``OSError`` when nobody reads."""
    body = _encode(message)
    pipe.write(len(body).to_bytes(_LENGTH, "little"))
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes | None:
    """The next message, still encoded; None when the other side is gone."""
    head = pipe.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    length = int.from_bytes(head, "little")
    body = pipe.read(length)
    return body if len(body) == length else None
