"""One run of a report: what was asked for, the figures, and the document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, cast

from aic_tui.cli.context import Context
from aic_tui.cli.report_flags import Wanted, wanted
from aic_tui.logs.tool_facts import CREDITS, FAST_NAMED
from aic_tui.pricing.cost import Mode
from aic_tui.pricing.prices import load_prices
from aic_tui.reports.shapes import Document, Shape
from aic_tui.reports.sums import Pricer, row_of
from aic_tui.services.usage import Detail, UsageService
from aic_tui.usage_records import Days, Flag, NamedRecord, NamedRow

if TYPE_CHECKING:
    from aic_tui.cli.report_output import Output

_CREDITS = Flag.CREDITS.value


class Run:
    """One report: what was asked for, and the figures. Leave it to have the database closed."""

    def __init__(self, context: Context) -> None:
        self.context = context
        args, settings = context.args, context.config.settings
        self.wanted: Wanted = wanted(args, settings.timezone, context.env.environ, context.env.now())
        self.shape = Shape(not args.no_cost, settings.privacy, args.by_agent)
        self.service = UsageService(context.env, context.config)
        self._days = Days(self.wanted.zone).ordinal
        self._known: dict[int, date] = {}

    def __enter__(self) -> Run:
        if not self.context.is_demo:
            try:
                self._scan()
            except BaseException:
                self.service.close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        self.service.close()

    @cached_property
    def pricer(self) -> Pricer:
        """Names and prices rows by the flags."""
        prices = load_prices(self.context.env, self.context.config, offline=self.context.args.offline)
        return Pricer(prices, cast("Mode", self.context.args.mode), FAST_NAMED)

    @cached_property
    def output(self) -> Output:
        """How the report is printed for people, as CSV or as Markdown."""
        from aic_tui.cli.report_output import Output

        return Output(self)

    def rows(self, detail: Detail) -> list[NamedRow]:
        """What is asked for, with the credits of tools that have some."""
        if self.context.is_demo:
            return []
        asked = self.wanted
        if detail == "day" and asked.project is not None:
            detail = "project"
        rows = self.service.rows(asked.zone, since=asked.since, until=asked.until, sources=asked.sources, detail=detail)
        found = [row for row in rows if _is_of(asked.project, row.project)]
        found += self._credit_rows({row.source for row in found}, detail)
        return found

    def records(self, session: str | None = None) -> Iterator[NamedRecord]:
        """Every record of the tools and the project that are asked for, of all days."""
        if self.context.is_demo:
            return iter(())
        asked = self.wanted
        records = self.service.records(sources=asked.sources, session=session)
        return (record for record in records if _is_of(asked.project, record.project))

    def has(self, record: NamedRecord) -> bool:
        """Whether the day of a record is asked for."""
        return self.wanted.has(self.day_of(record.ts))

    def day_of(self, ts: int) -> date:
        """The local date of an instant (ms since 1970)."""
        ordinal = self._days(ts)
        found = self._known.get(ordinal)
        if found is None:
            found = self._known[ordinal] = date.fromordinal(ordinal)
        return found

    def document(self, document: Document | None) -> int:
        """Print the JSON of a report, with what it is worth."""
        from aic_tui.cli.report_json import pretty

        if document is not None:
            document = {**document, **self.facts()}
        self.context.write(pretty(document) + "\n")
        return 0

    def facts(self) -> Document:
        """What all documents say besides their figures."""
        from aic_tui.cli.report_health import health_rows
        from aic_tui.zones import name_of

        asked = self.wanted
        facts: Document = {"timezone": name_of(asked.zone), "mode": self.context.args.mode}
        if not self.context.is_demo:
            facts["parseHealth"] = health_rows(self.service.health(), self.context, asked.sources)
        return facts

    def _credit_rows(self, found: set[str], detail: Detail) -> Iterator[NamedRow]:
        sources = [source for source in CREDITS if source in found]
        if not sources:
            return
        for record in self.service.records(sources=sources):
            if not record.flags & _CREDITS or not _is_of(self.wanted.project, record.project) or not self.has(record):
                continue
            row = row_of(record, self.day_of(record.ts))
            if row is not None:
                yield row._replace(
                    session=row.session if detail == "session" else "",
                    project=row.project if detail != "day" else "",
                )

    def _scan(self) -> None:
        from aic_tui.cli.report_scan import scan

        scan(self.context, self.service, self.wanted)


def _is_of(wanted: str | None, project: str) -> bool:
    """The whole name of a project, or where it is a path the last part of it."""
    return wanted is None or wanted in (project, project.rpartition("/")[2])
