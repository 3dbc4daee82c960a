"""From a verb's name to its function; a verb's module is loaded only when it is called."""

from __future__ import annotations

from importlib import import_module

from aic_tui.cli.context import Context

_VERBS = {
    "usage": "usage:usage",
    "refresh": "usage:refresh",
    "once": "usage:once",
    "history": "history:history",
    "daily": "reports:daily",
    "weekly": "reports:weekly",
    "monthly": "reports:monthly",
    "session": "reports:session",
    "blocks": "reports:blocks",
    "models": "reports:models",
    "graph": "reports:graph",
    "providers list": "credentials:providers",
    "accounts list": "accounts:listing",
    "accounts add": "accounts:add",
    "accounts remove": "accounts:remove",
    "accounts enable": "accounts:enable",
    "accounts disable": "accounts:disable",
    "accounts test": "accounts:test",
    "auth login": "auth:login",
    "auth status": "auth:status",
    "auth logout": "auth:logout",
    "discover": "credentials:discover",
    "doctor": "doctor:doctor",
    "config path": "settings:path",
    "config show": "settings:show",
    "config get": "settings:get",
    "config set": "settings:change",
    "config validate": "settings:validate",
    "config set-key": "keys:set_key",
    "config move-key": "accounts:move_key",
    "config forget-key": "keys:forget_key",
}
# The monitor's notices, or the verb's own output, have the problems of config.toml already.
_TELL_THEMSELVES = ("usage", "refresh", "once", "doctor", "config path", "config set", "config validate")


def run_verb(context: Context, verb: str | None = None) -> int:
    """Run the verb of ``context.args`` (or ``verb``): the exit code. Raises UserError and whatever goes wrong."""
    name = verb or " ".join(part for part in (context.args.verb, getattr(context.args, "action", None)) if part)
    if name not in _TELL_THEMSELVES:
        context.tell_problems()
    module, function = _VERBS[name].split(":")
    code: int = getattr(import_module(f"aic_tui.cli.{module}"), function)(context)
    return code
