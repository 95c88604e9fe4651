"""Which addresses the platform may connect to for an MCP server."""

import pytest

from sigmic_mock.domain.mcp_servers import Address, McpUnavailable
from sigmic_mock.mcp.client import Conversation, connected, over_http
from sigmic_mock.mcp.outbound import AddressRefused, Outbound
from tests.fakes.mcp_http_server import mcp_over_http

METADATA = [
    "169.254.169.254",
    "169.254.1.1",
    "fe80::1",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "224.0.0.1",
]
OTHERS = ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "93.184.216.34", "2606:2800:220:1::1", "fd00::1"]


@pytest.mark.parametrize("address", METADATA)
def test_a_server_that_others_reach_refuses_its_own_link_and_metadata(address: str) -> None:
    with pytest.raises(AddressRefused, match="link-local or of a cloud's metadata"):
        Outbound(is_shared=True).check(address, 80)
    Outbound(is_shared=False).check(address, 80)


@pytest.mark.parametrize("address", OTHERS)
def test_other_addresses_are_allowed(address: str) -> None:
    Outbound(is_shared=True).check(address, 80)


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"])
def test_the_server_itself_is_refused_under_every_address_of_this_machine(
    address: str,
    is_shared: bool,
) -> None:
    outbound = Outbound(is_shared=is_shared)
    outbound.own_port = 8787

    outbound.check(address, 8788)
    outbound.check("192.0.2.1", 8787)
    with pytest.raises(AddressRefused, match="of this server itself"):
        outbound.check(address, 8787)


async def tools_of(address: Address, outbound: Outbound) -> list[str]:
    async with connected(over_http(address, outbound), Conversation(), lambda _name: True) as server:
        return list(server.tools.by_name)


@pytest.mark.parametrize("kind", ["http", "sse"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433"])
async def test_no_name_leads_to_the_server_itself(host: str, kind: str) -> None:
    with mcp_over_http() as elsewhere:
        port = int(elsewhere.url.rpartition(":")[2])
        outbound = Outbound(is_shared=False)
        assert await tools_of(Address(url=f"http://{host}:{port}/mcp"), outbound) == ["echo"]
        before = len(elsewhere.requests)
        outbound.own_port = port

        with pytest.raises(McpUnavailable, match="its url is of this server itself"):
            await tools_of(Address(url=f"http://{host}:{port}/mcp", kind=kind), outbound)  # type: ignore[arg-type]  # one of two kinds
        assert len(elsewhere.requests) == before


async def test_no_proxy_is_asked_for_the_server_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    outbound = Outbound(is_shared=False)
    outbound.own_port = 8787
    with mcp_over_http() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removeprefix("http://"))

        for host in ("127.0.0.1", "localhost", "a.localhost"):
            with pytest.raises(McpUnavailable, match="its url is of this server itself"):
                await tools_of(Address(url=f"http://{host}:8787/mcp"), outbound)
        assert await tools_of(Address(url="http://elsewhere.invalid:8787/mcp"), outbound) == ["echo"]
        assert {path for path, _headers in proxy.requests} == {"http://elsewhere.invalid:8787/mcp"}


@pytest.mark.parametrize("through_proxy", [False, True])
async def test_metadata_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
    through_proxy: bool,
) -> None:
    with mcp_over_http() as proxy:
        if through_proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
        address = Address(url="http://169.254.169.254/latest/meta-data")

        with pytest.raises(McpUnavailable, match="link-local or of a cloud's metadata"):
            await tools_of(address, Outbound(is_shared=True))
        assert proxy.requests == []


async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with mcp_over_http() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)

        assert await tools_of(Address(url="http://elsewhere.invalid/mcp"), Outbound(is_shared=True)) == [
            "echo"
        ]
        assert proxy.requests[0][0] == "http://elsewhere.invalid/mcp"
