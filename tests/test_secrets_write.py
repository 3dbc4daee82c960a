"""Storing, moving and erasing keys: what counts as stored was read back, and every kind of keyring is told apart."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from aic_tui.config.atomic import exclusive
from aic_tui.config.secret_file import SecretFile, sweep_secrets
from aic_tui.config.secrets import Orphan, Vault
from aic_tui.config.settings import Account, Config
from aic_tui.environment import Environment, KeyringBackend
from aic_tui.errors import FailureKind, ProviderError, Reason
from tests.unmeasured import unmeasured

MakeEnv = Callable[..., Environment]
CANARY = "sk-proj-KANARIEkanarie0123456789"
OTHER = "sk-proj-ANDERERandererSchluessel99"
SECRET = SecretStr(CANARY)


class Keyring:
    """A keyring in memory that does as told."""

    def __init__(self, entries: dict[str, str] | None = None, failure: BaseException | None = None) -> None:
        self.entries = dict(entries or {})
        self.failure = failure
        self.set_failure: BaseException | None = None
        self.keeps: Callable[[str], str | None] = lambda key: key
        self.deletes = True
        self.writes = 0

    def get_password(self, service: str, username: str) -> str | None:
        assert service == "aic-tui"
        if self.failure:
            raise self.failure
        return self.entries.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.writes += 1
        if self.set_failure:
            raise self.set_failure
        kept = self.keeps(password)
        if kept is not None:
            self.entries[username] = kept

    def delete_password(self, service: str, username: str) -> None:
        if username not in self.entries:
            raise type("PasswordDeleteError", (Exception,), {})("none")
        if self.deletes:
            del self.entries[username]


def vault_over(make_env: MakeEnv, backend: Any, **options: Any) -> Vault:
    def ring() -> KeyringBackend:
        found: KeyringBackend = backend
        return found

    return Vault(make_env(keyring=ring), **options)


async def refused(vault: Vault, where: str = "keyring", **options: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await vault.store("a", SECRET, where, **options)
    assert caught.value.kind is FailureKind.NOT_CONFIGURED
    assert CANARY not in f"{caught.value!r}{caught.value.detail}{caught.value.hint}"
    return caught.value


async def value(vault: Vault, store: str, account_id: str = "a") -> str | None:
    secret = await vault.read(account_id, store)
    return secret.get_secret_value() if secret else None


def named(module: str, name: str = "Keyring") -> Any:
    return type(name, (Keyring,), {"__module__": module})()


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def error_named(name: str) -> BaseException:
    made: BaseException = type(name, (Exception,), {})(CANARY)
    return made


# -- the keyring


async def test_a_key_is_stored_and_read_by_another_run(make_env: MakeEnv) -> None:
    backend = Keyring()
    await vault_over(make_env, backend).store("a", SECRET, "keyring")
    assert backend.entries == {"a": CANARY}
    assert await value(vault_over(make_env, backend), "keyring") == CANARY


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (error_named("KeyringLocked"), Reason.KEYRING_LOCKED),
        (error_named("InitError"), Reason.KEYRING_LOCKED),
        (caused(error_named("KeyringLocked"), error_named("KeychainDenied")), Reason.KEYRING_DENIED),
        (caused(error_named("PasswordSetError"), error_named("SecAuthFailure")), Reason.KEYRING_DENIED),
        (PermissionError("no"), Reason.KEYRING_DENIED),
        (error_named("PasswordSetError"), Reason.KEYRING_REFUSED),
        (error_named("NoKeyringError"), Reason.KEYRING_MISSING),
        (ModuleNotFoundError("nosuch"), Reason.KEYRING_MISSING),
    ],
)
async def test_refusals_are_told_apart(make_env: MakeEnv, failure: BaseException, reason: Reason) -> None:
    assert (await refused(vault_over(make_env, Keyring(failure=failure)))).reason is reason
    backend = Keyring({"a": OTHER})
    backend.set_failure = failure
    assert (await refused(vault_over(make_env, backend))).reason is reason
    assert backend.entries == {"a": OTHER}


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        (named("keyring.backends.null"), Reason.KEYRING_NULL),
        (named("keyring.backends.fail"), Reason.KEYRING_MISSING),
        (named("keyrings.alt.file", "PlaintextKeyring"), Reason.KEYRING_UNSAFE),
        (named("keyrings.alt.file", "EncryptedKeyring"), Reason.KEYRING_UNSAFE),
    ],
)
async def test_what_does_not_keep_keys_safely_is_not_given_any(make_env: MakeEnv, backend: Any, reason: Reason) -> None:
    error = await refused(vault_over(make_env, backend))
    assert error.reason is reason
    assert error.detail == type(backend).__module__
    assert backend.entries == {}


@pytest.mark.parametrize("kept", [lambda _key: None, lambda key: key[:10], lambda key: f"{key} "])
async def test_a_key_that_is_not_read_back_was_not_stored(make_env: MakeEnv, kept: Callable[[str], str | None]) -> None:
    backend = Keyring()
    backend.keeps = kept
    assert (await refused(vault_over(make_env, backend))).reason is Reason.KEYRING_REFUSED
    assert backend.entries == {}


async def test_the_key_before_comes_back_when_the_new_one_is_not_kept(make_env: MakeEnv) -> None:
    backend = Keyring({"a": OTHER})
    backend.keeps = lambda key: key if key == OTHER else "mangled"
    assert (await refused(vault_over(make_env, backend))).reason is Reason.KEYRING_REFUSED
    assert backend.entries == {"a": OTHER}


class Prompting(Keyring):
    """Waits for its user before it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Event()
        self.done = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.answered.wait(30)
        found = super().get_password(service, username)
        self.done.set()
        return found


async def test_a_prompt_is_waited_for_as_long_as_the_caller_says(make_env: MakeEnv) -> None:
    backend = Prompting()
    vault = vault_over(make_env, backend, keyring_seconds=0.02)
    asyncio.get_running_loop().call_later(0.1, backend.answered.set)
    await vault.store("a", SECRET, "keyring", patience_seconds=20)
    assert backend.entries == {"a": CANARY}


async def test_a_prompt_that_is_answered_too_late_stores_nothing(make_env: MakeEnv) -> None:
    backend = Prompting()
    vault = vault_over(make_env, backend, keyring_seconds=0.02)
    assert (await refused(vault)).reason is Reason.KEYRING_TIMEOUT
    backend.answered.set()
    await asyncio.to_thread(backend.done.wait, 10)
    for thread in threading.enumerate():
        if thread.name == "keyring":
            await asyncio.to_thread(thread.join, 10)
    assert backend.writes == 0
    assert backend.entries == {}


async def test_after_a_hang_others_do_not_wait_but_a_new_try_of_the_user_asks(make_env: MakeEnv) -> None:
    backend = Prompting()
    vault = vault_over(make_env, backend, keyring_seconds=0.02)
    await refused(vault)
    backend.answered.set()
    with pytest.raises(ProviderError):
        await vault.read("b", "keyring")
    await vault.store("a", SECRET, "keyring", patience_seconds=10.0)
    assert await value(vault, "keyring") == CANARY


async def test_erasing_is_idempotent_and_checked(make_env: MakeEnv) -> None:
    backend = Keyring({"a": CANARY})
    vault = vault_over(make_env, backend)
    await vault.read("a", "keyring")
    backend.deletes = False
    with pytest.raises(ProviderError) as caught:
        await vault.erase("a", "keyring")
    assert caught.value.reason is Reason.KEYRING_REFUSED
    backend.deletes = True
    for _ in range(2):
        await vault.erase("a", "keyring")
        assert backend.entries == {}
        assert await value(vault, "keyring") is None


# -- the file


async def test_the_file_needs_consent(env: Environment) -> None:
    error = await refused(Vault(env), "file")
    assert error.reason is Reason.FILE_CONSENT
    assert str(env.paths.secrets_file) in (error.hint or "")
    error = await refused(Vault(env, storage="keyring-only"), "file", file_consent=True)
    assert error.reason is Reason.FILE_FORBIDDEN
    assert not env.paths.data.exists()
    await Vault(env, storage="file").store("a", SECRET, "file")
    assert await value(Vault(env), "file") == CANARY


async def test_the_file_is_private_and_other_entries_survive(env: Environment) -> None:
    file = env.paths.secrets_file
    file.parent.mkdir(parents=True)
    file.write_text(f'[accounts.b]\nkey = "{OTHER}"\nsince = 3\n[accounts.a]\nkey = "x"\nnote = "n"\n[else]\nx = 1\n')
    file.chmod(0o600)
    old = os.umask(0)
    try:
        await Vault(env).store("a", SECRET, "file", file_consent=True)
    finally:
        os.umask(old)
    table = tomllib.loads(file.read_text())
    accounts = {"b": {"key": OTHER, "since": 3}, "a": {"key": CANARY, "note": "n"}}
    assert table == {"version": 1, "accounts": accounts, "else": {"x": 1}}
    assert all(
        stat.S_IMODE(path.stat().st_mode) == 0o600 for path in file.parent.iterdir() if path.name != ".gitignore"
    )
    ignored = (file.parent / ".gitignore").read_text().split()
    assert ignored == ["/secrets.toml*", "/.secrets.toml.*"]


async def test_a_new_directory_is_private(env: Environment) -> None:
    await Vault(env).store("a", SECRET, "file", file_consent=True)
    assert stat.S_IMODE(env.paths.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(env.paths.secrets_file.stat().st_mode) == 0o600


async def test_dropping_an_entry(env: Environment) -> None:
    vault = Vault(env)
    await vault.erase("a", "file")
    assert not env.paths.data.exists()
    for name in ("a", "b"):
        await vault.store(name, SECRET, "file", file_consent=True)
    for _ in range(2):
        await vault.erase("a", "file")
    assert await value(vault, "file") is None
    assert await value(vault, "file", "b") == CANARY


async def test_many_writers_lose_nothing(env: Environment) -> None:
    script = """
import asyncio, sys
from pathlib import Path
from pydantic import SecretStr
from aic_tui.config.secrets import Vault
from aic_tui.environment import Environment, Paths
folder = Path(sys.argv[1])
vault = Vault(Environment(Paths(*[folder] * 4), folder, {}))
async def main():
    for number in range(10):
        await vault.store(f"{sys.argv[2]}-{number}", SecretStr("k"), "file", file_consent=True)
asyncio.run(main())
"""
    env.paths.data.mkdir(parents=True, mode=0o700)
    argv = [sys.executable, "-c", script, str(env.paths.data)]
    writers = [subprocess.Popen([*argv, name]) for name in ("a", "b", "c")]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(tomllib.loads(env.paths.secrets_file.read_text())["accounts"]) == 30


def spoil_link(file: Path) -> None:
    target = file.with_name("target.toml")
    target.write_text("")
    file.symlink_to(target)


def spoil_dangling(file: Path) -> None:
    file.symlink_to(file.with_name("nowhere"))


def spoil_owner(file: Path) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("needs root to give a file away")
    file.write_text("")
    os.chown(file, 65534, 65534)


def spoil_folder(file: Path) -> None:
    file.parent.chmod(0o777)


def spoil_text(file: Path) -> None:
    file.write_text(f"[accounts.a]\nkey = '{CANARY}")


def spoil_version(file: Path) -> None:
    file.write_text("version = 99\n")


def spoil_accounts(file: Path) -> None:
    file.write_text("accounts = 3\n")


def spoil_size(file: Path) -> None:
    file.write_text("#" * ((1 << 20) + 1))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_link, "cannot be read"),
        (spoil_dangling, "cannot be read"),
        (spoil_owner, "another user"),
        (spoil_folder, "others may write in"),
        (spoil_text, "not valid TOML"),
        (spoil_version, "newer aic-tui"),
        (spoil_accounts, "not a table"),
        (spoil_size, "larger than"),
    ],
)
async def test_a_file_that_is_not_ours_whole_is_left_alone(
    env: Environment, spoil: Callable[[Path], None], words: str
) -> None:
    file = env.paths.secrets_file
    file.parent.mkdir(parents=True, mode=0o700)
    spoil(file)
    before = file.read_bytes() if file.exists() else None
    error = await refused(Vault(env), "file", file_consent=True)
    assert error.reason is Reason.FILE_NOT_SAVED
    assert words in str(error.hint)
    assert (file.read_bytes() if file.exists() else None) == before
    assert await Vault(env).orphans(Config()) == ()


async def test_a_lock_that_is_never_given_back_is_told(env: Environment) -> None:
    env.paths.data.mkdir(parents=True, mode=0o700)
    with exclusive(env.paths.secrets_file.with_name("secrets.toml.lock")):
        error = await refused(Vault(env), "file", file_consent=True)
    assert "was not saved" in str(error.hint)
    assert not env.paths.secrets_file.exists()


def test_a_full_disk_leaves_the_old_file(env: Environment) -> None:
    pytest.importorskip("resource")
    script = f"""
import asyncio, resource, signal, sys
from pathlib import Path
from pydantic import SecretStr
from aic_tui.config.secrets import Vault
from aic_tui.environment import Environment, Paths
folder = Path({str(env.paths.data)!r})
vault = Vault(Environment(Paths(*[folder] * 4), folder, {{}}))
async def main():
    await vault.store("a", SecretStr("first"), "file", file_consent=True)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
    try: await vault.store("b", SecretStr("x" * 2000), "file", file_consent=True)
    except Exception as error: print(error.reason, error.hint)
asyncio.run(main())
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=unmeasured(), capture_output=True, text=True, check=True)
    file = env.paths.secrets_file
    assert done.stdout == f"file_not_saved {file} was not saved: file too large; the file is as it was\n"
    assert tomllib.loads(file.read_text())["accounts"] == {"a": {"key": "first"}}
    assert not list(file.parent.glob("*.aic-tmp"))


# -- between them


async def test_moving_there_and_back(make_env: MakeEnv) -> None:
    backend = Keyring({"a": CANARY})
    vault = vault_over(make_env, backend)
    seen: list[frozenset[str]] = []

    async def refer() -> None:
        seen.append(await vault.holds("a"))

    await vault.move("a", "file", file_consent=True, refer=refer)
    assert await vault.holds("a") == {"file"}
    await vault.move("a", "keyring", refer=refer)
    assert await vault.holds("a") == {"keyring"}
    assert seen == [{"keyring", "file"}] * 2  # the reference is written while both have it
    assert backend.entries == {"a": CANARY}


async def test_a_move_that_fails_leaves_the_key_where_it_was(make_env: MakeEnv) -> None:
    backend = Keyring({"a": CANARY})
    vault = vault_over(make_env, backend)
    with pytest.raises(ProviderError) as caught:
        await vault.move("a", "file")
    assert caught.value.reason is Reason.FILE_CONSENT

    async def fail() -> None:
        raise RuntimeError("config.toml is read-only")

    with pytest.raises(RuntimeError):
        await vault.move("a", "file", file_consent=True, refer=fail)
    assert await vault.holds("a") == {"keyring"}
    with pytest.raises(ProviderError) as caught:
        await vault.move("b", "file", file_consent=True)
    assert caught.value.reason is Reason.KEY_MISSING


async def test_a_copy_that_cannot_be_erased_is_told(make_env: MakeEnv) -> None:
    backend = Keyring({"a": CANARY})
    backend.deletes = False
    vault = vault_over(make_env, backend)
    await vault.move("a", "file", file_consent=True)
    assert await vault.holds("a") == {"keyring", "file"}
    assert "still in the keyring" in vault.notices[0]


async def test_two_different_keys_are_told(make_env: MakeEnv) -> None:
    backend = Keyring({"a": CANARY})
    vault = vault_over(make_env, backend)
    assert not await vault.differs("a")
    await vault.store("a", SECRET, "file", file_consent=True)
    assert not await vault.differs("a")
    await vault.store("a", SecretStr(OTHER), "file", file_consent=True)
    assert await vault.differs("a")
    backend.failure = OSError("gone")
    assert await vault_over(make_env, backend).holds("a") == {"file"}


# -- orphans


def config(*accounts: tuple[str, str | None]) -> Config:
    return Config(accounts=tuple(Account(name, "openrouter", key=key) for name, key in accounts), has_accounts=True)


async def test_orphans_are_keys_that_no_account_refers_to(make_env: MakeEnv) -> None:
    backend = Keyring()
    vault = vault_over(make_env, backend)
    assert await vault.orphans(config()) == ()
    for name in ("a", "b"):
        await vault.store(name, SECRET, "keyring")
        await vault.store(name, SECRET, "file", file_consent=True)
    assert set(await vault.orphans(config(("a", "keyring"), ("b", "file")))) == {
        Orphan("a", "file"),
        Orphan("b", "keyring"),
    }
    assert len(await vault.orphans(config(("a", "env:X"), ("b", None)))) == 4
    assert await vault.orphans(Config(broken=True)) == ()
    await vault.erase("a", "keyring")
    assert Orphan("a", "keyring") not in await vault.orphans(config())


async def test_a_key_that_others_deleted_is_no_orphan(make_env: MakeEnv) -> None:
    backend = Keyring()
    vault = vault_over(make_env, backend)
    await vault.store("a", SECRET, "keyring")
    backend.failure = error_named("KeyringLocked")
    assert await vault_over(make_env, backend).orphans(config()) == (Orphan("a", "keyring"),)
    backend.failure = None
    backend.entries.clear()
    assert await vault_over(make_env, backend).orphans(config()) == ()
    backend.failure = error_named("KeyringLocked")
    assert await vault_over(make_env, backend).orphans(config()) == ()  # forgotten


async def test_a_list_that_cannot_be_written_keeps_nobody_from_storing(make_env: MakeEnv) -> None:
    backend = Keyring()
    vault = vault_over(make_env, backend)
    env = make_env()
    env.paths.data.mkdir(parents=True)
    (env.paths.data / "keyring-accounts.txt").mkdir()
    await vault.store("a", SECRET, "keyring")
    assert backend.entries == {"a": CANARY}
    assert await vault.orphans(config()) == ()


async def test_keys_stored_by_us_are_nowhere_else(make_env: MakeEnv, tmp_path: Path) -> None:
    vault = vault_over(make_env, Keyring())
    await vault.store("a", SECRET, "keyring")
    await vault.store("b", SecretStr(OTHER), "file", file_consent=True)
    holders = {path.name for path in tmp_path.rglob("*") if path.is_file() and OTHER in path.read_text("latin-1")}
    assert holders == {"secrets.toml"}
    assert not any(CANARY in path.read_text("latin-1") for path in tmp_path.rglob("*") if path.is_file())


def test_what_a_killed_writer_left_is_swept_by_the_next_one_and_at_the_start(env: Environment) -> None:
    left = env.paths.data / ".secrets.toml.4711.ab12cd34.aic-tmp"
    other = env.paths.data / ".config.toml.4711.ab12cd34.aic-tmp"
    acts: list[Callable[[], None]] = [
        lambda: sweep_secrets(env),
        lambda: SecretFile(env, print).put("work", "sk-kanarie"),
    ]
    for act in acts:
        env.paths.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in (left, other):
            file.write_text('[accounts.work]\nkey = "sk-kanarie"\n')
        act()
        assert not left.exists()
        assert other.exists()


def test_nothing_is_swept_while_another_instance_writes(env: Environment) -> None:
    env.paths.data.mkdir(parents=True, mode=0o700)
    left = env.paths.data / ".secrets.toml.4711.ab12cd34.aic-tmp"
    left.touch()
    with exclusive(env.paths.data / "secrets.toml.lock"):
        sweep_secrets(env)
    assert left.exists()
