"""The writing side of the database, without the rest of the store."""

from __future__ import annotations

from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.store.database import Database
from aic_tui.store.faults import NewerSchema


def open_database(env: Environment) -> Database:
    """The database, in memory where the file cannot be used. Raises UserError where a newer program wrote it."""
    database = Database(env)
    try:
        database.open()
    except NewerSchema as newer:
        raise UserError(
            f"{database.path} was written by a newer version of aic-tui (schema {newer.found}; this one knows"
            f" {newer.known}). It was left untouched: update aic-tui, or use another AIC_DATA_DIR."
        ) from newer
    return database


def mend(database: Database) -> UserError:
    """Look for damage, replace a damaged file by what can be read of it, and say so."""
    if database.check() is None:
        return UserError("The database cannot be read just now. Try again.", exit_code=1)
    return UserError("The database was damaged, and what can be read of it was saved. Try again.", exit_code=1)
