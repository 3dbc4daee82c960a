"""One login by device flow: pace, endings, both clocks, and a cancel at any moment."""

from __future__ import annotations

import asyncio
import gc
import traceback
from functools import partial
from typing import Any

import httpx
import pytest

from aic_tui.errors import FailureKind as Kind
from aic_tui.errors import Reason
from aic_tui.login import Stage
from aic_tui.providers.github_device import DeviceCode
from aic_tui.services.device_flow import FlowEnded, FlowNews
from tests.clock import START, FakeClock
from tests.conftest import MakeEnv
from tests.flow_world import PENDING, TOKEN, TOKEN_PLAY, Play, World, code_play, error, leaks

SLOW_DOWN = Play(json={"error": "slow_down"}, slower=True)
TIMEOUT = Play(fault=httpx.ReadTimeout, seconds=10)
PAGE = "<!DOCTYPE html><html><body>Sign in</body></html>"


class Ask:
    """Plays one world to its end."""

    def __init__(self, make_env: MakeEnv, clock: FakeClock) -> None:
        self.make_env, self.clock = make_env, clock

    def world(self, *answers: Play, **changes: Any) -> World:
        return World(self.make_env, self.clock, answers or (PENDING,), **changes)

    async def ended(self, world: World) -> FlowEnded:
        with pytest.raises(FlowEnded) as caught:
            await world.run()
        assert world.wrong == []
        shown = "".join(traceback.format_exception(caught.value))
        assert leaks(shown, repr(caught.value), vars(caught.value), world.news) == []
        return caught.value

    async def gaps(self, *answers: Play, **changes: Any) -> list[float]:
        """The time from each answer to the next question, the first from the code on."""
        world = self.world(*answers, TOKEN_PLAY, **changes)
        answered = [self.clock.monotonic() + world.code.seconds]
        assert await world.run() == TOKEN
        assert world.wrong == []
        answered += [at + play.seconds for at, play in zip(world.asked, answers, strict=False)]
        return [round(at - before, 6) for before, at in zip(answered, world.asked, strict=True)]


@pytest.fixture
def flow(make_env: MakeEnv, clock: FakeClock) -> Ask:
    return Ask(make_env, clock)


class TestPace:
    async def test_margin_from_the_first_question_on(self, flow: Ask) -> None:
        assert await flow.gaps(PENDING, PENDING) == [6.0, 6.0, 6.0]

    async def test_interval_of_the_server(self, flow: Ask) -> None:
        assert await flow.gaps(PENDING, code=code_play(interval=10), interval=10) == [12.0, 12.0]

    async def test_gap_counts_from_the_answer(self, flow: Ask) -> None:
        assert await flow.gaps(Play(json=PENDING.json, seconds=4), code=Play(json=code_play().json, seconds=8)) == [
            6,
            6,
        ]

    async def test_slow_down_without_interval(self, flow: Ask) -> None:
        assert await flow.gaps(SLOW_DOWN, PENDING, SLOW_DOWN, PENDING) == [6.0, 14.0, 14.0, 21.0, 21.0]

    @pytest.mark.parametrize(("told", "gap"), [(20, 28.0), (3, 14.0), ("15", 21.0), (-9, 14.0), (None, 14.0)])
    async def test_slow_down_with_interval(self, flow: Ask, told: object, gap: float) -> None:
        counts = float(told) if isinstance(told, int | str) else None
        answer = Play(json={"error": "slow_down", "interval": told}, slower=True, interval=counts)
        assert await flow.gaps(answer, PENDING) == [6.0, gap, gap]

    async def test_margin_is_cut_at_a_minute_but_never_the_servers_own_interval(self, flow: Ask) -> None:
        assert await flow.gaps(PENDING, code=code_play(interval=55), interval=55) == [60.0, 60.0]
        assert await flow.gaps(SLOW_DOWN, code=code_play(interval=55), interval=55) == [60.0, 60.0]
        assert await flow.gaps(SLOW_DOWN, code=code_play(interval=70), interval=70) == [70.0, 75.0]

    async def test_trouble_doubles_the_gap_up_to_half_a_minute(self, flow: Ask) -> None:
        troubles = (TIMEOUT, Play(500), Play(text=PAGE), Play(fault=httpx.ConnectError))
        assert await flow.gaps(*troubles, PENDING) == [6.0, 12.0, 24.0, 30.0, 30.0, 6.0]

    async def test_a_longer_gap_stays_in_trouble(self, flow: Ask) -> None:
        assert await flow.gaps(TIMEOUT, PENDING, code=code_play(interval=40), interval=40) == [48.0, 48.0, 48.0]

    async def test_wait_that_the_server_asks_for(self, flow: Ask) -> None:
        busy = Play(503, headers=(("retry-after", "100"),), wait=100)
        assert await flow.gaps(busy, PENDING) == [6.0, 100.0, 6.0]

    async def test_last_question_is_just_before_the_end(self, flow: Ask, clock: FakeClock) -> None:
        world = flow.world(PENDING, code=code_play(expires_in=60), life=60)
        await flow.ended(world)
        assert [round(at - 1000, 6) for at in world.asked] == [*range(6, 54, 6), 58.0]
        assert clock.monotonic() == pytest.approx(1060)

    async def test_short_life(self, flow: Ask) -> None:
        world = flow.world(code=code_play(expires_in=3, interval=1), life=3, interval=1)
        assert (await flow.ended(world)).stage is Stage.EXPIRED
        assert [round(at - 1000, 6) for at in world.asked] == [1.2, 2.7]

    async def test_no_question_where_the_wait_is_longer_than_the_life(self, flow: Ask) -> None:
        world = flow.world(code=code_play(expires_in=4), life=4)
        assert (await flow.ended(world)).stage is Stage.EXPIRED
        assert world.asked == []


class TestNews:
    async def test_from_the_request_to_the_code(self, flow: Ask) -> None:
        world = flow.world(TOKEN_PLAY)
        await world.run()
        expires_at = START.replace(minute=15)
        page = "https://github.com/login/device"
        assert world.news == [
            FlowNews(Stage.REQUESTING),
            FlowNews(Stage.WAITING, "FAKE-1234", page, expires_at, interval_seconds=6.0),
        ]

    async def test_slower_and_drifting(self, flow: Ask) -> None:
        world = flow.world(PENDING, SLOW_DOWN, PENDING, SLOW_DOWN, TOKEN_PLAY)
        await world.run()
        told = [(news.interval_seconds, news.slowed, news.drifts) for news in world.news[1:]]
        assert told == [(6.0, False, False), (14.0, True, False), (21.0, True, True)]

    async def test_trouble_comes_and_goes(self, flow: Ask) -> None:
        world = flow.world(TIMEOUT, PENDING, TOKEN_PLAY)
        await world.run()
        _, before, during, after = world.news
        assert during.trouble is not None
        assert (during.trouble.kind, during.interval_seconds) == (Kind.TIMEOUT, 12.0)
        assert during.trouble.retry_at is not None
        assert (during.trouble.retry_at - during.trouble.at).total_seconds() == 12
        assert after == before

    async def test_forms_and_requests_are_noted_for_the_account(self, flow: Ask) -> None:
        world = flow.world(TOKEN_PLAY)
        await world.run()
        assert world.forms[0][1] == {"client_id": "Iv1.kanarienClient", "scope": "read:user"}
        assert [entry.account_id for entry in world.entries] == ["someone"] * 2
        assert leaks(world.entries) == []


class TestEndings:
    @pytest.mark.parametrize("status", [200, 400])
    @pytest.mark.parametrize(
        ("word", "stage"),
        [
            ("expired_token", Stage.EXPIRED),
            ("access_denied", Stage.DECLINED),
            ("device_flow_disabled", Stage.DISABLED),
            ("incorrect_client_credentials", Stage.CLIENT_REJECTED),
            ("unauthorized_client", Stage.CLIENT_REJECTED),
            ("incorrect_device_code", Stage.REFUSED),
            ("unsupported_grant_type", Stage.REFUSED),
            ("a_word_of_tomorrow", Stage.REFUSED),
        ],
    )
    async def test_of_a_question(self, flow: Ask, word: str, stage: Stage, status: int) -> None:
        world = flow.world(PENDING, error(word, status))
        ended = await flow.ended(world)
        assert (ended.stage, ended.detail, ended.failure) == (stage, f"The code … is {word}.", None)
        assert len(world.asked) == 2

    @pytest.mark.parametrize(
        ("answer", "stage"),
        [
            (Play(json={"error": "device_flow_disabled"}), Stage.DISABLED),
            (Play(400, json={"error": "unauthorized_client"}), Stage.CLIENT_REJECTED),
            (Play(404, json={"error": "Not Found"}), Stage.CLIENT_REJECTED),
            (Play(404, text=PAGE), Stage.DISABLED),
            (Play(json={"error": "access_denied"}), Stage.DECLINED),
            (Play(422, json={"message": "no"}), Stage.REFUSED),
            (code_play(verification_uri="https://evil.example/login/device"), Stage.UNSAFE_PAGE),
            (code_play(verification_uri="http://github.com/login/device"), Stage.UNSAFE_PAGE),
        ],
    )
    async def test_of_the_request_for_a_code(self, flow: Ask, answer: Play, stage: Stage) -> None:
        world = flow.world(code=answer)
        assert (await flow.ended(world)).stage is stage
        assert len(world.forms) == 1
        assert [news.stage for news in world.news] == [Stage.REQUESTING]

    @pytest.mark.parametrize(
        ("answer", "kind", "reason"),
        [
            (Play(text=PAGE), Kind.BLOCKED_BY_GATEWAY, Reason.HTML),
            (Play(302), Kind.BLOCKED_BY_GATEWAY, Reason.REDIRECT),
            (Play(503), Kind.SERVER_ERROR, None),
            (TIMEOUT, Kind.TIMEOUT, None),
            (Play(fault=httpx.ConnectError), Kind.OFFLINE, Reason.CONNECT),
            (Play(json={}), Kind.FORMAT_CHANGED, Reason.SHAPE),
            (Play(429, json={}, headers=(("retry-after", "60"),)), Kind.RATE_LIMITED, None),
        ],
    )
    async def test_no_code_to_be_had(self, flow: Ask, answer: Play, kind: Kind, reason: Reason | None) -> None:
        world = flow.world(code=answer)
        ended = await flow.ended(world)
        assert ended.stage is Stage.UNREACHABLE
        assert ended.failure is not None
        assert (ended.failure.kind, ended.failure.reason) == (kind, reason)
        assert (ended.failure.retry_at is not None) == (answer.status == 429)
        assert len(world.forms) == 1  # never again by itself


class TestClocks:
    async def test_suspended_past_the_end(self, flow: Ask, clock: FakeClock) -> None:
        world = flow.world(code=code_play(interval=50), interval=50)
        world.at(20, partial(clock.suspend, 3600))
        assert (await flow.ended(world)).stage is Stage.EXPIRED
        assert world.asked == []
        assert clock.monotonic() <= 1000 + 20 + 5  # noticed within one short sleep

    async def test_wall_clock_set_back(self, flow: Ask, clock: FakeClock) -> None:
        world = flow.world()
        world.at(20, partial(clock.step_wall, -3600))
        assert (await flow.ended(world)).stage is Stage.EXPIRED
        assert clock.monotonic() == pytest.approx(1900)

    async def test_a_short_suspend_brings_the_last_question_forward(self, flow: Ask, clock: FakeClock) -> None:
        world = flow.world()
        world.at(20, partial(clock.suspend, 600))
        await flow.ended(world)
        assert world.asked[-1] == pytest.approx(1298)

    async def test_code_is_as_old_as_its_request(self, flow: Ask) -> None:
        world = flow.world(code=Play(json=code_play(expires_in=60).json, seconds=15), life=60)
        await flow.ended(world)
        assert world.asked[-1] == pytest.approx(1058)
        assert world.news[-1].expires_at == START.replace(minute=1)

    async def test_token_in_an_answer_after_the_end_counts(self, flow: Ask) -> None:
        late = Play(json=TOKEN_PLAY.json, seconds=10, ends="token")
        world = flow.world(*[PENDING] * 8, late, code=code_play(expires_in=60), life=60)
        assert await world.run() == TOKEN


class TestCancel:
    @pytest.mark.parametrize("seconds", [0.0, 1.0, 2.0, 5.0, 8.0, 8.5, 9.0, 30.0])
    async def test_at_any_moment(self, flow: Ask, clock: FakeClock, seconds: float) -> None:
        slow = Play(json=PENDING.json, seconds=1)
        world = flow.world(slow, code=Play(json=code_play().json, seconds=2))
        world.at(seconds, world.cancel)
        with pytest.raises(asyncio.CancelledError):
            await world.run()
        sent = len(world.forms)
        clock.move(10)
        await asyncio.sleep(0)
        assert (world.wrong, len(world.forms)) == ([], sent)

    async def test_when_told_that_a_code_is_asked_for(self, flow: Ask) -> None:
        world = flow.world()
        world.on_news = lambda _news: world.cancel()
        with pytest.raises(asyncio.CancelledError):
            await world.run()
        assert world.forms == []

    @pytest.mark.parametrize("how", ["cancel", "token", "declined"])
    async def test_device_code_is_dropped(self, flow: Ask, how: str) -> None:
        before = {id(code) for code in _codes()}
        world = flow.world(PENDING, TOKEN_PLAY if how == "token" else error("access_denied"))
        if how == "cancel":
            world.at(8, world.cancel)
        kept: list[BaseException] = []
        try:
            await world.run()
        except FlowEnded as ended:
            kept.append(ended)  # with its traceback, and so with the frames of the flow
        except asyncio.CancelledError:
            pass
        assert len(kept) == (how == "declined")
        assert [code for code in _codes() if id(code) not in before] == []

    async def test_a_second_login_has_a_new_code(self, flow: Ask) -> None:
        world = flow.world(error("expired_token"), TOKEN_PLAY)
        await flow.ended(world)
        assert await world.run() == TOKEN
        assert [path for path, _ in world.forms] == ["/login/device/code", "/login/oauth/access_token"] * 2


def _codes() -> list[DeviceCode]:
    """Every device code that is still in memory."""
    gc.collect()
    return [found for found in gc.get_objects() if isinstance(found, DeviceCode)]
