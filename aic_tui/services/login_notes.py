"""What the database remembers of logins: those under way, and whose token an account has. Never a token.

Methods block: on the event loop they go through ``store.call``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aic_tui.store.store import Store
from aic_tui.text import clean_or_none


class LoginNotes:
    """The notes of one database, shared by all running instances."""

    def __init__(self, store: Store) -> None:
        self._notes = store.notes

    def begin(self, account_id: str, gate: str, owner: str, until: float) -> None:
        """A login to replace the token of ``gate`` is under way, until ``until`` (wall seconds) at the latest.

        The end makes sure that a login whose process was killed is over some time.
        """
        self._set(_under_way(account_id), {"gate": gate, "owner": owner, "until": until})

    def end(self, account_id: str, owner: str) -> None:
        """The login of ``owner`` is over; that of another instance goes on."""
        if self._get(_under_way(account_id)).get("owner") == owner:
            self._notes.drop(_under_way(account_id))

    def is_under_way(self, account_id: str, gate: str, now: float) -> bool:
        """Whether someone is about to replace the token of ``gate``."""
        note = self._get(_under_way(account_id))
        until = note.get("until")
        return note.get("gate") == gate and isinstance(until, int | float) and now < until

    def remember(self, account_id: str, fingerprint: str, username: str | None) -> None:
        """Whose token this is."""
        self._set(_signed_in(account_id), {"fingerprint": fingerprint, "username": username})

    def username(self, account_id: str, fingerprint: str) -> str | None:
        """Whose token this is, as far as its login told."""
        note = self._get(_signed_in(account_id))
        name = note.get("username")
        return clean_or_none(name, 100) if note.get("fingerprint") == fingerprint and isinstance(name, str) else None

    def forget(self, account_id: str) -> None:
        """Nobody is signed in any more."""
        self._notes.drop(_signed_in(account_id))
        self._notes.drop(_under_way(account_id))

    def _get(self, name: str) -> Mapping[str, Any]:
        try:
            note = json.loads(self._notes.get(name) or "{}")
        except ValueError:
            return {}
        return note if isinstance(note, dict) else {}

    def _set(self, name: str, note: Mapping[str, Any]) -> None:
        self._notes.set(name, json.dumps(note))


def _under_way(account_id: str) -> str:
    return f"login-under-way:{account_id}"


def _signed_in(account_id: str) -> str:
    return f"signed-in:{account_id}"
