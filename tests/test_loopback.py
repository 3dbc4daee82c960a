"""The test server as a process of its own, and the test clock: what end-to-end and scheduler tests lean on."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.clock import START, FakeClock

ROOT = Path(__file__).parent.parent


@pytest.fixture
def routes(tmp_path: Path) -> Path:
    file = tmp_path / "routes.json"
    file.write_text(json.dumps({"GET /a": [{"json": 1}, {"status": 429, "headers": {"Retry-After": "9"}}]}))
    return file


@pytest.fixture
def port_file(tmp_path: Path, routes: Path) -> Iterator[Path]:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "tests.loopback", "--port-file", str(port_file), "--routes", str(routes)]
    record = tmp_path / "requests"
    with subprocess.Popen([*command, "--requests-file", str(record)], cwd=ROOT) as process:
        yield port_file
        process.terminate()


async def until(tries: int, condition: object) -> None:
    """Wait for another process, in short steps."""
    for _ in range(tries):
        if callable(condition) and condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("waited in vain")


async def test_server_as_a_process(tmp_path: Path, port_file: Path, routes: Path) -> None:
    await until(500, port_file.exists)
    with httpx.Client(base_url=f"http://127.0.0.1:{port_file.read_text()}", trust_env=False) as web:
        assert web.get("/a", params={"x": "1"}).json() == 1
        assert web.get("/a").headers["retry-after"] == "9"
        routes.write_text("{half-writ")
        assert web.get("/a").status_code == 429
        routes.write_text(json.dumps({"POST /b": {"fault": "html", "status": 403}}))
        await until(500, lambda: web.post("/b").status_code == 403)
        assert web.get("/a").status_code == 404
    seen = [json.loads(line) for line in (tmp_path / "requests").read_text().splitlines()]
    assert seen[0]["query"] == {"x": ["1"]}
    assert seen[0]["headers"]["host"].startswith("127.0.0.1:")


async def test_clock_wakes_sleepers_in_order_at_their_own_time() -> None:
    clock = FakeClock(auto=False)
    woken: list[tuple[str, float]] = []

    async def nap(name: str, *naps: float) -> None:
        for seconds in naps:
            await clock.sleep(seconds)
            woken.append((name, clock.monotonic() - 1000))

    tasks = [
        asyncio.create_task(nap("a", 10, 10)),
        asyncio.create_task(nap("b", 15)),
        asyncio.create_task(nap("c", 99)),
    ]
    await clock.advance(30)
    assert woken == [("a", 10), ("b", 15), ("a", 20)]
    assert (clock.now() - START).total_seconds() == 30
    assert [clock.next_due] == [69]
    tasks[2].cancel()
    await clock.settle()
    assert clock.next_due is None
    clock.suspend(3600)
    assert (clock.boottime(), clock.monotonic()) == (4630, 1030)
