"""Keys through the editor: stored before they are referred to, put back by undo, tried out on a real server."""

from __future__ import annotations

import asyncio
import stat
import threading
import time
import tomllib
from dataclasses import replace

import pytest

from aic_tui.config.file import save_changes
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, Reason, UserError
from aic_tui.services.editing import ConflictError, ConsentNeededError, Draft, KeyStore
from aic_tui.services.live import LiveMonitor
from tests.clock import FakeClock
from tests.conftest import MakeEnv
from tests.editing_world import KEY, OTHER_KEY, Ring, draft, editing, text_of, write
from tests.loopback import Answer, Loopback, Seen

CREDITS = {"data": {"total_credits": 20, "total_usage": 5}}
KEY_INFO = {"data": {"label": "x", "usage": 5, "limit": 20, "limit_remaining": 15, "is_free_tier": False}}


@pytest.fixture
def ring() -> Ring:
    return Ring()


@pytest.fixture
def env(make_env: MakeEnv, ring: Ring) -> Environment:
    return make_env(keyring=lambda: ring)


@pytest.fixture
def provider(server: Loopback) -> Loopback:
    """OpenRouter, which knows two keys."""

    def answer(document: object) -> object:
        def reply(seen: Seen) -> Answer:
            known = seen.headers.get("authorization") in (f"Bearer {KEY}", f"Bearer {OTHER_KEY}")
            return Answer(json=document) if known else Answer(status=401, json={"error": {"message": "no"}})

        return reply

    for path, document in (("/api/v1/key", KEY_INFO), ("/api/v1/credits", CREDITS), ("/api/v1/auth/key", KEY_INFO)):
        server.on(path, answer(document))  # type: ignore[arg-type]
    return server


def stored(env: Environment) -> dict[str, str]:
    """The keys of secrets.toml."""
    file = env.paths.secrets_file
    if not file.exists():
        return {}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    table = tomllib.loads(file.read_text())
    return {name: entry["key"] for name, entry in table.get("accounts", {}).items()}


async def test_a_key_is_in_the_keyring_and_never_in_the_file(env: Environment, ring: Ring) -> None:
    async with editing(env) as (editor, _):
        given = draft("work", "keyring", KEY)
        plan = editor.plan_add(given)
        assert ring.keys == {}
        await editor.save(plan, given)
        assert ring.keys == {"work": KEY}
        assert KEY not in text_of(env) + str(plan) + repr(given)
        assert [row.store for row in await editor.rows()] == [KeyStore.KEYRING]
    assert ring.keys == {"work": KEY}


async def test_a_removed_key_is_erased_when_undo_is_over_and_not_before(env: Environment, ring: Ring) -> None:
    async with editing(env) as (editor, _):
        await editor.save(editor.plan_add(draft("work", "keyring", KEY)), draft("work", "keyring", KEY))
        await editor.save(editor.plan_add(draft("home", "keyring", OTHER_KEY)), draft("home", "keyring", OTHER_KEY))
    async with editing(env) as (editor, _):
        await editor.save(editor.plan_remove("work"))
        assert ring.keys == {"work": KEY, "home": OTHER_KEY}
        await editor.undo()
        await editor.save(editor.plan_remove("home"))
    assert ring.keys == {"work": KEY}


async def test_undo_of_an_added_account_takes_its_key_away(env: Environment, ring: Ring) -> None:
    async with editing(env) as (editor, _):
        await editor.save(editor.plan_add(draft("work", "keyring", KEY)), draft("work", "keyring", KEY))
        await editor.undo()
        assert ring.keys == {}
        await editor.save(editor.plan_add(draft("work", "keyring", KEY)), draft("work", "keyring", KEY))
        await editor.save(editor.plan_remove("work"))
        again = draft("work", "keyring", OTHER_KEY)
        await editor.save(editor.plan_add(again), again)
        assert ring.keys == {"work": OTHER_KEY}
        await editor.undo()
        await editor.undo()
        assert ring.keys == {"work": KEY}
    assert ring.keys == {"work": KEY}


async def test_a_replaced_key_comes_back_with_undo(env: Environment, ring: Ring) -> None:
    async with editing(env) as (editor, _):
        await editor.save(editor.plan_add(draft("work", "keyring", KEY)), draft("work", "keyring", KEY))
        new = draft("work", "keyring", OTHER_KEY)
        plan = editor.plan_edit("work", new)
        assert plan.diff == ()
        await editor.save(plan, new)
        assert ring.keys == {"work": OTHER_KEY}
        assert await editor.undo() == "Changed work"
        assert ring.keys == {"work": KEY}


async def test_when_the_file_cannot_be_saved_the_key_is_gone_again(env: Environment, ring: Ring) -> None:
    write(env, "version = 1\n[accounts]\n")
    async with editing(env) as (editor, _):
        given = draft("work", "keyring", KEY)
        plan = editor.plan_add(given)
        write(env, "broken")
        with pytest.raises(UserError):
            await editor.save(plan, given)
        assert ring.keys == {}
        write(env, "version = 1\n[accounts]\n")
        save_changes(env, {("accounts", "work"): {"provider": "deepseek"}})
        with pytest.raises(UserError, match="There is an account “work” already"):
            await editor.save(plan, given)
        assert ring.keys == {}
        save_changes(env, {("accounts", "work"): None})
        await editor.save(plan, given)
        new = draft("work", "keyring", OTHER_KEY, name="New")
        plan = editor.plan_edit("work", new)
        save_changes(env, {("accounts", "work", "name"): "Theirs"})
        with pytest.raises(ConflictError):
            await editor.save(plan, new)
        assert ring.keys == {"work": KEY}


async def test_without_a_keyring_the_file_needs_a_yes(env: Environment, ring: Ring) -> None:
    ring.trouble = type("KeyringLocked", (Exception,), {})()
    async with editing(env) as (editor, _):
        given = draft("work", "keyring", KEY)
        plan = editor.plan_add(given)
        with pytest.raises(ConsentNeededError) as asked:
            await editor.save(plan, given)
        assert asked.value.path == str(env.paths.secrets_file)
        assert "keyring locked" in asked.value.why
        assert text_of(env) == ""
        assert stored(env) == {}
        await editor.save(plan, given, file_consent=True)
        assert stored(env) == {"work": KEY}
        assert 'key = "file"' in text_of(env)
        with pytest.raises(ConsentNeededError):
            await editor.save(editor.plan_edit("work", draft("work", "file", KEY)), draft("work", "file", OTHER_KEY))
        assert stored(env) == {"work": KEY}


async def test_keyring_only_forbids_the_file(env: Environment, ring: Ring) -> None:
    write(env, '[general]\nstorage = "keyring-only"\n')
    ring.trouble = type("KeyringLocked", (Exception,), {})()
    async with editing(env) as (editor, _):
        given = draft("work", "keyring", KEY)
        with pytest.raises(UserError, match="keyring locked"):
            await editor.save(editor.plan_add(given), given, file_consent=True)
        with pytest.raises(UserError, match="forbidden by storage"):
            editor.plan_add(draft("work", "file", KEY))
    assert stored(env) == {}


async def test_a_changed_storage_setting_holds_at_once(env: Environment) -> None:
    async with editing(env) as (editor, _):
        given = draft("work", "file", KEY)
        with pytest.raises(ConsentNeededError):
            await editor.save(editor.plan_add(given), given)
        await editor.save(editor.plan_setting("storage", "file"))
        await editor.save(editor.plan_add(given), given)
        assert stored(env) == {"work": KEY}


async def test_the_setting_decides_where_a_key_goes_that_names_no_place(env: Environment, ring: Ring) -> None:
    write(env, '[general]\nstorage = "file"\n')
    async with editing(env) as (editor, _):
        given = draft("work", None, KEY)
        await editor.save(editor.plan_add(given), given)
        assert (stored(env), ring.keys) == ({"work": KEY}, {})


async def test_a_key_moves_between_the_stores_and_back(env: Environment, ring: Ring) -> None:
    async with editing(env) as (editor, _):
        given = draft("work", "keyring", KEY)
        await editor.save(editor.plan_add(given), given)
        with pytest.raises(ConsentNeededError):
            await editor.move_secret("work", KeyStore.FILE)
        assert (stored(env), ring.keys) == ({}, {"work": KEY})
        await editor.move_secret("work", KeyStore.FILE, file_consent=True)
        assert (stored(env), ring.keys) == ({"work": KEY}, {})
        assert 'key = "file"' in text_of(env)
        assert await editor.undo() == "Moved the key of work"
        assert (stored(env), ring.keys) == ({}, {"work": KEY})
        assert 'key = "keyring"' in text_of(env)
        await editor.move_secret("work", KeyStore.KEYRING)
        with pytest.raises(UserError, match="Only a key in the keyring or the key file"):
            await editor.move_secret("work", KeyStore.ENVIRONMENT)


async def test_a_cancelled_save_is_finished(env: Environment, ring: Ring) -> None:
    async with editing(env) as (editor, _):
        given = draft("work", "keyring", KEY)
        task = asyncio.create_task(editor.save(editor.plan_add(given), given))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await editor.save(editor.plan_setting("mouse", False))
        assert ring.keys == {"work": KEY}
        assert "[accounts.work]" in text_of(env)


async def test_a_hanging_keyring_does_not_hold_up_the_end(env: Environment, ring: Ring) -> None:
    hold = threading.Event()
    async with editing(env) as (editor, _):
        given = draft("work", "keyring", KEY)
        await editor.save(editor.plan_add(given), given)
        await editor.save(editor.plan_remove("work"))
        ring.hold = hold
        began = time.monotonic()
    assert time.monotonic() - began < 1.0
    hold.set()


async def test_a_move_whose_file_cannot_be_saved_leaves_the_key_where_it_was(env: Environment, ring: Ring) -> None:
    async with editing(env) as (editor, _):
        given = draft("work", "keyring", KEY)
        await editor.save(editor.plan_add(given), given)
        env.paths.config_file.with_name("config.toml.bak").mkdir()
        with pytest.raises(UserError, match="was not saved"):
            await editor.move_secret("work", KeyStore.FILE, file_consent=True)
        assert (stored(env), ring.keys) == ({}, {"work": KEY})
        with pytest.raises(UserError, match="was not saved"):
            await editor.undo()
        assert ring.keys == {"work": KEY}
        assert editor.can_undo == "Added work"
        env.paths.config_file.with_name("config.toml.bak").rmdir()
        ring.keys.clear()
        with pytest.raises(UserError, match="no key"):
            await editor.move_secret("work", KeyStore.FILE, file_consent=True)


async def test_a_key_that_a_killed_run_left_behind_does_not_stand_in_the_way(env: Environment, ring: Ring) -> None:
    ring.keys["work"] = OTHER_KEY  # stored, and killed before config.toml said so
    async with editing(env) as (editor, _):
        given = draft("work", "keyring", KEY)
        await editor.save(editor.plan_add(given), given)
        assert ring.keys == {"work": KEY}
    assert ring.keys == {"work": KEY}


# -- trying out


async def test_a_key_is_tried_out_before_anything_is_stored(env: Environment, ring: Ring, provider: Loopback) -> None:
    async with editing(env) as (editor, monitor):
        wrong = draft("work", "keyring", "sk-or-v1-wrongwrongwrong", base_url=provider.url)
        trial = await editor.try_out(wrong)
        assert trial.failure is not None
        assert (trial.failure.kind, trial.failure.reason) == (FailureKind.AUTH_NEEDED, Reason.KEY_REJECTED)
        right = draft("work", "keyring", KEY, base_url=provider.url)
        trial = await editor.try_out(right)
        assert trial.works
        assert trial.reading is not None
        assert trial.reading.windows or trial.reading.balances
        assert trial.origin == provider.url
        assert (ring.keys, text_of(env), monitor.states()) == ({}, "", [])
        asked = len(provider.requests)
        assert await editor.try_out(right) == trial  # within 15 s: the same answer, no second request
        assert len(provider.requests) == asked

        await editor.save(editor.plan_add(right), right)
        [state] = monitor.states()
        assert state.reading == trial.reading
        assert state.auth_source == "keyring"
        assert len(provider.requests) == asked
        [row] = await editor.rows()
        assert row.trial == trial
        assert row.state == state


async def test_the_key_of_an_account_is_tried_out_and_the_account_has_the_answer(
    make_env: MakeEnv, provider: Loopback, clock: FakeClock
) -> None:
    env = make_env({"ONE": KEY, "BAD": "sk-or-v1-wrongwrongwrong"})
    write(
        env,
        "".join(
            f'[accounts.{name}]\nprovider = "openrouter"\nkey = "env:{key}"\nbase_url = "{provider.url}"\n'
            for name, key in (("good", "ONE"), ("bad", "BAD"), ("none", "NOT_SET"))
        ),
    )
    async with editing(env) as (editor, monitor):
        rows = {row.account.id: row for row in await editor.rows()}
        trials = {name: await editor.try_out(Draft(row.account, store=row.store)) for name, row in rows.items()}
        assert [trial.works for trial in trials.values()] == [True, False, False]
        assert trials["none"].failure is not None
        assert trials["none"].failure.reason is Reason.KEY_MISSING
        assert [state.failure is None for state in monitor.states()][:2] == [True, False]
        assert monitor.states()[0].reading == trials["good"].reading
        clock.move(60)
        again = await editor.try_out(Draft(rows["bad"].account))
        assert again.failure is not None  # parked: the same key is not asked again
        assert again.failure.kind is FailureKind.AUTH_NEEDED
        assert len([seen for seen in provider.requests if "wrong" in seen.headers["authorization"]]) == 1
        await editor.save(editor.plan_enable("good", enabled=False))
        asked = len(provider.requests)
        off = await editor.try_out(Draft(replace(rows["good"].account, enabled=False)))
        assert off.failure is not None
        assert "disabled" in (off.failure.hint or "")
        assert len(provider.requests) == asked


async def test_a_stored_key_goes_to_no_other_host_unless_it_is_given_again(
    env: Environment, ring: Ring, provider: Loopback
) -> None:
    async with editing(env) as (editor, _):
        given = draft("work", "keyring", KEY)
        await editor.save(editor.plan_add(given), given)
        elsewhere = draft("work", "keyring", base_url=provider.url)
        with pytest.raises(UserError, match="Enter it again"):
            editor.plan_edit("work", elsewhere)
        trial = await editor.try_out(elsewhere)
        assert trial.failure is not None
        assert trial.failure.reason is Reason.HOST_NOT_TRUSTED
        assert provider.requests == []
        again = draft("work", "keyring", KEY, base_url=provider.url)
        await editor.save(editor.plan_edit("work", again), again)
        row = (await editor.rows())[0]
        assert (await editor.try_out(Draft(row.account))).works


async def test_what_cannot_be_asked_says_so(env: Environment) -> None:
    async with editing(env) as (editor, _):
        bad = await editor.try_out(draft("x", "keyring", KEY, base_url="http://example.org"))
        assert bad.failure is not None
        assert bad.failure.reason is Reason.BAD_ADDRESS
        nobody = await editor.try_out(draft("x", "keyring", KEY, provider_id="nobody"))
        assert nobody.failure is not None
        assert nobody.failure.kind is FailureKind.NOT_CONFIGURED
        odd = await editor.try_out(draft("x", "keyring", "two words"))
        assert odd.failure is not None
        assert odd.failure.reason is Reason.KEY_MALFORMED


async def test_a_saved_account_is_asked_at_once_in_a_running_dashboard(
    make_env: MakeEnv, provider: Loopback, clock: FakeClock
) -> None:
    env = make_env({"ONE": KEY})
    write(env, "version = 1\n[accounts]\n")
    monitor = LiveMonitor.open(env)
    clock.auto = False
    running = asyncio.create_task(monitor.run())
    try:
        await clock.settle(lambda: not monitor._is_running)
        given = draft("work", "env:ONE", base_url=provider.url)
        await monitor.editor.save(monitor.editor.plan_add(given), given)
        await clock.settle(lambda: not any(state.snapshot for state in monitor.states()))
        assert clock.now().second == 0
        await monitor.editor.save(monitor.editor.plan_flag("work", "hidden", value=True))
        assert monitor.states() == []
        [row] = await monitor.editor.rows()
        assert row.state is not None
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await monitor.aclose()
