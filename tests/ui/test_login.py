"""Signing in by keys: nothing is sent before enter, nothing goes on without the screen, and only the code is copied."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from aic_tui.app import AicApp
from aic_tui.config.settings import Account
from aic_tui.providers.registry import all_providers
from aic_tui.services.signing_in import LoginState, LoginTarget, Stage
from aic_tui.text import cell_width
from aic_tui.ui.account_draft import signs_in
from aic_tui.ui.clipboard import osc52, passed_through
from aic_tui.ui.screens.accounts import AccountsScreen
from aic_tui.ui.screens.dashboard import Dashboard
from aic_tui.ui.screens.login import LoginScreen
from aic_tui.ui.screens.login_targets import LoginTargets
from aic_tui.ui.screens.sign_out import SignOutScreen
from aic_tui.view.big_code import big_code
from aic_tui.view.login import Beside, login_lines
from aic_tui.view.spans import ViewOptions, text_of, width
from tests.ui.account_cases import NOW, case_env
from tests.ui.fake_sign_in import FakeSignIn
from tests.ui.fakes import BERLIN, FakeMonitor, build_app, environ_of, screen_text, settle
from tests.ui.login_cases import CODE, CONSENT, GHES, PAGE, STAGES, WAITING, WORK, figures, login_monitor

OPTIONS = ViewOptions(NOW, BERLIN)
LOCAL = {"DISPLAY": ":0"}


class Case:
    """The app, who signs in, and a hand on the keyboard."""

    def __init__(self, pilot: Pilot[int], app: AicApp, monitor: FakeMonitor, sign_in: FakeSignIn) -> None:
        self.pilot, self.app, self.monitor, self.sign_in = pilot, app, monitor, sign_in
        self.started: list[Sequence[str]] = []

    async def press(self, *keys: str) -> str:
        for key in keys:
            await self.pilot.press(key)
            await settle(self.pilot)
        return self.text

    async def go(self, stage: Stage, **changes: Any) -> str:
        self.sign_in.last.go(stage, **changes)
        await settle(self.pilot)
        return self.text

    async def wait(self, **changes: Any) -> str:
        return await self.go(**{**WAITING, **changes})

    @property
    def text(self) -> str:
        return screen_text(self.app)

    @property
    def toasts(self) -> list[str]:
        return [notice.message for notice in self.app._notifications]

    @property
    def logging_in(self) -> bool:
        return isinstance(self.app.screen, LoginScreen)


@asynccontextmanager
async def running(
    *targets: LoginTarget,
    size: tuple[int, int] = (80, 24),
    straight: bool = True,
    environ: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Case]:
    """``straight``: the login of the first target is on show; else the dashboard is."""
    env = case_env()
    started: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> str | None:
        started.append(command)
        return ""

    env = replace(environ_of(env, environ), run=run)
    monitor, sign_in = login_monitor(env, *targets)
    app = build_app(env, monitor)
    async with app.run_test(size=size, notifications=True) as pilot:
        case = Case(pilot, app, monitor, sign_in)
        case.started = started
        if straight:
            app.push_screen(LoginScreen(sign_in, sign_in.known[0]))
        await settle(pilot)
        yield case


async def test_nothing_is_asked_before_enter_and_the_first_figures_come_to_the_same_screen() -> None:
    async with running() as case:
        assert "Enter asks github.com for a code" in case.text
        assert "octo-alice by login of gh" in case.text
        assert not case.sign_in.last.started
        assert "Asking github.com" in await case.press("enter")
        text = await case.wait()
        for words in (
            CODE,
            PAGE,
            "valid until 12:01 (13 min)",
            "Waiting for your yes",
            "read:user",
            *big_code(CODE, 60),
        ):
            assert words.strip() in text
        await case.go(Stage.CHECKING)
        text = await case.go(Stage.DONE, username="octo-alice", kept_in="keyring")
        assert "Signed in as octo-alice" in text
        assert "the system keyring" in text
        assert "on their way" in text
        case.monitor.replace_all([*case.monitor.listed, figures()])
        await settle(case.pilot)
        assert "42% used" in case.text
        await case.press("enter")
        assert isinstance(case.app.screen, Dashboard)
        assert not case.sign_in.last.cancelled


@pytest.mark.parametrize("stage", [Stage.REQUESTING, Stage.WAITING, Stage.CONSENT])
async def test_escape_cancels_and_goes_back(stage: Stage) -> None:
    async with running() as case:
        await case.press("enter")
        await case.go(stage)
        await case.press("escape")
        assert case.sign_in.last.cancelled
        assert isinstance(case.app.screen, Dashboard)


@pytest.mark.parametrize("changes", [WAITING, CONSENT], ids=["waiting", "consent"])
async def test_quitting_cancels(changes: dict[str, Any]) -> None:
    async with running() as case:
        await case.press("enter")
        await case.go(**changes)
        await case.pilot.press("ctrl+c")
    assert case.sign_in.last.cancelled


@pytest.mark.parametrize("key", ["enter", "r"])
async def test_an_ending_offers_a_new_code(key: str) -> None:
    async with running() as case:
        await case.press("enter")
        await case.wait()
        assert "The code has expired" in await case.go(Stage.EXPIRED)
        await case.press(key)
        assert len(case.sign_in.runs) == 2
        assert case.sign_in.last.started
        case.sign_in.runs[0].go(Stage.DECLINED)  # news of the old one is nobody's
        await settle(case.pilot)
        assert "Asking github.com" in case.text


@pytest.mark.parametrize(("key", "yes"), [("y", True), ("n", False)])
async def test_a_file_needs_a_plain_yes(key: str, yes: bool) -> None:
    async with running() as case:
        await case.press("enter")
        text = await case.go(**CONSENT)
        for words in ("no keyring on this machine", "~/.local/share/aic/secrets.toml", "0600", "not encrypted"):
            assert words in text
        await case.press("enter", "r")
        assert case.sign_in.last.answers == []
        text = await case.press(key)
        assert case.sign_in.last.answers == [yes]
        assert ("secrets.toml, not encrypted" in text) is yes
        assert ("not kept, and is forgotten" in text) is not yes


@pytest.mark.parametrize(
    ("environ", "around"),
    [
        ({}, ""),
        ({"TMUX": "/tmp/tmux-1000/default,1,0"}, "\x1bPtmux;\x1b\x1b]52;c;V0RKQi1NSkhU\x07\x1b\\"),
        ({"STY": "1.pts-0.host"}, "\x1bP\x1b]52;c;V0RKQi1NSkhU\x07\x1b\\"),
    ],
    ids=["plain", "tmux", "screen"],
)
async def test_y_writes_the_code_to_the_terminal_and_claims_no_more(environ: dict[str, str], around: str) -> None:
    assert base64.b64decode("V0RKQi1NSkhU").decode() == CODE
    async with running(environ=environ) as case:
        await case.press("enter")
        await case.wait()
        written: list[str] = []
        driver: Any = case.app._driver
        driver.write = written.append  # Textual's own driver, which throws away what it gets without a terminal
        await case.press("y")
        sent = "".join(text for text in written if "52;c" in text)
        assert sent == "\x1b]52;c;V0RKQi1NSkhU\x07" + around
        assert "if your terminal allows it (OSC 52)" in case.toasts[-1]
        await case.press("Y")
        assert case.app.clipboard == PAGE
        await case.go(Stage.DONE)
        await case.press("y")
        assert case.app.clipboard == PAGE


@pytest.mark.parametrize(
    ("environ", "offered"),
    [(LOCAL, True), ({}, False), ({**LOCAL, "SSH_CONNECTION": "a 1 b 2"}, False), ({**LOCAL, "SSH_TTY": "x"}, False)],
    ids=["local", "no-display", "ssh", "ssh-tty"],
)
async def test_a_browser_is_opened_only_here_and_only_by_its_key(environ: dict[str, str], offered: bool) -> None:
    async with running(environ=environ) as case:
        await case.press("enter")
        text = await case.wait()
        assert ("o open" in text.splitlines()[-1]) is offered
        assert "on any machine" in text
        assert not case.started
        await case.press("o")
        assert case.started == ([["xdg-open", PAGE]] if offered else [])


async def test_resize_privacy_and_theme_in_the_middle_change_nothing_but_the_look() -> None:
    async with running(replace(WORK, host=GHES)) as case:
        await case.press("enter")
        await case.wait(page=f"https://{GHES}/login/device")
        for size in ((40, 12), (20, 4), (120, 40)):
            await case.pilot.resize_terminal(*size)
            await settle(case.pilot)
            assert CODE in case.text
        assert GHES in case.text
        text = await case.press("t", "p")
        assert text.count(GHES) == 1  # the address to open: without it nobody could sign in
        assert WORK.label not in text
        assert CODE in text
        assert len(case.sign_in.runs) == 1
        assert not case.sign_in.last.cancelled
        assert "octo-alice" not in await case.go(Stage.DONE, username="octo-alice")


# -- ways to the screen


async def test_g_goes_straight_to_an_account_whose_token_was_refused() -> None:
    refused = replace(WORK, account_id="openrouter", token_invalid=True)
    async with running(replace(WORK, account_id="x"), refused, straight=False) as case:
        await case.press("g")
        assert case.logging_in
        assert "was refused" in case.text


async def test_g_asks_which_account_where_there_are_several() -> None:
    async with running(WORK, straight=False) as case:
        text = await case.press("g")
        assert isinstance(case.app.screen, LoginTargets)
        assert "Copilot work" in text
        assert "a new account" in text
        await case.press("down", "enter")
        assert case.logging_in
        assert case.sign_in.last.state.target.is_new
        await case.press("enter")
        await case.go(Stage.DONE)
        await case.press("escape")
        assert isinstance(case.app.screen, Dashboard)


async def test_g_is_no_key_where_nothing_can_be_kept() -> None:
    async with running(straight=False) as case:
        case.monitor.can_edit = False
        case.app.screen.refresh_bindings()
        await case.press("g")
        assert isinstance(case.app.screen, Dashboard)
        assert "g" not in case.app.screen.active_bindings


async def test_an_empty_dashboard_names_the_key() -> None:
    async with running(straight=False) as case:
        case.monitor.replace_all([])
        await settle(case.pilot)
        assert "signs in to GitHub for Copilot" in case.text
        await case.press("g")
        assert isinstance(case.app.screen, LoginTargets)


async def test_the_form_of_a_provider_with_a_login_offers_it_first() -> None:
    provider = next(one for one in all_providers() if one.login is not None)
    async with running(straight=False) as case:
        text = await case.press("a", *provider.id, "enter")
        assert "sign in with GitHub" in text
        await case.press("enter")
        assert case.logging_in
        assert case.sign_in.last.state.target.is_new
        await case.press("enter")
        await case.go(Stage.DONE)
        await case.press("enter")
        assert isinstance(case.app.screen, Dashboard)


async def test_what_the_form_says_goes_with_the_login() -> None:
    provider = next(one for one in all_providers() if one.login is not None)
    async with running(straight=False) as case:
        await case.press("a", *provider.id, "enter")
        form: Any = case.app.screen
        form.query_one("#name").value = "Octo work"
        form.query_one("#place").choose("another")
        form.query_one("#address").value = "ftp://octocorp.ghe.com"
        assert "cannot be used" in await case.press("enter")
        assert not case.sign_in.runs
        form.query_one("#address").value = "https://api.octocorp.ghe.com"
        text = await case.press("enter")
        assert case.logging_in
        assert "Octo work, a new account" in text
        assert "Enter asks octocorp.ghe.com for a code" in text
        filled_in = case.sign_in.filled_in[-1]
        assert filled_in is not None
        assert (filled_in.id, filled_in.name) == (case.sign_in.last.state.target.account_id, "Octo work")
        assert (filled_in.login_url, filled_in.base_url) == ("https://octocorp.ghe.com", None)
        text = await case.press("p")
        assert "Octo" not in text
        assert "octocorp" not in text
        await case.press("enter")
        await case.go(Stage.DECLINED)
        await case.press("enter")  # again
        assert case.sign_in.filled_in[-1] == filled_in


@pytest.mark.parametrize("word", ["off", "hidden"])
async def test_no_figures_are_promised_of_an_account_that_is_not_asked(word: str) -> None:
    async with running() as case:
        config = case.monitor.config
        account = Account(WORK.account_id, "some", enabled=word != "off", hidden=word == "hidden")
        case.monitor.config = replace(config, accounts=(account,))
        await case.press("enter")
        text = await case.go(Stage.DONE, username="octo-alice", kept_in="keyring")
        assert f"This account is {word}" in text
        assert "on their way" not in text


async def test_signing_out_asks_first_and_says_what_was_erased() -> None:
    provider = next(one for one in all_providers() if one.login is not None)
    async with running(straight=False) as case:
        editor: Any = case.monitor.editor
        for name in ("openrouter", "openrouter-2"):
            editor.accounts[name] = replace(editor.accounts[name], provider_id=provider.id)
        await case.press("5", "G")
        assert isinstance(case.app.screen, AccountsScreen)  # the first one's token is in a variable
        await case.press("j", "G")
        assert isinstance(case.app.screen, SignOutScreen)
        await case.press("escape")
        assert not case.sign_in.signed_out
        await case.press("G", "enter")
        assert case.sign_in.signed_out == ["openrouter-2"]
        assert "erased from the system keyring and a file" in case.toasts[-1]
        assert "github.com/settings/applications" in case.toasts[-1]


def test_only_providers_with_a_login_can_sign_in() -> None:
    assert [one.id for one in all_providers() if signs_in(one.id)] == [one.id for one in all_providers() if one.login]
    assert not signs_in("no such provider")


# -- the layout by itself


@given(
    st.sampled_from(sorted(STAGES)),
    st.integers(1, 300),
    st.integers(1, 100),
    st.booleans(),
    st.integers(-90, 1000),
)
def test_no_line_is_too_wide_at_any_size(name: str, cells: int, rows: int, ascii_only: bool, left: int) -> None:
    changes = dict(STAGES[name])
    if "expires_at" in changes:
        changes["expires_at"] = NOW + timedelta(seconds=left)
    state = replace(LoginState(WORK, client_id="Iv1.x", scope="read:user"), **changes)
    options = replace(OPTIONS, ascii=ascii_only)
    lines = login_lines(state, Beside(account=figures()), options, cells, rows)
    if cells >= 16:
        assert max(map(width, lines)) <= cells
    text = "\n".join(map(text_of, lines))
    assert text.isascii() or not ascii_only
    if name == "waiting" and cells >= cell_width(CODE):
        assert text.count(CODE) == 1


def test_the_essentials_of_a_login_fit_into_a_corner() -> None:
    state = replace(LoginState(WORK, scope="read:user"), **STAGES["trouble"])
    shown = "\n".join(text_of(spans) for spans in login_lines(state, Beside(), OPTIONS, 36, 10)[:10])
    for words in (CODE, PAGE, "under a minute left", "Waiting for your yes", "no answer in time", "read:user"):
        assert words in shown


def test_letters_are_of_one_size_and_unlike_each_other() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
    drawn = {letter: big_code(letter, 3) for letter in alphabet}
    assert {tuple(map(len, rows)) for rows in drawn.values()} == {(3, 3, 3)}
    assert len(set(drawn.values())) == len(alphabet)
    assert len(big_code(CODE, 40)[0]) <= 40
    assert big_code("ß", 40) == big_code(CODE, 30) == ()


def test_a_sequence_for_no_multiplexer_is_not_wrapped() -> None:
    assert passed_through(osc52("x"), {}) == ""
