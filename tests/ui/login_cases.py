"""Logins at every stage for the screen, with a clock that stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, Reason
from aic_tui.models import AccountState, Failure
from aic_tui.services.signing_in import LoginTarget, Stage
from tests.ui.account_cases import NOW, case_monitor
from tests.ui.fake_sign_in import FakeSignIn
from tests.ui.fakes import FakeMonitor, account

CODE, PAGE = "WDJB-MJHT", "https://github.com/login/device"
GHES = "github.octo-corp.example"
SECRETS = "/home/alice/.local/share/aic/secrets.toml"
WORK = LoginTarget("copilot", "Copilot work", "github.com", signed_in_as="octo-alice", source="discovered:gh")
TIMEOUT = Failure(FailureKind.TIMEOUT, NOW)
OFFLINE = Failure(FailureKind.OFFLINE, NOW, Reason.DNS)

WAITING: dict[str, Any] = {
    "stage": Stage.WAITING,
    "user_code": CODE,
    "page": PAGE,
    "expires_at": NOW + timedelta(minutes=13, seconds=20),
    "interval_seconds": 6.0,
}
CONSENT: dict[str, Any] = {
    "stage": Stage.CONSENT,
    "user_code": CODE,
    "username": "octo-alice",
    "path": SECRETS,
    "why": "There is no keyring on this machine.",
}
# Each picture: what the login says by then.
STAGES: dict[str, dict[str, Any]] = {
    "ready": {},
    "requesting": {"stage": Stage.REQUESTING},
    "waiting": WAITING,
    "slowed": {**WAITING, "slowed": True, "drifts": True, "interval_seconds": 21.0},
    "trouble": {**WAITING, "trouble": TIMEOUT, "expires_at": NOW + timedelta(seconds=50)},
    "consent": CONSENT,
    "done": {"stage": Stage.DONE, "username": "octo-alice", "kept_in": "keyring"},
    "declined": {"stage": Stage.DECLINED},
    "expired": {"stage": Stage.EXPIRED},
    "disabled": {"stage": Stage.DISABLED},
    "client-rejected": {"stage": Stage.CLIENT_REJECTED},
    "refused": {"stage": Stage.REFUSED, "detail": "The device code was used already."},
    "unreachable": {"stage": Stage.UNREACHABLE, "failure": OFFLINE},
    "unsafe-page": {"stage": Stage.UNSAFE_PAGE},
    "not-stored": {"stage": Stage.NOT_STORED, "user_code": CODE, "why": "There is no keyring on this machine."},
    "cancelled": {"stage": Stage.CANCELLED},
}


def figures(**changes: Any) -> AccountState:
    """The account's state after its first answer."""
    state = account(1, NOW, 0.42, account_id="copilot", provider_name="GitHub Copilot", label="Copilot work")
    return replace(state, **changes)


def login_monitor(env: Environment, *targets: LoginTarget) -> tuple[FakeMonitor, FakeSignIn]:
    """The dashboard of two accounts and somebody who signs in; by default one account can be."""
    monitor = case_monitor(env)
    sign_in = FakeSignIn(*(targets or (WORK,)))
    monitor.sign_in = sign_in
    return monitor, sign_in
