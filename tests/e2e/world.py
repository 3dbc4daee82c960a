"""A home with six accounts, a loopback server that speaks for all six providers, and keys that are canaries."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.loopback import Answer, Loopback

KEYS = {
    "OPENAI_ADMIN_KEY": "sk-admin-kanarienOpenAi0123456789vogelQ7aZ",
    "ANTHROPIC_ADMIN_KEY": "sk-ant-admin01-kanarienAnthropic98765vogelB2xY",
    "OPENROUTER_API_KEY": "sk-or-v1-4badcafe4kanarien5678vogelD9wV",
    "DEEPSEEK_API_KEY": "sk-kanarienDeepSeek5566778899vogelH4uT",
}


def jwt(claims: Mapping[str, Any], signature: str) -> str:
    """An unsigned token of the usual three parts."""

    def part(value: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}.{signature}"


@dataclass
class World:
    """Everything one run of the real program needs. ``figures`` are what the server tells; change them at will."""

    root: Path
    server: Loopback
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    claude_percent: float = 37.0
    codex_percent: int = 41
    credits_left: float = 7.5
    openai_today: float = 4.125
    anthropic_cents: str = "1834.2075"
    deepseek_usd: str = "14.20"

    def __post_init__(self) -> None:
        for folder in (self.home / ".claude", self.home / ".codex", self.config):
            folder.mkdir(parents=True)
        future = self.now + timedelta(days=5)
        self.claude_token = "sk-ant-oat01-kanarienClaude24680vogelJ6sR"
        self.refresh_token = "sk-ant-ort01-kanarienRefresh1357vogelK8qP"
        self.codex_token = jwt({"exp": int(future.timestamp())}, "kanarienCodexSignature3344vogelL1oN")
        id_token = jwt(
            {
                "email": "dev@example.test",
                "https://api.openai.com/auth": {"chatgpt_account_id": "acc-7", "chatgpt_plan_type": "plus"},
            },
            "kanarienIdToken6677vogelM3mK",
        )
        self.claude_file.write_text(
            json.dumps(
                {
                    "claudeAiOauth": {
                        "accessToken": self.claude_token,
                        "refreshToken": self.refresh_token,
                        "expiresAt": int(future.timestamp() * 1000),
                        "scopes": ["user:profile", "user:inference"],
                        "subscriptionType": "max",
                        "rateLimitTier": "default_claude_max_20x",
                    }
                }
            )
        )
        self.codex_file.write_text(
            json.dumps(
                {
                    "auth_mode": "chatgpt",
                    "OPENAI_API_KEY": None,
                    "tokens": {
                        "id_token": id_token,
                        "access_token": self.codex_token,
                        "refresh_token": self.refresh_token + "codex",
                        "account_id": "acc-7",
                    },
                }
            )
        )
        self.write_config()
        self.tell()

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def config(self) -> Path:
        return self.home / ".config" / "aic"

    @property
    def claude_file(self) -> Path:
        return self.home / ".claude" / ".credentials.json"

    @property
    def codex_file(self) -> Path:
        return self.home / ".codex" / "auth.json"

    @property
    def environ(self) -> dict[str, str]:
        """The program's whole environment: keys, a home, and what coverage needs to follow child processes."""
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG") or k.startswith("COV")}
        return {**kept, **KEYS, "HOME": str(self.home), "TZ": "UTC", "AIC_LIVE_PRICES": "0"}

    @property
    def secrets(self) -> list[str]:
        """Every key and token of this home."""
        return [*KEYS.values(), self.claude_token, self.codex_token, self.refresh_token]

    def write_config(self) -> None:
        """Six accounts, all pointed at the loopback server."""
        accounts = {
            "claude": "discovered:claude-code",
            "codex": "discovered:codex",
            "openai": "env:OPENAI_ADMIN_KEY",
            "anthropic": "env:ANTHROPIC_ADMIN_KEY",
            "openrouter": "env:OPENROUTER_API_KEY",
            "deepseek": "env:DEEPSEEK_API_KEY",
        }
        lines = ["version = 1", "[general]", 'theme = "textual-dark"', 'timezone = "UTC"']
        for account, key in accounts.items():
            lines += ["", f"[accounts.{account}]", f'provider = "{account}"', f'key = "{key}"']
            lines += [f'base_url = "{self.server.url}/{account}"']
            if key.startswith("discovered:"):
                lines += ["trust_base_url = true"]
        (self.config / "config.toml").write_text("\n".join(lines) + "\n")

    def tell(self) -> None:
        """Make the server tell the present figures."""
        on = self.server.on
        day = self.now.replace(hour=0, minute=0, second=0)
        reset = self.now + timedelta(hours=2)
        week = self.now + timedelta(days=3)
        windows = {
            "five_hour": {"utilization": self.claude_percent, "resets_at": reset.isoformat()},
            "seven_day": {"utilization": 12.0, "resets_at": week.isoformat()},
            "seven_day_opus": None,
            "extra_usage": {"is_enabled": True, "monthly_limit": 4000, "used_credits": 615.0, "currency": "USD"},
        }
        on("/claude/api/oauth/usage", Answer(json=windows))
        limits = {
            "primary_window": {
                "used_percent": self.codex_percent,
                "limit_window_seconds": 18000,
                "reset_at": int(reset.timestamp()),
            },
            "secondary_window": {
                "used_percent": 9,
                "limit_window_seconds": 604800,
                "reset_at": int(week.timestamp()),
            },
        }
        codex = {"plan_type": "plus", "email": "dev@example.test", "rate_limit": limits}
        on(
            "/codex/backend-api/wham/usage",
            Answer(json={**codex, "credits": {"has_credits": True, "balance": "12.50"}}),
        )
        bucket = {"start_time": int(day.timestamp()), "end_time": int((day + timedelta(days=1)).timestamp())}
        cost = {"amount": {"value": self.openai_today, "currency": "usd"}, "line_item": None}
        on("/openai/v1/organization/costs", Answer(json=_page([{**bucket, "results": [cost]}])))
        tokens = {"input_tokens": 182340, "input_cached_tokens": 90112, "output_tokens": 20411}
        used = {**tokens, "num_model_requests": 214, "model": "gpt-5.1"}
        on("/openai/v1/organization/usage/completions", Answer(json=_page([{**bucket, "results": [used]}])))
        span = {"starting_at": _z(day), "ending_at": _z(day + timedelta(days=1))}
        cents = {"currency": "USD", "amount": self.anthropic_cents}
        on("/anthropic/v1/organizations/cost_report", Answer(json=_page([{**span, "results": [cents]}])))
        messages = {
            "uncached_input_tokens": 40210,
            "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 8120},
            "cache_read_input_tokens": 301244,
            "output_tokens": 15507,
            "model": "claude-sonnet-4-5",
        }
        on("/anthropic/v1/organizations/usage_report/messages", Answer(json=_page([{**span, "results": [messages]}])))
        on("/anthropic/v1/organizations/me", Answer(json={"type": "organization", "name": "Example Labs"}))
        key = {"label": "sk-or-v1-4ba...", "limit": 20, "limit_remaining": self.credits_left, "limit_reset": None}
        spent = {"usage": 212.4, "usage_daily": 1.1, "usage_weekly": 6.4, "usage_monthly": 12.5}
        on("/openrouter/api/v1/key", Answer(json={"data": {**key, **spent, "is_management_key": False}}))
        infos = [
            {"currency": "USD", "total_balance": self.deepseek_usd, "granted_balance": "2.00"},
            {"currency": "CNY", "total_balance": "88.10", "granted_balance": "0.00"},
        ]
        on("/deepseek/user/balance", Answer(json={"is_available": True, "balance_infos": infos}))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One verb in a real process."""
        argv = [sys.executable, "-m", "aic_tui", *arguments]
        return subprocess.run(argv, env=self.environ, capture_output=True, text=True, timeout=120, check=False)

    def usage(self) -> dict[str, dict[str, Any]]:
        """``usage --json``: the rows by account id."""
        done = self.run("usage", "--json")
        assert done.returncode == 0, done.stderr
        return {row["account_id"]: row for row in json.loads(done.stdout)["providers"]}

    def leaks(self, data: bytes) -> list[str]:
        """The forms of our secrets (raw, base64, URL-encoded, first and last 12 characters) that ``data`` holds."""
        return [form for secret in self.secrets for form in _forms(secret) if form.encode() in data]


def _forms(secret: str) -> set[str]:
    plain = base64.b64encode(secret.encode()).decode()
    url_safe = base64.urlsafe_b64encode(secret.encode()).decode()
    # the public prefix of a kind of key is no secret: "first 12" starts behind it
    body = secret.split("-kanarien", 1)[-1] if "-kanarien" in secret else secret
    return {secret, plain.rstrip("="), url_safe.rstrip("="), quote(secret, safe=""), body[:12], secret[-12:]}


def _page(buckets: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "page", "data": buckets, "has_more": False, "next_page": None}


def _z(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
