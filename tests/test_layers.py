"""Who may import whom, read from the source: the house stays a house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import aic_tui
from aic_tui.providers.registry import provider_ids

HOUSE = Path(aic_tui.__file__).parent
FILES = sorted(path.relative_to(HOUSE) for path in HOUSE.rglob("*.py"))
# Lowest first. Rooms of one floor may use each other only where ALLOWED says so.
FLOORS = (
    {"__init__", "models", "errors", "login", "usage_records", "usage_files"},
    {"environment", "text", "redact", "zones", "format", "outlook", "config", "diagnostics"},
    {"providers", "store", "logs", "pricing"},
    {"view", "services", "reports"},
    {"ui", "cli"},
    {"app", "__main__"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ALLOWED = {
    ("models", "errors"),
    ("login", "models"),
    ("environment", "text"),
    ("format", "text"),
    ("config", "environment"),
    ("config", "text"),
    ("config", "redact"),
    ("diagnostics", "environment"),
    ("diagnostics", "redact"),
    ("diagnostics", "text"),
    ("__main__", "app"),
}
# Which files may load a package, at any time; a package that is not here is free.
WHERE = {
    "httpx": ("providers/sender.py", "providers/download.py", "providers/tls.py", "providers/faults.py"),
    "sqlite3": ("store/", "logs/", "providers/auth.py"),
    "keyring": ("config/keyring_door.py",),
    "plotext": ("ui/plot.py",),
    "textual": ("app.py", "ui/"),
    "rich": ("app.py", "ui/", "cli/"),
    "pydantic": ("providers/", "ui/widgets/secret_input.py", "config/secrets.py"),
    "msgspec": ("providers/", "logs/"),
}
NAMES_PROVIDERS = ("providers/", "logs/", "pricing/", "services/demo.py", "services/demo_accounts.py")


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names of the modules imported anywhere in a file, but for those that only a type checker needs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            yield from (f"{node.module}.{name.name}" for name in node.names)
        yield from imports(node)


def parsed(file: Path) -> ast.Module:
    return ast.parse((HOUSE / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_room_uses_only_what_is_below_it(file: Path) -> None:
    room = file.parts[0].removesuffix(".py")
    used = {name.split(".")[1] for name in imports(parsed(file)) if name.startswith("aic_tui.")}
    rooms = used & FLOOR_OF.keys()
    above = {
        other
        for other in rooms - {room}
        if FLOOR_OF[other] >= FLOOR_OF[room] and (room, other) not in ALLOWED and other != "__init__"
    }
    assert not above, f"{file} imports {sorted(above)}"


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_package_is_loaded_only_where_it_belongs(file: Path) -> None:
    for name in imports(parsed(file)):
        places = WHERE.get(name.split(".")[0])
        assert places is None or file.as_posix().startswith(places), f"{file} imports {name}"


@pytest.mark.parametrize("file", [f for f in FILES if not f.as_posix().startswith(NAMES_PROVIDERS)], ids=str)
def test_no_provider_is_named_outside_its_room(file: Path) -> None:
    ids = set(provider_ids())
    named = {node.value for node in ast.walk(parsed(file)) if isinstance(node, ast.Constant) and node.value in ids}
    assert not named, f"{file} names {sorted(named)}"


def test_every_room_has_a_floor() -> None:
    rooms = {file.parts[0].removesuffix(".py") for file in FILES}
    assert rooms <= FLOOR_OF.keys()
