"""A report as columns and rows, before it is known how it will be printed. Pure.

Cells are values, not texts: the same grid becomes a table that fits the terminal, CSV or Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Literal, NamedTuple

from aic_tui.format import MASK, UNKNOWN, count, money, percent
from aic_tui.pricing.cost import exact, plain
from aic_tui.reports.sums import Sum

Kind = Literal["text", "id", "figure", "count", "money", "share", "percent", "list", "time", "span"]
ABSENT = "n/a"
_LONG_ID = 16
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Money(NamedTuple):
    """Pico-dollars, None where nobody knows. ``is_estimate`` is shown as ≈, ``has_more`` (some models have no price)
    as *.
    """

    pico: int | None
    is_estimate: bool = True
    has_more: bool = False


class Column(NamedTuple):
    """``name`` is the heading of the CSV. ``drop`` says when a narrow table does without: 1 first, 0 never."""

    name: str
    heading: str
    kind: Kind
    drop: int = 0

    @property
    def is_right(self) -> bool:
        """Numbers stand at the right."""
        return self.kind in ("figure", "count", "money", "share", "percent", "span")


Cell = str | int | float | Money | Sequence[str] | None


class Row(NamedTuple):
    """``level`` 1 rows are parts of the row before them."""

    cells: tuple[Cell, ...]
    level: int = 0


class Grid(NamedTuple):
    """``notes`` are sentences that people need to understand the figures."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]
    total: Row | None = None
    notes: Sequence[str] = ()


class Look(NamedTuple):
    """How cells become texts. ``short`` shortens counters to 1.2M, ``short_ids`` the ids of sessions."""

    zone: tzinfo
    privacy: bool = False
    short: bool = False
    short_ids: bool = False


def text_of(cell: Cell, kind: Kind, look: Look) -> str:
    """A cell for people."""
    if cell is None:
        return UNKNOWN if kind == "share" else ""
    if isinstance(cell, Money):
        return _money(cell, look)
    if isinstance(cell, str):
        return short_id(cell) if kind == "id" and look.short_ids else cell
    if isinstance(cell, int | float):
        return _number(cell, kind, look)
    return ", ".join(dict.fromkeys(map(short_model, cell)))


def raw_of(cell: Cell, kind: Kind, look: Look) -> str:
    """A cell for programs: plain digits, money exactly, times in UTC, nothing where nobody knows."""
    if isinstance(cell, Money):
        return "" if cell.pico is None or look.privacy else plain(cell.pico)
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, int | float):
        if kind == "time":
            return _utc(int(cell))
        if kind == "percent":
            return f"{cell * 100:.2f}"
        return f"{cell / 1000:.3f}" if kind == "span" else f"{cell}"
    return " ".join(cell) if all(" " not in part for part in cell) else "; ".join(cell)


def money_columns(sums: Iterable[Sum]) -> tuple[Column, ...]:
    """One column for each kind of cost there is: kinds are never added up."""
    kinds = {kind for found in sums for kind in _kinds(found)}
    columns = []
    if "recorded" in kinds:
        columns.append(Column("recorded_usd", "Recorded", "money"))
    if "estimated" in kinds or not columns:
        columns.append(Column("estimated_usd", "≈ Cost" if columns else "Cost", "money"))
    return tuple(columns)


def money_cells(found: Sum, columns: Iterable[Column]) -> tuple[Money, ...]:
    """The cells of :func:`money_columns` for one sum."""
    more = bool(found.unpriced)
    columns = tuple(columns)
    cells = []
    for column in columns:
        recorded = column.name == "recorded_usd"
        pico = found.recorded if recorded else found.estimated
        if pico is None and (len(columns) > 1 or not more):
            pico = 0 if not more or recorded else None
        cells.append(Money(pico, not recorded, more and not recorded and pico is not None))
    return tuple(cells)


def span_words(milliseconds: int) -> str:
    """A length of time: ``2 h 12 m``, ``40 s``, ``3 d 4 h``; of a single moment a dash."""
    seconds = max(milliseconds, 0) // 1000
    if seconds == 0:
        return UNKNOWN
    if seconds < 60:
        return f"{seconds} s"
    days, rest = divmod(seconds, 86_400)
    hours, minutes = rest // 3600, rest % 3600 // 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    return f"{minutes} m"


def local_time(milliseconds: int, zone: tzinfo) -> str:
    """``2026-05-01 10:40``."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, zone):%Y-%m-%d %H:%M}"


def short_model(name: str) -> str:
    """A model without vendor, region and date, as far as that leaves something to read."""
    text = name.rsplit("/", 1)[-1]
    text = text.rsplit("anthropic.", 1)[-1].removeprefix("claude-")
    head, _, tail = text.rpartition("-")
    if head and len(tail) == 8 and tail.isdigit() and tail.startswith("20"):
        text = head
    return text or name


def short_id(name: str) -> str:
    """The first letters of a UUID, the last ones of anything else that is long: ``session --id`` takes either."""
    if len(name) <= _LONG_ID:
        return name
    return name[:8] if _UUID.fullmatch(name) else f"…{name[-10:]}"


def _number(cell: float, kind: Kind, look: Look) -> str:
    if kind == "time":
        return local_time(int(cell), look.zone)
    if kind == "span":
        return span_words(int(cell))
    if kind == "share":
        return f"{cell:+.0%}" if abs(cell) < 10 else f"{cell + 1:,.0f}×"
    if kind == "percent":
        return percent(cell)
    if kind == "figure":
        return f"{cell:,.2f}"
    return count(int(cell)) if look.short else f"{int(cell):,}"


def _money(cell: Money, look: Look) -> str:
    if look.privacy:
        return MASK
    if cell.pico is None:
        return ABSENT
    text = money(exact(cell.pico))
    mark = "≈" if cell.is_estimate and not text.startswith("<") else ""
    return f"{mark}{text}{'*' if cell.has_more else ''}"


def _utc(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _kinds(found: Sum) -> Iterable[str]:
    if found.recorded is not None:
        yield "recorded"
    if found.estimated is not None or found.unpriced:
        yield "estimated"
