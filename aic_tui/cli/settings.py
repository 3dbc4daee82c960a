"""``config``: what is in force and where each value comes from, and changing one value. Never a secret."""

from __future__ import annotations

import re

from aic_tui.cli.context import Context
from aic_tui.cli.documents import Document
from aic_tui.config.file import account_table, save_changes
from aic_tui.config.settings import NOT_A_REFERENCE, SETTINGS, Account, Config, Problem, setting_named
from aic_tui.config.tables import is_reference
from aic_tui.errors import UserError
from aic_tui.redact import holds_key, mask, redact
from aic_tui.text import clean

_SECRET_NAME = re.compile(r"(?i)(?:^|[._-])(?:api_?key|key|token|secret|password|passwd|credential|cookie)s?$")
_SWITCHES = ("enabled", "trust_base_url", "pinned", "hidden")
_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def path(context: Context) -> int:
    """``config path``."""
    file = context.env.paths.config_file
    if context.as_json:
        context.document({"path": str(file), "exists": file.exists()})
    else:
        context.write(f"{file}\n")
    return 0


def show(context: Context) -> int:
    """``config show``: every setting and account with the origin of each value."""
    rows = _rows(context.config)
    if context.as_json:
        accounts = [_account_document(account) for account in context.config.accounts]
        settings = {name: {"value": value, "origin": origin} for name, value, origin in rows if _is_setting(name)}
        context.document({"path": str(context.env.paths.config_file), "settings": settings, "accounts": accounts})
        return 0
    context.table(("setting", "value", "origin"), [(name, _text(value), origin) for name, value, origin in rows])
    return 0


def get(context: Context) -> int:
    """``config get NAME``: the value alone."""
    name = context.args.name
    known = {row[0]: row for row in _rows(context.config)}
    if not name.startswith(("accounts.", "keys.")):
        name = f"general.{setting_named(name).name}"
    if name not in known:
        raise UserError(f"There is no “{_harmless(name)}” in the configuration.")
    _, value, origin = known[name]
    if context.as_json:
        context.document({"name": name, "value": value, "origin": origin})
    else:
        context.write(f"{_text(value)}\n")
    return 0


def change(context: Context) -> int:
    """``config set NAME VALUE``: checked, then saved whole or not at all."""
    name, text = context.args.name, context.args.value
    _refuse_secret(name, text)
    where, value = _parsed(context, name, text)
    save_changes(context.env, {where: value}, context.flags)
    context.say(f"{_harmless('.'.join(where))} = {_text(value)}")
    origin = context.config.origins.get(where[-1], "") if where[0] == "general" else ""
    if origin.startswith("env:"):
        context.say(f"{origin[4:]} is set and stays in force.")
    return 0


def validate(context: Context) -> int:
    """``config validate``: 0 when nothing is wrong, else 2 and the problems as data."""
    from aic_tui.config.file import load_config

    config = load_config(context.env, context.flags)
    problems = [*config.problems, *_key_problems(context, config)]
    if context.as_json:
        told = [{"message": p.sentence, "line": p.line, "column": p.column, "setting": p.setting} for p in problems]
        file = str(context.env.paths.config_file)
        context.document({"path": file, "valid": not problems, "problems": told, "unknown": list(config.unknown)})
    else:
        for problem in problems:
            place = f"{problem.line}: " if problem.line else ""
            context.write(f"{place}{problem.sentence}\n")
        for name in config.unknown:
            context.write(f"“{name}” means nothing to this version; it is kept.\n")
        if not problems:
            context.say(f"{context.env.paths.config_file}: nothing wrong.")
    return 2 if problems else 0


def _key_problems(context: Context, config: Config) -> list[Problem]:
    """What of ``[keys]`` cannot be in force; the dashboard leaves it out."""
    if not config.keys:
        return []
    from aic_tui.config.document import read_document
    from aic_tui.config.keymap import usable_keymap

    document = read_document(context.env.paths.config_file)
    return [
        Problem(sentence, document.line_of("keys", name), setting=f"keys.{redact(name)}")
        for name, sentence in usable_keymap(config.keys)[1].items()
    ]


def _rows(config: Config) -> list[tuple[str, object, str]]:
    rows: list[tuple[str, object, str]] = [
        (f"general.{s.name}", _shown(s.name, getattr(config.settings, s.name)), config.origins.get(s.name, "default"))
        for s in SETTINGS
    ]
    for account in config.accounts:
        rows += [
            (f"accounts.{account.id}.{name}", _shown(name, value), account.origin)
            for name, value in {
                "provider": account.provider_id,
                **account_table(account),
                "enabled": account.enabled,
            }.items()
        ]
    rows += [(f"keys.{redact(name)}", redact(key), "file") for name, key in config.keys.items()]
    return rows


def _is_setting(name: str) -> bool:
    return name.startswith("general.")


def _shown(name: str, value: object) -> object:
    """A value as it may be printed: whoever pasted a key where it does not belong should not see it again."""
    if name == "key" and value == NOT_A_REFERENCE:
        return "(not a reference)"
    if isinstance(value, str):
        return mask(value) if _SECRET_NAME.search(name) and not is_reference(value) else redact(value)
    if isinstance(value, dict):
        return {key: _shown(str(key), part) for key, part in value.items()}
    return value


def _account_document(account: Account) -> Document:
    table = {"provider": account.provider_id, **account_table(account), "enabled": account.enabled}
    return {"id": account.id, "origin": account.origin, **{name: _shown(name, value) for name, value in table.items()}}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {part}" for key, part in value.items())
    return str(value)


def _refuse_secret(name: str, text: str) -> None:
    """The command line stands in the shell's history and in the process list, so a key there is known already."""
    if holds_key(text) or (_SECRET_NAME.search(name) and not is_reference(text)):
        raise UserError(
            "config.toml never holds a key, and a key on the command line is seen by others. Put it into a variable"
            " and set accounts.ID.key to env:NAME."
        )


def _parsed(context: Context, name: str, text: str) -> tuple[tuple[str, ...], object]:
    parts = tuple(name.split("."))
    if parts[0] == "keys" and len(parts) == 2:
        return ("keys", parts[1]), _key(context, parts[1], clean(text, 60))
    if parts[0] != "accounts":
        setting = setting_named(name)
        return ("general", setting.name), setting.read(text)
    known = {account.id for account in context.config.accounts}
    # An account id may have dots in it.
    account_id, field = ".".join(parts[1:-1]), parts[-1]
    if not account_id or not field:
        raise UserError("An account's value is named accounts.ID.FIELD.")
    if account_id not in known and field != "provider":
        raise UserError(f"There is no account “{_harmless(account_id)}”. Known: {', '.join(sorted(known)) or 'none'}.")
    if field == "provider":
        from aic_tui.providers.registry import get_provider

        get_provider(text)
    return ("accounts", account_id, field), _account_value(field, text)


def _key(context: Context, binding_id: str, text: str) -> str:
    """Raises UserError where the binding cannot have that key beside the other entries."""
    from aic_tui.config.keymap import usable_keymap

    others = {name: keys for name, keys in context.config.keys.items() if name != binding_id}
    problem = usable_keymap({binding_id: text, **others})[1].get(binding_id)
    if problem is not None:
        raise UserError(f"{problem} Nothing was changed.")
    return text


def _account_value(field: str, text: str) -> object:
    if field in _SWITCHES:
        if text.strip().lower() not in _WORDS:
            raise UserError(f"{field} must be true or false.")
        return _WORDS[text.strip().lower()]
    if field == "interval_seconds":
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise UserError("interval_seconds must be a whole number.")
        return int(text)
    if field == "base_url":
        _check_address(text)
    return text


def _check_address(text: str) -> None:
    from aic_tui.errors import ProviderError
    from aic_tui.providers.address import parse_origin

    try:
        parse_origin(text)
    except ProviderError as error:
        raise UserError(f"base_url was not changed: {error.detail}.") from None


def _harmless(name: str) -> str:
    return clean(redact(name), 80)
