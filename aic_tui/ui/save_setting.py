"""One changed setting on its way into config.toml: planned, asked about where comments are lost, saved, told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from aic_tui.errors import UserError
from aic_tui.services.editing import ConflictError, Editor, Plan
from aic_tui.view.spans import Tone

if TYPE_CHECKING:
    from aic_tui.app import AicApp

_CONFLICT = "Another program changed this in config.toml meanwhile. Its value is kept; change it again if you like."


class Change(NamedTuple):
    """``value`` None returns ``name`` to its default. ``told`` is the toast of a save that went well."""

    name: str
    value: str | int | bool | None
    told: str


def save_setting(app: AicApp, change: Change, done: Callable[[], None]) -> None:
    """Save in the background, one change after the other, and call ``done`` at the end of each, saved or not."""
    app.run_worker(_save_in_turn(app, change, done), name="setting", group="setting", exit_on_error=False)


async def _save_in_turn(app: AicApp, change: Change, done: Callable[[], None]) -> None:
    async with app.saving_turn:
        try:
            await _save(app, change)
        except ConflictError:
            app.notify(_CONFLICT, severity="warning", timeout=10)
        except UserError as error:
            app.notify(error.sentence, severity="error", timeout=12)
        app.follow_config()
        done()


async def _save(app: AicApp, change: Change) -> None:
    editor = app.editor
    if editor is None:
        return
    plan = editor.plan_setting(change.name, change.value)
    if plan.comments_lost and not app.comments_may_go:
        app.comments_may_go = await _save_without_comments(app, editor, plan, change.told)
        return
    await editor.save(plan)
    app.clear_notifications()
    app.notify(change.told, title="Saved", timeout=3)


async def _save_without_comments(app: AicApp, editor: Editor, plan: Plan, told: str) -> bool:
    """Show the change and save it when the user agrees; True when he did. He is asked once per session."""
    from aic_tui.ui.screens.confirm import ConfirmScreen

    answer: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
    words = [("The file has comments. You are asked once; until the program ends they are not kept.", Tone.PLAIN)]
    app.push_screen(ConfirmScreen(editor, plan, "Comments are not kept", words, told), answer.set_result)
    return bool(await answer)
