"""What the screens and the plain dashboard are given: one object that has the figures and can ask for more.

:class:`Monitor` is the whole interface between the user interface and the services. The live one is built by the
composition root from store, accounts and refresh; ``demo.py`` has one that invents everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from aic_tui.config.settings import Config
from aic_tui.models import AccountState, Point, RequestEntry

if TYPE_CHECKING:
    from aic_tui.services.editing import Editor
    from aic_tui.services.signing_in import SignIn


@dataclass(frozen=True, slots=True)
class Found:
    """One credential on this machine. ``masked`` shows its last four characters at most.

    ``source`` is the reference an account would use (``env:OPENAI_API_KEY``, ``discovered:codex``), ``origin`` the
    exact place (variable or file path). ``needs_confirmation`` is True for logins of other tools, which are used
    only after the user's yes; ``consent`` is the sentence a provider wants shown before that. ``accepted`` is True
    where an account uses it already. ``problem`` says why it cannot be used now ("expired: run `claude` once").
    """

    provider_id: str
    provider_name: str
    source: str
    origin: str
    masked: str
    account_id: str
    needs_confirmation: bool = False
    consent: str | None = None
    accepted: bool = False
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a wish to refresh one account came to. ``asked`` is False when it may not be asked before ``until``.

    ``until`` is None where only the user can end the wait (a rejected key); ``why`` is ``floor``, ``recent``,
    ``retry_after``, ``parked``, ``backoff``, ``claimed`` (another instance is asking), ``offline``, ``disabled`` or
    ``not_saving`` (nobody can know when it was last asked).
    """

    account_id: str
    asked: bool
    until: datetime | None = None
    why: str | None = None


class Monitor(Protocol):
    """The accounts of one run, live. All methods are called on the event loop; none blocks."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    @property
    def is_demo(self) -> bool:
        """True when nothing on show is real."""

    @property
    def notices(self) -> Sequence[str]:
        """Sentences the user should see once: a broken config file, a database moved aside, "not saving"."""

    @property
    def can_edit(self) -> bool:
        """True where :attr:`editor` is one. Asking this loads nothing, so the first frame may."""

    @property
    def editor(self) -> Editor | None:
        """What edits accounts and settings; None where nothing can be edited (the demonstration)."""

    @property
    def sign_in(self) -> SignIn | None:
        """What logs in and out; None where nothing can be edited."""

    def states(self) -> Sequence[AccountState]:
        """The enabled accounts that are not hidden, in the user's order, at first from the database alone."""

    def subscribe(self, callback: Callable[[AccountState | None], None]) -> None:
        """Call ``callback`` with each changed state, and with None when the list of accounts changed."""

    @property
    def reading_share(self) -> float | None:
        """How far the reading of session logs has come, 0 to 1, where it takes long enough to be mentioned."""

    def subscribe_reading(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when :attr:`reading_share` has changed, at most once a second."""

    async def run(self) -> None:
        """Load credentials, then keep every account fresh until cancelled."""

    async def refresh(self, account_ids: Sequence[str] | None = None) -> Sequence[Outcome]:
        """Ask these accounts now (None: all), as far as they may be asked."""

    async def points(self, account_id: str, since: datetime) -> Sequence[Point]:
        """Recorded points of every window, balance and spend of one account, oldest first."""

    async def requests(self, account_id: str, limit: int = 20) -> Sequence[RequestEntry]:
        """The account's last requests, newest first."""

    def raw_reply(self, account_id: str) -> str | None:
        """The last reply as redacted, indented JSON; None before the first answer of this run."""

    async def findings(self) -> Sequence[Found]:
        """Credentials found on this machine, and those looked for elsewhere and not found."""

    async def accept(self, findings: Sequence[Found]) -> None:
        """Write these findings as accounts and start to ask them."""

    def recall(self, name: str) -> str | None:
        """A remembered choice of the user interface (sort order, …)."""

    def remember(self, name: str, value: str) -> None:
        """Remember a choice of the user interface for the next start."""

    async def aclose(self) -> None:
        """Finish writes and close everything; returns within a second."""
