"""Small remembered values: choices of the user interface, when the last upkeep was."""

from __future__ import annotations

from aic_tui.store.database import Database


class Notes:
    """Text by name. Never for secrets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> str | None:
        """The value, or None when there is none."""
        row = self._database.read(
            lambda db: db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone(), None
        )
        return str(row[0]) if row else None

    def set(self, name: str, value: str) -> None:
        """Remember ``value``."""
        self._database.save(
            lambda db: db.execute("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", (name, value)),
            key=("note", name),
        )

    def drop(self, name: str) -> None:
        """Forget it; nothing happens where there is none."""
        self._database.save(lambda db: db.execute("DELETE FROM notes WHERE name = ?", (name,)), key=("note", name))
