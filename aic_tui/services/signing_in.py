"""What the login screen and the verb ``auth`` are given: one login by device flow, as a value that changes.

:class:`SignIn` is the whole interface; the real one is ``services/github_login.py``. The device code and the token
never appear in these values, which are those of ``aic_tui/login.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aic_tui.config.settings import Account
from aic_tui.login import ENDINGS, LoginState, LoginTarget, Stage

__all__ = ["ENDINGS", "AuthStatus", "LoginRun", "LoginState", "LoginTarget", "SignIn", "Stage"]


@dataclass(frozen=True, slots=True)
class AuthStatus:
    """Whether one account is signed in, from what is on this machine alone: nobody is asked.

    ``token_invalid`` is True after the server refused the token there is; ``is_authenticated`` is then False and
    ``username`` None. ``source`` is the reference of the token, ``origin`` the exact place.
    """

    account_id: str
    host: str
    is_authenticated: bool
    username: str | None = None
    token_invalid: bool = False
    source: str | None = None
    origin: str | None = None
    invalid_since: datetime | None = None
    problem: str | None = None


class LoginRun(Protocol):
    """One login under way."""

    @property
    def state(self) -> LoginState:
        """As it stands."""

    def subscribe(self, callback: Callable[[LoginState], None]) -> None:
        """Call ``callback`` on the event loop with each new state."""

    async def run(self) -> LoginState:
        """From READY to an ending, or to CONSENT; never raises but CancelledError, which ends it as ``cancel``."""

    async def consent(self, *, yes: bool) -> LoginState:
        """Answer CONSENT: DONE, or NOT_STORED with nothing on disk."""

    async def cancel(self) -> None:
        """No request after this; an invalid mark that the start lifted is back. Does nothing after an ending."""


class SignIn(Protocol):
    """Logs accounts in and out. Coroutines run on the event loop and never block it."""

    async def targets(self) -> Sequence[LoginTarget]:
        """The accounts that a login could be for, in the user's order, and last a new one."""

    def begin(
        self,
        target: LoginTarget,
        *,
        store: str = "keyring",
        file_consent: bool = False,
        filled_in: Account | None = None,
    ) -> LoginRun:
        """A login in READY. ``store`` is where the token shall go; ``file_consent`` answers CONSENT beforehand.

        ``filled_in`` is the target's account as a form has it, and is saved with the token; None for the account as
        it is, or for a new one at the target's host.
        """

    async def status(self) -> Sequence[AuthStatus]:
        """One for each account that signs in this way."""

    async def logout(self, account_id: str, *, store: str | None = None) -> Sequence[str]:
        """Erase the account's token from every store of ours, or from ``store`` alone: the stores that had one.

        Raises UserError where a store could not be emptied.
        """
