"""How a module of ours is run in a process of its own."""

from __future__ import annotations

import sys

# As ``multiprocessing`` does it: what can be imported there is what can be imported here, and nothing of a working
# directory that happens to hold a ``json.py``.
_START = "import sys; sys.path[:] = sys.argv[1:]; from runpy import run_module; run_module({!r}, run_name='__main__')"


def command(module: str) -> list[str]:
    """The command line that runs a module of ours in a process of its own, without the user's site hooks."""
    return [sys.executable, "-I", "-S", "-c", _START.format(module), *filter(None, sys.path)]
