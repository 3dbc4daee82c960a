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
    Binding("comma", "settings", "settings", id="settings", tooltip="Every setting, and where its value comes from"),
    Binding("question_mark,f1", "help", "help", id="help", tooltip="Every key of this screen"),
    Binding("q", "quit", "quit", id="quit", tooltip="Leave the program"),
    Binding("ctrl+c", "quit", "quit", show=False, system=True, priority=True),
]

_LOGIN = Binding("g", "login", "sign in", id="login", tooltip="Sign in to GitHub for Copilot")

# On the dashboard and on the list of accounts: about the selected one.
_ACCOUNT_BINDINGS = [
    Binding("a", "add_account", "add", id="add_account", tooltip="Add an account"),
    Binding("e", "edit_account", "edit", id="edit_account", tooltip="Change the selected account, or replace its key"),
    Binding("space", "toggle_account", "on/off", id="toggle_account", tooltip="Ask the selected account, or never"),
    Binding("d", "delete_account", "delete", id="delete_account", tooltip="Delete the selected account"),
    _LOGIN,
]

DASHBOARD_BINDINGS = [
    Binding("enter", "open", "detail", id="detail", tooltip="Open the selected account"),
    Binding("r", "refresh", "refresh", id="refresh", tooltip="Ask the selected account's provider now"),
    Binding("R", "refresh_all", "refresh all", id="refresh_all", tooltip="Ask every provider that may be asked"),
    Binding("slash", "filter", "filter", id="filter", tooltip="Show only accounts that contain a word"),
    Binding("escape", "clear_filter", "clear filter", id="clear_filter", tooltip="Show all accounts again", show=False),
    Binding("s", "sort", "sort", id="sort", tooltip="Sort by the next column"),
    Binding("S", "reverse", "reverse", id="reverse", tooltip="Reverse the order"),
    Binding("5", "accounts", "accounts", id="accounts", tooltip="Every account: its key, its place, its last test"),
    *_ACCOUNT_BINDINGS,
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
    _LOGIN,
    Binding("up,k", "point(-1)", "up", id="welcome_up", tooltip="The login above", show=False),
    Binding("down,j", "point(1)", "down", id="welcome_down", tooltip="The login below", show=False),
    Binding(
        "escape", "back", "not now", id="not_now", tooltip="Use none of them; they are offered again at the next start"
    ),
]

ACCOUNTS_BINDINGS = [
    Binding("1", "back", "dashboard", id="dashboard", tooltip="Back to the dashboard", show=False),
    Binding("enter", "edit_account", "edit", id="open_account", tooltip="Change the selected account", show=False),
    *_ACCOUNT_BINDINGS,
    Binding("v", "test", "test", id="test_account", tooltip="Ask the selected account's provider with its key now"),
    Binding("n", "rename", "rename", id="rename_account", tooltip="Give the selected account another name"),
    Binding("K", "shift(-1)", "move up", id="account_earlier", tooltip="Move the selected account up", show=False),
    Binding("J", "shift(1)", "move down", id="account_later", tooltip="Move the selected account down", show=False),
    Binding("b", "flag('pinned')", "pin", id="pin_account", tooltip="Pin the selected account to the top, or not"),
    Binding("h", "flag('hidden')", "hide", id="hide_account", tooltip="Leave it off the dashboard, or not"),
    Binding("w", "move_key", "move key", id="move_key", tooltip="Move its stored key between keyring and file"),
    Binding("G", "logout", "sign out", id="logout", tooltip="Erase the selected account's GitHub token here"),
    Binding("z", "undo", "undo", id="undo", tooltip="Take the last change of this session back"),
]

# Where something is typed, letters are text: these keys are none.
FORM_BINDINGS = [
    Binding("enter", "next", "go on", id="form_next", tooltip="Go on with what stands here"),
    Binding("tab,down", "field(1)", "next", id="form_down", tooltip="The next field or line"),
    Binding("shift+tab,up", "field(-1)", "previous", id="form_up", tooltip="The one before", show=False),
    Binding("escape", "back", "back", id="back", tooltip="Back to the screen before"),
]
FIELD_BINDINGS = [
    Binding("enter", "screen.next", "go on", id="form_next", tooltip="Go on with what stands here"),
]
CHOICE_BINDINGS = [
    Binding("right,l,space", "choose(1)", "choose", id="choice_next", tooltip="The next choice"),
    Binding("left,h", "choose(-1)", "before", id="choice_before", tooltip="The choice before", show=False),
]

CONFIRM_BINDINGS = [
    Binding("enter", "confirm", "save", id="confirm", tooltip="Do what this page says"),
    Binding("w", "store", "keep elsewhere", id="key_store", tooltip="Keep the key in the keyring, or in the file"),
    Binding("v", "test", "test again", id="test_again", tooltip="Ask the provider once more"),
    Binding("o", "other", "it is right", id="confirm_other", tooltip="Go on with it as it is"),
]

# Pages on which one row is pointed at.
CHOOSER_BINDINGS = [
    Binding("up,k", "point(-1)", "up", id="choose_up", tooltip="The row above", show=False),
    Binding("down,j", "point(1)", "down", id="choose_down", tooltip="The row below", show=False),
    Binding("home", "point_end(-1)", "first", id="choose_first", tooltip="The first row", show=False),
    Binding("end", "point_end(1)", "last", id="choose_last", tooltip="The last row", show=False),
    Binding("pageup", "point_page(-1)", "page up", id="choose_page_up", tooltip="A page of rows up", show=False),
    Binding("pagedown", "point_page(1)", "page down", id="choose_page_down", tooltip="A page down", show=False),
]

SETTINGS_BINDINGS = [
    Binding("enter", "change", "change", id="setting_change", tooltip="Change the pointed setting"),
    Binding("space", "change", "change", id="setting_change_too", tooltip="The same", show=False),
    Binding("right,l", "step(1)", "next", id="setting_next", tooltip="The next choice", show=False),
    Binding("left,h", "step(-1)", "before", id="setting_before", tooltip="The choice before", show=False),
    Binding(
        "backspace,delete", "to_default", "default", id="setting_default", tooltip="Return the setting to its default"
    ),
    Binding("R", "repair", "repair", id="repair", tooltip="What is wrong with config.toml, and a repair"),
]

KEYS_BINDINGS = [
    Binding("enter", "change", "new key", id="key_change", tooltip="Press enter, then the new key"),
    Binding("backspace,delete", "to_default", "default", id="key_default", tooltip="Return to the usual key"),
]

REPAIR_BINDINGS = [
    Binding("R", "repair", "repair", id="repair_now", tooltip="Put the file aside and go on from the last whole one"),
]

# Signing in: what each stage has, and nothing of another.
LOGIN_READY_BINDINGS = [
    Binding("enter", "go", "get a code", id="login_start", tooltip="Ask GitHub for a code"),
]
LOGIN_CODE_BINDINGS = [
    Binding("y", "copy", "copy", id="copy_code", tooltip="Copy the code (OSC 52); not every terminal allows it"),
    Binding("Y", "copy_page", "copy address", id="copy_page", tooltip="Copy the address in the same way"),
    Binding("o", "open", "open", id="open_page", tooltip="Open the address in a browser on this machine"),
    Binding("escape", "cancel", "cancel", id="login_cancel", tooltip="Stop: nothing is asked any more"),
]
LOGIN_CONSENT_BINDINGS = [
    Binding("y", "consent(True)", "keep it", id="login_yes", tooltip="Keep the token in the file"),
    Binding("n", "consent(False)", "forget it", id="login_no", tooltip="Forget the token, nothing is written"),
]
LOGIN_ENDED_BINDINGS = [
    Binding("enter,r", "again", "new code", id="login_again", tooltip="Ask GitHub for another code"),
]
LOGIN_DONE_BINDINGS = [
    Binding("enter", "finish", "go on", id="login_finish", tooltip="Back, with the account signed in"),
]
LOGIN_BINDINGS = [
    *LOGIN_READY_BINDINGS,
    *LOGIN_CODE_BINDINGS,
    *LOGIN_CONSENT_BINDINGS,
    *LOGIN_ENDED_BINDINGS,
    *LOGIN_DONE_BINDINGS,
    PAGE_BINDINGS[0],  # a key that is bound here has none of the bindings that pages give it
]
TARGET_BINDINGS = [
    Binding("enter", "choose", "sign in", id="login_target", tooltip="Sign in the pointed account"),
]
SIGN_OUT_BINDINGS = [
    Binding("enter", "sign_out", "sign out", id="sign_out", tooltip="Erase the token from this machine"),
]

# The footer shows what is most wanted first and drops from the right; these two stay whatever happens.
FOOTER_ORDER = (
    *("login_start", "login_again", "login_finish", "login_target", "sign_out", "login_yes", "login_no"),
    *("copy_code", "login_cancel", "open_page", "copy_page"),
    *("accept", "mark", "not_now", "confirm", "confirm_other"),
    *("repair_now", "repair", "setting_change", "key_change"),
    *("form_next", "choice_next", "form_down", "back", "setting_default", "key_default"),
    *("detail_refresh", "next_lane", "range_shorter", "range_longer", "raw"),
    *("detail", "refresh", "add_account", "edit_account", "toggle_account", "delete_account", "undo", "test_account"),
    *(
        "rename_account",
        "move_key",
        "accounts",
        "login",
        "logout",
        "filter",
        "sort",
        "show",
        "privacy",
        "refresh_all",
        "theme",
        "settings",
    ),
    *("reverse", "mouse"),
)
FOOTER_LAST = ("help", "quit")


class KeyHint(NamedTuple):
    """One entry of the footer: the key as it is shown, and one or two words for what it does."""

    key: str
    words: str
    binding_id: str
