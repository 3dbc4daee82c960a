"""A report for people (a table that fits), as CSV or as Markdown, and the sentences that go with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from aic_tui.format import plain_ascii
from aic_tui.logs.registry import source_name
from aic_tui.reports.grid import Grid, Look, short_model
from aic_tui.reports.grids import Options
from aic_tui.reports.sums import Sum
from aic_tui.zones import name_of

if TYPE_CHECKING:
    from aic_tui.cli.report_run import Run

TITLES = {
    "daily": "Use by day",
    "weekly": "Use by week",
    "monthly": "Use by month",
    "session": "Use by session",
    "models": "Use by model",
    "graph": "Use by day",
}
_RULE = str.maketrans({"─": "-"})


class Output:
    """Where a report goes, by the flags of its run."""

    def __init__(self, run: Run) -> None:
        args = run.context.args
        self._run = run
        self._context = run.context
        self.privacy: bool = run.shape.privacy
        self.look = Look(run.wanted.zone, self.privacy)
        self.options = Options(source_name, run.shape.costs, args.breakdown, args.by_agent, self.privacy)

    def show(self, grid: Grid, sums: Iterable[Sum], after: Iterable[str] = ()) -> int:
        """Print ``grid``; then, for people, ``after`` and what the marks in it mean."""
        args, context = self._context.args, self._context
        if args.csv:
            from aic_tui.reports.flat import csv_of

            context.write(csv_of(grid, self.look))
            return 0
        if not grid.rows:
            self.tell_nothing()
            return 0
        notes = list(notes_of(sums, costs=self.options.costs, privacy=self.privacy, mode=args.mode))
        if args.markdown:
            from aic_tui.reports.flat import markdown_of

            context.write(markdown_of(grid._replace(notes=notes), self.look))
            return 0
        from aic_tui.reports.fitted import fitted, wrapped

        width = context.width
        text = "".join(f"{part}\n" for part in wrapped(self._title(), width))
        text += fitted(grid, width, self.look, compact=args.compact)
        for line in [*after, *notes]:
            text += "".join(f"{part}\n" for part in wrapped(line, width))
        self.write(text)
        return 0

    def _title(self) -> str:
        """Whose days these are, and which."""
        run = self._run
        tools = "all tools" if run.wanted.sources is None else ", ".join(map(source_name, run.wanted.sources))
        args = self._context.args
        title = TITLES.get(args.verb) or f"Blocks of {args.session_length:g} hours"
        return f"{title}, {tools}{run.wanted.words} ({name_of(run.wanted.zone)})"

    def write(self, text: str) -> None:
        """Print, in ASCII where the output has no more."""
        self._context.write(plain_ascii(text.translate(_RULE)) if self._context.ascii_only else text)

    def tell_nothing(self) -> None:
        """Say why there is nothing to show."""
        from aic_tui.cli.report_scan import tell_nothing

        tell_nothing(self._context, self._run.service, self._run.wanted)


def notes_of(sums: Iterable[Sum], *, costs: bool, privacy: bool, mode: str) -> Iterator[str]:
    """What the marks of a report mean, as far as they occur in it."""
    total = Sum()
    for found in sums:
        total.add(found)
    if costs and not privacy:
        if total.estimated is not None:
            yield "≈ is an estimate at the API's list prices, not a bill."
        if total.recorded is not None and mode != "display":
            yield "Recorded: the tool's own figure, which is not added to estimates."
        if total.unpriced:
            names = ", ".join(sorted(map(short_model, total.unpriced)))
            mark = "* without" if total.cost is not None else "n/a:"
            yield f"{mark} {names}: no known price. Set one under [prices] in config.toml."
    if total.guessed:
        yield "Some requests name no model; the usual one of their tool was assumed."
    if total.is_partial:
        yield "Some requests ended before the tool noted all of their tokens: their figures are a lower bound."
