"""What the dashboard and the list of accounts have in common: keys that add, change, switch and delete an account.

The dashboard is on the way to the first frame, so everything that edits is imported when a key asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, cast

from textual.screen import Screen

from aic_tui.errors import UserError

if TYPE_CHECKING:
    from aic_tui.app import AicApp
    from aic_tui.services.editing import AccountRow, ConflictError, Editor, Plan

EDITING_ACTIONS = ("accounts", "add_account", "edit_account", "delete_account", "toggle_account", "login")


UNDO_HINT = " · z on the accounts screen undoes it."


class AccountKeys(Screen[Any]):
    """A screen on which one account is selected."""

    @property
    def _app(self) -> AicApp:
        return cast("AicApp", self.app)

    def meant_account_id(self) -> str | None:
        """The account that a key is about."""
        raise NotImplementedError

    def reload(self) -> None:
        """Accounts were changed."""

    def action_accounts(self) -> None:
        """The list of all accounts."""
        from aic_tui.ui.screens.accounts import AccountsScreen

        if editor := self._app.monitor.editor:
            self.app.push_screen(AccountsScreen(editor, self.meant_account_id()))

    def action_add_account(self) -> None:
        """Add an account: which, with which key, does it work, save."""
        from aic_tui.ui.screens.add_account import AddScreen

        if editor := self._app.monitor.editor:
            self.app.push_screen(AddScreen(editor), lambda _: self.reload())

    def action_edit_account(self) -> None:
        """Change the account or replace its key."""
        self._with_row(self._edit)

    def action_delete_account(self) -> None:
        """Delete the account, after a look at what that means."""
        self._with_row(self._delete)

    def action_toggle_account(self) -> None:
        """Ask the account from now on, or no longer; saved at once."""
        self._with_row(self._toggle)

    def action_login(self) -> None:
        """Sign in to GitHub: the selected account where it needs that, else the one that is chosen."""
        from aic_tui.ui.signing import open_login

        open_login(self._app, self.meant_account_id(), lambda _: self.reload())

    # -- with the account at hand

    def _with_row(self, use: Callable[[Editor, AccountRow], Coroutine[Any, Any, None]]) -> None:
        editor, account_id = self._app.monitor.editor, self.meant_account_id()
        if editor is None or account_id is None:
            return

        async def find() -> None:
            found = [row for row in await editor.rows() if row.account.id == account_id]
            if found:
                await use(editor, found[0])

        self.app.run_worker(find(), name="edit", group="edit", exit_on_error=False)

    async def _edit(self, editor: Editor, row: AccountRow) -> None:
        from aic_tui.ui.screens.edit_account import AccountForm

        try:
            form = AccountForm.for_row(editor, row, await editor.findings())
        except UserError as error:
            self.app.notify(error.sentence, severity="error", timeout=8)
            return
        self.app.push_screen(form, lambda _: self.reload())

    async def _delete(self, editor: Editor, row: AccountRow) -> None:
        from aic_tui.ui.account_rows import name_of
        from aic_tui.ui.screens.confirm import ConfirmScreen, delete_question

        name = name_of(row, self._app.options)
        try:
            plan = editor.plan_remove(row.account.id)
        except UserError as error:
            self.app.notify(error.sentence, severity="error", timeout=8)
            return
        said = f"{name} is deleted{UNDO_HINT}"
        screen = ConfirmScreen(editor, plan, f"Delete {name}", delete_question(row), said)
        self.app.push_screen(screen, lambda _: self.reload())

    async def _toggle(self, editor: Editor, row: AccountRow) -> None:
        from aic_tui.ui.account_rows import name_of

        name, enabled = name_of(row, self._app.options), not row.account.enabled
        word = "on" if enabled else "off, and is not asked any more"
        plan: Callable[[], Plan] = lambda: editor.plan_enable(row.account.id, enabled=enabled)  # noqa: E731
        await self._save(editor, plan, f"Change {name}", f"{name} is {word}{UNDO_HINT}")

    # -- changes that need no second look

    def save_at_once(self, editor: Editor, plan: Callable[[], Plan], name: str, said: str | None) -> None:
        """Save a small change of the account that is shown as ``name``; ``said`` None where the screen shows it."""
        self.app.run_worker(
            self._save(editor, plan, f"Change {name}", said or ""), name="save", group="edit", exit_on_error=False
        )

    async def _save(self, editor: Editor, plan: Callable[[], Plan], title: str, said: str) -> None:
        from aic_tui.services.editing import ConflictError

        try:
            await editor.save(plan())
        except ConflictError as conflict:
            self._ask_again(editor, conflict, title, said)
        except UserError as error:
            self.app.notify(error.sentence, severity="error", timeout=8)
        else:
            if said:
                self.app.notify(said, timeout=6)
        self.reload()

    def _ask_again(self, editor: Editor, conflict: ConflictError, title: str, said: str) -> None:
        """Another program changed the same: it needs a second look after all, unless they want the same."""
        from aic_tui.ui.screens.confirm import ConfirmScreen

        if not conflict.theirs.diff:
            self.app.notify("Another program has made this change already.", timeout=6)
            return
        screen = ConfirmScreen.after_conflict(editor, conflict, title, said)
        self.app.push_screen(screen, lambda _: self.reload())

    def take_back(self, editor: Editor) -> None:
        """Undo the last change of this session."""

        async def undo() -> None:
            try:
                title = await editor.undo()
            except UserError as error:
                self.app.notify(error.sentence, severity="error", timeout=8)
            else:
                private = self._app.privacy
                self.app.notify("The last change is undone." if private else f"Undone: {title}.", timeout=6)
            self.reload()

        self.app.run_worker(undo(), name="undo", group="edit", exit_on_error=False)
