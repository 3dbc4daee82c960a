"""The table of settings: what is allowed, in words and in fact."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.config.settings import DEFAULTS, SETTINGS, Kind, Settings, setting_named
from aic_tui.errors import UserError


def test_the_table_and_the_values_name_the_same_settings() -> None:
    assert [setting.name for setting in SETTINGS] == [field.name for field in dataclasses.fields(Settings)]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: str(setting.name))
def test_every_default_is_allowed_and_every_setting_is_explained(setting: object) -> None:
    found = next(s for s in SETTINGS if s is setting)
    assert found.check(found.default) == getattr(DEFAULTS, found.name)
    assert found.read(str(found.default)) == found.default
    assert found.help
    assert found.env == f"AIC_{found.name.upper()}"
    assert found.allowed


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("privacy", " Yes ", True),
        ("mouse", "off", False),
        ("log_level", "DEBUG", "debug"),
        ("show", "left", "left"),
        ("warn_percent", "100", 100),
        ("timezone", "Europe/Berlin", "Europe/Berlin"),
        ("theme", "nord", "nord"),
    ],
)
def test_text_becomes_a_value(name: str, text: str, value: object) -> None:
    assert setting_named(name).read(text) == value


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("privacy", "perhaps", "true or false"),
        ("warn_percent", "101", "a whole number from 1 to 100"),
        ("warn_percent", "-5", "a whole number from 1 to 100"),
        ("warn_percent", "eighty", "a whole number from 1 to 100"),
        ("retention_days", "9" * 5000, "from 1 to 3650"),
        ("show", "both", "used or left"),
        ("timezone", "Europe/Atlantis", "a time zone such as"),
        ("timezone", "../../etc/passwd", "a time zone such as"),
        ("theme", "", "auto, aic-dark"),
        ("theme", "red\x1b[2J", "auto, aic-dark"),
        ("log_level", "loud", "trace, debug, info, warn or error"),
    ],
)
def test_a_refusal_names_the_setting_and_what_is_allowed(name: str, text: str, allowed: str) -> None:
    with pytest.raises(UserError) as caught:
        setting_named(name).read(text)
    assert caught.value.sentence.startswith(name)
    assert allowed in caught.value.sentence
    assert caught.value.exit_code == 2


def test_a_switch_is_no_number() -> None:
    with pytest.raises(UserError):
        setting_named("warn_percent").check(value=True)
    with pytest.raises(UserError):
        setting_named("privacy").check(1)


def test_the_general_prefix_is_understood_and_an_unknown_name_lists_the_known() -> None:
    assert setting_named("general.theme").name == "theme"
    with pytest.raises(UserError, match="retention_days"):
        setting_named("colour")


@given(st.sampled_from(SETTINGS), st.text())
def test_any_text_is_taken_or_refused_and_what_is_taken_is_allowed(setting: object, text: str) -> None:
    found = next(s for s in SETTINGS if s is setting)
    try:
        value = found.read(text)
    except UserError:
        return
    assert found.check(value) == value
    assert found.kind is not Kind.INTEGER or found.minimum <= int(value) <= found.maximum
