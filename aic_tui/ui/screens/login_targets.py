"""Which account is to be signed in: one of config.toml, or a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from aic_tui.services.signing_in import LoginTarget, SignIn
from aic_tui.ui.bindings import TARGET_BINDINGS
from aic_tui.ui.screens.chooser import ChooserScreen
from aic_tui.view import login_words as told
from aic_tui.view.spans import EMPTY, Line, Span, Tone, first_fitting, line
from aic_tui.view.words import fit_name


class LoginTargets(ChooserScreen):
    """Ends with True when an account was signed in. ``meant`` is the account that is pointed at first."""

    BINDINGS: ClassVar[list[BindingType]] = [*TARGET_BINDINGS]

    def __init__(self, sign_in: SignIn, targets: Sequence[LoginTarget], meant: LoginTarget | None) -> None:
        super().__init__()
        self._sign_in, self._targets = sign_in, list(targets)
        self.place = self._targets.index(meant) if meant in self._targets else 0

    def title_line(self, cells: int) -> Line:
        """The question."""
        head = line(("Sign in to GitHub", Tone.STRONG))
        return first_fitting([line(*head, ("  which account?", Tone.DIM)), head], cells)

    def body(self, cells: int) -> Sequence[Line]:
        """One row for each, the new one last."""
        lines: list[Line] = [EMPTY]
        self.row_places = []
        for place, target in enumerate(self._targets):
            self.row_places.append(len(lines))
            lines.append(self._row(target, place == self.place, cells))
        return [*lines, EMPTY]

    def _row(self, target: LoginTarget, pointed: bool, cells: int) -> Line:
        options = self.aic.options
        mark = Span(((">" if options.ascii else "▌") if pointed else " ") + " ", Tone.ACCENT)
        name = fit_name(told.account_words(target, options), max(cells - 2, 1))
        named = line(mark, (name, Tone.STRONG if pointed else Tone.PLAIN))
        host = line(*named, (f"  {told.host_words(target.host, options)}", Tone.DIM))
        standing = told.standing_words(target, options)
        now = ("token invalid", Tone.NEED) if target.token_invalid else (standing or "", Tone.DIM)
        told_now = line((f"  {now[0]}", now[1])) if now[0] else ()
        shorter = [line(*named, *told_now)] if target.token_invalid else []
        return first_fitting([line(*host, *told_now), *shorter, host, named], cells)

    def foot(self, cells: int) -> Sequence[Line]:
        """Nothing more."""
        return []

    def action_choose(self) -> None:
        """On to the login."""
        from aic_tui.ui.screens.login import LoginScreen

        self.app.push_screen(LoginScreen(self._sign_in, self._targets[self.place]), self._ended)

    def _ended(self, signed_in: bool | None) -> None:
        if signed_in:
            self.dismiss(True)
