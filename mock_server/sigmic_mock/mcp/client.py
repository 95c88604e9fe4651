"""The use of the official SDK: connecting to one server, listing its tools, calling them.

Importing the SDK takes most of a second and 40 MB, so the first session with a server loads this module in a
thread.
"""

import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any

import anyio
import httpx2
from anyio.lowlevel import checkpoint
from mcp.client import Client, Transport
from mcp.client._transport import TransportStreams
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, Implementation
from pydantic import ValidationError

from sigmic_mock.domain.mcp_servers import Address, McpResult, McpUnavailable
from sigmic_mock.mcp.bounds import MOST_BYTES, MOST_TOOLS
from sigmic_mock.mcp.http_answers import AnswerRefused, BoundedAnswers
from sigmic_mock.mcp.outbound import AddressRefused, Outbound
from sigmic_mock.mcp.outbound_connections import GuardedTransport
from sigmic_mock.mcp.pipes import Conversation, over_pipes
from sigmic_mock.mcp.results import result_of
from sigmic_mock.mcp.server_requests import answering

__all__ = ["Connected", "Conversation", "Transport", "connected", "over_http", "over_pipes"]

_MOST_PAGES = 20
_PORTS = {"http": 80, "https": 443}
_CALL_SECONDS = 60.0
"""Seconds that a tool may take, in real time, because it is another program."""


_TLS = httpx2.create_ssl_context()
"""Created once, in the thread that imports this module, because reading the CA certificates is slow."""


class Tools:
    """The tools that a server announces."""

    def __init__(self) -> None:
        self.by_name: dict[str, tuple[str, Mapping[str, Any]]] = {}
        """Description and schema of the arguments, by the server's own name."""
        self.is_complete = True
        """False if there are more tools, which were not read."""


class Connected:
    """A server that has answered."""

    def __init__(self, client: Client, tools: Tools) -> None:
        self._client = client
        self.tools = tools

    async def call(self, own_name: str, args: Mapping[str, Any]) -> McpResult:
        """Call a tool. An error that the server reports is a result. Raises `McpUnavailable` if it ended."""
        try:
            return result_of(
                await self._client.call_tool(own_name, dict(args), read_timeout_seconds=_CALL_SECONDS)
            )
        except (ValidationError, ValueError):
            return McpResult(failed=True, text="The server's answer is not one that its protocol knows.")
        except MCPError as problem:
            if (
                problem.error.code == CONNECTION_CLOSED
            ):  # an end of the connection, not the server's own answer
                raise McpUnavailable(problem.error.message) from None
            return McpResult(failed=True, text=problem.error.message)
        except httpx2.HTTPError as problem:
            raise McpUnavailable(_words(problem)) from None


@cache
def load_event_loop() -> None:
    """Let anyio load its asyncio backend, which is slow; call it in a thread without a loop."""
    anyio.run(checkpoint)


@asynccontextmanager
async def over_http(address: Address, outbound: Outbound) -> AsyncIterator[TransportStreams]:
    """Give the SDK a stream of messages in each direction; placeholders are already resolved."""

    def client(
        headers: dict[str, str] | None = None,
        timeout: httpx2.Timeout | None = None,
        auth: httpx2.Auth | None = None,
    ) -> httpx2.AsyncClient:
        transport = BoundedAnswers(_connections(address, outbound))
        return httpx2.AsyncClient(headers=headers, timeout=timeout, auth=auth, transport=transport)

    headers = dict(address.headers)
    async with AsyncExitStack() as stack:
        if address.kind == "sse":
            transport: Transport = sse_client(address.url, headers=headers, httpx_client_factory=client)
        else:
            http = await stack.enter_async_context(client(headers, httpx2.Timeout(_CALL_SECONDS)))
            transport = streamable_http_client(address.url, http_client=http)
        yield await stack.enter_async_context(transport)


def _connections(address: Address, outbound: Outbound) -> httpx2.AsyncHTTPTransport:
    """Return the HTTP transport: by the environment's proxy, or direct. Raises `AddressRefused`."""
    url = httpx2.URL(address.url)
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme, proxies.get("all"))
    if proxy is None or urllib.request.proxy_bypass(url.host):
        return GuardedTransport(_TLS, outbound)
    outbound.check_host(url.host, url.port or _PORTS[url.scheme])
    return httpx2.AsyncHTTPTransport(verify=_TLS, proxy=proxy if "://" in proxy else f"http://{proxy}")


@asynccontextmanager
async def connected(
    transport: Transport, seen: Conversation, offers: Callable[[str], bool]
) -> AsyncIterator[Connected]:
    """Connect to a server for the duration of the block. Raises `McpUnavailable`.

    `offers` returns by a tool's name whether the agent gets it.
    """
    transport = answering(transport, seen)
    client = Client(transport, client_info=Implementation(name="sigmic-mock", version="1"), cache=None)
    is_connected = False
    try:
        async with client:
            tools = await _tools(client, offers)
            is_connected = True
            yield Connected(client, tools)
    except Exception as problem:  # the SDK raises errors of HTTP, of its models and of its task groups
        if is_connected:
            raise
        raise McpUnavailable(_words(_first(problem))) from None


async def _tools(client: Client, offers: Callable[[str], bool]) -> Tools:
    """Return the tools that the server announces, up to the page that exceeds the number of offered ones."""
    tools, size = Tools(), 0
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        size += sum(len(tool.model_dump_json()) for tool in page.tools)
        if size > MOST_BYTES:
            raise McpUnavailable(f"it announced tools of more than {MOST_BYTES >> 20} Mi characters")
        tools.by_name |= {tool.name: (tool.description or "", tool.input_schema) for tool in page.tools}
        cursor = page.next_cursor
        if cursor is None or sum(map(offers, tools.by_name)) > MOST_TOOLS:
            break
    tools.is_complete = cursor is None
    return tools


def _first(problem: BaseException) -> BaseException:
    return _first(problem.exceptions[0]) if isinstance(problem, BaseExceptionGroup) else problem


def _words(problem: BaseException) -> str:
    """Describe a failure in a few words, without an address, which may contain a secret."""
    if isinstance(problem, (AddressRefused, AnswerRefused, McpUnavailable)):
        return str(problem)
    if isinstance(problem, ValueError):
        return "what it announced is not what its protocol knows"
    if isinstance(problem, MCPError):
        return problem.error.message
    if isinstance(problem, httpx2.HTTPStatusError):
        return f"it answered with HTTP status {problem.response.status_code}"
    if isinstance(problem, httpx2.TimeoutException):
        return "it did not answer in time"
    if isinstance(problem, httpx2.ConnectError):
        return "nothing answers at its address"
    return f"the connection failed ({type(problem).__name__})"
