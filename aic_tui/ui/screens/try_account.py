"""The last step of adding or changing an account: the provider is asked with the key, then everything is saved."""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui import format as fmt
from aic_tui.models import AccountState, Snapshot, Status
from aic_tui.providers.base import Provider
from aic_tui.services.editing import Draft, Editor, KeyStore, Plan, Trial
from aic_tui.ui.account_draft import asked_host
from aic_tui.ui.account_rows import lock, store_words
from aic_tui.ui.screens.confirm import ConfirmScreen, Replan, Told, sentences
from aic_tui.view import words
from aic_tui.view.card import card
from aic_tui.view.spans import EMPTY, Line, Span, Tone, first_fitting, line

_FIGURES = 60  # cells


class TryScreen(ConfirmScreen):
    """``draft`` is tried out at once, unless ``consent`` must be given first; enter saves it, working or not.

    ``ask`` is False where nothing that concerns the provider was changed.
    """

    def __init__(  # noqa: PLR0913
        self,
        editor: Editor,
        provider: Provider,
        draft: Draft,
        replan: Replan,
        said: str,
        *,
        told: Sequence[Told] = (),
        consent: str | None = None,
        ask: bool = True,
    ) -> None:
        plan: Plan = replan(draft)
        title = draft.account.name or provider.name
        super().__init__(editor, plan, title, told, said, draft=draft, replan=replan)
        self._provider, self._now = provider, draft
        self._wanted = consent
        self._ask = ask
        self._asking = False
        self._trial: Trial | None = None

    def on_mount(self) -> None:
        """Ask the provider, where that needs no yes first."""
        if self._ask and not self._wanted:
            self.action_test()

    # -- drawing

    def title_line(self, cells: int) -> Line:
        """The account's name; under privacy the provider's."""
        name = self._provider.name if self.aic.options.privacy else self._title
        return line((words.fit_name(name, cells), Tone.STRONG))

    def about(self, cells: int) -> list[Line]:
        """What the provider says, and where the key will be."""
        options = self.aic.options
        lines = super().about(cells)
        if self._wanted:
            lines += [*sentences([(self._wanted, Tone.PLAIN)], cells, options), EMPTY]
        elif self._ask:
            lines += [*self._answer(cells), EMPTY]
        return [*lines, *self._kept(cells), EMPTY]

    def _answer(self, cells: int) -> list[Line]:
        options, trial = self.aic.options, self._trial
        host = (
            fmt.MASK
            if options.privacy and self._now.account.base_url
            else asked_host(self._now.account, self._provider)
        )
        if self._asking or trial is None:
            return sentences([(f"Asking {host} …", Tone.DIM)], cells, options)
        if trial.failure is not None:
            return self._refusal(trial, host, cells)
        glyph = Span(fmt.status_glyph(Status.OK, ascii_only=options.ascii), Tone.OK)
        short = line(glyph, " ", ("The key works", Tone.STRONG))
        head = first_fitting([line(*short, (f"  {host} has answered", Tone.DIM)), short], cells)
        reading = trial.reading
        if reading is None:
            return [head]
        name = self._title
        state = AccountState(self._now.account.id, self._provider.id, self._provider.name, name)
        state = state.succeeded(Snapshot(reading, trial.at))
        shown = card(state, (), options, min(cells - 2, _FIGURES))
        byline = words.byline(state, options)
        figures = [spans for spans in shown.body if any(span.text.strip() for span in spans)]
        plan = [line("  ", (byline, Tone.DIM))] if byline else []
        return [head, *plan, *((Span("  "), *spans) for spans in figures)]

    def _refusal(self, trial: Trial, host: str, cells: int) -> list[Line]:
        options, failure = self.aic.options, trial.failure
        if failure is None:
            return []
        what, advice, next_try = fmt.failure_text(failure, options.zone, options.now, keys=options.keys)
        glyph = fmt.status_glyph(Status(failure.kind), ascii_only=options.ascii)
        told: list[Told] = [(f"{glyph} {host}: {what}", Tone.NEED)]
        if more := ", ".join(text for text in (advice, next_try) if text):
            told.append((f"{more[0].upper()}{more[1:]}.", Tone.PLAIN))
        told.append(("It can be saved all the same, and asked again later.", Tone.DIM))
        return sentences(told, cells, options)

    def _kept(self, cells: int) -> list[Line]:
        """Where the key will be kept, while there is a new one."""
        draft, options = self._draft, self.aic.options
        if draft is None or draft.secret is None:
            return []
        mark = lock(draft.store, options)
        return [line(("Key kept in  ", Tone.DIM), (f"{mark} ", Tone.WARN), (store_words(draft.store), Tone.PLAIN))]

    def what_enter_does(self) -> str:
        """The last line of the page."""
        if self._wanted:
            return "Enter agrees and asks the provider. Escape goes back, nothing is written."
        if self._asking:
            return "Escape goes back, nothing is written."
        return super().what_enter_does()

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is saved while the provider is being asked."""
        if action == "test":
            return self._ask and not self._asking and not self._saving and not self._wanted
        if action == "store":
            draft = self._draft
            movable = draft is not None and draft.secret is not None and not self._saving
            return movable and self._editor.config.settings.storage != "keyring-only"
        if action == "confirm" and self._asking:
            return False
        return super().check_action(action, parameters)

    def action_confirm(self) -> None:
        """Agree, where that was asked for; else save."""
        if self._wanted:
            self._wanted = None
            self.action_test()
        else:
            super().action_confirm()

    def action_test(self) -> None:
        """Ask the provider with the key."""
        self._asking, self._trial = True, None
        self.draw()
        self.refresh_bindings()
        self.app.run_worker(self._try(), name="try", group="try", exclusive=True, exit_on_error=False)

    async def _try(self) -> None:
        try:
            self._trial = await self._editor.try_out(self._now)
        finally:
            self._asking = False
            self.draw()
            self.refresh_bindings()

    def action_store(self) -> None:
        """Keep the key in the other place."""
        if self._draft is not None:
            self._consent, self._trouble = None, None
            other = KeyStore.KEYRING if self._draft.store is KeyStore.FILE else KeyStore.FILE
            self.keep_in(other)
            self.draw()
