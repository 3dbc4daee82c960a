"""Which key does what, and another key for it: enter, then the new key. Saved under ``[keys]`` of config.toml."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.keys import format_key

from aic_tui.config.keymap import NEVER_OURS, taken_by
from aic_tui.text import cell_width, clean
from aic_tui.ui.bindings import KEYS_BINDINGS
from aic_tui.ui.key_groups import KeyRow, key_rows
from aic_tui.ui.save_setting import Change, save_setting
from aic_tui.ui.screens.chooser import ChooserScreen
from aic_tui.ui.setting_rows import WIDEST, heading, prose
from aic_tui.view.spans import EMPTY, Line, Span, Tone, line, pad, spread
from aic_tui.view.words import fit_name, say

_KEYS = 12
_MEASURE = 66
_NAMES = {"pageup": "pgup", "pagedown": "pgdn", "escape": "esc", "enter": "enter", "space": "space"}


class KeysScreen(ChooserScreen):
    """Every binding that can be remapped."""

    BINDINGS: ClassVar[list[BindingType]] = [*KEYS_BINDINGS]

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[KeyRow] = []
        self._waiting = False  # for the new key
        self._problem = ""

    # -- drawing

    def title_line(self, cells: int) -> Line:
        """What this is."""
        many = len(self.aic.monitor.config.keys)
        return line(("Keys", Tone.STRONG), (f"  {many} changed" if many else "  all as usual", Tone.DIM))

    def body(self, cells: int) -> Sequence[Line]:
        """Groups of bindings."""
        self._rows = key_rows(self.aic.monitor.config.keys)
        lines: list[Line] = []
        self.row_places = []
        group = ""
        for place, row in enumerate(self._rows):
            if row.group != group:
                group = row.group
                lines += heading(group)
            self.row_places.append(len(lines))
            lines.append(self._row(row, cells, pointed=place == self.place))
        return [*lines, EMPTY]

    def _row(self, row: KeyRow, cells: int, *, pointed: bool) -> Line:
        options = self.aic.options
        pointer = (">" if options.ascii else "▌") if pointed else " "
        keys = " ".join(shown(key) for key in row.keys)
        if pointed and self._waiting:
            keys = say("press…", options)
        tone = Tone.ACCENT if pointed or row.changed else Tone.PLAIN
        head = pad(line((fit_name(clean(keys, 40), _KEYS), tone)), _KEYS)
        does = line((row.binding.description, Tone.STRONG if pointed else Tone.PLAIN))
        end = line(("changed" if row.changed else "", Tone.DIM))
        return spread(
            (Span(pointer, Tone.ACCENT), Span(" "), *head, Span(" "), *does), end, min(cells, _MEASURE), gap=2
        )

    def foot(self, cells: int) -> Sequence[Line]:
        """What the pointed key does; while it is changed, what to press."""
        row, options = self._rows[self.place], self.aic.options
        cells = min(cells, WIDEST)
        said = prose(row.binding.tooltip or row.binding.description, cells, Tone.PLAIN, options)
        if self._problem:
            said += prose(self._problem, cells, Tone.WARN, options)
        if self._waiting:
            return [*said, *prose("Press the new key. Escape leaves it as it is.", cells, Tone.ACCENT, options)]
        usual = " ".join(shown(key.strip()) for key in row.binding.key.split(","))
        where = f"keys.{row.binding.id}" + (f" · from config.toml, usually {usual}" if row.changed else " · as usual")
        return [*said, *prose(where, cells, Tone.DIM, options)]

    def draw(self) -> None:
        """While a key is awaited, every other one is just a key: the footer promises nothing else."""
        super().draw()
        if self._waiting and self.is_mounted:
            self._footer.show([line(("esc", Tone.ACCENT), (" leave it", Tone.DIM))])

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be changed in a file that is left alone."""
        if action == "change":
            return not self.aic.monitor.config.read_only
        if action == "to_default":
            row = self._rows[self.place] if self._rows else None
            return row is not None and row.changed and not self.aic.monitor.config.read_only
        return True

    def point(self, place: int) -> None:
        """Another row."""
        self._problem = ""
        super().point(place)

    def action_change(self) -> None:
        """Wait for the new key."""
        self._waiting, self._problem = True, ""
        self.draw()

    def action_to_default(self) -> None:
        """The usual key again."""
        row = self._rows[self.place]
        self._save(row, None, f"{row.binding.description}: {shown(row.binding.key.split(',')[0])}")

    def on_key(self, event: events.Key) -> None:
        """The new key, whatever it does otherwise."""
        if not self._waiting:
            return
        event.stop()
        event.prevent_default()
        row = self._rows[self.place]
        if event.key == "escape":
            self._waiting, self._problem = False, ""
        elif problem := self._refusal(event.key, row):
            self._problem = problem
        else:
            self._waiting, self._problem = False, ""
            self._save(row, event.key, f"{row.binding.description}: {shown(event.key)}")
        self.draw()

    def _refusal(self, key: str, row: KeyRow) -> str:
        if key in NEVER_OURS or cell_width(key) > 40:
            return f"{shown(key)} cannot be used."
        other = taken_by(key, row.binding.id, self.aic.monitor.config.keys)
        if other is None:
            return ""
        return f"{shown(key)} is “{other.description}” already. Press another, or give that one another key first."

    def _save(self, row: KeyRow, key: str | None, told: str) -> None:
        save_setting(self.aic, Change(f"keys.{row.binding.id}", key, told), self.draw)


def shown(key: str) -> str:
    """A key as it is written on it."""
    return _NAMES.get(key) or format_key(key)
