"""config.toml: read without ever failing, saved as a whole or not at all.

Comments are not kept by a save (the file's first line says so); every key, known or not, is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from aic_tui.config import changes as changing
from aic_tui.config.atomic import exclusive, final_target, sweep_orphans, write_atomically
from aic_tui.config.changes import Changes
from aic_tui.config.document import Document, read_document, reason_of
from aic_tui.config.log_roots import read_log_roots
from aic_tui.config.paths import private_directory
from aic_tui.config.prices import read_prices
from aic_tui.config.settings import CONFIG_VERSION, SETTINGS, Account, Config, Problem
from aic_tui.config.tables import read_accounts, read_keys, read_settings
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.redact import redact
from aic_tui.text import clean

_HEADER = (
    "# Settings of aic-tui, which rewrites this file: comments are not kept, the file before is config.toml.bak.\n"
)
_TRIES = 20
_KNOWN_TABLES = ("version", "general", "accounts", "keys", "prices", "logs")


def load_config(env: Environment, flags: Mapping[str, str] | None = None) -> Config:
    """The configuration in force: flags (setting name to text) over variables over the file over defaults.

    Never raises for what the file or a variable says: see :attr:`Config.problems` and :attr:`Config.broken`.
    Raises :class:`UserError` for a flag that is not allowed.
    """
    return config_of(read_document(env.paths.config_file), env, flags)


def config_of(document: Document, env: Environment, flags: Mapping[str, str] | None = None) -> Config:
    """Like :func:`load_config`, for a file that was read already."""
    problems = [document.problem] if document.problem else []

    def complain(sentence: str, path: tuple[str, ...]) -> None:
        line = document.line_of(*path) if path else None
        setting = redact(clean(".".join(path), 200)) or None
        problems.append(Problem(redact(clean(sentence, 500)), line, setting=setting))

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
        prices=read_prices(_table(table, "prices", complain), complain),
        log_roots=read_log_roots(_table(table, "logs", complain), complain),
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
    changing.check(changes)
    write_changes(env, changes)
    return load_config(env, flags)


def write_changes(env: Environment, changes: Changes, guard: Callable[[Document], Changes] | None = None) -> Document:
    """Like :func:`save_changes` for values that are known to be allowed; gives the file as it was before.

    ``guard`` is called under the lock with the file as it is now and gives the changes to make in place of
    ``changes``; what it raises ends the save.
    """
    file = env.paths.config_file
    try:
        private_directory(file.parent)
        with exclusive(_lock_of(file)):
            return _save_locked(file, changes, guard)
    except OSError as error:
        raise UserError(f"{file} was not saved: {reason_of(error)}. The file is as it was.", exit_code=1) from None


def rewritten(document: Document, changes: Changes) -> str | None:
    """The text of the file once ``changes`` are made; None when it already says so. Raises :class:`UserError`."""
    wanted = changing.merged(document.table, changes)
    text = dumped({"version": wanted.pop("version", CONFIG_VERSION), **wanted})
    return None if document.exists and _same(wanted, document.table) else text


def repair(env: Environment) -> Path:
    """Put a broken config.toml aside and write the last whole one, or the defaults: where the broken one is now.

    Raises :class:`UserError` when the file is not broken, or cannot be read or written; nothing is lost then.
    """
    file = env.paths.config_file
    try:
        with exclusive(_lock_of(file)):
            document = read_document(file)
            if document.problem is None:
                raise UserError(f"{file} is not broken.")
            target = final_target(file)
            if not target.is_file():
                raise UserError(f"{file} is not a regular file; it is left alone.")
            broken = target.read_bytes()
            kept = file.with_name(f"{file.name}.corrupt-{env.now():%Y%m%dT%H%M%SZ}")
            write_atomically(kept, broken)
            last = read_document(file.with_name(f"{file.name}.bak"))
            whole = last.exists and last.problem is None
            write_atomically(file, last.data if whole else dumped({"version": CONFIG_VERSION}).encode())
    except OSError as error:
        raise UserError(f"{file} was not repaired: {reason_of(error)}. It is as it was.", exit_code=1) from None
    return kept


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


def dumped(table: Mapping[str, Any]) -> str:
    """``table`` as the text of a config file, with our first line."""
    import tomli_w

    return _HEADER + tomli_w.dumps(table)


def _save_locked(file: Path, changes: Changes, guard: Callable[[Document], Changes] | None) -> Document:
    for _ in range(_TRIES):
        document = read_document(file)
        refuse_read_only(file, document)
        text = rewritten(document, guard(document) if guard else changes)
        if text is None:
            return document
        import tomllib

        tomllib.loads(text)
        if document.exists:
            write_atomically(file.with_name(f"{file.name}.bak"), document.data)
        # an editor knows nothing of the lock: what it saved since the reading must not be overwritten unseen
        if write_atomically(file, text.encode(), only_if=partial(_is_as_read, file, document)):
            return document
    raise OSError("another program changes it without a pause")


def _is_as_read(file: Path, document: Document) -> bool:
    now = read_document(file)
    return (now.exists, now.data, now.problem) == (document.exists, document.data, None)


def _same(wanted: Mapping[str, Any], table: Mapping[str, Any]) -> bool:
    """Equal in order too, in which accounts are shown. The version stands first wherever it was."""
    import tomli_w

    rest = {name: value for name, value in table.items() if name != "version"}
    return wanted == rest and tomli_w.dumps(wanted) == tomli_w.dumps(rest)


def _lock_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.lock")


def refuse_read_only(file: Path, document: Document) -> None:
    """Raises :class:`UserError` for a file that may not be written: a broken one, or one of a newer version."""
    if document.problem:
        raise UserError(f"{file} was not saved, to lose nothing: {document.problem.sentence}")
    if document.newer:
        raise UserError(f"{file} was written by a newer aic-tui and is left alone.")


def _table(table: Mapping[str, Any], name: str, complain: Any) -> Mapping[str, Any]:
    value = table.get(name, {})
    if isinstance(value, Mapping):
        return value
    complain(f"“{name}” is not a table; its defaults are used.", (name,))
    return {}


def _unknown(table: Mapping[str, Any]) -> tuple[str, ...]:
    names = [redact(clean(name, 60)) for name in table if name not in _KNOWN_TABLES]
    general = table.get("general", {})
    if isinstance(general, Mapping):
        known = {setting.name for setting in SETTINGS}
        names += [f"general.{redact(clean(name, 60))}" for name in general if name not in known]
    return tuple(names)


def _directory_of(file: Path) -> Path:
    try:
        return final_target(file).parent
    except OSError:
        return file.parent
