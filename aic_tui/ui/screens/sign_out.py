"""One question before an account's GitHub token is erased from this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from aic_tui.errors import UserError
from aic_tui.services.signing_in import SignIn
from aic_tui.ui.bindings import SIGN_OUT_BINDINGS
from aic_tui.ui.screens.confirm import Told, sentences
from aic_tui.ui.screens.page import PageScreen
from aic_tui.view import login_words as words
from aic_tui.view.spans import EMPTY, Line, Tone, line
from aic_tui.view.words import fit_name


class SignOutScreen(PageScreen):
    """Ends with True when the token of account ``account_id`` was erased. ``shown`` is the account's name as it is
    shown, ``host`` where it signs in."""

    BINDINGS: ClassVar[list[BindingType]] = [*SIGN_OUT_BINDINGS]

    def __init__(self, sign_in: SignIn, account_id: str, shown: str, host: str) -> None:
        super().__init__()
        self._sign_in, self._account_id, self._shown, self._host = sign_in, account_id, shown, host

    def title_line(self, cells: int) -> Line:
        """The question."""
        return line((fit_name(f"Sign out {self._shown}", cells), Tone.STRONG))

    def body(self, cells: int) -> Sequence[Line]:
        """What goes, what stays, and what the keys do."""
        keys: list[Told] = [("Enter signs out. Escape goes back, nothing is erased.", Tone.DIM)]
        options = self.aic.options
        told: list[Told] = [(text, Tone.PLAIN) for text in words.sign_out_question(self._host, options)]
        return [EMPTY, *sentences(told, cells, options), EMPTY, *sentences(keys, cells, options)]

    def action_sign_out(self) -> None:
        """Erase the token."""
        self.app.run_worker(self._erase(), name="logout", group="edit", exclusive=True, exit_on_error=False)

    async def _erase(self) -> None:
        try:
            erased = await self._sign_in.logout(self._account_id)
        except UserError as error:
            self.app.notify(error.sentence, severity="error", timeout=12)
            return
        self.app.notify(words.signed_out(erased, self._host, self.aic.options), timeout=12)
        self.dismiss(True)
