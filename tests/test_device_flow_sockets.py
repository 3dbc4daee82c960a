"""The device flow against a GitHub on 127.0.0.1, over real sockets."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from aic_tui.environment import Environment
from aic_tui.login import Stage
from aic_tui.providers.client import Client
from aic_tui.providers.github import site_of
from aic_tui.services.device_flow import DeviceFlow, FlowEnded, FlowNews
from tests.clock import FakeClock
from tests.github import GitHub
from tests.loopback import Loopback


@pytest.fixture
def github(server: Loopback, clock: FakeClock) -> GitHub:
    return GitHub(server, interval=5, monotonic=clock.monotonic)


async def token_of(env: Environment, github: GitHub, news: list[FlowNews]) -> str:
    client = Client(env)
    flow = DeviceFlow(env, client, site_of(github.url, github.url), "id", "read:user", account_id="someone")
    try:
        return (await flow.token(news.append)).get_secret_value()
    finally:
        await client.aclose()


async def test_approved(env: Environment, github: GitHub) -> None:
    github.script("pending", "slow_down", "html", 500, ("slow_down", 30), "pending", "token")
    news: list[FlowNews] = []
    assert await token_of(env, github, news) == github.token
    assert github.early == []
    assert len(github.polls) == 7
    assert news[-1].page == f"{github.url}/login/device"
    gaps = [round(after - before, 6) for before, after in itertools.pairwise(github.polled_at)]
    assert gaps == [6.0, 14.0, 28.0, 30.0, 42.0, 42.0]


async def test_denied(env: Environment, github: GitHub) -> None:
    github.deny()
    with pytest.raises(FlowEnded) as caught:
        await token_of(env, github, [])
    assert caught.value.stage is Stage.DECLINED


async def test_cancelled_while_a_question_is_under_way(env: Environment, github: GitHub, server: Loopback) -> None:
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    github.script("hang")
    server.on_seen = lambda seen: "access_token" in seen.path and loop.call_soon_threadsafe(arrived.set)
    task = asyncio.create_task(token_of(env, github, []))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(github.polls) == 1
