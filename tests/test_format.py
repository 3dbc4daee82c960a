"""Numbers, times, money and failures in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui import format as fmt
from aic_tui.errors import FailureKind, Reason
from aic_tui.models import Failure, Status

NOW = datetime(2026, 11, 21, 10, 48, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("ratio", "used", "left"),
    [
        (0.0, "0%", "100%"),
        (0.003, "<1%", "99%"),
        (0.01, "1%", "99%"),
        (0.29, "29%", "71%"),  # 0.29 * 100 is below 29 in floating point
        (0.534, "53%", "47%"),
        (0.99, "99%", "1%"),
        (0.996, "99%", "<1%"),
        (1.0, "100%", "0%"),
        (1.147, "114%", "0%"),
        (-0.2, "0%", "100%"),
        (None, "–", "–"),
        (float("nan"), "–", "–"),
        (float("inf"), "–", "–"),
    ],
)
def test_percent(ratio: float | None, used: str, left: str) -> None:
    assert fmt.percent(ratio) == used
    assert fmt.percent(ratio, "left") == left


@given(st.floats(0, 2))
def test_percent_never_claims_an_end_that_is_not_reached(ratio: float) -> None:
    assert (fmt.percent(ratio) == "0%") == (ratio == 0)
    assert (fmt.percent(ratio, "left") == "0%") == (len(fmt.percent(ratio)) == 4)
    assert (fmt.percent(ratio, "left") == "100%") == (ratio == 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0"),
        (7, "7"),
        (Decimal("2.50"), "2.5"),
        (Decimal("99.97"), "100"),
        (Decimal("1234.9"), "1,234"),
        (1380, "1,380"),
        (99_999, "99,999"),
        (182_340, "182k"),
        (999_499, "999k"),
        (999_500, "1M"),
        (48_200_000, "48.2M"),
        (1_250_000_000, "1.2B"),
        (10**15, "1,000T"),
        (-220, "-220"),
        (Decimal("NaN"), "–"),
        (Decimal("Infinity"), "–"),
    ],
)
def test_count(value: Decimal | int | None, text: str) -> None:
    assert fmt.count(value) == text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("12.5", "USD", "$12.50"),
        ("12.5", "usd", "$12.50"),
        ("0", "USD", "$0.00"),
        ("0.004", "USD", "<$0.01"),
        ("0.005", "USD", "$0.00"),
        ("-0.3", "USD", "-$0.30"),
        ("-0.001", "USD", "-<$0.01"),
        ("1234567.8", "EUR", "€1.2M"),
        ("12345.678", "EUR", "€12,345.68"),
        ("88.1", "CNY", "CN¥ 88.10"),
        ("1200", "JPY", "¥1,200"),
        ("3.2", "CHF", "CHF 3.20"),
        ("12.5", "credits", "12.50 credits"),
        ("NaN", "USD", "–"),
    ],
)
def test_money(amount: str, currency: str, text: str) -> None:
    assert fmt.money(Decimal(amount), currency) == text


def test_no_money_is_a_dash() -> None:
    assert fmt.money(None) == "–"


@pytest.mark.parametrize(
    ("used", "limit", "unit", "show", "forms"),
    [
        ("1380", "1500", "requests", "used", ("1,380 of 1,500 requests used", "1,380 of 1,500 used")),
        ("1380", "1500", "requests", "left", ("120 of 1,500 requests left", "120 of 1,500 left")),
        ("12.5", "20", "usd", "used", ("$12.50 of $20.00 used",)),
        ("25", "20", "usd", "left", ("$0.00 of $20.00 left",)),
        ("47", None, "credits", "used", ("47 credits used",)),
        ("47", None, "credits", "left", ()),
        (None, "20", "usd", "used", ()),
        ("40", "100", "percent", "used", ()),
    ],
)
def test_used_of_limit(used: str | None, limit: str | None, unit: str, show: fmt.Show, forms: tuple[str, ...]) -> None:
    of_used, of_limit = (None if text is None else Decimal(text) for text in (used, limit))
    assert fmt.used_of_limit(of_used, of_limit, unit, show) == forms


def test_which_units_are_money() -> None:
    assert [fmt.is_money(unit) for unit in ("usd", "eur", "credits", "tokens", "percent")] == [True] * 3 + [False] * 2


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-60, "<1 m"),
        (0, "<1 m"),
        (29, "<1 m"),
        (30, "1 m"),
        (720, "12 m"),
        (3600, "1 h"),
        (7920, "2 h 12 m"),
        (86370, "1 d"),
        (86400, "1 d"),
        (273600, "3 d 4 h"),
        (86400 * 400, "400 d"),
    ],
)
def test_duration(seconds: int, text: str) -> None:
    assert fmt.duration(timedelta(seconds=seconds)) == text


def test_a_countdown_is_never_negative() -> None:
    assert fmt.countdown(NOW + timedelta(minutes=132), NOW) == "2 h 12 m"
    assert fmt.countdown(NOW, NOW) is None
    assert fmt.countdown(NOW - timedelta(days=1), NOW) is None


@pytest.mark.parametrize(
    ("at", "short", "full"),
    [
        (datetime(2026, 11, 21, 13, 0, tzinfo=UTC), "14:00", "14:00"),
        (datetime(2026, 11, 21, 12, 59, 59, 412345, tzinfo=UTC), "14:00", "14:00"),
        (datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "Sun 00:30", "Sun 22 Nov 00:30"),
        (datetime(2026, 11, 26, 9, 0, tzinfo=UTC), "Thu 10:00", "Thu 26 Nov 10:00"),
        (datetime(2026, 11, 27, 9, 0, tzinfo=UTC), "Fri 10:00", "Fri 27 Nov 10:00"),
        (datetime(2026, 11, 28, 9, 0, tzinfo=UTC), "28 Nov", "Sat 28 Nov 10:00"),
        (datetime(2026, 12, 1, 0, 0, tzinfo=UTC), "1 Dec", "Tue 1 Dec 01:00"),
        (datetime(2026, 11, 18, 9, 0, tzinfo=UTC), "18 Nov", "Wed 18 Nov 10:00"),
        (datetime(2027, 1, 3, 9, 0, tzinfo=UTC), "3 Jan", "Sun 3 Jan 10:00"),
        (datetime(2027, 8, 3, 9, 0, tzinfo=UTC), "3 Aug 2027", "Tue 3 Aug 2027 11:00"),
    ],
)
def test_clock_has_the_day_once_it_is_not_today(at: datetime, short: str, full: str) -> None:
    assert fmt.clock(at, NOW, BERLIN) == short
    assert fmt.clock(at, NOW, BERLIN, full=True) == full


def test_clock_over_the_change_to_winter_time() -> None:
    """25 October 2026, 03:00 CEST becomes 02:00 CET: the same wall clock twice, and a 25 hour day."""
    now = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # 00:30 on the 25th in Berlin
    assert fmt.clock(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), now, BERLIN) == "02:30"
    assert fmt.clock(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), now, BERLIN) == "02:30"
    assert fmt.clock(datetime(2026, 10, 25, 22, 30, tzinfo=UTC), now, BERLIN) == "23:30"
    assert fmt.clock(datetime(2026, 10, 25, 23, 30, tzinfo=UTC), now, BERLIN) == "Mon 00:30"
    assert fmt.countdown(datetime(2026, 10, 25, 23, 30, tzinfo=UTC), now) == "1 d 1 h"


def test_the_day_is_that_of_the_users_zone() -> None:
    auckland = ZoneInfo("Pacific/Auckland")
    assert fmt.clock(datetime(2026, 11, 21, 10, 55, tzinfo=UTC), NOW, auckland) == "23:55"
    assert fmt.clock(datetime(2026, 11, 21, 11, 30, tzinfo=UTC), NOW, auckland) == "Sun 00:30"
    assert fmt.day(datetime(2026, 11, 25, 11, 30, tzinfo=UTC), NOW, auckland) == "Thu 26 Nov"
    assert fmt.day(datetime(2026, 11, 21, 10, 55, tzinfo=UTC), NOW, auckland) == "23:55"


@pytest.mark.parametrize(
    ("seconds", "word", "phrase"),
    [
        (-5, "now", "now"),
        (59, "now", "now"),
        (120, "2m", "2m ago"),
        (3599, "59m", "59m ago"),
        (3 * 3600, "3h", "3h ago"),
        (26 * 3600, "1d", "1d ago"),
    ],
)
def test_age(seconds: int, word: str, phrase: str) -> None:
    assert fmt.age(NOW - timedelta(seconds=seconds), NOW) == word
    assert fmt.ago(NOW - timedelta(seconds=seconds), NOW) == phrase


def test_masks() -> None:
    assert fmt.masked("ada@example.test", True) == "***"
    assert fmt.masked("ada@example.test", False) == "ada@example.test"
    assert fmt.masked(None, True) is None
    assert fmt.masked("", True) == ""


def test_ascii_keeps_the_meaning() -> None:
    assert fmt.plain_ascii("≈ €12.50 · 1.4× → – CN¥ 88.10") == "~ EUR 12.50 - 1.4x > - CNY 88.10"
    assert fmt.plain_ascii("plain") == "plain"


# Failures ----------------------------------------------------------------------------------------------------


def sentence(kind: FailureKind, reason: Reason | None = None, **facts: object) -> str:
    return fmt.failure_sentence(Failure(kind, NOW, reason, **facts), BERLIN, NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("failure", "long", "short"),
    [
        (
            Failure(FailureKind.RATE_LIMITED, NOW, retry_at=NOW + timedelta(minutes=92)),
            "rate limited · next try 13:20",
            "rate limited · next try 13:20",
        ),
        (
            Failure(FailureKind.AUTH_NEEDED, NOW, Reason.LOGIN_EXPIRED, hint="run `claude` once"),
            "login expired · run `claude` once",
            "login expired · run `claude` once",
        ),
        (
            Failure(FailureKind.AUTH_NEEDED, NOW, Reason.LOGIN_EXPIRED, hint="Login expired: run `claude` once"),
            "login expired · run `claude` once",
            "login expired · run `claude` once",
        ),
        (Failure(FailureKind.AUTH_NEEDED, NOW, Reason.KEY_REJECTED), "key rejected · set a new one", None),
        (
            Failure(FailureKind.AUTH_NEEDED, NOW, Reason.TOKEN_INVALID),
            "Token invalid · sign in: `aic-tui auth login github`",
            None,
        ),
        (
            Failure(FailureKind.FORBIDDEN, NOW, Reason.SSO_NEEDED, retry_at=NOW + timedelta(hours=6)),
            "single sign-on needed · authorise the token for the organisation · next try 17:48",
            "single sign-on needed · next try 17:48",
        ),
        (
            Failure(FailureKind.FORBIDDEN, NOW, Reason.NO_SEAT),
            "no subscription found · ask whoever assigns the seats",
            None,
        ),
        (
            Failure(FailureKind.SERVER_ERROR, NOW, http_status=503, retry_at=NOW + timedelta(minutes=5)),
            "provider trouble (503) · next try 11:53",
            None,
        ),
        (
            Failure(FailureKind.OFFLINE, NOW, Reason.TLS, retry_at=NOW + timedelta(days=1)),
            "certificate not trusted · set SSL_CERT_FILE to your CA · next try Sun 11:48",
            "certificate not trusted · next try Sun 11:48",
        ),
        (Failure(FailureKind.ERROR, NOW, http_status=400), "refused with 400 · the log says more", None),
        (
            Failure(FailureKind.BLOCKED_BY_GATEWAY, NOW, Reason.REDIRECT, http_status=302),
            "redirected elsewhere · a proxy or login page?",
            None,
        ),
        (
            Failure(FailureKind.FORMAT_CHANGED, NOW, Reason.NOT_JSON),
            "answer was not JSON · a proxy or login page?",
            None,
        ),
        (Failure(FailureKind.OFFLINE, NOW, retry_at=NOW), "offline · next try due", None),
        (Failure(FailureKind.OFFLINE, NOW, Reason.KEY_REJECTED), "offline", None),
    ],
)
def test_failures_say_what_happened_and_what_to_do(failure: Failure, long: str, short: str | None) -> None:
    assert fmt.failure_sentence(failure, BERLIN, NOW) == long
    assert fmt.failure_sentence(failure, BERLIN, NOW, short=True) == (short or long)


def test_a_refused_token_names_the_key_that_signs_in_again_where_one_can_be_pressed() -> None:
    failure = Failure(FailureKind.AUTH_NEEDED, NOW, Reason.TOKEN_INVALID)
    assert fmt.failure_sentence(failure, BERLIN, NOW, keys=True) == "Token invalid · press g to sign in again"
    rejected = Failure(FailureKind.AUTH_NEEDED, NOW, Reason.KEY_REJECTED)
    assert fmt.failure_sentence(rejected, BERLIN, NOW, keys=True) == "key rejected · set a new one"


@pytest.mark.parametrize(("kind", "reason"), product(FailureKind, [None, *Reason]))
def test_every_failure_has_a_calm_sentence(kind: FailureKind, reason: Reason | None) -> None:
    text = sentence(kind, reason)
    assert text
    assert "!" not in text
    assert "press" not in text
    assert "_" not in text.replace("base_url", "").replace("trust_", "").replace("SSL_CERT_FILE", "")
    short = fmt.failure_sentence(Failure(kind, NOW, reason, retry_at=NOW + timedelta(days=3)), BERLIN, NOW, short=True)
    assert len(short) <= 48


def test_every_reason_has_words_of_its_own() -> None:
    said = {reason: {sentence(kind, reason) for kind in FailureKind} for reason in Reason}
    plain = {sentence(kind) for kind in FailureKind}
    silent = [reason for reason, texts in said.items() if texts <= plain and reason is not Reason.SHAPE]
    assert silent == []


def test_every_status_has_a_glyph_of_one_cell_and_a_word() -> None:
    for status in [None, *Status]:
        assert len(fmt.status_glyph(status)) == 1
        assert fmt.status_glyph(status, ascii_only=True).isascii()
        assert fmt.status_word(status)
    words = [fmt.status_word(status) for status in Status]
    assert len(set(words)) == len(words)
    assert [fmt.status_glyph(status) for status in (Status.OK, Status.WARN, Status.EXHAUSTED)] == ["●", "▲", "■"]
    assert fmt.status_glyph(None) == fmt.status_glyph(Status.OFFLINE) == "◌"


def test_an_unexpected_refusal_tells_the_servers_words_where_they_may_be_told() -> None:
    failure = Failure(FailureKind.ERROR, NOW, detail="start_date lies in the future", http_status=400)
    assert fmt.failure_text(failure, BERLIN, NOW, told=True)[:2] == (
        "refused with 400",
        "start_date lies in the future",
    )
    assert fmt.failure_text(failure, BERLIN, NOW)[:2] == ("refused with 400", "the log says more")
    long = Failure(FailureKind.ERROR, NOW, detail="word " * 60, http_status=422)
    assert fmt.failure_text(long, BERLIN, NOW, told=True).advice == "word " * 16 + "…"
