"""A world for the device flow without sockets: a clock that passes only while the flow waits, and a scripted GitHub.

Things may happen at any instant, in a sleep or inside a request: a cancel, a suspend, a change of the wall clock.
The judge keeps its own account of what the standard allows; it knows nothing of how the flow computes its pace.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx

from aic_tui.environment import Environment
from aic_tui.models import RequestEntry
from aic_tui.providers.client import Client
from aic_tui.providers.github import GitHubSite
from aic_tui.services.device_flow import DeviceFlow, FlowNews
from tests.clock import FakeClock
from tests.conftest import MakeEnv
from tests.github import CODE_PATH, GRANT, TOKEN_PATH

SITE = GitHubSite("https://github.com", "https://api.github.com", "github.com")
CLIENT_ID = "Iv1.kanarienClient"
DEVICE_CODE = "kanariendevicecode9876543210fedcba987654"
TOKEN = "ghu_kanarienTokenVogel9876543210ZYXwvu"
REFRESH = "ghr_kanarienRefreshVogel9876543210ZYXwvu"
SECRETS = (DEVICE_CODE, TOKEN, REFRESH)
GOOD_TOKEN = {"access_token": TOKEN, "token_type": "bearer", "scope": "", "refresh_token": REFRESH, "expires_in": 28800}


@dataclass(frozen=True)
class Play:
    """One answer of the scripted server. ``fault`` is raised in its place; ``seconds`` pass before it comes.

    ``ends`` is the ending that it must lead to, "token" for success, None to go on. ``slower`` marks a slow_down, with
    ``interval`` the new interval that counts (None: 5 s more). ``wait`` is the server's wish in a header.
    """

    status: int = 200
    json: Any = None
    text: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    fault: type[httpx.TransportError] | None = None
    seconds: float = 0.0
    ends: str | None = None
    slower: bool = False
    interval: float | None = None
    wait: float = 0.0
    is_trouble: bool = False

    def response(self) -> httpx.Response:
        if self.text is not None:
            return httpx.Response(self.status, text=self.text, headers=list(self.headers))
        return httpx.Response(self.status, json=self.json, headers=list(self.headers))


def error(word: str, status: int = 200, **more: Any) -> Play:
    """An error as GitHub tells it; its words quote the device code, as a careless server would."""
    said = f"The code {DEVICE_CODE} is {word}."
    ends = more.pop("ends", None)
    return Play(status, json={"error": word, "error_description": said, **more}, ends=ends)


PENDING = error("authorization_pending")
TOKEN_PLAY = Play(json=GOOD_TOKEN, ends="token")


def code_play(**changes: Any) -> Play:
    """The answer with the code; None as a change drops a field."""
    body = {
        "device_code": DEVICE_CODE,
        "user_code": "FAKE-1234",
        "verification_uri": "https://github.com/login/device",
        "verification_uri_complete": "https://github.com/login/device?user_code=FAKE-1234",
        "expires_in": 900,
        "interval": 5,
        **changes,
    }
    return Play(json={name: value for name, value in body.items() if value is not None})


@dataclass(repr=False)  # it is inside what is searched for secrets
class World(httpx.AsyncBaseTransport):
    """Clock, server and judge of one login. ``interval`` and ``life`` are what the standard makes of the answer."""

    make_env: MakeEnv
    clock: FakeClock
    answers: Sequence[Play] = (PENDING,)
    code: Play = field(default_factory=code_play)
    interval: float = 5.0
    life: float = 900.0
    events: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = self.clock
        clocks = {"now": clock.now, "monotonic": clock.monotonic, "boottime": clock.boottime, "sleep": self.pass_time}
        self.env: Environment = self.make_env(transport=self, **clocks)
        self.entries: list[RequestEntry] = []
        self.client = Client(self.env, on_request=self.entries.append)
        self.flow = DeviceFlow(self.env, self.client, SITE, CLIENT_ID, "read:user", account_id="someone")
        self.news: list[FlowNews] = []
        self.asked: list[float] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.wrong: list[str] = []
        self.expected = "expired"
        self.cancelled = self.told_to_end = False
        self.on_news: Callable[[FlowNews], None] | None = None
        self._script = itertools.chain(self.answers, itertools.repeat(self.answers[-1]))
        self._allowed = 0.0
        self._last = 0.0
        self._answered = 0.0
        self._end: float | None = None
        self._wall_end = self.clock.now()
        self.task: asyncio.Task[str] | None = None

    def at(self, seconds: float, happening: Callable[[], None]) -> None:
        """Let something happen so many monotonic seconds from the start."""
        self.events.append((self.clock.monotonic() + seconds, happening))
        self.events.sort(key=lambda event: event[0])

    def cancel(self) -> None:
        """The user's wish to stop."""
        assert self.task is not None
        self.cancelled = True
        self.task.cancel()

    async def pass_time(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        while self.events and self.events[0][0] <= end:
            moment, happening = self.events.pop(0)
            self.clock.move(max(0.0, moment - self.clock.monotonic()))
            happening()
        self.clock.move(max(0.0, end - self.clock.monotonic()))
        await asyncio.sleep(0)

    async def run(self) -> str:
        """The token's text; raises what the flow raises."""
        self.task = asyncio.create_task(self._token())
        return await self.task

    def missed_the_end(self) -> bool:
        """True where an expired login was not asked about once more just before its end, or ended late."""
        assert self._end is not None
        room = self._end - self._allowed
        asked = bool(self.asked) and self._end - self.asked[-1] <= max(2.0, self.interval) + 0.01
        late = self.clock.monotonic() > max(self._end, self._answered) + 0.01
        return late or (not asked and room > self.interval + 2.0)

    async def _token(self) -> str:
        return (await self.flow.token(self._hear)).get_secret_value()

    def _hear(self, news: FlowNews) -> None:
        self.news.append(news)
        if self.on_news is not None:
            self.on_news(news)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl((await request.aread()).decode()))
        self.forms.append((request.url.path, form))
        if self.cancelled:
            self.wrong.append("a request after the cancel")
        if "authorization" in request.headers or request.method != "POST":
            self.wrong.append(f"not a form without a key: {request.method}")
        if request.url.path == CODE_PATH:
            play = self.code
            issued, wall = self.clock.monotonic(), self.clock.now()
            self._end, self._wall_end = issued + self.life, wall + timedelta(seconds=self.life)
        else:
            play = self._poll(request.url.path, form)
        await self.pass_time(play.seconds)
        self._answered = self.clock.monotonic()
        if request.url.path == CODE_PATH:
            self._last = self._answered
        self._allowed = self._answered + play.wait
        if play.fault is not None:
            raise play.fault("made up", request=request)
        return play.response()

    def _poll(self, path: str, form: dict[str, str]) -> Play:
        now = self.clock.monotonic()
        assert self._end is not None, "asked for a token before the code"
        if path != TOKEN_PATH or form != {"client_id": CLIENT_ID, "device_code": DEVICE_CODE, "grant_type": GRANT}:
            self.wrong.append(f"a wrong question: {path} {sorted(form)}")
        if now - self._last < self.interval:
            self.wrong.append(f"early: {now - self._last} of {self.interval}")
        if now - max(self._answered, self._allowed) > max(1.4 * self.interval, 30) + self.interval + 0.01:
            self.wrong.append(f"late: {now - self._answered} of {self.interval}")
        if now < self._allowed:
            self.wrong.append("before the server's own wait was over")
        if now >= self._end or self.clock.now() >= self._wall_end:
            self.wrong.append("after the expiry")
        self.asked.append(now)
        self._last = now
        play = next(self._script)
        if play.ends is not None:
            self.expected, self.told_to_end = play.ends, True
        if play.slower:
            self.interval = max(self.interval + 5, play.interval or 0)
        return play


class Listener(logging.Handler):
    """Keeps every log line of every logger, with its arguments and tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {record.args!r}")


def leaks(*texts: object) -> list[str]:
    """Those of the secrets that are in one of the texts."""
    joined = "\n".join(map(str, texts))
    return [secret for secret in SECRETS if secret in joined or secret[4:20] in joined]
