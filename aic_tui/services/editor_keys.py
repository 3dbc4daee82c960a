"""The keys that an edit stores, and how each is put back when the edit is not made or taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING, NoReturn

from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import ProviderError, Reason, UserError
from aic_tui.format import failure_sentence, failure_text
from aic_tui.models import Failure
from aic_tui.services.editing import ConsentNeededError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from aic_tui.config.secrets import Vault

_STORES = ("keyring", "file")
_PROMPT_SECONDS = 30.0  # a person may have to answer the keyring's question


@dataclass(frozen=True)
class Kept:
    """A key as it was in ``store`` before an edit; None: there was none."""

    account_id: str
    store: str
    secret: SecretStr | None = field(default=None, repr=False)


class KeyCare:
    """Stores keys for one editor and remembers which ones its edits may have left behind."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self.patience_seconds: float | None = _PROMPT_SECONDS
        self._touched: set[tuple[str, str]] = set()

    async def keep(self, vault: Vault, account_id: str, store: str, secret: SecretStr, *, consent: bool) -> Kept:
        """Put ``secret`` into ``store``: what was there before.

        Raises :class:`ConsentNeededError` where only the file is left, or :class:`UserError`; nothing is stored then.
        """
        before = await self.as_it_is(vault, Kept(account_id, store))
        try:
            await vault.store(account_id, secret, store, file_consent=consent, patience_seconds=self.patience_seconds)
        except ProviderError as error:
            self.refuse(error, vault)
        self._touched.add((account_id, store))
        return before

    async def as_it_is(self, vault: Vault, place: Kept) -> Kept:
        """The same place with the key that is there now, as far as its store says."""
        with suppress(ProviderError):
            return replace(place, secret=await vault.read(place.account_id, place.store))
        return replace(place, secret=None)

    async def put_back(self, vault: Vault, kept: Iterable[Kept]) -> None:
        """Make each store say again what it said. The user agreed to it when the key was put there.

        Raises :class:`UserError` for a store that does not answer.
        """
        try:
            for item in kept:
                if item.secret is None:
                    await vault.erase(item.account_id, item.store)
                else:
                    await vault.store(item.account_id, item.secret, item.store, file_consent=True)
        except ProviderError as error:
            raise UserError(self._sentence(error), exit_code=1) from None

    def note(self, accounts: Iterable[Account]) -> None:
        """These accounts were in force: once they are not, their keys are left over."""
        self._touched |= {(account.id, account.key) for account in accounts if account.key in _STORES}

    async def forget(self, vault: Vault, accounts: Iterable[Account]) -> None:
        """Erase every key of an edit of this session that none of ``accounts`` uses. What fails stays an orphan."""
        used = {(account.id, account.key or "") for account in accounts}
        left, self._touched = self._touched - used, set()
        await asyncio.gather(*(vault.erase(*place) for place in left), return_exceptions=True)

    @property
    def has_touched(self) -> bool:
        """True when there may be something to forget."""
        return bool(self._touched)

    def refuse(self, error: ProviderError, vault: Vault) -> NoReturn:
        """Raise what ``error`` of the vault means to the user: a question about the file, or a sentence."""
        no_keyring = error.reason is not None and error.reason.startswith("keyring_")
        if error.reason is Reason.FILE_CONSENT or (no_keyring and vault.storage != "keyring-only"):
            what = failure_text(self._failure(error), UTC, self._env.now()).what  # the advice is the question itself
            raise ConsentNeededError(str(self._env.paths.secrets_file), f"Not stored yet: {what}.") from None
        raise UserError(self._sentence(error), exit_code=1) from None

    def refuse_move(self, error: ProviderError) -> NoReturn:
        """As :meth:`refuse` for a key that is stored already: a yes to the file does not help a keyring in trouble."""
        sentence = self._sentence(error, "moved")
        if error.reason is Reason.FILE_CONSENT:
            raise ConsentNeededError(str(self._env.paths.secrets_file), sentence) from None
        raise UserError(sentence, exit_code=1) from None

    def _sentence(self, error: ProviderError, done: str = "stored") -> str:
        words = failure_sentence(self._failure(error), UTC, self._env.now())
        return f"The key was not {done}: {words}."

    def _failure(self, error: ProviderError) -> Failure:
        return Failure(error.kind, self._env.now(), error.reason, error.hint, error.detail)
