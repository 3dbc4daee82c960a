"""Names that try to write to the terminal or to speak Textual's markup, through the whole program."""

from __future__ import annotations

import json
import re
import sys

import pytest

from tests.e2e.world import World
from tests.loopback import Answer, Loopback
from tests.pty_program import PtyProgram

pytestmark = pytest.mark.slow

CLIPBOARD = "\x1b]52;c;S0FOQVJJRU4=\x07"
HOSTILE = f"[/red]{CLIPBOARD}\x1b]0;owned\x07\x9b31m\u202eplus[/][@click=app.quit]x[/]\x1bP1$r\x1b\\"
# What Textual itself sends; any other OSC, DCS or C1 byte came from outside.
OWN_OSC = re.compile(rb"\x1b\](?:8;|11;\?|22;|10;\?)")


def speak_hostile(world: World, server: Loopback) -> None:
    server.on(
        "/codex/backend-api/wham/usage",
        Answer(
            json={
                "plan_type": HOSTILE,
                "email": f"{HOSTILE}@example.test",
                "rate_limit": {"primary_window": {"used_percent": 41, "limit_window_seconds": 18000}},
                "additional_rate_limits": [
                    {
                        "limit_name": HOSTILE,
                        "rate_limit": {"primary_window": {"used_percent": 3, "limit_window_seconds": 18000}},
                    }
                ],
            }
        ),
    )
    server.on("/anthropic/v1/organizations/me", Answer(json={"type": "organization", "name": HOSTILE}))
    server.on("/deepseek/user/balance", Answer(status=500, json={"error": {"message": HOSTILE}}))
    server.on("/openrouter/api/v1/key", Answer(status=401, json={"error": {"message": HOSTILE, "code": 401}}))
    config = (world.config / "config.toml").read_text()
    config += f"\n[accounts.second]\nprovider = {json.dumps('openrouter')}\nname = {json.dumps('[/] [b]my key')}\n"
    config += f'key = "env:OPENROUTER_API_KEY"\nbase_url = "{world.server.url}/openrouter"\n'
    (world.config / "config.toml").write_text(config)


def foreign_controls(raw: bytes) -> list[bytes]:
    """OSC and DCS sequences and C1 bytes in ``raw`` that the program's own driver does not send."""
    found = [
        raw[m.start() : m.start() + 40] for m in re.finditer(rb"\x1b[\]PX^_]", raw) if not OWN_OSC.match(raw, m.start())
    ]
    text = raw.decode("utf-8", "replace")
    return found + [c.encode() for c in text if "\x80" <= c <= "\x9f" or c in "\u202e\u2066\u200b"]


@pytest.mark.parametrize(("columns", "rows"), [(150, 45), (80, 24), (42, 50), (24, 8)])
def test_nothing_from_outside_reaches_the_terminal_as_more_than_text(
    world: World, server: Loopback, columns: int, rows: int
) -> None:
    speak_hostile(world, server)
    assert world.run("refresh").returncode == 0
    with PtyProgram([sys.executable, "-m", "aic_tui"], columns=columns, rows=rows, environ=world.environ) as program:
        program.pump(20, lambda: "41" in program.text)
        for keys in ("j", "\r", "w", "\x1b", "k", "?", "\x1b", "/[/red]\r", "\x1b", "G", "\r"):
            program.send(keys)
            program.pump(0.7)
        assert program.wait(0.1) is None, "the program died of a name"
        program.send("\x03")
        assert program.wait(5) is not None
        assert foreign_controls(bytes(program.raw)) == []
        assert b"S0FOQVJJ" not in program.raw


def test_plain_output_and_documents_hold_no_control_bytes(world: World, server: Loopback) -> None:
    speak_hostile(world, server)
    assert world.run("refresh").returncode == 0
    for verb in (["--once"], ["usage"], ["usage", "--json"], ["history"], ["doctor"], ["discover"], ["config", "show"]):
        done = world.run(*verb)
        assert done.returncode in (0, 1), done.stderr
        for stream in (done.stdout, done.stderr):
            assert not [c for c in stream if (ord(c) < 32 and c != "\n") or "\x7f" <= c <= "\x9f" or c == "\u202e"]
    rows = world.usage()
    assert "[/red]" in rows["codex"]["plan"]
    assert rows["openrouter"]["status"] == "auth_needed"
    assert rows["deepseek"]["status"] == "server_error"
