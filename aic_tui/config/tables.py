"""From TOML tables to settings and accounts: one bad value is one problem and its default, the rest holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from aic_tui.config.settings import NOT_A_REFERENCE, SETTINGS, SWITCH_WORDS, Account, Settings, Value
from aic_tui.errors import UserError
from aic_tui.redact import holds_key, redact
from aic_tui.text import clean

ACCOUNT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,127}|keyring|file|discovered:[a-z0-9][a-z0-9-]{0,31}")
LONGEST_INTERVAL = 86_400

Complain = Callable[[str, tuple[str, ...]], None]
"""Takes a sentence and the path of the key that it is about."""


def is_reference(text: str) -> bool:
    """True for ``env:NAME``, ``keyring``, ``file`` and ``discovered:<tool>``."""
    return _REFERENCE.fullmatch(text) is not None


def read_settings(
    general: Mapping[str, Any], environ: Mapping[str, str], flags: Mapping[str, str], complain: Complain
) -> tuple[Settings, dict[str, str]]:
    """The settings in force and the origin of each: flag, variable, file, default.

    A bad variable or file value is complained about and passed over. Raises :class:`UserError` for a bad flag.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for setting in SETTINGS:
        name = setting.name
        chosen: tuple[Value, str] | None = None
        if name in general:
            try:
                chosen = setting.check(general[name]), "file"
            except UserError as error:
                complain(f"[general] {error.sentence} {setting.default!r} is used.", ("general", name))
        if environ.get(setting.env):
            try:
                chosen = setting.read(environ[setting.env]), f"env:{setting.env}"
            except UserError as error:
                complain(f"{setting.env}: {error.sentence}", ())
        if name in flags:
            chosen = setting.read(flags[name]), "flag"
        values[name], origins[name] = chosen or (setting.default, "default")
    return Settings(**values), origins


def read_accounts(accounts: Mapping[str, Any], complain: Complain) -> tuple[Account, ...]:
    """Every account that has a usable id and provider, in file order."""
    found = []
    for account_id, table in accounts.items():
        shown = clean(account_id, 60)
        path = ("accounts", account_id)
        if not ACCOUNT_ID.fullmatch(account_id):
            complain(f"[accounts] “{shown}”: an id has letters, digits, “.”, “_” and “-” only. It is left out.", path)
        elif holds_key(account_id):
            complain(f"[accounts] “{shown}” looks like a key, which is no id. It is left out.", path)
        elif not isinstance(table, Mapping):
            complain(f"[accounts] “{shown}” is not a table. It is left out.", path)
        elif not isinstance(table.get("provider"), str):
            complain(f"[accounts.{shown}] has no provider. It is left out.", path)
        else:
            found.append(_read_account(account_id, table, complain))
    return tuple(found)


def read_keys(keys: Any, complain: Complain) -> dict[str, str]:
    """The ``[keys]`` table: binding id to key."""
    if not isinstance(keys, Mapping):
        complain("[keys] is not a table.", ("keys",))
        return {}
    good = {clean(name, 60): clean(key, 60) for name, key in keys.items() if isinstance(key, str)}
    for name in keys:
        if not isinstance(keys[name], str):
            complain(f"[keys] {clean(name, 60)} must be text.", ("keys", name))
    return good


def check_account_value(account_id: str, name: str, value: object) -> None:
    """Raises :class:`UserError` when ``value`` may not stand in ``[accounts.<id>]`` under ``name``."""
    if not ACCOUNT_ID.fullmatch(account_id):
        raise UserError("An account id has 1 to 64 letters, digits, “.”, “_” and “-”.")
    if name in _PARTS:
        allowed, good = _PARTS[name]
        if not good(value):
            raise UserError(f"{name} of account {account_id} must be {allowed}.")
    elif not isinstance(value, str | int | float | bool):
        raise UserError(f"{name} of account {account_id} must be one value.")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 2000 and bool(clean(value, 2000).strip())


def _is_header_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isascii() and value.isprintable()


def _is_switch(value: object) -> bool:
    return isinstance(value, bool)


def _is_interval(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST_INTERVAL


def _is_hosts(value: object) -> bool:
    return isinstance(value, Mapping) and all(_is_text(k) and _is_text(v) for k, v in value.items())


def _is_key(value: object) -> bool:
    return isinstance(value, str) and is_reference(value)


# What each part of an account may be, in words and as a test.
_PARTS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "provider": ("a provider id", _is_text),
    "name": ("text", _is_text),
    "enabled": ("true or false", _is_switch),
    "key": ("env:NAME, keyring, file or discovered:TOOL; a key itself never stands in this file", _is_key),
    "base_url": ("an address", _is_text),
    "hosts": ("a table of host = address", _is_hosts),
    "login_url": ("an address", _is_text),
    "interval_seconds": (f"a whole number from 1 to {LONGEST_INTERVAL}", _is_interval),
    "user_agent": ("printable ASCII text", _is_header_text),
    "trust_base_url": ("true or false", _is_switch),
    "pinned": ("true or false", _is_switch),
    "hidden": ("true or false", _is_switch),
}


def _read_account(account_id: str, table: Mapping[str, Any], complain: Complain) -> Account:
    good: dict[str, Any] = {}
    fields: dict[str, str] = {}
    for name, value in table.items():
        if name not in _PARTS:
            if isinstance(value, str) and holds_key(value):
                where = f"move it with `aic-tui config set-key {account_id}`, take it out and rotate it"
                complain(
                    f"[accounts.{account_id}] {clean(name, 60)} holds a key: {where}.", ("accounts", account_id, name)
                )
            elif isinstance(value, str | int | float):
                fields[name] = clean(str(value).lower() if isinstance(value, bool) else value, 2000)
            continue
        allowed, is_good = _PARTS[name]
        if is_good(value):
            good[name] = redact(_cleaned(value)) if name == "name" else _cleaned(value)
            continue
        complain(f"[accounts.{account_id}] {name} must be {allowed}.", ("accounts", account_id, name))
        good |= _in_place_of(name, value)
    return Account(id=account_id, provider_id=good.pop("provider", ""), fields=fields, **good)


def _cleaned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {clean(name, 2000): clean(text, 2000) for name, text in value.items()}
    return clean(value, 2000) if isinstance(value, str) else value


def _in_place_of(name: str, value: object) -> dict[str, Any]:
    """What stands for a bad value where the default would do what nobody asked for."""
    if name == "key":
        return {"key": NOT_A_REFERENCE}
    if name in ("base_url", "hosts"):  # the key must not go to the provider's own host when another was meant
        return {"base_url": "invalid"}
    if name == "login_url":
        return {"login_url": "invalid"}
    if name == "enabled":
        return {"enabled": SWITCH_WORDS.get(str(value).lower(), True)}
    return {}
