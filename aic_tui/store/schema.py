"""The tables, as migrations: step ``n`` brings a file from version ``n`` to ``n + 1``.

A released step is never edited; a new one is put after it. Every step runs in one transaction together with the new
``user_version``. Step 0 says IF NOT EXISTS, so that a file whose version field was damaged heals itself.
"""

from __future__ import annotations

from collections.abc import Sequence

Step = Sequence[str]

_FIRST: Step = (
    """CREATE TABLE IF NOT EXISTS states (
        account_id TEXT PRIMARY KEY, position INTEGER NOT NULL, provider_id TEXT NOT NULL,
        provider_name TEXT NOT NULL, label TEXT NOT NULL, body TEXT NOT NULL)""",
    # A lane is one series of points. Two integers in place of two texts in every point: a third of the size.
    """CREATE TABLE IF NOT EXISTS lanes (
        id INTEGER PRIMARY KEY, account_id TEXT NOT NULL, window_id TEXT NOT NULL, UNIQUE (account_id, window_id))""",
    # ``moves`` is 1 for the last point of a flat run, which goes along in time while the value stays.
    """CREATE TABLE IF NOT EXISTS points (
        lane INTEGER NOT NULL REFERENCES lanes (id) ON DELETE CASCADE, at REAL NOT NULL, ratio REAL,
        used TEXT, quota TEXT, balance TEXT, cost_usd TEXT, moves INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (lane, at)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS requests (
        id INTEGER PRIMARY KEY, account_id TEXT NOT NULL, at REAL NOT NULL, method TEXT NOT NULL, url TEXT NOT NULL,
        outcome TEXT NOT NULL, http_status INTEGER, duration_ms INTEGER, size_bytes INTEGER)""",
    "CREATE INDEX IF NOT EXISTS requests_of_account ON requests (account_id, id)",
    """CREATE TABLE IF NOT EXISTS gates (
        key TEXT PRIMARY KEY, last_request_at REAL, recent TEXT, not_before REAL, not_before_span REAL, why TEXT,
        level INTEGER, failures INTEGER, limited INTEGER, parked TEXT, claimed_by TEXT, claimed_until REAL,
        saved_at REAL)""",
    "CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)

# Session logs. What a log held stays when the log is deleted, so nothing here can be made anew from the outside.
_LOGS: Step = (
    """CREATE TABLE IF NOT EXISTS log_files (
        id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, source TEXT NOT NULL, root BLOB NOT NULL,
        path BLOB NOT NULL, dev INTEGER NOT NULL, ino INTEGER NOT NULL, size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL, offset INTEGER NOT NULL, head INTEGER NOT NULL, tail INTEGER NOT NULL,
        skipping INTEGER NOT NULL, version INTEGER NOT NULL, gone INTEGER NOT NULL, failed INTEGER NOT NULL,
        lost INTEGER NOT NULL, repeated INTEGER NOT NULL, forks INTEGER NOT NULL, seen INTEGER NOT NULL,
        skipped TEXT NOT NULL, problem TEXT, sessions BLOB NOT NULL, models BLOB NOT NULL, state BLOB NOT NULL)""",
    # Apart from their file, so that the list of files can be read quickly.
    "CREATE TABLE IF NOT EXISTS log_records (file INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    """CREATE TABLE IF NOT EXISTS log_rows (
        file INTEGER NOT NULL, day INTEGER NOT NULL, session INTEGER NOT NULL, model INTEGER NOT NULL,
        flags INTEGER NOT NULL, size INTEGER NOT NULL, messages INTEGER NOT NULL, input INTEGER NOT NULL,
        output INTEGER NOT NULL, cache_read INTEGER NOT NULL, write_5m INTEGER NOT NULL, write_1h INTEGER NOT NULL,
        extra INTEGER NOT NULL, cost INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY (day, model, flags, size, session, file)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS log_rows_of_file ON log_rows (file)",
    """CREATE TABLE IF NOT EXISTS log_sessions (
        id INTEGER PRIMARY KEY, source TEXT NOT NULL, name TEXT NOT NULL, project TEXT NOT NULL,
        UNIQUE (source, name, project))""",
    """CREATE TABLE IF NOT EXISTS log_models (
        id INTEGER PRIMARY KEY, source TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (source, name))""",
    """CREATE TABLE IF NOT EXISTS log_keys (
        part INTEGER, number INTEGER, body BLOB NOT NULL, PRIMARY KEY (part, number))""",
    """CREATE TABLE IF NOT EXISTS log_folders (
        source TEXT, path BLOB, mtime_ns INTEGER NOT NULL, PRIMARY KEY (source, path)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS log_sources (source TEXT PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS log_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)

MIGRATIONS: tuple[Step, ...] = (_FIRST, _LOGS)

# Every table of the newest version, parents before children: what a salvage copies and a check expects.
TABLES = (
    *("states", "lanes", "points", "requests", "gates", "notes"),
    *("log_files", "log_records", "log_rows", "log_sessions", "log_models", "log_keys", "log_folders"),
    *("log_sources", "log_meta"),
)
