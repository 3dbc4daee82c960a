"""The one question before something is erased, or kept where it can be read."""

from __future__ import annotations

import sys

from aic_tui.cli.context import Context
from aic_tui.errors import UserError


def confirm(context: Context, question: str) -> None:
    """Return once the user says yes.

    Raises UserError: exit code 1 for a no, 2 where there is no terminal to ask on.
    """
    if not sys.stdin.isatty():
        raise UserError("There is no terminal to ask on; --yes answers. Nothing was changed.")
    context.err.write(f"{question} [y/N] ")
    context.err.flush()
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        raise UserError("Nothing was changed.", exit_code=1)
