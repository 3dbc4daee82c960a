"""Every key that works, taken from the live bindings of the screen below and of the app: remapped keys included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.binding import Binding

from aic_tui.text import cell_width
from aic_tui.ui.screens.page import PageScreen
from aic_tui.view.spans import EMPTY, Line, Span, Tone, line, pad
from aic_tui.view.words import wrap

_GLYPHS = (
    ("●", "*", "ok", Tone.OK),
    ("▲", "!", "at risk: high, or it runs out before its reset", Tone.WARN),
    ("■", "#", "exhausted until its reset", Tone.BAD),
    ("×", "x", "needs you: a key, a login, a right", Tone.NEED),
    ("◌", "o", "waits: rate limited, offline, or trouble at the provider", Tone.WAIT),
    ("?", "?", "unknown", Tone.WAIT),
)


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One entry: the keys as they are now, the words of the footer, and what it does in a sentence."""

    keys: str
    words: str
    does: str


class HelpScreen(PageScreen):
    """The keys of the screen from which help was asked."""

    def title_line(self, cells: int) -> Line:
        """What this is."""
        return line(("Keys", Tone.STRONG), ("  as they are now", Tone.DIM))

    def body(self, cells: int) -> Sequence[Line]:
        """Keys in one column, what they do in the next; then what the glyphs mean."""
        entries = self.entries()
        keys = min(max((cell_width(entry.keys) for entry in entries), default=0) + 2, cells // 2)
        lines: list[Line] = [EMPTY]
        for entry in entries:
            lines += _entry_lines(entry, keys, cells)
        lines += [EMPTY, line(("Glyphs", Tone.STRONG)), EMPTY]
        ascii_only = self.aic.options.ascii
        for glyph, plain, words, tone in _GLYPHS:
            lines += _in_column(line((plain if ascii_only else glyph, tone)), words, 3, cells)
        return [*lines, EMPTY]

    def entries(self) -> list[KeyHelp]:
        """One entry per binding id in force below, in the order in which they are declared."""
        below = self.app.screen_stack[-2] if len(self.app.screen_stack) > 1 else self
        bindings = [active.binding for active in below.active_bindings.values() if active.enabled]
        return self._grouped(binding for binding in bindings if binding.id)

    def _grouped(self, bindings: Iterable[Binding]) -> list[KeyHelp]:
        found: dict[str, tuple[list[str], Binding]] = {}
        for binding in bindings:
            keys, _ = found.setdefault(binding.id or "", ([], binding))
            display = self.app.get_key_display(binding)
            if display not in keys:
                keys.append(display)
        return [
            KeyHelp(" ".join(keys), binding.description, binding.tooltip or binding.description)
            for keys, binding in found.values()
        ]


def _entry_lines(entry: KeyHelp, keys: int, cells: int) -> list[Line]:
    return _in_column(line((entry.keys, Tone.ACCENT)), entry.does, keys, cells)


def _in_column(head: Line, words: str, at: int, cells: int) -> list[Line]:
    """``words`` wrapped in a column that begins at cell ``at``, behind ``head``."""
    rows = wrap(words, max(cells - at, 8), 20) or [words]
    first: Line = (*pad(head, at), Span(rows[0], Tone.PLAIN))
    return [first, *((Span(" " * at), Span(row, Tone.PLAIN)) for row in rows[1:])]
