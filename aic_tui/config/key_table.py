"""Every key of the program, each with the id by which ``[keys]`` in config.toml remaps it.

Only plain letters, arrows and the like: chords with ctrl, alt or shift are eaten by terminals, tmux and editors.
Data without Textual: verbs check ``[keys]`` by it, ``ui/bindings.py`` makes live bindings of it.
"""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """One binding. ``key`` names one or several keys, ``description`` are the footer's words, ``tooltip`` the sentence
    of the help; ``system`` and ``priority`` are Textual's. Without an ``id`` it cannot be remapped."""

    key: str
    action: str
    description: str
    id: str = ""
    tooltip: str = ""
    show: bool = True
    system: bool = False
    priority: bool = False


# Pressed anywhere. ctrl+c has no id: it always quits.
APP = [
    Key("u", "toggle_show", "used/left", id="show", tooltip="Tell what is used or what is left"),
    Key("p", "toggle_privacy", "privacy", id="privacy", tooltip="Mask names and money"),
    Key("t", "next_theme", "theme", id="theme", tooltip="Next theme"),
    Key("m", "toggle_mouse", "mouse", id="mouse", tooltip="Capture the mouse, or leave it to the terminal"),
    Key("ctrl+p", "command_palette", "palette", id="palette", tooltip="Find a command", show=False),
    Key("comma", "settings", "settings", id="settings", tooltip="Every setting, and where its value comes from"),
    Key("question_mark,f1", "help", "help", id="help", tooltip="Every key of this screen"),
    Key("q", "quit", "quit", id="quit", tooltip="Leave the program"),
    Key("ctrl+c", "quit", "quit", show=False, system=True, priority=True),
]

_LOGIN = Key("g", "login", "sign in", id="login", tooltip="Sign in to GitHub for Copilot")

# On the dashboard and on the list of accounts: about the selected one.
_ABOUT_ACCOUNT = [
    Key("a", "add_account", "add", id="add_account", tooltip="Add an account"),
    Key("e", "edit_account", "edit", id="edit_account", tooltip="Change the selected account, or replace its key"),
    Key("space", "toggle_account", "on/off", id="toggle_account", tooltip="Ask the selected account, or never"),
    Key("d", "delete_account", "delete", id="delete_account", tooltip="Delete the selected account"),
    _LOGIN,
]

DASHBOARD = [
    Key("enter", "open", "detail", id="detail", tooltip="Open the selected account"),
    Key("r", "refresh", "refresh", id="refresh", tooltip="Ask the selected account's provider now"),
    Key("R", "refresh_all", "refresh all", id="refresh_all", tooltip="Ask every provider that may be asked"),
    Key("slash", "filter", "filter", id="filter", tooltip="Show only accounts that contain a word"),
    Key("escape", "clear_filter", "clear filter", id="clear_filter", tooltip="Show all accounts again", show=False),
    Key("s", "sort", "sort", id="sort", tooltip="Sort by the next column"),
    Key("S", "reverse", "reverse", id="reverse", tooltip="Reverse the order"),
    Key("5", "accounts", "accounts", id="accounts", tooltip="Every account: its key, its place, its last test"),
    *_ABOUT_ACCOUNT,
    Key("up,k", "move('up')", "up", id="up", tooltip="Select the account above", show=False),
    Key("down,j", "move('down')", "down", id="down", tooltip="Select the account below", show=False),
    Key("left,h", "move('left')", "left", id="left", tooltip="Select the account to the left", show=False),
    Key("right,l", "move('right')", "right", id="right", tooltip="Select the account to the right", show=False),
    Key("home", "move('home')", "first", id="first", tooltip="Select the first account", show=False),
    Key("end", "move('end')", "last", id="last", tooltip="Select the last account", show=False),
    Key("pageup", "move('pageup')", "page up", id="page_up", tooltip="Select one page further up", show=False),
    Key("pagedown", "move('pagedown')", "page down", id="page_down", tooltip="… further down", show=False),
]

PAGE = [
    Key("escape", "back", "back", id="back", tooltip="Back to the screen before"),
    Key("up,k", "scroll('up')", "up", id="page_line_up", tooltip="One line up", show=False),
    Key("down,j", "scroll('down')", "down", id="page_line_down", tooltip="One line down", show=False),
    Key("pageup", "scroll('pageup')", "page up", id="page_page_up", tooltip="One page up", show=False),
    Key("pagedown,space", "scroll('pagedown')", "page down", id="page_page_down", tooltip="One page down", show=False),
    Key("home", "scroll('home')", "top", id="page_top", tooltip="To the top", show=False),
    Key("end", "scroll('end')", "bottom", id="page_bottom", tooltip="To the end", show=False),
]

DETAIL = [
    Key("r", "refresh", "refresh", id="detail_refresh", tooltip="Ask this account's provider now"),
    Key("left_square_bracket", "range(-1)", "shorter", id="range_shorter", tooltip="A shorter range of history"),
    Key("right_square_bracket", "range(1)", "longer", id="range_longer", tooltip="A longer range of history"),
    Key("tab", "lane(1)", "window", id="next_lane", tooltip="Plot the next window or balance"),
    Key("w", "raw", "raw reply", id="raw", tooltip="The last reply as it came, redacted; it is kept in memory only"),
    Key("left,h", "sibling(-1)", "previous", id="previous_account", tooltip="The account before", show=False),
    Key("right,l", "sibling(1)", "next", id="next_account", tooltip="The account after", show=False),
]

WELCOME = [
    Key("enter", "accept", "use these", id="accept", tooltip="Use the marked logins from now on"),
    Key("space", "mark", "mark", id="mark", tooltip="Mark or unmark this login"),
    _LOGIN,
    Key("up,k", "point(-1)", "up", id="welcome_up", tooltip="The login above", show=False),
    Key("down,j", "point(1)", "down", id="welcome_down", tooltip="The login below", show=False),
    Key(
        "escape", "back", "not now", id="not_now", tooltip="Use none of them; they are offered again at the next start"
    ),
]

ACCOUNTS = [
    Key("1", "back", "dashboard", id="dashboard", tooltip="Back to the dashboard", show=False),
    Key("enter", "edit_account", "edit", id="open_account", tooltip="Change the selected account", show=False),
    *_ABOUT_ACCOUNT,
    Key("v", "test", "test", id="test_account", tooltip="Ask the selected account's provider with its key now"),
    Key("n", "rename", "rename", id="rename_account", tooltip="Give the selected account another name"),
    Key("K", "shift(-1)", "move up", id="account_earlier", tooltip="Move the selected account up", show=False),
    Key("J", "shift(1)", "move down", id="account_later", tooltip="Move the selected account down", show=False),
    Key("b", "flag('pinned')", "pin", id="pin_account", tooltip="Pin the selected account to the top, or not"),
    Key("h", "flag('hidden')", "hide", id="hide_account", tooltip="Leave it off the dashboard, or not"),
    Key("w", "move_key", "move key", id="move_key", tooltip="Move its stored key between keyring and file"),
    Key("G", "logout", "sign out", id="logout", tooltip="Erase the selected account's GitHub token here"),
    Key("z", "undo", "undo", id="undo", tooltip="Take the last change of this session back"),
]

# Where something is typed, letters are text: these keys are none.
FORM = [
    Key("enter", "next", "go on", id="form_next", tooltip="Go on with what stands here"),
    Key("tab,down", "field(1)", "next", id="form_down", tooltip="The next field or line"),
    Key("shift+tab,up", "field(-1)", "previous", id="form_up", tooltip="The one before", show=False),
    Key("escape", "back", "back", id="back", tooltip="Back to the screen before"),
]
FIELD = [
    Key("enter", "screen.next", "go on", id="form_next", tooltip="Go on with what stands here"),
]
CHOICE = [
    Key("right,l,space", "choose(1)", "choose", id="choice_next", tooltip="The next choice"),
    Key("left,h", "choose(-1)", "before", id="choice_before", tooltip="The choice before", show=False),
]

CONFIRM = [
    Key("enter", "confirm", "save", id="confirm", tooltip="Do what this page says"),
    Key("w", "store", "keep elsewhere", id="key_store", tooltip="Keep the key in the keyring, or in the file"),
    Key("v", "test", "test again", id="test_again", tooltip="Ask the provider once more"),
    Key("o", "other", "it is right", id="confirm_other", tooltip="Go on with it as it is"),
]

# Pages on which one row is pointed at.
CHOOSER = [
    Key("up,k", "point(-1)", "up", id="choose_up", tooltip="The row above", show=False),
    Key("down,j", "point(1)", "down", id="choose_down", tooltip="The row below", show=False),
    Key("home", "point_end(-1)", "first", id="choose_first", tooltip="The first row", show=False),
    Key("end", "point_end(1)", "last", id="choose_last", tooltip="The last row", show=False),
    Key("pageup", "point_page(-1)", "page up", id="choose_page_up", tooltip="A page of rows up", show=False),
    Key("pagedown", "point_page(1)", "page down", id="choose_page_down", tooltip="A page down", show=False),
]

SETTINGS = [
    Key("enter", "change", "change", id="setting_change", tooltip="Change the pointed setting"),
    Key("space", "change", "change", id="setting_change_too", tooltip="The same", show=False),
    Key("right,l", "step(1)", "next", id="setting_next", tooltip="The next choice", show=False),
    Key("left,h", "step(-1)", "before", id="setting_before", tooltip="The choice before", show=False),
    Key("backspace,delete", "to_default", "default", id="setting_default", tooltip="Return the setting to its default"),
    Key("R", "repair", "repair", id="repair", tooltip="What is wrong with config.toml, and a repair"),
]

REMAPPING = [
    Key("enter", "change", "new key", id="key_change", tooltip="Press enter, then the new key"),
    Key("backspace,delete", "to_default", "default", id="key_default", tooltip="Return to the usual key"),
]

REPAIR = [
    Key("R", "repair", "repair", id="repair_now", tooltip="Put the file aside and go on from the last whole one"),
]

# Signing in: what each stage has, and nothing of another.
LOGIN_READY = [
    Key("enter", "go", "get a code", id="login_start", tooltip="Ask GitHub for a code"),
]
LOGIN_CODE = [
    Key("y", "copy", "copy", id="copy_code", tooltip="Copy the code (OSC 52); not every terminal allows it"),
    Key("Y", "copy_page", "copy address", id="copy_page", tooltip="Copy the address in the same way"),
    Key("o", "open", "open", id="open_page", tooltip="Open the address in a browser on this machine"),
    Key("escape", "cancel", "cancel", id="login_cancel", tooltip="Stop: nothing is asked any more"),
]
LOGIN_CONSENT = [
    Key("y", "consent(True)", "keep it", id="login_yes", tooltip="Keep the token in the file"),
    Key("n", "consent(False)", "forget it", id="login_no", tooltip="Forget the token, nothing is written"),
]
LOGIN_ENDED = [
    Key("enter,r", "again", "new code", id="login_again", tooltip="Ask GitHub for another code"),
]
LOGIN_DONE = [
    Key("enter", "finish", "go on", id="login_finish", tooltip="Back, with the account signed in"),
]
LOGIN = [
    *LOGIN_READY,
    *LOGIN_CODE,
    *LOGIN_CONSENT,
    *LOGIN_ENDED,
    *LOGIN_DONE,
    PAGE[0],  # a key that is bound here has none of the bindings that pages give it
]
TARGET = [
    Key("enter", "choose", "sign in", id="login_target", tooltip="Sign in the pointed account"),
]
SIGN_OUT = [
    Key("enter", "sign_out", "sign out", id="sign_out", tooltip="Erase the token from this machine"),
]
