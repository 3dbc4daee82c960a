"""The editor's plans: what the diff says is what the file says, others' edits survive, and each edit is undone."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aic_tui.config.diff import comments_lost, diff
from aic_tui.config.file import save_changes
from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from aic_tui.services.demo import DemoMonitor
from aic_tui.services.editing import ConflictError, Draft, KeyStore, Plan
from aic_tui.services.editor import LiveEditor
from tests.clock import FakeClock
from tests.conftest import MakeEnv, build_env
from tests.editing_world import draft, editing, follows, said, text_of, write

THREE = """\
# mine
version = 1
later = "kept"   # why

[general]
theme = "nord"
unheard_of = [1, 2]

[accounts.one]
provider = "openrouter"
name = "First # of all"
key = "env:ONE"
colour = "red"

[accounts.two]
provider = "openrouter"
key = "env:TWO"
made = 2026-01-01

[accounts.three]
provider = "deepseek"
key = "env:THREE"
"""


def ids(env: Environment) -> list[str]:
    return list(tomllib.loads(text_of(env))["accounts"])


def accounts(env: Environment) -> str:
    """Everything from the first account on, as it stands in the file."""
    return text_of(env).partition("[accounts")[2]


async def test_an_edit_is_shown_then_written_exactly_so(env: Environment) -> None:
    write(env, THREE)
    async with editing(env) as (editor, monitor):
        plan = editor.plan_enable("two", enabled=False)
        assert plan.title == "Disabled two"
        assert text_of(env) == THREE
        assert plan.comments_lost == 2
        assert "# mine" in said(plan, "-")
        config = await editor.save(plan)
        assert follows(plan, THREE, text_of(env))
        assert [account.enabled for account in config.accounts] == [True, False, True]
        assert [state.account_id for state in monitor.states()] == ["one", "three"]
        table = tomllib.loads(text_of(env))
        assert table["later"] == "kept"
        assert table["general"]["unheard_of"] == [1, 2]
        assert table["accounts"]["one"]["colour"] == "red"
        assert editor.plan_enable("one", enabled=False).comments_lost == 0
        assert env.paths.config_file.with_name("config.toml.bak").read_text() == THREE


async def test_an_edit_of_an_account_changes_what_was_changed_only(env: Environment) -> None:
    write(env, THREE)
    async with editing(env) as (editor, monitor):
        old = next(row.account for row in await editor.rows() if row.account.id == "two")
        new = replace(old, name=" Zwei ", key="env:NEW", fields={"project": "  "})
        await editor.save(editor.plan_edit("two", Draft(new, store=KeyStore.ENVIRONMENT)))
        assert tomllib.loads(text_of(env))["accounts"]["two"] == {
            **tomllib.loads(THREE)["accounts"]["two"],
            "name": "Zwei",
            "key": "env:NEW",
        }
        assert {state.account_id: state.label for state in monitor.states()}["two"] == "Zwei"
        await editor.save(editor.plan_edit("two", Draft(replace(new, name=None))))
        assert "name" not in tomllib.loads(text_of(env))["accounts"]["two"]


async def test_order_pin_and_hide(env: Environment) -> None:
    write(env, THREE)
    async with editing(env) as (editor, monitor):
        await editor.save(editor.plan_move("three", -1))
        assert ids(env) == ["one", "three", "two"]
        await editor.save(editor.plan_move("one", 1))
        assert ids(env) == ["three", "one", "two"]
        assert [state.account_id for state in monitor.states()] == ["three", "one", "two"]
        assert editor.plan_move("three", -1).diff == ()
        pin, hide = editor.plan_flag("one", "pinned", value=True), editor.plan_flag("two", "hidden", value=True)
        assert (pin.title, hide.title) == ("Pinned one", "Hid two")
        await editor.save(pin)
        await editor.save(hide)
        assert [(state.account_id, state.pinned) for state in monitor.states()] == [("three", False), ("one", True)]
        assert [row.account.id for row in await editor.rows()] == ["three", "one", "two"]
        await editor.save(editor.plan_flag("one", "pinned", value=False))
        assert "pinned" not in text_of(env)


async def test_accounts_of_the_environment_are_written_with_the_first_edit(make_env: MakeEnv) -> None:
    env = make_env({"OPENROUTER_API_KEY": "k" * 20, "DEEPSEEK_API_KEY": "k" * 20})
    async with editing(env) as (editor, monitor):
        assert [row.account.id for row in await editor.rows()] == ["openrouter", "deepseek"]
        await editor.save(editor.plan_setting("theme", "nord"))
        assert "accounts" not in text_of(env)
        before = text_of(env)
        assert editor.suggest_id("openrouter") == "openrouter-2"
        await editor.save(editor.plan_add(draft("openrouter-2", "env:SECOND")))
        assert ids(env) == ["openrouter", "deepseek", "openrouter-2"]
        assert [state.account_id for state in monitor.states()] == ids(env)
        await editor.undo()
        assert text_of(env) == before
        await editor.save(editor.plan_move("deepseek", -1))
        assert ids(env) == ["deepseek", "openrouter"]
        await editor.undo()
        await editor.save(editor.plan_remove("openrouter"))
        await editor.save(editor.plan_remove("deepseek"))
        assert tomllib.loads(text_of(env))["accounts"] == {}
        assert await editor.rows() == []
        assert [await editor.undo(), await editor.undo()] == ["Removed deepseek", "Removed openrouter"]
        assert text_of(env) == before


@pytest.mark.parametrize("gone", ["one", "two", "three"])
async def test_a_removed_account_comes_back_to_its_place(env: Environment, gone: str) -> None:
    write(env, THREE)
    async with editing(env) as (editor, monitor):
        await editor.save(editor.plan_setting("mouse", False))
        before = text_of(env)
        await editor.save(editor.plan_remove(gone))
        assert gone not in ids(env)
        assert gone not in [state.account_id for state in monitor.states()]
        assert editor.can_undo == f"Removed {gone}"
        assert await editor.undo() == f"Removed {gone}"
        assert text_of(env) == before
        assert [state.account_id for state in monitor.states()] == ["one", "two", "three"]


async def test_what_is_not_allowed_is_one_sentence_and_writes_nothing(env: Environment) -> None:
    write(env, THREE)
    async with editing(env) as (editor, _):
        one = editor.config.accounts[0]
        wrong: tuple[tuple[Callable[[], Plan], str], ...] = (
            (lambda: editor.plan_add(draft("one", "env:X")), "There is an account “one” already."),
            (lambda: editor.plan_add(draft("no spaces", "env:X")), "1 to 64 letters"),
            (lambda: editor.plan_add(draft("x", "sk-or-v1-abcdefabcdef")), "key of account x must be env:NAME"),
            (lambda: editor.plan_add(draft("x", "invalid")), "The key must be env:NAME"),
            (lambda: editor.plan_add(draft("x", base_url="http://example.org")), "base_url is not allowed: http://"),
            (lambda: editor.plan_add(Draft(Account("x", "nobody"))), "There is no provider “nobody”"),
            (lambda: editor.plan_edit("one", Draft(replace(one, id="other"))), "keeps its id"),
            (lambda: editor.plan_edit("one", Draft(replace(one, provider_id="claude"))), "keeps its provider"),
            (lambda: editor.plan_edit("one", draft("one", "keyring")), "A key is needed for its new place"),
            (lambda: editor.plan_enable("four", enabled=True), "There is no account “four”. Known: one, two, three."),
            (lambda: editor.plan_flag("one", "enabled", value=True), "pinned or hidden"),
            (lambda: editor.plan_setting("warn_percent", 0), "a whole number from 1 to 100"),
            (lambda: editor.plan_setting("nothing", 0), "There is no setting"),
            (lambda: editor.plan_setting("keys.quit", 7), "A key binding is the name of a key."),
        )
        for make, words in wrong:
            with pytest.raises(UserError, match=words.replace("(", r"\(")):
                make()
        with pytest.raises(UserError, match="nothing to undo"):
            await editor.undo()
    assert text_of(env) == THREE


async def test_settings_tell_where_they_come_from(make_env: MakeEnv) -> None:
    env = make_env({"AIC_MOUSE": "false"})
    write(env, '[general]\ntheme = "nord"\n')
    async with editing(env) as (editor, _):
        rows = {row.setting.name: row for row in editor.settings()}
        assert (rows["mouse"].value, rows["mouse"].fixed_by) == (False, "AIC_MOUSE")
        assert (rows["theme"].value, rows["theme"].origin, rows["theme"].fixed_by) == ("nord", "file", None)
        assert rows["show"].origin == "default"
        await editor.save(editor.plan_setting("general.theme", None))
        await editor.save(editor.plan_setting("keys.quit", "x"))
        assert (editor.config.settings.theme, editor.config.keys) == ("auto", {"quit": "x"})
        assert await editor.undo() == "Set keys.quit"
        assert await editor.undo() == "Reset theme"
        assert tomllib.loads(text_of(env)) == {"version": 1, "general": {"theme": "nord"}}


async def test_two_editors_of_different_keys_both_survive(env: Environment) -> None:
    write(env, THREE)
    async with editing(env) as (ours, _), editing(env) as (theirs, _):
        plans = [ours.plan_enable("one", enabled=False), ours.plan_remove("three"), ours.plan_setting("show", "left")]
        await theirs.save(theirs.plan_edit("one", draft("one", "env:ONE", name="Renamed")))
        await theirs.save(theirs.plan_add(draft("four", "env:FOUR")))
        for plan in plans:
            await ours.save(plan)
        table = tomllib.loads(text_of(env))
        assert list(table["accounts"]) == ["one", "two", "four"]
        assert (table["accounts"]["one"]["name"], table["accounts"]["one"]["enabled"]) == ("Renamed", False)
        assert table["general"]["show"] == "left"
        await ours.undo()
        await ours.undo()
        assert set(ids(env)) == {"one", "two", "three", "four"}


async def test_the_same_key_changed_meanwhile_is_asked_about(env: Environment) -> None:
    write(env, THREE)
    async with editing(env) as (ours, _):
        plan = ours.plan_setting("theme", "gruvbox")
        save_changes(env, {("general", "theme"): "dracula"})
        before = text_of(env)
        with pytest.raises(ConflictError) as conflict:
            await ours.save(plan)
        assert text_of(env) == before
        assert said(conflict.value.theirs, "-") == ['theme = "dracula"']
        await ours.save(conflict.value.theirs)
        assert ours.config.settings.theme == "gruvbox"

        plan = ours.plan_enable("two", enabled=False)
        save_changes(env, {("accounts", "two"): None})
        with pytest.raises(UserError, match="There is no account “two”"):
            await ours.save(plan)
        assert "two" not in ids(env)

        moved = ours.plan_move("one", 1)
        save_changes(env, {("accounts",): ("three", "one")})
        with pytest.raises(ConflictError):
            await ours.save(moved)


async def test_a_first_account_of_another_instance_is_no_silent_merge(make_env: MakeEnv) -> None:
    env = make_env({"OPENROUTER_API_KEY": "k" * 20})
    async with editing(env) as (ours, _), editing(env) as (theirs, _):
        plan = ours.plan_add(draft("second", "env:X"))
        await theirs.save(theirs.plan_remove("openrouter"))
        with pytest.raises(ConflictError) as conflict:
            await ours.save(plan)
        await ours.save(conflict.value.theirs)
        assert ids(env) == ["second"]


async def test_undo_leaves_alone_what_others_changed_since(env: Environment) -> None:
    write(env, THREE)
    async with editing(env) as (editor, _):
        await editor.save(editor.plan_setting("theme", "gruvbox"))
        save_changes(env, {("general", "theme"): "dracula"})
        with pytest.raises(UserError, match="“Set theme” cannot be undone"):
            await editor.undo()
        assert editor.can_undo is None
        assert 'theme = "dracula"' in text_of(env)


async def test_a_save_that_fails_changes_nothing_and_can_be_repeated(env: Environment) -> None:
    write(env, THREE)
    async with editing(env) as (editor, _):
        plan = editor.plan_remove("one")
        write(env, THREE + "broken")
        with pytest.raises(UserError, match="not valid TOML"):
            await editor.save(plan)
        with pytest.raises(UserError, match="was not saved"):
            editor.plan_remove("one")
        write(env, THREE)
        await editor.save(plan)
        before = text_of(env)
        write(env, "broken")
        with pytest.raises(UserError):
            await editor.undo()
        write(env, before)
        assert await editor.undo() == "Removed one"
        assert accounts(env).startswith(".one]")


async def test_a_broken_file_is_kept_and_the_last_whole_one_written(env: Environment) -> None:
    write(env, THREE)
    async with editing(env) as (editor, monitor):
        with pytest.raises(UserError, match="not broken"):
            await editor.repair()
        await editor.save(editor.plan_setting("mouse", False))
        write(env, "theme = [\n")
        kept = Path(await editor.repair())
        assert kept.name == "config.toml.corrupt-20261121T080000Z"
        assert kept.read_text() == "theme = [\n"
        assert text_of(env) == THREE
        assert [state.account_id for state in monitor.states()] == ["one", "two", "three"]
        env.paths.config_file.with_name("config.toml.bak").unlink()
        write(env, "x")
        await editor.repair()
        assert tomllib.loads(text_of(env)) == {"version": 1}


async def test_rows_say_what_is_wrong(make_env: MakeEnv) -> None:
    env = make_env({"OPENROUTER_API_KEY": "k" * 20})
    write(
        env,
        '[accounts.a]\nprovider="openrouter"\nkey="sk-or-v1-pastedpasted"\n[accounts.b]\nprovider="nobody"\n'
        '[accounts.c]\nprovider="openrouter"\n[accounts.d]\nprovider="claude"\nkey="discovered:claude-code"\n'
        '[accounts.e]\nprovider="deepseek"\n[accounts.f]\nprovider="openrouter"\nkey="keyring"\n',
    )
    async with editing(env) as (editor, _):
        rows = {row.account.id: row for row in await editor.rows()}
        assert "no reference" in (rows["a"].problem or "")
        assert "no provider “nobody”" in (rows["b"].problem or "")
        assert (rows["c"].store, rows["c"].origin) == (KeyStore.ENVIRONMENT, "OPENROUTER_API_KEY")
        assert rows["d"].store is KeyStore.OTHER_TOOL
        assert (rows["e"].store, rows["e"].origin) == (KeyStore.NONE, "")
        assert (rows["f"].store, rows["f"].origin) == (KeyStore.KEYRING, "aic-tui/f")
        assert [line for line in said(editor.plan_remove("b"), "-+ ") if "pasted" in line] == []


def test_the_provider_of_a_key_is_guessed_by_its_beginning(env: Environment) -> None:
    editor = LiveEditor(env, None)  # type: ignore[arg-type]
    known = {"sk-or-v1-x": "openrouter", " sk-ant-api03-x": "anthropic", "sk-proj-x": "openai"}
    assert {key: editor.guess_provider(key) for key in known} == known
    assert [editor.guess_provider(key) for key in ("sk-x", "gsk_x", "hello", "")] == [None] * 4


def test_the_demonstration_has_no_editor(env: Environment) -> None:
    assert DemoMonitor(env).editor is None


def test_a_diff_counts_comments_and_not_number_signs_in_strings() -> None:
    before = 'a = "# no" # one\nb = \'# no\'\nc = """\n# no\n"""\n# two\n# two\n'
    assert comments_lost(before, "") == 3
    assert comments_lost(before, "# two\n") == 2
    assert diff("a\n", "a\n") == []
    long = "\n".join(map(str, range(30)))
    lines = diff(long, long.replace("\n3\n", "\nx\n").replace("\n25\n", "\ny\n"))
    assert [text for sign, text in lines if sign == "-"] == ["3", "25"]
    assert (" ", "…") in lines
    assert len(lines) == 13


EDITS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), min_size=1, max_size=7)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=EDITS, seed=st.integers(0, 1000))
async def test_any_edits_are_written_as_shown_and_undone_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, int]], seed: int
) -> None:
    env = build_env(tmp_path_factory.mktemp("editor"), FakeClock(), {"OPENROUTER_API_KEY": "k" * 20})
    if seed % 3:
        write(env, THREE)
    async with editing(env) as (editor, _):
        await editor.save(editor.plan_setting("retention_days", 7))
        texts = [text_of(env)]
        for kind, which in edits:
            plan = _some_plan(editor, kind, which, random.Random(seed))
            if plan is None or not plan.diff:
                continue
            before = text_of(env)
            await editor.save(plan)
            assert follows(plan, before, text_of(env))
            texts.append(text_of(env))
        while len(texts) > 1:
            assert text_of(env) == texts.pop()
            await editor.undo()
        assert text_of(env) == texts[0]


def _some_plan(editor: LiveEditor, kind: int, which: int, rng: random.Random) -> Plan | None:
    known = {account.id: account for account in editor.config.accounts}
    one = list(known)[which % len(known)] if known else "openrouter"
    old = known.get(one) or Account(one, "openrouter", key="env:OPENROUTER_API_KEY")
    yes = bool(which % 2)
    makers: list[Callable[[], Plan]] = [
        lambda: editor.plan_add(draft(f"new-{which}", "env:X", name=rng.choice(["N", None]))),
        lambda: editor.plan_remove(one),
        lambda: editor.plan_move(one, rng.choice([-1, 1])),
        lambda: editor.plan_enable(one, enabled=yes),
        lambda: editor.plan_flag(one, rng.choice(["pinned", "hidden"]), value=yes),
        lambda: editor.plan_setting("theme", rng.choice(["nord", None])),
        lambda: editor.plan_setting("keys.quit", rng.choice(["x", None])),
        lambda: editor.plan_edit(one, Draft(replace(old, name=rng.choice(["A", "B", None]), key="env:Y"))),
    ]
    try:
        return makers[kind]()
    except UserError:
        return None
