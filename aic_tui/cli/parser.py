"""The command line as argparse sees it. Values that belong to settings become ``flags``, by setting name."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NoReturn

from aic_tui import __version__
from aic_tui.cli.report_parser import VERBS as REPORTS
from aic_tui.cli.report_parser import add_reports, readable

_KEY_ON_COMMAND_LINE = (
    "a key is never given on the command line, where others can see it: it is read from standard input."
    " If that was a key, replace it at its provider"
)
_EPILOG = "Exit codes: 0 done, 1 failure, 2 usage or configuration, 129/130/143 signals. Data goes to standard output."


def build_parser(first: str = "") -> argparse.ArgumentParser:
    """The whole grammar. Options that every verb shares may stand before or after the verb.

    With the ``first`` argument of a command line that begins with a report, the grammar of that alone.
    """
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
    # Without ``prog`` argparse lays out a help text to learn it, and loads half of shutil for that.
    verbs = parser.add_subparsers(prog="aic-tui", dest="verb", metavar="VERB", title="verbs", parser_class=_Parser)
    if first in REPORTS:
        add_reports(verbs, common, only=first)
        return parser
    _add_usage(verbs, common)
    add_reports(verbs, common)
    _add_accounts(verbs, common)
    _add_auth(verbs, common)
    _add_config(verbs, common)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line, understood. Ends the program (SystemExit) with help, or with a complaint and code 2."""
    first = arguments[0] if arguments else ""
    if first in REPORTS:
        return build_parser(first).parse_args(readable(arguments))
    return build_parser().parse_args(arguments)


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

    def _get_formatter(self) -> argparse.HelpFormatter:
        # argparse makes one for every argument that is added, and measures the terminal by shutil each time.
        return argparse.HelpFormatter(self.prog, width=_help_width())

    def parse_args(  # type: ignore[override]  # argparse's overloads differ only in the namespace, which nobody gives
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        parsed, extra = self.parse_known_args(args, namespace)
        if extra and getattr(parsed, "action", None) in ("set-key", "add"):
            self.error(_KEY_ON_COMMAND_LINE)  # it may have any shape, so nothing of it is repeated
        if extra:
            self.error(f"unrecognized arguments: {' '.join(extra)}")
        return parsed

    def error(self, message: str) -> NoReturn:
        from aic_tui.redact import redact

        super().error(redact(message))


@cache
def _help_width() -> int:
    columns = os.environ.get("COLUMNS", "")
    try:
        width = int(columns) if columns.isdigit() and int(columns) else os.get_terminal_size().columns
    except (OSError, ValueError):
        width = 0
    return (width or 80) - 2


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
    accounts = verbs.add_parser("accounts", parents=[common], help="list, add, remove, enable, disable, test")
    actions = accounts.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Parser)
    _json(actions.add_parser("list", parents=[common], help="every account, in its order"))
    add = actions.add_parser("add", parents=[common], help="add an account; keyring and file read its key from input")
    add.add_argument("provider", metavar="PROVIDER")
    add.add_argument("--id", metavar="ID", help="its name in config.toml")
    add.add_argument("--name", metavar="TEXT", help="its name on screen")
    add.add_argument(
        "--key", metavar="REFERENCE", help="env:NAME, keyring, file or discovered:TOOL; never the key itself"
    )
    add.add_argument("--base-url", metavar="URL", help="a gateway or proxy in place of the provider's own server")
    add.add_argument("--set", metavar="FIELD=VALUE", action="append", default=[], help="a field of the provider")
    remove = actions.add_parser("remove", parents=[common], help="remove an account and its stored key; asks")
    remove.add_argument("account", metavar="ID")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    for name, words in (("enable", "ask it again"), ("disable", "keep it, but never ask it")):
        actions.add_parser(name, parents=[common], help=words).add_argument("account", metavar="ID")
    test = actions.add_parser("test", parents=[common], help="ask its provider now; exit code 0 when the key works")
    test.add_argument("account", metavar="ID")
    _json(test)
    discover = verbs.add_parser("discover", parents=[common], help="credentials found on this machine")
    discover.add_argument("--accept", action="store_true", help="add them as accounts")
    _json(discover)
    _json(verbs.add_parser("doctor", parents=[common], help="what was looked for, found and skipped; no secret"))


def _add_auth(verbs: Any, common: argparse.ArgumentParser) -> None:
    auth = verbs.add_parser("auth", parents=[common], help="sign in to GitHub, see who is, sign out")
    actions = auth.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Parser)
    login = actions.add_parser("login", parents=[common], help="sign in with a code that you type into any browser")
    status = actions.add_parser("status", parents=[common], help="who is signed in, from where; nobody is asked")
    logout = actions.add_parser("logout", parents=[common], help="erase the token from every store of ours; asks first")
    for parser in (login, status, logout):
        parser.add_argument("service", metavar="github", nargs="?", choices=["github"], default="github")
        parser.add_argument("--account", metavar="ID", help="this account; login makes it where there is none")
    login.add_argument("--store", metavar="keyring|file", type=_store, help="where; file is the consent to a file")
    status.add_argument("--store", metavar="keyring|file", type=_store, help="only accounts whose token is kept there")
    logout.add_argument("--store", metavar="keyring|file", type=_store, help="erase it there only")
    logout.add_argument("--yes", action="store_true", help="do not ask")
    login.add_argument("--host", metavar="HOST", help="of a new account elsewhere, such as octocorp.ghe.com")
    login.add_argument("--force", action="store_true", help="also when the account is signed in")
    for parser in (login, status, logout):
        _json(parser)


def _add_config(verbs: Any, common: argparse.ArgumentParser) -> None:
    config = verbs.add_parser("config", parents=[common], help="config.toml and the keys beside it")
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
    keep = actions.add_parser("set-key", parents=[common], help="store an account's key, read from standard input")
    keep.add_argument("account", metavar="ACCOUNT")
    keep.add_argument("--store", metavar="keyring|file", type=_store, help="where; file is the consent to a file")
    move = actions.add_parser("move-key", parents=[common], help="move an account's stored key to the other store")
    move.add_argument("account", metavar="ACCOUNT")
    move.add_argument(
        "--store", metavar="keyring|file", type=_store, required=True, help="where to; file is the consent to a file"
    )
    forget = actions.add_parser("forget-key", parents=[common], help="delete stored keys that no account uses")
    forget.add_argument("account", metavar="ID")
    forget.add_argument("--store", metavar="keyring|file", type=_store, help="only there")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _store(text: str) -> str:
    if text not in ("keyring", "file"):
        raise argparse.ArgumentTypeError("must be keyring or file")
    return text


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise argparse.ArgumentTypeError("must be a whole number from 1 on")
    return int(text)
