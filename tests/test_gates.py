"""The claim that makes several instances ask like one: atomic, remembered, and proof against clocks that jump."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.providers.registry import get_provider
from aic_tui.services.asking import gate_key
from aic_tui.store.gate import Claim, Gate, Terms, Wait, clamped, decide
from aic_tui.store.gates import Gates
from aic_tui.store.store import Store
from tests.conftest import MakeEnv

NOW = 1_795_000_000.0
DAY = 86_400.0
TERMS = Terms(floor_seconds=300, max_per_hour=12)


@pytest.fixture
def store(env: Environment) -> Iterator[Store]:
    with Store.open(env) as opened:
        yield opened


@pytest.fixture
def gates(store: Store) -> Gates:
    return store.gates


def claimed(result: Claim | Wait) -> Claim:
    assert isinstance(result, Claim), result
    return result


def refused(result: Claim | Wait) -> Wait:
    assert isinstance(result, Wait), result
    return result


def test_a_claim_shuts_out_everyone_else_until_it_is_settled_and_the_floor_after_that(gates: Gates) -> None:
    claim = claimed(gates.try_claim("p:k", NOW, "me", TERMS))
    quick = replace(TERMS, floor_seconds=0)
    assert gates.try_claim("p:k", NOW + 1, "you", quick) == Wait(NOW + 30, "claimed")
    assert gates.try_claim("p:k", NOW + 1, "me", quick) == Wait(NOW + 30, "claimed")
    gates.settle(claim, lambda gate: gate)
    assert gates.try_claim("p:k", NOW + 2, "you", TERMS) == Wait(NOW + 300, "floor")
    assert gates.try_claim("p:k", NOW + 2, "you", replace(TERMS, floor_seconds=15, manual=True)) == Wait(
        NOW + 15, "recent"
    )
    claimed(gates.try_claim("p:k", NOW + 300, "you", TERMS))


def test_a_claim_of_a_process_that_died_ends_with_its_lease_and_counts(gates: Gates) -> None:
    gates.try_claim("p:k", NOW, "dead", TERMS)
    assert refused(gates.try_claim("p:k", NOW + 29, "me", replace(TERMS, floor_seconds=0))).why == "claimed"
    claimed(gates.try_claim("p:k", NOW + 30, "me", replace(TERMS, floor_seconds=0)))
    assert gates.get("p:k").recent == (NOW, NOW + 30)


def test_a_late_answer_does_not_end_the_claim_of_another(gates: Gates) -> None:
    slow = claimed(gates.try_claim("p:k", NOW, "slow", replace(TERMS, floor_seconds=0)))
    gates.try_claim("p:k", NOW + 60, "next", replace(TERMS, floor_seconds=0))
    gates.settle(slow, lambda gate: gate)
    assert refused(gates.try_claim("p:k", NOW + 61, "me", replace(TERMS, floor_seconds=0))).why == "claimed"


def test_no_more_than_the_ceiling_in_any_hour(gates: Gates) -> None:
    terms = Terms(0, 12, manual=True)
    for number in range(11):  # the twelfth is kept for a second try
        gates.settle(claimed(gates.try_claim("p:k", NOW + number * 60, "me", terms)), lambda gate: gate)
    assert gates.try_claim("p:k", NOW + 900, "me", terms) == Wait(NOW + 3600, "floor")
    claimed(gates.try_claim("p:k", NOW + 3600, "me", terms))


def test_what_was_never_sent_does_not_count(gates: Gates) -> None:
    first = claimed(gates.try_claim("p:k", NOW, "me", TERMS))
    gates.settle(first, lambda gate: gate)
    second = claimed(gates.try_claim("p:k", NOW + 400, "me", TERMS))
    gates.refund(second)
    assert (gates.get("p:k").last_request_at, gates.get("p:k").recent) == (NOW, (NOW,))
    claimed(gates.try_claim("p:k", NOW + 401, "me", TERMS))


def test_accounts_of_one_provider_are_asked_apart(gates: Gates) -> None:
    apart = replace(TERMS, apart_seconds=10)
    gates.try_claim("p:one", NOW, "me", apart)
    assert gates.try_claim("p:two", NOW + 1, "you", apart) == Wait(NOW + 10, "floor")
    claimed(gates.try_claim("pq:one", NOW + 1, "you", apart))
    claimed(gates.try_claim("p:two", NOW + 10, "you", apart))


def test_a_users_wish_passes_back_off_and_nothing_else(gates: Gates) -> None:
    manual = Terms(15, 60, manual=True)
    for why, passes in (("backoff", True), ("retry_after", False), ("parked", False)):
        shut = Gate(why, not_before=NOW + 500, not_before_span=500, why=why)
        gates.change(why, lambda _gate, shut=shut: shut)  # type: ignore[misc]
        assert isinstance(gates.try_claim(why, NOW, "me", manual), Claim) is passes
        assert refused(gates.try_claim(why, NOW + 40, "me", TERMS)).until == NOW + 500
    gates.change("p:k", lambda gate: replace(gate, parked="auth_needed/key_rejected"))
    assert gates.try_claim("p:k", NOW + 9 * DAY, "me", manual) == Wait(None, "parked", "auth_needed/key_rejected")
    gates.release("p:k")
    claimed(gates.try_claim("p:k", NOW, "me", manual))


def test_the_users_act_does_not_lift_the_servers_wish(gates: Gates) -> None:
    gates.change("p:k", lambda gate: replace(gate, not_before=NOW + 500, not_before_span=500, why="retry_after"))
    gates.release("p:k")
    assert refused(gates.try_claim("p:k", NOW, "me", TERMS)).until == NOW + 500
    gates.change("p:l", lambda gate: replace(gate, not_before=NOW + 500, not_before_span=500, why="backoff"))
    gates.release("p:l")
    claimed(gates.try_claim("p:l", NOW, "me", TERMS))


def test_everything_outlives_the_process(make_env: MakeEnv) -> None:
    with Store.open(make_env()) as store:
        claim = claimed(store.gates.try_claim("p:k", NOW, "me", TERMS))
        store.gates.settle(
            claim, lambda gate: replace(gate, not_before=NOW + 900, not_before_span=900, why="retry_after", limited=2)
        )
        before = store.gates.get("p:k")
    with Store.open(make_env()) as store:
        assert store.gates.get("p:k") == before
        assert refused(store.gates.try_claim("p:k", NOW + 800, "me", TERMS)) == Wait(NOW + 900, "retry_after")


def test_a_clock_that_goes_back_locks_nobody_out_for_longer_than_was_meant(gates: Gates) -> None:
    ahead = NOW + 400 * DAY
    claim = claimed(gates.try_claim("p:k", ahead, "me", TERMS))
    gates.settle(claim, lambda gate: replace(gate, not_before=ahead + 900, not_before_span=900, why="retry_after"))
    first = refused(gates.try_claim("p:k", NOW, "me", TERMS))
    assert first == Wait(NOW + 900, "retry_after")
    # what was found out is kept, or the wait would begin anew with every look
    assert refused(gates.try_claim("p:k", NOW + 600, "me", TERMS)) == Wait(NOW + 900, "retry_after")
    claimed(gates.try_claim("p:k", NOW + 900, "me", TERMS))


def test_a_full_hour_in_the_future_is_over_an_hour_later(gates: Gates) -> None:
    terms = Terms(0, 3, spare=0)
    for number in range(3):
        gates.settle(claimed(gates.try_claim("p:k", NOW + 9 * DAY + number, "me", terms)), lambda gate: gate)
    assert refused(gates.try_claim("p:k", NOW, "me", terms)).until == NOW + 3600
    claimed(gates.try_claim("p:k", NOW + 3600, "me", terms))


def test_a_clock_that_jumps_forward_lets_one_request_through_early(gates: Gates) -> None:
    claim = claimed(gates.try_claim("p:k", NOW, "me", TERMS))
    gates.settle(claim, lambda gate: replace(gate, not_before=NOW + 900, not_before_span=900, why="retry_after"))
    ahead = NOW + 3 * DAY
    early = claimed(gates.try_claim("p:k", ahead, "me", TERMS))
    gates.settle(early, lambda gate: replace(gate, not_before=ahead + 900, not_before_span=900, why="retry_after"))
    assert refused(gates.try_claim("p:k", NOW + 5, "me", TERMS)).until == NOW + 5 + 900


def test_rows_that_are_damaged_are_read_as_far_as_they_go(gates: Gates, env: Environment) -> None:
    gates.change("p:k", lambda gate: replace(gate, failures=2))
    with sqlite3.connect(env.paths.database) as db:
        db.execute("UPDATE gates SET recent = '[1, \"x\"', level = 'many', last_request_at = 'noon'")
    gate = gates.get("p:k")
    assert (gate.recent, gate.level, gate.last_request_at, gate.failures) == ((), 0, None, 2)
    claimed(gates.try_claim("p:k", NOW, "me", TERMS))


def test_marks_tell_others_that_there_is_news_and_old_keys_are_forgotten(gates: Gates) -> None:
    gates.mark("p:new", NOW)
    gates.mark("p:old", NOW - 100 * DAY)
    assert gates.saved() == {"p:new": NOW, "p:old": NOW - 100 * DAY}
    gates.forget(NOW - 90 * DAY)
    assert gates.saved() == {"p:new": NOW}


def test_without_a_file_that_can_be_written_the_waits_hold_all_the_same(make_env: MakeEnv) -> None:
    env = make_env()
    with Store.open(env, patience_seconds=0.01) as store:
        store.gates.mark("p:k", NOW)
        blocker = sqlite3.connect(env.paths.database)
        blocker.execute("BEGIN IMMEDIATE")
        manual = replace(TERMS, floor_seconds=15, manual=True)
        claim = claimed(store.gates.try_claim("p:k", NOW, "me", manual))
        store.gates.settle(claim, lambda gate: replace(gate, failures=1))
        assert refused(store.gates.try_claim("p:k", NOW + 20, "me", TERMS)) == Wait(NOW + 300, "floor")
        blocker.rollback()
        blocker.close()
        again = claimed(store.gates.try_claim("p:k", NOW + 301, "me", TERMS))
        store.gates.settle(again, lambda gate: gate)
    with Store.open(env) as store:
        assert store.gates.get("p:k").recent == (NOW, NOW + 301)
        assert store.gates.get("p:k").failures == 1


def test_what_cannot_be_remembered_is_not_asked_unbidden_before_a_floor_has_passed(make_env: MakeEnv) -> None:
    env = make_env()
    with Store.open(env) as store:
        store.gates.settle(claimed(store.gates.try_claim("p:k", NOW - 4000, "before", TERMS)), lambda gate: gate)
    blocker = sqlite3.connect(env.paths.database)
    blocker.execute("BEGIN IMMEDIATE")
    for _ in range(3):  # whoever starts again and again
        with Store.open(env, patience_seconds=0.01) as store:
            assert store.gates.try_claim("p:k", NOW, "me", TERMS) == Wait(NOW + 300, "not_saving")
            assert store.gates.try_claim("p:k", NOW + 299, "me", TERMS) == Wait(NOW + 300, "not_saving")
    with Store.open(env, patience_seconds=0.01) as store:
        assert store.gates.try_claim("p:k", NOW, "me", TERMS) == Wait(NOW + 300, "not_saving")
        claim = claimed(store.gates.try_claim("p:k", NOW + 300, "me", TERMS))  # whoever stays
        store.gates.settle(claim, lambda gate: gate)
        assert store.gates.try_claim("p:k", NOW + 599, "me", TERMS) == Wait(NOW + 600, "floor")
        claimed(store.gates.try_claim("p:k", NOW + 600, "me", TERMS))
    blocker.rollback()
    blocker.close()


def test_in_memory_alone_nothing_is_asked_unbidden_before_a_floor_has_passed(make_env: MakeEnv) -> None:
    env = make_env()
    env.paths.data.parent.mkdir(parents=True, exist_ok=True)
    env.paths.data.write_text("no directory")
    for _ in range(3):
        with Store.open(env) as store:
            assert store.gates.try_claim("p:k", NOW, "me", TERMS) == Wait(NOW + 300, "not_saving")
    with Store.open(env) as store:
        claimed(store.gates.try_claim("p:k", NOW, "me", replace(TERMS, floor_seconds=15, manual=True)))
        assert store.gates.try_claim("p:k", NOW + 40, "me", TERMS) == Wait(NOW + 300, "floor")


def test_of_several_processes_exactly_one_asks(tmp_path: Path, make_env: MakeEnv) -> None:
    env = make_env()
    Store.open(env).close()
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from aic_tui.environment import Environment, Paths\n"
        "from aic_tui.store.gate import Claim, Terms\n"
        "from aic_tui.store.store import Store\n"
        "root = Path(sys.argv[1])\n"
        "paths = Paths(root / 'config', root / 'data', root / 'cache', root / 'state')\n"
        "store = Store.open(Environment(paths, root / 'home', {}))\n"
        "store.gates.get('p:0')\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "terms = Terms(300, 12)\n"
        "won = [isinstance(store.gates.try_claim(f'p:{n}', 1_795_000_000.0, sys.argv[2], terms), Claim)"
        " for n in range(25)]\n"
        "print(''.join('x' if w else '.' for w in won), flush=True)\n"
        "store.close()\n"
    )
    argv = [sys.executable, "-c", program, str(tmp_path)]
    processes = [
        subprocess.Popen([*argv, str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for n in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    lines = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert [sum(line[n] == "x" for line in lines) for n in range(25)] == [1] * 25


@given(
    last=st.floats(-2 * DAY, 2 * DAY),
    ends=st.floats(-2 * DAY, 400 * DAY),
    span=st.floats(0, DAY),
    floor=st.floats(0, 3600),
)
def test_no_wait_is_ever_longer_than_it_was_meant_to_be(last: float, ends: float, span: float, floor: float) -> None:
    gate = Gate("p:k", NOW + last, (NOW + last,), NOW + ends, span, "retry_after", claimed_until=NOW + ends)
    wait = decide(clamped(gate, NOW), NOW, Terms(floor, 1))
    if wait is not None:
        assert wait.until is not None
        assert NOW < wait.until <= NOW + max(span, floor, 3600, 30)


def test_the_usual_login_host_has_one_gate_however_it_is_written() -> None:
    provider = get_provider("copilot")
    keys = {
        gate_key(Account("copilot", "copilot", login_url=address), provider, "f" * 16)
        for address in (None, "https://github.com", "https://github.com/")
    }
    assert keys == {f"copilot:{'f' * 16}"}
    elsewhere = gate_key(Account("copilot", "copilot", login_url="https://tenant.ghe.com"), provider, "f" * 16)
    assert elsewhere not in keys
