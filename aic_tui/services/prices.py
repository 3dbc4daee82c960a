"""Keeps the live price list fresh: asked once a day at most, by one instance for all, and never waited for.

Only the running dashboard asks. Reports take what lies in the cache, so that they never wait for the network.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum

from aic_tui.config.atomic import exclusive
from aic_tui.config.daemon_call import daemon_call
from aic_tui.config.paths import private_directory
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError
from aic_tui.pricing.live import LIST_CAP, LIST_URL, updated
from aic_tui.pricing.overlay import Overlay, read_overlay, write_overlay
from aic_tui.pricing.table import Table, load_table

LIFE_SECONDS = 86_400.0
OFFLINE_SECONDS = 3_600.0
"""How long after a try that reached nobody the next one is made."""

URL_VARIABLE = "AIC_PRICES_URL"
_DEADLINE_SECONDS = 10.0
_WORK_SECONDS = 60.0
_log = logging.getLogger("aic_tui.prices")


class Refreshed(StrEnum):
    """What a look at the live list came to."""

    NOT_DUE = "not due"
    NEW = "new"
    SAME = "same"
    OFFLINE = "offline"
    FAILED = "failed"


async def keep_prices_live(env: Environment, is_on: Callable[[], bool]) -> None:
    """Refresh for ever, as often as is due, while ``is_on()``. Ends only by being cancelled."""
    while True:
        if is_on():
            await refresh_prices(env)
        await env.sleep(OFFLINE_SECONDS)


async def refresh_prices(env: Environment) -> Refreshed:
    """Ask for LiteLLM's list if the last try is a day old, and keep what is new in it. Never raises.

    The embedded prices, and those kept before, hold whatever comes back. ``AIC_PRICES_URL`` names another place of
    the list (a mirror).
    """
    try:
        claimed = await daemon_call(lambda: _claim(env), _WORK_SECONDS, "prices")
        if claimed is None:
            return Refreshed.NOT_DUE
        return await _ask(env, *claimed)
    except ProviderError as error:
        _log.info("the price list was not refreshed: %s %s", error.kind, error.detail or error.http_status or "")
        if error.kind is not FailureKind.OFFLINE:
            return Refreshed.FAILED
        return Refreshed.OFFLINE
    except (OSError, ValueError, TimeoutError) as error:
        _log.warning("the price list was not refreshed: %s", type(error).__name__)
        return Refreshed.FAILED


async def _ask(env: Environment, table: Table, overlay: Overlay) -> Refreshed:
    from aic_tui.providers.download import download

    url = env.environ.get(URL_VARIABLE) or LIST_URL
    try:
        document = await download(env, url, etag=overlay.etag, cap=LIST_CAP, deadline_seconds=_DEADLINE_SECONDS)
    except ProviderError as error:
        if error.kind is FailureKind.OFFLINE:
            again = overlay.asked - LIFE_SECONDS + OFFLINE_SECONDS
            await _keep(env, overlay._replace(asked=max(0.0, again)))
        raise
    now = env.now()
    taken = overlay._replace(taken=now.timestamp())
    text = document.text
    if text is None:
        await _keep(env, taken)
        return Refreshed.SAME
    new = await daemon_call(lambda: updated(table, taken, text, now.date()), _WORK_SECONDS, "prices")
    await _keep(env, new._replace(etag=document.etag))
    return Refreshed.NEW if new.models != overlay.models else Refreshed.SAME


def _claim(env: Environment) -> tuple[Table, Overlay] | None:
    """The table and what is kept, where it is time to ask; written down first, so that no other instance asks too."""
    table = load_table()
    now = env.now().timestamp()
    cache = env.paths.cache
    private_directory(cache)
    with exclusive(cache / "prices.json.lock"):
        overlay = read_overlay(cache, table) or Overlay(table.date)
        if 0 <= now - overlay.asked < LIFE_SECONDS:
            return None
        overlay = overlay._replace(asked=now)
        write_overlay(cache, overlay)
    return table, overlay


async def _keep(env: Environment, overlay: Overlay) -> None:
    await daemon_call(lambda: write_overlay(env.paths.cache, overlay), _WORK_SECONDS, "prices")
