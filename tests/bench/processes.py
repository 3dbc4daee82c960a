"""What a program and its children cost: wall and processor time, memory. Linux and macOS only."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

# What ``ru_maxrss`` counts in.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_SAMPLE_SECONDS = 0.005


class Cost(NamedTuple):
    """Wall and processor seconds of one run, children included, and the peak of its largest process in MB."""

    wall: float
    cpu: float
    peak_mb: float


def run(argv: Sequence[str], environ: Mapping[str, str]) -> Cost:
    """Run to the end with the output thrown away. Raises RuntimeError when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        argv, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{argv[0]} ended with {process.returncode}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _RSS_UNIT / 1e6)


def peak_of_all(argv: Sequence[str], environ: Mapping[str, str]) -> float:
    """Run to the end; the sum of the peaks of all its processes in MB, shared pages counted in each. Linux only."""
    process = subprocess.Popen(
        argv, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peaks: dict[int, float] = {}
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(_SAMPLE_SECONDS):
            for pid in family(process.pid):
                peaks[pid] = max(peaks.get(pid, 0.0), _peak(pid))

    thread = threading.Thread(target=sample)
    thread.start()
    process.wait()
    ended.set()
    thread.join()
    return sum(peaks.values())


class Pairs:
    """Costs of some programs that run in turn, so that noise hits all of them."""

    def __init__(self, programs: Mapping[str, Callable[[], Cost]]) -> None:
        self._programs = programs
        self.costs: dict[str, list[Cost]] = {name: [] for name in programs}

    def measure(self, rounds: int) -> None:
        """All programs, one after the other, ``rounds`` times."""
        for _ in range(rounds):
            for name, program in self._programs.items():
                self.costs[name].append(program())

    def ratio(self, one: str, other: str, field: str = "wall") -> tuple[float, float, float]:
        """Median, least and greatest ratio of the two runs of a round."""
        found = [getattr(a, field) / getattr(b, field) for a, b in zip(self.costs[one], self.costs[other], strict=True)]
        return statistics.median(found), min(found), max(found)

    def middle(self, name: str, field: str = "wall") -> float:
        """The median."""
        costs: list[float] = [getattr(cost, field) for cost in self.costs[name]]
        return statistics.median(costs)

    def spread(self, name: str) -> str:
        """Median, least and greatest wall time in words."""
        walls = [cost.wall for cost in self.costs[name]]
        return f"{statistics.median(walls):.3f} s ({min(walls):.3f} to {max(walls):.3f})"


def family(pid: int) -> list[int]:
    """A process, its children and theirs. Linux only."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time that these processes and their children that ended have used so far. Linux only."""
    found = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        found += sum(map(int, fields[11:15]))
    return found / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> float:
    with contextlib.suppress(OSError, StopIteration), Path(f"/proc/{pid}/status").open() as status:
        return next(int(line.split()[1]) / 1000 for line in status if line.startswith("VmHWM"))
    return 0.0
