"""Pictures of the screens that edit accounts, at three sizes, with accounts of every kind and a clock that stands.

After an intended change: ``pytest tests/ui/test_accounts_pictures.py --snapshot-update``, then look at the pictures.
"""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.widgets import Input

from tests.ui.account_cases import KEY, OTHER_KEY, REJECTED, case_env, case_monitor
from tests.ui.fake_editor import FakeEditor
from tests.ui.fakes import build_app

SIZES = [(120, 40), (80, 24), (42, 50)]
OPENROUTER = ("a", *"openr", "enter")
PICTURES: dict[str, tuple[str, ...]] = {
    "list": ("5", "j", "j", "j"),
    "list-privacy": ("5", "j", "p"),
    "rename": ("5", "j", "n"),
    "delete": ("5", "j", "d"),
    "move-key": ("5", "j", "w"),
    "delete-conflict": ("comments", "conflict", "5", "j", "d", "enter"),
    "add": ("a",),
    "add-filter": ("a", *"op"),
    "form": (*OPENROUTER, "paste"),
    "form-empty": (*OPENROUTER, "enter"),
    "form-foreign-key": (*OPENROUTER, "paste-other"),
    "which-provider": (*OPENROUTER, "paste-other", "enter"),
    "edit": ("5", "j", "enter"),
    "works": (*OPENROUTER, "paste", "enter"),
    "fails": ("fail", *OPENROUTER, "paste", "enter"),
    "consent": ("no-keyring", *OPENROUTER, "paste", "enter", "enter"),
}


def told(editor: FakeEditor, word: str) -> bool:
    """Set the editor up as ``word`` says; False when it is a key."""
    if word == "fail":
        editor.told.failure = REJECTED
    elif word == "no-keyring":
        editor.told.no_keyring = True
    elif word == "comments":
        editor.comments = 2
    elif word == "conflict":
        editor.told.conflict = True
    else:
        return False
    return True


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PICTURES)
def test_screens(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    env = case_env()
    monitor = case_monitor(env)
    editor = monitor.editor
    assert isinstance(editor, FakeEditor)

    async def press(pilot: Any) -> None:
        for key in PICTURES[name]:
            if told(editor, key):
                continue
            if key.startswith("paste"):
                pilot.app.screen.focused.post_message(events.Paste(KEY if key == "paste" else OTHER_KEY))
            else:
                await pilot.press(key)
            await pilot.pause(0.08)
        for field in pilot.app.screen.query(Input):
            field.cursor_blink = False
        await pilot.pause(0.05)

    assert snap_compare(build_app(env, monitor), terminal_size=size, run_before=press)
