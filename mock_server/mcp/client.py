"""The official SDK at work: connecting to one server, its tools, and calls of them.

Importing the SDK takes most of a second and 40 MB, so this module is loaded in a thread, by the first session
that has a server.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
from mcp.client import Client, Transport
from mcp.client._transport import TransportStreams
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, Implementation
from pydantic import ValidationError

from sigmic_conformance.mock_server.domain.mcp_servers import Address, McpResult, McpUnavailable
from sigmic_conformance.mock_server.mcp.pipes import Conversation, over_pipes
from sigmic_conformance.mock_server.mcp.results import result_of

__all__ = ["Connected", "Conversation", "Transport", "connected", "over_http", "over_pipes"]

_MOST_PAGES = 20
_CALL_SECONDS = 60.0
"""How long a tool may take, in real time: it is another program's."""


class Connected:
    """A server that has answered."""

    def __init__(self, client: Client, tools: Mapping[str, str]) -> None:
        self._client = client
        self.tools = tools
        """Description by the server's own name."""

    async def call(self, own_name: str, args: Mapping[str, Any]) -> McpResult:
        """Call a tool. What the server says went wrong is a result; raises `McpUnavailable` when it ended."""
        try:
            return result_of(
                await self._client.call_tool(own_name, dict(args), read_timeout_seconds=_CALL_SECONDS)
            )
        except (ValidationError, ValueError):
            return McpResult(failed=True, text="The server's answer is not one that its protocol knows.")
        except MCPError as problem:
            if _is_gone(problem):
                raise McpUnavailable(problem.error.message) from None
            return McpResult(failed=True, text=problem.error.message)
        except httpx2.HTTPError as problem:
            raise McpUnavailable(_words(problem)) from None


@asynccontextmanager
async def over_http(address: Address) -> AsyncIterator[TransportStreams]:
    """Give the SDK a stream of messages in each direction; placeholders are resolved by now."""
    headers = dict(address.headers)
    async with AsyncExitStack() as stack:
        if address.kind == "sse":
            transport: Transport = sse_client(address.url, headers=headers)
        else:
            timeout = httpx2.Timeout(_CALL_SECONDS)
            http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=timeout))
            transport = streamable_http_client(address.url, http_client=http)
        yield await stack.enter_async_context(transport)


@asynccontextmanager
async def connected(transport: Transport) -> AsyncIterator[Connected]:
    """Talk with a server for the length of the block. Raises `McpUnavailable`."""
    client = Client(transport, client_info=Implementation(name="sigmic-mock", version="1"), cache=None)
    is_connected = False
    try:
        async with client:
            tools = await _tools(client)
            is_connected = True
            yield Connected(client, tools)
    except Exception as problem:  # the SDK raises what HTTP, its models and its task groups do
        if is_connected:
            raise
        raise McpUnavailable(_words(_first(problem))) from None


async def _tools(client: Client) -> dict[str, str]:
    """Return every tool that the server announces, page by page."""
    tools: dict[str, str] = {}
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools |= {tool.name: tool.description or "" for tool in page.tools}
        cursor = page.next_cursor
        if cursor is None:
            break
    return tools


def _is_gone(problem: MCPError) -> bool:
    """Tell an end of the connection from what the server itself answered."""
    return problem.error.code == CONNECTION_CLOSED


def _first(problem: BaseException) -> BaseException:
    return _first(problem.exceptions[0]) if isinstance(problem, BaseExceptionGroup) else problem


def _words(problem: BaseException) -> str:
    """Return a few words about a failure; no address is in them, since that may hold a secret."""
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
