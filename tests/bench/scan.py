"""How soon the session logs are counted, and at what cost: ratios against ccusage 20.0.24 on the same logs.

    python -m tests.bench.scan [--ccusage PATH] [--corpus FOLDER ...] [--large FOLDER ...] [--rounds 7] [--no-limits]

``--corpus`` names homes with about 100,000 messages and a ``totals.json``, ``--large`` those with a million; without
any, one of each is written first (``tests/log_corpus.py``; the large one takes minutes and gigabytes, and is left out
with ``--small-only``). Programs run in turn with warm files. Totals must be those of ``totals.json`` exactly. Prints a
table in Markdown; exits 1 when a limit of the project is passed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aic_tui.config.paths import resolve_paths
from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.services.usage import UsageService
from tests.bench.processes import Cost, Pairs, peak_of_all, run
from tests.log_corpus import SIZES, Corpus

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("UTC")
YARDSTICK = [sys.executable, "-c", "import sqlite3"]
LOGS = (".claude", ".codex", ".gemini", ".local/share/opencode")
APPENDS = 25


class Limits(NamedTuple):
    """The most that the ratios may be, and the work of one appended line in ms. A warm report looks at every file, so
    with thousands of them it is compared with ccusage alone.
    """

    cold: float
    memory: float
    warm: float = 0.10
    yardstick: float | None = 5.0
    appended_ms: float = 20.0


HUNDRED_THOUSAND, MILLION = Limits(0.50, 0.40), Limits(0.45, 0.20, yardstick=None)


class Result(NamedTuple):
    """One line of the table. Without a ``limit`` it only informs."""

    what: str
    figures: str
    value: float | None = None
    limit: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether the limit is missed."""
        return self.value is not None and self.limit is not None and self.value > self.limit


class Bench:
    """One home full of logs, and a database of ours that is made anew for every cold run."""

    def __init__(self, home: Path, work: Path, ccusage: str) -> None:
        self.home = home
        self._work = work
        self._ccusage = [ccusage, "daily", "--json", "--offline"]
        self._ours = [sys.executable, "-m", "aic_tui", "daily", "--json"]
        base = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG")}
        self._environ = {**base, "HOME": str(home), "TZ": "UTC"}

    def measure(self, rounds: int, limits: Limits) -> list[Result]:
        """Everything, in the order of the table."""
        cold = Pairs({"ours": self._cold, "ccusage": self._rival, "grep": self._grep})
        self._rival()  # everything is in memory from here on
        cold.measure(rounds)
        problems = self.differences()
        warm = Pairs({"ours": self._warm, "ccusage": self._rival, "import sqlite3": self._yardstick})
        warm.measure(rounds)
        appended = self._appended()
        self._forget()
        family = peak_of_all(self._ours, self._ours_environ())
        results = [Result("totals", "exact" if not problems else "; ".join(problems), len(problems), 0)]
        results += _compared("cold", cold, "ccusage", limits.cold)
        results += _compared("cold, against `grep -rc`", cold, "grep", None)
        peak, other = cold.middle("ours", "peak_mb"), cold.middle("ccusage", "peak_mb")
        figures = f"{peak:.0f} MB / {other:.0f} MB; all our processes {family:.0f} MB"
        results.append(Result("memory, largest process", figures, peak / other, limits.memory))
        results += _compared("warm", warm, "ccusage", limits.warm)
        results += _compared("warm, against `python -c 'import sqlite3'`", warm, "import sqlite3", limits.yardstick)
        for name, times in appended.items():
            middle = statistics.median(times)
            figures = f"{middle:.1f} ms of work ({min(times):.1f} to {max(times):.1f})"
            limit = limits.appended_ms if name == "glance" else None
            results.append(Result(f"one appended line seen, {name}", figures, middle, limit))
        return results

    def differences(self) -> list[str]:
        """Where the figures of the last cold run are not those of ``totals.json``."""
        document = json.loads((self.home / "totals.json").read_text(encoding="utf-8"))
        wanted = {
            (tool, model, day): tuple(counts)
            for tool, models in _disjoint(document).items()
            for model, days in models.items()
            for day, counts in days.items()
        }
        found: dict[tuple[str, str, str], list[int]] = {}
        with UsageService(self._env(), Config()) as service:
            for row in service.rows(ZONE, detail="day"):
                sums = found.setdefault((row.source, row.model, row.day.isoformat()), [0] * 6)
                counts = (row.input, row.output, row.cache_read, row.write_5m + row.write_1h, row.extra, row.messages)
                for place, count in enumerate(counts):
                    sums[place] += count
        told = {key: tuple(sums) for key, sums in found.items()}
        return [
            f"{' '.join(key)}: {told.get(key)} instead of {wanted.get(key)}"
            for key in sorted(told.keys() | wanted.keys())
            if told.get(key) != wanted.get(key)
        ][:5]

    def _appended(self) -> dict[str, list[float]]:
        """Milliseconds of processor time in which a running process sees one more line, beside all other logs."""
        folder = self._work / "appended"
        log, times = folder / "projects" / "-p" / "s.jsonl", dict[str, list[float]]()
        log.parent.mkdir(parents=True)
        log.write_bytes(_answer(0))
        with UsageService(self._env(), Config(log_roots={"claude": (str(folder),)})) as service:
            service.scan(ZONE)
            number = 0
            for name, glance in (("glance", True), ("full look", False)):
                times[name] = []
                for _ in range(APPENDS):
                    number += 1
                    with log.open("ab") as file:
                        file.write(_answer(number))
                    time.sleep(0.03)  # a file that changed this very moment is looked at twice
                    started = time.process_time()
                    report = service.scan(ZONE, glance=glance)
                    times[name].append((time.process_time() - started) * 1000)
                    assert report.read_files == 1, (name, number, report)
        shutil.rmtree(folder)
        return times

    def _cold(self) -> Cost:
        self._forget()
        return self._warm()

    def _warm(self) -> Cost:
        return run(self._ours, self._ours_environ())

    def _rival(self) -> Cost:
        return run(self._ccusage, self._environ)

    def _grep(self) -> Cost:
        roots = [str(self.home / name) for name in LOGS if (self.home / name).is_dir()]
        return run(["grep", "-rc", '"usage"', *roots], {**self._environ, "LC_ALL": "C"})

    def _yardstick(self) -> Cost:
        return run(YARDSTICK, self._environ)

    def _forget(self) -> None:
        shutil.rmtree(self._work / "aic", ignore_errors=True)
        (self._work / "aic").mkdir(parents=True)

    def _ours_environ(self) -> dict[str, str]:
        folders = {f"AIC_{name}_DIR": str(self._work / "aic" / name) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
        return {**self._environ, **folders, "PYTHONPATH": str(ROOT), "AIC_LIVE_PRICES": "0"}

    def _env(self) -> Environment:
        environ = self._ours_environ()
        paths = resolve_paths(environ, sys.platform, self.home)
        return Environment(paths=paths, home=self.home, environ=environ, now=lambda: datetime.now(UTC))


def _compared(what: str, pairs: Pairs, other: str, limit: float | None) -> list[Result]:
    ratio, least, most = pairs.ratio("ours", other)
    cpu = pairs.ratio("ours", other, "cpu")[0]
    figures = (
        f"{pairs.spread('ours')} / {pairs.spread(other)}; ratios {least:.2f} to {most:.2f}, processor time {cpu:.2f}"
    )
    return [Result(what, figures, ratio, limit)]


def _disjoint(
    totals: Mapping[str, Mapping[str, Mapping[str, Sequence[int]]]],
) -> dict[str, dict[str, dict[str, list[int]]]]:
    """Totals in our fields. Those of other generators are as the tools write them: Codex and Gemini count what came
    from the cache as input, too, and Codex its reasoning as output.
    """
    is_raw = any(counts[4] for days in totals.get("codex", {}).values() for counts in days.values())
    found: dict[str, dict[str, dict[str, list[int]]]] = {}
    for tool, models in totals.items():
        for model, days in models.items():
            for day, counts in days.items():
                given, output, cached, written, extra, messages = counts
                if is_raw and tool in ("codex", "gemini"):
                    given -= cached
                if is_raw and tool == "codex":
                    extra = 0
                sums = [given, output, cached, written, extra, messages]
                found.setdefault(tool, {}).setdefault(model, {})[day] = sums
    return found


def _answer(number: int) -> bytes:
    usage = {"input_tokens": 3, "output_tokens": 5, "service_tier": "standard"}
    message = {"id": f"msg_{number}", "model": "claude-sonnet-4-5", "usage": usage}
    line = {"sessionId": "s", "timestamp": "2026-11-20T10:00:00.000Z", "requestId": f"req_{number}", "message": message}
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def find_ccusage(named: str | None) -> str | None:
    """The native program: as named, or of the npm packages here or global; the launcher in front of it costs more."""
    if named is not None:
        return shutil.which(named)
    machine = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = Path("@ccusage") / f"ccusage-{sys.platform}-{machine}" / "bin" / "ccusage"
    folders = [ROOT / "node_modules", Path.cwd() / "node_modules"]
    npm = shutil.which("npm")
    if npm:
        told = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, check=False).stdout.strip()
        folders += [Path(told), Path(told) / "ccusage" / "node_modules"]
    launcher = shutil.which("ccusage")
    if launcher:
        folders += [parent / "node_modules" for parent in Path(launcher).resolve().parents]
    return next((str(folder / package) for folder in folders if (folder / package).is_file()), launcher)


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ccusage", help="the native program of ccusage 20.0.24")
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--large", type=Path, action="append", default=[])
    parser.add_argument("--small-only", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-limits", action="store_true")
    options = parser.parse_args()
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        print("PYTHONDONTWRITEBYTECODE is set: every start would compile its imports. Unset it first.")
        return 2
    ccusage = find_ccusage(options.ccusage)
    if ccusage is None:
        print("ccusage is not there: npm install ccusage@20.0.24, or name its native program with --ccusage.")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        small, large = options.corpus, options.large
        if not (small or large):
            small = [_written(work, "seed")]
            large = [] if options.small_only else [_written(work, "large")]
        is_over = False
        _introduce(ccusage)
        for homes, limits, rounds in ((small, HUNDRED_THOUSAND, options.rounds), (large, MILLION, options.rounds // 2)):
            for home in homes:
                is_over |= _report(Bench(home.resolve(), work, ccusage), max(1, rounds), limits)
    return int(is_over and not options.no_limits)


def _written(work: Path, size: str) -> Path:
    Corpus(work / size, SIZES[size]).write()
    return work / size


def _introduce(ccusage: str) -> None:
    version = subprocess.run([ccusage, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {platform.system()} {platform.machine()}, {os.cpu_count()} cores,")
    print(f"load {load} · Python {platform.python_version()} · {version}\n")


def _report(bench: Bench, rounds: int, limits: Limits) -> bool:
    files = [path for name in LOGS for path in (bench.home / name).rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    results = bench.measure(rounds, limits)
    print(f"**{len(files):,} files, {size / 1e6:,.0f} MB**, {rounds} rounds in turn, ours / other, medians\n")
    print("| | ratio | limit | | figures |\n|---|---|---|---|---|")
    for what, figures, value, limit in results:
        verdict = "" if limit is None else "ok" if value is not None and value <= limit else "**missed**"
        shown = ("" if value is None else f"{value:.3f}", "" if limit is None else f"{limit:g}")
        print(f"| {what} | {shown[0]} | {shown[1]} | {verdict} | {figures} |")
    print()
    return any(result.is_over for result in results)


if __name__ == "__main__":
    sys.exit(main())
