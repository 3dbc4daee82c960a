"""The flags of the reports over session logs: ccusage's names and short forms, so that habits and scripts go on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from aic_tui.logs.registry import source_ids

VERBS = {
    "daily": "tokens and cost by day, from the session logs of coding agents",
    "weekly": "the same by week",
    "monthly": "the same by month, and how it changed",
    "session": "the same by session",
    "blocks": "blocks of five hours: burn rate, projection, limit (estimated)",
    "models": "the same by tool and model",
    "graph": "a calendar of days, streaks and what stands out",
}
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MOST_HOURS = 24 * 366


def add_reports(verbs: Any, common: argparse.ArgumentParser, only: str | None = None) -> None:
    """Add the reports, or ``only`` one of them: a script that runs one waits for no other."""
    for name, words in VERBS.items():
        if only in (None, name):
            parser = verbs.add_parser(name, parents=[common], help=words)
            _add_range(parser)
            _add_shape(parser, name)
            _OWN.get(name, lambda _: None)(parser)


def readable(arguments: Sequence[str]) -> list[str]:
    """``arguments`` of a report as argparse can read them: ``--source=TOOL`` for tokscale's ``--TOOL``, and the name of
    a project in one piece with its flag, because Claude Code's begin with a hyphen.
    """
    known = {f"--{tool}": f"--source={tool}" for tool in source_ids()}
    found: list[str] = []
    for text in arguments:
        if found and found[-1] in ("-p", "--project"):
            found[-1] = f"--project={text}"
        else:
            found.append(known.get(text, text))
    return found


def _add_range(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-s", "--since", metavar="DATE", help="first day, YYYYMMDD or YYYY-MM-DD, local")
    add("-u", "--until", metavar="DATE", help="last day, included")
    add("-z", "--timezone", metavar="ZONE", help="whose days: a name such as Europe/Berlin, or local")
    add("--source", metavar="TOOL", action="append", default=[], help="only this tool; may be given again")
    add("-p", "--project", metavar="NAME", help="only this project")


def _add_shape(parser: argparse.ArgumentParser, verb: str) -> None:
    add = parser.add_argument
    add("-m", "--mode", choices=("auto", "calculate", "display"), default="auto", metavar="MODE", help=_MODE)
    add("-O", "--offline", action="store_true", help="built-in prices only; no report asks the network")
    add("--no-cost", action="store_true", help="leave costs out")
    add("-o", "--order", choices=("asc", "desc"), metavar="asc|desc", help="sort order")
    add("-b", "--breakdown", action="store_true", help="a row for each model")
    add("--by-agent", action="store_true", help="a row for each tool")
    add("--compact", action="store_true", help="fewer columns")
    if verb == "session":
        add("-i", "--id", metavar="ID", help="one session, request by request; its first letters will do")
        add("--instances", action="store_true", help="grouped by project")
    else:
        add("-i", "--instances", action="store_true", help="grouped by project")
    add("-w", "--start-of-week", choices=_DAYS, default="monday", metavar="DAY", help="monday, unless told")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("-j", "--json", action="store_true", help="print one JSON document")
    shape.add_argument("--csv", action="store_true", help="print comma-separated values")
    shape.add_argument("--markdown", action="store_true", help="print a Markdown table")


def _add_last(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--last", metavar="N", type=_count, help="only the newest N, the running one included")


def _add_blocks(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-a", "--active", action="store_true", help="only the running block")
    add("-r", "--recent", action="store_true", help="only the last three days")
    add("-t", "--token-limit", metavar="N|max", type=_limit, help="warn near it; max is the largest block so far")
    add("-n", "--session-length", metavar="HOURS", type=_hours, default=5.0, help="how long a block is; 5, unless told")


def _add_session(parser: argparse.ArgumentParser) -> None:
    keys = ("cost", "tokens", "time", "duration")
    parser.add_argument("--sort", choices=keys, default="cost", metavar="KEY", help="cost, tokens, time or duration")


def _add_graph(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--year", metavar="Y", type=_year, help="only this year")
    parser.add_argument("--output", metavar="FILE", help="write the JSON document there")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) > 0):
        raise argparse.ArgumentTypeError("must be a whole number from 1 on")
    return int(text)


def _limit(text: str) -> int | str:
    if text == "max":
        return text
    digits = text.replace(",", "").replace("_", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15 and int(digits) > 0):
        raise argparse.ArgumentTypeError("must be a number of tokens or max")
    return int(digits)


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0.01 <= hours <= _MOST_HOURS:
        raise argparse.ArgumentTypeError("must be a number of hours above 0")
    return hours


def _year(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 4 and int(text) >= 1):
        raise argparse.ArgumentTypeError("must be a year such as 2026")
    return int(text)


_MODE = "auto: the tool's own cost where it has one; calculate: list prices; display: the tool's own only"
_OWN = {
    "daily": _add_last,
    "weekly": _add_last,
    "monthly": _add_last,
    "session": _add_session,
    "blocks": _add_blocks,
    "graph": _add_graph,
}
