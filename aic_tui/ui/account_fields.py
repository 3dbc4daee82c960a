"""The rows of the form of an account, in their order. Which of them are shown is the form's affair."""

from __future__ import annotations

from collections.abc import Sequence

from aic_tui.config.settings import Account
from aic_tui.providers.base import Provider
from aic_tui.ui.account_draft import host_of
from aic_tui.ui.widgets.fields import Choice, FormRow, Option, TextField
from aic_tui.ui.widgets.secret_input import SecretInput

OWN, ANOTHER = "own", "another"
NO, YES = "no", "yes"


def form_rows(account: Account, provider: Provider, sources: Sequence[Option], source: str) -> list[FormRow]:
    """Name, key, what the provider wants to know besides, addresses, and how often. ``sources`` are where the key may
    come from."""
    places = [Option(OWN, host_of(provider.base_url)), Option(ANOTHER, "another")]
    answers = [Option(NO, "no"), Option(YES, "yes, send it the login")]
    trusted = YES if account.trust_base_url else NO
    return [
        FormRow("Name", TextField(account.name or "", id="name", placeholder=provider.name)),
        FormRow("Key from", Choice(sources, source, id="from")),
        FormRow("Key", SecretInput(id="secret")),
        FormRow("Variable", TextField("", id="variable", placeholder="NAME")),
        *(
            FormRow(
                field.label,
                TextField(
                    account.fields.get(field.name, ""),
                    id=f"field-{field.name}",
                    placeholder="" if field.required else "optional",
                ),
            )
            for field in provider.fields
        ),
        FormRow("Address", Choice(places, ANOTHER if account.base_url else OWN, id="place")),
        FormRow("Base URL", TextField(account.base_url or "", id="address", placeholder="https://")),
        FormRow("Trust it", Choice(answers, trusted, id="trust")),
        *([FormRow("Sign-in at", _text(account.login_url, "login-url", "https://"))] if provider.base_of else []),
        FormRow("Interval", _text(account.interval_seconds, "interval", f"{provider.interval_seconds} seconds")),
    ]


def _text(value: object, name: str, placeholder: str) -> TextField:
    return TextField("" if value is None else str(value), id=name, placeholder=placeholder)
