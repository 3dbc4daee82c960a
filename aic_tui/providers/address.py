"""Where a request may go: the rules for custom addresses, for keys that belong to one host, and for proxies. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from aic_tui.config.settings import Account
from aic_tui.errors import FailureKind, ProviderError, Reason
from aic_tui.providers.base import Provider, Request
from aic_tui.text import clean

_METADATA_HOSTS = frozenset(
    [
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.azure.internal",
        "instance-data",
        "instance-data.ec2.internal",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
    ]
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
_DEFAULT_PORTS = {"https": 443, "http": 80}
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (lower case, without brackets) and port of a server, and the path that goes before all others."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @property
    def server(self) -> tuple[str, str, int]:
        """What must be equal for two origins to be the same server."""
        return self.scheme, self.host, self.port

    @property
    def is_loopback(self) -> bool:
        """True for this machine itself."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if _DEFAULT_PORTS.get(self.scheme) == self.port else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.prefix}"


@dataclass(frozen=True, slots=True)
class Target:
    """One request's way: ``url`` is what is sent, ``shown`` the same without the query, for logs."""

    origin: Origin
    url: str
    shown: str


def parse_origin(address: str) -> Origin:
    """The origin of a configured address.

    Raises :class:`ProviderError` NOT_CONFIGURED/BAD_ADDRESS, whose ``detail`` tells the cause, for everything that
    is not plain https (or http on this machine): logins in the address, spaces, queries, addresses of cloud metadata
    services, hosts in other scripts (look-alikes), and numbers in disguise.
    """
    if not address or not address.isprintable() or any(c in address for c in ' \\"<>^`{|}'):
        raise _bad("the address has spaces or characters that do not belong in one")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise _bad("the address cannot be read") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise _bad("the address must begin with https://")
    if "@" in parts.netloc:
        raise _bad("the address holds a login; keys go elsewhere")
    if parts.query or parts.fragment or address.endswith(("?", "#")):
        raise _bad("the address has a query")
    host = (parts.hostname or "").lower()
    _check_host(host)
    if port == 0:
        raise _bad("the port is 0")
    if parts.scheme == "http" and not is_loopback(host):
        raise _bad("http:// is for this machine only; use https://")
    prefix = quote(parts.path.rstrip("/"), safe=_PATH_SAFE)
    if ".." in prefix.split("/"):
        raise _bad("the path has ..")
    return Origin(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], prefix)


def target_of(provider: Provider, account: Account, request: Request, *, home_bound: bool) -> Target:
    """Where this request of this account goes.

    ``account.hosts`` replaces single hosts, ``account.base_url`` all others; their path is put before the
    request's. Raises :class:`ProviderError`: NOT_CONFIGURED/BAD_ADDRESS, or AUTH_NEEDED/HOST_NOT_TRUSTED for a
    ``home_bound`` key and a server that is not the provider's own, unless the account trusts it.
    """
    home = parse_origin(base_url_of(provider, account))
    own = parse_origin(request.host) if request.host else home
    replaced = account.hosts.get(own.host) or account.hosts.get(f"{own.host}:{own.port}")
    origin = own
    if override := replaced or account.base_url:
        given = parse_origin(override)
        # A base_url is the whole address, path included, of an API whose path depends on the host.
        kept = "" if provider.base_of is not None and not replaced else own.prefix
        origin = Origin(given.scheme, given.host, given.port, given.prefix + kept)
    if home_bound and not account.trust_base_url and origin.server not in (own.server, home.server):
        raise ProviderError(FailureKind.AUTH_NEEDED, Reason.HOST_NOT_TRUSTED, detail=clean(origin.host))
    if not request.path.startswith("/"):
        raise ProviderError(FailureKind.ERROR, Reason.CRASHED, detail="a request path without /")
    shown = f"{origin}{quote(request.path, safe=_PATH_SAFE)}"
    query = urlencode(request.params)
    return Target(origin, f"{shown}?{query}" if query else shown, shown)


def base_url_of(provider: Provider, account: Account) -> str:
    """The provider's own address for this account, before the account's ``base_url`` and ``hosts`` replace it.

    Raises :class:`ProviderError` NOT_CONFIGURED/BAD_ADDRESS where it belongs to a ``login_url`` that may not be used.
    """
    if provider.base_of is None or not account.login_url:
        return provider.base_url
    return provider.base_of(account.login_url)


def is_loopback(host: str) -> bool:
    """True when ``host`` is a name or number of this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def proxy_variable(origin: Origin, environ: Mapping[str, str]) -> str | None:
    """The name of the variable whose proxy is used for ``origin``; None for a direct way.

    This machine is never reached through a proxy, and so plain http never is.
    """
    if origin.is_loopback or origin.scheme != "https" or _is_exempt(origin, environ):
        return None
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        if environ.get(name, "").strip():
            return name
    return None


def _is_exempt(origin: Origin, environ: Mapping[str, str]) -> bool:
    listed = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    entries = re.split(r"[\s,]+", listed.lower())
    return "*" in entries or any(_matches(entry, origin) for entry in entries if entry)


def _matches(entry: str, origin: Origin) -> bool:
    try:
        network = ipaddress.ip_network(entry.strip("[]"), strict=False)
        return ipaddress.ip_address(origin.host) in network
    except ValueError:
        pass
    name, _, port = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
    if port and port != str(origin.port):
        return False
    name = name.removeprefix("*").lstrip(".")
    return bool(name) and (origin.host == name or origin.host.endswith(f".{name}"))


def _check_host(host: str) -> None:
    if not host:
        raise _bad("the address has no host")
    if not host.isascii():
        raise _bad(f"the host is spelled in another script; in ASCII it is {_punycode(host)}")
    if host in _METADATA_HOSTS:
        raise _bad("the host is a cloud metadata service")
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        if host.endswith("."):
            raise _bad("the host ends with a dot") from None
        if not _HOST_NAME.fullmatch(host) or re.fullmatch(r"\d+|0x[0-9a-f]*", host.rpartition(".")[2]):
            raise _bad("the host cannot be read") from None
        return
    if isinstance(number, ipaddress.IPv6Address):
        number = number.ipv4_mapped or number.sixtofour or number
    if isinstance(number, ipaddress.IPv6Address) and number in _NAT64:
        number = ipaddress.IPv4Address(int(number) & 0xFFFF_FFFF)
    if number.is_link_local or number.is_multicast or number.is_unspecified or str(number) in _METADATA_HOSTS:
        raise _bad("the host is not an address that a provider can have")


def _punycode(host: str) -> str:
    try:
        return clean(host.encode("idna").decode("ascii"), 100)
    except UnicodeError:
        return "not possible"


def _bad(detail: str) -> ProviderError:
    return ProviderError(FailureKind.NOT_CONFIGURED, Reason.BAD_ADDRESS, detail=detail)
