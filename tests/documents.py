"""Tables of the documents that are generated from the code. ``python -m tests.documents --write`` renews them."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from textual.binding import Binding
from textual.keys import format_key

from aic_tui.cli.parser import build_parser
from aic_tui.cli.report_parser import VERBS as REPORTS
from aic_tui.providers.base import Provider
from aic_tui.providers.registry import all_providers
from aic_tui.ui.bindings import (
    ACCOUNTS_BINDINGS,
    APP_BINDINGS,
    CHOICE_BINDINGS,
    CHOOSER_BINDINGS,
    CONFIRM_BINDINGS,
    DASHBOARD_BINDINGS,
    DETAIL_BINDINGS,
    FORM_BINDINGS,
    KEYS_BINDINGS,
    LOGIN_BINDINGS,
    PAGE_BINDINGS,
    REPAIR_BINDINGS,
    SETTINGS_BINDINGS,
    SIGN_OUT_BINDINGS,
    TARGET_BINDINGS,
)

_COMMON = {"--help", "--demo", "--privacy", "--profile", "--config-dir", "--log-level"}
ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"

_NAMES = {"pageup": "pgup", "pagedown": "pgdn", "escape": "esc"}


def _keys(provider: Provider) -> str:
    names = [f"`{name}`" for name in provider.env]
    return ", ".join([*names, *(f"login of {login.tool}" for login in provider.logins)])


def provider_table() -> str:
    """The README's table of providers, in registry order."""
    rows = ["| provider | id | shows | key or login | asked at most every |", "|---|---|---|---|---|"]
    rows += [
        f"| [{p.name}]({p.docs_url}) | `{p.id}` | {p.shows} | {_keys(p)} | {p.floor_seconds // 60} min |"
        for p in all_providers()
    ]
    return "\n".join(rows)


def key_table() -> str:
    """Every binding with its id and sentence; a binding that several screens share stands once."""
    rows = ["| key | does | id for `[keys]` |", "|---|---|---|"]
    seen: set[str] = set()
    for where, bindings in (
        ("", DASHBOARD_BINDINGS),
        ("", APP_BINDINGS),
        ("detail: ", DETAIL_BINDINGS),
        ("accounts: ", ACCOUNTS_BINDINGS),
        ("forms: ", FORM_BINDINGS),
        ("forms: ", CHOICE_BINDINGS),
        ("before saving: ", CONFIRM_BINDINGS),
        ("signing in: ", TARGET_BINDINGS),
        ("signing in: ", LOGIN_BINDINGS[:-1]),
        ("signing out: ", SIGN_OUT_BINDINGS),
        ("settings: ", SETTINGS_BINDINGS),
        ("keys: ", KEYS_BINDINGS),
        ("repair: ", REPAIR_BINDINGS),
        ("rows: ", CHOOSER_BINDINGS),
        ("pages: ", PAGE_BINDINGS),
    ):
        for binding in bindings:
            if binding.id is None or binding.id in seen:
                continue
            seen.add(binding.id)
            rows.append(f"| {_shown(binding)} | {where}{binding.tooltip} | `{binding.id}` |")
    return "\n".join(rows)


def _shown(binding: Binding) -> str:
    keys = [_NAMES.get(key, format_key(key)) for key in binding.key.split(",")]
    return " ".join(f"`{key}`" for key in keys)


def verb_table() -> str:
    """Every verb with its options, from the parser itself."""
    rows = ["| verb | does |", "|---|---|"]
    rows += [f"| `{usage}` | {does} |" for usage, does in _verbs(build_parser(), "")]
    return "\n".join(rows)


def _verbs(parser: argparse.ArgumentParser, prefix: str) -> Iterator[tuple[str, str]]:
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        told = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for name, child in action.choices.items():
            if any(isinstance(sub, argparse._SubParsersAction) for sub in child._actions):
                yield from _verbs(child, f"{prefix}{name} ")
            else:
                yield f"{prefix}{name}{_options(child)}", told.get(name, "")


def report_table() -> str:
    """The flags that all reports have."""
    rows = ["| flag | short | does |", "|---|---|---|"]
    for action in _shared_by_reports():
        value = f" {action.metavar}" if isinstance(action.metavar, str) and action.nargs != 0 else ""
        short = next((f"`{name}`" for name in action.option_strings if not name.startswith("--")), "")
        rows.append(
            f"| `{action.option_strings[-1]}{value}` | {short} | {action.help} |".replace("asc|desc", "asc\\|desc")
        )
    return "\n".join(rows)


def _shared_by_reports() -> list[argparse.Action]:
    parsers = [_verb_parser(verb) for verb in REPORTS]
    names = set.intersection(*({action.option_strings[-1] for action in p._actions} for p in parsers))
    return [action for action in parsers[0]._actions if action.option_strings[-1] in names - _COMMON]


def _verb_parser(verb: str) -> argparse.ArgumentParser:
    (verbs,) = (a for a in build_parser(verb)._actions if isinstance(a, argparse._SubParsersAction))
    parser: argparse.ArgumentParser = verbs.choices[verb]
    return parser


def _options(parser: argparse.ArgumentParser) -> str:
    shared = set()
    if parser.prog.split()[-1] in REPORTS:
        shared = {action.option_strings[-1] for action in _shared_by_reports()}
    words = ["[flags of reports]"] if shared else []
    for action in parser._actions:
        name = action.option_strings[-1] if action.option_strings else None
        value = action.metavar if isinstance(action.metavar, str) else ""
        if name is None:
            words.append(f"[{value}]" if action.nargs == "?" else value or action.dest.upper())
        elif name not in _COMMON | shared:
            option = f"{name}{f' {value}' if value and action.nargs != 0 else ''}"
            words.append(option if action.required else f"[{option}]")
    return "".join(f" {word}" for word in words)


def tables() -> dict[str, str]:
    """Every generated part by its marker name."""
    return {"providers": provider_table(), "keys": key_table(), "verbs": verb_table(), "reports": report_table()}


def renewed(document: str) -> str:
    """``document`` with the text between each pair of ``<!-- name -->`` and ``<!-- /name -->`` markers renewed."""
    for name, table in tables().items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = document.partition(start)
        _, _, after = rest.partition(end)
        document = f"{before}{start}{table}\n{end}{after}"
    return document


def commands(heading: str) -> list[str]:
    """The lines of the README's first shell block under the text ``heading``."""
    block = re.search(rf"{re.escape(heading)}.*?```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return block[1].strip().splitlines() if block else []


def main() -> int:
    """Renew with ``--write``, else say whether anything is out of date (exit 1)."""
    document = README.read_text(encoding="utf-8")
    new = renewed(document)
    if "--write" in sys.argv[1:]:
        README.write_text(new, encoding="utf-8")
        return 0
    print("up to date" if new == document else "out of date: python -m tests.documents --write")
    return int(new != document)


if __name__ == "__main__":
    sys.exit(main())
