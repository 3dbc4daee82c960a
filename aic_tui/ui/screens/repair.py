"""A config.toml that cannot be read: what is wrong, where, the line itself, and one key that repairs it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from aic_tui.config.document import read_regular_file
from aic_tui.config.settings import Problem
from aic_tui.errors import UserError
from aic_tui.format import MASK
from aic_tui.redact import redact
from aic_tui.text import cell_width, clean
from aic_tui.ui.bindings import REPAIR_BINDINGS
from aic_tui.ui.screens.page import PageScreen
from aic_tui.ui.setting_rows import WIDEST, prose
from aic_tui.view.spans import EMPTY, Line, Tone, line

_CAP = 1 << 20
_AROUND = 2  # lines on show before and after the broken one
_SECRET = re.compile(
    r"(?i)((?:key|token|secret|passw|cookie|credential)[\w.\"' -]*=\s*[\"']?)(?!env:|keyring\b|file\b|discovered:)(.+)"
)
_WHAT_REPAIR_DOES = (
    "R keeps this file as config.toml.corrupt-… and goes on from config.toml.bak, else from the defaults."
)
_BY_HAND = "Or mend it in an editor: it is read again within two seconds."


class RepairScreen(PageScreen):
    """Reads the file afresh whenever it is drawn, so it follows an editor that mends it."""

    BINDINGS: ClassVar[list[BindingType]] = [*REPAIR_BINDINGS]

    def title_line(self, cells: int) -> Line:
        """What this is."""
        broken = self.aic.monitor.config.broken
        return line(("config.toml", Tone.STRONG), "  ", ("cannot be read", Tone.WARN) if broken else ("whole", Tone.OK))

    def body(self, cells: int) -> Sequence[Line]:
        """The sentence, the lines around the place with a pointer, and what can be done."""
        options, config = self.aic.options, self.aic.monitor.config
        cells = min(cells, WIDEST)
        if not config.broken:
            return [EMPTY, *prose("It can be read again. Escape leads back.", cells, Tone.PLAIN, options)]
        problem = config.problems[0] if config.problems else Problem("config.toml cannot be read.")
        lines: list[Line] = [EMPTY, *prose(clean(redact(problem.sentence), 500), cells, Tone.PLAIN, options), EMPTY]
        if problem.line:
            lines += [*self._excerpt(problem.line, problem.column, cells), EMPTY]
        kept = "Until then nothing is saved and no provider is asked."
        for text, tone in ((_WHAT_REPAIR_DOES, Tone.PLAIN), (_BY_HAND, Tone.DIM), (kept, Tone.DIM)):
            lines += [*prose(text, cells, tone, options), EMPTY]
        return lines

    def _excerpt(self, number: int, column: int | None, cells: int) -> list[Line]:
        rows = self._rows()
        first, last = max(number - _AROUND, 1), min(number + _AROUND, len(rows))
        gutter = len(str(last)) + 2
        room = max(cells - gutter, 1)
        lines: list[Line] = []
        for at in range(first, last + 1):
            text, start = self._shown(rows[at - 1]), 0
            here = at == number
            if here and column and cell_width(text[: column - 1]) >= room:
                start = max(column - room // 2, 0)  # a long line is shown around the place
            tone = Tone.PLAIN if here else Tone.DIM
            lines.append(line((f"{at}".rjust(gutter - 2) + "  ", Tone.DIM), (text[start : start + room], tone)))
            if here and column:
                blank = " " * (gutter + cell_width(text[start : column - 1]))
                lines.append(line(blank, ("^", Tone.ACCENT)))
        return lines

    def _shown(self, row: str) -> str:
        """One line of the file as it may be seen by whoever looks at this screen."""
        if self.aic.options.privacy:
            return MASK
        return clean(_SECRET.sub(r"\1…", redact(row.replace("\t", " "))), 2000)

    def _rows(self) -> list[str]:
        try:
            data = read_regular_file(self.aic.env.paths.config_file, _CAP) or b""
        except OSError:
            return []
        return data.decode("utf-8-sig", errors="replace").split("\n")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is broken can be repaired."""
        return self.aic.monitor.config.broken if action == "repair" else True

    def action_repair(self) -> None:
        """Put the broken file aside and go on."""
        self.app.run_worker(self._repair(), name="repair", group="setting", exclusive=True, exit_on_error=False)

    async def _repair(self) -> None:
        editor = self.aic.editor
        if editor is None:
            return
        try:
            told = await editor.repair()
        except UserError as error:
            self.app.notify(error.sentence, severity="error", timeout=12)
            return
        self.aic.follow_config()
        self.app.clear_notifications()
        said = "The broken file is kept" + ("." if self.aic.privacy else f" as {clean(told, 300)}")
        self.app.notify(said, title="Repaired", timeout=12)
        if self.is_current:
            self.dismiss()
