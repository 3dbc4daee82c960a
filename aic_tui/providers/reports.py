"""What the organisation reports of OpenAI and Anthropic have in common: pages of daily buckets, summed into periods.

A sum is told only when it is whole. A report may be longer than the pages we may ask for, and a day's amount may be
unreadable; a period that touches such a day is unknown, because a sum that is too small looks like a true one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import PlainValidator

from aic_tui.errors import ProviderError
from aic_tui.models import ModelUsage, Spend, UsageTotals
from aic_tui.providers.base import Reply
from aic_tui.providers.wire import Flag, Wire, count_total, read

MAX_PAGES = 5
DAYS = 31  # today and the 30 days before it: reaches the first of every month
_INCOMPLETE = "The report did not come to its end; sums that need the rest are left out."

DayCosts = Mapping[datetime, Mapping[str, Decimal] | None]
"""By UTC midnight: the amounts of a day by currency, or None when one of them could not be read."""

Amount = tuple[Decimal | None, str | None]
"""Money and its currency; None where it is there and cannot be read."""

P = TypeVar("P", bound="Page")


def _cursor_or_none(value: object) -> str | None:
    fits = isinstance(value, str) and 0 < len(value) <= 4000 and value.isascii() and value.isprintable()
    return str(value) if fits else None


class Page(Wire):
    """One page of a report. Subclasses add ``data``."""

    has_more: Flag = None
    next_page: Annotated[str | None, PlainValidator(_cursor_or_none)] = None


def next_cursor(pages: Sequence[Page]) -> str | None:
    """The cursor of the page to ask for next; None at the end, after five pages, or when a cursor comes again."""
    last = pages[-1]
    seen = {page.next_page for page in pages[:-1]}
    wanted = last.has_more is not False and len(pages) < MAX_PAGES
    return last.next_page if wanted and last.next_page not in seen else None


def is_complete(pages: Sequence[Page]) -> bool:
    """True when the last page says that nothing follows."""
    return pages[-1].has_more is False or (pages[-1].has_more is None and pages[-1].next_page is None)


def report_note(costs: Sequence[Page], tokens: Sequence[Page], *, has_days: bool) -> str | None:
    """The sentence for reports that are cut off or empty; None for a normal one."""
    if not is_complete(costs) or (tokens and not is_complete(tokens)):
        return _INCOMPLETE
    return None if has_days else "No costs are reported for this organisation yet."


def readable(model: type[P], replies: Iterable[Reply]) -> tuple[P, ...]:
    """The pages of an additional report, up to the first that was refused or not understood."""
    pages: list[P] = []
    for reply in replies:
        try:
            pages.append(read(model, reply.data if reply.status < 300 else None))
        except ProviderError:
            break
    return tuple(pages)


def distinct(pages: Iterable[P]) -> tuple[P, ...]:
    """The pages without exact repetitions of their data: a server that ignores the cursor must not count twice."""
    kept: list[P] = []
    for page in pages:
        data = page.model_dump(include={"data"})
        if all(data != other.model_dump(include={"data"}) for other in kept):
            kept.append(page)
    return tuple(kept)


def midnight(at: datetime) -> datetime:
    """The beginning of the UTC day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def first_day(now: datetime) -> datetime:
    """The first day that reports are asked for."""
    return midnight(now) - timedelta(days=DAYS - 1)


def spends(days: DayCosts, now: datetime, *, complete: bool) -> tuple[Spend, ...]:
    """Billed money of today, 7 days, 30 days and this month (UTC), one entry per currency; unknown periods left out."""
    today = midnight(now)
    starts = {
        "today": today,
        "7d": today - timedelta(days=6),
        "30d": today - timedelta(days=29),
        "month": today.replace(day=1),
    }
    found: list[Spend] = []
    for period, start in starts.items():
        amounts = _period(days, start, today, complete=complete)
        end = today + timedelta(days=1)
        found += [Spend(amount, code, period, period_start=start, period_end=end) for code, amount in amounts.items()]
    return tuple(found)


def _period(days: DayCosts, start: datetime, today: datetime, *, complete: bool) -> Mapping[str, Decimal]:
    inside = {day: costs for day, costs in days.items() if start <= day <= today}
    has_gap = not complete and len(inside) <= (today - start).days
    if not inside or has_gap:
        return {}
    sums: dict[str, Decimal] = {}
    for costs in inside.values():
        if costs is None:
            return {}
        for currency, amount in costs.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums or {"USD": Decimal(0)}  # reported days without a cost: this zero was said


def cost_days(buckets: Iterable[tuple[datetime | None, Sequence[Amount]]]) -> DayCosts:
    """Buckets as (start, amounts) summed by day. Without a readable start no day can be trusted: empty then."""
    found: dict[datetime, dict[str, Decimal] | None] = {}
    for start, amounts in buckets:
        if start is None:
            return {}
        sums = found.setdefault(midnight(start), {})
        for amount, currency in amounts:
            if amount is None or currency is None:
                sums = found[midnight(start)] = None
            elif sums is not None:
                sums[currency] = sums.get(currency, Decimal(0)) + amount
    return found


def day_usage(rows: Sequence[ModelUsage] | None, now: datetime, costs: Iterable[Spend]) -> UsageTotals | None:
    """The counters of today (UTC) over all rows, with today's dollars where they are known; None when nothing is.

    ``rows`` is None when the report did not tell, and empty when it told that nothing was used.
    """
    today = midnight(now)
    dollars = next((spend.amount for spend in costs if spend.period == "today" and spend.currency == "USD"), None)
    if rows is None and dollars is None:
        return None
    counted = [ModelUsage("", 0, 0, 0, 0)] if rows is not None and not rows else rows or ()
    return UsageTotals(
        requests_count=count_total(row.requests_count for row in counted),
        tokens_input=count_total(row.tokens_input for row in counted),
        tokens_output=count_total(row.tokens_output for row in counted),
        tokens_cached=count_total(row.tokens_cached for row in counted),
        cost_usd=dollars,
        period_start=today,
        period_end=today + timedelta(days=1),
    )


def by_model(rows: Iterable[ModelUsage]) -> tuple[ModelUsage, ...]:
    """The rows merged by model, most tokens first; rows without a model name count in totals only."""
    merged: dict[str, list[ModelUsage]] = {}
    for row in rows:
        if row.model:
            merged.setdefault(row.model, []).append(row)
    models = (
        ModelUsage(
            model=name,
            tokens_input=count_total(row.tokens_input for row in same),
            tokens_output=count_total(row.tokens_output for row in same),
            tokens_cached=count_total(row.tokens_cached for row in same),
            requests_count=count_total(row.requests_count for row in same),
        )
        for name, same in merged.items()
    )
    return tuple(sorted(models, key=lambda m: -((m.tokens_input or 0) + (m.tokens_output or 0))))
