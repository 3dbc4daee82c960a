"""Session logs while the dashboard runs: a scanner process keeps their index up to date, and here is how far it is.

What a log held stays in the index when its tool deletes the log, and reports find their figures ready.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import tzinfo
from typing import TYPE_CHECKING

from aic_tui.config.daemon_call import daemon_call
from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.errors import UserError

if TYPE_CHECKING:
    from aic_tui.services.usage import Progress, ScanReport, UsageService

_UNTOLD_SECONDS = 1.0  # a scan that takes less is not worth a word, nor are news sooner than that
_LOAD_SECONDS = 30.0
_log = logging.getLogger("aic_tui.logs")

_Wish = tuple[bool, str, Mapping[str, Sequence[str]]]


class LogFollower:
    """Reads while ``read_logs`` is on. ``tell`` is called when :attr:`share` has changed, at most once a second."""

    def __init__(self, env: Environment, config: Config, tell: Callable[[], None]) -> None:
        self._env = env
        self._config = config
        self._tell = tell
        self._changed = asyncio.Event()
        self._begun: float | None = None
        self._told = float("-inf")
        self.share: float | None = None
        """How much of what there is to read has been read, 0 to 1; None unless that takes longer than a second."""
        self.notices: Sequence[str] = ()

    def follow(self, config: Config) -> None:
        """Go on by another configuration."""
        is_other = _wish(config) != _wish(self._config)
        self._config = config
        if is_other:
            self._changed.set()

    async def run(self) -> None:
        """Until cancelled, which ends the scanner process too."""
        while True:
            self._changed.clear()
            reading = asyncio.create_task(self._read(self._config), name="logs")
            changed = asyncio.create_task(self._changed.wait(), name="logs changed")
            try:
                await asyncio.wait((reading, changed), return_when=asyncio.FIRST_COMPLETED)
                await changed
            finally:
                reading.cancel()
                changed.cancel()
                await asyncio.wait((reading, changed))
                self._quiet()

    async def _read(self, config: Config) -> None:
        if not config.settings.read_logs:
            return
        try:
            service, zone = await daemon_call(lambda: _prepared(self._env, config), _LOAD_SECONDS, "logs")
            async with aclosing(service.watch(zone)) as news:
                async for value in news:
                    self._hear(value)
        except (OSError, UserError, TimeoutError) as error:
            _log.warning("session logs are not read: %s", type(error).__name__)

    def _hear(self, value: Progress | ScanReport) -> None:
        share: float | None = getattr(value, "share", None)
        if share is None:
            self.notices = getattr(value, "notices", ())
            self._quiet()
            return
        now = self._env.monotonic()
        if self._begun is None:
            self._begun = now
        if now - max(self._begun, self._told) >= _UNTOLD_SECONDS:
            self.share, self._told = share, now
            self._tell()

    def _quiet(self) -> None:
        self._begun = None
        if self.share is not None:
            self.share = None
            with suppress(RuntimeError):  # nobody is left to be told
                self._tell()


def _wish(config: Config) -> _Wish:
    return config.settings.read_logs, config.settings.timezone, config.log_roots


def _prepared(env: Environment, config: Config) -> tuple[UsageService, tzinfo]:
    """On a thread of its own: these imports would hold up the screen."""
    import aic_tui.services.usage_watch
    from aic_tui.services.usage import UsageService
    from aic_tui.zones import zone_of

    assert aic_tui.services.usage_watch  # noqa: S101  # loaded
    return UsageService(env, config), zone_of(config.settings.timezone, env.environ)
