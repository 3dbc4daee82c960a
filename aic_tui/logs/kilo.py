"""Kilo CLI, a fork of OpenCode: the same database, in which a recorded cost counts even when it is 0.

Seen in ccusage 20.0.24 (2026-11), which reads ``kilo.db`` alone.
"""

from __future__ import annotations

from aic_tui.logs.base import Reader
from aic_tui.logs.opencode import Message, Rules, reader, roots, wanted


def _counts(message: Message) -> bool:
    return message.role == "assistant"


KILO = Reader(
    id="kilo",
    name="Kilo CLI",
    kind="database",
    places=lambda machine: roots(machine, "kilo", "KILO_DATA_DIR", "kilo"),
    wants=wanted("kilo"),
    read=reader(Rules("kilo", _counts, free_is_cost=True)),
    counts="Answers of the databases, then of the JSON files, each once; recorded costs count, 0 too.",
)
