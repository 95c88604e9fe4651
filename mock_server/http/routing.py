"""From an address to the operation behind it, built from the document's operations.

Rule: the document and the handlers name the same operations; an orphan on either side refuses to start. The
path is matched before it is percent-decoded, so that an encoded slash in `callId` stays inside it (G-70b).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import web

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.http.context import RequestContext
from sigmic_conformance.mock_server.http.envelope import Answer, EncodedAnswer
from sigmic_conformance.spec.document import Operation

Said = Answer | EncodedAnswer | web.StreamResponse
"""What a handler answers: JSON, JSON already encoded, or an answer of its own, such as a stream or a file."""
OperationHandler = Callable[[RequestContext], Awaitable[Said]]
PlainHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class UnboundOperations(Exception):
    """The document and the handlers disagree about which operations exist."""


@dataclass(frozen=True, slots=True)
class OperationRoute:
    """An operation of the document with its handler."""

    operation: Operation
    handler: OperationHandler

    @property
    def name(self) -> str:
        """How logs and metrics call it."""
        return self.operation.operation_id


@dataclass(frozen=True, slots=True)
class PlainRoute:
    """A route of ours outside the document, such as /healthz; it asks for no credential."""

    name: str
    handler: PlainHandler


Route = OperationRoute | PlainRoute


@dataclass(frozen=True, slots=True)
class Match:
    """A route, the path parameters in its address, and the methods that the address knows."""

    route: Route | None
    path: Mapping[str, str]
    allow: tuple[str, ...]


class _Node:
    """One segment of the address tree."""

    __slots__ = ("allow", "children", "parameter", "parameter_name", "routes")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.parameter_name = ""
        self.routes: dict[str, Route] = {}
        self.allow: tuple[str, ...] = ()
        """The methods that it knows, in order."""


class Router:
    """All addresses of the server."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        handlers: Mapping[str, OperationHandler],
        plain: Mapping[str, PlainRoute],
    ) -> None:
        """Bind handlers by operationId, `plain` routes (GET) by path. Raises `UnboundOperations`."""
        if operations.keys() != handlers.keys():
            unhandled = sorted(operations.keys() - handlers.keys())
            undocumented = sorted(handlers.keys() - operations.keys())
            message = (
                f"operations without a handler: {unhandled}; handlers without an operation: {undocumented}"
            )
            raise UnboundOperations(message)
        self._root = _Node()
        for operation_id, operation in operations.items():
            self._add(operation.method, operation.path, OperationRoute(operation, handlers[operation_id]))
        for path, route in plain.items():
            self._add("GET", path, route)

    def _add(self, method: str, path: str, route: Route) -> None:
        node = self._root
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node()
                node.parameter_name = segment.strip("{}")
                node = node.parameter
            else:
                node = node.children.setdefault(segment, _Node())
        node.routes[method] = route
        node.allow = _allowed(node.routes)

    def match(self, method: str, raw_path: str) -> Match:
        """Find the route of a request. HEAD is GET (RFC 9110). Raises NOT_FOUND or METHOD_NOT_ALLOWED (G-05).

        For OPTIONS the match has no route: what is allowed is the answer.
        """
        node, path = self._find(raw_path.partition("?")[0])
        allow = node.allow
        if method == "OPTIONS":
            return Match(None, path, allow)
        route = node.routes.get("GET" if method == "HEAD" else method)
        if route is None:
            raise ApiError(ErrorCode.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(allow)})
        return Match(route, path, allow)

    def _find(self, raw_path: str) -> tuple[_Node, dict[str, str]]:
        node = self._root
        path: dict[str, str] = {}
        if not raw_path.startswith("/"):
            raise ApiError(ErrorCode.NOT_FOUND, "No operation matches this method and path")
        for segment in raw_path.split("/")[1:]:
            child = node.children.get(segment)
            if child is None:
                if node.parameter is None or not segment:
                    raise ApiError(ErrorCode.NOT_FOUND, "No operation matches this method and path")
                path[node.parameter_name] = _decoded(segment)
                child = node.parameter
            node = child
        if not node.routes:
            raise ApiError(ErrorCode.NOT_FOUND, "No operation matches this method and path")
        return node, path


def _decoded(segment: str) -> str:
    if "%" not in segment:
        return segment
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise ApiError(ErrorCode.NOT_FOUND) from None


def _allowed(routes: Mapping[str, Route]) -> tuple[str, ...]:
    methods = set(routes) | ({"HEAD"} if "GET" in routes else set()) | {"OPTIONS"}
    return tuple(sorted(methods))
