"""``doctor``: what was looked for, found, used, skipped and why. It changes nothing and prints no secret."""

from __future__ import annotations

from aic_tui.cli.checks import Check, environment_checks, keyring_check
from aic_tui.cli.checks_accounts import account_checks, credential_checks, database_checks
from aic_tui.cli.checks_files import config_checks, file_checks, log_checks
from aic_tui.cli.context import Context
from aic_tui.cli.documents import checks_document
from aic_tui.cli.loop import run
from aic_tui.redact import redact
from aic_tui.text import clean

_MARKS = {"ok": ("●", "ok"), "info": ("·", "--"), "warn": ("▲", "!!"), "fail": ("×", "xx")}


def doctor(context: Context) -> int:
    """``doctor``: exit code 0 also when something is wrong, because the document is complete."""
    groups = (environment_checks, file_checks, config_checks, database_checks, account_checks, credential_checks)
    checks = [check for group in groups for check in group(context)]
    if not context.is_demo:
        checks.append(run(lambda: keyring_check(context)))
    checks += log_checks(context)
    shown = [Check(check.name, check.status, _harmless(context, check.detail)) for check in checks]
    if context.as_json:
        context.document(checks_document(check._asdict() for check in shown))
        return 0
    for check in shown:
        mark = _MARKS[check.status][context.ascii_only]
        context.write(f"{mark} {check.name}: {check.detail}\n")
    troubles = sum(check.status in ("warn", "fail") for check in shown)
    context.say(f"{troubles} of {len(shown)} checks want a look." if troubles else "Nothing wants a look.")
    return 0


def _harmless(context: Context, detail: str) -> str:
    text = clean(redact(detail), 2000)
    home = str(context.env.home)
    return text.replace(home, "~") if context.config.settings.privacy and len(home) > 1 else text
