"""From the key that signs in to the right screen: straight to an account that needs it, else to a choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from aic_tui.config.settings import Account
from aic_tui.services.signing_in import LoginTarget, SignIn

if TYPE_CHECKING:
    from aic_tui.app import AicApp

Ended = Callable[[bool | None], None]
_NOBODY = "Signing in is not possible here."


def open_login(app: AicApp, account_id: str | None, ended: Ended) -> None:
    """Sign in, with the account ``account_id`` in mind; ``ended`` is told whether that happened."""
    _with_targets(app, lambda sign_in, targets: _open(app, sign_in, targets, account_id, ended))


def open_login_for(app: AicApp, account: Account, ended: Ended, *, is_new: bool) -> None:
    """Sign in ``account`` as a form has it, and no other; ``is_new`` where it is not in config.toml yet."""
    from aic_tui.providers.github import site_of

    host = site_of(account.login_url, account.base_url).host

    def use(sign_in: SignIn, targets: list[LoginTarget]) -> None:
        meant = next((one for one in targets if (one.is_new if is_new else one.account_id == account.id)), None)
        if meant is None:
            app.notify(_NOBODY, timeout=4)
            return
        name = account.name or (None if is_new else meant.name)
        filled_in = replace(account, id=meant.account_id)
        _show(app, sign_in, replace(meant, host=host, label=name or meant.label, name=name), ended, filled_in)

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
        _show(app, sign_in, meant, ended)
    elif len(targets) < 2:
        _show(app, sign_in, targets[0] if targets else None, ended)
    else:
        app.push_screen(LoginTargets(sign_in, targets, meant), ended)


def _show(
    app: AicApp, sign_in: SignIn, target: LoginTarget | None, ended: Ended, filled_in: Account | None = None
) -> None:
    from aic_tui.ui.screens.login import LoginScreen

    if target is not None:
        app.push_screen(LoginScreen(sign_in, target, filled_in), ended)
    else:
        app.notify(_NOBODY, timeout=4)
