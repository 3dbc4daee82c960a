"""``daily``, ``weekly``, ``monthly``, ``session``, ``blocks``, ``models`` and ``graph``: reports over session logs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aic_tui.cli.context import Context
from aic_tui.cli.report_run import Run
from aic_tui.usage_records import Flag

if TYPE_CHECKING:
    from aic_tui.reports.periods import Kind

_NOTES = (Flag.CREDITS | Flag.LIMIT | Flag.CONTINUED).value


def daily(context: Context) -> int:
    """``daily``."""
    return _periods(context, "daily")


def weekly(context: Context) -> int:
    """``weekly``: weeks begin on Monday, unless ``--start-of-week`` says otherwise."""
    return _periods(context, "weekly")


def monthly(context: Context) -> int:
    """``monthly``: with the change from the month before."""
    return _periods(context, "monthly")


def session(context: Context) -> int:
    """``session``: all of them, or with ``--id`` one, request by request."""
    from aic_tui.reports import sessions

    with Run(context) as run:
        if context.args.id:
            from aic_tui.cli.report_session import show_session

            return show_session(run, context.args.id)
        report = sessions.session_report(
            run.rows("session"), run.pricer, sort=context.args.sort, ascending=context.args.order == "asc"
        )
        if context.args.instances:
            report = report._replace(lines=sorted(report.lines, key=lambda line: line.project))
        if context.as_json:
            from aic_tui.reports.session_shapes import session_document

            return run.document(session_document(report, run.shape))
        from aic_tui.reports.grids import session_grid

        return run.output.show(session_grid(report, run.output.options), [report.total.sum])


def models(context: Context) -> int:
    """``models``: tokscale's report."""
    from aic_tui.pricing.makers import maker_of
    from aic_tui.reports.models import model_report

    started = time.monotonic()
    with Run(context) as run:
        report = model_report(run.rows("day"), run.pricer, ascending=context.args.order == "asc")
        if context.as_json:
            from aic_tui.reports.block_shapes import model_document

            milliseconds = round((time.monotonic() - started) * 1000)
            return run.document(model_document(report, run.shape, maker_of, milliseconds))
        from aic_tui.reports.grids import model_grid

        return run.output.show(model_grid(report, run.output.options), [report.total.sum])


def blocks(context: Context) -> int:
    """``blocks``: with ``--token-limit`` a warning when the running one comes near it."""
    from aic_tui.reports import blocks as found

    args = context.args
    with Run(context) as run:
        now = int(context.env.now().timestamp() * 1000)
        every = found.find_blocks(run.records(), run.pricer, run.day_of, now=now, hours=args.session_length)
        report = found.block_report(
            every,
            now=now,
            wanted=lambda start: run.wanted.has(run.day_of(start)),
            active=args.active,
            recent=args.recent,
            limit=args.token_limit,
            newest_first=args.order == "desc",
        )
        if context.as_json:
            from aic_tui.reports.block_shapes import block_document

            return run.document(block_document(report, run.shape))
        from aic_tui.cli.report_blocks import show_blocks

        return show_blocks(run, report)


def graph(context: Context) -> int:
    """``graph``: a calendar; with ``--json`` or ``--output`` tokscale's document."""
    from aic_tui.cli.report_graph import show_graph
    from aic_tui.reports.activity import activity
    from aic_tui.reports.calendar import local_hours

    with Run(context) as run:
        rows = run.rows("session")
        stamps = (record.ts for record in run.records() if not record.flags & _NOTES and run.has(record))
        hours = local_hours(run.wanted.zone, stamps)
        return show_graph(run, activity(rows, run.pricer, today=run.wanted.today, hours=hours))


def _periods(context: Context, kind: Kind) -> int:
    from aic_tui.reports import periods, shapes

    args = context.args
    with Run(context) as run:
        report = periods.period_report(
            kind,
            run.rows("project" if args.instances else "day"),
            run.pricer,
            today=run.wanted.today,
            week_start=run.wanted.week_start,
            by_project=args.instances,
            newest_first=args.order == "desc",
        )
        if context.as_json:
            return run.document(shapes.period_document(report, run.shape))
        from aic_tui.reports.grids import period_grid, period_notes

        grid = period_grid(report, run.output.options)
        return run.output.show(grid, [report.total.sum], period_notes(report, grid))
