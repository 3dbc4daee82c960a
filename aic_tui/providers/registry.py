"""The list of providers: one line each. Modules load on first use, so that the first frame never waits for them."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from aic_tui.errors import UserError
from aic_tui.providers.base import Provider

# id -> constant in the module of the same name; the order is the order of every list.
_PROVIDERS = {
    "claude": "CLAUDE",
    "codex": "CODEX",
    "copilot": "COPILOT",
    "openai": "OPENAI",
    "anthropic": "ANTHROPIC",
    "openrouter": "OPENROUTER",
    "deepseek": "DEEPSEEK",
}


def provider_ids() -> tuple[str, ...]:
    """All provider ids, without loading a provider."""
    return tuple(_PROVIDERS)


@cache
def get_provider(provider_id: str) -> Provider:
    """The descriptor with that id. Raises :class:`UserError` that lists the known ids."""
    constant = _PROVIDERS.get(provider_id)
    if constant is None:
        raise UserError(f"There is no provider “{provider_id}”. Known: {', '.join(_PROVIDERS)}.")
    provider: Provider = getattr(import_module(f"aic_tui.providers.{provider_id}"), constant)
    return provider


def all_providers() -> tuple[Provider, ...]:
    """Every descriptor, in list order."""
    return tuple(get_provider(provider_id) for provider_id in _PROVIDERS)
