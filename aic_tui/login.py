"""One login by device flow as a value that changes: what the service tells, and screens and verbs show.

The device code and the token never appear in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aic_tui.models import Failure


class Stage(StrEnum):
    """Where a login stands. Those after ``DONE`` are endings too: distinct, final, and each has its sentence."""

    READY = "ready"  # nothing sent; host, client and scope are on show
    REQUESTING = "requesting"  # a code has been asked for
    WAITING = "waiting"  # the code is on show; the answer is asked for at intervals
    CHECKING = "checking"  # a token came; whose it is is being asked
    CONSENT = "consent"  # no usable keyring: may the token go to a file?
    STORING = "storing"
    DONE = "done"
    DECLINED = "declined"  # access_denied
    EXPIRED = "expired"  # expired_token, or past its time by either clock
    DISABLED = "disabled"  # device_flow_disabled, or no such endpoint on this host
    CLIENT_REJECTED = "client_rejected"  # incorrect_client_credentials, unauthorized_client, 404 for the client id
    REFUSED = "refused"  # any other error of the server; ``detail`` has its words
    UNREACHABLE = "unreachable"  # no code could be had; ``failure`` says why
    UNSAFE_PAGE = "unsafe_page"  # the page to open is not on the login host
    NOT_STORED = "not_stored"  # the token came, and could or should not be kept: it is forgotten
    CANCELLED = "cancelled"


ENDINGS = frozenset(Stage) - {
    *(Stage.READY, Stage.REQUESTING, Stage.WAITING, Stage.CHECKING, Stage.CONSENT, Stage.STORING),
}


@dataclass(frozen=True, slots=True)
class LoginTarget:
    """What a login would be for: an account of config.toml, or a new one (``is_new``).

    ``host`` is the login host as shown (``github.com``); ``name`` what the user calls a new account, if anything;
    ``signed_in_as`` and ``source`` tell of a token that the
    account has already (``keyring``, ``env:GH_TOKEN``, ``discovered:gh`` …), None where there is none.
    """

    account_id: str
    label: str
    host: str
    is_new: bool = False
    signed_in_as: str | None = None
    source: str | None = None
    token_invalid: bool = False
    name: str | None = None


@dataclass(frozen=True, slots=True)
class LoginState:
    """One login as it stands. Outside words in it are cleaned.

    ``scope`` is what is asked for ("read:user"; "" for none), ``client_id`` who asks. ``page`` is the address to
    open, ``expires_at`` when the code ends, ``interval_seconds`` the gap between two questions. ``slowed`` is True
    once the server asked to slow down, ``drifts`` once it did so twice (the machine's clock runs fast). ``trouble`` is
    why the last question had no answer, None when it had one. After ``CHECKING``: ``username``; after ``STORING``:
    ``kept_in`` (``keyring`` or the path of a file). In ``CONSENT`` ``path`` is the file and ``why`` the reason.
    """

    target: LoginTarget
    stage: Stage = Stage.READY
    client_id: str = ""
    scope: str = ""
    user_code: str | None = None
    page: str | None = None
    expires_at: datetime | None = None
    interval_seconds: float | None = None
    slowed: bool = False
    drifts: bool = False
    trouble: Failure | None = None
    failure: Failure | None = None
    detail: str | None = None
    username: str | None = None
    kept_in: str | None = None
    path: str | None = None
    why: str | None = None

    @property
    def is_over(self) -> bool:
        """True when nothing more will happen without the user."""
        return self.stage in ENDINGS
