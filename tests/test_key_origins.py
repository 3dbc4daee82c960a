"""A stored key goes to the servers it belongs to and to no other one without the user's yes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from aic_tui.config.secrets import Vault
from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason, UserError
from aic_tui.providers.auth import key_fingerprint
from aic_tui.providers.registry import get_provider
from aic_tui.services.key_keeping import set_key
from aic_tui.services.key_origins import KeyOrigins, servers_of
from aic_tui.services.key_text import foreign_owner, read_key
from aic_tui.store.store import Store
from tests.asking import HOME, PROVIDER, account, credential

STORED = credential(source="keyring")
OWN, GATE, EVIL = account(None), account("https://gate.example/v1"), account("https://evil.example")


@pytest.fixture
def store(env: Environment) -> Iterator[Store]:
    with Store.open(env) as opened:
        yield opened


@pytest.fixture
def origins(store: Store) -> KeyOrigins:
    return KeyOrigins(store)


async def refused(origins: KeyOrigins, where: Account) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await origins.check(where, PROVIDER, STORED)
    assert (caught.value.kind, caught.value.reason) == (FailureKind.AUTH_NEEDED, Reason.HOST_NOT_TRUSTED)
    return caught.value


async def test_the_first_use_binds_and_another_server_is_refused(origins: KeyOrigins, store: Store) -> None:
    await origins.check(OWN, PROVIDER, STORED)
    again = KeyOrigins(store)
    await again.check(OWN, PROVIDER, STORED)
    error = await refused(again, EVIL)
    assert error.detail == "https://evil.example"
    assert HOME in (error.hint or "")
    await refused(again, EVIL)  # being refused is no first use


@pytest.mark.parametrize(
    "where", ["https://api.example.com:8443", "http://localhost:443", "https://api.example.com.evil.example"]
)
async def test_scheme_host_and_port_count_and_the_path_does_not(origins: KeyOrigins, where: str) -> None:
    await origins.check(OWN, PROVIDER, STORED)
    await origins.check(account(f"{HOME}:443/other/path"), PROVIDER, STORED)
    await refused(origins, account(where))


async def test_a_single_replaced_host_counts_too(origins: KeyOrigins) -> None:
    await origins.check(OWN, PROVIDER, STORED)
    await refused(origins, account(None, hosts={"api2.example.com": "https://evil.example"}))
    both = account(None, hosts={"api2.example.com": "https://gate.example"})
    assert await origins.rebind(both, PROVIDER, "k") == (HOME, "https://gate.example")


@pytest.mark.parametrize("source", ["env:X", "discovered:codex", "typed"])
async def test_other_sources_are_not_bound(origins: KeyOrigins, source: str) -> None:
    for where in (OWN, EVIL):
        await origins.check(where, PROVIDER, replace(STORED, source=source))


async def test_trust_passes_and_binds_nothing(origins: KeyOrigins) -> None:
    await origins.check(OWN, PROVIDER, STORED)
    await origins.check(replace(GATE, trust_base_url=True), PROVIDER, STORED)
    await refused(origins, GATE)


async def test_a_yes_adds_a_server_and_keeps_those_before(origins: KeyOrigins) -> None:
    key = "sk-or-v1-anything"
    used = credential(key, source="file", fingerprint=key_fingerprint(key))
    await origins.check(OWN, PROVIDER, used)
    with pytest.raises(ProviderError):
        await origins.check(GATE, PROVIDER, used)
    await origins.rebind(GATE, PROVIDER, key)
    for where in (OWN, GATE):
        await origins.check(where, PROVIDER, used)
    with pytest.raises(ProviderError):
        await origins.check(EVIL, PROVIDER, used)


async def test_a_new_key_starts_anew(origins: KeyOrigins) -> None:
    await origins.check(OWN, PROVIDER, STORED)
    await origins.check(GATE, PROVIDER, replace(STORED, fingerprint="f" * 16))


@pytest.mark.parametrize("note", ["{", "3", "[3]", "null"])
async def test_a_note_that_is_no_list_is_a_first_use(origins: KeyOrigins, store: Store, note: str) -> None:
    store.notes.set(f"key-servers:{STORED.fingerprint}", note)
    await origins.check(OWN, PROVIDER, STORED)
    await refused(origins, EVIL)


async def test_an_address_that_may_not_be_used_is_told_and_bound_to_nothing(origins: KeyOrigins) -> None:
    with pytest.raises(ProviderError) as caught:
        await origins.check(account("http://example.com"), PROVIDER, STORED)
    assert caught.value.reason is Reason.BAD_ADDRESS
    await origins.check(EVIL, PROVIDER, STORED)
    assert servers_of(account("https://A.example/x", hosts={"b": "https://a.example"}), PROVIDER) == (
        "https://a.example",
    )


# -- the whole of setting a key


async def test_an_address_that_may_not_be_used_stores_nothing(env: Environment, origins: KeyOrigins) -> None:
    vault = Vault(env)
    with pytest.raises(ProviderError):
        await set_key(vault, origins, (account("http://example.com"), PROVIDER), SecretStr("k"), "file", refer=_never)
    assert not env.paths.secrets_file.exists()


async def _never() -> None:
    raise AssertionError


async def test_a_reference_that_cannot_be_written_takes_the_key_back(env: Environment, origins: KeyOrigins) -> None:
    vault = Vault(env)

    async def fail() -> None:
        raise UserError("read-only")

    with pytest.raises(UserError):
        await set_key(vault, origins, (OWN, PROVIDER), SecretStr("k"), "file", refer=fail)
    assert await vault.holds("example") == frozenset()


async def test_a_new_key_in_the_same_place_needs_no_new_reference(env: Environment, origins: KeyOrigins) -> None:
    vault = Vault(env)
    target = (replace(GATE, key="file"), PROVIDER)
    for key in ("one", "two"):
        servers = await set_key(vault, origins, target, SecretStr(key), "file", refer=_never)
        assert servers == ("https://gate.example",)
    secret = await vault.read("example", "file")
    assert secret is not None
    assert secret.get_secret_value() == "two"


@pytest.mark.parametrize("deletes", [True, False])
async def test_the_key_in_the_other_store_goes(env: Environment, origins: KeyOrigins, deletes: bool) -> None:
    from tests.test_secrets_write import Keyring

    ring = Keyring({"example": "old"})
    ring.deletes = deletes
    vault = Vault(replace(env, keyring=lambda: ring))
    written = []

    async def refer() -> None:
        written.append(True)

    target = (replace(OWN, key="keyring"), PROVIDER)
    await set_key(vault, origins, target, SecretStr("new"), "file", refer=refer)
    assert written == [True]
    assert await vault.holds("example") == ({"file"} if deletes else {"file", "keyring"})


# -- what was typed


@pytest.mark.parametrize(
    ("text", "key", "notices"),
    [
        ("sk-1", "sk-1", 0),
        ("sk-1\n", "sk-1", 0),
        ("sk-1\r\n", "sk-1", 0),
        ("\ufeffsk-1\n", "sk-1", 0),
        ("  sk-1\t\n", "sk-1", 1),
        ("\n\nsk-1\n\n", "sk-1", 0),
        ("sk-1\nsk-2\n", "sk-1", 1),
        (" sk-1 \nsk-2", "sk-1", 2),
        ("x" * 16_384, "x" * 16_384, 0),
    ],
)
def test_what_of_a_text_is_the_key(text: str, key: str, notices: int) -> None:
    read = read_key(text)
    assert read.secret.get_secret_value() == key
    assert len(read.notices) == notices
    assert key not in repr(read)


@pytest.mark.parametrize(
    "text", ["", " \n", "sk-ä1", "sk-\x1b[200~1", "sk 1", '"sk-1"', "x" * 16_385, "sk-\u200b1", "a\x00b"]
)
def test_what_is_no_key_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(UserError) as caught:
        read_key(text)
    assert caught.value.sentence.endswith("nothing was stored.")
    assert not text.strip() or text not in caught.value.sentence


@pytest.mark.parametrize(
    ("key", "provider", "owner"),
    [
        ("sk-or-v1-abc", "openai", "openrouter"),
        ("sk-or-v1-abc", "openrouter", None),
        ("sk-ant-api03-abc", "openrouter", "anthropic"),
        ("sk-proj-abc", "deepseek", "openai"),
        ("sk-abc", "deepseek", None),
        ("sk-abc", "openai", None),
        ("0123456789abcdef", "openrouter", None),
    ],
)
def test_whose_a_key_looks(key: str, provider: str, owner: str | None) -> None:
    found = foreign_owner(key, get_provider(provider))
    assert (found.id if found else None) == owner
