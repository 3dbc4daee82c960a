"""GitHub's hosts, what it means when GitHub refuses, and who a token belongs to. Pure; nothing here sends.

Source: docs.github.com, "Get the authenticated user", "Rate limits for the REST API", "Using SAML SSO" and "Network
details for GHE.com" (2026-11). GitHub answers 403 for rate limits, single sign-on and closed endpoints alike, so the
headers and words decide, not the number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.models import Reading
from aic_tui.providers.address import Origin, parse_origin
from aic_tui.providers.base import Ask, Provider, Reply, Request
from aic_tui.text import clean_or_none

GITHUB_URL = "https://github.com"
_GITHUB, _TENANTS = "github.com", ".ghe.com"
_SERVER_API = "/api/v3"
API_HEADERS = (("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", "2022-11-28"))
# What a 403 says, in lower case, and what it means then; the first that fits counts.
_MEANINGS: tuple[tuple[tuple[str, ...], tuple[FailureKind, Reason | None]], ...] = (
    (("rate limit", "abuse detection"), (FailureKind.RATE_LIMITED, None)),
    (("saml", "single sign-on", "sso "), (FailureKind.FORBIDDEN, Reason.SSO_NEEDED)),
    (
        ("resource not accessible", "scope", "insufficient permission", "must have admin"),
        (FailureKind.FORBIDDEN, Reason.SCOPE_MISSING),
    ),
    (("copilot", " seat"), (FailureKind.FORBIDDEN, Reason.NO_SEAT)),
)


@dataclass(frozen=True, slots=True)
class GitHubSite:
    """One GitHub: the address that people log in at, the API's, and the login host as shown.

    Both addresses are origins with their path and without a slash at the end. ``host`` has its port where that is not
    the usual one; tools keep their logins under this name.
    """

    login_url: str
    api_url: str
    host: str


def site_of(login_url: str | None, base_url: str | None) -> GitHubSite:
    """The site of an account's addresses; github.com where it has none, and the API that belongs to the login host.

    Raises :class:`ProviderError` NOT_CONFIGURED/BAD_ADDRESS for an address that may not be used.
    """
    login = parse_origin(login_url or GITHUB_URL)
    own = _public_host(login.host)
    if own != login.host:
        login = Origin(login.scheme, own, login.port, login.prefix)
    api = parse_origin(base_url) if base_url else _api_of(login)
    host = str(Origin(login.scheme, login.host, login.port)).partition("://")[2]
    return GitHubSite(str(login), str(api), host)


def site_of_address(address: str) -> GitHubSite:
    """The site that an address belongs to, be it where people log in or where programs ask.

    ``https://octocorp.ghe.com`` and ``https://api.octocorp.ghe.com`` are one site, and so are an enterprise server's
    ``https://H`` and ``https://H/api/v3``. Raises as :func:`site_of` does.
    """
    given = parse_origin(address)
    login = Origin(given.scheme, given.host, given.port, given.prefix.removesuffix(_SERVER_API))
    return site_of(str(login), None)


def api_url_of(login_url: str) -> str:
    """The API that belongs to a login address. Raises as :func:`site_of` does."""
    return site_of(login_url, None).api_url


def github_refusal(_ask: Ask, reply: Reply) -> ProviderError | None:
    """What a refusal of GitHub means; None where the defaults of the client, or a second question, must tell.

    A plain 403 in JSON is such a case: only a call that any live token may make tells a dead token from a closed door.
    """
    if reply.status == 401:
        return ProviderError(FailureKind.AUTH_NEEDED, Reason.TOKEN_INVALID)
    if reply.status != 403:
        return None
    words, headers = _words(reply.data), reply.headers
    if headers.get("x-ratelimit-remaining", "").strip() == "0" or "retry-after" in headers:
        return ProviderError(FailureKind.RATE_LIMITED)
    if "x-github-sso" in headers:
        return ProviderError(FailureKind.FORBIDDEN, Reason.SSO_NEEDED)
    found = next((meaning for wanted, meaning in _MEANINGS if any(word in words for word in wanted)), None)
    return ProviderError(*found) if found else None


def user_request(name: str = "user", accept: frozenset[int] = frozenset()) -> Request:
    """The question whose the token is, which every live token may ask."""
    return Request(name, "/user", headers=API_HEADERS, accept=accept)


def user_name(data: object) -> str | None:
    """The login in an answer to :func:`user_request`, cleaned; None where there is none."""
    return clean_or_none(data.get("login"), 100) if isinstance(data, Mapping) else None


def _plan(_ask: Ask, replies: Sequence[Reply]) -> Sequence[Request]:
    return () if replies else (user_request(),)


def _parse(_ask: Ask, replies: Sequence[Reply]) -> Reading:
    data = replies[-1].data
    name = user_name(data)
    if name is None:
        from aic_tui.providers.wire import shape_changed

        raise shape_changed(data)
    return Reading(account_name=name)


def _public_host(host: str) -> str:
    """The login host of the hosted GitHubs where one of their other names was given."""
    for prefix in ("www.", "api."):
        rest = host.removeprefix(prefix)
        if rest != host and (rest == _GITHUB or (rest.endswith(_TENANTS) and "." not in rest.removesuffix(_TENANTS))):
            return rest
    return host


def _api_of(login: Origin) -> Origin:
    if login.host == _GITHUB or login.host.endswith(_TENANTS):
        return Origin(login.scheme, f"api.{login.host}", login.port)
    return Origin(login.scheme, login.host, login.port, f"{login.prefix}{_SERVER_API}")


def _words(data: object) -> str:
    """What an error body says, in lower case and for comparing only."""
    said = (data.get("message"), data.get("error"), data.get("error_description")) if isinstance(data, Mapping) else ()
    return " ".join(part for part in said if isinstance(part, str))[:2000].lower() + " "


GITHUB_USER = Provider(
    id="github",
    name="GitHub",
    docs_url="https://docs.github.com/rest/users/users",
    base_url="https://api.github.com",
    base_of=api_url_of,
    plan=_plan,
    parse=_parse,
    refuse=github_refusal,
    key_shapes=("github_pat_", "gho_", "ghu_", "ghp_"),
    login="github",
)
"""Tells whose a token is. Not in the registry: nobody has an account of it."""
