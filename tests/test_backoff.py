"""The policy after each kind of answer, by its promises: never early, never without end, never milder after worse."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.services.backoff import (
    HOUR,
    LONGEST_HINT_SECONDS,
    MINUTE,
    Trouble,
    after_failure,
    after_offline,
    after_success,
    breaker_seconds,
    is_unreachable,
    is_unsent,
    parked_failure,
)
from aic_tui.store.gate import Gate

NOW = 1_795_000_000.0
SEEDS = st.integers(0, 2**32)
BREAKING = [
    FailureKind.OFFLINE,
    FailureKind.TIMEOUT,
    FailureKind.SERVER_ERROR,
    FailureKind.FORMAT_CHANGED,
    FailureKind.BLOCKED_BY_GATEWAY,
    FailureKind.ERROR,
]


def failed(gate: Gate, trouble: Trouble, now: float = NOW, seed: int = 1) -> Gate:
    return after_failure(gate, trouble, now, random.Random(seed))


def wait_of(gate: Gate, now: float = NOW) -> float:
    assert gate.not_before is not None
    return gate.not_before - now


@given(hint=st.floats(1, 864_000), seed=SEEDS)
def test_a_hint_is_kept_to_the_second_and_up_to_a_day(hint: float, seed: int) -> None:
    gate = failed(Gate("k"), Trouble(FailureKind.RATE_LIMITED, hint_seconds=hint), seed=seed)
    meant = min(hint, LONGEST_HINT_SECONDS)
    assert meant - 1e-3 <= wait_of(gate) <= meant * 1.2 + 1e-3
    assert gate.why == "retry_after"


@given(seed=SEEDS)
def test_refusals_without_a_hint_wait_longer_each_time_up_to_six_hours(seed: int) -> None:
    gate, now, waits, times = Gate("k"), NOW, [], [NOW]
    for _ in range(12):
        gate = failed(gate, Trouble(FailureKind.RATE_LIMITED), now, seed)
        waits.append(wait_of(gate, now))
        now += waits[-1]
        times.append(now)
    for wait, least in zip(waits, [5, 10, 20, 40], strict=False):
        assert least * MINUTE - 1e-3 <= wait <= least * MINUTE * 1.2 + 1e-3
    assert all(wait <= 6 * HOUR * 1.2 + 1e-3 for wait in waits)
    assert waits[-1] >= 6 * HOUR - 1e-3
    for start in times:
        assert sum(start <= at < start + 24 * HOUR for at in times) <= 8


@given(first=st.floats(1, 86_400), second=st.floats(1, 86_400), seed=SEEDS)
def test_a_wait_that_stands_is_never_shortened(first: float, second: float, seed: int) -> None:
    gate = failed(Gate("k"), Trouble(FailureKind.RATE_LIMITED, hint_seconds=first), seed=seed)
    later = failed(gate, Trouble(FailureKind.SERVER_ERROR, hint_seconds=second), seed=seed)
    assert later.not_before is not None
    assert gate.not_before is not None
    assert later.not_before >= max(gate.not_before, NOW + second) - 1e-3
    assert later.why == "retry_after"


@pytest.mark.parametrize("kind", BREAKING)
def test_the_third_failure_in_a_row_opens_the_breaker(kind: FailureKind) -> None:
    once = failed(Gate("k"), Trouble(kind))
    twice = failed(once, Trouble(kind))
    assert once.not_before is None
    assert twice.not_before is None
    open_ = failed(twice, Trouble(kind))
    assert 2 * MINUTE * 0.8 <= wait_of(open_) <= 2 * MINUTE * 1.2
    assert open_.why == "backoff"
    longer = failed(open_, Trouble(kind), now=NOW + 200)
    assert 4 * MINUTE * 0.8 <= wait_of(longer, NOW + 200) <= 4 * MINUTE * 1.2


@given(level=st.integers(1, 50), seed=SEEDS)
def test_the_breaker_stays_open_half_an_hour_at_most(level: int, seed: int) -> None:
    assert 96 <= breaker_seconds(level, random.Random(seed)) <= 30 * MINUTE


def test_a_good_answer_closes_the_breaker_and_halves_its_level() -> None:
    gate = Gate("k", not_before=NOW + 5, why="backoff", level=4, failures=6, limited=3)
    after = after_success(gate)
    assert (after.not_before, after.why, after.level, after.failures, after.limited) == (None, None, 2, 0, 1)


def test_a_server_that_names_a_pause_with_its_failure_gets_it() -> None:
    gate = failed(Gate("k"), Trouble(FailureKind.SERVER_ERROR, hint_seconds=120))
    assert wait_of(gate) >= 120
    assert gate.why == "retry_after"


def test_a_rejected_key_is_parked_until_there_is_another() -> None:
    gate = failed(Gate("k"), Trouble(FailureKind.AUTH_NEEDED, Reason.KEY_REJECTED))
    assert gate.parked == "auth_needed/key_rejected"
    assert parked_failure(gate.parked) == (FailureKind.AUTH_NEEDED, Reason.KEY_REJECTED)
    assert parked_failure("forbidden") == (FailureKind.FORBIDDEN, None)
    assert parked_failure("what/ever") == (FailureKind.AUTH_NEEDED, None)


def test_a_forbidden_one_rests_six_hours_and_is_parked_the_second_time() -> None:
    trouble = Trouble(FailureKind.FORBIDDEN, Reason.SCOPE_MISSING)
    once = failed(Gate("k"), trouble)
    assert (wait_of(once), once.why, once.parked) == (6 * HOUR, "parked", None)
    assert failed(once, trouble, NOW + 6 * HOUR).parked == "forbidden/scope_missing"


@pytest.mark.parametrize(
    "trouble",
    [Trouble(FailureKind.FORBIDDEN, Reason.PAYMENT_NEEDED), Trouble(FailureKind.UNSUPPORTED, Reason.NOT_FOUND)],
)
def test_what_the_user_may_mend_elsewhere_is_looked_at_every_six_hours(trouble: Trouble) -> None:
    gate = failed(failed(Gate("k"), trouble), trouble, NOW + 6 * HOUR)
    assert gate.parked is None
    assert wait_of(gate, NOW + 6 * HOUR) == 6 * HOUR


def test_the_offline_machine_waits_longer_each_time() -> None:
    gate, waits = Gate("offline"), []
    for _ in range(7):
        gate = after_offline(gate, NOW, random.Random(3))
        waits.append(gate.not_before_span)
        gate = after_success(Gate("offline", level=gate.level * 2))  # only the level goes on
    assert waits == sorted(waits)
    assert waits[0] <= 144
    assert waits[-1] <= 30 * MINUTE


def test_what_an_error_tells_about_waiting_and_about_the_network() -> None:
    now = datetime(2026, 11, 21, 8, tzinfo=UTC)
    dated = ProviderError(FailureKind.RATE_LIMITED, retry_at=now + timedelta(hours=1))
    assert Trouble.of(dated, now.timestamp()).hint_seconds == 3600
    past = ProviderError(FailureKind.RATE_LIMITED, retry_at=now - timedelta(hours=1))
    assert Trouble.of(past, now.timestamp()).hint_seconds is None
    assert is_unsent(ProviderError(FailureKind.NOT_CONFIGURED, Reason.BAD_ADDRESS))
    assert is_unsent(ProviderError(FailureKind.AUTH_NEEDED, Reason.HOST_NOT_TRUSTED))
    assert not is_unsent(ProviderError(FailureKind.AUTH_NEEDED, Reason.KEY_REJECTED))
    assert is_unreachable(ProviderError(FailureKind.OFFLINE, Reason.DNS))
    assert not is_unreachable(ProviderError(FailureKind.OFFLINE, Reason.TLS))
    assert not is_unreachable(ProviderError(FailureKind.OFFLINE, Reason.PROXY))
