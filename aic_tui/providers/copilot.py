"""GitHub Copilot: the month's premium requests or credits, chat and completions, asked with a GitHub token.

Undocumented endpoint; rules as in open-source clients (steipete/CodexBar, onllm-dev/onWatch, robinebers/openusage),
2026-11. The answer's shapes are in ``copilot_quota``. A plain 403 says nothing about the token, so ``GET /user`` tells
a dead one from a closed door. What is billed is asked with personal access tokens only (``copilot_bill``).
"""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.models import Reading, Window
from aic_tui.providers.base import Ask, Field, Login, Provider, Reply, Request, reply_named
from aic_tui.providers.copilot_bill import Bill, bill_of, bill_request, may_ask_bill
from aic_tui.providers.copilot_quota import Quota, is_over, plan_name, says_no_quota, windows_of
from aic_tui.providers.github import api_url_of, github_refusal, user_name, user_request
from aic_tui.providers.refusals import complete
from aic_tui.providers.wire import read, shape_changed

_NO_SEAT_HINT = "GitHub knows no Copilot plan for this login; see github.com/settings/copilot."
_CLOSED_HINT = "Sign in here, or use a token of gh or of a Copilot plug-in."
_HINTS: dict[Reason | None, str] = {Reason.NO_SEAT: _NO_SEAT_HINT, Reason.SCOPE_MISSING: _CLOSED_HINT}
_OVER_NOTE = "More than the plan holds was used; the rest is billed extra."
_NO_QUOTA_NOTE = "GitHub tells no quota for this plan."
_BILL_ONLY_NOTE = "This token tells what was billed, and no quota."
_DOUBTFUL = frozenset({403, 404})
# Refusals of this endpoint alone, after which a personal access token may still tell the bill.
_OWN_DOOR = (Reason.NO_SEAT, Reason.SCOPE_MISSING)


def _plan(ask: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
    """The quota; where it is refused, whose the token is; last the bill, where this token may ask for it."""
    quota, user = reply_named(replies, "quota"), reply_named(replies, "user")
    if quota is None:
        return (Request("quota", "/copilot_internal/user", accept=_DOUBTFUL),)
    if quota.status >= 300:
        refusal = _refusal(ask, quota)
        is_final = refusal is not None and (refusal.reason not in _OWN_DOOR or not may_ask_bill(ask))
        if refusal is not None and is_final:
            raise refusal
        if user is None:
            return (user_request(),)
    bill = bill_request(ask, user_name((user or quota).data))
    return () if bill is None or reply_named(replies, "bill") else (bill,)


def _refusal(ask: Ask, reply: Reply) -> ProviderError | None:
    """What a refused quota means; None for a plain 403, which does not tell."""
    if reply.status == 404:
        error: ProviderError | None = ProviderError(FailureKind.FORBIDDEN, Reason.NO_SEAT)
    elif reply.data is None:
        error = ProviderError(FailureKind.BLOCKED_BY_GATEWAY)
    else:
        error = github_refusal(ask, reply)
    if error is not None:
        error.hint = _HINTS.get(error.reason)
        complete(error, reply, "", ask.now)
    return error


def _refuse(ask: Ask, reply: Reply) -> ProviderError | None:
    """A token that is refused even the question whose it is, is dead."""
    if reply.request.name == "user" and reply.status == 403:
        if reply.data is None:
            return ProviderError(FailureKind.BLOCKED_BY_GATEWAY)
        return github_refusal(ask, reply) or ProviderError(FailureKind.AUTH_NEEDED, Reason.TOKEN_INVALID)
    return github_refusal(ask, reply)


def _parse(ask: Ask, replies: Sequence[Reply]) -> Reading:
    reply = replies[0]
    bill = bill_of(ask, reply_named(replies, "bill"))
    if reply.status >= 300:
        return _without_quota(ask, replies, bill)
    quota = read(Quota, reply.data)
    windows = windows_of(quota, ask.now)
    if not windows and quota.can_signup_for_limited:
        raise ProviderError(FailureKind.FORBIDDEN, Reason.NO_SEAT, hint=_NO_SEAT_HINT, http_status=reply.status)
    if not windows and not says_no_quota(quota):
        raise shape_changed(reply.data)
    return Reading(
        account_name=quota.login or ask.login.account_name,
        plan=plan_name(quota),
        windows=windows,
        spends=bill.spends if bill else (),
        usage=bill.usage if bill else None,
        models=bill.models if bill else (),
        note=_note(quota, windows),
        named=True,
    )


def _without_quota(ask: Ask, replies: Sequence[Reply], bill: Bill | None) -> Reading:
    """The bill alone. Raises what the refusal of the quota means where there is none: the token itself is alive."""
    user = reply_named(replies, "user")
    if bill is None:
        refusal = _refusal(ask, replies[0])
        if refusal is None:
            refusal = ProviderError(FailureKind.FORBIDDEN, Reason.SCOPE_MISSING, hint=_CLOSED_HINT)
            complete(refusal, replies[0], "", ask.now)
        raise refusal
    used = Window("premium", "month", bill.unit, used=bill.quantity, resets_at=bill.until, window_seconds=bill.seconds)
    return Reading(
        account_name=user_name(user.data) if user else None,
        windows=(used,),
        spends=bill.spends,
        usage=bill.usage,
        models=bill.models,
        note=_BILL_ONLY_NOTE,
        named=True,
    )


def _note(quota: Quota, windows: Sequence[Window]) -> str | None:
    if not windows:
        return _NO_QUOTA_NOTE
    return _OVER_NOTE if is_over(quota) else None


COPILOT = Provider(
    id="copilot",
    name="GitHub Copilot",
    docs_url="https://docs.github.com/copilot/concepts/billing/copilot-requests",
    base_url="https://api.github.com",
    base_of=api_url_of,
    plan=_plan,
    parse=_parse,
    refuse=_refuse,
    env=("COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "COPILOT_TOKEN"),
    logins=(
        Login("gh", renew="gh auth login"),
        Login("copilot"),
        Login("opencode", entries=("github-copilot", "github-copilot-enterprise"), types=("oauth",), renew="opencode"),
    ),
    fields=(
        Field(
            "organization",
            "Organisation",
            "Its bill in place of your own; needs a personal access token of one of its owners.",
        ),
    ),
    key_shapes=("github_pat_", "gho_", "ghu_", "ghp_"),
    floor_seconds=120,
    interval_seconds=300,
    max_per_hour=30,
    setup_hint="Sign in with `aic-tui auth login github`, or with gh (gh auth login), whose login is read in place.",
    shows="month, chat, completions, bill",
    login="github",
)
