"""OpenClaw, built on Pi: the same lines, in files and since version 2026.9 in a database for each agent.

As in ccusage 20.0.24 (measured 2026-11): transcripts that were reset or deleted count, too, the model is the one
last changed to where an answer names none, and a recorded cost counts also when it is 0. Unlike there, an answer is
one wherever it is told (see :mod:`aic_tui.logs.pi`), one that has no time is skipped instead of dated by its file,
and only the folders that hold transcripts are looked into, not all of the agents' work.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

from aic_tui.logs.base import Machine, Place, Reader, View
from aic_tui.logs.batch import Batch
from aic_tui.logs.lines import WRONG_SHAPE, whole_lines
from aic_tui.logs.pi import Rules, Session
from aic_tui.logs.places import distinct, extra, from_variable, is_folder
from aic_tui.logs.sqlite_file import columns, opened

_DATABASE = "openclaw-agent.sqlite"
_NAMES = (".openclaw", ".clawdbot", ".moltbot", ".moldbot")
_RULES = Rules("openclaw", message_time_first=True)
_EVENTS = """SELECT session_id, event_json, created_at FROM transcript_events
WHERE instr(event_json, '"usage"') OR instr(event_json, '"model_change"') OR instr(event_json, '"model-snapshot"')
OR instr(event_json, '"parentSession"') ORDER BY session_id, seq"""


def read(view: View, batch: Batch) -> None:
    """Add the answers of a transcript, or of all that are in a database."""
    if view.relative.endswith(_DATABASE):
        with opened(view.path) as connection:
            _events(connection, batch)
        return
    data = view.beside(view.relative) or b""
    if not data.rstrip().endswith(b"}"):
        data = data[: data.rfind(b"\n") + 1]  # the last line is being written
    name = view.relative.rpartition("/")[2].partition(".jsonl")[0]
    Session(_RULES, batch, (name, ""), {}).lines(whole_lines(data))


def _events(connection: sqlite3.Connection, batch: Batch) -> None:
    if not {"session_id", "seq", "event_json", "created_at"} <= columns(connection, "transcript_events"):
        return batch.skip(WRONG_SHAPE)
    with closing(connection.execute(_EVENTS)) as rows:
        for name, events in groupby(rows, key=_session_of):
            session = Session(_RULES, batch, (name, ""), {})
            for _, event, created in events:
                if isinstance(event, str):
                    session.line(event.encode("utf-8", "surrogatepass"), created)
                else:
                    batch.skip(WRONG_SHAPE)
    return None


def _session_of(row: tuple[Any, ...]) -> str:
    return row[0] if isinstance(row[0], str) else ""


def places(machine: Machine) -> list[Place]:
    """The state directories under all of OpenClaw's names; ``OPENCLAW_DIR`` or its own variable name others."""
    roots = [Place(machine.home / name) for name in _NAMES]
    for variable in ("OPENCLAW_DIR", "OPENCLAW_STATE_DIR"):
        named = from_variable(machine, variable)
        if named is not None:
            roots = [Place(path, variable) for path in named]
            break
    for place in extra(machine, "openclaw"):
        homes = [Place(place.path / name, place.origin) for name in _NAMES if is_folder(place.path / name)]
        roots += homes or [place]
    return distinct([place for root in roots for place in _inside(root.path, root.origin)])


def _inside(path: Path, origin: str) -> list[Place]:
    folders = ((path / "agents", 3), (path / "sessions", 1), (path, 0))
    return [Place(folder, origin, depth=depth) for folder, depth in folders]


def _wants(relative: str) -> bool:
    folder, _, name = relative.rpartition("/")
    if name == _DATABASE:
        return not folder or folder.rpartition("/")[2] == "agent"
    _, found, end = name.partition(".jsonl")
    return bool(found) and (not end or end.startswith((".deleted.", ".reset.")))


OPENCLAW = Reader(
    id="openclaw",
    name="OpenClaw",
    kind="database",
    places=places,
    wants=_wants,
    read=read,
    counts="Answers of transcripts, in files and databases, each once; reset and deleted transcripts count, too.",
)
