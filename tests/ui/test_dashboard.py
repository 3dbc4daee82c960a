"""The dashboard's keys and promises, pressed and read as a user would."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from textual import events
from textual.widgets._toast import Toast

from aic_tui.config.settings import Config, Settings
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, Reason
from aic_tui.models import Failure, Point
from aic_tui.services.monitor import Found, Outcome
from aic_tui.ui.widgets.accounts_view import AccountsView
from tests.clock import FakeClock
from tests.ui.fakes import (
    FakeMonitor,
    account,
    board_of,
    build_app,
    environ_of,
    failing,
    names_in_order,
    part_text,
    screen_text,
    selected_id,
    settle,
    until,
)

WIDE, CARDS, LIST, STRIP = (120, 40), (80, 24), (42, 50), (20, 4)


@pytest.fixture
def monitor(env: Environment) -> FakeMonitor:
    now = env.now()
    return FakeMonitor([account(number, now, number / 20) for number in range(12)])


async def test_the_first_frame_has_every_account_before_the_services_start(
    env: Environment, monitor: FakeMonitor
) -> None:
    async with build_app(env, monitor).run_test(size=WIDE) as pilot:
        assert "Account 00" in screen_text(pilot.app)  # type: ignore[arg-type]
        await settle(pilot)
        assert monitor.running


@pytest.mark.parametrize(
    ("size", "presses", "expected"),
    [
        (WIDE, ["down"], "a2"),
        (WIDE, ["j", "l"], "a3"),
        (WIDE, ["right", "left"], "a0"),
        (WIDE, ["right", "right"], "a1"),
        (WIDE, ["up"], "a0"),
        (WIDE, ["end"], "a11"),
        (WIDE, ["end", "k", "h"], "a8"),
        (WIDE, ["end", "home"], "a0"),
        (CARDS, ["pagedown"], "a6"),
        (CARDS, ["pagedown", "pageup"], "a0"),
        (LIST, ["j", "j"], "a2"),
        (LIST, ["right"], "a0"),
    ],
)
async def test_keys_move_the_selection(
    env: Environment, monitor: FakeMonitor, size: tuple[int, int], presses: list[str], expected: str
) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=size) as pilot:
        await pilot.press(*presses)
        assert selected_id(app) == expected


async def test_the_selected_account_is_always_in_view(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=CARDS) as pilot:
        assert "Account 11" not in screen_text(app)
        await pilot.press("end")
        await settle(pilot)
        assert "▸● Account 11" in screen_text(app)


async def test_a_click_selects(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.click(AccountsView, offset=(60, 8))
        await settle(pilot)
        assert selected_id(app) == "a3"


async def test_a_refresh_moves_nothing(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    monitor.choices["sort"] = "used:natural"
    async with app.run_test(size=CARDS) as pilot:
        await pilot.press("end")
        await settle(pilot)
        view = board_of(app).query_one(AccountsView)
        before = names_in_order(app), selected_id(app), view.scroll_offset
        for number in range(12):
            monitor.publish(account(number, env.now(), 1 - number / 20))
        await settle(pilot)
        assert (names_in_order(app), selected_id(app), view.scroll_offset) == before
        assert "100% used" in screen_text(app)  # and yet the new figures are there


async def test_an_account_that_changed_repaints_itself_and_nothing_else(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=LIST) as pilot:
        await settle(pilot)
        view, drawn = board_of(app).query_one(AccountsView), []
        plain = view.render_line
        view.render_line = lambda y: drawn.append(y) or plain(y)  # type: ignore[method-assign,func-returns-value]
        monitor.publish(account(3, env.now(), 0.99))
        await settle(pilot)
        assert set(drawn) == {6, 7}
        drawn.clear()
        monitor.publish(account(3, env.now(), 0.99))
        await settle(pilot)
        assert not drawn


async def test_ages_grow_with_the_tick(env: Environment, monitor: FakeMonitor, clock: FakeClock) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE) as pilot:
        assert "2m" in screen_text(app)
        clock.move(180)
        app.ticked.publish(None)
        await settle(pilot)
        assert "5m" in screen_text(app)
        assert "09:03" in part_text(app, "header")


async def test_filter_while_typing_then_keep_then_clear(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=LIST) as pilot:
        await pilot.press("slash", *"unt 07")
        await settle(pilot)
        assert names_in_order(app) == ["a7"]
        assert selected_id(app) == "a7"
        await pilot.press("enter")
        await settle(pilot)
        assert "filter unt 07" in part_text(app, "header")
        assert "1 of 12" in part_text(app, "header")
        await pilot.press("escape")
        await settle(pilot)
        assert len(names_in_order(app)) == 12
        assert selected_id(app) == "a7"
        assert app.is_running


async def test_escape_in_the_filter_line_drops_it(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=(20, 6)) as pilot:
        await pilot.press("slash", *"zz")
        await settle(pilot)
        assert "No account" in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        assert "No account" not in screen_text(app)
        assert "quit" in screen_text(app)


async def test_a_key_pasted_into_the_filter_is_refused(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("slash")
        await settle(pilot)
        app.post_message(events.Paste("Tr0ub4dor3Tr0ub4dor3Tr0ub4dor3"))
        await settle(pilot)
        assert "Tr0ub" not in screen_text(app)
        assert len(names_in_order(app)) == 12
        assert "looks like a key" in " ".join(toast.message for toast in app._notifications)


async def test_sorting_is_shown_and_remembered(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("s", "s", "s")
        assert "by used ↓" in part_text(app, "header")
        assert names_in_order(app)[0] == "a11"
        await pilot.press("S")
        assert "by used ↑" in part_text(app, "header")
        assert names_in_order(app)[0] == "a0"
    again = build_app(env, monitor)
    async with again.run_test(size=WIDE):
        assert names_in_order(again)[0] == "a0"
        assert "by used ↑" in part_text(again, "header")


async def test_the_order_is_renewed_once_nobody_is_at_the_keys(
    env: Environment, monitor: FakeMonitor, clock: FakeClock
) -> None:
    monitor.choices["sort"] = "used:natural"
    app = build_app(env, monitor)
    async with app.run_test(size=LIST) as pilot:
        await pilot.press("j")
        chosen = selected_id(app)
        monitor.publish(account(0, env.now(), 0.99))
        app.ticked.publish(None)
        await settle(pilot)
        assert names_in_order(app)[0] == "a11"
        clock.move(61)
        app.ticked.publish(None)
        await settle(pilot)
        assert names_in_order(app)[0] == "a0"
        assert selected_id(app) == chosen


async def test_used_and_left_flip_together(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=LIST) as pilot:
        assert "55% used" in screen_text(app)
        await pilot.press("u")
        await settle(pilot)
        assert "45% left" in screen_text(app)
        assert "% used" not in screen_text(app)


async def test_privacy_hides_names_everywhere(env: Environment, monitor: FakeMonitor) -> None:
    monitor.outcomes = [Outcome("a0", asked=True)]
    for size in (WIDE, CARDS, LIST, (60, 8), STRIP):
        app = build_app(env, monitor)
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.press("slash", *"account", "enter", "p", "r")
            await settle(pilot)
            assert "Account" not in screen_text(app), size
            assert "account 0" not in screen_text(app).lower(), size


async def test_privacy_can_be_on_from_the_start(env: Environment, monitor: FakeMonitor) -> None:
    monitor.config = Config(settings=Settings(privacy=True, show="left"))
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE):
        assert "Account" not in screen_text(app)
        assert "privacy" in part_text(app, "header")
        assert "% left" in screen_text(app)


async def test_refresh_asks_the_selected_account_and_says_when_it_may_not(
    env: Environment, monitor: FakeMonitor
) -> None:
    monitor.outcomes = [Outcome("a1", asked=False, until=env.now() + timedelta(minutes=20), why="retry_after")]
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("right", "r")
        await settle(pilot)
        assert monitor.asked == [["a1"]]
        assert "Account 01 may be asked again at 09:20" in " ".join(n.message for n in app._notifications)
        await pilot.press("R")
        await settle(pilot)
        assert monitor.asked[-1] is None


async def test_a_held_refresh_key_leaves_one_toast(env: Environment, monitor: FakeMonitor) -> None:
    monitor.outcomes = [Outcome("a0", asked=False, until=env.now() + timedelta(minutes=20), why="retry_after")]
    app = build_app(env, monitor)
    async with app.run_test(size=LIST, notifications=True) as pilot:
        await pilot.press(*"r" * 30)
        await settle(pilot)
        assert [n.message for n in app._notifications] == [
            "Account 00 may be asked again at 09:20: its provider said to wait."
        ]
        await pilot.press("down", "r")
        await settle(pilot)
        assert [n.message.split(" may")[0] for n in app._notifications] == ["Account 01"]
        assert len(app.screen.query(Toast)) == 1
        app.notify("something else")
        monitor.outcomes = [Outcome("a0", asked=True)]
        await pilot.press("r")
        await settle(pilot)
        assert {n.message for n in app._notifications} == {"something else", "Asking Account 01."}


async def test_a_toast_over_a_strip_is_short(env: Environment, monitor: FakeMonitor) -> None:
    monitor.outcomes = [Outcome("a0", asked=False, until=env.now() + timedelta(minutes=20), why="retry_after")]
    app = build_app(env, monitor)
    async with app.run_test(size=(20, 4), notifications=True) as pilot:
        await pilot.press("r")
        await settle(pilot)
        assert [n.message for n in app._notifications] == ["Account 11: at 09:20"]
        await pilot.press("R")
        await settle(pilot)
        assert [n.message for n in app._notifications] == ["Asking 0 of 1"]


async def test_keys_in_a_strip_are_about_the_marked_account(env: Environment, monitor: FakeMonitor) -> None:
    monitor.replace_all([replace(state, label=f"{'ABCDEFGHIJKL'[i]}cc") for i, state in enumerate(monitor.listed)])
    app = build_app(env, monitor)

    def marked() -> list[str]:
        return re.findall(r"▌(\w)c", screen_text(app))

    async with app.run_test(size=STRIP) as pilot:
        assert marked() == ["L"]
        assert screen_text(app).startswith("▌L")
        await pilot.press("r", "l", "r")
        await settle(pilot)
        assert monitor.asked == [["a11"], ["a10"]]
        assert marked() == ["K"]
        for _ in range(12):
            await pilot.press("j")
            assert len(marked()) == 1
        await pilot.press("end")
        assert marked() == ["A"]
        await pilot.press("k")
        (letter,) = marked()
        await pilot.press("enter")
        await pilot.resize_terminal(*CARDS)
        await settle(pilot)
        assert f"{letter}cc" in screen_text(app)


async def test_a_failure_keeps_the_figures_and_says_why(env: Environment) -> None:
    now = env.now()
    failure = Failure(FailureKind.AUTH_NEEDED, now, Reason.KEY_REJECTED)
    monitor = FakeMonitor([failing(account(1, now, 0.42), failure)])
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE):
        assert "42% used" in screen_text(app)
        assert "key rejected" in screen_text(app)
        assert "1 needs you" in part_text(app, "header")


async def test_no_accounts_teaches_what_was_found_and_what_helps(env: Environment) -> None:
    monitor = FakeMonitor([])
    app = build_app(env, monitor)
    async with app.run_test(size=CARDS) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert "No accounts yet" in text
        assert "Nothing was found" in text
        assert "aic-tui --demo" in text
        await pilot.press("r", "R", "slash", "s", "enter", "down")
        await settle(pilot)
        assert app.is_running
        assert "refresh" not in part_text(app, "footer")


async def test_accounts_may_come_and_go(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=LIST) as pilot:
        await pilot.press("end")
        monitor.replace_all(monitor.listed[:3])
        await settle(pilot)
        assert names_in_order(app) == ["a0", "a1", "a2"]
        assert selected_id(app) == "a2"
        monitor.replace_all([])
        await settle(pilot)
        assert "No accounts yet" in screen_text(app)


async def test_the_selected_accounts_history_stands_below_where_there_is_room(env: Environment) -> None:
    now = env.now()
    monitor = FakeMonitor([account(1, now, 0.5), account(2, now, 0.5)])
    monitor.recorded["a2"] = [Point("a2", "5h", now - timedelta(minutes=m), ratio=0.4) for m in (120, 60, 5)]
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("right")
        await settle(pilot)
        assert "Account 02" in part_text(app, "below")
        assert "100%" in part_text(app, "below")


async def test_escape_never_quits_and_ctrl_c_always_does(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert app.is_running
        await pilot.press("slash", "a", "ctrl+c")
        await settle(pilot)
    assert app.return_code == 0
    assert not app.is_running


async def test_keys_of_the_configuration_are_in_force_and_shown(env: Environment, monitor: FakeMonitor) -> None:
    monitor.config = Config(settings=Settings(theme="aic-dark"), keys={"show": "x", "quit": "f10"})
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("u")
        assert "% used" in screen_text(app)
        await pilot.press("x")
        await settle(pilot)
        assert "% left" in screen_text(app)
        assert "x used/left" in part_text(app, "footer")
        await pilot.press("q")
        await settle(pilot)
        assert app.is_running


@pytest.mark.parametrize("width", range(1, 130))
def test_the_footer_keeps_help_and_quit_longest_and_cuts_nothing(width: int) -> None:
    from aic_tui.ui.bindings import KeyHint
    from aic_tui.ui.widgets.key_line import key_line
    from aic_tui.view.spans import text_of

    hints = [KeyHint("r", "refresh", "refresh"), KeyHint("u", "used/left", "show")]
    hints += [KeyHint("?", "help", "help"), KeyHint("q", "quit", "quit")]
    text = text_of(key_line(hints, width))
    assert len(text) <= width
    whole = ("r refresh", "u used/left", "? help", "q quit", "? q", "q", "")
    assert all(entry in whole for entry in text.split("  "))
    if width >= 3:
        assert text.endswith(("q quit", "q"))


async def test_every_binding_has_an_id_but_the_way_out() -> None:
    from aic_tui.ui import bindings

    for name in ("APP_BINDINGS", "DASHBOARD_BINDINGS"):
        table = getattr(bindings, name)
        assert [binding.key for binding in table if binding.id is None] in ([], ["ctrl+c"])
        ids = [binding.id for binding in table]
        assert len(set(ids)) == len(ids)


async def test_the_theme_key_changes_and_remembers(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE) as pilot:
        assert app.theme == "aic-dark"
        await pilot.press("t")
        await settle(pilot)
        assert app.theme == "aic-light"
        assert monitor.choices["theme"] == "aic-light"


async def test_no_color_means_no_colour(
    env: Environment, monitor: FakeMonitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = build_app(environ_of(env, {"NO_COLOR": "1"}), monitor)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("t")
        assert app.theme == "ansi-dark"
        colours = {
            segment.style.color.name
            for strip in app.screen._compositor.render_strips()
            for segment in strip.apply_filter(app._filters[-1], app.background_colors[1])
            if segment.style and segment.style.color
        }
        assert colours <= {"default"}


async def test_a_worker_that_breaks_is_told_and_the_screen_stays(env: Environment, monitor: FakeMonitor) -> None:
    monitor.run_error = ValueError("secret-detail")
    app = build_app(env, monitor, report_crash=lambda error: f"Report written ({type(error).__name__}).")
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await settle(pilot)
        assert "Report written (ValueError)." in " ".join(n.message for n in app._notifications)
        assert "secret-detail" not in screen_text(app)
        assert "Account 00" in screen_text(app)


async def test_notices_of_the_start_are_shown_once(env: Environment, monitor: FakeMonitor) -> None:
    monitor.notices = ("config.toml is broken in line 3 [/]: the defaults are in force.",)
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await settle(pilot)
        assert "line 3 [/]" in " ".join(n.message for n in app._notifications)


async def test_found_logins_are_listed_without_accounts(env: Environment) -> None:
    monitor = FakeMonitor([])
    monitor.found = [
        Found("p", "Some Tool", "discovered:some", "~/.some/auth.json", "…abcd", "some", needs_confirmation=True)
    ]
    app = build_app(env, monitor)
    async with app.run_test(size=CARDS) as pilot:
        await until(pilot, lambda: "Some Tool" in screen_text(app))


async def test_a_state_of_an_unknown_account_is_ignored(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=LIST) as pilot:
        monitor.publish(replace(account(1, env.now()), account_id="stranger", label="Stranger"))
        await settle(pilot)
        assert "Stranger" not in screen_text(app)


async def test_the_reading_of_logs_is_told_of_as_long_as_it_goes_on(env: Environment, monitor: FakeMonitor) -> None:
    app = build_app(env, monitor)
    async with app.run_test(size=WIDE) as pilot:
        assert "reading" not in part_text(app, "header")
        monitor.read(0.344)
        await settle(pilot)
        assert "reading logs 34% · " in part_text(app, "header")
        monitor.read(None)
        await settle(pilot)
        assert "reading" not in part_text(app, "header")


async def test_a_narrow_header_keeps_what_matters_more(env: Environment, monitor: FakeMonitor) -> None:
    monitor.reading_share = 0.344
    app = build_app(env, monitor)
    async with app.run_test(size=LIST):
        assert "12 accounts" in part_text(app, "header")
        assert "reading" not in part_text(app, "header")
