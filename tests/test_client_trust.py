"""Whom the client talks to: certificates, proxies, custom addresses, and keys that belong to one host."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aic_tui.errors import FailureKind as Kind
from aic_tui.errors import ProviderError, Reason
from aic_tui.providers.address import Origin, parse_origin, proxy_variable
from aic_tui.providers.base import Request
from aic_tui.providers.client import Client
from tests.asking import CANARY, PROVIDER, account, ask, credential, failure, provider_asking
from tests.certificates import Authority
from tests.conftest import MakeEnv
from tests.loopback import Answer, Loopback
from tests.tunnel import Tunnel

PATH = "/v1/usage"
GOOD = Answer(json={"plan": "pro"})
MakeClient = Callable[[dict[str, str]], Client]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def make_client(make_env: MakeEnv) -> AsyncIterator[MakeClient]:
    made = []

    def make(environ: dict[str, str]) -> Client:
        made.append(Client(make_env(environ)))
        return made[-1]

    yield make
    for client in made:
        await client.aclose()


class TestCertificates:
    async def test_own_authority(self, authority: Authority, make_client: MakeClient, tmp_path: Path) -> None:
        import subprocess

        with Loopback(tls=authority.server_context("127.0.0.1")) as server:
            server.on(PATH, GOOD)
            by_file = make_client({"SSL_CERT_FILE": str(authority.file)})
            assert (await ask(by_file, server.url)).reading.plan == "pro"
            folder = tmp_path / "authorities"
            folder.mkdir()
            command = ["openssl", "x509", "-hash", "-noout", "-in", str(authority.file)]
            name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
            (folder / f"{name}.0").write_bytes(authority.file.read_bytes())
            by_folder = make_client({"SSL_CERT_DIR": str(folder)})
            assert (await ask(by_folder, server.url)).reading.plan == "pro"

    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            ("expired", "expired"),
            ("early", "not valid yet"),
            ("wrong host", "wrong host"),
            ("self-signed", "unknown issuer (self-signed certificate)"),
            ("stranger", "unknown issuer"),
        ],
    )
    async def test_bad_certificate(
        self, authority: Authority, make_client: MakeClient, tmp_path: Path, fault: str, words: str
    ) -> None:
        host = "other.example" if fault == "wrong host" else "127.0.0.1"
        signer = Authority(tmp_path, "Stranger") if fault == "stranger" else authority
        context = signer.server_context(
            host, expired=fault == "expired", early=fault == "early", self_signed=fault == "self-signed"
        )
        client = make_client({"SSL_CERT_FILE": str(authority.file)})
        with Loopback(tls=context) as server:
            server.on(PATH, GOOD)
            error = await failure(client, server.url)
            assert (error.kind, error.reason) == (Kind.OFFLINE, Reason.TLS)
            assert error.detail is not None
            assert words in error.detail
            assert server.requests == []
            assert server.connections == 1  # no second try, verified or not

    async def test_public_authorities_do_not_know_ours(self, authority: Authority, make_client: MakeClient) -> None:
        with Loopback(tls=authority.server_context("127.0.0.1")) as server:
            error = await failure(make_client({}), server.url)
            assert (error.kind, error.reason) == (Kind.OFFLINE, Reason.TLS)
            assert server.requests == []

    async def test_no_tls_where_tls_should_be(self, make_client: MakeClient, server: Loopback) -> None:
        error = await failure(make_client({}), server.url.replace("http:", "https:"))
        assert (error.kind, error.reason) == (Kind.OFFLINE, Reason.TLS)
        assert error.detail is not None
        assert error.detail.startswith("the handshake failed: ")

    @pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
    async def test_variable_that_names_nothing(self, make_client: MakeClient, tmp_path: Path, variable: str) -> None:
        error = await failure(make_client({variable: str(tmp_path / "nothing")}), None)
        assert (error.kind, error.reason) == (Kind.OFFLINE, Reason.TLS)
        assert error.detail is not None
        assert error.detail.startswith(f"{variable} names no ")

    async def test_file_of_garbage(self, make_client: MakeClient, server: Loopback, tmp_path: Path) -> None:
        garbage = tmp_path / "garbage.pem"
        garbage.write_bytes(b"-----BEGIN CERTIFICATE-----\n\xff\xfe\n")
        client = make_client({"SSL_CERT_FILE": str(garbage)})
        error = await failure(client, None)
        assert (error.kind, error.reason) == (Kind.OFFLINE, Reason.TLS)
        assert error.detail == "SSL_CERT_FILE names a file without readable certificates"
        server.on(PATH, GOOD)
        assert (await ask(client, server.url)).reading.plan == "pro"  # this machine needs no certificate


class TestProxies:
    async def test_tunnel_with_a_login(self, authority: Authority, make_client: MakeClient) -> None:
        with (
            Loopback(tls=authority.server_context("api.example.com")) as server,
            Tunnel(leads_to=server.port) as proxy,
        ):
            server.on(PATH, GOOD)
            trusted = {"SSL_CERT_FILE": str(authority.file)}
            client = make_client({**trusted, "HTTPS_PROXY": f"http://us%65r:PROXY-CANARY@{proxy.address}"})
            assert (await ask(client, None)).reading.plan == "pro"
            method, host, headers = proxy.asked[0]
            assert (method, host) == ("CONNECT", "api.example.com:443")
            assert base64.b64decode(headers["proxy-authorization"].split()[1]) == b"user:PROXY-CANARY"
            assert CANARY not in repr(headers)
            assert "proxy-authorization" not in server.requests[0].headers

            bare = make_client({**trusted, "all_proxy": f" {proxy.address} "})
            assert (await ask(bare, None)).reading.plan == "pro"
            assert len(proxy.asked) == 2

    async def test_proxy_over_https(self, authority: Authority, make_client: MakeClient) -> None:
        with Loopback(tls=authority.server_context("127.0.0.1")) as refusing:
            client = make_client({"SSL_CERT_FILE": str(authority.file), "https_proxy": refusing.url})
            error = await failure(client, None)
            assert (error.kind, error.reason) == (Kind.OFFLINE, Reason.PROXY)
            assert [(seen.method, seen.target) for seen in refusing.requests] == [("CONNECT", "api.example.com:443")]

    @pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"])
    async def test_proxy_refuses(self, make_client: MakeClient, status: str) -> None:
        with Tunnel(leads_to=1, refusal=status) as proxy:
            error = await failure(make_client({"HTTPS_PROXY": f"http://u:PROXY-CANARY@{proxy.address}"}), None)
            assert (error.kind, error.reason, error.detail) == (Kind.OFFLINE, Reason.PROXY, status)
            assert len(proxy.asked) == 1

    async def test_proxy_is_not_there(self, make_client: MakeClient) -> None:
        with Tunnel(leads_to=1) as gone:
            address = gone.address
        error = await failure(make_client({"HTTPS_PROXY": f"http://u:PROXY-CANARY@{address}"}), None)
        assert (error.kind, error.reason, error.detail) == (Kind.OFFLINE, Reason.PROXY, "Connection refused")

    @pytest.mark.parametrize(
        "value",
        [
            "http://",
            "http://u:PROXY-CANARY@",
            "ftp://u:PROXY-CANARY@host",
            "http://host:port",
            "http://[",
            "::",
            "\x00",
        ],
    )
    async def test_malformed(self, make_client: MakeClient, value: str) -> None:
        error = await failure(make_client({"HTTPS_PROXY": value}), None)
        assert (error.kind, error.reason) == (Kind.OFFLINE, Reason.PROXY)
        assert error.detail == "HTTPS_PROXY holds no usable address"

    async def test_socks_without_its_package(self, make_client: MakeClient) -> None:
        error = await failure(make_client({"ALL_PROXY": "socks5://u:PROXY-CANARY@127.0.0.1:1"}), None)
        assert (error.kind, error.reason) == (Kind.OFFLINE, Reason.PROXY)
        assert error.detail == "ALL_PROXY names a SOCKS proxy, which needs the package socksio"

    async def test_this_machine_is_reached_directly(self, make_client: MakeClient, server: Loopback) -> None:
        server.on(PATH, GOOD)
        with Tunnel(leads_to=server.port) as proxy:
            address = f"http://{proxy.address}"
            client = make_client({"HTTP_PROXY": address, "HTTPS_PROXY": address, "ALL_PROXY": address})
            assert (await ask(client, server.url)).reading.plan == "pro"
            assert proxy.asked == []

    async def test_this_machine_is_reached_directly_by_https_too(
        self, authority: Authority, make_client: MakeClient
    ) -> None:
        with Loopback(tls=authority.server_context("127.0.0.1")) as server, Tunnel(leads_to=server.port) as proxy:
            server.on(PATH, GOOD)
            client = make_client({"SSL_CERT_FILE": str(authority.file), "HTTPS_PROXY": proxy.address})
            assert (await ask(client, server.url)).reading.plan == "pro"
            assert proxy.asked == []

    async def test_netrc_is_not_read(self, make_env: MakeEnv, server: Loopback) -> None:
        env = make_env()
        netrc = env.home / ".netrc"
        netrc.write_text("machine 127.0.0.1 login other password NETRC-CANARY\n")
        netrc.chmod(0o600)
        server.on(PATH, GOOD)
        client = Client(make_env({"NETRC": str(netrc), "HOME": str(env.home)}))
        await ask(client, server.url, replace(PROVIDER, key_header="x-api-key", key_format="{key}"))
        await client.aclose()
        assert "authorization" not in server.requests[0].headers

    @pytest.mark.parametrize(
        ("no_proxy", "host", "direct"),
        [
            ("*", "api.example.com", True),
            ("other.com, example.com", "api.example.com", True),
            (".example.com", "api.example.com", True),
            ("*.example.com", "api.example.com", True),
            ("EXAMPLE.com", "api.example.com", True),
            ("ample.com", "api.example.com", False),
            ("example.com:443", "api.example.com", True),
            ("example.com:8443", "api.example.com", False),
            ("10.0.0.0/8", "10.1.2.3", True),
            ("10.0.0.0/8", "11.1.2.3", False),
            ("10.0.0.0/8", "api.example.com", False),
            ("[2001:db8::]/32", "2001:db8::1", False),
            ("2001:db8::/32", "2001:db8::1", True),
            (",, ,", "api.example.com", False),
            ("", "api.example.com", False),
        ],
    )
    def test_no_proxy(self, no_proxy: str, host: str, direct: bool) -> None:
        origin = Origin("https", host, 443)
        for name in ("no_proxy", "NO_PROXY"):
            variable = proxy_variable(origin, {"HTTPS_PROXY": "http://p", name: no_proxy})
            assert (variable is None) == direct

    def test_order_of_variables(self) -> None:
        origin = parse_origin("https://api.example.com")
        variables = {"https_proxy": "a", "HTTPS_PROXY": "b", "all_proxy": "c", "ALL_PROXY": "d"}
        while variables:
            assert proxy_variable(origin, variables) == next(iter(variables))
            del variables[next(iter(variables))]
        assert proxy_variable(origin, {"HTTPS_PROXY": " ", "HTTP_PROXY": "http://p"}) is None


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "words"),
        [
            ("", "spaces"),
            ("api.example.com", "must begin with https://"),
            ("http://api.example.com", "this machine only"),
            ("http://127.0.0.1.example.com", "this machine only"),
            ("http://localhost.example.com", "this machine only"),
            ("file:///etc/passwd", "must begin with https://"),
            ("ftp://api.example.com", "must begin with https://"),
            ("https://user:pass@api.example.com", "holds a login"),
            ("https://api.example.com@evil.example", "holds a login"),
            ("https:// api.example.com", "spaces"),
            ("https://api.example.com/a b", "spaces"),
            ("https://api.example.com\n", "spaces"),
            ("https://api.example.com\\@evil.example", "spaces"),
            ("https://", "no host"),
            ("https:///v1", "no host"),
            ("https://api.example.com.", "ends with a dot"),
            ("https://api..example.com", "cannot be read"),
            ("https://[::1", "cannot be read"),
            ("https://api.example.com:99999", "cannot be read"),
            ("https://api.example.com:x", "cannot be read"),
            ("https://api.example.com:0", "port is 0"),
            ("https://api.example.com/?a=1", "has a query"),
            ("https://api.example.com/#a", "has a query"),
            ("https://api.example.com?", "has a query"),
            ("https://api.example.com/../x", "path has .."),
            ("https://169.254.169.254", "not an address"),
            ("https://169.254.1.1", "not an address"),
            ("https://[fe80::1]", "not an address"),
            ("https://[fe80::1%25eth0]", "not an address"),
            ("https://[::ffff:169.254.169.254]", "not an address"),
            ("https://[64:ff9b::a9fe:a9fe]", "not an address"),
            ("https://[2002:a9fe:a9fe::1]", "not an address"),
            ("https://0.0.0.0", "not an address"),
            ("https://[::]", "not an address"),
            ("https://224.0.0.1", "not an address"),
            ("https://metadata.google.internal", "metadata"),
            ("https://METADATA.google.internal", "metadata"),
            ("https://100.100.100.200", "metadata"),
            ("https://[fd00:ec2::254]", "metadata"),
            ("https://2852039166", "cannot be read"),
            ("https://0xa9fea9fe", "cannot be read"),
            ("https://0251.0376.0251.0376", "cannot be read"),
            ("https://169.254.43518", "cannot be read"),
            ("https://api.оpenai.com", "xn--"),
            ("https://api.openai。com", "in ASCII it is"),
            ("https://a" + "é" * 80 + ".com", "not possible"),
        ],
    )
    async def test_refused(self, make_client: MakeClient, address: str, words: str) -> None:
        with pytest.raises(ProviderError) as caught:
            parse_origin(address)
        error = caught.value
        assert (error.kind, error.reason) == (Kind.NOT_CONFIGURED, Reason.BAD_ADDRESS)
        assert error.detail is not None
        assert words in error.detail
        if address:
            assert (await failure(make_client({}), address)).reason is Reason.BAD_ADDRESS

    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("https://API.example.com", "https://api.example.com"),
            ("https://api.example.com:443/", "https://api.example.com"),
            ("https://api.example.com:8443/a/b/", "https://api.example.com:8443/a/b"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
            ("https://my_gateway.corp/ä", "https://my_gateway.corp/%C3%A4"),
            ("https://10.0.0.7:8080", "https://10.0.0.7:8080"),
            ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
            ("http://localhost:1234", "http://localhost:1234"),
            ("http://app.localhost", "http://app.localhost"),
            ("http://127.8.9.10", "http://127.8.9.10"),
            ("http://[::1]:80", "http://[::1]"),
        ],
    )
    def test_taken(self, address: str, shown: str) -> None:
        assert str(parse_origin(address)) == shown

    @given(st.text() | st.text(alphabet="htps:/@.[]%?#0169a\\ ").map(lambda text: f"https://{text}"))
    def test_any_text_is_an_origin_or_refused(self, address: str) -> None:
        try:
            origin = parse_origin(address)
        except ProviderError:
            return
        assert str(origin).isascii()
        assert parse_origin(str(origin)) == origin

    async def test_single_hosts_are_replaced(self, make_client: MakeClient, server: Loopback) -> None:
        server.otherwise(GOOD)
        provider = provider_asking(
            Request("a", "/a"), Request("b", "/b", host="https://api2.example.com/x"), Request("c", "/c")
        )
        hosts = {"api2.example.com": f"{server.url}/second"}
        await ask(make_client({}), account(f"{server.url}/first", hosts=hosts), provider)
        assert [seen.path for seen in server.requests] == ["/first/a", "/second/x/b", "/first/c"]

    async def test_path_without_slash_is_a_defect(self, make_client: MakeClient, server: Loopback) -> None:
        error = await failure(make_client({}), server.url, provider_asking(Request("a", "@evil.example/")))
        assert (error.kind, error.reason) == (Kind.ERROR, Reason.CRASHED)
        assert server.requests == []


class TestHomeBoundKeys:
    async def test_no_request_to_another_host(self, make_client: MakeClient, server: Loopback) -> None:
        key = credential(home_bound=True)
        error = await failure(make_client({}), server.url, key=key)
        assert (error.kind, error.reason, error.detail) == (Kind.AUTH_NEEDED, Reason.HOST_NOT_TRUSTED, "127.0.0.1")
        replaced = account(None, hosts={"api.example.com": server.url})
        assert (await failure(make_client({}), replaced, key=key)).reason is Reason.HOST_NOT_TRUSTED
        assert server.connections == 0

    async def test_trusted_by_the_user(self, make_client: MakeClient, server: Loopback) -> None:
        server.on(PATH, GOOD)
        trusted = account(server.url, trust_base_url=True)
        assert (await ask(make_client({}), trusted, key=credential(home_bound=True))).reading.plan == "pro"

    async def test_other_keys_go_where_the_user_says(self, make_client: MakeClient, server: Loopback) -> None:
        server.on(PATH, GOOD)
        assert (await ask(make_client({}), server.url, key=credential(home_bound=False))).reading.plan == "pro"

    @pytest.mark.parametrize("base_url", [None, "https://api.example.com/gateway", "https://API.example.com:443"])
    async def test_own_hosts(self, authority: Authority, make_client: MakeClient, base_url: str | None) -> None:
        context = authority.server_context("api.example.com", "api2.example.com")
        with Loopback(tls=context) as server, Tunnel(leads_to=server.port) as proxy:
            server.otherwise(GOOD)
            environ = {"SSL_CERT_FILE": str(authority.file), "HTTPS_PROXY": proxy.address}
            requests = (Request("a", "/a"), Request("b", "/b", host="https://api2.example.com"))
            await ask(make_client(environ), base_url, provider_asking(*requests), credential(home_bound=True))
            assert len(server.requests) == 2

    @pytest.mark.parametrize("near", ["https://api.example.com:8443", "https://example.com", "https://api.example.co"])
    async def test_nearly_own_hosts(self, make_client: MakeClient, near: str) -> None:
        error = await failure(make_client({}), near, key=credential(home_bound=True))
        assert error.reason is Reason.HOST_NOT_TRUSTED
