"""Checks of ``doctor`` on the program, the terminal, the network's variables and the keyring."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from aic_tui import __version__
from aic_tui.errors import ProviderError, Reason
from aic_tui.redact import redact

if TYPE_CHECKING:
    from aic_tui.cli.context import Context
    from aic_tui.config.secrets import Vault

_PACKAGES = ("textual", "httpx", "keyring", "pydantic", "plotext")
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_PROBE_ID = "doctor"
_REASONS = {
    Reason.KEYRING_LOCKED: "locked",
    Reason.KEYRING_TIMEOUT: "does not answer within 3 seconds",
    Reason.KEYRING_MISSING: "there is none that keeps keys safely",
    Reason.KEYRING_DENIED: "access was denied",
    Reason.KEYRING_NULL: "switched off: its backend keeps nothing",
    Reason.KEYRING_UNSAFE: "only one that does not encrypt, or is not known to; it is not used",
}
_ABSENT = (Reason.KEYRING_MISSING, Reason.KEYRING_NULL, Reason.KEYRING_UNSAFE)


class Check(NamedTuple):
    """One line of ``doctor``. ``status`` is ``ok``, ``info``, ``warn`` or ``fail``."""

    name: str
    status: str
    detail: str


def environment_checks(context: Context) -> Iterator[Check]:
    """Versions, terminal, zone, proxies and certificates."""
    import platform

    yield Check("version", "ok", f"aic-tui {__version__}")
    yield Check("python", "ok", f"{platform.python_version()} at {sys.executable or 'unknown'}")
    yield Check("platform", "info", platform.platform())
    yield Check("packages", "ok", ", ".join(f"{name} {_package_version(name)}" for name in _PACKAGES))
    yield _terminal(context)
    yield Check(
        "time",
        "info",
        f"{context.env.now().astimezone(context.zone):%Y-%m-%d %H:%M %Z} ({context.config.settings.timezone})",
    )
    yield from _proxies(context)
    yield from _certificates(context)


def _package_version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _terminal(context: Context) -> Check:
    environ = context.env.environ
    facts = [f"{name}={environ[name]}" for name in ("TERM", "COLORTERM", "NO_COLOR", "LANG") if environ.get(name)]
    facts += [word for name, word in (("TMUX", "tmux"), ("SSH_CONNECTION", "ssh")) if environ.get(name)]
    encoding = getattr(context.out, "encoding", None) or "unknown"
    return Check("terminal", "info", ", ".join([*facts, f"encoding {encoding}"]))


def _proxies(context: Context) -> Iterator[Check]:
    for name in _PROXIES:
        for spelled in (name.lower(), name):
            if value := context.env.environ.get(spelled):
                yield Check(f"proxy {spelled}", "info", redact(value))


def _certificates(context: Context) -> Iterator[Check]:
    for name in _CERTIFICATES:
        if value := context.env.environ.get(name):
            there = Path(value).exists()
            yield Check(name, "ok" if there else "fail", value if there else f"{value} does not exist")


async def keyring_check(context: Context, vault: Vault | None = None) -> Check:
    """Whether the system keyring answers: it is asked for an entry that is never there, for 3 seconds at most."""
    from aic_tui.config.secrets import Vault

    vault = vault or Vault(context.env, storage=context.config.settings.storage)
    try:
        await vault.read(_PROBE_ID, "keyring")
    except ProviderError as error:
        words = _REASONS.get(error.reason, "cannot be used") if error.reason else "cannot be used"
        says_more = error.detail and error.reason is not Reason.KEYRING_TIMEOUT
        detail = f"{words} ({error.detail})" if says_more else words
        return Check("keyring", "info" if error.reason in _ABSENT else "warn", detail)
    return Check("keyring", "ok", f"answers ({'given by the caller' if context.env.keyring else _backend_name()})")


def _backend_name() -> str:
    """The backend that has just answered. Only a keyring that is loaded already is looked at."""
    loaded = sys.modules.get("keyring")
    backend = loaded.get_keyring() if loaded else None
    parts = getattr(backend, "backends", [backend])
    return ", ".join(type(part).__module__ for part in parts) if backend else "unknown"
