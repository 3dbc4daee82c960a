"""Every provider against recorded-shape conversations: production client, real HTTP, then the whole reading.

A case is a folder ``fixtures/providers/<id>/<case>/`` with ``exchange.json`` (key, login, settings, instant, and the
requests that must be made in this order with their answers) and ``expected.json`` (a reading or a failure, defaults
left out). All bodies are composed; no key in them was ever one.
"""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from aic_tui.config.settings import Account
from aic_tui.errors import ProviderError
from aic_tui.models import Reading
from aic_tui.providers.auth import Credential
from aic_tui.providers.base import Ask, LoginFacts, Provider, Reply
from aic_tui.providers.client import Client
from aic_tui.providers.decode import UNREADABLE
from aic_tui.providers.registry import all_providers, get_provider, provider_ids
from tests.clock import FakeClock
from tests.conftest import build_env
from tests.loopback import Answer, Loopback, Seen, answer_from_json

FIXTURES = Path(__file__).parent / "fixtures" / "providers"
REQUIRED_CASES = ("ok", "unauthorised", "changed_shape")
KNOWN_TOOLS = {"claude-code", "codex", "copilot", "gh", "opencode"}
CASES = sorted(path.parent for path in FIXTURES.glob("*/*/exchange.json"))
# reference: the shortest time between two refreshes and the most refreshes in an hour that each vendor bears
LEAST_FLOOR_AND_MOST_PER_HOUR = {
    "claude": (300, 12),
    "codex": (180, 12),
    "copilot": (120, 30),
    "openai": (300, 12),
    "anthropic": (300, 12),
    "openrouter": (60, 60),
    "deepseek": (60, 60),
}


def _name(case: Path) -> str:
    return f"{case.parent.name}-{case.name}"


def _load(case: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((case / "exchange.json").read_text("utf-8"))
    return loaded


def _facts(login: dict[str, Any]) -> LoginFacts:
    facts = dict(login)
    if "expires_at" in facts:
        facts["expires_at"] = datetime.fromisoformat(facts["expires_at"])
    if "scopes" in facts:
        facts["scopes"] = tuple(facts["scopes"])
    return LoginFacts(**facts)


def _shape(provider: Provider, key: str) -> str:
    public = (*provider.key_shapes, "sk-ant-api03-")
    return next((shape for shape in sorted(public, key=len, reverse=True) if key.startswith(shape)), "")


class Script:
    """Answers requests in the order of the case and notes everything that is not as written there."""

    def __init__(self, exchanges: Sequence[dict[str, Any]]) -> None:
        self.left = list(exchanges)
        self.surprises: list[str] = []

    def __call__(self, seen: Seen) -> Answer:
        if not self.left:
            self.surprises.append(f"one more request: {seen.method} {seen.target}")
            return Answer(status=404)
        exchange = self.left.pop(0)
        wanted = exchange["request"]
        if (seen.method, seen.path) != (wanted.get("method", "GET"), wanted["path"]):
            self.surprises.append(f"{seen.method} {seen.path} in place of {wanted['path']}")
        for kind, had in (("query", seen.query), ("headers", seen.headers)):
            for name, value in wanted.get(kind, {}).items():
                if had.get(name) != value:
                    self.surprises.append(f"{kind} {name}: {had.get(name)!r} in place of {value!r}")
        for name in wanted.get("without_headers", ()):
            if name in seen.headers:
                self.surprises.append(f"header {name} was sent")
        return answer_from_json(exchange["response"])


async def _converse(case: Path, root: Path) -> tuple[dict[str, Any], Script]:
    """What the production client makes of the case, as a document, and what became of the script."""
    told = _load(case)
    provider = get_provider(case.parent.name)
    clock = FakeClock(datetime.fromisoformat(told["now"]))
    env = build_env(root, clock)
    script = Script(told["exchanges"])
    key = told["key"]
    with Loopback(now=clock.now) as server:
        server.otherwise(script)
        account = Account("mine", provider.id, base_url=server.url, fields=told.get("fields", {}))
        shape, facts = _shape(provider, key), _facts(told.get("login", {}))
        credential = Credential(SecretStr(key), "env:X", "X", "0" * 16, shape, facts)
        client = Client(env)
        try:
            fetched = await client.fetch(provider, account, credential)
            return {"reading": _document(fetched.reading)}, script
        except ProviderError as error:
            return {"failure": _failure(error)}, script
        finally:
            await client.aclose()


def _document(value: Any) -> Any:
    """A model as JSON: decimals as text, instants with Z, fields with their default left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {field.name: _document(had) for field, had in fields if had != field.default}
    if isinstance(value, tuple):
        return [_document(entry) for entry in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Decimal) else value


def _failure(error: ProviderError) -> dict[str, Any]:
    facts = {name: getattr(error, name) for name in ("kind", "reason", "hint", "http_status", "retry_after_seconds")}
    return {name: fact for name, fact in facts.items() if fact is not None}


@pytest.mark.parametrize("case", CASES, ids=_name)
async def test_conversation_gives_the_expected_reading(case: Path, tmp_path: Path) -> None:
    outcome, script = await _converse(case, tmp_path)
    assert script.surprises == []
    assert [exchange["request"]["path"] for exchange in script.left] == [], "not asked for"
    assert outcome == json.loads((case / "expected.json").read_text("utf-8"))


def missing_cases(provider_id: str, fixtures: Path) -> list[str]:
    """The required cases that a provider's fixture folder lacks."""
    files = ("exchange.json", "expected.json")
    folder = fixtures / provider_id
    return [case for case in REQUIRED_CASES if not all((folder / case / name).is_file() for name in files)]


@pytest.mark.parametrize("provider_id", provider_ids())
def test_provider_has_the_required_cases(provider_id: str) -> None:
    assert missing_cases(provider_id, FIXTURES) == []


def test_a_provider_without_cases_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "newcomer" / "ok").mkdir(parents=True)
    (tmp_path / "newcomer" / "ok" / "exchange.json").write_text("{}")
    assert missing_cases("newcomer", tmp_path) == ["ok", "unauthorised", "changed_shape"]


def test_no_case_is_left_without_a_provider_or_an_expectation() -> None:
    assert {case.parent.name for case in CASES} == set(provider_ids())
    assert [case for case in CASES if not (case / "expected.json").is_file()] == []


@pytest.mark.parametrize("provider", all_providers(), ids=lambda provider: provider.id)
def test_descriptor_is_complete_and_careful(provider: Provider) -> None:
    assert provider.base_url.startswith("https://")
    assert not provider.base_url.endswith("/")
    assert provider.docs_url.startswith("https://")
    assert provider.setup_hint.endswith(".")
    assert provider.shows
    assert provider.name
    assert provider.env or provider.logins
    assert {login.tool for login in provider.logins} <= KNOWN_TOOLS
    assert all(login.entries for login in provider.logins if login.tool == "opencode")
    assert "{key}" in provider.key_format
    floor, most = LEAST_FLOOR_AND_MOST_PER_HOUR.get(provider.id, (60, 60))
    assert provider.floor_seconds >= floor
    assert provider.interval_seconds >= provider.floor_seconds
    assert provider.max_per_hour <= most


def test_claude_is_asked_only_with_consent() -> None:
    assert get_provider("claude").needs_consent


def test_ids_are_those_of_the_registry() -> None:
    assert [provider.id for provider in all_providers()] == list(provider_ids())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)


@pytest.mark.parametrize("case", [case for case in CASES if case.name == "hostile"], ids=_name)
async def test_nothing_that_acts_on_a_terminal_reaches_a_reading(case: Path, tmp_path: Path) -> None:
    outcome, _script = await _converse(case, tmp_path)
    texts = list(_texts(outcome["reading"]))
    assert [text for text in texts if any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text)] == []
    sent = (case / "exchange.json").read_text("utf-8")
    assert "\\u001b" in sent
    if "[/]" in sent:
        assert any("[/" in text for text in texts), "markup is text like any other"


_JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=8),
    st.just(UNREADABLE),
    st.sampled_from(["NaN", "-1", "1e400", "0x10", "9" * 50, "\x1b[2J", "\ud800", {}, [], [[]], {"a": None}, [None]]),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from _places(entry, (*path, key))


def _replaced(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], junk)
    return copy


def _read(provider: Provider, ask: Ask, bodies: Sequence[Any]) -> Reading:
    replies: list[Reply] = []
    for _round in range(20):
        requests = provider.plan(ask, replies)
        if not requests:
            return provider.parse(ask, replies)
        for request in requests:
            data = bodies[min(len(replies), len(bodies) - 1)]
            replies.append(Reply(request, 200, data))
    raise AssertionError("the requests do not end")


@pytest.mark.parametrize("provider_id", provider_ids())
@given(data=st.data())
def test_junk_in_any_place_costs_no_more_than_the_reading(provider_id: str, data: st.DataObject) -> None:
    told = _load(FIXTURES / provider_id / "ok")
    provider = get_provider(provider_id)
    bodies = [exchange["response"]["json"] for exchange in told["exchanges"]]
    for _ in range(data.draw(st.integers(1, 3))):
        which = data.draw(st.integers(0, len(bodies) - 1))
        place = data.draw(st.sampled_from(sorted(_places(bodies[which]), key=repr)))
        bodies[which] = _replaced(bodies[which], place, data.draw(_JUNK))
    now = datetime.fromisoformat(told["now"])
    ask = Ask(now, _shape(provider, told["key"]), {}, _facts(told.get("login", {})))
    try:
        reading = _read(provider, ask, bodies)
    except ProviderError:
        return
    for window in reading.windows:
        assert window.ratio is None or 0 <= window.ratio <= 10
        assert window.resets_at is None or abs((window.resets_at - now).days) <= 401
    amounts = [spend.amount for spend in reading.spends] + [balance.amount for balance in reading.balances]
    assert all(amount.is_finite() and abs(amount) < 10**17 for amount in amounts)
    assert [text for text in _texts(_document(reading)) if "\x1b" in text or "\ud800" in text] == []
