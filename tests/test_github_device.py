"""What answers of the device flow mean, whatever they look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from aic_tui.errors import FailureKind as Kind
from aic_tui.errors import ProviderError, Reason
from aic_tui.providers.decode import BODY_CAP
from aic_tui.providers.github import GitHubSite, site_of
from aic_tui.providers.github_device import (
    DeviceCode,
    Refusal,
    Refused,
    code_form,
    read_code,
    read_token,
    safe_page,
    token_form,
)
from aic_tui.providers.sender import RawAnswer
from tests.clock import START
from tests.flow_world import DEVICE_CODE, GOOD_TOKEN, SITE, TOKEN, code_play, leaks

CODE = DeviceCode("FAKE-1234", "https://github.com/login/device", 900, 5, SecretStr(DEVICE_CODE))


def json_answer(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> RawAnswer:
    import json

    return RawAnswer(status, headers or {}, json.dumps(data))


def code(site: GitHubSite = SITE, **changes: Any) -> DeviceCode | Refused:
    return read_code(site, json_answer(code_play(**changes).json), START)


def token(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> SecretStr | Refused:
    return read_token(json_answer(data, status, headers), START, CODE)


def meaning(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        read_token(RawAnswer(status, headers or {}, text), START, CODE)
    assert leaks(caught.value.detail) == []
    return caught.value


class TestForms:
    def test_code(self) -> None:
        assert code_form("id", "read:user") == {"client_id": "id", "scope": "read:user"}
        assert code_form("id", "") == {"client_id": "id"}

    def test_token(self) -> None:
        assert token_form("id", CODE) == {
            "client_id": "id",
            "device_code": DEVICE_CODE,
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        }


class TestCode:
    def test_good(self) -> None:
        got = code(interval=7, expires_in=899)
        assert got == DeviceCode("FAKE-1234", "https://github.com/login/device", 899, 7, SecretStr(DEVICE_CODE))
        assert DEVICE_CODE not in repr(got)

    def test_as_a_form(self) -> None:
        answer = RawAnswer(200, {}, urlencode(code_play().json) + "\n")
        assert read_code(SITE, answer, START) == code()

    @pytest.mark.parametrize(
        ("told", "life"),
        [
            *((60, 60), ("60", 60), (0.5, 0.5), (1e99, 3600), (10**400, 900), (0, 900), (-1, 900), ("soon", 900)),
            *((None, 900), (True, 900), ([], 900), ({}, 900), ("nan", 900), ("inf", 900)),
        ],
    )
    def test_life(self, told: object, life: float) -> None:
        got = code(expires_in=told)
        assert isinstance(got, DeviceCode)
        assert got.life_seconds == life

    @pytest.mark.parametrize(
        ("told", "interval"),
        [(5, 5), (10, 10), ("10", 10), (0.1, 1), (0, 5), (-5, 5), (None, 5), (False, 5), (1e99, 300), ("x", 5)],
    )
    def test_interval(self, told: object, interval: float) -> None:
        got = code(interval=told)
        assert isinstance(got, DeviceCode)
        assert got.interval_seconds == interval

    @pytest.mark.parametrize(
        ("told", "shown"),
        [("WDJB-MJHT", "WDJB-MJHT"), (" WDJB\x1b[31m-MJHT\u202e\n", "WDJB-MJHT"), (12345678, "12345678")],
    )
    def test_user_code_is_cleaned(self, told: object, shown: str) -> None:
        got = code(user_code=told)
        assert isinstance(got, DeviceCode)
        assert got.user_code == shown

    @pytest.mark.parametrize(
        "changes",
        [
            *({"user_code": None}, {"user_code": ""}, {"user_code": "\x1b[0m"}, {"user_code": "W" * 33}),
            *({"user_code": "W" * 10**5}, {"user_code": []}, {"user_code": True}),
            *({"device_code": None}, {"device_code": ""}, {"device_code": 5}, {"device_code": "d" * 2001}),
            *({"verification_uri": None}, {"verification_uri": ""}),
        ],
    )
    def test_what_is_no_code(self, changes: Mapping[str, Any]) -> None:
        with pytest.raises(ProviderError) as caught:
            code(**changes)
        assert (caught.value.kind, caught.value.reason) == (Kind.FORMAT_CHANGED, Reason.SHAPE)

    @pytest.mark.parametrize(
        ("status", "data", "why"),
        [
            (200, {"error": "device_flow_disabled"}, Refusal.DISABLED),
            (400, {"error": "device_flow_disabled"}, Refusal.DISABLED),
            (400, {"error": "unauthorized_client"}, Refusal.CLIENT_REJECTED),
            (401, {"error": "incorrect_client_credentials"}, Refusal.CLIENT_REJECTED),
            (404, {"error": "Not Found"}, Refusal.CLIENT_REJECTED),
            (404, {"message": "Not Found"}, Refusal.CLIENT_REJECTED),
            (403, {"message": "no"}, Refusal.OTHER),
            (422, {}, Refusal.OTHER),
            (200, {"error": "of_tomorrow"}, Refusal.OTHER),
        ],
    )
    def test_refused(self, status: int, data: object, why: Refusal) -> None:
        got = read_code(SITE, json_answer(data, status), START)
        assert isinstance(got, Refused)
        assert got.why is why
        assert got.detail

    def test_rate_limit(self) -> None:
        with pytest.raises(ProviderError) as caught:
            read_code(SITE, json_answer({"error": "too_many"}, 429, {"retry-after": "120"}), START)
        assert (caught.value.kind, caught.value.retry_after_seconds) == (Kind.RATE_LIMITED, 120)


class TestPage:
    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("https://github.com/login/device", "https://github.com/login/device"),
            ("https://github.com/a/b/c", "https://github.com/a/b/c"),
            ("https://github.com", "https://github.com"),
            ("HTTPS://GitHub.com:443/login/device", "https://github.com/login/device"),
        ],
    )
    def test_on_the_login_host(self, address: str, shown: str) -> None:
        assert safe_page(SITE, address) == shown

    @pytest.mark.parametrize(
        "address",
        [
            "http://github.com/login/device",
            "https://github.com:8443/login/device",
            "https://github.com@evil.example/login/device",
            "https://user:pw@github.com/login/device",
            "https://evil.example/login/device",
            "https://github.com.evil.example/login/device",
            "https://evil-github.com/login/device",
            "https://gist.github.com/login/device",
            "https://gіthub.com/login/device",  # a Cyrillic і
            "https://github.com./login/device",
            "https://github.com\\@evil.example/",
            "https://github.com/login/device?next=https://evil.example",
            "https://github.com/login/device#evil",
            "https://github.com/\x1b[31mlogin",
            "https://github.com/" + "a" * 300,
            "javascript:alert(1)",
            "//github.com/login/device",
            "github.com/login/device",
            "https://[github.com/",
            5,
            ["https://github.com/login/device"],
        ],
    )
    def test_anything_else(self, address: object) -> None:
        assert safe_page(SITE, address) is None
        got = code(verification_uri=address)
        assert isinstance(got, DeviceCode)
        assert got.page is None

    def test_of_an_enterprise_and_of_this_machine(self) -> None:
        assert safe_page(site_of("https://ghe.example:8443", None), "https://ghe.example:8443/login/device")
        assert safe_page(site_of("https://ghe.example:8443", None), "https://ghe.example/login/device") is None
        assert safe_page(site_of("http://127.0.0.1:4000", None), "http://127.0.0.1:4000/login/device")
        assert safe_page(site_of("http://127.0.0.1:4000", None), "http://127.0.0.1:4001/login/device") is None


class TestToken:
    @pytest.mark.parametrize(
        "data", [GOOD_TOKEN, {"access_token": TOKEN}, {**GOOD_TOKEN, "token_type": []}, {**GOOD_TOKEN, "error": ""}]
    )
    def test_good(self, data: object) -> None:
        got = token(data)
        assert got == SecretStr(TOKEN)
        assert leaks(repr(got)) == []

    def test_as_a_form(self) -> None:
        assert read_token(RawAnswer(200, {}, urlencode(GOOD_TOKEN)), START, CODE) == SecretStr(TOKEN)

    @pytest.mark.parametrize("bad", ["ghu a", "ghu\r\nX: y", "жетон", "g" * 16385])
    def test_that_cannot_be_sent(self, bad: str) -> None:
        assert token({"access_token": bad}) == Refused(Refusal.OTHER, "a token that cannot be sent in a header")

    @pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429])
    @pytest.mark.parametrize(
        ("word", "why"),
        [
            ("authorization_pending", Refusal.PENDING),
            ("slow_down", Refusal.SLOW_DOWN),
            ("expired_token", Refusal.EXPIRED),
            ("access_denied", Refusal.DECLINED),
            ("device_flow_disabled", Refusal.DISABLED),
            ("incorrect_client_credentials", Refusal.CLIENT_REJECTED),
            ("unauthorized_client", Refusal.CLIENT_REJECTED),
        ],
    )
    def test_known_errors_count_with_any_status(self, status: int, word: str, why: Refusal) -> None:
        headers = {"x-ratelimit-remaining": "0"}
        for answer in (json_answer({"error": word}, status, headers), RawAnswer(status, headers, f"error={word}&a=1")):
            got = read_token(answer, START, CODE)
            assert isinstance(got, Refused)
            assert got.why is why

    @pytest.mark.parametrize("word", ["incorrect_device_code", "unsupported_grant_type", "of_tomorrow", "\x1b[1mx"])
    def test_other_errors_have_the_servers_words(self, word: str) -> None:
        got = token({"error": word, "error_description": f"\x1b[31mThe code {DEVICE_CODE} [/red]"})
        assert got == Refused(Refusal.OTHER, "The code … [/red]")
        assert token({"error": word}) == Refused(Refusal.OTHER, word.removeprefix("\x1b[1m"))

    def test_no_part_of_the_code_is_left_in_words_cut_to_length(self) -> None:
        got = token({"error": "x", "error_description": "w" * 180 + " " + DEVICE_CODE})
        assert isinstance(got, Refused)
        assert got.detail
        assert DEVICE_CODE[:8] not in got.detail

    @pytest.mark.parametrize(("told", "interval"), [(10, 10), ("10", 10), (-1, None), (None, None), (1e99, 300)])
    def test_new_interval(self, told: object, interval: float | None) -> None:
        assert token({"error": "slow_down", "interval": told}) == Refused(Refusal.SLOW_DOWN, "slow_down", interval)

    @pytest.mark.parametrize("data", [{}, [], [DEVICE_CODE], 5, "text", {"access_token": None}, {"access_token": 5}])
    def test_neither_token_nor_error_is_trouble(self, data: object) -> None:
        import json

        error = meaning(json.dumps(data))
        assert (error.kind, error.reason) == (Kind.FORMAT_CHANGED, Reason.SHAPE)

    @pytest.mark.parametrize("text", ["", "Bad Request", "null", "{", "[" * 5000, "=&=&" * 99, "x" * (BODY_CAP // 8)])
    @pytest.mark.parametrize("status", [200, 400])
    def test_what_cannot_be_read_is_trouble(self, text: str, status: int) -> None:
        assert meaning(text, status).kind is Kind.FORMAT_CHANGED

    @pytest.mark.parametrize(
        ("status", "headers", "data"),
        [
            (429, {}, {}),
            (403, {"x-ratelimit-remaining": "0"}, {"message": "no"}),
            (403, {}, {"message": "You have exceeded a secondary rate limit."}),
            (403, {"retry-after": "9"}, {"error": "abuse"}),
        ],
    )
    def test_rate_limits_are_no_ending(self, status: int, headers: Mapping[str, str], data: object) -> None:
        with pytest.raises(ProviderError) as caught:
            token(data, status, headers)
        assert caught.value.kind is Kind.RATE_LIMITED
        assert caught.value.retry_after_seconds == (9 if "retry-after" in headers else None)
