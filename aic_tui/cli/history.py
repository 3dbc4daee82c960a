"""``history``: recorded points, oldest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from aic_tui.cli.context import Context
from aic_tui.cli.documents import history_document
from aic_tui.cli.loop import run
from aic_tui.errors import UserError
from aic_tui.format import MASK, is_money, money, percent, quantity
from aic_tui.models import AccountState, Point
from aic_tui.text import clean

_DATE = re.compile(r"(\d{4})(-?)(\d\d)\2(\d\d)")
_DEMO_SPAN = timedelta(days=7)


def history(context: Context) -> int:
    """``history``: both days are local and included; ``--limit`` keeps the newest points."""
    args, zone = context.args, context.zone
    since = day_start(args.since, zone) if args.since else None
    until = day_start(args.until, zone, days_later=1) - timedelta(microseconds=1) if args.until else None
    if since and until and since > until:
        raise UserError("--since is later than --until.")
    states, points = run(lambda: _demo_points(context, since)) if context.is_demo else _recorded(context, since, until)
    if until is not None:
        points = [point for point in points if point.at <= until]
    if args.limit is not None:
        points = points[-args.limit :]
    if context.as_json:
        context.document(history_document(points, states, context.terms))
    else:
        _print(context, points, states)
    return 0


def day_start(text: str, zone: tzinfo, days_later: int = 0) -> datetime:
    """The instant at which the local day ``YYYY-MM-DD`` or ``YYYYMMDD`` begins. Raises UserError."""
    match = _DATE.fullmatch(text) if text.isascii() else None
    try:
        if match is None:
            raise ValueError(text)
        day = date(int(match[1]), int(match[3]), int(match[4])) + timedelta(days=days_later)
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UserError(f"“{clean(text, 40)}” is no date. Write YYYY-MM-DD or YYYYMMDD.") from None


def _recorded(
    context: Context, since: datetime | None, until: datetime | None
) -> tuple[Sequence[AccountState], Sequence[Point]]:
    from aic_tui.store.store import Store

    account = context.args.account
    with Store.open(context.env) as store:
        states = store.states.load()
        points = store.history.points(account, None, since, until, context.args.limit)
        for notice in store.notices:
            context.say(notice)
    known = {state.account_id for state in states} | {entry.id for entry in context.config.accounts}
    if account is not None and not points and account not in known:
        raise UserError(f"There is no account “{clean(account, 60)}”. Known: {', '.join(sorted(known)) or 'none'}.")
    return states, points


async def _demo_points(context: Context, since: datetime | None) -> tuple[Sequence[AccountState], Sequence[Point]]:
    monitor = context.open_monitor()
    states = [state for state in monitor.states() if context.args.account in (None, state.account_id)]
    found = [
        point
        for state in states
        for point in await monitor.points(state.account_id, since or context.env.now() - _DEMO_SPAN)
    ]
    return states, sorted(found, key=lambda point: point.at)


def _print(context: Context, points: Sequence[Point], states: Sequence[AccountState]) -> None:
    units = {
        (state.account_id, window.id): window.unit
        for state in states
        for window in (state.reading.windows if state.reading else ())
    }
    hidden = context.config.settings.privacy
    rows = []
    for point in points:
        unit = units.get((point.account_id, point.window_id), _own_unit(point.window_id))
        rows.append(
            (
                f"{point.at.astimezone(context.zone):%Y-%m-%d %H:%M}",
                point.account_id,
                point.window_id,
                percent(point.ratio) if point.ratio is not None else "",
                _amount(point, unit, hidden),
            )
        )
    if rows:
        context.table(("at", "account", "window", "used", "amount"), rows)
    else:
        context.say("Nothing is recorded for that; `aic-tui refresh` records.")


def _own_unit(window_id: str) -> str:
    """Spend in another currency than USD has it in its id: ``cost:today:EUR``."""
    return window_id.rpartition(":")[2].lower() if window_id.startswith("cost:") else ""


def _amount(point: Point, unit: str, hidden: bool) -> str:
    currency = point.window_id.split(":")[1] if point.window_id.startswith("balance:") else "USD"
    for value in (point.balance, point.cost_usd):
        if value is not None:
            return MASK if hidden else money(value, currency)
    if point.used is None:
        return ""
    if hidden and (not unit or is_money(unit)):
        return MASK
    limit = f" of {quantity(point.limit, unit)}" if point.limit is not None else ""
    return quantity(point.used, unit) + limit
