"""Signing in to GitHub by a code that is entered in a browser on any machine. Nothing is sent before enter."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.worker import Worker

from aic_tui.config.settings import Account
from aic_tui.models import AccountState
from aic_tui.services.signing_in import LoginRun, LoginState, LoginTarget, SignIn, Stage
from aic_tui.ui.account_draft import store_for
from aic_tui.ui.account_rows import RowView, shown_origin
from aic_tui.ui.bindings import LOGIN_BINDINGS
from aic_tui.ui.browser import can_open, open_page
from aic_tui.ui.clipboard import COPIED, copy
from aic_tui.ui.screens.page import PageScreen
from aic_tui.view.login import Beside, login_lines, title
from aic_tui.view.spans import Line

_PATIENCE_SECONDS = 0.5  # quitting waits no longer for a login to end
_UNDER_WAY = (Stage.REQUESTING, Stage.WAITING, Stage.CHECKING, Stage.CONSENT, Stage.STORING)
# The stages in which each key does something.
_WHEN = {
    "go": (Stage.READY,),
    "finish": (Stage.DONE,),
    "copy": (Stage.WAITING,),
    "copy_page": (Stage.WAITING,),
    "open": (Stage.WAITING,),
    "consent": (Stage.CONSENT,),
    "cancel": tuple(stage for stage in _UNDER_WAY if stage is not Stage.STORING),  # what is being stored is stored
}


class LoginScreen(PageScreen):
    """One login for ``target``, with the account ``filled_in`` where a form has it. Ends with True when it
    signed in. Leaving the screen cancels what is under way."""

    BINDINGS: ClassVar[list[BindingType]] = [*LOGIN_BINDINGS]

    def __init__(self, sign_in: SignIn, target: LoginTarget, filled_in: Account | None = None) -> None:
        super().__init__()
        self._sign_in, self._target, self._filled_in = sign_in, target, filled_in
        self._run: LoginRun | None = None
        self._stage = Stage.READY

    def on_mount(self) -> None:
        """Show what would be asked."""
        self._renew()

    def _renew(self) -> LoginRun:
        """A fresh login in READY."""
        self._store = str(store_for(self.aic.monitor.config))
        run = self._sign_in.begin(self._target, store=self._store, filled_in=self._filled_in)
        self._run, self._since = run, self.aic.env.now()
        run.subscribe(lambda state: self._changed(run, state))
        self._changed(run, run.state)
        return run

    @property
    def state(self) -> LoginState:
        """The login as it stands."""
        return self._run.state if self._run else LoginState(self._target)

    def _changed(self, run: LoginRun, state: LoginState) -> None:
        if run is not self._run or not self.is_attached:
            return
        self.draw()
        if state.stage is not self._stage:
            self._stage = state.stage
            self.refresh_bindings()
            self.page.scroll_to(y=0, animate=False, immediate=True)
            self.draw()  # the footer again: other keys work now

    # -- drawing

    def title_line(self, cells: int) -> Line:
        """What this is, and for whom."""
        return title(self.state, self.aic.options, cells)

    def body(self, cells: int) -> Sequence[Line]:
        """The login in the room there is."""
        options = self.aic.options
        view = RowView(options, str(self.aic.env.home))
        state = self.state
        shown = replace(
            state,
            path=shown_origin(state.path, view) if state.path else None,
            kept_in=shown_origin(state.kept_in, view) if state.kept_in not in (None, "keyring") else state.kept_in,
        )
        opens = self._display("open_page") if can_open(self.aic.env) else ""
        beside = Beside(opens, self._store, self._account, self._unwatched)
        height = self.app.size.height - self._top.display - 1
        return login_lines(shown, beside, options, cells, height)

    def _display(self, binding_id: str) -> str:
        binding = next(one for one in LOGIN_BINDINGS if one.id == binding_id)
        key = self.aic.monitor.config.keys.get(binding_id) or binding.key
        return self.app.get_key_display(Binding(key, binding.action))

    @property
    def _account(self) -> AccountState | None:
        """The account, once it was asked with the new token: what an older refusal says is over."""
        account_id = self.state.target.account_id
        account = next((one for one in self.aic.monitor.states() if one.account_id == account_id), None)
        if account is not None and account.failure is not None and account.failure.at < self._since:
            return None
        return account

    @property
    def _unwatched(self) -> str:
        """Why no figures will come: the account is off, or hidden; "" where they will."""
        account_id = self.state.target.account_id
        account = next((one for one in self.aic.monitor.config.accounts if one.id == account_id), None)
        if account is None:
            return ""
        return "hidden" if account.hidden else "" if account.enabled else "off"

    def state_changed(self, state: AccountState | None) -> None:
        """The first figures may have come."""
        if self.state.stage is Stage.DONE:
            self.draw()

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done at this stage."""
        stage = self.state.stage
        if action == "open":
            return stage is Stage.WAITING and can_open(self.aic.env)
        if action == "again":
            return self.state.is_over and stage is not Stage.DONE
        if action == "back":
            return stage not in _UNDER_WAY
        return stage in _WHEN[action] if action in _WHEN else True

    def action_go(self) -> None:
        """Ask for a code, and then whether it was confirmed."""
        if self._run is not None:
            self._start(self._run)

    def action_again(self) -> None:
        """A new code after an ending."""
        self._start(self._renew())

    def _start(self, run: LoginRun) -> None:
        self.run_worker(run.run(), name="login", group="login", exclusive=True, exit_on_error=False)

    def action_consent(self, yes: bool) -> None:
        """Keep the token in the file, or forget it."""
        if self._run is not None:
            self.run_worker(
                self._run.consent(yes=yes), name="consent", group="login", exclusive=True, exit_on_error=False
            )

    def action_copy(self) -> None:
        """The code into the clipboard."""
        if code := self.state.user_code:
            copy(self.app, code, self.aic.env.environ)
            self.app.notify(f"Code {COPIED}.", timeout=4)

    def action_copy_page(self) -> None:
        """The address into the clipboard."""
        if page := self.state.page:
            copy(self.app, page, self.aic.env.environ)
            self.app.notify(f"Address {COPIED}.", timeout=4)

    def action_open(self) -> None:
        """The address in a browser on this machine."""
        if (page := self.state.page) and not open_page(page, self.aic.env):
            self.app.notify("No browser could be started here; open the address yourself.", severity="warning")

    def action_finish(self) -> None:
        """Back, signed in."""
        self.dismiss(True)

    def action_back(self) -> None:
        """Back; True where it was signed in."""
        self.dismiss(self.state.stage is Stage.DONE)

    async def action_cancel(self) -> None:
        """Stop asking, then back."""
        await self._stop()
        self.dismiss(False)

    async def _stop(self) -> None:
        if self._run is not None and self.state.stage in _UNDER_WAY:
            await self._run.cancel()

    async def on_unmount(self) -> None:
        """No login goes on without its screen, whatever ended that."""
        await asyncio.wait({asyncio.ensure_future(self._stop())}, timeout=_PATIENCE_SECONDS)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A defect is reported as those of the app's own workers are."""
        self.aic.on_worker_state_changed(event)
