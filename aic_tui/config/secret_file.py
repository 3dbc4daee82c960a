"""``secrets.toml``: keys in a file of mode 0600, for those who chose it. And the list of what the keyring was given.

One table per account, ``[accounts.<id>]`` with ``key = "…"``, so that other things may stand beside a key. Everything
here blocks; writes hold a lock that all instances share.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from aic_tui.config.atomic import exclusive, final_target, sweep_orphans, write_atomically
from aic_tui.config.document import read_regular_file, reason_of
from aic_tui.config.paths import own_user_id, private_directory
from aic_tui.config.tables import ACCOUNT_ID
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason

_SIZE_CAP = 1 << 20
_VERSION = 1
_HEADER = "# API keys of aic-tui. Keep this file out of backups and repositories that others can read.\n"
_IDS_NAME = "keyring-accounts.txt"
_IDS_HEADER = "# Accounts whose keys aic-tui has put into the system keyring. There is no key in this file.\n"


class SecretFile:
    """The key file of one profile. ``notice`` takes sentences that the user should see once.

    Methods raise :class:`ProviderError` (NOT_CONFIGURED) with a hint that names the file and never quotes it.
    """

    def __init__(self, env: Environment, notice: Callable[[str], None]) -> None:
        self._path = env.paths.secrets_file
        self._notice = notice

    def key_of(self, account_id: str) -> str | None:
        """The account's key, None when it has none."""
        return _keys(self._table()).get(account_id)

    def ids(self) -> tuple[str, ...]:
        """Every account that has a key here."""
        return tuple(_keys(self._table()))

    def put(self, account_id: str, key: str) -> None:
        """Write the key and read it back; every other entry stays. The old file is untouched after a failure."""
        with self._locked():
            table = self._writable_table()
            accounts = table.setdefault("accounts", {})
            if not isinstance(accounts, dict):
                raise _not_saved(f"{self._path}: “accounts” is not a table; mend it first")
            entry = accounts.get(account_id)
            accounts[account_id] = {**(entry if isinstance(entry, dict) else {}), "key": key}
            self._save(table)
            if self.key_of(account_id) != key:
                raise _not_saved(f"{self._path} did not keep it")

    def drop(self, account_id: str) -> None:
        """Take the account's entry out; nothing happens where there is none."""
        if not os.path.lexists(self._path):
            return
        with self._locked():
            table = self._writable_table()
            accounts = table.get("accounts")
            if isinstance(accounts, dict) and accounts.pop(account_id, None) is not None:
                self._save(table)

    def _table(self) -> dict[str, Any]:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            descriptor = os.open(self._path, flags)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _trouble(f"{self._path} cannot be read: {reason_of(error)}") from None
        with os.fdopen(descriptor, "rb") as file:
            self._check_private(descriptor)
            data = file.read(_SIZE_CAP + 1)
        if len(data) > _SIZE_CAP:
            raise _trouble(f"{self._path} is larger than {_SIZE_CAP // 1024} KiB")
        try:
            return tomllib.loads(data.decode())
        except (ValueError, RecursionError):  # the parser's words could quote a piece of a key
            raise _trouble(f"{self._path} is not valid TOML; mend it or set the key again") from None

    def _writable_table(self) -> dict[str, Any]:
        """The file as it is now. One that is not understood whole is not written: it may hold the only copy."""
        try:
            table = self._table()
        except ProviderError as error:
            raise _not_saved(f"{error.hint}; it was left as it is") from None
        version = table.get("version", _VERSION)
        if not isinstance(version, int) or version > _VERSION:
            raise _not_saved(f"{self._path} was written by a newer aic-tui and is left alone")
        return table

    def _check_private(self, descriptor: int) -> None:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise _trouble(f"{self._path} is not a regular file")
        if not hasattr(os, "fchmod"):
            return
        if facts.st_uid != own_user_id():
            raise _trouble(f"{self._path} belongs to another user and is not used")
        if stat.S_IMODE(facts.st_mode) & 0o077:
            self._notice(f"The keys in {self._path} may have been seen by others; rotate them.")
            try:
                os.fchmod(descriptor, 0o600)
                private_directory(self._path.parent)
            except OSError as error:
                self._notice(f"{self._path} stays open to others: {reason_of(error)}.")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            private_directory(self._path.parent)
            self._refuse_shared_directory()
            with exclusive(_lock_of(self._path)):
                _sweep(self._path)
                yield
        except OSError as error:
            raise _not_saved(f"{self._path} was not saved: {reason_of(error)}; the file is as it was") from None

    def _refuse_shared_directory(self) -> None:
        if os.name != "posix":
            return
        folder = self._path.parent
        facts = folder.stat()
        if facts.st_uid not in (own_user_id(), 0) or stat.S_IMODE(facts.st_mode) & 0o022:
            raise _not_saved(f"others may write in {folder}; chmod 700 ends that")

    def _save(self, table: dict[str, Any]) -> None:
        import tomli_w

        version = table.pop("version", _VERSION)
        ignore = self._path.with_name(".gitignore")
        with contextlib.suppress(OSError), ignore.open("x", encoding="utf-8") as file:
            file.write(f"/{self._path.name}*\n/.{self._path.name}.*\n")
        write_atomically(self._path, (_HEADER + tomli_w.dumps({"version": version, **table})).encode())


def sweep_secrets(env: Environment) -> None:
    """Delete what a killed writer of the key file left behind: it holds keys. Not while another one writes."""
    path = env.paths.secrets_file
    with contextlib.suppress(OSError):
        if any(path.parent.glob(f".{path.name}.*")):
            with exclusive(_lock_of(path), tries=1):
                _sweep(path)


def _sweep(path: Path) -> None:
    """Under the lock every temporary file is a dead writer's."""
    for folder in {path.parent, final_target(path).parent}:
        sweep_orphans(folder, 0.0, of=f"{final_target(path).name}.", seconds=float("-inf"))


class KeyringList:
    """The ids of the accounts whose keys were put into the keyring, which cannot list its own entries everywhere.

    An id is written before its key, so that a crash in between leaves a trace. Troubles with the file are passed
    over: they must not keep anyone from storing a key.
    """

    def __init__(self, env: Environment) -> None:
        self._path = env.paths.data / _IDS_NAME

    def ids(self) -> tuple[str, ...]:
        """Every remembered id, oldest first."""
        try:
            data = read_regular_file(self._path, _SIZE_CAP, getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            return ()
        lines = (data or b"").decode("ascii", "replace").splitlines()
        return tuple(dict.fromkeys(line for line in lines if ACCOUNT_ID.fullmatch(line)))

    def add(self, account_id: str) -> None:
        """Remember the id."""
        self._change(lambda ids: ids if account_id in ids else (*ids, account_id))

    def remove(self, account_id: str) -> None:
        """Forget the id."""
        self._change(lambda ids: tuple(known for known in ids if known != account_id))

    def _change(self, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> None:
        with contextlib.suppress(OSError):
            if not change(self.ids()) and not self._path.exists():
                return
            private_directory(self._path.parent)
            with exclusive(_lock_of(self._path)):
                before = self.ids()
                wanted = change(before)
                if wanted != before:
                    write_atomically(self._path, (_IDS_HEADER + "".join(f"{name}\n" for name in wanted)).encode())


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _keys(table: dict[str, Any]) -> dict[str, str]:
    accounts = table.get("accounts")
    entries = accounts.items() if isinstance(accounts, dict) else ()
    keys = ((name, entry.get("key")) for name, entry in entries if isinstance(entry, dict))
    return {name: key for name, key in keys if isinstance(key, str) and key.strip()}


def _trouble(words: str) -> ProviderError:
    return ProviderError(FailureKind.NOT_CONFIGURED, Reason.KEY_MISSING, hint=words)


def _not_saved(words: str) -> ProviderError:
    return ProviderError(FailureKind.NOT_CONFIGURED, Reason.FILE_NOT_SAVED, hint=words)
