"""Who makes a model, told by its name, for the ``provider`` of tokscale's documents. Pure.

The words are tokscale's (1.4.3, 2026-11) where it has one.
"""

from __future__ import annotations

import re

_MAKERS = (
    ("anthropic", r"claude|opus|sonnet|haiku"),
    ("openai", r"gpt|chatgpt|codex|o[1345](?![a-z0-9])|davinci"),
    ("google", r"gemini|gemma|palm"),
    ("xai", r"grok"),
    ("deepseek", r"deepseek"),
    ("alibaba", r"qwen|qwq"),
    ("moonshot", r"kimi|moonshot|k2"),
    ("zai", r"glm|zai"),
    ("minimax", r"minimax"),
    ("mistral", r"mistral|devstral|codestral|magistral|ministral"),
    ("meta", r"llama|meta"),
)
_KNOWN = tuple((maker, re.compile(rf"(?:^|[^a-z0-9])(?:{words})")) for maker, words in _MAKERS)


def maker_of(model: str, otherwise: str = "unknown") -> str:
    """The maker of ``model``, or ``otherwise`` where its name does not tell."""
    text = model.lower()
    return next((maker for maker, known in _KNOWN if known.search(text)), otherwise)
