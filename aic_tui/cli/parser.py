"""The command line as argparse sees it. Values that belong to settings become ``flags``, by setting name."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from aic_tui import __version__

_EPILOG = "Exit codes: 0 done, 1 failure, 2 usage or configuration, 129/130/143 signals. Data goes to standard output."


def build_parser() -> argparse.ArgumentParser:
    """The whole grammar. Options that every verb shares may stand before or after the verb."""
    common = _common_options()
    parser = _Parser(
        prog="aic-tui",
        description="How much is left of every AI account, when it comes back, what it costs. Opens the dashboard.",
        epilog=_EPILOG,
        parents=[common],
    )
    parser.add_argument("-V", "--version", action="version", version=f"aic-tui {__version__}")
    parser.add_argument("--once", action="store_true", help="print the dashboard once as plain text")
    parser.add_argument("--theme", metavar="NAME", default=argparse.SUPPRESS, help="colours of the dashboard")
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs", parser_class=_Parser)
    _add_usage(verbs, common)
    _add_accounts(verbs, common)
    _add_config(verbs, common)
    return parser


def flags_of(args: argparse.Namespace) -> Mapping[str, str]:
    """What was said on the command line for settings, by setting name."""
    given = vars(args)
    flags: dict[str, str] = {name: str(given[name]) for name in ("theme", "log_level") if name in given}
    if given.get("privacy"):
        flags["privacy"] = "true"
    if given.get("no_mouse"):
        flags["mouse"] = "false"
    return flags


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)


def _common_options() -> argparse.ArgumentParser:
    """Suppressed defaults: a value given before the verb must not be overwritten by the verb's own default."""
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--demo", action="store_true", help="invented accounts; nothing is read or sent")
    common.add_argument("--privacy", action="store_true", help="mask names and money")
    common.add_argument("--profile", metavar="NAME", help="use the subfolder profiles/NAME of each directory")
    common.add_argument("--config-dir", metavar="DIR", help="where config.toml is")
    common.add_argument("--log-level", metavar="LEVEL", help="trace, debug, info, warn or error")
    return common


def _add_usage(verbs: Any, common: argparse.ArgumentParser) -> None:
    usage = verbs.add_parser("usage", parents=[common], help="the last known state of every account")
    usage.add_argument("--provider", metavar="ID", help="only accounts of this provider")
    usage.add_argument("--account", metavar="ID", help="only this account")
    usage.add_argument("--refresh", action="store_true", help="ask the providers first")
    _json(usage)
    refresh = verbs.add_parser("refresh", parents=[common], help="ask the providers, store, print the state")
    refresh.add_argument("--due", action="store_true", help="leave out accounts that were asked too recently")
    _json(refresh)
    history = verbs.add_parser("history", parents=[common], help="recorded quota, balance and cost points")
    history.add_argument("--account", metavar="ID", help="only this account")
    history.add_argument("--since", metavar="DATE", help="first day, YYYY-MM-DD or YYYYMMDD, local")
    history.add_argument("--until", metavar="DATE", help="last day, included")
    history.add_argument("--limit", metavar="N", type=_positive, help="the newest N points only")
    _json(history)


def _add_accounts(verbs: Any, common: argparse.ArgumentParser) -> None:
    providers = verbs.add_parser("providers", parents=[common], help="what is supported")
    listing = providers.add_subparsers(dest="action", metavar="list", required=True, parser_class=_Parser)
    _json(listing.add_parser("list", parents=[common], help="every provider and whether it is configured"))
    discover = verbs.add_parser("discover", parents=[common], help="credentials found on this machine")
    discover.add_argument("--accept", action="store_true", help="add them as accounts")
    _json(discover)
    _json(verbs.add_parser("doctor", parents=[common], help="what was looked for, found and skipped; no secret"))


def _add_config(verbs: Any, common: argparse.ArgumentParser) -> None:
    config = verbs.add_parser("config", parents=[common], help="config.toml: path, show, get, set, validate")
    actions = config.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Parser)
    _json(actions.add_parser("path", parents=[common], help="where config.toml is"))
    _json(actions.add_parser("show", parents=[common], help="every value with its origin"))
    get = actions.add_parser("get", parents=[common], help="one value: SETTING or accounts.ID.FIELD")
    get.add_argument("name", metavar="NAME")
    _json(get)
    change = actions.add_parser("set", parents=[common], help="change one value; never a secret")
    change.add_argument("name", metavar="NAME")
    change.add_argument("value", metavar="VALUE")
    _json(actions.add_parser("validate", parents=[common], help="say what is wrong with config.toml"))


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise argparse.ArgumentTypeError("must be a whole number from 1 on")
    return int(text)
