"""Every key of the dashboard and of the whole program, each with the id by which ``[keys]`` in config.toml remaps it.

Only plain letters, arrows and the like: chords with ctrl, alt or shift are eaten by terminals, tmux and editors.
"""

from __future__ import annotations

from typing import NamedTuple

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

PAGE_BINDINGS = [
    Binding("escape", "back", "back", id="back", tooltip="Back to the screen before"),
    Binding("up,k", "scroll('up')", "up", id="page_line_up", tooltip="One line up", show=False),
    Binding("down,j", "scroll('down')", "down", id="page_line_down", tooltip="One line down", show=False),
    Binding("pageup", "scroll('pageup')", "page up", id="page_page_up", tooltip="One page up", show=False),
    Binding(
        "pagedown,space", "scroll('pagedown')", "page down", id="page_page_down", tooltip="One page down", show=False
    ),
    Binding("home", "scroll('home')", "top", id="page_top", tooltip="To the top", show=False),
    Binding("end", "scroll('end')", "bottom", id="page_bottom", tooltip="To the end", show=False),
]

DETAIL_BINDINGS = [
    Binding("r", "refresh", "refresh", id="detail_refresh", tooltip="Ask this account's provider now"),
    Binding("left_square_bracket", "range(-1)", "shorter", id="range_shorter", tooltip="A shorter range of history"),
    Binding("right_square_bracket", "range(1)", "longer", id="range_longer", tooltip="A longer range of history"),
    Binding("tab", "lane(1)", "window", id="next_lane", tooltip="Plot the next window or balance"),
    Binding(
        "w", "raw", "raw reply", id="raw", tooltip="The last reply as it came, redacted; it is kept in memory only"
    ),
    Binding("left,h", "sibling(-1)", "previous", id="previous_account", tooltip="The account before", show=False),
    Binding("right,l", "sibling(1)", "next", id="next_account", tooltip="The account after", show=False),
]

WELCOME_BINDINGS = [
    Binding("enter", "accept", "use these", id="accept", tooltip="Use the marked logins from now on"),
    Binding("space", "mark", "mark", id="mark", tooltip="Mark or unmark this login"),
    Binding("up,k", "point(-1)", "up", id="welcome_up", tooltip="The login above", show=False),
    Binding("down,j", "point(1)", "down", id="welcome_down", tooltip="The login below", show=False),
    Binding(
        "escape", "back", "not now", id="not_now", tooltip="Use none of them; they are offered again at the next start"
    ),
]

# The footer shows what is most wanted first and drops from the right; these two stay whatever happens.
FOOTER_ORDER = (
    *("accept", "mark", "not_now", "back"),
    *("detail_refresh", "next_lane", "range_shorter", "range_longer", "raw"),
    *("detail", "refresh", "filter", "sort", "show", "privacy", "refresh_all", "theme", "reverse", "mouse"),
)
FOOTER_LAST = ("help", "quit")


class KeyHint(NamedTuple):
    """One entry of the footer: the key as it is shown, and one or two words for what it does."""

    key: str
    words: str
    binding_id: str
