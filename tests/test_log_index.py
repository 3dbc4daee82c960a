"""The index of session logs: each request counts once, whatever the order and the parts in which it was told."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aic_tui.environment import Environment
from aic_tui.store.log_keys import Keys
from aic_tui.store.log_settle import fold
from aic_tui.usage_files import FileFacts
from aic_tui.usage_records import Flag, Record, is_same, key_of
from tests.clock import FakeClock
from tests.conftest import build_env
from tests.log_index_cases import NOON, Index, facts, telling
from tests.store_files import raw

A, B = key_of("a"), key_of("b")
# Two keys that only their upper halves tell apart.
TWIN = A ^ (1 << 40)
SIDE = int(Flag.SIDECHAIN)


@pytest.fixture
def index(env: Environment) -> Index:
    return Index(env)


def test_the_larger_telling_counts_whatever_came_first(index: Index) -> None:
    small, large = [telling(A, output=1)], [telling(A, output=100)]
    index.apply([facts("a", small)], [facts("b", large)], [facts("c", small)])
    assert index.sums() == {("s-b", "messages"): 1, ("s-b", "tokens"): 110}
    assert index.recorded() == index.sums()


def test_of_equal_tellings_the_one_with_the_smaller_path_counts(index: Index) -> None:
    index.apply([facts("z", [telling(A)])], [facts("b", [telling(A)]), facts("c", [telling(A)])])
    assert index.sums() == {("s-b", "messages"): 1, ("s-b", "tokens"): 11}
    index.apply([facts("a", [telling(A)])])
    assert index.sums() == {("s-a", "messages"): 1, ("s-a", "tokens"): 11}


def test_requests_that_share_half_a_key_are_two(index: Index) -> None:
    index.apply([facts("a", [telling(A)]), facts("b", [telling(TWIN)])])
    assert index.sums() == {
        ("s-a", "messages"): 1,
        ("s-a", "tokens"): 11,
        ("s-b", "messages"): 1,
        ("s-b", "tokens"): 11,
    }


def test_the_last_streaming_line_grows(index: Index) -> None:
    index.apply([facts("a", [telling(A), telling(B, output=5)])])
    for output in (50, 500):
        index.apply([facts("a", [telling(B, output=output)], index.known("a"), append=True)])
    index.apply([facts("a", [telling(0, output=7)], index.known("a"), append=True)])
    assert index.sums() == {("s-a", "messages"): 3, ("s-a", "tokens"): 11 + 510 + 17}


def test_what_lost_to_a_file_counts_again_when_that_is_written_over(index: Index) -> None:
    index.apply([facts("a", [telling(A, output=9)])], [facts("b", [telling(A, output=1)])])
    assert index.sums()["s-b", "messages"] == 0
    index.apply([facts("a", [telling(B)], index.known("a"))])
    assert index.sums() == {
        ("s-a", "messages"): 1,
        ("s-a", "tokens"): 11,
        ("s-b", "messages"): 1,
        ("s-b", "tokens"): 11,
    }


def test_a_reading_that_is_out_of_date_is_dropped(index: Index) -> None:
    index.apply([facts("a", [telling(A)])])
    before = index.known("a")
    index.apply([facts("a", [telling(B)], before, append=True)])
    index.apply([facts("a", [telling(B)], before, append=True), facts("a", [telling(key_of("c"))])])
    assert index.sums() == {("s-a", "messages"): 2, ("s-a", "tokens"): 22}


def test_a_file_that_cannot_be_read_keeps_its_figures(index: Index) -> None:
    index.apply([facts("a", [telling(A)])])
    known = index.known("a")
    unread = FileFacts(
        "claude", b"/logs", b"a", known.id, known.generation, keep=True, failed=True, problem="no permission"
    )
    index.apply([unread])
    assert index.sums() == {("s-a", "messages"): 1, ("s-a", "tokens"): 11}
    assert index.known("a").failed


def test_figures_of_more_than_32_bits_lose_and_win_as_one(index: Index) -> None:
    huge, larger = telling(A, output=2**33), telling(A, output=2**34)
    index.apply([facts("a", [huge])], [facts("b", [larger])])
    assert index.sums() == {("s-b", "messages"): 1, ("s-b", "tokens"): 2**34 + 10}
    index.apply([facts("b", [telling(B)], index.known("b"))])
    index.apply([facts("a", [telling(A, output=2**35)], index.known("a"), append=True)])
    assert index.sums()["s-a", "tokens"] == 2**35 + 10
    assert index.sums()["s-a", "messages"] == 1


def test_days_are_those_of_the_zone_that_was_asked_for_last(env: Environment, index: Index) -> None:
    late = telling(A, ts=NOON + 11 * 3_600_000)
    index.apply([facts("a", [late]), facts("b", [late])])
    assert [row.day.day for row in index.rows()] == [1]
    berlin = Index(env, ZoneInfo("Europe/Berlin"))
    berlin.apply()
    assert [(row.day.day, row.messages) for row in berlin.rows()] == [(2, 1)]
    index.apply()
    assert [(row.day.day, row.messages) for row in index.rows()] == [(1, 1)]


def test_keys_that_were_lost_are_made_anew(env: Environment, index: Index) -> None:
    index.apply([facts("a", [telling(A)])])
    with raw(env) as db:
        db.execute("DELETE FROM log_keys")
        db.execute("DELETE FROM log_meta WHERE name = 'keys'")
    index.apply([facts("b", [telling(A, output=3)])])
    assert index.sums() == {("s-b", "messages"): 1, ("s-b", "tokens"): 13}


def test_keys_are_found_before_and_after_they_are_spread(env: Environment, index: Index) -> None:
    many = [
        facts(f"f{number:05}", [telling(key_of(str(number), str(part))) for part in range(40)]) for number in range(300)
    ]
    index.apply(many[:250], many[250:])
    with raw(env) as db:
        (parts, recent) = db.execute("SELECT count(*), sum(part = -1) FROM log_keys").fetchone()
        assert (parts > 200, recent) == (True, 0)
        keys = Keys()
        low = {key_of("7", "7") & 0xFFFFFFFF}
        assert keys.find(db, low) == dict.fromkeys(low, (8,))
        assert keys.find(db, {*range(5000), *low}) == dict.fromkeys(low, 8)
    index.apply([facts("again", [telling(key_of(str(number), "3"), output=9) for number in range(300)])])
    sums = index.sums()
    assert sum(count for (_, what), count in sums.items() if what == "messages") == 12_000
    assert sums["s-again", "messages"] == 300


RECORDS = st.builds(
    telling,
    key=st.sampled_from((0, A, A, B, TWIN)),
    sub=st.integers(1, 3),
    scope=st.integers(1, 2),
    output=st.sampled_from((1, 2, 3, 2**33)),
    ts=st.sampled_from((NOON, NOON + 1, NOON + 86_400_000)),
    flags=st.sampled_from((0, 0, SIDE)),
    session=st.integers(0, 1),
)


def has_no_chains(files: list[list[Record]]) -> bool:
    """False where a is the same as b and b as c, but a not as c: which of them count is then a matter of order."""
    tellings = [record for records in files for record in records]
    return not any(
        is_same(a, b) and is_same(b, c) and not is_same(a, c) for a, b, c in itertools.permutations(tellings, 3)
    )


FILES = st.lists(st.lists(RECORDS, max_size=5), min_size=1, max_size=4).filter(has_no_chains)
PAIRS = st.tuples(st.lists(RECORDS, max_size=6), st.lists(RECORDS, max_size=6)).filter(
    lambda pair: has_no_chains(list(pair))
)


def clean_run(root: Path, files: list[list[Record]]) -> Counter[tuple[str, str]]:
    index = Index(build_env(root, FakeClock()))
    index.apply([facts(f"{number}", records) for number, records in enumerate(files)])
    return index.sums()


@settings(max_examples=60, deadline=None)
@given(files=FILES, data=st.data())
def test_order_and_parts_never_change_a_sum(files: list[list[Record]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        expected = clean_run(Path(folder) / "clean", files)
        index = Index(build_env(Path(folder) / "split", FakeClock()))
        left = {number: list(records) for number, records in enumerate(files)}
        known: set[int] = set()
        while left:
            batch = []
            for number in data.draw(st.permutations(sorted(left)))[: data.draw(st.integers(1, len(left)))]:
                records = left[number]
                part = records[: data.draw(st.integers(0, len(records)))]
                left[number] = records[len(part) :]
                before = index.known(f"{number}") if number in known else None
                batch.append(facts(f"{number}", part, before, append=before is not None))
                known.add(number)
                if not left[number]:
                    del left[number]
            index.apply(batch)
        assert index.sums() == expected
        assert index.recorded() == expected


@settings(max_examples=40, deadline=None)
@given(files=FILES, others=FILES)
def test_files_that_are_written_over_leave_nothing_behind(
    files: list[list[Record]], others: list[list[Record]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        changed = [*others, *files[len(others) :]]
        expected = clean_run(Path(folder) / "clean", changed)
        index = Index(build_env(Path(folder) / "over", FakeClock()))
        index.apply([facts(f"{number}", records) for number, records in enumerate(files)])
        for number, records in enumerate(others):
            before = index.known(f"{number}") if number < len(files) else None
            index.apply([facts(f"{number}", records, before)])
        assert index.sums() == expected


@settings(max_examples=100, deadline=None)
@given(pair=PAIRS)
def test_what_is_added_to_a_file_settles_as_if_it_had_been_there(pair: tuple[list[Record], list[Record]]) -> None:
    old, new = pair
    whole = facts("a", [*old, *new])
    folded, repeated = fold(facts("a", old).records, facts("a", new).records)
    assert folded == whole.records
    assert repeated + facts("a", old).repeated + facts("a", new).repeated == whole.repeated


def test_upkeep_leaves_the_index_alone(env: Environment, index: Index) -> None:
    from aic_tui.store.store import Store

    index.apply([facts("a", [telling(A, ts=1)])])
    with closing(Store.open(env)) as store:
        assert store.maintain(env.now(), 1).done
    assert index.sums() == {("s-a", "messages"): 1, ("s-a", "tokens"): 11}
