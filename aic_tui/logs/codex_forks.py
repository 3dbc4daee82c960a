"""What a forked session copied from its parent: how much of its beginning is no usage of its own.

A fork's or a sub-agent's rollout may begin with the parent's events, stamped anew or not, or with a counter of its
own. Only the parent's file tells; where it is gone, what was written within a second of the fork was copied: no
model answers that fast.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aic_tui.logs.base import View
from aic_tui.logs.codex_lines import LINE, Event, event_of, wanted_lines
from aic_tui.logs.lines import UNDECODABLE
from aic_tui.logs.read_file import TooLarge, open_regular, read_whole
from aic_tui.logs.times import milliseconds

LIVE, ARCHIVED = "sessions", "archived_sessions"
_AT_ONCE_MS = 1000
_LARGEST = 1 << 30


class Copied:
    """The beginning of one fork, event by event. ``matched`` is how many events of its parent were passed, None
    before the first; it and ``over`` are kept between readings.
    """

    def __init__(self, view: View, parent: str, forked: int | None, matched: int | None) -> None:
        self._forked = forked
        self.over = False
        self.matched = matched
        data = _parent(view, parent)
        self._events = None if data is None else events(data, forked)
        for _ in range(matched or 0):
            if self._events is None or next(self._events, None) is None:
                break

    def has(self, event: Event, ts: int) -> bool:
        """Whether the next event of the fork is a copy. After the first that is none, nothing is."""
        if not self.over:
            self.over = not (self._is_recent(ts) if self._events is None else self._is_next(event, self._events))
        return not self.over

    def _is_recent(self, ts: int) -> bool:
        return self._forked is not None and ts <= self._forked + _AT_ONCE_MS

    def _is_next(self, event: Event, parents: Iterator[Event]) -> bool:
        passed = self.matched or 0
        for theirs in parents:
            passed += 1
            if theirs == event:
                self.matched = passed
                return True
            # Only some last turns of the parent may have been copied; a counter that begins anew shows that none were.
            if self.matched is not None or event.total is None or event.total == event.last:
                return False
        return False


def events(data: bytes, until: int | None) -> Iterator[Event]:
    """The events of a rollout that count, up to an instant: what came later was never copied."""
    total = None
    for text in wanted_lines(data):
        if b"token_count" not in text:
            continue
        try:
            line = LINE.decode(text)
        except UNDECODABLE:
            continue
        event = event_of(line)
        ts = milliseconds(line.timestamp)
        if event is None or ts is None:
            continue
        if until is not None and ts > until:
            return
        if event.total is not None:
            if event.total == total:
                continue
            total = event.total
        yield event


def session_name(relative: str) -> str:
    """A session's id: its path below the place without the extension."""
    return relative.removesuffix(".jsonl")


def place_of(view: View) -> Path:
    """The root that ``view`` was found below."""
    return Path(*view.path.parts[: len(view.path.parts) - view.relative.count("/") - 1])


def _parent(view: View, session: str) -> bytes | None:
    for relative in view.others():
        if is_of(relative, session):
            return view.beside(relative)
    root = place_of(view)
    for path in _elsewhere(root, session):
        try:
            descriptor = open_regular(str(path), is_link=True)
        except (OSError, ValueError):
            continue
        try:
            return read_whole(descriptor, _LARGEST)
        except (OSError, TooLarge):
            continue
        finally:
            os.close(descriptor)
    return None


def is_of(path: str, session: str) -> bool:
    """Whether a file is the rollout of a session, by its name."""
    stem = path.rpartition("/")[2].removesuffix(".jsonl")
    return stem == session or stem.endswith("-" + session)


def _elsewhere(root: Path, session: str) -> Iterator[Path]:
    """Where a session may be that is archived while the fork is not, or the other way round."""
    folders: list[Path] = []
    if root.name == LIVE:
        folders = [root.parent / ARCHIVED]
    elif root.name == ARCHIVED:
        # An id of version 7 begins with its time; the folders are named by the local date.
        began = _uuid_time(session)
        days = [began + timedelta(days=shift) for shift in (0, -1, 1)] if began else []
        folders = [root.parent / LIVE / day.strftime("%Y/%m/%d") for day in days]
    for folder in folders:
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208  # only names are needed
        except (OSError, ValueError):
            continue
        yield from (folder / name for name in names if name.endswith(".jsonl") and is_of(name, session))


def _uuid_time(session: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(session.replace("-", "")[:12], 16) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
