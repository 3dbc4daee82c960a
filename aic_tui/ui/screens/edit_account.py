"""The form of one account, new or known: its name, its key, and what its provider wants to know besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Self

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll

from aic_tui.config.settings import Account
from aic_tui.errors import ProviderError, UserError
from aic_tui.providers.base import Provider
from aic_tui.providers.registry import get_provider
from aic_tui.redact import mask
from aic_tui.services.editing import AccountRow, Draft, Editor
from aic_tui.services.editor_plans import places_of
from aic_tui.services.monitor import Found
from aic_tui.ui import account_draft as start
from aic_tui.ui import account_notes as notes
from aic_tui.ui.account_entries import Entries, MissingError
from aic_tui.ui.account_fields import ANOTHER, form_rows
from aic_tui.ui.bindings import FORM_BINDINGS
from aic_tui.ui.screens.confirm import Told, sentences
from aic_tui.ui.screens.page import CssPath, PageScreen
from aic_tui.ui.widgets.fields import Choice, FieldChanged, FormRow, TextField
from aic_tui.ui.widgets.secret_input import SecretInput
from aic_tui.view.spans import EMPTY, Line, Tone, line
from aic_tui.view.words import fit_name


class AccountForm(PageScreen, inherit_bindings=False):
    """Enter goes on from any field: to the test of the key, and from there to saving. Ends with True when saved."""

    CSS_PATH: ClassVar[CssPath | None] = ["page.tcss", "account_form.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [*FORM_BINDINGS]

    def __init__(
        self,
        editor: Editor,
        provider: Provider,
        findings: Sequence[Found],
        *,
        row: AccountRow | None = None,
        key: str | None = None,
    ) -> None:
        super().__init__()
        self._editor, self._provider, self._findings, self._row = editor, provider, findings, row
        fresh = start.PASTE if provider.login is None else start.SIGN_IN
        self._first_key = key or (start.KEEP if row is not None else fresh)
        self._trouble: str | None = None
        self._sure: str | None = None  # the fingerprint of a foreign-looking key that the user says is right
        self._account = row.account if row is not None else self._blank()

    @classmethod
    def for_row(cls, editor: Editor, row: AccountRow, findings: Sequence[Found]) -> Self:
        """The form of a known account. Raises UserError where its provider does not exist."""
        return cls(editor, get_provider(row.account.provider_id), findings, row=row)

    def _blank(self) -> Account:
        account_id = self._editor.suggest_id(self._provider.id)
        return Account(account_id, self._provider.id, start.suggested_name(self._provider, account_id))

    # -- parts

    def compose(self) -> ComposeResult:
        """A title, the fields, what there is to say about the one that has the focus, the footer."""
        top, page, footer = super().compose()
        self._fields = VerticalScroll(*self._rows(), id="fields")
        self._fields.can_focus = False
        yield from (top, self._fields, page, footer)

    @property
    def _entries(self) -> Entries:
        return Entries(self, self._account, self._provider, self._row)

    def _rows(self) -> list[FormRow]:
        environ = self.aic.env.environ
        options = start.key_options(self._provider, self._findings, environ, self._row)
        return form_rows(self._account, self._provider, options, self._first_key)

    def on_mount(self) -> None:
        """Begin where the key goes."""
        self._arrange()
        self._entries.field("secret" if self._entries.source == start.PASTE else "name").focus()

    def _arrange(self) -> None:
        """Show the fields that matter for what has been chosen."""
        discovered = self._entries.source.startswith("discovered:") or (
            self._entries.source == start.KEEP and (self._account.key or "").startswith("discovered:")
        )
        another = self._entries.choice("place") == ANOTHER
        shown = {
            "secret": self._entries.source == start.PASTE,
            "variable": self._entries.source == start.OTHER,
            "address": another,
            "trust": another and discovered,
            "login-url": self._entries.source != start.SIGN_IN,
            "interval": self._row is not None,  # a new account begins with what its provider recommends
        }
        for row in self.query(FormRow):
            row.display = shown.get(row.field.id or "", True)
        self.draw()

    # -- drawing

    def title_line(self, cells: int) -> Line:
        """Which account this is about."""
        if self._row is None:
            return line((self._provider.name, Tone.STRONG), ("  new account", Tone.DIM))
        private = self.aic.options.privacy
        name = self._provider.name if private else self._account.name or self._provider.name
        return line((fit_name(name, max(cells - 6, 1)), Tone.STRONG), ("  edit", Tone.DIM))

    def draw(self) -> None:
        """Labels in one column; what is typed is hidden under privacy."""
        super().draw()
        if not self.is_mounted or not self.is_attached:
            return
        rows = list(self.query(FormRow))
        label = min(max(len(row.label) for row in rows) + 2, max(self.app.size.width // 3, 6))
        for row in rows:
            row.draw(label, focused=row.field.has_focus)
            if isinstance(row.field, TextField):
                row.field.password = self.aic.options.privacy

    def body(self, cells: int) -> Sequence[Line]:
        """What went wrong, and what there is to know about the field with the focus."""
        options = self.aic.options
        lines: list[Line] = [EMPTY]
        if self._trouble:
            lines += [*sentences([(self._trouble, Tone.NEED)], cells, options), EMPTY]
        focused = self.focused
        told = self._about(focused.id or "") if focused is not None else []
        return [*lines, *sentences(told, cells, options)]

    def _about(self, field: str) -> list[Told]:
        if field == "from":
            return notes.about_source(self._entries.source, self._findings, self.aic.env, privacy=self.aic.privacy)
        if field == "secret":
            return notes.about_secret(self._entries.secret, self._provider, self._editor)
        if field in ("place", "address", "login-url"):
            return self._about_address(field)
        if field == "interval":
            return notes.about_interval(self._provider)
        known = {f"field-{part.name}": part.help for part in self._provider.fields} | notes.FIELDS
        return [(known.get(field, ""), Tone.DIM)]

    def _about_address(self, field: str) -> list[Told]:
        if self._entries.needs_confirmation:
            return [(self._confirm_words(), Tone.WARN)]
        if field == "login-url":
            return [(notes.LOGIN_URL, Tone.DIM)]
        if self._entries.source == start.SIGN_IN:
            return [(notes.SIGN_IN_ADDRESS, Tone.DIM)]
        return [(notes.ADDRESS, Tone.DIM)]

    def _confirm_words(self) -> str:
        was = "***" if self.aic.options.privacy else start.asked_host(self._account, self._provider)
        return f"The stored key was given for {was}. For another host it must be confirmed: paste it again."

    # -- events and keys

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Another field is in use."""
        self.draw()

    def on_field_changed(self, message: FieldChanged) -> None:
        """A choice may need other fields."""
        self._trouble = None
        self._arrange()

    def on_secret_input_typed(self) -> None:
        """Tell what kind of key it looks like."""
        self._trouble = None
        self.draw()

    def action_field(self, step: int) -> None:
        """The next field, or the one before; there is no way out at the ends."""
        fields = [row.field for row in self.query(FormRow) if row.display]
        place = fields.index(self.focused) if self.focused in fields else 0
        fields[max(0, min(place + step, len(fields) - 1))].focus()

    def action_next(self) -> None:
        """On to the test, to the login, or to what is missing."""
        if self._entries.source == start.SIGN_IN:
            self._sign_in()
            return
        try:
            if self._entries.needs_confirmation:
                words = self._confirm_words()
                self.query_one("#from", Choice).choose(start.PASTE)
                raise MissingError("secret", words)
            draft = self._entries.draft(self._editor.config)
        except MissingError as error:
            self._complain(error.field, error.sentence)
            return
        text = draft.secret.get_secret_value() if draft.secret else ""
        other = notes.other_owner(text, self._provider, self._editor) if text and mask(text) != self._sure else None
        if other is not None:
            self._ask_which(other, mask(text))
        else:
            self._go_on(draft)

    def _sign_in(self) -> None:
        """A login in the browser in place of a key; the account is saved with its token."""
        from aic_tui.ui.signing import open_login_for

        try:
            account = self._entries.to_sign_in()
        except MissingError as error:
            self._complain(error.field, error.sentence)
        except ProviderError as error:
            self._complain("address", f"This address cannot be used: {error.detail}.")
        else:
            open_login_for(self.aic, account, self._ended, is_new=self._row is None)

    def _complain(self, field: str, sentence: str) -> None:
        """Say what is missing or wrong, with the focus where that is mended."""
        self._trouble = sentence
        self._arrange()
        self._entries.field(field).focus()

    def _ask_which(self, other: Provider, fingerprint: str) -> None:
        from aic_tui.ui.screens.which_provider import WhichProvider

        def answered(switch: bool | None) -> None:
            if switch:
                self._switch(other)
            elif switch is False:
                self._sure = fingerprint
                self.action_next()

        self.app.push_screen(WhichProvider(self._provider.name, other.name, known=self._row is not None), answered)

    def _switch(self, other: Provider) -> None:
        """The same form for another provider, the pasted key kept."""
        secret = self.query_one("#secret", SecretInput).value
        self._provider, self._trouble = other, None
        self._account = self._blank()
        self.app.run_worker(self._rebuild(secret), name="form", group="form", exit_on_error=False)

    async def _rebuild(self, secret: str) -> None:
        await self._fields.remove_children()
        await self._fields.mount(*self._rows())
        field = self.query_one("#secret", SecretInput)
        field.value = secret
        self._arrange()
        field.focus()

    def _go_on(self, draft: Draft) -> None:
        from aic_tui.ui.screens.try_account import TryScreen

        row, editor, name = self._row, self._editor, draft.account.name or self._provider.name
        if row is not None and draft.account == row.account and draft.secret is None:
            self.app.notify("Nothing was changed.", timeout=4)
            self.dismiss(False)
            return
        shown = self._provider.name if self.aic.options.privacy else name
        told: list[Told] = []
        if row is not None and places_of(draft.account) != places_of(row.account):
            told = [("Requests of this account go to another host from now on.", Tone.WARN)]
        try:
            screen = TryScreen(
                editor,
                self._provider,
                draft,
                (lambda changed: editor.plan_edit(row.account.id, changed)) if row is not None else editor.plan_add,
                f"{shown} is saved.",
                told=told,
                consent=None if row is not None else self._consent(draft),
                ask=draft.secret is not None
                or row is None
                or _what_is_asked(row.account) != _what_is_asked(draft.account),
            )
        except UserError as error:
            self._trouble = error.sentence
            self.draw()
            return
        self.app.push_screen(screen, self._ended)

    def _consent(self, draft: Draft) -> str | None:
        found = next((one for one in self._findings if one.source == draft.account.key), None)
        return (found.consent if found else None) or self._provider.needs_consent

    def _ended(self, saved: bool | None) -> None:
        if saved:
            self.dismiss(True)


def _what_is_asked(account: Account) -> Account:
    """The account without what its provider has no part in."""
    return replace(account, name=None, interval_seconds=None)
