"""``usage``, ``refresh`` and ``--once``: the accounts as they stand, as a document or as the plain dashboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum

from aic_tui.cli.context import Context
from aic_tui.cli.documents import usage_document
from aic_tui.cli.loop import run
from aic_tui.config.settings import Account
from aic_tui.errors import UserError
from aic_tui.format import clock
from aic_tui.models import AccountState
from aic_tui.providers.registry import get_provider, provider_ids
from aic_tui.services.first_state import first_state
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
    "not_saving": "a request could not be remembered, so only your own wish may ask",
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
    return run(lambda: _usage(context, wanted, Ask.AS_WISHED if context.args.refresh else Ask.NOBODY))


def refresh(context: Context) -> int:
    """``refresh``: ask, store and print; ``--due`` only whom may be asked without a user's wish."""
    return run(lambda: _usage(context, lambda states: states, Ask.DUE if context.args.due else Ask.AS_WISHED))


def once(context: Context) -> int:
    """``--once``, and the dashboard where there is no terminal."""
    return run(lambda: _usage(context, lambda states: states, Ask.NOBODY))


Selection = Callable[[Sequence[AccountState]], Sequence[AccountState]]


class Ask(StrEnum):
    """Whether the providers are asked before printing, and whom."""

    NOBODY = "nobody"
    AS_WISHED = "as_wished"
    DUE = "due"


async def _usage(context: Context, wanted: Selection, ask: Ask) -> int:
    if ask is not Ask.NOBODY and not context.is_demo:
        _refuse_broken(context)
    monitor = context.open_monitor()
    try:
        if ask is not Ask.NOBODY:
            await _load(monitor)
            chosen = wanted(monitor.states())
            ids = [state.account_id for state in chosen]
            _tell(context, await _refresh(monitor, ids, ask), chosen)
            states = [state for state in monitor.states() if state.account_id in ids]
        else:
            states = list(wanted(monitor.states() if monitor.is_demo else _complete(context, monitor)))
        for notice in monitor.notices:
            context.say(notice)
        if context.as_json:
            context.document(usage_document(states, context.terms))
        else:
            await _print(context, monitor, states)
    finally:
        await monitor.aclose()
    return 0


def _refuse_broken(context: Context) -> None:
    """Raise UserError where config.toml cannot be read: it may have turned accounts off, so nobody may be asked."""
    if context.config.broken:
        why = next((problem.sentence for problem in context.config.problems), "config.toml cannot be read.")
        raise UserError(f"{why} Nobody was asked.")


async def _load(monitor: Monitor) -> None:
    if not monitor.is_demo:
        from aic_tui.services.live import LiveMonitor

        assert isinstance(monitor, LiveMonitor)  # noqa: S101 - there are two kinds of monitor
        await monitor.load()


async def _refresh(monitor: Monitor, ids: list[str], ask: Ask) -> Sequence[Outcome]:
    if monitor.is_demo or ask is Ask.AS_WISHED:
        return await monitor.refresh(ids)
    from aic_tui.services.live import LiveMonitor

    assert isinstance(monitor, LiveMonitor)  # noqa: S101 - as above
    return await monitor.refresh_once(ids, due_only=True)


def _complete(context: Context, monitor: Monitor) -> list[AccountState]:
    """The states of the database, and an empty one for each account that is in force but was never asked.

    The monitor's own list is completed by its ``load``, which also brings in the network; a verb that only prints
    need not wait for that.
    """
    from aic_tui.services.accounts import effective_accounts

    known = {state.account_id: state for state in monitor.states()}
    if context.config.broken:
        return list(known.values())
    accounts = [a for a in effective_accounts(context.config, context.env) if a.enabled and not a.hidden]
    return [first_state(a, _name_of(a, known.get(a.id)), known.get(a.id), accounts) for a in accounts]


def _name_of(account: Account, known: AccountState | None) -> str:
    """The provider's name, from its file only where no earlier run has told it: that is slow to load."""
    if known is None or known.provider_id != account.provider_id or known.provider_name == known.provider_id:
        return get_provider(account.provider_id).name
    return known.provider_name


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

    options = context.view
    since = options.now - _GRAPH_SPAN
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
