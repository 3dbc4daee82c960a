"""What the flags of a report ask for, as values."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import NamedTuple

from aic_tui.errors import UserError
from aic_tui.logs.registry import source_ids
from aic_tui.logs.tool_facts import BLOCKS
from aic_tui.reports.periods import WEEKDAYS, last_periods
from aic_tui.text import clean
from aic_tui.zones import zone_of

_DATE = re.compile(r"(\d{4})(-?)(\d\d)\2(\d\d)")


class Wanted(NamedTuple):
    """``since`` and ``until`` are local days, both inclusive; ``sources`` None means all tools."""

    zone: tzinfo
    today: date
    since: date | None
    until: date | None
    sources: tuple[str, ...] | None
    project: str | None
    week_start: int

    def has(self, day: date) -> bool:
        """Whether a local day is asked for."""
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    @property
    def words(self) -> str:
        """The days in words: `` from 2026-05-01 to 2026-05-31``; empty for all."""
        since = f" from {self.since}" if self.since else ""
        return since + (f" to {self.until}" if self.until else "")


def wanted(args: argparse.Namespace, zone: str, environ: Mapping[str, str], now: datetime) -> Wanted:
    """Read the flags of ``args``; ``zone`` is the setting. Raises UserError."""
    where = zone_of_flag(args.timezone, environ) if args.timezone else zone_of(zone, environ)
    today = now.astimezone(where).date()
    since = day_of(args.since) if args.since else None
    until = day_of(args.until) if args.until else None
    week_start = WEEKDAYS.index(args.start_of_week)
    given = vars(args)
    if since and until and since > until:
        raise UserError("--since is later than --until.")
    if given.get("last"):
        first = last_periods(args.verb, today, args.last, week_start)
        since = max(first, since) if since else first
    if given.get("year"):
        first, end = date(args.year, 1, 1), date(args.year, 12, 31)
        since, until = max(first, since or first), min(end, until or end)
    sources = _sources(args.source)
    if sources is None and args.verb == "blocks":
        sources = BLOCKS
    return Wanted(where, today, since, until, sources, args.project, week_start)


def zone_of_flag(name: str, environ: Mapping[str, str]) -> tzinfo:
    """The zone of ``--timezone``. Raises UserError for a name that is none."""
    if name == "local":
        return zone_of(name, environ)
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        words = f"There is no time zone “{clean(name, 60)}”. Write a name such as Europe/Berlin, UTC or local."
        raise UserError(words) from None


def day_of(text: str) -> date:
    """``YYYYMMDD`` or ``YYYY-MM-DD``. Raises UserError."""
    match = _DATE.fullmatch(text) if text.isascii() else None
    try:
        if match is None:
            raise ValueError(text)
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        raise UserError(f"“{clean(text, 40)}” is no date. Write YYYYMMDD or YYYY-MM-DD.") from None


def _sources(given: list[str]) -> tuple[str, ...] | None:
    known = source_ids()
    names = [name.strip() for text in given for name in text.split(",")]
    for name in names:
        if name not in known:
            words = f"No tool is called “{clean(name, 40)}”. Known: {', '.join(known)}."
            raise UserError(words)
    return tuple(dict.fromkeys(names)) or None
