"""``accounts`` and ``config move-key``: what the accounts screen does."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from aic_tui.cli.confirm import confirm
from aic_tui.cli.context import Context
from aic_tui.cli.documents import Document, instant
from aic_tui.cli.loop import run
from aic_tui.config.settings import Account
from aic_tui.config.tables import is_reference
from aic_tui.errors import UserError
from aic_tui.format import failure_sentence, masked
from aic_tui.redact import holds_key, redact
from aic_tui.services.editing import AccountRow, ConflictError, ConsentNeededError, Draft, KeyStore, Plan, Trial
from aic_tui.text import clean

if TYPE_CHECKING:
    from aic_tui.providers.base import Provider
    from aic_tui.services.editor import LiveEditor

T = TypeVar("T")

_FORGET_SECONDS = 4.0
_STORES = {"keyring": KeyStore.KEYRING, "file": KeyStore.FILE}
_NO_KEY_HERE = (
    "A key on the command line is seen by others. Give --key env:NAME, discovered:TOOL, or keyring or file, which read"
    " the key from standard input. If that was a key, replace it at its provider."
)


def listing(context: Context) -> int:
    """``accounts list``: every account in its order, disabled and hidden ones included."""
    rows = [] if context.is_demo else _run(context, lambda editor: editor.rows())
    if context.as_json:
        context.document({"accounts": [_document(context, row) for row in rows]})
        return 0
    if not rows:
        context.say("No accounts yet; `aic-tui accounts add PROVIDER` adds one.")
        return 0
    table = [
        (
            row.account.id,
            row.provider_name,
            masked(row.account.name, context.terms.privacy) or "–",
            "yes" if row.account.enabled else "no",
            row.account.key or row.store,
            row.problem or _place(context, row.origin),
        )
        for row in rows
    ]
    context.table(("id", "provider", "name", "enabled", "key", "origin"), table)
    return 0


def add(context: Context) -> int:
    """``accounts add PROVIDER``: a key for keyring or file is read from standard input."""
    from aic_tui.providers.registry import get_provider

    _refuse_keys(context)
    provider = get_provider(context.args.provider)
    if provider.needs_consent and (context.args.key or "").startswith("discovered:"):
        context.say(provider.needs_consent)

    async def work(editor: LiveEditor) -> int:
        account = Account(
            id=context.args.id or editor.suggest_id(provider.id),
            provider_id=provider.id,
            name=context.args.name,
            key=context.args.key,
            base_url=context.args.base_url,
            fields=_fields(context, provider),
        )
        draft = Draft(account, store=_STORES.get(account.key or "", KeyStore.NONE))
        plan = editor.plan_add(draft)  # before the key is asked for: what is wrong is told first
        if draft.store is not KeyStore.NONE:
            draft = _with_key(context, draft, provider)
        await _save_with_key(context, editor, plan, draft)
        return 0

    return _run(context, work)


def remove(context: Context) -> int:
    """``accounts remove ID``: asks on a terminal; ``--yes`` does not."""

    async def work(editor: LiveEditor) -> int:
        plan = editor.plan_remove(context.args.account)
        if not context.args.yes:
            confirm(context, f"Remove {context.args.account} and its stored key?")
        await _save(context, editor, plan)
        return 0

    return _run(context, work)


def enable(context: Context) -> int:
    """``accounts enable ID``."""
    return _run(context, lambda editor: _switch(context, editor, enabled=True))


def disable(context: Context) -> int:
    """``accounts disable ID``: it is kept and never asked."""
    return _run(context, lambda editor: _switch(context, editor, enabled=False))


def test(context: Context) -> int:
    """``accounts test ID``: one question to its provider; 0 when the key works, else 1 and the reason."""

    async def work(editor: LiveEditor) -> tuple[AccountRow, Trial]:
        rows = await editor.rows()
        row = next((row for row in rows if row.account.id == context.args.account), None)
        if row is None:
            known = ", ".join(row.account.id for row in rows) or "none"
            raise UserError(f"There is no account “{_harmless(context.args.account)}”. Known: {known}.")
        return row, await editor.try_out(Draft(row.account, store=row.store))

    row, trial = _run(context, work)
    message = None if trial.failure is None else failure_sentence(trial.failure, context.zone, context.env.now())
    if context.as_json:
        failure = trial.failure
        context.document(
            {
                "account_id": row.account.id,
                "provider_id": row.account.provider_id,
                "works": trial.works,
                "origin": trial.origin or None,
                "at": instant(trial.at),
                "error": failure and {"kind": failure.kind, "message": message, "retry_at": instant(failure.retry_at)},
            }
        )
    else:
        told = message or (trial.reading.note if trial.reading else None) or "the key works"
        context.write(f"{row.account.id}: {told}\n")
    return 0 if trial.works else 1


def move_key(context: Context) -> int:
    """``config move-key ACCOUNT --store keyring|file``: ``file`` is the consent to a file."""
    to, account = _STORES[context.args.store], context.args.account

    async def work(editor: LiveEditor) -> int:
        plan = editor.plan_move_key(account, to)
        if not plan.diff:
            context.say(f"{account}: its key is in the {to} already.")
            return 0
        try:
            await editor.move_secret(account, to, plan=plan, file_consent=True)
        except ConflictError as error:
            await editor.move_secret(account, to, plan=error.theirs, file_consent=True)
        where = f"{context.env.paths.secrets_file}, mode 0600, not encrypted" if to is KeyStore.FILE else "the keyring"
        context.say(f"{plan.title}: it is in {where}.")
        return 0

    return _run(context, work)


def _run(context: Context, work: Callable[[LiveEditor], Awaitable[T]]) -> T:
    """What ``work`` gives, with the real accounts open around it."""
    if context.is_demo:
        raise UserError("The demonstration has no accounts to edit.")

    async def opened() -> T:
        from aic_tui.services.live import LiveMonitor

        monitor = LiveMonitor.open(context.env, context.flags)
        told = set(monitor.notices)
        try:
            editor = monitor.editor
            if not sys.stdin.isatty():
                editor.hurry()
            result = await work(editor)
            await editor.forget_removed(_FORGET_SECONDS)
            return result
        finally:
            for notice in monitor.notices:  # such as: the key file was open to others
                if notice not in told:
                    context.say(notice)
            await monitor.aclose()

    return run(opened)


async def _switch(context: Context, editor: LiveEditor, *, enabled: bool) -> int:
    await _save(context, editor, editor.plan_enable(context.args.account, enabled=enabled))
    return 0


async def _save_with_key(context: Context, editor: LiveEditor, plan: Plan, draft: Draft) -> None:
    try:
        await _save(context, editor, plan, draft, consent=draft.store is KeyStore.FILE)
    except ConsentNeededError as error:
        if not sys.stdin.isatty():
            raise UserError(f"{error.why} `--key file` keeps it in {error.path}, mode 0600.") from None
        context.say(error.why)
        confirm(context, f"Keep it in {error.path} (mode 0600, not encrypted)?")
        await _save(context, editor, plan, draft, consent=True)


async def _save(
    context: Context, editor: LiveEditor, plan: Plan, draft: Draft | None = None, *, consent: bool = False
) -> None:
    try:
        await editor.save(plan, draft, file_consent=consent)
    except ConflictError as error:
        await editor.save(error.theirs, draft, file_consent=consent)
    context.say(f"{plan.title}." if plan.diff else f"{context.args.account}: nothing to change.")


def _with_key(context: Context, draft: Draft, provider: Provider) -> Draft:
    from aic_tui.cli.keys import typed_or_piped
    from aic_tui.services.key_text import foreign_owner, read_key

    text = read_key(typed_or_piped(context, f"Key of {draft.account.id} ({provider.name}): "))
    for notice in text.notices:
        context.say(notice)
    owner = foreign_owner(text.secret.get_secret_value(), provider)
    if owner is not None:
        context.say(f"This looks like a key of {owner.name}, not of {provider.name}. It is stored all the same.")
    return replace(draft, secret=text.secret)


def _refuse_keys(context: Context) -> None:
    args = context.args
    if args.key is not None and not is_reference(args.key):
        raise UserError(_NO_KEY_HERE)
    if any(holds_key(text) for text in (args.id, args.name, args.base_url, args.key, *args.set) if text):
        raise UserError(_NO_KEY_HERE)


def _fields(context: Context, provider: Provider) -> dict[str, str]:
    known = [part.name for part in provider.fields]
    fields = {}
    for text in context.args.set:
        name, sign, value = text.partition("=")
        if not sign or name not in known:
            named = ", ".join(known) or "none"
            raise UserError(f"--set takes FIELD=VALUE. Fields of {provider.id}: {named}.")
        fields[name] = clean(value, 2000)
    return fields


def _document(context: Context, row: AccountRow) -> Document:
    account = row.account
    return {
        "id": account.id,
        "provider_id": account.provider_id,
        "name": masked(account.name, context.terms.privacy),
        "enabled": account.enabled,
        "key": account.key,
        "origin": _place(context, row.origin) or None,
        "provider_name": row.provider_name,
        "store": row.store,
        "base_url": account.base_url and redact(account.base_url),
        "pinned": account.pinned,
        "hidden": account.hidden,
        "problem": row.problem,
    }


def _place(context: Context, origin: str) -> str:
    """The exact place; under privacy the home directory, which has the user's name in it, is ``~``."""
    home = str(context.env.home)
    private = context.terms.privacy and len(home) > 1
    return f"~{origin.removeprefix(home)}" if private and origin.startswith(home) else origin


def _harmless(name: str) -> str:
    return clean(redact(name), 80)
