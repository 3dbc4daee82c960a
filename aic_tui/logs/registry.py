"""The tools whose logs are read, in the order in which they are listed. Nothing is imported before it is used."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from aic_tui.logs.base import Reader


class Tool(NamedTuple):
    """``id`` is the ``--source``; the reader is the ``constant`` of ``aic_tui.logs.<module>``."""

    id: str
    name: str
    module: str
    constant: str


TOOLS = (
    Tool("claude", "Claude Code", "claude", "CLAUDE"),
    Tool("codex", "Codex", "codex", "CODEX"),
    Tool("opencode", "OpenCode", "opencode", "OPENCODE"),
    Tool("gemini", "Gemini CLI", "gemini", "GEMINI"),
    Tool("cursor", "Cursor", "cursor", "CURSOR"),
    Tool("copilot", "GitHub Copilot CLI", "copilot", "COPILOT"),
    Tool("amp", "Amp", "amp", "AMP"),
    Tool("droid", "Droid", "droid", "DROID"),
    Tool("kilo", "Kilo CLI", "kilo", "KILO"),
    Tool("qwen", "Qwen Code", "qwen", "QWEN"),
    Tool("kimi", "Kimi", "kimi", "KIMI"),
    Tool("pi", "Pi", "pi", "PI"),
    Tool("goose", "Goose", "goose", "GOOSE"),
    Tool("openclaw", "OpenClaw", "openclaw", "OPENCLAW"),
    Tool("hermes", "Hermes", "hermes", "HERMES"),
    Tool("codebuff", "Codebuff", "codebuff", "CODEBUFF"),
    Tool("grok", "Grok Build", "grok", "GROK"),
)
"""One line a tool: claude codex opencode gemini cursor copilot amp droid kilo qwen kimi pi goose openclaw hermes
codebuff grok."""


def source_ids() -> tuple[str, ...]:
    """Every ``--source``."""
    return tuple(tool.id for tool in TOOLS)


def source_name(source: str) -> str:
    """What a tool is called on screen; an id that is not known is its own name."""
    return next((tool.name for tool in TOOLS if tool.id == source), source)


@cache
def reader(source: str) -> Reader:
    """The reader of a tool. Raises ``KeyError`` for an id that is not known."""
    for tool in TOOLS:
        if tool.id == source:
            return cast("Reader", getattr(import_module(f"aic_tui.logs.{tool.module}"), tool.constant))
    raise KeyError(source)
