"""Writes the pictures of the README from the program itself: ``python screenshots/take.py [NAME …]``.

The demo accounts at a fixed instant, drawn by the real app at the size in the name, exported as SVG and turned into
PNG by a headless Chromium (the only converter that draws the SVG's text where the terminal has it). Without Chromium
only the SVG files are written.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from aic_tui.app import AicApp
from aic_tui.config.settings import Settings
from aic_tui.environment import Environment, Paths
from aic_tui.services.demo import DemoMonitor
from aic_tui.services.signing_in import AuthStatus, LoginState, LoginTarget, Stage
from aic_tui.ui.screens.login import LoginScreen

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 21, 10, 48, tzinfo=UTC)


@dataclass(frozen=True)
class Picture:
    """One picture: terminal size, and the keys pressed before it is taken. ``login`` lays a login over the demo."""

    name: str
    columns: int
    rows: int
    press: tuple[str, ...] = ()
    login: bool = False


PICTURES = (
    Picture("dashboard-120x40", 120, 40),
    Picture("dashboard-80x24", 80, 24),
    Picture("list-42x50", 42, 50),
    Picture("strip-30x10", 30, 10),
    Picture("detail-120x40", 120, 40, ("enter",)),
    Picture("login-80x24", 80, 24, login=True),
)


class InventedLogin:
    """A login that waits for its code and never asks anybody; it signs in, and is the one login, at once."""

    def __init__(self) -> None:
        self.target = LoginTarget("copilot", "GitHub Copilot", "github.com", is_new=True)
        self.state = LoginState(
            self.target,
            Stage.WAITING,
            client_id=Settings().github_client_id,
            scope="read:user",
            user_code="WDJB-MJHT",
            page="https://github.com/login/device",
            expires_at=NOW + timedelta(minutes=14),
        )

    def begin(self, target: LoginTarget, *, store: str = "keyring", file_consent: bool = False) -> InventedLogin:
        """Itself."""
        return self

    def subscribe(self, callback: Callable[[LoginState], None]) -> None:
        """Nothing changes."""

    async def targets(self) -> Sequence[LoginTarget]:
        """The one there is."""
        return [self.target]

    async def status(self) -> Sequence[AuthStatus]:
        """Nobody is signed in."""
        return []

    async def logout(self, account_id: str) -> Sequence[str]:
        """Nothing to erase."""
        return []

    async def run(self) -> LoginState:
        """Nothing happens."""
        return self.state

    async def consent(self, *, yes: bool) -> LoginState:
        """Nothing is kept."""
        return self.state

    async def cancel(self) -> None:
        """Nothing was under way."""


def environment(folder: Path) -> Environment:
    """A fixed instant, no variables, and directories that are thrown away."""
    paths = Paths(folder / "config", folder / "data", folder / "cache", folder / "state")
    return Environment(paths=paths, home=folder, environ={"TZ": "UTC"}, now=lambda: NOW)


async def take(picture: Picture, folder: Path) -> str:
    """The SVG of one picture."""
    env = environment(folder)
    app = AicApp(env, DemoMonitor(env), zone=ZoneInfo("Europe/Berlin"))
    async with app.run_test(size=(picture.columns, picture.rows)) as pilot:
        await pilot.pause(0.2)
        if picture.login:
            invented = InventedLogin()
            app.push_screen(LoginScreen(invented, invented.target))
            await pilot.pause(0.2)
        for key in picture.press:
            await pilot.press(key)
            await pilot.pause(0.3)
        return app.export_screenshot(title="aic-tui")


def write_png(svg_file: Path, png_file: Path) -> bool:
    """Draw the SVG at its own size; False when there is no Chromium."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return False
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg_file.read_text(encoding="utf-8"))
    width, height = (round(float(box[1])), round(float(box[2]))) if box else (1400, 900)
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking"]
        flags += [f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--screenshot={png_file}"]
        subprocess.run([browser, *flags, svg_file.as_uri()], check=True, capture_output=True, timeout=120)
    return True


def main() -> int:
    """Take all pictures, or those named."""
    wanted = sys.argv[1:]
    for picture in PICTURES:
        if wanted and picture.name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            svg_file = HERE / f"{picture.name}.svg"
            svg_file.write_text(asyncio.run(take(picture, Path(folder))), encoding="utf-8")
            drawn = write_png(svg_file.resolve(), (HERE / f"{picture.name}.png").resolve())
            if drawn:
                svg_file.unlink()
            print(picture.name, "png" if drawn else "svg only: no chromium")
    return 0


if __name__ == "__main__":
    sys.exit(main())
