"""Checks of ``doctor`` on the session logs of coding agents: where was looked, and how well they were understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from aic_tui.cli.checks import Check
from aic_tui.cli.context import Context
from aic_tui.cli.progress import size
from aic_tui.logs.base import Machine
from aic_tui.services.usage import UsageService
from aic_tui.services.usage_health import PlaceFound, SourceHealth
from aic_tui.text import clean

_MOST_PROBLEMS = 5


def session_log_checks(context: Context) -> Iterator[Check]:
    """One for each tool, by what the last report found; nothing is read for it."""
    if context.is_demo:
        return
    private = context.config.settings.privacy
    with UsageService(context.env, context.config) as service:
        health = service.health()
        unpriced = _unpriced(context, service)
        machine = service.machine
    known = any(source.places for source in health)
    for source in health:
        yield _check(source if known else _looked_at(machine, source), unpriced, known)
        for problem in () if private else source.problems[:_MOST_PROBLEMS]:
            yield Check(f"logs {source.source}", "warn", problem)


def _check(source: SourceHealth, unpriced: Mapping[str, set[str]], known: bool) -> Check:
    name = f"logs {source.source}"
    places = ", ".join(_place(place) for place in source.places) or "no place on this system"
    if not source.files and not source.gone:
        return Check(name, "info", places if known else f"not read yet, any report does: {places}")
    facts = [places, f"{_files(source.files)} with {size(source.bytes)}", _many(source.records, "request")]
    if source.gone:
        facts.append(f"{_files(source.gone)} gone since, which still count")
    if source.skipped:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(source.skipped.items()))
        facts.append(f"skipped: {reasons}")
    if source.repeated:
        facts.append(f"{_many(source.repeated, 'repetition')} left out")
    if source.forks:
        facts.append(f"{_many(source.forks, 'copied beginning')} left out")
    if source.source in unpriced:
        facts.append(f"without a price: {', '.join(sorted(unpriced[source.source]))}")
    if not source.is_understood:
        facts.append("format not understood; an update may help")
    return Check(name, "ok" if source.is_understood else "warn", "; ".join(facts))


def _place(place: PlaceFound) -> str:
    state = place.problem or (_files(place.files) if place.files else "there" if place.exists else "not there")
    origin = "" if place.origin == "default" else f", from {place.origin}"
    return f"{place.path} ({state}{origin})"


def _looked_at(machine: Machine, source: SourceHealth) -> SourceHealth:
    """The places of a tool, where no report has looked yet."""
    from aic_tui.logs.registry import reader

    found = reader(source.source).places(machine)
    places = [
        PlaceFound(clean(place.path, 500), place.origin, _exists(place.path), 0, place.problem) for place in found
    ]
    return replace(source, places=places)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder above it that may not be entered
        return False


def _files(count: int) -> str:
    return _many(count, "file")


def _many(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"


def _unpriced(context: Context, service: UsageService) -> dict[str, set[str]]:
    """Models without a price, by tool; those whose requests all have a recorded cost need none."""
    from aic_tui.pricing.prices import load_prices
    from aic_tui.reports.sums import Pricer

    pricer = Pricer(load_prices(context.env, context.config), "auto")
    found: dict[str, set[str]] = {}
    for row in service.rows(context.zone, detail="day"):
        if row.total and pricer.cost(row)[0] is None:
            found.setdefault(row.source, set()).add(row.model)
    return found
