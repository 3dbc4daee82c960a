"""A good config.toml and what becomes of it in the hands of people, editors, merges and broken disks. Seeded."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

CANARY = "sk-or-v1-4badcafe4kanarien5678vogelD9wV"
"""A key that has no business in config.toml. No sentence may repeat it, nor :data:`CANARY_BODY`."""
CANARY_BODY = "kanarien5678vogel"

WHOLE = f"""\
# mine
version = 1

[general]
theme = "nord"   # at night
timezone = "UTC"
warn_percent = 70
retention_days = 90
mouse = false

[accounts.work]
provider = "openrouter"
name = "Work"
key = "{CANARY}"
hosts = {{ "a.example" = "https://b.example" }}
interval_seconds = 90
project_id = "p-1"

[accounts.home]
provider = "deepseek"
key = "env:HOME_KEY"
enabled = false

[keys]
quit = "ctrl+q"

[future]
thing = [1, 2.5, 2026-11-21T08:00:00Z]
note = '''two
lines'''
"""
_LINES = WHOLE.splitlines(keepends=True)
_WRONG = (
    "7",
    "-1",
    "1e400",
    "nan",
    "true",
    '""',
    '"x"',
    "[]",
    "{}",
    "[[1]]",
    "2026-11-21",
    "'''\n'''",
    "0x" + "f" * 5000,
)
_BAD_BYTES = (
    b"\0",
    b"\xff",
    b"\xc3(",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\x1b]52;c;eA==\x07",
    b"\r",
    b"\x7f",
    b"\xe2\x80\xae",
)
_UNKNOWN = ("x = 1", "[x.y]\nz = 2", "[[list]]\na = 1", f'{CANARY} = "{CANARY}"', '"\\u001b[2J" = 1', "'' = 0")


class Mutant(NamedTuple):
    """One damaged file and the kind of damage that it is named after."""

    kind: str
    number: int
    data: bytes

    def __str__(self) -> str:
        return f"{self.kind}-{self.number}"


def mutants(count: int) -> Iterator[Mutant]:
    """The first ``count`` of an endless series that is the same in every run; every kind comes in turn."""
    kinds = list(_KINDS.items())
    for number in range(count):
        kind, damage = kinds[number % len(kinds)]
        yield Mutant(kind, number, damage(random.Random(number)))


def _flipped(rng: random.Random) -> bytes:
    data = bytearray(WHOLE.encode())
    for _ in range(rng.randint(1, 6)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _cut(rng: random.Random) -> bytes:
    data = WHOLE.encode()
    return data[: rng.randrange(len(data))]


def _middle_lost(rng: random.Random) -> bytes:
    data = WHOLE.encode()
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randint(1, 60) :]


def _trailing(rng: random.Random) -> bytes:
    """A shorter file written over a longer one without cutting it off."""
    shorter = _cut(rng)
    return shorter + WHOLE.encode()[len(shorter) - rng.randint(1, 30) :]


def _line_twice(rng: random.Random) -> bytes:
    lines = list(_LINES)
    place = rng.randrange(len(lines))
    lines.insert(rng.randrange(place, len(lines)), lines[place])
    return "".join(lines).encode()


def _table_twice(rng: random.Random) -> bytes:
    return (
        WHOLE + rng.choice(("[general]\n", "[accounts.work]\n", f"[accounts.{CANARY}]\n" * 2, "[keys.quit]\n"))
    ).encode()


def _lines_shuffled(rng: random.Random) -> bytes:
    lines = list(_LINES)
    rng.shuffle(lines)
    return "".join(lines).encode()


def _marked(rng: random.Random) -> bytes:
    """A merge that was not finished."""
    place, end = sorted(rng.sample(range(len(_LINES)), 2))
    ours, theirs = "".join(_LINES[place:end]), "".join(reversed(_LINES[place:end]))
    merged = f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> 3f2a91c ({CANARY})\n"
    return ("".join(_LINES[:place]) + merged + "".join(_LINES[end:])).encode()


def _bytes_inside(rng: random.Random) -> bytes:
    data = bytearray(WHOLE.encode())
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(data) + 1)
        data[place:place] = rng.choice(_BAD_BYTES)
    return bytes(data)


def _recoded(rng: random.Random) -> bytes:
    return WHOLE.encode(rng.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "cp037")))


def _line_ends(rng: random.Random) -> bytes:
    return WHOLE.replace("\n", rng.choice(("\r\n", "\r", "\n\r", "\u2028", "\x85", "\v\n"))).encode()


def _wrong_type(rng: random.Random) -> bytes:
    lines = list(_LINES)
    places = [number for number, line in enumerate(lines) if " = " in line]
    for place in rng.sample(places, rng.randint(1, 4)):
        lines[place] = f"{lines[place].split(' = ')[0]} = {rng.choice(_WRONG)}\n"
    return "".join(lines).encode()


def _table_as_value(rng: random.Random) -> bytes:
    name = rng.choice(("general", "accounts", "keys", "version", "accounts.work", "accounts.work.hosts"))
    return f"{name} = {rng.choice(_WRONG)}\n[{name}.deeper]\nx = 1\n".encode()[: rng.choice((None, -20))]


def _unknown(rng: random.Random) -> bytes:
    return (rng.choice(_UNKNOWN) + "\n" + WHOLE + rng.choice(_UNKNOWN) + "\n").encode()


def _version(rng: random.Random) -> bytes:
    version = rng.choice(("99", "2", "0", "-1", "true", '"1"', "1.0", "0x" + "f" * 5000, "9" * 5000))
    return WHOLE.replace("version = 1", f"version = {version}").encode()


def _deep(rng: random.Random) -> bytes:
    levels = rng.choice((30, 80, 300, 3000, 50_000))
    dotted = ".".join("a" * 1 for _ in range(levels))
    return (
        rng.choice(
            (
                f"x = {'[' * levels}{']' * levels}",
                f"x = {'[' * levels}",
                f"x = {'{a=' * min(levels, 500)}1{'}' * min(levels, 500)}",
                f"[{dotted}]\nb = 1",
                f"{dotted} = 1",
            )
        ).encode()
        + b"\n"
    )


def _huge(rng: random.Random) -> bytes:
    size = rng.choice((200_000, 1 << 20, (1 << 20) + 1, 3 << 20))
    line = rng.choice(("# \n", "[keys]\n", "k{} = 1\n", "[accounts.a{}]\nprovider = 1\n", f'theme = "{CANARY}"\n'))
    head = rng.choice(("", "[keys]\n", "[general]\n"))
    text = "".join(line.replace("{}", str(number)) for number in range(size // len(line)))
    return f"{head}{text}{'#' * (size - len(text))}\n".encode()


def _empty(rng: random.Random) -> bytes:
    return rng.choice((b"", b"\n", b"\0" * 4096, b"#", b"\xef\xbb\xbf", b" " * 100_000, WHOLE.encode() + b"\0" * 512))


_KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "flipped": _flipped,
    "cut": _cut,
    "middle-lost": _middle_lost,
    "trailing": _trailing,
    "line-twice": _line_twice,
    "table-twice": _table_twice,
    "shuffled": _lines_shuffled,
    "merge-markers": _marked,
    "bytes-inside": _bytes_inside,
    "recoded": _recoded,
    "line-ends": _line_ends,
    "wrong-type": _wrong_type,
    "table-as-value": _table_as_value,
    "unknown": _unknown,
    "version": _version,
    "deep": _deep,
    "huge": _huge,
    "empty": _empty,
}
