"""The only sender of requests: provider and account in, reading out, every fault of the network as a ProviderError.

Nothing here trusts the server: one deadline for all rounds of a fetch, no redirects, no cookies, no netrc, bounded
headers and bodies, JSON only, TLS always verified. ``sender.py`` is the way that a request takes.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.models import Reading, RequestEntry
from aic_tui.providers.address import Target, parse_origin, target_of
from aic_tui.providers.auth import account_fields
from aic_tui.providers.base import Ask, Provider, Reply, Request
from aic_tui.providers.decode import error_text, is_web_page, parse_json
from aic_tui.providers.faults import worth_a_retry
from aic_tui.providers.forms import form_headers, no_form_answer
from aic_tui.providers.headers import http_date, request_headers
from aic_tui.providers.provider_code import planned, understood
from aic_tui.providers.raw_reply import raw_text
from aic_tui.providers.refusals import refusal
from aic_tui.providers.sender import DEADLINE_SECONDS, Message, RawAnswer, Sender

if TYPE_CHECKING:
    from aic_tui.providers.auth import Credential

_MOST_ROUNDS = 20

_log = logging.getLogger("aic_tui.http")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A good fetch. ``raw`` is all replies as redacted, indented JSON of bounded size, for a person to look at."""

    reading: Reading
    raw: str


@dataclass(slots=True)
class _Fetch:
    """What one fetch carries from request to request."""

    provider: Provider
    account: Account
    credential: Credential
    ask: Ask
    deadline: asyncio.Timeout
    replies: list[Reply] = field(default_factory=list)
    retried: bool = False


class Client:
    """Sends the requests of providers. One per process; connections and certificates are shared and made lazily.

    ``on_request`` gets one entry per request sent. ``deadline_seconds`` bounds a whole fetch with all its rounds.
    """

    def __init__(
        self,
        env: Environment,
        *,
        on_request: Callable[[RequestEntry], None] | None = None,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._env = env
        self._sender = Sender(env, on_request)
        self._deadline_seconds = deadline_seconds

    async def fetch(self, provider: Provider, account: Account, credential: Credential) -> Fetched:
        """Ask the provider about one account and understand its replies.

        Raises :class:`ProviderError` for every failure, and nothing else (but CancelledError).
        """
        key = credential.secret.get_secret_value()
        fields = account_fields(account, provider, self._env)
        ask = Ask(self._env.now(), credential.key_shape, fields, credential.facts)
        try:
            async with asyncio.timeout(self._deadline_seconds) as deadline:
                fetch = _Fetch(provider, account, credential, ask, deadline)
                await self._ask_all(fetch)
            reading = understood(provider, ask, fetch.replies)
            return Fetched(reading, raw_text(fetch.replies, key))
        except TimeoutError:
            raise ProviderError(FailureKind.TIMEOUT) from None
        except ProviderError as error:
            if error.detail and len(key) >= 8:
                error.detail = error.detail.replace(key, "…")
            if error.kind is FailureKind.ERROR:
                _log.warning("%s: unexpected HTTP %s: %s", account.id, error.http_status or "-", error.detail or "-")
            raise

    async def post_form(self, account_id: str, address: str, form: Mapping[str, str]) -> RawAnswer:
        """Send a form without any key, once, and give the answer of whatever status below 500.

        ``account_id`` is who the request is noted for. Raises :class:`ProviderError` for everything that is no answer
        of the server asked: faults on the way, redirects, web pages and server errors; never asks again by itself,
        because a second question may be too soon or use up what the first was given.
        """
        origin = parse_origin(address)
        content = urlencode(form).encode()
        message = Message(account_id, "POST", Target(origin, str(origin), str(origin)), form_headers(), content)
        try:
            async with asyncio.timeout(self._deadline_seconds) as deadline:
                return await self._sender.send(message, deadline, self._judge_form)
        except TimeoutError:
            raise ProviderError(FailureKind.TIMEOUT) from None

    async def aclose(self) -> None:
        """Close every connection. A later fetch opens new ones, so this also serves after a suspend."""
        await self._sender.aclose()

    async def _ask_all(self, fetch: _Fetch) -> None:
        for _ in range(_MOST_ROUNDS):
            requests = planned(fetch.provider, fetch.ask, fetch.replies)
            if not requests:
                return
            for request in requests:
                fetch.replies.append(await self._ask_one(fetch, request))
        if planned(fetch.provider, fetch.ask, fetch.replies):
            raise ProviderError(FailureKind.FORMAT_CHANGED, Reason.SHAPE, detail="the pages do not end")

    async def _ask_one(self, fetch: _Fetch, request: Request) -> Reply:
        """One request with its answer, and one more try where only the way there was bad."""
        try:
            return await self._send(fetch, request)
        except ProviderError as error:
            if fetch.retried or request.method != "GET" or not worth_a_retry(error):
                raise
        fetch.retried = True
        await self._env.sleep(self._env.rng.uniform(0.5, 1.5))
        return await self._send(fetch, request)

    async def _send(self, fetch: _Fetch, request: Request) -> Reply:
        target = target_of(fetch.provider, fetch.account, request, home_bound=fetch.credential.home_bound)
        key = fetch.credential.secret.get_secret_value()
        headers = request_headers(fetch.provider, fetch.account, request, key)
        content = None if request.body is None else json.dumps(request.body).encode()
        message = Message(fetch.account.id, request.method, target, headers, content)
        return await self._sender.send(message, fetch.deadline, lambda answer: self._judge(fetch, request, answer))

    def _judge(self, fetch: _Fetch, request: Request, answer: RawAnswer) -> Reply:
        """The reply, decoded; raises what it means where it is no answer to the question."""
        headers, text = answer.headers, answer.text
        is_page = is_web_page(text, headers.get("content-type", ""))
        data, readable = None, is_page
        if not is_page:
            try:
                data, readable = parse_json(text), True
            except ValueError:
                readable = False
        reply = Reply(request, answer.status, data, headers, http_date(headers.get("date")), is_page)
        words = "" if readable else text
        error = refusal(fetch.provider, fetch.ask, reply, words, self._env.now())
        if error is not None:
            raise error
        if not readable and answer.status not in request.accept:
            detail = error_text(None, words)
            raise ProviderError(FailureKind.FORMAT_CHANGED, Reason.NOT_JSON, detail=detail, http_status=reply.status)
        return reply

    def _judge_form(self, answer: RawAnswer) -> RawAnswer:
        error = no_form_answer(answer.status, answer.text, answer.headers, self._env.now())
        if error is not None:
            raise error
        return answer
