"""How the embedded table is made of two lists, on small ones."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from aic_tui.pricing import genai, generate
from aic_tui.pricing.litellm import NoPriceError, pico

LITELLM: dict[str, Any] = {
    "gpt-5.3-codex": (1.75e-06, 1.4e-05),
    "gpt-5.4": (2.5e-06, 1.5e-05),
    "gpt-5.5": (5e-06, 3e-05),
}
PRIORITY = {"gpt-5.3-codex": 2, "gpt-5.4": 2, "gpt-5.5": 2.5}
GENAI = """
providers: list[Provider] = [
    Provider(id='anthropic', models=[
        ModelInfo(id='claude-old-latest', match=ClauseOr(or_=[ClauseStartsWith(starts_with='claude-old')]),
            prices=ModelPrice(input_mtok=Decimal('3'), output_mtok=Decimal('15'))),
        ModelInfo(id='claude-opus-4-6', match=ClauseEquals(equals='claude-opus-4-6'), prices=[
            ConditionalPrice(prices=ModelPrice(
                input_mtok=TieredPrices(base=Decimal('5'), tiers=[Tier(start=200000, price=Decimal('10'))]),
                output_mtok=Decimal('25'))),
            ConditionalPrice(constraint=StartDateConstraint(start_date=datetime.date(2026, 3, 13)),
                prices=ModelPrice(input_mtok=Decimal('5'), output_mtok=Decimal('25'))),
        ]),
        ModelInfo(id='claude-disputed', match=ClauseEquals(equals='claude-disputed'), prices=[
            ConditionalPrice(prices=ModelPrice(input_mtok=Decimal('9'), output_mtok=Decimal('9'))),
            ConditionalPrice(constraint=StartDateConstraint(start_date=datetime.date(2026, 3, 13)),
                prices=ModelPrice(input_mtok=Decimal('8'), output_mtok=Decimal('8'))),
        ]),
    ]),
    %s
]
"""
OTHERS = ", ".join(f"Provider(id={maker!r}, models=[])" for maker, _ in genai.MAKERS[1:])


def litellm_list() -> dict[str, Any]:
    data = {}
    for name, (input_, output) in LITELLM.items():
        factor = PRIORITY[name]
        data[name] = {
            "litellm_provider": "openai",
            "mode": "chat",
            "input_cost_per_token": input_,
            "output_cost_per_token": output,
            "input_cost_per_token_priority": input_ * factor,
            "output_cost_per_token_priority": output * factor,
        }
    for name, price in {"claude-opus-4-6": 5e-06, "claude-opus-4-7": 5e-06, "claude-disputed": 7e-06}.items():
        data[name] = {**data["gpt-5.4"], "litellm_provider": "anthropic", "input_cost_per_token": price}
        data[name]["output_cost_per_token"] = price * 5
        del data[name]["input_cost_per_token_priority"], data[name]["output_cost_per_token_priority"]
    data["claude-opus-4-6-20260205"] = data["claude-opus-4-6"]
    kimi = {**data["claude-opus-4-7"], "litellm_provider": "moonshot"}
    return {**data, "moonshot/kimi-k2.5": kimi, "moonshot/kimi-k2.6": kimi}


def made(tmp_path: Path, data: dict[str, Any]) -> dict[str, Any]:
    wheel = tmp_path / "litellm.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(generate.LITELLM_FILE, json.dumps(data))
    (tmp_path / "data.py").write_text(GENAI % OTHERS)
    output = tmp_path / "prices.json"
    arguments = ["--litellm", str(wheel), "--genai", str(tmp_path), "--date", "2026-11-21", "--output", str(output)]
    assert generate.main(arguments) == 0
    first = output.read_bytes()
    assert generate.main(arguments) == 0
    assert output.read_bytes() == first
    table: dict[str, Any] = json.loads(first)
    return table


def test_both_lists_make_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = made(tmp_path, litellm_list())
    models = table["models"]
    assert models["claude-old"] == [["", 1, [[0, 3_000_000, 15_000_000, 300_000, 3_750_000, 6_000_000]]]]
    assert table["aliases"]["claude-old-latest"] == "claude-old"
    before, after = models["claude-opus-4-6"]
    assert (before[0], before[1], before[2][1][:2], before[5]) == ("", 1, [200_001, 10_000_000], 600)
    assert (after[0], after[1], len(after[2]), after[5]) == ("2026-03-13", 0, 1, 600)
    assert "claude-opus-4-6-20260205" not in models
    assert [row[2][0][1] for row in models["claude-disputed"]] == [7_000_000]
    assert models["gpt-5.5"][0][3][0][1] == 12_500_000
    assert "models" in capsys.readouterr().out


def test_a_priority_price_that_changed_is_noticed(tmp_path: Path) -> None:
    data = litellm_list()
    data["gpt-5.5"]["input_cost_per_token_priority"] = 1e-05
    with pytest.raises(NoPriceError, match=r"gpt-5\.5"):
        made(tmp_path, data)


def test_a_prompt_size_that_nobody_counts_is_noticed(tmp_path: Path) -> None:
    data = litellm_list()
    data["gpt-5.5"]["input_cost_per_token_above_300k_tokens"] = 1e-05
    with pytest.raises(NoPriceError, match="BOUNDARIES"):
        made(tmp_path, data)


@pytest.mark.parametrize(
    ("value", "whole"), [(1.3200000000000002e-07, 132_000), (1e-12, 1), (0, 0), (6e-04, 600_000_000)]
)
def test_dollars_become_whole_pico_dollars(value: float, whole: int) -> None:
    assert pico(value) == whole


@pytest.mark.parametrize("value", [1e-13, 1.5e-12, 3.59375e-14 * 1000 + 1e-16, -1e-06, 1e-02, "1", None, True])
def test_what_is_no_whole_price_is_refused(value: object) -> None:
    with pytest.raises(NoPriceError):
        pico(value)
