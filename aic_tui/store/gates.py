"""When each key may be asked again, shared by every running instance."""

from __future__ import annotations

from aic_tui.store.database import Database


class Gates:
    """One row per key."""

    def __init__(self, database: Database) -> None:
        self._database = database
