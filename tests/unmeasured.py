"""Processes that coverage must not follow: they are killed, or have no room for what it would write at their end."""

from __future__ import annotations

import os
from collections.abc import Mapping


def unmeasured(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """``environ``, or this process's own, without what makes coverage start in a child."""
    given = os.environ if environ is None else environ
    return {name: value for name, value in given.items() if not name.startswith("COV")}
