"""A GitHub on 127.0.0.1: the device flow of RFC 8628 as GitHub plays it, ``GET /user``, and Copilot's figures.

In a test::

    github = GitHub(server)             # over the fixture; pages, tokens and figures are invented
    github.approve()                    # the user in the browser, from any thread
    ...
    assert len(github.polls) == 1 and github.early == []

``url`` serves both as ``login_url`` and as ``base_url``. Errors of the device flow come with HTTP 200.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.github_bodies import quota_body, refusal
from tests.loopback import Answer, Loopback, Seen, hang, html, redirect, reset

CODE_PATH = "/login/device/code"
TOKEN_PATH = "/login/oauth/access_token"
USER_PATH = "/user"
QUOTA_PATH = "/copilot_internal/user"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
TOKEN = "ghu_kanarienTokenVogel0123456789abcdefXYZ"
DEVICE_CODE = "kanariendevicecode%022d"  # 40 characters, like GitHub's

ERRORS = {
    "pending": "authorization_pending",
    "slow_down": "slow_down",
    "expired": "expired_token",
    "denied": "access_denied",
    "disabled": "device_flow_disabled",
    "bad_client": "incorrect_client_credentials",
    "unauthorized_client": "unauthorized_client",
    "bad_code": "incorrect_device_code",
    "bad_grant": "unsupported_grant_type",
}
"""Short names of the errors that the token endpoint gives; any other word is sent as it is."""

_FAULTS: dict[str, Callable[[], Answer]] = {
    "html": html,
    "hang": hang,
    "reset": reset,
    "redirect": lambda: redirect("/x"),
}

Scripted = str | int | tuple[Any, ...] | dict[str, Any] | Answer


class GitHub:
    """The server's side. Every method may be called from any thread while it runs.

    ``interval`` and ``expires_in`` are what the code's answer says (None: leaves the field out). ``strict`` makes a
    question that comes too soon end as slow_down, 5 s longer, as the real one does; ``early`` has those in any case.
    ``monotonic`` is the clock by which that is judged.
    """

    def __init__(
        self,
        server: Loopback,
        *,
        interval: int | None = 1,
        expires_in: int | None = 900,
        login: str = "octo-fake",
        strict: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = server.url
        self.interval = interval
        self.expires_in = expires_in
        self.login = login
        self.strict = strict
        self.token = TOKEN
        self.user_code = ""
        self.device_code = ""
        self.polls: list[Seen] = []
        self.polled_at: list[float] = []
        self.early: list[Seen] = []
        self.code_requests: list[Seen] = []
        self.gap = 0.0
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._decision: str | None = None
        self._script: list[Scripted] = []
        self._codes: list[Scripted] = []
        self._user: str | int | Answer = "ok"
        self._quota: str | int | Answer = "paid"
        self._quota_changes: dict[str, Any] = {}
        self._live = {self.token}
        self._issued_at: float | None = None
        self._renew_code()
        server.on(CODE_PATH, self._give_code, method="POST")
        server.on(TOKEN_PATH, self._answer_poll, method="POST")
        for prefix in ("", "/api/v3"):  # the second as an enterprise server has it, where only login_url is set
            server.on(prefix + USER_PATH, self._give_user)
            server.on(prefix + QUOTA_PATH, self._give_quota)

    def script(self, *answers: Scripted) -> None:
        """What the token endpoint answers, in turn; the last repeats. None given: as the user decides.

        A name of :data:`ERRORS`, ``("slow_down", 10)`` with a new interval, ``"token"``, ``"html"``, ``"hang"``,
        ``"reset"``, ``"redirect"``, an HTTP status, a JSON body, or an Answer. ``"pending"`` gives way
        to what the user decided.
        """
        with self._lock:
            self._script = list(answers)

    def codes(self, *answers: Scripted) -> None:
        """What the code endpoint answers, in turn; the last repeats: ``"ok"``, an error as in :meth:`script`,
        ``"unknown_client"`` (404), or a JSON body whose fields replace those of a good one (None drops a field)."""
        with self._lock:
            self._codes = list(answers)

    def approve(self) -> None:
        """The user enters the code and agrees."""
        self._decide("token")

    def deny(self) -> None:
        """The user says no."""
        self._decide("denied")

    def revoke(self, token: str | None = None) -> None:
        """From now on the API refuses this token (the present one) with 401; :meth:`replace_token` gives another."""
        with self._lock:
            self._live.discard(token or self.token)

    def replace_token(self, token: str) -> None:
        """The next login gives this token; the API takes it from now on, and the old one as before."""
        with self._lock:
            self.token = token
            self._live.add(token)

    def user(self, kind: str | int | Answer = "ok") -> None:
        """What ``/user`` answers: ``"ok"`` or a refusal as in :meth:`quota`."""
        with self._lock:
            self._user = kind

    def quota(self, kind: str | int | Answer = "paid", **changes: Any) -> None:
        """What ``/copilot_internal/user`` answers: a plan (:func:`quota_body`, with ``changes`` to its fields), a
        refusal (401, rate, secondary, sso, scope, no_seat, no_seat403, html403, plain403), or an HTTP status."""
        with self._lock:
            self._quota, self._quota_changes = kind, changes

    def _decide(self, decision: str) -> None:
        with self._lock:
            self._decision = decision

    def _renew_code(self) -> None:
        number = len(self.code_requests)
        self.user_code = f"FAKE-{1234 + number}"
        self.device_code = DEVICE_CODE % number

    def _give_code(self, seen: Seen) -> Answer:
        with self._lock:
            self._renew_code()
            self.code_requests.append(seen)
            self.gap = float(5 if self.interval is None else self.interval)
            self._issued_at = self._monotonic()
            self.polled_at.clear()
            scripted = self._codes.pop(0) if len(self._codes) > 1 else (self._codes or ["ok"])[0]
            body: dict[str, Any] = {
                "device_code": self.device_code,
                "user_code": self.user_code,
                "verification_uri": f"{self.url}/login/device",
                "expires_in": self.expires_in,
                "interval": self.interval,
            }
        if "client_id" not in form_of(seen) or scripted == "unknown_client":
            return Answer(404, {"error": "Not Found"})
        if isinstance(scripted, dict):
            body |= scripted
        elif scripted != "ok":
            return self._scripted(scripted)
        return _encoded(seen, {name: value for name, value in body.items() if value is not None})

    def _answer_poll(self, seen: Seen) -> Answer:
        form = form_of(seen)
        with self._lock:
            now = self._monotonic()
            self.polls.append(seen)
            before = self.polled_at[-1] if self.polled_at else self._issued_at
            self.polled_at.append(now)
            too_soon = before is not None and now - before < self.gap
            if too_soon:
                self.early.append(seen)
            if form.get("grant_type") != GRANT:
                return self._error("bad_grant")
            if form.get("device_code") != self.device_code or self._issued_at is None:
                return self._error("bad_code")
            if too_soon and self.strict:
                self.gap += 5
                return self._error("slow_down", interval=int(self.gap))
            scripted = self._next_scripted(now)
            if scripted == "pending" and self._decision is not None:
                scripted, self._decision = self._decision, None
            if scripted == "token":
                self._issued_at = None  # a code serves once
                return _encoded(seen, {"access_token": self.token, "token_type": "bearer", "scope": ""})
            return self._scripted(scripted)

    def _next_scripted(self, now: float) -> Scripted:
        if self._script:
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]
        lasts = 900 if self.expires_in is None else self.expires_in
        return "expired" if self._issued_at is not None and now - self._issued_at > lasts else "pending"

    def _scripted(self, scripted: Scripted) -> Answer:
        if isinstance(scripted, Answer):
            return scripted
        if isinstance(scripted, dict):
            return Answer(json=scripted)
        if isinstance(scripted, int):
            return Answer(scripted, text="trouble", headers={"Content-Type": "text/plain"})
        if isinstance(scripted, tuple):
            self.gap = float(scripted[1])
            return self._error(str(scripted[0]), interval=scripted[1])
        if scripted in _FAULTS:
            return _FAULTS[scripted]()
        if scripted == "slow_down":
            self.gap += 5
        return self._error(scripted)

    @staticmethod
    def _error(name: str, **more: Any) -> Answer:
        words = {"error_description": f"In words: {name}.", "error_uri": "https://docs.github.com/developers/apps"}
        return Answer(json={"error": ERRORS.get(name, name), **words, **more})

    def _give_user(self, seen: Seen) -> Answer:
        with self._lock:
            kind = self._user
        if isinstance(kind, Answer):
            return kind
        body = {"login": self.login, "id": 1234567, "name": None, "email": None, "type": "User"}
        return self._refused(seen, kind) or Answer(json=body)

    def _give_quota(self, seen: Seen) -> Answer:
        with self._lock:
            kind, changes = self._quota, dict(self._quota_changes)
        if isinstance(kind, Answer):
            return kind
        return self._refused(seen, kind) or Answer(json={**quota_body(str(kind), self.login), **changes})

    def _refused(self, seen: Seen, kind: str | int) -> Answer | None:
        given = seen.headers.get("authorization", "").rpartition(" ")[2]
        with self._lock:
            known = given in self._live
        return refusal(kind) if known else refusal(401)


def form_of(seen: Seen) -> dict[str, str]:
    """The form of a request's body."""
    return {name: values[0] for name, values in parse_qs(seen.body.decode(), keep_blank_values=True).items()}


def _encoded(seen: Seen, body: dict[str, Any]) -> Answer:
    """JSON where it was asked for, else a form, as GitHub does."""
    if "application/json" in seen.headers.get("accept", ""):
        return Answer(json=body)
    kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Answer(text=urlencode(body), headers=kind)
