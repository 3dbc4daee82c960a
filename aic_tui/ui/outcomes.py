"""What a toast says after the user asked for fresh figures."""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui.format import clock
from aic_tui.services.monitor import Outcome
from aic_tui.view.spans import ViewOptions

_WHY = {
    "floor": "asked as often as its provider allows",
    "recent": "asked a moment ago",
    "retry_after": "its provider said to wait",
    "parked": "waits for you: its key or login needs a look",
    "backoff": "waits after failures",
    "claimed": "another window is asking just now",
    "offline": "there is no network",
    "disabled": "switched off",
    "not_saving": "its last request is not known, because nothing can be saved",
}


def outcomes_sentence(outcomes: Sequence[Outcome], name: str | None, options: ViewOptions) -> str:
    """One sentence for the outcome of a wish to refresh. ``name`` is the account's when only one was meant."""
    refused = [outcome for outcome in outcomes if not outcome.asked]
    asked = len(outcomes) - len(refused)
    if name is not None and outcomes:
        return _one(outcomes[0], name, options)
    if not refused:
        return f"Asking {_accounts(asked)}." if asked else "There is no account to ask."
    later = min((outcome.until for outcome in refused if outcome.until is not None), default=None)
    when = f", the first again at {clock(later, options.now, options.zone)}" if later else ""
    if not asked:
        return f"None of {_accounts(len(refused))} may be asked now{when}."
    return f"Asking {_accounts(asked)}; {len(refused)} may not be asked now{when}."


def _one(outcome: Outcome, name: str, options: ViewOptions) -> str:
    if outcome.asked:
        return f"Asking {name}."
    why = _WHY.get(outcome.why or "", "may not be asked now")
    if outcome.until is None or outcome.until <= options.now:
        return f"{name}: {why}."
    return f"{name} may be asked again at {clock(outcome.until, options.now, options.zone)}: {why}."


def _accounts(count: int) -> str:
    return "1 account" if count == 1 else f"{count} accounts"
