"""Faults of operations: what must be refused is done, and what must be done is refused.

A platform that does not look at what it is sent really does what was asked: the task is made, the message is
saved. That is done here, with what the body has, read as loosely as such a platform would.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Outcome
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.faults.behaviour.context import FaultyContext
from sigmic_conformance.mock_server.faults.behaviour.task_stream import stream_task
from sigmic_conformance.mock_server.faults.behaviour.tasks import UncheckedTask
from sigmic_conformance.mock_server.faults.behaviour.token_exchange import create_token
from sigmic_conformance.mock_server.faults.rehearsal import Acts
from sigmic_conformance.mock_server.http.body import has_body
from sigmic_conformance.mock_server.http.context import RequestContext
from sigmic_conformance.mock_server.http.envelope import Answer
from sigmic_conformance.mock_server.http.fields import JSON, Fields
from sigmic_conformance.mock_server.http.handlers import HANDLERS, approvals, messages, tasks
from sigmic_conformance.mock_server.http.routing import OperationHandler
from sigmic_conformance.mock_server.service.tasks import MOST_CHARACTERS, CreateTask

_NOTHING_SAID = "undefined"


async def create_task(ctx: RequestContext) -> Answer:
    """Create a task; one that must be refused as well, when a fault wants it."""
    faulty = FaultyContext.of(ctx)
    try:
        fields, later = await ctx.body().fields(), list[Callable[[Acts], None]]()
        task = await ctx.platform.tasks.create(ctx.caller, _creation(faulty, fields, later))
        faulty.services.tools.tell_at_command(task.id, later)
    except ApiError as refusal:
        answer = await _create_anyway(faulty, refusal)
        if answer is None:
            raise
        return answer
    return _created(task.id)


def _creation(ctx: FaultyContext, fields: Fields, later: list[Callable[[Acts], None]]) -> CreateTask:
    """Return what the fields ask for; maybe with the caller's own key. Raises INVALID_ENV.

    `later` gets whom to tell when a command of the task has run, which finds the key.
    """
    request, asker = tasks.creation(fields), ctx.asker()
    for name in ("env", "secrets"):
        are_plain = all(map(str.isalpha, fields.values.get(name) or ()))
        if not are_plain and asker.wanted("variables.letters-only"):
            raise ApiError(ErrorCode.INVALID_ENV, f"A name in {name} may hold letters only")
    if not asker.wanted_for_later("variables.callers-key", later, "key"):
        return request
    headers = ctx.request.headers
    key = headers.get("X-API-Key") or headers.get("Authorization", "").partition(" ")[2]
    return replace(request, secrets={**request.secrets, "SIGMIC_API_KEY": Secret(key.strip())})


async def _create_anyway(ctx: FaultyContext, refusal: ApiError) -> Answer | None:
    """Create what was refused, when a fault wants it; None when the refusal stands."""
    body = None if ctx.reader is None else ctx.reader.value
    asker, code = ctx.asker(), refusal.code.value
    if not isinstance(body, dict):
        return None
    files = body.get("files")
    if isinstance(files, list) and files and asker.wanted("create.takes-files", code):
        return await _create_unchecked(ctx, body, _JsonUpload(files))
    if asker.wanted("create.unchecked", code):
        return await _create_unchecked(ctx, body)
    flaw = _flaw(ctx, body)
    if flaw is not None and asker.wanted("create.lenient", flaw):
        return await _create_unchecked(ctx, body)
    if isinstance(body.get("message"), str) and asker.wanted("create.half-done", code):
        with suppress(ApiError):
            await _create_unchecked(ctx, body)
    return None


def _flaw(ctx: FaultyContext, body: Mapping[str, Any]) -> str | None:
    """Name what is wrong with a creation, as far as some platforms would overlook it."""
    known = ctx.services.document.schema(ctx.operation.bodies[JSON].schema)["properties"]
    message = body.get("message")
    if body.keys() - known.keys():
        return "unknown-field"
    if any(not isinstance(body.get(name, True), bool) for name in ("showInHistory", "autoExecute")):
        return "no-boolean"
    if not isinstance(message, str):
        return "no-text" if "message" in body else None
    return "blank" if not message.strip() else "long" if len(message) > MOST_CHARACTERS else None


async def _create_unchecked(
    ctx: FaultyContext, body: Mapping[str, Any], upload: "_JsonUpload | None" = None
) -> Answer:
    prompt = body.get("systemPrompt")
    request = UncheckedTask(
        message=_text(body.get("message", _NOTHING_SAID)),
        system_prompt=None if prompt is None else _text(prompt),
        upload=upload,
    )
    return _created((await ctx.platform.tasks.create(ctx.caller, request)).id)


def _created(task_id: str) -> Answer:
    return Answer(status=201, data={"id": task_id, "status": "pending"})


async def send_message(ctx: RequestContext) -> Answer:
    """Continue a conversation; where that must be refused as well, when a fault wants it."""
    try:
        return await messages.send_message(ctx)
    except ApiError as refusal:
        answer = await _send_anyway(FaultyContext.of(ctx), refusal)
        if answer is None:
            raise
        return answer


async def _send_anyway(ctx: FaultyContext, refusal: ApiError) -> Answer | None:
    """Take a message that was refused, when a fault wants it; None when the refusal stands."""
    service, asker, code = ctx.services.tasks, ctx.asker(), refusal.code.value
    if refusal.code is ErrorCode.CONFLICT and not (
        asker.is_idle("follow-up.half-done") and asker.is_idle("follow-up.unchecked")
    ):
        with suppress(ApiError):  # it was refused before its body was read
            await ctx.body().json()
    body = None if ctx.reader is None else ctx.reader.value
    if not isinstance(body, dict):
        return None
    text = _text(body.get("message", _NOTHING_SAID))
    if len(body) > 1 and "message" in body and asker.wanted("follow-up.takes-more", code):
        await service.send_message(ctx.caller, ctx.task_id, text)
        return Answer(data={"status": "running"})
    lacks_nothing = refusal.code is ErrorCode.VALIDATION_ERROR and "message" in body
    if not lacks_nothing and asker.wanted("follow-up.unchecked", code):
        await service.keep_refused_message(ctx.task_id, text)
        return Answer(data={"status": "running"})
    if asker.wanted("follow-up.half-done", code):
        await service.keep_refused_message(ctx.task_id, text)
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


async def approve_tool_call(ctx: RequestContext) -> Answer:
    """Answer an approval request; a bad answer may refuse the call, and an id may be taken as it was sent."""
    asker, service = FaultyContext.of(ctx).asker(), ctx.platform.tasks
    if asker.is_idle("approval.bad-answer-drops") and asker.is_idle("approval.encoded-id"):
        return await approvals.approve_tool_call(ctx)
    await service.get(ctx.caller, ctx.task_id)
    try:
        body = await ctx.body().json()
    except ApiError:
        if asker.wanted("approval.bad-answer-drops"):
            with suppress(ApiError):
                await service.approve(ctx.caller, ctx.task_id, ctx.path["callId"], Outcome.CANCEL)
        raise
    call_id, sent = ctx.path["callId"], ctx.raw_path.split("/")[-2]
    if sent != call_id and asker.wanted("approval.encoded-id", "encoded"):
        call_id = sent
    approved = await service.approve(ctx.caller, ctx.task_id, call_id, Outcome(body["outcome"]))
    return Answer(data={"approved": approved})


async def list_tasks(ctx: RequestContext) -> Answer:
    """List tasks; find no room for it while a greedy command of the project runs, when a fault wants it."""
    faulty = FaultyContext.of(ctx)
    is_busy = faulty.services.tools.greedy_commands[ctx.caller.project_id] > 0
    if is_busy and faulty.asker().wanted("sandbox.starves-server", "command"):
        raise ApiError(ErrorCode.INTERNAL_ERROR)
    return await tasks.list_tasks(ctx)


async def cancel_task(ctx: RequestContext) -> Answer:
    """Cancel a task; refuse a body where none is asked for and none matters, when a fault wants it."""
    if has_body(ctx.request) and FaultyContext.of(ctx).asker().wanted("cancel.body-matters", "body"):
        raise ApiError(ErrorCode.VALIDATION_ERROR, "Send no body")
    return await tasks.cancel_task(ctx)


class _JsonUpload:
    """Files that a JSON body carries, which no platform takes."""

    def __init__(self, files: Sequence[object]) -> None:
        named = [file for file in files if isinstance(file, dict)]
        self._content = {
            Path(_text(file.get("name", "file"))).name: _text(file.get("content", "")) for file in named
        }
        self.files = [(name, f"uploads/{name}") for name in self._content]

    async def commit(self, workspace: Path, number: int | None = None) -> None:  # noqa: ARG002 - a fault's
        folder = workspace / "uploads"
        folder.mkdir(exist_ok=True)
        for name, content in self._content.items():
            (folder / name).write_text(content, "utf-8")

    async def keep(self) -> None:
        """What was committed stays."""

    async def take_back(self) -> None:
        """What was committed stays: whoever takes such files is not careful."""

    async def discard(self) -> None:
        """Nothing is on disk before the commit."""


INSTEAD: Mapping[OperationHandler, OperationHandler] = {
    HANDLERS[handler.__name__]: handler
    for handler in (
        create_token,
        create_task,
        list_tasks,
        cancel_task,
        stream_task,
        send_message,
        approve_tool_call,
    )
}
"""What handles an operation in place of its honest handler while a fault could act."""
