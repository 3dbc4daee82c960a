"""What reports need to know of a tool without loading its reader. Ids are those of the registry."""

from __future__ import annotations

BLOCKS = ("claude",)
"""Tools whose plan has windows of five hours that begin with a request: ``blocks``, as in ccusage 20.0.24."""

FAST_NAMED = ("claude",)
"""Tools whose fast answers are listed as ``<model>-fast``, as in ccusage 20.0.24 (2026-11)."""

CREDITS = ("amp", "codebuff")
"""Tools that tell credits of their own beside tokens."""

FORGETS = {
    "claude": (
        "Claude Code deletes its transcripts after 30 days (cleanupPeriodDays in ~/.claude/settings.json says after how"
        " many). What was counted is kept here from now on, also when the transcripts are gone."
    ),
}
"""How long a tool keeps its logs, where that is not for ever (Claude Code: anthropics/claude-code#84279, 2026-11)."""
