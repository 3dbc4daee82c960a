"""Items that other tools keep in the macOS Keychain, read with the system's own ``security`` program. Never written."""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui.environment import Environment

_SECONDS = 3.0


def keychain_item(service: str, env: Environment, user: str | None = None) -> str | None:
    """The text of the generic password of ``service``; None when there is none, or it was refused or took too long.

    ``user`` is the item's account: None for the person at this machine, "" for whichever comes first.
    Blocks for up to three seconds. Some versions of ``security`` print the text as hexadecimal digits.
    """
    command = ["/usr/bin/security", "find-generic-password", "-s", service]
    user = env.environ.get("USER", "") if user is None else user
    if user and not user.startswith("-"):
        command += ["-a", user]
    text = ((env.run or _run)([*command, "-w"]) or "").strip()
    try:
        return bytes.fromhex(text).decode() or None
    except ValueError:
        return text or None


def _run(command: Sequence[str]) -> str | None:
    import subprocess

    try:
        # An empty environment: a child needs none of the keys that ours may hold.
        done = subprocess.run(  # noqa: S603  # a fixed program by full path, no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False, env={}
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
