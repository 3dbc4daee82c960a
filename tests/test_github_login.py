"""Logging in and out through the services, with a GitHub on loopback: what is kept, and what each ending leaves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, Reason, UserError
from aic_tui.services.editing import KeyStore
from aic_tui.services.signing_in import LoginState, LoginTarget, Stage
from tests.clock import FakeClock
from tests.conftest import MakeEnv
from tests.editing_world import Ring, text_of, write
from tests.github import GitHub, form_of
from tests.login_world import (
    ACCOUNT,
    files_with,
    live,
    reaches,
    sign_in,
    state_of,
    status_of,
    target_of,
    with_account,
    with_ring,
    without_keyring,
)
from tests.loopback import Loopback


@pytest.fixture
def github(server: Loopback, clock: FakeClock) -> GitHub:
    return GitHub(server, monotonic=clock.monotonic)


@pytest.fixture
def ringed(env: Environment, github: GitHub) -> tuple[Environment, Ring]:
    with_account(env, github)
    return with_ring(env)


def asked(server: Loopback) -> list[str]:
    return [seen.path for seen in server.requests]


def nothing_kept(env: Environment, ring: Ring, github: GitHub, tmp_path: Path) -> bool:
    return not ring.keys and not env.paths.secrets_file.exists() and not files_with(tmp_path, github.token)


async def test_a_login_keeps_the_token_in_the_keyring_and_shows_the_first_figures(
    ringed: tuple[Environment, Ring], github: GitHub, server: Loopback, tmp_path: Path
) -> None:
    env, ring = ringed
    seen: list[LoginState] = []
    async with live(env) as monitor:
        login = monitor.sign_in.begin(await target_of(monitor))
        assert (login.state.stage, login.state.client_id) == (Stage.READY, "Iv1.b507a08c87ecfe98")
        assert login.state.scope == "read:user"
        assert asked(server) == []
        login.subscribe(seen.append)
        login.subscribe(lambda state: github.approve() if state.stage is Stage.WAITING else None)
        done = await login.run()
        assert (done.stage, done.username, done.kept_in) == (Stage.DONE, "octo-fake", "keyring")
        reading = state_of(monitor).reading
        assert reading is not None
        assert (reading.account_name, reading.plan) == ("octo-fake", "Pro")
        status = await status_of(monitor)
        assert (status.is_authenticated, status.username, status.source) == (True, "octo-fake", "keyring")
        assert github.token not in repr((seen, status, login))
        assert github.device_code not in repr((seen, login))
    stages = list(dict.fromkeys(state.stage for state in seen))
    assert stages == [Stage.REQUESTING, Stage.WAITING, Stage.CHECKING, Stage.STORING, Stage.DONE]
    assert seen[1].user_code == github.user_code
    assert ring.keys == {ACCOUNT: github.token}
    assert form_of(github.code_requests[0]) == {"client_id": "Iv1.b507a08c87ecfe98", "scope": "read:user"}
    assert files_with(tmp_path, github.token) == files_with(tmp_path, github.device_code) == []


async def test_a_new_account_gets_an_id_and_its_host(
    env: Environment, github: GitHub, server: Loopback, tmp_path: Path
) -> None:
    env, ring = with_ring(env)
    async with live(env) as monitor:
        (new,) = await monitor.sign_in.targets()
        assert (new.account_id, new.host, new.is_new, new.source) == ("copilot", "github.com", True, None)
        host = github.url.removeprefix("http://")
        done = await sign_in(monitor, github, LoginTarget(new.account_id, new.label, host, is_new=True))
        assert done.stage is Stage.DONE
        reading = state_of(monitor).reading
        assert reading is not None
        assert reading.windows
        *known, another = await monitor.sign_in.targets()
        assert [(one.account_id, one.signed_in_as, one.source) for one in known] == [
            ("copilot", "octo-fake", "keyring")
        ]
        assert another.account_id == "copilot-2"
    assert ring.keys == {"copilot": github.token}
    assert f'login_url = "{github.url}"' in text_of(env)
    assert "base_url" not in text_of(env)
    assert asked(server)[-1] == "/api/v3/copilot_internal/user"


async def test_a_token_goes_to_no_other_host_than_that_of_its_login(
    env: Environment, github: GitHub, clock: FakeClock
) -> None:
    env, _ = with_ring(env)
    async with live(env) as monitor:
        host = github.url.removeprefix("http://")
        await sign_in(monitor, github, LoginTarget("copilot", "Copilot", host, is_new=True))
    clock.move(600)
    with Loopback() as stranger:
        write(env, text_of(env).replace(github.url, stranger.url))
        async with live(env) as monitor:
            await monitor.refresh_once()
            failure = state_of(monitor).failure
            assert failure is not None
            assert failure.reason is Reason.HOST_NOT_TRUSTED
        assert stranger.requests == []


async def test_the_client_is_a_setting(env: Environment, github: GitHub) -> None:
    with_account(env, github, general='github_client_id = "Iv1.own"')
    env, _ = with_ring(env)
    async with live(env) as monitor:
        assert (await sign_in(monitor, github)).stage is Stage.DONE
    assert form_of(github.code_requests[0])["client_id"] == form_of(github.polls[0])["client_id"] == "Iv1.own"


@pytest.mark.parametrize(
    ("answer", "stage"),
    [
        ("denied", Stage.DECLINED),
        ("expired", Stage.EXPIRED),
        ("disabled", Stage.DISABLED),
        ("bad_client", Stage.CLIENT_REJECTED),
        ("bad_code", Stage.REFUSED),
        ("pending", Stage.EXPIRED),
        ("html", Stage.EXPIRED),
    ],
)
async def test_a_login_without_a_token_leaves_nothing(
    ringed: tuple[Environment, Ring], github: GitHub, tmp_path: Path, answer: str, stage: Stage
) -> None:
    env, ring = ringed
    before = text_of(env)
    github.script(answer)
    async with live(env) as monitor:
        ended = await monitor.sign_in.begin(await target_of(monitor)).run()
        assert ended.stage is stage
        assert not (await status_of(monitor)).is_authenticated
    assert nothing_kept(env, ring, github, tmp_path)
    assert text_of(env) == before


@pytest.mark.parametrize(
    ("answer", "stage"),
    [
        ("disabled", Stage.DISABLED),
        (500, Stage.UNREACHABLE),
        ({"verification_uri": "https://login.example/device"}, Stage.UNSAFE_PAGE),
    ],
)
async def test_without_a_code_nothing_is_polled(
    ringed: tuple[Environment, Ring], github: GitHub, answer: str, stage: Stage
) -> None:
    env, _ = ringed
    github.codes(answer)
    async with live(env) as monitor:
        ended = await monitor.sign_in.begin(await target_of(monitor)).run()
    assert ended.stage is stage
    assert (ended.failure is not None) is (stage is Stage.UNREACHABLE)
    assert github.polls == []


async def test_a_token_that_github_refuses_at_once_is_not_kept(
    ringed: tuple[Environment, Ring], github: GitHub, tmp_path: Path
) -> None:
    env, ring = ringed
    github.user(401)
    async with live(env) as monitor:
        ended = await sign_in(monitor, github)
    assert ended.stage is Stage.NOT_STORED
    assert ended.failure is not None
    assert ended.failure.kind is FailureKind.AUTH_NEEDED
    assert nothing_kept(env, ring, github, tmp_path)


async def test_a_name_that_is_not_told_is_no_obstacle(ringed: tuple[Environment, Ring], github: GitHub) -> None:
    env, ring = ringed
    github.user(503)
    async with live(env) as monitor:
        ended = await sign_in(monitor, github)
        assert (ended.stage, ended.username) == (Stage.DONE, None)
        assert (await status_of(monitor)).username == "octo-fake"  # the figures tell it
    assert ring.keys


async def test_a_cancelled_login_asks_nothing_more(
    ringed: tuple[Environment, Ring], github: GitHub, server: Loopback, clock: FakeClock, tmp_path: Path
) -> None:
    env, ring = ringed
    clock.auto = False
    async with live(env) as monitor:
        login = monitor.sign_in.begin(await target_of(monitor))
        task = await reaches(login, Stage.WAITING)
        await login.cancel()
        assert (await task).stage is Stage.CANCELLED
        github.approve()
        sent = asked(server)
        await clock.advance(1000)
        assert asked(server) == sent == ["/login/device/code"]
        assert (await login.run()).stage is Stage.CANCELLED
    assert nothing_kept(env, ring, github, tmp_path)


async def test_a_login_whose_screen_is_closed_is_cancelled(
    ringed: tuple[Environment, Ring], github: GitHub, clock: FakeClock
) -> None:
    env, _ = ringed
    clock.auto = False
    async with live(env) as monitor:
        login = monitor.sign_in.begin(await target_of(monitor))
        task = await reaches(login, Stage.WAITING)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        assert login.state.stage is Stage.CANCELLED


# -- where the token goes


async def test_without_a_keyring_a_yes_is_asked_for_before_the_file(
    env: Environment, github: GitHub, tmp_path: Path
) -> None:
    with_account(env, github, key=None)
    env = without_keyring(env)
    async with live(env) as monitor:
        login = monitor.sign_in.begin(await target_of(monitor))
        login.subscribe(lambda state: github.approve() if state.stage is Stage.WAITING else None)
        state = await login.run()
        assert (state.stage, state.path) == (Stage.CONSENT, str(env.paths.secrets_file))
        assert state.why
        assert files_with(tmp_path, github.token) == []
        done = await login.consent(yes=True)
        assert (done.stage, done.kept_in) == (Stage.DONE, str(env.paths.secrets_file))
        assert state_of(monitor).reading is not None
    assert files_with(tmp_path, github.token) == [env.paths.secrets_file]
    assert 'key = "file"' in text_of(env)


async def test_a_no_leaves_nothing_on_disk(env: Environment, github: GitHub, tmp_path: Path) -> None:
    with_account(env, github, key=None)
    env, before = without_keyring(env), text_of(env)
    async with live(env) as monitor:
        login = monitor.sign_in.begin(await target_of(monitor))
        login.subscribe(lambda state: github.approve() if state.stage is Stage.WAITING else None)
        await login.run()
        assert login.state.why == "Not stored yet: no keyring here."
        ended = await login.consent(yes=False)
        assert (ended.stage, ended.why) == (Stage.NOT_STORED, "Nothing was written.")
        assert not (await status_of(monitor)).is_authenticated
        assert (await login.consent(yes=True)).stage is Stage.NOT_STORED
    assert files_with(tmp_path, github.token) == []
    assert not list(env.paths.data.glob("secrets*"))
    assert not list(env.paths.data.glob("keyring*"))
    assert text_of(env) == before


async def test_a_cancelled_question_forgets_the_token(env: Environment, github: GitHub, tmp_path: Path) -> None:
    with_account(env, github, key=None)
    env = without_keyring(env)
    async with live(env) as monitor:
        login = monitor.sign_in.begin(await target_of(monitor))
        login.subscribe(lambda state: github.approve() if state.stage is Stage.WAITING else None)
        await login.run()
        await login.cancel()
        assert (await login.consent(yes=True)).stage is Stage.CANCELLED
    assert not list(env.paths.data.glob("secrets*"))


async def test_keyring_only_takes_no_file_for_an_answer(env: Environment, github: GitHub, tmp_path: Path) -> None:
    with_account(env, github, general='storage = "keyring-only"')
    env = without_keyring(env)
    async with live(env) as monitor:
        ended = await sign_in(monitor, github)
        assert ended.stage is Stage.NOT_STORED
        assert ended.why is not None
        assert "no keyring here" in ended.why
        refused = await monitor.sign_in.begin(await target_of(monitor), store="file", file_consent=True).run()
        assert refused.stage is Stage.NOT_STORED
        assert "keyring-only" in (refused.why or "")
    assert len(github.code_requests) == 1  # the second was refused before anything was asked
    assert files_with(tmp_path, github.token) == []


async def test_storage_file_is_the_consent(env: Environment, github: GitHub) -> None:
    with_account(env, github, key=None, general='storage = "file"')
    env, ring = with_ring(env)
    async with live(env) as monitor:
        assert (await sign_in(monitor, github)).kept_in == str(env.paths.secrets_file)
    assert not ring.keys


async def test_a_file_that_cannot_be_changed_is_told_before_anything_is_asked(
    env: Environment, github: GitHub, server: Loopback
) -> None:
    write(env, "version = 1\n[accounts\n")
    env, _ = with_ring(env)
    async with live(env) as monitor:
        ended = await monitor.sign_in.begin((await monitor.sign_in.targets())[-1]).run()
    assert (ended.stage, bool(ended.why)) == (Stage.NOT_STORED, True)
    assert asked(server) == []


# -- a second login, and out again


async def test_a_new_token_replaces_the_old_one_and_another_users_figures(
    ringed: tuple[Environment, Ring], github: GitHub, clock: FakeClock
) -> None:
    env, ring = ringed
    async with live(env) as monitor:
        await sign_in(monitor, github)
        github.replace_token("ghu_kanarienZweiter98765432109876543210zyx")
        github.login = "someone-else"
        github.quota("no_seat")
        await sign_in(monitor, github)
        assert ring.keys == {ACCOUNT: github.token}
        assert state_of(monitor).reading is None
        assert (await status_of(monitor)).username == "someone-else"


async def test_logging_out_leaves_no_token_no_name_and_no_figures(
    ringed: tuple[Environment, Ring], github: GitHub, server: Loopback, tmp_path: Path
) -> None:
    env, ring = ringed
    async with live(env) as monitor:
        await sign_in(monitor, github)
        sent = asked(server)
        assert await monitor.sign_in.logout(ACCOUNT) == ["keyring"]
        state = state_of(monitor)
        assert state.reading is None
        assert state.failure is not None
        assert state.failure.kind is FailureKind.NOT_CONFIGURED
        status = await status_of(monitor)
        assert (status.is_authenticated, status.username, status.token_invalid) == (False, None, False)
        assert await monitor.sign_in.logout(ACCOUNT) == []
        assert monitor.editor.can_undo is None  # which would bring the token back
        assert asked(server) == sent
    assert ring.keys == {}
    assert f"[accounts.{ACCOUNT}]" in text_of(env)
    async with live(env) as again:
        await again.load()
        assert state_of(again).reading is None
    assert files_with(env.paths.data, "octo-fake", but=lambda path: path.name.endswith("-wal")) == []


async def test_logging_out_erases_both_places(ringed: tuple[Environment, Ring], github: GitHub) -> None:
    env, ring = ringed
    async with live(env) as monitor:
        await sign_in(monitor, github)
        await monitor.editor.move_secret(ACCOUNT, KeyStore.FILE, file_consent=True)
        ring.keys[ACCOUNT] = "ghu_left_over"
        assert await monitor.sign_in.logout(ACCOUNT) == ["keyring", "file"]
    assert ring.keys == {}
    assert github.token not in env.paths.secrets_file.read_text()


async def test_signing_in_again_with_the_same_token_is_not_told_as_signed_out(
    ringed: tuple[Environment, Ring], github: GitHub
) -> None:
    env, _ = ringed
    async with live(env) as monitor:
        await sign_in(monitor, github)
        await monitor.sign_in.logout(ACCOUNT)
    async with live(env) as again:
        await again.load()
        await sign_in(again, github)  # too soon for another question with that token
        assert state_of(again).failure is None
    async with live(env) as restarted:
        await restarted.load()
        assert state_of(restarted).failure is None


async def test_one_store_alone_can_be_emptied(ringed: tuple[Environment, Ring], github: GitHub) -> None:
    env, ring = ringed
    async with live(env) as monitor:
        login = monitor.sign_in.begin(await target_of(monitor), store="file", file_consent=True)
        login.subscribe(lambda state: github.approve() if state.stage is Stage.WAITING else None)
        await login.run()
        ring.keys[ACCOUNT] = "ghu_left_over"
        assert await monitor.sign_in.held(ACCOUNT) == ["keyring", "file"]
        assert await monitor.sign_in.logout(ACCOUNT, store="keyring") == ["keyring"]
        assert ring.keys == {}
        assert state_of(monitor).reading is not None
        assert (await status_of(monitor)).username == "octo-fake"
        assert await monitor.sign_in.logout(ACCOUNT, store="keyring") == []
        assert (await status_of(monitor)).is_authenticated
        assert await monitor.sign_in.logout(ACCOUNT, store="file") == ["file"]
        assert state_of(monitor).reading is None
        assert not (await status_of(monitor)).is_authenticated


async def test_a_login_saves_the_account_as_it_was_filled_in(ringed: tuple[Environment, Ring], github: GitHub) -> None:
    env, ring = ringed
    async with live(env) as monitor:
        target = (await monitor.sign_in.targets())[-1]
        account = Account(target.account_id, "copilot", "Octo work", login_url=github.url)
        login = monitor.sign_in.begin(target, filled_in=account)
        login.subscribe(lambda state: github.approve() if state.stage is Stage.WAITING else None)
        assert (await login.run()).stage is Stage.DONE
        saved = next(one for one in monitor.config.accounts if one.id == target.account_id)
        assert (saved.name, saved.login_url, saved.key) == ("Octo work", github.url, "keyring")
        assert target.account_id in ring.keys
        assert state_of(monitor, target.account_id).reading is not None


async def test_a_locked_keyring_is_told_and_nothing_is_forgotten(
    ringed: tuple[Environment, Ring], github: GitHub
) -> None:
    env, ring = ringed
    async with live(env) as monitor:
        await sign_in(monitor, github)
        ring.trouble = RuntimeError("gone")
        with pytest.raises(UserError, match="not erased in the keyring"):
            await monitor.sign_in.logout(ACCOUNT)
        assert state_of(monitor).reading is not None
    assert ring.keys


async def test_a_token_of_others_is_not_ours_to_erase(make_env: MakeEnv, github: GitHub) -> None:
    env, _ = with_ring(make_env({"GH_TOKEN": github.token}))
    with_account(env, github, key="env:GH_TOKEN")
    async with live(env) as monitor:
        target = await target_of(monitor)
        assert (target.source, target.token_invalid) == ("env:GH_TOKEN", False)
        with pytest.raises(UserError, match="GH_TOKEN"):
            await monitor.sign_in.logout(ACCOUNT)
        with pytest.raises(UserError, match="nobody"):
            await monitor.sign_in.logout("nobody")
