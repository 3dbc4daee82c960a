"""Every key of the dashboard and of the whole program, each with the id by which ``[keys]`` in config.toml remaps it.

Only plain letters, arrows and the like: chords with ctrl, alt or shift are eaten by terminals, tmux and editors.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

# Pressed anywhere. ctrl+c has no id: it always quits.
APP_BINDINGS = [
    Binding("u", "toggle_show", "used/left", id="show", tooltip="Tell what is used or what is left"),
    Binding("p", "toggle_privacy", "privacy", id="privacy", tooltip="Mask names and money"),
    Binding("t", "next_theme", "theme", id="theme", tooltip="Next theme"),
    Binding("m", "toggle_mouse", "mouse", id="mouse", tooltip="Capture the mouse, or leave it to the terminal"),
    Binding("ctrl+p", "command_palette", "palette", id="palette", tooltip="Find a command", show=False),
    Binding("question_mark", "help", "help", id="help", tooltip="Every key of this screen"),
    Binding("q", "quit", "quit", id="quit", tooltip="Leave the program"),
    Binding("ctrl+c", "quit", "quit", show=False, system=True, priority=True),
]

DASHBOARD_BINDINGS = [
    Binding("enter", "open", "detail", id="detail", tooltip="Open the selected account"),
    Binding("r", "refresh", "refresh", id="refresh", tooltip="Ask the selected account's provider now"),
    Binding("R", "refresh_all", "refresh all", id="refresh_all", tooltip="Ask every provider that may be asked"),
    Binding("slash", "filter", "filter", id="filter", tooltip="Show only accounts that contain a word"),
    Binding("escape", "clear_filter", "clear filter", id="clear_filter", tooltip="Show all accounts again", show=False),
    Binding("s", "sort", "sort", id="sort", tooltip="Sort by the next column"),
    Binding("S", "reverse", "reverse", id="reverse", tooltip="Reverse the order"),
    Binding("up,k", "move('up')", "up", id="up", tooltip="Select the account above", show=False),
    Binding("down,j", "move('down')", "down", id="down", tooltip="Select the account below", show=False),
    Binding("left,h", "move('left')", "left", id="left", tooltip="Select the account to the left", show=False),
    Binding("right,l", "move('right')", "right", id="right", tooltip="Select the account to the right", show=False),
    Binding("home", "move('home')", "first", id="first", tooltip="Select the first account", show=False),
    Binding("end", "move('end')", "last", id="last", tooltip="Select the last account", show=False),
    Binding("pageup", "move('pageup')", "page up", id="page_up", tooltip="Select one page further up", show=False),
    Binding("pagedown", "move('pagedown')", "page down", id="page_down", tooltip="… further down", show=False),
]

# The footer shows what is most wanted first and drops from the right; these two stay whatever happens.
FOOTER_ORDER = ("detail", "refresh", "filter", "sort", "show", "privacy", "refresh_all", "theme", "reverse", "mouse")
FOOTER_LAST = ("help", "quit")


@dataclass(frozen=True, slots=True)
class KeyHint:
    """One entry of the footer: the key as it is shown, and one or two words for what it does."""

    key: str
    words: str
    binding_id: str
