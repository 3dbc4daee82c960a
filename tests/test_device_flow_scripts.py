"""1,000 made-up logins: whatever the server says and the clocks do, the pace and the ending are right."""

from __future__ import annotations

import asyncio
import logging
import random
import traceback
from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from aic_tui.services.device_flow import FlowEnded
from tests.clock import FakeClock
from tests.conftest import MakeEnv
from tests.flow_world import (
    DEVICE_CODE,
    GOOD_TOKEN,
    PENDING,
    TOKEN,
    TOKEN_PLAY,
    Listener,
    Play,
    World,
    code_play,
    error,
)
from tests.flow_world import leaks as leaks_in

SCRIPTS = 1000
CHUNKS = 10

PAGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
WAITS = [
    PENDING,
    error("authorization_pending", 400),
    error(" Authorization_Pending ", 403),
    Play(text="error=authorization_pending&error_description=Still+pending."),
]
TROUBLES = [
    Play(text=PAGE),
    Play(403, text=PAGE),
    Play(404, text=PAGE),
    Play(500, text=""),
    Play(502, json={"error": "access_denied"}),
    Play(503, text="", headers=(("retry-after", "40"),), wait=40),
    Play(429, json={"message": "slow"}, headers=(("retry-after", "25"),), wait=25),
    Play(403, json={"message": "You have exceeded a secondary rate limit."}),
    Play(302, text="", headers=(("location", "https://evil.example/"),)),
    Play(fault=httpx.ReadTimeout, seconds=10),
    Play(fault=httpx.ConnectError, seconds=3),
    Play(fault=httpx.RemoteProtocolError),
    Play(text="what?"),
    Play(json=[DEVICE_CODE]),
    Play(json={}),
    Play(json={"access_token": None, "error": ""}),
    Play(json=5),
]
ENDS = [
    TOKEN_PLAY,
    TOKEN_PLAY,
    Play(json={"access_token": TOKEN, "token_type": 7}, ends="token"),
    Play(text=f"access_token={TOKEN}&scope=&token_type=mac&refresh_token={GOOD_TOKEN['refresh_token']}", ends="token"),
    error("expired_token", ends="expired"),
    error("access_denied", ends="declined"),
    error("access_denied", 400, ends="declined"),
    error("device_flow_disabled", 400, ends="disabled"),
    error("incorrect_client_credentials", 401, ends="client_rejected"),
    error("unauthorized_client", 403, ends="client_rejected"),
    error("Not Found", 404, ends="client_rejected"),
    error("incorrect_device_code", ends="refused"),
    error("unsupported_grant_type", ends="refused"),
    error("a_word_of_tomorrow", ends="refused"),
    Play(json={"error": {"message": f"no {DEVICE_CODE}"}}, ends="refused"),
    Play(403, json={"message": f"never heard of {DEVICE_CODE}"}, ends="refused"),
]
INTERVALS: list[tuple[object, float]] = [(5, 5), (5, 5), (1, 1), (10, 10), (45, 45), ("7", 7), (0.2, 1), (1e99, 300)]
INTERVALS += [(None, 5), (0, 5), (-3, 5), ("soon", 5), (True, 5), ([], 5), ({}, 5)]
LIVES: list[tuple[object, float]] = [
    (899, 899),
    (60, 60),
    (60, 60),
    (150, 150),
    (150, 150),
    ("120", 120),
    (7, 7),
    (3, 3),
]
LIVES += [(None, 900), (0, 900), (-1, 900), ("long", 900), (False, 900), (1e99, 3600)]


def slow_down(rng: random.Random) -> Play:
    new, counts = rng.choice([(None, 0.0), (None, 0.0), (10, 10.0), (3, 3.0), ("20", 20.0), (-5, 0.0), ("x", 0.0)])
    body = {"error": "slow_down"} if new is None else {"error": "slow_down", "interval": new}
    return Play(rng.choice([200, 200, 400, 429]), json=body, slower=True, interval=counts)


def answer(rng: random.Random) -> Play:
    kind = rng.random()
    if kind < 0.62:
        return rng.choice(WAITS)
    if kind < 0.70:
        return slow_down(rng)
    return rng.choice(TROUBLES) if kind < 0.9 else rng.choice(ENDS)


def make_world(rng: random.Random, make_env: MakeEnv, clock: FakeClock) -> World:
    (interval, in_force), (life, lasts) = rng.choice(INTERVALS), rng.choice(LIVES)
    answers = [answer(rng) for _ in range(rng.randint(1, 12))]
    if answers[-1].ends is None and rng.random() < 0.5:
        answers.append(rng.choice(ENDS))
    code = Play(json=code_play(interval=interval, expires_in=life).json, seconds=rng.choice([0, 0, 0.3, 12]))
    world = World(make_env, clock, answers, code, in_force, lasts)
    if rng.random() < 0.3:
        world.at(rng.uniform(0, min(lasts, 200)), world.cancel)
    for _ in range(rng.choice([0, 0, 1, 3])):
        jump = rng.choice([30, 300, 4000])
        change = rng.choice([clock.suspend, clock.step_wall, lambda seconds: clock.step_wall(-seconds)])
        world.at(rng.uniform(0, lasts), partial(change, jump))
    if rng.random() < 0.05:
        countdown = [rng.randint(1, 4)]

        def stop_by_news(_news: object) -> None:
            countdown[0] -= 1
            if countdown[0] == 0:
                world.cancel()

        world.on_news = stop_by_news
    return world


@pytest.fixture
def listener() -> Iterator[Listener]:
    root, listener = logging.getLogger(), Listener()
    names = ("", "aic_tui", "httpx", "httpcore", "asyncio")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(listener)
    yield listener
    root.removeHandler(listener)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


async def outcome(world: World) -> tuple[str, str]:
    """How the login ended, and everything that could be shown of it."""
    try:
        token = await world.run()
    except asyncio.CancelledError:
        return "cancelled", ""
    except FlowEnded as ended:
        shown = "".join(traceback.format_exception(ended))
        return str(ended.stage), f"{shown} {ended!r} {vars(ended)!r}"
    assert token == TOKEN
    return "token", ""


@pytest.mark.parametrize("chunk", range(CHUNKS))
async def test_random_logins(chunk: int, make_env: MakeEnv, listener: Listener) -> None:
    endings: set[str] = set()
    for number in range(chunk, SCRIPTS, CHUNKS):
        world = make_world(random.Random(number), make_env, FakeClock())
        jumps = bool(world.events)
        ending, shown = await outcome(world)
        expected = "cancelled" if world.cancelled else world.expected
        assert world.wrong == [], f"script {number}"
        # A wish to stop that comes after the last question meets a login that is over anyway.
        assert ending == expected or (world.cancelled and ending == "expired"), f"script {number}"
        if ending == "expired" and not (world.told_to_end or jumps):
            assert not world.missed_the_end(), f"script {number}"
        assert leaks_in(shown, world.news, world.entries, repr(world.flow), vars(world.flow)) == [], f"script {number}"
        endings.add(ending)
    assert leaks_in(*listener.lines) == []
    assert listener.lines
    assert endings >= {"token", "cancelled", "expired", "refused"}
