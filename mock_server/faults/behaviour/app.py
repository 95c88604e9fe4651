"""The application as the armed faults will have it: routes, admission, queries and answers."""

import json
import re
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from posixpath import normpath
from typing import Any, ClassVar
from urllib.parse import unquote
from uuid import UUID

from aiohttp import web
from multidict import CIMultiDict

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Role
from sigmic_conformance.mock_server.domain.paging import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.connection import FaultyConnection
from sigmic_conformance.mock_server.faults.behaviour.context import FaultyContext, FaultyServices
from sigmic_conformance.mock_server.faults.behaviour.handlers import INSTEAD
from sigmic_conformance.mock_server.faults.catalogue import BadFaultSpec
from sigmic_conformance.mock_server.faults.choice import FaultInjecting, may_act_here, unknown_project
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.grammar import parse_specs
from sigmic_conformance.mock_server.faults.request_in_hand import caller_of, in_hand, taking
from sigmic_conformance.mock_server.faults.wire.delivery import broken, deliver
from sigmic_conformance.mock_server.faults.wire.drafts import Draft
from sigmic_conformance.mock_server.http.app import App
from sigmic_conformance.mock_server.http.context import RequestContext
from sigmic_conformance.mock_server.http.routing import Match, OperationRoute, PlainHandler, PlainRoute

HEADER = "X-Mock-Fault"
_LONGEST_WAIT = 3600.0
_LONGEST_PAGE = 1000
_MOST_DIGITS = len(str(MAX_OFFSET))
_WORKERS = 8
_ENCODED = re.compile("%2[ef]", re.IGNORECASE)
_PAGE = "<!doctype html><title>Sigmic</title><div id=app></div>"


@dataclass(frozen=True, kw_only=True)
class FaultyApp(FaultInjecting, App):
    """Answers every request."""

    kind: ClassVar[type[RequestContext]] = FaultyContext
    services: FaultyServices

    @property
    def faults(self) -> Faults:
        """The engine."""
        return self.services.faults

    @property
    def may_fault(self) -> bool:
        return may_act_here(self.faults)

    async def answer(self, ctx: RequestContext) -> web.StreamResponse:
        """Answer a request; where a fault asks for it, note in which situation it is made."""
        with unknown_project(), taking() if self.faults.is_confined else nullcontext():
            return await super().answer(ctx)

    def match(self, ctx: RequestContext) -> Match:
        try:
            return super().match(ctx)
        except ApiError as refusal:
            handler = _nowhere(refusal, Asker(self.faults, None))
            if handler is None:
                raise
            return Match(PlainRoute("page", handler), {}, ())

    async def operate(self, ctx: RequestContext, route: OperationRoute) -> web.StreamResponse:
        """Let faults of the whole server act before it is asked who is calling."""
        self._note_arrival(ctx)
        if not self.faults.is_idle("admit"):
            with ctx.clock.working():
                answer = await self._meet(FaultyContext.of(ctx), server_wide=True)
            if answer is not None:
                return answer
        return await super().operate(ctx, route)

    def admit(self, ctx: RequestContext) -> None:
        """Take a viewer for a member, when a fault forgets the roles."""
        writes = ctx.method not in {"GET", "HEAD"}
        is_refused = writes and ctx.caller.role is Role.VIEWER
        if is_refused and FaultyContext.of(ctx).asker().wanted("auth.role"):
            ctx.principal = replace(ctx.caller, role=Role.MEMBER)
        super().admit(ctx)

    async def perform(self, ctx: RequestContext, route: OperationRoute) -> web.StreamResponse:
        """Let faults of the project act before anything is done, and on the answer."""
        faulty = FaultyContext.of(ctx)
        await _note_caller(faulty)
        if "%" in ctx.raw_path:
            route = self._rerouted(faulty, route)
        if not self.faults.is_idle("admit"):
            met = await self._meet(faulty, server_wide=False)
            if met is not None:
                return met
        if not self.faults.is_idle("connection.worker-each"):
            await _wait_for_a_worker(faulty)
        if not self.faults.is_idle("path.cast-id"):
            _cast_id(faulty)
        await self.read_query(ctx)
        said = await INSTEAD.get(route.handler, route.handler)(ctx)
        answer = await self.finish(ctx, said)
        if not isinstance(said, web.StreamResponse) and not self.faults.is_idle("answer"):
            answer = await _altered(faulty, answer)
        if ctx.method == "HEAD":
            await _send_body_too(faulty, answer)
        return answer

    def _note_arrival(self, ctx: RequestContext) -> None:
        """Note what is asked for, and how the task is now."""
        request = in_hand()
        if request is not None:
            request.operation, request.task = ctx.name, ctx.task
            request.arrival = self.services.situations.arrival(ctx.task)
            request.is_coming = ctx.name == "stream_task"
            request.sent.media = ctx.request.content_type

    def _rerouted(self, ctx: FaultyContext, route: OperationRoute) -> OperationRoute:
        """Return where a request leads whose path is decoded before it is matched, when a fault wants it."""
        if _ENCODED.search(ctx.raw_path) is None:
            return route
        try:
            other = self.router.match(ctx.method, normpath(unquote(ctx.raw_path)))
        except ApiError:
            return route
        leads = other.route
        if not isinstance(leads, OperationRoute) or (leads, other.path.get("id")) == (route, ctx.task):
            return route
        if not ctx.asker().wanted("path.decoded"):
            return route
        ctx.follow(leads.operation, other.path)
        return leads

    async def _meet(self, ctx: FaultyContext, *, server_wide: bool) -> web.StreamResponse | None:
        """Delay, refuse, break off or answer a request before anything is done about it."""
        about = ctx.answer_faults().about()
        if not server_wide:
            self.faults.rehearse("admit", ctx.project_id, about)
        for armed in self.faults.matching("admit", ctx.project_id, about, server_wide=server_wide):
            self.faults.count(armed, about, ctx.project_id)
            answer = await self._met(ctx, armed.spec.fault.effect, armed.params)
            if answer is not None:
                return answer
        return None

    async def _met(
        self, ctx: FaultyContext, effect: str, params: Mapping[str, Any]
    ) -> web.StreamResponse | None:
        match effect:
            case "admit.wait":
                clock = self.clocks.of(ctx.project_id or "")
                with ctx.clock.waiting():
                    await clock.sleep(min(float(params["seconds"]), _LONGEST_WAIT), timer="fault")
            case "admit.refuse":
                after = params["retry_after"]
                headers = {"Retry-After": str(after)} if after != "" else {}
                raise ApiError(ErrorCode(params["code"]), headers=headers)
            case "admit.answer":
                draft = Draft(
                    status=params["status"],
                    headers=CIMultiDict(ctx.headers, **{"Content-Type": params["type"]}),
                    body=params["body"].encode(),
                )
                draft.headers.update(params["headers"])
                return await deliver(ctx.request, ctx.observer, draft)
            case "admit.break":
                raise broken(ctx.request, reset=params["reset"])
            case _:
                raise LookupError(effect)
        return None

    async def read_query(self, ctx: RequestContext) -> None:
        """Read another query than the one that was sent, or take one that must be refused."""
        faulty = FaultyContext.of(ctx)
        try:
            await super().read_query(ctx)
        except ApiError:
            if ctx.name != "list_tasks" or not _takes_page(faulty):
                raise
            return
        if not self.faults.is_idle("query"):
            said = ctx.query
            wanted = faulty.asker().parameters("query", acts=lambda spec: _reads_otherwise(said, spec.params))
            if wanted is not None:
                ctx.query = {**ctx.query, wanted["name"]: wanted["value"]}

    def check_head(self, ctx: RequestContext, answer: web.StreamResponse) -> None:
        if self.faults.is_idle("answer") or ctx.method == "HEAD":
            super().check_head(ctx, answer)

    async def refuse(self, ctx: RequestContext, refusal: ApiError) -> web.StreamResponse:
        answer = await super().refuse(ctx, refusal)
        if ctx.matched is None or self.faults.is_idle("answer"):
            return answer
        return await _altered(FaultyContext.of(ctx), answer, refusal.code.value)


@dataclass(frozen=True, kw_only=True)
class HeaderFaultApp(FaultyApp, always={"answer"}):
    """Lets each request ask for faults of its own by its header."""

    async def answer(self, ctx: RequestContext) -> web.StreamResponse:
        text = ctx.request.headers.get(HEADER)
        if text is None:
            return await super().answer(ctx)
        try:
            specs = parse_specs(text)
        except BadFaultSpec as problem:
            return await super().refuse(ctx, ApiError(ErrorCode.VALIDATION_ERROR, f"{HEADER}: {problem}"))
        with self.faults.from_header(specs):
            return await super().answer(ctx)


def _reads_otherwise(query: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    """Return whether a parameter of the query would have another value."""
    return bool(query.get(params["name"]) != params["value"])


async def _note_caller(ctx: FaultyContext) -> None:
    """Note who calls, beside whose the task is."""
    request = in_hand()
    if request is None or ctx.principal is None:
        return
    task = None if ctx.task is None else await ctx.services.tasks.known(ctx.task)
    by_header = bool(ctx.request.headers.get("Authorization", "").strip())
    request.caller = caller_of(ctx.principal, by_header=by_header, task=task)


def _nowhere(refusal: ApiError, asker: Asker) -> PlainHandler | None:
    """Return what answers instead of a refusal of the router; raises another refusal."""
    if refusal.code is ErrorCode.NOT_FOUND:
        if asker.wanted("route.catch-all"):
            return _page
        return _bare if asker.wanted("route.bare-404") else None
    if refusal.code is ErrorCode.METHOD_NOT_ALLOWED:
        if asker.wanted("route.method-as-path"):
            raise ApiError(ErrorCode.NOT_FOUND, "There is nothing at this address")
        if asker.wanted("route.no-allow"):
            raise ApiError(ErrorCode.METHOD_NOT_ALLOWED)
        if asker.wanted("route.static-allow"):
            raise ApiError(ErrorCode.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
    return None


async def _page(_request: web.BaseRequest) -> web.StreamResponse:
    """Answer as a platform does that gives every unknown address to the web page's own router."""
    return web.Response(text=_PAGE, content_type="text/html")


async def _bare(_request: web.BaseRequest) -> web.StreamResponse:
    """Answer as a framework does of itself."""
    return web.Response(status=404, text="404: Not Found")


async def _wait_for_a_worker(ctx: FaultyContext) -> None:
    """Wait while silent connections hold every worker, when a fault gives each connection one."""
    connection = ctx.request.protocol
    if not isinstance(connection, FaultyConnection) or connection.silent_neighbours() < _WORKERS:
        return
    wanted = ctx.asker().parameters("connection.worker-each")
    if wanted is not None:
        await ctx.clock.sleep(wanted["seconds"], timer="fault")


def _cast_id(ctx: FaultyContext) -> None:
    """Fall over an id that is no UUID, when a fault has it cast before it is looked at."""
    if ctx.task is None:
        return
    try:
        UUID(ctx.task)
    except ValueError:
        if ctx.asker().wanted("path.cast-id"):
            raise


def _takes_page(ctx: FaultyContext) -> bool:
    """Take a bad `limit` or `offset` for the default, or fall over it, when a fault wants it."""
    asked, asker = ctx.request.rel_url.query, ctx.asker()
    wanted = asker.parameters("list.nonsense", "page")
    if wanted is not None:
        ctx.query = {"limit": DEFAULT_LIMIT, "offset": 0}
        if wanted["as"] == "crash":
            ctx.query = {**ctx.query, **{name: int(value) for name, value in asked.items()}}
        return True
    limit, offset = asked.get("limit", str(DEFAULT_LIMIT)), asked.get("offset", "0")
    if not all(text.isdecimal() and len(text) <= _MOST_DIGITS for text in (limit, offset)):
        return False
    if not MAX_LIMIT < int(limit) <= _LONGEST_PAGE or not asker.wanted("list.long-page", "edge"):
        return False
    ctx.query = {"limit": int(limit), "offset": int(offset)}
    return True


async def _altered(
    ctx: FaultyContext, answer: web.StreamResponse, code: str | None = None
) -> web.StreamResponse:
    """Return a JSON answer as the armed faults will have it; `code` is that of a refusal."""
    faults = ctx.answer_faults()
    body = answer.body if isinstance(answer, web.Response) else None
    if faults.is_idle or not isinstance(body, bytes):
        return answer
    draft = Draft(status=answer.status, headers=CIMultiDict(answer.headers), json=json.loads(body), code=code)
    return await faults.altered(draft) or answer


async def _send_body_too(ctx: FaultyContext, answer: web.StreamResponse) -> None:
    """Send the answer to a HEAD request with its body behind it, when a fault wants it."""
    body = answer.body if isinstance(answer, web.Response) else None
    if isinstance(body, bytes) and ctx.request.transport is not None and ctx.asker().wanted("head.body"):
        await answer.prepare(ctx.request)
        await answer.write_eof()
        ctx.request.transport.write(body)
