"""``[keys]`` as it comes from a file: what can be in force is, and the rest is told and changes nothing."""

from __future__ import annotations

from datetime import UTC

import pytest
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from aic_tui.app import AicApp
from aic_tui.config.keymap import usable_keymap
from aic_tui.config.settings import THEMES, Config
from aic_tui.environment import Environment
from aic_tui.services.demo import DemoMonitor
from aic_tui.ui.key_groups import key_rows
from tests.clock import FakeClock


@pytest.mark.parametrize(
    ("keys", "good", "told"),
    [
        ({"refresh": "f5"}, {"refresh": "f5"}, ""),
        ({"refresh": "f5,ctrl+r"}, {"refresh": "f5,ctrl+r"}, ""),
        ({"range_longer": "left_curly_bracket", "help": "slash", "filter": "f"}, None, ""),
        ({"refresh": "zzz"}, {}, "“zzz” is no key"),
        ({"refresh": "escape"}, {}, "“escape” is no key that can be used"),
        ({"bogus": "q"}, {}, "nothing called “bogus”"),
        ({"quit": "r"}, {}, "quit: r is “refresh” already"),
        ({"quit": "r", "refresh": "f5", "detail_refresh": "f5", "login_again": "enter"}, None, ""),
        ({"refresh": " "}, {}, ""),
    ],
)
def test_only_what_can_be_in_force_is(keys: dict[str, str], good: dict[str, str] | None, told: str) -> None:
    usable, problems = usable_keymap(keys)
    assert usable == (keys if good is None else good)
    assert told in " ".join(problems.values())
    assert bool(problems) == bool(told)


def test_every_name_that_textual_has_for_a_key_can_be_used() -> None:
    odd = (Keys.Any, Keys.Ignore, Keys.ScrollUp, Keys.ScrollDown)
    names = {*KEY_NAME_REPLACEMENTS.values(), *(key.value for key in Keys if key not in odd)}
    refused = {name for name in names if "is no key" in usable_keymap({"mouse": name})[1].get("mouse", "")}
    assert refused == {"escape", "ctrl+c", "ctrl+q"}


def test_what_can_be_remapped_is_what_the_keys_screen_lists() -> None:
    assert all(usable_keymap({row.binding.id: "f9"})[0] for row in key_rows({}))


async def test_a_key_that_is_none_leaves_the_usual_one_and_is_told(env: Environment, clock: FakeClock) -> None:
    clock.auto = False
    app = AicApp(env, DemoMonitor(env, Config(keys={"refresh": "zzz", "sort": "f6"})), zone=UTC)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.pause(0.1)
        assert [notice.message for notice in app._notifications] == [
            "[keys] refresh: “zzz” is no key that can be used."
        ]
        assert {"r", "f6"} <= set(app.screen.active_bindings)
        assert "s" not in app.screen.active_bindings


def test_the_themes_of_the_settings_are_those_of_the_app(env: Environment) -> None:
    assert set(THEMES) == set(AicApp(env, DemoMonitor(env), zone=UTC).available_themes)
