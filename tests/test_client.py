"""The client against a server that does everything wrong, over real sockets."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pydantic
import pytest

from aic_tui import __version__
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind as Kind
from aic_tui.errors import ProviderError, Reason
from aic_tui.models import Reading, RequestEntry
from aic_tui.providers.base import Ask, Field, LoginFacts, Reply, Request
from aic_tui.providers.client import Client
from aic_tui.providers.decode import UNREADABLE
from tests.asking import CANARY, PROVIDER, account, ask, credential, failure, provider_asking
from tests.clock import FakeClock
from tests.conftest import MakeEnv
from tests.loopback import Answer, Loopback, html, redirect, reset

PATH = "/v1/usage"
GOOD = Answer(json={"plan": "pro"})


@pytest.fixture
def entries() -> list[RequestEntry]:
    return []


@pytest.fixture
async def client(env: Environment, entries: list[RequestEntry]) -> AsyncIterator[Client]:
    client = Client(env, on_request=entries.append)
    yield client
    await client.aclose()


@pytest.fixture
async def hasty(env: Environment, entries: list[RequestEntry]) -> AsyncIterator[Client]:
    """A client with a deadline that a test can wait for."""
    client = Client(env, on_request=entries.append, deadline_seconds=0.4)
    yield client
    await client.aclose()


def meaning(error: ProviderError) -> tuple[Kind, Reason | None]:
    return error.kind, error.reason


class TestRequest:
    async def test_what_is_sent(self, client: Client, server: Loopback, entries: list[RequestEntry]) -> None:
        request = Request("usage", PATH, params=(("a", "1&2"), ("a", "ü")), headers=(("X-Team", "t 1"),))
        provider = provider_asking(request)
        server.on("/proxy" + PATH, Answer(json={"plan": "pro"}, headers={"Set-Cookie": "session=1"}))
        fetched = await ask(client, f"{server.url}/proxy/", provider)
        await ask(client, f"{server.url}/proxy", provider)
        assert fetched.reading.plan == "[{'plan': 'pro'}]"
        first, second = server.requests
        assert first.query == {"a": ["1&2", "ü"]}
        assert first.headers["authorization"] == f"Bearer {CANARY}"
        assert first.headers["user-agent"] == f"aic-tui/{__version__}"
        assert first.headers["accept-encoding"] == "identity"
        assert first.headers["x-team"] == "t 1"
        assert first.headers["host"] == server.url.removeprefix("http://")
        assert "cookie" not in second.headers
        assert server.connections == 1  # kept alive
        assert [(entry.method, entry.url, entry.outcome, entry.http_status) for entry in entries] == [
            ("GET", f"{server.url}/proxy{PATH}", "ok", 200)
        ] * 2
        assert entries[0].account_id == "example"
        assert entries[0].size_bytes == len('{"plan": "pro"}')

    async def test_key_goes_into_the_providers_own_header_only(self, client: Client, server: Loopback) -> None:
        server.on(PATH, GOOD)
        await ask(client, server.url, replace(PROVIDER, key_header="X-Api-Key", key_format="{key}"))
        (seen,) = server.requests
        assert seen.headers["x-api-key"] == CANARY
        assert [name for name, value in seen.headers.items() if CANARY in value] == ["x-api-key"]
        assert CANARY not in seen.target

    async def test_post_sends_json(self, client: Client, server: Loopback) -> None:
        server.on(PATH, GOOD, method="POST")
        await ask(client, server.url, provider_asking(Request("q", PATH, method="POST", body={"query": "ü"})))
        (seen,) = server.requests
        assert seen.json == {"query": "ü"}
        assert seen.headers["content-type"] == "application/json"

    @pytest.mark.parametrize(
        ("agent", "sent"),
        [("my-tool/1.0 (me)", "my-tool/1.0 (me)"), ("bad\r\nX-Evil: 1", None), ("über", None), ("", None)],
    )
    async def test_user_agent(self, client: Client, server: Loopback, agent: str, sent: str | None) -> None:
        server.on(PATH, GOOD)
        await ask(client, account(server.url, user_agent=agent))
        assert server.requests[0].headers["user-agent"] == (sent or f"aic-tui/{__version__}")
        assert "x-evil" not in server.requests[0].headers

    @pytest.mark.parametrize("key", ["", "sk-a b", "sk-a\r\nX: y", "sk-ключ", "sk-a\x00", " sk-a", "k" * 20_000])
    async def test_key_that_cannot_travel(self, client: Client, server: Loopback, key: str) -> None:
        error = await failure(client, server.url, key=credential(key))
        assert meaning(error) == (Kind.AUTH_NEEDED, Reason.KEY_MALFORMED)
        assert server.requests == []

    async def test_value_from_a_login_file_that_cannot_travel(self, client: Client, server: Loopback) -> None:
        provider = provider_asking(Request("usage", PATH, headers=(("X-Account", "a\r\nX-Evil: 1"),)))
        error = await failure(client, server.url, provider)
        assert meaning(error) == (Kind.AUTH_NEEDED, Reason.KEY_MALFORMED)
        assert server.requests == []

    async def test_rounds_until_the_provider_has_enough(self, client: Client, server: Loopback) -> None:
        def plan(_ask: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
            if replies and replies[-1].data["next"] is None:
                return ()
            page = replies[-1].data["next"] if replies else "1"
            return [Request("page", PATH, params=(("page", page),))]

        server.on(PATH, Answer(json={"next": "2"}), Answer(json={"next": "3"}), Answer(json={"next": None}))
        fetched = await ask(client, server.url, provider_asking(plan=plan))
        assert [seen.query["page"] for seen in server.requests] == [["1"], ["2"], ["3"]]
        assert fetched.raw.count('"request": "GET /v1/usage"') == 3

    async def test_endless_pages(self, client: Client, server: Loopback) -> None:
        server.on(PATH, GOOD)
        provider = provider_asking(plan=lambda _ask, _replies: [Request("page", PATH)])
        error = await failure(client, server.url, provider)
        assert meaning(error) == (Kind.FORMAT_CHANGED, Reason.SHAPE)
        assert len(server.requests) == 20

    async def test_provider_knows_facts_but_no_key(self, client: Client, server: Loopback, clock: FakeClock) -> None:
        asks = []

        def parse(asked: Ask, _replies: Sequence[Reply]) -> Reading:
            asks.append(asked)
            return Reading()

        server.on(PATH, GOOD)
        facts = LoginFacts(account_id="acc")
        key = credential(facts=facts)
        await ask(client, account(server.url, fields={"project": "p"}), replace(PROVIDER, parse=parse), key)
        assert asks == [Ask(clock.now(), "sk-", {"project": "p"}, facts)]
        assert CANARY not in repr(asks)

    async def test_provider_knows_the_accounts_fields_and_those_of_its_variables(
        self, make_env: MakeEnv, server: Loopback
    ) -> None:
        def plan(ask_: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
            return () if replies else (Request("usage", "/v1/usage", params=tuple(sorted(ask_.fields.items()))),)

        fields = (Field("project", "Project", "…", env=("EXAMPLE_PROJECT",)), Field("team", "Team", "…", env=("TEAM",)))
        provider = replace(PROVIDER, plan=plan, fields=fields)
        server.on("/v1/usage", Answer(json={"plan": "x"}))
        client = Client(make_env({"EXAMPLE_PROJECT": "from-env", "TEAM": "from-env"}))
        await ask(client, account(server.url, fields={"team": "from-file"}), provider)
        await client.aclose()
        assert server.requests[0].query == {"project": ["from-env"], "team": ["from-file"]}

    async def test_reply_carries_headers_and_the_servers_clock(self, client: Client, server: Loopback) -> None:
        replies: list[Reply] = []

        def parse(_ask: Ask, given: Sequence[Reply]) -> Reading:
            replies.extend(given)
            return Reading()

        server.on(
            PATH,
            Answer(json={}, headers={"X-Left": "3", "Date": "Sat, 21 Nov 2026 08:00:00 GMT"}),
            Answer(json={}, headers={"Date": "yesterday"}),
        )
        for _ in range(2):
            await ask(client, server.url, replace(PROVIDER, parse=parse))
        assert replies[0].headers["x-left"] == "3"
        assert replies[0].date is not None
        assert replies[0].date.isoformat() == "2026-11-21T08:00:00+00:00"
        assert replies[1].date is None

    async def test_closed_client_opens_again(self, client: Client, server: Loopback) -> None:
        server.on(PATH, GOOD)
        await ask(client, server.url)
        await client.aclose()
        await ask(client, server.url)
        assert server.connections == 2

    async def test_closed_while_it_waits(self, client: Client, server: Loopback) -> None:
        server.hang(PATH)
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        server.on_seen = lambda _seen: loop.call_soon_threadsafe(arrived.set)
        task = asyncio.create_task(failure(client, server.url))
        await arrived.wait()
        server.on(PATH, Answer(status=500))
        await client.aclose()
        assert (await task).kind in (Kind.OFFLINE, Kind.SERVER_ERROR)

    async def test_each_step_has_its_own_limit(self, make_env: MakeEnv) -> None:
        seen = []

        def answer(request: httpx.Request) -> httpx.Response:
            seen.append(request.extensions["timeout"])
            return httpx.Response(200, json={"plan": "pro"})

        await ask(Client(make_env(transport=httpx.MockTransport(answer))), None)
        assert seen == [{"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 5.0}]

    def test_import_is_cheap(self) -> None:
        script = (
            "import sys, aic_tui.providers.client;"
            "print(sorted({'httpx', 'httpcore', 'pydantic', 'certifi', 'anyio', 'keyring'} & set(sys.modules)))"
        )
        result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert result.stdout.strip() == "[]"

    async def test_given_transport_is_used(self, make_env: MakeEnv) -> None:
        transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"plan": str(request.url)}))
        fetched = await ask(Client(make_env(transport=transport)), None)
        assert fetched.reading.plan == "https://api.example.com/v1/usage"


class TestSlow:
    @pytest.mark.parametrize("fault", ["hang", "drip"])
    async def test_ends_at_the_deadline(
        self, hasty: Client, server: Loopback, entries: list[RequestEntry], fault: str
    ) -> None:
        getattr(server, fault)(PATH)
        started = asyncio.get_running_loop().time()
        error = await failure(hasty, server.url)
        assert meaning(error) == (Kind.TIMEOUT, None)
        assert asyncio.get_running_loop().time() - started < 1.0
        assert [entry.outcome for entry in entries] == ["timeout"]
        assert len(server.requests) == 1

    async def test_deadline_covers_all_rounds(self, hasty: Client, server: Loopback) -> None:
        server.drip(PATH, 0.02, b'{"a": 1}')  # 0.16 s a page
        error = await failure(hasty, server.url, provider_asking(plan=lambda _ask, _replies: [Request("p", PATH)]))
        assert error.kind is Kind.TIMEOUT
        assert len(server.requests) <= 3

    async def test_twenty_at_once_do_not_wait_for_each_other(self, hasty: Client, server: Loopback) -> None:
        server.hang(PATH)
        server.on("/good" + PATH, GOOD)
        hanging = [asyncio.create_task(failure(hasty, server.url)) for _ in range(15)]
        good = await asyncio.wait_for(ask(hasty, f"{server.url}/good"), 0.3)
        assert good.reading.plan == "pro"
        assert {error.kind for error in await asyncio.gather(*hanging)} == {Kind.TIMEOUT}

    async def test_cancelled_by_the_user(self, client: Client, server: Loopback, entries: list[RequestEntry]) -> None:
        server.hang(PATH)
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        server.on_seen = lambda _seen: loop.call_soon_threadsafe(arrived.set)
        task = asyncio.create_task(ask(client, server.url))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [entry.outcome for entry in entries] == ["cancelled"]


class TestSize:
    @pytest.mark.parametrize("fault", ["bomb", "endless"])
    async def test_stops_at_the_cap_with_little_memory(self, client: Client, server: Loopback, fault: str) -> None:
        getattr(server, fault)(PATH)
        await failure(client, f"{server.url}/warm-up")
        tracemalloc.start()
        try:
            error = await failure(client, server.url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert meaning(error) == (Kind.FORMAT_CHANGED, Reason.TOO_LARGE)
        assert peak < 20_000_000

    @pytest.mark.parametrize("length", ["2097153", "9" * 30])
    async def test_declared_length_is_enough_to_refuse(self, client: Client, server: Loopback, length: str) -> None:
        server.on(PATH, Answer(headers={"Content-Length": length}, text="{}"))
        error = await failure(client, server.url)
        assert meaning(error) in ((Kind.FORMAT_CHANGED, Reason.TOO_LARGE), (Kind.FORMAT_CHANGED, Reason.NOT_JSON))

    async def test_just_under_the_cap(self, client: Client, server: Loopback) -> None:
        server.on(PATH, Answer(json={"plan": "pro", "filler": "x" * 2_000_000}))
        fetched = await ask(client, server.url)
        assert fetched.reading.plan == "pro"
        assert len(fetched.raw) <= 64 * 1024

    async def test_packed_answers_are_unpacked_within_the_cap(self, client: Client, server: Loopback) -> None:
        import gzip
        import zlib

        whole = gzip.compress(b'{"plan": "pro"}')
        for body, encoding in ((whole, "gzip"), (zlib.compress(b'{"plan": "pro"}'), "deflate")):
            server.on(PATH, Answer(body=body, headers={"Content-Encoding": encoding}))
            assert (await ask(client, server.url)).reading.plan == "pro"
        server.on(PATH, Answer(body=whole[:-9], headers={"Content-Encoding": "gzip"}))
        assert meaning(await failure(client, server.url)) == (Kind.OFFLINE, Reason.CUT_OFF)
        server.on(PATH, Answer(body=b"no gzip", headers={"Content-Encoding": "gzip"}))
        assert meaning(await failure(client, server.url)) == (Kind.FORMAT_CHANGED, Reason.NOT_JSON)
        server.on(PATH, Answer(body=b"x", headers={"Content-Encoding": "br"}))
        error = await failure(client, server.url)
        assert meaning(error) == (Kind.FORMAT_CHANGED, Reason.NOT_JSON)
        assert error.detail == "content-encoding br"

    @pytest.mark.parametrize(
        "headers",
        [[("X-Filler", "x" * 1_000_000)], [(f"X-{number}", "x" * 20) for number in range(100_000)]],
        ids=["one huge", "very many"],
    )
    async def test_huge_headers(self, client: Client, server: Loopback, headers: list[tuple[str, str]]) -> None:
        server.on(PATH, Answer(json={"plan": "pro"}, headers=headers))
        assert meaning(await failure(client, server.url)) == (Kind.FORMAT_CHANGED, Reason.TOO_LARGE)

    async def test_refusal_is_understood_whatever_its_body(self, client: Client, server: Loopback) -> None:
        server.on(PATH, Answer(status=429, headers={"Content-Encoding": "br", "Retry-After": "30"}, text="x"))
        error = await failure(client, server.url)
        assert (error.kind, error.retry_after_seconds) == (Kind.RATE_LIMITED, 30)


class TestElsewhere:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_redirect_is_not_followed(self, client: Client, server: Loopback, status: int) -> None:
        with Loopback() as other:
            server.on(PATH, redirect(f"{other.url}/steal?key=1", status))
            error = await failure(client, server.url)
            assert meaning(error) == (Kind.BLOCKED_BY_GATEWAY, Reason.REDIRECT)
            assert error.http_status == status
            assert other.requests == []
            assert other.connections == 0
        assert len(server.requests) == 1

    @pytest.mark.parametrize("to", ["", "http://[", "http://169.254.169.254/", PATH, "//\x7f"])
    async def test_odd_redirects(self, client: Client, server: Loopback, to: str) -> None:
        server.on(PATH, redirect(to))
        assert meaning(await failure(client, server.url)) == (Kind.BLOCKED_BY_GATEWAY, Reason.REDIRECT)
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        "page",
        [
            html(200),
            html(403),
            html(400),
            html(511),
            Answer(text="\ufeff\n <!-- x --><HTML>", status=403),
            Answer(text="Access denied", status=403, headers={"Content-Type": "text/html"}),
            Answer(text="", status=200, headers={"Content-Type": "text/html"}),
        ],
    )
    async def test_web_page_is_a_gateways(self, client: Client, server: Loopback, page: Answer) -> None:
        server.on(PATH, page)
        error = await failure(client, server.url, replace(PROVIDER, refuse=_bad_login))
        assert meaning(error) == (Kind.BLOCKED_BY_GATEWAY, Reason.HTML)
        assert error.detail is None
        assert error.http_status == page.status
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(401, Kind.AUTH_NEEDED), (404, Kind.UNSUPPORTED), (429, Kind.RATE_LIMITED), (500, Kind.SERVER_ERROR)],
    )
    async def test_status_stands_with_a_web_page_too(
        self, client: Client, server: Loopback, status: int, kind: Kind
    ) -> None:
        server.html(PATH, status)
        error = await failure(client, server.url)
        assert error.kind is kind
        assert error.detail is None

    async def test_json_that_calls_itself_a_web_page(self, client: Client, server: Loopback) -> None:
        server.on(PATH, Answer(text=' {"plan": "pro"}', headers={"Content-Type": "text/html"}))
        assert (await ask(client, server.url)).reading.plan == "pro"

    async def test_accepted_statuses_and_pages(self, client: Client, server: Loopback) -> None:
        server.on("/a", html(404))
        server.on("/b", Answer(status=403, json={"code": 7}))
        server.on("/c", Answer(status=404, text="gone"))
        provider = provider_asking(
            Request("a", "/a", accept=frozenset({404}), accept_html=True),
            Request("b", "/b", accept=frozenset({403})),
            Request("c", "/c", accept=frozenset({404})),
        )
        assert (await ask(client, server.url, provider)).reading.plan == "[None, {'code': 7}, None]"
        for path in ("/b", "/a"):
            server.on(path, html(403))
            assert meaning(await failure(client, server.url, provider)) == (Kind.BLOCKED_BY_GATEWAY, Reason.HTML)


def _bad_login(_ask: Ask, _reply: Reply) -> ProviderError:
    return ProviderError(Kind.AUTH_NEEDED, Reason.KEY_REJECTED, hint="log in")


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "kind", "reason"),
        [
            (400, Kind.ERROR, None),
            (401, Kind.AUTH_NEEDED, Reason.KEY_REJECTED),
            (402, Kind.FORBIDDEN, Reason.PAYMENT_NEEDED),
            (403, Kind.FORBIDDEN, Reason.SCOPE_MISSING),
            (404, Kind.UNSUPPORTED, Reason.NOT_FOUND),
            (407, Kind.OFFLINE, Reason.PROXY),
            (408, Kind.TIMEOUT, None),
            (418, Kind.ERROR, None),
            (429, Kind.RATE_LIMITED, None),
            (500, Kind.SERVER_ERROR, None),
            (529, Kind.SERVER_ERROR, None),
        ],
    )
    async def test_meaning(
        self, client: Client, server: Loopback, status: int, kind: Kind, reason: Reason | None
    ) -> None:
        server.on(PATH, Answer(status=status, json={"error": {"message": "No \x1b[31mway"}}))
        error = await failure(client, server.url)
        assert meaning(error) == (kind, reason)
        assert error.http_status == status
        assert error.detail == "No way"
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        ("body", "detail"),
        [
            ({"error": "plain"}, "plain"),
            ({"message": "m", "error": {"code": 5}}, "m"),
            ({"errors": [{"message": "first"}, {"message": "second"}]}, "first"),
            ({"detail": [{"msg": "field required"}]}, "field required"),
            ({"error": {"error": {"error": {"error": {"error": "deep"}}}}}, None),
            ({"code": 5}, None),
            ([], None),
            ({"error": {"message": f"bad key {CANARY} in Bearer {CANARY}"}}, "bad key …cdef in Bearer …cdef"),
            ({"error": {"message": "x" * 5000}}, "x" * 199 + "…"),
        ],
    )
    async def test_the_servers_words(self, client: Client, server: Loopback, body: Any, detail: str | None) -> None:
        server.on(PATH, Answer(status=400, text=json.dumps(body)))
        assert (await failure(client, server.url)).detail == detail

    async def test_words_that_are_not_json(self, client: Client, server: Loopback) -> None:
        server.on(PATH, Answer(status=500, text="upstream\nsad", headers={"Content-Type": "text/plain"}))
        assert (await failure(client, server.url)).detail == "upstream sad"

    async def test_a_key_of_unknown_shape_is_not_repeated(self, client: Client, server: Loopback) -> None:
        server.on(PATH, Answer(status=400, json={"error": "unknown: zq.zq+zq-zq"}))
        assert (await failure(client, server.url, key=credential("zq.zq+zq-zq"))).detail == "unknown: …"

    @pytest.mark.parametrize("status", [429, 503])
    async def test_wish_to_wait(self, client: Client, server: Loopback, status: int) -> None:
        server.on(PATH, Answer(status=status, json={}, headers={"Retry-After": "120"}))
        assert (await failure(client, server.url)).retry_after_seconds == 120
        assert len(server.requests) == 1

    async def test_provider_word_comes_first_and_is_completed(self, client: Client, server: Loopback) -> None:
        def refuse(_ask: Ask, reply: Reply) -> ProviderError | None:
            if reply.data["code"] == 1:
                raise ProviderError(Kind.RATE_LIMITED, hint="slowly", retry_after_seconds=9)
            return ProviderError(Kind.RATE_LIMITED, detail=f"mine {CANARY}", http_status=418)

        provider = replace(PROVIDER, refuse=refuse)
        server.on(PATH, Answer(status=403, json={"code": 1, "message": "limit"}, headers={"Retry-After": "77"}))
        error = await failure(client, server.url, provider)
        assert (error.kind, error.hint, error.retry_after_seconds) == (Kind.RATE_LIMITED, "slowly", 9)
        assert (error.http_status, error.detail) == (403, "limit")
        server.on(PATH, Answer(status=403, json={"code": 2}, headers={"Retry-After": "77"}))
        error = await failure(client, server.url, provider)
        assert (error.retry_after_seconds, error.http_status, error.detail) == (77, 418, "mine …cdef")
        server.on(PATH, Answer(status=403, json={}))  # refuse stumbles over it
        assert meaning(await failure(client, server.url, provider)) == (Kind.FORBIDDEN, Reason.SCOPE_MISSING)


class TestJson:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "plain words",
            '{"plan": ',
            "{'plan': 1}",
            "[" * 100_000,
            '{"a":' * 100_000,
            "[" * 500 + "]" * 500,
            "<?xml version='1.0'?><a/>",
            "\x00",
        ],
        ids=lambda text: text[:12],
    )
    async def test_not_json(self, client: Client, server: Loopback, text: str) -> None:
        server.on(PATH, Answer(text=text))
        error = await failure(client, server.url)
        assert meaning(error) == (Kind.FORMAT_CHANGED, Reason.NOT_JSON)
        assert error.http_status == 200

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("NaN", UNREADABLE),
            ("-Infinity", UNREADABLE),
            ("1e400", UNREADABLE),
            ("-1e400", UNREADABLE),
            ("1" * 1_000_000, UNREADABLE),
            ("-" + "1" * 100, UNREADABLE),
            ("1." + "0" * 100_000, 1.0),
            ("12345678901234567890", 12345678901234567890),
            ("0.1", 0.1),
            ('{"a": 1, "a": 2}', {"a": 2}),
            ('"\\ud800x"', "\ud800x"),
            ("null", None),
        ],
        ids=lambda value: str(value).encode("ascii", "replace").decode()[:12],
    )
    async def test_odd_values(self, client: Client, server: Loopback, text: str, value: Any) -> None:
        seen = []

        def parse(_ask: Ask, replies: Sequence[Reply]) -> Reading:
            seen.append(replies[0].data)
            return Reading()

        server.on(PATH, Answer(text=f'{{"x": {text}}}'))
        fetched = await ask(client, server.url, replace(PROVIDER, parse=parse))
        assert seen == [{"x": value}]
        assert ("(not a number)" in fetched.raw) is (value is UNREADABLE)

    async def test_bytes_that_are_not_utf8(self, client: Client, server: Loopback) -> None:
        server.on(PATH, Answer(body=b'{"plan": "caf\xe9"}'), Answer(body='\ufeff{"plan": "pro"}'.encode()))
        assert (await ask(client, server.url)).reading.plan == "caf\ufffd"
        assert (await ask(client, server.url)).reading.plan == "pro"

    @pytest.mark.parametrize(
        "fault", [KeyError("sk-secret"), ValueError(CANARY), RecursionError(), ZeroDivisionError()]
    )
    @pytest.mark.parametrize("place", ["plan", "parse"])
    async def test_provider_file_stumbles(
        self, client: Client, server: Loopback, fault: Exception, place: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        def stumble(_ask: Ask, replies: Sequence[Reply]) -> Any:
            if place == "plan" and not replies:
                return [Request("usage", PATH)]
            raise fault

        server.on(PATH, Answer(json={"plan": "private words", "quota": [{"left": 1}]}))
        with caplog.at_level(logging.DEBUG):
            error = await failure(client, server.url, provider_asking(**{place: stumble}))
        assert meaning(error) == (Kind.FORMAT_CHANGED, Reason.SHAPE)
        assert error.detail == type(fault).__name__
        assert error.__cause__ is None
        assert "plan,quota{left}" in caplog.text
        assert "private words" not in caplog.text
        assert CANARY not in caplog.text

    async def test_validation_error_tells_the_place_only(self, client: Client, server: Loopback) -> None:
        class Wire(pydantic.BaseModel):
            limits: list[int]

        def parse(_ask: Ask, replies: Sequence[Reply]) -> Reading:
            return Reading(plan=str(Wire.model_validate(replies[0].data)))

        server.on(PATH, Answer(json={"limits": [1, CANARY]}))
        error = await failure(client, server.url, replace(PROVIDER, parse=parse))
        assert meaning(error) == (Kind.FORMAT_CHANGED, Reason.SHAPE)
        assert error.detail == "limits.1: int_parsing"

    async def test_exception_that_only_looks_like_pydantics(self, client: Client, server: Loopback) -> None:
        class Odd(Exception):  # noqa: N818 - a stranger's
            def errors(self) -> list[str]:
                return []

        def parse(_ask: Ask, _replies: Sequence[Reply]) -> Reading:
            raise Odd

        server.on(PATH, GOOD)
        assert (await failure(client, server.url, replace(PROVIDER, parse=parse))).detail == "Odd"

    async def test_provider_errors_pass_with_clean_detail(self, client: Client, server: Loopback) -> None:
        def parse(_ask: Ask, _replies: Sequence[Reply]) -> Reading:
            raise ProviderError(
                Kind.FORBIDDEN, Reason.SCOPE_MISSING, hint="use an admin key", detail=f"\x07no {CANARY}"
            )

        server.on(PATH, GOOD)
        error = await failure(client, server.url, replace(PROVIDER, parse=parse))
        assert (error.kind, error.hint, error.detail) == (Kind.FORBIDDEN, "use an admin key", "no …cdef")


class TestConnection:
    async def test_refused(self, client: Client, clock: FakeClock, entries: list[RequestEntry]) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            error = await failure(client, f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert meaning(error) == (Kind.OFFLINE, Reason.CONNECT)
        assert error.detail == "Connection refused"
        assert [entry.outcome for entry in entries] == ["offline/connect"] * 2
        assert len(clock.slept) == 1
        assert 0.5 <= clock.slept[0] <= 1.5

    async def test_one_dead_address_of_two(self, client: Client, server: Loopback) -> None:
        server.on(PATH, GOOD)
        assert (await ask(client, f"http://localhost:{server.port}")).reading.plan == "pro"

    @pytest.mark.parametrize(
        "bad", [reset(), Answer(raw=b""), *(Answer(status=code, json={}) for code in (502, 503, 504))]
    )
    async def test_one_more_try(self, client: Client, server: Loopback, bad: Answer) -> None:
        server.on(PATH, bad, GOOD)
        assert (await ask(client, server.url)).reading.plan == "pro"
        server.on(PATH, bad)
        server.forget()
        await failure(client, server.url)
        assert len(server.requests) == 2

    async def test_one_more_try_in_a_whole_fetch(self, client: Client, server: Loopback) -> None:
        server.on("/a", Answer(status=502, json={}), Answer(json={}))
        server.on("/b", Answer(status=502, json={}), Answer(json={}))
        error = await failure(client, server.url, provider_asking(Request("a", "/a"), Request("b", "/b")))
        assert error.kind is Kind.SERVER_ERROR
        assert [seen.path for seen in server.requests] == ["/a", "/a", "/b"]

    @pytest.mark.parametrize("bad", [Answer(status=500), Answer(status=529), Answer(status=429), Answer(text="no")])
    async def test_no_second_try(self, client: Client, server: Loopback, bad: Answer) -> None:
        server.on(PATH, bad)
        await failure(client, server.url)
        assert len(server.requests) == 1

    async def test_post_is_never_repeated(self, client: Client, server: Loopback) -> None:
        server.on(PATH, Answer(status=503, json={}), method="POST")
        await failure(client, server.url, provider_asking(Request("q", PATH, method="POST", body={})))
        assert len(server.requests) == 1

    @pytest.mark.parametrize("fault", ["cut_off", "reset"])
    async def test_cut_off(self, client: Client, server: Loopback, fault: str) -> None:
        server.cut_off(PATH) if fault == "cut_off" else server.reset(PATH, b'{"plan"')
        error = await failure(client, server.url)
        assert meaning(error) == (Kind.OFFLINE, Reason.CUT_OFF)
        assert len(server.requests) == 1

    @pytest.mark.parametrize("raw", [b"SSH-2.0-OpenSSH_9\r\n\r\n", b"\x00\x01\x02" * 100, b"HTTP/1.1 abc\r\n\r\n"])
    async def test_no_http_at_all(self, client: Client, server: Loopback, raw: bytes) -> None:
        server.on(PATH, Answer(raw=raw))
        assert meaning(await failure(client, server.url)) == (Kind.FORMAT_CHANGED, Reason.NOT_JSON)

    @pytest.mark.parametrize(
        ("cause", "reason"),
        [
            (socket.gaierror(-2, "Name or service not known"), Reason.DNS),
            (OSError(101, "Network is unreachable"), Reason.CONNECT),
            (ExceptionGroup("all", [OSError(113, "x"), ConnectionRefusedError(111, "x")]), Reason.CONNECT),
        ],
        ids=["dns", "no network", "group"],
    )
    async def test_no_network(self, make_env: MakeEnv, cause: Exception, reason: Reason) -> None:
        def fail(_request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("All connection attempts failed") from cause

        error = await failure(Client(make_env(transport=httpx.MockTransport(fail))), None)
        assert meaning(error) == (Kind.OFFLINE, reason)

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            (httpx.ConnectTimeout("slow"), Kind.TIMEOUT),
            (httpx.PoolTimeout("full"), Kind.TIMEOUT),
            (httpx.LocalProtocolError("ours"), Kind.ERROR),
        ],
    )
    async def test_other_faults_of_the_way(self, make_env: MakeEnv, fault: Exception, kind: Kind) -> None:
        def fail(_request: httpx.Request) -> httpx.Response:
            raise fault

        assert (await failure(Client(make_env(transport=httpx.MockTransport(fail))), None)).kind is kind


class TestTraces:
    async def test_one_log_line_without_secrets(
        self, client: Client, server: Loopback, caplog: pytest.LogCaptureFixture, entries: list[RequestEntry]
    ) -> None:
        path = f"/v1/{CANARY}/usage"
        server.on(path, Answer(json={"plan": "private words"}), Answer(status=401, json={"error": "private words"}))
        provider = provider_asking(Request("usage", path, params=(("key", "QUERY-CANARY"),)))
        with caplog.at_level(logging.INFO, logger="aic_tui"):
            await ask(client, server.url, provider)
            await failure(client, server.url, provider)
        lines = [record.getMessage() for record in caplog.records if record.name == "aic_tui.http"]
        assert len(lines) == 2
        assert lines[0].startswith(f"GET {server.url}/v1/…cdef/usage 200 ")
        assert lines[1].endswith("auth_needed/key_rejected")
        for text in (*lines, repr(entries)):
            assert CANARY not in text
            assert "QUERY-CANARY" not in text
            assert "private words" not in text

    async def test_the_log_tells_what_a_server_said_with_a_status_that_nobody_expects(
        self, client: Client, server: Loopback, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.on(PATH, Answer(status=418, json={"error": {"message": f"\x1b[31mno tea for {CANARY}"}}))
        with caplog.at_level(logging.WARNING, logger="aic_tui"):
            assert (await failure(client, server.url)).kind is Kind.ERROR
        (line,) = [record.getMessage() for record in caplog.records]
        assert line.startswith("example: unexpected HTTP 418: ")
        assert "no tea for" in line
        assert CANARY not in line
        assert "\x1b" not in line

    async def test_raw_reply_is_readable_and_holds_no_secret(self, client: Client, server: Loopback) -> None:
        reply = {
            "plan": "\x1b]0;x\x07pro [/]",
            "five_hour": {"utilization": 12.5, "used": None},
            "email": "jane.doe@example.com",
            "org": "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f",
            "id": "user4f9a8b7c6d5e4f3a2b1c",
            "refresh_token": "short",
            "access_token": None,
            "tokens": 1234,
            "echo": f"{CANARY} zq.zq+zq-zq",
            "zq.zq+zq-zq": [f"Bearer {CANARY}"],
            "model": "gpt-4o-mini-realtime-preview-2024-12-17",
        }
        server.on(PATH, Answer(json=reply))
        key = credential("zq.zq+zq-zq")
        raw = (await ask(client, server.url, key=key)).raw
        (shown,) = json.loads(raw)
        assert shown["request"] == "GET /v1/usage"
        assert shown["status"] == 200
        assert shown["reply"]["plan"] == "pro [/]"
        assert shown["reply"]["five_hour"] == {"utilization": 12.5, "used": None}
        assert shown["reply"]["email"] == "j…@example.com"
        assert shown["reply"]["org"] == "…4e5f"
        assert shown["reply"]["id"] == "…2b1c"
        assert shown["reply"]["refresh_token"] == "…"
        assert shown["reply"]["access_token"] is None
        assert shown["reply"]["tokens"] == 1234
        assert shown["reply"]["model"] == reply["model"]
        assert "\n      " in raw
        for secret in (CANARY, "zq.zq+zq-zq", "jane.doe"):
            assert secret not in raw

    @pytest.mark.parametrize(
        "reply",
        [
            {"plan": "pro", "many": ["x" * 100] * 15_000},
            {"plan": "pro", **{f"name{number}": {"a": number} for number in range(60_000)}},
            {"plan": "pro", "deep": [[[[["y"] * 90_000]]]]},
        ],
        ids=["list", "names", "nested"],
    )
    async def test_raw_reply_is_bounded(self, client: Client, server: Loopback, reply: Any) -> None:
        server.on(PATH, Answer(json=reply))
        raw = (await ask(client, server.url)).raw
        assert len(raw) <= 64 * 1024
        assert "…" in raw
