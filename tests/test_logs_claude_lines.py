"""Claude Code's lines that are odd, hostile, told again or not yet whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.logs.claude import CLAUDE
from aic_tui.usage_records import NO_COST, Flag
from tests.claude_transcripts import line, one, told_of, without
from tests.log_cases import figures, machine, named_records, pieces, read_all


@pytest.mark.parametrize("where", ["cwd", "version", "sessionId", "requestId", "costUSD", "isApiErrorMessage"])
def test_a_null_in_a_field_of_the_line_drops_it(tmp_path: Path, where: str) -> None:
    assert told_of(tmp_path, line(**{where: None})).skipped == {"unexpected shape": 1}


@pytest.mark.parametrize("where", ["stop_reason", "container"])
def test_a_null_elsewhere_does_not(tmp_path: Path, where: str) -> None:
    assert len(told_of(tmp_path, line(message={where: None})).requests) == 1


NO_COUNTS: list[object] = [-1, 1.0, 1.5, True, "1", None, 2**41, 10**30, [], {}]


@pytest.mark.parametrize(
    "usage",
    [
        *({"input_tokens": value} for value in NO_COUNTS),
        {"cache_read_input_tokens": -(2**63)},
        {"output_tokens": None},
        {"cache_creation": [1]},
        {"speed": 7},
    ],
    ids=str,
)
def test_what_is_no_count_of_tokens_is_skipped(tmp_path: Path, usage: dict[str, Any]) -> None:
    told = told_of(tmp_path, line(usage=usage), line(requestId="req_2"))
    assert len(told.requests) == 1
    assert sum(told.skipped.values()) == 1


@pytest.mark.parametrize("cost", ["-1", "1e7", "1" * 10_000, "-0.01", "1e400"], ids=lambda cost: cost[:8])
def test_what_is_no_price_leaves_the_tokens(tmp_path: Path, cost: str) -> None:
    record = one(tmp_path, json.dumps(line(costUSD=1)).replace('"costUSD": 1', f'"costUSD": {cost}').encode())
    assert (record.input, record.cost, record.flags) == (10, NO_COST, 0)


@pytest.mark.parametrize(("cost", "pico"), [(0, 0), (0.1, 10**11), (1.268, 1_268 * 10**9), (1e-12, 1)])
def test_a_price_is_exact(tmp_path: Path, cost: float, pico: int) -> None:
    record = one(tmp_path, line(costUSD=cost))
    assert record.cost == pico
    assert record.flags == Flag.HAS_COST


HOSTILE = {
    "deep": b'{"usage":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "long integer": b'{"message":{"usage":{"input_tokens":' + b"9" * 10**7 + b',"output_tokens":1}}}',
    "utf-16": json.dumps(line()).encode("utf-16"),
    "nul page": b"\0" * 4096 + json.dumps(line()).encode(),
    "not utf-8": b'{"sessionId":"\xff","message":{"usage":{"input_tokens":1,"output_tokens":1}}}',
    "cut": json.dumps(line()).encode()[:-9],
    "two in one": json.dumps(line()).encode() * 2,
    "array": b'["usage"]',
    "text for an object": b'{"message":"usage","x":"usage"}',
    "no time": json.dumps(line(timestamp={})).encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_line_costs_only_itself(tmp_path: Path, name: str) -> None:
    good = [json.dumps(line(requestId=f"req_{number}")).encode() for number in range(2)]
    told = told_of(tmp_path, good[0], HOSTILE[name], good[1])
    assert len(told.requests) == 2
    # The bytes of UTF-16 have line ends inside.
    assert 1 <= told.skipped.total() <= 2


def test_ends_of_lines_marks_of_order_and_half_characters_are_read_over(tmp_path: Path) -> None:
    half = json.dumps(line(requestId="req_3", note="\ud83d")).encode()
    first, second = (json.dumps(line(requestId=f"req_{number}")).encode() for number in (1, 2))
    told = told_of(tmp_path, b"\xef\xbb\xbf" + first + b"\r", b"", second + b" \r", half, b"\r")
    assert len(told.requests) == 3
    assert not told.skipped


def test_of_the_same_key_twice_the_last_counts(tmp_path: Path) -> None:
    text = json.dumps(line()).replace('"input_tokens": 10', '"input_tokens": 1, "input_tokens": 10').encode()
    assert one(tmp_path, text).input == 10


@pytest.mark.parametrize("stamp", [1777629600, 1777629600000, "1777629600", "2026-05-01T12:00:00.000000001+02:00"])
def test_any_usual_time_is_one(tmp_path: Path, stamp: object) -> None:
    assert one(tmp_path, line(timestamp=stamp)).ts == 1777629600000


ANSWERS = st.lists(
    st.builds(
        lambda name, request, side, output, minute, gap: without(
            line(
                message={"id": name},
                requestId=request,
                # One session an answer: tellings in two sessions, on the side in one of them, are alike in chains.
                sessionId=f"s{name}",
                isSidechain=side,
                usage={"output_tokens": output},
                timestamp=f"2026-05-01T10:{minute:02d}:00.000Z",
            ),
            *gap,
        ),
        st.sampled_from(["m1", "m2"]),
        st.sampled_from(["r1", "r2"]),
        st.booleans(),
        st.integers(0, 2),
        st.integers(0, 59),
        st.sampled_from([(), (), ("requestId",), ("timestamp",)]),
    ),
    max_size=8,
)


@given(lines=ANSWERS, cuts=st.lists(st.integers(0, 4000), max_size=4))
def test_how_a_file_grows_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Any], cuts: list[int]
) -> None:
    home = tmp_path_factory.mktemp("home")
    whole = told_of(home, *lines)

    grown = read_all(CLAUDE, machine(home), split=pieces(cuts))
    assert named_records(grown) == named_records(whole)


@given(lines=ANSWERS.filter(bool), data=st.data())
def test_a_line_told_again_changes_no_total(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Any], data: st.DataObject
) -> None:
    named = [told for told in lines if not told.get("isSidechain")]
    home = tmp_path_factory.mktemp("home")
    before = figures(told_of(home, *named).requests)
    more = data.draw(st.lists(st.sampled_from(named), max_size=3)) if named else []
    assert figures(told_of(home, *named, *more).requests) == before
