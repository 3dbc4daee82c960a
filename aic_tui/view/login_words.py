"""Every sentence about signing in to GitHub, in one place for the screen and the verb. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from aic_tui import format as fmt
from aic_tui.config.settings import Settings
from aic_tui.login import LoginState, LoginTarget, Stage
from aic_tui.view.spans import ViewOptions
from aic_tui.view.words import say

OPEN_FILE = "Only your user can read it (0600), but it is not encrypted: backups and programs you run see the token."
PUBLIC_HOST = "github.com"  # names nobody; any other host may name an employer
# What the scopes allow: docs.github.com, "Scopes for OAuth apps", 2026-11.
_SCOPES = {"read:user": "read your profile", "": "your public profile only"}
_STORES = {"keyring": "the system keyring", "file": "a file, not encrypted"}


class Ending(NamedTuple):
    """How a login ended without success: what happened, and what helps ("" where nothing but a new code does)."""

    what: str
    advice: str = ""


def host_words(host: str, options: ViewOptions) -> str:
    """The login host; under privacy only the public one is named."""
    return fmt.MASK if options.privacy and host != PUBLIC_HOST else host


def grants_page(host: str, options: ViewOptions) -> str:
    """Where the user takes back what was granted: a program that has no secret of its own cannot."""
    return f"https://{host_words(host, options)}/settings/applications"


def unwatched(why: str) -> str:
    """What stands in for figures of an account that is "off" or "hidden"."""
    return f"This account is {why}, so it is not asked for figures. The list of accounts changes that."


def account_words(target: LoginTarget, options: ViewOptions) -> str:
    """Which account the login is for."""
    if target.is_new:
        return f"{fmt.masked(target.name, options.privacy)}, a new account" if target.name else "a new account"
    return fmt.MASK if options.privacy else target.label


def client_words(client_id: str) -> str:
    """Who asks, as GitHub will name it in the browser, with the id."""
    usual = client_id == Settings().github_client_id
    return f"GitHub's editor plug-ins ({client_id})" if usual else f"github_client_id {client_id}"


def scope_words(scope: str) -> str:
    """What is asked for, and what that allows."""
    known = _SCOPES.get(scope)
    return (f"{scope}: {known}" if known else scope) if scope else f"none: {_SCOPES['']}"


def store_words(kept_in: str) -> str:
    """Where the token is or will be: ``keyring``, ``file``, or the path of a file as it is to be shown."""
    return _STORES.get(kept_in) or f"{kept_in}, not encrypted"


def source_words(source: str) -> str:
    """Where a token comes from: a reference of config.toml in words."""
    kind, _, name = source.partition(":")
    return {"env": f"variable {name}", "discovered": f"login of {name}"}.get(kind) or _STORES.get(kind, source)


def standing_words(target: LoginTarget, options: ViewOptions) -> str | None:
    """What the account has now: "octo by login of gh"; None where it has no token."""
    if target.source is None and target.signed_in_as is None:
        return None
    who = fmt.masked(target.signed_in_as, options.privacy)
    via = source_words(target.source) if target.source else ""
    return " by ".join(part for part in (who, via) if part) if who else f"a token: {via}"


def validity(ends: datetime, options: ViewOptions) -> list[str]:
    """How long the code is good for, the longest form first: "code valid until 14:20 (13 min)".

    Whole minutes, rounded down like the clock time: nothing ticks, and nobody is promised too much.
    """
    left = ends - options.now
    if left <= timedelta(0):
        return ["code out of time"]
    minutes = int(left.total_seconds() // 60)
    short = f"{minutes} min" if minutes else "under a minute"
    at = fmt.clock(ends.replace(second=0, microsecond=0), options.now, options.zone)
    return [f"code valid until {at} ({short})", f"until {at} ({short})", f"{short} left"]


def waiting_words(state: LoginState, options: ViewOptions) -> str:
    """What a login under way waits for."""
    host = host_words(state.target.host, options)
    told = {
        Stage.REQUESTING: f"Asking {host} for a code.",
        Stage.WAITING: "Waiting for your yes in a browser.",
        Stage.CHECKING: "Your yes is there. Asking whose login it is.",
        Stage.STORING: "Storing the token.",
    }
    return told.get(state.stage, "")


def slow_words(state: LoginState, options: ViewOptions) -> list[str]:
    """What the server's wish to be asked less often means; empty where there was none."""
    if not state.slowed:
        return []
    gap = f", now every {ceil(state.interval_seconds)} s" if state.interval_seconds else ""
    told = [f"{host_words(state.target.host, options)} wants to be asked less often{gap}."]
    return [*told, "It said so twice: this machine's clock may run fast."] if state.drifts else told


def trouble_words(state: LoginState, options: ViewOptions, *, short: bool = False) -> str | None:
    """Why the last question had no answer; None when it had one."""
    if state.trouble is None:
        return None
    sentence = fmt.failure_sentence(state.trouble, options.zone, options.now, short=short)
    return say(f"{sentence} · goes on by itself", options)


def sign_out_question(host: str, options: ViewOptions) -> tuple[str, ...]:
    """What signing out means."""
    return (
        "Its token is erased from the system keyring and from the file, wherever it is kept. The account stays.",
        f"At GitHub the grant stays until you revoke it: {grants_page(host, options)}",
    )


def signed_out(erased: Sequence[str], host: str, options: ViewOptions) -> str:
    """What signing out did; ``erased`` are the stores that had a token."""
    if not erased:
        return "There was no token of ours to erase."
    stores = " and ".join(_STORES.get(store, store).partition(",")[0] for store in erased)
    return f"Signed out: the token is erased from {stores}. Revoke the grant at {grants_page(host, options)}"


def ending(state: LoginState, options: ViewOptions) -> Ending:
    """How the login of ``state`` ended, where it is over without success."""
    host = host_words(state.target.host, options)
    detail = "" if options.privacy else state.detail or ""
    failure = fmt.failure_sentence(state.failure, options.zone, options.now) if state.failure else ""
    why = say(failure or detail or state.why or "", options)
    kept = "The token was not kept, and is forgotten." if state.user_code else "Nothing was asked for."
    known = {
        Stage.DECLINED: Ending("You said no in the browser."),
        Stage.EXPIRED: Ending("The code has expired.", "It was not entered and confirmed in time."),
        Stage.DISABLED: Ending(
            f"{host} does not let this client sign in by code.",
            "Its administrator can allow the device flow. A token in a variable works without it.",
        ),
        Stage.CLIENT_REJECTED: Ending(
            f"{host} does not know this client.", "The setting github_client_id says which one asks."
        ),
        Stage.REFUSED: Ending(f"{host} refused.", f"It says: {detail}" if detail else why),
        Stage.UNREACHABLE: Ending(f"{host} gave no code.", why),
        Stage.UNSAFE_PAGE: Ending(
            f"{host} named a page that is not its own.",
            "It is not shown. Something between may have changed the answer.",
        ),
        Stage.NOT_STORED: Ending(kept, why),
        Stage.CANCELLED: Ending("Cancelled. Nothing is asked any more."),
    }
    return known.get(state.stage, Ending(str(state.stage)))
