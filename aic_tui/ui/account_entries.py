"""What has been filled into the form of an account, and the draft that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from textual.screen import Screen
from textual.widget import Widget

from aic_tui.config.settings import Account, Config
from aic_tui.config.tables import LONGEST_INTERVAL
from aic_tui.providers.base import Provider
from aic_tui.services.editing import AccountRow, Draft, KeyStore
from aic_tui.ui import account_draft as start
from aic_tui.ui.account_fields import ANOTHER, YES
from aic_tui.ui.widgets.fields import Choice, TextField
from aic_tui.ui.widgets.secret_input import SecretInput

if TYPE_CHECKING:
    from pydantic import SecretStr

_NO_KEY = "Paste the key first, or choose where it comes from."


class MissingError(Exception):
    """Something must be filled in first; ``field`` is where."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


@dataclass(frozen=True)
class Entries:
    """Reads the fields of ``form``. ``account`` is what the form began with, ``row`` the known account."""

    form: Screen[Any]
    account: Account
    provider: Provider
    row: AccountRow | None

    def field(self, name: str) -> Widget:
        """The field with that name."""
        return self.form.query_one(f"#{name}")

    def choice(self, name: str) -> str:
        """The value of a choice."""
        return self.form.query_one(f"#{name}", Choice).value

    def text(self, name: str) -> str:
        """What stands in a text field."""
        return self.form.query_one(f"#{name}", TextField).text

    @property
    def source(self) -> str:
        """Where the key comes from: a reference, or one of the words of ``account_draft``."""
        return self.choice("from")

    @property
    def secret(self) -> SecretStr | None:
        """The pasted key, where pasting was chosen."""
        return self.form.query_one("#secret", SecretInput).secret if self.source == start.PASTE else None

    @property
    def address(self) -> str | None:
        """The address in place of the provider's own."""
        return (self.text("address") or None) if self.choice("place") == ANOTHER else None

    @property
    def needs_confirmation(self) -> bool:
        """True where a key that we keep would go to another host than the one it was given for."""
        kept = self.row is not None and self.row.store in (KeyStore.KEYRING, KeyStore.FILE)
        moved = (self.address, self.login_url) != (self.account.base_url, self.account.login_url)
        return kept and self.source == start.KEEP and moved

    @property
    def login_url(self) -> str | None:
        """Where the account's users sign in. A login in the browser takes that from the address."""
        if self.provider.base_of is None or self.source == start.SIGN_IN:
            return self.account.login_url
        return self.text("login-url") or None

    def draft(self, config: Config) -> Draft:
        """The account as it was filled in. Raises :class:`MissingError`."""
        key, store = self._reference(config)
        return Draft(self._account(key), self.secret, store)

    def to_sign_in(self) -> Account:
        """The account as it was filled in, for a login that gets its key. Another address names the site, be it where
        people log in or where programs ask.

        Raises :class:`MissingError`, and for an address that may not be used ProviderError.
        """
        from aic_tui.providers.github import GITHUB_URL, site_of_address

        account = self._account(self.account.key)
        if account.base_url is None or account.base_url == self.account.base_url:
            return account
        login_url = site_of_address(account.base_url).login_url
        return replace(account, base_url=None, login_url=None if login_url == GITHUB_URL else login_url)

    def _account(self, key: str | None) -> Account:
        if self.choice("place") == ANOTHER and not self.address:
            raise MissingError("address", "Which address? The provider's own needs none.")
        name = self.text("name")
        return replace(
            self.account,
            name=None if name in ("", self.provider.name) else name,  # the provider's own needs no line in the file
            key=key,
            base_url=self.address,
            login_url=self.login_url,
            interval_seconds=self._interval(),
            fields=self._filled(),
            trust_base_url=bool(self.address) and self.choice("trust") == YES,
        )

    def _interval(self) -> int | None:
        """The seconds between two questions; what stands in the file already is taken as it is."""
        text, known = self.text("interval"), self.account.interval_seconds
        if text == ("" if known is None else str(known)):
            return known
        floor = self.provider.floor_seconds
        seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
        if text and not floor <= seconds <= LONGEST_INTERVAL:
            sentence = (
                f"The interval is a whole number of seconds from {floor} to {LONGEST_INTERVAL}, or nothing at all."
            )
            raise MissingError("interval", sentence)
        return seconds or None

    def _reference(self, config: Config) -> tuple[str | None, KeyStore]:
        """What config.toml will say about the key, and where that is."""
        source = self.source
        if source == start.KEEP and self.row is not None:
            return self.account.key, self.row.store
        if source == start.PASTE:
            if self.secret is None:
                raise MissingError("secret", _NO_KEY)
            store = start.store_for(config)
            return start.reference_for(store), store
        if source == start.OTHER:
            name = self.text("variable").removeprefix("env:")
            if not name:
                raise MissingError("variable", "Which variable holds the key?")
            return f"env:{name}", KeyStore.ENVIRONMENT
        return source, KeyStore.ENVIRONMENT if source.startswith("env:") else KeyStore.OTHER_TOOL

    def _filled(self) -> dict[str, str]:
        """The provider's own fields, those that are empty left out; others of the account stay."""
        fields = dict(self.account.fields)
        for field in self.provider.fields:
            text = self.text(f"field-{field.name}")
            if field.required and not text:
                raise MissingError(f"field-{field.name}", f"{field.label} is needed. {field.help}")
            fields.pop(field.name, None)
            fields |= {field.name: text} if text else {}
        return fields
