"""``usage``, ``refresh`` and ``--once``: the accounts as they stand, as a document or as the plain dashboard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from aic_tui.cli.context import Context
from aic_tui.cli.documents import usage_document
from aic_tui.cli.loop import run
from aic_tui.errors import UserError
from aic_tui.format import clock
from aic_tui.models import AccountState
from aic_tui.providers.registry import provider_ids
from aic_tui.services.monitor import Monitor, Outcome
from aic_tui.text import clean

_WHY = {
    "floor": "asked recently",
    "recent": "asked a moment ago",
    "retry_after": "the provider asked for a pause",
    "parked": "waits for a new key or login",
    "backoff": "pauses after failures",
    "claimed": "another instance is asking",
    "offline": "this machine is offline",
    "disabled": "disabled",
}
_GRAPH_SPAN = timedelta(hours=24)
_NO_ACCOUNTS = """No accounts yet. Keys in the environment and logins of other tools become accounts:
  aic-tui discover --accept  takes what is on this machine
  aic-tui doctor             lists every place that was looked at
  aic-tui --demo             shows invented accounts
"""


def usage(context: Context) -> int:
    """``usage``: the last known state; ``--refresh`` asks first, as key ``r`` does."""
    wanted = _selection(context)
    return run(lambda: _usage(context, wanted, ask=_manual if context.args.refresh else None))


def refresh(context: Context) -> int:
    """``refresh``: ask, store and print; ``--due`` only whom may be asked without a user's wish."""
    return run(lambda: _usage(context, lambda states: states, ask=_due if context.args.due else _manual))


def once(context: Context) -> int:
    """``--once``, and the dashboard where there is no terminal."""
    return run(lambda: _usage(context, lambda states: states, ask=None))


Selection = Callable[[Sequence[AccountState]], Sequence[AccountState]]
Ask = Callable[[Monitor, list[str]], Awaitable[Sequence[Outcome]]]


async def _usage(context: Context, wanted: Selection, ask: Ask | None) -> int:
    monitor = context.open_monitor()
    try:
        chosen = wanted(monitor.states())
        if ask is not None:
            ids = [state.account_id for state in chosen]
            _tell(context, await ask(monitor, ids), chosen)
            chosen = [state for state in monitor.states() if state.account_id in ids]
        for notice in monitor.notices:
            context.say(notice)
        if context.as_json:
            context.document(usage_document(chosen, context.terms))
        else:
            await _print(context, monitor, chosen)
    finally:
        await monitor.aclose()
    return 0


async def _manual(monitor: Monitor, ids: list[str]) -> Sequence[Outcome]:
    return await monitor.refresh(ids)


async def _due(monitor: Monitor, ids: list[str]) -> Sequence[Outcome]:
    return await monitor.refresh(ids)


def _tell(context: Context, outcomes: Sequence[Outcome], states: Sequence[AccountState]) -> None:
    """Say whom it was too early to ask, and until when."""
    labels = {state.account_id: state.label for state in states}
    now = context.env.now()
    for outcome in outcomes:
        if not outcome.asked:
            until = f", not before {clock(outcome.until, now, context.zone)}" if outcome.until else ""
            name = labels.get(outcome.account_id, outcome.account_id)
            context.say(f"{name}: not asked, {_WHY.get(outcome.why or '', 'not now')}{until}")


async def _print(context: Context, monitor: Monitor, states: Sequence[AccountState]) -> None:
    from aic_tui.view.plain import plain_dashboard
    from aic_tui.view.spans import ViewOptions

    settings, terms = context.config.settings, context.terms
    options = ViewOptions(
        now=terms.now,
        zone=terms.zone,
        show="left" if settings.show == "left" else "used",
        privacy=terms.privacy,
        ascii=context.ascii_only,
        warn_percent=terms.warn_percent,
    )
    since = terms.now - _GRAPH_SPAN
    points = {state.account_id: await monitor.points(state.account_id, since) for state in states}
    badges = ["demo"] if monitor.is_demo else []
    context.write(plain_dashboard(states, options, context.page_width, points, badges))
    if not states:
        context.write(_NO_ACCOUNTS)


def _selection(context: Context) -> Selection:
    """The filter of ``--provider`` and ``--account``. An unknown id is a mistake worth exit code 2."""
    provider, account = context.args.provider, context.args.account

    def select(states: Sequence[AccountState]) -> Sequence[AccountState]:
        ids = [state.account_id for state in states]
        if account is not None and account not in ids:
            raise UserError(f"There is no account “{clean(account, 60)}”. Known: {', '.join(ids) or 'none'}.")
        providers = {*provider_ids(), *(state.provider_id for state in states)}
        if provider is not None and provider not in providers:
            raise UserError(f"There is no provider “{clean(provider, 60)}”. `aic-tui providers list` names them.")
        return [s for s in states if account in (None, s.account_id) and provider in (None, s.provider_id)]

    return select
