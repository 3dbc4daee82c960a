"""Can config.toml be saved here? Looked at without writing anything."""

from __future__ import annotations

import os
from pathlib import Path

from aic_tui.config.atomic import final_target


def may_save(file: Path) -> bool:
    """False when a new file cannot be put in the place of ``file``: a read-only folder, or one of somebody else."""
    try:
        folder = final_target(file).parent
    except OSError:
        return False
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
