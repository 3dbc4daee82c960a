"""Logs as a tool would have left them below a home directory."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

MESSAGE = (
    "CREATE TABLE message(id text primary key, session_id text, time_created integer, time_updated integer, data text)"
)
SESSION = "CREATE TABLE session(id text primary key, directory text, time_created integer)"
SESSION_MESSAGE = (
    "CREATE TABLE session_message(id text primary key, session_id text, type text, data text, time_created integer)"
)
NOON = 1_777_636_800_000
"""2026-05-01 12:00 UTC."""


def put(home: Path, path: str, *content: object) -> Path:
    """A file of bytes, or of JSON: one value as a document, several (or a name in ``.jsonl``) as lines."""
    file = home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encoded(*content, lines=path.endswith(".jsonl")))
    return file


def encoded(*content: object, lines: bool = True) -> bytes:
    """What :func:`put` writes."""
    parts = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in content]
    return b"".join(part + b"\n" for part in parts) if lines else b"".join(parts)


def database(home: Path, path: str, *tables: str, rows: dict[str, list[tuple[Any, ...]]]) -> Path:
    """A database with these tables and rows."""
    file = home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        for table in tables:
            connection.execute(table)
        for name, values in rows.items():
            for row in values:
                connection.execute(f"INSERT INTO {name} VALUES ({','.join('?' * len(row))})", row)
    return file
