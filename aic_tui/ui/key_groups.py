"""The keys that can be remapped, in groups, each as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aic_tui.config import key_table as table
from aic_tui.config.key_table import Key
from aic_tui.config.keymap import keys_of

_GROUPS: tuple[tuple[str, Sequence[Key]], ...] = (
    ("Everywhere", table.APP),
    ("Dashboard", table.DASHBOARD),
    ("Accounts", table.ACCOUNTS),
    ("Detail", table.DETAIL),
    ("First run", table.WELCOME),
    ("Signing in", (*table.TARGET, *table.LOGIN, *table.SIGN_OUT)),
    ("Settings", (*table.CHOOSER, *table.SETTINGS)),
    ("Keys", table.REMAPPING),
    ("Repair", table.REPAIR),
    ("Pages", table.PAGE),
)


class KeyRow(NamedTuple):
    """One binding as it is now. ``changed`` is True where config.toml says another key than the usual one."""

    group: str
    binding: Key
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
                rows.append(KeyRow(group, binding, keys_of(binding, keymap), bool(keymap.get(binding.id))))
    return rows
