"""Map an address to its operation, using the document's operations.

Invariant: the document and the handlers name the same operations; otherwise the server does not start.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from posixpath import commonpath

from aiohttp import web

from sigmic_mock.domain.errors import ApiError, ErrorCode, method_not_allowed
from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.envelope import Answer, EncodedAnswer
from sigmic_mock.http.paths import Paths
from sigmic_spec.document import Operation
from sigmic_spec.nearest import nearest

_VERSION = re.compile(r"v\d{1,4}")

HandlerResult = Answer | EncodedAnswer | web.StreamResponse
"""The result of a handler: JSON, encoded JSON, or a complete answer, for example a stream or a file."""
OperationHandler = Callable[[RequestContext], Awaitable[HandlerResult]]
PlainHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class UnboundOperations(Exception):
    """The document and the handlers have different operations."""


@dataclass(frozen=True, slots=True)
class OperationRoute:
    """An operation of the document with its handler."""

    operation: Operation
    handler: OperationHandler

    @property
    def name(self) -> str:
        """The name in logs and metrics."""
        return self.operation.operation_id


@dataclass(frozen=True, slots=True)
class PlainRoute:
    """A route of ours that is not in the document, for example /healthz. It requires no credential."""

    name: str
    handler: PlainHandler


Route = OperationRoute | PlainRoute


@dataclass(frozen=True, slots=True)
class Match:
    """A route, the path parameters in the address, and the methods of the address."""

    route: Route | None
    path: Mapping[str, str]
    allow: tuple[str, ...]


class Router:
    """All addresses of the server."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        handlers: Mapping[str, OperationHandler],
        plain: Mapping[str, PlainRoute],
        elsewhere: Collection[str] = (),
    ) -> None:
        """Bind handlers by operationId, `plain` routes (GET) by path. Raises `UnboundOperations`.

        `elsewhere` are addresses outside this router, suggested for those similar to them.
        """
        if operations.keys() != handlers.keys():
            unhandled = sorted(operations.keys() - handlers.keys())
            undocumented = sorted(handlers.keys() - operations.keys())
            message = (
                f"operations without a handler: {unhandled}; handlers without an operation: {undocumented}"
            )
            raise UnboundOperations(message)
        self._operations, self._elsewhere = operations, elsewhere
        routes: dict[str, dict[str, Route]] = {}
        for name, operation in operations.items():
            routes.setdefault(operation.path, {})[operation.method] = OperationRoute(
                operation, handlers[name]
            )
        routes |= {path: {"GET": route} for path, route in plain.items()}
        self._paths = Paths({path: (methods, _allowed(methods)) for path, methods in routes.items()})

    def _nearest(self, raw_path: str) -> str | None:
        """Return the nearest path; for one that ends with a verb, such as `cancel`, its operation."""
        verb = raw_path.rstrip("/").rpartition("/")[2]
        of_verb = (
            f"{each.method} {each.path}"
            for name, each in self._operations.items()
            if name.split("_")[0] == verb
        )
        return (
            self._paths.alike(raw_path)
            or self._paths.alike(self._with_prefix(raw_path))
            or next(of_verb, None)
            or self._paths.nearest(raw_path)
            or nearest(raw_path, self._elsewhere)
        )

    def _with_prefix(self, raw_path: str) -> str:
        """Return the path with the prefix that all operations share, such as `/api/v1`, right and in full."""
        shared = commonpath(each.path for each in self._operations.values())
        steps = [step for step in raw_path.split("/") if step]
        while steps and (steps[0] in shared.split("/") or _VERSION.fullmatch(steps[0])):
            steps = steps[1:]
        return "/".join([shared, *steps])

    def match(self, method: str, raw_path: str) -> Match:
        """Find the route of a request. HEAD is GET (RFC 9110). Raises NOT_FOUND or METHOD_NOT_ALLOWED (G-05).

        For OPTIONS the match has no route: the answer is the list of allowed methods.
        """
        found = self._paths.find(raw_path.partition("?")[0])
        if found is None:
            near = self._nearest(raw_path.partition("?")[0])
            hinted = f"; did you mean {near}?" if near else ""
            raise ApiError(ErrorCode.NOT_FOUND, f"No operation matches this method and path{hinted}")
        (routes, allow), path = found
        if method == "OPTIONS":
            return Match(None, path, allow)
        route = routes.get("GET" if method == "HEAD" else method)
        if route is None:
            raise method_not_allowed(allow)
        return Match(route, path, allow)


def _allowed(routes: Mapping[str, Route]) -> tuple[str, ...]:
    methods = set(routes) | ({"HEAD"} if "GET" in routes else set()) | {"OPTIONS"}
    return tuple(sorted(methods))
