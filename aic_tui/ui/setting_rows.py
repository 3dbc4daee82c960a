"""The settings as lines: one row each, grouped by what they are about, and what there is to say about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aic_tui.config.settings import Kind, Setting
from aic_tui.services.editing import SettingRow
from aic_tui.text import cell_width, clean
from aic_tui.view.spans import EMPTY, Line, Span, Tone, ViewOptions, line, pad, spread, width
from aic_tui.view.words import fit_name, say, wrap

_GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Look",
        (
            ("theme", "theme"),
            ("timezone", "time zone"),
            ("show", "gauges show"),
            ("privacy", "privacy"),
            ("mouse", "mouse"),
        ),
    ),
    (
        "Figures",
        (
            ("warn_percent", "warn from"),
            ("refresh_interval_seconds", "look every"),
            ("cache_ttl_seconds", "stale after"),
            ("retention_days", "keep history"),
            ("live_prices", "live prices"),
            ("read_logs", "read logs"),
        ),
    ),
    ("Program", (("storage", "new keys go to"), ("log_level", "log"), ("github_client_id", "GitHub client"))),
)
_UNITS = {
    "warn_percent": "% used",
    "refresh_interval_seconds": " s",
    "cache_ttl_seconds": " s",
    "retention_days": " days",
}
_LABEL, _SHORT_LABEL = 16, 14
_NARROW = 48
_ORIGIN = len("environment")
_MEASURE = 62  # wider rows are hard to follow from label to origin
WIDEST = 76


class Entry(NamedTuple):
    """One row of the screen. ``now`` is what is in force by key for this session where that differs, else ""."""

    group: str
    label: str
    row: SettingRow
    now: str = ""


def entries(rows: Sequence[SettingRow], now: dict[str, str]) -> list[Entry]:
    """Every setting in the order of the screen; one that has no place here comes last, under its own name."""
    by_name = {row.setting.name: row for row in rows}
    found = [
        Entry(group, label, by_name.pop(name), now.get(name, ""))
        for group, members in _GROUPS
        for name, label in members
        if name in by_name
    ]
    return found + [Entry("Other", row.setting.name, row) for row in by_name.values()]


def value_words(setting: Setting, value: object) -> str:
    """A value as it is read: "on", "80% used", "180 days"."""
    if setting.kind is Kind.SWITCH:
        return "on" if value else "off"
    return clean(value, 60) + _UNITS.get(setting.name, "")


def row_line(entry: Entry, options: ViewOptions, cells: int, *, pointed: bool) -> Line:
    """Label, value and origin in ``cells``; the origin is left out where it does not fit (it is told below)."""
    row, fixed = entry.row, entry.row.fixed_by is not None
    cells = min(cells, _MEASURE)
    pointer = (">" if options.ascii else "▌") if pointed else " "
    column = label_cells(cells)
    label = pad(line((fit_name(entry.label, column), Tone.STRONG if pointed else Tone.PLAIN)), column)
    head: Line = (Span(pointer, Tone.ACCENT), Span(" "), *label, Span(" "))
    room = max(cells - width(head), 1)
    beside = room - _ORIGIN - 2
    text = fit_name(say(value_words(row.setting, row.value), options), room)
    tone = Tone.DIM if fixed else Tone.ACCENT if pointed else Tone.PLAIN
    value = line((text, tone))
    if entry.now and cell_width(text) + cell_width(entry.now) + 2 <= beside:
        value = line((text, tone), (f"  {entry.now}", Tone.DIM))
    origin = line((origin_word(row.origin), Tone.DIM if row.origin == "default" else Tone.PLAIN))
    return spread((*head, *value), pad(origin, _ORIGIN), cells, gap=2)


def label_cells(cells: int) -> int:
    """The width of the column of labels in a page of ``cells``."""
    return _LABEL if cells >= _NARROW else _SHORT_LABEL


def heading(text: str) -> list[Line]:
    """A group's name with a blank line before it."""
    return [EMPTY, line(("  ", Tone.DIM), (text, Tone.DIM))]


def choice_line(choice: str, options: ViewOptions, cells: int, *, pointed: bool, chosen: bool) -> Line:
    """One line of an open list of choices, under the column of values."""
    pointer = (">" if options.ascii else "▌") if pointed else " "
    mark = ("*" if options.ascii else "●") if chosen else " "
    return line(
        " " * (label_cells(min(cells, _MEASURE)) - 1),
        (f"{pointer} ", Tone.ACCENT),
        (f"{mark} ", Tone.ACCENT),
        (clean(choice, 60), Tone.STRONG if pointed else Tone.PLAIN),
    )


def origin_word(origin: str) -> str:
    """``flag``, ``environment``, ``file`` or ``default``."""
    return "environment" if origin.startswith("env:") else clean(origin, 20)


def about(entry: Entry, options: ViewOptions, cells: int, problem: str = "") -> list[Line]:
    """What there is to say about the pointed setting: what it does, what it may be, where its value comes from."""
    setting = entry.row.setting
    cells = min(cells, WIDEST)
    said = [*prose(setting.help, cells, Tone.PLAIN, options)]
    said += prose(problem, cells, Tone.WARN, options) if problem else prose(_allowed(setting), cells, Tone.DIM, options)
    return said + prose(_origin_sentence(entry.row), cells, Tone.DIM, options)


def prose(text: str, cells: int, tone: Tone, options: ViewOptions) -> list[Line]:
    """``text`` broken between words, and inside those that are longer than a line."""
    text = say(text, options)
    rows = wrap(text, cells, 50)
    if rows is None:
        rows = [text[start : start + cells] for start in range(0, len(text), max(cells, 1))]
    return [line((row, tone)) for row in rows]


def _allowed(setting: Setting) -> str:
    if setting.name == "theme":
        return "Allowed: auto or the name of a theme."
    if setting.kind is Kind.SWITCH:
        return "Allowed: on or off."
    return f"Allowed: {setting.allowed}."


def _origin_sentence(row: SettingRow) -> str:
    name = f"general.{row.setting.name}"
    if row.fixed_by is not None:
        where = f"the flag {row.setting.flag}" if row.origin == "flag" else f"{row.setting.env} in the environment"
        return f"{name} is fixed by {where} and cannot be changed here."
    default = value_words(row.setting, row.setting.default)
    if row.origin == "default":
        return f"{name} · this is the default"
    return f"{name} · from config.toml, default {default}"
