"""Requests that are routed, admitted, read and answered as the armed faults have it."""

import asyncio
import gzip
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from posixpath import normpath
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from aiohttp import web
from multidict import CIMultiDict

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Outcome, Role, TaskStatus
from sigmic_mock.domain.secret import Secret
from sigmic_mock.faults.catalogue import BadFaultSpec
from sigmic_mock.faults.current_request import caller_of, current_request, track_request
from sigmic_mock.faults.effect import ANY, HEADERS, after, before, effect
from sigmic_mock.faults.effects.runs import PATIENCE_SECONDS
from sigmic_mock.faults.effects.sessions import (
    GREEDY,
    confirm_at_command,
    looks_at_variables,
)
from sigmic_mock.faults.effects.tasks import (
    CREATE_REFUSED,
    UncheckedTask,
    known_task,
    save_refused_message,
)
from sigmic_mock.faults.engine import Here
from sigmic_mock.faults.grammar import HEADER, parse_specs
from sigmic_mock.faults.wire.answer_faults import AnswerFaults
from sigmic_mock.faults.wire.delivery import broken, deliver
from sigmic_mock.faults.wire.drafts import Draft
from sigmic_mock.http.app import App
from sigmic_mock.http.body import has_body
from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.envelope import Answer
from sigmic_mock.http.fields import JSON
from sigmic_mock.http.routing import (
    HandlerResult,
    OperationHandler,
    OperationRoute,
)
from sigmic_mock.service.tasks import CreateTask, Tasks
from sigmic_mock.storage.placing import UPLOADS

_LONGEST_WAIT = 3600.0
_ENCODED = re.compile("%2[ef]", re.IGNORECASE)


# -- what faults need to know of a request ------------------------------------------------------------------


@effect(HEADERS, at=App.answer)
async def reads_fault_header(here: Here, self: App, ctx: RequestContext) -> web.StreamResponse:
    """Let each request ask for its own faults in its header."""
    text = ctx.request.headers.get(HEADER)
    if text is None or here.faults.of_request:
        return await here.step(ctx)
    try:
        specs = parse_specs(text)
    except BadFaultSpec as problem:
        return await self.refuse(ctx, ApiError(ErrorCode.VALIDATION_ERROR, f"{HEADER}: {problem}"))
    with here.faults.from_header(specs):
        return await self.answer(ctx)


@effect(ANY, at=App.answer)
async def tracks_request(here: Here, _self: App, ctx: RequestContext) -> web.StreamResponse:
    with track_request(ctx):
        return await here.step(ctx)


@before(ANY, at=App.operate)
def note_arrival(here: Here, _self: App, ctx: RequestContext, *_: object) -> None:
    """Record the requested operation, and the state of the task."""
    request = current_request()
    request.operation, request.task = ctx.name, ctx.task
    if here.faults.is_confined and here.faults.situations is not None:
        request.arrival = here.faults.situations.arrival(ctx.task)
    request.is_coming = ctx.name == "stream_task"
    request.sent.media = ctx.request.content_type


@before(ANY, at=App.perform)
async def note_caller(here: Here, _self: App, ctx: RequestContext, *_: object) -> None:
    """Record the caller and the owner of the task."""
    if ctx.principal is not None and here.faults.is_confined:
        task = None if ctx.task is None else await known_task(ctx.platform.tasks, ctx.task)
        by_header = bool(ctx.request.headers.get("Authorization", "").strip())
        current_request().caller = caller_of(ctx.principal, by_header=by_header, task=task)


# -- routes -------------------------------------------------------------------------------------------------


@effect("http.path-decoded-first", at=App.perform)
async def decodes_path_first(
    here: Here, self: App, ctx: RequestContext, route: OperationRoute
) -> web.StreamResponse:
    """Follow the route of a path that is decoded before it is matched."""
    with suppress(ApiError):
        if _ENCODED.search(ctx.raw_path) is not None:
            other = self.router.match(ctx.method, normpath(unquote(ctx.raw_path)))
            leads = other.route
            is_other = (leads, other.path.get("id")) != (route, ctx.task)
            if isinstance(leads, OperationRoute) and is_other and here.fires():
                ctx.set_operation(leads.operation, other.path)
                route = leads
    return await here.step(ctx, route)


@before("path.cast-id", at=App.perform)
def casts_id(here: Here, _self: App, ctx: RequestContext, *_: object) -> None:
    """Fail if an id is not a UUID."""
    try:
        UUID(ctx.task)
    except (ValueError, TypeError):
        if ctx.task is not None and here.fires():
            raise


# -- forms of a request -------------------------------------------------------------------------------------


def _refuses_form(point: str, code: ErrorCode, is_other: Callable[[RequestContext], bool]) -> None:
    """Register the refusal of a form that means the same as the usual one."""

    @before(point, at=App.perform)
    def refuse(here: Here, _self: App, ctx: RequestContext, *_: object) -> None:
        if is_other(ctx) and here.fires():
            raise ApiError(code)


def _has_other_type(ctx: RequestContext) -> bool:
    told = ctx.request.headers.get("Content-Type", "")
    return ctx.request.content_type == "application/json" != told


_refuses_form("http.type-as-text", ErrorCode.UNSUPPORTED_MEDIA_TYPE, _has_other_type)
_refuses_form("http.path-not-decoded", ErrorCode.NOT_FOUND, lambda ctx: unquote(ctx.raw_path) != ctx.raw_path)
_refuses_form(
    "http.header-capitals",
    ErrorCode.AUTH_REQUIRED,
    lambda ctx: any(name == b"AUTHORIZATION" for name, _ in ctx.request.raw_headers),
)
_refuses_form(
    "http.needs-accept", ErrorCode.VALIDATION_ERROR, lambda ctx: "Accept" not in ctx.request.headers
)


@effect("http.gzip-unannounced", at=App.perform)
async def sends_gzip_unannounced(
    here: Here, _self: App, ctx: RequestContext, route: OperationRoute
) -> web.StreamResponse:
    """Send gzip to a client that offers it, without a Content-Encoding."""
    answer = await here.step(ctx, route)
    offered = "gzip" in ctx.request.headers.get("Accept-Encoding", "")
    if offered and isinstance(answer, web.Response) and isinstance(answer.body, bytes) and here.fires():
        answer.body = gzip.compress(answer.body)
    return answer


@effect("run.holds-answers", at=App.perform)
async def answers_after_run(
    here: Here, _self: App, ctx: RequestContext, route: OperationRoute
) -> web.StreamResponse:
    """Answer when the agent's run is over, unless it waits for the client."""
    answer = await here.step(ctx, route)
    run = ctx.platform.tasks._turns._active.get(ctx.task or "")
    if run is None or run.work is None or run.cached.task.status is not TaskStatus.RUNNING:
        return answer
    if here.fires():
        await asyncio.wait({run.work}, timeout=PATIENCE_SECONDS)
    return answer


# -- admission ----------------------------------------------------------------------------------------------


@effect("admit", at=App.operate)
async def admits_for_all(
    here: Here, self: App, ctx: RequestContext, route: OperationRoute
) -> web.StreamResponse:
    """Let faults of the whole server act before the caller is known."""
    with ctx.clock.working():
        answer = await _admit(here, self, ctx, server_wide=True)
    return await here.step(ctx, route) if answer is None else answer


@effect("admit", at=App.perform)
async def admits_for_project(
    here: Here, self: App, ctx: RequestContext, route: OperationRoute
) -> web.StreamResponse:
    return await _admit(here, self, ctx, server_wide=False) or await here.step(ctx, route)


async def _admit(
    here: Here, app: App, ctx: RequestContext, *, server_wide: bool
) -> web.StreamResponse | None:
    """Delay, refuse, break off or answer a request before it is processed."""
    about, faults = AnswerFaults(here.faults, ctx).about(), here.faults
    if not server_wide:
        faults.occasion("admit", about, ctx.project_id)()
    for armed in faults.matching("admit", ctx.project_id, about, server_wide=server_wide):
        faults.count(armed, about, ctx.project_id)
        params = armed.params
        match armed.spec.fault.effect:
            case "admit.wait":
                clock = app.clocks.of(ctx.project_id or "")
                with ctx.clock.waiting():
                    await clock.sleep(min(float(params["seconds"]), _LONGEST_WAIT), timer="fault")
            case "admit.refuse":
                after = params["retry_after"]
                headers = {"Retry-After": str(after)} if after != "" else {}
                raise ApiError(ErrorCode[params["code"]], headers=headers)
            case "admit.answer":
                draft = Draft(
                    status=params["status"],
                    headers=CIMultiDict(ctx.headers, **{"Content-Type": params["type"]}),
                    body=params["body"].encode(),
                )
                draft.headers.update(params["headers"])
                return await deliver(ctx.request, ctx.observer, draft)
            case _:
                raise broken(ctx.request, reset=params["reset"])
    return None


@before("auth.role", at=App.admit)
def forgets_roles(here: Here, _self: App, ctx: RequestContext) -> None:
    is_refused = ctx.method not in {"GET", "HEAD"} and ctx.caller.role is Role.VIEWER
    if is_refused and here.fires():
        ctx.principal = replace(ctx.caller, role=Role.MEMBER)


# -- the query ----------------------------------------------------------------------------------------------


@effect("query", at=App.read_query)
async def reads_other_query(here: Here, _self: App, ctx: RequestContext) -> None:
    await here.step(ctx)
    wanted = here.params(acts=lambda spec: bool(ctx.query.get(spec.params["name"]) != spec.params["value"]))
    if wanted is not None:
        ctx.query = {**ctx.query, wanted["name"]: wanted["value"]}


# -- the answer ---------------------------------------------------------------------------------------------


@effect("answer", at=App.check_head)
def checks_no_altered_head(here: Here, _self: App, ctx: RequestContext, answer: web.StreamResponse) -> None:
    if ctx.method == "HEAD":
        here.step(ctx, answer)


async def _altered(
    here: Here, ctx: RequestContext, answer: web.StreamResponse, code: str | None = None
) -> web.StreamResponse:
    """Return a JSON answer as the armed faults have it; `code` is that of a refusal."""
    body = answer.body if isinstance(answer, web.Response) else None
    if ctx.method == "HEAD" or not isinstance(body, bytes):
        return answer
    draft = Draft(status=answer.status, headers=CIMultiDict(answer.headers), json=json.loads(body), code=code)
    return await AnswerFaults(here.faults, ctx).altered(draft) or answer


@after("answer", at=App.refuse)
async def alters_refusal(
    here: Here, _self: App, answer: web.StreamResponse, ctx: RequestContext, refusal: ApiError
) -> web.StreamResponse:
    return answer if ctx.mount is not None else await _altered(here, ctx, answer, refusal.code.value)


@after("answer", at=App.finish)
async def alters_answer(
    here: Here, _self: App, answer: web.StreamResponse, ctx: RequestContext, said: HandlerResult
) -> web.StreamResponse:
    return answer if isinstance(said, web.StreamResponse) else await _altered(here, ctx, answer)


@after("http.head-with-body", at=App.perform)
async def sends_body_for_head(
    here: Here, _self: App, answer: web.StreamResponse, ctx: RequestContext, *_: object
) -> web.StreamResponse:
    """Send the answer to a HEAD request with its body behind it."""
    body = answer.body if isinstance(answer, web.Response) else None
    transport = ctx.request.transport if ctx.method == "HEAD" else None
    if isinstance(body, bytes) and transport is not None and here.fires():
        await answer.prepare(ctx.request)
        await answer.write_eof()
        transport.write(body)
    return answer


# -- operations ---------------------------------------------------------------------------------------------

Handled = Callable[[Here, OperationHandler, RequestContext], Awaitable[HandlerResult]]


def handling(operation: str, *points: str) -> Callable[[Handled], Handled]:
    """Register an effect that handles an operation; it is given the operation's handler."""

    def register(function: Handled) -> Handled:
        @effect(*points, at=App.perform)
        async def perform(
            here: Here, _self: App, ctx: RequestContext, route: OperationRoute
        ) -> web.StreamResponse:
            if ctx.name == operation:
                route = replace(route, handler=partial(function, here, route.handler))
            return await here.step(ctx, route)

        return function

    return register


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@handling("create_task", *CREATE_REFUSED)
async def creates_refused(here: Here, handler: OperationHandler, ctx: RequestContext) -> HandlerResult:
    """Create a task that must be refused, from the parts that its body has."""
    try:
        return await handler(ctx)
    except ApiError as refusal:
        body, code = current_request().body, refusal.code.value
        if not isinstance(body, dict):
            raise
        files = body.get("files")
        if isinstance(files, list) and files and here.fires(code, of="create.takes-files-in-json"):
            created = await _create_unchecked(ctx, body)
            folder = await asyncio.to_thread(ctx.platform.tasks._workspaces.create, created.data["id"])
            await asyncio.to_thread(_write_files, folder / UPLOADS, files)
            return created
        if here.fires(_flaw(ctx, body, refusal), of="create.lenient"):
            return await _create_unchecked(ctx, body)
        if isinstance(body.get("message"), str) and here.fires(code, of="create.half-done"):
            with suppress(ApiError):
                await _create_unchecked(ctx, body)
        raise


def _flaw(ctx: RequestContext, body: Mapping[str, Any], refusal: ApiError) -> str:
    """Name the flaw of a creation that some platforms would overlook; else the code of the refusal."""
    known = ctx.services.document.schema(ctx.operation.bodies[JSON].schema)["properties"]
    message = body.get("message")
    if refusal.code is ErrorCode.INVALID_ENV:
        given = {**_object(body, "env"), **_object(body, "secrets")}
        is_text = all(isinstance(value, str) for value in given.values())
        return refusal.code.value if is_text else "variable-value"
    if body.keys() - known.keys():
        return refusal.code.value
    if any(not isinstance(body.get(name, True), bool) for name in ("showInHistory", "autoExecute")):
        return "no-boolean"
    if not isinstance(message, str):
        return "no-text" if "message" in body else "no-message"
    return refusal.code.value if message.strip() else "blank"


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


async def _create_unchecked(ctx: RequestContext, body: Mapping[str, Any]) -> Answer:
    prompt = body.get("systemPrompt")
    request = UncheckedTask(
        message=_text(body.get("message", "undefined")),
        system_prompt=None if prompt is None else _text(prompt),
    )
    task = await ctx.platform.tasks.create(ctx.caller, request)
    return Answer(status=201, data={"id": task.id, "status": "pending"})


def _write_files(uploads: Path, files: Sequence[object]) -> None:
    """Write the files that a JSON body carries, which no platform accepts."""
    uploads.mkdir(exist_ok=True)
    for file in files:
        if isinstance(file, dict):
            content = _text(file.get("content", ""))
            (uploads / Path(_text(file.get("name", "file"))).name).write_text(content, "utf-8")


@before("vars.letters-only", at=Tasks.create)
def letters_only(here: Here, _self: Tasks, _principal: Any, request: CreateTask) -> None:
    for name, given in (("env", request.env), ("secrets", request.secrets)):
        if not all(map(str.isalpha, given or ())) and here.fires():
            raise ApiError(ErrorCode.INVALID_ENV, f"A name in {name} may hold letters only")


@effect("isolation.callers-key", at=Tasks.create)
async def shows_callers_key(here: Here, self: Tasks, principal: Any, request: CreateTask) -> Any:
    """Put the caller's own key into the secrets; a command that reads its environment finds it."""
    wanted, confirm = here.later("key")
    if wanted is not None:
        headers = current_request().headers
        key = headers.get("X-API-Key") or headers.get("Authorization", "").partition(" ")[2]
        request = replace(request, secrets={**request.secrets, "SIGMIC_API_KEY": Secret(key.strip())})
    task = await here.step(principal, request)
    session = self._sessions.of(task.id)
    if session is not None:
        confirm_at_command(session, looks_at_variables, confirm)
    return task


@handling("send_message", "follow-up.unchecked", "follow-up.half-done")
async def takes_refused_message(here: Here, handler: OperationHandler, ctx: RequestContext) -> HandlerResult:
    """Save a message that must be refused."""
    try:
        return await handler(ctx)
    except ApiError as refusal:
        if refusal.code is ErrorCode.CONFLICT:
            with suppress(ApiError):  # it was refused before its body was read
                await ctx.body().json()
        tasks, body, code = ctx.platform.tasks, current_request().body, refusal.code.value
        if not isinstance(body, dict):
            raise
        text = _text(body.get("message", "undefined"))
        lacks_nothing = refusal.code is ErrorCode.VALIDATION_ERROR and "message" in body
        if not lacks_nothing and here.fires(code, of="follow-up.unchecked"):
            await save_refused_message(tasks, ctx.task_id, text)
            return Answer(data={"status": "running"})
        if here.fires(code, of="follow-up.half-done"):
            await save_refused_message(tasks, ctx.task_id, text)
        raise


@handling("approve_tool_call", "approve.bad-answer-drops-call")
async def bad_answer_drops(here: Here, handler: OperationHandler, ctx: RequestContext) -> HandlerResult:
    """Treat an invalid answer as a rejection."""
    tasks = ctx.platform.tasks
    await tasks.get(ctx.caller, ctx.task_id)
    try:
        return await handler(ctx)
    except ApiError as refusal:
        is_bad = refusal.code is not ErrorCode.NOT_FOUND
        if is_bad and here.fires():
            with suppress(ApiError):
                await tasks.approve(ctx.caller, ctx.task_id, ctx.path["callId"], Outcome.CANCEL)
        raise


@handling("list_tasks", "isolation.command-starves-others")
async def starves(here: Here, handler: OperationHandler, ctx: RequestContext) -> HandlerResult:
    """Fail while a greedy command of the project runs."""
    if GREEDY[ctx.caller.project_id] > 0 and here.fires("command"):
        raise ApiError(ErrorCode.INTERNAL_ERROR)
    return await handler(ctx)


@handling("cancel_task", "cancel.body-matters")
async def refuses_body(here: Here, handler: OperationHandler, ctx: RequestContext) -> HandlerResult:
    """Refuse a body although it is not required and would be ignored."""
    if has_body(ctx.request) and here.fires("body"):
        raise ApiError(ErrorCode.VALIDATION_ERROR, "Send no body")
    return await handler(ctx)
