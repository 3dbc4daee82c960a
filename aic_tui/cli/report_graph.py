"""``graph``: the calendar for people, tokscale's document for programs."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

from aic_tui import __version__
from aic_tui.cli.report_json import pretty
from aic_tui.cli.report_run import Run
from aic_tui.errors import UserError
from aic_tui.pricing.makers import maker_of
from aic_tui.reports.activity import Activity
from aic_tui.reports.block_shapes import graph_document
from aic_tui.reports.shapes import Document


def show_graph(run: Run, graph: Activity) -> int:
    """Print it, or write it to ``--output``. Raises UserError where that cannot be written."""
    context, args = run.context, run.context.args
    if args.output:
        _save(Path(args.output), {**_document(run, graph), **run.facts()})
        context.say(f"Written to {args.output}.")
        if not context.as_json:
            return 0
    if context.as_json:
        return run.document(_document(run, graph))
    from aic_tui.cli.report_output import notes_of
    from aic_tui.reports.calendar import calendar_lines, graph_grid, standing_out
    from aic_tui.reports.fitted import wrapped

    output = run.output
    if args.csv or args.markdown or not graph.days:
        return output.show(graph_grid(graph, output.options), [graph.total.sum])
    until = min(run.wanted.until or run.wanted.today, max(run.wanted.today, graph.days[-1].day))
    lines = calendar_lines(
        graph,
        until=until,
        width=context.page_width,
        week_start=run.wanted.week_start,
        ascii_only=context.ascii_only,
    )
    notes = notes_of([graph.total.sum], costs=run.shape.costs, privacy=run.shape.privacy, mode=args.mode)
    facts = [*standing_out(graph, output.look, output.options), *notes]
    told = [part for line in facts for part in wrapped(line, context.width)]
    output.write("".join(f"{line}\n" for line in [*lines, "", *told]))
    return 0


def _document(run: Run, graph: Activity) -> Document:
    now = run.context.env.now().astimezone(UTC)
    meta = {"generatedAt": f"{now:%Y-%m-%dT%H:%M:%SZ}", "version": __version__}
    asked = run.wanted
    span = (asked.since, asked.until or asked.today) if asked.since else None
    return graph_document(graph, run.shape, maker_of, meta=meta, asked=span)


def _save(path: Path, document: Document) -> None:
    text = pretty(document) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.", exit_code=1) from None
