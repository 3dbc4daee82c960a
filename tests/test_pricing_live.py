"""Live prices: laid over the table from their day on, kept in the cache, and hostile lists."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from aic_tui.config.settings import Config, Settings
from aic_tui.environment import Environment
from aic_tui.pricing.live import LIST_CAP, updated
from aic_tui.pricing.overlay import Overlay, read_overlay, write_overlay
from aic_tui.pricing.prices import Prices, load_prices
from aic_tui.pricing.table import load_table
from aic_tui.services.prices import LIFE_SECONDS, OFFLINE_SECONDS, Refreshed, keep_prices_live, refresh_prices
from tests.clock import FakeClock
from tests.conftest import MakeEnv
from tests.loopback import Answer, Loopback
from tests.pricing_cases import DAY, per_million

TABLE = load_table()
YESTERDAY = DAY - timedelta(days=1)


def entry(
    input_: object = 2.5e-06, output: object = 1.5e-05, provider: str = "openai", **more: object
) -> dict[str, Any]:
    return {
        "litellm_provider": provider,
        "mode": "chat",
        "input_cost_per_token": input_,
        "output_cost_per_token": output,
        **more,
    }


def laid(*lists: tuple[date, dict[str, Any]]) -> Prices:
    overlay = Overlay(TABLE.date)
    for day, data in lists:
        overlay = updated(TABLE, overlay, json.dumps(data), day)
    return Prices(TABLE, overlay)


def test_a_new_price_holds_from_the_day_it_was_seen() -> None:
    prices = laid((DAY, {"gpt-5": entry(1e-06, 8e-06)}), (DAY + timedelta(days=9), {"gpt-5": entry(9e-07, 8e-06)}))
    days = [YESTERDAY, DAY, DAY + timedelta(days=8), DAY + timedelta(days=9)]
    assert [per_million("gpt-5", 0, prices=prices, day=day) for day in days] == [1.25, 1, 1, 0.9]


def test_a_new_model_is_priced_on_every_day() -> None:
    prices = laid((DAY, {"gpt-9": entry(), "xai/grok-9": entry(provider="xai")}))
    assert per_million("gpt-9", 0, prices=prices, day=date(2020, 1, 1)) == 2.5
    match = prices.match("grok-9")
    assert match is not None
    assert match.source == "LiteLLM, live"


def test_what_the_list_has_no_more_stays_and_what_it_says_again_is_not_kept() -> None:
    overlay = updated(TABLE, Overlay(TABLE.date), json.dumps({"gpt-9": entry()}), DAY)
    known = {"gpt-5": entry(1.25e-06, 1e-05, cache_read_input_token_cost=1.25e-07)}
    overlay = updated(TABLE, overlay, json.dumps(known), DAY)
    assert set(overlay.models) == {"gpt-9"}
    prices = Prices(TABLE, overlay)
    assert all(prices.match(name) for name in TABLE.models)


def test_tiers_and_factors_that_the_list_does_not_tell_are_kept() -> None:
    plain = entry(5e-06, 2.5e-05, "anthropic")
    prices = laid((DAY, {"claude-opus-4-6": plain, "claude-sonnet-4-5": entry(3e-06, 1.5e-05, "anthropic")}))
    assert prices.overlay is not None
    assert not prices.overlay.models
    assert per_million("claude-sonnet-4-5", 0, prices=prices, prompt=200_001) == 6


def test_a_dated_name_is_the_same_model_until_its_price_differs() -> None:
    model, name = "claude-opus-4-6", "claude-opus-4-6-20260205"
    prices = laid((DAY, {name: entry(5e-06, 2.5e-05, "anthropic")}))
    assert prices.overlay is not None
    assert not prices.overlay.models
    prices = laid((DAY, {name: entry(4e-06, 2e-05, "anthropic")}))
    assert [per_million(name, 0, prices=prices, day=day) for day in (YESTERDAY, DAY)] == [5, 4]
    assert per_million(name, 0, prices=prices, day=date(2026, 3, 12), prompt=200_001) == 10
    assert per_million(model, 0, prices=prices) == 5


@pytest.mark.parametrize(
    "bad",
    [
        *(
            entry(1e9),
            entry(-1e-06),
            entry(float("nan")),
            entry(float("inf")),
            entry("1e-06"),
            entry(True),
            entry(None),
        ),
        *(
            entry([1]),
            entry(1.25e-06, 2e-03),
            entry(1e-13),
            entry(10**400),
            entry(0, 0),
            entry(1.26e-05),
            entry(1.2e-07),
        ),
        entry(
            1.25e-06, 1e-05, input_cost_per_token_above_300k_tokens=2e-06, output_cost_per_token_above_300k_tokens=1e-05
        ),
        entry(1.25e-06, 1e-05, cache_read_input_token_cost="free"),
        entry(1.25e-06, 1e-05, provider_specific_entry={"fast": 1e9}),
        entry(1.25e-06, 1e-05, tiered_pricing=[{"range": [5, 6]}]),
        entry(1.25e-06, 1e-05, tiered_pricing=[{"range": [0, "x"]}, {}, 7]),
        *({"mode": "chat", "litellm_provider": "openai"}, {"mode": "chat"}, [], "x", None),
    ],
    ids=str,
)
def test_a_bad_row_is_passed_over_and_the_others_are_taken(bad: object) -> None:
    prices = laid((DAY, {"gpt-5": bad, "gpt-9": entry()}))
    assert per_million("gpt-5", 0, prices=prices) == 1.25
    assert per_million("gpt-9", 0, prices=prices) == 2.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '"x"',
        "<html><body>Sign in</body></html>",
        '{"a": 1',
        "[" * 100_000,
        '{"a": ' + "9" * 5000 + "}",
    ],
    ids=range(9),
)
def test_what_is_no_list_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        updated(TABLE, Overlay(TABLE.date), text, DAY)


def test_a_flood_of_models_is_bounded() -> None:
    flood = {f"gpt-9-{number}": entry() for number in range(5_000)}
    overlay = updated(TABLE, Overlay(TABLE.date), json.dumps(flood), DAY)
    assert len(overlay.models) == 2_000


def test_an_overlay_survives_the_cache(tmp_path: Path) -> None:
    overlay = updated(TABLE, Overlay(TABLE.date, 5.0, 6.0, '"e"'), json.dumps({"gpt-9": entry()}), DAY)
    write_overlay(tmp_path / "cache", overlay)
    assert read_overlay(tmp_path / "cache", TABLE) == overlay


def spoilt(change: Callable[[dict[str, Any]], object]) -> bytes:
    raw = {"format": 1, "base": TABLE.date, "asked": 1, "taken": 1, "etag": "", "refused": 0}
    raw["models"] = {"gpt-5": [["", 0, [[0, 1, 1, 1, 1, 1]]]]}
    change(raw)
    return json.dumps(raw).encode()


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\0" * 99, b"{", b"[]", b"[" * 100_000, b"x" * (3 << 20)),
        spoilt(lambda raw: raw.update(base="2020-01-01")),
        spoilt(lambda raw: raw.update(format=2)),
        spoilt(lambda raw: raw.pop("asked")),
        spoilt(lambda raw: raw.update(models=[])),
        spoilt(lambda raw: raw["models"].update(a=[["", 0, [[0, -1, 1, 1, 1, 1]]]])),
        spoilt(lambda raw: raw["models"].update(a=[["", 0, [[0, 10**10, 1, 1, 1, 1]]]])),
        spoilt(lambda raw: raw["models"].update(a=[["", 0, [[0, 1.5, 1, 1, 1, 1]]]])),
        spoilt(lambda raw: raw["models"].update(a=[["", 1, [[0, 1, 1, 1, 1, 1]]]])),
        spoilt(lambda raw: raw["models"].update(a=[["2026-13-01", 0, [[0, 1, 1, 1, 1, 1]]]])),
        spoilt(lambda raw: raw["models"].update(a=[["", 0, []]])),
        spoilt(lambda raw: raw["models"].update(a=[["", 0, [[7, 1, 1, 1, 1, 1]]]])),
        spoilt(lambda raw: raw["models"].update(a={})),
    ],
    ids=range(18),
)
def test_a_damaged_cache_is_as_good_as_none(env: Environment, data: bytes) -> None:
    env.paths.cache.mkdir()
    (env.paths.cache / "prices.json").write_bytes(data)
    prices = load_prices(env, Config())
    assert prices.overlay is None
    assert per_million("gpt-5", 0, prices=prices) == 1.25


def test_the_cache_is_left_out_offline_and_when_switched_off(env: Environment) -> None:
    write_overlay(env.paths.cache, updated(TABLE, Overlay(TABLE.date), json.dumps({"gpt-9": entry()}), DAY))
    assert load_prices(env, Config()).match("gpt-9")
    assert not load_prices(env, Config(), offline=True).match("gpt-9")
    assert not load_prices(env, Config(settings=Settings(live_prices=False))).match("gpt-9")
    own = Config(prices={"gpt-9": (1, 1, 1, 1, 1)})
    match = load_prices(env, own).match("gpt-9")
    assert match is not None
    assert match.how == "override"


@pytest.fixture
def asking(make_env: MakeEnv, server: Loopback) -> Environment:
    return make_env(environ={"AIC_PRICES_URL": f"{server.url}/list.json"})


async def test_the_list_is_asked_for_once_a_day_and_by_its_etag(
    asking: Environment, server: Loopback, clock: FakeClock
) -> None:
    packed = Answer(
        body=gzip.compress(json.dumps({"gpt-9": entry()}).encode()), headers={"ETag": '"1"', "Content-Encoding": "gzip"}
    )
    server.on("/list.json", packed, Answer(status=304))
    assert await refresh_prices(asking) is Refreshed.NEW
    assert await refresh_prices(asking) is Refreshed.NOT_DUE
    assert load_prices(asking, Config()).match("gpt-9")
    clock.move(LIFE_SECONDS)
    assert await refresh_prices(asking) is Refreshed.SAME
    assert [seen.headers.get("if-none-match") for seen in server.requests] == [None, '"1"']
    prices = load_prices(asking, Config())
    assert prices.match("gpt-9")
    assert prices.taken == clock.now().date().isoformat()
    assert all("authorization" not in seen.headers and "cookie" not in seen.headers for seen in server.requests)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500),
        Answer(status=302, headers={"Location": "/other"}),
        Answer(text="<html>Sign in</html>"),
        Answer(body=b"\xff\xfe\0"),
        Answer(body=gzip.compress(b" " * (LIST_CAP + 1)), headers={"Content-Encoding": "gzip"}),
        Answer(headers={"Content-Length": str(50 << 20)}),
        Answer(script=lambda handler: handler.reset()),
    ],
    ids=["500", "redirect", "html", "bytes", "bomb", "50 MB", "reset"],
)
async def test_a_bad_answer_changes_nothing_and_is_not_asked_for_again(
    asking: Environment, server: Loopback, answer: Answer
) -> None:
    write_overlay(asking.paths.cache, updated(TABLE, Overlay(TABLE.date), json.dumps({"gpt-9": entry()}), DAY))
    server.on("/list.json", answer)
    assert await refresh_prices(asking) in (Refreshed.FAILED, Refreshed.OFFLINE)
    assert await refresh_prices(asking) is Refreshed.NOT_DUE
    assert [seen.path for seen in server.requests] == ["/list.json"]
    assert load_prices(asking, Config()).match("gpt-9")


async def test_without_a_network_it_is_tried_again_within_the_day(make_env: MakeEnv, clock: FakeClock) -> None:
    with Loopback() as gone:
        url = gone.url
    env = make_env(environ={"AIC_PRICES_URL": f"{url}/list.json"})
    assert await refresh_prices(env) is Refreshed.OFFLINE
    assert await refresh_prices(env) is Refreshed.NOT_DUE
    clock.move(OFFLINE_SECONDS)
    assert await refresh_prices(env) is Refreshed.OFFLINE


async def test_an_address_that_may_not_be_asked_is_not(make_env: MakeEnv, server: Loopback) -> None:
    env = make_env(environ={"AIC_PRICES_URL": "http://example.com/list.json"})
    assert await refresh_prices(env) is Refreshed.FAILED


async def test_a_cache_that_cannot_be_written_means_no_request(asking: Environment, server: Loopback) -> None:
    asking.paths.cache.write_text("a file")
    assert await refresh_prices(asking) is Refreshed.FAILED
    assert not server.requests


async def test_nothing_is_asked_while_switched_off(asking: Environment, server: Loopback) -> None:
    looks = []

    class Enough(Exception):  # noqa: N818  # no error
        pass

    def is_on() -> bool:
        looks.append(1)
        if len(looks) == 50:
            raise Enough
        return False

    with pytest.raises(Enough):
        await keep_prices_live(asking, is_on)
    assert not server.requests
