"""A key as it was typed, pasted or piped: what of it is the key, and whose it looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aic_tui.config.secrets import as_secret
from aic_tui.errors import UserError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from aic_tui.providers.base import Provider

_LONGEST = 16_384


@dataclass(frozen=True, repr=False)
class KeyText:
    """A usable key, and one sentence for everything that was taken away from it."""

    secret: SecretStr
    notices: tuple[str, ...] = ()


def read_key(text: str) -> KeyText:
    """The key in ``text``: its first line that is not empty, without what stands around it.

    Raises :class:`UserError`, which never quotes it, when there is none or it could not be sent in a header.
    """
    lines = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    if not lines:
        raise UserError("No key was given; nothing was stored.")
    key = lines[0].strip()
    notices = []
    if len(lines) > 1:
        notices.append("More than one line was given; only the first was taken.")
    if key != lines[0]:
        notices.append("Blanks around the key were taken away.")
    if not (key.isascii() and key.isprintable()):
        raise UserError("A key has plain letters, digits and signs only, and this has others; nothing was stored.")
    if any(sign in key for sign in " \"'"):
        raise UserError("A key has no blanks and no quotation marks, and this has; nothing was stored.")
    if len(key) > _LONGEST:
        raise UserError(f"A key has at most {_LONGEST:,} characters; nothing was stored.")
    return KeyText(as_secret(key), tuple(notices))


def foreign_owner(key: str, provider: Provider) -> Provider | None:
    """The other provider whose keys begin as this one does, when ``provider``'s own do not begin as closely."""
    from aic_tui.providers.registry import all_providers

    def closeness(candidate: Provider) -> int:
        return max((len(shape) for shape in candidate.key_shapes if key.startswith(shape)), default=0)

    best = max(all_providers(), key=closeness)
    return best if closeness(best) > closeness(provider) else None
