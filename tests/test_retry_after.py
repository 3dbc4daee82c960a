"""How long to wait, from every form in which a server may say it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.providers.retry_after import LONGEST_SECONDS, explicit_retry_after, retry_after_seconds

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
SERVER = NOW + timedelta(hours=3)  # the server's clock is another one, and it is the one that counts


def http_date(seconds: float) -> str:
    return format_datetime(SERVER + timedelta(seconds=seconds), usegmt=True)


def wait(headers: dict[str, str], data: Any = None, date: datetime | None = SERVER) -> float | None:
    return retry_after_seconds(headers, data, date=date, now=NOW)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("1.2", 2),
        ("0.001", 1),
        ("1e3", 1000),
        ("1000000000", LONGEST_SECONDS),
        ("1e9", LONGEST_SECONDS),
        ("86401", 86_401),
        ("60, 120", 120),
        ("0", None),
        ("0.0", None),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("", None),
        ("soon", None),
        ("12 apples", None),
        ("9" * 400, None),
        ("60, soon", None),
        (http_date(90), 90),
        (http_date(-90), None),
        (http_date(86_400 * 900), LONGEST_SECONDS),
        ("Fri, 99 Foo 2026 99:99:99 GMT", None),
        ("Sat, 21 Nov 2026 11:01:30 -0000", 90),
    ],
)
def test_retry_after_header(value: str, seconds: float | None) -> None:
    assert wait({"retry-after": value}) == seconds


def test_no_hint_at_all() -> None:
    assert wait({}) is None
    assert wait({"content-type": "application/json"}, {"error": {"message": "slow down"}}) is None


def test_our_clock_stands_in_where_the_server_sent_none() -> None:
    assert wait({"retry-after": format_datetime(NOW + timedelta(seconds=30), usegmt=True)}, date=None) == 30


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": str(int(SERVER.timestamp()) + 600)}, 600),
        ({"x-ratelimit-reset": str((int(SERVER.timestamp()) + 600) * 1000)}, 600),
        ({"x-ratelimit-reset": str(int(SERVER.timestamp()) - 600)}, None),
        ({"x-rate-limit-reset": "45"}, 45),
        ({"ratelimit-reset": "45"}, 45),
        ({"anthropic-ratelimit-requests-reset": "2026-11-21T11:05:00Z"}, 300),
        ({"anthropic-ratelimit-requests-reset": "2026-11-21T11:05:00"}, 300),
        ({"anthropic-ratelimit-requests-reset": "2026-11-21T10:05:00Z"}, None),
        ({"anthropic-ratelimit-requests-reset": "0001-01-01T00:00:00+23:00"}, None),
        ({"x-ratelimit-reset-tokens": "6m0s"}, 360),
        ({"x-ratelimit-reset-tokens": "1h2m3.5s"}, 3724),
        ({"x-ratelimit-reset-requests": "250ms"}, 1),
        ({"x-ratelimit-reset-requests": "2d"}, 172_800),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360),
        (
            {
                "x-ratelimit-reset-requests": "9m",
                "x-ratelimit-remaining-requests": "7",
                "x-ratelimit-reset-tokens": "6m0s",
                "x-ratelimit-remaining-tokens": "0",
            },
            360,
        ),
        ({"x-ratelimit-reset": "600", "x-ratelimit-remaining": "12"}, None),
        ({"x-ratelimit-reset": "whenever"}, None),
        ({"x-ratelimit-preset": "600"}, None),
        ({"retry-after": "0", "x-ratelimit-reset-requests": "30s"}, 30),
        ({"retry-after": "10", "x-ratelimit-reset-requests": "30s"}, 10),
    ],
)
def test_reset_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert wait(headers) == seconds


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        ({"error": {"type": "usage_limit_reached", "resets_in_seconds": 1234}}, 1234),
        ({"resets_in_seconds": "90.5"}, 91),
        ({"detail": {"retry_after": 2.5}}, 3),
        ({"resets_in_seconds": True}, None),
        ({"resets_in_seconds": -1}, None),
        ({"resets_in_seconds": float("nan")}, None),
        ({"resets_in_seconds": 10**400}, LONGEST_SECONDS),
        ({"resets_in_seconds": None}, None),
        ([{"resets_in_seconds": 5}], None),
        ("resets_in_seconds", None),
    ],
)
def test_body(data: Any, seconds: float | None) -> None:
    assert wait({}, data) == seconds


def test_other_answers_listen_to_retry_after_alone() -> None:
    headers = {"x-ratelimit-reset": "600", "retry-after": "7"}
    assert explicit_retry_after(headers, date=SERVER, now=NOW) == 7
    del headers["retry-after"]
    assert explicit_retry_after(headers, date=SERVER, now=NOW) is None


names = st.sampled_from(
    ["retry-after", "x-ratelimit-reset", "x-ratelimit-reset-tokens", "anthropic-ratelimit-tokens-reset", "ratelimit"]
)
numbers = st.one_of(st.integers(), st.floats()).map(str)
values = st.one_of(st.text(), numbers, st.datetimes().map(str), st.from_regex(r"(\d+[dhms]{1,2})+", fullmatch=True))
bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["error", "resets_in_seconds", "x"]), inner),
)


@given(
    st.dictionaries(names, values),
    bodies,
    st.none() | st.datetimes(timezones=st.just(UTC)),
)
def test_whatever_comes_the_hint_is_usable_or_none(headers: dict[str, str], data: Any, date: datetime | None) -> None:
    seconds = wait(headers, data, date)
    assert seconds is None or (1 <= seconds <= LONGEST_SECONDS and seconds == math.floor(seconds))


@given(st.floats(min_value=0.001, max_value=80_000, allow_nan=False))
def test_never_shorter_than_the_server_wished(wish: float) -> None:
    text = f"{wish:.3f}"
    seconds = wait({"retry-after": text})
    if float(text) > 0:
        assert seconds is not None
        assert float(text) <= seconds < float(text) + 1
