"""What a panel is called where the title says who it is, and how a refused token looks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aic_tui.errors import FailureKind, Reason
from aic_tui.models import AccountState, Failure, Reading, Snapshot, Window
from aic_tui.view import words
from aic_tui.view.card import card
from aic_tui.view.plain import plain_dashboard
from aic_tui.view.spans import Tone, text_of
from tests.view_cases import NOW, OPTS

READING = Reading("octo-fake", "Pro+", (Window("premium", "month", "requests", ratio=0.276),), named=True)
OCTO = AccountState("copilot", "copilot", "GitHub Copilot", "GitHub Copilot", snapshot=Snapshot(READING, NOW))
PRIVATE = replace(OPTS, privacy=True)
REFUSED = OCTO.failed(Failure(FailureKind.AUTH_NEEDED, NOW, Reason.TOKEN_INVALID))


def title(state: AccountState, cells: int = 60, private: bool = False) -> str:
    return text_of(card(state, (), PRIVATE if private else OPTS, cells).title)


def test_the_title_of_a_panel_says_who_it_is() -> None:
    assert title(OCTO) == "● GitHub Copilot [octo-fake]  Pro+"
    assert title(OCTO, private=True) == "● GitHub Copilot [***]  Pro+"
    assert title(replace(OCTO, label="Work")) == "● Work [octo-fake]  Pro+"
    assert title(replace(OCTO, label="Work"), private=True) == "● GitHub Copilot [***]  Pro+"


def test_without_a_plan_the_name_is_not_said_twice() -> None:
    state = replace(OCTO, snapshot=Snapshot(replace(READING, plan=None), NOW))
    assert title(state) == "● GitHub Copilot [octo-fake]"


def test_a_name_that_is_not_told_leaves_no_brackets() -> None:
    state = replace(OCTO, snapshot=Snapshot(replace(READING, account_name=None), NOW))
    assert title(state) == "● GitHub Copilot  Pro+"
    assert title(replace(OCTO, snapshot=None)) == "◌ GitHub Copilot"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [(45, "● GitHub Copilot [octo-fake]  Pro+"), (34, "● GitHub Copilot [octo-fake]"), (28, "● GitHub Copilot")],
)
def test_a_narrow_panel_drops_the_plan_and_then_who_it_is(cells: int, expected: str) -> None:
    assert title(OCTO, cells) == expected


def test_no_name_is_on_a_private_page() -> None:
    assert "octo-fake" not in plain_dashboard([OCTO, REFUSED], PRIVATE, 160)


def test_a_refused_token_is_red_and_names_the_key_where_one_can_be_pressed() -> None:
    keyed = replace(OPTS, keys=True)
    lines = words.failure_lines(REFUSED, keyed)
    assert [text_of(said) for said in lines] == ["Token invalid", "press g to sign in again"]
    assert {span.tone for said in lines for span in said} == {Tone.NEED}
    body = "\n".join(text_of(said) for said in card(REFUSED, (), keyed, 60).body)
    assert "Token invalid · press g to sign in again" in body
    assert "press" not in plain_dashboard([REFUSED], OPTS, 100)
    assert "aic-tui auth login github" in plain_dashboard([REFUSED], OPTS, 100)
