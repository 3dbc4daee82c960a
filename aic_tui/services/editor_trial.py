"""Trying a key out: one real question to its provider, on the terms of a manual refresh. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason, UserError
from aic_tui.models import Failure
from aic_tui.providers.base import Provider
from aic_tui.providers.registry import get_provider
from aic_tui.services.asking import Asked, moment, waiting_failure
from aic_tui.services.editing import Draft, Trial
from aic_tui.services.editor_plans import places_of

if TYPE_CHECKING:
    from aic_tui.providers.auth import Credential
    from aic_tui.services.editor_bench import Tools
    from aic_tui.services.refresh import RefreshService

_FRESH = timedelta(minutes=2)


class Trials:
    """The trials of one session; ``last`` is the newest by account id."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._asked: dict[str, tuple[Draft, Asked]] = {}
        self._answers: dict[str, Trial] = {}
        self.last: dict[str, Trial] = {}

    async def run(self, draft: Draft, accounts: Sequence[Account], tools: Tools) -> Trial:
        """Ask now. ``accounts`` are those in force: the stored key of one goes to that one's hosts only."""
        trial = await self._run(draft, accounts, tools)
        self.last[draft.account.id] = trial
        return trial

    async def hand_over(self, draft: Draft, service: RefreshService) -> bool:
        """Let the account that was just saved have what its trial told. False when there is nothing to hand over."""
        tried, asked = self._asked.pop(draft.account.id, (None, None))
        if tried is None or asked is None or _what_was_asked(tried) != _what_was_asked(draft):
            return False
        if asked.snapshot is None or self._env.now() - asked.snapshot.fetched_at > _FRESH:
            return False
        snapshot = replace(asked.snapshot, auth_source=draft.account.key or asked.snapshot.auth_source)
        return await service.take(draft.account.id, replace(asked, snapshot=snapshot))

    async def _run(self, draft: Draft, accounts: Sequence[Account], tools: Tools) -> Trial:
        now = self._env.now()
        try:
            provider = get_provider(draft.account.provider_id)
        except UserError as error:
            return Trial(now, failure=Failure(FailureKind.NOT_CONFIGURED, now, hint=error.sentence))
        origin = _origin(draft.account, provider)
        if not draft.account.enabled:
            hint = "the account is disabled; enable it first"
            return Trial(now, failure=Failure(FailureKind.NOT_CONFIGURED, now, hint=hint), origin=origin)
        try:
            credential = await self._credential(draft, provider, accounts, tools)
        except ProviderError as error:
            failure = Failure(error.kind, now, error.reason, error.hint, error.detail)
            return Trial(now, failure=failure, origin=origin)
        asked = await tools.service.try_out(draft.account, provider, credential)
        trial = self._told(asked, origin)
        if asked.sent and asked.key is not None:
            self._answers[asked.key] = trial
            self._asked[draft.account.id] = draft, asked
            if draft.secret is None and draft.account in accounts:
                await tools.service.take(draft.account.id, asked)
        return trial

    async def _credential(
        self, draft: Draft, provider: Provider, accounts: Sequence[Account], tools: Tools
    ) -> Credential:
        from aic_tui.providers.auth import resolve, typed_credential

        account = draft.account
        if draft.secret is not None:
            return typed_credential(draft.secret, provider)
        saved = next((other for other in accounts if other.id == account.id), None)
        if account.key in ("keyring", "file") and saved is not None and places_of(saved) != places_of(account):
            hint = "enter the key again to send it to another host"
            raise ProviderError(FailureKind.AUTH_NEEDED, Reason.HOST_NOT_TRUSTED, hint=hint)
        tools.vault.wake()
        credential = await resolve(account, provider, self._env, tools.vault)
        await tools.origins.check(account, provider, credential)
        return credential

    def _told(self, asked: Asked, origin: str) -> Trial:
        now = self._env.now()
        if asked.snapshot is not None:
            return Trial(asked.snapshot.fetched_at, reading=asked.snapshot.reading, origin=origin)
        if asked.failure is not None:
            return Trial(now, failure=asked.failure, origin=origin)
        if asked.wait is None:
            hint = "the key was exchanged while it was tried; try again"
            return Trial(now, failure=Failure(FailureKind.AUTH_NEEDED, now, hint=hint), origin=origin)
        if asked.wait.why == "recent" and (answer := self._answers.get(asked.key or "")) is not None:
            return answer  # what the provider said to the same key some seconds ago
        failure = waiting_failure(asked.wait, now)
        if failure is None:
            hint = "it was asked a moment ago"
            failure = Failure(FailureKind.RATE_LIMITED, now, hint=hint, retry_at=moment(asked.wait.until))
        return Trial(now, failure=failure, origin=origin)


def _what_was_asked(draft: Draft) -> tuple[object, ...]:
    account = replace(draft.account, name=None, pinned=False, hidden=False, interval_seconds=None, origin="file")
    if draft.secret is None:
        return account, None
    # Where a typed key is kept is decided after the trial, and is no part of the question.
    return replace(account, key=None), draft.secret.get_secret_value()


def _origin(account: Account, provider: Provider) -> str:
    from aic_tui.providers.address import base_url_of, parse_origin

    try:
        return str(parse_origin(account.base_url or base_url_of(provider, account)))
    except ProviderError:
        return ""
