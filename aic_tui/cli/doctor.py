"""``doctor``: what was looked for, found, used, skipped and why. It changes nothing and prints no secret."""

from __future__ import annotations

from collections.abc import Iterator

from aic_tui.cli.checks import Check, environment_checks, keyring_check
from aic_tui.cli.checks_accounts import account_checks, credential_checks, database_checks
from aic_tui.cli.checks_files import config_checks, file_checks, log_checks
from aic_tui.cli.checks_keys import key_checks, stored_keys
from aic_tui.cli.checks_logins import login_checks
from aic_tui.cli.checks_logs import session_log_checks
from aic_tui.cli.context import Context
from aic_tui.cli.documents import checks_document
from aic_tui.cli.loop import run
from aic_tui.redact import redact
from aic_tui.text import clean

_MARKS = {"ok": ("●", "ok"), "info": ("·", "--"), "warn": ("▲", "!!"), "fail": ("×", "xx")}


def doctor(context: Context) -> int:
    """``doctor``: exit code 0 also when something is wrong, because the document is complete."""
    if context.as_json:
        context.document(checks_document(check._asdict() for check in _checks(context)))
        return 0
    told = troubles = 0
    for check in _checks(context):  # said as they come: the keyring may take its three seconds
        context.write(f"{_MARKS[check.status][context.ascii_only]} {check.name}: {check.detail}\n")
        told += 1
        troubles += check.status in ("warn", "fail")
    context.say(f"{troubles} of {told} checks want a look." if troubles else "Nothing wants a look.")
    return 0


def _checks(context: Context) -> Iterator[Check]:
    groups = (environment_checks, file_checks, config_checks, database_checks, account_checks, credential_checks)
    for group in (*groups, session_log_checks, log_checks):
        for check in group(context):
            yield check._replace(detail=_harmless(context, check.detail))
    if not context.is_demo:
        vault = stored_keys(context)
        last = (run(lambda: keyring_check(context, vault)), *run(lambda: key_checks(context, vault)))
        for check in (*last, *run(lambda: login_checks(context, vault))):
            yield check._replace(detail=_harmless(context, check.detail))


def _harmless(context: Context, detail: str) -> str:
    text = clean(redact(detail), 2000)
    home = str(context.env.home)
    return text.replace(home, "~") if context.config.settings.privacy and len(home) > 1 else text
