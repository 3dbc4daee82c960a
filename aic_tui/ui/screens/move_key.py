"""Moving an account's stored key between the system keyring and the file, after a last look."""

from __future__ import annotations

from aic_tui.services.editing import AccountRow, ConsentNeededError, Editor, KeyStore
from aic_tui.ui.account_keys import UNDO_HINT
from aic_tui.ui.screens.confirm import ConfirmScreen, Told
from aic_tui.view.spans import Tone

_OTHER = {KeyStore.KEYRING: KeyStore.FILE, KeyStore.FILE: KeyStore.KEYRING}
_PLACES = {KeyStore.KEYRING: "the system keyring now", KeyStore.FILE: "the key file now, not encrypted"}
_NOTHING = {
    KeyStore.ENVIRONMENT: "is read from a variable and stored nowhere",
    KeyStore.OTHER_TOOL: "is another tool's login, read in place",
}
_LEAVES = "The key leaves the system keyring, which keeps it encrypted."
_COMES: Told = (
    "The key goes to the system keyring and is read back there; then it is erased from the file.",
    Tone.PLAIN,
)


def nothing_to_move(row: AccountRow) -> str | None:
    """Why the account has no key that could be kept elsewhere; None where it has one."""
    if row.store in _OTHER:
        return None
    if row.store is KeyStore.NONE:
        return "no key is stored for it, so there is nothing to move."
    return f"its key {_NOTHING[row.store]}, so there is nothing to move."


class MoveKeyScreen(ConfirmScreen):
    """Ends with True when the key of ``row`` is where it was not before. ``name`` is the account's as it is shown.

    Raises UserError where the file is forbidden. The question about the file is on the page from the beginning: the
    user has just asked for it.
    """

    def __init__(self, editor: Editor, row: AccountRow, name: str, secrets_file: str) -> None:
        self._account_id, self._to = row.account.id, _OTHER[row.store]
        plan = editor.plan_move_key(self._account_id, self._to)
        told = [_COMES] if self._to is KeyStore.KEYRING else []
        said = f"{name}: its key is kept in {_PLACES[self._to]}{UNDO_HINT}"
        super().__init__(editor, plan, f"Move the key of {name}", told, said)
        if self._to is KeyStore.FILE:
            self._consent = ConsentNeededError(secrets_file, _LEAVES)

    async def put_through(self) -> None:
        """Move the key; tell when it could not be erased where it was."""
        before = set(self.aic.monitor.notices)
        consent = self._consent is not None
        await self._editor.move_secret(self._account_id, self._to, plan=self._plan, file_consent=consent)
        for notice in self.aic.monitor.notices:
            if notice not in before:
                self.app.notify(notice, severity="warning", timeout=12)
