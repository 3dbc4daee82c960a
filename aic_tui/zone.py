"""The zone that times are shown in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo


class SystemZone(tzinfo):
    """The machine's own zone with its summer time, also where its name is not known (Windows, /etc/localtime)."""

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        return None if at is None else at.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, at: datetime | None) -> timedelta | None:
        return None

    def tzname(self, at: datetime | None) -> str | None:
        return None if at is None else at.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, at: datetime) -> datetime:
        local = at.replace(tzinfo=UTC).astimezone()
        first = local.replace(tzinfo=None, fold=0)  # the hour that comes twice is told apart by ``fold``
        return local.replace(tzinfo=self, fold=int(first.astimezone().utcoffset() != local.utcoffset()))


def zone_named(name: str, environ: Mapping[str, str]) -> tzinfo:
    """The zone for the setting ``timezone``: ``local`` (``TZ``, else the system's), or an IANA name.

    A name that is not known means local: a wrong setting is reported where it is read, and must not stop a screen.
    """
    for candidate in (name if name != "local" else "", environ.get("TZ", "").removeprefix(":")):
        if candidate and not candidate.startswith("/"):
            try:
                return ZoneInfo(candidate)
            except (KeyError, ValueError, OSError):
                continue
    return SystemZone()
