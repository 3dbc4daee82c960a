"""One login at GitHub: code, token, whose it is, and the token's way into its store.

The token is kept by the editor, before config.toml refers to it. Whatever is killed in between leaves an account that
is signed in or one that is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from aic_tui.config.settings import Account, Config
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, UserError
from aic_tui.models import Failure
from aic_tui.services.editing import ConflictError, ConsentNeededError, Draft, KeyStore, Plan
from aic_tui.services.lifted_mark import LiftedMark
from aic_tui.services.login_accounts import login_providers
from aic_tui.services.signing_in import LoginState, LoginTarget, Stage

if TYPE_CHECKING:
    from pydantic import SecretStr

    from aic_tui.providers.github import GitHubSite
    from aic_tui.services.device_flow import FlowNews
    from aic_tui.services.editor_bench import Tools
    from aic_tui.services.github_login import Bench, GitHubSignIn

SCOPE = "read:user"
"""All that is asked for: whose the token is. Copilot's figures need no more (2026-11)."""
_BEFORE_CODE_SECONDS = 60.0
_STORES = {"keyring": KeyStore.KEYRING, "file": KeyStore.FILE}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of the token: ``store`` None follows the setting ``storage``, ``file_consent`` is the yes to a
    file beforehand, and ``filled_in`` the account that is to be saved with it, None for the account as it is."""

    store: str | None = None
    file_consent: bool = False
    filled_in: Account | None = None


class GitHubLogin:
    """Implements :class:`aic_tui.services.signing_in.LoginRun`."""

    def __init__(
        self,
        env: Environment,
        bench: Bench,
        sign_in: GitHubSignIn,
        target: LoginTarget,
        wish: Wish,
    ) -> None:
        settings = bench.config.settings
        self._env = env
        self._bench = bench
        self._sign_in = sign_in
        self._consent = wish.file_consent
        self._store = _STORES[wish.store or ("file" if settings.storage == "file" else "keyring")]
        self._owner = f"{env.pid}-{env.rng.getrandbits(32):08x}"
        self._state = LoginState(target, client_id=settings.github_client_id, scope=SCOPE)
        self._callbacks: list[Callable[[LoginState], None]] = []
        self._work: asyncio.Task[None] | None = None
        self._account = wish.filled_in
        self._mark: LiftedMark | None = None
        self._token: SecretStr | None = None

    def __repr__(self) -> str:
        return f"GitHubLogin({self._state.target.account_id}, {self._state.stage})"

    @property
    def state(self) -> LoginState:
        """As it stands."""
        return self._state

    def subscribe(self, callback: Callable[[LoginState], None]) -> None:
        """Call ``callback`` on the event loop with each new state."""
        self._callbacks.append(callback)

    async def run(self) -> LoginState:
        """From READY to an ending, with the first figures asked for after DONE, or to CONSENT."""
        if self._work is None and self._state.stage is Stage.READY:
            self._work = asyncio.create_task(self._login(), name="login")
        return await self._finished()

    async def consent(self, *, yes: bool) -> LoginState:
        """Answer CONSENT: DONE, or NOT_STORED with nothing on disk."""
        if self._state.stage is not Stage.CONSENT:
            return self._state
        if not yes:
            await self._over(Stage.NOT_STORED, why="Nothing was written.")
            return self._state
        self._consent = True
        self._set(stage=Stage.STORING)
        self._work = asyncio.create_task(self._keep(), name="keep login")
        return await self._finished()

    async def cancel(self) -> None:
        """No request after this; an invalid mark that the start lifted is back. Does nothing after an ending.

        A token that is being stored is stored: the ending is then DONE, or NOT_STORED.
        """
        if self._work is not None and not self._work.done() and not self._state.is_over:
            if self._state.stage is not Stage.STORING:
                self._work.cancel()
            await asyncio.wait({self._work})
        if not self._state.is_over:
            await self._over(Stage.CANCELLED)

    async def _finished(self) -> LoginState:
        if self._work is not None:
            try:
                await asyncio.wait({self._work})
            except asyncio.CancelledError:
                await self.cancel()
                raise
            if not self._work.cancelled():
                self._work.result()
        return self._state

    # -- the way

    async def _login(self) -> None:
        from aic_tui.providers.github import site_of
        from aic_tui.services.device_flow import DeviceFlow, FlowEnded

        try:
            tools, account = await self._prepare()
            site = site_of(account.login_url, account.base_url)
            flow = DeviceFlow(self._env, tools.client, site, self._state.client_id, SCOPE, account_id=account.id)
            self._token = await flow.token(self._hear)
            self._set(stage=Stage.CHECKING, trouble=None)
            username = await self._whose(tools, account, site)
            self._set(stage=Stage.STORING, username=username)
        except FlowEnded as ended:
            await self._over(ended.stage, failure=ended.failure, detail=ended.detail)
        except ProviderError as error:
            stage = Stage.UNREACHABLE if self._token is None else Stage.NOT_STORED
            await self._over(stage, failure=self._failure(error))
        except UserError as error:  # config.toml cannot be changed, or not like this: nothing was asked for
            await self._over(Stage.NOT_STORED, why=error.sentence)
        except asyncio.CancelledError:
            await self._over(Stage.CANCELLED)
        else:
            await self._keep()

    async def _prepare(self) -> tuple[Tools, Account]:
        """Everything that can be wrong before a code is asked for. Raises UserError, ProviderError."""
        from aic_tui.config.secrets import as_secret

        target, tools = self._state.target, await self._bench.tools()
        known = None if target.is_new else await self._sign_in.known(target.account_id)
        if self._account is None:
            self._account = _new_account(target) if known is None else known.account
        self._plan(as_secret("-"))
        self._mark = LiftedMark(tools, target.account_id, known.gate if known else None, self._owner)
        await self._mark.lift(self._env.now().timestamp() + _BEFORE_CODE_SECONDS)
        return tools, self._account

    def _hear(self, news: FlowNews) -> None:
        """The flow's news are ours. With the code comes the time at which the login is over in any case."""
        first = news.expires_at is not None and self._state.expires_at is None
        self._set(**{field.name: getattr(news, field.name) for field in fields(news)})
        if first and news.expires_at is not None and self._mark is not None:
            self._mark.ends_at(news.expires_at.timestamp())

    async def _whose(self, tools: Tools, account: Account, site: GitHubSite) -> str | None:
        """The user's name; None where GitHub does not tell it just now. Raises ProviderError for a useless token."""
        from aic_tui.providers.auth import typed_credential
        from aic_tui.providers.github import GITHUB_USER

        assert self._token is not None  # noqa: S101  # it has just come
        credential = typed_credential(self._token, GITHUB_USER)
        try:
            fetched = await tools.client.fetch(GITHUB_USER, replace(account, base_url=site.api_url), credential)
        except ProviderError as error:
            if error.kind is FailureKind.AUTH_NEEDED:
                raise
            _log.info("%s: whose token it is was not told: %s", account.id, error)
            return None
        return fetched.reading.account_name

    async def _keep(self) -> None:
        """Store the token, then ask for the first figures."""
        account, token, mark = self._account, self._token, self._mark
        assert account is not None and token is not None and mark is not None  # noqa: PT018, S101  # they came before
        try:
            config = await self._save(token)
        except ConsentNeededError as needed:
            self._set(stage=Stage.CONSENT, path=needed.path, why=needed.why)
            return
        except UserError as error:
            await self._over(Stage.NOT_STORED, why=error.sentence)
            return
        kept = next((one for one in config.accounts if one.id == account.id), account)
        await mark.succeeded(kept, token, self._state.username)
        self._token = None
        place = "keyring" if kept.key == "keyring" else str(self._env.paths.secrets_file)
        self._set(stage=Stage.DONE, kept_in=place, path=None, why=None)
        await mark.first_figures(self._state.username)

    async def _save(self, token: SecretStr) -> Config:
        plan, draft = self._plan(token)
        editor = self._bench.editor
        try:
            return await editor.save(plan, draft, file_consent=self._consent)
        except ConflictError as conflict:
            return await editor.save(conflict.theirs, draft, file_consent=self._consent)

    def _plan(self, token: SecretStr) -> tuple[Plan, Draft]:
        """What config.toml will say. Raises UserError where that is not allowed."""
        assert self._account is not None  # noqa: S101  # the first thing that is prepared
        draft = Draft(self._account, token, self._store)
        if self._state.target.is_new:
            return self._bench.editor.plan_add(draft), draft
        return self._bench.editor.plan_edit(self._account.id, draft), draft

    # -- its state

    async def _over(self, stage: Stage, **facts: Any) -> None:
        """An ending without a token: what the start lifted is back before anyone hears of it."""
        self._token = None
        if self._mark is not None:
            await self._mark.restore()
        self._set(stage=stage, trouble=None, **facts)

    def _set(self, **facts: Any) -> None:
        before = self._state.stage
        self._state = replace(self._state, **facts)
        if self._state.stage is not before:
            _log.info("%s: login %s", self._state.target.account_id, self._state.stage)
        for callback in self._callbacks:
            callback(self._state)

    def _failure(self, error: ProviderError) -> Failure:
        return Failure(error.kind, self._env.now(), error.reason, error.hint, error.detail, None, error.http_status)


def _new_account(target: LoginTarget) -> Account:
    """A new account at the target's host. Raises ProviderError for a host that may not be used."""
    from aic_tui.providers.github import site_of

    login_url = login_url_of(target.host)
    site = site_of(login_url, None)
    own = None if site == site_of(None, None) else site.login_url
    return Account(id=target.account_id, provider_id=login_providers()[0].id, login_url=own)


def login_url_of(host: str) -> str:
    """The address of a login host as it is shown: https, but http on this machine."""
    from aic_tui.providers.address import is_loopback

    return f"{'http' if is_loopback(host.partition(':')[0]) else 'https'}://{host}"
