"""The prices in force: the embedded table, newer rows from the live list, and the user's own. Pure but for loading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from aic_tui.config.settings import Config
from aic_tui.environment import Environment
from aic_tui.pricing.match import Match, find, folded
from aic_tui.pricing.overlay import Overlay, laid_over, read_overlay
from aic_tui.pricing.table import CLASS_OF, Band, Period, Table, in_force, load_table
from aic_tui.usage_records import Flag

Tokens = tuple[int, int, int, int, int, int]
"""input, output, cache_read, write_5m, write_1h, extra: the order of :class:`~aic_tui.usage_records.Row`."""

_OVERRIDE_SOURCE = "config.toml"
_DECIDES = (Flag.FAST | Flag.PRIORITY | Flag.FLEX).value
_SYNTHETIC = Flag.SYNTHETIC.value


class _Priced(NamedTuple):
    match: Match
    periods: tuple[Period, ...]


class Prices:
    """What models cost. Immutable to its users; remembers what it has looked up.

    ``overrides`` are bands by lower-case name. ``prefixes`` are, by log source, what is put before a model's name
    first of all (``("openrouter/",)``), where a tool has prices of its own in the table.
    """

    def __init__(
        self,
        table: Table,
        overlay: Overlay | None = None,
        overrides: Mapping[str, Band] | None = None,
        prefixes: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.overlay = overlay
        self.table = laid_over(table, overlay) if overlay else table
        self._overrides = dict(overrides or {})
        self._prefixes = dict(prefixes or {})
        self._folded: dict[str, str] | None = None
        self._priced: dict[tuple[str, str], _Priced | None] = {}
        self._rates: dict[tuple[str, str, int, int, date | None], Tokens | None] = {}

    @property
    def taken(self) -> str:
        """The day (ISO) of the newest prices that were taken."""
        return max(self.table.date, self.overlay.date if self.overlay else "")

    def match(self, model: str, source: str = "") -> Match | None:
        """What a model is priced as; None where nobody knows."""
        found = self._find(model, source)
        return found.match if found else None

    def cost(self, model: str, source: str, day: date, flags: int, size: int, tokens: Tokens) -> int | None:
        """The price of tokens in pico-dollars at list price, None where the model has none on that day.

        ``tokens`` may be the sum over requests of one size class (``size``) and one set of ``flags``, because the
        price of a token is the same for all of them. What is :attr:`Flag.SYNTHETIC` costs nothing.
        """
        if flags & _SYNTHETIC:
            return 0
        key = (model, source, flags & _DECIDES, size, None if self._is_steady(model, source) else day)
        try:
            rates = self._rates[key]
        except KeyError:
            rates = self._rates[key] = self._rates_of(model, source, day, key[2], size)
        if rates is None:
            return None
        new, out, read, short, long, extra = rates
        return (
            tokens[0] * new
            + tokens[1] * out
            + tokens[2] * read
            + tokens[3] * short
            + tokens[4] * long
            + tokens[5] * extra
        )

    def _is_steady(self, model: str, source: str) -> bool:
        """Whether a model costs the same on every day, as nearly all do."""
        found = self._find(model, source)
        return found is None or (len(found.periods) == 1 and not found.periods[0].since)

    def _rates_of(self, model: str, source: str, day: date, flags: int, size: int) -> Tokens | None:
        found = self._find(model, source)
        period = in_force(found.periods, day) if found else None
        if found is None or period is None:
            return None
        fast = found.match.fast or bool(flags & Flag.FAST)
        bands, factor = period.standard, 100
        if fast and period.fast:
            factor = period.fast
        elif (fast or flags & Flag.PRIORITY) and period.priority:
            bands = period.priority  # OpenAI's fast mode is its priority processing (2026-11)
        elif flags & Flag.FLEX and period.flex:
            bands = period.flex
        band = next(band for band in reversed(bands) if CLASS_OF[band.begins] <= size)
        rates = tuple(rate * factor // 100 for rate in band[1:])
        return (*rates, rates[1])  # type: ignore[return-value]  # five prices; reasoning outside output costs as output

    def _find(self, model: str, source: str) -> _Priced | None:
        key = (model, source)
        try:
            return self._priced[key]
        except KeyError:
            found = self._priced[key] = self._overridden(model) or self._from_table(model, source)
            return found

    def _overridden(self, model: str) -> _Priced | None:
        found = find(model, self._overrides.__contains__, lambda _: None) if self._overrides else None
        if found is None:
            return None
        name = found[1]
        period = Period("", 0, (self._overrides[name],))
        return _Priced(Match(name, "override", _OVERRIDE_SOURCE, ""), (period,))

    def _from_table(self, model: str, source: str) -> _Priced | None:
        for prefix in (*self._prefixes.get(source, ()), ""):
            found = find(prefix + model, self.table.models.__contains__, self._other_name)
            if found is None:
                continue
            way, name = found
            try:
                periods = self.table.periods(name)
            except ValueError:  # only the live overlay can be damaged, and it was checked when it was read
                continue
            how = "exact" if way.name == model == name else "rewritten" if way.name == name else "alias"
            live = self.overlay is not None and name in self.overlay.models
            taken = self.overlay.date if live and self.overlay else self.table.date
            return _Priced(Match(name, how, self.table.sources[periods[-1].source], taken, way.fast), periods)
        return None

    def _other_name(self, name: str) -> str | None:
        if name in self.table.aliases:
            return self.table.aliases[name]
        if self._folded is None:
            self._folded = _by_folded_name(self.table)
        return self._folded.get(folded(name))


def load_prices(
    env: Environment,
    config: Config,
    *,
    offline: bool = False,
    prefixes: Mapping[str, Sequence[str]] | None = None,
) -> Prices:
    """The prices for one run. Never asks the network: the live list is what the dashboard kept in the cache.

    ``offline``, or ``live_prices = false``, leaves it out.
    """
    table = load_table()
    wanted = config.settings.live_prices and not offline
    overlay = read_overlay(env.paths.cache, table) if wanted else None
    overrides = {name: Band(0, *prices) for name, prices in config.prices.items()}
    return Prices(table, overlay, overrides, prefixes)


def _by_folded_name(table: Table) -> dict[str, str]:
    names: dict[str, str] = {}
    doubtful = set()
    for name in table.models:
        key = folded(name)
        if key in names:
            doubtful.add(key)
        names[key] = name
    for alias, target in table.aliases.items():
        if names.setdefault(folded(alias), target) != target:
            doubtful.add(folded(alias))
    return {key: name for key, name in names.items() if key not in doubtful}
