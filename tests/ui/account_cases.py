"""Accounts of every kind for the screens that edit them, with a clock that stands."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from aic_tui.config.settings import Account
from aic_tui.environment import Environment, Paths
from aic_tui.errors import FailureKind, Reason
from aic_tui.models import Balance, Failure, Reading, Window
from aic_tui.services.editing import Trial
from aic_tui.services.monitor import Found
from tests.ui.fake_editor import FakeEditor
from tests.ui.fakes import FakeMonitor, account

NOW = datetime(2026, 11, 21, 10, 48, tzinfo=UTC)
HOME = Path("/home/alice")
KEY = "sk-or-v1-kanarienOpenRouter5566778899H4uT"
OTHER_KEY = "sk-ant-api03-kanarienAnthropic5566778899Qz7K"
REJECTED = Failure(FailureKind.AUTH_NEEDED, NOW, Reason.KEY_REJECTED, http_status=401)

CREDITS = Reading(
    plan="Free tier",
    windows=(Window("credits", "Credits", unit="usd", ratio=0.625, used=Decimal("12.5"), limit=Decimal(20)),),
    balances=(Balance(Decimal("7.5"), "USD"),),
)
ACCOUNTS = (
    Account("openrouter", "openrouter", key="env:OPENROUTER_API_KEY"),
    Account("openrouter-2", "openrouter", name="OpenRouter work", key="keyring", pinned=True),
    Account("codex", "codex", key="discovered:codex"),
    Account("anthropic", "anthropic", name="Anthropic, admin", key="file"),
    Account("deepseek", "deepseek", key="keyring", enabled=False, hidden=True),
)
FOUND = (
    Found(
        "claude", "Claude", "discovered:claude-code", "/home/alice/.claude/.credentials.json", "…x9Kq", "claude", True
    ),
    Found("openai", "OpenAI", "env:OPENAI_ADMIN_KEY", "OPENAI_ADMIN_KEY", "…H4uT", "openai"),
    Found("codex", "Codex", "discovered:codex", "/home/alice/.codex/auth.json", "…ab12", "codex", True, accepted=True),
)


async def _never(_seconds: float) -> None:
    await asyncio.Event().wait()


def case_env(**environ: str) -> Environment:
    """Nothing of this machine, and a clock that stands."""
    nowhere = Path("/nonexistent")
    paths = Paths(nowhere, nowhere, nowhere, nowhere)
    return Environment(paths=paths, home=HOME, environ=environ, now=lambda: NOW, sleep=_never)


def case_editor() -> FakeEditor:
    """An editor with one account of every kind of key."""
    editor = FakeEditor(NOW, ACCOUNTS)
    editor.found = list(FOUND)
    editor.told.reading = CREDITS
    ago = timedelta(minutes=3)
    editor.trials = {
        "openrouter": Trial(NOW - ago, CREDITS),
        "openrouter-2": Trial(NOW - ago, CREDITS),
        "anthropic": Trial(NOW - ago, failure=replace(REJECTED, at=NOW - ago)),
    }
    return editor


def case_monitor(env: Environment) -> FakeMonitor:
    """A dashboard of two accounts that the editor knows, and the editor."""
    editor = case_editor()
    states = [
        replace(account(1, env.now(), 0.4), account_id="openrouter", provider_name="OpenRouter", label="OpenRouter"),
        replace(account(2, env.now(), 0.8), account_id="codex", provider_name="Codex", label="Codex"),
    ]
    monitor = FakeMonitor(states)
    monitor.editor, monitor.can_edit = editor, True
    return monitor
