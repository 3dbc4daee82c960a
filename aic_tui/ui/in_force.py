"""A configuration that has changed while the program runs: what of it is new takes effect at once.

Only what differs from the configuration before is applied, so a choice made by key stays when something else changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aic_tui.config.keymap import usable_keymap
from aic_tui.config.settings import Config
from aic_tui.ui.mouse import capture_mouse
from aic_tui.ui.themes import choose_theme
from aic_tui.zones import zone_of

if TYPE_CHECKING:
    from aic_tui.app import AicApp


def adopt(app: AicApp, before: Config, after: Config) -> None:
    """Let ``app`` follow from ``before`` to ``after`` and draw again. Intervals and retention are the monitor's."""
    old, new = before.settings, after.settings
    if old.show != new.show:
        app.showing = "left" if new.show == "left" else "used"
    if old.privacy != new.privacy:
        app.privacy = new.privacy
        app.clear_notifications()
    if old.timezone != new.timezone:
        app.zone = zone_of(new.timezone, app.env.environ)
    if new.mouse not in (old.mouse, app.mouse_captured_by_us):
        capture_mouse(app, new.mouse)
    if old.log_level != new.log_level and app.set_log_level is not None:
        app.set_log_level(new.log_level)
    if old.theme != new.theme:
        _adopt_theme(app, new.theme)
    if before.keys != after.keys:
        remap_keys(app, after.keys)
    if after.broken and not before.broken:
        tell_broken(app)
    app.options_changed.publish(None)


def remap_keys(app: AicApp, keys: Mapping[str, str]) -> None:
    """Put ``[keys]`` in force as far as it can be, and say once what of it cannot."""
    good, problems = usable_keymap(keys)
    app.set_keymap(good)
    if problems:
        app.call_later(app.notify, " ".join(problems.values()), title="config.toml", severity="warning", timeout=12)


def tell_broken(app: AicApp) -> None:
    """What stands still while config.toml cannot be read, and the key that helps."""
    app.notify(
        f"Nothing is asked or saved until it can be read. {app.repair_key} shows why and repairs it.",
        title="config.toml is broken",
        severity="warning",
        timeout=12,
    )


def _adopt_theme(app: AicApp, setting: str) -> None:
    """``auto`` is a wish of its own: it does not bring back what the theme key chose earlier."""
    app.show_theme(choose_theme(setting, None, list(app.available_themes), app.env.environ, light=app.light))
