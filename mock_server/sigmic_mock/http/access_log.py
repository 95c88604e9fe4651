"""Report each finished request to the metrics, the log and its observer."""

import logging
import time
from typing import Protocol
from urllib.parse import parse_qsl

from aiohttp import web

from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.metrics import Metrics
from sigmic_spec.nearest import hint

log = logging.getLogger("mock_server.requests")
_REFUSED = 400
_CLIENT_LEFT = 499
"""Logged, never sent: the client left before its answer, or before the end of its stream."""


_MOST_IGNORED = 5
"""Names of query parameters in a line."""


class Ended(Protocol):
    """Called when a request is finished."""

    def __call__(self, *, of_api: bool) -> None:
        """`of_api` is true if the request was for an operation of the document."""


class AccessLog:
    """Reports every request once."""

    def __init__(self, metrics: Metrics, tell: Ended | None = None) -> None:
        self.metrics = metrics
        self._tell = tell

    def answered(self, ctx: RequestContext, answer: web.StreamResponse | None) -> None:
        """Report a request; without an answer the client left."""
        self._over(ctx, None if answer is None else answer.status, answer)

    def streamed(self, ctx: RequestContext, status: int | None) -> None:
        """Report a request whose stream has ended; without a status the client did not receive all of it."""
        self._over(ctx, status, None)

    def _over(self, ctx: RequestContext, status: int | None, answer: web.StreamResponse | None) -> None:
        seconds = time.perf_counter() - ctx.started
        status = _CLIENT_LEFT if status is None else status
        self.metrics.record(ctx.name, status, seconds)
        if self._tell is not None:
            self._tell(of_api=ctx.matched is not None)
        level = _level(ctx, status)
        if log.isEnabledFor(level):
            log.log(level, "request", extra={"fields": _line(ctx, status, seconds)})
        if ctx.observer is not None:
            ctx.observer.ended(
                operation=ctx.name,
                task_id=ctx.task,
                answer=answer,
                code=ctx.code,
                seconds=seconds,
            )


def _level(ctx: RequestContext, status: int) -> int:
    """Lower the level for pages and their polling: many files, and a request every second."""
    return logging.INFO if ctx.mount is None or status >= _REFUSED else logging.DEBUG


def _line(ctx: RequestContext, status: int, seconds: float) -> dict[str, object]:
    fields: dict[str, object] = {
        "request_id": ctx.id,
        "method": ctx.method,
        "path": ctx.raw_path[:200],
        "operation": ctx.name,
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    if ctx.principal is not None:
        fields["caller"] = ctx.principal.api_key_id
    if ctx.code is not None:
        fields["code"] = ctx.code
    if ignored := _ignored(ctx):
        fields["ignored"] = ignored
    return fields


def _ignored(ctx: RequestContext) -> str:
    """Return the query parameters that the operation does not have, each with the nearest that it has."""
    if ctx.matched is None or not ctx.raw_query:
        return ""
    known = [each.name for each in ctx.matched.query_parameters]
    named = dict(parse_qsl(ctx.raw_query, keep_blank_values=True))
    unknown = [name[:80] for name in named if name not in known]
    return ", ".join(f"{name}{hint(name, known)}" for name in unknown[:_MOST_IGNORED])
