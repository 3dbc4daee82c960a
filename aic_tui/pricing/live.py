"""What the price list of today says more than is known. No network here: ``services/prices.py`` asks for the list.

The list is somebody else's file: a row that is no price, or not a likely one, is passed over, and the price known
before holds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from aic_tui.pricing.litellm import NoPriceError, entries, period_of
from aic_tui.pricing.match import find
from aic_tui.pricing.overlay import MOST_ROWS, Overlay, laid_over
from aic_tui.pricing.table import Period, Table, in_force, to_json

LIST_URL = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"
"""The list that other tools read, too (ccusage 20.0.24, tokscale 1.4.3; 2026-11): 3.2 MB, 0.2 MB packed."""

LIST_CAP = 16 << 20
_LIKELY = 10
"""A known model does not become ten times dearer or cheaper; such a row is an error, or an attack."""


def updated(table: Table, overlay: Overlay, text: str, today: date) -> Overlay:
    """``overlay`` after a look at LiteLLM's list. Raises :class:`ValueError` where the text is not such a list.

    Takes some 60 ms; keep it off the event loop.
    """
    try:
        data = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(data, dict):
        raise ValueError("not a list of models")
    known = laid_over(table, overlay)
    models = dict(overlay.models)
    seen: set[str] = set()
    refused = 0
    for name, maker, entry in entries(data):
        if name in seen or len(models) >= MOST_ROWS:
            continue
        seen.add(name)
        periods = known.periods(_row_of(name, known))
        old = in_force(periods, today)
        try:
            new = _checked(period_of(entry, maker), old)
        except NoPriceError:
            refused += 1
            continue
        if old is None or new[2:] != old[2:]:
            new = new._replace(since=today.isoformat() if periods else "")
            before = models.get(name, [] if name in known.models else _own(periods))
            models[name] = [row for row in before if row[0] != new.since] + to_json([new])
    if not seen:
        raise ValueError("not a list of models")
    return overlay._replace(models=models, refused=refused)


def _row_of(name: str, known: Table) -> str:
    """The row that prices a name now: its own, or that of the name without its date and the like."""
    found = find(name, known.models.__contains__, known.aliases.get)
    return name if found is None or found[0].fast else found[1]


def _own(periods: Sequence[Period]) -> list[Any]:
    """What another row says, for a name that gets a row of its own."""
    return to_json([period._replace(source=0) for period in periods])


def _checked(new: Period, old: Period | None) -> Period:
    """``new`` with what only ``old`` knows: tiers and factors do not vanish. Raises :class:`NoPriceError`."""
    if old is None:
        if not new.standard[0].input and not new.standard[0].output:
            raise NoPriceError("a new model for nothing")
        return new
    for before, now in zip(old.standard[0][1:3], new.standard[0][1:3], strict=True):
        if not before <= now * _LIKELY or not now <= before * _LIKELY:
            raise NoPriceError("not likely")
    if new.standard[0] == old.standard[0]:
        standard = new.standard if len(new.standard) >= len(old.standard) else old.standard
        new = new._replace(standard=standard, priority=new.priority or old.priority, flex=new.flex or old.flex)
    return new._replace(fast=new.fast or old.fast)
