"""Keys at rest: a keyring that may hang, lie or be locked, and a file that others may have opened."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aic_tui.config.daemon_call import daemon_call
from aic_tui.config.secrets import Vault
from aic_tui.environment import Environment, KeyringBackend
from aic_tui.errors import FailureKind, ProviderError, Reason
from tests.clock import FakeClock

MakeEnv = Callable[..., Environment]
CANARY = "sk-proj-KANARIEkanarie0123456789"


class Keyring:
    """A backend that holds entries, counts its readers and fails as told."""

    def __init__(self, entries: dict[str, str | None] | None = None, failure: BaseException | None = None) -> None:
        self.entries = entries or {}
        self.failure = failure
        self.asked: list[tuple[str, str]] = []

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append((service, username))
        if self.failure:
            raise self.failure
        return self.entries.get(username)

    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class HangingKeyring(Keyring):
    def __init__(self) -> None:
        super().__init__({"a": CANARY})
        self.release = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append((service, username))
        self.release.wait(30)
        return None


def vault_over(make_env: MakeEnv, backend: Any, **options: Any) -> Vault:
    def ring() -> KeyringBackend:
        found: KeyringBackend = backend
        return found

    return Vault(make_env(keyring=ring), **options)


async def refusal(vault: Vault, account_id: str = "a", store: str = "keyring") -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await vault.read(account_id, store)
    assert caught.value.kind is FailureKind.NOT_CONFIGURED
    return caught.value


async def test_a_key_is_read_by_account_under_our_service(make_env: MakeEnv) -> None:
    backend = Keyring({"a": f" {CANARY}\n"})
    vault = vault_over(make_env, backend)
    secret = await vault.read("a", "keyring")
    assert secret is not None
    assert secret.get_secret_value() == CANARY
    assert CANARY not in f"{secret!r}{secret}"
    assert await vault.read("b", "keyring") is None
    assert backend.asked == [("aic-tui", "a"), ("aic-tui", "b")]


@pytest.fixture
def hanging() -> Iterator[HangingKeyring]:
    backend = HangingKeyring()
    yield backend
    backend.release.set()


async def test_a_hanging_keyring_is_left_alone_for_the_session(make_env: MakeEnv, hanging: HangingKeyring) -> None:
    vault = vault_over(make_env, hanging, keyring_seconds=0.05)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.005)

    ticker = asyncio.create_task(tick())
    answers = await asyncio.gather(*(refusal(vault, name) for name in "abcdef"))
    ticker.cancel()
    assert {answer.reason for answer in answers} == {Reason.KEYRING_TIMEOUT}
    assert ticks > 3
    assert len(hanging.asked) == 1
    vault.wake()
    await refusal(vault)
    assert len(hanging.asked) == 2


def test_a_hanging_keyring_does_not_hold_up_the_end() -> None:
    script = """
import asyncio, time
from pathlib import Path
from aic_tui.config.secrets import Vault
from aic_tui.environment import Environment, Paths
class Hang:
    def get_password(self, service, user): time.sleep(1e6)
paths = Paths(*[Path("/nonexistent")] * 4)
vault = Vault(Environment(paths, Path("/"), {}, keyring=Hang), keyring_seconds=0.1)
try: asyncio.run(vault.read("a", "keyring"))
except Exception as error: print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "not_configured/keyring_timeout\n"


class KeyringLocked(Exception):  # noqa: N818  # the library's name
    pass


class InitError(Exception):
    pass


class NoKeyringError(Exception):
    pass


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (KeyringLocked(CANARY), Reason.KEYRING_LOCKED),
        (InitError("Prompt dismissed"), Reason.KEYRING_LOCKED),
        (NoKeyringError("none"), Reason.KEYRING_MISSING),
        (ModuleNotFoundError("nosuch"), Reason.KEYRING_MISSING),
        (OSError("bus gone"), Reason.KEYRING_MISSING),
        (StopIteration(), Reason.KEYRING_MISSING),
    ],
)
async def test_failures_are_told_apart(make_env: MakeEnv, failure: BaseException, reason: Reason) -> None:
    error = await refusal(vault_over(make_env, Keyring(failure=failure)))
    assert error.reason is reason
    assert CANARY not in f"{error!r}{error.detail}{error.hint}"


async def test_the_real_error_classes_are_known_by_name(make_env: MakeEnv) -> None:
    from keyring import errors

    for failure, reason in (
        (errors.KeyringLocked("x"), Reason.KEYRING_LOCKED),
        (errors.InitError("x"), Reason.KEYRING_LOCKED),
        (errors.NoKeyringError("x"), Reason.KEYRING_MISSING),
    ):
        assert (await refusal(vault_over(make_env, Keyring(failure=failure)))).reason is reason


async def test_a_locked_keyring_is_quiet_for_six_hours_or_until_the_user_acts(
    make_env: MakeEnv, clock: FakeClock
) -> None:
    backend = Keyring({"a": CANARY}, failure=KeyringLocked())
    vault = vault_over(make_env, backend)
    for _ in range(3):
        assert (await refusal(vault)).reason is Reason.KEYRING_LOCKED
    assert len(backend.asked) == 1
    clock.move(6 * 3600 + 1)
    await refusal(vault)
    assert len(backend.asked) == 2
    backend.failure = None
    vault.wake()
    assert await vault.read("a", "keyring") is not None


async def test_a_key_that_was_read_goes_on_working_when_the_keyring_is_lost(make_env: MakeEnv) -> None:
    backend = Keyring({"a": CANARY})
    vault = vault_over(make_env, backend)
    await vault.read("a", "keyring")
    for failure in (OSError("bus gone"), KeyringLocked()):
        backend.failure = failure
        secret = await vault.read("a", "keyring")
        assert secret is not None
        assert (await refusal(vault, "b")).reason in (Reason.KEYRING_MISSING, Reason.KEYRING_LOCKED)


async def test_a_rotated_or_deleted_entry_counts_at_once(make_env: MakeEnv) -> None:
    backend = Keyring({"a": CANARY})
    vault = vault_over(make_env, backend)
    await vault.read("a", "keyring")
    backend.entries["a"] = "other"
    secret = await vault.read("a", "keyring")
    assert secret is not None
    assert secret.get_secret_value() == "other"
    backend.entries["a"] = ""
    assert await vault.read("a", "keyring") is None


@pytest.mark.parametrize("name", ["null", "fail"])
async def test_backends_that_keep_nothing_are_no_keyring(make_env: MakeEnv, name: str) -> None:
    module = __import__(f"keyring.backends.{name}", fromlist=["Keyring"])
    error = await refusal(vault_over(make_env, module.Keyring()))
    assert error.reason is {"null": Reason.KEYRING_NULL, "fail": Reason.KEYRING_MISSING}[name]
    assert error.detail == f"keyring.backends.{name}"


class Chain:
    def __init__(self, *backends: Any) -> None:
        self.backends = backends


async def test_in_a_chain_the_first_trusted_backend_is_asked_and_plain_text_never(make_env: MakeEnv) -> None:
    plain = type("PlaintextKeyring", (Keyring,), {"__module__": "keyrings.alt.file"})({"a": CANARY})
    system = type("Keyring", (Keyring,), {"__module__": "keyring.backends.SecretService"})({"a": "from the system"})
    secret = await vault_over(make_env, Chain(plain, system)).read("a", "keyring")
    assert secret is not None
    assert secret.get_secret_value() == "from the system"
    assert (await refusal(vault_over(make_env, Chain(plain)))).reason is Reason.KEYRING_UNSAFE
    assert (await refusal(vault_over(make_env, Chain()))).reason is Reason.KEYRING_MISSING
    assert plain.asked == []


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        ("keyring.backends.null.Keyring", "null"),
        ("tests.test_secrets.Keyring", "missing"),
        ("nosuch.Module", "missing"),
    ],
)
def test_the_real_keyring_is_asked_for_trusted_backends_only(backend: str, reason: str) -> None:
    script = """
import asyncio
from pathlib import Path
from aic_tui.config.secrets import Vault
from aic_tui.environment import Environment, Paths
vault = Vault(Environment(Paths(*[Path("/nonexistent")] * 4), Path("/"), {}), keyring_seconds=30)
try: print(asyncio.run(vault.read("a", "keyring")))
except Exception as error: print(error)
"""
    environ = {**os.environ, "PYTHON_KEYRING_BACKEND": backend}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == f"not_configured/keyring_{reason}\n"


def keep(env: Environment, text: str | bytes, mode: int = 0o600) -> Path:
    file = env.paths.secrets_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    file.chmod(mode)
    return file


GOOD = f'version = 1\n[accounts.a]\nkey = "{CANARY}"\norigin = "later"\n[accounts.empty]\nkey = " "\n'


async def test_the_file_store(env: Environment) -> None:
    vault = Vault(env)
    assert await vault.read("a", "file") is None
    keep(env, GOOD)
    secret = await vault.read("a", "file")
    assert secret is not None
    assert secret.get_secret_value() == CANARY
    assert await vault.read("empty", "file") is None
    assert await vault.read("other", "file") is None
    assert vault.notices == ()


@pytest.mark.parametrize("text", ["accounts = 3", "[accounts]\na = 3", "[accounts.a]\nkey = 3", ""])
async def test_strange_tables_hold_no_key(env: Environment, text: str) -> None:
    keep(env, text)
    assert await Vault(env).read("a", "file") is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o660])
async def test_a_file_that_others_could_read_is_closed_and_told_once(env: Environment, mode: int) -> None:
    file = keep(env, GOOD, mode)
    vault = Vault(env)
    for _ in range(2):
        assert await vault.read("a", "file") is not None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(vault.notices) == 1
    assert "may have been seen by others; rotate" in vault.notices[0]
    assert CANARY not in vault.notices[0]


@pytest.mark.parametrize("text", [f"[accounts.a]\nkey = '{CANARY}", b"\xff\xfe", "a = " + "[" * 50_000])
async def test_a_broken_file_is_named_without_quoting_it(env: Environment, text: str | bytes) -> None:
    file = keep(env, text)
    error = await refusal(Vault(env), store="file")
    assert error.reason is Reason.KEY_MISSING
    assert error.hint is not None
    assert str(file) in error.hint
    assert CANARY not in error.hint


async def test_links_pipes_and_directories_are_not_read(env: Environment, tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text(GOOD)
    env.paths.data.mkdir(parents=True)
    file = env.paths.secrets_file
    file.symlink_to(real)
    assert "cannot be read" in str((await refusal(Vault(env), store="file")).hint)
    file.unlink()
    os.mkfifo(file)
    assert "not a regular file" in str((await refusal(Vault(env), store="file")).hint)


async def test_storage_keyring_only_forbids_the_file(env: Environment) -> None:
    keep(env, GOOD)
    assert "keyring-only" in str((await refusal(Vault(env, storage="keyring-only"), store="file")).hint)


async def test_a_file_of_another_user_is_refused(env: Environment) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to give a file away")
    file = keep(env, GOOD)
    os.chown(file, 65534, 65534)
    assert "another user" in str((await refusal(Vault(env), store="file")).hint)


def test_a_file_that_may_not_be_opened_is_a_hint(env: Environment) -> None:
    if os.geteuid() != 0 or not Path("/usr/bin/setpriv").exists():
        pytest.skip("needs root and setpriv to become somebody else")
    file = keep(env, GOOD)
    for directory in [file.parent, *list(file.parents)[:6]]:
        if directory not in (Path("/"), Path("/tmp")):
            directory.chmod(0o755)
    script = f"""
import asyncio
from pathlib import Path
from aic_tui.config.secrets import Vault
from aic_tui.environment import Environment, Paths
vault = Vault(Environment(Paths(*[Path({str(file.parent)!r})] * 4), Path("/"), {{}}))
try: print(asyncio.run(vault.read("a", "file")))
except Exception as error: print(error.hint)
"""
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{file} cannot be read: permission denied\n"


async def test_a_late_answer_of_an_abandoned_call_disturbs_nobody() -> None:
    release = threading.Event()
    ended = threading.Event()

    def slow() -> int:
        release.wait(10)
        ended.set()
        return 1

    with pytest.raises(TimeoutError):
        await daemon_call(slow, 0.01, "slow")
    release.set()
    await asyncio.to_thread(ended.wait, 10)
    assert await daemon_call(lambda: 2, 5, "quick") == 2


def test_an_answer_after_the_loop_is_gone_disturbs_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    release = threading.Event()

    async def ask() -> None:
        with pytest.raises(TimeoutError):
            await daemon_call(lambda: release.wait(10), 0.01, "late")

    asyncio.run(ask())
    release.set()
    for thread in threading.enumerate():
        if thread.name == "late":
            thread.join(10)
    assert capfd.readouterr().err == ""
