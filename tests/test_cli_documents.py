"""The JSON documents, key by key: they are what scripts rely on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from aic_tui import __version__
from aic_tui.cli.documents import Terms, account_row, decimal, dump, history_document, next_reset, usage_document
from aic_tui.errors import FailureKind, Reason
from aic_tui.models import (
    AccountState,
    Balance,
    Failure,
    ModelUsage,
    MoneyKind,
    Point,
    Reading,
    Snapshot,
    Spend,
    UsageTotals,
    Window,
)

NOW = datetime(2026, 11, 21, 8, 0, 0, 700_000, tzinfo=UTC)
TERMS = Terms(now=NOW, zone=UTC)
PRIVATE = replace(TERMS, privacy=True)
CREDITS = Window("credits", "Credits", "usd", ratio=0.625, used=Decimal("12.50"), limit=Decimal("20.00"))


def state_of(reading: Reading | None, failure: Failure | None = None, **changes: Any) -> AccountState:
    snapshot = Snapshot(reading, NOW - timedelta(seconds=2), "env:OPENROUTER_API_KEY") if reading else None
    state = AccountState("openrouter", "openrouter", "OpenRouter", "OpenRouter", snapshot=snapshot, failure=failure)
    return replace(state, auth_source="env:OPENROUTER_API_KEY", **changes)


def test_an_account_is_told_as_the_contract_spells_it() -> None:
    reading = Reading(
        windows=(CREDITS,),
        balances=(Balance(Decimal("7.50"), "USD"),),
        usage=UsageTotals(cost_usd=Decimal("12.50")),
    )
    document = usage_document([state_of(reading)], TERMS)
    assert (document["version"], document["generated_at"]) == (__version__, "2026-11-21T08:00:00Z")
    (row,) = document["providers"]
    expected = {
        "account_id": "openrouter",
        "account_label": "OpenRouter",
        "account_name": None,
        "provider_id": "openrouter",
        "provider_name": "OpenRouter",
        "plan": None,
        "is_available": True,
        "status": "ok",
        "description": None,
        "auth_source": "env:OPENROUTER_API_KEY",
        "fetched_at": "2026-11-21T07:59:58Z",
        "stale": False,
        "next_reset_time": None,
        "balance": {"amount": "7.50", "currency": "USD"},
        "balances": [{"amount": "7.50", "currency": "USD"}],
        "error": None,
    }
    assert {key: row[key] for key in expected} == expected
    window = {
        "id": "credits",
        "label": "Credits",
        "unit": "usd",
        "used": "12.50",
        "limit": "20.00",
        "percent_used": 62.5,
        "resets_at": None,
        "window_seconds": None,
        "unlimited": False,
    }
    assert [{key: shown[key] for key in window} for shown in row["windows"]] == [window]
    usage = {
        "requests_count": None,
        "tokens_input": None,
        "tokens_output": None,
        "cost_usd": "12.50",
        "period_start": None,
        "period_end": None,
    }
    assert {key: row["usage"][key] for key in usage} == usage


def test_what_a_provider_did_not_say_is_null_and_never_zero() -> None:
    row = account_row(state_of(Reading(windows=(Window("week", "week"),))), TERMS)
    (window,) = row["windows"]
    assert [window[key] for key in ("used", "limit", "percent_used", "resets_at", "window_seconds")] == [None] * 5
    assert row["balance"] is None
    assert row["balances"] == []
    assert set(row["usage"].values()) == {None}


def test_an_unlimited_window_has_no_percent() -> None:
    (window,) = account_row(state_of(Reading(windows=(replace(CREDITS, unlimited=True, ratio=0.0),))), TERMS)["windows"]
    assert (window["unlimited"], window["percent_used"]) == (True, None)


def test_after_a_reset_that_was_not_measured_the_percent_is_unknown_as_on_the_screen() -> None:
    due = replace(CREDITS, resets_at=NOW - timedelta(seconds=1), window_seconds=3600)
    rows = [account_row(state_of(Reading(windows=(replace(due, ratio=ratio),))), TERMS) for ratio in (0.625, None)]
    assert [row["windows"][0]["percent_used"] for row in rows] == [None, None]
    assert rows[0]["windows"][0]["resets_at"] == "2026-11-21T07:59:59Z"


def test_the_main_balance_is_the_dollars_and_else_the_first() -> None:
    yuan, dollars = Balance(Decimal("88.10"), "CNY"), Balance(Decimal("14.20"), "USD")
    row = account_row(state_of(Reading(balances=(yuan, dollars))), TERMS)
    assert row["balance"] == {"amount": "14.20", "currency": "USD"}
    assert [balance["currency"] for balance in row["balances"]] == ["CNY", "USD"]
    assert account_row(state_of(Reading(balances=(yuan,))), TERMS)["balance"]["currency"] == "CNY"


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+3", "1000"), ("0.00001", "0.00001"), ("1E-7", "0.0000001"), ("-0.50", "-0.50")],
)
def test_money_is_plain_digits(value: str, text: str | None) -> None:
    assert (
        account_row(state_of(Reading(balances=(Balance(Decimal(value), "USD"),))), TERMS)["balance"]["amount"] == text
    )


def test_what_is_no_number_is_no_money() -> None:
    assert [decimal(value) for value in (Decimal("NaN"), Decimal("Infinity"), None)] == [None] * 3


def test_the_next_reset_is_the_first_to_come() -> None:
    past, near, far = (NOW + timedelta(hours=hours) for hours in (-1, 2, 30))
    lanes = tuple(Window(str(at), "x", ratio=0.1, resets_at=at) for at in (far, past, near))
    assert account_row(state_of(Reading(windows=lanes)), TERMS)["next_reset_time"] == "2026-11-21T10:00:00Z"
    assert next_reset(Reading(windows=lanes[1:2]), NOW) is None


def test_after_a_failure_the_figures_stay_with_the_error_beside_them() -> None:
    failure = Failure(
        FailureKind.RATE_LIMITED,
        NOW,
        retry_at=NOW + timedelta(minutes=20),
        http_status=429,
        detail="slow down",
    )
    row = account_row(state_of(Reading(windows=(CREDITS,)), failure), TERMS)
    assert (row["status"], row["stale"], row["is_available"]) == ("rate_limited", True, True)
    assert row["windows"][0]["used"] == "12.50"
    assert row["error"]["kind"] == "rate_limited"
    assert row["error"]["retry_at"] == "2026-11-21T08:20:00Z"
    assert "08:20" in row["error"]["message"]
    assert row["description"] == row["error"]["message"]


@pytest.mark.parametrize("kind", list(FailureKind))
def test_every_failure_names_itself(kind: FailureKind) -> None:
    row = account_row(state_of(None, Failure(kind, NOW)), TERMS)
    assert row["status"] == row["error"]["kind"] == kind.value
    assert row["error"]["message"]
    assert (row["is_available"], row["stale"], row["fetched_at"]) == (False, False, None)


def test_a_lost_key_makes_figures_unavailable_and_a_refusing_provider_too() -> None:
    lost = Failure(FailureKind.AUTH_NEEDED, NOW, Reason.KEY_REJECTED)
    assert account_row(state_of(Reading(windows=(CREDITS,)), lost), TERMS)["is_available"] is False
    assert account_row(state_of(Reading(available=False)), TERMS)["is_available"] is False


def test_an_account_that_was_never_asked_says_so() -> None:
    row = account_row(state_of(None), TERMS)
    assert row["status"] == row["error"]["kind"] == "error"
    assert "not asked yet" in row["description"]
    assert row["is_available"] is False


def test_privacy_leaves_neither_names_nor_money() -> None:
    reading = Reading(
        account_name="ada@example.test",
        plan="Max",
        windows=(CREDITS, Window("week", "week", "requests", 0.5, Decimal(10), Decimal(20))),
        balances=(Balance(Decimal("7.51"), "USD"),),
        spends=(Spend(Decimal("3.33"), "USD", "today", MoneyKind.ESTIMATE, NOW, NOW),),
        usage=UsageTotals(requests_count=3, cost_usd=Decimal("12.34")),
        models=(ModelUsage("big-model", 1, 2, 3, 4, Decimal("5.55")),),
    )
    failure = Failure(FailureKind.SERVER_ERROR, NOW, detail="ada@example.test is unknown")
    row = account_row(state_of(reading, failure, label="Ada's key"), PRIVATE)
    assert (row["account_name"], row["account_label"]) == ("***", "***")
    text = json.dumps(row)
    assert not [word for word in ("ada", "Ada", "12.5", "20.0", "7.51", "3.33", "12.34", "5.55") if word in text]
    assert row["balance"] == {"amount": None, "currency": "USD"}
    assert row["windows"][0]["percent_used"] == 62.5
    assert (row["windows"][1]["used"], row["windows"][1]["limit"]) == ("10", "20")
    assert row["usage"]["requests_count"] == 3
    assert account_row(state_of(Reading()), PRIVATE)["account_name"] is None
    assert account_row(state_of(Reading()), PRIVATE)["account_label"] == "OpenRouter"
    open_row = account_row(state_of(reading, failure), TERMS)
    assert open_row["spends"] == [
        {
            "amount": "3.33",
            "currency": "USD",
            "period": "today",
            "kind": "estimate",
            "period_start": "2026-11-21T08:00:00Z",
            "period_end": "2026-11-21T08:00:00Z",
        }
    ]
    assert open_row["models"][0]["cost"] == "5.55"


def test_points_are_told_as_the_contract_spells_them() -> None:
    at = NOW.replace(microsecond=0)
    states = [state_of(Reading(windows=(CREDITS, Window("week", "week", "requests"))))]
    points = [
        Point("openrouter", "credits", at, 0.625, Decimal("12.50"), Decimal(20)),
        Point("openrouter", "week", at, 0.1, Decimal(3), Decimal(30)),
        Point("openrouter", "balance:USD", at, balance=Decimal("7.50")),
        Point("openrouter", "cost:today", at, cost_usd=Decimal("1.10")),
    ]
    rows = history_document(points, states, TERMS)["points"]
    assert rows[0] == {
        "account_id": "openrouter",
        "window_id": "credits",
        "at": "2026-11-21T08:00:00Z",
        "percent_used": 62.5,
        "used": "12.50",
        "limit": "20",
        "balance": None,
        "cost_usd": None,
    }
    assert (rows[2]["balance"], rows[3]["cost_usd"]) == ("7.50", "1.10")
    hidden = history_document(points, states, PRIVATE)["points"]
    assert [row["used"] for row in hidden] == [None, "3", None, None]
    assert {row["balance"] for row in hidden} | {row["cost_usd"] for row in hidden} == {None}


def test_a_document_is_json_with_letters_left_alone() -> None:
    assert dump({"a": "Zürich"}) == '{\n  "a": "Zürich"\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        dump({"a": float("nan")})
