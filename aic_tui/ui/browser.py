"""Opening a page in a browser: only on the machine at which the user sits, and only when asked to."""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui.environment import Environment

_COMMANDS = {"darwin": "open", "win32": "explorer.exe"}
# What a browser needs to find its session; keys that our own variables may hold stay here.
_HANDED_ON = (
    *(
        "HOME",
        "PATH",
        "USER",
        "LOGNAME",
        "LANG",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XAUTHORITY",
        "DBUS_SESSION_BUS_ADDRESS",
    ),
    *("BROWSER", "DESKTOP_SESSION", "KDE_FULL_SESSION", "KDE_SESSION_VERSION", "GNOME_DESKTOP_SESSION_ID"),
    *("SystemRoot", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP"),
)


def can_open(env: Environment) -> bool:
    """True where a browser would appear before the user: not over SSH, and with a display."""
    if any(env.environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")):
        return False
    return env.platform in _COMMANDS or bool(env.environ.get("DISPLAY") or env.environ.get("WAYLAND_DISPLAY"))


def open_page(page: str, env: Environment) -> bool:
    """Open ``page``, which must begin with ``http``; False where that could not even be tried. Does not wait."""
    if not page.startswith(("https://", "http://")):
        return False
    command = [_COMMANDS.get(env.platform, "xdg-open"), page]
    if env.run is not None:
        return env.run(command) is not None
    return _start(command, {name: text for name, text in env.environ.items() if _is_handed_on(name)})


def _is_handed_on(name: str) -> bool:
    return name in _HANDED_ON or name.startswith(("XDG_", "LC_"))


def _start(command: Sequence[str], variables: dict[str, str]) -> bool:
    import subprocess

    try:
        subprocess.Popen(  # noqa: S603  # the system's own opener and an address of the login host, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=variables,
        )
    except OSError:
        return False
    return True
