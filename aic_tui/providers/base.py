"""The vocabulary of a provider file: a frozen descriptor, requests as data, replies, and a pure parse.

A provider never sends, sleeps, logs or sees a key. ``plan`` is called again after each round with all replies so
far and names the next requests; an empty answer means "enough", and ``parse`` makes a reading of the replies.
So paging, a second step and a fallback path are plain functions that a fixture can test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aic_tui.errors import ProviderError
from aic_tui.models import Reading


@dataclass(frozen=True, slots=True)
class Login:
    """A login of another tool that this provider accepts.

    ``tool`` is a source that ``providers/auth.py`` can read (``claude-code``, ``codex``, ``opencode``); ``entries``
    are the keys looked for in a file that holds several logins, in order; ``types`` are the entry types accepted
    (``oauth``, ``api``). ``renew`` is the program whose start renews an expired login.
    """

    tool: str
    entries: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    renew: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One provider-specific setting of an account (``[accounts.x] project_id = …``), offered by the editor."""

    name: str
    label: str
    help: str
    required: bool = False
    env: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One request as data. ``path`` begins with ``/``; the client adds origin, key, User-Agent and deadline.

    ``name`` is how ``plan`` and ``parse`` find the reply again. ``host`` is None for the provider's ``base_url``,
    else an https origin of the provider's own. ``accept`` lists HTTP statuses besides 2xx whose reply is handed to
    ``plan`` and ``parse`` instead of failing the fetch; ``accept_html`` does so for a web page too (``data`` is
    then None).
    """

    name: str
    path: str
    method: str = "GET"
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    host: str | None = None
    accept: frozenset[int] = frozenset()
    accept_html: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ``data`` is the decoded JSON (any type), or None for an accepted reply that was not JSON.

    ``headers`` has lower-case names. ``date`` is the server's own clock, None where it sent none.
    """

    request: Request
    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    date: datetime | None = None
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class LoginFacts:
    """What a login file says besides the token, cleaned. Refresh tokens are never read."""

    account_id: str | None = None
    account_name: str | None = None
    plan: str | None = None
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What a provider may know while it plans and parses. The key itself stays with the client.

    ``key_shape`` is the public prefix of the key (``sk-admin-``, ``sk-ant-oat01-``, ``eyJ``; "" when unknown).
    ``fields`` are the account's provider-specific settings.
    """

    now: datetime
    key_shape: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    login: LoginFacts = LoginFacts()


def _no_refusal(_ask: Ask, _reply: Reply) -> ProviderError | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Everything the program knows about one provider.

    ``env`` are the variables that hold a key, preferred first. ``floor_seconds`` is the shortest time between two
    refreshes, ``interval_seconds`` the default, ``max_per_hour`` a hard ceiling. ``refuse`` may turn a reply that
    is not 2xx (and not accepted) into the right error; None leaves it to the defaults of the client.
    ``setup_hint`` is one sentence that tells how to get a working key. ``needs_consent`` marks logins that are
    asked only after the user's yes, with the sentence that is shown. ``login`` names the device flow that this program
    can do itself for a token (``github``). ``base_of`` gives the address of the API that belongs to an
    account's ``login_url`` (raises ProviderError BAD_ADDRESS); None where the login address has no say in it.
    """

    id: str
    name: str
    docs_url: str
    base_url: str
    plan: Callable[[Ask, Sequence[Reply]], Sequence[Request]]
    parse: Callable[[Ask, Sequence[Reply]], Reading]
    refuse: Callable[[Ask, Reply], ProviderError | None] = _no_refusal
    env: tuple[str, ...] = ()
    logins: tuple[Login, ...] = ()
    fields: tuple[Field, ...] = ()
    key_header: str = "Authorization"
    key_format: str = "Bearer {key}"
    key_shapes: tuple[str, ...] = ()
    floor_seconds: int = 60
    interval_seconds: int = 300
    max_per_hour: int = 60
    setup_hint: str = ""
    shows: str = ""
    needs_consent: str | None = None
    login: str | None = None
    base_of: Callable[[str], str] | None = None


def reply_named(replies: Sequence[Reply], name: str) -> Reply | None:
    """The last reply to the request called ``name``, or None."""
    return next((reply for reply in reversed(replies) if reply.request.name == name), None)
