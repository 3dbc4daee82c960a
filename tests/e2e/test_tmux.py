"""In a 42-column tmux pane, with bracketed paste: an account is added with its key, seen, renamed, deleted, undone."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Answer, Loopback

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux")]

KEY = "sk-or-v1-kanarienTmux5566778899vogelH4uT"


class Pane:
    """One program in a tmux server of its own. ``keys`` are tmux's names; ``paste`` is a bracketed paste."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self._tmux = ["tmux", "-S", str(folder / "socket"), "-f", "/dev/null"]
        self._environ = environ
        run = f"exec env -i {' '.join(f'{k}={shlex.quote(v)}' for k, v in environ.items())} TERM=$TERM TMUX=$TMUX"
        self("new-session", "-d", "-x", "42", "-y", "50", f"{run} {sys.executable} -m aic_tui")
        self("set-option", "-g", "remain-on-exit", "on")

    def __call__(self, *words: str) -> str:
        environ = {**os.environ, "TMUX": ""}
        done = subprocess.run(
            [*self._tmux, *words], env=environ, capture_output=True, text=True, timeout=20, check=True
        )
        return done.stdout

    @property
    def text(self) -> str:
        return self("capture-pane", "-p")

    def keys(self, *names: str) -> None:
        for name in names:
            self("send-keys", name)

    def paste(self, text: str) -> None:
        self("set-buffer", text)
        self("paste-buffer", "-p", "-d")

    def until(self, holds: Callable[[], object], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, self.text
            time.sleep(0.05)  # tmux tells nothing when its screen changes: it can only be asked

    def wait_for(self, *words: str) -> None:
        self.until(lambda: all(word in self.text for word in words))


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    return tmp_path / "home" / ".config" / "aic" / "config.toml"


@pytest.fixture
def pane(tmp_path: Path, config_file: Path, server: Loopback) -> Iterator[Pane]:
    key = {"limit": 20, "limit_remaining": 7.5, "usage": 12.5, "is_free_tier": False}
    server.on("/api/v1/key", Answer(json={"data": key}))
    config_file.parent.mkdir(parents=True)
    config_file.write_text("version = 1\n\n[accounts]\n")
    kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("COV")}
    folder = Path(str(tmp_path)[:60]) if len(str(tmp_path)) < 60 else tmp_path
    running = Pane(folder, {**kept, "HOME": str(tmp_path / "home"), "LANG": "C.UTF-8", "TZ": "UTC"})
    yield running
    running("kill-server")


def accounts(config_file: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(config_file.read_text()).get("accounts", {})
    return found


def test_an_account_by_keyboard_in_a_side_pane(pane: Pane, config_file: Path, server: Loopback, tmp_path: Path) -> None:
    pane.wait_for("? help")
    pane.keys("a")
    pane.wait_for("type to find a provider")
    pane("send-keys", "-l", "openr")
    pane.until(lambda: "DeepSeek" not in pane.text)
    pane.keys("Enter")
    pane.wait_for("new account", "paste it here")
    pane.paste(f"{KEY}\nq\n")  # a line break in it must neither submit nor quit
    pane.wait_for("•")
    pane.keys("Tab")
    pane.wait_for("→ choose")  # the focus moves a moment after the key
    pane.keys("Right")
    pane.wait_for("Base URL")
    pane.keys("Tab")
    pane.wait_for("go on", "tab next")
    pane.paste(server.url)
    pane.wait_for(server.url[-10:])
    pane.keys("Enter")
    pane.wait_for("62%")
    assert "kanarien" not in pane.text
    pane.until(lambda: _reach_the_end(pane, lambda: "openrouter" in accounts(config_file)))
    assert accounts(config_file)["openrouter"]["key"] == "file"
    secrets = tmp_path / "home" / ".local" / "share" / "aic" / "secrets.toml"
    assert KEY in secrets.read_text()
    assert KEY not in config_file.read_text()
    assert secrets.stat().st_mode & 0o777 == 0o600
    pane.wait_for("1 account", "62% used")  # the dashboard again: the form told the figure before

    pane.keys("5")
    pane.wait_for("Accounts")
    pane.keys("d")
    pane.wait_for("Delete OpenRouter")
    pane.keys("Enter")
    pane.until(lambda: not accounts(config_file))
    pane.wait_for("Accounts")
    pane.keys("z")
    pane.until(lambda: "openrouter" in accounts(config_file))
    pane.keys("1")
    pane.until(lambda: "Accounts" not in pane.text)
    pane.wait_for("1 account", "OpenRouter")
    pane.keys("q")
    pane.until(lambda: pane("list-panes", "-F", "#{pane_dead} #{alternate_on}").split() == ["1", "0"])
    assert KEY in secrets.read_text()
    searched = [path for path in (tmp_path / "home").rglob("*") if path.is_file() and path != secrets]
    assert {path.suffix for path in searched} >= {".db", ".log", ".toml"}
    assert [path for path in searched if b"kanarienTmux" in path.read_bytes()] == []


def _reach_the_end(pane: Pane, done: Callable[[], bool]) -> bool:
    """Go on through test, consent and diff, whichever of them comes, until the file is written."""
    if done():
        return True
    pane.keys("Enter")
    for _ in range(20):
        if done():
            return True
        time.sleep(0.05)
    return False
