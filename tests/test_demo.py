"""The demo: twelve invented accounts, the same at the same instant, moving with the clock, touching nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aic_tui.environment import Environment, Paths
from aic_tui.format import status_glyph
from aic_tui.models import AccountState, Status
from aic_tui.outlook import ratio_of, status_of
from aic_tui.services.demo import DemoMonitor
from aic_tui.services.monitor import Monitor
from aic_tui.view.plain import plain_dashboard
from aic_tui.view.spans import ViewOptions

START = datetime(2026, 11, 21, 10, 48, tzinfo=UTC)


class Clock:
    """A clock that a test turns; sleeping turns it too."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self.sleeps = 0

    def __call__(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        self.at += timedelta(seconds=seconds)
        if self.sleeps > 10:
            raise asyncio.CancelledError


def demo(clock: Clock) -> DemoMonitor:
    nowhere = Path("/nonexistent")
    paths = Paths(nowhere, nowhere, nowhere, nowhere)
    return DemoMonitor(Environment(paths, nowhere, {}, now=clock, sleep=clock.sleep))


def test_it_is_a_monitor_and_says_that_it_is_invented() -> None:
    monitor: Monitor = demo(Clock())
    assert monitor.is_demo
    assert "invented" in monitor.notices[0]
    assert monitor.config.settings.warn_percent == 80


def test_twelve_accounts_show_every_glyph() -> None:
    states = demo(Clock()).states()
    assert len(states) == len({state.account_id for state in states}) == 12
    found = {status_of(state, 80, START) for state in states}
    assert {status_glyph(status) for status in found} == set("●▲■×◌?")
    assert {Status.OK, Status.WARN, Status.EXHAUSTED, Status.NOT_CONFIGURED, Status.AUTH_NEEDED} <= found
    assert {Status.RATE_LIMITED, Status.OFFLINE, Status.FORMAT_CHANGED} <= found
    stale = [state for state in states if state.stale]
    assert len(stale) == 3


def test_the_same_instant_gives_the_same_picture() -> None:
    assert demo(Clock()).states() == demo(Clock()).states()


@settings(max_examples=60, deadline=None)
@given(st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_figures_stay_sane_at_any_time(at: datetime) -> None:
    now = at.replace(tzinfo=UTC)
    for state in demo(Clock(now)).states():
        assert state.fetched_at is None or state.fetched_at <= now
        reading = state.reading
        for window in reading.windows if reading else ():
            ratio = ratio_of(window)
            assert ratio is None or 0 <= ratio <= 1
            assert window.resets_at is None or state.fetched_at is None or window.resets_at > state.fetched_at
        for balance in reading.balances if reading else ():
            assert balance.amount > 0
    options = ViewOptions(now, ZoneInfo("Europe/Berlin"))
    assert "GitHub Copilot" in plain_dashboard(demo(Clock(now)).states(), options, 80)


def test_it_moves_over_time() -> None:
    clock = Clock()
    monitor = demo(clock)
    before = monitor.states()
    clock.at += timedelta(minutes=30)
    after = monitor.states()
    moved = {old.account_id for old, new in zip(before, after, strict=True) if old.reading != new.reading}
    assert {"claude", "codex", "openrouter", "openai", "gemini-cli"} <= moved


async def test_running_publishes_what_moved() -> None:
    clock = Clock()
    monitor = demo(clock)
    seen: list[AccountState | None] = []
    monitor.subscribe(seen.append)
    with pytest.raises(asyncio.CancelledError):
        await monitor.run()
    ids = [state.account_id for state in seen if state]
    assert ids.count("openrouter") >= 9  # asked every minute
    assert 1 <= ids.count("claude") <= 3  # every five


async def test_refresh_moves_an_account_to_now_but_not_twice_in_a_row() -> None:
    clock = Clock()
    monitor = demo(clock)
    seen: list[AccountState | None] = []
    monitor.subscribe(seen.append)
    (first,) = await monitor.refresh(["openai"])
    assert first.asked
    assert seen[0] is not None
    assert seen[0].fetched_at == START
    (second,) = await monitor.refresh(["openai"])
    assert (second.asked, second.why, second.until) == (False, "recent", START + timedelta(seconds=15))
    clock.at += timedelta(seconds=15)
    assert (await monitor.refresh(["openai"]))[0].asked


async def test_what_may_not_be_asked_says_why() -> None:
    outcomes = {outcome.account_id: outcome for outcome in await demo(Clock()).refresh()}
    assert len(outcomes) == 12
    assert (outcomes["anthropic"].why, outcomes["anthropic"].until) == ("parked", None)
    limited = outcomes["deepseek"]
    assert limited.why == "retry_after"
    assert limited.until is not None
    assert limited.until > START


async def test_points_follow_the_figures() -> None:
    monitor = demo(Clock())
    points = await monitor.points("claude", START - timedelta(hours=24))
    session = [point for point in points if point.window_id == "session"]
    assert [point.at for point in session] == sorted(point.at for point in session)
    assert 90 <= len(session) <= 97
    reading = monitor.states()[0].reading
    assert reading is not None
    assert session[-1].ratio == ratio_of(reading.windows[0])
    month = await monitor.points("kimi", START - timedelta(days=90))
    assert 300 <= len(month) <= 402
    assert {point.window_id for point in month} == {"balance:USD"}
    assert await monitor.points("anthropic", START - timedelta(days=1)) == []
    assert await monitor.points("nobody", START - timedelta(days=1)) == []
    assert await monitor.points("claude", START + timedelta(days=1)) == []


async def test_requests_agree_with_the_status() -> None:
    monitor = demo(Clock())
    fine = await monitor.requests("claude", 5)
    assert len(fine) == 5
    assert {(entry.outcome, entry.http_status) for entry in fine} == {("ok", 200)}
    assert fine[0].at > fine[1].at
    assert {entry.http_status for entry in await monitor.requests("deepseek", 3)} == {429}
    assert await monitor.requests("mistral") == []
    assert await monitor.requests("nobody") == []


async def test_the_rest_of_a_monitor() -> None:
    monitor = demo(Clock())
    raw = monitor.raw_reply("codex")
    assert raw is not None
    assert json.loads(raw)["windows"][1]["used_percent"] == 100.0
    assert monitor.raw_reply("anthropic") is None
    assert monitor.raw_reply("nobody") is None
    found = await monitor.findings()
    assert [item.needs_confirmation for item in found] == [True, False]
    await monitor.accept(found)
    assert monitor.recall("sort") is None
    monitor.remember("sort", "name")
    assert monitor.recall("sort") == "name"
    await monitor.aclose()
    assert replace(monitor.states()[0], fetching=True).fetching
