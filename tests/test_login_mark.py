"""The mark on a token that GitHub refused: set, kept, shared, lifted for the length of a login, and gone for good."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from aic_tui.environment import Environment
from aic_tui.errors import Reason
from aic_tui.services.live import LiveMonitor
from aic_tui.services.signing_in import AuthStatus, Stage
from tests.clock import FakeClock
from tests.editing_world import Ring
from tests.github import GitHub
from tests.login_world import ACCOUNT, live, reaches, sign_in, state_of, status_of, target_of, with_account, with_ring
from tests.loopback import Loopback

OTHER = "ghu_kanarienAnderer1234509876543210abcdef"


@pytest.fixture
def github(server: Loopback, clock: FakeClock) -> GitHub:
    return GitHub(server, monotonic=clock.monotonic)


@pytest.fixture
def ring(env: Environment, github: GitHub) -> Ring:
    with_account(env, github)
    _, made = with_ring(env)
    made.keys[ACCOUNT] = github.token
    return made


@pytest.fixture
def world(env: Environment, ring: Ring) -> Environment:
    return replace(env, keyring=lambda: ring)


async def refused(monitor: LiveMonitor, github: GitHub, how: str = "401") -> AuthStatus:
    """The account after GitHub refused its token."""
    if how == "401":
        github.revoke()
    else:
        github.quota(how)
        github.user(how)
    await monitor.refresh_once()
    failure = state_of(monitor).failure
    assert failure is not None
    assert failure.reason is Reason.TOKEN_INVALID
    return await status_of(monitor)


def marked(status: AuthStatus) -> bool:
    assert not status.is_authenticated or not status.token_invalid
    return status.token_invalid


@pytest.mark.parametrize("how", ["401", "plain403"])
async def test_a_refusal_marks_the_token_for_all_instances_and_restarts(
    world: Environment, github: GitHub, server: Loopback, clock: FakeClock, how: str
) -> None:
    async with live(world) as first, live(world) as second:
        status = await refused(first, github, how)
        assert (status.is_authenticated, status.username, status.token_invalid) == (False, None, True)
        assert status.invalid_since == clock.now()
        assert status.source == "keyring"
        sent = len(server.requests)
        clock.move(3600)
        await second.refresh_once()
        assert marked(await status_of(second))
        failure = state_of(second).failure
        assert failure is not None
        assert failure.reason is Reason.TOKEN_INVALID
        assert len(server.requests) == sent
    clock.move(7 * 86_400)
    async with live(world) as restarted:
        await restarted.refresh_once()
        assert marked(await status_of(restarted))
        assert (await target_of(restarted)).token_invalid
        assert len(server.requests) == sent


@pytest.mark.parametrize("how", ["rate", "sso", "no_seat", "no_seat403", "html403", 500])
async def test_no_other_refusal_marks_it(world: Environment, github: GitHub, how: str | int) -> None:
    github.quota(how)
    async with live(world) as monitor:
        await monitor.refresh_once()
        assert state_of(monitor).failure is not None
        assert not marked(await status_of(monitor))


async def test_a_login_lifts_the_mark_and_its_cancelling_brings_it_back(
    world: Environment, github: GitHub, clock: FakeClock
) -> None:
    async with live(world) as monitor, live(world) as other:
        await refused(monitor, github)
        await other.load()
        shown = state_of(monitor).failure
        clock.auto = False
        login = monitor.sign_in.begin(await target_of(monitor))
        task = await reaches(login, Stage.WAITING)
        assert state_of(monitor).failure is None
        assert not marked(await status_of(monitor))
        assert not marked(await status_of(other))
        assert not (await status_of(monitor)).is_authenticated
        await monitor.refresh_once()  # the gate is shut all the same
        assert state_of(monitor).failure is None
        await login.cancel()
        await task
        assert marked(await status_of(monitor))
        assert marked(await status_of(other))
        assert state_of(monitor).failure == shown


@pytest.mark.parametrize("answer", ["denied", "expired", "disabled", "bad_client"])
async def test_a_login_that_fails_brings_it_back(world: Environment, github: GitHub, answer: str) -> None:
    async with live(world) as monitor:
        await refused(monitor, github)
        github.script(answer)
        await monitor.sign_in.begin(await target_of(monitor)).run()
        assert marked(await status_of(monitor))
        assert state_of(monitor).failure is not None


async def test_a_login_that_is_killed_brings_it_back_when_its_code_is_over(
    world: Environment, github: GitHub, clock: FakeClock
) -> None:
    async with live(world) as monitor:
        await refused(monitor, github)
        clock.auto = False
        login = monitor.sign_in.begin(await target_of(monitor))
        task = await reaches(login, Stage.WAITING)
        async with live(world) as other:  # as after a kill: nobody tells it that the login is over
            await other.load()
            assert not marked(await status_of(other))
            assert (await target_of(other)).token_invalid  # which still has no token that works
            assert state_of(other).failure is not None
            clock.step_wall(901)
            assert marked(await status_of(other))
        task.cancel()
        await asyncio.wait({task})


async def test_one_login_that_ends_does_not_end_another(world: Environment, github: GitHub, clock: FakeClock) -> None:
    async with live(world) as one, live(world) as two:
        await refused(one, github)
        clock.auto = False
        first, second = one.sign_in.begin(await target_of(one)), two.sign_in.begin(await target_of(two))
        tasks = [await reaches(first, Stage.WAITING), await reaches(second, Stage.WAITING)]
        await first.cancel()
        assert not marked(await status_of(one))
        await second.cancel()
        assert marked(await status_of(one))
        await asyncio.wait(tasks)


async def test_success_clears_it_for_everyone(world: Environment, ring: Ring, github: GitHub, clock: FakeClock) -> None:
    async with live(world) as monitor, live(world) as other:
        await refused(monitor, github)
        await other.load()
        github.replace_token(OTHER)
        done = await sign_in(monitor, github)
        assert done.stage is Stage.DONE
        for instance in (monitor, other):
            status = await status_of(instance)
            assert (status.is_authenticated, status.token_invalid) == (True, False)
        assert state_of(monitor).failure is None
        clock.move(400)
        await other.refresh_once()
        assert state_of(other).failure is None
    assert ring.keys == {ACCOUNT: OTHER}


async def test_the_same_token_again_is_asked_anew(world: Environment, github: GitHub, clock: FakeClock) -> None:
    async with live(world) as monitor:
        await refused(monitor, github, "plain403")
        github.quota("paid")
        github.user("ok")
        assert (await sign_in(monitor, github)).stage is Stage.DONE
        assert (await status_of(monitor)).is_authenticated
        clock.move(60)
        await monitor.refresh_once()
        assert state_of(monitor).failure is None


async def test_logging_out_clears_it(world: Environment, ring: Ring, github: GitHub) -> None:
    async with live(world) as monitor:
        await refused(monitor, github)
        await monitor.sign_in.logout(ACCOUNT)
        assert not marked(await status_of(monitor))
        assert not ring.keys
        ring.keys[ACCOUNT] = github.token  # as if it had never been refused
        assert not marked(await status_of(monitor))


async def test_another_token_is_not_marked(world: Environment, ring: Ring, github: GitHub, clock: FakeClock) -> None:
    async with live(world) as monitor:
        await refused(monitor, github)
        old = ring.keys[ACCOUNT]
        github.replace_token(OTHER)
        ring.keys[ACCOUNT] = OTHER
        assert not marked(await status_of(monitor))
        clock.move(600)
        await monitor.refresh_once()
        assert state_of(monitor).failure is None
        ring.keys[ACCOUNT] = old
        assert marked(await status_of(monitor))
