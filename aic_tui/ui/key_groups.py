"""Which keys can be remapped, in groups, and which of them are in force together and so must differ."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from textual.binding import Binding

from aic_tui.ui import bindings as all_keys

_GROUPS: tuple[tuple[str, Sequence[Binding]], ...] = (
    ("Everywhere", all_keys.APP_BINDINGS),
    ("Dashboard", all_keys.DASHBOARD_BINDINGS),
    ("Accounts", all_keys.ACCOUNTS_BINDINGS),
    ("Detail", all_keys.DETAIL_BINDINGS),
    ("First run", all_keys.WELCOME_BINDINGS),
    ("Signing in", (*all_keys.TARGET_BINDINGS, *all_keys.LOGIN_BINDINGS, *all_keys.SIGN_OUT_BINDINGS)),
    ("Settings", (*all_keys.CHOOSER_BINDINGS, *all_keys.SETTINGS_BINDINGS)),
    ("Keys", all_keys.KEYS_BINDINGS),
    ("Repair", all_keys.REPAIR_BINDINGS),
    ("Pages", all_keys.PAGE_BINDINGS),
)
# Each line is what one screen has in force.
_SCREENS: tuple[tuple[Sequence[Binding], ...], ...] = (
    (all_keys.APP_BINDINGS, all_keys.DASHBOARD_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.ACCOUNTS_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.DETAIL_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.WELCOME_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.CHOOSER_BINDINGS, all_keys.SETTINGS_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.CHOOSER_BINDINGS, all_keys.KEYS_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.REPAIR_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.CHOOSER_BINDINGS, all_keys.TARGET_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.LOGIN_READY_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.LOGIN_CODE_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.LOGIN_CONSENT_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.LOGIN_ENDED_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.LOGIN_DONE_BINDINGS),
    (all_keys.APP_BINDINGS, all_keys.PAGE_BINDINGS, all_keys.SIGN_OUT_BINDINGS),
)
NEVER_OURS = ("ctrl+c", "ctrl+q", "escape")


class KeyRow(NamedTuple):
    """One binding as it is now. ``changed`` is True where config.toml says another key than the usual one."""

    group: str
    binding: Binding
    keys: tuple[str, ...]
    changed: bool


def key_rows(keymap: Mapping[str, str]) -> list[KeyRow]:
    """Every binding that has an id, once, under the first group that has it."""
    seen: set[str] = set()
    rows = []
    for group, members in _GROUPS:
        for binding in members:
            if binding.id and binding.id not in seen:
                seen.add(binding.id)
                rows.append(KeyRow(group, binding, _keys(binding, keymap), bool(keymap.get(binding.id))))
    return rows


def taken_by(key: str, binding_id: str, keymap: Mapping[str, str]) -> Binding | None:
    """The binding that has ``key`` on a screen on which ``binding_id`` is in force too; None when it is free."""
    for bindings in _screens_with(binding_id):
        for binding in bindings:
            if binding.id and binding.id != binding_id and key in _keys(binding, keymap):
                return binding
    return None


def usable_keymap(keys: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The entries of ``[keys]`` that can be in force together, and one sentence for each that cannot.

    Left out are ids of no binding, names of no key, keys that always belong to the program or the terminal, and keys
    that another binding of the same screen has.
    """
    good: dict[str, str] = {}
    problems = []
    known = {binding.id for _, members in _GROUPS for binding in members}
    for name, said in keys.items():
        wanted = [key.strip() for key in said.split(",") if key.strip()]
        if name not in known:
            problems.append(f"[keys] there is nothing called “{name}”.")
        elif bad := next((key for key in wanted if not _is_key(key) or key in NEVER_OURS), None):
            problems.append(f"[keys] {name}: “{bad}” is no key that can be used.")
        elif wanted:
            good[name] = ",".join(wanted)
    for name in list(good):
        for key in good[name].split(","):
            other = taken_by(key, name, good)
            if other is not None and name in good:
                problems.append(f"[keys] {name}: {key} is “{other.description}” already.")
                del good[name]
    return good, problems


def _is_key(key: str) -> bool:
    from textual.keys import KEY_NAME_REPLACEMENTS, Keys

    last = key.rpartition("+")[2] or key
    if len(last) == 1 or last in KEY_NAME_REPLACEMENTS.values() or last in {one.value for one in Keys}:
        return True
    try:
        unicodedata.lookup(last.replace("_", " ").upper())
    except KeyError:
        return False
    return True


def _screens_with(binding_id: str) -> Iterator[list[Binding]]:
    for parts in _SCREENS:
        bindings = [binding for part in parts for binding in part]
        if any(binding.id == binding_id for binding in bindings):
            yield bindings


def _keys(binding: Binding, keymap: Mapping[str, str]) -> tuple[str, ...]:
    said = keymap.get(binding.id or "") or binding.key
    return tuple(key.strip() for key in said.split(","))
