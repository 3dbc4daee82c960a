"""The Textual application: it composes screens, owns what all of them share, and reacts to signals of the system."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.signal import Signal
from textual.theme import Theme
from textual.worker import Worker, WorkerState

from aic_tui.environment import Environment
from aic_tui.format import Show
from aic_tui.models import AccountState
from aic_tui.services.monitor import Monitor
from aic_tui.ui.bindings import APP_BINDINGS
from aic_tui.ui.screens.dashboard import Dashboard
from aic_tui.ui.themes import OWN_THEMES, choose_theme, next_theme, tone_styles
from aic_tui.view.spans import Tone, ViewOptions

if TYPE_CHECKING:
    from aic_tui.services.editing import Editor

_TICK_SECONDS = 15  # ages and clocks move by the minute; nothing on screen needs more
_TERMINAL_CHECK_SECONDS = 5
_STOPPED = "aic-tui stopped because of an internal error."

CrashReporter = Callable[[BaseException], str]


class AicApp(App[int]):
    """``zone`` is the time zone of everything on show, ``light`` whether the terminal's background is light.

    ``report_crash`` stores a report of an unexpected exception and returns the sentence that is printed in place of
    a traceback, which would show the values of variables. ``set_log_level`` is called when that setting changes.
    """

    TITLE = "aic-tui"
    # Textual reads the CSS of screens that are pushed; the first screen is not, so its file stands here.
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "ui/screens/dashboard.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [*APP_BINDINGS]
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        env: Environment,
        monitor: Monitor,
        *,
        zone: tzinfo,
        light: bool = False,
        ascii_only: bool = False,
        report_crash: CrashReporter | None = None,
        set_log_level: Callable[[str], None] | None = None,
    ) -> None:
        no_color = "NO_COLOR" in env.environ
        # Native colours from the start let Textual drop colours; its own way out of NO_COLOR is shades of grey.
        super().__init__(ansi_color=True if no_color else None)
        self.env = env
        self.monitor = monitor
        settings = monitor.config.settings
        self.showing: Show = "left" if settings.show == "left" else "used"
        self.privacy = settings.privacy
        self.mouse_captured_by_us = settings.mouse
        self.zone = zone
        self.light = light
        self.set_log_level = set_log_level
        self._adopted = monitor.config
        self.saving_turn = asyncio.Lock()
        self.comments_may_go = False
        self.not_saving = False
        self._ascii = ascii_only
        self._report_crash = report_crash
        self._tones: tuple[str, dict[Tone, Style]] = ("", {})
        self.states_changed: Signal[AccountState | None] = Signal(self, "states_changed")
        self.options_changed: Signal[None] = Signal(self, "options_changed")
        self.ticked: Signal[None] = Signal(self, "ticked")
        for theme in OWN_THEMES:
            self.register_theme(theme)
        known = list(self.available_themes)
        self._first_theme = choose_theme(settings.theme, monitor.recall("theme"), known, env.environ, light=light)
        self._start_with(self._first_theme)
        if env.environ.get("SSH_CONNECTION"):
            self.animation_level = "none"
        if monitor.config.keys:
            from aic_tui.ui.in_force import remap_keys

            remap_keys(self, monitor.config.keys)

    def _start_with(self, theme: str) -> None:
        """Set the theme before anything is drawn. The ordinary way would parse all CSS a second time."""
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())
        self.set_class(self.current_theme.dark, "-dark-mode", update=False)
        self.set_class(not self.current_theme.dark, "-light-mode", update=False)
        self._refresh_truecolor_filter(self.ansi_theme)

    @property
    def tones(self) -> Mapping[Tone, Style]:
        """What each tone looks like in the theme in force."""
        if self._tones[0] != self.theme:
            self._tones = (self.theme, tone_styles(self.current_theme, self.theme_variables))
        return self._tones[1]

    @property
    def options(self) -> ViewOptions:
        """How figures are to be shown now."""
        settings = self.monitor.config.settings
        return ViewOptions(
            now=self.env.now(),
            zone=self.zone,
            show=self.showing,
            privacy=self.privacy,
            ascii=self._ascii,
            warn_percent=settings.warn_percent,
            cache_ttl_seconds=settings.cache_ttl_seconds,
            keys=True,
        )

    def get_default_screen(self) -> Screen[Any]:
        """The dashboard, painted from what the monitor knows already."""
        return Dashboard(self.monitor)

    def on_mount(self) -> None:
        """Start what runs beside the screens; the services only after the first frame."""
        self._handle_signals()
        self._look_at_folder()
        self.monitor.subscribe(self._news)
        self.monitor.subscribe_reading(lambda: self.ticked.publish(None))
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        self.set_interval(_TICK_SECONDS, self._tick)
        self.call_after_refresh(self._after_first_frame)

    def _after_first_frame(self) -> None:
        gc.freeze()
        gc.enable()
        self.run_worker(self.monitor.run(), name="monitor", group="monitor", exit_on_error=False)
        if not self.monitor.is_demo:
            for notice in self.monitor.notices:
                self.notify(notice, severity="warning", timeout=12)
        if self.repair_key:
            from aic_tui.ui.in_force import tell_broken

            tell_broken(self)

    @property
    def editor(self) -> Editor | None:
        """What changes accounts and settings; None where there is nothing to change, as in the demo."""
        return self.monitor.editor if self.monitor.can_edit else None

    @property
    def repair_key(self) -> str:
        """The key that leads to the repair of config.toml; "" while it can be read."""
        if not (self.monitor.config.broken and self.monitor.can_edit):
            return ""
        return self.get_key_display(Binding(self.monitor.config.keys.get("settings") or "comma", "settings"))

    def _news(self, state: AccountState | None) -> None:
        if state is None:
            self.follow_config()
        self.states_changed.publish(state)

    def follow_config(self) -> None:
        """Bring what is on show in line with the configuration in force, whoever changed it."""
        before, self._adopted = self._adopted, self.monitor.config
        if before != self._adopted:
            from aic_tui.ui.in_force import adopt

            adopt(self, before, self._adopted)

    def _look_at_folder(self) -> None:
        from aic_tui.config.writable import may_save

        self.not_saving = self.monitor.can_edit and not may_save(self.env.paths.config_file)

    def _tick(self) -> None:
        self._look_at_folder()
        self.ticked.publish(None)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell the user when background work has ended by a defect; the screens go on with what they have."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and error is not None:
            sentence = self._report_crash(error) if self._report_crash else _STOPPED
            self.notify(sentence, title="Internal error", severity="error", timeout=30)

    # -- what every screen shares

    def action_toggle_show(self) -> None:
        """Tell what is left instead of what is used, or the other way round."""
        self.showing = "left" if self.showing == "used" else "used"
        self.options_changed.publish(None)

    def action_toggle_privacy(self) -> None:
        """Mask names and money, or show them again."""
        self.privacy = not self.privacy
        self.clear_notifications()
        self.options_changed.publish(None)

    def action_next_theme(self) -> None:
        """The next theme; with ``NO_COLOR`` there is nothing to change."""
        if self.no_color:
            self.notify("NO_COLOR is set, so there is one look only.", timeout=3)
            return
        self.theme = next_theme(self.theme, list(self.available_themes))
        self.notify(self.theme, title="Theme", timeout=2)

    def show_theme(self, theme: str) -> None:
        """Use the theme that the settings name, in place of what the key chose earlier."""
        self._first_theme = theme
        self.monitor.remember("theme", "")
        self.theme = theme

    def _theme_changed(self, theme: Theme) -> None:
        if theme.name != self._first_theme:  # what was chosen for the user is no choice of the user
            self._first_theme = ""
            self.monitor.remember("theme", theme.name)

    def action_toggle_mouse(self) -> None:
        """Leave the mouse to the terminal, so that it can select text, or take it back."""
        from aic_tui.ui.mouse import capture_mouse

        if capture_mouse(self, not self.mouse_captured_by_us):
            word = "The mouse works here." if self.mouse_captured_by_us else "The terminal has the mouse: select text."
            self.notify(word, timeout=4)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing now are neither offered nor taken."""
        return self.monitor.can_edit and not self._in_settings if action == "settings" else True

    def action_settings(self) -> None:
        """Every setting."""
        from aic_tui.ui.screens.settings import SettingsScreen

        self.push_screen(SettingsScreen())

    @property
    def _in_settings(self) -> bool:
        return any(screen.id == "settings" for screen in self.screen_stack)

    def action_help(self) -> None:
        """Every key of the screen on top."""
        from aic_tui.ui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """A toast. Its text is always literal: brackets in a name are only brackets."""
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every key that works on ``screen``, by its words, and the themes by name."""
        seen: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            wanted = binding.show or binding.action == "clear_filter"
            if binding.id and binding.id not in seen and active.enabled and wanted:
                seen.add(binding.id)
                title = binding.description.capitalize()
                yield SystemCommand(title, binding.tooltip, self._runner(binding.action, active.node))
        yield SystemCommand("Choose theme", "Pick a theme by name", self.action_change_theme)
        yield SystemCommand("Save picture", "Write what is on screen to an SVG file", self._save_picture)

    def get_key_display(self, binding: Binding) -> str:
        """The key as footer, help and palette show it."""
        if binding.key == "enter" and not binding.key_display:
            return "enter" if self._ascii else "↵"
        return super().get_key_display(binding)

    def _runner(self, action: str, node: object) -> Callable[[], None]:
        def run() -> None:
            self.call_later(self.run_action, action, node)

        return run

    def _save_picture(self) -> None:
        from aic_tui.ui.save_picture import save_picture

        self.set_timer(0.2, lambda: save_picture(self))  # when the palette is gone

    # -- the end

    def _handle_signals(self) -> None:
        if self.is_headless or sys.platform == "win32":
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            loop.add_signal_handler(number, self._leave, 128 + number)
        loop.add_signal_handler(signal.SIGCONT, self._go_on)
        self.set_interval(_TERMINAL_CHECK_SECONDS, self._check_terminal)

    def _go_on(self) -> None:
        """Take the terminal again after a stop. Textual's own way assumes a stop by key: after any other it would
        start a second reader of the keyboard, which holds up quitting, and forget how the terminal was before us."""
        driver = self._driver
        if driver is None:
            return
        if not getattr(driver, "_must_signal_resume", True):
            driver.suspend_application_mode()
            driver.__dict__["_must_signal_resume"] = True
        driver.resume_application_mode()
        self.refresh(layout=True)

    def _leave(self, code: int) -> None:
        self.exit(code, return_code=code)

    def _check_terminal(self) -> None:
        """A terminal that is gone without a signal would be read in a busy loop for ever."""
        try:
            lost = not os.isatty(0) or os.get_terminal_size(0).columns < 0
        except OSError:
            lost = True
        if lost:
            self._leave(128 + signal.SIGHUP)

    def _handle_exception(self, error: Exception) -> None:
        """As Textual, but some of its errors draw themselves, source lines included; ours are all told alike."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._fatal_error()

    def _fatal_error(self) -> None:
        """Leave with one sentence. Textual would print a traceback with the values of all variables, keys included."""
        error = sys.exc_info()[1] or self._exception
        sentence = f"{_STOPPED} ({type(error).__name__})"
        if self._report_crash is not None and error is not None:
            sentence = self._report_crash(error)
        self._exit_renderables[:] = [Text(sentence)]
        self._close_messages_no_wait()
