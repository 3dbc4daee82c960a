"""What ``[keys]`` in config.toml may say: ids of bindings, names of keys, and no key twice on one screen. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from aic_tui.config import key_table as table
from aic_tui.config.key_table import Key
from aic_tui.redact import redact

NEVER_OURS = ("ctrl+c", "ctrl+q", "escape")
_PAGE = (table.APP, table.PAGE)
# Each line is what one screen has in force.
_SCREENS: tuple[tuple[Sequence[Key], ...], ...] = (
    (table.APP, table.DASHBOARD),
    (*_PAGE, table.ACCOUNTS),
    (*_PAGE, table.DETAIL),
    (*_PAGE, table.WELCOME),
    (*_PAGE, table.CHOOSER, table.SETTINGS),
    (*_PAGE, table.CHOOSER, table.REMAPPING),
    (*_PAGE, table.REPAIR),
    (*_PAGE, table.CHOOSER, table.TARGET),
    (*_PAGE, table.LOGIN_READY),
    (*_PAGE, table.LOGIN_CODE),
    (*_PAGE, table.LOGIN_CONSENT),
    (*_PAGE, table.LOGIN_ENDED),
    (*_PAGE, table.LOGIN_DONE),
    (*_PAGE, table.SIGN_OUT),
)
_IDS = frozenset(key.id for screen in _SCREENS for part in screen for key in part if key.id)
# What Textual calls a key where Unicode has no character of that name.
_NAMES = frozenset(
    (
        *("at", "ctrl-at", "backslash", "circumflex_accent", "minus", "plus", "slash", "space", "underscore"),
        *("backspace", "delete", "enter", "escape", "insert", "return", "tab"),
        *("down", "end", "home", "left", "pagedown", "pageup", "right", "up"),
        *(f"f{number}" for number in range(1, 25)),
    )
)


def usable_keymap(keys: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The entries of ``[keys]`` that can be in force together, and by its id one sentence for each that cannot.

    Left out are ids of no binding, names of no key, keys that always belong to the program or the terminal, and keys
    that another binding of the same screen has.
    """
    good: dict[str, str] = {}
    problems = {}
    for name, said in keys.items():
        wanted = keys_in(said)
        if name not in _IDS:
            problems[name] = f"[keys] there is nothing called “{redact(name)}”."
        elif bad := next((key for key in wanted if not _is_key(key) or key in NEVER_OURS), None):
            problems[name] = f"[keys] {name}: “{redact(bad)}” is no key that can be used."
        elif wanted:
            good[name] = ",".join(wanted)
    for name in list(good):
        for key in keys_in(good[name]):
            other = taken_by(key, name, good)
            if other is not None:
                problems[name] = f"[keys] {name}: {key} is “{other.description}” already."
                del good[name]
                break
    return good, problems


def taken_by(key: str, binding_id: str, keymap: Mapping[str, str]) -> Key | None:
    """The binding that has ``key`` on a screen on which ``binding_id`` is in force too; None when it is free."""
    for bindings in _screens_with(binding_id):
        for binding in bindings:
            if binding.id and binding.id != binding_id and key in keys_of(binding, keymap):
                return binding
    return None


def keys_of(binding: Key, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of a binding, remapped or as usual."""
    return keys_in(keymap.get(binding.id) or binding.key)


def keys_in(text: str) -> tuple[str, ...]:
    """The keys that ``text`` names, between commas."""
    return tuple(key.strip() for key in text.split(",") if key.strip())


def _is_key(key: str) -> bool:
    last = key.rpartition("+")[2] or key
    if len(last) == 1 or last in _NAMES:
        return True
    try:
        unicodedata.lookup(last.replace("_", " ").upper())
    except KeyError:
        return False
    return True


def _screens_with(binding_id: str) -> Iterator[list[Key]]:
    for parts in _SCREENS:
        bindings = [binding for part in parts for binding in part]
        if any(binding.id == binding_id for binding in bindings):
            yield bindings
