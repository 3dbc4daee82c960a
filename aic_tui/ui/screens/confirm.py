"""The last look before config.toml is written: exactly what will change there, and what else that means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Self

from textual.binding import BindingType

from aic_tui import format as fmt
from aic_tui.errors import UserError
from aic_tui.services.editing import (
    AccountRow,
    ConflictError,
    ConsentNeededError,
    DiffLine,
    Draft,
    Editor,
    KeyStore,
    Plan,
)
from aic_tui.ui.account_draft import reference_for
from aic_tui.ui.account_rows import RowView, shown_origin
from aic_tui.ui.bindings import CONFIRM_BINDINGS
from aic_tui.ui.screens.page import PageScreen
from aic_tui.view.paragraph import broken
from aic_tui.view.spans import EMPTY, Line, Span, Tone, ViewOptions, line
from aic_tui.view.words import fit_name, say

Told = tuple[str, Tone]
Replan = Callable[[Draft], Plan]

_OPEN = frozenset({"provider", "key", "enabled", "pinned", "hidden", "interval_seconds", "version", "trust_base_url"})
_OPEN_FILE = "Only your user can read that file, but it is not encrypted: backups and programs you run see the key."
_CONFLICT = "config.toml was changed meanwhile by another program. This is the change made anew on top of theirs:"


def delete_question(row: AccountRow) -> list[Told]:
    """What deleting an account means for its key."""
    own = {
        KeyStore.KEYRING: "Its key is erased from the system keyring when this session ends; until then undo brings"
        " both back.",
        KeyStore.FILE: "Its key is erased from the file when this session ends; until then undo brings both back.",
        KeyStore.ENVIRONMENT: "The variable that holds its key stays as it is.",
        KeyStore.OTHER_TOOL: "The other tool's login stays as it is.",
    }
    told = [("It is not asked any more. Recorded figures stay.", Tone.PLAIN)]
    return [*told, (own[row.store], Tone.PLAIN)] if row.store in own else told


class ConfirmScreen(PageScreen):
    """Shows ``plan`` and saves it at enter; it then ends with True. ``said`` is the toast after that.

    ``draft`` is the account with its new key, where there is one; ``replan`` makes its plan again after a change.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*CONFIRM_BINDINGS]

    def __init__(
        self,
        editor: Editor,
        plan: Plan,
        title: str,
        told: Sequence[Told],
        said: str,
        *,
        draft: Draft | None = None,
        replan: Replan | None = None,
    ) -> None:
        super().__init__()
        self._editor, self._plan, self._title, self._told, self._said = editor, plan, title, list(told), said
        self._draft, self._replan = draft, replan
        self._consent: ConsentNeededError | None = None
        self._conflict = False
        self._trouble: str | None = None
        self._saving = False

    @classmethod
    def after_conflict(cls, editor: Editor, conflict: ConflictError, title: str, said: str) -> Self:
        """The question about a change that needed none until another program changed the same."""
        screen = cls(editor, conflict.theirs, title, (), said)
        screen._conflict = True
        return screen

    # -- drawing

    def title_line(self, cells: int) -> Line:
        """What is being decided."""
        return line((fit_name(self._title, cells), Tone.STRONG))

    def body(self, cells: int) -> Sequence[Line]:
        """Words first, then the change of the file."""
        options = self.aic.options
        lines: list[Line] = [EMPTY]
        if self._trouble:
            lines += [*sentences([(self._trouble, Tone.NEED)], cells, options), EMPTY]
        lines += self.about(cells)
        if self._consent is not None:
            home = str(self.aic.env.home)
            lines += [*sentences(_consent_words(self._consent, home, options), cells, options), EMPTY]
        if self._conflict:
            lines += [*sentences([(_CONFLICT, Tone.WARN)], cells, options), EMPTY]
        lines += [line(("config.toml", Tone.STRONG)), *diff_lines(self._plan.diff, cells, options)]
        if lost := self._plan.comments_lost:
            many = "1 comment line is" if lost == 1 else f"{lost} comment lines are"
            text = f"{many} lost: comments are not kept. The file as it is now stays as config.toml.bak."
            lines += [EMPTY, *sentences([(text, Tone.WARN)], cells, options)]
        return [*lines, EMPTY, *sentences([(self.what_enter_does(), Tone.DIM)], cells, options)]

    def about(self, cells: int) -> list[Line]:
        """What stands above the change of the file."""
        told = sentences(self._told, cells, self.aic.options)
        return [*told, EMPTY] if told else []

    def what_enter_does(self) -> str:
        """The last line of the page."""
        if self._saving:
            return "Saving …"
        if self._consent is not None:
            return "Enter keeps the key in that file and saves. Escape goes back, nothing is written."
        return "Enter saves. Escape goes back, nothing is written."

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now."""
        if action in ("store", "test", "other"):
            return False
        return not self._saving if action in ("confirm", "back") else True

    def action_confirm(self) -> None:
        """Save, if nothing speaks against it by now."""
        if not self._saving:
            self._saving = True
            self.draw()
            self.refresh_bindings()
            self.app.run_worker(self._save(), name="save", group="edit", exit_on_error=False)

    async def _save(self) -> None:
        try:
            await self.put_through()
        except ConflictError as error:
            self._plan, self._conflict, self._trouble = error.theirs, True, None
        except ConsentNeededError as error:
            self._ask_consent(error)
        except UserError as error:
            self._trouble = error.sentence
        else:
            if self._said:
                self.app.notify(self._said, timeout=6)
            self.dismiss(True)
            return
        finally:
            self._saving = False
        self.draw()
        self.refresh_bindings()
        self.page.scroll_to(y=0, animate=False, immediate=True)

    async def put_through(self) -> None:
        """Do what the page says. Raises what :meth:`aic_tui.services.editing.Editor.save` raises."""
        await self._editor.save(self._plan, self._draft, file_consent=self._consent is not None)

    def _ask_consent(self, error: ConsentNeededError) -> None:
        """The key would go to a file: say which, and show the change of config.toml that goes with it."""
        self._consent, self._trouble = error, None
        self.keep_in(KeyStore.FILE)

    def keep_in(self, store: KeyStore) -> None:
        """Plan again with the key in another place."""
        if self._draft is None or self._replan is None or self._draft.secret is None:
            return
        account = replace(self._draft.account, key=reference_for(store))
        draft = replace(self._draft, account=account, store=store)
        try:
            self._plan = self._replan(draft)
        except UserError as error:
            self._trouble = error.sentence
        else:
            self._draft = draft


def _consent_words(consent: ConsentNeededError, home: str, options: ViewOptions) -> list[Told]:
    path = shown_origin(consent.path, RowView(options, home))
    return [
        (consent.why, Tone.WARN),
        (f"The key would go to {path}", Tone.PLAIN),
        (
            "Only your user can read that file, but it is not encrypted: backups and programs you run see the key.",
            Tone.PLAIN,
        ),
    ]


def sentences(told: Sequence[Told], cells: int, options: ViewOptions) -> list[Line]:
    """Each broken between words; a path too long for a line is broken anywhere. No line is wider than a page."""
    lines: list[Line] = []
    for text, tone in told:
        lines += [line((row, tone)) for row in broken(say(text, options), min(cells, 84))]
    return lines


def diff_lines(diff: Sequence[DiffLine], cells: int, options: ViewOptions) -> list[Line]:
    """The change of the file, each line behind its sign; long values go on below."""
    if not diff:
        return [line(("  nothing changes there", Tone.DIM))]
    tones = {"+": (Tone.OK, Tone.PLAIN), "-": (Tone.BAD, Tone.DIM)}
    lines: list[Line] = []
    for row in diff:
        sign, text = row.sign, row.text
        shown = _private(text) if options.privacy else text
        sign_tone, tone = tones.get(sign, (Tone.DIM, Tone.DIM))
        pieces = broken(shown, cells - 4) or [""]
        for number, piece in enumerate(pieces):
            lines.append((Span(f"  {sign if number == 0 else ' '} ", sign_tone), Span(piece, tone)))
    return lines


def _private(text: str) -> str:
    """A line of config.toml without what names somebody."""
    name, equals, _ = text.partition(" = ")
    if text.lstrip().startswith("[accounts."):
        return f"[accounts.{fmt.MASK}]"
    return f"{name} = {fmt.MASK}" if equals and name.strip() not in _OPEN else text
