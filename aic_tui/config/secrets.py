"""Where keys are kept: the system keyring, or ``secrets.toml`` for those who chose it. The read side.

``secrets.toml`` has one table per account, ``[accounts.<id>]`` with ``key = "…"``, so that a store may add what
belongs to a key. Nothing here is imported or read before the first frame.
"""

from __future__ import annotations

import asyncio
import os
import stat
import tomllib
from typing import TYPE_CHECKING, Any

from aic_tui.config.daemon_call import daemon_call
from aic_tui.config.document import reason_of
from aic_tui.config.paths import own_user_id, private_directory
from aic_tui.environment import Environment, KeyringBackend
from aic_tui.errors import FailureKind, ProviderError, Reason

if TYPE_CHECKING:
    from pydantic import SecretStr

SERVICE = "aic-tui"
_KEYRING_SECONDS = 3.0
_QUIET_SECONDS = 6 * 3600
_SIZE_CAP = 1 << 20
_TRUSTED = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
)
_FOREIGN = ("keyring.", "keyrings.")


class _NoKeyringError(Exception):
    """There is no keyring that keeps anything, or none that is trusted."""


class Vault:
    """Reads keys by account id. ``storage`` is the setting of that name.

    The keyring is asked on a daemon thread, one account at a time, for ``keyring_seconds`` at most. After a
    timeout, and for six hours after it was found locked or a prompt was refused, it is not asked again until
    :meth:`wake`; keys that were read before go on working.
    """

    def __init__(
        self, env: Environment, *, storage: str = "keyring", keyring_seconds: float = _KEYRING_SECONDS
    ) -> None:
        self._env = env
        self._keyring_seconds = keyring_seconds
        self._storage = storage
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
            return self._read_file(account_id)
        async with self._turn:
            return await self._read_keyring(account_id)

    async def _read_keyring(self, account_id: str) -> SecretStr | None:
        if self._refusal is not None and self._env.monotonic() < self._quiet_until:
            return self._known_or_raise(account_id, self._refusal)
        try:
            text = await daemon_call(lambda: _ask_keyring(self._env, account_id), self._keyring_seconds, "keyring")
        except Exception as error:  # noqa: BLE001  # backends raise anything; told apart by name
            refusal = _refusal_for(error)
            if refusal.reason is not Reason.KEYRING_MISSING:
                locked = refusal.reason is Reason.KEYRING_LOCKED
                self._quiet_until = self._env.monotonic() + _QUIET_SECONDS if locked else float("inf")
                self._refusal = refusal
            return self._known_or_raise(account_id, refusal)
        self._refusal = None
        if not text:
            self._known.pop(account_id, None)
            return None
        self._known[account_id] = _secret(text)
        return self._known[account_id]

    def _known_or_raise(self, account_id: str, refusal: ProviderError) -> SecretStr:
        if account_id in self._known:
            return self._known[account_id]
        raise ProviderError(refusal.kind, refusal.reason, detail=refusal.detail)

    def _read_file(self, account_id: str) -> SecretStr | None:
        if self._storage == "keyring-only":
            raise _file_trouble("the key file is forbidden by storage = “keyring-only”")
        table = self._secrets_table()
        accounts = table.get("accounts")
        entry = accounts.get(account_id) if isinstance(accounts, dict) else None
        key = entry.get("key") if isinstance(entry, dict) else None
        return _secret(key) if isinstance(key, str) and key.strip() else None

    def _secrets_table(self) -> dict[str, Any]:
        path = self._env.paths.secrets_file
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            descriptor = os.open(path, flags)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _file_trouble(f"{path} cannot be read: {reason_of(error)}") from None
        with os.fdopen(descriptor, "rb") as file:
            self._check_private(descriptor)
            data = file.read(_SIZE_CAP + 1)
        try:
            return tomllib.loads(data[:_SIZE_CAP].decode())
        except (ValueError, RecursionError):  # the parser's words could quote a piece of a key
            raise _file_trouble(f"{path} is not valid TOML; mend it or set the key again") from None

    def _check_private(self, descriptor: int) -> None:
        path = self._env.paths.secrets_file
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise _file_trouble(f"{path} is not a regular file")
        if not hasattr(os, "fchmod"):
            return
        if facts.st_uid != own_user_id():
            raise _file_trouble(f"{path} belongs to another user and is not used")
        if stat.S_IMODE(facts.st_mode) & 0o077:
            self._notice(f"The keys in {path} may have been seen by others; rotate them.")
            try:
                os.fchmod(descriptor, 0o600)
                private_directory(path.parent)
            except OSError as error:
                self._notice(f"{path} stays open to others: {reason_of(error)}.")

    def _notice(self, sentence: str) -> None:
        if sentence not in self._notices:
            self._notices.append(sentence)


def _ask_keyring(env: Environment, account_id: str) -> str | None:
    """Runs on the daemon thread: choosing a backend may hang as well as asking it."""
    ring = _usable(env.keyring(), injected=True) if env.keyring else _usable(_system_keyring(), injected=False)
    return ring.get_password(SERVICE, account_id)


def _system_keyring() -> Any:
    import keyring

    return keyring.get_keyring()


def _usable(ring: Any, *, injected: bool) -> KeyringBackend:
    """The backend, or the first trusted one inside a chain. Plain-text, null and unknown ones are refused."""
    for backend in getattr(ring, "backends", [ring]):
        module = type(backend).__module__
        if module in _TRUSTED or (injected and not module.startswith(_FOREIGN)):
            chosen: KeyringBackend = backend
            return chosen
    raise _NoKeyringError(type(ring).__module__)


def _refusal_for(error: Exception) -> ProviderError:
    names = {base.__name__ for base in type(error).__mro__}
    if isinstance(error, TimeoutError):
        reason = Reason.KEYRING_TIMEOUT
    elif names & {"KeyringLocked", "InitError"}:  # InitError: the unlock prompt was dismissed or nobody could show it
        reason = Reason.KEYRING_LOCKED
    else:
        reason = Reason.KEYRING_MISSING
    detail = str(error) if isinstance(error, _NoKeyringError) else type(error).__name__
    return ProviderError(FailureKind.NOT_CONFIGURED, reason, detail=detail)


def _file_trouble(words: str) -> ProviderError:
    return ProviderError(FailureKind.NOT_CONFIGURED, Reason.KEY_MISSING, hint=words)


def _secret(text: str) -> SecretStr:
    from pydantic import SecretStr

    return SecretStr(text.strip())
