"""An editor over real files, a keyring in memory, and a provider on loopback."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from aic_tui.config.diff import GAP
from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.services.editing import DiffLine, Draft, KeyStore, Plan
from aic_tui.services.editor import LiveEditor
from aic_tui.services.live import LiveMonitor

KEY = "sk-or-v1-kAnarie9Vogel7Qz3xW5"
OTHER_KEY = "sk-or-v1-kAnarie9Vogel7Zweit8"


class Ring:
    """A keyring; ``trouble`` is raised by every call, and ``hold`` waited for."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.trouble: Exception | None = None
        self.hold: threading.Event | None = None

    def get_password(self, service: str, username: str) -> str | None:
        assert service == "aic-tui"
        self._fail()
        return self.keys.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        assert service == "aic-tui"
        self._fail()
        self.keys[username] = password

    def delete_password(self, service: str, username: str) -> None:
        assert service == "aic-tui"
        self._fail()
        del self.keys[username]

    def _fail(self) -> None:
        if self.hold is not None:
            self.hold.wait(20)
        if self.trouble is not None:
            raise self.trouble


def draft(account_id: str, key: str | None = None, secret: str | None = None, **parts: object) -> Draft:
    """An OpenRouter account; with ``secret`` for the store that ``key`` names."""
    account = Account(id=account_id, provider_id="openrouter", key=key)
    for name, value in parts.items():
        object.__setattr__(account, name, value)
    store = {"keyring": KeyStore.KEYRING, "file": KeyStore.FILE}.get(key or "", KeyStore.NONE)
    return Draft(account, SecretStr(secret) if secret else None, store)


@asynccontextmanager
async def editing(env: Environment) -> AsyncIterator[tuple[LiveEditor, LiveMonitor]]:
    """The editor of a live monitor, closed at the end."""
    monitor = LiveMonitor.open(env)
    try:
        yield monitor.editor, monitor
    finally:
        await monitor.aclose()


def write(env: Environment, text: str) -> None:
    env.paths.config.mkdir(parents=True, exist_ok=True)
    env.paths.config_file.write_text(text, encoding="utf-8")


def text_of(env: Environment) -> str:
    return env.paths.config_file.read_text(encoding="utf-8") if env.paths.config_file.exists() else ""


def said(plan: Plan, signs: str) -> list[str]:
    """The lines of the plan's diff with these signs, without the mark for left-out lines."""
    return [line.text for line in plan.diff if line.sign in signs and line.text != "…"]


def follows(plan: Plan, before: str, after: str) -> bool:
    """True when ``after`` is ``before`` with exactly the plan's lines taken away and put in."""
    hunks: list[list[DiffLine]] = [[]]
    for line in plan.diff:
        if (line.sign, line.text) == (" ", GAP):
            hunks.append([])
        else:
            hunks[-1].append(line)
    return _leads_to(hunks, before.splitlines(), after.splitlines())


def _leads_to(hunks: list[list[DiffLine]], old: list[str], new: list[str]) -> bool:
    """Try each place where the first hunk fits: lines of accounts that look alike are often repeated."""
    if not hunks:
        return old == new
    gone = [line.text for line in hunks[0] if line.sign != "+"]
    put = [line.text for line in hunks[0] if line.sign != "-"]
    return any(
        old[:at] == new[:at]
        and old[at : at + len(gone)] == gone
        and new[at : at + len(put)] == put
        and _leads_to(hunks[1:], old[at + len(gone) :], new[at + len(put) :])
        for at in range(len(old) - len(gone) + 1)
    )
