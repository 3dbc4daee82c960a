"""What ``auth`` prints: the narration of a login as it goes, and the documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aic_tui.cli.documents import Document, instant
from aic_tui.format import masked
from aic_tui.services.signing_in import AuthStatus, LoginState, Stage
from aic_tui.view import login_words as words

if TYPE_CHECKING:
    from aic_tui.cli.context import Context


class Narrator:
    """Says on standard error what the user has to know, each thing once. It is called with every state of a login."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._said: set[str] = set()

    def announce(self, state: LoginState) -> None:
        """Who asks, where, and for what: before anything is sent."""
        options = self._context.view
        account = state.target.account_id if not options.privacy else words.account_words(state.target, options)
        self._say(f"Signing in at {words.host_words(state.target.host, options)}, account {account}.")
        self._say(f"Asked for by {words.client_words(state.client_id)}; scope {words.scope_words(state.scope)}.")

    def __call__(self, state: LoginState) -> None:
        options = self._context.view
        if state.stage is Stage.WAITING and state.user_code and state.page and state.expires_at:
            self._say(f"Open   {state.page}")
            self._say(f"Enter  {state.user_code}")
            self._say(words.validity(state.expires_at, options)[0].capitalize() + ".", once=state.user_code)
        for sentence in (*words.slow_words(state, options), words.trouble_words(state, options)):
            if sentence:
                self._say(sentence)
        if state.stage in (Stage.REQUESTING, Stage.WAITING, Stage.CHECKING, Stage.STORING):
            self._say(words.waiting_words(state, options))

    def _say(self, sentence: str, once: str | None = None) -> None:
        if (once or sentence) not in self._said:
            self._said.add(once or sentence)
            self._context.say(sentence)


def status_row(context: Context, status: AuthStatus) -> Document:
    """One account of ``auth status --json``; under privacy without names."""
    privacy = context.terms.privacy
    return {
        "is_authenticated": status.is_authenticated,
        "username": masked(status.username, privacy),
        "token_invalid": status.token_invalid,
        "account_id": status.account_id,
        "host": words.host_words(status.host, context.view),
        "source": status.source,
        "origin": place(context, status.origin),
        "invalid_since": instant(status.invalid_since),
        "problem": status.problem,
    }


def status_document(context: Context, found: Sequence[AuthStatus], chosen: AuthStatus | None) -> Document:
    """``auth status --json``: ``chosen`` at top level, and every account of ``found``."""
    nobody = {"is_authenticated": False, "username": None, "token_invalid": False}
    top = nobody if chosen is None else status_row(context, chosen)
    return {**top, "accounts": [status_row(context, status) for status in found]}


def login_document(context: Context, state: LoginState) -> Document:
    """``auth login --json``, also of a login that failed."""
    done = state.stage is Stage.DONE
    return {
        "is_authenticated": done,
        "username": masked(state.username, context.terms.privacy) if done else None,
        "token_invalid": state.target.token_invalid and not done,
        "account_id": state.target.account_id,
        "kept_in": place(context, state.kept_in),
        "stage": str(state.stage),
    }


def place(context: Context, origin: str | None) -> str | None:
    """An exact place; under privacy the home directory, which has the user's name in it, is ``~``."""
    home = str(context.env.home)
    private = context.terms.privacy and len(home) > 1
    return f"~{origin.removeprefix(home)}" if origin and private and origin.startswith(home) else origin
