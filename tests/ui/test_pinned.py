"""Pinned accounts stand first, whatever the order of the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest

from aic_tui.models import AccountState
from aic_tui.ui.order import Order, ordered
from aic_tui.view.spans import ViewOptions
from aic_tui.view.strip import strip
from tests.clock import START

STATES = [AccountState(name, "openrouter", "OpenRouter", name) for name in ("anna", "bert", "carl")]
OPTIONS = ViewOptions(now=START, zone=UTC)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("column", ["", "name", "provider", "status", "used", "reset"])
def test_a_pinned_account_stands_first_in_every_order(column: str, reverse: bool) -> None:
    for pinned in STATES:
        states = [replace(state, pinned=state is pinned) for state in STATES]
        shown = ordered(states, Order(column, reverse), OPTIONS)
        assert shown[0].account_id == pinned.account_id
        assert {state.account_id for state in shown} == {"anna", "bert", "carl"}


def test_a_pinned_account_stands_first_in_the_strip() -> None:
    states = [*STATES[:2], replace(STATES[2], pinned=True)]
    text = "".join(span.text for line in strip(states, OPTIONS, 19, 3) for span in line)
    assert text.lstrip().startswith("carl")
