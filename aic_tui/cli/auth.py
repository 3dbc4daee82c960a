"""``auth``: sign in to GitHub by device flow without the dashboard, see who is signed in, and sign out."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from aic_tui.cli.auth_words import Narrator, login_document, place, status_document, status_row
from aic_tui.cli.confirm import confirm
from aic_tui.cli.context import Context
from aic_tui.cli.loop import run
from aic_tui.config.tables import ACCOUNT_ID
from aic_tui.errors import ProviderError, Reason, UserError
from aic_tui.format import failure_sentence, masked
from aic_tui.services.signing_in import AuthStatus, LoginState, LoginTarget, Stage
from aic_tui.text import clean
from aic_tui.view import login_words as words

if TYPE_CHECKING:
    from aic_tui.services.github_login import GitHubSignIn
    from aic_tui.services.live import LiveMonitor

T = TypeVar("T")

_ABSENT = (Reason.KEYRING_MISSING, Reason.KEYRING_NULL, Reason.KEYRING_UNSAFE)


def login(context: Context) -> int:
    """``auth login``: 0 when signed in (also when it was before), 1 when the login ended otherwise."""

    async def work(monitor: LiveMonitor) -> int:
        sign_in = monitor.sign_in
        target = await _target(context, sign_in)
        if target.source is not None and not target.token_invalid and not context.args.force:
            return await _signed_in_already(context, sign_in, target)
        await _refuse_early(context, sign_in)
        store = context.args.store
        under_way = sign_in.begin(target, store=store, file_consent=store == "file")
        narrator = Narrator(context)
        narrator.announce(under_way.state)
        under_way.subscribe(narrator)
        state = await under_way.run()
        if state.stage is Stage.CONSENT:
            state = await under_way.consent(yes=_may_go_to_file(context, state))
        return _tell(context, monitor, state)

    return _run(context, work)


def status(context: Context) -> int:
    """``auth status``: from what is on this machine; 0 whoever is signed in."""
    found = [] if context.is_demo else _run(context, lambda monitor: monitor.sign_in.status())
    if context.args.account is not None:
        found = [one for one in found if one.account_id == context.args.account]
        if not found:
            raise UserError(f"There is no account “{clean(context.args.account, 60)}” that signs in at GitHub.")
    store, anyone = context.args.store, bool(found)
    if store is not None:
        found = [one for one in found if one.source == store]
    if context.as_json:
        context.document(status_document(context, found, _main(found)))
        return 0
    if not found:
        kept = f"No account keeps its token in {words.store_words(store).partition(',')[0]}."
        context.say(kept if anyone else "No account signs in at GitHub yet; `aic-tui auth login` makes one.")
        return 0
    table = [
        (
            one.account_id,
            words.host_words(one.host, context.view),
            "yes" if one.is_authenticated else "no",
            masked(one.username, context.terms.privacy) or "–",
            words.source_words(one.source) if one.source else "–",
            one.problem or place(context, one.origin) or "",
        )
        for one in found
    ]
    context.table(("account", "host", "signed in", "user", "token", "origin"), table)
    return 0


def logout(context: Context) -> int:
    """``auth logout``: the token is erased wherever we keep it, or in ``--store`` only; what others keep is theirs.

    Asks on a terminal; ``--yes`` does not.
    """
    store = context.args.store

    async def work(monitor: LiveMonitor) -> tuple[AuthStatus, Sequence[str], AuthStatus]:
        before = _only(context, await monitor.sign_in.status())
        held = await monitor.sign_in.held(before.account_id, store=store)
        if held and not context.args.yes:
            confirm(context, f"Erase the token of {before.account_id} from {_places(held)}?")
        erased = await monitor.sign_in.logout(before.account_id, store=store)
        after = (await monitor.sign_in.known(before.account_id)).status
        return before, erased, after

    before, erased, after = _run(context, work)
    if context.as_json:
        context.document({**status_row(context, after), "erased": list(erased)})
    elif not erased:
        where = "" if store is None else f" with a token in {_places([store])}"
        context.write(f"{before.account_id} was not signed in{where}.\n")
    elif after.is_authenticated:
        context.write(f"{before.account_id}: a token is erased from {_places(erased)}.\n")
    else:
        context.write(f"{before.account_id}: signed out; the token is erased from {_places(erased)}.\n")
    if erased:
        from aic_tui.services.login_run import login_url_of

        site = login_url_of(before.host).replace(before.host, words.host_words(before.host, context.view))
        context.say(f"The grant itself can be revoked at {site}/settings/applications only.")
    if after.is_authenticated and after.source is not None:
        context.say(f"{before.account_id} goes on with its token: {words.source_words(after.source)}.")
    return 0


# -- the parts of a login


async def _target(context: Context, sign_in: GitHubSignIn) -> LoginTarget:
    """The account to sign in: the one that was named, the only one, or a new one. Raises UserError."""
    *known, new = await sign_in.targets()
    wanted, host = context.args.account, context.args.host
    found = next((target for target in known if target.account_id == wanted), None)
    if host is not None:
        new = replace(new, host=_host(host))
    if wanted is not None and found is None:
        if not ACCOUNT_ID.fullmatch(wanted):
            raise UserError("An account id has 1 to 64 letters, digits, “.”, “_” and “-”.")
        return replace(new, account_id=wanted)
    if host is not None and (found or (known and wanted is None)):
        raise UserError("--host is for a new account: name it with --account, or set login_url of the one there is.")
    if found is None and len(known) > 1:
        raise UserError(f"Which account? --account names one of: {', '.join(one.account_id for one in known)}.")
    return found or (known[0] if known else new)


def _host(text: str) -> str:
    """A login host as it is shown. Raises UserError for what is none."""
    from aic_tui.providers.github import site_of
    from aic_tui.services.login_run import login_url_of

    try:
        return site_of(text if "://" in text else login_url_of(text), None).host
    except ProviderError as error:
        raise UserError(f"--host is not allowed: {error.detail}.") from None


async def _signed_in_already(context: Context, sign_in: GitHubSignIn, target: LoginTarget) -> int:
    """Say who, and from where: a new token would be one more of the ten that GitHub allows."""
    status = (await sign_in.known(target.account_id)).status
    if context.as_json:
        kept_in = "keyring" if status.source == "keyring" else place(context, status.origin)
        context.document({**status_row(context, status), "kept_in": kept_in})
    else:
        who = masked(status.username, context.terms.privacy)
        name = f" as {who}" if who else ""
        token = words.source_words(status.source or "")
        context.write(f"{status.account_id} is signed in already{name}; its token: {token}.\n")
    context.say("Nothing was asked; `--force` signs in anew.")
    return 0


async def _refuse_early(context: Context, sign_in: GitHubSignIn) -> None:
    """Raise UserError where it is known before any request that the token could not be kept."""
    storage, store = context.config.settings.storage, context.args.store
    if store == "file" or (store is None and storage == "file"):
        return
    trouble = await sign_in.keyring_trouble()
    if trouble is None or (sys.stdin.isatty() and (storage != "keyring-only" or trouble.reason not in _ABSENT)):
        return
    why = failure_sentence(trouble, context.zone, context.env.now())
    if storage == "keyring-only":
        raise UserError(f"The token could not be kept: {why}, and storage = “keyring-only” forbids a file.")
    file = place(context, str(context.env.paths.secrets_file))
    raise UserError(f"The token could not be kept: {why}. `--store file` keeps it in {file}, mode 0600.")


def _may_go_to_file(context: Context, state: LoginState) -> bool:
    """The user's answer; without a terminal nobody can give one."""
    if state.why:
        context.say(state.why)
    path = place(context, state.path)
    if not sys.stdin.isatty():
        context.say(f"There is no terminal to ask on; `--store file` keeps it in {path}, mode 0600.")
        return False
    context.err.write(f"Keep the token in {path} (mode 0600, not encrypted)? [y/N] ")
    context.err.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _tell(context: Context, monitor: LiveMonitor, state: LoginState) -> int:
    options = context.view
    if context.as_json:
        context.document(login_document(context, state))
    if state.stage is Stage.DONE:
        if not context.as_json:
            _show(context, monitor, state)
        return 0
    told = words.ending(state, options)
    for sentence in (told.what, told.advice):
        if sentence:
            context.say(sentence)
    if state.why and state.why not in told.advice:
        context.say(state.why)
    never_asked = state.stage is Stage.NOT_STORED and state.user_code is None
    return 2 if never_asked else 1


def _show(context: Context, monitor: LiveMonitor, state: LoginState) -> None:
    """Who, where the token is, and the first figures."""
    from aic_tui.view.row import row
    from aic_tui.view.spans import text_of

    target, options = state.target, context.view
    who = masked(state.username, options.privacy)
    kept = words.store_words(place(context, state.kept_in) or "")
    context.write(f"{target.account_id}: signed in{f' as {who}' if who else ''}; the token is in {kept}.\n")
    account = next((one for one in monitor.states() if one.account_id == target.account_id), None)
    for line in row(account, options, context.page_width) if account else ():
        context.write(f"{text_of(line).rstrip()}\n")
    kept_account = next((one for one in monitor.config.accounts if one.id == target.account_id), None)
    if kept_account is not None and (kept_account.hidden or not kept_account.enabled):
        context.say(words.unwatched("hidden" if kept_account.hidden else "off"))


def _places(stores: Sequence[str]) -> str:
    return " and ".join(words.store_words(store).partition(",")[0] for store in stores)


def _main(found: Sequence[AuthStatus]) -> AuthStatus | None:
    """The one account that stands for all: one that is signed in, else one whose token was refused."""
    return min(found, key=lambda one: (not one.is_authenticated, not one.token_invalid), default=None)


def _only(context: Context, found: Sequence[AuthStatus]) -> AuthStatus:
    """The account that was named, or the only one. Raises UserError."""
    known = ", ".join(one.account_id for one in found) or "none"
    wanted = context.args.account
    if wanted is None and len(found) == 1:
        return found[0]
    for one in found:
        if one.account_id == wanted:
            return one
    if wanted is None:
        raise UserError(f"Which account? --account names one of: {known}.")
    raise UserError(f"There is no account “{clean(wanted, 60)}” that signs in at GitHub. Known: {known}.")


def _run(context: Context, work: Callable[[LiveMonitor], Awaitable[T]]) -> T:
    """What ``work`` gives, with the real accounts open around it."""
    if context.is_demo:
        raise UserError("The demonstration has no logins.")

    async def opened() -> T:
        from aic_tui.services.live import LiveMonitor

        monitor = LiveMonitor.open(context.env, context.flags)
        told = set(monitor.notices)
        try:
            if not sys.stdin.isatty():
                monitor.sign_in.hurry()
            return await work(monitor)
        finally:
            for notice in monitor.notices:
                if notice not in told:
                    context.say(notice)
            await monitor.aclose()

    return run(opened)
