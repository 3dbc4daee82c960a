"""Goose: a row of its database for every session, with the sums of all its requests.

As in ccusage 20.0.24 (measured 2026-11): everything is dated when the session was created, nothing is told of caches,
and what the total has besides input and output is reasoning. Unlike there, a session that two databases have counts
once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import NO_MODEL, NO_TIME, UNDECODABLE, WRONG_SHAPE
from aic_tui.logs.places import application_data, data_home, distinct, expanded, extra, is_folder
from aic_tui.logs.sqlite_file import columns, opened
from aic_tui.logs.times import milliseconds
from aic_tui.usage_records import key_of

_VARIABLE = "GOOSE_PATH_ROOT"
_NAME = "sessions.db"
_NEEDED = {"id", "created_at", "model_config_json"}
_KINDS = ("total_tokens", "input_tokens", "output_tokens")
_COUNTS = (*(f"accumulated_{kind}" for kind in _KINDS), *_KINDS)


class _Config(msgspec.Struct, gc=False):
    model_name: str = ""


_CONFIG = msgspec.json.Decoder(_Config)


def read(view: View, batch: Batch) -> None:
    """Add every session of a database."""
    with opened(view.path) as connection:
        there = columns(connection, "sessions")
        if not (there >= _NEEDED and there & set(_COUNTS)):
            return batch.skip(WRONG_SHAPE)
        told = [name if name in there else "NULL" for name in ("working_dir", *_COUNTS)]
        query = f"SELECT id, created_at, model_config_json, {', '.join(told)} FROM sessions"  # noqa: S608  # ours
        with closing(connection.execute(query)) as rows:
            for name, created, config, folder, *counts in rows:
                _add(batch, (name, folder), created, config, counts)
    return None


def _add(batch: Batch, names: tuple[Any, Any], created: object, config: object, counts: Sequence[Any]) -> None:
    total, given, output = (counts[place] or counts[place + 3] or 0 for place in range(3))
    if not (total or given or output):
        return None
    batch.seen += 1
    name, folder = names
    if not (isinstance(name, str) and type(total) is type(given) is type(output) is int):
        return batch.skip(WRONG_SHAPE)
    ts = milliseconds(f"{created.strip()}T00:00" if isinstance(created, str) and len(created) == 10 else created)
    if ts is None:
        return batch.skip(NO_TIME)
    model = _model(config)
    if not model:
        return batch.skip(NO_MODEL)
    batch.add(
        ts=ts,
        session=batch.session(name, folder if isinstance(folder, str) else ""),
        model=batch.model(model),
        input=given,
        output=output,
        extra=max(0, total - given - output) if total >= 0 else total,
        # The ids count the sessions of a day; another database may have the same.
        key=key_of("goose", name, str(ts)),
    )
    return None


def _model(config: object) -> str:
    try:
        return _CONFIG.decode(config).model_name.strip() if isinstance(config, str) else ""
    except UNDECODABLE:
        return ""


def places(machine: Machine) -> list[Place]:
    """Where Goose has had its ``sessions``; ``GOOSE_PATH_ROOT`` names one root for all it has."""
    root = machine.environ.get(_VARIABLE, "").strip()
    if root:
        found = [Place(expanded(machine, root) / "data" / "sessions", _VARIABLE)]
    else:
        roots = [
            data_home(machine) / "goose",
            machine.home / "Library" / "Application Support" / "goose",
            data_home(machine) / "Block" / "goose",
        ]
        if machine.platform == "win32":
            roots.append(application_data(machine) / "Block" / "goose" / "data")
        found = [Place(path / "sessions") for path in roots]
    found += [Place(_sessions(place.path), place.origin) for place in extra(machine, "goose")]
    return distinct([Place(place.path, place.origin, only=_NAME) for place in found])


def _sessions(path: Path) -> Path:
    inner = (".local/share/goose/sessions", "data/sessions", "sessions")
    return next((path / name for name in inner if is_folder(path / name)), path)


GOOSE = Reader(
    id="goose",
    name="Goose",
    kind="database",
    places=places,
    wants=lambda relative: relative == _NAME,
    read=read,
    counts="The sums of each session, all on the day on which it was created; nothing is told of caches.",
)
