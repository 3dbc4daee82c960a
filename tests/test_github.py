"""GitHub's hosts, whose a token is, and what its refusals mean: real HTTP where something is asked."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from aic_tui.config.settings import Account
from aic_tui.environment import Environment
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.address import target_of
from aic_tui.providers.auth import Credential
from aic_tui.providers.base import Request
from aic_tui.providers.client import Client
from aic_tui.providers.github import GITHUB_USER, GitHubSite, site_of, site_of_address
from tests.loopback import Answer, Loopback

TOKEN = "gho_CANARYtoken00000000000000000000"


@pytest.mark.parametrize(
    ("login_url", "base_url", "site"),
    [
        (None, None, GitHubSite("https://github.com", "https://api.github.com", "github.com")),
        ("", "", GitHubSite("https://github.com", "https://api.github.com", "github.com")),
        ("https://GitHub.com/", None, GitHubSite("https://github.com", "https://api.github.com", "github.com")),
        ("https://www.github.com", None, GitHubSite("https://github.com", "https://api.github.com", "github.com")),
        ("https://api.github.com", None, GitHubSite("https://github.com", "https://api.github.com", "github.com")),
        ("https://acme.ghe.com", None, GitHubSite("https://acme.ghe.com", "https://api.acme.ghe.com", "acme.ghe.com")),
        (
            "https://api.acme.ghe.com",
            None,
            GitHubSite("https://acme.ghe.com", "https://api.acme.ghe.com", "acme.ghe.com"),
        ),
        ("https://git.acme.io", None, GitHubSite("https://git.acme.io", "https://git.acme.io/api/v3", "git.acme.io")),
        (
            "https://git.acme.io:8443/hub/",
            None,
            GitHubSite("https://git.acme.io:8443/hub", "https://git.acme.io:8443/hub/api/v3", "git.acme.io:8443"),
        ),
        (
            "http://127.0.0.1:4001",
            "http://127.0.0.1:4001",
            GitHubSite("http://127.0.0.1:4001", "http://127.0.0.1:4001", "127.0.0.1:4001"),
        ),
        (None, "https://proxy.acme.io/gh", GitHubSite("https://github.com", "https://proxy.acme.io/gh", "github.com")),
        (
            "https://github.com.evil.example",
            None,
            GitHubSite(
                "https://github.com.evil.example", "https://github.com.evil.example/api/v3", "github.com.evil.example"
            ),
        ),
    ],
)
def test_site_of_an_account(login_url: str | None, base_url: str | None, site: GitHubSite) -> None:
    assert site_of(login_url, base_url) == site


@pytest.mark.parametrize(
    ("address", "login_url"),
    [
        ("https://github.com", "https://github.com"),
        ("https://api.github.com/", "https://github.com"),
        ("https://octocorp.ghe.com", "https://octocorp.ghe.com"),
        ("https://api.octocorp.ghe.com", "https://octocorp.ghe.com"),
        ("https://github.octo.example", "https://github.octo.example"),
        ("https://github.octo.example:8443/api/v3/", "https://github.octo.example:8443"),
        ("https://octo.example/github/api/v3", "https://octo.example/github"),
        ("http://127.0.0.1:4000/api/v3", "http://127.0.0.1:4000"),
    ],
)
def test_either_address_of_a_site_names_it(address: str, login_url: str) -> None:
    assert site_of_address(address) == site_of(login_url, None)
    assert site_of_address(address).login_url == login_url


@pytest.mark.parametrize(
    ("login_url", "base_url"),
    [
        ("http://github.com", None),
        ("github.com", None),
        ("https://me:secret@github.com", None),
        ("https://gіthub.com", None),  # a Cyrillic letter
        (None, "http://api.github.com"),
        ("https://169.254.169.254", None),
    ],
)
def test_an_address_that_may_not_be_used_is_refused(login_url: str | None, base_url: str | None) -> None:
    with pytest.raises(ProviderError) as caught:
        site_of(login_url, base_url)
    assert (caught.value.kind, caught.value.reason) == (FailureKind.NOT_CONFIGURED, Reason.BAD_ADDRESS)


@pytest.mark.parametrize(
    ("login_url", "url"),
    [
        (None, "https://api.github.com/user"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com/user"),
        ("https://git.acme.io", "https://git.acme.io/api/v3/user"),
    ],
)
def test_requests_go_to_the_api_of_the_login_host(login_url: str | None, url: str) -> None:
    account = Account("mine", "any", login_url=login_url)
    assert target_of(GITHUB_USER, account, Request("user", "/user"), home_bound=True).url == url


def test_a_bound_token_stays_with_its_host() -> None:
    account = Account("mine", "any", login_url="https://acme.ghe.com", base_url="https://api.github.com")
    with pytest.raises(ProviderError) as caught:
        target_of(GITHUB_USER, account, Request("user", "/user"), home_bound=True)
    assert caught.value.reason is Reason.HOST_NOT_TRUSTED


async def _name(server: Loopback, env: Environment, answer: Answer) -> str | None:
    server.on("/user", answer)
    account = Account("mine", "any", login_url=server.url, base_url=server.url)
    client = Client(env)
    try:
        credential = Credential(SecretStr(TOKEN), "keyring", "aic-tui/mine", "0" * 16, "gho_")
        return (await client.fetch(GITHUB_USER, account, credential)).reading.account_name
    finally:
        await client.aclose()


async def test_the_user_of_a_token(server: Loopback, env: Environment) -> None:
    name = await _name(server, env, Answer(json={"login": "octo-fake\x1b[2J", "id": 1, "name": None}))
    assert name == "octo-fake"
    (seen,) = server.requests
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert seen.headers["accept"] == "application/vnd.github+json"
    assert seen.headers["user-agent"].startswith("aic-tui/")


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        ({"status": 401, "json": {"message": "Bad credentials"}}, "auth_needed", "token_invalid"),
        ({"status": 403, "json": {"message": "API rate limit exceeded for user ID 1."}}, "rate_limited", None),
        ({"status": 403, "json": {"message": "No."}, "headers": {"Retry-After": "60"}}, "rate_limited", None),
        ({"status": 403, "json": {"message": "x"}, "headers": {"X-RateLimit-Remaining": "0"}}, "rate_limited", None),
        ({"status": 429, "json": {"message": "slow down"}}, "rate_limited", None),
        (
            {"status": 403, "json": {"message": "x"}, "headers": {"X-GitHub-SSO": "required; url=https://github.com/"}},
            "forbidden",
            "sso_needed",
        ),
        (
            {"status": 403, "json": {"message": "Resource protected by organization SAML enforcement."}},
            "forbidden",
            "sso_needed",
        ),
        (
            {"status": 403, "json": {"message": "Resource not accessible by integration"}},
            "forbidden",
            "scope_missing",
        ),
        ({"status": 403, "text": "<html><h1>Blocked</h1></html>"}, "blocked_by_gateway", "html"),
        ({"status": 200, "json": {"id": 7}}, "format_changed", "shape"),
        ({"status": 200, "json": ["octo-fake"]}, "format_changed", "shape"),
        ({"status": 200, "json": {"login": "  "}}, "format_changed", "shape"),
        ({"status": 404, "json": {"message": "Not Found"}}, "unsupported", "not_found"),
    ],
)
async def test_what_a_refusal_means(
    server: Loopback, env: Environment, answer: dict[str, Any], kind: str, reason: str | None
) -> None:
    with pytest.raises(ProviderError) as caught:
        await _name(server, env, Answer(**answer))
    assert (caught.value.kind, caught.value.reason) == (kind, reason)
    assert TOKEN not in f"{caught.value} {caught.value.detail}"
