"""What client tests share: a made-up provider, a canary key, and one call that returns reading or failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from aic_tui.config.settings import Account
from aic_tui.errors import ProviderError
from aic_tui.models import Reading
from aic_tui.providers.auth import Credential
from aic_tui.providers.base import Ask, Provider, Reply, Request
from aic_tui.providers.client import Client, Fetched

CANARY = "sk-test-CANARYcanary0123456789abcdef"
HOME = "https://api.example.com"


def plan_one(_ask: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
    return () if replies else (Request("usage", "/v1/usage"),)


def read_plan(_ask: Ask, replies: Sequence[Reply]) -> Reading:
    return Reading(plan=replies[0].data["plan"])


PROVIDER = Provider(
    id="example", name="Example", docs_url="https://example.com", base_url=HOME, plan=plan_one, parse=read_plan
)


def provider_asking(*requests: Request, **changes: Any) -> Provider:
    """The provider with these requests, all in one round, and a parse that shows the data of all replies."""

    def parse(_ask: Ask, replies: Sequence[Reply]) -> Reading:
        return Reading(plan=repr([reply.data for reply in replies]))

    plan = {"plan": lambda _ask, replies: () if replies else requests} if requests else {}
    return replace(PROVIDER, **{"parse": parse, **plan, **changes})


def credential(key: str = CANARY, **changes: Any) -> Credential:
    base = Credential(SecretStr(key), "env:EXAMPLE_KEY", "EXAMPLE_KEY", "0123456789abcdef", "sk-")
    return replace(base, **changes)


def account(base_url: str | None, **changes: Any) -> Account:
    return Account("example", "example", base_url=base_url, **changes)


async def ask(
    client: Client, where: str | Account | None, provider: Provider = PROVIDER, key: Credential | None = None
) -> Fetched:
    """Fetch through ``client``; ``where`` is a base URL or a whole account."""
    chosen = where if isinstance(where, Account) else account(where)
    return await client.fetch(provider, chosen, key or credential())


async def failure(
    client: Client, where: str | Account | None, provider: Provider = PROVIDER, key: Credential | None = None
) -> ProviderError:
    """The error of a fetch that must fail."""
    try:
        fetched = await ask(client, where, provider, key)
    except ProviderError as error:
        return error
    raise AssertionError(f"no failure, but {fetched.reading}")
