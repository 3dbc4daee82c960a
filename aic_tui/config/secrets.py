"""Where keys are kept: the system keyring, or ``secrets.toml`` for those who chose it.

A key counts as stored when it was read back. Nothing here is imported or read before the first frame.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from aic_tui.config import keyring_door
from aic_tui.config.daemon_call import daemon_call
from aic_tui.config.secret_file import KeyringList, SecretFile
from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason

if TYPE_CHECKING:
    from pydantic import SecretStr

T = TypeVar("T")

STORES = ("keyring", "file")
PROMPT_SECONDS = 30.0
"""How long a user's own action may wait for the keyring's unlock prompt (``patience_seconds``)."""
_KEYRING_SECONDS = 3.0
_FILE_SECONDS = 15.0
_QUIET_SECONDS = 6 * 3600
_ASKED_THE_USER = (Reason.KEYRING_LOCKED, Reason.KEYRING_DENIED)
_PASSING = (Reason.KEYRING_MISSING, Reason.KEYRING_NULL, Reason.KEYRING_UNSAFE, Reason.KEYRING_REFUSED)


class Orphan(NamedTuple):
    """A key in ``store`` that no account of config.toml refers to."""

    account_id: str
    store: str


class Vault:
    """Reads and keeps keys by account id. ``storage`` is the setting of that name and may be changed at any time.

    The keyring is asked on a daemon thread, one account at a time, for ``keyring_seconds`` at most. After a
    timeout, and for six hours after it was found locked or a prompt was refused, it is not asked again until
    :meth:`wake` or a write; keys that were read before go on working.
    """

    def __init__(
        self, env: Environment, *, storage: str = "keyring", keyring_seconds: float = _KEYRING_SECONDS
    ) -> None:
        self.storage = storage
        self._env = env
        self._keyring_seconds = keyring_seconds
        self._file = SecretFile(env, self._notice)
        self._written = KeyringList(env)
        self._turn = asyncio.Lock()
        self._known: dict[str, SecretStr] = {}
        self._refusal: ProviderError | None = None
        self._quiet_until = float("inf")
        self._notices: list[str] = []

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences the user should see once, such as that others could read the secrets file."""
        return tuple(self._notices)

    def wake(self) -> None:
        """Let the keyring be asked once more after it hung or was locked: for a user's own action only."""
        self._refusal = None

    async def read(self, account_id: str, store: str) -> SecretStr | None:
        """The account's key in ``store`` (``keyring`` or ``file``), None when that store has none.

        Raises :class:`ProviderError` (NOT_CONFIGURED) with a KEYRING reason, or with a hint for the file.
        """
        if store == "file":
            self._refuse_forbidden_file()
            key = self._file.key_of(account_id)
            return as_secret(key) if key else None
        async with self._turn:
            return await self._read_keyring(account_id)

    async def store(
        self,
        account_id: str,
        secret: SecretStr,
        where: str,
        *,
        file_consent: bool = False,
        patience_seconds: float | None = None,
    ) -> None:
        """Keep ``secret`` in ``where`` (``keyring`` or ``file``) under ``account_id``; what was there is replaced.

        It has been read back when this returns. ``patience_seconds`` is for a keyring that may show a prompt
        (:data:`PROMPT_SECONDS`). The file needs ``file_consent``, or ``storage = "file"``. Raises
        :class:`ProviderError` (NOT_CONFIGURED) with a KEYRING or FILE reason; then the key is not stored.
        """
        key = secret.get_secret_value()
        if where == "file":
            self._refuse_forbidden_file()
            if not (file_consent or self.storage == "file"):
                hint = f"it would be kept in {self._env.paths.secrets_file}"
                raise ProviderError(FailureKind.NOT_CONFIGURED, Reason.FILE_CONSENT, hint=hint)
            await self._on_file(lambda: self._file.put(account_id, key))
            return
        given_up = threading.Event()

        def keep() -> None:
            keyring_door.keep(self._env, account_id, key, given_up, lambda: self._written.add(account_id))

        async with self._turn:
            try:
                await self._ask(keep, patience_seconds)
            finally:
                given_up.set()
            self._known[account_id] = secret

    async def erase(self, account_id: str, where: str, *, patience_seconds: float | None = None) -> None:
        """Delete the account's key in ``where``; nothing happens where there is none. Raises as :meth:`store`."""
        if where == "file":
            await self._on_file(lambda: self._file.drop(account_id))
            return
        async with self._turn:
            self._known.pop(account_id, None)
            await self._ask(lambda: keyring_door.forget(self._env, account_id), patience_seconds)
        await self._on_file(lambda: self._written.remove(account_id))

    async def move(
        self,
        account_id: str,
        to: str,
        *,
        file_consent: bool = False,
        patience_seconds: float | None = None,
        refer: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Move the key to ``to``: written and read back there, then ``refer`` (which saves the new reference in
        config.toml), then erased in the other store, so that a crash at any point loses nothing.

        Raises :class:`ProviderError` as :meth:`store`, KEY_MISSING where there is no key to move, and whatever
        ``refer`` raises; then the key is only where it was.
        """
        origin = "keyring" if to == "file" else "file"
        self.wake()
        secret = await self.read(account_id, origin)
        if secret is None:
            raise ProviderError(FailureKind.NOT_CONFIGURED, Reason.KEY_MISSING, hint=f"no key is in the {origin}")
        await self.store(account_id, secret, to, file_consent=file_consent, patience_seconds=patience_seconds)
        if refer is not None:
            try:
                await refer()
            except BaseException:
                await self.erase(account_id, to, patience_seconds=patience_seconds)
                raise
        try:
            await self.erase(account_id, origin, patience_seconds=patience_seconds)
        except ProviderError:
            self._notice(
                f"The key of {account_id} is still in the {origin} too; `aic-tui doctor` says how to delete it."
            )

    async def holds(self, account_id: str) -> frozenset[str]:
        """The stores that have a key under this id; a store that cannot be asked counts as having none."""
        return frozenset(await self._keys(account_id))

    async def differs(self, account_id: str) -> bool:
        """True when keyring and file both have a key under this id and not the same one."""
        keys = await self._keys(account_id)
        return len(keys) == len(STORES) and len({key.get_secret_value() for key in keys.values()}) > 1

    async def orphans(self, config: Config) -> tuple[Orphan, ...]:
        """Keys of ours that no account uses, as far as the stores can be asked; none while the file is broken.

        An id that the keyring says it does not have is forgotten.
        """
        if config.broken:
            return ()
        used = {(account.id, account.key) for account in config.accounts}
        found = []
        for account_id in self._written.ids():
            if (account_id, "keyring") in used:
                continue
            if await self._is_gone(account_id):
                await self._on_file(lambda name=account_id: self._written.remove(name))  # type: ignore[misc]
            else:
                found.append(Orphan(account_id, "keyring"))
        found += [Orphan(name, "file") for name in self._file_ids() if (name, "file") not in used]
        return tuple(found)

    async def _keys(self, account_id: str) -> dict[str, SecretStr]:
        found = {}
        for store in STORES:
            try:
                secret = await self.read(account_id, store)
            except ProviderError:
                continue
            if secret is not None:
                found[store] = secret
        return found

    async def _is_gone(self, account_id: str) -> bool:
        try:
            return await self.read(account_id, "keyring") is None
        except ProviderError:
            return False

    def _file_ids(self) -> Iterable[str]:
        try:
            return self._file.ids()
        except ProviderError:
            return ()

    async def _read_keyring(self, account_id: str) -> SecretStr | None:
        if self._refusal is not None and self._env.monotonic() < self._quiet_until:
            return self._known_or_raise(account_id, self._refusal)
        try:
            text = await self._ask(lambda: keyring_door.fetch(self._env, account_id), None)
        except ProviderError as refusal:
            return self._known_or_raise(account_id, refusal)
        if not text:
            self._known.pop(account_id, None)
            return None
        self._known[account_id] = as_secret(text)
        return self._known[account_id]

    async def _ask(self, question: Callable[[], T], patience_seconds: float | None) -> T:
        """The keyring's answer. Raises :class:`ProviderError`, and remembers what must not be repeated."""
        seconds = self._keyring_seconds if patience_seconds is None else patience_seconds
        try:
            answer = await daemon_call(question, seconds, "keyring")
        except Exception as error:  # noqa: BLE001  # backends raise anything; told apart by name
            refusal = keyring_door.refusal_for(error)
            if refusal.reason not in _PASSING:
                asked = refusal.reason in _ASKED_THE_USER
                self._quiet_until = self._env.monotonic() + _QUIET_SECONDS if asked else float("inf")
                self._refusal = refusal
            raise refusal from None
        self._refusal = None
        return answer

    def _known_or_raise(self, account_id: str, refusal: ProviderError) -> SecretStr:
        if account_id in self._known:
            return self._known[account_id]
        raise ProviderError(refusal.kind, refusal.reason, detail=refusal.detail)

    def _refuse_forbidden_file(self) -> None:
        if self.storage == "keyring-only":
            hint = "the key file is forbidden by storage = “keyring-only”"
            raise ProviderError(FailureKind.NOT_CONFIGURED, Reason.FILE_FORBIDDEN, hint=hint)

    async def _on_file(self, work: Callable[[], T]) -> T:
        """Off the event loop: another instance may hold the lock, and disks may be slow."""
        try:
            return await daemon_call(work, _FILE_SECONDS, "secrets file")
        except TimeoutError:
            hint = f"{self._env.paths.secrets_file} does not answer"
            raise ProviderError(FailureKind.NOT_CONFIGURED, Reason.FILE_NOT_SAVED, hint=hint) from None

    def _notice(self, sentence: str) -> None:
        if sentence not in self._notices:
            self._notices.append(sentence)


def as_secret(text: str) -> SecretStr:
    """``text`` without surrounding blanks, in a form that neither prints nor logs itself."""
    from pydantic import SecretStr

    return SecretStr(text.strip())
