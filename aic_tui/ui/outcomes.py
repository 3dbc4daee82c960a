"""What a toast says after the user asked for fresh figures, and that there is never more than one such toast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.app import App
from textual.notifications import Notification

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
_SHORT = {
    "floor": "not yet",
    "recent": "just asked",
    "retry_after": "must wait",
    "parked": "needs you",
    "backoff": "waits",
    "claimed": "being asked",
    "offline": "no network",
    "disabled": "switched off",
}
_SECONDS = 4.0


class OutcomeNotification(Notification):
    """What became of a wish to refresh. The next one takes its place."""


def tell_outcome(app: App[Any], sentence: str) -> None:
    """A toast in place of the one before: a key that is held down leaves one toast and not thirty."""
    told = [one for one in app._notifications if isinstance(one, OutcomeNotification)]
    if any(one.message == sentence for one in told):
        return
    for one in told:
        app._unnotify(one, refresh=False)
    app._notifications.add(OutcomeNotification(sentence, timeout=_SECONDS, markup=False))
    app._refresh_notifications()


def outcome_words(outcomes: Sequence[Outcome], name: str | None, options: ViewOptions) -> str:
    """As :func:`outcomes_sentence`, in the few words that a toast over a strip has room for."""
    refused = [outcome for outcome in outcomes if not outcome.asked]
    if name is not None and outcomes:
        first = outcomes[0]
        if first.asked:
            return f"{name}: asking"
        if first.until is not None and first.until > options.now:
            return f"{name}: at {clock(first.until, options.now, options.zone)}"
        return f"{name}: {_SHORT.get(first.why or '', 'not now')}"
    return f"Asking {len(outcomes) - len(refused)} of {len(outcomes)}"


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
