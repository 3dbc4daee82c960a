"""How soon the dashboard stands, and what it costs to leave open: a ratio against a one-label Textual app.

    python -m tests.bench.first_frame [--rounds 15] [--idle 30] [--logs FOLDER]

Both programs start on a pseudo terminal in turn, so that noise hits both. The dashboard has 12 accounts in its
database, no network, and the session logs of ``--logs`` (a home; none without). Idle processor time is that of all
its processes, memory its own. Prints one table; exits 1 when a limit of the project is passed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from aic_tui.config.paths import resolve_paths
from aic_tui.environment import Environment
from aic_tui.services.demo import DemoMonitor
from aic_tui.store.store import Store
from tests.bench.processes import cpu_seconds, family
from tests.pty_program import PtyProgram

LIMITS = {"first frame ratio": 1.5, "idle bytes/s": 600.0, "idle % of a core": 1.0, "memory MB": 70.0}
SIZE = {"columns": 120, "rows": 40}


def cached_home(folder: Path) -> dict[str, str]:
    """A home whose database knows 12 accounts, every one with figures, and whose config lists them."""
    environ = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "PYTHONPATH")}
    environ |= {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}
    environ |= {"AIC_LIVE_PRICES": "0"}
    paths = resolve_paths(environ, sys.platform, folder)
    env = Environment(paths=paths, home=folder, environ=environ, now=lambda: datetime.now(UTC))
    store = Store.open(env)
    states = DemoMonitor(env).states()
    lines = ["version = 1", ""]
    spare = next(state.snapshot for state in states if state.snapshot)
    for position, state in enumerate(states[:12]):
        snapshot = state.snapshot or spare
        store.states.save(replace(state, snapshot=snapshot), position)
        store.history.record(state.account_id, snapshot)
        # nothing listens there: what is on show can only come from the database
        lines += [f"[accounts.{state.account_id}]", 'provider = "deepseek"', f'name = "{state.label}"']
        lines += ['key = "env:NO_SUCH_KEY"', 'base_url = "http://127.0.0.1:9"', ""]
    store.close()
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.config_file.write_text("\n".join(lines))
    return environ


def last_word(environ: dict[str, str]) -> bytes:
    """A word that only a complete first frame holds: the footer's last entry."""
    return b"quit"


def first_frame_seconds(argv: list[str], word: bytes, environ: dict[str, str]) -> float:
    """Seconds from before the fork until ``word`` was written."""
    with PtyProgram(argv, environ=environ, emulate=False, **SIZE) as program:
        return program.wait_for_bytes(word)


def idle_cost(argv: list[str], environ: dict[str, str], seconds: float) -> dict[str, float]:
    """Bytes and processor time per second after the start has settled, and the memory then."""
    with PtyProgram(argv, environ=environ, emulate=False, **SIZE) as program:
        program.wait_for_bytes(last_word(environ))
        program.pump(8)
        program.pump(120, lambda: len(family(program.pid)) <= 2)  # the first scan has been read
        program.pump(8)
        everyone = family(program.pid)  # with the scanner of logs beside it
        bytes_before, cpu_before = len(program.raw), cpu_seconds(everyone)
        program.pump(seconds)
        return {
            "idle bytes/s": (len(program.raw) - bytes_before) / seconds,
            "idle % of a core": (cpu_seconds(everyone) - cpu_before) / seconds * 100,
            "memory MB": program.resident_mb(),
        }


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--idle", type=float, default=30)
    parser.add_argument("--logs", type=Path)
    options = parser.parse_args()
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        print("PYTHONDONTWRITEBYTECODE is set: every start would compile its imports. Unset it first.")
        return 2
    ours = [sys.executable, "-m", "aic_tui"]
    minimal = [sys.executable, "-m", "tests.bench.minimal_app"]
    with tempfile.TemporaryDirectory() as folder:
        environ = cached_home(Path(folder))
        word = last_word(environ)
        if options.logs:
            for name in (".claude", ".codex", ".gemini", ".local"):
                (Path(folder) / name).symlink_to(options.logs.resolve() / name)
        times: dict[str, list[float]] = {"ours": [], "minimal": []}
        for round_number in range(options.rounds + 1):
            pair = (
                first_frame_seconds(ours, word, environ),
                first_frame_seconds(minimal, b"yardstick", environ),
            )
            if round_number:  # the first round writes the byte code
                times["ours"].append(pair[0])
                times["minimal"].append(pair[1])
        results = {"first frame ratio": statistics.median(times["ours"]) / statistics.median(times["minimal"])}
        results |= idle_cost(ours, environ, options.idle)
    for name, values in times.items():
        spread = f"{min(values) * 1000:.0f} to {max(values) * 1000:.0f}"
        print(f"{name + ' first frame':<20} {statistics.median(values) * 1000:8.0f} ms   ({spread})")
    for name, value in results.items():
        verdict = "ok" if value <= LIMITS[name] else "OVER"
        print(f"{name:<20} {value:8.2f}      limit {LIMITS[name]:g}   {verdict}")
    return int(any(value > LIMITS[name] for name, value in results.items()))


if __name__ == "__main__":
    sys.exit(main())
