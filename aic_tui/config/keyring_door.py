"""The system keyring, asked on a thread of its own: choosing a backend may hang as well as asking it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from aic_tui.environment import Environment, KeyringBackend
from aic_tui.errors import FailureKind, ProviderError, Reason

SERVICE = "aic-tui"
_TRUSTED = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
)
_FOREIGN = ("keyring.", "keyrings.")
_NULL, _FAIL = "keyring.backends.null", "keyring.backends.fail"
_LOCKED = frozenset({"KeyringLocked", "InitError", "LockedException"})
_DENIED = frozenset({"KeychainDenied", "SecAuthFailure", "PermissionError"})


class _UnusableError(Exception):
    """There is no backend that is trusted to keep a key; the text names the one that was found."""

    def __init__(self, reason: Reason, backend: str) -> None:
        super().__init__(backend)
        self.reason = reason


class _NotKeptError(Exception):
    """The backend took the key, or its deletion, without complaint, and reading back told otherwise."""


def fetch(env: Environment, account_id: str) -> str | None:
    """The entry of ``account_id``, None when there is none. Blocks; raises anything (see :func:`refusal_for`)."""
    return _backend(env).get_password(SERVICE, account_id)


def keep(env: Environment, account_id: str, key: str, given_up: threading.Event, note: Callable[[], object]) -> None:
    """Write the entry and read it back. Blocks; raises anything, and then the entry before is restored if it can be.

    ``note`` is called before the first write, once a keyring has answered.

    Once ``given_up`` is set nothing more is written: an unlock prompt that is answered much later must not store a
    key that the caller has told the user was not stored.
    """
    backend = _backend(env)
    before = backend.get_password(SERVICE, account_id)  # where a locked keyring asks
    if given_up.is_set():
        return
    note()
    try:
        backend.set_password(SERVICE, account_id, key)
        if backend.get_password(SERVICE, account_id) != key:
            raise _NotKeptError(_module(backend))
        if given_up.is_set():
            raise _NotKeptError(_module(backend))
    except BaseException:
        with contextlib.suppress(Exception):
            _put_back(backend, account_id, before)
        raise


def forget(env: Environment, account_id: str) -> None:
    """Delete the entry where there is one. Blocks; raises anything."""
    backend = _backend(env)
    if backend.get_password(SERVICE, account_id) is None:
        return
    backend.delete_password(SERVICE, account_id)
    if backend.get_password(SERVICE, account_id) is not None:
        raise _NotKeptError(_module(backend))


def refusal_for(error: BaseException) -> ProviderError:
    """Which of the keyring's troubles this is, with the backend or the kind of error as detail; never its words."""
    detail = str(error) if isinstance(error, _UnusableError | _NotKeptError) else type(error).__name__
    return ProviderError(FailureKind.NOT_CONFIGURED, _reason_of(error), detail=detail)


def _reason_of(error: BaseException) -> Reason:
    if isinstance(error, _UnusableError):
        return error.reason
    if isinstance(error, TimeoutError):
        return Reason.KEYRING_TIMEOUT
    names = {base.__name__ for link in _chain(error) for base in type(link).__mro__}
    if names & _DENIED:
        return Reason.KEYRING_DENIED
    # InitError: the unlock prompt was dismissed, or there was nobody to show it
    if names & _LOCKED:
        return Reason.KEYRING_LOCKED
    if names & {"_NotKeptError", "PasswordSetError", "PasswordDeleteError"}:
        return Reason.KEYRING_REFUSED
    return Reason.KEYRING_MISSING


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes: keyring turns a refusal of the system into an error of its own."""
    for _ in range(5):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _backend(env: Environment) -> KeyringBackend:
    """The backend, or the first trusted one inside a chain. Plain-text, null and unknown ones are refused."""
    injected = env.keyring is not None
    ring = env.keyring() if env.keyring else _system_keyring()
    leaves = list(getattr(ring, "backends", [ring]))
    modules = [type(leaf).__module__ for leaf in leaves]
    for leaf, module in zip(leaves, modules, strict=True):
        if module in _TRUSTED or (injected and not module.startswith(_FOREIGN)):
            chosen: KeyringBackend = leaf
            return chosen
    unsafe = [module for module in modules if module not in (_NULL, _FAIL)]
    if unsafe:
        raise _UnusableError(Reason.KEYRING_UNSAFE, unsafe[0])
    reason = Reason.KEYRING_NULL if _NULL in modules else Reason.KEYRING_MISSING
    raise _UnusableError(reason, modules[0] if modules else type(ring).__module__)


def _system_keyring() -> Any:
    import keyring

    return keyring.get_keyring()


def _put_back(backend: KeyringBackend, account_id: str, before: str | None) -> None:
    if before is not None:
        backend.set_password(SERVICE, account_id, before)
    elif backend.get_password(SERVICE, account_id) is not None:
        backend.delete_password(SERVICE, account_id)


def _module(backend: object) -> str:
    return type(backend).__module__
