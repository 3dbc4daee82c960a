"""The world of the end-to-end tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.world import World
from tests.loopback import Loopback


@pytest.fixture
def world(tmp_path: Path, server: Loopback) -> World:
    return World(tmp_path, server)
