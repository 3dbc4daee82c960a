"""Codex's forks and sub-agents: what they copied from their parent is counted once; and growth changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.logs.codex import CODEX
from tests.codex_rollouts import (
    DAY,
    HEADLESS,
    NAMES,
    A,
    B,
    event,
    meta,
    settings,
    told_of,
    total_of,
    turn,
    usage,
    write,
)
from tests.log_cases import by_session, machine, named_records, pieces, read_all, run_reader

PARENT = [
    meta(A),
    turn(),
    *(event(f"10:0{n}:00", usage(100 * n * n, 0, n), usage(200 * n - 100, 0, 1)) for n in range(1, 5)),
]
OWN = event("11:01:00", usage(2000, 0, 30), usage(400, 0, 26))


def child(*copied: dict[str, Any], **parent: Any) -> list[dict[str, Any]]:
    return [meta(B, "11:00:00", **(parent or {"forked_from_id": A})), *copied, OWN]


def stamped(lines: Sequence[dict[str, Any]], *times: str) -> list[dict[str, Any]]:
    return [{**line, "timestamp": f"{DAY}T{at}Z"} for line, at in zip(lines, times, strict=True)]


WAYS: dict[str, dict[str, Any]] = {
    "forked": {"forked_from_id": A},
    "spawned": {"source": {"subagent": {"thread_spawn": {"parent_thread_id": A}}}},
    "named only": {"parent_thread_id": A},
}
COPIES = {
    "old times": PARENT,
    "at once": [*PARENT[:2], *stamped(PARENT[2:], *["11:00:00.100"] * 4)],
    "over seconds": [*PARENT[:2], *stamped(PARENT[2:], "11:00:01", "11:00:03", "11:00:05", "11:00:09")],
    "a part": [*PARENT[:2], *stamped(PARENT[2:4], "11:00:05", "11:00:06")],
    "the last turns": [*PARENT[:2], *stamped(PARENT[4:], "11:00:05", "11:00:06")],
    "nothing": [],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("copy", COPIES)
def test_what_was_copied_from_the_parent_is_left_out(tmp_path: Path, way: str, copy: str) -> None:
    write(tmp_path, PARENT)
    write(tmp_path, child(*COPIES[copy], **WAYS[way]), NAMES["b"])
    told = read_all(CODEX, machine(tmp_path))
    assert by_session(told.requests)[NAMES["b"]].total == 426
    assert told.forks == (copy != "nothing")
    assert total_of(read_all(CODEX, machine(tmp_path), backwards=True)) == total_of(told)


def test_what_was_told_again_in_the_parent_is_no_event_of_its_own(tmp_path: Path) -> None:
    again = [*PARENT[:3], {**PARENT[2], "timestamp": f"{DAY}T10:01:30.000Z"}, *PARENT[3:]]
    write(tmp_path, again)
    write(tmp_path, child(*COPIES["over seconds"]), NAMES["b"])
    assert by_session(run_reader("codex", tmp_path))[NAMES["b"]].total == 426


def test_a_fork_with_a_counter_of_its_own_keeps_all(tmp_path: Path) -> None:
    write(tmp_path, PARENT)
    fresh = [event("11:00:05", usage(77), usage(77)), event("11:00:07", usage(177), usage(100))]
    write(tmp_path, [meta(B, "11:00:00", forked_from_id=A), turn(), *fresh], NAMES["b"])
    assert by_session(run_reader("codex", tmp_path))[NAMES["b"]].total == 177


def test_what_the_parent_did_after_the_fork_hides_nothing(tmp_path: Path) -> None:
    late = stamped(PARENT[2:], *(f"12:0{n}:00.000" for n in range(4)))
    write(tmp_path, [*PARENT[:2], *late])
    same = stamped(PARENT[2:], *(f"11:3{n}:00.000" for n in range(4)))
    write(tmp_path, [meta(B, "11:00:00", forked_from_id=A), turn(), *same], NAMES["b"])
    assert by_session(run_reader("codex", tmp_path))[NAMES["b"]].total == 1600 + 4


@pytest.mark.parametrize("copy", ["old times", "at once", "nothing"])
def test_without_the_parent_what_was_there_at_once_was_copied(tmp_path: Path, copy: str) -> None:
    write(tmp_path, child(*COPIES[copy]), NAMES["b"])
    assert total_of(read_all(CODEX, machine(tmp_path))) == 426


@pytest.mark.parametrize(("parents", "forks"), [("sessions", "archived_sessions"), ("archived_sessions", "sessions")])
def test_a_parent_is_found_among_the_archived(tmp_path: Path, parents: str, forks: str) -> None:
    # The id's own time: 2025-05-29 in UTC, whose folder may be that of a day before or after.
    flat = {"a": f"rollout-{A}", "b": f"rollout-{B}"}
    names = {"sessions": f"2025/05/2{{}}/{flat['a']}", "archived_sessions": flat["a"]}
    day = uuid_day()
    write(tmp_path, PARENT, names[parents].replace("2025/05/2{}", day), parents)
    write(tmp_path, child(*COPIES["over seconds"]), flat["b"], forks)
    assert total_of(read_all(CODEX, machine(tmp_path))) == 1600 + 4 + 426


def uuid_day() -> str:
    """The folder of the day that :data:`A` tells in its first 48 bits."""
    return datetime.fromtimestamp(int(A.replace("-", "")[:12], 16) / 1000, UTC).strftime("%Y/%m/%d")


def test_a_session_that_is_its_own_parent_keeps_all(tmp_path: Path) -> None:
    write(tmp_path, [meta(A, "10:30:00", forked_from_id=A), *PARENT[1:]])
    assert total_of(read_all(CODEX, machine(tmp_path))) == 1604


def test_a_session_in_two_places_counts_once(tmp_path: Path) -> None:
    write(tmp_path, PARENT)
    write(tmp_path, PARENT, f"rollout-2026-05-01T10-00-00-{A}", "archived_sessions")
    told = read_all(CODEX, machine(tmp_path))
    assert total_of(told) == 1604
    assert told.repeated == 4


LINES = st.lists(
    st.one_of(
        st.builds(
            lambda second, total, last: event(f"10:00:{second:02d}", total and usage(total), last and usage(last, 1)),
            st.integers(0, 59),
            st.sampled_from([None, 100, 200, 300]),
            st.sampled_from([None, 10, 20]),
        ),
        st.sampled_from([turn("gpt-5.5"), turn("gpt-5.2"), settings("10:00:00", "fast"), settings("10:00:00", None)]),
        st.sampled_from([HEADLESS[0], HEADLESS[1], HEADLESS[3], meta(A), meta(B, "11:00:00", forked_from_id=A)]),
    ),
    max_size=10,
)


@given(lines=LINES, cuts=st.lists(st.integers(0, 3000), max_size=4), fork=st.integers(0, 4))
def test_how_a_file_grows_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Any], cuts: list[int], fork: int
) -> None:
    home = tmp_path_factory.mktemp("home")
    write(home, PARENT)
    begun = [meta(B, "11:00:00", forked_from_id=A), *COPIES["over seconds"][: 2 + fork]] if fork else []
    write(home, [*begun, *lines], NAMES["b"])

    whole = read_all(CODEX, machine(home))
    grown = read_all(CODEX, machine(home), split=pieces(cuts))
    assert named_records(grown) == named_records(whole)
    assert grown.forks == whole.forks


def test_what_earlier_lines_said_holds_for_those_that_come_later(tmp_path: Path) -> None:
    write(tmp_path, PARENT)
    # Not a fork, although one was copied into it; turns without a time; a tier; a model.
    lines = [
        meta(B, "11:00:00"),
        meta("c", "11:00:00", forked_from_id=A),
        settings("11:00:00", "fast"),
        turn("gpt-5.5"),
    ]
    path = write(tmp_path, [*lines, *PARENT[2:], HEADLESS[3], HEADLESS[3], OWN], NAMES["b"])
    whole = read_all(CODEX, machine(tmp_path))
    ends = [place + 1 for place, byte in enumerate(path.read_bytes()) if byte == 10]
    for cuts in ([end] for end in ends):
        assert named_records(read_all(CODEX, machine(tmp_path), split=pieces(cuts))) == named_records(whole)
    assert by_session(whole.requests)[NAMES["b"]].total == 1604 + 20 + 426


@given(lines=LINES, data=st.data())
def test_an_event_told_again_changes_no_total(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Any], data: st.DataObject
) -> None:
    home = tmp_path_factory.mktemp("home")
    lines = [line for line in lines if "result" not in line]  # has no time: each is another one
    again = [line for line in lines for _ in range(data.draw(st.integers(1, 2)))]
    assert total_of(told_of(home, *again)) == total_of(told_of(home, *lines))
