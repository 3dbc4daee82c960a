"""The documents tell the truth: generated tables, the commands that CI runs, and the pictures."""

from __future__ import annotations

import re
import tomllib

import aic_tui
from tests import documents
from tests.documents import README, ROOT


def test_generated_tables_are_what_the_code_says() -> None:
    document = README.read_text(encoding="utf-8")
    assert documents.renewed(document) == document, "run: python -m tests.documents --write"


def test_ci_runs_the_commands_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (set_up,) = documents.commands("Python 3.11 or newer is all you need")
    (tests,) = documents.commands("The tests:")
    assert set_up.replace("pip install .", "pip install -q .") in script
    assert tests in script
    contributing = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert tests.replace("install -q", "install") in contributing


def test_pictures_and_files_that_are_named_exist() -> None:
    text = README.read_text(encoding="utf-8")
    pictures = re.findall(r"(screenshots/[\w×-]+\.png)", text)
    assert len(pictures) >= 2
    for name in [*pictures, ".github/CONTRIBUTING.md"]:
        assert (ROOT / name).is_file(), name


def test_the_changelog_knows_this_version() -> None:
    assert f"## {aic_tui.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_constraints_pin_the_whole_test_set() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["test"]
    names = {re.split(r"[\[<>=]", requirement)[0].replace("_", "-").lower() for requirement in wanted}
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {line.split("==")[0].replace("_", "-").lower() for line in pins.splitlines() if "==" in line}
    assert names <= pinned
    assert "://" not in pins
