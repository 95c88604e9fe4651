"""The connection between the platform and an MCP server, on which messages are delayed or exchanged."""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigmic_mock.mcp.client import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Changes to one call of a tool: `late` is in seconds of platform time."""

    late: float = 0.0
    result: Mapping[str, Any] | None = None
    ends: bool = False
    """The server ends when it gets the call."""


CALL: ContextVar[Call] = ContextVar("call of an MCP tool", default=Call())  # noqa: B039 - frozen
"""The current call: the SDK sends a request in the context of its caller."""


@dataclass(kw_only=True)
class AlteringWay:
    """Fulfils the SDK's `Transport` around another one."""

    transport: "Transport"
    sleep: Callable[[float], Awaitable[None]]
    """Lets platform time pass."""
    late: float
    """The delay of the first answer."""
    announced: Callable[[], Mapping[str, Any] | None]
    """Returns the parameters of additional tools to announce, or None."""
    end: Callable[[], Awaitable[None]]
    """Ends the server."""
    lists: set[Any] = field(default_factory=set)
    """Ids of requests for the tools."""
    calls: dict[Any, Call] = field(default_factory=dict)
    """By the id of the request."""

    async def __aenter__(self) -> "tuple[_Arriving, _Leaving]":
        arriving, leaving = await self.transport.__aenter__()
        return _Arriving(arriving, self), _Leaving(leaving, self)

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self.transport.__aexit__(kind, problem, trace)


class _Stream:
    """One direction, with the interface of the SDK."""

    def __init__(self, stream: Any, way: AlteringWay) -> None:
        self._stream = stream
        self._way = way

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def __aenter__(self) -> Any:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *problem: object) -> Any:
        return await self._stream.__aexit__(*problem)


class _Leaving(_Stream):
    """Messages from the platform to the server."""

    async def send(self, item: Any) -> None:
        message, way = item.message, self._way
        method = getattr(message, "method", None)
        if method == "tools/list":
            way.lists.add(message.id)
        elif method == "tools/call":
            call = way.calls[message.id] = CALL.get()
            if call.ends:
                await way.end()
                await self._stream.aclose()  # for a remote server; messages sent from now on fail
        await self._stream.send(item)


class _Arriving(_Stream):
    """Messages from the server to the platform."""

    def __aiter__(self) -> "_Arriving":
        return self

    async def __anext__(self) -> Any:
        return await self._altered(await self._stream.__anext__())

    async def receive(self) -> Any:
        return await self._altered(await self._stream.receive())

    async def _altered(self, item: Any) -> Any:
        message, way = getattr(item, "message", None), self._way
        number = getattr(message, "id", None)
        call = way.calls.pop(number, Call())
        late = max(way.late, call.late)
        way.late = 0.0
        if late:
            await way.sleep(late)
        result = getattr(message, "result", None)
        if message is None or result is None:
            return item
        if number in way.lists:
            way.lists.discard(number)
            more = way.announced()
            if more is not None:
                message.result = {**result, "tools": [*result.get("tools", ()), *_tools(more)]}
        elif call.result is not None:
            message.result = dict(call.result)
        return item


def _tools(more: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the tools to announce; of several copies each has a number."""
    copies = int(more["copies"])
    if copies == 1:
        return list(more["tools"])
    return [
        {**tool, "name": f"{tool['name']}_{number}"} for number in range(copies) for tool in more["tools"]
    ]
