"""The first step of adding an account: a credential that was found here, or a provider, with a filter to type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from aic_tui.config.settings import Account
from aic_tui.errors import UserError
from aic_tui.providers.base import Provider
from aic_tui.providers.registry import all_providers, get_provider
from aic_tui.services.editing import Draft, Editor, KeyStore
from aic_tui.services.monitor import Found
from aic_tui.text import cell_width
from aic_tui.ui import account_draft as start
from aic_tui.ui.account_rows import RowView, shown_origin
from aic_tui.ui.bindings import FORM_BINDINGS
from aic_tui.ui.screens.confirm import sentences
from aic_tui.ui.screens.page import CssPath, PageScreen
from aic_tui.ui.widgets.fields import FieldChanged, TextField
from aic_tui.view.spans import EMPTY, Line, Span, Tone, join_fitting, line, pad

Entry = Found | Provider


class ProviderFilter(TextField):
    """The line in which the filter is typed. It has the focus all the time."""

    def refused_key(self, text: str) -> None:
        """A key helps to find its provider; it is not kept."""
        screen = self.screen
        if isinstance(screen, AddScreen):
            screen.point_at_owner(text)


class AddScreen(PageScreen, inherit_bindings=False):
    """Ends with True when an account was added."""

    CSS_PATH: ClassVar[CssPath | None] = ["page.tcss", "account_form.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [*FORM_BINDINGS]

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self._editor = editor
        self._found: Sequence[Found] = ()
        self._all_findings: Sequence[Found] = ()
        self._wanted = ""
        self._place: int | None = None
        self._rows: list[int] = []

    def compose(self) -> ComposeResult:
        """A title, the filter, the list, the footer."""
        top, page, footer = super().compose()
        self._filter = ProviderFilter("", id="wanted", placeholder="type to find a provider")
        yield from (top, self._filter, page, footer)

    def on_mount(self) -> None:
        """Look around; the list of providers stands meanwhile."""
        self._filter.focus()
        self.app.run_worker(self._look(), name="findings", group="findings", exit_on_error=False)

    async def _look(self) -> None:
        self._all_findings = await self._editor.findings()
        self._found = [found for found in self._all_findings if not found.accepted]
        self.draw()

    def on_descendant_focus(self) -> None:
        """Letters are text now, so fewer keys are offered."""
        self.draw()

    # -- drawing

    def title_line(self, cells: int) -> Line:
        """What this is."""
        return line(("Add an account", Tone.STRONG))

    @property
    def _entries(self) -> list[Entry]:
        everything: list[Entry] = [*self._found, *all_providers()]
        wanted = self._wanted.casefold().replace(" ", "")
        if not wanted:
            return everything
        ranked = [(rank, place) for place, one in enumerate(everything) if (rank := _rank(wanted, one)) is not None]
        return [everything[place] for _, place in sorted(ranked)]

    @property
    def _pointed(self) -> int:
        """Without a choice of the user the first usable one: a found credential, or the first provider."""
        entries = self._entries
        if self._place is not None:
            return max(0, min(self._place, len(entries) - 1))
        usable = (place for place, entry in enumerate(entries) if isinstance(entry, Provider) or not entry.problem)
        return next(usable, 0)

    def body(self, cells: int) -> Sequence[Line]:
        """Found credentials, then every provider."""
        entries = self._entries
        lines: list[Line] = [EMPTY]
        self._rows = []
        found = [entry for entry in entries if isinstance(entry, Found)]
        providers = [entry for entry in entries if isinstance(entry, Provider)]
        if found:
            lines += [line(("Found on this machine", Tone.DIM))]
            for place, entry in enumerate(found):
                self._rows.append(len(lines))
                lines += self._found_lines(entry, place == self._pointed, cells)
            lines.append(EMPTY)
        if providers:
            lines += [line(("Providers", Tone.DIM))]
            column = max(cell_width(provider.name) for provider in all_providers()) + 2
            for place, provider in enumerate(providers, len(found)):
                self._rows.append(len(lines))
                lines.append(self._provider_line(provider, place == self._pointed, column, cells))
        if not entries:
            lines += sentences([("No provider is called like that.", Tone.PLAIN)], cells, self.aic.options)
        return lines

    def _mark(self, pointed: bool) -> Span:
        return Span(((">" if self.aic.options.ascii else "▌") if pointed else " ") + " ", Tone.ACCENT)

    def _provider_line(self, provider: Provider, pointed: bool, column: int, cells: int) -> Line:
        name = pad(line((provider.name, Tone.STRONG if pointed else Tone.PLAIN)), column)
        shows = [line((part, Tone.DIM)) for part in provider.shows.split(", ")]
        return line(self._mark(pointed), *name, *join_fitting(shows, Span(", ", Tone.DIM), max(cells - column - 2, 0)))

    def _found_lines(self, found: Found, pointed: bool, cells: int) -> list[Line]:
        view = RowView(self.aic.options, str(self.aic.env.home), frozenset(start.variables_of(found.provider_id)))
        origin = shown_origin(found.origin, view)
        name, secret = (found.provider_name, Tone.STRONG if pointed else Tone.PLAIN), (f"  {found.masked}", Tone.DIM)
        mark = self._mark(pointed)
        told = [(found.problem, Tone.WARN)] if found.problem else []
        if 2 + cell_width(found.provider_name + found.masked + origin) + 4 <= cells:
            first = [line(mark, name, secret, (f"  {origin}", Tone.DIM))]
        else:
            first = [line(mark, name, secret)]
            told.insert(0, (origin, Tone.DIM))
        return [*first, *((mark, Span("  "), *spans) for spans in sentences(told, cells - 4, self.aic.options))]

    # -- keys

    def on_field_changed(self, message: FieldChanged) -> None:
        """Show what fits to what was typed; a pasted key has pointed at its provider instead."""
        if not message.refused:
            self._wanted, self._place = message.text, None
        self.draw()

    def point_at_owner(self, secret: str) -> None:
        """A key was pasted here: point at the provider it looks like."""
        guessed = self._editor.guess_provider(secret.strip())
        self._wanted = ""
        places = [n for n, one in enumerate(self._entries) if isinstance(one, Provider) and one.id == guessed]
        self._place = places[0] if places else None
        self.draw()

    def action_field(self, step: int) -> None:
        """Point at another entry."""
        self._place = max(0, min(self._pointed + step, len(self._entries) - 1))
        self.draw()
        if self._rows:
            self.page.reveal(0 if self._place == 0 else self._rows[self._place])

    def action_next(self) -> None:
        """Use the credential, or go on with the provider."""
        entries = self._entries
        if not entries:
            return
        entry = entries[self._pointed]
        if isinstance(entry, Provider):
            self._open_form(entry, None)
        else:
            self._use(entry)

    def _open_form(self, provider: Provider, key: str | None) -> None:
        from aic_tui.ui.screens.edit_account import AccountForm

        self.app.push_screen(AccountForm(self._editor, provider, self._all_findings, key=key), self._ended)

    def _use(self, found: Found) -> None:
        """Straight to the test; what a provider must know besides is asked in the form."""
        from aic_tui.ui.screens.try_account import TryScreen

        provider = get_provider(found.provider_id)
        if any(field.required for field in provider.fields):
            self._open_form(provider, found.source)
            return
        account_id = self._editor.suggest_id(provider.id)
        name = start.suggested_name(provider, account_id)
        account = Account(account_id, provider.id, name if name != provider.name else None, key=found.source)
        store = KeyStore.ENVIRONMENT if found.source.startswith("env:") else KeyStore.OTHER_TOOL
        consent = found.consent or provider.needs_consent
        try:
            screen = TryScreen(
                self._editor,
                provider,
                Draft(account, store=store),
                self._editor.plan_add,
                f"{provider.name} is saved.",
                consent=consent,
            )
        except UserError as error:
            self.app.notify(error.sentence, severity="error", timeout=8)
            return
        self.app.push_screen(screen, self._ended)

    def _ended(self, saved: bool | None) -> None:
        if saved:
            self.dismiss(True)


def _rank(wanted: str, entry: Entry) -> int | None:
    """How well an entry fits: 0 its name begins so, 1 it contains that, 2 the letters stand in it in order."""
    names = (
        [entry.id, entry.name]
        if isinstance(entry, Provider)
        else [entry.provider_id, entry.provider_name, entry.source]
    )
    plain = [name.casefold().replace(" ", "") for name in names]
    if any(name.startswith(wanted) for name in plain):
        return 0
    if any(wanted in name for name in plain):
        return 1
    return 2 if any(_in_order(wanted, name) for name in plain) else None


def _in_order(wanted: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in wanted)
