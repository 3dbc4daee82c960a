"""The time zone of everything on show, as a real zone with a name and with its summer time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo


def zone_of(setting: str, environ: Mapping[str, str]) -> tzinfo:
    """The zone that ``setting`` names; for ``local`` that of ``TZ`` or of the system.

    A zone that cannot be found gives the system's present offset, which is right until its next change.
    """
    names = [environ.get("TZ", "").removeprefix(":"), _system_name()] if setting == "local" else [setting]
    for name in names:
        try:
            if name:
                return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            continue
    return datetime.now().astimezone().tzinfo or ZoneInfo("UTC")


def name_of(zone: tzinfo) -> str:
    """What :func:`zone_named` makes the same zone of, in another process too."""
    if isinstance(zone, ZoneInfo) and zone.key:
        return zone.key
    offset = zone.utcoffset(datetime(2026, 1, 1))  # noqa: DTZ001  # a fixed offset, or as good as one
    return f"{offset.total_seconds() if offset else 0:+.0f}"


def zone_named(name: str) -> tzinfo:
    """The zone that :func:`name_of` named; UTC where it cannot be found."""
    try:
        if name.startswith(("+", "-")):
            return timezone(timedelta(seconds=int(name)))
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _system_name() -> str | None:
    """The name behind ``/etc/localtime`` or in ``/etc/timezone``, None where the system has neither."""
    try:
        target = str(Path("/etc/localtime").resolve())
        if "/zoneinfo/" in target:
            return target.rsplit("/zoneinfo/", 1)[1]
        return Path("/etc/timezone").read_text(encoding="ascii").strip() or None
    except (OSError, ValueError):
        return None
