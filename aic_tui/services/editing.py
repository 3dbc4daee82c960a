"""What the accounts and settings screens, and the verbs beside them, are given: one object that edits.

Every edit is first a :class:`Plan` that can be looked at (the diff is exactly what will be written) and then saved.
:class:`Editor` is the whole interface; the real one is ``services/editor.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from aic_tui.config.settings import Account, Config, Setting
from aic_tui.models import AccountState, Failure, Reading
from aic_tui.services.monitor import Found

if TYPE_CHECKING:
    from pydantic import SecretStr

Changes = Mapping[tuple[str, ...], object | None]


class KeyStore(StrEnum):
    """Where an account's key is kept."""

    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    FILE = "file"
    OTHER_TOOL = "other tool"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome of asking a provider with a key: the provider's own answer, never a guess.

    ``reading`` is what it told (None when it failed), ``failure`` why not. ``origin`` is the host that was asked.
    """

    at: datetime
    reading: Reading | None = None
    failure: Failure | None = None
    origin: str = ""

    @property
    def works(self) -> bool:
        """True when the provider accepted the key and told something."""
        return self.failure is None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account as the accounts screen lists it, enabled or not. ``origin`` is exactly where its key comes from."""

    account: Account
    provider_name: str
    store: KeyStore
    origin: str
    state: AccountState | None = None
    trial: Trial | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting with its value in force, where that comes from, and whether the file may change it now."""

    setting: Setting
    value: object
    origin: str
    fixed_by: str | None = None


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff: ``sign`` is "+", "-" or " "."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked change of config.toml that has not been saved. ``title`` says what it does, in the past tense.

    ``comments_lost`` counts the comment lines that the file will lose. ``based_on`` identifies the file's bytes the
    diff was made from: when another program has changed the same keys since, saving raises :class:`ConflictError`.
    """

    title: str
    changes: Changes
    diff: tuple[DiffLine, ...]
    comments_lost: int = 0
    based_on: str = ""


@dataclass(frozen=True)
class Draft:
    """An account that is being added or edited, before anything is stored. ``secret`` only for keyring and file."""

    account: Account
    secret: SecretStr | None = field(default=None, repr=False)
    store: KeyStore = KeyStore.NONE


class ConflictError(Exception):
    """Another program changed the same keys of config.toml meanwhile; ``theirs`` is the plan made anew."""

    def __init__(self, theirs: Plan) -> None:
        super().__init__("config.toml was changed meanwhile")
        self.theirs = theirs


class ConsentNeededError(Exception):
    """There is no usable keyring: the key would go to a file. ``path`` is that file, ``why`` one sentence."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(why)
        self.path = path
        self.why = why


class Editor(Protocol):
    """Edits accounts and settings of one profile. Coroutines run on the event loop and never block it."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    # -- looking

    async def rows(self) -> Sequence[AccountRow]:
        """Every account of the configuration in its order, disabled and hidden ones included."""

    def settings(self) -> Sequence[SettingRow]:
        """Every setting."""

    async def findings(self) -> Sequence[Found]:
        """Credentials on this machine."""

    def guess_provider(self, secret: str) -> str | None:
        """The provider whose keys look like this one, by its public prefix; None when no or several do."""

    def suggest_id(self, provider_id: str) -> str:
        """A free account id: the provider's own, else with a number."""

    # -- planning: each raises UserError with one sentence for a value that is not allowed

    def plan_add(self, draft: Draft) -> Plan:
        """Add the draft's account. Accounts that came from the environment alone are written with it."""

    def plan_edit(self, account_id: str, draft: Draft) -> Plan:
        """Change an account into the draft's. Changing its host makes a stored key ask again."""

    def plan_enable(self, account_id: str, *, enabled: bool) -> Plan:
        """Ask it again, or never."""

    def plan_flag(self, account_id: str, flag: str, *, value: bool) -> Plan:
        """Pin or hide (``flag`` is ``pinned`` or ``hidden``)."""

    def plan_move(self, account_id: str, step: int) -> Plan:
        """Move an account up (-1) or down (+1) in the order of the file."""

    def plan_move_key(self, account_id: str, store: KeyStore) -> Plan:
        """Refer to the account's stored key in ``store``, keyring or file; :meth:`move_secret` then makes it true."""

    def plan_remove(self, account_id: str) -> Plan:
        """Remove an account. Its stored key is erased when undo can no longer bring it back."""

    def plan_setting(self, name: str, value: object | None) -> Plan:
        """Change a setting; None returns to the default."""

    # -- doing

    async def save(self, plan: Plan, draft: Draft | None = None, *, file_consent: bool = False) -> Config:
        """Store the draft's secret (read back), write the file, refresh the account.

        Raises :class:`ConflictError`, :class:`ConsentNeededError` or UserError; then nothing
        is changed, the key included.
        """

    async def try_out(self, draft: Draft) -> Trial:
        """Ask the draft's provider now with its key; nothing is stored. Counts as a manual refresh."""

    async def move_secret(
        self, account_id: str, store: KeyStore, *, plan: Plan | None = None, file_consent: bool = False
    ) -> None:
        """Move a stored key between keyring and file: written and read back there, then erased here.

        ``plan`` is the :meth:`plan_move_key` that was looked at. Raises as :meth:`save`; consent is asked for only
        where it would help.
        """

    @property
    def can_undo(self) -> str | None:
        """The title of the edit that undo would take back, or None."""

    async def undo(self) -> str:
        """Take the last edit of this session back, its key included; its title."""

    async def repair(self) -> str:
        """Put a broken config.toml aside (it is kept) and write the last whole one; says where it was put."""

    async def forget_removed(self) -> None:
        """At the end of a session: erase the keys of removed accounts."""
