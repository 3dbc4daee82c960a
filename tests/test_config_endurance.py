"""A thousand damaged config files: each loads, names its fault, is left as it is and gives no key away."""

from __future__ import annotations

import json
import re
import time
import tomllib

import pytest

from aic_tui.config.file import load_config, save_changes
from aic_tui.config.settings import CONFIG_VERSION, Config
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from tests.config_mutations import CANARY_BODY, Mutant, mutants
from tests.conftest import DEFAULTS

_PLACED = re.compile(r"\bline (\d+)(?:, column (\d+))?")
# Faults of the whole file, which stand on no line.
_NO_PLACE = ("is larger than", "cannot be read", "nests too deeply")
_LONGEST_SECONDS = 3.0


def table_of(data: bytes) -> dict[str, object] | None:
    """What another reader makes of the file; None when it makes nothing of it."""
    try:
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except (ValueError, RecursionError):
        return None


def as_text(table: dict[str, object]) -> str:
    """For comparing: in any order, and nan is nan."""
    return json.dumps(table, sort_keys=True, default=repr)


def sentences(config: Config) -> list[str]:
    return (
        [problem.sentence for problem in config.problems]
        + [*config.unknown]
        + [problem.setting or "" for problem in config.problems]
    )


def check_names_the_fault(config: Config, mutant: Mutant) -> None:
    lines = mutant.data.count(b"\n") + 1
    for problem in config.problems:
        assert problem.sentence
        assert problem.sentence.isprintable()
        assert problem.line is None or 1 <= problem.line <= lines
    if config.broken:
        [problem] = config.problems
        assert config.settings == DEFAULTS
        if any(words in problem.sentence for words in _NO_PLACE):
            return
        named = _PLACED.search(problem.sentence)
        assert named, f"no place in: {problem.sentence}"
        assert (int(named[1]), int(named[2]) if named[2] else None) == (problem.line, problem.column)


def check(env: Environment, mutant: Mutant) -> None:
    env.paths.config.mkdir(parents=True, exist_ok=True)
    file = env.paths.config_file
    file.write_bytes(mutant.data)
    started = time.perf_counter()
    config = load_config(env)
    assert time.perf_counter() - started < _LONGEST_SECONDS
    table = table_of(mutant.data)
    assert config.broken or table is not None, "a file that is no TOML was taken for one"
    check_names_the_fault(config, mutant)
    told = sentences(config)
    assert file.read_bytes() == mutant.data
    if config.read_only:
        with pytest.raises(UserError) as refused:
            save_changes(env, {("general", "theme"): "dracula"})
        told.append(refused.value.sentence)
        assert file.read_bytes() == mutant.data
    else:
        told += check_a_save(env, mutant, table or {})
    assert not [sentence for sentence in told if CANARY_BODY in sentence]


def check_a_save(env: Environment, mutant: Mutant, table: dict[str, object]) -> list[str]:
    """A file that may be written: one key changes, everything else stays, and the file before is kept."""
    try:
        saved = save_changes(env, {("general", "theme"): "dracula"})
    except UserError as refused:  # “general” is no table
        assert not isinstance(table["general"], dict)
        assert env.paths.config_file.read_bytes() == mutant.data
        return [refused.sentence]
    assert saved.settings.theme == "dracula"
    after = tomllib.loads(env.paths.config_file.read_text(encoding="utf-8"))
    general = table.get("general", {})
    assert isinstance(general, dict)
    expected = {"version": CONFIG_VERSION, **table, "general": {**general, "theme": "dracula"}}
    assert as_text(after) == as_text(expected)
    backup = env.paths.config_file.with_name("config.toml.bak")
    if mutant.data or backup.exists():
        assert backup.read_bytes() == mutant.data
    return sentences(saved)


def test_a_hundred_damaged_files(env: Environment) -> None:
    for mutant in mutants(100):
        check_one(env, mutant)


@pytest.mark.soak
def test_a_thousand_damaged_files(env: Environment) -> None:
    for mutant in mutants(1000):
        check_one(env, mutant)


def check_one(env: Environment, mutant: Mutant) -> None:
    try:
        check(env, mutant)
    except Exception as error:
        error.add_note(f"mutant {mutant}: {mutant.data[:400]!r}")
        raise


def test_the_series_holds_every_outcome(env: Environment) -> None:
    """Most damage must be noticed, or the tests above prove little."""
    env.paths.config.mkdir(parents=True)
    broken = complaining = fine = 0
    for mutant in mutants(180):
        env.paths.config_file.write_bytes(mutant.data)
        config = load_config(env)
        broken += config.broken
        complaining += not config.broken and bool(config.problems)
        fine += not config.problems
    assert broken > 50
    assert complaining > 30
    assert fine > 0
