"""Every setting with its value and where that comes from. What is changed here is saved and takes effect at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from aic_tui.config.settings import Kind
from aic_tui.errors import UserError
from aic_tui.format import MASK
from aic_tui.ui.bindings import SETTINGS_BINDINGS
from aic_tui.ui.save_setting import Change, save_setting
from aic_tui.ui.screens.chooser import ChooserScreen
from aic_tui.ui.setting_rows import (
    Entry,
    about,
    choice_line,
    entries,
    heading,
    label_cells,
    prose,
    row_line,
    value_words,
)
from aic_tui.ui.widgets.value_line import ValueLeft, ValueLine, ValueTyped
from aic_tui.view.spans import EMPTY, Line, Span, Tone, line, spread
from aic_tui.view.words import fit_name

_SHORT_LIST = 2  # this many choices are simply taken in turn


class SettingsScreen(ChooserScreen):
    """The rows of the editor's settings, and one row that leads to the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [*SETTINGS_BINDINGS]

    def __init__(self) -> None:
        super().__init__()
        self.id = "settings"
        self._entries: list[Entry] = []
        self._open: list[str] = []  # the choices on show, none while the rows are pointed at
        self._choice = 0
        self._typing: ValueLine | None = None
        self._problem = ""

    # -- drawing

    def title_line(self, cells: int) -> Line:
        """What this is, and the file at the right end where there is room."""
        config, file = self.aic.monitor.config, self.aic.env.paths.config_file
        lead = line(("Settings", Tone.STRONG))
        if config.broken or config.read_only:
            lead = line(*lead, "  ", ("config broken" if config.broken else "config read-only", Tone.WARN))
        elif self.aic.not_saving:
            lead = line(*lead, "  ", ("not saving", Tone.WARN))
        shown = MASK if self.aic.options.privacy else _under_home(file, self.aic.env.home)
        return spread(lead, line((shown, Tone.DIM)), cells, gap=3)

    def body(self, cells: int) -> Sequence[Line]:
        """Groups of rows; an open list of choices stands below its row."""
        editor, options = self.aic.editor, self.aic.options
        self._entries = entries(editor.settings() if editor else (), self._by_key())
        lines: list[Line] = self._trouble(cells)
        self.row_places = []
        group = ""
        for place, entry in enumerate(self._entries):
            if entry.group != group:
                group = entry.group
                lines += heading(group)
            pointed = place == self.place
            self.row_places.append(len(lines))
            lines.append(row_line(entry, options, cells, pointed=pointed and not self._open))
            if pointed and self._open:
                lines += [
                    choice_line(choice, options, cells, pointed=at == self._choice, chosen=choice == entry.row.value)
                    for at, choice in enumerate(self._open)
                ]
        lines += heading("Keys")
        self.row_places.append(len(lines))
        lines.append(self._keys_row(cells))
        return [*lines, EMPTY]

    def _trouble(self, cells: int) -> list[Line]:
        config = self.aic.monitor.config
        if config.broken:
            said = "config.toml cannot be read, so nothing is saved. R shows where, and repairs it."
        elif config.read_only:
            said = "config.toml is of a newer version of aic-tui. It is used as far as it goes, and left alone."
        elif self.aic.not_saving:
            said = "The folder of config.toml cannot be written, so nothing is saved."
        else:
            return []
        return [EMPTY, *([(Span("  "), *row) for row in prose(said, max(cells - 2, 1), Tone.WARN, self.aic.options)])]

    def _keys_row(self, cells: int) -> Line:
        many = len(self.aic.monitor.config.keys)
        pointed = self.place == len(self._entries)
        pointer = (">" if self.aic.options.ascii else "▌") if pointed else " "
        told = "all as usual" if not many else f"{many} changed"
        tone = Tone.ACCENT if pointed else Tone.PLAIN
        label = ("keys".ljust(label_cells(cells)), Tone.STRONG if pointed else Tone.PLAIN)
        return line((pointer, Tone.ACCENT), " ", label, " ", (told, tone))

    def foot(self, cells: int) -> Sequence[Line]:
        """What the pointed setting does, what it may be, and where its value comes from."""
        entry = self._pointed()
        if entry is None:
            return prose("Which key does what. Each can be another one.", cells, Tone.PLAIN, self.aic.options)
        said = about(entry, self.aic.options, cells, self._problem)
        if self._typing is not None:
            hint = "Enter saves, escape leaves it as it is."
            return [*said[:-1], *prose(hint, cells, Tone.DIM, self.aic.options)]
        return said

    def _by_key(self) -> dict[str, str]:
        """What a key has changed for this session, beside what the settings say."""
        app, settings = self.aic, self.aic.monitor.config.settings
        found = {}
        if app.showing != settings.show:
            found["show"] = f"now {app.showing}"
        if app.privacy != settings.privacy:
            found["privacy"] = f"now {'on' if app.privacy else 'off'}"
        if app.mouse_captured_by_us != settings.mouse:
            found["mouse"] = f"now {'on' if app.mouse_captured_by_us else 'off'}"
        if app.theme != settings.theme:
            found["theme"] = app.theme if settings.theme == "auto" else f"now {app.theme}"
        if settings.timezone == "local":
            found["timezone"] = str(getattr(app.zone, "key", ""))
        return found

    # -- keys

    def _pointed(self) -> Entry | None:
        return self._entries[self.place] if self.place < len(self._entries) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing now are neither offered nor taken."""
        config, entry = self.aic.monitor.config, self._pointed()
        if action == "repair":
            return config.broken
        if action in ("change", "step", "to_default"):
            if entry is None:
                return action == "change"
            may = not config.read_only and entry.row.fixed_by is None
            return may and (action != "to_default" or (entry.row.origin == "file" and not self._open))
        return True

    def point(self, place: int) -> None:
        """Move in the open list of choices while there is one, else from row to row."""
        self._problem = ""
        if self._open:
            self._choice = max(0, min(place - self.place + self._choice, len(self._open) - 1))
            self.draw()
            self.page.reveal(self.row_places[self.place] + 1 + self._choice)
            return
        super().point(place)

    def action_change(self) -> None:
        """Take the next of two, open the list of several, or the line in which a value is typed."""
        entry = self._pointed()
        if entry is None:
            from aic_tui.ui.screens.keys import KeysScreen

            self.app.push_screen(KeysScreen())
            return
        setting = entry.row.setting
        if self._open:
            chosen = self._open[self._choice]
            self._close_list()
            self._set(entry, chosen)
        elif setting.kind is Kind.SWITCH or 0 < len(setting.choices) <= _SHORT_LIST:
            self.action_step(1)
        elif choices := list(setting.choices):
            self._open = choices
            self._choice = choices.index(str(entry.row.value)) if entry.row.value in choices else 0
            self.draw()
            self.page.reveal(min(self.row_places[self.place] + len(choices), len(self.page.lines) - 1))
            self.page.reveal(self.row_places[self.place])
            self.page.reveal(self.row_places[self.place] + 1 + self._choice)
        else:
            self.call_later(self._type, entry)

    def action_step(self, way: int) -> None:
        """The next choice, or the one before."""
        entry = self._pointed()
        if entry is None or self._open:
            return
        setting, value = entry.row.setting, entry.row.value
        if setting.kind is Kind.SWITCH:
            self._set(entry, not value)
        elif choices := list(setting.choices):
            at = choices.index(str(value)) if value in choices else 0
            self._set(entry, choices[(at + way) % len(choices)])

    def action_to_default(self) -> None:
        """Take the setting out of config.toml."""
        entry = self._pointed()
        if entry is not None:
            self._set(entry, None)

    def action_back(self) -> None:
        """Close the list of choices, else return to the screen below."""
        if self._open:
            self._close_list()
            self.draw()
        else:
            super().action_back()

    def action_repair(self) -> None:
        """The page that shows what is wrong with the file."""
        from aic_tui.ui.screens.repair import RepairScreen

        self.app.push_screen(RepairScreen())

    def _close_list(self) -> None:
        self._open = []

    # -- typing

    async def _type(self, entry: Entry) -> None:
        if self._typing is not None:
            return
        setting = entry.row.setting
        known: list[str] = []
        if setting.kind is Kind.ZONE:
            from zoneinfo import available_timezones

            known = ["local", *sorted(available_timezones())]
        self._typing = ValueLine(str(entry.row.value), known)
        self._footer.display = False
        await self.mount(self._typing)
        self._typing.focus()
        self.draw()

    def on_value_typed(self, message: ValueTyped) -> None:
        """Save it when it is allowed; else say what is, and let it be mended."""
        entry = self._pointed()
        if entry is None:
            return
        try:
            value = entry.row.setting.read(message.text)
        except UserError:
            shown = f"“{fit_name(message.text, 30)}”" if message.text else "Nothing"
            self._problem = f"{shown} is not allowed, but {entry.row.setting.allowed}."
            self.draw()
            return
        self._leave_line()
        self._set(entry, value)

    def on_value_left(self, message: ValueLeft) -> None:
        """As it was."""
        self._leave_line()

    def _leave_line(self) -> None:
        self._problem = ""
        if self._typing is not None:
            self._typing.remove()
            self._typing = None
        self._footer.display = True
        self.draw()

    # -- saving

    def _set(self, entry: Entry, value: str | int | bool | None) -> None:
        setting = entry.row.setting
        if value is not None and value == entry.row.value and entry.row.origin == "file":
            self.draw()
            return
        told = value_words(setting, setting.default if value is None else value)
        said = f"{entry.label}: {told}" + (", the default" if value is None else "")
        save_setting(self.aic, Change(setting.name, value, said), self.draw)


def _under_home(file: Path, home: Path) -> str:
    return f"~/{file.relative_to(home)}" if file.is_relative_to(home) else str(file)
