"""The first run: logins of other tools that were found here, and one question. Enter uses the marked ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from aic_tui.errors import UserError
from aic_tui.services.monitor import Found
from aic_tui.ui.bindings import WELCOME_BINDINGS
from aic_tui.ui.screens.page import PageScreen
from aic_tui.view.spans import EMPTY, Line, Span, Tone, ViewOptions, line
from aic_tui.view.words import wrap

if TYPE_CHECKING:
    from aic_tui.app import AicApp

_WHAT = "These logins of other tools are on this machine. aic-tui reads them where they are, for each request afresh."
_PROMISE = "It never refreshes, locks or rewrites them, and sends each to its own provider only."


class WelcomeScreen(PageScreen):
    """``findings`` is all of discovery; those that need the user's yes are listed with a mark each."""

    BINDINGS: ClassVar[list[BindingType]] = [*WELCOME_BINDINGS]

    def __init__(self, findings: Sequence[Found]) -> None:
        super().__init__()
        self._asked = [found for found in findings if found.needs_confirmation and not found.accepted]
        self._counted = [found for found in findings if not found.needs_confirmation]
        self._marked = {found.source + found.provider_id for found in self._asked if found.problem is None}
        self._place = 0
        self._rows: list[int] = []

    def title_line(self, cells: int) -> Line:
        """What this is."""
        return line(("aic-tui", Tone.STRONG), ("  first run", Tone.DIM))

    def body(self, cells: int) -> Sequence[Line]:
        """What was found, where exactly, and what will happen."""
        options = self.aic.options
        lines: list[Line] = [EMPTY, *_words(_WHAT, cells, Tone.PLAIN), EMPTY]
        self._rows = []
        for place, found in enumerate(self._asked):
            self._rows.append(len(lines))
            lines += self._choice(found, place == self._place, options, cells)
        lines += [EMPTY, *_words(_PROMISE, cells, Tone.DIM), EMPTY]
        if self._counted:
            names = ", ".join(f"{found.provider_name} ({found.origin})" for found in self._counted)
            told = "Keys in the environment count at once" + ("." if options.privacy else f": {names}.")
            lines += [*_words(told, cells, Tone.DIM), EMPTY]
        many = len(self._marked)
        does = (
            f"Enter uses {'the one that is' if many == 1 else f'the {many} that are'} marked."
            if many
            else "None is marked."
        )
        return [
            *lines,
            *_words(f"{does} Escape uses none; they are offered again at the next start.", cells, Tone.PLAIN),
        ]

    def _choice(self, found: Found, pointed: bool, options: ViewOptions, cells: int) -> list[Line]:
        marked = found.source + found.provider_id in self._marked
        box = "[x]" if marked else "[ ]"
        pointer = (">" if options.ascii else "▌") if pointed else " "
        head = line(
            (f"{pointer} ", Tone.ACCENT),
            (box, Tone.ACCENT if marked else Tone.DIM),
            (f" {found.provider_name}", Tone.STRONG),
            (f"  {found.masked}", Tone.DIM),
        )
        below = ["***" if options.privacy else found.origin]
        below += [words for words in (found.problem, found.consent) if words]
        lines = [head]
        for number, text in enumerate(below):
            tone = Tone.WARN if text == found.problem else Tone.DIM if number == 0 else Tone.PLAIN
            lines += [(Span(" " * 6), *spans) for spans in _words(text, cells - 6, tone)]
        return [*lines, EMPTY]

    def action_point(self, step: int) -> None:
        """Point at another login."""
        self._place = max(0, min(self._place + step, len(self._asked) - 1))
        self.draw()
        if self._rows:
            self.page.reveal(self._rows[self._place])

    def action_mark(self) -> None:
        """Mark the pointed login, or take its mark away."""
        if self._asked:
            found = self._asked[self._place]
            self._marked ^= {found.source + found.provider_id}
            self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Signing in needs somewhere to keep the token."""
        return self.aic.monitor.can_edit if action == "login" else True

    def action_login(self) -> None:
        """Sign in to GitHub first; what was found is offered again after that."""
        from aic_tui.ui.signing import open_login

        open_login(self.aic, None, lambda _: self.draw())

    def action_accept(self) -> None:
        """Use the marked logins and show the dashboard."""
        chosen = [found for found in self._asked if found.source + found.provider_id in self._marked]
        if chosen:
            self.app.run_worker(_accept(self.aic, chosen), name="accept", group="accept", exit_on_error=False)
        self.dismiss()


async def _accept(app: AicApp, chosen: Sequence[Found]) -> None:
    try:
        await app.monitor.accept(chosen)
    except UserError as error:
        app.notify(error.sentence, severity="error", timeout=12)


def _words(text: str, cells: int, tone: Tone) -> list[Line]:
    """``text`` broken between words; a path that is too long for a line is broken anywhere."""
    rows = wrap(text, cells, 50)
    if rows is None:
        rows = [text[start : start + cells] for start in range(0, len(text), max(cells, 1))]
    return [line((row, tone)) for row in rows]
