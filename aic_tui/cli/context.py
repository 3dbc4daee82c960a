"""What a verb is given: the outside world, the arguments, and the two streams."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from aic_tui.config.file import load_config
from aic_tui.config.settings import Config
from aic_tui.config.tables import read_settings
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.text import clean
from aic_tui.zones import zone_of

if TYPE_CHECKING:
    from aic_tui.cli.documents import Document, Terms
    from aic_tui.services.monitor import Monitor
    from aic_tui.view.spans import ViewOptions

_USUAL_WIDTH = 80


@dataclass(frozen=True)
class Context:
    """One run of one verb. ``flags`` are the settings given on the command line, by name."""

    env: Environment
    args: argparse.Namespace
    flags: Mapping[str, str]
    out: TextIO
    err: TextIO

    @property
    def is_demo(self) -> bool:
        """True when nothing may be read or sent."""
        return bool(getattr(self.args, "demo", False))

    @property
    def as_json(self) -> bool:
        """True when the document is wanted."""
        return bool(getattr(self.args, "json", False))

    @cached_property
    def config(self) -> Config:
        """The configuration in force. Raises UserError for a bad flag."""
        return demo_config(self.env, self.flags) if self.is_demo else load_config(self.env, self.flags)

    def tell_problems(self) -> None:
        """Say what is wrong with config.toml, so that nobody wonders at the defaults."""
        for problem in self.config.problems:
            self.say(f"config.toml{f', line {problem.line}' if problem.line else ''}: {problem.sentence}")

    @property
    def zone(self) -> tzinfo:
        """The zone of every time that people read."""
        return zone_of(self.config.settings.timezone, self.env.environ)

    @property
    def terms(self) -> Terms:
        """What the documents depend on."""
        from aic_tui.cli.documents import Terms

        settings = self.config.settings
        return Terms(self.env.now(), self.zone, settings.warn_percent, settings.privacy, settings.cache_ttl_seconds)

    @property
    def view(self) -> ViewOptions:
        """What the layouts depend on."""
        from aic_tui.view.spans import ViewOptions

        settings, terms = self.config.settings, self.terms
        return ViewOptions(
            now=terms.now,
            zone=terms.zone,
            show="left" if settings.show == "left" else "used",
            privacy=terms.privacy,
            ascii=self.ascii_only,
            warn_percent=terms.warn_percent,
            cache_ttl_seconds=terms.cache_ttl_seconds,
        )

    @property
    def width(self) -> int | None:
        """Columns of the terminal or of ``COLUMNS``; None where the output goes to a file or a pipe."""
        columns = self.env.environ.get("COLUMNS", "")
        if columns.isascii() and columns.isdigit() and 0 < len(columns) < 5 and int(columns) > 0:
            return int(columns)
        try:
            return os.get_terminal_size(self.out.fileno()).columns or None
        except (OSError, ValueError):
            return None

    @property
    def error_width(self) -> int:
        """Columns of the terminal that narration goes to, 80 where there is none."""
        try:
            return os.get_terminal_size(self.err.fileno()).columns or _USUAL_WIDTH
        except (OSError, ValueError):
            return _USUAL_WIDTH

    @property
    def page_width(self) -> int:
        """Like :attr:`width`, with the usual 80 columns where there is none."""
        return self.width or _USUAL_WIDTH

    @property
    def ascii_only(self) -> bool:
        """True where the output's encoding has no letters but ASCII, and marks must be spelled."""
        encoding = (getattr(self.out, "encoding", None) or "ascii").lower().replace("-", "").replace("_", "")
        return not encoding.startswith("utf")

    def write(self, text: str) -> None:
        """Data, to standard output. Raises UserError when it is not taken, and BrokenPipeError when nobody reads."""
        try:
            self.out.write(text)
            self.out.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise UserError(f"Standard output cannot be written: {error.strerror}.", exit_code=1) from None

    def document(self, document: Document) -> None:
        """Data as JSON, to standard output."""
        from aic_tui.cli.documents import dump

        self.write(dump(document))

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Data for people, to standard output: fits the terminal."""
        from aic_tui.cli.table import table

        self.write(table(headings, rows, self.width))

    def say(self, sentence: str) -> None:
        """Narration, to standard error."""
        self.err.write(f"{clean(sentence, 1000)}\n")

    def open_monitor(self) -> Monitor:
        """The live accounts, or with ``--demo`` the invented ones. Raises UserError."""
        return open_monitor(self.env, self.flags, demo=self.is_demo)


def open_monitor(env: Environment, flags: Mapping[str, str], *, demo: bool) -> Monitor:
    """The monitor of this run. Only the database and config.toml are read. Raises UserError."""
    if demo:
        from aic_tui.services.demo import DemoMonitor

        return DemoMonitor(env, demo_config(env, flags))
    from aic_tui.services.live import LiveMonitor

    return LiveMonitor.open(env, flags)


def demo_config(env: Environment, flags: Mapping[str, str]) -> Config:
    """The settings of a demonstration: flags and variables, no file. Raises UserError for a bad flag."""
    settings, origins = read_settings({}, env.environ, flags, lambda _sentence, _path: None)
    return Config(settings=settings, origins=origins)
