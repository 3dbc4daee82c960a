"""The tolerant wire types: what they believe, and that nothing at all makes them fail or invent a zero."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.wire import (
    Count,
    Currency,
    Flag,
    Instant,
    IsNull,
    Listed,
    Many,
    Maybe,
    Number,
    Percent,
    Text,
    Wire,
    believable_reset,
    count_or_none,
    count_total,
    error_text,
    instant_or_none,
    number_or_none,
    percent_or_none,
    ratio_of,
    read,
    shape_changed,
    slug,
    total,
)

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.decimals(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


class _Inner(Wire):
    amount: Number = None
    name: Text = None


class _All(Wire):
    amount: Number = None
    count: Count = None
    share: Percent = None
    at: Instant = None
    on: Flag = None
    name: Text = None
    currency: Currency = None
    is_null: IsNull = False
    one: Maybe[_Inner] = None
    many: Many[_Inner] = ()


class _Report(Wire):
    data: Listed[_Inner]


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        (41, "41"),
        (4.1275, "4.1275"),
        (" 12.50 ", "12.50"),
        ("-0.35", "-0.35"),
        ("1e3", "1000"),
        (Decimal("1E+2"), "100"),
        ("+.5", "0.5"),
        (-0.0, "0.0"),
        (0.1 + 0.2, "0.3"),
        ("1e-400", "0"),
        (10**15, "1000000000000000"),
    ],
)
def test_numbers_in_every_spelling_are_plain_decimals(sent: object, understood: str) -> None:
    assert str(number_or_none(sent)) == understood


@pytest.mark.parametrize(
    "sent",
    [
        *(None, True, False, math.nan, math.inf, -math.inf, 1e300, 10**16, "1e400", "9" * 61),
        *("", "NaN", "inf", "0x10", "1_000", "1,5", "٣", "n/a", [], {}, Decimal("NaN"), Decimal("Infinity")),
    ],
)
def test_what_is_no_measurement_is_unknown(sent: object) -> None:
    assert number_or_none(sent) is None
    assert percent_or_none(sent) is None
    assert count_or_none(sent) is None


def test_a_number_of_ten_million_digits_is_refused_at_once() -> None:
    assert number_or_none(1 << 33_000_000) is None


@given(ANYTHING)
@example("1e-999")
@example("9" * 60)
def test_a_number_is_finite_bounded_and_written_without_exponent(value: Any) -> None:
    number = number_or_none(value)
    if number is not None:
        assert number.is_finite()
        assert abs(number) <= 10**15
        assert "E" not in format(number, "f")
        assert "E+" not in str(number)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_money_keeps_every_digit_as_text_and_as_number(amount: Decimal) -> None:
    assert number_or_none(str(amount)) == amount
    assert number_or_none(float(amount)) == Decimal(repr(float(amount)))


def test_percents_and_counts_have_their_own_bounds() -> None:
    assert [percent_or_none(v) for v in (0, "12.5", 100.0, 1000, 1000.1, -0.1)] == [
        0.0,
        12.5,
        100.0,
        1000.0,
        None,
        None,
    ]
    assert [count_or_none(v) for v in (0, "77", 4.0, 4.5, -1, True)] == [0, 77, 4, None, None, None]


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        ("2026-11-21T09:59:59Z", (9, 59, 59, 0)),
        ("2026-11-21T09:59:59.4Z", (9, 59, 59, 400000)),
        ("2026-11-21T09:59:59.412345+00:00", (9, 59, 59, 412345)),
        ("2026-11-21T09:59:59.412345678Z", (9, 59, 59, 412345)),
        ("2026-11-21T10:59:59+01:00", (9, 59, 59, 0)),
        ("2026-11-21 09:59:59", (9, 59, 59, 0)),
        ("2026-11-21T09:59Z", (9, 59, 0, 0)),
        ("2026-11-21T04:29:59-0530", (9, 59, 59, 0)),
        ("2026-11-21", (0, 0, 0, 0)),
        (1795255199, (9, 59, 59, 0)),
        ("1795255199", (9, 59, 59, 0)),
        (1795255199000, (9, 59, 59, 0)),
        (1795255199.25, (9, 59, 59, 250000)),
    ],
)
def test_instants_in_every_spelling(sent: object, understood: tuple[int, int, int, int]) -> None:
    assert instant_or_none(sent) == datetime(2026, 11, 21, *understood, tzinfo=UTC)


@pytest.mark.parametrize(
    "sent",
    [
        *(None, True, 0, -1, 1e300, 99999999999999999, "", "soon", "2026-13-01", "2026-02-30T00:00:00Z"),
        *("2026-11-21T25:00:00Z", "1970-01-01", "2100-01-01", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
    ],
)
def test_instants_that_are_not_believed(sent: object) -> None:
    assert instant_or_none(sent) is None


@given(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_comes_back_from_text_and_seconds(at: datetime) -> None:
    assert instant_or_none(at.isoformat()) == at
    seconds = instant_or_none(at.timestamp())
    assert seconds is not None
    assert abs(seconds - at) < timedelta(milliseconds=1)


@given(st.dictionaries(st.sampled_from([*_All.model_fields, "unknown"]), ANYTHING))
def test_nothing_makes_a_wire_class_fail(data: dict[str, Any]) -> None:
    answer = read(_All, data)
    assert all(isinstance(entry, _Inner) for entry in answer.many)
    for name in ("amount", "count", "share"):
        if isinstance(data.get(name), bool) or data.get(name) is None:
            assert getattr(answer, name) is None


def test_a_malformed_entry_costs_itself_only() -> None:
    answer = read(
        _All, {"many": [{"amount": "1"}, "x", None, {"amount": "rubbish"}], "one": "x", "name": "\x1b[31ma[/]"}
    )
    assert [entry.amount for entry in answer.many] == [Decimal(1), None]
    assert answer.one is None
    assert answer.name == "a[/]"
    assert answer.says("many", "absent")
    assert not answer.says("at")


def test_null_is_told_apart_from_unreadable() -> None:
    assert read(_All, {"is_null": None}).is_null
    assert not read(_All, {"is_null": 1e300}).is_null
    assert not read(_All, {}).is_null


def test_currencies_are_three_letters() -> None:
    assert [read(_All, {"currency": c}).currency for c in ("usd", " EUR ", "US", "U$D", "\x1b[31mUSD", 840)] == [
        *("USD", "EUR"),
        *[None] * 4,
    ]


@pytest.mark.parametrize("data", [None, [], "x", {}, {"data": None}, {"data": {}}, {"data": ["x", 1]}])
def test_an_answer_without_its_list_has_another_shape(data: object) -> None:
    with pytest.raises(ProviderError) as caught:
        read(_Report, data)
    assert (caught.value.kind, caught.value.reason) == (FailureKind.FORMAT_CHANGED, Reason.SHAPE)


def test_an_empty_list_is_an_answer() -> None:
    assert read(_Report, {"data": []}).data == ()


def test_the_shape_error_names_fields_and_never_values() -> None:
    detail = shape_changed({"token": "sk-secret", "\x1b[31mred": 1}).detail
    assert detail == "fields: token, red"
    assert "secret" not in json.dumps(detail)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": {"message": "Missing scopes: X", "type": "t", "code": None}}, "missing scopes: x t"),
        ({"error": "invalid_grant"}, "invalid_grant"),
        ({"detail": {"message": "Expired"}}, "expired"),
        ({"message": "No"}, "no"),
        (["x"], ""),
        (None, ""),
        ({"error": {"message": {"deep": 1}}}, ""),
    ],
)
def test_error_bodies_of_every_usual_shape(body: object, text: str) -> None:
    assert error_text(body).strip() == text


def test_sums_of_nothing_are_unknown() -> None:
    assert total([]) is None
    assert total([None, Decimal("1.5"), Decimal("0.5")]) == Decimal(2)
    assert count_total([None, None]) is None
    assert count_total([0, None]) == 0


def test_ratios_and_resets_are_refused_rather_than_absurd() -> None:
    assert ratio_of(Decimal(5), Decimal(20)) == 0.25
    assert [ratio_of(Decimal(5), limit) for limit in (None, Decimal(0), Decimal(-1), Decimal("0.001"))] == [None] * 4
    assert ratio_of(Decimal(-1), Decimal(5)) is None
    near, far = NOW + timedelta(days=31), NOW + timedelta(days=4000)
    assert [believable_reset(at, NOW) for at in (near, far, NOW - timedelta(hours=1), None)] == [
        *(near, None),
        *(NOW - timedelta(hours=1), None),
    ]


def test_slugs_are_plain_and_stable() -> None:
    assert slug("GPT-5.3 Codex/Spark ") == "gpt_5_3_codex_spark"
    assert slug("漢字") == ""
