"""Pictures of signing in, at three sizes, at every stage and for every ending.

After an intended change: ``pytest tests/ui/test_login_pictures.py --snapshot-update``, then look at the pictures.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aic_tui.services.signing_in import ENDINGS
from aic_tui.ui.screens.login import LoginScreen
from tests.ui.account_cases import case_env
from tests.ui.fake_sign_in import FakeSignIn
from tests.ui.fakes import build_app
from tests.ui.login_cases import GHES, STAGES, WORK, figures, login_monitor

SIZES = [(120, 40), (80, 24), (40, 12)]


def test_every_ending_has_its_picture() -> None:
    assert {str(stage) for stage in ENDINGS} <= {str(known["stage"]) for known in STAGES.values() if known}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", [*STAGES, "waiting-ascii", "waiting-local", "waiting-privacy", "done-privacy"])
def test_stages(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    stage, _, variant = (name, "", "") if name in STAGES else name.partition("-")
    env = case_env(**({"DISPLAY": ":0"} if variant == "local" else {}))
    monitor, sign_in = login_monitor(env)
    if stage == "done":
        monitor.listed.append(figures())
    app = build_app(env, monitor, ascii_only=variant == "ascii")
    app.privacy = variant == "privacy"

    async def reach(pilot: Any) -> None:
        target = replace(WORK, host=GHES) if app.privacy else WORK
        app.push_screen(LoginScreen(sign_in, target))
        await pilot.pause()
        assert isinstance(sign_in, FakeSignIn)
        changes = dict(STAGES[stage])
        if app.privacy and "page" in changes:
            changes["page"] = changes["page"].replace("github.com", GHES)
        if changes:
            sign_in.last.go(changes.pop("stage"), **changes)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=reach)
