"""Tokens and cost added up. Every report is made of these sums, so their totals cannot differ. Pure.

Two kinds of cost are kept apart: ``recorded`` is what the tool itself noted, ``estimated`` what the tokens would cost
at list price through the maker's API. Neither is a bill.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from aic_tui.pricing.cost import Mode, charge
from aic_tui.pricing.prices import Prices
from aic_tui.usage_records import BOUNDARIES, Flag, NamedRecord, NamedRow

_HAS_COST, _SYNTHETIC, _FAST = Flag.HAS_COST.value, Flag.SYNTHETIC.value, Flag.FAST.value
_CREDITS = Flag.CREDITS.value
_NOTES = (Flag.CREDITS | Flag.LIMIT).value
_CONTINUED, _FALLBACK, _PARTIAL = Flag.CONTINUED.value, Flag.FALLBACK.value, Flag.PARTIAL.value


class Sum:
    """Requests added up. Costs are in pico-dollars, ``credits`` in millionths, ``first`` and ``last`` in ms since 1970.

    ``unpriced`` are the models that have no price; their tokens are in the counts, but in no cost.
    """

    __slots__ = (
        "cache_read",
        "credits",
        "estimated",
        "extra",
        "first",
        "guessed",
        "input",
        "is_partial",
        "last",
        "messages",
        "output",
        "priced",
        "recorded",
        "unpriced",
        "write",
    )

    def __init__(self) -> None:
        self.messages = self.input = self.output = self.cache_read = self.write = self.extra = 0
        self.estimated: int | None = None
        self.recorded: int | None = None
        self.priced = False
        self.unpriced: frozenset[str] = frozenset()
        self.credits: int | None = None
        self.first = self.last = 0
        self.guessed = self.is_partial = False

    @property
    def total(self) -> int:
        """All tokens."""
        return self.input + self.output + self.cache_read + self.write + self.extra

    @property
    def cost(self) -> int | None:
        """ccusage's single figure: what counts of each request. None where no request has a known cost."""
        if not self.priced and self.unpriced:
            return None
        return (self.estimated or 0) + (self.recorded or 0)

    @property
    def kind(self) -> str | None:
        """``estimated``, ``recorded``, ``mixed`` or None: what :attr:`cost` is made of."""
        if self.estimated is None:
            return "recorded" if self.recorded is not None else None
        return "estimated" if self.recorded is None else "mixed"

    def add(self, other: Sum) -> None:
        """Add what ``other`` has."""
        if other.messages or other.total:
            self.first = min(self.first, other.first) if self.first else other.first
            self.last = max(self.last, other.last)
        self.messages += other.messages
        self.input += other.input
        self.output += other.output
        self.cache_read += other.cache_read
        self.write += other.write
        self.extra += other.extra
        self.estimated = _sum(self.estimated, other.estimated)
        self.recorded = _sum(self.recorded, other.recorded)
        self.credits = _sum(self.credits, other.credits)
        self.priced |= other.priced
        self.guessed |= other.guessed
        self.is_partial |= other.is_partial
        if other.unpriced:
            self.unpriced |= other.unpriced

    def add_row(self, row: NamedRow, model: str, cost: int | None, *, is_recorded: bool) -> None:
        """Add the requests of ``row``, which cost ``cost``."""
        self.first = min(self.first, row.first) if self.first else row.first
        self.last = max(self.last, row.last)
        self.messages += row.messages
        self.input += row.input
        self.output += row.output
        self.cache_read += row.cache_read
        self.write += row.write_5m + row.write_1h
        self.extra += row.extra
        if row.flags & _FALLBACK:
            self.guessed = True
        if row.flags & _PARTIAL:
            self.is_partial = True
        if cost is None:
            self.unpriced |= {model}
            return
        self.priced = True
        if is_recorded:
            self.recorded = (self.recorded or 0) + cost
        elif not row.flags & _SYNTHETIC:
            self.estimated = (self.estimated or 0) + cost


class Pricer:
    """Names and prices rows. ``fast_named`` are the tools whose fast answers go by a name of their own."""

    def __init__(self, prices: Prices, mode: Mode, fast_named: Collection[str] = ()) -> None:
        self._prices = prices
        self._mode = mode
        self._fast_named = fast_named

    def name(self, row: NamedRow | NamedRecord) -> str:
        """What a model is called in reports; empty for what no model made."""
        if row.flags & _SYNTHETIC:
            return ""
        if row.flags & _FAST and row.source in self._fast_named:
            return f"{row.model}-fast"
        return row.model

    def cost(self, row: NamedRow) -> tuple[int | None, bool]:
        """What counts as the cost of ``row`` in pico-dollars (None: no price), and whether the tool recorded it."""
        flags, mode = row.flags, self._mode
        has_cost = bool(flags & _HAS_COST)
        if mode == "display" or (mode == "auto" and has_cost):
            return charge(mode, flags, row.cost, None), True
        return self._prices.cost(row.model, row.source, row.day, flags, row.size, row[8:14]), False

    def add(self, target: Sum, row: NamedRow) -> None:
        """Add ``row`` with its cost, or its credits, to ``target``."""
        if row.flags & _CREDITS:
            target.credits = (target.credits or 0) + row.cost
            return
        cost, is_recorded = self.cost(row)
        if cost is None and not row.total:
            cost = 0
        target.add_row(row, self.name(row), cost, is_recorded=is_recorded)


class Line(NamedTuple):
    """One line of a report: a period, a session or a model, in all and by tool and by model.

    ``source`` and ``project`` are empty where the line has requests of several.
    """

    key: str
    sum: Sum
    agents: Mapping[str, Sum]
    models: Mapping[str, Sum]
    source: str = ""
    project: str = ""


Group = tuple[str, str, str]
"""Key, source and project of a :class:`Line`."""


def gather(rows: Iterable[NamedRow], pricer: Pricer, group: Callable[[NamedRow], Group]) -> list[Line]:
    """The rows of each group added up, groups in the order in which they come."""
    cells: dict[tuple[Group, str, str], Sum] = {}
    for row in rows:
        key = (group(row), row.source, pricer.name(row))
        cell = cells.get(key)
        if cell is None:
            cell = cells[key] = Sum()
        pricer.add(cell, row)
    lines: dict[Group, Line] = {}
    for (group_key, source, model), cell in cells.items():
        line = lines.get(group_key)
        if line is None:
            line = lines[group_key] = Line(group_key[0], Sum(), {}, {}, group_key[1], group_key[2])
        line.sum.add(cell)
        _into(line.agents, source, cell)
        if model:
            _into(line.models, model, cell)
    return list(lines.values())


def total_of(lines: Iterable[Line]) -> Line:
    """All lines added up."""
    total = Line("", Sum(), {}, {})
    for line in lines:
        total.sum.add(line.sum)
        for mine, theirs in ((total.agents, line.agents), (total.models, line.models)):
            for name, cell in theirs.items():
                _into(mine, name, cell)
    return total


def row_of(record: NamedRecord, day: date) -> NamedRow | None:
    """One record as a row of ``day``; None for a note that is no request. Credits are a row without tokens."""
    if record.flags & _CREDITS:
        names = (record.source, record.session, record.project, record.model)
        return NamedRow(day, *names, _CREDITS, 0, 0, 0, 0, 0, 0, 0, 0, record.cost, record.ts, record.ts)
    if record.flags & _NOTES:
        return None
    prompt = record.input + record.cache_read + record.write_5m + record.write_1h
    return NamedRow(
        day,
        record.source,
        record.session,
        record.project,
        record.model,
        record.flags,
        bisect_right(BOUNDARIES, prompt),
        0 if record.flags & _CONTINUED else 1,
        *record[7:13],
        record.cost if record.flags & _HAS_COST else 0,
        record.ts,
        record.ts,
    )


def by_cost(named: Mapping[str, Sum]) -> list[tuple[str, Sum]]:
    """The dearest first, then the most tokens."""
    return sorted(named.items(), key=lambda pair: (-(pair[1].cost or 0), -pair[1].total, pair[0]))


def _into(sums: Mapping[str, Sum], name: str, cell: Sum) -> None:
    assert isinstance(sums, dict)  # noqa: S101  # only this module makes lines
    found = sums.get(name)
    if found is None:
        found = sums[name] = Sum()
    found.add(cell)


def _sum(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other
