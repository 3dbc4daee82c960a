"""The accounts screen, the wizard, the form and the last page before a save, with an editor that lives in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from aic_tui.app import AicApp
from aic_tui.models import Reading
from aic_tui.services.editing import KeyStore
from aic_tui.ui.screens.accounts import AccountsScreen
from aic_tui.ui.screens.add_account import AddScreen
from aic_tui.ui.screens.confirm import ConfirmScreen
from aic_tui.ui.screens.dashboard import Dashboard
from aic_tui.ui.screens.edit_account import AccountForm
from aic_tui.ui.screens.try_account import TryScreen
from aic_tui.ui.screens.which_provider import WhichProvider
from aic_tui.ui.widgets.secret_input import SecretInput
from tests.ui.account_cases import ACCOUNTS, KEY, OTHER_KEY, REJECTED, case_env, case_monitor
from tests.ui.fake_editor import FakeEditor
from tests.ui.fakes import FakeMonitor, build_app, screen_text, settle
from tests.ui.test_hostile import HOSTILE

SIZES = [(120, 40), (80, 24), (42, 50)]


class Case:
    """The app, its editor, and a hand on the keyboard."""

    def __init__(self, pilot: Pilot[int], app: AicApp, monitor: FakeMonitor, editor: FakeEditor) -> None:
        self.pilot, self.app, self.monitor, self.editor = pilot, app, monitor, editor

    async def press(self, *keys: str) -> str:
        """Press keys one by one; what is on the screen after the last."""
        for key in keys:
            await self.pilot.press(key)
            await self.rest()
        return self.text

    async def rest(self) -> None:
        await self.pilot.pause()
        busy = [worker for worker in self.app.workers if worker.group in ("edit", "accounts", "findings", "form")]
        if busy:
            await self.app.workers.wait_for_complete(busy)
        await self.pilot.pause(0.06)

    async def paste(self, text: str) -> str:
        focused = self.app.screen.focused
        (focused or self.app.screen).post_message(events.Paste(text))
        await self.rest()
        return self.text

    @property
    def text(self) -> str:
        return screen_text(self.app)

    def shows(self, kind: type[Screen[Any]]) -> bool:
        return isinstance(self.app.screen, kind)

    @property
    def toasts(self) -> list[str]:
        return [notice.message for notice in self.app._notifications]

    def field(self, name: str) -> Input:
        return self.app.screen.query_one(f"#{name}", Input)


@asynccontextmanager
async def running(size: tuple[int, int] = (80, 24), **environ: str) -> AsyncIterator[Case]:
    env = case_env(**environ)
    monitor = case_monitor(env)
    editor = monitor.editor
    assert isinstance(editor, FakeEditor)
    app = build_app(env, monitor)
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        yield Case(pilot, app, monitor, editor)


# -- the list


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_tells_where_every_key_is_and_how_its_last_test_went(size: tuple[int, int]) -> None:
    async with running(size) as case:
        text = await case.press("5")
        for words in ("env:OPENROUTER_API_KEY", "keyring", "secrets.toml", "▢", "▣", "works", "key rejected", "off"):
            assert words in text
        assert "pinned" in text
        assert "hidden" in text


async def test_keys_that_cannot_edit_are_not_offered_where_nothing_can_be_edited() -> None:
    env = case_env()
    app = build_app(env, FakeMonitor(case_monitor(env).states()))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert " add" not in screen_text(app)
        await pilot.press("5", "a", "e", "d", "space")
        await settle(pilot)
        assert isinstance(app.screen, Dashboard)


async def test_space_switches_an_account_at_once_and_z_takes_it_back() -> None:
    async with running() as case:
        await case.press("5", "space")
        assert [account.enabled for account in case.editor.accounts.values()][:2] == [False, True]
        assert "OpenRouter is off" in case.toasts[-1]
        await case.press("z")
        assert [account.enabled for account in case.editor.accounts.values()][:2] == [True, True]
        assert "z" not in [hint.split()[0] for hint in case.text.splitlines()[-1].split("  ") if hint.strip()]


async def test_capitals_move_an_account_and_the_mark_goes_with_it() -> None:
    async with running() as case:
        await case.press("5", "J", "J")
        assert list(case.editor.accounts)[2] == "openrouter"
        await case.press("K")
        assert list(case.editor.accounts)[1] == "openrouter"
        screen = case.app.screen
        assert isinstance(screen, AccountsScreen)
        assert screen.meant_account_id() == "openrouter"


async def test_pin_hide_and_rename_are_saved_at_once() -> None:
    async with running() as case:
        await case.press("5", "b", "h", "n", *"Purse", "enter")
        account = case.editor.accounts["openrouter"]
        assert (account.pinned, account.hidden, account.name) == (True, True, "Purse")
        await case.press("n", "x", "escape")
        assert case.editor.accounts["openrouter"].name == "Purse"
        assert case.shows(AccountsScreen)


async def test_a_test_from_the_list_says_what_came_of_it() -> None:
    async with running() as case:
        case.editor.told.failure = REJECTED
        await case.press("5", "v")
        await case.rest()
        assert "OpenRouter: key rejected" in case.toasts[-1]
        assert case.text.count("key rejected") >= 2


async def test_deleting_shows_the_lines_that_go_and_what_becomes_of_the_key() -> None:
    async with running() as case:
        text = await case.press("5", "j", "d")
        assert "erased from the system keyring when this session ends" in " ".join(text.split())
        assert "- [accounts.openrouter-2]" in text
        await case.press("escape")
        assert "openrouter-2" in case.editor.accounts
        await case.press("d", "enter")
        assert "openrouter-2" not in case.editor.accounts
        await case.press("z")
        assert "openrouter-2" in case.editor.accounts


async def test_a_problem_stands_under_its_account() -> None:
    async with running() as case:
        case.editor.problems["codex"] = "Its key in config.toml is no reference such as env:NAME."
        rows = (await case.press("5")).splitlines()
        place = next(number for number, row in enumerate(rows) if "no reference" in row)
        assert "Codex" in rows[place - 2]


@pytest.mark.parametrize("size", SIZES)
async def test_privacy_masks_names_paths_and_addresses(size: tuple[int, int]) -> None:
    async with running(size) as case:
        case.editor.accounts["openrouter-2"] = replace(ACCOUNTS[1], base_url="https://corp.example")
        await case.press("5", "j", "p")
        for keys in ((), ("d",), ("escape", "e")):
            text = await case.press(*keys)
            for secret in ("OpenRouter work", "admin", "alice", ".codex/", "corp.example", "openrouter-2"):
                assert secret not in text, keys


@pytest.mark.parametrize("size", [*SIZES, (30, 10), (20, 4)])
async def test_hostile_names_are_only_text(size: tuple[int, int]) -> None:
    from aic_tui.text import clean

    async with running(size) as case:
        for number, words in enumerate(HOSTILE):
            safe = clean(words)
            name = f"h{number}"
            case.editor.accounts[name] = replace(ACCOUNTS[0], id=name, name=safe, base_url=f"https://{safe}"[:80])
            case.editor.problems[name] = safe
        await case.press("5", "end", "e", "down", "down", "escape", "d", "escape", "v", "n", "escape", "escape", "a")
        assert case.shows(AddScreen)


# -- adding


async def test_a_pasted_key_is_in_use_after_five_actions() -> None:
    async with running() as case:
        await case.press("a")
        await case.press(*"openr", "enter")
        assert case.shows(AccountForm)
        await case.paste(KEY)
        text = await case.press("enter")
        assert "The key works" in text
        assert '+ key = "keyring"' in text
        await case.press("enter")
        assert case.shows(Dashboard)
        assert case.editor.secrets == {"openrouter-3": KEY}
        assert case.editor.accounts["openrouter-3"].name == "OpenRouter 3"
        assert KEY not in str(case.editor.told.saved)


async def test_a_found_credential_is_used_as_it_is_after_its_consent() -> None:
    async with running() as case:
        text = await case.press("a")
        assert "~/.claude/.credentials.json" in text
        assert ".codex" not in text
        await case.press("down", "enter")
        assert case.shows(TryScreen)
        assert [draft.account.key for draft in case.editor.told.tried] == ["env:OPENAI_ADMIN_KEY"]
        await case.press("enter")
        assert case.editor.accounts["openai"].key == "env:OPENAI_ADMIN_KEY"


async def test_nothing_is_asked_before_a_wanted_consent() -> None:
    async with running() as case:
        case.editor.found[0] = replace(case.editor.found[0], consent="Your account, your choice.")
        text = await case.press("a", "enter")
        assert "Your account, your choice." in text
        assert not case.editor.told.tried
        await case.press("enter")
        assert len(case.editor.told.tried) == 1
        assert not case.editor.told.saved
        await case.press("enter")
        assert case.editor.accounts["claude"].key == "discovered:claude-code"


async def test_a_key_that_does_not_work_is_told_and_may_be_saved() -> None:
    async with running() as case:
        case.editor.told.failure = REJECTED
        await case.press("a", *"deeps", "enter")
        await case.paste("sk-kanarienDeepSeek5566778899")
        text = await case.press("enter")
        assert "key rejected" in text
        assert "can be saved all the same" in text
        await case.press("enter")
        assert "deepseek-2" in case.editor.accounts


async def test_nothing_is_saved_while_the_provider_is_asked() -> None:
    async with running() as case:
        case.editor.told.hold = asyncio.Event()
        await case.press("a", *"openr", "enter")
        await case.paste(KEY)
        text = await case.press("enter", "enter")
        assert "Asking openrouter.ai" in text
        assert not case.editor.told.saved
        case.editor.told.hold.set()
        await case.rest()
        await case.press("enter")
        assert len(case.editor.told.saved) == 1


async def test_without_a_keyring_the_file_is_used_only_after_a_yes_to_it() -> None:
    async with running((42, 50)) as case:
        case.editor.told.no_keyring = True
        await case.press("a", *"openr", "enter")
        await case.paste(KEY)
        await case.press("enter")
        text = await case.press("enter")
        assert "~/.local/share/aic/secrets.toml" in text
        assert "not encrypted" in text
        assert '+ key = "file"' in text
        assert not case.editor.told.saved
        await case.press("enter")
        plan, draft, consent = case.editor.told.saved[0]
        assert consent
        assert draft is not None
        assert draft.store is KeyStore.FILE
        assert any(row.text == 'key = "file"' for row in plan.diff)


async def test_w_chooses_the_file_and_the_diff_follows() -> None:
    async with running() as case:
        await case.press("a", *"openr", "enter")
        await case.paste(KEY)
        text = await case.press("enter", "w")
        assert '+ key = "file"' in text
        text = await case.press("w")
        assert '+ key = "keyring"' in text


async def test_a_key_of_another_provider_is_not_sent_before_the_user_says_whose_it_is() -> None:
    async with running() as case:
        await case.press("a", *"openr", "enter")
        text = await case.paste(OTHER_KEY)
        assert "looks like a key of Anthropic" in text
        await case.press("enter")
        assert case.shows(WhichProvider)
        assert not case.editor.told.tried
        await case.press("enter")
        assert "Anthropic API  new account" in case.text
        await case.press("enter")
        assert case.editor.told.tried[0].account.provider_id == "anthropic"
        secret = case.editor.told.tried[0].secret
        assert secret is not None
        assert secret.get_secret_value() == OTHER_KEY


async def test_the_user_may_know_better_whose_key_it_is() -> None:
    async with running() as case:
        await case.press("a", *"openr", "enter")
        await case.paste(OTHER_KEY)
        await case.press("enter", "o")
        assert case.editor.told.tried[0].account.provider_id == "openrouter"


async def test_the_form_says_what_is_missing() -> None:
    async with running() as case:
        text = await case.press("a", *"openr", "enter", "enter")
        assert "Paste the key first" in text
        assert case.shows(AccountForm)


async def test_the_key_may_come_from_a_variable_and_the_form_says_when_that_is_not_set() -> None:
    async with running() as case:
        await case.press("a", *"openr", "enter", "up", "right")
        assert "OPENROUTER_API_KEY is not set" in case.text
        await case.press("enter")
        assert case.editor.told.tried[0].account.key == "env:OPENROUTER_API_KEY"


async def test_a_conflict_and_lost_comments_are_told_before_anything_is_written() -> None:
    async with running((120, 40)) as case:
        case.editor.comments, case.editor.told.conflict = 2, True
        text = await case.press("5", "d")
        assert "2 comment lines are lost" in text
        text = await case.press("enter")
        assert "changed meanwhile by another program" in text
        assert "changed by someone else" in text
        assert not case.editor.told.saved
        await case.press("enter")
        assert len(case.editor.told.saved) == 1


async def test_a_save_that_fails_keeps_the_form_as_it_was() -> None:
    async with running() as case:
        await case.press("a", *"openr", "enter")
        await case.paste(KEY)
        await case.press("enter")
        case.editor.told.refuses = "config.toml was not saved: no space left on device."
        assert "no space left on device" in await case.press("enter")
        await case.press("escape")
        secret = case.app.screen.query_one(SecretInput).secret
        assert secret is not None
        assert secret.get_secret_value() == KEY


# -- changing


async def test_the_form_of_a_known_account_never_shows_its_key_and_a_new_one_takes_its_place() -> None:
    async with running() as case:
        case.editor.secrets["openrouter-2"] = OTHER_KEY
        text = await case.press("5", "j", "enter")
        assert "kept in the keyring" in text
        await case.press("down", "right", "down")
        await case.paste(KEY)
        await case.press("enter", "enter")
        assert case.editor.secrets["openrouter-2"] == KEY
        assert case.shows(AccountsScreen)


async def test_another_name_alone_asks_no_provider() -> None:
    async with running() as case:
        await case.press("5", "enter", *"X", "enter")
        assert case.shows(TryScreen)
        assert not case.editor.told.tried
        await case.press("enter")
        assert case.editor.accounts["openrouter"].name == "X"


async def test_another_host_wants_the_stored_key_again() -> None:
    async with running() as case:
        await case.press("5", "j", "enter")
        for _ in range(5):
            if getattr(case.app.focused, "id", "") == "place":
                break
            await case.press("tab")
        await case.press("right", "tab", *"https://gw.example")
        text = await case.press("enter")
        assert "given for openrouter.ai" in text
        assert isinstance(case.app.focused, SecretInput)
        await case.paste(KEY)
        text = await case.press("enter")
        assert "another host" in text
        assert case.editor.told.tried[0].account.base_url == "https://gw.example"


# -- the key field


async def opened_form(case: Case) -> SecretInput:
    await case.press("a", *"openr", "enter")
    return case.app.screen.query_one(SecretInput)


async def test_a_key_never_reaches_the_clipboard() -> None:
    async with running() as case:
        field = await opened_form(case)
        await case.paste(KEY)
        case.app.copy_to_clipboard("untouched")
        await case.press("ctrl+shift+a", "ctrl+x")
        field.action_copy()
        assert case.app.clipboard == "untouched"
        assert field.value == KEY
        await case.pilot.press("ctrl+shift+a", "ctrl+c")
        await case.pilot.pause()
        assert case.app.clipboard == "untouched"
        assert not case.app.is_running or case.app._exit


async def test_a_key_is_bullets_in_every_picture_and_gone_with_its_screen() -> None:
    async with running() as case:
        field = await opened_form(case)
        await case.paste(KEY)
        picture = case.app.export_screenshot()
        assert "kanarien" not in picture
        assert "•" in picture
        await case.press("escape", "escape")
        assert field.value == ""
        assert "kanarien" not in repr(field)


async def test_of_a_paste_of_several_lines_the_key_is_taken_and_that_is_said() -> None:
    async with running() as case:
        field = await opened_form(case)
        await case.paste(f"my key:\n  {KEY}  \nq\n")
        assert field.value == KEY
        assert "3 lines" in case.toasts[-1]
        await case.paste(f"{OTHER_KEY}\n")
        assert field.value == OTHER_KEY
        assert len(case.toasts) == 1
        assert case.shows(AccountForm)


@pytest.mark.parametrize("place", ["name", "address", "wanted", "new-name"])
async def test_a_key_in_a_wrong_field_is_refused_and_not_kept(place: str) -> None:
    async with running() as case:
        if place == "wanted":
            await case.press("a")
        elif place == "new-name":
            await case.press("5", "n")
        else:
            await opened_form(case)
            case.app.screen.query_one(f"#{place}").parent.display = True  # type: ignore[union-attr]
            case.field(place).focus()
            await case.rest()
        before = case.field(place).value
        await case.paste(KEY)
        assert case.field(place).value == before
        assert "looks like a key" in case.toasts[-1]
        case.field(place).value = KEY
        await case.rest()
        assert case.field(place).value == before
        assert "kanarien" not in case.app.export_screenshot()


async def test_a_key_in_the_filter_points_at_its_provider() -> None:
    async with running() as case:
        await case.press("a")
        await case.paste(OTHER_KEY)
        await case.press("enter")
        assert "Anthropic API  new account" in case.text


async def test_a_paste_where_nothing_is_typed_presses_no_key() -> None:
    async with running() as case:
        await case.press("5")
        await case.paste("dq\n\x1b[Z")
        assert case.shows(AccountsScreen)
        await case.press("d")
        await case.paste("\n")
        assert case.shows(ConfirmScreen)
        assert case.app.is_running


# -- footer and help


@pytest.mark.parametrize("size", SIZES)
async def test_footer_and_help_tell_the_keys_of_each_screen(size: tuple[int, int]) -> None:
    async with running(size) as case:
        assert "add" in (await case.press("5")).splitlines()[-1]
        text = await case.press("question_mark")
        assert "Take" not in text or "undo" not in text
        assert "Give the selected account another name" in " ".join(text.split())
        await case.press("escape", "a")
        last = case.text.splitlines()[-1]
        assert "esc back" in last
        assert "f1 help" in last
        assert "q quit" not in last
        text = await case.press("f1")
        assert "Go on with what stands here" in " ".join(text.split())
        await case.press("escape", *"openr", "enter")
        assert "go on" in case.text.splitlines()[-1]


async def test_the_reading_of_a_trial_is_hidden_under_privacy() -> None:
    async with running() as case:
        case.app.action_toggle_privacy()
        case.editor.told.reading = Reading(account_name="alice@example.org", plan=None)
        await case.press("a", *"openr", "enter")
        await case.paste(KEY)
        text = await case.press("enter")
        assert "The key works" in text
        assert "alice" not in text
