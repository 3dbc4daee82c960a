"""The refresh service over virtual hours: how often it asks, what it shows, and that nothing makes it hurry."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from aic_tui.config.settings import Account, Settings
from aic_tui.errors import FailureKind, Reason
from aic_tui.models import AccountState
from aic_tui.providers.registry import provider_ids
from aic_tui.services.monitor import Outcome
from tests.clock import START, FakeClock
from tests.panes import KEY, InlineStore, Pane, Respond, Street, balance, status, unreachable, windows

HOUR = 3600.0
DAY = 24 * HOUR
CLAUDE = Account("sub", "claude", key="env:KEY")
MONEY = Account("money", "deepseek", key="env:KEY")
SLOW_TICK = Settings(refresh_interval_seconds=240)


@pytest.fixture
def street(tmp_path: Path, clock: FakeClock) -> Street:
    return Street(tmp_path, clock)


@asynccontextmanager
async def running(*panes: Pane) -> AsyncIterator[None]:
    """All panes' loops, until the end of the block."""
    tasks = [asyncio.create_task(pane.service.run()) for pane in panes]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for pane in panes:
            await pane.service.aclose()
            pane.store.close()


async def soak(street: Street, account: Account, seconds: float, panes: int = 5) -> None:
    """Five instances side by side, each looking at the same account."""
    async with running(*[street.open([account]) for _ in range(panes)]):
        await street.clock.advance(seconds)


# -- ceilings: every pattern of answers, five instances, a day


def retry_after(value: str) -> Respond:
    return status(429, {"Retry-After": value})


def flapping() -> Respond:
    count = iter(range(10**9))
    return lambda request: windows(request) if next(count) % 2 else httpx.Response(503)


def overloaded() -> Respond:
    count = iter(range(10**9))
    return lambda request: httpx.Response(529) if next(count) % 5 else windows(request)


def html(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(403, text="<!DOCTYPE html><html></html>", headers={"Content-Type": "text/html"})


def crash(_request: httpx.Request) -> httpx.Response:
    raise RuntimeError("a defect with a secret in its words: " + KEY)


def timeout(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow", request=request)


PATTERNS: dict[str, Callable[[], Respond]] = {
    "well": lambda: windows,
    "429 with zero": lambda: retry_after("0"),
    "429 without": lambda: status(429),
    "429 two minutes": lambda: retry_after("120"),
    "401": lambda: status(401),
    "403": lambda: status(403),
    "404": lambda: status(404),
    "web page": lambda: html,
    "503": lambda: status(503),
    "flapping": flapping,
    "overloaded": overloaded,
    "no network": lambda: unreachable,
    "timeout": lambda: timeout,
    "not JSON": lambda: lambda _request: httpx.Response(200, text="hello"),
    "other shape": lambda: lambda _request: httpx.Response(200, json=[1]),
    "defect": lambda: crash,
}


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_a_day_of_any_answer_by_five_instances_stays_under_the_ceiling(street: Street, pattern: str) -> None:
    street.respond, street.settings = PATTERNS[pattern](), SLOW_TICK
    await soak(street, replace(CLAUDE, interval_seconds=300), DAY)
    assert 1 <= street.most_in_an_hour() <= 12
    if pattern in ("401", "403"):
        assert len(street.sent) <= 2
    if pattern in ("429 with zero", "429 without"):
        assert 2 <= len(street.sent) <= 8
    if pattern == "429 two minutes":
        assert min(street.gaps()) >= 120
    if pattern == "well":
        assert 250 <= len(street.sent) <= 288
        assert min(street.gaps()) >= 300


async def test_a_key_api_is_asked_once_a_minute_at_most_by_five_instances_together(street: Street) -> None:
    await soak(street, MONEY, 2 * HOUR)
    assert 50 <= street.most_in_an_hour() <= 60
    assert min(street.gaps()) >= 60


@pytest.mark.parametrize("pattern", ["well", "429 without", "401", "503", "no network"])
async def test_no_key_that_is_held_down_breaks_a_ceiling(street: Street, pattern: str) -> None:
    street.respond = PATTERNS[pattern]()
    panes = [street.open([CLAUDE]) for _ in range(2)]
    async with running(*panes):
        for _ in range(1600):
            for pane in panes:
                wish = asyncio.create_task(pane.service.refresh(["sub"], manual=True))
                await street.clock.advance(2)
                await wish
    # refused connections are tried once more, without anything having been asked
    assert street.most_in_an_hour() <= (24 if pattern == "no network" else 12)
    assert pattern != "429 without" or len(street.sent) <= 5
    assert pattern != "401" or len(street.sent) <= 2


async def test_what_was_learned_outlives_every_restart(street: Street) -> None:
    street.respond = status(429)
    for _ in range(30):
        async with running(street.open([CLAUDE])):
            await street.clock.advance(5)
    assert len(street.sent) == 1


async def test_five_panes_show_what_one_of_them_asked_for(street: Street) -> None:
    panes = [street.open([MONEY]) for _ in range(5)]
    async with running(*panes):
        await street.clock.advance(40)
        assert len(street.sent) == 1
        snapshots = {pane.state("money").snapshot for pane in panes}
        assert len(snapshots) == 1
        assert snapshots != {None}
        street.respond = status(503)
        await street.clock.advance(100)
        assert {pane.state("money").failure for pane in panes} != {None}
        assert len({pane.state("money").failure for pane in panes}) == 1
        assert all(pane.state("money").snapshot in snapshots for pane in panes)


async def test_panes_with_accounts_that_share_only_their_id_do_not_show_each_others_figures(street: Street) -> None:
    street.environ["OTHER"] = KEY + "other"
    ours, theirs = street.open([MONEY]), street.open([replace(MONEY, key="env:OTHER")])

    def by_token(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"].endswith("other"):
            return httpx.Response(500)
        return balance(request)

    street.respond = by_token
    async with running(ours, theirs):
        await street.clock.advance(300)
        assert ours.state("money").snapshot is not None
        assert ours.state("money").failure is None
        assert theirs.state("money").snapshot is None
        assert theirs.state("money").failure is not None
    again = street.open([replace(MONEY, key="env:OTHER")])
    assert again.state("money").snapshot is None
    again.store.close()


@dataclass
class SlowStreet(Street):
    """Every answer takes five seconds; ``most`` is how many were under way at once, by host and for all."""

    busy: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        names = (request.url.host, "all")
        self.busy.update(names)
        self.most |= self.busy
        try:
            await self.clock.sleep(5)
            return await super()._handle(request)
        finally:
            self.busy.subtract(names)


@pytest.mark.parametrize(("paths", "wanted"), [(True, 1), (False, 8)], ids=["one server", "many servers"])
async def test_one_server_is_asked_one_question_at_a_time_and_many_do_not_wait_for_each_other(
    tmp_path: Path, clock: FakeClock, paths: bool, wanted: int
) -> None:
    street = SlowStreet(tmp_path, clock, environ={f"K{n}": f"{KEY}{n}" for n in range(9)})
    address = "https://one.example/{}" if paths else "https://s{}.example"
    pane = street.open([replace(MONEY, id=f"m{n}", key=f"env:K{n}", base_url=address.format(n)) for n in range(9)])
    wish = asyncio.create_task(pane.service.refresh([f"m{n}" for n in range(9)], manual=True))
    await clock.advance(60)
    assert all(outcome.asked for outcome in await wish)
    assert street.most["all"] == wanted
    pane.store.close()


async def test_an_account_that_is_edited_meanwhile_does_not_end_the_wish_for_the_others(
    tmp_path: Path, clock: FakeClock
) -> None:
    street = SlowStreet(tmp_path, clock)
    other = replace(MONEY, id="other", base_url="https://other.example")
    pane = street.open([MONEY, other])
    wish = asyncio.create_task(pane.service.refresh(["money", "other"], manual=True))
    await clock.advance(1)
    pane.service.set_accounts([replace(MONEY, base_url="https://new.example"), other])
    await clock.advance(30)
    assert [outcome.asked for outcome in await wish] == [False, True]
    assert pane.state("other").snapshot is not None
    pane.store.close()


# -- Retry-After


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ([("Retry-After", "0")], 300, 360),
        ([("Retry-After", "120")], 300, 320),  # the floor is longer
        ([("Retry-After", "2000")], 2000, 2400),
        ([("Retry-After", "2000.2")], 2001, 2402),
        ([("Retry-After", "Sat, 21 Nov 2026 09:00:00 GMT"), ("Date", "Sat, 21 Nov 2026 08:00:00 GMT")], 3600, 4210),
        ([("Retry-After", "Sat, 21 Nov 2026 07:00:00 GMT"), ("Date", "Sat, 21 Nov 2026 08:00:00 GMT")], 300, 360),
        ([("Retry-After", "1000000000")], DAY, DAY + 600),
        ([("Retry-After", "-5")], 300, 360),
        ([("Retry-After", "soon")], 300, 360),
        ([("Retry-After", "700"), ("Retry-After", "1400")], 1400, 1680),
        ([], 300, 360),
    ],
    ids=["0", "120", "2000", "float", "date", "past date", "1e9", "negative", "garbage", "twice", "missing"],
)
async def test_the_next_request_is_never_earlier_than_the_server_wishes(
    street: Street, headers: list[tuple[str, str]], least: float, most: float
) -> None:
    street.respond = lambda _request: httpx.Response(429, json={}, headers=headers)
    pane = street.open([replace(CLAUDE, interval_seconds=300)])
    async with running(pane):
        await street.clock.advance(10)
        failure = pane.state("sub").failure
        assert failure is not None
        assert failure.kind is FailureKind.RATE_LIMITED
        assert failure.retry_at is not None
        for _ in range(5):  # neither wishes nor restarts shorten it
            assert not (await pane.service.refresh(["sub"], manual=True))[0].asked
        street.respond = windows
        await street.clock.advance(most + 100)
    assert least <= street.gaps()[0] <= most + 90


# -- the user's own wish


@pytest.mark.parametrize(
    ("wish", "told"), [("1000000", "12 days"), ("90000", "more than 24 hours"), ("86400", None)], ids=str
)
async def test_a_wish_beyond_a_day_is_cut_to_it_and_that_is_said(street: Street, wish: str, told: str | None) -> None:
    street.respond = retry_after(wish)
    pane = street.open([MONEY])
    async with running(pane):
        await street.clock.advance(60)
        failure = pane.state("money").failure
        assert failure is not None
        assert failure.hint == (f"a pause of {told} was asked for; it is cut to 24 hours" if told else None)
        await street.clock.advance(DAY - 120)
        assert len(street.sent) == 1
        await street.clock.advance(HOUR)
        assert len(street.sent) == 2


async def test_two_hundred_presses_in_five_seconds_are_one_request(street: Street) -> None:
    pane = street.open([MONEY])
    wishes: list[asyncio.Task[list[Outcome]]] = []
    async with running(pane):
        await street.clock.advance(20)
        assert len(street.sent) == 1
        for _ in range(200):
            wishes.append(asyncio.create_task(pane.service.refresh(["money"], manual=True)))
            await street.clock.advance(0.025)
        outcomes = [outcome for wish in wishes for outcome in await wish]
        assert len(street.sent) == 2
        refused = [outcome for outcome in outcomes if not outcome.asked]
        assert {outcome.why for outcome in refused} == {"recent"}
        assert all(outcome.until == street.sent[1].at + timedelta(seconds=15) for outcome in refused)


async def test_a_wish_passes_floor_and_breaker_but_no_park(street: Street) -> None:
    street.respond = status(503)
    pane = street.open([MONEY])
    async with running(pane):
        await street.clock.advance(400)
        count = len(street.sent)
        assert (await wish(street, pane))[0].asked
        assert len(street.sent) == count + 2  # 503 is tried once more
        street.respond = status(401)
        await street.clock.advance(16)
        assert (await wish(street, pane))[0].asked
        await street.clock.advance(60)
        assert await wish(street, pane) == [Outcome("money", asked=False, until=None, why="parked")]
        assert await wish(street, pane, "nobody") == [Outcome("nobody", asked=False, why="disabled")]


async def wish(street: Street, pane: Pane, account_id: str = "money", *, manual: bool = True) -> Sequence[Outcome]:
    task = asyncio.create_task(pane.service.refresh([account_id], manual=manual))
    await street.clock.advance(3)
    return await task


async def test_refresh_due_leaves_out_those_whose_floor_has_not_passed(street: Street) -> None:
    street.environ["OTHER"] = KEY + "2"
    pane = street.open([CLAUDE, replace(CLAUDE, id="other", key="env:OTHER")])
    task = asyncio.create_task(pane.service.refresh(["sub", "other"], manual=False))
    await street.clock.advance(12)
    assert [outcome.asked for outcome in await task] == [True, True]
    assert street.gaps()[0] >= 10
    await street.clock.advance(200)
    task = asyncio.create_task(pane.service.refresh(["sub", "other"], manual=False))
    await street.clock.advance(12)
    assert [(outcome.asked, outcome.why) for outcome in await task] == [(False, "floor"), (False, "floor")]
    pane.store.close()


# -- credentials


async def test_another_key_ends_the_park(street: Street) -> None:
    street.respond = status(401)
    pane = street.open([MONEY])
    async with running(pane):
        await street.clock.advance(4000)
        assert len(street.sent) == 1
        state = pane.state("money")
        assert state.failure is not None
        assert (state.failure.kind, state.failure.retry_at, state.next_at) == (FailureKind.AUTH_NEEDED, None, None)
        street.respond = balance
        street.environ["KEY"] = KEY + "new"
        pane.env.environ["KEY"] = KEY + "new"  # type: ignore[index]
        await street.clock.advance(70)
        assert pane.state("money").failure is None
        assert pane.state("money").snapshot is not None


async def test_an_act_of_the_user_ends_the_park(street: Street) -> None:
    street.respond = status(401)
    pane = street.open([MONEY])
    async with running(pane):
        await street.clock.advance(100)
        street.respond = balance
        pane.service.set_accounts([replace(MONEY, name="Mine", pinned=True)], street.settings)
        await street.clock.advance(100)
        assert len(street.sent) == 1
        assert (pane.state("money").label, pane.state("money").pinned) == ("Mine", True)
        pane.service.set_accounts([replace(MONEY, user_agent="other/1")], street.settings)
        await street.clock.advance(100)
        assert pane.state("money").failure is None


async def test_an_expired_login_is_not_asked_and_its_figures_stay(street: Street) -> None:
    login = login_file(street, "first-token-0123456789", expires=1.0)
    pane = street.open([replace(CLAUDE, key="discovered:claude-code")])
    street.respond = windows
    async with running(pane):
        await street.clock.advance(60)
        figures = pane.state("sub").snapshot
        assert figures is not None
        await street.clock.advance(2 * HOUR)
        count = len(street.sent)
        assert street.sent[-1].at <= START + timedelta(minutes=56)
        state = pane.state("sub")
        assert state.failure is not None
        assert state.failure.reason is Reason.LOGIN_EXPIRED
        assert state.snapshot is not None
        at = state.failure.at
        await street.clock.advance(600)
        assert len(street.sent) == count
        assert pane.state("sub").failure == state.failure
        assert at == state.failure.at
        login.unlink()
        login_file(street, "second-token-0123456789", expires=9.0)
        await street.clock.advance(90)
        assert pane.state("sub").failure is None
        assert street.sent[-1].token == "second-token-0123456789"


def login_file(street: Street, token: str, expires: float) -> Path:
    """A login of another tool that ends ``expires`` hours after the start."""
    import json

    path = street.root / "home" / ".claude" / ".credentials.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    at = int((START.timestamp() + expires * HOUR) * 1000)
    scopes = ["user:profile", "user:inference"]
    path.write_text(json.dumps({"claudeAiOauth": {"accessToken": token, "expiresAt": at, "scopes": scopes}}))
    return path


@pytest.mark.parametrize("answer", [windows, status(401)], ids=["good", "401"])
async def test_an_answer_for_a_login_that_was_swapped_meanwhile_is_thrown_away(street: Street, answer: Respond) -> None:
    login_file(street, "first-token-0123456789", expires=9.0)
    pane = street.open([replace(CLAUDE, key="discovered:claude-code")])

    def swap(request: httpx.Request) -> httpx.Response:
        login_file(street, "second-token-0123456789", expires=9.0)
        street.respond = windows
        return answer(request)

    street.respond = swap
    async with running(pane):
        await street.clock.advance(10)
        assert len(street.sent) == 1
        assert (pane.state("sub").snapshot, pane.state("sub").failure) == (None, None)
        assert pane.store.history.points("sub") == []
        await street.clock.advance(20)
        assert [seen.token for seen in street.sent] == ["first-token-0123456789", "second-token-0123456789"]
        assert pane.state("sub").snapshot is not None


async def test_a_login_that_vanished_during_the_call_discards_its_answer(street: Street) -> None:
    path = login_file(street, "first-token-0123456789", expires=9.0)
    pane = street.open([replace(CLAUDE, key="discovered:claude-code")])

    def log_out(request: httpx.Request) -> httpx.Response:
        path.unlink()
        return windows(request)

    street.respond = log_out
    async with running(pane):
        await street.clock.advance(60)
        state = pane.state("sub")
        assert state.snapshot is None
        assert state.failure is not None
        assert state.failure.kind is FailureKind.NOT_CONFIGURED


async def test_what_is_never_sent_is_neither_counted_nor_parked(street: Street) -> None:
    login_file(street, "first-token-0123456789", expires=9.0)
    bound = replace(CLAUDE, key="discovered:claude-code", base_url="https://elsewhere.example")
    pane = street.open([bound])
    async with running(pane):
        await street.clock.advance(200)
        state = pane.state("sub")
        assert state.failure is not None
        assert state.failure.reason is Reason.HOST_NOT_TRUSTED
        assert street.sent == []
        pane.service.set_accounts([replace(bound, trust_base_url=True)], street.settings)
        street.respond = windows
        await street.clock.advance(5)
        assert pane.state("sub").failure is None


async def test_accounts_that_share_a_token_share_its_park(street: Street) -> None:
    street.respond = status(401)
    pane = street.open([MONEY, replace(MONEY, id="same")])
    async with running(pane):
        await street.clock.advance(300)
        assert len(street.sent) == 1
        for account_id in ("money", "same"):
            failure = pane.state(account_id).failure
            assert failure is not None
            assert (failure.kind, failure.reason) == (FailureKind.AUTH_NEEDED, Reason.KEY_REJECTED)
        assert {pane.state(name).label for name in ("money", "same")} == {"money", "same"}


async def test_accounts_that_share_a_token_share_its_pause(street: Street) -> None:
    street.respond = retry_after("900")
    pane = street.open([MONEY, replace(MONEY, id="same")])
    async with running(pane):
        await street.clock.advance(300)
        failures = [pane.state(name).failure for name in ("money", "same")]
        assert [failure.kind for failure in failures if failure] == [FailureKind.RATE_LIMITED] * 2
        assert len(street.sent) == 1


# -- offline, sleep, clocks


def twelve() -> list[Account]:
    hosts = [f"https://host{n}.example" for n in range(12)]
    return [replace(MONEY, id=f"a{n}", base_url=host) for n, host in enumerate(hosts)]


async def test_offline_is_one_probe_for_everyone_and_one_answer_ends_it(street: Street) -> None:
    street.respond = unreachable
    panes = [street.open(twelve()) for _ in range(3)]
    async with running(*panes):
        await street.clock.advance(130)
        street.sent.clear()
        await street.clock.advance(2 * HOUR)
        probes = len(street.sent) / 2  # each is tried once more
        assert 3 <= probes <= 12
        assert {offline(pane) for pane in panes} == {12}
        street.respond = balance
        while offline(panes[0]) == 12:
            await street.clock.advance(15)
        assert len(street.sent) / 2 <= probes + 1  # one answer was enough
        await street.clock.advance(300)  # all are of one provider, ten seconds apart
        assert [offline(pane) for pane in panes] == [0, 0, 0]


def offline(pane: Pane) -> int:
    failures = [state.failure for state in pane.service.states]
    return sum(failure is not None and failure.kind is FailureKind.OFFLINE for failure in failures)


async def test_where_accounts_stand_in_each_others_way_each_gets_its_turn(street: Street) -> None:
    pane = street.open(twelve())
    async with running(pane):
        await street.clock.advance(HOUR)
    counts = [sum(seen.host == f"host{n}.example" for seen in street.sent) for n in range(12)]
    assert min(counts) >= 20
    assert max(counts) - min(counts) <= 4
    assert min(street.gaps()) >= 10


async def test_a_certificate_that_is_refused_is_not_the_whole_network(street: Street) -> None:
    street.respond = lambda request: tls_trouble(request) if request.url.host == "host0.example" else balance(request)
    pane = street.open(twelve()[:3])
    async with running(pane):
        await street.clock.advance(200)
        assert {state.failure is None for state in pane.service.states[1:]} == {True}
        first = pane.service.states[0].failure
        assert first is not None
        assert first.reason is Reason.TLS


def tls_trouble(request: httpx.Request) -> httpx.Response:
    import ssl

    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_code, cause.verify_message = 18, "self-signed certificate"
    raise httpx.ConnectError("bad certificate", request=request) from cause


async def test_after_eight_hours_of_sleep_everyone_is_asked_once_and_not_at_once(street: Street) -> None:
    street.respond = status(500)
    pane = street.open([Account(name, name, key="env:KEY") for name in provider_ids()])
    async with running(pane):
        await street.clock.advance(30)
        street.sent.clear()
        street.clock.suspend(8 * HOUR)
        woken = street.clock.now()
        await street.clock.advance(55)
        paths = [seen.path for seen in street.sent]
        assert len(paths) == len(set(paths)) == len(provider_ids())
        seconds = sorted((seen.at - woken).total_seconds() for seen in street.sent)
        assert seconds[0] >= 5
        assert seconds[-1] - seconds[0] >= 10


async def test_a_pause_outlasts_a_nap_and_not_a_night(street: Street) -> None:
    street.respond = retry_after("7200")
    pane = street.open([CLAUDE])
    async with running(pane):
        await street.clock.advance(60)
        street.clock.suspend(HOUR)
        await street.clock.advance(600)
        assert len(street.sent) == 1
        street.clock.suspend(8 * HOUR)
        await street.clock.advance(60)
        assert len(street.sent) == 2


@pytest.mark.parametrize("jump", [3 * DAY, -3 * DAY])
async def test_a_clock_that_is_set_moves_no_plan(street: Street, jump: float) -> None:
    street.settings = SLOW_TICK
    pane = street.open([CLAUDE])
    street.respond = windows
    async with running(pane):
        await street.clock.advance(700)
        before = len(street.sent)
        street.clock.step_wall(jump)
        await street.clock.advance(61)
        assert len(street.sent) == before
        next_at = pane.state("sub").next_at
        assert next_at is not None
        assert 0 <= (next_at - street.clock.now()).total_seconds() <= 700
        await street.clock.advance(HOUR - 61)
        assert 5 <= len(street.sent) - before <= 8
        next_at = pane.state("sub").next_at
        assert next_at is not None
        assert 0 <= (next_at - street.clock.now()).total_seconds() <= 700


# -- states, history, log


async def test_a_failure_keeps_the_figures_and_writes_no_point(street: Street) -> None:
    pane = street.open([MONEY])
    async with running(pane):
        await street.clock.advance(30)
        good = pane.state("money")
        points = pane.store.history.points("money")
        assert [str(point.balance) for point in points] == ["14.20"]
        street.respond = status(500)
        await street.clock.advance(600)
        bad = pane.state("money")
        assert bad.snapshot == good.snapshot
        assert bad.failure is not None
        assert bad.failure.http_status == 500
        assert bad.failure.retry_at == bad.next_at
        assert bad.stale
        assert pane.store.history.points("money") == points
        (saved,) = pane.store.states.load()
        assert saved.failure == bad.failure
        street.respond = balance
        await street.clock.advance(HOUR)
        assert pane.state("money").failure is None
        assert pane.service.raw("money") is not None


async def test_a_defect_in_one_account_leaves_the_others_alone_and_tells_no_secret(
    street: Street, caplog: pytest.LogCaptureFixture
) -> None:
    street.respond = lambda request: crash(request) if request.url.host == "host0.example" else balance(request)
    pane = street.open(twelve()[:3])
    with caplog.at_level(logging.INFO, "aic_tui"):
        async with running(pane):
            await street.clock.advance(400)
            first, *others = pane.service.states
            assert first.failure is not None
            assert (first.failure.kind, first.failure.reason) == (FailureKind.ERROR, Reason.CRASHED)
            assert all(state.failure is None and state.snapshot is not None for state in others)
            assert not any(state.fetching for state in pane.service.states)
    assert "RuntimeError at" in caplog.text
    assert KEY not in caplog.text


class StumblingStore(InlineStore):
    """Fails now and then in a way that nobody foresaw."""

    calls = 0

    async def call(self, fn: Callable[..., Any], *args: Any) -> Any:
        self.calls += 1
        if self.calls % 7 == 0:
            raise ValueError("a defect with a secret in its words: " + KEY)
        return await super().call(fn, *args)


async def test_the_service_outlives_defects_of_the_database(street: Street, caplog: pytest.LogCaptureFixture) -> None:
    street.store_type = StumblingStore
    pane = street.open([MONEY])
    with caplog.at_level(logging.INFO, "aic_tui"):
        async with running(pane):
            await street.clock.advance(HOUR)
    assert 20 <= len(street.sent) <= 59
    assert pane.state("money").snapshot is not None
    assert "refresh: internal error: ValueError at" in caplog.text
    assert KEY not in caplog.text


async def test_the_log_tells_each_change_of_state_once(street: Street, caplog: pytest.LogCaptureFixture) -> None:
    pane = street.open([MONEY])
    with caplog.at_level(logging.INFO, "aic_tui.services"):
        async with running(pane):
            await street.clock.advance(300)
            street.respond = status(503)
            await street.clock.advance(2 * HOUR)
    assert [record.getMessage() for record in caplog.records] == ["money: ok", "money: server_error"]


async def test_only_what_changed_is_published(street: Street) -> None:
    pane = street.open([MONEY])
    async with running(pane):
        await street.clock.advance(HOUR)
    pairs = zip(pane.published, pane.published[1:], strict=False)
    assert all(before != after for before, after in pairs)
    fetching = sum(state.fetching for state in pane.published)
    assert fetching == len(street.sent)


async def test_fresh_figures_are_not_asked_for_again_at_once(street: Street) -> None:
    async with running(street.open([CLAUDE])):
        street.respond = windows
        await street.clock.advance(30)
    street.clock.move(60)
    count = len(street.sent)
    pane = street.open([CLAUDE])
    async with running(pane):
        assert pane.state("sub").snapshot is not None
        await street.clock.advance(60)
        assert len(street.sent) == count


async def test_an_account_that_asks_for_too_much_is_told(street: Street) -> None:
    pane = street.open([replace(CLAUDE, interval_seconds=10)])
    assert pane.service.notices == ["sub is asked every 300 s, not every 10 s: Claude allows no less."]
    assert pane.state("sub").interval_seconds == 300
    pane.service.set_accounts([replace(CLAUDE, interval_seconds=10)], street.settings)
    assert len(pane.service.notices) == 1
    pane.store.close()


async def test_removed_and_disabled_accounts_are_not_asked(street: Street) -> None:
    pane = street.open([MONEY, replace(CLAUDE, enabled=False), replace(CLAUDE, id="hid", hidden=True)])
    async with running(pane):
        await street.clock.advance(30)
        assert [state.account_id for state in pane.service.states] == ["money"]
        pane.service.set_accounts([], street.settings)
        await street.clock.advance(600)
        assert len(street.sent) == 1


async def test_quitting_in_the_middle_of_a_request_counts_it_and_blocks_nobody(street: Street) -> None:
    begun = asyncio.Event()

    async def never(_request: httpx.Request) -> httpx.Response:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    pane = street.open([MONEY])
    pane = replace(pane, env=replace(pane.env, transport=httpx.MockTransport(never)))
    service = rebuilt(pane)
    task = asyncio.create_task(service.refresh(["money"], manual=True))
    await begun.wait()
    await service.aclose()
    with pytest.raises(asyncio.CancelledError):
        await task
    (key,) = (row for row in gate_keys(pane) if row.startswith("deepseek:"))
    gate = pane.store.gates.get(key)
    assert gate.claimed_by is None
    assert len(gate.recent) == 1
    pane.store.close()


def rebuilt(pane: Pane) -> Any:
    from aic_tui.config.secrets import Vault
    from aic_tui.providers.client import Client
    from aic_tui.services.refresh import RefreshService

    published: list[AccountState] = []
    service = RefreshService(pane.env, pane.store, Client(pane.env), Vault(pane.env), published.append)
    service.set_accounts([MONEY])
    return service


def gate_keys(pane: Pane) -> list[str]:
    import sqlite3

    with sqlite3.connect(pane.env.paths.database) as db:
        return [key for (key,) in db.execute("SELECT key FROM gates")]
