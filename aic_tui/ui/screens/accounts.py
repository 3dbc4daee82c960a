"""Every account of the configuration, enabled or not: where its key comes from, where it is kept, its last test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from aic_tui import format as fmt
from aic_tui.errors import UserError
from aic_tui.models import AccountState
from aic_tui.services.editing import AccountRow, Draft, Editor, KeyStore, Plan
from aic_tui.ui.account_draft import host_of, signs_in, variables_of
from aic_tui.ui.account_keys import UNDO_HINT, AccountKeys
from aic_tui.ui.account_rows import RowView, header_line, list_lines, name_of, selected_lines
from aic_tui.ui.bindings import ACCOUNTS_BINDINGS
from aic_tui.ui.screens.chooser import ChooserScreen
from aic_tui.ui.screens.page import CssPath
from aic_tui.ui.widgets.fields import TextField
from aic_tui.view.spans import EMPTY, Line, Tone, line


class AccountsScreen(AccountKeys, ChooserScreen):
    """``editor`` makes the changes; ``first`` is the account that is selected at the beginning."""

    CSS_PATH: ClassVar[CssPath | None] = ["page.tcss", "account_form.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [*ACCOUNTS_BINDINGS]

    def __init__(self, editor: Editor, first: str | None = None) -> None:
        super().__init__()
        self._editor = editor
        self._first = first
        self._turn = 0
        self._rows: Sequence[AccountRow] | None = None
        self._testing: set[str] = set()
        self._name_field: TextField | None = None

    def on_mount(self) -> None:
        """Read the accounts."""
        self.reload()

    def on_screen_resume(self) -> None:
        """Another screen may have changed them."""
        self.reload()

    def state_changed(self, state: AccountState | None) -> None:
        """Figures or the list changed."""
        if state is None or self._rows is None:
            self.reload()
            return
        ids = [row.account.id for row in self._rows]
        if state.account_id in ids:
            place = ids.index(state.account_id)
            rows = list(self._rows)
            rows[place] = replace(rows[place], state=state)
            self._rows = rows
        self.draw()

    # -- drawing

    @property
    def _view(self) -> RowView:
        public = frozenset(name for row in self._rows or () for name in variables_of(row.account.provider_id))
        return RowView(self.aic.options, str(self.aic.env.home), public)

    def title_line(self, cells: int) -> Line:
        """How many there are."""
        return header_line(self._rows or (), self.aic.options, cells)

    def body(self, cells: int) -> Sequence[Line]:
        """The accounts, each with what is wrong with it."""
        self.row_places = []
        if self._rows is None:
            return [EMPTY]
        if not self._rows:
            return [EMPTY, line(("There is no account yet.", Tone.STRONG)), line(("a", Tone.ACCENT), " adds one.")]
        lines, places = list_lines(self._rows, self.place, self._view, cells)
        self.row_places = [place + 1 for place in places]
        return [EMPTY, *lines, EMPTY]

    def foot(self, cells: int) -> Sequence[Line]:
        """The selected account in full."""
        row = self.selected_row
        return selected_lines(row, self._view, cells) if row else []

    # -- rows

    @property
    def selected_row(self) -> AccountRow | None:
        """The account that keys are about."""
        rows = self._rows or ()
        return rows[self.place] if self.place < len(rows) else None

    def reload(self) -> None:
        """Read the accounts again; the selected one stays selected."""
        if self.is_attached:
            self.app.run_worker(self._read(), name="accounts", group="accounts", exit_on_error=False)

    async def _read(self) -> None:
        self._turn += 1
        turn = self._turn
        rows = await self._editor.rows()
        if turn != self._turn:
            return  # a later reading knows more
        kept = self.meant_account_id() or self._first
        ids = [row.account.id for row in rows]
        if kept in ids:
            self.place = ids.index(kept)
        self.place = max(0, min(self.place, len(rows) - 1))
        self._rows = rows
        self.draw()
        self.refresh_bindings()

    def meant_account_id(self) -> str | None:
        """The selected account."""
        row = self.selected_row
        return row.account.id if row else None

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing now are neither offered nor taken."""
        if self._name_field is not None:
            return action in ("next", "back", "help", "quit")
        if action == "undo":
            return self._editor.can_undo is not None
        if action == "logout":
            row = self.selected_row
            ours = row is not None and row.store in (KeyStore.KEYRING, KeyStore.FILE)
            return row is not None and ours and signs_in(row.account.provider_id)
        about_one = ("edit_account", "delete_account", "toggle_account", "test", "rename", "flag", "shift", "move_key")
        return self.selected_row is not None if action in about_one else True

    def action_back(self) -> None:
        """Leave the name as it was, or the screen."""
        if self._name_field is not None:
            self._close_name()
        else:
            self.dismiss()

    def action_flag(self, flag: str) -> None:
        """Pin or hide the selected account, or no longer."""
        if row := self.selected_row:
            value = not getattr(row.account, flag)
            word = flag if value else f"no longer {flag}"
            self._change(row, lambda: self._editor.plan_flag(row.account.id, flag, value=value), word)

    def action_shift(self, step: int) -> None:
        """Move the selected account up or down."""
        rows = self._rows or ()
        if (row := self.selected_row) and 0 <= self.place + step < len(rows):
            self._change(row, lambda: self._editor.plan_move(row.account.id, step), None)

    def _change(self, row: AccountRow, plan: Callable[[], Plan], word: str | None) -> None:
        name = name_of(row, self.aic.options)
        said = None if word is None else f"{name} is {word}{UNDO_HINT}"
        self.save_at_once(self._editor, plan, name, said)

    def action_logout(self) -> None:
        """Erase the selected account's token, after a question."""
        from aic_tui.ui.screens.sign_out import SignOutScreen
        from aic_tui.view.login_words import PUBLIC_HOST

        row, sign_in = self.selected_row, self.aic.monitor.sign_in
        if row is not None and sign_in is not None:
            host = host_of(row.account.login_url or "") or PUBLIC_HOST
            screen = SignOutScreen(sign_in, row.account.id, name_of(row, self.aic.options), host)
            self.app.push_screen(screen, lambda _: self.reload())

    def action_move_key(self) -> None:
        """Keep the selected account's key in the other of our stores, after a last look."""
        from aic_tui.ui.screens.move_key import MoveKeyScreen, nothing_to_move

        row = self.selected_row
        if row is None:
            return
        name = name_of(row, self.aic.options)
        if why := nothing_to_move(row):
            self.app.notify(f"{name}: {why}", timeout=6)
            return
        try:
            screen = MoveKeyScreen(self._editor, row, name, str(self.aic.env.paths.secrets_file))
        except UserError as error:
            self.app.notify(error.sentence, severity="error", timeout=8)
        else:
            self.app.push_screen(screen, lambda _: self.reload())

    def action_undo(self) -> None:
        """Take the last change of this session back."""
        self.take_back(self._editor)

    def action_test(self) -> None:
        """Ask the provider now, with the account's own key."""
        row = self.selected_row
        if row is not None and row.account.id not in self._testing:
            self.app.run_worker(self._test(row), name="test", group="test", exit_on_error=False)

    async def _test(self, row: AccountRow) -> None:
        name = name_of(row, self.aic.options)
        self._testing.add(row.account.id)
        self.app.notify(f"Asking {name} …", timeout=3)
        try:
            trial = await self._editor.try_out(Draft(row.account, store=row.store))
        finally:
            self._testing.discard(row.account.id)
        options = self.aic.options
        if trial.failure is None:
            self.app.notify(f"{name}: the key works.", timeout=6)
        else:
            sentence = fmt.failure_sentence(trial.failure, options.zone, options.now, keys=options.keys)
            self.app.notify(f"{name}: {sentence}.", severity="warning", timeout=8)
        self.reload()

    # -- another name, on one line

    async def action_rename(self) -> None:
        """Open a line with the account's name in it."""
        row = self.selected_row
        if row is None or self._name_field is not None:
            return
        self._name_field = TextField(row.account.name or "", id="new-name", placeholder=row.provider_name)
        self._name_field.password = self.aic.options.privacy
        await self.mount(self._name_field)
        self._name_field.focus()
        self._footer.display = False
        self.draw()

    def action_next(self) -> None:
        """Save the new name."""
        row, field = self.selected_row, self._name_field
        if row is None or field is None:
            return
        name = field.text or None
        self._close_name()
        if name == row.account.name:
            return
        draft = Draft(replace(row.account, name=name), store=row.store)
        before = name_of(row, self.aic.options)
        shown = name_of(AccountRow(draft.account, row.provider_name, row.store, row.origin), self.aic.options)
        said = f"Now called {shown}{UNDO_HINT}"
        self.save_at_once(self._editor, lambda: self._editor.plan_edit(row.account.id, draft), before, said)

    def _close_name(self) -> None:
        if self._name_field is not None:
            self._name_field.remove()
            self._name_field = None
        self._footer.display = True
        self.set_focus(None)
        self.draw()
        self.refresh_bindings()
