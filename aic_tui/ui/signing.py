"""From the key that signs in to the right screen: straight to an account that needs it, else to a choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from aic_tui.services.signing_in import LoginTarget, SignIn

if TYPE_CHECKING:
    from aic_tui.app import AicApp

Ended = Callable[[bool | None], None]
_NOBODY = "Signing in is not possible here."


def open_login(app: AicApp, account_id: str | None, ended: Ended) -> None:
    """Sign in, with the account ``account_id`` in mind; ``ended`` is told whether that happened."""
    _with_targets(app, lambda sign_in, targets: _open(app, sign_in, targets, account_id, ended))


def open_login_for(app: AicApp, account_id: str | None, ended: Ended, *, label: str = "") -> None:
    """Sign in that account and no other; None for a new one, which is called ``label`` ("" for the usual name)."""

    def use(sign_in: SignIn, targets: list[LoginTarget]) -> None:
        meant = [one for one in targets if (one.is_new if account_id is None else one.account_id == account_id)]
        named = [replace(one, label=label) if one.is_new and label else one for one in meant[:1]]
        _show(app, sign_in, named, ended)

    _with_targets(app, use)


def _with_targets(app: AicApp, use: Callable[[SignIn, list[LoginTarget]], None]) -> None:
    sign_in = app.monitor.sign_in
    if sign_in is None:
        app.notify(_NOBODY, timeout=4)
        return

    async def find() -> None:
        use(sign_in, list(await sign_in.targets()))

    app.run_worker(find(), name="login-targets", group="edit", exit_on_error=False)


def _open(app: AicApp, sign_in: SignIn, targets: list[LoginTarget], account_id: str | None, ended: Ended) -> None:
    from aic_tui.ui.screens.login_targets import LoginTargets

    meant = next((one for one in targets if one.account_id == account_id and not one.is_new), None)
    if meant is not None and (meant.token_invalid or meant.source is None):
        _show(app, sign_in, [meant], ended)
    elif len(targets) < 2:
        _show(app, sign_in, targets, ended)
    else:
        app.push_screen(LoginTargets(sign_in, targets, meant), ended)


def _show(app: AicApp, sign_in: SignIn, targets: list[LoginTarget], ended: Ended) -> None:
    from aic_tui.ui.screens.login import LoginScreen

    if targets:
        app.push_screen(LoginScreen(sign_in, targets[0]), ended)
    else:
        app.notify(_NOBODY, timeout=4)
