"""What the form of an account says about the field that has the focus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aic_tui import format as fmt
from aic_tui.environment import Environment
from aic_tui.providers.base import Provider
from aic_tui.providers.registry import get_provider
from aic_tui.redact import mask
from aic_tui.services.editing import Editor
from aic_tui.services.monitor import Found
from aic_tui.ui.account_draft import SIGN_IN
from aic_tui.ui.screens.confirm import Told
from aic_tui.view.spans import Tone

if TYPE_CHECKING:
    from pydantic import SecretStr

FIELDS = {
    "name": "What the account is called here.",
    "variable": "The environment variable that holds the key; it is read for each request afresh.",
    "trust": "A login of another tool is sent to its provider's own hosts only, unless you say yes here.",
}
LOGIN_URL = (
    "Only for GitHub Enterprise: where its users sign in, https://octocorp.ghe.com for example. Logins of that host are"
    " used, and its own servers are asked."
)
SIGN_IN_ADDRESS = "For GitHub Enterprise: its address, https://octocorp.ghe.com for example. You sign in there."
ADDRESS = "For a proxy or gateway: scheme and host that take the place of the provider's own."


def about_source(source: str, findings: Sequence[Found], env: Environment, *, privacy: bool) -> list[Told]:
    """Where the chosen key is, and whether it is there."""
    if source.startswith("env:"):
        if env.environ.get(source[4:], "").strip():
            return [(f"{source[4:]} is read for each request afresh and stored nowhere.", Tone.DIM)]
        return [(f"{source[4:]} is not set in this terminal.", Tone.WARN)]
    if source == SIGN_IN:
        return [("Enter goes on to a code, which you enter in a browser on any machine.", Tone.DIM)]
    found = next((one for one in findings if one.source == source), None)
    if found is None:
        return [("Arrow keys choose.", Tone.DIM)]
    shown = fmt.MASK if privacy else found.origin
    told: list[Told] = [(f"{shown}  {found.masked}", Tone.DIM)]
    return [*told, *([(found.problem, Tone.WARN)] if found.problem else [])]


def about_interval(provider: Provider) -> list[Told]:
    """How often the account is asked, and the least that its provider allows."""
    usual = f"Seconds from one question to the next, {provider.interval_seconds} where nothing stands here."
    return [(f"{usual} {provider.name} allows no less than {provider.floor_seconds}.", Tone.DIM)]


def about_secret(secret: SecretStr | None, provider: Provider, editor: Editor) -> list[Told]:
    """How to get a key; once there is one, its end, and whose it looks like."""
    if secret is None:
        return [(provider.setup_hint, Tone.DIM)] if provider.setup_hint else []
    text = secret.get_secret_value()
    told: list[Told] = [(f"{mask(text)}  {len(text)} characters", Tone.DIM)]
    if other := other_owner(text, provider, editor):
        told.append((f"This looks like a key of {other.name}, not of {provider.name}.", Tone.WARN))
    return told


def other_owner(secret: str, provider: Provider, editor: Editor) -> Provider | None:
    """The other provider whose keys look like this one."""
    guessed = editor.guess_provider(secret)
    return get_provider(guessed) if guessed and guessed != provider.id else None
