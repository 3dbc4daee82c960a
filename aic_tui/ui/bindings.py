"""The keys of ``config/key_table.py`` as Textual's bindings, and the order in which the footer tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.binding import Binding

from aic_tui.config import key_table as table
from aic_tui.config.key_table import Key


def _bindings(keys: Sequence[Key]) -> list[Binding]:
    return [
        Binding(
            key.key,
            key.action,
            key.description,
            id=key.id or None,
            tooltip=key.tooltip,
            show=key.show,
            system=key.system,
            priority=key.priority,
        )
        for key in keys
    ]


APP_BINDINGS = _bindings(table.APP)
DASHBOARD_BINDINGS = _bindings(table.DASHBOARD)
PAGE_BINDINGS = _bindings(table.PAGE)
DETAIL_BINDINGS = _bindings(table.DETAIL)
WELCOME_BINDINGS = _bindings(table.WELCOME)
ACCOUNTS_BINDINGS = _bindings(table.ACCOUNTS)
FORM_BINDINGS = _bindings(table.FORM)
FIELD_BINDINGS = _bindings(table.FIELD)
CHOICE_BINDINGS = _bindings(table.CHOICE)
CONFIRM_BINDINGS = _bindings(table.CONFIRM)
CHOOSER_BINDINGS = _bindings(table.CHOOSER)
SETTINGS_BINDINGS = _bindings(table.SETTINGS)
KEYS_BINDINGS = _bindings(table.REMAPPING)
REPAIR_BINDINGS = _bindings(table.REPAIR)
LOGIN_READY_BINDINGS = _bindings(table.LOGIN_READY)
LOGIN_CODE_BINDINGS = _bindings(table.LOGIN_CODE)
LOGIN_CONSENT_BINDINGS = _bindings(table.LOGIN_CONSENT)
LOGIN_ENDED_BINDINGS = _bindings(table.LOGIN_ENDED)
LOGIN_DONE_BINDINGS = _bindings(table.LOGIN_DONE)
LOGIN_BINDINGS = _bindings(table.LOGIN)
TARGET_BINDINGS = _bindings(table.TARGET)
SIGN_OUT_BINDINGS = _bindings(table.SIGN_OUT)

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
