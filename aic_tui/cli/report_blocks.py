"""``blocks`` for people, as CSV and as Markdown."""

from __future__ import annotations

from aic_tui.cli.report_run import Run
from aic_tui.reports.block_grids import block_grid, limit_warning, running_lines
from aic_tui.reports.blocks import BlockReport, total_of_blocks


def show_blocks(run: Run, report: BlockReport) -> int:
    """The table, the running block, and a warning on standard error where its limit is near."""
    output, args = run.output, run.context.args
    if args.active and not report.blocks and not args.csv:
        run.context.say("No block is running.")
        return 0
    lines = list(running_lines(report, output.options, output.look))
    told = "Where a block begins is estimated: the vendor does not say."
    sums = [total_of_blocks(report.blocks)]
    output.show(block_grid(report, output.options), sums, [*lines, told])
    warning = limit_warning(report)
    if warning is not None:
        run.context.say(warning)
    return 0
