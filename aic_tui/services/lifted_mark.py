"""What a login does to the mark that a token was refused: lifted at its start, back when it fails, gone for good after.

The mark itself is the parked gate of the token. While a login is under way a note in the database says so; it has an
end, so that the mark of a login whose process was killed comes back by itself.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from aic_tui.config.settings import Account
from aic_tui.providers.registry import get_provider
from aic_tui.services.asking import gate_key
from aic_tui.services.login_notes import LoginNotes

if TYPE_CHECKING:
    from pydantic import SecretStr

    from aic_tui.services.editor_bench import Tools


class LiftedMark:
    """The mark on one account's token for the length of one login. ``gate`` is None where there is no token yet."""

    def __init__(self, tools: Tools, account_id: str, gate: str | None, owner: str) -> None:
        self._tools = tools
        self._notes = LoginNotes(tools.store)
        self._account_id = account_id
        self._gate = gate
        self._owner = owner

    async def lift(self, until: float) -> None:
        """The login has begun and is over at ``until`` (wall seconds), whatever becomes of this process."""
        if self._gate is not None:
            begin = self._notes.begin
            await self._tools.store.call(begin, self._account_id, self._gate, self._owner, until)
        self._tools.service.login_begins(self._account_id)

    def ends_at(self, until: float) -> None:
        """The time is known better now."""
        if self._gate is not None:
            with suppress(RuntimeError):  # closed
                self._tools.store.post(self._notes.begin, self._account_id, self._gate, self._owner, until)

    async def restore(self) -> None:
        """The login has failed: everything is as before."""
        if self._gate is not None:
            with suppress(RuntimeError):
                await self._tools.store.call(self._notes.end, self._account_id, self._owner)
        self._tools.service.login_ends(self._account_id, refused_again=True)

    async def succeeded(self, account: Account, token: SecretStr, username: str | None) -> None:
        """``account`` has a new token: nothing stands against that, and the old one's mark is nobody's business."""
        from aic_tui.providers.auth import key_fingerprint

        fingerprint = key_fingerprint(token.get_secret_value())
        gate = gate_key(account, get_provider(account.provider_id), fingerprint)
        await self._tools.store.call(self._open, (gate, self._gate), fingerprint, username)
        self._tools.service.login_ends(self._account_id)

    async def first_figures(self, username: str | None) -> None:
        """Ask with the new token at once. Figures that stay because it gave none go if they were someone else's."""
        await self._tools.service.forget_refusal(self._account_id)
        await self._tools.service.refresh([self._account_id], manual=True)
        if username is not None:
            await self._tools.service.drop_figures(self._account_id, unless_of=username)

    def _open(self, gates: tuple[str | None, ...], fingerprint: str, username: str | None) -> None:
        for gate in gates:
            if gate is not None:
                self._tools.store.gates.release(gate)
        self._notes.remember(self._account_id, fingerprint, username)
        self._notes.end(self._account_id, self._owner)
