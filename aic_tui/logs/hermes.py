"""Hermes: a row of its database for every session, with the sums of all its requests.

As in ccusage 20.0.24 (measured 2026-11): everything is dated when the session began, and the cost is the actual one
where it is more than 0, never Hermes's estimate. Unlike there, the databases of profiles count, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_MODEL, NO_TIME, WRONG_SHAPE
from aic_tui.logs.money import pico_dollars
from aic_tui.logs.places import distinct, extra, from_variable, is_folder
from aic_tui.logs.sqlite_file import columns, opened
from aic_tui.logs.times import milliseconds
from aic_tui.usage_records import key_of

_VARIABLE = "HERMES_HOME"
_NAME = "state.db"
_COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")


def read(view: View, batch: Batch) -> None:
    """Add every session of a database."""
    with opened(view.path) as connection:
        there = columns(connection, "sessions")
        if not there >= {"id", "model", "started_at", *_COUNTS[:2]}:
            return batch.skip(WRONG_SHAPE)
        told = [name if name in there else "NULL" for name in ("actual_cost_usd", *_COUNTS)]
        query = f"SELECT id, model, started_at, {', '.join(told)} FROM sessions"  # noqa: S608  # names of ours
        with closing(connection.execute(query)) as rows:
            for name, model, started, cost, *counts in rows:
                _add(batch, name, model, started, pico_dollars(cost) or None, counts)
    return None


def _add(batch: Batch, name: object, model: object, started: object, cost: int | None, counts: Sequence[Any]) -> None:
    if not any(counts) and not cost:
        return None
    batch.seen += 1
    figures = [count or 0 for count in counts]
    if not isinstance(name, str) or not name or any(type(figure) is not int for figure in figures):
        return batch.skip(WRONG_SHAPE)
    ts = milliseconds(started)
    if ts is None:
        return batch.skip(NO_TIME)
    if not isinstance(model, str) or not model.strip():
        return batch.skip(NO_MODEL)
    given, output, read_cache, write, reasoning = figures
    batch.add(
        ts=ts,
        session=batch.session(name),
        model=batch.model(model.strip()),
        input=given,
        output=output,
        cache_read=read_cache,
        write_5m=write,
        extra=reasoning,
        cost=cost,
        key=key_of("hermes", name),
    )
    return None


def places(machine: Machine) -> list[Place]:
    """``~/.hermes`` with its profiles, which ``HERMES_HOME`` replaces."""
    named = from_variable(machine, _VARIABLE)
    roots = [Place(machine.home / ".hermes")]
    if named is not None:
        roots = [Place(path, _VARIABLE) for path in named]
    for place in extra(machine, "hermes"):
        inner = place.path / ".hermes"
        roots.append(Place(inner if is_folder(inner) else place.path, place.origin))
    found = []
    for root in roots:
        found.append(Place(root.path, root.origin, only=_NAME))
        found.append(Place(root.path / "profiles", root.origin, depth=1))
    return distinct(found)


HERMES = Reader(
    id="hermes",
    name="Hermes",
    kind="database",
    places=places,
    wants=lambda relative: relative.rpartition("/")[2] == _NAME,
    read=read,
    counts="The sums of each session, all on the day on which it began; the actual cost counts where there is one.",
)
