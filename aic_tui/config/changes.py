"""Changes of config.toml by key path: made, held against what others did meanwhile, and taken back. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from aic_tui.config.settings import setting_named
from aic_tui.config.tables import check_account_value
from aic_tui.errors import UserError
from aic_tui.text import clean

Path = tuple[str, ...]
Changes = Mapping[Path, object | None]
"""Key path to new value; None deletes, and a tuple of names puts the keys of the table at that path into this order,
those that it does not name last. ``("general", "theme")``, ``("accounts", "work", "enabled")``, ``("accounts",)`` …"""

_ABSENT = object()


def merged(table: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """A copy of ``table`` with ``changes`` made. Raises :class:`UserError` where a key stands in place of a table."""
    result = copy.deepcopy(dict(table))
    for path, value in changes.items():
        if not isinstance(value, tuple):
            _set(result, path, copy.deepcopy(value))
    for path, value in changes.items():
        if isinstance(value, tuple) and isinstance(place := _value(result, path), dict):
            ordered = {name: place.pop(name) for name in value if name in place}
            rest = dict(place)
            place.clear()
            place.update(ordered | rest)
    return result


def check(changes: Changes) -> None:
    """Raises :class:`UserError` for the first value that is not allowed where it would stand."""
    for path, value in changes.items():
        match path:
            case _ if value is None or isinstance(value, tuple):
                continue
            case ("general", name):
                setting_named(name).check(value)
            case ("accounts", account_id, name):
                check_account_value(account_id, name, value)
            case ("accounts", account_id) if isinstance(value, Mapping):
                for name, part in value.items():
                    check_account_value(account_id, str(name), part)
            case ("accounts", _):
                raise UserError("An account is a table.")


def touched_by_others(base: Mapping[str, Any], now: Mapping[str, Any], changes: Changes) -> bool:
    """True when what ``changes`` are about is no longer in ``now`` as it was in ``base``."""
    return any(_seen(base, path, value) != _seen(now, path, value) for path, value in changes.items())


def holds(table: Mapping[str, Any], changes: Changes) -> bool:
    """True when ``table`` still says what ``changes`` made it say."""
    return merged(table, {path: value for path, value in changes.items() if not isinstance(value, tuple)}) == table


def inverse(before: Mapping[str, Any], changes: Changes) -> dict[Path, object | None]:
    """The changes that give every key of ``changes`` the value and the place that it has in ``before``."""
    undone: dict[Path, object | None] = {}
    for path, value in changes.items():
        if not isinstance(value, tuple):
            old = _value(before, path)
            undone[path] = None if old is _ABSENT else copy.deepcopy(old)
    after = merged(before, changes)
    for parent in dict.fromkeys([*(path[:-1] for path in undone), *(p for p in changes if p not in undone)]):
        old, new = _value(before, parent), _value(after, parent)
        if parent and isinstance(old, dict) and isinstance(new, dict) and list(old) != list(new):
            undone[parent] = tuple(old)
    return undone


def without_empty(table: Mapping[str, Any], before: Mapping[str, Any], changes: Changes) -> dict[Path, object | None]:
    """``changes`` that also delete the top-level tables that would be left empty and that ``before`` did not have."""
    left = merged(table, changes)
    tops = dict.fromkeys(path[0] for path in changes if path[0] not in before and left.get(path[0]) == {})
    return {**{path: value for path, value in changes.items() if path[0] not in tops}, **{(top,): None for top in tops}}


def _set(table: dict[str, Any], path: Path, value: object | None) -> None:
    place = table
    for part in path[:-1]:
        place = place.setdefault(part, {}) if value is not None else place.get(part, {})
        if not isinstance(place, dict):
            raise UserError(f"“{clean(part, 60)}” in config.toml is not a table; mend it by hand first.")
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value


def _value(table: Mapping[str, Any], path: Path) -> Any:
    place: Any = table
    for part in path:
        if not isinstance(place, Mapping) or part not in place:
            return _ABSENT
        place = place[part]
    return place


def _seen(table: Mapping[str, Any], path: Path, value: object | None) -> object:
    """What a change of ``path`` depends on: the value there, or the order, and whether its table is there at all."""
    found = _value(table, path)
    if isinstance(value, tuple):
        return [name for name in found if name in value] if isinstance(found, Mapping) else found
    return found, path[0] == "accounts" and len(path) > 2 and _value(table, path[:-1]) is _ABSENT
