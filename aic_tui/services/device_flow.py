"""One login by device flow, from the question for a code to the token or a clear ending.

The pace is stricter than the standard asks for, because monotonic clocks of virtual machines run fast: RFC 8628, and
cli/cli#9370 with cli/oauth's margins (2026-11). The device code is in no news, no log and no exception.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError
from aic_tui.login import Stage
from aic_tui.models import Failure
from aic_tui.providers.github_device import (
    CODE_PATH,
    TOKEN_PATH,
    DeviceCode,
    Refusal,
    Refused,
    code_form,
    read_code,
    read_token,
    token_form,
)

if TYPE_CHECKING:
    from pydantic import SecretStr

    from aic_tui.providers.client import Client
    from aic_tui.providers.github import GitHubSite

_MARGIN = 1.2
_MARGIN_SLOWED = 1.4
_LONGEST_GAP_SECONDS = 60.0
_LONGEST_TROUBLE_GAP_SECONDS = 30.0
_SLOW_DOWN_SECONDS = 5.0
_FINAL_SECONDS = 2.0
_FINAL_SHARE = 0.1
# A sleep does not end when the wall clock jumps, so none is longer than the screen may be wrong about the expiry.
_LONGEST_SLEEP_SECONDS = 5.0
_SHORTEST_SLEEP_SECONDS = 0.001

_ENDINGS = {
    Refusal.EXPIRED: Stage.EXPIRED,
    Refusal.DECLINED: Stage.DECLINED,
    Refusal.DISABLED: Stage.DISABLED,
    Refusal.CLIENT_REJECTED: Stage.CLIENT_REJECTED,
}


@dataclass(frozen=True, slots=True)
class FlowNews:
    """A flow as it stands: REQUESTING, then WAITING with a code. The fields are those of ``LoginState``."""

    stage: Stage
    user_code: str | None = None
    page: str | None = None
    expires_at: datetime | None = None
    interval_seconds: float | None = None
    slowed: bool = False
    drifts: bool = False
    trouble: Failure | None = None


class FlowEnded(Exception):  # noqa: N818 - most endings are no errors
    """A flow that gave no token. ``failure`` is set for UNREACHABLE; ``detail`` has the server's words, cleaned."""

    def __init__(self, stage: Stage, failure: Failure | None = None, detail: str | None = None) -> None:
        super().__init__(str(stage))
        self.stage = stage
        self.failure = failure
        self.detail = detail


@dataclass(slots=True)
class Pace:
    """When the next question may be asked. Pure; times are monotonic seconds.

    ``interval_seconds`` is what the server wants at least, ``last`` when its last answer came, ``margin_seconds`` how
    long before the expiry the last question is asked.
    """

    interval_seconds: float
    last: float
    margin_seconds: float
    slow_downs: int = 0
    troubles: int = 0
    not_before: float = 0.0

    @property
    def gap_seconds(self) -> float:
        """The time between two questions. The longest gap limits our margin, never what the server wants."""
        factor = _MARGIN_SLOWED if self.slow_downs else _MARGIN
        gap = max(self.interval_seconds, min(self.interval_seconds * factor, _LONGEST_GAP_SECONDS))
        longer = gap * 2.0 ** min(self.troubles, 10)
        return max(gap, min(longer, _LONGEST_TROUBLE_GAP_SECONDS))

    def slow_down(self, wanted: float | None) -> None:
        """The server was asked too often; ``wanted`` is its new interval, if it names one."""
        self.slow_downs += 1
        self.interval_seconds = max(self.interval_seconds + _SLOW_DOWN_SECONDS, wanted or 0.0)

    def due(self, end: float) -> float | None:
        """The time of the next question before ``end``, or None where none fits in any more.

        The last question is always the one just before the end: a regular one that would leave no room for it after
        itself moves there.
        """
        final = end - self.margin_seconds
        regular = max(self.last + self.gap_seconds, self.not_before)
        if regular + self.interval_seconds <= final:
            return regular
        earliest = max(self.last + self.interval_seconds, self.not_before)
        return final if earliest <= final else None


@dataclass(slots=True)
class _Waiting:
    """A code that was given, and what became of it so far. ``expires_at`` is by the wall clock, ``end`` monotonic."""

    code: DeviceCode | None = field(repr=False)
    expires_at: datetime
    end: float
    pace: Pace
    news: FlowNews
    trouble: Failure | None = None

    def changed(self) -> FlowNews | None:
        """The news, where they differ from the last."""
        slowed, drifts = self.pace.slow_downs > 0, self.pace.slow_downs > 1
        gap = self.pace.gap_seconds
        news = replace(self.news, interval_seconds=gap, slowed=slowed, drifts=drifts, trouble=self.trouble)
        if news == self.news:
            return None
        self.news = news
        return news


class DeviceFlow:
    """Asks one GitHub for one token. Every call of :meth:`token` is a login of its own, with a new code.

    ``account_id`` is who its requests are noted for.
    """

    def __init__(
        self, env: Environment, client: Client, site: GitHubSite, client_id: str, scope: str, *, account_id: str
    ) -> None:
        self._env = env
        self._client = client
        self._site = site
        self._client_id = client_id
        self._scope = scope
        self._account_id = account_id

    async def token(self, on_change: Callable[[FlowNews], None]) -> SecretStr:
        """The token, once the user has agreed. ``on_change`` is told whatever a screen may show, on the event loop.

        Raises :class:`FlowEnded` for every other ending. A cancelled call sends nothing any more.
        """
        on_change(FlowNews(Stage.REQUESTING))
        await self._env.sleep(0)  # who hears the news may cancel at once
        waiting = await self._code()
        try:
            on_change(waiting.news)
            while True:
                await self._wait(waiting)
                token = await self._ask(waiting)
                if token is not None:
                    return token
                news = waiting.changed()
                if news is not None:
                    on_change(news)
        finally:
            waiting.code = None  # an exception may keep this frame alive

    async def _code(self) -> _Waiting:
        at, started = self._env.now(), self._env.monotonic()  # the earlier instant: the code is no older than that
        got: DeviceCode | Refused | ProviderError
        try:
            form = code_form(self._client_id, self._scope)
            answer = await self._client.post_form(self._account_id, self._site.login_url + CODE_PATH, form)
            got = read_code(self._site, answer, self._env.now())
        except ProviderError as error:
            got = error
        if isinstance(got, ProviderError):
            # GitHub servers without the endpoint answer with their page for what is not there.
            no_endpoint = got.kind is FailureKind.BLOCKED_BY_GATEWAY and got.http_status == 404
            raise FlowEnded(
                Stage.DISABLED if no_endpoint else Stage.UNREACHABLE, self._failure(got, got.retry_after_seconds)
            )
        if isinstance(got, Refused):
            raise _ended(got)
        if got.page is None:
            raise FlowEnded(Stage.UNSAFE_PAGE)
        life, interval = got.life_seconds, got.interval_seconds
        pace = Pace(interval, self._env.monotonic(), min(_FINAL_SECONDS, life * _FINAL_SHARE))
        expires_at = at + timedelta(seconds=life)
        news = FlowNews(Stage.WAITING, got.user_code, got.page, expires_at, pace.gap_seconds)
        return _Waiting(got, expires_at, started + life, pace, news)

    async def _wait(self, waiting: _Waiting) -> None:
        """Until the next question is due. Raises :class:`FlowEnded` once the code is over by either clock."""
        while True:
            now = self._env.monotonic()
            left = self._left(waiting)
            if left <= 0:
                raise FlowEnded(Stage.EXPIRED)
            due = waiting.pace.due(now + left)
            if due is not None and now >= due:
                return
            gap = left if due is None else min(due - now, left)
            await self._env.sleep(max(min(gap, _LONGEST_SLEEP_SECONDS), _SHORTEST_SLEEP_SECONDS))

    def _left(self, waiting: _Waiting) -> float:
        """Seconds to the expiry by the clock that is nearer to it: a suspend stops one, a wrong setting moves one."""
        return min(waiting.end - self._env.monotonic(), (waiting.expires_at - self._env.now()).total_seconds())

    async def _ask(self, waiting: _Waiting) -> SecretStr | None:
        """One question: the token, or None to go on. Raises :class:`FlowEnded` for an answer that ends the login."""
        pace = waiting.pace
        got = await self._question(waiting)
        pace.last = self._env.monotonic()
        if isinstance(got, ProviderError):
            self._in_trouble(waiting, got)
            return None
        if not isinstance(got, Refused):
            return got
        if got.why is Refusal.SLOW_DOWN:
            pace.slow_down(got.interval_seconds)
        elif got.why is not Refusal.PENDING:
            raise _ended(got)
        pace.troubles, waiting.trouble = 0, None
        return None

    async def _question(self, waiting: _Waiting) -> SecretStr | Refused | ProviderError:
        """The answer or what came in its place; raises nothing, so that no traceback holds the device code."""
        code = waiting.code
        assert code is not None  # noqa: S101 - dropped only when the call is over
        try:
            form = token_form(self._client_id, code)
            answer = await self._client.post_form(self._account_id, self._site.login_url + TOKEN_PATH, form)
            return read_token(answer, self._env.now(), code)
        except ProviderError as error:
            return error

    def _in_trouble(self, waiting: _Waiting, error: ProviderError) -> None:
        """No answer to the question: the next one comes later, and no sooner than the server asks for."""
        pace = waiting.pace
        pace.troubles += 1
        pace.not_before = pace.last + (error.retry_after_seconds or 0.0)
        due = pace.due(pace.last + self._left(waiting))
        waiting.trouble = self._failure(error, None if due is None else due - pace.last)

    def _failure(self, error: ProviderError, wait_seconds: float | None) -> Failure:
        at = self._env.now()
        retry_at = None if wait_seconds is None else at + timedelta(seconds=wait_seconds)
        return Failure(error.kind, at, error.reason, error.hint, error.detail, retry_at, error.http_status)


def _ended(refused: Refused) -> FlowEnded:
    return FlowEnded(_ENDINGS.get(refused.why, Stage.REFUSED), detail=refused.detail)
