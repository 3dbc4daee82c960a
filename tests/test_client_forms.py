"""Forms without a key, over real sockets: sent once, and hardened like every other request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import pytest

from aic_tui import __version__
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind as Kind
from aic_tui.errors import ProviderError, Reason
from aic_tui.models import RequestEntry
from aic_tui.providers.client import Client
from tests.conftest import MakeEnv
from tests.loopback import Answer, Loopback, bomb, cut_off, endless, hang, html, redirect, reset

PATH = "/login/form"
FORM = {"client_id": "id", "device_code": "kanariencode 0123&=ü"}


@pytest.fixture
def entries() -> list[RequestEntry]:
    return []


@pytest.fixture
async def client(env: Environment, entries: list[RequestEntry]) -> AsyncIterator[Client]:
    client = Client(env, on_request=entries.append, deadline_seconds=0.4)
    yield client
    await client.aclose()


async def test_what_is_sent(
    client: Client, server: Loopback, entries: list[RequestEntry], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.on(PATH, Answer(400, json={"answer": "kanarienantwort"}, headers={"Set-Cookie": "a=1"}), method="POST")
    answer = await client.post_form("someone", server.url + PATH, FORM)
    assert (answer.status, answer.text) == (400, '{"answer": "kanarienantwort"}')
    await client.post_form("someone", server.url + PATH, FORM)
    seen, second = server.requests
    assert seen.body == b"client_id=id&device_code=kanariencode+0123%26%3D%C3%BC"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["user-agent"] == f"aic-tui/{__version__}"
    assert seen.headers["accept-encoding"] == "identity"
    assert not {"authorization", "cookie"} & {*seen.headers, *second.headers}
    assert server.connections == 1
    entry = entries[0]
    assert (entry.account_id, entry.method, entry.url) == ("someone", "POST", server.url + PATH)
    assert (entry.http_status, entry.size_bytes) == (400, len(answer.text))
    shown = f"{caplog.text} {entries!r} {answer!r}"
    assert f"POST {server.url}{PATH} 400" in shown
    assert "kanarien" not in shown


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        (hang(), Kind.TIMEOUT, None),
        (endless(), Kind.FORMAT_CHANGED, Reason.TOO_LARGE),
        (bomb(), Kind.FORMAT_CHANGED, Reason.TOO_LARGE),
        (reset(), Kind.OFFLINE, Reason.CONNECT),
        (cut_off(), Kind.OFFLINE, Reason.CUT_OFF),
        (html(), Kind.BLOCKED_BY_GATEWAY, Reason.HTML),
        (html(403), Kind.BLOCKED_BY_GATEWAY, Reason.HTML),
        (html(404), Kind.BLOCKED_BY_GATEWAY, Reason.HTML),
        (Answer(503, json={}), Kind.SERVER_ERROR, None),
        (Answer(502, json={}), Kind.SERVER_ERROR, None),
        (html(500), Kind.SERVER_ERROR, None),
        (Answer(407, json={}), Kind.OFFLINE, Reason.PROXY),
        (Answer(408, json={}), Kind.TIMEOUT, None),
    ],
)
async def test_no_answer_is_asked_for_once_only(
    client: Client, server: Loopback, entries: list[RequestEntry], fault: Answer, kind: Kind, reason: Reason | None
) -> None:
    server.on(PATH, fault, Answer(json={}), method="POST")
    with pytest.raises(ProviderError) as caught:
        await client.post_form("someone", server.url + PATH, FORM)
    assert (caught.value.kind, caught.value.reason) == (kind, reason)
    assert len(server.requests) == 1
    assert [entry.outcome for entry in entries] == [f"{kind}/{reason}" if reason else str(kind)]


async def test_wish_to_wait_of_a_server_in_trouble(client: Client, server: Loopback) -> None:
    server.on(PATH, Answer(503, json={}, headers={"Retry-After": "33"}), method="POST")
    with pytest.raises(ProviderError) as caught:
        await client.post_form("someone", server.url + PATH, FORM)
    assert caught.value.retry_after_seconds == 33


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_no_redirect_is_followed(client: Client, server: Loopback, status: int) -> None:
    server.on(PATH, redirect("/elsewhere", status), method="POST")
    with pytest.raises(ProviderError) as caught:
        await client.post_form("someone", server.url + PATH, FORM)
    assert (caught.value.kind, caught.value.reason) == (Kind.BLOCKED_BY_GATEWAY, Reason.REDIRECT)
    assert [seen.path for seen in server.requests] == [PATH]


@pytest.mark.parametrize("address", ["http://github.com/x", "https://a@github.com/x", "https://169.254.169.254/x"])
async def test_no_form_goes_where_no_key_may(client: Client, entries: list[RequestEntry], address: str) -> None:
    with pytest.raises(ProviderError) as caught:
        await client.post_form("someone", address, FORM)
    assert caught.value.reason is Reason.BAD_ADDRESS
    assert entries == []


async def test_proxy_of_the_environment_is_used(make_env: MakeEnv, server: Loopback) -> None:
    client = Client(make_env({"https_proxy": server.url}))
    with pytest.raises(ProviderError) as caught:
        await client.post_form("someone", "https://github.com/login/form", FORM)
    await client.aclose()
    assert caught.value.reason is Reason.PROXY
    assert [(seen.method, seen.target) for seen in server.requests] == [("CONNECT", "github.com:443")]


async def test_a_cancelled_form_is_noted_as_such(client: Client, server: Loopback, entries: list[RequestEntry]) -> None:
    arrived = asyncio.Event()
    tell: Callable[..., object] = asyncio.get_running_loop().call_soon_threadsafe
    server.on_seen = lambda _seen: tell(arrived.set)
    server.on(PATH, hang(), method="POST")
    task = asyncio.create_task(client.post_form("someone", server.url + PATH, FORM))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [entry.outcome for entry in entries] == ["cancelled"]
