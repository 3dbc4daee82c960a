"""The last known state of every account: what the first frame shows before anything is asked."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from typing import Any

from aic_tui.models import AccountState
from aic_tui.store.codec import decode, encode
from aic_tui.store.database import Database

_COLUMNS = ("account_id", "provider_id", "provider_name", "label")


class States:
    """One row per account, in the user's order. Figures, failure and times; never a raw reply, never a secret."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> list[AccountState]:
        """Every readable state by position. None is ``fetching``. A row that cannot be read is left out."""
        rows: list[Any] = self._database.read(
            lambda db: db.execute(
                "SELECT body, account_id, provider_id, provider_name, label FROM states ORDER BY position, account_id"
            ).fetchall(),
            [],
        )
        return [state for row in rows if (state := _state(row)) is not None]

    def save(self, state: AccountState, position: int | None = None) -> bool:
        """Write one state; a new account comes last unless ``position`` is given. True when it is in the file."""
        return self._database.save(lambda db: _save(db, state, position), key=("state", state.account_id))


def _state(row: Any) -> AccountState | None:
    body, *columns = row
    try:
        data = json.loads(body)
        if not isinstance(data, dict):
            return None
        # The columns are right where the body is older than the account list.
        return replace(decode(AccountState, {**data, **dict(zip(_COLUMNS, columns, strict=True))}), fetching=False)
    except (ValueError, TypeError, RecursionError):
        return None


def _save(db: sqlite3.Connection, state: AccountState, position: int | None) -> None:
    body = json.dumps(encode(replace(state, fetching=False)), ensure_ascii=False, separators=(",", ":"))
    columns = [getattr(state, name) for name in _COLUMNS]
    db.execute(
        "INSERT INTO states (account_id, provider_id, provider_name, label, body, position)"
        " VALUES (?, ?, ?, ?, ?, coalesce(?, (SELECT coalesce(max(position), -1) + 1 FROM states)))"
        " ON CONFLICT (account_id) DO UPDATE SET provider_id = excluded.provider_id,"
        " provider_name = excluded.provider_name, label = excluded.label, body = excluded.body,"
        " position = coalesce(?, position)",
        (*columns, body, position, position),
    )
