"""What happens to every request around its handler: id, routing, authentication, refusals, log, metrics.

Rule: only this module turns an exception into an answer. An `ApiError` is said as it is; anything else
becomes INTERNAL_ERROR, its details in the log under the request's id and nowhere else (G-09).
"""

import asyncio
import logging
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import hdrs, web
from multidict import CIMultiDict

from sigmic_conformance.mock_server.domain.access import require_write
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal, Role
from sigmic_conformance.mock_server.faults.drafts import Draft
from sigmic_conformance.mock_server.http import careless_routing
from sigmic_conformance.mock_server.http.authentication import authenticate
from sigmic_conformance.mock_server.http.careless_credentials import somebody_else
from sigmic_conformance.mock_server.http.careless_door import taken_for, turn_away
from sigmic_conformance.mock_server.http.careless_reading import take_any_page, take_anyway
from sigmic_conformance.mock_server.http.context import Call, UploadSpace
from sigmic_conformance.mock_server.http.control.router import ControlPlane
from sigmic_conformance.mock_server.http.cors import allow_origin, preflight
from sigmic_conformance.mock_server.http.deviation import Deviation
from sigmic_conformance.mock_server.http.envelope import (
    Answer,
    common_headers,
    http_date,
    json_answer,
    refusal_answer,
    refusal_body,
    success_body,
)
from sigmic_conformance.mock_server.http.event_stream import Ending, EventStream
from sigmic_conformance.mock_server.http.journal_recorder import JournalKeeper
from sigmic_conformance.mock_server.http.metrics import Metrics
from sigmic_conformance.mock_server.http.open_streams import OpenStreams
from sigmic_conformance.mock_server.http.response_check import Conformity, NotConforming
from sigmic_conformance.mock_server.http.routing import OperationRoute, Router
from sigmic_conformance.mock_server.http.stream_answer import StreamAnswer
from sigmic_conformance.mock_server.http.validation import read_query
from sigmic_conformance.mock_server.http.visit import Visit
from sigmic_conformance.mock_server.ports import Clocks, Ids
from sigmic_conformance.mock_server.service.platform import Platform
from sigmic_conformance.spec.document import Document, Operation

log = logging.getLogger(__name__)
_UNREAD_BYTES = 64 * 1024
"""What may be left of a refused body and is read away, so that the connection can be used again."""
_NOBODY = ""
"""Whose clock an open operation lives by: that of no project."""
_READING = frozenset({"GET", "HEAD"})


@dataclass(slots=True)
class _Errand:
    """A request on its way to its answer."""

    request: web.BaseRequest
    visit: Visit
    headers: CIMultiDict[str]
    operation: Operation | None = None
    call: Call | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Answers every request of the server.

    `conformity` is given when answers are to be checked, `keeper` when a journal is kept.
    """

    platform: Platform
    document: Document
    router: Router
    streams: OpenStreams
    uploads: UploadSpace
    ids: Ids
    metrics: Metrics
    control: ControlPlane
    clocks: Clocks
    deviation: Deviation
    conformity: Conformity | None = None
    keeper: JournalKeeper | None = None

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; what aiohttp calls. A stream goes on after that, and is told of at its end."""
        errand = self._errand(request)
        visit, answer = errand.visit, None
        try:
            answer = await self._answer(errand)
            _close_if_unread(request, answer)
        finally:
            if self.keeper is not None:
                self.keeper.end()
            stream = answer.stream if isinstance(answer, StreamAnswer) else None
            if answer is None or stream is None:
                visit.answered(self.metrics, answer)
            else:
                stream.ended.add_done_callback(partial(self._streamed, visit, stream, answer.status))
        return answer

    def _streamed(
        self, visit: Visit, stream: EventStream, status: int, ended: "asyncio.Future[Ending]"
    ) -> None:
        if stream.failure is not None:
            log.error("request %s failed", visit.id, exc_info=stream.failure)
            visit.code = ErrorCode.INTERNAL_ERROR.value
        visit.streamed(self.metrics, status if ended.result() is Ending.FINISHED else None)

    def _errand(self, request: web.BaseRequest) -> _Errand:
        path = request.rel_url.raw_path
        visit = Visit(self.ids.uuid(), request.method, path)
        headers = CIMultiDict(common_headers(visit.id))
        if not self.control.speaks_for(path):
            origin = request.headers.get("Origin")
            allow_origin(origin, self.platform.accounts, headers)
            careless_routing.let_pages_call(origin, headers, self.deviation.faults)
            if self.keeper is not None:
                visit.notes = self.keeper.begin(request, visit.id)
        return _Errand(request, visit, headers)

    async def _answer(self, errand: _Errand) -> web.StreamResponse:
        try:
            with self.deviation.carried(errand.request):
                return await self._answer_with_faults(errand)
        except ApiError as refusal:
            # Its header asks for a fault that there is not; no operation documents that refusal.
            errand.visit.code = refusal.code.value
            return refusal_answer(refusal, errand.headers)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("request %s failed", errand.visit.id)
            if errand.request.writer.output_size > 0:
                # The head is out: half an answer must not look like a whole one.
                errand.visit.code = ErrorCode.INTERNAL_ERROR.value
                raise ConnectionAbortedError("an answer under way was given up") from None
            errand.visit.code = ErrorCode.INTERNAL_ERROR.value
            return refusal_answer(ApiError(ErrorCode.INTERNAL_ERROR), errand.headers)

    async def _answer_with_faults(self, errand: _Errand) -> web.StreamResponse:
        try:
            return await self._route(errand)
        except ApiError as refusal:
            # The frames that it passed hold the body and itself: a cycle, which lives until a collection.
            refusal.__traceback__ = refusal.__context__ = None
            return await self._refuse(errand, refusal)

    async def _route(self, errand: _Errand) -> web.StreamResponse:
        request = errand.request
        if self.control.speaks_for(request.rel_url.raw_path):
            errand.visit.name = "control"
            return await self.control.answer(request, errand.headers)
        match = careless_routing.match(request, self.router, self.deviation.faults)
        route = match.route
        if route is None:
            errand.visit.name = "preflight"
            allowed = dict(preflight(request.headers.get("Origin"), self.platform.accounts, match.allow))
            careless_routing.grant_any_header(allowed, self.deviation.faults)
            self.deviation.allow_header(allowed)
            return web.Response(status=204, headers={**errand.headers, **allowed})
        errand.visit.name = route.name
        if isinstance(route, OperationRoute):
            errand.operation = route.operation
            call = Call(
                request=request,
                platform=self.platform,
                document=self.document,
                streams=self.streams,
                uploads=self.uploads,
                deviation=self.deviation,
                clock=self.clocks.of(_NOBODY),
                operation=route.operation,
                headers=errand.headers,
                path=match.path,
            )
            errand.call = call
            if errand.visit.notes is not None:
                errand.visit.notes.call = call
            return await self._operate(errand, call, route)
        answer = await route.handler(request)
        answer.headers.update(errand.headers)
        return answer

    async def _operate(self, errand: _Errand, call: Call, route: OperationRoute) -> web.StreamResponse:
        operation = route.operation
        with call.clock.working():
            admitted = await self.deviation.admit(call, server_wide=True)
        if admitted is not None:
            return admitted
        if operation.security:
            call.principal = await self._caller(errand, call)
            call.clock = self.clocks.of(call.principal.project_id)
            errand.headers[hdrs.DATE] = http_date(call.clock.now() // 1000)
        route = self._rerouted(errand, call, route)
        with call.clock.working():
            answer = await self._handle(errand, call, route)
        return await self.deviation.with_body(call, answer) if call.request.method == "HEAD" else answer

    def _rerouted(self, errand: _Errand, call: Call, route: OperationRoute) -> OperationRoute:
        """Follow another route, when a fault has the path decoded before it is matched."""
        other = self.deviation.rerouted(call, self.router)
        if other is None or not isinstance(other.route, OperationRoute):
            return route
        errand.operation = call.operation = other.route.operation
        errand.visit.name, call.path = other.route.name, other.path
        return other.route

    async def _handle(self, errand: _Errand, call: Call, route: OperationRoute) -> web.StreamResponse:
        operation = route.operation
        admitted = await self.deviation.admit(call, server_wide=False)
        if admitted is not None:
            return admitted
        await careless_routing.wait_for_a_worker(call, self.deviation.faults)
        careless_routing.cast_id(call, self.deviation.faults)
        await self._read_query(call)
        try:
            answer = await route.handler(call)
        except ApiError as refusal:
            answer = await take_anyway(call, refusal)
        if not isinstance(answer, Answer):
            if self.conformity is not None and not self.deviation.concerns(call):
                _check_head(self.conformity, operation, answer)
            return answer
        body = success_body(answer)
        if self.conformity is not None:
            self.conformity.check_answer(operation, answer.status, body, errand.headers)
        return await self._said(call, body, answer.status, json_answer(body, answer.status, errand.headers))

    async def _caller(self, errand: _Errand, call: Call) -> Principal:
        try:
            caller = await authenticate(call.request, self.platform.accounts)
            if not self.deviation.faults.is_quiet("auth.refuse"):
                turn_away(call, caller, self.deviation.faults)
            caller = somebody_else(call, caller, self.deviation.faults)
        except ApiError as refusal:
            caller = await taken_for(call, refusal, self.deviation.faults)
        call.principal, errand.visit.caller = caller, caller.api_key_id
        if call.request.method not in _READING:
            if caller.role is Role.VIEWER:
                caller = self.deviation.promoted(call, caller)
            require_write(caller)
        return caller

    async def _said(
        self, call: Call, body: Mapping[str, Any], status: int, answer: web.Response, code: str | None = None
    ) -> web.StreamResponse:
        """Return the answer, or what faults make of it."""
        if not self.deviation.concerns(call):
            return answer
        draft = Draft(status=status, headers=CIMultiDict(answer.headers), json=deepcopy(body), code=code)
        return await self.deviation.alter(call, draft) or answer

    async def _read_query(self, call: Call) -> None:
        try:
            call.query = read_query(self.document, call.operation, call.request.rel_url.raw_query_string)
        except ApiError:
            if take_any_page(call):
                return
            if call.principal is not None and "id" in call.path:
                # An unknown task is said before a bad parameter (G-98).
                await self.platform.tasks.get(call.principal, call.task_id)
            raise
        self.deviation.query(call)

    async def _refuse(self, errand: _Errand, refusal: ApiError) -> web.StreamResponse:
        errand.visit.code = refusal.code.value
        answer = refusal_answer(refusal, errand.headers)
        if self.conformity is not None and errand.operation is not None:
            self.conformity.check_answer(
                errand.operation, refusal.status, refusal_body(refusal), answer.headers
            )
        if errand.call is None:
            return answer
        body = refusal_body(refusal)
        return await self._said(errand.call, body, refusal.status, answer, refusal.code.value)


def _check_head(conformity: Conformity, operation: Operation, answer: web.StreamResponse) -> None:
    """Raise `NotConforming`; of a stream, which is under way, make it the end."""
    try:
        conformity.check_head(operation, answer.status, answer.headers)
    except NotConforming as problem:
        if not isinstance(answer, StreamAnswer) or answer.stream is None:
            raise
        answer.stream.fail(problem)


def _close_if_unread(request: web.BaseRequest, answer: web.StreamResponse) -> None:
    """Announce the end of the connection when much of the body stays unread; aiohttp drains some of it."""
    if answer.prepared or not request.can_read_body or request.content.is_eof():
        return
    length = request.content_length
    is_much = length is None or length - request.content.total_bytes > _UNREAD_BYTES
    if is_much or "Expect" in request.headers:
        answer.force_close()
