"""The application: handles every request, step by step, in the order of the methods.

Invariant: only `respond` turns an exception into an answer. An `ApiError` is sent to the client; any other
exception becomes INTERNAL_ERROR, with details in the log under the request's id only (G-09): the client
learns at most which part of the machine failed, for example that the disk is full.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from aiohttp import hdrs, web
from multidict import CIMultiDict

from sigmic_mock.domain.access import require_write
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.http.access_log import AccessLog
from sigmic_mock.http.authentication import Authenticator
from sigmic_mock.http.context import RequestContext, Services
from sigmic_mock.http.cors import Cors
from sigmic_mock.http.envelope import (
    Answer,
    common_headers,
    encoded_answer,
    http_date,
    refusal_answer,
    refusal_body,
)
from sigmic_mock.http.event_stream import EventStream, StreamAnswer
from sigmic_mock.http.local_names import LocalNames
from sigmic_mock.http.mount import Mounts
from sigmic_mock.http.navigation import opens_page
from sigmic_mock.http.observer import Ending, TrafficObserver
from sigmic_mock.http.response_check import NotConforming, ResponseCheck
from sigmic_mock.http.routing import HandlerResult, OperationRoute, Router
from sigmic_mock.http.unread_body import let_sender_read
from sigmic_mock.http.validation import read_query
from sigmic_mock.ports import Clocks
from sigmic_mock.runtime.failing_parts import failing_part, log_failure
from sigmic_mock.runtime.ids import Ids

log = logging.getLogger(__name__)
_MOST_CONTENT_TYPE = 512
"""Characters: room for a media type with a boundary of 70, and parameters."""
_NO_PROJECT = ""
"""The id whose clock an open operation uses."""
_NOTHING: Mapping[str, str] = MappingProxyType({})
_READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, kw_only=True)
class App:
    """Answers every request of the server.

    `check` is set if answers are checked against the document, `observer` if a journal is recorded.
    """

    services: Services
    router: Router
    mounts: Mounts
    ids: Ids
    clocks: Clocks
    names: LocalNames
    cors: Cors
    authenticator: Authenticator
    access_log: AccessLog
    check: ResponseCheck | None = None
    observer: TrafficObserver | None = None

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; aiohttp calls this. A stream continues after it, and is reported at its end."""
        ctx = self.begin(request)
        answer = None
        try:
            answer = await self.respond(ctx)
        finally:
            self.end(ctx, answer)
        if not isinstance(answer, StreamAnswer):
            await let_sender_read(request, answer)
        return answer

    def begin(self, request: web.BaseRequest) -> RequestContext:
        """Give the request an id, and its answer the headers of every answer."""
        ctx = self.context(request)
        if ctx.mount is None:
            if self.observer is not None:
                ctx.observer = self.observer.began(request, ctx.id)
            origin = request.headers.get(hdrs.ORIGIN)
            if origin is not None:
                self.cors.let_read(origin, ctx.headers)
        return ctx

    def context(self, request: web.BaseRequest) -> RequestContext:
        """Return the context of a new request."""
        request_id, raw_path = self.ids.uuid(), request.rel_url.raw_path
        return RequestContext(
            request=request,
            id=request_id,
            method=request.method,
            raw_path=raw_path,
            raw_query=request.rel_url.raw_query_string,
            headers=CIMultiDict(common_headers(request_id)),
            services=self.services,
            clock=self.clocks.of(_NO_PROJECT),
            path=_NOTHING,
            query=_NOTHING,
            mount=self.mounts.of(raw_path),
        )

    async def respond(self, ctx: RequestContext) -> web.StreamResponse:
        """Return an answer in any case, as long as the client is connected."""
        try:
            foreign = self.names.refusal(ctx.request)
            return await (self.answer(ctx) if foreign is None else self.refuse(ctx, foreign))
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as problem:  # noqa: BLE001 - it is logged, and the client is answered
            log_failure(log, problem, "request %s failed", ctx.id)
            ctx.code = ErrorCode.INTERNAL_ERROR.value
            if ctx.request.writer.output_size > 0:
                # The head was sent: half an answer must not look complete.
                raise ConnectionAbortedError("the connection was closed during a response") from None
            return refusal_answer(ApiError(ErrorCode.INTERNAL_ERROR, failing_part(problem)), ctx.headers)

    async def answer(self, ctx: RequestContext) -> web.StreamResponse:
        """Return the answer of the mount or route for the address, or the refusal."""
        try:
            _check_content_type(ctx.request)
            if ctx.mount is not None:
                ctx.set_name(ctx.mount.name)
                return await ctx.mount.answer(ctx.request, ctx.headers)
            self.cors.check_page(ctx.request)
            return await self.serve(ctx)
        except ApiError as refusal:
            # Its frames refer to the body and to itself: a cycle, which would live until a collection.
            refusal.__traceback__ = refusal.__context__ = None
            return await self.refuse(ctx, refusal)

    async def serve(self, ctx: RequestContext) -> web.StreamResponse:
        """Dispatch to the route: a preflight, an operation of the document, or a page about the server."""
        try:
            match = self.router.match(ctx.method, ctx.raw_path)
        except ApiError as refusal:
            pages = self.mounts.pages
            if pages is None or refusal.code is not ErrorCode.NOT_FOUND or not opens_page(ctx.request):
                raise
            ctx.set_name(pages.name)
            return await pages.answer(ctx.request, ctx.headers)
        route = match.route
        if route is None:
            ctx.set_name("preflight")
            return self.preflight(ctx, match.allow)
        if isinstance(route, OperationRoute):
            ctx.set_operation(route.operation, match.path)
            return await self.operate(ctx, route)
        ctx.set_name(route.name)
        answer = await route.handler(ctx.request)
        answer.headers.update(ctx.headers)
        return answer

    def preflight(self, ctx: RequestContext, allow: tuple[str, ...]) -> web.StreamResponse:
        """Answer a browser's question whether a page may call."""
        told = self.cors.preflight(ctx.request.headers.get(hdrs.ORIGIN), allow)
        return web.Response(status=204, headers={**ctx.headers, **told})

    async def operate(self, ctx: RequestContext, route: OperationRoute) -> web.StreamResponse:
        """Answer an operation. Check the caller first (G-98), then the role, then the request."""
        if route.operation.security:
            await self.authenticate(ctx)
            self.admit(ctx)
        with ctx.clock.working():
            return await self.perform(ctx, route)

    async def authenticate(self, ctx: RequestContext) -> None:
        """Identify the caller. From here on the request is of the caller's project, and uses its clock."""
        ctx.principal = await self.authenticator.authenticate(ctx)
        ctx.set_project(ctx.principal.project_id)
        ctx.clock = self.clocks.of(ctx.principal.project_id)
        ctx.headers[hdrs.DATE] = http_date(ctx.clock.now() // 1000)

    def admit(self, ctx: RequestContext) -> None:
        """Refuse read-only callers that want to change something. Raises FORBIDDEN."""
        if ctx.method not in _READING:
            require_write(ctx.caller)

    async def perform(self, ctx: RequestContext, route: OperationRoute) -> web.StreamResponse:
        """Read the query, call the handler, encode its answer."""
        if route.operation.query_parameters:
            await self.read_query(ctx)
        return await self.finish(ctx, await route.handler(ctx))

    async def read_query(self, ctx: RequestContext) -> None:
        """Read the query parameters. An unknown task takes precedence over a bad parameter (G-98)."""
        try:
            ctx.query = read_query(self.services.document, ctx.operation, ctx.raw_query)
        except ApiError:
            if ctx.principal is not None and ctx.task is not None:
                await ctx.platform.tasks.get(ctx.principal, ctx.task)
            raise

    async def finish(self, ctx: RequestContext, said: HandlerResult) -> web.StreamResponse:
        """Put a handler's result into the envelope; a stream or a file is an answer already."""
        if isinstance(said, Answer):
            said = await said.encoded_in_slices()
        elif isinstance(said, web.StreamResponse):
            self.check_head(ctx, said)
            return said
        if self.check is not None:
            self.check.check_answer(ctx.operation, said.status, json.loads(said.body), ctx.headers)
        return encoded_answer(said, ctx.headers)

    def check_head(self, ctx: RequestContext, answer: web.StreamResponse) -> None:
        """Check the head of an answer that is being sent. End a stream whose head is wrong."""
        if self.check is None:
            return
        try:
            self.check.check_head(ctx.operation, answer.status, answer.headers)
        except NotConforming as problem:
            if not isinstance(answer, StreamAnswer) or answer.stream is None:
                raise
            answer.stream.fail(problem)

    async def refuse(self, ctx: RequestContext, refusal: ApiError) -> web.StreamResponse:
        """Put a refusal into the envelope."""
        ctx.code = refusal.code.value
        answer = refusal_answer(refusal, ctx.headers)
        if self.check is not None and ctx.matched is not None:
            self.check.check_answer(ctx.matched, refusal.status, refusal_body(refusal), answer.headers)
        return answer

    def end(self, ctx: RequestContext, answer: web.StreamResponse | None) -> None:
        """Report a finished request; if it opened a stream, when the stream has ended."""
        if ctx.observer is not None:
            ctx.observer.handled()
        stream = answer.stream if isinstance(answer, StreamAnswer) else None
        if answer is None or stream is None:
            self.access_log.answered(ctx, answer)
        else:
            ctx.let_go()
            stream.ended.add_done_callback(partial(self._streamed, ctx, stream, answer.status))

    def _streamed(
        self, ctx: RequestContext, stream: EventStream, status: int, ended: "asyncio.Future[Ending]"
    ) -> None:
        if stream.failure is not None:
            log_failure(log, stream.failure, "request %s failed", ctx.id)
            ctx.code = ErrorCode.INTERNAL_ERROR.value
        self.access_log.streamed(ctx, status if ended.result() is Ending.FINISHED else None)


def _check_content_type(request: web.BaseRequest) -> None:
    """Refuse a long header: the time to parse nested comments is quadratic in their number."""
    if len(request.headers.get(hdrs.CONTENT_TYPE, "")) > _MOST_CONTENT_TYPE:
        raise ApiError(
            ErrorCode.VALIDATION_ERROR,
            f"The Content-Type header is longer than {_MOST_CONTENT_TYPE} characters",
        )
