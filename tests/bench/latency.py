"""How soon a key is answered while gigabytes of session logs are read beside the dashboard, and while none are.

    python -m tests.bench.latency [--corpus FOLDER] [--keys 300]

The dashboard runs on a pseudo terminal with 12 accounts in its database and no network. It is started again with an
empty index of logs until enough keys were pressed while workers were reading, in turn with runs that read no logs.
Without ``--corpus``, a home with a gigabyte of logs is written first. Prints one table; exits 1 when the 99th
percentile during a scan is above the limit. Linux only.
"""

from __future__ import annotations

import argparse
import os
import random
import select
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.first_frame import SIZE, cached_home, last_word
from tests.bench.processes import family
from tests.log_corpus import SIZES, Corpus
from tests.pty_program import PtyProgram

LIMIT_MS = 50.0
GIGABYTE = 10**9
HOME = b"\x1b[H"
KEYS = (b"j", b"k")  # each moves the selection, from the first account on
SETTLED_SECONDS = 2.5
LONGEST_SECONDS = 5.0
_TOOLS = (".claude", ".codex", ".gemini", ".local")


def write_gigabyte(home: Path) -> None:
    """The transcripts of the small corpus again and again, each time with answers of their own."""
    with tempfile.TemporaryDirectory() as folder:
        Corpus(Path(folder), SIZES["small"]).write()
        logs = [path.read_bytes() for path in (Path(folder) / ".claude").rglob("*.jsonl")]
    for number in range(GIGABYTE // sum(map(len, logs)) + 1):
        project = home / ".claude" / "projects" / f"-copy-{number}"
        project.mkdir(parents=True)
        for place, data in enumerate(logs):
            (project / f"{place}.jsonl").write_bytes(data.replace(b'"msg_', b'"msg_%d_' % number))


def pressed(program: PtyProgram, count: int, *, while_reading: bool) -> list[float]:
    """Milliseconds from a key to the first byte of its answer, at most ``count`` times."""
    rng, times = random.Random(1), list[float]()
    while len(times) < count and not (while_reading and not is_reading(program)):
        program.pump(rng.uniform(0.02, 0.06))  # what else there is to be drawn
        started = time.perf_counter()
        program.send(KEYS[len(times) % len(KEYS)])
        ready, _, _ = select.select([program.fd], [], [], LONGEST_SECONDS)
        if not ready:
            raise RuntimeError("a key was not answered")
        times.append((time.perf_counter() - started) * 1000)
    return times


def is_reading(program: PtyProgram) -> bool:
    """Whether workers of a scanner are at it: children of a child."""
    return len(family(program.pid)) > 2


def one_run(logs: Path | None, count: int) -> list[float]:
    """Start, wait until it stands (and reads), press keys, quit."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        environ = {**cached_home(home), "AIC_READ_LOGS": "1" if logs else "0"}
        for name in _TOOLS if logs else ():
            if (logs / name).is_dir():  # type: ignore[operator]
                (home / name).symlink_to(logs / name)  # type: ignore[operator]
        with PtyProgram([sys.executable, "-m", "aic_tui"], environ=environ, emulate=False, **SIZE) as program:
            program.wait_for_bytes(last_word(environ))
            if logs and not program.pump(20, lambda: is_reading(program)):
                raise RuntimeError("no scan began")
            program.send(HOME)
            program.pump(0.2 if logs else SETTLED_SECONDS)
            times = pressed(program, count, while_reading=logs is not None)
            program.send(b"q")
            program.wait(5)
            return times


def row(name: str, times: list[float]) -> str:
    """A line of the table."""
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return (
        f"| {name} | {len(times)} | {cuts[49]:.1f} ms | {cuts[89]:.1f} ms | {cuts[98]:.1f} ms | {max(times):.1f} ms |"
    )


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a home full of logs, of a gigabyte or more")
    parser.add_argument("--keys", type=int, default=300)
    options = parser.parse_args()
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        print("PYTHONDONTWRITEBYTECODE is set: every start would compile its imports. Unset it first.")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        logs = options.corpus.resolve() if options.corpus else Path(folder)
        if not options.corpus:
            write_gigabyte(logs)
        reading, idle = list[float](), list[float]()
        while len(reading) < options.keys:
            found = one_run(logs, options.keys - len(reading))
            reading += found
            idle += one_run(None, max(1, len(found)))
    print("| | keys | median | 90 % | 99 % | longest |\n|---|---|---|---|---|---|")
    print(row("no logs are read", idle))
    print(row("logs are read", reading))
    slowest = statistics.quantiles(reading, n=100, method="inclusive")[98]
    print(f"\n99 % within {slowest:.1f} ms: limit {LIMIT_MS:g} ms, {'ok' if slowest <= LIMIT_MS else 'MISSED'}")
    return int(slowest > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
