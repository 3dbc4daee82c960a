"""Kimi's wires, of both tools: ccusage's figures, the model that was asked, and hostile lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.logs.kimi import KIMI
from tests.log_cases import (
    Figures,
    Told,
    by_day,
    by_model,
    by_session,
    case,
    expected,
    figures,
    machine,
    read_all,
    run_reader,
    said,
)
from tests.log_files import NOON, encoded, put

CODE = ".kimi-code/sessions/wd_app/session_1/agents/main/wire.jsonl"
ALIAS = "kimi-code/kimi-for-coding"
ONE = Figures(100, 20, 10, 300, 430)


def record(time: object = NOON, usage: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    told = {"inputOther": 100, "output": 20, "inputCacheRead": 300, "inputCacheCreation": 10, **(usage or {})}
    return {"type": "usage.record", "model": ALIAS, "usage": told, "usageScope": "turn", "time": time, **changed}


def status(usage: dict[str, Any], time: object = NOON / 1000, name: object = "c1") -> dict[str, Any]:
    payload = {"token_usage": usage, "message_id": name}
    return {"timestamp": time, "message": {"type": "StatusUpdate", "payload": payload}}


def told_of(home: Path, *lines: object, path: str = CODE, **rest: Any) -> Told:
    put(home, path, *lines)
    return read_all(KIMI, machine(home), **rest)


@pytest.mark.parametrize(("name", "project"), [("m01_wire", ""), ("m02_code", "/home/u/app")])
def test_the_figures_are_those_of_ccusage(name: str, project: str) -> None:
    records = run_reader("kimi", case("kimi", name))
    daily, session = (expected("kimi", name, f"kimi {report}") for report in ("daily", "session"))
    assert by_day(records) == said(daily["daily"], "date")
    assert by_session(records) == said(session["sessions"], "sessionId")
    assert {named.model for named in records} == set(daily["daily"][0]["modelsUsed"])
    assert {named.project for named in records} == {project}


def test_the_model_is_the_one_that_was_asked(tmp_path: Path) -> None:
    def asked(model: object, alias: object = None) -> dict[str, Any]:
        return {"type": "llm.request", "model": model, "modelAlias": alias}

    lines = [
        record(NOON),
        asked("kimi-k2.6", ALIAS),
        record(NOON + 1),
        asked("kimi-code/k3", "mine"),
        record(NOON + 2),
        record(NOON + 3, model="mine"),
        record(NOON + 4, model="other"),
        asked(["?"]),
        record(NOON + 5, model=None),
    ]
    for split in (None, lambda data: [data[i : i + 97] for i in range(0, len(data), 97)]):
        models = by_model(told_of(tmp_path, *lines, split=split).requests)
        assert models == {
            "kimi-for-coding": ONE,
            "kimi-k2.6": Figures(*(2 * n for n in ONE)),
            "k3": Figures(*(3 * n for n in ONE)),
        }


@pytest.mark.parametrize("config", [None, b'{"model":7}', b"{", b'{"model":" "}', b"[" * 100])
def test_without_a_readable_configuration_it_is_the_plan_s_model(tmp_path: Path, config: bytes | None) -> None:
    if config is not None:
        put(tmp_path, ".kimi/config.json", config)
    found = told_of(tmp_path, status({"output": 1}), path=".kimi/sessions/g/s/wire.jsonl")
    assert [named.model for named in found.requests] == ["kimi-for-coding"]


def test_a_total_has_the_rest_and_every_different_telling_counts(tmp_path: Path) -> None:
    lines = [
        status({"total": 9}),
        status({"input_other": 1, "output": 2, "total": 9}, name=None),
        status({"input_other": 1, "output": 2, "total": 9}, name=None),
        status({"input_other": None, "output": None}),
        {"type": "metadata", **status({"output": 7})},
        {"message": {"type": "TurnEnd", "payload": {"token_usage": {"output": 7}}}},
    ]
    found = told_of(tmp_path, *lines, path=".kimi/sessions/g/s/wire.jsonl")
    assert figures(found.requests) == Figures(1, 11, 0, 0, 18)
    assert found.repeated == 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (record(usage={"output": -1}), "impossible number"),
        (record(usage={"output": 2.5}), "unexpected shape"),
        (record(usage={"output": True}), "unexpected shape"),
        (record("soon"), "no timestamp"),
        (status({"output": 1}, time=None), "no timestamp"),
        (b'{"type":"usage.record","usage":{"out', "not JSON"),
        (b'{"type":"us', "not JSON"),
        pytest.param(b"\0" * 4096, "not JSON", id="pages"),
    ],
)
def test_a_line_that_cannot_be_counted_costs_only_itself(tmp_path: Path, bad: object, reason: str) -> None:
    found = told_of(tmp_path, bad, record())
    assert figures(found.requests) == ONE
    assert found.skipped == {reason: 1}


def test_a_damaged_state_leaves_the_name_of_the_folder(tmp_path: Path) -> None:
    put(tmp_path, ".kimi-code/sessions/wd_app/session_1/state.json", b'{"workDir":3}')
    found = told_of(tmp_path, record(model="a\x1b]0;x\x07b"))
    assert [(named.project, named.model) for named in found.requests] == [("wd_app", "ab")]


def test_roots(tmp_path: Path) -> None:
    for root in (".kimi", ".kimi-code", "share", "code", "both"):
        put(tmp_path, f"{root}/sessions/g/s-{root}/agents/a/wire.jsonl", record())
        put(tmp_path, f"{root}/sessions/g/s-{root}-other/deep/a/wire.jsonl", record())
        put(tmp_path, f"{root}/sessions/g/wire.jsonl", record())

    def sessions(**environ: str) -> set[str]:
        return set(by_session(run_reader("kimi", tmp_path, environ)))

    assert sessions() == {"s-.kimi", "s-.kimi-code"}
    assert sessions(KIMI_CODE_HOME="~/code") == {"s-.kimi", "s-code"}
    assert sessions(KIMI_SHARE_DIR="~/share") == {"s-share", "s-.kimi-code"}
    assert sessions(KIMI_DATA_DIR="~/both/sessions,~/code", KIMI_CODE_HOME="x") == {"s-both", "s-code"}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), min_size=1, max_size=12), st.integers(0, 2000))
def test_neither_cuts_nor_repetitions_change_a_total(told: list[tuple[int, int]], cut: int) -> None:
    lines = [record(NOON + time, {"output": output}) for time, output in told]
    there = machine(Path(case("kimi", "m02_code")))

    def total(content: bytes, cut: int) -> Figures:
        return figures(read_all(KIMI, there, split=lambda _: [content[:cut], content[cut:]]).requests)

    plain = total(encoded(*lines), 0)
    assert plain == total(encoded(*lines, *lines), cut) == total(encoded(*reversed(lines)), cut)
    assert plain.output == sum(output for _, output in set(told))
