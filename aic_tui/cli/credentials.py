"""``providers list`` and ``discover``: what is supported, and what is on this machine for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aic_tui.cli.context import Context
from aic_tui.cli.documents import Document
from aic_tui.cli.loop import run
from aic_tui.providers.base import Provider
from aic_tui.services.monitor import Found


def providers(context: Context) -> int:
    """``providers list``: every provider, how it is asked, and whether an account uses it."""
    from aic_tui.providers.registry import all_providers

    configured = _configured(context)
    known = all_providers()
    if context.as_json:
        context.document({"providers": [_provider_row(p, p.id in configured) for p in known]})
        return 0
    rows = [(p.id, p.name, _auth(p), ", ".join(p.env), "yes" if p.id in configured else "no") for p in known]
    context.table(("id", "name", "auth", "variables", "configured"), rows)
    return 0


def discover(context: Context) -> int:
    """``discover``: each credential found, masked, with its exact origin; ``--accept`` makes accounts of them."""
    findings = _findings(context)
    if context.args.accept and not context.is_demo:
        findings = _accept(context, findings)
    if context.as_json:
        context.document({"credentials": [_credential_row(context, found) for found in findings]})
        return 0
    if not findings:
        context.say("No credential was found; `aic-tui doctor` tells where it was looked.")
        return 0
    rows = [
        (f.provider_name, f.source, f.masked, _place(context, f.origin), "yes" if f.accepted else "no", f.problem or "")
        for f in findings
    ]
    context.table(("provider", "source", "key", "origin", "accepted", "problem"), rows)
    if not context.args.accept and not all(found.accepted for found in findings):
        context.say("`aic-tui discover --accept` adds them as accounts.")
    return 0


def _configured(context: Context) -> set[str]:
    if context.is_demo:
        return {state.provider_id for state in context.open_monitor().states()}
    from aic_tui.services.accounts import effective_accounts

    accounts = effective_accounts(context.config, context.env)
    return {account.provider_id for account in accounts if account.enabled}


def _findings(context: Context) -> Sequence[Found]:
    if context.is_demo:
        return run(lambda: context.open_monitor().findings())
    from aic_tui.services.accounts import effective_accounts
    from aic_tui.services.discovery import discover as look

    return look(context.env, effective_accounts(context.config, context.env))


def _accept(context: Context, findings: Sequence[Found]) -> Sequence[Found]:
    """Write the new ones as accounts; what a provider wants said before is said."""
    from aic_tui.services.accounts import accept, effective_accounts
    from aic_tui.services.discovery import discover as look

    fresh = [found for found in findings if not found.accepted]
    if not findings:
        return findings
    if not fresh and context.config.has_accounts:
        context.say("Nothing new: every credential found is in use.")
        return findings
    for sentence in dict.fromkeys(found.consent for found in fresh if found.consent):
        context.say(sentence)
    before = {account.id for account in context.config.accounts}
    accounts = effective_accounts(accept(context.env, fresh, context.flags), context.env)
    for account in accounts:
        if account.id not in before:
            context.say(f"Added: {account.id} ({account.key})")
    return look(context.env, accounts)


def _provider_row(provider: Provider, configured: bool) -> Document:
    return {
        "id": provider.id,
        "name": provider.name,
        "auth": _auth(provider),
        "env": list(provider.env),
        "configured": configured,
        "logins": _unique(login.tool for login in provider.logins),
        "docs_url": provider.docs_url,
        "floor_seconds": provider.floor_seconds,
        "setup_hint": provider.setup_hint or None,
        "shows": provider.shows or None,
    }


def _auth(provider: Provider) -> str:
    """``key``, ``login`` (of another tool) or ``key or login``."""
    kinds = [word for word, there in (("key", provider.env), ("login", provider.logins)) if there]
    return " or ".join(kinds) or "key"


def _credential_row(context: Context, found: Found) -> Document:
    return {
        "provider_id": found.provider_id,
        "source": found.source,
        "origin": _place(context, found.origin),
        "masked": found.masked,
        "accepted": found.accepted,
        "provider_name": found.provider_name,
        "account_id": found.account_id,
        "needs_confirmation": found.needs_confirmation,
        "problem": found.problem,
    }


def _place(context: Context, origin: str) -> str:
    """The exact place; under privacy the home directory, which has the user's name in it, is ``~``."""
    home = str(context.env.home)
    private = context.config.settings.privacy and len(home) > 1
    return f"~{origin.removeprefix(home)}" if private and origin.startswith(home) else origin


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
