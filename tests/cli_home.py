"""A home of its own for the real program, run as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aic_tui.config.paths import resolve_paths
from aic_tui.environment import Environment, Paths
from aic_tui.models import AccountState, Snapshot
from aic_tui.store.store import Store
from tests.unmeasured import unmeasured


@dataclass
class Home:
    """``environ`` is all that the program's processes get besides ``PATH``, ``HOME`` and a UTC zone."""

    path: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)

    @property
    def paths(self) -> Paths:
        return resolve_paths({}, sys.platform, self.path)

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("COV")}
        return {**kept, "HOME": str(self.path), "TZ": "UTC", "LANG": "C.UTF-8", "AIC_LIVE_PRICES": "0", **self.environ}

    def run(
        self, *arguments: str, environ: Mapping[str, str | None] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """One run to its end. ``environ`` adds variables, None takes one away; ``options`` go to ``subprocess``.

        With a ``preexec_fn``, which limits the files that the run may write, its coverage is not measured.
        """
        given = unmeasured(self.variables) if "preexec_fn" in options else self.variables
        wanted = {**given, **(environ or {})}
        usual = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 60}
        return subprocess.run(
            [sys.executable, "-m", "aic_tui", *arguments],
            env={name: value for name, value in wanted.items() if value is not None},
            check=False,
            **{**usual, **options},
        )

    def json(self, *arguments: str, **options: Any) -> Any:
        """The document of a verb that must succeed."""
        done = self.run(*arguments, "--json", **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def write_config(self, text: str) -> None:
        self.paths.config.mkdir(parents=True, exist_ok=True)
        self.paths.config_file.write_text(text, encoding="utf-8")

    def remember(self, *states: AccountState, snapshots: Mapping[str, list[Snapshot]] | None = None) -> None:
        """Put states and, by account id, recorded snapshots into the database, as an earlier run would have."""
        env = Environment(paths=self.paths, home=self.path, environ={}, now=lambda: datetime.now(UTC))
        with Store.open(env) as store:
            for position, state in enumerate(states):
                store.states.save(state, position)
            for account_id, taken in (snapshots or {}).items():
                for snapshot in taken:
                    store.history.record(account_id, snapshot)
