"""config.toml: read without ever failing, saved as a whole or not at all.

Comments are not kept by a save (the file's first line says so); every key, known or not, is.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aic_tui.config.atomic import exclusive, final_target, sweep_orphans, write_atomically
from aic_tui.config.document import Document, read_document, reason_of
from aic_tui.config.paths import private_directory
from aic_tui.config.settings import CONFIG_VERSION, SETTINGS, Account, Config, Problem, setting_named
from aic_tui.config.tables import check_account_value, read_accounts, read_keys, read_settings
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.text import clean

Changes = Mapping[tuple[str, ...], object | None]
"""Key path to new value; None deletes. ``("general", "theme")``, ``("accounts", "work", "enabled")``,
``("accounts", "work")`` …"""

_HEADER = (
    "# Settings of aic-tui, which rewrites this file: comments are not kept, the file before is config.toml.bak.\n"
)
_KNOWN_TABLES = ("version", "general", "accounts", "keys")


def load_config(env: Environment, flags: Mapping[str, str] | None = None) -> Config:
    """The configuration in force: flags (setting name to text) over variables over the file over defaults.

    Never raises for what the file or a variable says: see :attr:`Config.problems` and :attr:`Config.broken`.
    Raises :class:`UserError` for a flag that is not allowed.
    """
    document = read_document(env.paths.config_file)
    problems = [document.problem] if document.problem else []

    def complain(sentence: str, path: tuple[str, ...]) -> None:
        line = document.line_of(*path) if path else None
        problems.append(Problem(clean(sentence, 500), line, setting=clean(".".join(path), 200) or None))

    table = document.table
    version = table.get("version", CONFIG_VERSION)
    if document.newer:
        complain(f"config.toml is of version {version}; this program knows {CONFIG_VERSION} and will not write it.", ())
    elif version != CONFIG_VERSION or isinstance(version, bool):
        complain(f"version must be {CONFIG_VERSION}.", ("version",))
    general, accounts = (_table(table, name, complain) for name in ("general", "accounts"))
    settings, origins = read_settings(general, env.environ, flags or {}, complain)
    return Config(
        settings=settings,
        accounts=read_accounts(accounts, complain),
        origins=origins,
        keys=read_keys(table.get("keys", {}), complain),
        problems=tuple(problems),
        broken=document.problem is not None,
        has_accounts="accounts" in table,
        read_only=document.problem is not None or document.newer,
        unknown=_unknown(table),
    )


def save_changes(env: Environment, changes: Changes, flags: Mapping[str, str] | None = None) -> Config:
    """Merge ``changes`` into the file as it is now, key by key, and give the configuration then in force.

    The file before is kept as ``config.toml.bak``. Raises :class:`UserError` with path and reason when a value is
    not allowed, the file is broken or of a newer version, or it cannot be written; it is then as it was.
    """
    for path, value in changes.items():
        _check(path, value)
    file = env.paths.config_file
    try:
        private_directory(file.parent)
        with exclusive(file.with_name(f"{file.name}.lock")):
            _save_locked(file, changes)
    except OSError as error:
        raise UserError(f"{file} was not saved: {reason_of(error)}. The file is as it was.", exit_code=1) from None
    return load_config(env, flags)


def sweep(env: Environment) -> None:
    """Delete our temporary files that a crash left in our directories more than an hour ago. Once per start."""
    now = env.now().timestamp()
    for directory in {env.paths.config, env.paths.data, _directory_of(env.paths.config_file)}:
        sweep_orphans(directory, now)


def account_table(account: Account) -> dict[str, Any]:
    """``account`` as the table of ``[accounts.<id>]``, defaults left out."""
    blank = Account(id=account.id, provider_id=account.provider_id)
    table: dict[str, Any] = {"provider": account.provider_id}
    for name in ("name", "enabled", "key", "base_url", "hosts", "login_url", "interval_seconds", "user_agent"):
        if getattr(account, name) != getattr(blank, name):
            table[name] = getattr(account, name)
    table |= {name: True for name in ("trust_base_url", "pinned", "hidden") if getattr(account, name)}
    return table | dict(account.fields)


def merged(table: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """A copy of ``table`` with ``changes`` made. Raises :class:`UserError` where a key stands in place of a table."""
    result = copy.deepcopy(dict(table))
    for path, value in changes.items():
        place = result
        for part in path[:-1]:
            place = place.setdefault(part, {}) if value is not None else place.get(part, {})
            if not isinstance(place, dict):
                raise UserError(f"“{clean(part, 60)}” in config.toml is not a table; mend it by hand first.")
        if value is None:
            place.pop(path[-1], None)
        else:
            place[path[-1]] = value
    return result


def dumped(table: Mapping[str, Any]) -> str:
    """``table`` as the text of a config file, with our first line."""
    import tomli_w

    return _HEADER + tomli_w.dumps(table)


def _save_locked(file: Path, changes: Changes) -> None:
    document = read_document(file)
    _refuse_read_only(file, document)
    wanted = merged(document.table, changes)
    if document.exists and wanted == document.table:
        return
    text = dumped({"version": wanted.pop("version", CONFIG_VERSION), **wanted})
    tomllib.loads(text)
    if document.exists:
        write_atomically(file.with_name(f"{file.name}.bak"), document.data)
    write_atomically(file, text.encode())


def _refuse_read_only(file: Path, document: Document) -> None:
    if document.problem:
        raise UserError(f"{file} was not saved, to lose nothing: {document.problem.sentence}")
    if document.newer:
        raise UserError(f"{file} was written by a newer aic-tui and is left alone.")


def _check(path: tuple[str, ...], value: object | None) -> None:
    if value is None:
        return
    match path:
        case ("general", name):
            setting_named(name).check(value)
        case ("accounts", account_id, name):
            check_account_value(account_id, name, value)
        case ("accounts", account_id) if isinstance(value, Mapping):
            for name, part in value.items():
                check_account_value(account_id, str(name), part)
        case ("accounts", _):
            raise UserError("An account is a table.")


def _table(table: Mapping[str, Any], name: str, complain: Any) -> Mapping[str, Any]:
    value = table.get(name, {})
    if isinstance(value, Mapping):
        return value
    complain(f"“{name}” is not a table; its defaults are used.", (name,))
    return {}


def _unknown(table: Mapping[str, Any]) -> tuple[str, ...]:
    names = [clean(name, 60) for name in table if name not in _KNOWN_TABLES]
    general = table.get("general", {})
    if isinstance(general, Mapping):
        known = {setting.name for setting in SETTINGS}
        names += [f"general.{clean(name, 60)}" for name in general if name not in known]
    return tuple(names)


def _directory_of(file: Path) -> Path:
    try:
        return final_target(file).parent
    except OSError:
        return file.parent
