"""The invented accounts of the demo: what each has used at an instant, as plain functions of that instant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import pi, sin

from aic_tui.errors import FailureKind, Reason
from aic_tui.models import Balance, Failure, ModelUsage, MoneyKind, Reading, Spend, UsageTotals, Window

HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY


@dataclass(frozen=True, kw_only=True)
class DemoAccount:
    """One invented account.

    ``reading`` is called with the instant of the figures and the present. ``failure`` is called with the present.
    ``behind_seconds`` is how old the last good figures of a failing account are; ``refusal`` is why it is not asked.
    """

    id: str
    provider_id: str
    provider_name: str
    label: str
    auth_source: str
    url: str | None = None
    reading: Callable[[datetime, datetime], Reading] | None = None
    failure: Callable[[datetime], Failure] | None = None
    refusal: str | None = None
    interval_seconds: int = 300
    behind_seconds: int = 0

    def fetched_at(self, now: datetime) -> datetime:
        """The instant of the figures on show: the last beat of the interval, or long ago for failing accounts."""
        offset = sum(map(ord, self.id)) * 7 % self.interval_seconds
        beat = floored(now - timedelta(seconds=self.behind_seconds), self.interval_seconds, offset)
        return beat if self.behind_seconds == 0 else beat - timedelta(seconds=1)


def floored(now: datetime, seconds: int, offset: int = 0) -> datetime:
    """The last multiple of ``seconds`` since 1970 (moved by ``offset``) that is not after ``now``."""
    stamp = int(now.timestamp()) - offset
    return datetime.fromtimestamp(stamp - stamp % seconds + offset, UTC)


def next_month(at: datetime) -> datetime:
    """The first instant of the next month, UTC."""
    return (at.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def drift(share: float, waves: float = 3.0) -> float:
    """0..1 to 0..1, always rising, at a pace that breathes."""
    return min(max(share + 0.12 / waves * sin(2 * pi * waves * share), 0.0), 1.0)


def lane(at: datetime, window_id: str, label: str, seconds: int, peak: float, offset: int = 0) -> Window:
    """A window that fills to ``peak`` by its end and starts over."""
    began_at = floored(at, seconds, offset)
    share = (at - began_at).total_seconds() / seconds
    ends_at = began_at + timedelta(seconds=seconds)
    return Window(window_id, label, ratio=round(peak * drift(share), 4), resets_at=ends_at, window_seconds=seconds)


def falling(at: datetime, top: str, per_day: str, days: int) -> Decimal:
    """A balance that falls by ``per_day`` and is topped up to ``top`` every ``days`` days."""
    began_at = floored(at, days * DAY)
    share = (at - began_at).total_seconds() / (days * DAY)
    spent = Decimal(per_day) * days * Decimal(str(round(drift(share, 2.0 * days), 5)))
    return (Decimal(top) - spent).quantize(Decimal("0.01"))


def of_day(at: datetime, amount: str) -> Decimal:
    """What of a day's ``amount`` is spent by now (UTC day)."""
    share = (at - floored(at, DAY)).total_seconds() / DAY
    return (Decimal(amount) * Decimal(str(round(drift(share), 4)))).quantize(Decimal("0.01"))


def _claude(at: datetime, _now: datetime) -> Reading:
    extra = Window("extra_usage", "extra usage", "usd", used=Decimal("6.15"), limit=Decimal(40), blocking=False)
    windows = (
        lane(at, "session", "5 hours", 5 * HOUR, 0.86, 4 * HOUR),
        lane(at, "week", "week", WEEK, 0.71, 10 * HOUR),
        lane(at, "week_sonnet", "week Sonnet", WEEK, 0.24, 10 * HOUR),
        extra,
    )
    today = Spend(of_day(at, "28.40"), "USD", "today", MoneyKind.ESTIMATE)
    models = (
        ModelUsage("claude-opus-4-7", 38_400_000, 412_000, 36_900_000),
        ModelUsage("claude-sonnet-4-6", 9_100_000, 188_000, 8_300_000),
    )
    usage = UsageTotals(tokens_input=47_500_000, tokens_output=600_000, tokens_cached=45_200_000)
    return Reading("ada@example.test", "Max 20x", windows, (), (today,), usage, models, available=True)


def _copilot(at: datetime, _now: datetime) -> Reading:
    resets_at = next_month(at)
    began_at = (resets_at - timedelta(days=1)).replace(day=1)
    seconds = int((resets_at - began_at).total_seconds())
    share = (at - began_at).total_seconds() / seconds
    used = Decimal(int(1500 * (0.82 + 0.15 * drift(share))))
    window = Window(
        "premium", "month", "requests", used=used, limit=Decimal(1500), resets_at=resets_at, window_seconds=seconds
    )
    chat = Window("chat", "chat", "messages", unlimited=True)
    return Reading("octocat", "Pro+", (window, chat), named=True)


def _codex(at: datetime, _now: datetime) -> Reading:
    week = lane(at, "week", "week", WEEK, 1.0, 4 * DAY + 8 * HOUR + 1800)
    session = lane(at, "session", "5 hours", 5 * HOUR, 0.12, HOUR)
    windows = (session, Window("week", "week", ratio=1.0, resets_at=week.resets_at, window_seconds=WEEK))
    return Reading("ada@example.test", "Plus", windows, (Balance(Decimal("12.50"), "credits"),))


def _openrouter(at: datetime, _now: datetime) -> Reading:
    left = falling(at, "17.40", "0.84", 14)
    window = Window("credits", "credits", "usd", used=Decimal(20) - left, limit=Decimal(20))
    spends = (Spend(of_day(at, "1.62"), "USD", "today"), Spend(Decimal("18.75"), "USD", "month"))
    return Reading(None, None, (window,), (Balance(left, "USD"),), spends)


def _openrouter_home(at: datetime, _now: datetime) -> Reading:
    window = Window("credits", "credits", "usd", unlimited=True)
    return Reading(None, None, (window,), (Balance(falling(at, "33.10", "0.22", 30), "USD"),))


def _openai(at: datetime, _now: datetime) -> Reading:
    today = of_day(at, "3.20")
    month = Decimal("3.20") * (at.day - 1) + today
    spends = (Spend(today, "USD", "today"), Spend(month, "USD", "month"))
    models = (
        ModelUsage("gpt-5.1", 3_180_000, 204_000, 1_900_000, 2140, Decimal("31.90")),
        ModelUsage("gpt-5.1-mini", 940_000, 88_000, 310_000, 1288, Decimal("9.37")),
    )
    usage = UsageTotals(3428, 4_120_000, 292_000, 2_210_000, month)
    return Reading("Example Labs", None, (), (), spends, usage, models, available=True)


def _deepseek(at: datetime, _now: datetime) -> Reading:
    yuan = Balance(falling(at, "91.20", "0.55", 20), "CNY", granted=Decimal("10.00"))
    return Reading(None, None, (), (yuan, Balance(Decimal("4.02"), "USD")), available=True)


def _gemini(at: datetime, _now: datetime) -> Reading:
    pro = lane(at, "pro", "pro", DAY, 0.55, 3 * HOUR + 600)
    flash = lane(at, "flash", "flash", DAY, 0.05, 3 * HOUR + 720)
    return Reading("ada@example.test", "Standard", (pro, flash))


def _kimi(at: datetime, _now: datetime) -> Reading:
    balance = falling(at, "34.00", "0.31", 12)
    return Reading(balances=(Balance(balance, "USD", Decimal("5.00"), balance - 5),), available=True)


def _cursor(at: datetime, _now: datetime) -> Reading:
    window = lane(at, "plan", "month", 30 * DAY, 0.78, 6 * DAY)
    return Reading("ada@example.test", "Pro", (window,), spends=(Spend(Decimal("3.40"), "USD", "month"),))


def _rejected(now: datetime) -> Failure:
    at = floored(now, DAY) - timedelta(hours=1)
    return Failure(FailureKind.AUTH_NEEDED, at, Reason.KEY_REJECTED, detail="invalid x-api-key", http_status=401)


def _limited(now: datetime) -> Failure:
    at = floored(now, 40 * 60)
    return Failure(FailureKind.RATE_LIMITED, at, retry_at=at + timedelta(minutes=40), http_status=429)


def _offline(now: datetime) -> Failure:
    at = floored(now, 10 * 60)
    return Failure(FailureKind.OFFLINE, at, Reason.CONNECT, retry_at=at + timedelta(minutes=10))


def _changed(now: datetime) -> Failure:
    at = floored(now, HOUR)
    return Failure(FailureKind.FORMAT_CHANGED, at, Reason.SHAPE, retry_at=at + timedelta(hours=1), http_status=200)


def _unset(now: datetime) -> Failure:
    return Failure(FailureKind.NOT_CONFIGURED, floored(now, DAY), Reason.KEY_MISSING, hint="set MISTRAL_API_KEY")


DEMO_ACCOUNTS = (
    DemoAccount(
        id="claude",
        provider_id="claude",
        provider_name="Claude",
        label="Claude",
        auth_source="discovered:claude-code",
        url="https://api.anthropic.com/api/oauth/usage",
        reading=_claude,
    ),
    DemoAccount(
        id="copilot",
        provider_id="copilot",
        provider_name="GitHub Copilot",
        label="GitHub Copilot",
        auth_source="keyring",
        url="https://api.github.com/copilot_internal/user",
        reading=_copilot,
    ),
    DemoAccount(
        id="codex",
        provider_id="codex",
        provider_name="Codex",
        label="Codex",
        auth_source="discovered:codex",
        url="https://chatgpt.com/backend-api/wham/usage",
        reading=_codex,
        interval_seconds=120,
    ),
    DemoAccount(
        id="openrouter",
        provider_id="openrouter",
        provider_name="OpenRouter",
        label="OpenRouter work",
        auth_source="env:OPENROUTER_API_KEY",
        url="https://openrouter.ai/api/v1/key",
        reading=_openrouter,
        interval_seconds=60,
    ),
    DemoAccount(
        id="openai",
        provider_id="openai",
        provider_name="OpenAI",
        label="OpenAI",
        auth_source="env:OPENAI_ADMIN_KEY",
        url="https://api.openai.com/v1/organization/costs",
        reading=_openai,
        interval_seconds=600,
    ),
    DemoAccount(
        id="deepseek",
        provider_id="deepseek",
        provider_name="DeepSeek",
        label="DeepSeek",
        auth_source="env:DEEPSEEK_API_KEY",
        url="https://api.deepseek.com/user/balance",
        reading=_deepseek,
        failure=_limited,
        refusal="retry_after",
        behind_seconds=3 * HOUR,
    ),
    DemoAccount(
        id="anthropic",
        provider_id="anthropic",
        provider_name="Anthropic API",
        label="Anthropic API",
        auth_source="env:ANTHROPIC_ADMIN_KEY",
        url="https://api.anthropic.com/v1/organizations/cost_report",
        failure=_rejected,
        refusal="parked",
    ),
    DemoAccount(
        id="gemini-cli",
        provider_id="gemini_cli",
        provider_name="Gemini CLI",
        label="Gemini CLI",
        auth_source="discovered:gemini-cli",
        url="https://cloudcode-pa.googleapis.com/v1internal:retrieveUserQuota",
        reading=_gemini,
    ),
    DemoAccount(
        id="kimi",
        provider_id="moonshot",
        provider_name="Kimi",
        label="Kimi",
        auth_source="file",
        url="https://api.moonshot.ai/v1/users/me/balance",
        reading=_kimi,
        interval_seconds=600,
    ),
    DemoAccount(
        id="cursor",
        provider_id="cursor",
        provider_name="Cursor",
        label="Cursor",
        auth_source="discovered:cursor",
        url="https://api2.cursor.sh/auth/usage-summary",
        reading=_cursor,
        failure=_offline,
        refusal="offline",
        behind_seconds=26 * HOUR,
    ),
    DemoAccount(
        id="openrouter-home",
        provider_id="openrouter",
        provider_name="OpenRouter",
        label="OpenRouter home",
        auth_source="keyring",
        url="https://openrouter.ai/api/v1/credits",
        reading=_openrouter_home,
        failure=_changed,
        refusal="backoff",
        behind_seconds=2 * HOUR,
    ),
    DemoAccount(
        id="mistral",
        provider_id="mistral",
        provider_name="Mistral AI",
        label="Mistral AI",
        auth_source="env:MISTRAL_API_KEY",
        failure=_unset,
        refusal="parked",
    ),
)
