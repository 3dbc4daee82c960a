"""The form of one account, new or known: its name, its key, and what its provider wants to know besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from aic_tui.config.settings import Account
from aic_tui.errors import UserError
from aic_tui.providers.base import Provider
from aic_tui.providers.registry import get_provider
from aic_tui.redact import mask
from aic_tui.services.editing import AccountRow, Draft, Editor, KeyStore
from aic_tui.services.monitor import Found
from aic_tui.ui import account_draft as start
from aic_tui.ui.bindings import FORM_BINDINGS
from aic_tui.ui.screens.confirm import Told, sentences
from aic_tui.ui.screens.page import CssPath, PageScreen
from aic_tui.ui.widgets.fields import Choice, FieldChanged, FormRow, Option, TextField
from aic_tui.ui.widgets.secret_input import SecretInput
from aic_tui.view.spans import EMPTY, Line, Tone, line
from aic_tui.view.words import fit_name

if TYPE_CHECKING:
    from pydantic import SecretStr

OWN, ANOTHER = "own", "another"
_NO, _YES = "no", "yes"
_NO_KEY = "Paste the key first, or choose where it comes from."

_ABOUT = {
    "name": "What the account is called here.",
    "variable": "The environment variable that holds the key; it is read for each request afresh.",
    "trust": "A login of another tool is sent to its provider's own hosts only, unless you say yes here.",
}


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
        self._first_key = key or (start.KEEP if row is not None else start.PASTE)
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

    def _rows(self) -> Iterator[FormRow]:
        account, provider = self._account, self._provider
        environ = self.aic.env.environ
        options = start.key_options(provider, self._findings, environ, self._row)
        yield FormRow("Name", TextField(account.name or "", id="name", placeholder=provider.name))
        yield FormRow("Key from", Choice(options, self._first_key, id="from"))
        yield FormRow("Key", SecretInput(id="secret"))
        yield FormRow("Variable", TextField("", id="variable", placeholder="NAME"))
        for field in provider.fields:
            shown = "" if field.required else "optional"
            yield FormRow(
                field.label, TextField(account.fields.get(field.name, ""), id=f"field-{field.name}", placeholder=shown)
            )
        host = start.host_of(provider.base_url)
        places = [Option(OWN, f"the provider's own, {host}"), Option(ANOTHER, "another")]
        yield FormRow("Address", Choice(places, ANOTHER if account.base_url else OWN, id="place"))
        yield FormRow("Base URL", TextField(account.base_url or "", id="address", placeholder="https://"))
        trusted = _YES if account.trust_base_url else _NO
        yield FormRow(
            "Trust it", Choice([Option(_NO, "no"), Option(_YES, "yes, send it the login")], trusted, id="trust")
        )

    def on_mount(self) -> None:
        """Begin where the key goes."""
        self._arrange()
        self._field("secret" if self._source == start.PASTE else "name").focus()

    def _field(self, name: str) -> Widget:
        return self.query_one(f"#{name}")

    def _choice(self, name: str) -> str:
        return self.query_one(f"#{name}", Choice).value

    def _text(self, name: str) -> str:
        return self.query_one(f"#{name}", TextField).text

    @property
    def _source(self) -> str:
        return self._choice("from")

    @property
    def _secret(self) -> SecretStr | None:
        return self.query_one("#secret", SecretInput).secret if self._source == start.PASTE else None

    @property
    def _address(self) -> str | None:
        return (self._text("address") or None) if self._choice("place") == ANOTHER else None

    def _arrange(self) -> None:
        """Show the fields that matter for what has been chosen."""
        discovered = self._source.startswith("discovered:") or (
            self._source == start.KEEP and (self._account.key or "").startswith("discovered:")
        )
        another = self._choice("place") == ANOTHER
        shown = {
            "secret": self._source == start.PASTE,
            "variable": self._source == start.OTHER,
            "address": another,
            "trust": another and discovered,
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
            return self._about_source()
        if field == "secret":
            return self._about_secret()
        if field in ("place", "address"):
            return self._about_address()
        known = {f"field-{part.name}": part.help for part in self._provider.fields} | _ABOUT
        return [(known.get(field, ""), Tone.DIM)]

    def _about_source(self) -> list[Told]:
        source = self._source
        if source.startswith("env:"):
            is_set = bool(self.aic.env.environ.get(source[4:], "").strip())
            told = "It is read for each request afresh and stored nowhere."
            return [(told, Tone.DIM)] if is_set else [(f"{source[4:]} is not set in this terminal.", Tone.WARN)]
        found = next((one for one in self._findings if one.source == source), None)
        if found is not None:
            shown = "***" if self.aic.options.privacy else found.origin
            told_lines: list[Told] = [(f"{shown}  {found.masked}", Tone.DIM)]
            return [*told_lines, *([(found.problem, Tone.WARN)] if found.problem else [])]
        return [("Arrow keys choose.", Tone.DIM)]

    def _about_secret(self) -> list[Told]:
        secret = self._secret
        if secret is None:
            return [(self._provider.setup_hint, Tone.DIM)] if self._provider.setup_hint else []
        text = secret.get_secret_value()
        told: list[Told] = [(f"{mask(text)}  {len(text)} characters", Tone.DIM)]
        if other := self._foreign(text):
            told.append((f"This looks like a key of {other.name}, not of {self._provider.name}.", Tone.WARN))
        return told

    def _about_address(self) -> list[Told]:
        if self._needs_confirmation():
            return [(self._confirm_words(), Tone.WARN)]
        told = "For a proxy or gateway: scheme and host that take the place of the provider's own."
        return [(told, Tone.DIM)]

    def _needs_confirmation(self) -> bool:
        """A key that we keep belongs to the host it was given for."""
        kept = self._row is not None and self._row.store in (KeyStore.KEYRING, KeyStore.FILE)
        return kept and self._source == start.KEEP and self._address != self._account.base_url

    def _confirm_words(self) -> str:
        was = "***" if self.aic.options.privacy else start.asked_host(self._account, self._provider)
        return f"The stored key was given for {was}. For another host it must be confirmed: paste it again."

    def _foreign(self, secret: str) -> Provider | None:
        """The other provider whose keys look like this one."""
        guessed = self._editor.guess_provider(secret)
        return get_provider(guessed) if guessed and guessed != self._provider.id else None

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
        """On to the test, or to what is missing."""
        try:
            draft = self._draft()
        except _MissingError as error:
            self._trouble = error.sentence
            self._field(error.field).focus()
            self.draw()
            return
        text = draft.secret.get_secret_value() if draft.secret else ""
        other = self._foreign(text) if text and mask(text) != self._sure else None
        if other is not None:
            self._ask_which(other, mask(text))
        else:
            self._go_on(draft)

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

    def _draft(self) -> Draft:
        key, store = self._reference()
        if self._choice("place") == ANOTHER and not self._address:
            raise _MissingError("address", "Which address? The provider's own needs none.")
        if self._needs_confirmation():
            words = self._confirm_words()
            self.query_one("#from", Choice).choose(start.PASTE)
            self._arrange()
            raise _MissingError("secret", words)
        account = replace(
            self._account,
            name=self._typed_name(),
            key=key,
            base_url=self._address,
            fields=self._filled(),
            trust_base_url=bool(self._address) and self._choice("trust") == _YES,
        )
        return Draft(account, self._secret, store)

    def _reference(self) -> tuple[str | None, KeyStore]:
        """What config.toml will say about the key, and where that is."""
        source = self._source
        if source == start.KEEP and self._row is not None:
            return self._account.key, self._row.store
        if source == start.PASTE:
            if self._secret is None:
                raise _MissingError("secret", _NO_KEY)
            store = start.store_for(self._editor.config)
            return start.reference_for(store), store
        if source == start.OTHER:
            name = self._text("variable").removeprefix("env:")
            if not name:
                raise _MissingError("variable", "Which variable holds the key?")
            return f"env:{name}", KeyStore.ENVIRONMENT
        return source, KeyStore.ENVIRONMENT if source.startswith("env:") else KeyStore.OTHER_TOOL

    def _filled(self) -> dict[str, str]:
        """The provider's own fields, those that are empty left out; others of the account stay."""
        fields = dict(self._account.fields)
        for field in self._provider.fields:
            text = self._text(f"field-{field.name}")
            if field.required and not text:
                raise _MissingError(f"field-{field.name}", f"{field.label} is needed. {field.help}")
            fields.pop(field.name, None)
            fields |= {field.name: text} if text else {}
        return fields

    def _typed_name(self) -> str | None:
        """None for the provider's own name, which needs no line in the file."""
        name = self._text("name")
        return None if name in ("", self._provider.name) else name

    def _go_on(self, draft: Draft) -> None:
        from aic_tui.ui.screens.try_account import TryScreen

        row, editor, name = self._row, self._editor, draft.account.name or self._provider.name
        if row is not None and draft.account == row.account and draft.secret is None:
            self.app.notify("Nothing was changed.", timeout=4)
            self.dismiss(False)
            return
        shown = self._provider.name if self.aic.options.privacy else name
        told: list[Told] = []
        new_host = row is not None and draft.account.base_url != row.account.base_url
        if new_host:
            told = [("Requests of this account go to another host from now on.", Tone.WARN)]
        old = replace(row.account, name=None) if row is not None else None
        try:
            screen = TryScreen(
                editor,
                self._provider,
                draft,
                (lambda changed: editor.plan_edit(row.account.id, changed)) if row is not None else editor.plan_add,
                f"{shown} is saved.",
                told=told,
                consent=None if row is not None else self._consent(draft),
                ask=draft.secret is not None or old != replace(draft.account, name=None),
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


class _MissingError(Exception):
    """Something must be filled in first; ``field`` is where."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence
