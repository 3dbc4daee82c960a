"""A sign-in that goes from stage to stage when a test says so, and notes what it was asked to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from aic_tui.config.settings import Account
from aic_tui.errors import UserError
from aic_tui.services.signing_in import ENDINGS, AuthStatus, LoginState, LoginTarget, Stage

CLIENT = "Iv1.b507a08c87ecfe98"
NEW = LoginTarget("copilot-2", "GitHub Copilot", "github.com", is_new=True)


class FakeRun:
    """One login. :meth:`go` is the server and the user: the next stage with what is known by then."""

    def __init__(self, target: LoginTarget) -> None:
        self.state = LoginState(target, client_id=CLIENT, scope="read:user")
        self.started = self.cancelled = False
        self.answers: list[bool] = []
        self._callbacks: list[Callable[[LoginState], None]] = []
        self._stopped = asyncio.Event()

    def subscribe(self, callback: Callable[[LoginState], None]) -> None:
        self._callbacks.append(callback)

    def go(self, stage: Stage, **changes: Any) -> None:
        """On to ``stage``; run() ends at an ending and at CONSENT."""
        self.state = replace(self.state, stage=stage, **changes)
        for callback in self._callbacks:
            callback(self.state)
        if stage in ENDINGS or stage is Stage.CONSENT:
            self._stopped.set()

    async def run(self) -> LoginState:
        self.started = True
        self.go(Stage.REQUESTING)
        try:
            await self._stopped.wait()
        except asyncio.CancelledError:
            await self.cancel()
            raise
        return self.state

    async def consent(self, *, yes: bool) -> LoginState:
        self.answers.append(yes)
        self.go(Stage.DONE if yes else Stage.NOT_STORED, kept_in=self.state.path if yes else None)
        return self.state

    async def cancel(self) -> None:
        if self.state.stage not in ENDINGS:
            self.cancelled = True
            self.go(Stage.CANCELLED)


class FakeSignIn:
    """``runs`` are the logins that were begun, oldest first."""

    def __init__(self, *targets: LoginTarget) -> None:
        self.known = [*targets, NEW]
        self.runs: list[FakeRun] = []
        self.stores: list[str] = []
        self.filled_in: list[Account | None] = []
        self.signed_out: list[str] = []
        self.refuses: str | None = None

    @property
    def last(self) -> FakeRun:
        """The login that was begun last."""
        return self.runs[-1]

    async def targets(self) -> Sequence[LoginTarget]:
        return self.known

    def begin(
        self,
        target: LoginTarget,
        *,
        store: str = "keyring",
        file_consent: bool = False,
        filled_in: Account | None = None,
    ) -> FakeRun:
        self.stores.append(store)
        self.filled_in.append(filled_in)
        self.runs.append(FakeRun(target))
        return self.last

    async def status(self) -> Sequence[AuthStatus]:
        return []

    async def logout(self, account_id: str, *, store: str | None = None) -> Sequence[str]:
        if self.refuses:
            raise UserError(self.refuses)
        self.signed_out.append(account_id)
        return ("keyring", "file")
